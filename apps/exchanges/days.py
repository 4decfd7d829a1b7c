"""Days of exchanges begin and end in Brussels, wherever host, guest and reader are (docs/adr/0017-exchanges.md)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone


def today(now: datetime | None = None) -> date:
    """Not ``localdate()``: within a request that is the day of the reader."""
    return timezone.localdate(now or timezone.now(), timezone.get_default_timezone())


def end_of(day: date) -> datetime:
    """Its last minute, as deadlines name it."""
    return datetime.combine(day, time(23, 59), timezone.get_default_timezone())


def end_after(day: date, days: int) -> datetime:
    """When so many days after this one are over."""
    return end_of(day + timedelta(days=days))
