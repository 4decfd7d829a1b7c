"""Every step of a review: locked, checked, written down, told to those whom it concerns, in one transaction.

Locks are taken in one order, so that no two steps wait for each other: who acts, the panel, then the review.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.services import lock_actor, lock_people
from apps.audit.services import record
from apps.core.events import publish
from apps.core.exceptions import NotAllowedError, RuleBrokenError, StepNotAllowedError
from apps.core.steps import require_reason, require_step
from apps.notifications.services import notify
from apps.reviews import permissions, registry
from apps.reviews.enums import (
    COUNTED_STATES,
    NEXT_STEPS,
    OPEN_STATES,
    REASONED_STATES,
    Recommendation,
    ReviewState,
)
from apps.reviews.events import ReviewEnded, ReviewSubmitted
from apps.reviews.exceptions import NotCompleteError
from apps.reviews.models import ALL, MOST_REVIEWERS, CriteriaSet, Criterion, Panel, Review, Score
from apps.reviews.outcome import total_of


@dataclass(frozen=True)
class CriterionValues:
    """A criterion as a form gives it; ``weight`` in per cent, ``least_share`` from 0 to 1."""

    code: str
    name: str
    weight: Decimal
    description: str = ""
    least_share: Decimal = Decimal(0)


@dataclass(frozen=True)
class ScoreValues:
    """What a reviewer entered for one criterion; None where nothing is chosen yet."""

    points: Decimal | None
    comment: str = ""


# --- Criteria -------------------------------------------------------------------------------------
@transaction.atomic
def set_criteria(*, criteria: CriteriaSet, items: Sequence[CriterionValues], by: User) -> CriteriaSet:
    """Put these criteria in the place of the former ones. Raises RuleBrokenError once cases are scored by them.

    The app above has asked whether ``by`` may do so: sets belong to its programmes.
    """
    locked = CriteriaSet.objects.select_for_update(no_key=True).get(pk=criteria.pk)
    if locked.frozen_at:
        raise RuleBrokenError(_("Cases are scored by these criteria already: they cannot change any more."))
    if sum(item.weight for item in items) != ALL:
        raise RuleBrokenError(_("The weights of all criteria make 100 per cent together."))
    if len({item.code for item in items}) != len(items):
        raise RuleBrokenError(_("Each criterion needs a code of its own."))
    Criterion.objects.filter(criteria=locked).delete()
    Criterion.objects.bulk_create(
        Criterion(
            criteria=locked,
            code=item.code,
            name=item.name,
            description=item.description,
            weight=item.weight,
            least_share=item.least_share,
            order=order,
        )
        for order, item in enumerate(items)
    )
    record(
        locked, "criteria set", by=by, data={"criteria": [[item.code, str(item.weight)] for item in items]}
    )
    return locked


# --- Panels ---------------------------------------------------------------------------------------
@transaction.atomic
def open_panel(*, kind: str, criteria: CriteriaSet, brief: str, due_at: datetime, by: User | None) -> Panel:
    """Begin the reviews of a case; its criteria stand still from now on. The app above keeps the panel's key."""
    locked = CriteriaSet.objects.select_for_update(no_key=True).get(pk=criteria.pk)
    if not locked.items.exists():
        raise RuleBrokenError(_("There are no criteria to score by yet."))
    if locked.frozen_at is None:
        CriteriaSet.objects.filter(pk=locked.pk).update(frozen_at=timezone.now())
    panel = Panel.objects.create(kind=kind, criteria=locked, brief=brief, due_at=due_at)
    record(panel, "opened", by=by)
    return panel


@transaction.atomic
def close_panel(*, panel_id: uuid.UUID, by: User | None, reason: str) -> Panel:
    """No review is taken any more: the case is decided or over. Open reviews are released, their reviewers told why."""
    panel = _lock_panel(panel_id)
    if panel.closed_at:
        return panel
    for review in (
        panel.reviews.open().select_related("reviewer").select_for_update(no_key=True, of=("self",))
    ):
        review.panel = panel
        _step(review, ReviewState.RELEASED, by=by, reason=reason)
        _tell_reviewer("review_released", review)
    panel.closed_at = timezone.now()
    panel.save(update_fields=["closed_at", "updated_at"])
    record(panel, "closed", by=by)
    return panel


