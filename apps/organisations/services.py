"""Every change to organisations and their people: locked, written down, told to those whom it concerns.

Locks are taken in the order of docs/architecture.md: people, organisation, request.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.permissions import is_curator
from apps.accounts.services import lock_actor
from apps.audit.services import record
from apps.core.events import publish
from apps.core.exceptions import EditConflictError, NotAllowedError, RuleBrokenError, StepNotAllowedError
from apps.core.slugs import save_with_slug
from apps.core.steps import require_reason, require_step
from apps.notifications.models import Notification
from apps.notifications.services import notify
from apps.organisations import permissions
from apps.organisations.enums import JOIN_STEPS, Ending, JoinState, Role
from apps.organisations.events import (
    MembershipChanged,
    MembershipEnded,
    OrganisationRenamed,
    OrganisationVisibilityChanged,
    VerificationChanged,
)
from apps.organisations.indexing import index_organisations
from apps.organisations.models import JoinRequest, Membership, Organisation
from apps.taxonomy.models import Sector

RESERVED_SLUGS = frozenset({"new", "feed", "csv"})
_LONGEST_SLUG = 160
# What a curator looked at when verifying: whoever changes one of these is somebody else now.
IDENTITY_FIELDS = frozenset({"name", "kind", "country"})
# Enough for everybody who means it, too little to fill the directory or everybody's inbox.
MAX_UNVERIFIED = 5
MAX_PENDING = 20


class LastManagerError(RuleBrokenError):
    """An organisation that has members needs somebody who acts for it."""

    default_message = _("The last manager cannot leave. Please make somebody else a manager first.")


# --- Profile ----------------------------------------------------------------------------------
@transaction.atomic
def create_organisation(*, values: dict[str, Any], sectors: Iterable[Sector], by: User) -> Organisation:
    """Add an organisation; who adds it manages it. It is unverified until a curator has looked.

    The same person adding the same name again (a second press, say) gets back what the first press made.
    """
    by = lock_actor(by)
    if not permissions.can_create(by):
        raise NotAllowedError
    mine = Organisation.objects.of_manager(by)
    same = mine.filter(name__iexact=values["name"], country=values["country"]).first()
    if same:
        return same
    if mine.filter(verified_at__isnull=True).count() >= MAX_UNVERIFIED:
        raise RuleBrokenError(
            _(
                "Several of your organisations still wait for a curator. Please add more once they are verified."
            )
        )
    organisation = Organisation(**values, confirmed_at=timezone.now())
    save_with_address(organisation)
    organisation.sectors.set(sectors)
    Membership.objects.create(organisation=organisation, user=by, role=Role.MANAGER)
    record(organisation, "created", by=by)
    index_organisations([organisation.pk])
    return organisation


@transaction.atomic
def update_organisation(
    *,
    organisation_id: int,
    values: dict[str, Any],
    sectors: Iterable[Sector],
    by: User,
    seen: datetime | None = None,
) -> Organisation:
    """Change the profile; its address stays. ``seen``: when what the person edited was last changed.

    Raises EditConflictError if somebody else has changed it since.
    """
    by = lock_actor(by)
    organisation = _lock(organisation_id)
    if not permissions.can_edit_organisation(by, organisation):
        raise NotAllowedError
    if seen is not None and seen != organisation.updated_at:
        raise EditConflictError
    changed = [name for name in values if getattr(organisation, name) != values[name]]
    for name in changed:
        setattr(organisation, name, values[name])
    chosen = {sector.pk for sector in sectors}
    if chosen != set(organisation.sectors.values_list("pk", flat=True)):
        organisation.sectors.set(chosen)
        changed.append("sectors")
    if organisation.verified_at and not IDENTITY_FIELDS.isdisjoint(changed):
        organisation.verified_at = organisation.verified_by = None
        record(organisation, "verification ended", by=by, data={"fields": changed})
        publish(VerificationChanged(organisation_id=organisation.pk))
    organisation.confirmed_at = timezone.now()
    organisation.save()
    record(organisation, "changed" if changed else "confirmed", by=by, data={"fields": changed})
    index_organisations([organisation.pk])
    if "name" in changed:
        publish(OrganisationRenamed(organisation_id=organisation.pk))
    return organisation


@transaction.atomic
def confirm_profile(*, organisation_id: int, by: User) -> Organisation:
    """A manager says that the profile is still right."""
    by = lock_actor(by)
    organisation = _lock(organisation_id)
    if not permissions.can_edit_organisation(by, organisation):
        raise NotAllowedError
    organisation.confirmed_at = timezone.now()
    organisation.save(update_fields=["confirmed_at"])
    record(organisation, "confirmed", by=by)
    return organisation


# --- Curators -----------------------------------------------------------------------------------
# ``seen``: when what the curator looked at was last changed; EditConflictError if it is another profile now.
@transaction.atomic
def verify_organisation(
    *, organisation_id: int, by: User, reason: str = "", seen: datetime | None = None
) -> Organisation:
    """A curator states that the organisation is what it says. Raises StepNotAllowedError the second time."""
    organisation = _curated(organisation_id, by=by, seen=seen)
    if organisation.verified_at:
        raise StepNotAllowedError(_("It is verified already."))
    if organisation.is_illustrative and not organisation.memberships.exists():
        raise RuleBrokenError(_("This entry only illustrates the directory: nobody there could be verified."))
    organisation.verified_at, organisation.verified_by = timezone.now(), by
    organisation.save(update_fields=["verified_at", "verified_by"])
    _written_down(organisation, "verified", by=by, kind="organisation_verified", reason=reason.strip())
    publish(VerificationChanged(organisation_id=organisation.pk))
    return organisation


@transaction.atomic
def end_verification(
    *, organisation_id: int, reason: str, by: User, seen: datetime | None = None
) -> Organisation:
    """A curator takes the statement back, for a reason that the managers are told."""
    organisation = _curated(organisation_id, by=by, seen=seen)
    if not organisation.verified_at:
        raise StepNotAllowedError(_("It is not verified."))
    organisation.verified_at = organisation.verified_by = None
    organisation.save(update_fields=["verified_at", "verified_by"])
    _written_down(
        organisation,
        "verification ended",
        by=by,
        kind="organisation_verification_ended",
        reason=require_reason(reason),
    )
    publish(VerificationChanged(organisation_id=organisation.pk))
    return organisation


@transaction.atomic
def hide_organisation(
    *, organisation_id: int, reason: str, by: User, seen: datetime | None = None
) -> Organisation:
    """Take an organisation out of the directory; its own people still see it, and why."""
    organisation = _curated(organisation_id, by=by, seen=seen)
    if not organisation.is_active:
        raise StepNotAllowedError(_("It is hidden already."))
    organisation.is_active = False
    organisation.save(update_fields=["is_active"])
    _written_down(organisation, "hidden", by=by, kind="organisation_hidden", reason=require_reason(reason))
    publish(OrganisationVisibilityChanged(organisation_id=organisation.pk))
    return organisation


@transaction.atomic
def show_organisation(
    *, organisation_id: int, by: User, reason: str = "", seen: datetime | None = None
) -> Organisation:
    organisation = _curated(organisation_id, by=by, seen=seen)
    if organisation.is_active:
        raise StepNotAllowedError(_("It is shown already."))
    organisation.is_active = True
    organisation.save(update_fields=["is_active"])
    _written_down(organisation, "shown", by=by, kind="organisation_shown", reason=reason.strip())
    publish(OrganisationVisibilityChanged(organisation_id=organisation.pk))
    return organisation


def _curated(organisation_id: int, *, by: User, seen: datetime | None) -> Organisation:
    by = lock_actor(by)
    organisation = _lock(organisation_id)
    if not is_curator(by):
        raise NotAllowedError
    if not permissions.can_verify(by, organisation):
        raise NotAllowedError(permissions.OWN_IS_FOR_OTHERS)
    if seen is not None and seen != organisation.updated_at:
        raise EditConflictError(_("The profile was changed since you opened it. Please look at it again."))
    return organisation


def _written_down(organisation: Organisation, step: str, *, by: User, kind: str, reason: str = "") -> None:
    """History, message to the managers, and the search, in the transaction of the step."""
    entry = record(organisation, step, by=by, reason=reason)
    notify(
        kind,
        to=organisation.managers(),
        about=organisation,
        key=f"{kind}:{entry.pk}",
        url=organisation.get_absolute_url(),
        context={"organisation": organisation.name, "reason": reason},
    )
    index_organisations([organisation.pk])


# --- Joining ----------------------------------------------------------------------------------
@transaction.atomic
def ask_to_join(*, organisation_id: int, message: str, by: User) -> JoinRequest:
    """Ask the managers; without any, the curators. Asking twice keeps the first request."""
    by = lock_actor(by)
    organisation = _lock(organisation_id)
    pending = JoinRequest.objects.filter(user=by, state=JoinState.PENDING)
    if same := pending.filter(organisation=organisation).first():
        return same
    if not organisation.is_active:
        raise NotAllowedError(_("Nobody can join this organisation at present."))
    if not permissions.can_ask_to_join(by, organisation):
        raise RuleBrokenError(_("You belong to this organisation already."))
    if pending.count() >= MAX_PENDING:
        raise RuleBrokenError(
            _("Many of your requests still wait for a decision. Please wait, or withdraw some.")
        )
    decided = JoinRequest.objects.filter(organisation=organisation, user=by, state=JoinState.DECLINED).count()
    request = JoinRequest.objects.create(organisation=organisation, user=by, message=message.strip())
    record(request, "asked", by=by, to_state=request.state)
    notify(
        "join_requested",
        to=_deciders(organisation, asker=by),
        about=request,
        # Withdrawing and asking again on the same day tells nobody a second time.
        key=f"join-requested:{organisation.pk}:{by.pk}:{decided}:{timezone.now():%Y%m%d}",
        url=reverse("organisations:organisation-people", args=[organisation.slug]),
        context={"organisation": organisation.name, "person": by.get_full_name(), "message": request.message},
    )
    return request


@transaction.atomic
def accept_request(*, request_id: int, by: User) -> JoinRequest:
    """Let the person in. The first person of an organisation without a manager becomes its manager.

    An illustrative entry that is handed over this way is a real one from then on.
    """
    request = _decide(request_id, JoinState.ACCEPTED, by=by, reason="")
    organisation = request.organisation
    is_first = not organisation.managers().exists()
    Membership.objects.get_or_create(
        organisation=organisation,
        user=request.user,
        defaults={"role": Role.MANAGER if is_first else Role.MEMBER},
    )
    publish(MembershipChanged(organisation_id=organisation.pk, user_id=request.user_id))
    if is_first and organisation.is_illustrative:
        organisation.is_illustrative = False
        organisation.save(update_fields=["is_illustrative"])
        record(organisation, "handed over", by=by, data={"user": request.user_id})
        publish(VerificationChanged(organisation_id=organisation.pk))
        index_organisations([organisation.pk])
    _tell_asker("join_accepted", request)
    return request


@transaction.atomic
def decline_request(*, request_id: int, reason: str, by: User) -> JoinRequest:
    """Say no, with the reason, which is sent to the person."""
    request = _decide(request_id, JoinState.DECLINED, by=by, reason=require_reason(reason))
    _tell_asker("join_declined", request)
    return request


@transaction.atomic
def withdraw_request(*, request_id: int, by: User) -> JoinRequest:
    by = lock_actor(by)
    request = JoinRequest.objects.select_for_update().get(pk=request_id)
    if not permissions.can_withdraw_request(by, request):
        raise NotAllowedError
    return _step(request, JoinState.WITHDRAWN, by=by, reason="")


def _decide(request_id: int, to: JoinState, *, by: User, reason: str) -> JoinRequest:
    found = JoinRequest.objects.get(pk=request_id)
    by = lock_actor(by, found.user_id)
    organisation = _lock(found.organisation_id)
    request = JoinRequest.objects.select_for_update(of=("self",)).select_related("user").get(pk=request_id)
    request.organisation = organisation
    if not permissions.can_decide_join_request(by, request):
        raise NotAllowedError
    if to == JoinState.ACCEPTED and not request.user.is_active:
        raise RuleBrokenError(_("This person no longer has an account here."))
    return _step(request, to, by=by, reason=reason)


def _step(request: JoinRequest, to: JoinState, *, by: User, reason: str) -> JoinRequest:
    require_step(request.state, to, JOIN_STEPS)
    before, request.state, request.reason = request.state, to, reason
    request.decided_at, request.decided_by = timezone.now(), by
    request.save(update_fields=["state", "reason", "decided_at", "decided_by", "updated_at"])
    record(request, str(to), by=by, from_state=before, to_state=to, reason=reason)
    return request


def _deciders(organisation: Organisation, *, asker: User) -> models.QuerySet[User]:
    managers = organisation.managers()
    if managers.exists():
        return managers
    curators = User.objects.filter(is_staff=True, is_active=True).exclude(pk=asker.pk)
    return curators.exclude(memberships__organisation=organisation)


def _tell_asker(kind: str, request: JoinRequest) -> None:
    notify(
        kind,
        to=[request.user],
        about=request,
        key=f"join-decided:{request.pk}",
        url=request.organisation.get_absolute_url(),
        context={"organisation": request.organisation.name, "reason": request.reason},
    )


# --- People -----------------------------------------------------------------------------------
@transaction.atomic
def leave(*, organisation_id: int, by: User) -> None:
    """End one's own membership. Raises LastManagerError for the last manager."""
    by = lock_actor(by)
    organisation = _lock(organisation_id)
    membership = Membership.objects.filter(organisation=organisation, user=by).first()
    if membership is None:
        raise StepNotAllowedError(_("You do not belong to this organisation."))
    _require_other_manager(membership)
    membership.delete()
    record(organisation, Ending.LEFT, by=by)
    publish(MembershipEnded(organisation_id=organisation.pk, user_id=by.pk))


