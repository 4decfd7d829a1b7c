"""Who may see and do what with a review.

Before the declaration a reviewer knows the brief and nothing else; before their own review is submitted they see no
other; who manages the case sees all and scores nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.reviews import registry
from apps.reviews.enums import OPEN_STATES, READING_STATES, ReviewState
from apps.reviews.models import Panel, Review

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Person = User | AnonymousUser
HAS_INTEREST = _("You have come to belong to a party of this case: please declare the conflict.")
REVIEWS_NO_MORE = _(
    "You are no longer one of those who may review this case. Please refuse it, so that another is asked."
)


def can_manage(user: Person, panel: Panel) -> bool:
    """Invite and release reviewers, and read all reviews; nobody who was ever asked for one of them."""
    if not (user.is_authenticated and user.is_active):
        return False
    kind = registry.kind_of(panel)
    may = kind.can_manage(user, panel) and not kind.has_interest(user, panel)
    return may and not panel.reviews.filter(reviewer=user).exists()


def can_be_invited(person: User, panel: Panel) -> bool:
    """Those whom the kind names, but never the parties or who decides: whoever reviews a case does not manage it."""
    kind = registry.kind_of(panel)
    is_outside = not kind.has_interest(person, panel) and not kind.can_manage(person, panel)
    return person.is_active and is_outside and kind.is_reviewer(person, panel)


def can_view(user: Person, review: Review) -> bool:
    """That it exists, and how it stands."""
    return _is_of(user, review) or can_manage(user, review.panel)


def can_answer(user: Person, review: Review) -> bool:
    """Declare, or refuse the invitation."""
    return _is_of(user, review) and review.state in OPEN_STATES and review.panel.is_open


def can_see_case(user: Person, review: Review) -> bool:
    """The declaration comes first; an interest that came up since ends it, and so does leaving those who review."""
    return _is_of(user, review) and review.state in READING_STATES and not why_hidden(review)


def why_hidden(review: Review) -> _StrPromise | str:
    """Why a reviewer who has declared does not see the case any more; empty as long as they do."""
    kind = registry.kind_of(review.panel)
    if kind.has_interest(review.reviewer, review.panel):
        return HAS_INTEREST
    return "" if kind.is_reviewer(review.reviewer, review.panel) else REVIEWS_NO_MORE


def can_see_own(user: Person, review: Review) -> bool:
    """What they wrote stays theirs to read, once they can write no more."""
    return _is_of(user, review) and review.state in READING_STATES and not can_score(user, review)


def can_score(user: Person, review: Review) -> bool:
    return can_see_case(user, review) and review.state == ReviewState.ACCEPTED and review.panel.is_open


def can_see_others(user: Person, review: Review) -> bool:
    """The other reviews of the case: after one's own."""
    return can_see_case(user, review) and review.state == ReviewState.SUBMITTED


def _is_of(user: Person, review: Review) -> bool:
    return user.is_authenticated and user.is_active and review.reviewer_id == user.pk
