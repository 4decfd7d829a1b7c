"""Asking the search: hits, facets and count in one statement."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.utils.dateparse import parse_datetime
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from apps.search.configs import SIMPLE, STEMMERS
from apps.search.exceptions import BadSearchError, UnknownFilterError
from apps.search.models import Document, FacetValue
from apps.search.params import LAST_NUMBERED_PAGE, PER_PAGE, Position, SearchRequest
from apps.search.registry import FacetDef, facets_of
from apps.search.services import generation
from apps.search.words import corrected, terms_of, tsquery_of

EXCERPTED_CHARS = 60_000
_CACHED_FOR = 3600  # seconds; every change of the search begins a new generation at once
_START, _STOP = "\x02", "\x03"
# Sent with the question in one message, which PostgreSQL takes as one transaction: the settings end with it.
# The planner does not price reading vectors that lie out of line, and would read the whole table for common words.
_PLANNER = "SET LOCAL enable_seqscan = off; SET LOCAL random_page_cost = 1.1; SET LOCAL work_mem = '32MB';"
_CONFIG = "CASE d.language {cases} ELSE '{simple}' END::regconfig".format(
    cases=" ".join(f"WHEN '{code}' THEN 'hub_{stemmer}'" for code, stemmer in STEMMERS.items()), simple=SIMPLE
)
_MARKS = f"StartSel={_START}, StopSel={_STOP}"
_HIT_COLUMNS = (
    "d.id, d.kind, d.object_id, d.title, d.summary, d.authors, d.language, d.url, d.published_at, "
    "d.downloads, d.card"
)
Rows = list[dict[str, Any]]
_ORDERS = {
    "relevance": "rank DESC, published_at DESC, id DESC",
    "newest": "published_at DESC, id DESC",
    "downloads": "downloads DESC, published_at DESC, id DESC",
}


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

    @property
    def has_chosen(self) -> bool:
        return any(value.is_chosen for value in self.values)


@dataclass(frozen=True)
class SearchResult:
    """``request`` is what was answered: with ``corrected_from`` set, its words are nearer to what exists."""

    request: SearchRequest
    hits: list[Hit]
    total: int
    facets: list[Facet] = field(default_factory=list)
    corrected_from: str = ""

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
class _Question:
    """A request in PostgreSQL's terms: filters as numbers, words as a tsquery."""

    request: SearchRequest
    tsquery: str
    filters: dict[str, list[int]]
    limit: int
    offset: int


def find(request: SearchRequest, *, limit: int = PER_PAGE, with_facets: bool = True) -> SearchResult:
    """Answer a question. Raises UnknownFilterError, and BadSearchError for a page that is not there."""
    if request.page > LAST_NUMBERED_PAGE:
        raise BadSearchError
    if not request.words and request.sort == "relevance":
        request = replace(request, sort="newest")
    question = _question(request, _numbers_of_filters(request), limit)
    rows, total, counts = _look_up(question)
    corrected_from = ""
    if not total and request.words:
        nearer = corrected(request.words, kinds=request.kinds)
        other = _question(request.with_words(nearer), question.filters, limit) if nearer else question
        if other.tsquery != question.tsquery:
            rows, total, counts = _look_up(other)
            if total:
                question, corrected_from = other, request.words
    if request.page > 1 and not rows:
        raise BadSearchError
    facets = _facets(question, counts) if with_facets else []
    return SearchResult(question.request, [_hit(row) for row in rows], total, facets, corrected_from)


def _question(request: SearchRequest, filters: dict[str, list[int]], limit: int) -> _Question:
    tsquery = tsquery_of(terms_of(request.words)) if request.words else ""
    return _Question(request, tsquery, filters, limit, (request.page - 1) * limit)


def _look_up(question: _Question) -> tuple[Rows, int, Rows]:
    """Rows of hits, number of all, counts of facet values."""
    if question.request.words and not question.tsquery:
        return [], 0, []
    return _ask(question) if question.tsquery or question.filters else _browse(question)


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
    if code not in facet.labels([code]):
        raise UnknownFilterError
    return 0


