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


def test_nothing_stays_empty() -> None:
    page = Template("{% load formats %}[{{ a|day }}{{ a|moment }}{{ b|number }}{{ b|money:'EUR' }}]")
    assert page.render(Context({"a": None, "b": ""})) == "[]"


def test_forms_and_admin_write_the_same_english() -> None:
    assert date_format(date(2026, 11, 5), "DATE_FORMAT") == formats.day(date(2026, 11, 5))
    assert date_format(LATE, "DATETIME_FORMAT") == "5 November 2026, 23:30"


def test_languages_are_called_by_their_names() -> None:
    with translation.override("de"):
        names = [formats.language_name(code) for code in ("mt", "de", "xx-unknown")]
    assert names == ["Maltesisch", "Deutsch", "xx-unknown"]
