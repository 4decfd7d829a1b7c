from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.search.exceptions import BadSearchError, UnknownFilterError
from apps.search.models import Document
from apps.search.params import LAST_NUMBERED_PAGE, MAX_WORDS_CHARS, PER_PAGE, SearchRequest, Sort, parse
from apps.search.queries import SearchResult, describe, find, new_matches
from tests.factories.search import COLOURS, COUNTRIES, START, Shelf


def ask(shelf: Shelf, query: str = "") -> SearchResult:
    return find(parse(query, kinds=shelf.kinds))


def titles(result: SearchResult) -> list[str]:
    return [hit.title for hit in result.hits]


def counts(result: SearchResult) -> dict[str, dict[str, int]]:
    return {facet.key: {value.code: value.count for value in facet.values} for facet in result.facets}


# --- What is shown of a hit -------------------------------------------------------------------
def test_what_people_wrote_is_escaped_and_found_words_are_marked(shelf: Shelf) -> None:
    shelf.put(
        "<script>alert(1)</script> cluster & co",
        summary='A <img src=x onerror="alert(2)"> cluster',
        body="never shown",
    )
    hit = ask(shelf, "q=cluster").hits[0]
    for html in (hit.title_html, hit.excerpt):
        assert "<mark>cluster</mark>" in html
        assert "<" not in html.replace("<mark>", "").replace("</mark>", "")
    assert "&amp; co" in hit.title_html


def test_without_words_nothing_is_marked_and_all_is_escaped(shelf: Shelf) -> None:
    shelf.put("<b>bold</b>")
    hit = ask(shelf).hits[0]
    assert (hit.title_html, hit.excerpt) == ("&lt;b&gt;bold&lt;/b&gt;", "")


def test_the_excerpt_comes_from_the_body_where_only_the_body_has_the_word(shelf: Shelf) -> None:
    body = "Foreword. " * 300 + "Here the rare zeppelin flies. " + "Afterword. " * 300
    shelf.put("Title", summary="Summary", body=body)
    hit = ask(shelf, "q=zeppelins").hits[0]
    assert "<mark>zeppelin</mark>" in hit.excerpt
    assert len(hit.excerpt) < 1000


def test_better_places_come_first(shelf: Shelf) -> None:
    shelf.put("In the body", body="zeppelin")
    shelf.put("In the summary", summary="zeppelin")
    shelf.put("A zeppelin")
    shelf.put("Newest, in the body", body="zeppelin")
    assert titles(ask(shelf, "q=zeppelin")) == [
        "A zeppelin",
        "In the summary",
        "Newest, in the body",
        "In the body",
    ]


def test_keywords_are_found_last_whatever_the_language_and_not_shown(shelf: Shelf) -> None:
    shelf.put("Wirkungslogik", language="de", keywords="Theory of change, Survey", summary="Kurz.", body="x")
    shelf.put("In the body", body="A theory of change.")
    shelf.put("A theory of change")
    for words in ("theory of change", '"theory of change"', "theories changed"):
        assert titles(ask(shelf, f"q={words}")) == ["A theory of change", "In the body", "Wirkungslogik"], (
            words
        )
    hit = ask(shelf, "q=surveys").hits[0]
    assert (hit.title, hit.teaser) == ("Wirkungslogik", "Kurz.")
    assert ask(shelf, "q=servey").request.words == "survey", "typing errors are mended by them, too"


@pytest.mark.parametrize(
    ("sort", "expected"), [("newest", ["C", "B", "A"]), ("downloads", ["B", "C", "A"]), ("", ["C", "B", "A"])]
)
def test_orders(shelf: Shelf, sort: str, expected: list[str]) -> None:
    shelf.put("A", facets={"colour": ["red"]})
    shelf.put("B", facets={"colour": ["red"]}, downloads=5)
    shelf.put("C", facets={"colour": ["red"]})
    assert titles(ask(shelf, f"sort={sort}")) == expected
    assert titles(ask(shelf, f"sort={sort}&colour=red")) == expected
    assert titles(find(SearchRequest(kinds=shelf.kinds, sort="relevance"))) == ["C", "B", "A"]


