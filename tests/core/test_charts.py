"""Charts put numbers where they belong, leave gaps where nobody knows, and say the same in a table."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
from django.template import Context, Template
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from apps.core.charts import (
    MOST_SERIES,
    TILES,
    BarChart,
    Chart,
    Country,
    LineChart,
    RadarChart,
    Series,
    TileMap,
    scale_for,
)
from apps.taxonomy.models import Country as KnownCountry

NUMBERS = st.floats(min_value=-1e9, max_value=1e9, allow_nan=False).map(lambda value: round(value, 3))


def _drawn(tag: str, chart: Any) -> str:
    return Template(f"{{% load charts %}}{{% {tag} chart %}}").render(Context({"chart": chart}))


# --- Scales ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("values", "from_zero", "ticks"),
    [
        ([0, 97], True, (0, 25, 50, 75, 100)),
        ([98, 117], False, (95, 100, 105, 110, 115, 120)),
        ([-2, 4.5], True, (-2, 0, 2, 4, 6)),
        ([0.001, 0.003], True, (0, 0.001, 0.002, 0.003)),
        ([], True, (0, 0.25, 0.5, 0.75, 1)),
        ([0, 0], True, (0, 0.25, 0.5, 0.75, 1)),
    ],
)
def test_axis_has_round_numbers(values: list[float], from_zero: bool, ticks: tuple[float, ...]) -> None:
    assert scale_for(values, from_zero=from_zero).ticks == ticks


@given(st.lists(NUMBERS, max_size=30), st.booleans())
def test_axis_holds_every_value_in_few_even_steps(values: list[float], from_zero: bool) -> None:
    scale = scale_for(values, from_zero=from_zero)
    tolerance = 1e-6 * max(1.0, abs(scale.low), abs(scale.high))

    assert all(scale.low - tolerance <= value <= scale.high + tolerance for value in values)
    assert 2 <= len(scale.ticks) <= 9
    if from_zero:
        assert 0 in scale.ticks


# --- What cannot be drawn -------------------------------------------------------------------------
@pytest.mark.parametrize(
    "series",
    [
        [],
        [Series("a", (1, 2))],
        [Series("a", (1, 2, math.inf))],
        [Series("a", (1, 2, math.nan))],
        [Series(str(number), (1, 2, 3)) for number in range(MOST_SERIES + 1)],
    ],
)
def test_chart_refuses_what_it_cannot_draw(series: list[Series]) -> None:
    with pytest.raises(ValueError, match="Growth"):
        Chart("Growth", ["x", "y", "z"], series)


def test_radar_needs_three_axes_and_no_negative_values() -> None:
    with pytest.raises(ValueError, match="a radar needs 3"):
        RadarChart("Scores", ["a", "b"], [Series("s", (1, 2))])
    with pytest.raises(ValueError, match="below zero"):
        RadarChart("Scores", ["a", "b", "c"], [Series("s", (1, -2, 3))])


# --- Lines ----------------------------------------------------------------------------------------
def test_line_is_broken_where_nobody_knows() -> None:
    chart = LineChart("Members", ["2022", "2023", "2024", "2025"], [Series("We", (0, 10, None, 20))])
    line = chart.lines()[0]

    assert [(point.x, point.y) for point in line.points] == [
        ("0.00%", "100.00%"),
        ("33.33%", "50.00%"),
        ("100.00%", "0.00%"),
    ]
    assert len(line.segments) == 1
    assert chart.table.rows == [["2022", "0"], ["2023", "10"], ["2024", "not known"], ["2025", "20"]]


def test_line_far_from_zero_is_not_pressed_to_the_top() -> None:
    chart = LineChart("Index", ["a", "b"], [Series("s", (98, 117))])
    assert chart.ticks()[0][1] == "95"


@pytest.mark.parametrize("count", [1, 2, 5, 6, 7, 12, 13, 40])
def test_axis_of_time_shows_few_labels_with_the_first_and_the_last(count: int) -> None:
    labels = [str(2000 + index) for index in range(count)]
    shown = [text for _x, text in LineChart("c", labels, [Series("s", [1.0] * count)]).marks()]

    assert len(shown) <= LineChart.MOST_LABELS
    assert shown[0] == labels[0]
    assert shown[-1] == labels[-1]
    assert len(set(shown)) == len(shown)


def test_line_chart_with_nothing_known_is_drawn_empty() -> None:
    assert "<circle" not in _drawn("line_chart", LineChart("c", ["a", "b"], [Series("s", (None, None))]))


# --- Bars, radars ---------------------------------------------------------------------------------
def test_bars_start_at_zero_on_both_sides() -> None:
    chart = BarChart("Change", ["a", "b", "c"], [Series("s", (6, -2, None))])
    bars = [row[1][0] for row in chart.rows()]

    assert chart.zero == "25.00%"
    assert [(bar.x, bar.width, bar.text) for bar in bars] == [
        ("25.00%", "75.00%", "6"),
        ("0.00%", "25.00%", "-2"),
        ("25.00%", "0.00%", "not known"),
    ]


def test_radar_starts_at_the_top_and_follows_the_clock() -> None:
    chart = RadarChart("Scores", ["N", "E", "S", "W"], [Series("s", (4, 2, 0, None))])

    assert chart.shapes()[0].points == "130.00,30.00 180.00,130.00 130.00,130.00 130.00,130.00"
    assert [row[0] for row in chart.table.rows] == ["1. N", "2. E", "3. S", "4. W"]
    assert chart.table.rows[3][1] == "not known"


# --- The map --------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_every_country_of_the_programmes_has_a_tile_of_its_own() -> None:
    from django.core.management import call_command

    call_command("load_reference", verbosity=0)

    assert set(KnownCountry.objects.values_list("code", flat=True)) == set(TILES)
    assert len(set(TILES.values())) == len(TILES)


def test_shades_hold_about_as_many_countries_each_and_the_key_says_which() -> None:
    values = [1, 1, 2, 3, 5, 8, 13, 21, 34, 400]
    countries = [Country(code, code, value) for code, value in zip(list(TILES)[:10], values, strict=True)]
    chart = TileMap("Clusters", [*countries, Country("SE", "Sweden", None), Country("US", "Elsewhere", 7)])

    assert chart.key() == [
        (1, "1 to 2"),
        (2, "3 to 5"),
        (3, "7 to 8"),
        (4, "13 to 21"),
        (5, "34 to 400"),
    ]
    by_code = {tile.code: tile for tile in chart.tiles()}
    assert by_code["SE"].shade == 0
    assert "Elsewhere" in [row[0] for row in chart.table.rows]


def test_map_of_nothing_and_of_one_value() -> None:
    assert TileMap("m", []).key() == []
    assert TileMap("m", [Country("AT", "Austria", 0), Country("DE", "Germany", 0)]).key() == [(1, "0")]


def test_tile_that_leads_on_says_where() -> None:
    html = _drawn(
        "tile_map", TileMap("Clusters", [Country("AT", "Österreich", 1234, "/clusters/?country=AT")])
    )

    assert re.search(r'<a\s+href="/clusters/\?country=AT"\s+aria-label="Österreich: 1,234"', html)
    assert 'role="group"' in html


# --- Drawings -------------------------------------------------------------------------------------
CHARTS = {
    "line_chart": LineChart("<b>", ["<i>", "b", "c"], [Series("<u>", (1.5, 2, 3)), Series("t", (1, 2, 3))]),
    "bar_chart": BarChart("<b>", ["<i>", "b", "c"], [Series("<u>", (1.5, 2, 3)), Series("t", (1, 2, 3))]),
    "radar_chart": RadarChart("<b>", ["<i>", "b", "c"], [Series("<u>", (1.5, 2, 3))]),
    "tile_map": TileMap("<b>", [Country("AT", "<i>", 1.5, "/x")]),
}


@pytest.mark.parametrize("tag", CHARTS)
def test_drawing_escapes_obeys_the_content_policy_and_has_its_table(tag: str) -> None:
    html = _drawn(tag, CHARTS[tag])

    assert not re.search(r"<[biu]>|style=|<style|<script", html)
    assert "<table" in html
    assert "&lt;b&gt;" in html


@pytest.mark.parametrize("tag", CHARTS)
def test_places_keep_their_dot_where_the_language_writes_a_comma(tag: str) -> None:
    with translation.override("de"):
        html = _drawn(tag, CHARTS[tag])
    places = re.findall(r'\b(?:x|y|x1|y1|x2|y2|cx|cy|width|height|viewBox|points|transform)="([^"]*)"', html)

    assert places
    assert all(re.fullmatch(r"[\d. %a-z()-]*|(?:[\d.]+,[\d.]+ ?)+", each) for each in places), places
    assert "1,5" in html


@pytest.mark.parametrize(
    ("done", "total", "share"),
    [(0, 30, "0%"), (22, 30, "73%"), (1999, 2000, "99%"), (30, 30, "100%"), (0, 0, "100%")],
)
def test_ring_says_all_only_when_nothing_is_left(done: int, total: int, share: str) -> None:
    html = Template("{% load charts %}{% progress_ring done total 'checked' %}").render(
        Context({"done": done, "total": total})
    )
    assert f"<strong>{share}</strong>" in html
    assert f'stroke-dasharray="{share.rstrip("%")} 100"' in html