@transaction.atomic
def invite(*, panel_id: uuid.UUID, reviewer: User, by: User) -> Review:
    """Ask somebody for a review; they learn the brief, and the case once they have declared.

    Raises RuleBrokenError for who belongs to a party, manages the case, or was asked before.
    """
    people = lock_people(by.pk, reviewer.pk)
    by, reviewer = _living(people, by), _living(people, reviewer)
    panel = _lock_panel(panel_id)
    if not permissions.can_manage(by, panel):
        raise NotAllowedError
    if not panel.is_open:
        raise StepNotAllowedError
    if reviewer.pk == by.pk or not permissions.can_be_invited(reviewer, panel):
        raise RuleBrokenError(
            _(
                "This person is of a party of this case, decides on it, or is none of those who may be asked, and "
                "cannot review it."
            )
        )
    if panel.reviews.filter(reviewer=reviewer).exists():
        raise RuleBrokenError(_("This person was asked already."))
    if panel.reviews.counted().count() >= MOST_REVIEWERS:
        raise RuleBrokenError(_("This case has as many reviewers as it can have."))
    review = Review.objects.create(panel=panel, reviewer=reviewer, invited_by=by)
    record(review, "invited", by=by, to_state=review.state, data={"panel": str(panel.pk)})
    _tell_reviewer("review_invited", review)
    return review


@transaction.atomic
def release(*, review_id: uuid.UUID, by: User, reason: str) -> Review:
    """Who manages the case takes an invitation back, as long as no review came of it."""
    by = lock_actor(by)
    review = _lock(review_id)
    if not permissions.can_manage(by, review.panel):
        raise NotAllowedError
    _step(review, ReviewState.RELEASED, by=by, reason=reason)
    _tell_reviewer("review_released", review)
    return review


# --- Reviewers ------------------------------------------------------------------------------------
@transaction.atomic
def declare_no_conflict(*, review_id: uuid.UUID, by: User) -> Review:
    """The reviewer declares that nothing binds them to a party: from now on they see the case.

    Where the hub knows better, it is the conflict that is noted. Raises RuleBrokenError for who may be asked no more.
    """
    review = _lock_own(review_id, by)
    require_step(review.state, ReviewState.ACCEPTED, NEXT_STEPS)
    kind = registry.kind_of(review.panel)
    if kind.has_interest(review.reviewer, review.panel):
        reason = _("Belongs to a party of the case, or did since it was begun.")
        _step(review, ReviewState.CONFLICTED, by=by, reason=reason)
        _tell_managers("review_ended", review)
        return review
    if not kind.is_reviewer(review.reviewer, review.panel):
        raise RuleBrokenError(permissions.REVIEWS_NO_MORE)
    _step(review, ReviewState.ACCEPTED, by=by, declared_at=timezone.now())
    Score.objects.bulk_create(
        Score(review=review, criterion=criterion) for criterion in review.panel.criteria.items.all()
    )
    return review


@transaction.atomic
def declare_conflict(*, review_id: uuid.UUID, by: User, reason: str) -> Review:
    """The reviewer has an interest, known from the brief or found while reading: the review ends."""
    review = _lock_own(review_id, by)
    _step(review, ReviewState.CONFLICTED, by=by, reason=reason)
    _tell_managers("review_ended", review)
    return review


@transaction.atomic
def refuse(*, review_id: uuid.UUID, by: User, reason: str) -> Review:
    """The reviewer has no time, or does not know the subject."""
    review = _lock_own(review_id, by)
    _step(review, ReviewState.REFUSED, by=by, reason=reason)
    _tell_managers("review_ended", review)
    return review


@transaction.atomic
def save_review(
    *,
    review_id: uuid.UUID,
    by: User,
    scores: Mapping[int, ScoreValues],
    recommendation: str = "",
    comment: str = "",
) -> Review:
    """Keep what is entered so far; ``scores`` by the key of the criterion. Raises RuleBrokenError for odd points."""
    review = _lock_own(review_id, by)
    _require_scoring(review, by)
    _write(review, scores, recommendation, comment)
    return review


@transaction.atomic
def submit_review(
    *,
    review_id: uuid.UUID,
    by: User,
    scores: Mapping[int, ScoreValues],
    recommendation: str = "",
    comment: str = "",
) -> Review:
    """Hand the review in; it cannot change afterwards. Raises NotCompleteError while points or reasons are missing."""
    review = _lock_own(review_id, by)
    _require_scoring(review, by)
    require_step(review.state, ReviewState.SUBMITTED, NEXT_STEPS)
    _write(review, scores, recommendation, comment)
    given = list(review.scores.select_related("criterion"))
    if missing := _missing_in(review, given):
        raise NotCompleteError(missing)
    total = total_of(given, review.panel.criteria)
    _step(review, ReviewState.SUBMITTED, by=by, total=total, submitted_at=timezone.now())
    _tell_managers("review_submitted", review)
    return review


