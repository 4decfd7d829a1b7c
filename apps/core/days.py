"""The days that the hub takes. What lies outside is a slip of the keyboard, and some of it no clock can show."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)
# As moments, which every zone shows as a day of the years 1999 to 2101.
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 12, 31, tzinfo=UTC)
_OUTSIDE = _("Please give a day between the years 2000 and 2100.")

DAYS = (MinValueValidator(EARLIEST, _OUTSIDE), MaxValueValidator(LATEST, _OUTSIDE))
MOMENTS = (MinValueValidator(_FIRST, _OUTSIDE), MaxValueValidator(_LAST, _OUTSIDE))


def days_within(*names: str) -> Q:
    """For a constraint: each of these dates lies in these years, or is not set."""
    return _all_within(names, EARLIEST, LATEST)


def moments_within(*names: str) -> Q:
    """As ``days_within``, of moments."""
    return _all_within(names, _FIRST, _LAST)


def _all_within(names: tuple[str, ...], first: date, last: date) -> Q:
    found = Q()
    for name in names:
        found &= Q(**{f"{name}__range": (first, last)}) | Q(**{f"{name}__isnull": True})
    return found
