"""The mail server, as the deliveries use it."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

SMTP_TIMEOUT = 15  # seconds; a row stays locked while its mail is handed over


@contextmanager
def mail_server() -> Iterator[BaseEmailBackend]:
    """One open connection for a run of mails. Raises OSError (SMTPException is one) when the server is away."""
    connection = get_connection(settings.MAIL_TRANSPORT)
    if hasattr(connection, "timeout"):
        connection.timeout = SMTP_TIMEOUT
    connection.open()
    try:
        yield connection
    finally:
        connection.close()


def message_id(kind: str, pk: int) -> str:
    """Derived from the row, so that a repeated mail carries the same id."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{kind}-{pk}@{domain}>"


def hand_over(mail: EmailMessage) -> None:
    """Send, or raise: a backend that took nothing and said nothing has not sent."""
    if not mail.send():
        raise smtplib.SMTPException


def in_short(error: Exception) -> str:
    """The kind of a problem without the server's words, which can hold an address."""
    code = getattr(error, "smtp_code", "")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = next((answer[0] for answer in error.recipients.values()), "")
    return f"{type(error).__name__} {code}".strip()[:200]
