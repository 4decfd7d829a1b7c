"""Dates, numbers and money as people write them in the language of the page, by CLDR (Babel).

Django's own formats know neither Maltese nor money, and write English dates the American way. What stands in a page or
an e-mail goes through here; ``FORMAT_MODULE_PATH`` gives Django's forms and admin the same English.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import (
    format_date,
    format_interval,
    format_skeleton,
    format_time,
    get_datetime_format,
    get_timezone_location,
)
from babel.numbers import format_currency, format_decimal, format_percent
from babel.units import format_unit
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _

# The hub's English is that of Europe's institutions.
EUROPEAN_ENGLISH = "en_GB"
_STEP = 1024


def page_locale() -> Locale:
    """That of the language in force; European English where there is none or CLDR does not know it."""
    return _locale(get_language() or "en")


@lru_cache(maxsize=100)
def _locale(language: str) -> Locale:
    try:
        locale = Locale.parse(to_locale(language))
    except (UnknownLocaleError, ValueError):
        return Locale.parse(EUROPEAN_ENGLISH)
    return Locale.parse(EUROPEAN_ENGLISH) if locale.language == "en" else locale


def day(value: date) -> str:
    """As in "5 November 2026"; of a moment, the day it has in the reader's time zone."""
    return format_date(_in_zone(value), "long", locale=page_locale())


def short_day(value: date) -> str:
    """As in "5 Nov 2026", where there is little room."""
    return format_date(_in_zone(value), "medium", locale=page_locale())


def moment(value: datetime) -> str:
    """As in "5 November 2026, 14:03", in the reader's time zone; no seconds, nobody decides by them."""
    locale, local = page_locale(), timezone.localtime(value)
    pattern = get_datetime_format("long", locale=locale)
    return str(pattern).format(
        format_time(local.time(), "short", locale=locale), format_date(local.date(), "long", locale=locale)
    )


def deadline(value: datetime) -> str:
    """As in "30 November 2026, 17:00 (Brussels time)": who reads it elsewhere must not be late by an hour."""
    return _("%(moment)s (%(zone)s)") % {"moment": moment(value), "zone": zone()}


def zone() -> str:
    """The time zone in force, by the name of its city: "Brussels time"."""
    city = get_timezone_location(timezone.get_current_timezone(), locale=page_locale(), return_city=True)
    return _("%(city)s time") % {"city": city}


def days(first: date, last: date) -> str:
    """A period, both ends included, as short as the language writes it."""
    return format_interval(first, last, "yMMMd", locale=page_locale())


def month(year: int, number: int) -> str:
    """As in "November 2026"."""
    return format_skeleton("yMMMM", date(year, number, 1), locale=page_locale())


def file_size(size: int) -> str:
    """As in "50 MB": one decimal at most, and none where there is nothing in it; 1 KB is 1024 bytes as in Django."""
    value, unit = float(size), "byte"
    for larger in ("kilobyte", "megabyte", "gigabyte"):
        if value < _STEP:
            break
        value, unit = value / _STEP, larger
    written = format_unit(round(value, 1), f"digital-{unit}", "short", locale=page_locale())
    return written.replace(" ", "\N{NO-BREAK SPACE}")


def how_long(since: datetime, *, depth: int = 2) -> str:
    """As in "2 days, 3 hours"; empty for less than a minute, of which one says "just now"."""
    return timesince(since, depth=depth) if timezone.now() - since >= timedelta(minutes=1) else ""


def number(value: float | Decimal) -> str:
    """With the language's marks for thousands and decimals; at most three decimals."""
    return format_decimal(value, locale=page_locale())


def percent(share: float | Decimal) -> str:
    """A share of 1 in whole per cent."""
    return format_percent(share, locale=page_locale())


def money(amount: Decimal | int, currency: str) -> str:
    """With as many decimals as the currency has; ``currency`` is its ISO 4217 code."""
    return format_currency(amount, currency, locale=page_locale())


def language_name(code: str) -> str:
    """As in "German", of an ISO 639-1 code; the code itself where CLDR does not know it."""
    return str(page_locale().languages.get(code, code))


def _in_zone(value: date) -> date:
    return timezone.localtime(value).date() if isinstance(value, datetime) else value