@transaction.atomic
def remove_member(*, organisation_id: int, user_id: int, by: User) -> None:
    organisation, membership = _managed(organisation_id, user_id, by=by)
    _require_other_manager(membership)
    membership.delete()
    entry = record(organisation, Ending.REMOVED, by=by, data={"user": user_id})
    _tell_member("membership_ended", membership, key=entry.pk, by=by)
    publish(MembershipEnded(organisation_id=organisation.pk, user_id=user_id))


@transaction.atomic
def change_role(*, organisation_id: int, user_id: int, role: str, by: User) -> None:
    organisation, membership = _managed(organisation_id, user_id, by=by)
    if membership.role == role:
        raise StepNotAllowedError(_("This person has that role already."))
    if role != Role.MANAGER:
        _require_other_manager(membership)
    before, membership.role = membership.role, Role(role)
    membership.save(update_fields=["role", "updated_at"])
    entry = record(
        organisation, "role changed", by=by, from_state=before, to_state=role, data={"user": user_id}
    )
    kind = "made_manager" if role == Role.MANAGER else "made_member"
    _tell_member(kind, membership, key=entry.pk, by=by)
    publish(MembershipChanged(organisation_id=organisation.pk, user_id=user_id))


def _managed(organisation_id: int, user_id: int, *, by: User) -> tuple[Organisation, Membership]:
    """Both with the organisation locked: two managers who leave at once are asked one after the other."""
    by = lock_actor(by)
    organisation = _lock(organisation_id)
    if not permissions.can_manage_people(by, organisation):
        raise NotAllowedError
    membership = (
        Membership.objects.filter(organisation=organisation, user=user_id).select_related("user").first()
    )
    if membership is None:
        raise StepNotAllowedError(_("This person no longer belongs to the organisation."))
    return organisation, membership


