"""Handing rows to the mail server, one lock for each mail. See docs/adr/0004-one-notification-row-one-lock.md."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection as database
from django.db import models, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.notifications.enums import DIGESTS, Frequency
from apps.notifications.models import Notification, OutgoingMail
from apps.notifications.rendering import digest_for, mail_for, not_to_mail
from apps.notifications.transport import hand_over, in_short, mail_server, message_id

logger = structlog.get_logger(__name__)

BUDGET = 20.0  # seconds of one run; the next one goes on with what is left
MAX_ATTEMPTS = 12  # the last about two days after the first
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=12)
_DIGEST_LOCK = 7_301_984  # the class of the advisory locks of digests


@dataclass(frozen=True)
class Run:
    """What one run did; ``has_more``: its time was up before the work was."""

    sent: int = 0
    has_more: bool = False


# --- One row, one mail ------------------------------------------------------------------------
def deliver_notifications() -> Run:
    """Send every notification that is due and not meant for a digest."""
    return _drain(_due_notifications, _send_notification)


def deliver_outgoing() -> Run:
    """Send every mail that is no notification: confirmations, passwords."""
    return _drain(OutgoingMail.objects.undelivered, _send_outgoing)


def _due_notifications() -> models.QuerySet[Notification]:
    due = Notification.objects.undelivered().filter(frequency=Frequency.AT_ONCE)
    return due.select_related("recipient")


def _drain(due: Callable[[], models.QuerySet[Any]], send: Callable[[Any, BaseEmailBackend], None]) -> Run:
    """Send what is due over one connection. With the server away no row is touched: the sweep comes again."""
    if not due().exists():
        return Run()
    until = time.monotonic() + BUDGET
    sent = 0
    try:
        with mail_server() as server:
            while time.monotonic() < until:
                outcome = _send_next(due, send, server)
                if outcome is None:
                    return Run(sent)
                sent += outcome
    except OSError as error:
        logger.warning("mail server not reached", problem=in_short(error))
        return Run(sent)
    return Run(sent, has_more=True)


def _send_next(
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
        _note_failure(type(row), [row], error)
        _begin_anew(server)
        return False
    return True


def _send_notification(notification: Notification, server: BaseEmailBackend) -> None:
    if not not_to_mail([notification]):
        hand_over(mail_for(notification, server))
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
    hand_over(mail)
    row.delivered_at, row.text, row.html = timezone.now(), "", ""
    row.save(update_fields=["delivered_at", "text", "html"])


# --- When it fails ----------------------------------------------------------------------------
def _note_failure(model: type[Notification | OutgoingMail], rows: list[Any], error: Exception) -> None:
    """Try again later, each time after twice the pause; after the last attempt the rows wait for a curator.

    The rows of one digest keep one time, so that they stay one mail.
    """
    attempts = max(row.attempts for row in rows) + 1
    pause = min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE)
    has_given_up = attempts >= MAX_ATTEMPTS
    # A row that has no "due" any more was unsubscribed from meanwhile.
    waiting = model._default_manager.filter(
        pk__in=[row.pk for row in rows], delivered_at__isnull=True, due_at__isnull=False
    )
    waiting.update(
        attempts=attempts,
        last_error=in_short(error),
        due_at=timezone.now() + pause,
        gave_up_at=timezone.now() if has_given_up else None,
    )
    logger.warning(
        "mail failed",
        rows=[f"{model.__name__}:{row.pk}" for row in rows],
        problem=in_short(error),
        gave_up=has_given_up,
    )


def _begin_anew(server: BaseEmailBackend) -> None:
    """After a failure the conversation with the server can stand anywhere. Raises OSError if it is away."""
    server.close()
    server.open()


# --- Digests ----------------------------------------------------------------------------------
def send_digests() -> Run:
    """One mail to each person with rows due."""
    waiting = _due_for_digest().order_by().values_list("recipient", flat=True).distinct()
    people = list(waiting)
    if not people:
        return Run()
    until = time.monotonic() + BUDGET
    sent = 0
    try:
        with mail_server() as server:
            for person in people:
                if time.monotonic() >= until:
                    return Run(sent, has_more=True)
                sent += _send_digest(person, server)
    except OSError as error:
        logger.warning("mail server not reached", problem=in_short(error))
    return Run(sent)


def _due_for_digest() -> models.QuerySet[Notification]:
    return Notification.objects.undelivered().filter(frequency__in=DIGESTS)


def _send_digest(recipient_id: int, server: BaseEmailBackend) -> bool:
    """All that is due to one person in one mail, without what was read, is not public now or is done already."""
    rows: list[Notification] = []
    news: list[Notification] = []
    try:
        with transaction.atomic():
            if not _holds_digest_lock(recipient_id):
                return False
            due = _due_for_digest().filter(recipient=recipient_id)
            rows = list(due.order_by("created_at", "pk").select_for_update(of=("self",)))
            hidden = not_to_mail(rows)
            news = [row for row in rows if row.read_at is None and row.pk not in hidden]
            if news:
                hand_over(digest_for(User.objects.get(pk=recipient_id), news, server))
            Notification.objects.filter(pk__in=[row.pk for row in rows]).update(delivered_at=timezone.now())
    except Exception as error:
        if not rows:
            raise
        _note_failure(Notification, rows, error)
        _begin_anew(server)
        return False
    return bool(news)


def _holds_digest_lock(recipient_id: int) -> bool:
    """One digest at a time for each person, so that two workers never split it in two mails."""
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_DIGEST_LOCK, recipient_id % 2**31])
        return bool(cursor.fetchone()[0])