def test_what_leaves_the_shelf_is_not_found_counted_or_suggested(shelf: Shelf) -> None:
    shelf.put("Evaluation", facets={"colour": ["red"]})
    (hidden,) = shelf.put("Zeppelin", facets={"colour": ["blue"]}, body="secret")
    shelf.take(hidden)
    assert counts(ask(shelf, "q=evaluation"))["colour"] == {"red": 1}
    for words in ("zeppelin", "zepelin", "secret"):
        result = ask(shelf, f"q={words}")
        assert (result.total, result.hits, result.corrected_from) == (0, [], "")


def test_kinds_are_kept_apart(shelf: Shelf) -> None:
    shelf.put("Apple")
    assert find(SearchRequest(kinds=("resource",), words="apple")).total == 0
    assert find(SearchRequest(kinds=("resource", "thing"), words="apple")).total == 1


# --- Facets -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Item:
    colours: tuple[str, ...]
    countries: tuple[str, ...]
    has_word: bool


_subsets = {
    "colour": st.lists(st.sampled_from(sorted(COLOURS)), max_size=3, unique=True).map(tuple),
    "country": st.lists(st.sampled_from(sorted(COUNTRIES)), max_size=2, unique=True).map(tuple),
}
_items = st.lists(
    st.builds(Item, colours=_subsets["colour"], countries=_subsets["country"], has_word=st.booleans()),
    max_size=12,
)


def _matches(item: Item, filters: dict[str, tuple[str, ...]], *, has_words: bool) -> bool:
    mine = {"colour": item.colours, "country": item.countries}
    by_filters = all(set(chosen) & set(mine[key]) for key, chosen in filters.items() if chosen)
    return by_filters and (item.has_word or not has_words)


def _model(
    items: list[Item], filters: dict[str, tuple[str, ...]], *, has_words: bool
) -> tuple[int, dict[str, dict[str, int]]]:
    """The slow truth: a facet counts the items that satisfy everything but the facet's own filter."""
    expected: dict[str, dict[str, int]] = {}
    for key, codes in (("colour", COLOURS), ("country", COUNTRIES)):
        others = {other: chosen for other, chosen in filters.items() if other != key}
        left = [item for item in items if _matches(item, others, has_words=has_words)]
        numbers = {
            code: sum(code in (item.colours if key == "colour" else item.countries) for item in left)
            for code in codes
        }
        expected[key] = {code: number for code, number in numbers.items() if number or code in filters[key]}
    return sum(_matches(item, filters, has_words=has_words) for item in items), expected


