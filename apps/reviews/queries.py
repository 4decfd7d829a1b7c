"""Reads for the pages of reviewers."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from apps.accounts.models import User
from apps.reviews.enums import OPEN_STATES, ReviewState
from apps.reviews.models import Review


def open_reviews(user: User) -> QuerySet[Review]:
    """What waits for this reviewer, the next due first."""
    return Review.objects.of_reviewer(user).open().for_list().order_by("panel__due_at", "created_at")


def past_reviews(user: User) -> QuerySet[Review]:
    ended = Review.objects.of_reviewer(user).exclude(state__in=OPEN_STATES)
    return ended.for_list().order_by("-updated_at")


def other_reviews(review: Review) -> QuerySet[Review]:
    """Those of the same case that were handed in; ask ``permissions.sight_of`` first."""
    others = Review.objects.filter(panel=review.panel_id, state=ReviewState.SUBMITTED).exclude(pk=review.pk)
    return others.select_related("reviewer").prefetch_related("scores__criterion").order_by("submitted_at")


def review_data(person: User) -> list[dict[str, Any]]:
    """What the hub knows of a person's reviews, for their own export."""
    reviews = (
        Review.objects.filter(reviewer=person).prefetch_related("scores__criterion").order_by("created_at")
    )
    return [
        {
            "asked_at": review.created_at,
            "state": review.state,
            "reason": review.reason,
            "recommendation": review.recommendation,
            "comment": review.comment,
            "total": review.total,
            "scores": [
                {"criterion": score.criterion.name, "points": score.points, "comment": score.comment}
                for score in review.scores.all()
            ],
        }
        for review in reviews
    ]
