"""Who may do what with an organisation. ``visible_to`` says the same for lists as ``can_view`` for one."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser

from apps.accounts.models import User
from apps.organisations.enums import JoinState, Role
from apps.organisations.models import JoinRequest, Membership, Organisation

Person = User | AnonymousUser


def _acts(user: Person) -> bool:
    return user.is_authenticated and user.is_active


def is_member(user: Person, organisation: Organisation) -> bool:
    """They belong to it, in whatever role."""
    return _acts(user) and Membership.objects.filter(organisation=organisation, user_id=user.pk).exists()


def is_manager(user: Person, organisation: Organisation) -> bool:
    if not _acts(user):
        return False
    managers = Membership.objects.filter(organisation=organisation, role=Role.MANAGER)
    return managers.filter(user_id=user.pk).exists()


def is_curator(user: Person) -> bool:
    return _acts(user) and user.is_staff


def can_view(user: Person, organisation: Organisation) -> bool:
    return organisation.is_active or is_curator(user) or is_member(user, organisation)


def can_create(user: Person) -> bool:
    return _acts(user)


def can_edit(user: Person, organisation: Organisation) -> bool:
    return is_manager(user, organisation)


def can_see_people(user: Person, organisation: Organisation) -> bool:
    """Names of people are for those who belong to the organisation, and for curators."""
    return is_member(user, organisation) or is_curator(user)


def can_manage_people(user: Person, organisation: Organisation) -> bool:
    return is_manager(user, organisation)


def can_ask_to_join(user: Person, organisation: Organisation) -> bool:
    if not _acts(user) or not organisation.is_active or is_member(user, organisation):
        return False
    pending = JoinRequest.objects.filter(organisation=organisation, user_id=user.pk, state=JoinState.PENDING)
    return not pending.exists()


def can_decide_request(user: Person, request: JoinRequest) -> bool:
    """A manager; where there is none (an illustrative entry is claimed, say) a curator. Never one's own request."""
    if not _acts(user) or request.user_id == user.pk:
        return False
    if is_manager(user, request.organisation):
        return True
    return is_curator(user) and not request.organisation.managers().exists()


def can_withdraw_request(user: Person, request: JoinRequest) -> bool:
    return _acts(user) and request.user_id == user.pk


def can_leave(user: Person, organisation: Organisation) -> bool:
    """Whether this is a member at all; that the last manager stays is a rule of the service."""
    return is_member(user, organisation)


def can_verify(user: Person, organisation: Organisation) -> bool:
    """A curator, never for their own organisation."""
    return is_curator(user) and not is_member(user, organisation)
