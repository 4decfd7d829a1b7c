"""Writing notifications in the transaction of what they are about, and what people do with them."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, time, timedelta
from itertools import islice

from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.core.events import publish
from apps.notifications.enums import Frequency
from apps.notifications.events import NotificationsWritten
from apps.notifications.kinds import Kind, get_kind
from apps.notifications.models import Message, Notification, Preference, Timing
from apps.notifications.unsubscribing import stop_waiting

CHUNK = 1000
DIGEST_TIME = time(7, 0)  # in the recipient's own time zone
_MONDAY = 0
_PATH = re.compile(r"/(?!/)[^\s\\]*")


@transaction.atomic
def notify(
    kind_code: str,
    *,
    to: Iterable[User] | models.QuerySet[User],
    key: str,
    about: models.Model | None = None,
    url: str = "",
    context: Mapping[str, str | int] | None = None,
) -> int:
    """Write one row for each recipient; a second call with the same key adds none. How many were written.

    ``url`` is a path on this hub, ``context`` plain values that the recipient may see: a ValueError or TypeError
    for anything else. People who left get nothing.
    """
    kind = get_kind(kind_code)
    message = Message(
        kind=kind.code,
        key=key,
        about_type_id=ContentType.objects.get_for_model(about).pk if about else None,
        about_id=str(about.pk) if about else "",
        url=_local(url),
        context=_plain(context or {}),
        created_at=timezone.now(),
    )
    written = due_now = 0
    for chunk in _chunks(_active(to)):
        timings = _timings(kind, chunk)
        written += Notification.objects.write(message, timings)
        due_now += sum(frequency == Frequency.AT_ONCE for _person, frequency, _due in timings)
    if due_now:
        publish(NotificationsWritten(chunks=-(-due_now // CHUNK)))
    return written


def _local(url: str) -> str:
    if url and not _PATH.fullmatch(url):
        raise ValueError("A notification leads to a path on this hub.")
    return url


def _plain(context: Mapping[str, str | int]) -> dict[str, str | int]:
    """Lazy translations would be frozen in the sender's language, and objects could carry what nobody may see."""
    for name, value in context.items():
        if not isinstance(value, str | int):
            raise TypeError(
                f"The context of a notification holds texts and whole numbers: {name} is neither."
            )
    return dict(context)


Person = tuple[int, str]
"""Id and time zone."""


def _active(to: Iterable[User] | models.QuerySet[User]) -> Iterator[Person]:
    """Of a queryset only what is needed is read, and never all of it at once."""
    if isinstance(to, models.QuerySet):
        plain = to if to.query.combinator else to.prefetch_related(None)
        rows = plain.values_list("pk", "time_zone", "is_active").iterator(CHUNK)
        return ((pk, time_zone) for pk, time_zone, is_active in rows if is_active)
    return ((user.pk, user.time_zone) for user in to if user.is_active)


def _chunks(people: Iterator[Person]) -> Iterator[list[Person]]:
    while chunk := list(islice(people, CHUNK)):
        yield chunk


def _timings(kind: Kind, people: list[Person]) -> list[Timing]:
    """How often and when each of them is mailed, by their own choice and their own clock."""
    rows = Preference.objects.filter(kind=kind.code, user__in=[pk for pk, _zone in people])
    chosen = dict(rows.values_list("user", "frequency"))
    now = timezone.now()
    known: dict[tuple[str, str], datetime | None] = {}
    timings = []
    for pk, time_zone in people:
        frequency = chosen.get(pk, str(kind.default_frequency))
        if (frequency, time_zone) not in known:
            known[frequency, time_zone] = next_due(frequency, time_zone, now=now)
        timings.append((pk, frequency, known[frequency, time_zone]))
    return timings


def next_due(frequency: str, time_zone: str, *, now: datetime) -> datetime | None:
    """When a row of this frequency is mailed: now, or the next morning (Monday) of the recipient; None: not at all."""
    if frequency == Frequency.NEVER:
        return None
    if frequency == Frequency.AT_ONCE:
        return now
    local = now.astimezone(_zone(time_zone))
    due = datetime.combine(local.date(), DIGEST_TIME, tzinfo=local.tzinfo)
    while due <= local or (frequency == Frequency.WEEKLY and due.weekday() != _MONDAY):
        due = datetime.combine(due.date() + timedelta(days=1), DIGEST_TIME, tzinfo=local.tzinfo)
    return due


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return zoneinfo.ZoneInfo("Europe/Brussels")


@transaction.atomic
def stop_mail_about(about: models.Model, *, to: User) -> None:
    """Mail nothing of this any more that still waits; the rows stay in the person's list."""
    waiting = Notification.objects.visible_to(to).filter(
        about_type=ContentType.objects.get_for_model(about),
        about_id=str(about.pk),
        delivered_at__isnull=True,
        due_at__isnull=False,
    )
    waiting.free().update(frequency=Frequency.NEVER, due_at=None)


@transaction.atomic
def mark_read(*, notification_id: int, by: User) -> int:
    """Returns how many were marked: none if it was read before, or is being mailed at this moment."""
    one = Notification.objects.visible_to(by).unread().filter(pk=notification_id)
    return one.free().update(read_at=timezone.now())


@transaction.atomic
def mark_all_read(*, by: User) -> int:
    return Notification.objects.visible_to(by).unread().free().update(read_at=timezone.now())


def frequency_for(user: User, kind_code: str) -> Frequency:
    """How often this person is mailed about this kind at present."""
    chosen = Preference.objects.filter(user=user, kind=kind_code).values_list("frequency", flat=True).first()
    return Frequency(chosen or get_kind(kind_code).default_frequency)


@transaction.atomic
def choose_frequency(*, kind_code: str, frequency: str, by: User) -> None:
    """Keep a person's choice for what comes from now on; what waits is mailed as chosen before, unless never."""
    get_kind(kind_code)
    Preference.objects.update_or_create(user=by, kind=kind_code, defaults={"frequency": Frequency(frequency)})
    if frequency == Frequency.NEVER:
        stop_waiting(user_id=by.pk, kind_codes=[kind_code])
