"""What charts are made of: numbers turned into places on a drawing. ``{% load charts %}`` draws them as SVG.

Every place is a per cent of the drawing, so that text keeps its size at any width, and every chart knows the table that
says the same in words. Why this is our own code and no library's: ``docs/adr/``, "Charts".
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from django.utils.translation import gettext as _

from apps.core import formats
from apps.core.components import Column, Table, Text

MOST_SERIES = 6
NICE_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Series:
    """One line, one colour of bars, one shape of a radar. None is a value that nobody knows: a gap, never a zero."""

    label: Text
    values: Sequence[float | None]


@dataclass(frozen=True)
class Scale:
    """Round numbers along an axis, the first at its foot, the last at its end."""

    ticks: tuple[float, ...]

    @property
    def low(self) -> float:
        return self.ticks[0]

    @property
    def high(self) -> float:
        return self.ticks[-1]

    def share(self, value: float) -> float:
        """How far along the axis, from 0 to 1."""
        return (value - self.low) / (self.high - self.low)


def scale_for(values: Sequence[float], *, from_zero: bool, parts: int = 4) -> Scale:
    """An axis of about ``parts`` equal steps of a round size that holds all values.

    Bars and areas need ``from_zero``: their length is what is compared.
    """
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        low, high = (low, low + 1) if from_zero or low == 0 else (low - abs(low) / 2, low + abs(low) / 2)
    step = _round_step((high - low) / parts)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return Scale(tuple(round(index * step, 10) for index in range(first, last + 1)))


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(nice * power for nice in NICE_STEPS if nice * power >= rough * (1 - 1e-9))


def place(share: float) -> str:
    """A share of the drawing as SVG writes it, with a dot in every language."""
    return f"{100 * share:.2f}%"


@dataclass(frozen=True)
class Chart:
    """Some series over the same labels: years, regions, criteria.

    Raises ValueError where a series has not one value for each label, where there are more than ``MOST_SERIES`` (nobody
    tells seven colours apart), or where a value is no finite number.
    """

    caption: Text
    labels: Sequence[Text]
    series: Sequence[Series]
    unit: Text = ""

    def __post_init__(self) -> None:
        if not 1 <= len(self.series) <= MOST_SERIES:
            raise ValueError(
                f"{self.caption!r} has {len(self.series)} series, 1 to {MOST_SERIES} can be drawn"
            )
        for series in self.series:
            if len(series.values) != len(self.labels):
                raise ValueError(f"{series.label!r} of {self.caption!r} has not {len(self.labels)} values")
        if not all(math.isfinite(value) for value in self._known):
            raise ValueError(f"{self.caption!r} has a value that is no finite number")

    @cached_property
    def _known(self) -> list[float]:
        return [value for series in self.series for value in series.values if value is not None]

    @property
    def caption_with_unit(self) -> Text:
        return f"{self.caption} ({self.unit})" if self.unit else self.caption

    @property
    def table(self) -> Table:
        """The same in words."""
        columns = [Column(""), *(Column(series.label, is_number=True) for series in self.series)]
        rows = [
            [label, *(written(series.values[index]) for series in self.series)]
            for index, label in enumerate(self.labels)
        ]
        return Table(self.caption_with_unit, columns, rows)


def written(value: float | None) -> str:
    return _("not known") if value is None else formats.number(value)


# --- Lines ----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Point:
    x: str
    y: str
    text: str


@dataclass(frozen=True)
class Line:
    label: Text
    number: int
    points: tuple[Point, ...]
    segments: tuple[tuple[Point, Point], ...]


class LineChart(Chart):
    """How values went over time. Where one is not known the line is broken."""

    MOST_LABELS = 5

    @cached_property
    def scale(self) -> Scale:
        return scale_for(
            self._known, from_zero=bool(self._known) and min(self._known) >= 0 and self._starts_near_zero
        )

    @property
    def _starts_near_zero(self) -> bool:
        """Zero is shown where it costs less than half of the drawing."""
        return min(self._known) <= max(self._known) / 2

    def ticks(self) -> list[tuple[str, str]]:
        """Places and texts of the round numbers, from the foot."""
        return [(place(1 - self.scale.share(tick)), formats.number(tick)) for tick in self.scale.ticks]

    def marks(self) -> list[tuple[str, Text]]:
        """Places and texts of as many labels as a phone has room for; always the first and the last."""
        last = len(self.labels) - 1
        every = max(1, math.ceil(last / (self.MOST_LABELS - 1)))
        # Beside the last there is no room for one that stands closer than the others do.
        shown = [index for index in range(0, last, every) if last - index >= every]
        return [(self._x(index), self.labels[index]) for index in (*shown, last)]

    def lines(self) -> list[Line]:
        return [self._line(number, series) for number, series in enumerate(self.series, start=1)]

    def _line(self, number: int, series: Series) -> Line:
        points = [
            None
            if value is None
            else Point(
                self._x(index), place(1 - self.scale.share(value)), f"{self.labels[index]}: {written(value)}"
            )
            for index, value in enumerate(series.values)
        ]
        pairs = pairwise(points)
        return Line(
            series.label,
            number,
            tuple(point for point in points if point),
            tuple((one, other) for one, other in pairs if one and other),
        )

    def _x(self, index: int) -> str:
        last = len(self.labels) - 1
        return place(index / last if last else 0.5)


# --- Bars -----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Bar:
    label: Text
    number: int
    x: str
    width: str
    text: str


class BarChart(Chart):
    """Amounts side by side: a table with a bar in each cell, the same for those who see and those who hear it."""

    @cached_property
    def scale(self) -> Scale:
        return scale_for(self._known, from_zero=True)

    @property
    def zero(self) -> str:
        return place(self.scale.share(0))

    def rows(self) -> Iterator[tuple[Text, list[Bar]]]:
        for index, label in enumerate(self.labels):
            yield (
                label,
                [self._bar(number, series, index) for number, series in enumerate(self.series, start=1)],
            )

    def _bar(self, number: int, series: Series, index: int) -> Bar:
        value = series.values[index]
        zero, end = self.scale.share(0), self.scale.share(value or 0)
        return Bar(series.label, number, place(min(zero, end)), place(abs(end - zero)), written(value))


# --- Radars ---------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Axis:
    number: int
    x: float
    y: float
    label_x: float
    label_y: float


@dataclass(frozen=True)
class Shape:
    label: Text
    number: int
    points: str


class RadarChart(Chart):
    """Several criteria of one thing, each on the same scale from zero. The axes are numbered as the rows of the table,
    since names around a circle have no room on a phone. Unknown values count as nothing, and the table says so.

    Raises ValueError below ``FEWEST_LABELS``, since two make no shape, or for a value below zero.
    """

    FEWEST_LABELS = 3
    RADIUS = 100.0
    CENTRE = 130.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.labels) < self.FEWEST_LABELS:
            raise ValueError(
                f"{self.caption!r} has {len(self.labels)} labels, a radar needs {self.FEWEST_LABELS}"
            )
        if any(value < 0 for value in self._known):
            raise ValueError(f"{self.caption!r} has a value below zero")

    @cached_property
    def scale(self) -> Scale:
        return scale_for(self._known, from_zero=True)

    def axes(self) -> list[Axis]:
        return [
            Axis(index + 1, *self._at(index, 1), *self._at(index, 1.17)) for index in range(len(self.labels))
        ]

    def rings(self) -> list[str]:
        """The grid, as points of polygons."""
        return [self._polygon([self.scale.share(tick)] * len(self.labels)) for tick in self.scale.ticks[1:]]

    def shapes(self) -> list[Shape]:
        return [
            Shape(
                series.label, number, self._polygon([self.scale.share(value or 0) for value in series.values])
            )
            for number, series in enumerate(self.series, start=1)
        ]

    @property
    def table(self) -> Table:
        plain = super().table
        rows = [[f"{number}. {row[0]}", *row[1:]] for number, row in enumerate(plain.rows, start=1)]
        return Table(plain.caption, plain.columns, rows)

    def _polygon(self, shares: Sequence[float]) -> str:
        return " ".join("{:.2f},{:.2f}".format(*self._at(index, share)) for index, share in enumerate(shares))

    def _at(self, index: int, share: float) -> tuple[float, float]:
        """The first axis points up, the others follow the clock."""
        angle = 2 * math.pi * index / len(self.labels) - math.pi / 2
        length = self.RADIUS * share
        return round(self.CENTRE + length * math.cos(angle), 2), round(
            self.CENTRE + length * math.sin(angle), 2
        )


# --- Europe as tiles ------------------------------------------------------------------------------
# Column and row of each country, about where it lies. All have one size, so that small ones can be seen and pressed.
TILES: Mapping[str, tuple[int, int]] = {
    "IS": (0, 0), "NO": (4, 0), "SE": (5, 0), "FI": (6, 0),
    "DK": (4, 1), "EE": (6, 1),
    "IE": (0, 2), "GB": (1, 2), "NL": (3, 2), "DE": (4, 2), "PL": (5, 2), "LV": (6, 2),
    "BE": (2, 3), "LU": (3, 3), "CZ": (4, 3), "SK": (5, 3), "LT": (6, 3), "UA": (7, 3),
    "FR": (2, 4), "LI": (3, 4), "AT": (4, 4), "HU": (5, 4), "RO": (6, 4), "MD": (7, 4),
    "PT": (0, 5), "ES": (1, 5), "IT": (3, 5), "SI": (4, 5), "HR": (5, 5), "RS": (6, 5), "BG": (7, 5),
    "BA": (5, 6), "XK": (6, 6), "MK": (7, 6), "TR": (8, 6), "AM": (9, 6),
    "MT": (3, 7), "ME": (5, 7), "AL": (6, 7), "GR": (7, 7), "CY": (9, 7),
}  # fmt: skip
MOST_SHADES = 5


@dataclass(frozen=True)
class Tile:
    code: str
    name: Text
    x: int
    y: int
    shade: int
    text: str
    url: str = ""


@dataclass(frozen=True)
class Country:
    """A country on the map: ISO 3166-1 alpha-2 code, name, value; ``url`` leads to what is counted."""

    code: str
    name: Text
    value: float | None
    url: str = ""


@dataclass(frozen=True)
class TileMap:
    """A value of each country. Shades hold about as many countries each, and the key says from where to where.

    Countries that the map has no tile for are in the table only; tiles without a value are drawn empty.
    """

    caption: Text
    countries: Sequence[Country]
    unit: Text = ""
    SIZE: int = field(default=40, init=False)

    @property
    def width(self) -> int:
        return self.SIZE * (1 + max(column for column, _row in TILES.values()))

    @property
    def height(self) -> int:
        return self.SIZE * (1 + max(row for _column, row in TILES.values()))

    @property
    def leads_on(self) -> bool:
        return any(country.url for country in self.countries)

    @cached_property
    def _limits(self) -> list[float]:
        """The highest value of each shade but the last, from the lightest."""
        values = sorted({country.value for country in self.countries if country.value is not None})
        shades = min(MOST_SHADES, len(values))
        return [values[len(values) * number // shades - 1] for number in range(1, shades)]

    def _shade(self, value: float | None) -> int:
        """From 1, the lightest, on; 0 where nobody knows."""
        return 0 if value is None else 1 + sum(value > limit for limit in self._limits)

    def tiles(self) -> list[Tile]:
        by_code = {country.code: country for country in self.countries}
        return [self._tile(code, by_code.get(code)) for code in TILES]

    def _tile(self, code: str, country: Country | None) -> Tile:
        column, row = TILES[code]
        x, y = column * self.SIZE, row * self.SIZE
        if country is None:
            return Tile(code, code, x, y, 0, "")
        text = "" if country.value is None else formats.number(country.value)
        return Tile(code, country.name, x, y, self._shade(country.value), text, country.url)

    def key(self) -> list[tuple[int, str]]:
        """The shades that occur, each with its lowest and highest value."""
        found: dict[int, list[float]] = {}
        for country in self.countries:
            if country.value is not None:
                found.setdefault(self._shade(country.value), []).append(country.value)
        return [(shade, _span(min(values), max(values))) for shade, values in sorted(found.items())]

    @property
    def table(self) -> Table:
        caption = f"{self.caption} ({self.unit})" if self.unit else self.caption
        rows = [[country.name, written(country.value)] for country in self.countries]
        return Table(caption, [Column(_("Country")), Column(_("Number"), is_number=True)], rows)


def _span(low: float, high: float) -> str:
    if low == high:
        return formats.number(low)
    return _("%(low)s to %(high)s") % {"low": formats.number(low), "high": formats.number(high)}