# --- SQL --------------------------------------------------------------------------------------
def _ask(question: _Question) -> tuple[Rows, int, Rows]:
    """Hits, count and facets from one materialised match.

    A facet with chosen values counts without its own filter, so that its other values keep their numbers. The match
    therefore holds every row that satisfies all filters but one; ``missed`` says which one it does not.
    """
    sql, values = _statement(question)
    with connection.cursor() as cursor:
        cursor.execute(f"{_PLANNER} {sql}", values)
        total, hits, counts = cursor.fetchone()
    return hits or [], total, counts or []


def _statement(question: _Question) -> tuple[str, dict[str, Any]]:
    request = question.request
    values: dict[str, Any] = {
        "kinds": list(request.kinds),
        "limit": question.limit,
        "offset": question.offset,
    }
    conditions = ["kind = ANY(%(kinds)s)"]
    rank = "0::real"
    if question.tsquery:
        values["tsquery"] = question.tsquery
        conditions.append("tsv @@ %(tsquery)s::tsquery")
        if request.sort == "relevance":
            rank = "ts_rank(head, %(tsquery)s::tsquery)"
    missed = _missed(question, values)
    if len(question.filters) > 1:
        values["any_filter"] = [number for numbers in question.filters.values() for number in numbers]
        conditions.append("facets && %(any_filter)s::int[]")
    after = ""
    if request.after:
        values["after_at"], values["after_id"] = request.after.published_at, request.after.pk
        after = "AND (published_at, id) < (%(after_at)s, %(after_id)s)"
    sql = f"""
        WITH matched AS MATERIALIZED (
            SELECT id, facets, published_at, downloads, {rank} AS rank, {missed} AS missed
            FROM search_document WHERE {" AND ".join(conditions)}
        ),
        best AS (
            SELECT id, rank, published_at, downloads FROM matched WHERE missed = '{{}}' {after}
            ORDER BY {_ORDERS[request.sort]} LIMIT %(limit)s OFFSET %(offset)s
        ),
        hits AS (
            SELECT {_HIT_COLUMNS}, {_headlines(question)}
            FROM best JOIN search_document d USING (id) LEFT JOIN search_documenttext t ON t.document_id = d.id
            ORDER BY {
        _ORDERS[request.sort]
        .replace("rank", "best.rank")
        .replace("published_at", "best.published_at")
        .replace("downloads", "best.downloads")
        .replace(" id", " best.id")
    }
        ),
        counts AS (
            SELECT value, missed, count(*) AS number FROM matched, unnest(facets) AS value
            WHERE cardinality(missed) < 2 GROUP BY value, missed
        )
        SELECT (SELECT count(*) FROM matched WHERE missed = '{{}}'),
            (SELECT json_agg(hits) FROM hits), (SELECT json_agg(counts) FROM counts)
    """  # noqa: S608 - only our own words are put in; every value is a parameter
    return sql, values


def _missed(question: _Question, values: dict[str, Any]) -> str:
    """The numbers of the filters that a row does not satisfy, as an array."""
    if not question.filters:
        return "'{}'::int[]"
    parts = []
    for number, chosen in enumerate(question.filters.values()):
        values[f"filter_{number}"] = chosen
        parts.append(f"CASE WHEN facets && %(filter_{number})s::int[] THEN NULL ELSE {number} END")
    return f"array_remove(ARRAY[{', '.join(parts)}]::int[], NULL)"


def _headlines(question: _Question) -> str:
    """The body is looked through only where title and summary do not hold the words."""
    if not question.tsquery or question.limit > PER_PAGE:
        return "'' AS title_marked, '' AS excerpt"
    query = "%(tsquery)s::tsquery"
    return f"""
        ts_headline({_CONFIG}, d.title, {query}, '{_MARKS}, HighlightAll=true') AS title_marked,
        ts_headline({_CONFIG},
            CASE WHEN d.head @@ {query} THEN d.summary ELSE left(coalesce(t.body, ''), {EXCERPTED_CHARS}) END,
            {query}, '{_MARKS}, MaxWords=45, MinWords=20, MaxFragments=2, FragmentDelimiter=" … "') AS excerpt
    """


