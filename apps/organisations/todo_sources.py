"""What waits for the managers of an organisation, and for curators where there is none."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Exists, Min, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.models import User
from apps.core.tasklist import Todo, register_todos
from apps.organisations.confirming import due_for_confirmation
from apps.organisations.enums import JoinState, Role
from apps.organisations.models import Membership, Organisation


@register_todos
def requests_to_join(user: User) -> Iterator[Todo]:
    pending = Q(join_requests__state=JoinState.PENDING) & ~Q(join_requests__user=user)
    managed = Exists(Membership.objects.filter(organisation=OuterRef("pk"), user=user, role=Role.MANAGER))
    mine = Q(managed)
    if user.is_staff:
        mine |= ~Q(Exists(Membership.objects.filter(organisation=OuterRef("pk"), role=Role.MANAGER)))
    found = Organisation.objects.filter(mine).annotate(
        waiting=Count("join_requests", filter=pending), since=Min("join_requests__created_at", filter=pending)
    )
    for organisation in found.filter(waiting__gt=0):
        title = ngettext(
            "%(count)d person asks to join %(organisation)s",
            "%(count)d people ask to join %(organisation)s",
            organisation.waiting,
        )
        yield Todo(
            title=title % {"count": organisation.waiting, "organisation": organisation.name},
            url=reverse("organisations:organisation-people", args=[organisation.slug]),
            since=organisation.since,
        )


@register_todos
def profiles_to_confirm(user: User) -> Iterator[Todo]:
    own = Membership.objects.filter(user=user, role=Role.MANAGER).values("organisation")
    for organisation in due_for_confirmation(timezone.now()).filter(pk__in=own).distinct():
        yield Todo(
            title=_("Is the profile of %(organisation)s still right?") % {"organisation": organisation.name},
            url=organisation.get_absolute_url(),
            since=organisation.confirmed_at or organisation.created_at,
        )
