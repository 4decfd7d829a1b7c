"""Once a year somebody looks whether the profile is still right."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.notifications.services import notify
from apps.organisations.models import Organisation

CONFIRM_EVERY = timedelta(days=365)


def due_for_confirmation(now: datetime) -> models.QuerySet[Organisation]:
    """Organisations that somebody manages and nobody has looked through for a year."""
    return Organisation.objects.annotate(looked_at=Coalesce("confirmed_at", "created_at")).filter(
        is_active=True, memberships__role="manager", looked_at__lt=now - CONFIRM_EVERY
    )


def remind_to_confirm() -> int:
    """Everything that is due; the key holds the time of the last look, so that each year reminds once."""
    found = list(due_for_confirmation(timezone.now()).distinct())
    for organisation in found:
        looked_at = organisation.confirmed_at or organisation.created_at
        notify(
            "confirmation_due",
            to=organisation.managers(),
            about=organisation,
            key=f"confirmation-due:{organisation.pk}:{looked_at:%Y%m%d}",
            url=organisation.get_absolute_url(),
            context={"organisation": organisation.name},
        )
    return len(found)
