"""What a worker does. A task is a chunk of mails, never a person; each may run twice, and beside itself."""

from __future__ import annotations

from celery import shared_task

from apps.notifications import delivery, tidying
from apps.notifications.waking import wake


@shared_task
def deliver_due_notifications() -> int:
    """What is due at once; started after each commit that wrote rows, and by beat for what was left.

    Other mail goes first, so that nobody waits for a password while a hundred thousand are told something.
    """
    delivery.deliver_outgoing()
    run = delivery.deliver_notifications()
    if run.has_more:
        wake(deliver_due_notifications)
    return run.sent


@shared_task
def deliver_outgoing_mail() -> int:
    run = delivery.deliver_outgoing()
    if run.has_more:
        wake(deliver_outgoing_mail)
    return run.sent


@shared_task
def send_digests() -> int:
    run = delivery.send_digests()
    if run.has_more:
        wake(send_digests)
    return run.sent


@shared_task
def purge_sent_mail() -> int:
    return tidying.purge_sent_mail()


@shared_task
def purge_notifications() -> int:
    return tidying.purge_notifications()
