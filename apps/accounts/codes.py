"""The forms of allauth that take the code of an authenticator app, in the hub's words."""

from __future__ import annotations

from allauth.mfa.base import forms
from allauth.mfa.totp.forms import ActivateTOTPForm
from django.utils.translation import gettext_lazy as _

from apps.accounts.wording import WordedMixin


class AuthenticateForm(WordedMixin, forms.AuthenticateForm):  # type: ignore[misc]
    pass


class ReauthenticateForm(WordedMixin, forms.ReauthenticateForm):  # type: ignore[misc]
    pass


class ActivateForm(WordedMixin, ActivateTOTPForm):  # type: ignore[misc]
    labels = {"code": _("Code that the app shows")}
