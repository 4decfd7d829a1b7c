"""What the reviews of a case say together. They recommend; the officers decide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.utils import timezone

from apps.reviews.enums import COUNTED_STATES, ReviewState
from apps.reviews.models import CriteriaSet, Criterion, Panel, Review, Score

_CENT = Decimal("0.01")


def total_of(scores: Iterable[Score], criteria: CriteriaSet) -> Decimal:
    """Of a hundred: each criterion's share of its points, by its weight."""
    shares = sum(
        (score.criterion.weight * (score.points or 0) / criteria.top_points for score in scores), Decimal(0)
    )
    return shares.quantize(_CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class CriterionOutcome:
    """One criterion over all submitted reviews: the mean of the points, None before the first."""

    criterion: Criterion
    mean: Decimal | None
    is_below_least: bool


@dataclass(frozen=True)
class Progress:
    """How far the reviews of a case are: ``asked`` is how many count as its reviewers, ``done`` how many are in.

    ``PanelQuerySet.idle`` asks the same of the database; a test holds the two together.
    """

    asked: int
    done: int
    wanted: int
    is_overdue: bool

    @property
    def is_complete(self) -> bool:
        return self.done >= self.wanted

    @property
    def may_be_decided(self) -> bool:
        """With all that are wanted; once they were due also with fewer: nobody else may be left to ask."""
        return self.is_complete or (self.is_overdue and self.done > 0)

    @property
    def lacking(self) -> int:
        """How many more people have to be asked."""
        return max(0, self.wanted - self.asked)


def progress_of(panel: Panel, *, asked: int, done: int, spread: Decimal | None) -> Progress:
    wanted = reviewers_wanted(panel.criteria, spread or Decimal(0), done)
    return Progress(asked, done, wanted, is_overdue=panel.due_at < timezone.now())


@dataclass(frozen=True)
class Outcome:
    """``spread`` is how far the totals lie apart."""

    reviews: Sequence[Review]
    progress: Progress
    criteria: Sequence[CriterionOutcome]
    mean: Decimal | None
    spread: Decimal
    passes: bool


def outcome_of(panel: Panel, asked: Iterable[Review] | None = None) -> Outcome:
    """In three queries, whatever the number of reviews; in one where all that were ``asked`` are loaded with scores."""
    criteria = panel.criteria
    found = panel.reviews.prefetch_related("scores") if asked is None else asked
    counted = [review for review in found if review.state in COUNTED_STATES]
    done = [review for review in counted if review.state == ReviewState.SUBMITTED]
    totals = [review.total for review in done if review.total is not None]
    mean = _mean(totals)
    spread = max(totals) - min(totals) if totals else Decimal(0)
    progress = progress_of(panel, asked=len(counted), done=len(done), spread=spread)
    by_criterion = _by_criterion(criteria, done)
    return Outcome(
        reviews=counted,
        progress=progress,
        criteria=by_criterion,
        mean=mean,
        spread=spread,
        passes=progress.is_complete
        and mean is not None
        and mean >= criteria.threshold
        and not any(each.is_below_least for each in by_criterion),
    )


def reviewers_wanted(criteria: CriteriaSet, spread: Decimal, done: int) -> int:
    """One more than planned where those who are done differ too much."""
    too_far = criteria.third_above is not None and spread > criteria.third_above
    return criteria.reviewers + (1 if too_far and done >= criteria.reviewers else 0)


def _by_criterion(criteria: CriteriaSet, done: Sequence[Review]) -> list[CriterionOutcome]:
    points: dict[int, list[Decimal]] = {}
    for review in done:
        for score in review.scores.all():
            if score.points is not None:
                points.setdefault(score.criterion_id, []).append(score.points)
    found = []
    for criterion in criteria.items.all():
        mean = _mean(points.get(criterion.pk, []))
        least = criterion.least_share * criteria.top_points
        found.append(CriterionOutcome(criterion, mean, mean is not None and mean < least))
    return found


def _mean(values: Sequence[Decimal]) -> Decimal | None:
    return (sum(values, Decimal(0)) / len(values)).quantize(_CENT, ROUND_HALF_UP) if values else None
