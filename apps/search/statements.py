"""The questions as SQL: one statement brings what a page needs. See docs/adr/0008-search-documents.md."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from apps.search.configs import SIMPLE, STEMMERS
from apps.search.models import TITLE_COLLATION
from apps.search.params import PER_PAGE, SearchRequest
from apps.search.reading import shown_sql

START, STOP = "\x02", "\x03"  # around a found word; no document holds them
RANKED_REST = 2_000
_EXCERPTED_CHARS = 60_000
_WINDOW_BEFORE, _WINDOW = 400, 1_600  # characters around the first word that is found as it was typed
_SURE = 4  # letters of a word that its other forms share
_ENDING = 3
# Sent with the question in one message, which PostgreSQL takes as one transaction: the settings end with it.
# The planner does not price reading vectors that lie out of line, and would read the whole table for common words.
_PLANNER = "SET LOCAL enable_seqscan = off; SET LOCAL random_page_cost = 1.1; SET LOCAL work_mem = '32MB';"
_CONFIG = "CASE d.language {cases} ELSE '{simple}' END::regconfig".format(
    cases=" ".join(f"WHEN '{code}' THEN 'hub_{stemmer}'" for code, stemmer in STEMMERS.items()), simple=SIMPLE
)
_MARKS = f"StartSel={START}, StopSel={STOP}"
_EXCERPT = 'MaxWords=45, MinWords=20, MaxFragments=2, FragmentDelimiter=" … "'
_HIT_COLUMNS = (
    "d.id, d.kind, d.object_id, d.title, d.summary, d.authors, d.language, d.url, d.published_at, "
    "d.downloads, d.card"
)
_NEWEST = "published_at DESC, id DESC"
_ORDERS = {
    "relevance": _NEWEST,
    "title": f'title COLLATE "{TITLE_COLLATION}", id',
    "newest": _NEWEST,
    "downloads": f"downloads DESC, {_NEWEST}",
}

Rows = list[dict[str, Any]]
# facet, code, label, the bits of the filters that the counted documents miss, how many
Counts = list[tuple[str, str, str, int, int]]


@dataclass(frozen=True)
class Question:
    """A request in PostgreSQL's terms: filters as numbers, words as a tsquery.

    ``some`` has a tsquery for each word where the items are wanted that have the most of them; ``tsquery`` is then
    any of these.
    """

    request: SearchRequest
    tsquery: str
    filters: dict[str, list[int]]
    limit: int
    offset: int
    with_facets: bool
    some: tuple[str, ...] = ()

    @property
    def is_ranked(self) -> bool:
        return bool(self.tsquery) and self.request.sort == "relevance"

    @property
    def counts_alone(self) -> bool:
        """The only filter: how often its facet's values occur without it is known from browsing."""
        return not self.tsquery and len(self.filters) == 1


def look_up(question: Question) -> tuple[Rows, int, Counts]:
    """Hits, how many there are in all, and counts of facet values, from one materialised match.

    A facet with chosen values counts without its own filter, so that its other values keep their numbers. The match
    therefore holds every document that misses at most one filter; the bits of ``missed`` say which one.
    """
    values: dict[str, Any] = {"limit": question.limit, "offset": question.offset, "tsquery": question.tsquery}
    sql = f"""
        WITH {_matched(question, values)},
        {_best(question, values)},
        hits AS (
            SELECT best.place, {_HIT_COLUMNS}, {_headlines(question, values)}
            FROM best JOIN search_document d USING (id) LEFT JOIN search_documenttext t ON t.document_id = d.id
        )
        SELECT (SELECT count(*) FROM matched WHERE missed = 0),
            (SELECT json_agg(hits ORDER BY place) FROM hits),
            {_counted(question, values)}
    """  # noqa: S608 - only our own words are put in; every value is a parameter
    with connection.cursor() as cursor:
        cursor.execute(f"{_PLANNER} {sql}", values)
        total, hits, counts = cursor.fetchone()
    return hits or [], total, [tuple(row) for row in counts or []]


def browse(question: Question) -> Rows:
    """One page of everything: read off an index."""
    values: dict[str, Any] = {"limit": question.limit, "offset": question.offset}
    conditions = [*_of_kinds(question.request.kinds, values), *_after(question, values)]
    sql = f"""
        SELECT json_agg(hits) FROM (
            SELECT {_HIT_COLUMNS}, '' AS title_marked, '' AS excerpt FROM search_document d
            WHERE {" AND ".join(conditions)} ORDER BY {_ORDERS[question.request.sort]}
            LIMIT %(limit)s OFFSET %(offset)s
        ) AS hits
    """  # noqa: S608 - as above
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found: Rows | None = cursor.fetchone()[0]
    return found or []


