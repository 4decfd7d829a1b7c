"""The time zones that a person may choose from, in the reader's language."""

from __future__ import annotations

import unicodedata
import zoneinfo
from functools import lru_cache
from typing import TYPE_CHECKING

from babel import Locale
from babel.core import get_global
from babel.dates import get_timezone_location
from django.utils.translation import gettext_lazy as _

from apps.core.formats import page_locale

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Choice = tuple[str, str]
Group = tuple[str, tuple[Choice, ...]]

# CLDR's codes of continents (UN M49). Nobody's office is in Antarctica.
_CONTINENTS = {
    "Europe": "150",
    "Africa": "002",
    "America": "019",
    "Asia": "142",
    "Australia": "009",
    "Pacific": "009",
}
_OCEANS: dict[str, _StrPromise] = {
    "Atlantic": _("Islands of the Atlantic"),
    "Indian": _("Islands of the Indian Ocean"),
}
# Countries of the programmes without a zone named after Europe, and European islands. Russia's zones beyond the Urals
# stay in Asia.
_ALSO_EUROPE = frozenset({"AM", "CY", "FO", "GE", "IS", "SJ"})
_NOT_WHOLE = frozenset({"RU"})


def canonical_zone(name: str) -> str:
    """The present name of a zone that was renamed; a name that is not known stays as it is."""
    return str(get_global("zone_aliases").get(name, name))


def time_zone_choices() -> tuple[Group, ...]:
    """Grouped by continent, Europe first, each zone by country and place. Old names of a zone are not offered."""
    return _choices(page_locale())


def zone_label(name: str, locale: Locale | None = None) -> str:
    locale = locale or page_locale()
    country = locale.territories.get(get_global("zone_territories").get(name, ""), "")
    if not country:
        return name
    place = get_timezone_location(name, locale=locale, return_city=True).rpartition("/")[2]
    return country if place == country else f"{country} ({place})"


@lru_cache(maxsize=50)
def _choices(locale: Locale) -> tuple[Group, ...]:
    territories = get_global("zone_territories")
    european = {territories[name] for name in territories if name.startswith("Europe/")}
    european = (european | _ALSO_EUROPE) - _NOT_WHOLE
    groups: dict[str, list[Choice]] = {}
    for name in zoneinfo.available_timezones() & territories.keys() - get_global("zone_aliases").keys():
        area = "Europe" if territories[name] in european else name.partition("/")[0]
        if area in _CONTINENTS or area in _OCEANS:
            groups.setdefault(_title(area, locale), []).append((name, zone_label(name, locale)))
    europe = _title("Europe", locale)
    first = {europe: groups.pop(europe), "UTC": [("UTC", "UTC")]}
    rest = dict(sorted(groups.items()))
    return tuple((title, tuple(sorted(members, key=_by_label))) for title, members in (first | rest).items())


def _title(area: str, locale: Locale) -> str:
    return str(_OCEANS.get(area) or locale.territories[_CONTINENTS[area]])


def _by_label(choice: Choice) -> str:
    """Åland before Albania, as people look for it: accents do not count."""
    plain = unicodedata.normalize("NFKD", choice[1])
    return "".join(sign for sign in plain if not unicodedata.combining(sign)).casefold()
