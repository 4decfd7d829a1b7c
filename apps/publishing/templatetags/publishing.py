"""Buttons and words that the pages of contributions share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.template.context import RequestContext
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.accounts.permissions import is_curator
from apps.publishing import permissions
from apps.publishing.differences import Piece
from apps.publishing.enums import Action
from apps.publishing.models import Publication
from apps.publishing.queries import Queue, queue_of
from apps.publishing.steps import contributor_steps

register = template.Library()


@register.inclusion_tag("publishing/steps.html", takes_context=True)
def publication_steps(context: RequestContext, publication: Publication) -> dict[str, Any]:
    """The steps that the person may take now, as buttons; nothing for others. For one item, not for lists."""
    request = context["request"]
    is_theirs = permissions.is_contributor(request.user, publication)
    return {
        "publication": publication,
        "steps": contributor_steps(publication) if is_theirs else [],
        "next": request.get_full_path(),
        "csrf_token": context.get("csrf_token"),
    }


@register.simple_tag
def moderation_queue(user: Any) -> Queue | None:
    """What waits for this curator; None for others."""
    return queue_of(user) if is_curator(user) else None


@register.filter
def action_label(action: str) -> str:
    """What was done, in words; the plain code where another app wrote a word of its own."""
    return str(Action(action).label) if action in Action.values else action.replace("_", " ")


@register.simple_tag
def marked(pieces: Sequence[Piece], tag: str) -> SafeString:
    """A text with its changed stretches in ``<del>`` or ``<ins>``; made here, as blanks in a template would show."""
    changed = f"<{tag}>{{}}</{tag}>"
    parts = (format_html(changed if piece.is_changed else "{}", piece.text) for piece in pieces)
    return format_html('<span class="moderation-text">{}</span>', SafeString("".join(parts)))
