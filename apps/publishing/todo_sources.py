"""What waits for people in the life of contributions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.models import User
from apps.accounts.permissions import is_curator
from apps.core.tasklist import Todo, register_todos
from apps.organisations.models import Membership
from apps.publishing.enums import PublicationState
from apps.publishing.models import Publication
from apps.publishing.queries import queue_of

# More would hide what else waits; the list of contributions has them all.
MAX_TODOS = 20


@register_todos
def changes_to_make(person: AbstractBaseUser) -> Iterator[Todo]:
    """A curator asked for changes, and the item is theirs to change."""
    user = cast("User", person)
    author_belongs = Membership.objects.filter(
        organisation=OuterRef("organisation"), user=OuterRef("author"), user__is_active=True
    )
    asked = (
        Publication.objects.contributed_by(user)
        .filter(Q(author=user) | Q(submitted_by=user) | ~Exists(author_belongs))
        .filter(state=PublicationState.CHANGES_REQUESTED)
        .order_by("decided_at", "pk")
    )
    for publication in asked[:MAX_TODOS]:
        yield Todo(
            title=_("Make the changes asked for in “%(title)s”") % {"title": publication.title},
            url=reverse("publishing:contribution-detail", args=[publication.pk]),
            since=publication.decided_at,
            detail=Truncator(publication.reason).chars(200),
            action=_("Make them"),
            icon="edit",
        )


@register_todos
def items_to_decide(person: AbstractBaseUser) -> Iterator[Todo]:
    """One line for the whole queue, without what this curator may not decide."""
    user = cast("User", person)
    if not is_curator(user):
        return
    queue = queue_of(user)
    if queue.count:
        text = ngettext(
            "%(count)d contribution waits for a decision",
            "%(count)d contributions wait for a decision",
            queue.count,
        )
        yield Todo(
            title=text % {"count": queue.count},
            url=reverse("admin:publishing_publication_changelist"),
            since=queue.oldest_at,
            action=_("Decide"),
            icon="check",
            count=queue.count,
        )
