"""How allauth's second factors meet the hub."""

from __future__ import annotations

import base64
from functools import cache
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Keep secrets encrypted in the database, so that a copy of it is not enough to sign in."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "add_email_blocked": _lazy("An account with a second factor cannot take another e-mail address."),
        "cannot_delete_authenticator": _lazy("This second factor cannot be removed."),
        "cannot_generate_recovery_codes": _lazy("Recovery codes need a second factor first."),
        "incorrect_code": _lazy("This code is not right, or it is too old."),
        "unverified_email": _lazy(
            "Please confirm your e-mail addresses first, or remove those you cannot confirm."
        ),
    }

    def generate_authenticator_name(self, user: Any, type: Any) -> str:  # noqa: A002 - named so by allauth
        """A number for each, for who gives no name."""
        count = Authenticator.objects.filter(user=user, type=type).count()
        return _("Key %(number)d") % {"number": count + 1}

    def encrypt(self, text: str) -> str:
        return _box(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Raise InvalidToken when the secret key was lost: an unreadable secret must let nobody in."""
        return _box(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS).decrypt(encrypted_text).decode()

    def build_totp_svg(self, url: str) -> str:
        """The picture goes into the page itself: the security policy allows no data: addresses."""
        svg: str = super().build_totp_svg(url)
        paper = '<rect width="100%" height="100%" fill="#fff"/>'  # scanners want dark on light, also at night
        drawing = svg[svg.index("<svg") :].replace(">", f">{paper}", 1)
        opening = format_html(
            '<svg role="img" aria-label="{}" class="hub-qr"', _("Code to scan with the authenticator app")
        )
        return mark_safe(opening + drawing.removeprefix("<svg"))  # noqa: S308 - drawn by qrcode

    def get_public_key_credential_rp_entity(self) -> dict[str, Any]:
        return {**super().get_public_key_credential_rp_entity(), "name": settings.SITE_NAME}


@cache
def _box(*keys: str) -> MultiFernet:
    """The first key encrypts; former ones still decrypt while the secret key is being replaced."""
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str) -> bytes:
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"clusterhub second factors")
    return base64.urlsafe_b64encode(derivation.derive(key.encode()))
