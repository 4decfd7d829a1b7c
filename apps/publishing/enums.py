"""The states of a contributed item, and the steps allowed between them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class PublicationState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Waiting for a curator")
    IN_REVIEW = "in_review", _("In review")
    CHANGES_REQUESTED = "changes_requested", _("Changes requested")
    PUBLISHED = "published", _("Published")
    DECLINED = "declined", _("Declined")
    HIDDEN = "hidden", _("Hidden")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    MERGED = "merged", _("Taken over into the published version")


S = PublicationState

NEXT_STEPS: dict[str, frozenset[str]] = {
    S.DRAFT: frozenset({S.SUBMITTED, S.WITHDRAWN}),
    S.SUBMITTED: frozenset(
        {S.DRAFT, S.IN_REVIEW, S.PUBLISHED, S.MERGED, S.CHANGES_REQUESTED, S.DECLINED, S.WITHDRAWN}
    ),
    S.IN_REVIEW: frozenset({S.PUBLISHED, S.MERGED, S.CHANGES_REQUESTED, S.DECLINED, S.WITHDRAWN}),
    S.CHANGES_REQUESTED: frozenset({S.SUBMITTED, S.WITHDRAWN}),
    S.PUBLISHED: frozenset({S.HIDDEN, S.WITHDRAWN}),
    S.HIDDEN: frozenset({S.PUBLISHED, S.WITHDRAWN}),
    S.DECLINED: frozenset(),
    S.WITHDRAWN: frozenset(),
    S.MERGED: frozenset(),
}

WAITING_STATES = (S.SUBMITTED, S.IN_REVIEW)
EDITABLE_STATES = (S.DRAFT, S.CHANGES_REQUESTED)
OPEN_STATES = (*EDITABLE_STATES, *WAITING_STATES)
# Steps that somebody else must be able to understand: the database asks for a reason too.
REASONED_STATES = (S.CHANGES_REQUESTED, S.DECLINED, S.HIDDEN, S.WITHDRAWN)
