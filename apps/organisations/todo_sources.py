"""What waits for the managers of an organisation, and for curators."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Exists, Min, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.models import User
from apps.core.tasklist import Todo, register_todos
from apps.organisations.confirming import CONFIRM_EVERY, due_for_confirmation, looked_at
from apps.organisations.enums import JoinState, Role
from apps.organisations.models import JoinRequest, Membership
from apps.organisations.queries import left_to_curators, to_verify

UNVERIFIED = "?verified_at__isempty=1&is_illustrative__exact=0&is_active__exact=1"


@register_todos
def requests_to_join(user: User) -> Iterator[Todo]:
    """One for each organisation, as ``permissions.can_decide_join_request`` has it."""
    own = Membership.objects.filter(organisation=OuterRef("organisation"), user=user)
    mine = Q(Exists(own.filter(role=Role.MANAGER)))
    if user.is_staff:
        mine |= left_to_curators(user)
    waiting = (
        JoinRequest.objects.filter(mine, state=JoinState.PENDING)
        .exclude(user=user)
        .values("organisation__slug", "organisation__name")
        .annotate(waiting=Count("pk"), since=Min("created_at"))
        .order_by("since")
    )
    for row in waiting:
        title = ngettext(
            "%(count)d person asks to join %(organisation)s",
            "%(count)d people ask to join %(organisation)s",
            row["waiting"],
        )
        yield Todo(
            title=title % {"count": row["waiting"], "organisation": row["organisation__name"]},
            url=reverse("organisations:organisation-people", args=[row["organisation__slug"]]),
            since=row["since"],
            action=_("Answer"),
            icon="people",
            count=row["waiting"],
        )


@register_todos
def profiles_to_confirm(user: User) -> Iterator[Todo]:
    own = Membership.objects.filter(user=user, role=Role.MANAGER).values("organisation")
    for organisation in due_for_confirmation(timezone.now()).filter(pk__in=own):
        yield Todo(
            title=_("Is the profile of %(organisation)s still right?") % {"organisation": organisation.name},
            url=organisation.get_absolute_url(),
            since=looked_at(organisation) + CONFIRM_EVERY,
            action=_("Look at it"),
            icon="building",
        )


@register_todos
def organisations_to_verify(user: User) -> Iterator[Todo]:
    """One line for curators that leads to the list of them."""
    if not user.is_staff:
        return
    found = to_verify(user).order_by().aggregate(count=Count("pk"), since=Min("created_at"))
    if found["count"]:
        title = ngettext(
            "%(count)d organisation waits to be verified",
            "%(count)d organisations wait to be verified",
            found["count"],
        )
        yield Todo(
            title=title % {"count": found["count"]},
            url=reverse("admin:organisations_organisation_changelist") + UNVERIFIED,
            since=found["since"],
            action=_("See the list"),
            icon="building",
            count=found["count"],
        )