@given(items=_items, colour=_subsets["colour"], country=_subsets["country"], has_words=st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_hits_and_facets_are_those_of_the_naive_model(
    shelf: Shelf,
    items: list[Item],
    colour: tuple[str, ...],
    country: tuple[str, ...],
    has_words: bool,
) -> None:
    Document.objects.all().delete()
    shelf.items.clear()
    for item in items:
        shelf.put(
            "Apple" if item.has_word else "Pear", facets={"colour": item.colours, "country": item.countries}
        )
    from apps.search.services import forget_cached_facets

    forget_cached_facets()
    filters = {"colour": colour, "country": country}
    asked = SearchRequest(
        kinds=shelf.kinds,
        words="apple" if has_words else "",
        filters={key: chosen for key, chosen in filters.items() if chosen},
    )
    result = find(asked)
    if result.corrected_from:
        return
    total, expected = _model(items, filters, has_words=has_words)
    assert (result.total, len(result.hits)) == (total, total)
    found = counts(result)
    if total or not has_words:
        assert {key: found.get(key, {}) for key in expected} == expected


def test_a_facet_keeps_the_counts_of_its_siblings(shelf: Shelf) -> None:
    shelf.put("A", facets={"colour": ["red", "green"], "country": ["AT"]})
    shelf.put("B", facets={"colour": ["blue"], "country": ["AT", "BE"]})
    shelf.put("C", facets={"colour": ["blue"], "country": ["BE"]})
    result = ask(shelf, "colour=red")
    assert counts(result) == {
        "kind": {"thing": 1},
        "colour": {"blue": 2, "green": 1, "red": 1},
        "country": {"AT": 1},
    }
    assert [value.code for facet in result.facets for value in facet.values if value.is_chosen] == ["red"]


def test_orders_of_facet_values(shelf: Shelf) -> None:
    shelf.put("A", facets={"colour": ["blue", "red"], "country": ["FR", "DE"], "year": ["2019", "2024"]})
    shelf.put("B", facets={"colour": ["red"], "country": ["FR"], "year": ["2021"]})
    shown = {facet.key: [value.code for value in facet.values] for facet in ask(shelf).facets}
    assert shown == {
        "kind": ["thing"],
        "colour": ["red", "blue"],
        "country": ["FR", "DE"],
        "year": ["2024", "2021", "2019"],
    }


def test_known_value_without_items_is_shown_so_that_it_can_be_taken_away(shelf: Shelf) -> None:
    shelf.put("A", facets={"colour": ["red"]})
    result = ask(shelf, "colour=white")
    assert (result.total, counts(result)["colour"]) == (0, {"red": 1, "white": 0})


def test_unknown_values_are_refused(shelf: Shelf) -> None:
    for query in ("country=XX", "country=at", "colour=red&country=%27", "colour=Red", f"colour={'x' * 500}"):
        with pytest.raises(UnknownFilterError):
            ask(shelf, query)


# --- Some of the words ------------------------------------------------------------------------
def test_where_nothing_has_all_words_those_with_the_most_are_found(shelf: Shelf) -> None:
    shelf.put("Survey", facets={"colour": ["red"]})
    shelf.put("Cluster", summary="A manager", facets={"colour": ["red", "green"]})
    shelf.put("Cluster manager", facets={"colour": ["blue"]})
    shelf.put("In the body", body="The survey of a manager", facets={"colour": ["red"]})
    shelf.put("Nothing of it")

    result = ask(shelf, "q=cluster manager survey")

    assert titles(result) == ["Cluster manager", "Cluster", "In the body"]
    assert (result.total, result.is_partial, result.corrected_from) == (3, True, "")
    assert counts(result)["colour"] == {"red": 2, "green": 1, "blue": 1}
    assert "<mark>Cluster</mark> <mark>manager</mark>" in result.hits[0].title_html


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=apple xyzzy", ["Green apple", "Red apple"]),
        ("q=apple pear -red", ["Green apple", "Green pear"]),
        ("q=green xyzzy OR plugh", ["Green apple", "Green pear"]),
        ('q=green "apple red"', ["Green apple", "Green pear"]),
        ("q=red pear&colour=red", ["Red apple"]),
        ("q=red pear&colour=blue", []),
        ("q=the apple xyzzy", ["Green apple", "Red apple"]),
        ("q=xyzzy plugh", []),
        ("q=xyzzy", []),
        ("q=the die", []),
    ],
)
@pytest.mark.parametrize("sort", ["relevance", "title", "newest", "downloads"])
def test_some_of_the_words_keep_filters_and_exclusions(
    shelf: Shelf, query: str, expected: list[str], sort: str
) -> None:
    shelf.put("Red apple", facets={"colour": ["red"]})
    shelf.put("Green apple", "Green pear")
    result = ask(shelf, f"{query}&sort={sort}")
    assert sorted(titles(result)) == expected
    assert (result.total, result.is_partial) == (len(expected), bool(expected))


def test_what_has_all_words_is_not_mixed_with_what_has_some(shelf: Shelf) -> None:
    shelf.put("Red apple", "Red", "Apple")
    result = ask(shelf, "q=red apple")
    assert (titles(result), result.is_partial) == (["Red apple"], False)


