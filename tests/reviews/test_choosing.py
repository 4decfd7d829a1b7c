"""How officers find somebody to ask for a review."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.exchanges.enums import ApplicationState as A
from apps.reviews.models import Review
from tests.exchanges.test_officers import case_url
from tests.factories.exchanges import Case

pytestmark = pytest.mark.django_db


def test_first_possible_reviewers_are_listed_before_any_search(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case().to(A.UNDER_REVIEW)
    client.force_login(case.officer)
    answer = client.get(case_url(case))
    text = " ".join(answer.content.decode().split())

    assert set(answer.context["people"]) == set(case.reviewers)
    assert "on neither side and do not decide in this programme" in text
    assert "search for a name to find others" not in text
    monkeypatch.setattr("apps.exchanges.queries.PEOPLE_SHOWN", 1)
    text = " ".join(client.get(case_url(case)).content.decode().split())
    assert "Only the first one is shown: search for a name to find others." in text


def test_who_finds_nobody_reads_why(client: Client) -> None:
    case = Case().to(A.UNDER_REVIEW)
    client.force_login(case.officer)
    for person in case.reviewers:
        client.post(case_url(case, "reviewer-invite"), {"person": person.pk})
    assert Review.objects.count() == len(case.reviewers)

    assert "There is nobody else to ask" in client.get(case_url(case)).content.decode()
    named = client.get(case_url(case), {"q": case.reviewers[0].name}).content.decode()
    assert "or were asked already" in named
