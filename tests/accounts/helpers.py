"""What several tests of the accounts need."""

from __future__ import annotations

import re
import time
from typing import Any

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.core.mail import EmailMessage
from django.test import Client

from apps.accounts import services
from apps.accounts.models import User

PASSWORD = "a-long-enough-secret"


def person(email: str = "ada@example.org", **fields: object) -> User:
    """Somebody with a confirmed address and a password."""
    return services.create_person(email=email, name="Ada Muster", password=PASSWORD, **fields)  # type: ignore[arg-type]


def sign_in(client: Client, email: str = "ada@example.org", password: str = PASSWORD) -> Any:
    return client.post("/accounts/login/", {"login": email, "password": password})


def link_in(mail: EmailMessage, site: str = "http://127.0.0.1:8000") -> str:
    """The path of the link that a mail asks to follow."""
    found = re.search(rf"{re.escape(site)}(/accounts/\S+)", str(mail.body))
    assert found, mail.body
    return found[1]


def add_totp(user: User) -> str:
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return secret


def code_now(secret: str) -> str:
    """A code with enough of its half minute left to be typed."""
    left = 30 - time.time() % 30
    if left < 5:
        time.sleep(left)
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))
