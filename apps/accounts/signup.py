"""The sign-up form that allauth uses; apart from ``forms``, which allauth needs to build its own."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import SignupForm as AllauthSignupForm
from allauth.socialaccount.forms import SignupForm as SocialSignupForm
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.wording import WordedMixin


class SignupForm(WordedMixin, AllauthSignupForm):  # type: ignore[misc]
    """Person, consent and address come into being together or not at all."""

    labels = {"name": _("Your name")}

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """A form sent twice makes one account, and both answers are the same.

        For a known address the password is hashed for nothing: else the quick answer would tell that it is known.
        """
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
        try:
            with transaction.atomic():
                saved: tuple[Any, Any] = super().try_save(request)
                return saved
        except IntegrityError:
            if not User.objects.filter(email__iexact=self.cleaned_data["email"]).exists():
                raise
            return None, get_adapter().respond_email_verification_sent(request, None)


class SingleSignOnSignupForm(WordedMixin, SocialSignupForm):  # type: ignore[misc]
    labels = {"name": _("Your name")}