def test_pages_of_some_of_the_words(shelf: Shelf) -> None:
    shelf.put(*(f"Apple {n}" for n in range(PER_PAGE + 1)), "Pear")
    pages = [ask(shelf, f"q=apple xyzzy&page={page}") for page in (1, 2)]
    seen = [hit.pk for page in pages for hit in page.hits]
    assert len(set(seen)) == len(seen) == pages[0].total == PER_PAGE + 1
    with pytest.raises(BadSearchError):
        ask(shelf, "q=apple xyzzy&page=3")


# --- By title ---------------------------------------------------------------------------------
@pytest.mark.parametrize("query", ["sort=title", "sort=title&q=cluster", "sort=title&colour=red"])
def test_titles_from_a_to_z_in_all_languages(shelf: Shelf, query: str) -> None:
    expected = [
        "3D cluster",
        "Åland cluster",
        "cluster 9",
        "Cluster 10",
        "Élan cluster",
        "Éxito cluster",
        "Öko-Cluster",
        "Optics cluster",
        "Zebra cluster",
        "Ελλάδα cluster",
    ]
    shelf.put(*sorted(expected), facets={"colour": ["red"]})
    assert titles(ask(shelf, query)) == expected


def test_pages_by_title_hold_every_item_once(shelf: Shelf) -> None:
    shelf.put(*["Same"] * (PER_PAGE + 3))
    seen = [hit.pk for page in (1, 2) for hit in ask(shelf, f"sort=title&page={page}").hits]
    assert len(set(seen)) == len(seen) == PER_PAGE + 3


def test_order_by_title_is_read_off_an_index(shelf: Shelf) -> None:
    _many(shelf, 300)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE search_document")
        cursor.execute(
            'EXPLAIN SELECT id FROM search_document WHERE kind = %s ORDER BY title COLLATE "search_titles", id '
            "LIMIT 20",
            [shelf.kind],
        )
        assert "document_titles" in str(cursor.fetchall())


def test_a_catalogue_has_an_order_of_its_own_and_only_those_it_offers(shelf: Shelf) -> None:
    def sort(query: str) -> Sort:
        return parse(
            query, kinds=shelf.kinds, sorts=("relevance", "title", "newest"), usual_sort="title"
        ).sort

    assert [sort(query) for query in ("", "q=a", "sort=newest", "sort=relevance")] == [
        "title",
        "relevance",
        "newest",
        "title",
    ]
    with pytest.raises(BadSearchError):
        sort("sort=downloads")
    with pytest.raises(BadSearchError):
        sort("after=2026-01-01T00:00:00%2B00:00~1")
    asked = parse("sort=title", kinds=shelf.kinds, usual_sort="title")
    assert asked.query_string() == ""
    asked = parse("sort=newest", kinds=shelf.kinds, usual_sort="title")
    assert asked.query_string() == "sort=newest"


# --- Pages ------------------------------------------------------------------------------------
def _many(shelf: Shelf, number: int, **facts: object) -> None:
    shelf.put(*(f"Item {n}" for n in range(number)), **facts)


def test_pages_hold_every_item_once(shelf: Shelf) -> None:
    _many(shelf, 2 * PER_PAGE + 3, published_at=START, facets={"colour": ["red"]})
    for query in ("", "q=item", "colour=red&sort=downloads"):
        pages = [ask(shelf, f"{query}&page={page}") for page in (1, 2, 3)]
        seen = [hit.pk for page in pages for hit in page.hits]
        assert len(seen) == len(set(seen)) == pages[0].total == 2 * PER_PAGE + 3
        assert pages[0].pages == 3
        with pytest.raises(BadSearchError):
            ask(shelf, f"{query}&page=4")