def count_everything(kinds: Sequence[str]) -> tuple[int, Counts]:
    values: dict[str, Any] = {}
    [condition] = _of_kinds(kinds, values)
    sql = f"""
        SELECT (SELECT count(*) FROM search_document WHERE {condition}),
            (SELECT json_agg(json_build_array(facet, code, label, 0, number)) FROM (
                SELECT value, count(*) AS number FROM search_document, unnest(facets) AS value
                WHERE {condition} GROUP BY value
            ) AS counted JOIN search_facetvalue ON search_facetvalue.id = value)
    """  # noqa: S608 - as above
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        total, counts = cursor.fetchone()
    return total, [tuple(row) for row in counts or []]


# --- Parts ------------------------------------------------------------------------------------
def _of_kinds(kinds: Sequence[str], values: dict[str, Any]) -> list[str]:
    """An index that begins with the kind gives an order only where there is one kind."""
    if len(kinds) == 1:
        values["kind"] = kinds[0]
        return ["kind = %(kind)s"]
    values["kinds"] = list(kinds)
    return ["kind = ANY(%(kinds)s)"]


def _after(question: Question, values: dict[str, Any]) -> list[str]:
    after = question.request.after
    if after is None:
        return []
    values["after_at"], values["after_id"] = after.published_at, after.pk
    return ["(published_at, id) < (%(after_at)s, %(after_id)s)"]


def _matched(question: Question, values: dict[str, Any]) -> str:
    missed = _missed(question, values)
    columns = "facets, published_at, downloads" + (", title" if question.request.sort == "title" else "")
    conditions = _conditions(question, values)
    if question.some:
        return _with_most(question, values, columns=columns, missed=missed, conditions=conditions)
    if question.tsquery:
        conditions.append("tsv @@ %(tsquery)s::tsquery")
    return f"""matched AS MATERIALIZED (
            SELECT id, {columns}, {missed} AS missed FROM search_document WHERE {" AND ".join(conditions)}
        )"""  # noqa: S608 - as above


def _with_most(
    question: Question, values: dict[str, Any], *, columns: str, missed: str, conditions: list[str]
) -> str:
    """The documents that hold the most of the words. Each word is read off the index: no vector is looked into."""
    values |= {f"word_{place}": tsquery for place, tsquery in enumerate(question.some)}
    found = f"SELECT id, {missed} AS missed FROM search_document WHERE {' AND '.join(conditions)}"  # noqa: S608
    each = " UNION ALL ".join(
        f"{found} AND tsv @@ %(word_{place})s::tsquery" for place in range(len(question.some))
    )
    return f"""counted AS MATERIALIZED (
            SELECT id, missed, count(*) AS held FROM ({each}) AS found GROUP BY id, missed
        ),
        matched AS MATERIALIZED (
            SELECT id, {columns}, missed FROM counted JOIN search_document USING (id)
            WHERE held = (SELECT max(held) FROM counted WHERE missed = 0)
        )"""  # noqa: S608 - as above


def _conditions(question: Question, values: dict[str, Any]) -> list[str]:
    """What every document of the match satisfies beside the words."""
    found = _of_kinds(question.request.kinds, values)
    if len(question.filters) > 1 or question.counts_alone:
        values["any_filter"] = [number for numbers in question.filters.values() for number in numbers]
        found.append("facets && %(any_filter)s::int[]")
    return found


def _missed(question: Question, values: dict[str, Any]) -> str:
    """A number with one bit for each filter that a document does not satisfy."""
    parts = []
    for place, chosen in enumerate(question.filters.values()):
        values[f"filter_{place}"] = chosen
        parts.append(f"CASE WHEN facets && %(filter_{place})s::int[] THEN 0 ELSE {1 << place} END")
    return " + ".join(parts) or "0"


