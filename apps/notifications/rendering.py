"""A notification in its recipient's words: language, time zone, and one layout for all mail."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
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
from apps.core.mails import MailItem, write_mail
from apps.notifications import unsubscribing
from apps.notifications.kinds import Kind, find_kind
from apps.notifications.models import Notification
from apps.notifications.transport import message_id


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
    return _dropped(notifications, lambda kind: kind.still_public)


def not_to_mail(notifications: Iterable[Notification]) -> set[int]:
    """The ids of those that are withheld, or ask for something that is done already."""
    rows = list(notifications)
    return withheld(rows) | _dropped(rows, lambda kind: kind.still_open)


def _dropped(
    notifications: Iterable[Notification],
    check_of: Callable[[Kind], Callable[[Sequence[Notification]], Container[int]] | None],
) -> set[int]:
    by_kind: dict[str, list[Notification]] = {}
    for notification in notifications:
        by_kind.setdefault(notification.kind, []).append(notification)
    found: set[int] = set()
    for code, rows in by_kind.items():
        kind = find_kind(code)
        check = check_of(kind) if kind else None
        if check:
            kept = check(rows)
            found |= {row.pk for row in rows if row.pk not in kept}
    return found


def subject_of(notification: Notification) -> str:
    """One line, in the language that is active."""
    kind = find_kind(notification.kind)
    if kind is None:
        return _("A notification that this hub no longer knows")
    return " ".join(render_to_string(kind.subject_template, _context(notification)).split())


def rendered(notification: Notification) -> MailItem:
    kind = find_kind(notification.kind)
    body = render_to_string(kind.body_template, _context(notification)).strip() if kind else ""
    return MailItem(
        subject=subject_of(notification),
        body=body,
        url=absolute(notification.url),
        action=_("Open in the hub"),
    )


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
            why=_why_at_once(notification),
            unsubscribe=unsubscribing.path_for(recipient, notification.kind),
            message_id=message_id("notification", notification.pk),
            connection=connection,
        )


def _why_at_once(notification: Notification) -> str:
    kind = find_kind(notification.kind)
    return _(
        "You get this mail because you have an account on %(site)s. You are mailed at once: %(kind)s."
    ) % {
        "site": settings.SITE_NAME,
        "kind": kind.label if kind else notification.kind,
    }


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
        why = _(
            "You get this mail because you have an account on %(site)s. It collects what you are told once a day or "
            "once a week."
        )
        return _mail(
            recipient,
            subject=subject,
            items=items,
            why=why % {"site": settings.SITE_NAME},
            unsubscribe=unsubscribing.path_for(recipient, unsubscribing.DIGEST),
            message_id=message_id("digest", max(notification.pk for notification in notifications)),
            connection=connection,
        )


def _mail(
    recipient: User,
    *,
    subject: str,
    items: list[MailItem],
    why: str,
    unsubscribe: str,
    message_id: str,
    connection: BaseEmailBackend,
) -> EmailMultiAlternatives:
    links = [
        (_("Change how often you are mailed"), absolute(reverse("notifications:settings"))),
        (_("No more of these mails"), absolute(unsubscribe)),
    ]
    text, html = write_mail(subject=subject, items=items, why=why, links=links)
    mail = EmailMultiAlternatives(
        subject=subject,
        body=text,
        to=[recipient.email],
        headers={
            "Message-ID": message_id,
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<{absolute(unsubscribe)}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        connection=connection,
    )
    mail.attach_alternative(html, "text/html")
    return mail
