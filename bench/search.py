"""A catalogue's page against the same question in SQL by hand, and against a fixed text of the same server.

The SQL by hand is the design that won when it was measured: one materialised match, the best by the short vector, all
facets by one ``unnest``, the count. It marks no words, names no facet and draws no page.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.search.params import SearchRequest, parse
from apps.search.queries import find
from apps.search.services import bump_downloads
from apps.search.words import terms_of, tsquery_of
from bench import corpus, report

PAGE = "/knowledge/"
FIXED, CARDS = "/bench/fixed/", "/bench/cards/"
COMMON, SOME, RARE = corpus.MARKERS
FACETS = {"country": "AT", "topic": "topic-03"}
HTML_BYTES = 8 * 1024
_FEW, _MANY = 10_000, 100_000  # between which the growth has a budget
_PLANNER = "SET LOCAL enable_seqscan = off; SET LOCAL random_page_cost = 1.1; SET LOCAL work_mem = '32MB';"


def run(size: int = 100_000) -> None:
    corpus.use(size)
    _measure_words()
    _measure_words_with_facets()
    _measure_browsing()
    _measure_the_rest(size)
    _measure_weight()
    _measure_growth(size)


# --- Questions ------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Question:
    words: str
    filters: dict[str, str]

    @property
    def asked(self) -> SearchRequest:
        filters = {key: (code,) for key, code in self.filters.items()}
        return SearchRequest(kinds=(corpus.KIND,), words=self.words, filters=filters)

    @property
    def address(self) -> str:
        return f"{PAGE}?{self.asked.query_string()}"

    def by_hand(self) -> Callable[[], None]:
        """The words are already a tsquery, and the filters numbers."""
        query = tsquery_of(terms_of(self.words))
        numbers = [corpus.numbers_of(facet, code) for facet, code in self.filters.items()]
        sql, values = _by_hand(query, numbers)

        def ask() -> None:
            with connection.cursor() as cursor:
                cursor.execute(f"{_PLANNER} {sql}", values)
                hits, counts, total = cursor.fetchone()
            if not (hits and counts and total):
                raise AssertionError(f"nothing found for {self}")

        return ask


def _by_hand(query: str, numbers: list[list[int]]) -> tuple[str, dict[str, Any]]:
    values: dict[str, object] = {"query": query, "any": [number for each in numbers for number in each]}
    values |= {f"filter_{place}": each for place, each in enumerate(numbers)}
    tests = [f"facets && %(filter_{place})s::int[]" for place in range(len(numbers))]
    missed = " + ".join(f"({test})::int * {2**place}" for place, test in enumerate(tests)) or "0"
    every = "".join(f" AND {test}" for test in tests)
    some = " AND facets && %(any)s::int[]" if tests else ""
    all_bits, enough = 2 ** len(tests) - 1, [2 ** len(tests) - 1 - 2**place for place in range(len(tests))]
    return (
        f"""
        WITH matched AS MATERIALIZED (
            SELECT id, facets, {missed} AS fits FROM search_document
            WHERE kind = '{corpus.KIND}' AND tsv @@ %(query)s::tsquery{some}
        ),
        best AS (
            SELECT id, ts_rank(head, %(query)s::tsquery) AS rank, published_at FROM search_document
            WHERE kind = '{corpus.KIND}' AND head @@ %(query)s::tsquery{every}
            ORDER BY rank DESC, published_at DESC, id DESC LIMIT 20
        )
        SELECT
            (SELECT json_agg(hit) FROM (
                SELECT id, object_id, title, summary, authors, language, url, published_at, downloads, card
                FROM best JOIN search_document USING (id, published_at) ORDER BY rank DESC, published_at DESC
            ) AS hit),
            (SELECT json_agg(counted) FROM (
                SELECT value, fits, count(*) AS number FROM matched, unnest(facets) AS value
                WHERE fits IN ({", ".join(str(bits) for bits in [all_bits, *enough])}) GROUP BY value, fits
            ) AS counted),
            (SELECT count(*) FROM matched WHERE fits = {all_bits})
        """,
        values,
    )


def _visit(address: str) -> Callable[[], bytes]:
    client = Client()

    def visit() -> bytes:
        response: Any = client.get(address)
        if response.status_code != 200:  # noqa: PLR2004
            raise AssertionError(f"{address} answered {response.status_code}")
        body: bytes | Iterable[bytes] = response.streaming_content if response.streaming else response.content
        return body if isinstance(body, bytes) else b"".join(body)

    return visit


# --- Measures -------------------------------------------------------------------------------------
def _measure_words() -> None:
    budgets = {COMMON: 1.5, SOME: 3.0}
    for word, share in corpus.MARKERS.items():
        question = Question(word, {})
        found = _measure(question, f"one word, in {share * 100:g} % of all documents")
        if word in budgets:
            report.budget(
                f"page / SQL, word in {share * 100:g} %",
                found["page"] / found["SQL by hand"],
                most=budgets[word],
            )


def _measure_words_with_facets() -> None:
    for word in (COMMON, SOME):
        share = corpus.MARKERS[word] * 100
        found = _measure(Question(word, FACETS), f"word in {share:g} % and two facets")
        allowed = 2 * found["SQL by hand"] + found["fixed text"]
        report.budget(
            f"page / (2 x SQL + fixed text), word in {share:g} % and two facets",
            found["page"] / allowed,
            most=1,
        )


def _measure(question: Question, text: str) -> dict[str, float]:
    found = report.in_turns(
        {
            "SQL by hand": question.by_hand(),
            "find()": lambda: find(question.asked),
            "page": _visit(question.address),
            "fixed text": _visit(FIXED),
        }
    )
    with CaptureQueriesContext(connection) as captured:
        total = find(question.asked).total
    report.title(f"{text}: {total:,} found, {len(captured)} statements")
    for name, seconds in found.items():
        report.line(name, seconds, to=found["SQL by hand"])
    return found


def _measure_browsing() -> None:
    found = report.in_turns(
        {"twenty cards, one query": _visit(CARDS), "first page": _visit(PAGE), "fixed text": _visit(FIXED)}
    )
    report.title("browsing without a word")
    for name, seconds in found.items():
        report.line(name, seconds, to=found["twenty cards, one query"])
    report.budget(
        "requests a second, first page / bare page of the same cards",
        found["twenty cards, one query"] / found["first page"],
        least=0.6,
    )


def _measure_the_rest(size: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT object_id FROM search_document ORDER BY id LIMIT 1")
        pk = cursor.fetchone()[0]
    found = report.in_turns(
        {
            "newest, filtered by one facet": _visit(f"{PAGE}?country=AT"),
            "most downloaded": _visit(f"{PAGE}?sort=downloads"),
            "a word that only long texts have": _visit(f"{PAGE}?q={corpus.ONLY_IN_BODIES}"),
            "the same, newest first": _visit(f"{PAGE}?q={corpus.ONLY_IN_BODIES}&sort=newest"),
            "last numbered page of a common word": _visit(
                f"{PAGE}?q={COMMON}&page={min(50, max(1, size // 100))}"
            ),
            "a typing error": _visit(f"{PAGE}?q=monitorign"),
            "a word that nobody wrote": _visit(f"{PAGE}?q=xqzwvkjh"),
            "feed": _visit(f"{PAGE}feed/?q={SOME}"),
            "one download counted": lambda: bump_downloads(corpus.KIND, pk),
        },
        seconds=1.5,
    )
    report.title("other questions")
    for name, seconds in found.items():
        report.line(name, seconds)
    table = report.in_turns({"table": _visit(f"{PAGE}csv/?q={COMMON}")}, seconds=1.0, least=3)["table"]
    rows = sum(1 for _row in csv.reader(io.StringIO(_visit(f"{PAGE}csv/?q={COMMON}")().decode()))) - 1
    report.line(f"table of {rows:,} rows", table)


def _measure_weight() -> None:
    report.title("weight of a page")
    for name, address in (
        ("first page", PAGE),
        ("page with word and facets", Question(COMMON, FACETS).address),
    ):
        size = len(gzip.compress(_visit(address)(), 6))
        report.budget(f"HTML of the {name}, gzipped", size / 1024, most=HTML_BYTES / 1024, unit="kB")


def _measure_growth(size: int) -> None:
    question = Question(SOME, {})
    seconds: dict[int, dict[str, float]] = {}
    for count in sorted({size // 100, size // 10, size}):
        if count < 1_000:  # noqa: PLR2004
            continue
        corpus.use(count)
        seconds[count] = report.in_turns(
            {"word": question.by_hand(), "find": lambda: find(question.asked), "key": _page_by_key(count)},
            seconds=1.5,
        )
    report.title("growth")
    for count, found in seconds.items():
        report.line(f"word in 3 %, SQL by hand, {count:,} documents", found["word"])
        report.line(f"word in 3 %, find(), {count:,} documents", found["find"])
        report.line(f"page by key in the middle, {count:,} documents", found["key"])
    if {_FEW, _MANY} <= seconds.keys():
        report.budget(
            f"find() at {_MANY:,} / at {_FEW:,}",
            seconds[_MANY]["find"] / seconds[_FEW]["find"],
            most=6,
        )
    least = min(seconds)
    report.budget(
        f"page by key at {size:,} / at {least:,}", seconds[size]["key"] / seconds[least]["key"], most=2
    )


def _page_by_key(count: int) -> Callable[[], object]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT published_at, id FROM search_document ORDER BY published_at DESC, id DESC OFFSET %s LIMIT 1",
            [count // 2],
        )
        published_at, pk = cursor.fetchone()
    asked = parse(f"after={published_at.isoformat().replace('+', '%2B')}~{pk}", kinds=(corpus.KIND,))
    return lambda: find(asked)
