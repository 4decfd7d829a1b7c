"""Notifications and mails that wait, were sent or were given up."""

from __future__ import annotations

from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from apps.notifications.enums import Frequency
from apps.notifications.models import Notification, OutgoingMail, Preference
from tests.factories.accounts import UserFactory


class NotificationFactory(DjangoModelFactory):
    """Due at once by default; ``frequency="never"`` takes the time away."""

    class Meta:
        model = Notification

    recipient = factory.SubFactory(UserFactory)
    kind = "link_broken"
    key = factory.Sequence(lambda n: f"event:{n}")
    url = "/knowledge/"
    context = factory.LazyFunction(lambda: {"title": "A title", "link": "https://example.org/gone"})
    frequency: Any = Frequency.AT_ONCE
    due_at = factory.LazyAttribute(lambda row: None if row.frequency == Frequency.NEVER else timezone.now())


class PreferenceFactory(DjangoModelFactory):
    class Meta:
        model = Preference

    user = factory.SubFactory(UserFactory)
    kind = "link_broken"
    frequency: Any = Frequency.DAILY


class OutgoingMailFactory(DjangoModelFactory):
    class Meta:
        model = OutgoingMail

    sender = "ClusterHub <noreply@localhost>"
    to = factory.Sequence(lambda n: [f"reader{n}@example.org"])
    subject = "Confirm your address"
    text = "https://hub.example.org/confirm/secret"
