"""How cases are scored: criteria with weights, a panel for each case, a review for each reviewer in it.

See docs/adr/0016-reviews.md.
"""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Avg, Case, Count, F, Max, Min, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.models import RemindedModel, TimeStampedModel
from apps.reviews.enums import (
    COUNTED_STATES,
    OPEN_STATES,
    READING_STATES,
    REASONED_STATES,
    Recommendation,
    ReviewState,
)

ALL = 100  # weights are per cent, and totals are of a hundred points
TEXT_MAX_CHARS = 3000
MOST_REVIEWERS = 5


class CriteriaSet(TimeStampedModel):
    """What a case is scored by. It cannot change once a case is scored by it (a trigger refuses it): scores given
    under other criteria could not be compared.
    """

    name = models.CharField(_("name"), max_length=160)
    top_points = models.PositiveSmallIntegerField(
        _("points at most"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
        help_text=_("Of each criterion, before its weight is applied."),
    )
    threshold = models.DecimalField(
        _("threshold"),
        max_digits=5,
        decimal_places=2,
        default=Decimal(60),
        validators=[MinValueValidator(0), MaxValueValidator(ALL)],
        help_text=_("Of 100 points in total."),
    )
    reviewers = models.PositiveSmallIntegerField(
        _("reviewers for each case"),
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_REVIEWERS)],
    )
    third_above = models.DecimalField(
        _("one more reviewer if totals differ by more than"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        default=Decimal(20),
        validators=[MinValueValidator(0), MaxValueValidator(ALL)],
    )
    frozen_at = models.DateTimeField(_("in use since"), null=True, editable=False)

    class Meta:
        verbose_name = _("set of criteria")
        verbose_name_plural = _("sets of criteria")
        ordering: ClassVar[list[str]] = ["-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(top_points__gte=1, top_points__lte=10), name="criteriaset_top_points"
            ),
            models.CheckConstraint(
                condition=Q(threshold__gte=0, threshold__lte=ALL), name="criteriaset_threshold"
            ),
            models.CheckConstraint(
                condition=Q(reviewers__gte=1, reviewers__lte=MOST_REVIEWERS), name="criteriaset_reviewers"
            ),
            models.CheckConstraint(
                condition=Q(third_above__isnull=True) | Q(third_above__gte=0, third_above__lte=ALL),
                name="criteriaset_third_above",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Criterion(models.Model):
    """One question to the reviewers. ``least_share``: below this share of its points a case cannot pass."""

    criteria = models.ForeignKey(
        CriteriaSet, verbose_name=_("set of criteria"), on_delete=models.CASCADE, related_name="items"
    )
    code = models.SlugField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=160)
    description = models.TextField(_("what reviewers look at"), max_length=1000, blank=True)
    weight = models.DecimalField(
        _("weight"),
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(1), MaxValueValidator(ALL)],
        help_text=_("Per cent of the total."),
    )
    least_share = models.DecimalField(
        _("least share"),
        max_digits=3,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text=_("Of its points, from 0 to 1; 0.5 asks for half of them."),
    )
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("criterion")
        verbose_name_plural = _("criteria")
        ordering: ClassVar[list[str]] = ["order", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["criteria", "code"], name="criterion_code_once"),
            models.CheckConstraint(condition=Q(weight__gt=0, weight__lte=ALL), name="criterion_weight"),
            models.CheckConstraint(
                condition=Q(least_share__gte=0, least_share__lte=1), name="criterion_least_share"
            ),
        ]

    def __str__(self) -> str:
        return self.name


def outcome_annotations(panel: str = "pk") -> dict[str, Any]:
    """How far the reviews are and what they say; ``panel`` is where the rows of a list of cases keep its key.

    Each is asked of the rows that are shown: a join would group all cases of the list by all their columns.
    """
    reviews = Review.objects.filter(panel=OuterRef(panel)).order_by()
    counted, done = reviews.counted().values("panel"), reviews.submitted().values("panel")
    return {
        "reviewers_count": Coalesce(Subquery(counted.values(found=Count("pk"))), 0),
        "done_count": Coalesce(Subquery(done.values(found=Count("pk"))), 0),
        "mean_total": Subquery(done.values(found=Avg("total"))),
        "spread": Subquery(done.values(found=Max("total") - Min("total"))),
    }


class PanelQuerySet(models.QuerySet["Panel"]):
    def idle(self) -> Self:
        """Where it may be decided, or more people have to be asked: who manages the case must act.

        As ``outcome.Progress`` says it of one.
        """
        planned = F("criteria__reviewers")
        numbers = self.annotate(
            counted=Count("reviews", filter=Q(reviews__state__in=COUNTED_STATES)),
            done=Count("reviews", filter=Q(reviews__state=ReviewState.SUBMITTED)),
            apart=Max("reviews__total") - Min("reviews__total"),
        )
        too_far = When(apart__gt=F("criteria__third_above"), done__gte=planned, then=1)
        wanted = planned + Case(too_far, default=0)
        may_be_decided = Q(done__gte=F("wanted")) | Q(done__gte=1, due_at__lt=timezone.now())
        return numbers.annotate(wanted=wanted).filter(may_be_decided | Q(counted__lt=F("wanted")))


