"""Who may do what with an organisation. ``visible_to`` says the same for lists as ``can_view`` for one."""

from __future__ import annotations

from typing import TypeGuard

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.permissions import is_curator
from apps.organisations.enums import JoinState, Role
from apps.organisations.models import JoinRequest, Membership, Organisation

Person = User | AnonymousUser
OWN_IS_FOR_OTHERS = _("This is your own organisation: another curator has to decide.")


def _acts(user: Person) -> TypeGuard[User]:
    return user.is_authenticated and user.is_active


# --- Standing -------------------------------------------------------------------------------------


def is_member(user: Person, organisation: Organisation) -> bool:
    """They belong to it, in whatever role."""
    return _acts(user) and Membership.objects.filter(organisation=organisation, user=user).exists()


def is_manager(user: Person, organisation: Organisation) -> bool:
    if not _acts(user):
        return False
    managers = Membership.objects.filter(organisation=organisation, role=Role.MANAGER)
    return managers.filter(user=user).exists()


def stands_in(user: Person, organisation: Organisation) -> bool:
    """A curator acts for an organisation that nobody can act for, never for their own."""
    return is_curator(user) and not is_member(user, organisation) and not organisation.managers().exists()


# --- What they may do -----------------------------------------------------------------------------


def can_view(user: Person, organisation: Organisation) -> bool:
    return organisation.is_active or is_curator(user) or is_member(user, organisation)


def can_create(user: Person) -> bool:
    return _acts(user)


def can_edit_organisation(user: Person, organisation: Organisation) -> bool:
    return is_manager(user, organisation)


def can_see_managers(user: Person) -> bool:
    """Who acts for an organisation is no secret among signed-in people; how to write to them is."""
    return _acts(user)


def can_see_people(user: Person, organisation: Organisation) -> bool:
    """The names of all are for those who belong to the organisation, and for curators."""
    return is_member(user, organisation) or is_curator(user)


def can_manage_people(user: Person, organisation: Organisation) -> bool:
    return is_manager(user, organisation) or stands_in(user, organisation)


def can_ask_to_join(user: Person, organisation: Organisation) -> bool:
    if not _acts(user) or not organisation.is_active or is_member(user, organisation):
        return False
    pending = JoinRequest.objects.filter(organisation=organisation, user=user, state=JoinState.PENDING)
    return not pending.exists()


def can_view_join_request(user: Person, request: JoinRequest) -> bool:
    if not _acts(user):
        return False
    return request.user_id == user.pk or user.is_staff or is_manager(user, request.organisation)


def can_decide_join_requests(user: Person, organisation: Organisation) -> bool:
    """A manager; where there is none (an illustrative entry is claimed, say) a curator."""
    return is_manager(user, organisation) or stands_in(user, organisation)


def can_decide_join_request(user: Person, request: JoinRequest) -> bool:
    """Never one's own."""
    return request.user_id != user.pk and can_decide_join_requests(user, request.organisation)


def can_withdraw_request(user: Person, request: JoinRequest) -> bool:
    return _acts(user) and request.user_id == user.pk


def can_leave(user: Person, organisation: Organisation) -> bool:
    """Whether this is a member at all; that the last manager stays is a rule of the service."""
    return is_member(user, organisation)


def can_verify(user: Person, organisation: Organisation) -> bool:
    """A curator, never for their own organisation."""
    return is_curator(user) and not is_member(user, organisation)


def can_hide(user: Person, organisation: Organisation) -> bool:
    return can_verify(user, organisation)
