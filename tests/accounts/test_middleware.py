from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone, translation

from apps.accounts.middleware import PersonalSettingsMiddleware
from tests.accounts.helpers import person

pytestmark = pytest.mark.django_db


def seen_by(user: Any) -> tuple[str, str]:
    seen: list[tuple[str, str]] = []

    def page(_request: HttpRequest) -> HttpResponse:
        seen.append((timezone.get_current_timezone_name(), translation.get_language()))
        return HttpResponse()

    request = RequestFactory().get("/")
    request.user = user
    request.session = {"_auth_user_id": str(user.pk)}  # type: ignore[assignment]
    PersonalSettingsMiddleware(page)(request)
    return seen[0]


def test_page_is_in_the_persons_time_zone_and_the_next_is_not() -> None:
    assert seen_by(person(time_zone="Pacific/Auckland"))[0] == "Pacific/Auckland"
    assert timezone.get_current_timezone_name() == "Europe/Brussels"


@pytest.mark.parametrize("zone", ["", "Europe", "Nowhere/Land", "../etc/passwd", "UTC\x00"])
def test_unusable_time_zone_falls_back(zone: str) -> None:
    user = person()
    user.time_zone = zone
    assert seen_by(user)[0] == "Europe/Brussels"


def test_language_that_the_hub_does_not_speak_is_ignored(settings: Any) -> None:
    with translation.override("en"):
        user = person()
        user.language = "de"
        assert seen_by(user)[1] == "en"
        settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
        assert seen_by(user)[1] == "de"


def test_anonymous_page_asks_nothing_of_the_database(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        client.get("/accounts/inactive/")
