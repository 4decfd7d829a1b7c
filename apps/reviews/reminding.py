"""Reviewers are told before their reviews are due, once for each due date."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from apps.notifications.services import notify
from apps.reviews.models import Review

REMIND_BEFORE = timedelta(days=3)


def remind_reviewers() -> int:
    """Everything that is due within ``REMIND_BEFORE`` or overdue. A later due date reminds anew. Returns how many."""
    due = list(Review.objects.open().filter(panel__due_at__lte=timezone.now() + REMIND_BEFORE).for_list())
    for review in due:
        notify(
            "review_due",
            to=[review.reviewer],
            key=f"review-due:{review.pk}:{review.panel.due_at:%Y%m%d}",
            about=review,
            url=reverse("reviews:review-detail", args=[review.pk]),
        )
    return len(due)
