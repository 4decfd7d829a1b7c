from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from defusedxml import ElementTree
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.search import registry
from apps.search.params import LAST_NUMBERED_PAGE, PER_PAGE
from apps.search.registry import Column
from apps.search.views import harmless
from tests.factories.accounts import UserFactory
from tests.factories.search import START, Shelf
from tests.factories.taxonomy import LanguageFactory

pytestmark = pytest.mark.urls("tests.search.urls")
ATOM = "{http://www.w3.org/2005/Atom}"


def text_of(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status, path
    return response.content.decode()


def table_of(client: Client, path: str) -> list[list[str]]:
    response = client.get(path)
    content = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    assert content.startswith("\ufeff")
    return list(csv.reader(io.StringIO(content.removeprefix("\ufeff"))))


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 200),
        ("q=apple", 200),
        ("q=", 200),
        ("q=%27", 200),
        ("q=%F0%9F%99%82", 200),
        ("q=%ED%A0%80", 200),
        ("q=zzzzz", 200),
        ("colour=red", 200),
        ("colour=white", 200),
        ("utm_source=news", 200),
        ("page=1", 200),
        ("page=99999", 404),
        (f"page={LAST_NUMBERED_PAGE + 1}", 404),
        ("page=2", 404),
        ("page=0", 404),
        ("page=two", 404),
        ("after=nonsense", 404),
        ("country=XX", 404),
        ("colour=red&country=XX", 404),
        ("sort=foo", 400),
        ("q=a%00b", 400),
        ("q=" + "a" * 201, 400),
    ],
)
@pytest.mark.parametrize("page", ["", "feed/", "csv/"])
def test_statuses(client: Client, shelf: Shelf, query: str, status: int, page: str) -> None:
    shelf.put("Apple", facets={"colour": ["red"]})
    if page and query.startswith(("page=", "after=")) and status == 404:
        status = client.get(f"/things/{page}?{query}").status_code
        assert status in (200, 404)
        return
    assert client.get(f"/things/{page}?{query}").status_code == status


@pytest.mark.parametrize("page", ["99999", "51", "7", "0", "two"])
def test_page_that_is_not_there_says_how_many_there_are(client: Client, shelf: Shelf, page: str) -> None:
    shelf.put(*(f"Apple {n}" for n in range(5 * PER_PAGE + 1)), facets={"colour": ["red"]})
    answer = client.get(f"/things/?q=apple&colour=red&page={page}")
    html = answer.content.decode()

    assert answer.status_code == 404
    assert "This list has only 6 pages." in html
    assert '<a href="?q=apple&amp;colour=red&amp;page=6">Go to the last one</a>' in html


def test_list_of_one_page_leads_to_it(client: Client, shelf: Shelf) -> None:
    shelf.put("Apple")
    html = client.get("/things/?q=apple&page=2").content.decode()

    assert "This list has only 1 page." in html
    assert '<a href="?q=apple">Go to it</a>' in html


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("sort=foo", 400, "This list cannot be sorted in that way."),
        ("sort=foo&page=3", 400, "This list cannot be sorted in that way."),
        ("colour=XX", 404, "One of the filters in this address does not exist."),
        ("colour=XX&page=99", 404, "One of the filters in this address does not exist."),
    ],
)
def test_address_that_nobody_can_answer_says_why_and_leads_on(
    client: Client, shelf: Shelf, query: str, status: int, said: str
) -> None:
    shelf.put("Apple", facets={"colour": ["red"]})
    answer = client.get(f"/things/?{query}")
    html = answer.content.decode()

    assert answer.status_code == status
    assert f'{said} <a href="/things/">Show the whole list</a>' in html


def test_only_reading_is_allowed(client: Client, shelf: Shelf) -> None:
    assert client.post("/things/").status_code == 405
    assert client.head("/things/").status_code == 200