@pytest.mark.parametrize("in_head", [0, 1, PER_PAGE - 1, PER_PAGE, PER_PAGE + 1, 2 * PER_PAGE])
def test_pages_go_on_from_titles_to_bodies(shelf: Shelf, in_head: int) -> None:
    """However many titles have the word: those with it in the body follow, none twice and none forgotten."""
    for number in range(in_head):
        shelf.put(f"Zeppelin {number}", facets={"colour": ["red"]})
    for number in range(PER_PAGE + 5):
        shelf.put(f"Other {number}", body="A zeppelin", facets={"colour": ["red"]})
    shelf.put("Blue zeppelin", facets={"colour": ["blue"]})
    first = ask(shelf, "q=zeppelin&colour=red")
    assert first.total == in_head + PER_PAGE + 5
    seen = [
        title
        for page in range(first.pages)
        for title in titles(ask(shelf, f"q=zeppelin&colour=red&page={page + 1}"))
    ]
    assert len(seen) == len(set(seen)) == first.total
    assert [title.startswith("Zeppelin") for title in seen] == [True] * in_head + [False] * (PER_PAGE + 5)
    assert counts(first)["colour"] == {"red": first.total, "blue": 1}


def test_an_empty_catalogue_has_a_first_page_only(shelf: Shelf) -> None:
    assert (ask(shelf).total, ask(shelf).pages) == (0, 1)
    with pytest.raises(BadSearchError):
        ask(shelf, "page=2")
    with pytest.raises(BadSearchError):
        ask(shelf, "q=nothing&page=2")


def test_pages_of_corrected_words(shelf: Shelf) -> None:
    shelf.put(*(f"Evaluation {n}" for n in range(PER_PAGE + 1)))
    assert len(ask(shelf, "q=evaluaton&page=2").hits) == 1
    with pytest.raises(BadSearchError):
        ask(shelf, "q=evaluaton&page=3")


@pytest.mark.parametrize("query", ["", "q=item", "colour=red"])
def test_after_the_last_numbered_page_pages_go_on_by_key(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    monkeypatch.setattr("apps.search.queries.LAST_NUMBERED_PAGE", 2)
    _many(shelf, 4 * PER_PAGE + 1, published_at=START, facets={"colour": ["red"]})
    newest = f"{query}&sort=newest"
    first, second = ask(shelf, newest), ask(shelf, f"{newest}&page=2")
    assert first.next_position is None
    seen = [hit.pk for hit in (*first.hits, *second.hits)]
    position = second.next_position
    rounds = 0
    while position:
        page = ask(shelf, f"{newest}&after={str(position).replace('+', '%2B')}")
        seen += [hit.pk for hit in page.hits]
        position, rounds = page.next_position, rounds + 1
    assert rounds == 3
    assert len(seen) == len(set(seen)) == 4 * PER_PAGE + 1


def test_numbered_pages_end(shelf: Shelf) -> None:
    with pytest.raises(BadSearchError):
        ask(shelf, f"page={LAST_NUMBERED_PAGE + 1}")


# --- Addresses --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "query",
    [
        "sort=foo",
        "page=0",
        "page=-1",
        "page=x",
        "page=1.5",
        "page=%C2%B2",
        "after=x",
        "after=2026-01-01T00:00:00~1",
        "after=2026-01-01T00:00:00%2B00:00~x",
        "after=2026-13-01T00:00:00%2B00:00~1",
        "after=0001-01-01T00:00:00%2B23:59~1",
        "after=9999-12-31T23:59:59-23:59~1",
        "after=2026-01-01T00:00:00%2B00:00~1&page=2",
        "after=2026-01-01T00:00:00%2B00:00~1&q=word",
        "after=2026-01-01T00:00:00%2B00:00~" + "9" * 30,
        "q=a%00b",
        "colour=a%00b",
        "q=" + "a" * (MAX_WORDS_CHARS + 1),
    ],
)
def test_addresses_that_nobody_can_mean(shelf: Shelf, query: str) -> None:
    with pytest.raises(BadSearchError):
        ask(shelf, query)


@pytest.mark.parametrize(
    "query", ["utm_source=x", "colour=", "q=++", "sort=", "page=", "sort=relevance", "page=1"]
)
def test_what_means_nothing_is_ignored(shelf: Shelf, query: str) -> None:
    assert parse(query, kinds=shelf.kinds).query_string() == ""


