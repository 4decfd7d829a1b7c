"""How a person hears of what matches their searches, in words."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.following.matching import KIND
from apps.notifications.enums import Frequency
from apps.notifications.services import frequency_for

_TOLD = {
    Frequency.AT_ONCE: _("When something new matches, you are told here, and by mail at once."),
    Frequency.DAILY: _("When something new matches, you are told here, and by mail once a day."),
    Frequency.WEEKLY: _("When something new matches, you are told here, and by mail once a week."),
    Frequency.NEVER: _("When something new matches, you are told here, and not by mail."),
}


def how_told(user: User) -> str:
    return str(_TOLD[frequency_for(user, KIND)])


def settings_url() -> str:
    """Where it is changed: the line of the settings page about saved searches."""
    return f"{reverse('notifications:settings')}#id_{KIND}"
