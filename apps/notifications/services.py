"""Writing notifications in the transaction of what they are about, and what people do with them."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from itertools import islice

from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.core.events import publish
from apps.notifications.enums import Frequency
from apps.notifications.events import MailQueued
from apps.notifications.kinds import Kind, get_kind
from apps.notifications.models import Notification, Preference

CHUNK = 1000
DIGEST_TIME = time(7, 0)  # in the recipient's own time zone
_MONDAY = 0


@transaction.atomic
def notify(
    kind_code: str,
    *,
    to: Iterable[User] | models.QuerySet[User],
    key: str,
    about: models.Model | None = None,
    url: str = "",
    context: dict[str, str | int] | None = None,
) -> None:
    """Write one row for each recipient; a second call with the same key adds none.

    ``url`` is a path on this hub, ``context`` plain values that the recipient may see. People who left get nothing.
    """
    kind = get_kind(kind_code)
    values = {
        "kind": kind.code,
        "key": key,
        "about_type": ContentType.objects.get_for_model(about) if about else None,
        "about_id": str(about.pk) if about else "",
        "url": url,
        "context": context or {},
        "created_at": timezone.now(),
    }
    people = to.iterator(CHUNK) if isinstance(to, models.QuerySet) else iter(to)
    for chunk in _chunks(user for user in people if user.is_active):
        chosen = _chosen_frequencies(kind, chunk)
        Notification.objects.bulk_create(
            [_row(user, chosen.get(user.pk, kind.default_frequency), values) for user in chunk],
            ignore_conflicts=True,
        )
    publish(MailQueued())


def _chunks(people: Iterator[User]) -> Iterator[list[User]]:
    while chunk := list(islice(people, CHUNK)):
        yield chunk


def _chosen_frequencies(kind: Kind, users: list[User]) -> dict[int, str]:
    chosen = Preference.objects.filter(kind=kind.code, user__in=[user.pk for user in users])
    return dict(chosen.values_list("user", "frequency"))


def _row(user: User, frequency: str, values: dict[str, object]) -> Notification:
    now = timezone.now()
    return Notification(
        recipient=user, frequency=frequency, due_at=next_due(frequency, user.time_zone, now=now), **values
    )


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
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("Europe/Brussels")


def mark_read(*, notification_id: int, by: User) -> Notification:
    notification = Notification.objects.visible_to(by).get(pk=notification_id)
    if notification.read_at is None:
        notification.read_at = timezone.now()
        notification.save(update_fields=["read_at"])
    return notification


def mark_all_read(*, by: User) -> int:
    return Notification.objects.visible_to(by).unread().update(read_at=timezone.now())


@transaction.atomic
def choose_frequency(*, kind_code: str, frequency: str, by: User) -> None:
    """Keep a person's choice for what comes from now on; what waits for a digest still comes with it."""
    get_kind(kind_code)
    Preference.objects.update_or_create(user=by, kind=kind_code, defaults={"frequency": Frequency(frequency)})
