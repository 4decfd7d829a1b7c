"""Handing rows to the mail server, one lock for each mail. See docs/adr/0004-one-notification-row-one-lock.md."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection as database
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from apps.accounts.models import User
from apps.notifications.enums import DIGESTS, Frequency
from apps.notifications.models import Notification, OutgoingMail
from apps.notifications.rendering import digest_for, mail_for
from apps.notifications.transport import in_short, mail_server, message_id

logger = structlog.get_logger(__name__)

BUDGET = 50.0  # seconds of one run; what is left comes with the next
MAX_ATTEMPTS = 12
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=12)
KEEP_SENT = timedelta(days=14)
_DIGEST_LOCK = 7_301_984  # the class of the advisory locks of digests


def deliver_due() -> int:
    """Send every single notification and every other mail that is due. Returns the number sent."""
    until = time.monotonic() + BUDGET
    return _drain(Notification, _due_notifications, _send_notification, until) + _drain(
        OutgoingMail, OutgoingMail.objects.undelivered, _send_outgoing, until
    )


def _due_notifications() -> models.QuerySet[Notification]:
    return Notification.objects.undelivered().filter(frequency=Frequency.AT_ONCE)


def _drain(
    model: type[Notification | OutgoingMail],
    due: Callable[[], models.QuerySet[Any]],
    send: Callable[[Any, BaseEmailBackend], None],
    until: float,
) -> int:
    """Send what is due over one connection. With the server away no row is touched: the sweep comes again."""
    if not due().exists():
        return 0
    sent = 0
    try:
        with mail_server() as server:
            while time.monotonic() < until and (outcome := _send_next(model, due, send, server)) is not None:
                sent += outcome
    except OSError as error:
        logger.warning("mail server not reached", problem=in_short(error))
    return sent


def _send_next(
    model: type[Notification | OutgoingMail],
    due: Callable[[], models.QuerySet[Any]],
    send: Callable[[Any, BaseEmailBackend], None],
    server: BaseEmailBackend,
) -> bool | None:
    """Lock one row that nobody has in hand and send it. None: there is no such row. False: it failed."""
    row = None
    try:
        with transaction.atomic():
            row = due().order_by("due_at", "pk").select_for_update(skip_locked=True, of=("self",)).first()
            if row is None:
                return None
            send(row, server)
    except Exception as error:
        # Whatever is wrong with one row (a broken address, a template) must not hold up the others.
        if row is None:
            raise
        _note_failure(model, row.pk, row.attempts, error)
        server.close()
        server.open()
        return False
    return True


def _note_failure(model: type[Notification | OutgoingMail], pk: int, attempts: int, error: Exception) -> None:
    """Try again later, each time after twice the pause; after the last attempt the row waits for a curator."""
    pause = min(FIRST_PAUSE * 2**attempts, LONGEST_PAUSE)
    give_up = attempts + 1 >= MAX_ATTEMPTS
    due_at = timezone.now() + (timedelta(days=36_500) if give_up else pause)
    model._default_manager.filter(pk=pk, delivered_at__isnull=True).update(
        attempts=F("attempts") + 1, last_error=in_short(error), due_at=due_at
    )
    logger.warning("mail failed", row=f"{model.__name__}:{pk}", problem=in_short(error), gave_up=give_up)


def _send_notification(notification: Notification, server: BaseEmailBackend) -> None:
    mail_for(notification, server).send()
    notification.delivered_at = timezone.now()
    notification.save(update_fields=["delivered_at"])


def _send_outgoing(row: OutgoingMail, server: BaseEmailBackend) -> None:
    mail = EmailMultiAlternatives(
        subject=row.subject,
        body=row.text,
        from_email=row.sender,
        to=row.to,
        headers={**row.headers, "Message-ID": message_id("mail", row.pk)},
        connection=server,
    )
    if row.html:
        mail.attach_alternative(row.html, "text/html")
    mail.send()
    row.delivered_at, row.text, row.html = timezone.now(), "", ""
    row.save(update_fields=["delivered_at", "text", "html"])


# --- Digests ----------------------------------------------------------------------------------
def send_digests() -> int:
    """One mail to each person with rows due. Returns the number sent."""
    until = time.monotonic() + BUDGET
    waiting = Notification.objects.undelivered().filter(frequency__in=DIGESTS)
    people = list(waiting.values_list("recipient", flat=True).distinct())
    if not people:
        return 0
    sent = 0
    try:
        with mail_server() as server:
            for person in people:
                if time.monotonic() > until:
                    break
                sent += _send_digest(person, server)
    except OSError as error:
        logger.warning("mail server not reached", problem=in_short(error))
    return sent


def _send_digest(recipient_id: int, server: BaseEmailBackend) -> bool:
    rows: list[Notification] = []
    try:
        with transaction.atomic():
            if not _holds_digest_lock(recipient_id):
                return False
            due = Notification.objects.undelivered().filter(recipient=recipient_id, frequency__in=DIGESTS)
            rows = list(due.order_by("created_at", "pk").select_for_update(of=("self",)))
            unread = [row for row in rows if row.read_at is None]
            if unread:
                digest_for(User.objects.get(pk=recipient_id), unread, server).send()
            Notification.objects.filter(pk__in=[row.pk for row in rows]).update(delivered_at=timezone.now())
    except Exception as error:
        if not rows:
            raise
        for row in rows:
            _note_failure(Notification, row.pk, row.attempts, error)
        server.close()
        server.open()
        return False
    return bool(unread)


def _holds_digest_lock(recipient_id: int) -> bool:
    """One digest at a time for each person, so that two workers never split it in two mails."""
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_DIGEST_LOCK, recipient_id % 2**31])
        return bool(cursor.fetchone()[0])


def purge_sent_mail() -> int:
    """Forget who was mailed what, two weeks after."""
    old = OutgoingMail.objects.filter(delivered_at__lt=timezone.now() - KEEP_SENT)
    return old.delete()[0]
