"""The properties to filter by, with how many hits each value has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from apps.search.registry import FacetDef, facets_of
from apps.search.statements import Counts, Question

SHOWN_VALUES = 10


@dataclass(frozen=True)
class FacetCount:
    code: str
    label: str
    count: int
    is_chosen: bool


@dataclass(frozen=True)
class Facet:
    key: str
    label: str
    values: list[FacetCount]
    is_whole: bool = False

    @property
    def has_chosen(self) -> bool:
        return any(value.is_chosen for value in self.values)

    @property
    def shown(self) -> list[FacetCount]:
        """The most frequent and the chosen ones, in their order: a page names no three hundred organisations."""
        if self.is_whole or len(self.values) <= SHOWN_VALUES + 1:
            return self.values
        frequent = sorted(self.values, key=lambda value: (not value.is_chosen, -value.count))[:SHOWN_VALUES]
        kept = {value.code for value in frequent}
        return [value for value in self.values if value.code in kept or value.is_chosen]

    @property
    def is_cut(self) -> bool:
        return len(self.shown) < len(self.values)


def facets_from(question: Question, counts: Counts) -> list[Facet]:
    """In the order of the sources. A facet with a filter counts what its own filter alone leaves out, too."""
    place = {key: 1 << number for number, key in enumerate(question.filters)}
    numbers: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    labels: dict[tuple[str, str], str] = {}
    for key, code, label, missed, number in counts:
        if missed in (0, place.get(key, 0)):
            numbers[key][code] += number
            labels[key, code] = label
    filters = question.request.filters
    found = [
        _facet(definition, numbers[key], labels, filters.get(key, ()))
        for key, definition in facets_of(question.request.kinds).items()
    ]
    return [facet for facet in found if facet.values]


def _facet(
    definition: FacetDef, numbers: dict[str, int], stored: dict[tuple[str, str], str], chosen: Sequence[str]
) -> Facet:
    """A chosen value that no hit has is shown too: it must be possible to take it away again."""
    key = definition.key
    unused = [code for code in chosen if code not in numbers]
    asked = [*numbers, *unused] if definition.is_translated else unused
    labels = definition.labels(asked) if asked else {}
    values = [
        FacetCount(
            code, str(labels.get(code) or stored.get((key, code), code)), numbers.get(code, 0), code in chosen
        )
        for code in [*numbers, *unused]
    ]
    return Facet(key, str(definition.label), sorted(values, key=_ORDERS[definition.order]))


_ORDERS = {
    "count": lambda value: (-value.count, value.label),
    "label": lambda value: (value.label,),
    "code": lambda value: (value.code,),
    "code_descending": lambda value: tuple(-ord(char) for char in value.code),
}
