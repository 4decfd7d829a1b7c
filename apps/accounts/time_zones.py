"""The time zones that a person may choose from."""

from __future__ import annotations

import zoneinfo
from functools import cache
from itertools import groupby

# Old names and offsets without a place; the places below stand for all of them.
_AREAS = frozenset(
    {
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    }
)

Choice = tuple[str, str]


@cache
def time_zone_choices() -> tuple[tuple[str, tuple[Choice, ...]], ...]:
    """Group by area, Europe first, so that typing the start of a place finds it in a plain select."""
    names = sorted(name for name in zoneinfo.available_timezones() if name.partition("/")[0] in _AREAS)
    groups = {
        area: tuple((name, _place(name)) for name in members)
        for area, members in groupby(names, key=lambda name: name.partition("/")[0])
    }
    first = {"Europe": groups.pop("Europe", ()), "UTC": (("UTC", "UTC"),)}
    return tuple((first | groups).items())


def _place(name: str) -> str:
    return name.partition("/")[2].replace("_", " ").replace("/", ", ")
