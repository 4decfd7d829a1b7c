"""How an app makes one of its models findable: it registers a source in its ``search_sources.py``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeVar

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from apps.search.queries import Hit

Labels = Callable[[Collection[str]], Mapping[str, "str | _StrPromise"]]


@dataclass(frozen=True)
class FacetDef:
    """A property to filter by. ``labels`` gives names for codes; they are kept with the code when an item is indexed.

    ``is_translated``: the names come from the code itself (choices), so they are asked for anew in the reader's
    language instead of being read from the database.
    """

    key: str
    label: str | _StrPromise
    labels: Labels
    is_translated: bool = False
    order: Literal["count", "label", "code", "code_descending"] = "count"


@dataclass(frozen=True)
class DocumentData:
    """Everything that the search keeps of one public item; times are aware.

    ``keywords`` are names from the hub's vocabularies, in English whatever the language of the item: it is found by
    them, behind all that have the words in their title or summary.
    """

    pk: int
    title: str
    summary: str
    language: str
    published_at: datetime
    url: str
    body: str = ""
    keywords: str = ""
    authors: str = ""
    downloads: int = 0
    facets: Mapping[str, Iterable[str]] = field(default_factory=dict)
    card: Mapping[str, Any] = field(default_factory=dict)
    first_public_at: datetime | None = None


@dataclass(frozen=True)
class Column:
    """A column of a catalogue's table, beside those that all kinds have. Kinds that share a ``key`` share the column.

    ``is_address``: the value is a path of the hub, and is written with the hub's name.
    """

    key: str
    label: str | _StrPromise
    value: Callable[[Hit], str]
    is_address: bool = False


@dataclass(frozen=True)
class SearchSource:
    """One kind of item. ``documents(pks)`` yields those that are public; the others of these ids leave the search.

    ``all_pks`` gives the ids of what may be public, for building the search anew. ``columns`` are its own in tables.
    """

    kind: str
    label: str | _StrPromise
    facets: tuple[FacetDef, ...]
    documents: Callable[[Collection[int]], Iterable[DocumentData]]
    all_pks: Callable[[], Iterable[int]]
    card_template: str = "search/card.html"
    columns: tuple[Column, ...] = ()


_sources: dict[str, SearchSource] = {}


def register_source(source: SearchSource) -> SearchSource:
    _sources[source.kind] = source
    return source


def source_of(kind: str) -> SearchSource:
    return _sources[kind]


def all_sources() -> list[SearchSource]:
    return list(_sources.values())


def all_kinds() -> tuple[str, ...]:
    return tuple(_sources)


def _kind_labels(codes: Collection[str]) -> Mapping[str, str | _StrPromise]:
    return {source.kind: source.label for source in _sources.values() if source.kind in codes}


def kind_facet() -> FacetDef:
    """Every document has one more facet than its source says: what kind of thing it is."""
    from django.utils.translation import gettext_lazy as _

    return FacetDef("kind", _("What"), _kind_labels, is_translated=True)


def facets_of(kinds: Collection[str]) -> dict[str, FacetDef]:
    """The facets of these kinds by key, in the order in which their sources name them."""
    return _by_key([kind_facet(), *(facet for source in _sources_of(kinds) for facet in source.facets)])


def columns_of(kinds: Collection[str]) -> dict[str, Column]:
    """The columns of these kinds by key, in the order in which their sources name them."""
    return _by_key(column for source in _sources_of(kinds) for column in source.columns)


def _sources_of(kinds: Collection[str]) -> list[SearchSource]:
    return [source for source in _sources.values() if source.kind in kinds]


_Keyed = TypeVar("_Keyed", FacetDef, Column)


def _by_key(found: Iterable[_Keyed]) -> dict[str, _Keyed]:
    """Of several with the same key the first one counts."""
    kept: dict[str, _Keyed] = {}
    for each in found:
        kept.setdefault(each.key, each)
    return kept