def _require_other_manager(membership: Membership) -> None:
    if membership.role != Role.MANAGER:
        return
    others = membership.organisation.managers().exclude(pk=membership.user_id)
    if not others.exists():
        raise LastManagerError


def _tell_member(kind: str, membership: Membership, *, key: int, by: User) -> None:
    if membership.user_id == by.pk:
        return
    organisation = membership.organisation
    notify(
        kind,
        to=[membership.user],
        about=organisation,
        key=f"{kind}:{key}",
        url=organisation.get_absolute_url() if organisation.is_active else "",
        context={"organisation": organisation.name},
    )


# --- An account is erased ------------------------------------------------------------------------
def erasure_obstacles(person: User) -> list[str]:
    """Who alone acts for an organisation with other people hands over first."""
    found = []
    for organisation in Organisation.objects.of_manager(person).order_by("name", "pk"):
        others = organisation.memberships.exclude(user=person)
        if others.exists() and not others.filter(role=Role.MANAGER, user__is_active=True).exists():
            text = _(
                "You are the last manager of %(organisation)s. Please make somebody else a manager first."
            )
            found.append(text % {"organisation": organisation.name})
    return found


@transaction.atomic
def forget_person(person: User) -> None:
    """Take an erased person out of every organisation, and their words out of their requests.

    An organisation in which nobody else is stays without a manager, and is shown. Raises RuleBrokenError if somebody
    came in since it was asked whether anything is in the way.
    """
    memberships = Membership.objects.filter(user=person)
    organisations = Organisation.objects.filter(pk__in=memberships.values("organisation"))
    left = list(organisations.order_by("pk").select_for_update(no_key=True))
    if obstacles := erasure_obstacles(person):
        raise RuleBrokenError(" ".join(obstacles))
    memberships.delete()
    for organisation in left:
        record(organisation, Ending.LEFT, by=person)
        publish(MembershipEnded(organisation_id=organisation.pk, user_id=person.pk))
    requests = JoinRequest.objects.filter(user=person).order_by("pk")
    for request in requests.select_for_update().filter(state=JoinState.PENDING):
        _step(request, JoinState.WITHDRAWN, by=person, reason="")
    # Messages to managers carry the person's name and words, and nothing is left to decide.
    asked = ContentType.objects.get_for_model(JoinRequest)
    keys = [str(pk) for pk in requests.values_list("pk", flat=True)]
    Notification.objects.filter(kind="join_requested", about_type=asked, about_id__in=keys).delete()
    requests.update(message="", reason="")


# --- Helpers ----------------------------------------------------------------------------------
def _lock(organisation_id: int) -> Organisation:
    return Organisation.objects.select_for_update(no_key=True).get(pk=organisation_id)


def save_with_address(organisation: Organisation) -> None:
    save_with_slug(
        organisation,
        organisation.name,
        fallback="organisation",
        reserved=RESERVED_SLUGS,
        longest=_LONGEST_SLUG,
    )
