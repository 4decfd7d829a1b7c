from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.cache import cache
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.test import Client

from apps.accounts.models import Consent, User
from tests.accounts.helpers import PASSWORD, link_in, person, sign_in
from tests.concurrency import at_once

pytestmark = pytest.mark.django_db

FORM = {
    "name": "Ada Muster",
    "email": "Ada@Example.org",
    "password1": PASSWORD,
    "password2": PASSWORD,
    "privacy": "on",
}


def test_signup_confirm_same_browser_is_signed_in(client: Client, mailoutbox: list[EmailMessage]) -> None:
    response = client.post("/accounts/signup/", FORM)
    assert response.status_code == 302
    assert response["Location"] == "/accounts/confirm-email/"
    assert "_auth_user_id" not in client.session
    user = User.objects.get()
    assert (user.email, user.name, user.is_staff) == ("ada@example.org", "Ada Muster", False)
    assert user.has_usable_password()

    (mail,) = mailoutbox
    assert mail.to == ["ada@example.org"]
    assert mail.subject == "Please confirm your e-mail address"
    link = link_in(mail)
    assert "Ada Muster" in client.get(link).content.decode()
    assert not EmailAddress.objects.get().verified, "a mail scanner that follows the link confirms nothing"
    response = client.post(link)
    assert response["Location"] == "/dashboard/"
    assert client.session["_auth_user_id"] == str(user.pk)


def test_signup_confirm_elsewhere_then_sign_in(client: Client, mailoutbox: list[EmailMessage]) -> None:
    client.post("/accounts/signup/", FORM)
    other = Client()
    response = other.post(link_in(mailoutbox[0]))
    assert response["Location"] == "/accounts/login/"
    assert "_auth_user_id" not in other.session
    assert sign_in(other).status_code == 302
    assert "_auth_user_id" in other.session


def test_signup_without_confirmation_cannot_sign_in(client: Client) -> None:
    client.post("/accounts/signup/", FORM)
    other = Client()
    assert sign_in(other)["Location"] == "/accounts/confirm-email/"
    assert "_auth_user_id" not in other.session


def test_signup_records_consent_of_the_version_in_force(client: Client, settings: Any) -> None:
    settings.PRIVACY_VERSION = "2026-11"
    client.post("/accounts/signup/", FORM)
    consent = Consent.objects.get()
    assert (consent.user.email, consent.text, consent.version) == ("ada@example.org", "privacy", "2026-11")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"privacy": ""}, "privacy"),
        ({"name": ""}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "Ada\nBcc: all@example.org"}, "name"),
        ({"name": "\u202egnp.adA"}, "name"),
        ({"name": "12345"}, "name"),
        ({"name": "Win at http://evil.example.com"}, "name"),
        ({"name": "WWW.evil.example.com"}, "name"),
        ({"name": "ada@example.org"}, "name"),
        ({"name": "Ada\u2028Muster"}, "name"),
        ({"name": "Ada\x00"}, "name"),
        ({"email": "no address"}, "email"),
        ({"email": "a" * 250 + "@example.org"}, "email"),
        ({"password1": "short", "password2": "short"}, "password1"),
        ({"password1": "password12", "password2": "password12"}, "password1"),
        ({"password2": "something-different"}, "password2"),
    ],
)
def test_signup_bad_input_says_so_and_makes_nobody(
    client: Client, change: dict[str, str], field: str
) -> None:
    response = client.post("/accounts/signup/", FORM | change)
    assert response.status_code == 200
    assert field in response.context["form"].errors
    assert not User.objects.exists()


def test_signup_known_address_looks_the_same_and_mails_its_owner(
    client: Client, mailoutbox: list[EmailMessage]
) -> None:
    person()
    response = client.post("/accounts/signup/", FORM)
    assert (response.status_code, response["Location"]) == (302, "/accounts/confirm-email/")
    assert User.objects.count() == 1
    assert mailoutbox[0].subject == "You have an account already"
    assert "/accounts/password/reset/" in str(mailoutbox[0].body)


@pytest.mark.parametrize("is_known", [False, True])
def test_signup_costs_one_hash_whether_the_address_is_known_or_not(
    client: Client, monkeypatch: pytest.MonkeyPatch, is_known: bool
) -> None:
    """Hashing is what takes long: without it the answer comes at once and tells that the address is known."""
    if is_known:
        person()
    hashed: list[str] = []
    original = MD5PasswordHasher.encode

    def encode(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return str(original(self, password, salt))

    monkeypatch.setattr(MD5PasswordHasher, "encode", encode)
    client.post("/accounts/signup/", FORM)
    assert hashed == [PASSWORD]


@pytest.mark.parametrize("path", ["/accounts/signup/", "/accounts/password/reset/"])
def test_mail_to_an_address_that_is_not_confirmed_holds_nothing_typed_by_somebody_else(
    client: Client, mailoutbox: list[EmailMessage], path: str
) -> None:
    """Mail programs make links even of ``evil.example``: no rule for names can know them all."""
    client.post("/accounts/signup/", FORM | {"name": "Prize at evil.example"})
    cache.clear()
    client.post(path, FORM)
    for mail in mailoutbox:
        assert isinstance(mail, EmailMultiAlternatives)
        texts = [str(mail.subject), str(mail.body), *(str(part[0]) for part in mail.alternatives)]
        assert "evil" not in "".join(texts)
    assert len(mailoutbox) == 2


def test_links_in_mails_ignore_a_forged_host(
    client: Client, mailoutbox: list[EmailMessage], settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.SITE_URL = "https://hub.example.org"
    client.post("/accounts/signup/", FORM, headers={"host": "evil.example.com"})
    assert "evil.example.com" not in str(mailoutbox[0].body)
    assert link_in(mailoutbox[0], "https://hub.example.org").startswith("/accounts/confirm-email/")


def test_confirmed_address_is_released_from_who_took_it(
    client: Client, mailoutbox: list[EmailMessage]
) -> None:
    """Somebody signed up with a foreign address; its owner confirms it on another account."""
    Client().post("/accounts/signup/", FORM)
    cache.clear()  # else the next confirmation waits for three minutes
    owner = person("owner@example.org")
    sign_in(client, "owner@example.org")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.post("/accounts/email/", {"email": "ada@example.org", "action_add": ""})
    client.post(link_in(mailoutbox[-1]))
    assert EmailAddress.objects.get(user=owner, email="ada@example.org").verified
    assert not User.objects.filter(email="ada@example.org").exists()
    client.post("/accounts/email/", {"email": "ada@example.org", "action_primary": ""})
    owner.refresh_from_db()
    assert owner.email == "ada@example.org"


def test_signup_limit_answers_429(client: Client, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"signup": "1/m/ip"}
    assert client.post("/accounts/signup/", FORM | {"name": ""}).status_code == 200
    assert client.post("/accounts/signup/", FORM | {"name": ""}).status_code == 429


@pytest.mark.django_db(transaction=True)
def test_signup_pressed_twice_makes_one_account() -> None:
    statuses: list[int] = []

    def press() -> None:
        statuses.append(Client().post("/accounts/signup/", FORM).status_code)

    at_once(press, press)
    assert statuses == [302, 302]
    assert User.objects.count() == Consent.objects.count() == EmailAddress.objects.count() == 1
