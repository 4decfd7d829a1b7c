"""Who may see and do what with a review.

Before the declaration a reviewer knows the brief and nothing else; before their own review is submitted they see no
other; who manages the case sees all and scores nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True)
class Sight:
    """What of a case and its reviews somebody sees at this moment. Whether a side is theirs costs many questions, so
    that a page asks ``sight_of`` once.

    ``why_hidden`` says why a reviewer who has declared does not see the case any more.
    """

    case: bool = False
    score: bool = False
    own: bool = False
    others: bool = False
    why_hidden: _StrPromise | str = ""


def sight_of(user: Person, review: Review) -> Sight:
    """The declaration comes first; an interest that came up since ends it, and so does leaving those who review.

    What they wrote stays theirs to read, once they can write no more; the other reviews show after their own.
    """
    if not (_is_of(user, review) and review.state in READING_STATES):
        return Sight()
    why = _why_hidden(review)
    is_writing = not why and review.state == ReviewState.ACCEPTED and review.panel.is_open
    return Sight(
        case=not why,
        score=is_writing,
        own=not is_writing,
        others=not why and review.state == ReviewState.SUBMITTED,
        why_hidden=why,
    )


def _why_hidden(review: Review) -> _StrPromise | str:
    kind = registry.kind_of(review.panel)
    if kind.has_interest(review.reviewer, review.panel):
        return HAS_INTEREST
    return "" if kind.is_reviewer(review.reviewer, review.panel) else REVIEWS_NO_MORE


def _is_of(user: Person, review: Review) -> bool:
    return user.is_authenticated and user.is_active and review.reviewer_id == user.pk