def test_page_shows_hits_chips_and_what_was_typed_escaped(client: Client, shelf: Shelf) -> None:
    shelf.put("<script>alert(1)</script> apple", facets={"colour": ["red"]})
    html = text_of(client, "/things/?q=apple&colour=red")
    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; <mark>apple</mark>" in html
    assert "Colour: Red" in html
    assert 'href="?q=apple"' in html
    assert '"><script>' not in text_of(client, "/things/?q=%22%3E%3Cscript%3E")


def test_value_without_items_gives_an_empty_state_with_a_way_back(client: Client, shelf: Shelf) -> None:
    shelf.put("Apple", facets={"colour": ["red"]})
    html = text_of(client, "/things/?colour=white")
    assert "Nothing found" in html
    assert "Colour: White" in html


def test_misspelt_words_say_what_is_shown_instead(client: Client, shelf: Shelf) -> None:
    shelf.put("Evaluation of clusters")
    html = text_of(client, "/things/?q=evaluaton")
    assert "“evaluaton”" in html
    assert "“evaluation”" in html


def test_the_usual_order_has_no_name_in_the_address(client: Client, shelf: Shelf) -> None:
    """Who looks at the newest and then types a word wants the best hits first."""
    shelf.put("Apple")
    assert options(text_of(client, "/things/")) == [
        ("", True, "Latest added"),
        ("downloads", False, "Most downloaded"),
    ]
    assert options(text_of(client, "/things/?q=apple&sort=")) == [
        ("", True, "Relevance"),
        ("newest", False, "Latest added"),
        ("downloads", False, "Most downloaded"),
    ]


def options(html: str) -> list[tuple[str, bool, str]]:
    """Value, whether it is chosen, and label of each order that is offered."""
    select = html.split('id="catalogue-sort"', 1)[1].split("</select>", 1)[0]
    found = re.findall(r'<option\s+value="([^"]*)"\s*(selected)?\s*>\s*(.*?)\s*</option>', select)
    return [(value, bool(chosen), label) for value, chosen, label in found]


def test_links_to_pages_keep_the_question(client: Client, shelf: Shelf) -> None:
    shelf.put(*(f"Apple {n}" for n in range(PER_PAGE + 1)), facets={"colour": ["red"]})
    assert 'href="?q=apple&amp;colour=red&amp;page=2"' in text_of(client, "/things/?q=apple&colour=red")


def test_pages_are_shown_as_everywhere_with_a_gap_and_a_way_on_and_back(client: Client, shelf: Shelf) -> None:
    shelf.put(*(f"Apple {n}" for n in range(9 * PER_PAGE)))
    html = text_of(client, "/things/?q=apple&page=5")
    pages = html.split('<ul class="pagination">', 1)[1].split("</ul>", 1)[0]
    shown = re.findall(r">\s*(\d+|…|Previous|Next)\s*<", pages)
    assert shown == ["Previous", "1", "…", "4", "5", "6", "…", "9", "Next"]
    assert 'rel="prev" href="?q=apple&amp;page=4"' in pages
    assert 'rel="next" href="?q=apple&amp;page=6"' in pages
    assert pages.count("aria-current") == 1
    assert 'rel="next"' not in text_of(client, "/things/?q=apple&page=9")
    assert "pagination" not in text_of(client, "/things/?q=apple+179")


