"""What the demonstration's hub sent: the mail server of ``make demo`` keeps each message in a Maildir."""

from __future__ import annotations

import mailbox
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

_SHOWN = 100


@dataclass(frozen=True)
class Mail:
    key: str
    to: str
    subject: str
    sent_at: datetime
    text: str


@never_cache
@require_safe
def mail_list(request: HttpRequest) -> HttpResponse:
    _require_demo()
    found = sorted(read_all(), key=lambda mail: mail.sent_at, reverse=True)[:_SHOWN]
    return render(request, "portal/demo_mail_list.html", {"mails": found})


@never_cache
@require_safe
def mail_detail(request: HttpRequest, key: str) -> HttpResponse:
    _require_demo()
    mail = next((mail for mail in read_all() if mail.key == key), None)
    if mail is None:
        raise Http404
    return render(request, "portal/demo_mail_detail.html", {"mail": mail})


def _require_demo() -> None:
    """Everybody's mail, so only ever on a machine that shows invented people."""
    if not settings.DEMO or not settings.DEMO_MAIL_DIR:
        raise Http404


def read_all() -> list[Mail]:
    folder = Path(settings.DEMO_MAIL_DIR)
    if not folder.is_dir():
        return []
    box = mailbox.Maildir(folder, create=False)
    return [_mail(key, box.get_bytes(key)) for key in box.keys()]  # noqa: SIM118 - a Maildir iterates messages


def _mail(key: str, content: bytes) -> Mail:
    message = message_from_bytes(content, policy=policy.default)
    return Mail(
        key=key,
        to=str(message["To"] or ""),
        subject=str(message["Subject"] or ""),
        sent_at=_sent_at(message),
        text=_text(message),
    )


def _sent_at(message: EmailMessage) -> datetime:
    try:
        sent = parsedate_to_datetime(str(message["Date"]))
    except (TypeError, ValueError):
        return timezone.now()
    return sent if sent.tzinfo else sent.replace(tzinfo=timezone.get_default_timezone())


def _text(message: EmailMessage) -> str:
    body = message.get_body(preferencelist=("plain",))
    return str(body.get_content()) if body else ""
