"""Django's mail functions, writing rows: a page never waits for a mail server. See docs/adr/0006-mail-outbox.md."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from apps.core.events import publish
from apps.notifications.events import MailQueued
from apps.notifications.models import OutgoingMail


class QueuedEmailBackend(BaseEmailBackend):
    """Write each message into the outbox, in the caller's transaction."""

    @transaction.atomic
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        rows = [_row(message) for message in email_messages if message.recipients()]
        OutgoingMail.objects.bulk_create(rows)
        publish(MailQueued())
        return len(rows)


def _row(message: EmailMessage) -> OutgoingMail:
    if message.attachments:
        raise NotImplementedError("The outbox holds texts only.")
    html = ""
    if isinstance(message, EmailMultiAlternatives):
        html = next((str(part[0]) for part in message.alternatives if part[1] == "text/html"), "")
    return OutgoingMail(
        sender=message.from_email,
        to=message.recipients(),
        subject=" ".join(str(message.subject).split()),
        text=str(message.body),
        html=html,
        headers={name: str(value) for name, value in message.extra_headers.items()},
    )
