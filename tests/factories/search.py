"""A kind of item that only tests know: what stands on the shelf is what the search finds."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from apps.search import registry
from apps.search.registry import DocumentData, FacetDef, SearchSource
from apps.search.services import index

COLOURS = {"red": "Red", "green": "Green", "blue": "Blue", "white": "White"}
COUNTRIES = {"AT": "Austria", "BE": "Belgium", "CZ": "Czechia", "DE": "Germany", "FR": "France"}
START = datetime(2026, 1, 1, tzinfo=UTC)


def _labels(names: Mapping[str, str]) -> registry.Labels:
    return lambda codes: {code: names[code] for code in codes if code in names}


@dataclass
class Shelf:
    """The public items of one kind."""

    kind: str = "thing"
    items: dict[int, DocumentData] = field(default_factory=dict)

    @property
    def kinds(self) -> tuple[str, ...]:
        return (self.kind,)

    def documents(self, pks: Collection[int]) -> Iterator[DocumentData]:
        return (self.items[pk] for pk in pks if pk in self.items)

    def source(self) -> SearchSource:
        return SearchSource(
            kind=self.kind,
            label="Thing",
            facets=(
                FacetDef("colour", "Colour", _labels(COLOURS)),
                FacetDef("country", "Country", _labels(COUNTRIES), order="label"),
                FacetDef(
                    "year", "Year", lambda codes: {code: code for code in codes}, order="code_descending"
                ),
            ),
            documents=self.documents,
            all_pks=lambda: list(self.items),
        )

    def put(self, *titles: str, **facts: Any) -> list[int]:
        """Put items there and index them; ``facts`` are the same for all."""
        pks = []
        for title in titles:
            pk = max(self.items, default=0) + 1
            given = {
                "summary": "",
                "language": "en",
                "url": f"/things/{pk}/",
                "published_at": START + timedelta(hours=pk),
                **facts,
            }
            self.items[pk] = DocumentData(pk=pk, title=title, **given)
            pks.append(pk)
        index(self.kind, pks)
        return pks

    def take(self, pk: int) -> None:
        del self.items[pk]
        index(self.kind, [pk])
