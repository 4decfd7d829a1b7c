"""The hub's components, each in one place. A missing argument is an error, not an empty string."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BaseForm
from django.http import QueryDict
from django.template import Context
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

register = template.Library()

_ICON_NAME = re.compile(r"^[a-z][a-z-]*$")
_TONES = {"neutral", "info", "success", "warning", "danger"}
_STATE_TONES = {
    "draft": "neutral",
    "submitted": "info",
    "in_review": "info",
    "changes_requested": "warning",
    "published": "success",
    "declined": "danger",
    "hidden": "warning",
    "withdrawn": "neutral",
    "merged": "success",
    "pending": "info",
    "accepted": "success",
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """A single SVG of ``templates/ui/icons/``, hidden from screen readers: the text beside it says the same."""
    return _icon(name)


@cache
def _icon(name: str) -> SafeString:
    if not _ICON_NAME.match(name):
        raise ValueError(f"{name!r} is no icon's name")
    return mark_safe(render_to_string(f"ui/icons/{name}.svg").strip())  # noqa: S308 - our own file


@register.simple_block_tag(takes_context=True)
def breadcrumb(context: Context, content: str) -> SafeString:
    """Where this page is; its items are made by ``crumb``."""
    home = format_html('<li class="breadcrumb-item"><a href="/">{}</a></li>', _("Home"))
    return format_html(
        '<nav aria-label="{}" class="hub-breadcrumb"><ol class="breadcrumb">{}{}</ol></nav>',
        _("Breadcrumb"),
        home,
        content,
    )


@register.simple_tag
def crumb(url: str, text: str) -> SafeString:
    """One step of the way; without an address it is the page itself."""
    if url:
        return format_html('<li class="breadcrumb-item"><a href="{}">{}</a></li>', url, text)
    return format_html('<li class="breadcrumb-item active" aria-current="page">{}</li>', text)


@register.simple_block_tag
def alert(content: str, tone: str) -> SafeString:
    """A message in a box; a danger is announced at once, the others politely."""
    _require_tone(tone)
    role = "alert" if tone == "danger" else "status"
    return format_html('<div class="alert alert-{}" role="{}">{}</div>', tone, role, content)


@register.simple_tag
def badge(text: str, tone: str = "neutral") -> SafeString:
    _require_tone(tone)
    return format_html('<span class="badge hub-badge-{}">{}</span>', tone, text)


@register.simple_tag
def state_badge(state: str, label: str) -> SafeString:
    """The state of a case in its colour; the label says it too."""
    return badge(label, _STATE_TONES.get(state, "neutral"))


def _require_tone(tone: str) -> None:
    if tone not in _TONES:
        raise ValueError(f"{tone!r} is none of {sorted(_TONES)}")


@register.inclusion_tag("ui/empty_state.html")
def empty_state(title: str, text: str, action_url: str = "", action_text: str = "") -> dict[str, str]:
    return {"title": title, "text": text, "action_url": action_url, "action_text": action_text}


@register.inclusion_tag("ui/pagination.html", takes_context=True)
def pagination(context: Context, page_obj: Page[Any]) -> dict[str, Any]:
    """The pages around this one; addresses keep the rest of the query string."""
    query = context["request"].GET
    numbers = page_obj.paginator.get_elided_page_range(page_obj.number, on_each_side=1, on_ends=1)
    pages = [
        {"number": number, "url": page_url(query, number) if isinstance(number, int) else ""}
        for number in numbers
    ]
    return {
        "page_obj": page_obj,
        "pages": pages,
        "previous_url": page_url(query, page_obj.previous_page_number()) if page_obj.has_previous() else "",
        "next_url": page_url(query, page_obj.next_page_number()) if page_obj.has_next() else "",
    }


def page_url(query: QueryDict, number: int) -> str:
    changed = query.copy()
    changed["page"] = str(number)
    return f"?{changed.urlencode()}"


@register.inclusion_tag("ui/form_errors.html")
def form_errors(form: BaseForm) -> dict[str, Any]:
    """What is wrong, at the top of the page, each with a link to its field."""
    fields = [
        {"label": bound.label, "target": bound.id_for_label or bound.auto_id, "errors": bound.errors}
        for bound in form
        if bound.errors
    ]
    return {"fields": fields, "general": form.non_field_errors()}


@register.filter
def file_size(size: int) -> str:
    """Bytes in a unit that people read."""
    return filesizeformat(size)


@register.simple_tag(takes_context=True)
def querystring_without(context: Context, *names: str) -> str:
    """The present query string without these keys (and without the page)."""
    query = context["request"].GET.copy()
    for name in (*names, "page"):
        query.pop(name, None)
    return f"?{query.urlencode()}" if query else "?"
