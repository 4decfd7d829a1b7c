"""Asking the search: hits, facets and count in one statement."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.utils.dateparse import parse_datetime
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from apps.search.exceptions import BadSearchError, UnknownFilterError
from apps.search.facets import Facet, facets_from
from apps.search.models import Document, FacetValue
from apps.search.params import LAST_NUMBERED_PAGE, PER_PAGE, Position, SearchRequest
from apps.search.reading import restored
from apps.search.registry import FacetDef, facets_of
from apps.search.services import generation
from apps.search.statements import START, STOP, Counts, Question, Rows, browse, count_everything, look_up
from apps.search.words import corrected, some_of, terms_of, tsquery_of

TEASER_CHARS = 280
_CACHED_FOR = 600  # seconds; every change of the search begins a new generation at once


@dataclass(frozen=True)
class Hit:
    """One item as a list shows it; ``title_html`` and ``excerpt`` are escaped, with the found words marked."""

    pk: int
    kind: str
    object_id: int
    title: str
    title_html: SafeString
    excerpt: SafeString
    summary: str
    authors: str
    language: str
    url: str
    published_at: datetime
    downloads: int
    card: Mapping[str, Any]

    @property
    def teaser(self) -> SafeString:
        """What a card shows of the text: the found passage, or how the summary begins."""
        if self.excerpt:
            return self.excerpt
        cut = (
            self.summary if len(self.summary) <= TEASER_CHARS else f"{self.summary[:TEASER_CHARS].rstrip()}…"
        )
        return escape(cut)


@dataclass(frozen=True)
class SearchResult:
    """``request`` is what was answered: with ``corrected_from`` set, its words are nearer to what exists.

    ``is_partial``: no item has all of the words, and these have the most of them.
    """

    request: SearchRequest
    hits: list[Hit]
    total: int
    facets: list[Facet] = field(default_factory=list)
    corrected_from: str = ""
    is_partial: bool = False

    @property
    def pages(self) -> int:
        return max(1, min(-(-self.total // PER_PAGE), LAST_NUMBERED_PAGE))

    @property
    def next_position(self) -> Position | None:
        """Where the pages by key go on: past the last numbered one there are no numbers."""
        is_full = len(self.hits) == PER_PAGE
        past_numbers = self.request.after or self.request.page == LAST_NUMBERED_PAGE
        if self.request.sort != "newest" or not is_full or not past_numbers:
            return None
        return Position(self.hits[-1].published_at, self.hits[-1].pk)


@dataclass(frozen=True)
class _Answer:
    question: Question
    rows: Rows
    total: int
    counts: Counts


def find(
    request: SearchRequest, *, limit: int = PER_PAGE, with_facets: bool = True, with_partial: bool = True
) -> SearchResult:
    """Answer a question. Raises UnknownFilterError, and BadSearchError for a page that is not there.

    ``with_partial``: where no item has all of the words, those that have the most of them are an answer.
    """
    if request.page > LAST_NUMBERED_PAGE:
        raise BadSearchError
    if not request.words and request.sort == "relevance":
        request = replace(request, sort=request.usual_sort)
    answer = _look_up(_question(request, _numbers_of_filters(request), limit=limit, with_facets=with_facets))
    if not answer.total and request.words:
        answer = _second_best(answer, with_partial=with_partial)
    if request.page > 1 and not answer.rows:
        raise BadSearchError
    question = answer.question
    facets = facets_from(question, answer.counts) if with_facets or not answer.rows else []
    _require_named_where_nothing_is(request, facets)
    return SearchResult(
        request=question.request,
        hits=[_hit(row) for row in answer.rows],
        total=answer.total,
        facets=facets if with_facets else [],
        corrected_from=request.words if question.request.words != request.words else "",
        is_partial=bool(question.some),
    )


def _second_best(first: _Answer, *, with_partial: bool) -> _Answer:
    """What nearer words find, else what some of the words find, else nothing as before."""
    question = first.question
    nearer = corrected(question.request.words, kinds=question.request.kinds)
    other = _with_words(question, nearer) if nearer else question
    if other.tsquery != question.tsquery:
        answer = _look_up(other)
        if answer.total:
            return answer
        question = other
    some = some_of(terms_of(question.request.words)) if with_partial else ()
    if some:
        either = " | ".join(f"({tsquery})" for tsquery in some)
        answer = _look_up(replace(question, tsquery=either, some=some))
        if answer.total:
            return answer
    return first


def _question(
    request: SearchRequest, filters: dict[str, list[int]], *, limit: int, with_facets: bool
) -> Question:
    tsquery = tsquery_of(terms_of(request.words)) if request.words else ""
    return Question(request, tsquery, filters, limit, (request.page - 1) * limit, with_facets)


def _with_words(question: Question, words: str) -> Question:
    return replace(question, request=question.request.with_words(words), tsquery=tsquery_of(terms_of(words)))


def _look_up(question: Question) -> _Answer:
    if question.request.words and not question.tsquery:
        return _Answer(question, [], 0, [])
    if not question.tsquery and not question.filters:
        total, counts = _everything(question.request.kinds)
        return _Answer(question, browse(question), total, counts)
    rows, total, counts = look_up(question)
    if question.counts_alone and question.with_facets:
        [key] = question.filters
        siblings = [row for row in _everything(question.request.kinds)[1] if row[0] == key]
        counts = [row for row in counts if row[0] != key] + siblings
    return _Answer(question, rows, total, counts)


# --- Filters ----------------------------------------------------------------------------------
def _numbers_of_filters(request: SearchRequest) -> dict[str, list[int]]:
    """Facet → numbers of the chosen values. A code that exists but has no item matches nothing (number 0)."""
    if not request.filters:
        return {}
    codes = [code for values in request.filters.values() for code in values]
    rows = FacetValue.objects.filter(facet__in=request.filters, code__in=codes)
    known = {(facet, code): pk for facet, code, pk in rows.values_list("facet", "code", "pk")}
    definitions = facets_of(request.kinds)
    return {
        key: [known.get((key, code)) or _number_of_unused(definitions[key], code) for code in values]
        for key, values in request.filters.items()
    }


def _number_of_unused(facet: FacetDef, code: str) -> int:
    _require_named(facet, [code])
    return 0


def _require_named(facet: FacetDef, codes: Sequence[str]) -> None:
    """A code without an item counts only where its vocabulary names it to everybody.

    Values are kept when their last item leaves: without this, a hidden thing could be told from one that never was.
    """
    if codes and not set(codes) <= set(facet.labels(codes)):
        raise UnknownFilterError


def _require_named_where_nothing_is(request: SearchRequest, facets: list[Facet]) -> None:
    definitions = facets_of(request.kinds)
    for facet in facets:
        _require_named(
            definitions[facet.key],
            [value.code for value in facet.values if value.is_chosen and not value.count],
        )


# --- What is kept -----------------------------------------------------------------------------
def _everything(kinds: Sequence[str]) -> tuple[int, Counts]:
    """Without words and filters the counts are the same for everybody: kept until something changes."""
    key = (
        f"search.counts.{generation()}.{hashlib.sha256(json.dumps(sorted(kinds)).encode()).hexdigest()[:20]}"
    )
    found: tuple[int, Counts] | None = cache.get(key)
    if found is None:
        found = count_everything(kinds)
        cache.set(key, found, _CACHED_FOR)
    return found


# --- From rows to what pages show -------------------------------------------------------------
def _hit(row: dict[str, Any]) -> Hit:
    published_at = parse_datetime(row["published_at"])
    if published_at is None:
        raise ValueError(row["published_at"])
    return Hit(
        pk=row["id"],
        kind=row["kind"],
        object_id=row["object_id"],
        title=row["title"],
        title_html=_marked(row["title_marked"] or row["title"]),
        excerpt=_marked(row["excerpt"] if START in row["excerpt"] else ""),
        summary=row["summary"],
        authors=row["authors"],
        language=row["language"],
        url=row["url"],
        published_at=published_at,
        downloads=row["downloads"],
        card=row["card"],
    )


def _marked(text: str) -> SafeString:
    html = escape(restored(text)).replace(START, "<mark>").replace(STOP, "</mark>")
    return mark_safe(html)  # noqa: S308 - escaped, and the marks are ours


def describe(request: SearchRequest) -> str:
    """The question in words: “indicators”, Type: Guide, Country: Austria."""
    definitions = facets_of(request.kinds)
    parts = [f"“{request.words}”"] if request.words else []
    for key, codes in request.filters.items():
        labels = definitions[key].labels(codes)
        parts.append(f"{definitions[key].label}: {', '.join(str(labels.get(code, code)) for code in codes)}")
    return ", ".join(parts)


def new_matches(
    request: SearchRequest, *, since: datetime, until: datetime, limit: int = 100
) -> Iterator[Document]:
    """Documents of this question that became public for the first time in (since, until], the oldest first.

    Raises UnknownFilterError when a filter has gone.
    """
    filters = _numbers_of_filters(request)
    found = Document.objects.filter(
        kind__in=request.kinds, first_public_at__gt=since, first_public_at__lte=until
    )
    for numbers in filters.values():
        found = found.filter(facets__overlap=numbers)
    if request.words:
        tsquery = tsquery_of(terms_of(request.words))
        if not tsquery:
            return iter(())
        found = found.extra(where=["tsv @@ %s::tsquery"], params=[tsquery])
    return iter(found.defer("head", "tsv").order_by("first_public_at", "pk")[:limit])


def public_addresses() -> Iterator[tuple[str, datetime]]:
    """Path and time of publication of everything that is public, the newest first: for the sitemap."""
    found = Document.objects.order_by("-published_at", "-pk").values_list("url", "published_at")
    return found.iterator(chunk_size=2_000)
