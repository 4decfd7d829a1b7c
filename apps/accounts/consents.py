"""The texts that people agree to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from apps.accounts.models import User

PRIVACY = "privacy"


def privacy_version() -> str:
    """The version in force. Operators raise it when they change the text, and people are asked again."""
    return str(settings.PRIVACY_VERSION)


def has_current_consent(person: User) -> bool:
    return person.consents.filter(text=PRIVACY, version=privacy_version()).exists()


def _privacy_label() -> SafeString:
    try:
        address = reverse("portal:about-privacy")
    except NoReverseMatch:
        return format_html("{}", _("I have read the privacy statement and agree to it."))
    return format_html(
        _('I have read the <a href="{address}" target="_blank">privacy statement</a> and agree to it.'),
        address=address,
    )


privacy_label = lazy(_privacy_label, SafeString)
