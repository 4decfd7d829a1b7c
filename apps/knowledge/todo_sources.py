"""What waits for a person in the repository: links that no longer work."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.tasklist import Todo, register_todos
from apps.knowledge.models import LinkCheck
from apps.publishing.models import Publication


@register_todos
def broken_links(user: AbstractBaseUser) -> Iterable[Todo]:
    """Those of one's own resources, and of the organisations that one manages."""
    if not isinstance(user, User):
        return []
    checks = (
        LinkCheck.objects.filter(flagged_at__isnull=False)
        .filter(resource__publication__in=Publication.objects.contributed_by(user))
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
