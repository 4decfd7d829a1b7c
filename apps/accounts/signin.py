"""The forms of allauth by which people sign in and look after their passwords and addresses, in the hub's words."""

from __future__ import annotations

from typing import Any

from allauth.account import forms
from django.utils.translation import gettext_lazy as _

from apps.accounts.wording import NEW_PASSWORD, WordedMixin


class LoginForm(WordedMixin, forms.LoginForm):  # type: ignore[misc]
    """From the address to the password with one press of the tab key: the way to a new password follows both."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""


class ReauthenticateForm(WordedMixin, forms.ReauthenticateForm):  # type: ignore[misc]
    pass


class AddEmailForm(WordedMixin, forms.AddEmailForm):  # type: ignore[misc]
    pass


class ChangePasswordForm(WordedMixin, forms.ChangePasswordForm):  # type: ignore[misc]
    labels = {**NEW_PASSWORD, "oldpassword": _("Your password until now")}


class SetPasswordForm(WordedMixin, forms.SetPasswordForm):  # type: ignore[misc]
    labels = NEW_PASSWORD


class ResetPasswordForm(WordedMixin, forms.ResetPasswordForm):  # type: ignore[misc]
    pass


class ResetPasswordKeyForm(WordedMixin, forms.ResetPasswordKeyForm):  # type: ignore[misc]
    labels = NEW_PASSWORD
