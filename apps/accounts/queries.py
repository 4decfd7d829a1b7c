"""What a person's own pages read."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession

from apps.accounts.models import User


def account_data(person: User) -> dict[str, Any]:
    addresses = EmailAddress.objects.filter(user=person).order_by("-primary", "email")
    return {
        "name": person.name,
        "email": person.email,
        "email_addresses": list(addresses.values("email", "verified", "primary")),
        "language": person.language,
        "time_zone": person.time_zone,
        "is_curator": person.is_staff,
        "joined": person.date_joined,
        "last_sign_in": person.last_login,
    }


def consent_data(person: User) -> list[Any]:
    return list(person.consents.values("text", "version", "given_at"))


def sign_in_data(person: User) -> dict[str, Any]:
    """How and where this person signs in; never a secret, a key or a code."""
    factors = Authenticator.objects.filter(user=person).order_by("pk")
    return {
        "second_factors": list(factors.values("type", "created_at", "last_used_at")),
        "sessions": list(
            UserSession.objects.filter(user=person).order_by("pk").values("created_at", "ip", "user_agent")
        ),
        "other_accounts": list(
            SocialAccount.objects.filter(user=person).order_by("pk").values("provider", "uid", "date_joined")
        ),
    }


def overview(person: User) -> dict[str, Any]:
    """The counts of the settings page, one query each."""
    return {
        "addresses": EmailAddress.objects.filter(user=person).count(),
        "factors": Authenticator.objects.filter(user=person)
        .exclude(type=Authenticator.Type.RECOVERY_CODES)
        .count(),
        "sessions": UserSession.objects.filter(user=person).count(),
        "consents": list(person.consents.all()),
    }
