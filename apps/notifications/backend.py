"""Django's mail functions, writing rows: a page never waits for a mail server. See docs/adr/0006-mail-outbox.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from apps.core.events import publish
from apps.notifications.events import MailQueued
from apps.notifications.models import OutgoingMail

_MAX_SUBJECT = 400


class QueuedEmailBackend(BaseEmailBackend):
    """Write each message into the outbox, in the caller's transaction."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Returns the number of messages that were taken; a message without a recipient is none."""
        taken = [message for message in email_messages if message.recipients()]
        rows = [row for message in taken for row in _rows(message)]
        with transaction.atomic():
            OutgoingMail.objects.bulk_create(rows)
            if rows:
                publish(MailQueued())
        return len(taken)


def _rows(message: EmailMessage) -> Iterator[OutgoingMail]:
    """One for those who may see each other, and one for each hidden recipient."""
    if message.attachments:
        raise NotImplementedError("The outbox holds texts only.")
    together = [*message.to, *message.cc]
    for to in ([together] if together else []) + [[address] for address in message.bcc]:
        yield _row(message, to)


def _row(message: EmailMessage, to: list[str]) -> OutgoingMail:
    html = ""
    if isinstance(message, EmailMultiAlternatives):
        html = next((str(part[0]) for part in message.alternatives if part[1] == "text/html"), "")
    headers = {name: str(value) for name, value in message.extra_headers.items()}
    if message.reply_to:
        headers["Reply-To"] = ", ".join(message.reply_to)
    return OutgoingMail(
        sender=message.from_email,
        to=to,
        subject=" ".join(str(message.subject).split())[:_MAX_SUBJECT],
        text=str(message.body),
        html=html,
        headers=headers,
    )
