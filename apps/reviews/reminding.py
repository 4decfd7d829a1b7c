"""Reviewers are told before their reviews are due, once for each due date, and once a fortnight after it."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils import timezone

from apps.core.due import REMIND_BEFORE, Run, round_from, round_of
from apps.notifications.services import notify
from apps.reviews.models import Review, ReviewQuerySet
from apps.reviews.registry import kind_of


def remind_reviewers(now: datetime | None = None) -> int:
    """Everything that is due soon or overdue; how many. Raises UndoneError at the end where one could not be told."""
    moment = now or timezone.now()
    run = Run()
    run.remind(
        "reviewers reminded",
        lambda: _due(moment),
        lambda review: round_from(review.panel.due_at, review.created_at, moment),
        lambda review: _remind(review, moment),
    )
    return run.finish()["reviewers reminded"]


def _due(now: datetime) -> ReviewQuerySet:
    return Review.objects.open().filter(panel__due_at__lte=now + REMIND_BEFORE).for_list()


def _remind(review: Review, now: datetime) -> int:
    due = review.panel.due_at
    return notify(
        "review_due",
        to=[review.reviewer],
        key=f"review-due:{review.pk}:{round_of(due, now)}",
        about=review,
        url=reverse("reviews:review-detail", args=[review.pk]),
        context={
            "case": kind_of(review.panel).title_of(review.panel),
            "due": due.isoformat(),
            "late": int(now >= due),
        },
    )