def _missing_in(review: Review, given: list[Score]) -> dict[str, str]:
    """By the names that the fields have on the page."""
    missing = {}
    for score in given:
        if score.points is None:
            missing[f"points_{score.criterion_id}"] = _("Please choose.")
        if not score.comment.strip():
            missing[f"comment_{score.criterion_id}"] = _("Please fill this in.")
    if not review.recommendation:
        missing["recommendation"] = _("Please choose what you recommend.")
    return missing


def forget_reviewer(person: User) -> None:
    """An erased person's open reviews end, so that somebody else can be asked; what was handed in stays a ground of
    decisions under "former member".
    """
    for pk in Review.objects.of_reviewer(person).open().order_by("panel", "pk").values_list("pk", flat=True):
        review = _lock(pk)
        if review.state in OPEN_STATES:
            _step(review, ReviewState.REFUSED, by=person, reason=_("The reviewer has left the hub."))
            _tell_managers("review_ended", review)


# --- What all steps share -------------------------------------------------------------------------
def _lock_panel(panel_id: uuid.UUID) -> Panel:
    return (
        Panel.objects.select_for_update(no_key=True, of=("self",)).select_related("criteria").get(pk=panel_id)
    )


def _lock(review_id: uuid.UUID) -> Review:
    panel_id = Review.objects.values_list("panel", flat=True).get(pk=review_id)
    panel = _lock_panel(panel_id)
    review = (
        Review.objects.select_for_update(no_key=True, of=("self",))
        .select_related("reviewer")
        .get(pk=review_id)
    )
    review.panel = panel
    return review


def _lock_own(review_id: uuid.UUID, by: User) -> Review:
    by = lock_actor(by)
    review = _lock(review_id)
    if review.reviewer_id != by.pk:
        raise NotAllowedError
    if not review.panel.is_open:
        raise StepNotAllowedError
    return review


def _living(people: Mapping[int, User], person: User) -> User:
    found = people.get(person.pk)
    if found is None or not found.is_active:
        raise RuleBrokenError(_("This person has left the hub."))
    return found


def _require_scoring(review: Review, by: User) -> None:
    if review.state != ReviewState.ACCEPTED:
        raise StepNotAllowedError
    sight = permissions.sight_of(by, review)
    if not sight.score:
        raise NotAllowedError(sight.why_hidden)


def _write(review: Review, scores: Mapping[int, ScoreValues], recommendation: str, comment: str) -> None:
    if recommendation and recommendation not in Recommendation.values:
        raise RuleBrokenError(_("Please choose one of the recommendations."))
    top = review.panel.criteria.top_points
    for score in review.scores.all():
        given = scores.get(score.criterion_id)
        if given is None:
            continue
        if given.points is not None and not (
            0 <= given.points <= top and given.points * 2 == int(given.points * 2)
        ):
            raise RuleBrokenError(_("Points go from 0 to %(top)s, in halves.") % {"top": top})
        score.points, score.comment = given.points, given.comment.strip()
        score.save(update_fields=["points", "comment"])
    review.recommendation, review.comment = recommendation, comment.strip()
    review.save(update_fields=["recommendation", "comment", "updated_at"])


def _step(review: Review, to: ReviewState, *, by: User | None, reason: str = "", **values: object) -> None:
    require_step(review.state, to, NEXT_STEPS)
    if to in REASONED_STATES:
        require_reason(reason)
    before, review.state, review.reason = review.state, to, reason.strip()
    for name, value in values.items():
        setattr(review, name, value)
    review.save()
    record(review, to.value, by=by, from_state=before, to_state=to, reason=review.reason)
    if to == ReviewState.SUBMITTED:
        publish(ReviewSubmitted(panel_id=review.panel_id, review_id=review.pk))
    elif to not in COUNTED_STATES:
        publish(ReviewEnded(panel_id=review.panel_id, review_id=review.pk))


def _tell_reviewer(kind: str, review: Review) -> None:
    """Of the case, what its page shows before the declaration: which organisations are involved. Who leaves the hub
    is not named in what is kept, so the page alone names persons.
    """
    notify(
        kind,
        to=[review.reviewer],
        key=f"{kind}:{review.pk}",
        about=review,
        url=reverse("reviews:review-detail", args=[review.pk]),
        context={
            "case": registry.kind_of(review.panel).title_of(review.panel),
            "brief": review.panel.brief,
            "reason": review.reason,
            "due": review.panel.due_at.isoformat() if review.state in OPEN_STATES else "",
        },
    )


def _tell_managers(kind: str, review: Review) -> None:
    reviewed = registry.kind_of(review.panel)
    notify(
        kind,
        to=reviewed.managers(review.panel),
        key=f"{kind}:{review.pk}",
        about=review,
        url=reviewed.url(review.panel),
        context={
            "reviewer": review.reviewer.name,
            "case": reviewed.name_of(review.panel),
            "reason": review.reason,
        },
    )
