"""Dates, numbers and money are written as the language of the page writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.template import Context, Template
from django.utils import timezone, translation
from django.utils.formats import date_format

from apps.core import formats

LATE = datetime(2026, 11, 5, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "day", "number", "share", "price"),
    [
        ("en", "5 November 2026", "12,345.6", "73%", "€12,345.60"),
        ("de", "5. November 2026", "12.345,6", "73\N{NO-BREAK SPACE}%", "12.345,60\N{NO-BREAK SPACE}€"),
        ("mt", "5 ta\N{RIGHT SINGLE QUOTATION MARK} Novembru 2026", "12,345.6", "73%", "€12,345.60"),
    ],
)
def test_language_decides(language: str, day: str, number: str, share: str, price: str) -> None:
    with translation.override(language):
        assert formats.day(date(2026, 11, 5)) == day
        assert formats.number(12345.6) == number
        assert formats.percent(0.73) == share
        assert formats.money(Decimal("12345.60"), "EUR") == price


def test_language_unknown_to_cldr_gets_english() -> None:
    with translation.override("en-x-hub"):
        assert formats.day(date(2026, 11, 5)) == "5 November 2026"


def test_moment_is_told_in_the_readers_zone() -> None:
    with timezone.override("Europe/Bucharest"):
        assert formats.moment(LATE) == "6 November 2026, 01:30"
        assert formats.day(LATE) == "6 November 2026"
        assert formats.short_day(LATE) == "6 Nov 2026"


@pytest.mark.parametrize(
    ("language", "zone", "told"),
    [
        ("en", "Europe/Brussels", "6 November 2026, 00:30 (Brussels time)"),
        ("en", "Europe/Bucharest", "6 November 2026, 01:30 (Bucharest time)"),
        ("en", "UTC", "5 November 2026, 23:30 (UTC time)"),
        ("de", "Europe/Brussels", "6. November 2026, 00:30 (Brüssel time)"),
        ("mt", "America/New_York", "5 ta\N{RIGHT SINGLE QUOTATION MARK} Novembru 2026 18:30 (New York time)"),
    ],
)
def test_deadline_names_the_readers_zone(language: str, zone: str, told: str) -> None:
    with translation.override(language), timezone.override(zone):
        assert formats.deadline(LATE) == told


def test_days_are_told_as_short_as_the_language_does() -> None:
    assert formats.days(date(2026, 11, 3), date(2026, 11, 14)) == "3\N{EN DASH}14 Nov 2026"
    assert formats.days(date(2026, 11, 3), date(2026, 11, 3)) == "3 Nov 2026"
    assert (
        formats.days(date(2026, 11, 30), date(2027, 1, 2))
        == "30 Nov 2026\N{THIN SPACE}\N{EN DASH}\N{THIN SPACE}2 Jan 2027"
    )


def test_nothing_stays_empty() -> None:
    page = Template(
        "{% load formats %}[{{ a|day }}{{ a|moment }}{{ a|deadline }}{{ b|number }}{{ b|money:'EUR' }}]"
    )
    assert page.render(Context({"a": None, "b": ""})) == "[]"


def test_forms_and_admin_write_the_same_english() -> None:
    assert date_format(date(2026, 11, 5), "DATE_FORMAT") == formats.day(date(2026, 11, 5))
    assert date_format(LATE, "DATETIME_FORMAT") == "5 November 2026, 23:30"


def test_languages_are_called_by_their_names() -> None:
    with translation.override("de"):
        names = [formats.language_name(code) for code in ("mt", "de", "xx-unknown")]
    assert names == ["Maltesisch", "Deutsch", "xx-unknown"]
