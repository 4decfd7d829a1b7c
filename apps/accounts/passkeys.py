"""Forms that take what a browser's authenticator answers: from outside, so anything may be in it."""

from __future__ import annotations

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import forms
from cryptography.exceptions import UnsupportedAlgorithm
from django.core.exceptions import ValidationError

from apps.accounts.wording import WordedMixin

# What the parsers raise for an answer that does not have the expected form.
_UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, UnsupportedAlgorithm)


class _Answer:
    """Say "incorrect" to an answer that cannot be read, where allauth would fail."""

    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()  # type: ignore[misc]
        except ValidationError:
            raise
        except _UNREADABLE as error:
            raise get_adapter().validation_error("incorrect_code") from error


class LoginForm(_Answer, forms.LoginWebAuthnForm):  # type: ignore[misc]
    pass


class AuthenticateForm(_Answer, forms.AuthenticateWebAuthnForm):  # type: ignore[misc]
    pass


class ReauthenticateForm(_Answer, forms.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    pass


class EditForm(WordedMixin, forms.EditWebAuthnForm):  # type: ignore[misc]
    pass


class AddForm(WordedMixin, forms.AddWebAuthnForm):  # type: ignore[misc]
    def clean(self) -> dict[str, Any]:
        try:
            cleaned: dict[str, Any] = super().clean()
        except ValidationError:
            raise
        except _UNREADABLE as error:
            raise get_adapter().validation_error("incorrect_code") from error
        return cleaned