_requests = st.builds(
    SearchRequest,
    kinds=st.just(("thing",)),
    words=st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), max_size=20),
    filters=st.fixed_dictionaries(
        {},
        optional={
            "colour": st.lists(st.sampled_from(sorted(COLOURS)), min_size=1, unique=True).map(tuple),
            "country": st.lists(st.sampled_from(sorted(COUNTRIES)), min_size=1, unique=True).map(tuple),
        },
    ),
    sort=st.sampled_from(["relevance", "title", "newest", "downloads"]),
)


@given(_requests)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_question_survives_its_address(shelf: Shelf, asked: SearchRequest) -> None:
    query = asked.query_string()
    again = parse(query, kinds=asked.kinds)
    sort: Sort = "newest" if asked.sort == "relevance" and not asked.words else asked.sort
    assert (again.words, again.sort) == (asked.words, sort)
    assert {key: sorted(codes) for key, codes in again.filters.items()} == {
        key: sorted(codes) for key, codes in asked.filters.items()
    }
    assert again.query_string() == query or sort != asked.sort


def test_describe_says_the_question_in_words(shelf: Shelf) -> None:
    assert describe(parse("", kinds=shelf.kinds)) == ""
    asked = parse("q=apple&colour=red&colour=blue&country=AT", kinds=shelf.kinds)
    assert describe(asked) == "“apple”, Colour: Red, Blue, Country: Austria"


# --- New matches ------------------------------------------------------------------------------
def test_new_matches_are_those_of_the_time_the_oldest_first(shelf: Shelf) -> None:
    now = timezone.now()
    for hours in (4, 3, 2, 1):
        shelf.put(f"Apple {hours}", facets={"colour": ["red"]}, first_public_at=now - timedelta(hours=hours))
    shelf.put("Pear", facets={"colour": ["red"]}, first_public_at=now)
    shelf.put("Apple blue", facets={"colour": ["blue"]}, first_public_at=now)
    since, until = now - timedelta(hours=4), now

    def found(query: str, **more: int) -> list[str]:
        asked = parse(query, kinds=shelf.kinds)
        return [document.title for document in new_matches(asked, since=since, until=until, **more)]

    assert found("q=apples&colour=red") == ["Apple 3", "Apple 2", "Apple 1"]
    assert found("q=apples&colour=red", limit=1) == ["Apple 3"]
    assert found("colour=blue") == ["Apple blue"]
    assert found("q=%26%7C") == []
    assert found("q=apples pears") == [], "who follows a search wants all of its words"
    assert found("colour=white") == []
    with pytest.raises(UnknownFilterError):
        found("colour=nothing")


# --- Numbers of statements --------------------------------------------------------------------
@pytest.mark.parametrize(
    ("query", "most"),
    [
        ("", 3),
        ("q=item", 3),
        ("q=item&colour=red&country=AT", 4),
        ("q=itme&colour=red", 6),
        ("q=xyzzy", 3),
        ("q=item xyzzy", 4),
        ("q=itme other&colour=red", 6),
        ("sort=title", 3),
    ],
)
def test_statements_do_not_grow_with_rows(shelf: Shelf, query: str, most: int) -> None:
    numbers = []
    for more in (1, 19):
        _many(shelf, more, facets={"colour": ["red"], "country": ["AT", "BE"]})
        with CaptureQueriesContext(
            connection,
        ) as captured:
            ask(shelf, query)
        numbers.append(len(captured))
    assert numbers[0] >= numbers[1]
    assert numbers[0] <= most


def test_settings_of_the_planner_end_with_the_statement(shelf: Shelf) -> None:
    """In the test's own transaction they last; outside of one they must not."""
    import psycopg2
    from django.conf import settings as django_settings

    assert django_settings.DATABASES
    facts = connection.get_connection_params()
    facts.pop("cursor_factory", None)
    facts.pop("context", None)
    with_connection = psycopg2.connect(**facts)
    with_connection.autocommit = True
    with with_connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SELECT current_setting('enable_seqscan')")
        during = cursor.fetchone()
        cursor.execute("SELECT current_setting('enable_seqscan')")
        after = cursor.fetchone()
    assert [*with_connection.notices] == []
    with_connection.close()
    assert (during, after) == (("off",), ("on",))
