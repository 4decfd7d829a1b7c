from __future__ import annotations

from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from tests.accounts.helpers import PASSWORD, link_in, person, sign_in

pytestmark = pytest.mark.django_db


def test_sign_in_leads_to_the_dashboard(client: Client) -> None:
    user = person()
    assert sign_in(client)["Location"] == "/dashboard/"
    assert client.session["_auth_user_id"] == str(user.pk)


def test_sign_in_address_in_any_case(client: Client) -> None:
    person()
    assert sign_in(client, "ADA@example.ORG").status_code == 302


@pytest.mark.parametrize(
    ("email", "password"), [("ada@example.org", "wrong"), ("nobody@example.org", PASSWORD)]
)
def test_sign_in_wrong_says_the_same_for_known_and_unknown(client: Client, email: str, password: str) -> None:
    person()
    response = sign_in(client, email, password)
    assert response.status_code == 200
    assert response.context["form"].non_field_errors() == ["The e-mail address or the password is not right."]


def test_sign_in_too_many_wrong_passwords_answers_429(client: Client) -> None:
    person()
    for _attempt in range(5):
        assert sign_in(client, password="wrong").status_code == 200
    response = sign_in(client, password="wrong")
    assert response.status_code == 429
    assert sign_in(client).status_code == 429, "the right password does not help for a while"
    assert "_auth_user_id" not in client.session


def test_sign_in_wrong_passwords_do_not_lock_others_out(client: Client) -> None:
    person()
    person("eva@example.org")
    for _attempt in range(5):
        sign_in(client, password="wrong")
    assert sign_in(client, "eva@example.org").status_code == 302


def test_sign_in_attempts_from_one_address_answer_429(client: Client, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login": "2/m/ip"}
    statuses = [sign_in(client, f"p{n}@example.org").status_code for n in range(3)]
    assert statuses == [200, 200, 429]


@pytest.mark.parametrize(
    ("goal", "lands"),
    [
        ("/knowledge/?q=a&page=2", "/knowledge/?q=a&page=2"),
        ("https://evil.example.com/", "/dashboard/"),
        ("//evil.example.com/", "/dashboard/"),
        ("///evil.example.com/", "/dashboard/"),
        ("/\\evil.example.com/", "/dashboard/"),
        ("\\\\evil.example.com/", "/dashboard/"),
        ("javascript:alert(1)", "/dashboard/"),
        ("http:evil.example.com", "/dashboard/"),
        ("", "/dashboard/"),
    ],
)
def test_sign_in_next_stays_on_the_hub(client: Client, goal: str, lands: str) -> None:
    person()
    response = client.post(
        "/accounts/login/", {"login": "ada@example.org", "password": PASSWORD, "next": goal}
    )
    assert response["Location"] == lands


def test_sign_in_inactive_person_stays_out(client: Client) -> None:
    user = person()
    user.is_active = False
    user.save()
    assert sign_in(client)["Location"] == "/accounts/inactive/"
    assert "_auth_user_id" not in client.session


def test_deactivating_ends_the_session(client: Client) -> None:
    user = person()
    sign_in(client)
    assert client.get("/account/settings/").status_code == 200
    user.is_active = False
    user.save()
    assert client.get("/account/settings/").status_code == 302


def test_sign_in_keeps_what_the_anonymous_session_held(client: Client) -> None:
    """A form that was kept before signing in is still there afterwards."""
    person()
    session = client.session
    session["kept_form:/knowledge/new/"] = "title=Typed"
    session.save()
    before = session.session_key
    sign_in(client)
    assert client.session["kept_form:/knowledge/new/"] == "title=Typed"
    assert client.session.session_key != before


def test_sign_out_needs_a_press(client: Client) -> None:
    person()
    sign_in(client)
    assert client.get("/accounts/logout/").status_code == 200
    assert "_auth_user_id" in client.session
    client.post("/accounts/logout/")
    assert "_auth_user_id" not in client.session


def test_reset_sets_a_new_password_and_ends_sessions(client: Client, mailoutbox: list[EmailMessage]) -> None:
    person()
    elsewhere = Client()
    sign_in(elsewhere)
    client.post("/accounts/password/reset/", {"email": "ada@example.org"})
    assert mailoutbox[0].subject == "Set a new password"
    address = client.get(link_in(mailoutbox[0]))["Location"]
    new = "another-long-secret"
    assert client.post(address, {"password1": new, "password2": new}).status_code == 302
    assert elsewhere.get("/account/settings/").status_code == 302
    assert sign_in(client).status_code == 200
    assert sign_in(client, password=new).status_code == 302
    assert client.get(link_in(mailoutbox[0])).status_code in {200, 302}
    again = Client().get(link_in(mailoutbox[0]))
    assert "used already" in again.content.decode(), "the link works once"


def test_reset_answers_the_same_for_an_unknown_address(
    client: Client, mailoutbox: list[EmailMessage]
) -> None:
    person()
    known = client.post("/accounts/password/reset/", {"email": "ada@example.org"})
    unknown = client.post("/accounts/password/reset/", {"email": "nobody@example.org"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert [mail.subject for mail in mailoutbox] == ["Set a new password", "No account with this address"]


def test_password_change_is_told_by_mail_and_keeps_this_session(
    client: Client, mailoutbox: list[EmailMessage]
) -> None:
    person()
    sign_in(client)
    new = "another-long-secret"
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert "_auth_user_id" in client.session
    assert client.get("/account/settings/").status_code == 200
    assert "The password of your account was changed." in str(mailoutbox[0].body)


def test_sessions_page_lists_and_ends_the_others(client: Client) -> None:
    person()
    elsewhere = Client(headers={"user-agent": "Elsewhere/1.0"})
    sign_in(elsewhere)
    sign_in(client)
    page = client.get("/accounts/sessions/").content.decode()
    assert "Elsewhere/1.0" in page
    client.post("/accounts/sessions/")
    assert elsewhere.get("/account/settings/").status_code == 302
    assert client.get("/account/settings/").status_code == 200


def test_changing_addresses_asks_for_the_password_again(client: Client) -> None:
    user = person()
    client.force_login(user)
    response = client.post("/accounts/email/", {"email": "thief@example.org", "action_add": ""})
    assert response["Location"].startswith("/accounts/reauthenticate/")
    assert not user.emailaddress_set.filter(email="thief@example.org").exists()  # type: ignore[attr-defined]


def test_the_way_to_a_new_password_stands_behind_the_fields(client: Client) -> None:
    """Between them it would stop everybody who goes from field to field with the tab key."""
    page = client.get("/accounts/login/").content.decode()
    assert page.count('href="/accounts/password/reset/"') == 1
    assert page.index('name="password"') < page.index('href="/accounts/password/reset/"')
