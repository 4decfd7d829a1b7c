"""Once a year somebody looks whether the profile is still right."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.notifications.services import notify
from apps.organisations.enums import Role
from apps.organisations.models import Membership, Organisation, OrganisationQuerySet

CONFIRM_EVERY = timedelta(days=365)


def looked_at(organisation: Organisation) -> datetime:
    """When somebody last looked through the profile."""
    return organisation.confirmed_at or organisation.created_at


def due_for_confirmation(now: datetime) -> OrganisationQuerySet:
    """Shown organisations that somebody can act for, and that nobody has looked through for a year."""
    managers = Membership.objects.filter(organisation=OuterRef("pk"), role=Role.MANAGER, user__is_active=True)
    return Organisation.objects.annotate(last_look=Coalesce("confirmed_at", "created_at")).filter(
        Exists(managers), is_active=True, last_look__lte=now - CONFIRM_EVERY
    )


def is_due(organisation: Organisation) -> bool:
    return looked_at(organisation) <= timezone.now() - CONFIRM_EVERY


def remind_to_confirm() -> int:
    """Everything that is due, once for each year that passed since the last look. Returns how many are due."""
    now = timezone.now()
    found = list(due_for_confirmation(now))
    for organisation in found:
        last = looked_at(organisation)
        years = (now - last) // CONFIRM_EVERY
        notify(
            "confirmation_due",
            to=organisation.managers(),
            about=organisation,
            key=f"confirmation-due:{organisation.pk}:{last:%Y%m%d}:{years}",
            url=organisation.get_absolute_url(),
            context={"organisation": organisation.name},
        )
    return len(found)
