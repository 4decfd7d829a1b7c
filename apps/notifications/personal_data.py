"""What a person was told belongs to that person alone: it goes with them."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.db.models import Q

from apps.accounts.models import User
from apps.notifications.models import Notification, OutgoingMail, Preference


def notifications_of(person: User) -> list[dict[str, Any]]:
    rows = Notification.objects.visible_to(person).order_by("created_at", "pk")
    return [
        dict(row) for row in rows.values("kind", "created_at", "read_at", "delivered_at", "url", "context")
    ]


def preferences_of(person: User) -> dict[str, str]:
    return dict(Preference.objects.filter(user=person).values_list("kind", "frequency"))


def forget(person: User) -> None:
    """Runs while the person still has their addresses."""
    Notification.objects.filter(recipient=person).delete()
    Preference.objects.filter(user=person).delete()
    addresses = {person.email, *EmailAddress.objects.filter(user=person).values_list("email", flat=True)}
    sent_to = Q(pk__in=[])
    for address in addresses:
        sent_to |= Q(to__contains=[address])
    OutgoingMail.objects.filter(sent_to).delete()