def _best(question: Question, values: dict[str, Any]) -> str:
    """The ids of one page with their ``place``.

    By relevance those come first that hold all words in title, summary or authors; the others are only looked at
    where these do not fill the page, and of them the newest ``RANKED_REST``. Where no document holds all words, there
    are only others.
    """
    if not question.is_ranked:
        conditions = ["missed = 0", *_after(question, values)]
        order = _ORDERS[question.request.sort]
        return f"""best AS (
            SELECT id, row_number() OVER (ORDER BY {order}) AS place FROM matched
            WHERE {" AND ".join(conditions)} ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s
        )"""  # noqa: S608 - as above
    values["last"] = question.limit + question.offset
    order = f"is_rest, rank DESC, {_NEWEST}"
    return f"""in_head AS MATERIALIZED (
            SELECT d.id, d.published_at, ts_rank(d.head, %(tsquery)s::tsquery) AS rank
            FROM {_with_words_in_head(question, values)} AND d.head @@ %(tsquery)s::tsquery
        ),
        rest AS (
            SELECT id FROM matched
            WHERE missed = 0 AND (SELECT count(*) FROM in_head) < %(last)s AND id NOT IN (SELECT id FROM in_head)
            ORDER BY {_NEWEST} LIMIT greatest(%(last)s, {RANKED_REST})
        ),
        best AS (
            SELECT id, row_number() OVER (ORDER BY {order}) AS place FROM (
                SELECT id, published_at, rank, 0 AS is_rest FROM in_head
                UNION ALL
                SELECT d.id, d.published_at, ts_rank(d.head, %(tsquery)s::tsquery), 1
                FROM rest JOIN search_document d USING (id)
            ) AS ranked ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s
        )"""  # noqa: S608 - as above


def _with_words_in_head(question: Question, values: dict[str, Any]) -> str:
    """Where to look for documents that hold all words in title, summary or authors.

    Filters leave so few of the match that looking into each of them is quicker than asking the indexes once more.
    """
    if question.some:
        return "search_document d WHERE false"
    if question.filters:
        return "matched JOIN search_document d USING (id) WHERE missed = 0"
    return f"search_document d WHERE {' AND '.join(_of_kinds(question.request.kinds, values))}"


def _counted(question: Question, values: dict[str, Any]) -> str:
    if not question.with_facets:
        return "NULL"
    own = " ".join(
        f"WHEN {1 << place} THEN facet = %(facet_{place})s" for place in range(len(question.filters))
    )
    values |= {f"facet_{place}": key for place, key in enumerate(question.filters)}
    missed = f"CASE missed WHEN 0 THEN true {own} END" if own else "true"
    return f"""(SELECT json_agg(json_build_array(facet, code, label, missed, number)) FROM (
                SELECT value, missed, count(*) AS number FROM matched, unnest(facets) AS value
                WHERE missed & (missed - 1) = 0 GROUP BY value, missed
            ) AS counted JOIN search_facetvalue ON search_facetvalue.id = value WHERE {missed})"""  # noqa: S608


def _headlines(question: Question, values: dict[str, Any]) -> str:
    """The body is looked through only where title and summary do not hold the words, and no more of it than needed."""
    if not question.tsquery or question.limit > PER_PAGE:
        return "'' AS title_marked, '' AS excerpt"
    query = "%(tsquery)s::tsquery"
    text = shown_sql(f"CASE WHEN d.head @@ {query} THEN d.summary ELSE {_passage(question, values)} END")
    return f"""
        ts_headline({_CONFIG}, {shown_sql("d.title")}, {query}, '{_MARKS}, HighlightAll=true') AS title_marked,
        ts_headline({_CONFIG}, {text}, {query}, '{_MARKS}, {_EXCERPT}') AS excerpt
    """


def _passage(question: Question, values: dict[str, Any]) -> str:
    """Marking is slow on long texts, so cut a window around the first word that stands there nearly as it was typed."""
    body = f"left(coalesce(t.body, ''), {_EXCERPTED_CHARS})"
    positions = []
    for number, word in enumerate(re.findall(r"\w+", question.request.words.lower())):
        values[f"beginning_{number}"] = word[: max(_SURE, len(word) - _ENDING)]
        positions.append(f"nullif(strpos(lower({body}), %(beginning_{number})s), 0)")
    place = f"coalesce({', '.join([*positions, '0'])})"
    return f"""(SELECT CASE WHEN place = 0 THEN text ELSE
            substr(text, greatest(1, place - {_WINDOW_BEFORE}), {_WINDOW}) END
            FROM (SELECT {body} AS text, {place} AS place) AS found)"""  # noqa: S608 - as above
