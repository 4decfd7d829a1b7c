"""Writing notifications in the transaction of what they are about, and what people do with them."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, time, timedelta
from functools import partial
from itertools import islice

from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.core.events import publish
from apps.notifications.enums import Frequency
from apps.notifications.events import NotificationsWritten
from apps.notifications.kinds import Kind, get_kind
from apps.notifications.models import Notification, Preference
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
) -> None:
    """Write one row for each recipient; a second call with the same key adds none.

    ``url`` is a path on this hub, ``context`` plain values that the recipient may see: a ValueError or TypeError
    for anything else. People who left get nothing.
    """
    kind = get_kind(kind_code)
    make_row = partial(
        Notification,
        kind=kind.code,
        key=key,
        about_type=ContentType.objects.get_for_model(about) if about else None,
        about_id=str(about.pk) if about else "",
        url=_local(url),
        context=_plain(context or {}),
        created_at=timezone.now(),
    )
    people = to.iterator(CHUNK) if isinstance(to, models.QuerySet) else iter(to)
    due_now = 0
    for chunk in _chunks(user for user in people if user.is_active):
        rows = [make_row(recipient=user, **timing) for user, timing in _timings(kind, chunk)]
        Notification.objects.bulk_create(rows, ignore_conflicts=True)
        due_now += sum(row.frequency == Frequency.AT_ONCE for row in rows)
    if due_now:
        publish(NotificationsWritten(chunks=-(-due_now // CHUNK)))


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


def _chunks(people: Iterator[User]) -> Iterator[list[User]]:
    while chunk := list(islice(people, CHUNK)):
        yield chunk


def _timings(kind: Kind, users: list[User]) -> Iterator[tuple[User, dict[str, object]]]:
    """How often and when each of them is mailed, by their own choice and their own clock."""
    rows = Preference.objects.filter(kind=kind.code, user__in=[user.pk for user in users])
    chosen = dict(rows.values_list("user", "frequency"))
    now = timezone.now()
    due: dict[tuple[str, str], datetime | None] = {}
    for user in users:
        frequency = chosen.get(user.pk, kind.default_frequency)
        place = (frequency, user.time_zone)
        if place not in due:
            due[place] = next_due(frequency, user.time_zone, now=now)
        yield user, {"frequency": frequency, "due_at": due[place]}


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


@transaction.atomic
def choose_frequency(*, kind_code: str, frequency: str, by: User) -> None:
    """Keep a person's choice for what comes from now on; what waits is mailed as chosen before, unless never."""
    get_kind(kind_code)
    Preference.objects.update_or_create(user=by, kind=kind_code, defaults={"frequency": Frequency(frequency)})
    if frequency == Frequency.NEVER:
        stop_waiting(user_id=by.pk, kind_codes=[kind_code])