class Panel(TimeStampedModel):
    """The reviews of one case. ``kind`` names the app of the case (``registry``), which keeps the key of its panel.

    ``brief`` is what a reviewer is told before the declaration: who is involved, so that a conflict can be seen. It
    names no persons, who may leave: those the kind names at each time (``people_of``).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=40)
    criteria = models.ForeignKey(
        CriteriaSet, verbose_name=_("set of criteria"), on_delete=models.PROTECT, related_name="panels"
    )
    brief = models.TextField(_("what reviewers know before they declare"), max_length=TEXT_MAX_CHARS)
    due_at = models.DateTimeField(_("reviews due"))
    closed_at = models.DateTimeField(_("closed"), null=True, editable=False)

    objects = PanelQuerySet.as_manager()

    class Meta:
        verbose_name = _("panel")
        verbose_name_plural = _("panels")
        ordering: ClassVar[list[str]] = ["created_at", "pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class ReviewQuerySet(models.QuerySet["Review"]):
    def of_reviewer(self, user: User) -> Self:
        """What was given to this person: they see nothing else of any case."""
        return self.filter(reviewer=user) if user.is_active else self.none()

    def counted(self) -> Self:
        return self.filter(state__in=COUNTED_STATES)

    def submitted(self) -> Self:
        return self.filter(state=ReviewState.SUBMITTED)

    def open(self) -> Self:
        return self.filter(state__in=OPEN_STATES, panel__closed_at__isnull=True)

    def for_list(self) -> Self:
        return self.select_related("panel__criteria", "reviewer")


class Review(RemindedModel):
    """What one reviewer thinks of one case, from the invitation on. ``total`` is of a hundred, by the weights."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    panel = models.ForeignKey(
        Panel, verbose_name=_("panel"), on_delete=models.PROTECT, related_name="reviews"
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("reviewer"), on_delete=models.PROTECT, related_name="reviews"
    )
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("invited by"), on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(_("state"), max_length=12, choices=ReviewState, default=ReviewState.INVITED)
    reason = models.TextField(_("reason"), max_length=TEXT_MAX_CHARS, blank=True)
    declared_at = models.DateTimeField(_("declared no conflict"), null=True, editable=False)
    recommendation = models.CharField(_("recommendation"), max_length=12, choices=Recommendation, blank=True)
    comment = models.TextField(_("overall comment"), max_length=TEXT_MAX_CHARS, blank=True)
    total = models.DecimalField(_("total"), max_digits=5, decimal_places=2, null=True, editable=False)
    submitted_at = models.DateTimeField(_("submitted"), null=True, editable=False)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering: ClassVar[list[str]] = ["created_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["panel", "reviewer"], name="review_once_for_each_reviewer"),
            models.CheckConstraint(condition=Q(state__in=ReviewState.values), name="review_state_known"),
            models.CheckConstraint(
                condition=~Q(state__in=READING_STATES) | Q(declared_at__isnull=False),
                name="review_declared_first",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=REASONED_STATES) | ~Q(reason=""), name="review_reason_given"
            ),
            models.CheckConstraint(
                condition=Q(state=ReviewState.SUBMITTED, total__isnull=False, submitted_at__isnull=False)
                & ~Q(recommendation="")
                | ~Q(state=ReviewState.SUBMITTED) & Q(total__isnull=True, submitted_at__isnull=True),
                name="review_submitted_is_complete",
            ),
            models.CheckConstraint(
                condition=Q(total__isnull=True) | Q(total__gte=0, total__lte=ALL),
                name="review_total_of_hundred",
            ),
            models.CheckConstraint(condition=~Q(reviewer=F("invited_by")), name="review_invited_by_another"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["reviewer"], condition=Q(state__in=OPEN_STATES), name="review_open_of_reviewer"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Score(models.Model):
    """Points for one criterion, in halves, with the reason for them."""

    review = models.ForeignKey(
        Review, verbose_name=_("review"), on_delete=models.CASCADE, related_name="scores"
    )
    criterion = models.ForeignKey(
        Criterion, verbose_name=_("criterion"), on_delete=models.PROTECT, related_name="+"
    )
    points = models.DecimalField(_("points"), max_digits=3, decimal_places=1, null=True, blank=True)
    comment = models.TextField(_("reason"), max_length=TEXT_MAX_CHARS, blank=True)

    class Meta:
        verbose_name = _("score")
        verbose_name_plural = _("scores")
        ordering: ClassVar[list[str]] = ["criterion__order", "criterion"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["review", "criterion"], name="score_once_for_each_criterion"),
            models.CheckConstraint(
                condition=Q(points__isnull=True) | Q(points__gte=0, points__lte=10),
                name="score_points_plausible",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.points}"
