"""Who may do what with a contribution. ``visible_to`` says the same for lists as ``can_view`` for one."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.permissions import is_curator
from apps.organisations.models import Organisation
from apps.publishing.enums import EDITABLE_STATES, NEXT_STEPS, PublicationState
from apps.publishing.models import Publication

Person = User | AnonymousUser


# --- Standing: what somebody is to an item, whatever its state ------------------------------------


def is_contributor(user: Person, publication: Publication) -> bool:
    """Somebody who manages its organisation, or its author while they belong to it."""
    if not user.is_authenticated:
        return False
    return Publication.objects.contributed_by(user).filter(pk=publication.pk).exists()


def has_interest(user: Person, publication: Publication) -> bool:
    """They worked on it, or belonged to its organisation: nobody with an interest decides, superuser or not."""
    if not user.is_authenticated:
        return False
    return Publication.objects.of_interest_to(user).filter(pk=publication.pk).exists()


# --- What they may do with it ---------------------------------------------------------------------


def can_create(user: Person, organisation: Organisation) -> bool:
    """Whoever belongs to the organisation contributes in its name."""
    if not (user.is_authenticated and user.is_active and organisation.is_active):
        return False
    return Organisation.objects.of_member(user).filter(pk=organisation.pk).exists()


def can_view(user: Person, publication: Publication) -> bool:
    if publication.is_public or is_contributor(user, publication):
        return True
    return is_curator(user) and publication.is_known_to_curators


def can_edit(user: Person, publication: Publication) -> bool:
    """Also of what is published: the edit then goes to a pending version."""
    is_open = publication.state in EDITABLE_STATES or publication.is_public
    return is_open and is_contributor(user, publication)


def can_start_version(user: Person, publication: Publication) -> bool:
    return publication.is_public and is_contributor(user, publication)


def can_submit(user: Person, publication: Publication) -> bool:
    return publication.state in EDITABLE_STATES and is_contributor(user, publication)


def can_take_back(user: Person, publication: Publication) -> bool:
    """Until a curator has taken it up."""
    return publication.state == PublicationState.SUBMITTED and is_contributor(user, publication)


def can_discard(user: Person, publication: Publication) -> bool:
    return publication.state == PublicationState.DRAFT and is_contributor(user, publication)


def can_decide(user: Person, publication: Publication) -> bool:
    """Curators, on what they can see, and never on what they have an interest in."""
    return is_curator(user) and publication.is_known_to_curators and not has_interest(user, publication)


def can_withdraw(user: Person, publication: Publication) -> bool:
    """Whose it is, and a curator who may decide on it."""
    if PublicationState.WITHDRAWN not in NEXT_STEPS[publication.state]:
        return False
    return is_contributor(user, publication) or can_decide(user, publication)


def can_see_history(user: Person, publication: Publication) -> bool:
    """The history names people and reasons: for those who work on the item."""
    if is_contributor(user, publication):
        return True
    return is_curator(user) and publication.is_known_to_curators


def why_not_decide(user: Person, publication: Publication) -> str:
    """In words, why this person may not decide; empty if they may."""
    if can_decide(user, publication):
        return ""
    if is_curator(user) and has_interest(user, publication):
        return _("You, or an organisation of yours, had a part in this: somebody else has to decide.")
    return _("You may not decide on this.")
