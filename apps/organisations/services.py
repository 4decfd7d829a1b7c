"""Every change to organisations and their people: locked, written down, told to those whom it concerns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.audit.services import record
from apps.core.events import publish
from apps.core.exceptions import RuleBrokenError, StepNotAllowedError
from apps.core.steps import require_step
from apps.notifications.services import notify
from apps.organisations import permissions
from apps.organisations.enums import JOIN_STEPS, JoinState, Role
from apps.organisations.events import OrganisationVerified
from apps.organisations.indexing import index_organisations
from apps.organisations.models import JoinRequest, Membership, Organisation
from apps.taxonomy.models import Sector

RESERVED_SLUGS = frozenset({"new"})
PROFILE_FIELDS = (
    "kind", "name", "country", "region", "city", "website", "description", "language", "founded_year",
)  # fmt: skip


class LastManagerError(RuleBrokenError):
    """An organisation that has members needs somebody who acts for it."""

    default_message = _("The last manager cannot leave. Make somebody else a manager first.")


class NotAllowedError(RuleBrokenError):
    default_message = _("You may not do this.")


# --- Profile ----------------------------------------------------------------------------------
@transaction.atomic
def create_organisation(*, values: dict[str, Any], sectors: Iterable[Sector], by: User) -> Organisation:
    """Add an organisation; who adds it manages it. It is unverified until a curator has looked."""
    if not permissions.can_create(by):
        raise NotAllowedError
    organisation = Organisation(**values, confirmed_at=timezone.now())
    save_with_address(organisation)
    organisation.sectors.set(sectors)
    Membership.objects.create(organisation=organisation, user=by, role=Role.MANAGER)
    record(organisation, "created", by=by)
    index_organisations([organisation.pk])
    return organisation


@transaction.atomic
def update_organisation(
    *, organisation_id: int, values: dict[str, Any], sectors: Iterable[Sector], by: User
) -> Organisation:
    """Change the profile; its address stays. What changed goes into the history."""
    organisation = _lock(organisation_id)
    if not permissions.can_edit(by, organisation):
        raise NotAllowedError
    changed = [name for name in values if getattr(organisation, name) != values[name]]
    for name in changed:
        setattr(organisation, name, values[name])
    organisation.confirmed_at = timezone.now()
    organisation.save()
    organisation.sectors.set(sectors)
    record(organisation, "changed", by=by, data={"fields": changed})
    index_organisations([organisation.pk])
    return organisation


@transaction.atomic
def confirm_profile(*, organisation_id: int, by: User) -> Organisation:
    """A manager says that the profile is still right."""
    organisation = _lock(organisation_id)
    if not permissions.can_edit(by, organisation):
        raise NotAllowedError
    organisation.confirmed_at = timezone.now()
    organisation.save(update_fields=["confirmed_at", "updated_at"])
    record(organisation, "confirmed", by=by)
    return organisation


@transaction.atomic
def verify_organisation(*, organisation_id: int, by: User) -> Organisation:
    """A curator states that the organisation is what it says. Raises StepNotAllowedError the second time."""
    organisation = _lock(organisation_id)
    if not permissions.can_verify(by, organisation):
        raise NotAllowedError(_("Somebody else has to verify your own organisation."))
    if organisation.verified_at:
        raise StepNotAllowedError
    organisation.verified_at, organisation.verified_by = timezone.now(), by
    organisation.save(update_fields=["verified_at", "verified_by", "updated_at"])
    record(organisation, "verified", by=by)
    notify(
        "organisation_verified",
        to=organisation.managers(),
        about=organisation,
        key=f"organisation-verified:{organisation.pk}:{organisation.verified_at:%Y%m%d%H%M%S}",
        url=organisation.get_absolute_url(),
        context={"organisation": organisation.name},
    )
    publish(OrganisationVerified(organisation_id=organisation.pk))
    index_organisations([organisation.pk])
    return organisation


@transaction.atomic
def set_shown(*, organisation_id: int, is_shown: bool, by: User) -> Organisation:
    """Take an organisation out of the directory, or put it back."""
    organisation = _lock(organisation_id)
    if not permissions.can_verify(by, organisation):
        raise NotAllowedError
    if organisation.is_active == is_shown:
        raise StepNotAllowedError
    organisation.is_active = is_shown
    organisation.save(update_fields=["is_active", "updated_at"])
    record(organisation, "shown" if is_shown else "hidden", by=by)
    index_organisations([organisation.pk])
    return organisation


# --- Joining ----------------------------------------------------------------------------------
@transaction.atomic
def ask_to_join(*, organisation_id: int, message: str, by: User) -> JoinRequest:
    """Ask the managers; without any, the curators. Asking twice keeps the first request."""
    organisation = _lock(organisation_id)
    pending = JoinRequest.objects.filter(organisation=organisation, user=by, state=JoinState.PENDING).first()
    if pending:
        return pending
    if not permissions.can_ask_to_join(by, organisation):
        raise RuleBrokenError(_("You belong to this organisation already."))
    request = JoinRequest.objects.create(organisation=organisation, user=by, message=message)
    record(request, "asked", by=by, to_state=request.state)
    deciders = organisation.managers()
    if not deciders.exists():
        deciders = User.objects.filter(is_staff=True, is_active=True).exclude(pk=by.pk)
    notify(
        "join_requested",
        to=deciders,
        about=request,
        key=f"join-requested:{request.pk}",
        url=reverse("organisations:organisation-people", args=[organisation.slug]),
        context={"organisation": organisation.name, "person": by.get_full_name(), "message": message},
    )
    return request


@transaction.atomic
def accept_request(*, request_id: int, by: User) -> JoinRequest:
    """Let the person in. The first person of an organisation without a manager becomes its manager."""
    request = _decide(request_id, JoinState.ACCEPTED, by=by, reason="")
    role = Role.MEMBER if request.organisation.managers().exists() else Role.MANAGER
    Membership.objects.get_or_create(
        organisation=request.organisation, user=request.user, defaults={"role": role}
    )
    _tell_asker("join_accepted", request)
    return request


@transaction.atomic
def decline_request(*, request_id: int, reason: str, by: User) -> JoinRequest:
    """Say no, with the reason, which is sent to the person."""
    if not reason.strip():
        raise RuleBrokenError(_("Please give a reason: it is sent to the person who asked."))
    request = _decide(request_id, JoinState.DECLINED, by=by, reason=reason.strip())
    _tell_asker("join_declined", request)
    return request


@transaction.atomic
def withdraw_request(*, request_id: int, by: User) -> JoinRequest:
    request = JoinRequest.objects.select_for_update().get(pk=request_id)
    if not permissions.can_withdraw_request(by, request):
        raise NotAllowedError
    return _step(request, JoinState.WITHDRAWN, by=by, reason="")


def _decide(request_id: int, to: JoinState, *, by: User, reason: str) -> JoinRequest:
    found = JoinRequest.objects.get(pk=request_id)
    _lock(found.organisation_id)
    request = (
        JoinRequest.objects.select_for_update(of=("self",))
        .select_related("organisation", "user")
        .get(pk=request_id)
    )
    if not permissions.can_decide_request(by, request):
        raise NotAllowedError
    return _step(request, to, by=by, reason=reason)


def _step(request: JoinRequest, to: JoinState, *, by: User, reason: str) -> JoinRequest:
    require_step(request.state, to, JOIN_STEPS)
    before, request.state, request.reason = request.state, to, reason
    request.decided_at, request.decided_by = timezone.now(), by
    request.save(update_fields=["state", "reason", "decided_at", "decided_by", "updated_at"])
    record(request, str(to), by=by, from_state=before, to_state=to, reason=reason)
    return request


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
    organisation = _lock(organisation_id)
    membership = Membership.objects.filter(organisation=organisation, user=by).first()
    if membership is None:
        raise StepNotAllowedError
    _require_other_manager(membership)
    membership.delete()
    record(organisation, "left", by=by)


@transaction.atomic
def remove_member(*, organisation_id: int, user_id: int, by: User) -> None:
    organisation, membership = _managed(organisation_id, user_id, by=by)
    _require_other_manager(membership)
    membership.delete()
    record(organisation, "member removed", by=by, data={"user": user_id})


@transaction.atomic
def change_role(*, organisation_id: int, user_id: int, role: str, by: User) -> None:
    organisation, membership = _managed(organisation_id, user_id, by=by)
    if membership.role == role:
        raise StepNotAllowedError
    if role == Role.MEMBER:
        _require_other_manager(membership)
    before, membership.role = membership.role, Role(role)
    membership.save(update_fields=["role", "updated_at"])
    record(organisation, "role changed", by=by, from_state=before, to_state=role, data={"user": user_id})


def _managed(organisation_id: int, user_id: int, *, by: User) -> tuple[Organisation, Membership]:
    """Both with the organisation locked: two managers who leave at once are asked one after the other."""
    organisation = _lock(organisation_id)
    if not permissions.can_manage_people(by, organisation):
        raise NotAllowedError
    membership = Membership.objects.filter(organisation=organisation, user=user_id).first()
    if membership is None:
        raise StepNotAllowedError
    return organisation, membership


def _require_other_manager(membership: Membership) -> None:
    if membership.role != Role.MANAGER:
        return
    others = membership.organisation.managers().exclude(pk=membership.user_id)
    if not others.exists():
        raise LastManagerError


# --- Helpers ----------------------------------------------------------------------------------
def _lock(organisation_id: int) -> Organisation:
    return Organisation.objects.select_for_update(no_key=True).get(pk=organisation_id)


def save_with_address(organisation: Organisation) -> None:
    """Give a readable, permanent address; where somebody has the name already, a number follows."""
    base = slugify(organisation.name)[:160] or "organisation"
    for number in range(1, 1000):
        organisation.slug = base if number == 1 and base not in RESERVED_SLUGS else f"{base}-{number}"
        if Organisation.objects.filter(slug=organisation.slug).exists():
            continue
        try:
            with transaction.atomic():
                organisation.save()
        except IntegrityError:
            continue
        return
    raise RuleBrokenError(_("There are too many organisations of this name."))


def similar_names(name: str, country_id: int) -> models.QuerySet[Organisation]:
    """Whom this may already be: shown before a second entry for the same organisation is made."""
    from django.contrib.postgres.search import TrigramSimilarity

    return (
        Organisation.objects.filter(is_active=True, country=country_id)
        .annotate(similarity=TrigramSimilarity("name", name))
        .filter(similarity__gt=0.45)
        .order_by("-similarity")[:5]
    )
