"""Every page of the accounts, for everybody, in the hub's own frame."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from tests.accounts.helpers import PASSWORD, add_totp, person

pytestmark = pytest.mark.django_db

ENTRANCE = [
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/done/",
    "/accounts/password/reset/key/zz-nonsense/",
    "/accounts/confirm-email/",
    "/accounts/confirm-email/nonsense/",
    "/accounts/inactive/",
    "/accounts/3rdparty/login/cancelled/",
]
MANAGE = [
    "/account/settings/",
    "/account/erase/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/logout/",
    "/accounts/sessions/",
    "/accounts/reauthenticate/",
    "/accounts/3rdparty/",
    "/accounts/2fa/",
    "/accounts/2fa/totp/deactivate/",
    "/accounts/2fa/webauthn/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/2fa/recovery-codes/",
    "/accounts/2fa/recovery-codes/generate/",
    "/accounts/2fa/reauthenticate/",
]


def words_of(content: str) -> tuple[str, str]:
    """The heading of a page, and all that is read in its main part."""
    main = re.sub(
        r"<script.*?</script>", "", content.partition("<main")[2].partition("</main>")[0], flags=re.DOTALL
    )
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", main, re.DOTALL)
    assert heading
    return heading[1].strip(), re.sub(r"<[^>]+>", " ", main)


def assert_is_our_page(response: Any, status: int = 200) -> None:
    assert response.status_code == status
    assert "base.html" in [template.name for template in response.templates]
    content = response.content.decode()
    assert content.count("<h1") == 1
    assert "Content-Security-Policy" in response.headers
    assert not re.search(r"<script(?![^>]*(\bsrc=|application/json))", content), "no inline script"
    assert not re.search(r"<[^>]+\s(style|on\w+)=", content), "no inline style or handler"
    heading, words = words_of(content)
    assert re.fullmatch(r"[A-Z][^A-Z]*", heading), f"no sentence case: {heading}"
    assert not re.search(r"\bemail", words, re.IGNORECASE), f"e-mail is written with a hyphen: {words}"
    assert "csrfmiddlewaretoken" in content or "<form" not in content.partition("<main")[2]


@pytest.mark.parametrize("address", ENTRANCE)
def test_page_for_anonymous(client: Client, address: str) -> None:
    assert_is_our_page(client.get(address))


def test_page_after_a_failed_single_sign_on(client: Client) -> None:
    assert_is_our_page(client.get("/accounts/3rdparty/login/error/"), status=401)


@pytest.mark.parametrize("address", MANAGE)
def test_page_of_the_account_sends_anonymous_to_sign_in(client: Client, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 302
    assert response["Location"].startswith(("/accounts/login/", "/"))


@pytest.mark.parametrize("is_staff", [False, True])
@pytest.mark.parametrize("address", MANAGE)
def test_page_for_member_and_curator(client: Client, address: str, is_staff: bool) -> None:
    user = person(is_staff=is_staff)
    add_totp(user)
    client.force_login(user)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert_is_our_page(client.get(address))


@pytest.mark.parametrize("address", ["/accounts/login/", "/accounts/signup/"])
def test_page_of_the_entrance_sends_who_is_in_to_the_dashboard(client: Client, address: str) -> None:
    client.force_login(person())
    assert client.get(address)["Location"] == "/dashboard/"


def test_second_factor_page_is_ours(client: Client) -> None:
    add_totp(person())
    client.post("/accounts/login/", {"login": "ada@example.org", "password": PASSWORD})
    assert_is_our_page(client.get("/accounts/2fa/authenticate/"))


def test_totp_set_up_page_is_ours(client: Client) -> None:
    client.force_login(person())
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert_is_our_page(client.get("/accounts/2fa/totp/activate/"))


def test_recovery_codes_download_is_plain_text(client: Client) -> None:
    user = person()
    add_totp(user)
    client.force_login(user)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    response = client.get("/accounts/2fa/recovery-codes/download/")
    assert response["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("address", ["/account/consent/", "/account/demo-sign-in/"])
def test_what_changes_something_refuses_get(client: Client, address: str) -> None:
    client.force_login(person())
    assert client.get(address).status_code == 405
