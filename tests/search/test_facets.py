"""How many values of a facet a page shows."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.search.facets import SHOWN_VALUES, Facet, FacetCount
from apps.search.templatetags.catalogue import facet_values
from tests.factories.search import Shelf


@pytest.fixture(autouse=True)
def _addresses(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.search.urls"


def _facet(size: int, *, chosen: int | None = None) -> Facet:
    values = [
        FacetCount(f"{number:03}", f"Name {number:03}", number + 1, number == chosen)
        for number in range(size)
    ]
    return Facet("colour", "Colour", values)


def test_few_values_are_all_shown() -> None:
    facet = _facet(SHOWN_VALUES + 1)
    assert facet.shown == facet.values
    assert not facet.is_cut


def test_of_many_the_most_frequent_and_the_chosen_are_shown_in_their_order() -> None:
    facet = _facet(40, chosen=3)
    codes = [value.code for value in facet.shown]
    assert codes == sorted(codes)
    assert codes[0] == "003"
    assert set(codes[1:]) == {f"{number:03}" for number in range(31, 40)}
    assert facet.is_cut


def test_page_shows_all_values_on_request_and_keeps_the_question(client: Client, shelf: Shelf) -> None:
    for year in range(1990, 2020):
        shelf.put("Apple", facets={"year": [str(year)], "colour": ["red"]})
    page = client.get("/things/?colour=red").content.decode()
    assert page.count('name="year"') == SHOWN_VALUES
    assert 'href="?colour=red&amp;all=year#facet-year"' in page

    whole = client.get("/things/?colour=red&all=year").content.decode()
    assert whole.count('name="year"') == 30
    assert "all=year#" not in whole


def test_unknown_facet_to_show_in_full_is_ignored(client: Client, shelf: Shelf) -> None:
    shelf.put("Apple", facets={"colour": ["red"]})
    assert client.get("/things/?all=%3Cscript%3E").status_code == 200


def test_what_stands_in_a_facet_is_escaped() -> None:
    facet = Facet("colour", "Colour", [FacetCount('"><script>', "<b>Bold</b>", 1_234, True)])

    html = facet_values(facet)

    assert 'value="&quot;&gt;&lt;script&gt;" checked>' in html
    assert "<span>&lt;b&gt;Bold&lt;/b&gt;</span>" in html
    assert ">1234<" in html
