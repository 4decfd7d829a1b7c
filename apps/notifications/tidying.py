"""What people were told is theirs for a while and no archive: it is removed, never before it was mailed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from apps.notifications.enums import Frequency
from apps.notifications.kinds import all_kinds
from apps.notifications.models import Notification, OutgoingMail

BATCH = 1000


def purge_notifications() -> int:
    """Remove what was read, or lies unread, for longer than the settings say. Returns how many there were.

    A row whose key can come again stays, as it is what keeps its event from being told twice.
    """
    now = timezone.now()
    read = Q(read_at__lt=now - settings.KEEP_READ_NOTIFICATIONS)
    unread = Q(read_at__isnull=True, created_at__lt=now - settings.KEEP_UNREAD_NOTIFICATIONS)
    old = Notification.objects.filter(read | unread).exclude(
        delivered_at__isnull=True, due_at__isnull=False, gave_up_at__isnull=True
    )
    for kind in all_kinds():
        if kind.key_comes_for:
            old = old.exclude(kind=kind.code, created_at__gte=now - kind.key_comes_for)
    return _delete_in_batches(old)


def purge_sent_mail() -> int:
    """Forget who was mailed what; and stop waiting for people who cannot sign in any more."""
    Notification.objects.filter(
        delivered_at__isnull=True, due_at__isnull=False, recipient__is_active=False
    ).update(frequency=Frequency.NEVER, due_at=None)
    before = timezone.now() - settings.KEEP_SENT_MAIL
    return _delete_in_batches(
        OutgoingMail.objects.filter(Q(delivered_at__lt=before) | Q(gave_up_at__lt=before))
    )


def _delete_in_batches(rows: models.QuerySet[Any]) -> int:
    """Oldest first, each batch in a transaction of its own; rows that somebody has in hand are left to the next day."""
    removed = last = 0
    while True:
        with transaction.atomic():
            free = rows.filter(pk__gt=last).order_by("pk").select_for_update(skip_locked=True, of=("self",))
            batch = list(free.values_list("pk", flat=True)[:BATCH])
            rows.model._default_manager.filter(pk__in=batch).delete()
        removed += len(batch)
        if len(batch) < BATCH:
            return removed
        last = batch[-1]