def test_page_by_key_goes_on_after_the_numbered_pages(
    client: Client, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.search.queries.LAST_NUMBERED_PAGE", 1)
    shelf.put(*(f"Apple {n}" for n in range(PER_PAGE + 1)), published_at=START)
    html = text_of(client, "/things/")
    assert html.count('rel="next"') == 1
    link = html.split('href="?after=', 1)[1].split('"', 1)[0]
    further = text_of(client, f"/things/?after={link}")
    assert ("Apple 0" in further, "Apple 20" in further) == (True, False)
    assert "pagination" not in further


# --- Nothing, or only some of it --------------------------------------------------------------
def test_page_without_results_offers_nothing_to_do_with_them(client: Client, shelf: Shelf) -> None:
    html = text_of(client, "/things/?q=xyzzy")
    for needless in ('id="catalogue-sort"', "Table (CSV)", "Feed</a>", "Apply filters", "hub-facets"):
        assert needless not in html, needless
    shelf.put("Apple", facets={"colour": ["red"]})
    html = text_of(client, "/things/?q=apple")
    for useful in ('id="catalogue-sort"', "Table (CSV)", "Feed</a>", "Apply filters"):
        assert useful in html, useful


def test_filters_stay_where_one_of_them_can_be_taken_away(client: Client, shelf: Shelf) -> None:
    shelf.put("Apple", facets={"colour": ["red"]})
    html = text_of(client, "/things/?colour=white")
    assert "Apply filters" in html
    assert "Table (CSV)" not in html


def test_results_with_some_of_the_words_say_so(client: Client, shelf: Shelf) -> None:
    shelf.put("Apple")
    html = text_of(client, "/things/?q=apple+xyzzy")
    assert "Nothing has all of these words: “apple xyzzy”. Results with some of them:" in html
    assert "<mark>Apple</mark>" in html
    assert "some of them" not in text_of(client, "/things/?q=apple")
    assert len(table_of(client, "/things/csv/?q=apple+xyzzy")) == 2
    feed = ElementTree.fromstring(client.get("/things/feed/?q=apple+xyzzy").content)
    assert not list(feed.iter(f"{ATOM}entry")), "who reads a feed wants all of its words"


# --- Following --------------------------------------------------------------------------------
def test_search_is_saved_from_the_head_of_the_results_and_shown_as_saved(
    client: Client, user: User, shelf: Shelf
) -> None:
    shelf.put("Apple", facets={"colour": ["red"]})
    client.force_login(user)
    assert "Save this search" not in text_of(client, "/things/"), "everything is no search"
    html = text_of(client, "/things/?colour=red&q=apple&page=1")
    head = html.split('class="hub-result-head"', 1)[1].split("<ol", 1)[0]
    assert '<button type="submit" form="save-search"' in head
    form = html.split('id="save-search"', 1)[1].split("</form>", 1)[0]
    assert 'name="query" value="q=apple&amp;colour=red"' in form
    assert "<form" not in html.split("data-filter-form", 1)[1].split("</form>", 1)[0], "none inside another"

    answer = client.post(
        "/notifications/searches/new/", {"path": "/things/", "query": "q=apple&colour=red"}, follow=True
    )

    html = answer.content.decode()
    assert 'form="save-search"' not in html
    assert 'href="/notifications/searches/"' in html.split('class="hub-result-head"', 1)[1].split("<ol", 1)[0]
    assert 'form="save-search"' in text_of(client, "/things/?colour=red")
    client.force_login(UserFactory.create())
    assert 'form="save-search"' in text_of(client, "/things/?colour=red&q=apple")


def test_who_is_not_signed_in_is_led_to_signing_in_and_back_to_saving(client: Client, shelf: Shelf) -> None:
    shelf.put("Apple & pear", facets={"colour": ["red"]})
    assert "Follow this search" not in text_of(client, "/things/")
    html = text_of(client, "/things/?q=apple+%26+pear&colour=red")
    assert "Save this search" not in html
    link = unescape(html.split("Follow this search", 1)[0].rsplit('href="', 1)[1].split('"', 1)[0])
    path, _sign, query = link.partition("?")
    assert path == "/accounts/login/"
    client.force_login(UserFactory.create())
    saving = client.get(QueryDict(query)["next"]).content.decode()
    assert 'name="path" value="/things/"' in saving
    assert "colour=red" in saving


# --- Numbers of statements --------------------------------------------------------------------
@pytest.mark.parametrize(
    ("query", "most", "most_signed_in"),
    [
        ("", 6, 10),
        ("q=apple", 6, 10),
        ("q=apple&colour=red&country=AT", 6, 10),
        ("q=aplpe&colour=red", 8, 12),
    ],
)
def test_statements_are_few_whatever_the_number_of_rows(
    client: Client, user: User, shelf: Shelf, query: str, most: int, most_signed_in: int
) -> None:
    for signed_in, limit in ((False, most), (True, most_signed_in)):
        if signed_in:
            client.force_login(user)
        numbers = []
        for more in (1, 19):
            shelf.put(*["Apple"] * more, facets={"colour": ["red", "blue"], "country": ["AT", "BE"]})
            with CaptureQueriesContext(connection) as captured:
                text_of(client, f"/things/?{query}")
            numbers.append(len(captured))
        assert numbers[1] <= numbers[0] <= limit, [row["sql"][:90] for row in captured.captured_queries]


# --- The feed ---------------------------------------------------------------------------------
def test_feed_is_atom_and_holds_the_newest_of_the_question(client: Client, shelf: Shelf) -> None:
    shelf.put("Red & <b>", "Red two", summary="S", authors="A. Author", facets={"colour": ["red"]})
    shelf.put("Blue", facets={"colour": ["blue"]})
    response = client.get("/things/feed/?colour=red")
    assert response["Content-Type"].startswith("application/atom+xml")
    feed = ElementTree.fromstring(response.content)
    assert [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")] == ["Red two", "Red & <b>"]
    assert feed.findtext(f"{ATOM}title") == "Things: Colour: Red"
    links = [link.attrib["href"] for entry in feed.iter(f"{ATOM}entry") for link in entry.iter(f"{ATOM}link")]
    assert links == ["http://testserver/things/2/", "http://testserver/things/1/"]


def test_feed_is_well_formed_whatever_was_typed(client: Client, shelf: Shelf) -> None:
    shelf.put("Vertical\x0btab \x01", summary="\x02", authors="\x03", body="\ud83d")
    for query in ("", "q=%0B%01vertical", "q=%EF%BF%BF"):
        ElementTree.fromstring(client.get(f"/things/feed/?{query}").content)


# --- The table --------------------------------------------------------------------------------
def test_table_has_all_rows_and_no_formulas(client: Client, shelf: Shelf) -> None:
    shelf.put('=HYPERLINK("http://evil.example")', summary="+1", authors="@x")
    shelf.put(*(f"Item, {n}" for n in range(PER_PAGE + 5)))
    rows = table_of(client, "/things/csv/")
    assert len(rows) == 1 + 1 + PER_PAGE + 5
    assert rows[0][:2] == ["Kind", "Title"]
    assert rows[-1][:4] == ["Thing", '\'=HYPERLINK("http://evil.example")', "'+1", "'@x"]
    assert len({len(row) for row in rows}) == 1
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("path", ["/things/csv/", "/things/csv/?q=apple"])
def test_table_has_the_columns_of_its_kind_and_a_name_that_tells(
    client: Client, shelf: Shelf, path: str, time_machine: Any
) -> None:
    source = shelf.source()
    columns = (
        Column("colour", "Colour", lambda hit: str(hit.card.get("colour", ""))),
        Column("file", "File", lambda hit: hit.url if hit.card else "", is_address=True),
    )
    registry.register_source(replace(source, columns=columns))
    shelf.put("Apple", card={"colour": "=red"})
    shelf.put("Apple pie", language="de")
    LanguageFactory.create(code="de", name="German")
    time_machine.move_to("2026-11-25T12:00:00Z")

    head, *rows = table_of(client, path)

    found = {row[1]: dict(zip(head, row, strict=True)) for row in rows}
    assert head[4:7] == ["Language", "Colour", "File"]
    assert (found["Apple"]["Colour"], found["Apple"]["File"]) == ("'=red", "http://testserver/things/1/")
    assert (found["Apple pie"]["Colour"], found["Apple pie"]["File"]) == ("", "")
    assert [found[title]["Language"] for title in ("Apple", "Apple pie")] == ["en", "German"]
    assert client.get(path)["Content-Disposition"] == (
        'attachment; filename="clusterhub-things-2026-11-25.csv"'
    )


@pytest.mark.parametrize("value", ["=1", "+1", "-1", "@a", "  =1", "\t=1", "\r=1", "\n=1"])
def test_cells_that_look_like_formulas_are_made_texts(value: str) -> None:
    assert harmless(value) == f"'{value}"
    assert harmless("a=1") == "a=1"
