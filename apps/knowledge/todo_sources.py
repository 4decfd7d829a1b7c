"""What waits for a person in the repository: links that no longer work."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.tasklist import Todo, register_todos
from apps.knowledge.models import LinkCheck
from apps.organisations.models import Organisation


@register_todos
def broken_links(user: AbstractBaseUser) -> Iterable[Todo]:
    """Those of one's own resources, and of the organisations that one manages."""
    if not isinstance(user, User):
        return []
    managed = Organisation.objects.of_manager(user).values("pk")
    checks = (
        LinkCheck.objects.filter(flagged_at__isnull=False)
        .filter(
            Q(resource__publication__author=user) | Q(resource__publication__organisation__in=managed),
        )
        .select_related("resource__publication")
        .order_by("flagged_at", "pk")
    )
    return [
        Todo(
            title=_("Put a broken link right: %(title)s") % {"title": check.resource.publication.title},
            url=check.resource.get_absolute_url(),
            since=check.flagged_at,
            detail=check.url,
            action=_("See the link"),
            icon="link",
        )
        for check in checks
    ]