def _browse(question: _Question) -> tuple[Rows, int, Rows]:
    """Without words and filters the counts are the same for everybody: kept until something changes."""
    request = question.request
    total, counts = _all_counts(request.kinds)
    after = "AND (published_at, id) < (%(after_at)s, %(after_id)s)" if request.after else ""
    values: dict[str, Any] = {
        "kinds": list(request.kinds),
        "limit": question.limit,
        "offset": question.offset,
    }
    if request.after:
        values["after_at"], values["after_id"] = request.after.published_at, request.after.pk
    sql = f"""
        SELECT json_agg(hits) FROM (
            SELECT {_HIT_COLUMNS}, '' AS title_marked, '' AS excerpt FROM search_document d
            WHERE kind = ANY(%(kinds)s) {after} ORDER BY {_ORDERS[request.sort]}
            LIMIT %(limit)s OFFSET %(offset)s
        ) AS hits
    """  # noqa: S608 - only our own words are put in; every value is a parameter
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()[0] or [], total, counts


def _all_counts(kinds: Sequence[str]) -> tuple[int, Rows]:
    key = (
        f"search.counts.{generation()}.{hashlib.sha256(json.dumps(sorted(kinds)).encode()).hexdigest()[:20]}"
    )
    found: tuple[int, Rows] | None = cache.get(key)
    if found is None:
        sql = """
            SELECT (SELECT count(*) FROM search_document WHERE kind = ANY(%(kinds)s)),
                (SELECT json_agg(counts) FROM (
                    SELECT value, '{}'::int[] AS missed, count(*) AS number
                    FROM search_document, unnest(facets) AS value WHERE kind = ANY(%(kinds)s) GROUP BY value
                ) AS counts)
        """
        with connection.cursor() as cursor:
            cursor.execute(sql, {"kinds": list(kinds)})
            total, counts = cursor.fetchone()
        found = (total, counts or [])
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
        excerpt=_marked(row["excerpt"]),
        summary=row["summary"],
        authors=row["authors"],
        language=row["language"],
        url=row["url"],
        published_at=published_at,
        downloads=row["downloads"],
        card=row["card"],
    )


def _marked(text: str) -> SafeString:
    html = escape(text).replace(_START, "<mark>").replace(_STOP, "</mark>")
    return mark_safe(html)  # noqa: S308 - escaped, and the marks are ours


def _facets(question: _Question, counts: Rows) -> list[Facet]:
    definitions = facets_of(question.request.kinds)
    numbers = {row["value"] for row in counts}
    chosen = {number for values in question.filters.values() for number in values}
    values = {value.pk: value for value in FacetValue.objects.filter(pk__in=numbers | chosen)}
    place = {key: position for position, key in enumerate(question.filters)}
    totals: dict[int, int] = dict.fromkeys(values, 0)
    for row in counts:
        value = values.get(row["value"])
        if value is None:
            continue
        allowed = [[], [place[value.facet]]] if value.facet in place else [[]]
        if row["missed"] in allowed:
            totals[value.pk] += row["number"]
    found = [
        _facet(definition, [value for value in values.values() if value.facet == key], totals, chosen)
        for key, definition in definitions.items()
    ]
    for facet in found:
        _add_unused(facet, definitions[facet.key], question.request.filters.get(facet.key, ()))
    return [facet for facet in found if facet.values]


def _add_unused(facet: Facet, definition: FacetDef, chosen: Sequence[str]) -> None:
    """A chosen value that no item ever had is shown too: it must be possible to take it away again."""
    unused = set(chosen) - {value.code for value in facet.values}
    labels = definition.labels(unused) if unused else {}
    facet.values.extend(FacetCount(code, str(labels[code]), 0, True) for code in sorted(unused & set(labels)))


def _facet(definition: FacetDef, values: list[FacetValue], totals: dict[int, int], chosen: set[int]) -> Facet:
    labels: Mapping[str, Any] = (
        definition.labels([value.code for value in values]) if definition.is_translated and values else {}
    )
    counted = [
        FacetCount(value.code, str(labels.get(value.code, value.label)), totals[value.pk], value.pk in chosen)
        for value in values
        if totals[value.pk] or value.pk in chosen
    ]
    orders = {
        "count": lambda value: (-value.count, value.label),
        "label": lambda value: (value.label,),
        "code_descending": lambda value: tuple(-ord(char) for char in value.code),
    }
    return Facet(definition.key, str(definition.label), sorted(counted, key=orders[definition.order]))


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
    return iter(found.defer("head", "tsv", "fuzzy").order_by("first_public_at", "pk")[:limit])
