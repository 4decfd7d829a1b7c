"""What the page of a review costs with a real case behind it: who stands where takes many questions."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.reviews import services as reviews
from tests.factories.exchanges import Case

pytestmark = pytest.mark.django_db


def test_page_asks_once_where_the_reviewer_stands(client: Client, django_assert_max_num_queries: Any) -> None:
    case = Case().to("under_review")
    panel = case.fresh().panel
    assert panel
    review = reviews.invite(panel_id=panel.pk, reviewer=case.reviewers[0], by=case.officer)
    reviews.declare_no_conflict(review_id=review.pk, by=case.reviewers[0])
    client.force_login(case.reviewers[0])
    client.get(f"/reviews/{review.pk}/")

    with django_assert_max_num_queries(20):
        text = client.get(f"/reviews/{review.pk}/").content.decode()
    assert case.application.goals in text
