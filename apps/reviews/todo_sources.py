"""What waits for reviewers."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.tasklist import Todo, register_todos
from apps.reviews.enums import ReviewState
from apps.reviews.queries import open_reviews


@register_todos
def reviews_to_write(user: User) -> Iterator[Todo]:
    for review in open_reviews(user):
        is_new = review.state == ReviewState.INVITED
        yield Todo(
            title=_("You are asked for a review") if is_new else _("A review waits for your points"),
            detail=" · ".join(review.panel.brief.splitlines()),
            url=reverse("reviews:review-detail", args=[review.pk]),
            since=review.created_at,
            due_at=review.panel.due_at,
            action=_("Answer") if is_new else _("Continue"),
            icon="check",
        )
