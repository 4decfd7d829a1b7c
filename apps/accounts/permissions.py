"""Who may do what with a person's account in the administration."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from apps.accounts.models import User


def is_curator(user: User | AnonymousUser) -> bool:
    """Staff keep quality; being a curator is all that the queue, the vocabularies and the lists of people ask for."""
    return user.is_active and user.is_staff


def can_see_people(user: User | AnonymousUser) -> bool:
    return is_curator(user)


def can_change_person(user: User | AnonymousUser, person: User) -> bool:
    """Curators help members; only superusers change curators; nobody an erased account."""
    if not can_see_people(user) or person.erased_at:
        return False
    return user.is_superuser or not (person.is_staff or person.is_superuser)


def can_deactivate(user: User | AnonymousUser, person: User) -> bool:
    """Never oneself: who locks themselves out cannot let themselves in."""
    return can_change_person(user, person) and user.pk != person.pk


def can_make_curator(user: User | AnonymousUser, person: User) -> bool:
    """Never oneself, so that one superuser always stays."""
    return user.is_superuser and can_change_person(user, person) and user.pk != person.pk


def can_erase(user: User | AnonymousUser, person: User) -> bool:
    """Everybody their own account; a superuser anybody's, on their request."""
    if person.erased_at or not user.is_active:
        return False
    return user.pk == person.pk or user.is_superuser
