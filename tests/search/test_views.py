from __future__ import annotations

import csv
import io
import re

import pytest
from defusedxml import ElementTree
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.search.params import LAST_NUMBERED_PAGE, PER_PAGE
from apps.search.views import harmless
from tests.factories.search import START, Shelf

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
        ("", True, "Newest first"),
        ("downloads", False, "Most downloaded"),
    ]
    assert options(text_of(client, "/things/?q=apple&sort=")) == [
        ("", True, "Relevance"),
        ("newest", False, "Newest first"),
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


def test_page_by_key_goes_on_after_the_numbered_pages(
    client: Client, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.search.queries.LAST_NUMBERED_PAGE", 1)
    shelf.put(*(f"Apple {n}" for n in range(PER_PAGE + 1)), published_at=START)
    html = text_of(client, "/things/")
    link = html.split('href="?after=', 1)[1].split('"', 1)[0]
    further = text_of(client, f"/things/?after={link}")
    assert ("Apple 0" in further, "Apple 20" in further) == (True, False)


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
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("value", ["=1", "+1", "-1", "@a", "  =1", "\t=1", "\r=1", "\n=1"])
def test_cells_that_look_like_formulas_are_made_texts(value: str) -> None:
    assert harmless(value) == f"'{value}"
    assert harmless("a=1") == "a=1"
