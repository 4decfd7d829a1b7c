"""A question as it stands in an address: ``?q=…&country=AT&topic=…&sort=newest&page=2``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal, cast, get_args

from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from apps.search.exceptions import BadSearchError
from apps.search.registry import facets_of

Sort = Literal["relevance", "title", "newest", "downloads"]
MAX_WORDS_CHARS = 200
MAX_FILTER_VALUES = 50
PER_PAGE = 20
LAST_NUMBERED_PAGE = 50


@dataclass(frozen=True)
class Position:
    """The last item that was seen, in the order of the newest: where the next page by key begins."""

    published_at: datetime
    pk: int

    def __str__(self) -> str:
        return f"{self.published_at.isoformat()}~{self.pk}"


@dataclass(frozen=True)
class SearchRequest:
    """``filters`` has the chosen codes of each facet; several of one facet mean any of them.

    ``usual_sort`` is the order of this catalogue where nobody typed a word or chose another.
    """

    kinds: tuple[str, ...]
    words: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: Sort = "relevance"
    page: int = 1
    after: Position | None = None
    usual_sort: Sort = "newest"

    @property
    def default_sort(self) -> Sort:
        return "relevance" if self.words else self.usual_sort

    def with_words(self, words: str) -> SearchRequest:
        return replace(self, words=words)

    def query_string(self) -> str:
        """The question without its page, in one form for all who ask the same."""
        query = QueryDict(mutable=True)
        if self.words:
            query["q"] = self.words
        for key in sorted(self.filters):
            query.setlist(key, sorted(self.filters[key]))
        if self.sort != self.default_sort:
            query["sort"] = self.sort
        return query.urlencode()


def parse(
    query: QueryDict | str,
    *,
    kinds: Sequence[str],
    without: Sequence[str] = (),
    sorts: Sequence[str] = get_args(Sort),
    usual_sort: Sort = "newest",
) -> SearchRequest:
    """Read an address. Raises BadSearchError; whether the codes of filters exist is asked by ``queries.find``.

    ``without``: facets that this catalogue does not offer; ``sorts``: the orders that it does. Keys that are no facets
    (of a newsletter, say) are ignored.
    """
    given = QueryDict(query) if isinstance(query, str) else query
    words = " ".join(given.get("q", "").split())
    if "\x00" in words or any("\x00" in value for key in given for value in given.getlist(key)):
        raise BadSearchError
    if len(words) > MAX_WORDS_CHARS:
        raise BadSearchError(_("Please search for fewer words."))
    filters = {
        key: tuple(dict.fromkeys(value for value in given.getlist(key) if value))[:MAX_FILTER_VALUES]
        for key in facets_of(kinds)
        if key not in without
    }
    asked = SearchRequest(
        kinds=tuple(kinds),
        words=words,
        filters={key: values for key, values in filters.items() if values},
        page=_page(given.get("page", "")),
        after=_position(given.get("after", "")),
        usual_sort=usual_sort,
    )
    asked = replace(asked, sort=_sort(given.get("sort", ""), asked, sorts))
    if asked.after and (asked.sort != "newest" or asked.page != 1):
        raise BadSearchError(_("This page does not exist."))
    return asked


def _sort(value: str, asked: SearchRequest, sorts: Sequence[str]) -> Sort:
    if value and value not in sorts:
        raise BadSearchError(_("This list cannot be sorted in that way."))
    if not value or (value == "relevance" and not asked.words):
        return asked.default_sort
    return cast("Sort", value)


def _page(value: str) -> int:
    if not value:
        return 1
    if not (value.isascii() and value.isdigit()) or int(value[:9]) < 1:
        raise BadSearchError(_("This page does not exist."))
    return int(value[:9])


def _position(value: str) -> Position | None:
    if not value:
        return None
    time, _sign, pk = value.partition("~")
    try:
        moment = parse_datetime(time)
        # PostgreSQL takes fewer offsets than Python, and no moment outside of the years 1 to 9999.
        moment = moment.astimezone(UTC) if moment is not None and moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        moment = None
    if moment is None or not (pk.isascii() and pk.isdigit() and len(pk) < 19):  # noqa: PLR2004
        raise BadSearchError(_("This page does not exist."))
    return Position(moment, int(pk))
