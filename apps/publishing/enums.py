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
# Readers have seen these: only such an item can leave a tombstone.
ONCE_PUBLIC_STATES = (S.PUBLISHED, S.HIDDEN, S.WITHDRAWN)


class Action(models.TextChoices):
    """What the history of a contribution says was done; other apps may write words of their own."""

    CREATED = "created", _("Created")
    EDITED = "edited", _("Edited")
    LISTED = "listed", _("Listed by the hub")
    SUBMITTED = "submitted", _("Submitted")
    TAKEN_BACK = "taken_back", _("Taken back")
    REVIEW_STARTED = "review_started", _("Review started")
    APPROVED = "approved", _("Approved")
    CHANGES_REQUESTED = "changes_requested", _("Changes requested")
    DECLINED = "declined", _("Declined")
    HIDDEN = "hidden", _("Hidden")
    RESTORED = "restored", _("Restored")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    DISCARDED = "discarded", _("Draft discarded")
    VERSION_STARTED = "version_started", _("New version started")
    VERSION_MERGED = "version_merged", _("New version taken over")


# Whoever did one of these has worked on the item.
CONTRIBUTING_ACTIONS = (
    Action.CREATED,
    Action.EDITED,
    Action.SUBMITTED,
    Action.TAKEN_BACK,
    Action.VERSION_STARTED,
    Action.DISCARDED,
)
