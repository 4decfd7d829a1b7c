"""What a worker does. Each task may run twice, and at the same time as itself."""

from __future__ import annotations

from celery import shared_task

from apps.notifications import delivery


@shared_task
def deliver_due_notifications() -> int:
    """Everything that is due; started after each commit that wrote rows, and by beat for what was left."""
    return delivery.deliver_due()


@shared_task
def send_digests() -> int:
    return delivery.send_digests()


@shared_task
def purge_sent_mail() -> int:
    return delivery.purge_sent_mail()
