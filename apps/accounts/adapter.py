"""How allauth and the hub meet: e-mail addresses, passwords and mails."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.ratelimit import respond_429
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.accounts import services
from apps.accounts.models import User
from apps.core.mails import MailItem, write_mail

_LANGUAGES = frozenset(code for code, _name in settings.LANGUAGES)


# What a mail asks its reader to do, by the address in its context.
_ACTIONS = {
    "activate_url": _lazy("Confirm the address"),
    "password_reset_url": _lazy("Set a new password"),
    "signup_url": _lazy("Create an account"),
}
_LOOK = ("", _lazy("Look at your account"))
_TO_WHO_ASKED = _lazy(
    "You get this mail because somebody entered your e-mail address on %(site)s. "
    "If it was not you, you need do nothing."
)
_TO_THE_OWNER = _lazy(
    "You get this mail because you have an account on %(site)s. Mails about its safety always come at once."
)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Allauth's own rules hold; what differs is said here."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": _lazy("This account is closed."),
        "cannot_remove_primary_email": _lazy(
            "This is your main e-mail address. Please make another one the main address first."
        ),
        "duplicate_email": _lazy("You have entered this e-mail address already."),
        "email_password_mismatch": _lazy("The e-mail address or the password is not right."),
        "email_taken": _lazy("There is an account with this e-mail address already."),
        "enter_current_password": _lazy("This is not your password."),
        "incorrect_code": _lazy("This code is not right, or it is too old."),
        "incorrect_password": _lazy("This is not your password."),
        "max_email_addresses": _lazy("You cannot have more than %d e-mail addresses."),
        "too_many_login_attempts": _lazy("That was wrong too often. Please wait some minutes and try again."),
        "unknown_email": _lazy("There is no account with this e-mail address."),
        "unverified_primary_email": _lazy("Please confirm your main e-mail address first."),
    }

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Too many wrong passwords get the page for too many requests, not one more form to try."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError as error:
            raise ImmediateHttpResponse(respond_429(request)) from error

    def clean_email(self, email: str) -> str:
        """Allauth would cut a longer address and keep the rest, which is somebody else's."""
        longest = User._meta.get_field("email").max_length or 0
        if len(email) > longest:
            raise ValidationError(_("This address is too long."), code="max_length")
        return email

    def set_password(self, user: User, password: str) -> None:
        """Allauth would write back all of the account as it was read, and bring back one that was erased meanwhile."""
        services.change_password(person=user, password=password)

    def confirm_email(self, request: HttpRequest, email_address: Any) -> bool:
        confirmed = bool(super().confirm_email(request, email_address))
        if confirmed:
            services.release_address(email=email_address.email, to=email_address.user)
        return confirmed

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write in the reader's language, with links to the hub's own address.

        The address of the request is not used: a forged Host header would lead the reader elsewhere.
        """
        context = {key: _at_site(value) if key.endswith("_url") else value for key, value in context.items()}
        context["current_site"] = SimpleNamespace(name=settings.SITE_NAME, domain=settings.SITE_URL)
        with translation.override(self._language_for(context)):
            super().send_mail(template_prefix, email, context)

    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMultiAlternatives:
        """The templates hold what is said, in plain text; both parts come from the hub's one layout."""
        subject = " ".join(render_to_string(f"{template_prefix}_subject.txt", context).split())
        body = render_to_string(f"{template_prefix}_message.txt", context).strip()
        name, action = next(((name, label) for name, label in _ACTIONS.items() if name in context), _LOOK)
        url = context[name] if name in context else f"{settings.SITE_URL}{reverse('accounts:settings')}"
        why = (_TO_THE_OWNER if "timestamp" in context else _TO_WHO_ASKED) % {"site": settings.SITE_NAME}
        text, html = write_mail(
            subject=subject, items=[MailItem(subject, body, url=url, action=str(action))], why=why
        )
        to = [email] if isinstance(email, str) else email
        mail = EmailMultiAlternatives(subject, text, self.get_from_email(), to, headers=headers)
        mail.attach_alternative(html, "text/html")
        return mail

    def _language_for(self, context: dict[str, Any]) -> str | None:
        reader = context.get("user") or getattr(self.request, "user", None)
        if isinstance(reader, User) and reader.language in _LANGUAGES:
            return reader.language
        return translation.get_language()


def _at_site(address: str) -> str:
    parts = urlsplit(address)
    query = f"?{parts.query}" if parts.query else ""
    return f"{settings.SITE_URL}{parts.path}{query}"
