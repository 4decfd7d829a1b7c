"""``apps.core.formats`` for templates. An empty value stays empty, as with Django's own filters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django import template

from apps.core import formats

register = template.Library()


def _or_empty(write: Callable[[Any], str]) -> Callable[[Any], str]:
    def written(value: Any) -> str:
        return "" if value in (None, "") else write(value)

    return written


for _write in (
    formats.day,
    formats.short_day,
    formats.moment,
    formats.deadline,
    formats.number,
    formats.percent,
    formats.how_long,
):
    register.filter(_write.__name__, _or_empty(_write))


@register.filter
def deadline_of(text: str) -> str:
    """Of a moment that is kept as text, as notifications do: ``datetime.isoformat()``."""
    return formats.deadline(datetime.fromisoformat(text)) if text else ""


@register.filter
def money(amount: Any, currency: str) -> str:
    return "" if amount in (None, "") else formats.money(amount, currency)


@register.simple_tag
def days(first: date | None, last: date | None) -> str:
    """A period, both ends included."""
    return formats.days(first, last) if first and last else ""
