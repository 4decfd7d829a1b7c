"""Which language a page speaks: the account's, then the browser's, and a switch that changes it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db
TWO = [("en", "English"), ("de", "German")]


@pytest.fixture(autouse=True)
def two_languages(settings: Any) -> None:
    settings.LANGUAGES = TWO


def _language_of(client: Client, asked: str = "en") -> str:
    page = client.get("/about/privacy/", headers={"accept-language": asked}).content.decode()
    return page.partition('<html lang="')[2].partition('"')[0]


def test_browser_decides_for_who_has_no_account() -> None:
    assert _language_of(Client(), "de") == "de"


def test_account_comes_before_the_browser(client: Client) -> None:
    client.force_login(UserFactory.create(language="de"))
    assert _language_of(client, "en") == "de"


def test_switch_names_each_language_in_itself_and_marks_the_present_one(client: Client) -> None:
    page = client.get("/about/privacy/").content.decode()

    assert "Deutsch" in page
    switch = page[page.index('class="hub-languages"') :]
    assert switch.index('aria-current="true"') < switch.index("English") < switch.index("Deutsch")


def test_switch_holds_for_the_browser_without_an_account(client: Client) -> None:
    answer = client.post("/language/", {"language": "de", "next": "/knowledge/?q=x"})

    assert answer.headers["Location"] == "/knowledge/?q=x"
    assert _language_of(client, "en") == "de"


def test_switch_asks_for_a_token_only_where_there_is_an_account() -> None:
    """Without one there is nothing to guard, and the token would be a cookie on every page that somebody reads."""
    user = UserFactory.create(language="en")
    browser = Client(enforce_csrf_checks=True)
    form = {"language": "de", "next": "/"}
    assert browser.post("/language/", form).status_code == 302

    browser.force_login(user)
    assert browser.post("/language/", form).status_code == 403
    page = browser.get("/about/privacy/").content.decode()
    token = page[page.index('class="hub-languages"') :].partition('name="csrfmiddlewaretoken" value="')[2]
    assert (
        browser.post("/language/", {**form, "csrfmiddlewaretoken": token.partition('"')[0]}).status_code
        == 302
    )
    user.refresh_from_db()
    assert user.language == "de"


def test_switch_changes_the_account(client: Client) -> None:
    user = UserFactory.create(language="en")
    client.force_login(user)
    client.post("/language/", {"language": "de", "next": "/"})

    user.refresh_from_db()
    assert user.language == "de"
    assert _language_of(client) == "de"


@pytest.mark.parametrize("language", ["", "xx", "de\x00", "de-x"])
def test_unknown_language_changes_nothing(client: Client, language: str) -> None:
    user = UserFactory.create(language="en")
    client.force_login(user)

    assert client.post("/language/", {"language": language, "next": "/"}).status_code in {302, 400}
    user.refresh_from_db()
    assert user.language == "en"


def test_switch_leads_to_no_other_host_and_answers_no_get(client: Client) -> None:
    answer = client.post("/language/", {"language": "de", "next": "https://evil.example/"})

    assert answer.headers["Location"] == "/"
    assert client.get("/language/").status_code == 405
