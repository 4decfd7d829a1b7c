"""What the demonstration's hub sent: the mail server of ``make demo`` keeps each message in a Maildir."""

from __future__ import annotations

import mailbox
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Literal

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

_SHOWN = 100


@dataclass(frozen=True)
class Mail:
    key: str
    to: str
    subject: str
    sent_at: datetime
    text: str
    html: str


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
    return render(request, "portal/demo_mail_detail.html", {"mail": _find(key)})


# Mails carry their styles in attributes, which no page of the hub may; so this one may do nothing else.
@csp(  # type: ignore[arg-type]  # its types know views without parts of the address only
    {
        "default-src": [NONE],
        "style-src": [UNSAFE_INLINE],
        "base-uri": [NONE],
        "form-action": [NONE],
        "frame-ancestors": [SELF],
        "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
    }
)
@xframe_options_sameorigin
@never_cache
@require_safe
def mail_html(request: HttpRequest, key: str) -> HttpResponse:
    """The part of a message that mail programs show, for the frame on its page."""
    _require_demo()
    mail = _find(key)
    if not mail.html:
        raise Http404
    return HttpResponse(mail.html)


def _find(key: str) -> Mail:
    mail = next((mail for mail in read_all() if mail.key == key), None)
    if mail is None:
        raise Http404
    return mail


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
        text=_part(message, "plain"),
        html=_part(message, "html"),
    )


def _sent_at(message: EmailMessage) -> datetime:
    try:
        sent = parsedate_to_datetime(str(message["Date"]))
    except (TypeError, ValueError):
        return timezone.now()
    # "-0000", as Django writes it, is a time in UTC that says nothing of the sender's clock.
    return sent if sent.tzinfo else sent.replace(tzinfo=UTC)


def _part(message: EmailMessage, kind: Literal["plain", "html"]) -> str:
    body = message.get_body(preferencelist=(kind,))
    return str(body.get_content()) if body else ""
