"""The mails of the accounts: in the reader's language, in plain text, without anything of HTML in them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import translation

from apps.accounts.adapter import AccountAdapter
from tests.accounts.helpers import PASSWORD, person, sign_in

pytestmark = pytest.mark.django_db


def test_security_notice_says_when_from_where_and_what_to_do(
    client: Client, mailoutbox: list[EmailMessage]
) -> None:
    person()
    sign_in(client)
    new = "another-long-secret"
    client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
        headers={"user-agent": "Firefox/140"},
    )
    body = str(mailoutbox[0].body)
    assert "From network address 127.0.0.1, with Firefox/140." in body
    assert "please reset your password" in body
    assert "\n\n\n" not in body


def test_mail_is_in_the_readers_language(client: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr("apps.accounts.adapter._LANGUAGES", frozenset({"en", "de"}))
    user = person(language="de")
    with translation.override("en"):
        assert AccountAdapter()._language_for({"user": user}) == "de"
        user.language = "xx"
        assert AccountAdapter()._language_for({"user": user}) == "en"
