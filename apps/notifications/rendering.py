"""A notification in its recipient's words: language, time zone, and one layout for all mail."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.models import User
from apps.notifications import unsubscribing
from apps.notifications.kinds import find_kind
from apps.notifications.models import Notification
from apps.notifications.transport import message_id


@dataclass(frozen=True)
class Rendered:
    subject: str
    body: str
    url: str


def language_of(user: User) -> str:
    """The person's language where the hub speaks it, else its own."""
    known = {code for code, _name in settings.LANGUAGES}
    return user.language if user.language in known else settings.LANGUAGE_CODE


@contextmanager
def in_words_of(user: User) -> Iterator[None]:
    try:
        zone: zoneinfo.ZoneInfo | None = zoneinfo.ZoneInfo(user.time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        zone = None
    with translation.override(language_of(user)), timezone.override(zone):
        yield


def withheld(notifications: Iterable[Notification]) -> set[int]:
    """The ids of those that tell of something that was public when they were written and is not now."""
    by_kind: dict[str, list[Notification]] = {}
    for notification in notifications:
        by_kind.setdefault(notification.kind, []).append(notification)
    found: set[int] = set()
    for code, rows in by_kind.items():
        kind = find_kind(code)
        if kind and kind.still_public:
            public = kind.still_public(rows)
            found |= {row.pk for row in rows if row.pk not in public}
    return found


def subject_of(notification: Notification) -> str:
    """One line, in the language that is active."""
    kind = find_kind(notification.kind)
    if kind is None:
        return _("A notification that this hub no longer knows")
    return " ".join(render_to_string(kind.subject_template, _context(notification)).split())


def rendered(notification: Notification) -> Rendered:
    kind = find_kind(notification.kind)
    body = render_to_string(kind.body_template, _context(notification)).strip() if kind else ""
    return Rendered(subject=subject_of(notification), body=body, url=absolute(notification.url))


def _context(notification: Notification) -> dict[str, Any]:
    return {**notification.context, "url": absolute(notification.url), "site_name": settings.SITE_NAME}


def absolute(path: str) -> str:
    return f"{settings.SITE_URL}{path}" if path.startswith("/") else ""


def mail_for(notification: Notification, connection: BaseEmailBackend) -> EmailMultiAlternatives:
    """The mail about one event."""
    recipient = notification.recipient
    with in_words_of(recipient):
        item = rendered(notification)
        return _mail(
            recipient,
            subject=item.subject,
            items=[item],
            template="emails/notification",
            unsubscribe=unsubscribing.path_for(recipient, notification.kind),
            message_id=message_id("notification", notification.pk),
            connection=connection,
        )


def digest_for(
    recipient: User, notifications: Sequence[Notification], connection: BaseEmailBackend
) -> EmailMultiAlternatives:
    """The mail about everything that a day or week brought; its id is that of its last row."""
    with in_words_of(recipient):
        items = [rendered(notification) for notification in notifications]
        count = len(items)
        subject = ngettext("%(site)s: %(count)d notification", "%(site)s: %(count)d notifications", count) % {
            "site": settings.SITE_NAME,
            "count": count,
        }
        return _mail(
            recipient,
            subject=subject,
            items=items,
            template="emails/digest",
            unsubscribe=unsubscribing.path_for(recipient, unsubscribing.DIGEST),
            message_id=message_id("digest", max(notification.pk for notification in notifications)),
            connection=connection,
        )


def _mail(
    recipient: User,
    *,
    subject: str,
    items: list[Rendered],
    template: str,
    unsubscribe: str,
    message_id: str,
    connection: BaseEmailBackend,
) -> EmailMultiAlternatives:
    context = {
        "items": items,
        "subject": subject,
        "recipient": recipient,
        "language": language_of(recipient),
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "settings_url": absolute(reverse("notifications:settings")),
        "unsubscribe_url": absolute(unsubscribe),
    }
    mail = EmailMultiAlternatives(
        subject=subject,
        body=render_to_string(f"{template}.txt", context),
        to=[recipient.email],
        headers={
            "Message-ID": message_id,
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<{absolute(unsubscribe)}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        connection=connection,
    )
    mail.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    return mail
