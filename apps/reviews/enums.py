"""The way of one review, and what a reviewer may recommend."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ReviewState(models.TextChoices):
    INVITED = "invited", _("Invited")
    ACCEPTED = "accepted", _("Being scored")
    CONFLICTED = "conflicted", _("Conflict of interest")
    REFUSED = "refused", _("Refused by the reviewer")
    RELEASED = "released", _("Released")
    SUBMITTED = "submitted", _("Submitted")


S = ReviewState

NEXT_STEPS: dict[str, frozenset[str]] = {
    S.INVITED: frozenset({S.ACCEPTED, S.CONFLICTED, S.REFUSED, S.RELEASED}),
    # A conflict may come to light while reading.
    S.ACCEPTED: frozenset({S.SUBMITTED, S.CONFLICTED, S.REFUSED, S.RELEASED}),
    S.CONFLICTED: frozenset(),
    S.REFUSED: frozenset(),
    S.RELEASED: frozenset(),
    S.SUBMITTED: frozenset(),
}

OPEN_STATES = (S.INVITED, S.ACCEPTED)
# Who counts as a reviewer of the case: the others have ended without a review.
COUNTED_STATES = (*OPEN_STATES, S.SUBMITTED)
# Only these have declared that no interest binds them: nothing of the case is shown before.
READING_STATES = (S.ACCEPTED, S.SUBMITTED)
REASONED_STATES = (S.CONFLICTED, S.REFUSED, S.RELEASED)


class Recommendation(models.TextChoices):
    SUPPORT = "support", _("Support")
    SUPPORT_IF = "support_if", _("Support if the points below are settled")
    REFUSE = "refuse", _("Do not support")
