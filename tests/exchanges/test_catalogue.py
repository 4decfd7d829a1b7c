"""The catalogue of offers: what it shows, what it never shows, and at what cost."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.exchanges.indexing import index_offers
from apps.exchanges.models import Offer
from apps.exchanges.services import programmes as programme_services
from apps.organisations import services as organisation_services
from tests.factories.accounts import UserFactory
from tests.factories.exchanges import OfferFactory, ProgrammeFactory, member_of
from tests.factories.taxonomy import TopicFactory

pytestmark = pytest.mark.django_db
LIST = "/exchanges/"
NEXT_YEAR = timezone.localdate().year + 1


def shown(**given: Any) -> Offer:
    made = OfferFactory.create(**given)
    index_offers([made.pk])
    return made


def titles(response: Any) -> list[str]:
    return [hit.title for hit, _template in response.context["cards"]]


def text_of(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return str(content.decode())


def values_of(response: Any, key: str) -> list[tuple[str, str]]:
    facets = {facet.key: facet for facet in response.context["facets"]}
    return [(value.code, value.label) for value in facets[key].values]


# --- What it shows ------------------------------------------------------------------------------------


def test_card_says_what_a_guest_looks_for(client: Client) -> None:
    first = date(NEXT_YEAR, 3, 2)
    shown(
        title="Measuring together",
        theme=TopicFactory.create(code="costs", name="Costs"),
        places=2,
        is_virtual=True,
        city="Graz",
        windows=[(first, first + timedelta(days=12))],
    )
    card = text_of(client.get(LIST))

    for words in (
        "Measuring together",
        "Costs",
        "Graz",
        "At",
        "English",
        "2 guests at the same time",
        "Virtual",
    ):
        assert words in card
    assert f"2\N{EN DASH}14 Mar {NEXT_YEAR}" in card
    assert "(Brussels time)" in card


@pytest.mark.parametrize(
    "given",
    [
        {"state": "draft", "opened_at": None},
        {"state": "submitted", "opened_at": None},
        {"state": "closed"},
        {"host__is_active": False},
        {"programme__state": "draft"},
    ],
    ids=str,
)
def test_what_is_not_public_never_appears(client: Client, given: dict[str, Any]) -> None:
    shown(title="Secret stay", **given)

    for path in ("", "feed/", "csv/", "?q=secret"):
        assert "Secret stay" not in text_of(client.get(f"{LIST}{path}"))
    assert "Secret stay" not in text_of(client.get("/search/?q=secret"))


@pytest.mark.parametrize("state", ["open", "full", "paused"])
def test_public_states_appear_with_their_name(client: Client, state: str) -> None:
    shown(title="A stay", state=state)

    assert titles(client.get(LIST)) == ["A stay"]
    assert "A stay" in text_of(client.get(f"{LIST}feed/"))
    assert "A stay" in text_of(client.get(f"{LIST}csv/"))
    assert titles(client.get(LIST, {"offer_state": state})) == ["A stay"]


@pytest.mark.parametrize("given", [{"state": "paused"}, {"programme__state": "paused"}], ids=str)
def test_paused_offer_names_no_deadline(client: Client, given: dict[str, Any]) -> None:
    shown(title="A stay", **given)
    page = text_of(client.get(LIST))

    assert "No applications at present" in page
    assert "Applications until" not in page


def test_offer_leaves_with_its_host_and_comes_back(
    client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    offer = shown(title="A stay")
    curator = UserFactory.create(is_staff=True)
    with django_capture_on_commit_callbacks(execute=True):
        organisation_services.hide_organisation(
            organisation_id=offer.host_id, reason="Not what it says.", by=curator
        )
    assert titles(client.get(LIST)) == []
    with django_capture_on_commit_callbacks(execute=True):
        organisation_services.show_organisation(organisation_id=offer.host_id, by=curator)
    assert titles(client.get(LIST)) == ["A stay"]


def test_card_follows_the_programme(client: Client) -> None:
    programme = ProgrammeFactory.create()
    shown(programme=programme)
    manager = member_of(programme.organisation)
    programme_services.update_programme(
        programme_id=programme.pk,
        values={"name": "Renamed programme"},
        countries=programme.countries.all(),
        rates=[programme_services.RateValues(None, 2, Decimal(390))],
        by=manager,
    )
    assert "Renamed programme" in text_of(client.get(LIST))


# --- Filters ------------------------------------------------------------------------------------------


def test_months_stand_in_their_order_and_past_ones_are_left_out(client: Client) -> None:
    today = timezone.localdate()
    shown(windows=[(today - timedelta(days=70), today), (date(NEXT_YEAR, 4, 1), date(NEXT_YEAR, 6, 2))])
    codes = [code for code, _label in values_of(client.get(LIST), "month")]

    assert codes == [f"{today:%Y-%m}", *(f"{NEXT_YEAR}-{month:02}" for month in (4, 5, 6))]


def test_months_end_with_the_stays_of_the_programme(client: Client) -> None:
    today = timezone.localdate()
    programme = ProgrammeFactory.create(stays_from=date(NEXT_YEAR, 3, 15), stays_until=date(NEXT_YEAR, 5, 1))
    shown(programme=programme, windows=[(today, date(2100, 12, 31))])

    codes = [code for code, _label in values_of(client.get(LIST), "month")]
    assert codes == [f"{NEXT_YEAR}-{month:02}" for month in (3, 4, 5)]


def test_length_finds_every_host_where_such_a_stay_fits(client: Client) -> None:
    first = date(NEXT_YEAR, 4, 1)
    shown(title="Short", windows=[(first, first + timedelta(days=2))])
    shown(title="Long", windows=[(first, first + timedelta(days=40))])
    response = client.get(LIST)

    assert [label for _code, label in values_of(response, "length")] == [
        "1 to 3 days", "4 to 7 days", "8 to 14 days",
    ]  # fmt: skip
    assert sorted(titles(client.get(LIST, {"length": "03"}))) == ["Long", "Short"]
    assert titles(client.get(LIST, {"length": "14"})) == ["Long"]


def test_filters_of_the_issue_are_there(client: Client) -> None:
    shown()
    keys = {facet.key for facet in client.get(LIST).context["facets"]}

    assert keys >= {"theme", "country", "level", "month", "length", "language"}


@pytest.mark.parametrize("query", ["theme=none", "month=x", "length=%00", "page=x", "sort=downloads"])
def test_bad_questions_get_a_plain_answer(client: Client, query: str) -> None:
    shown()
    assert client.get(f"{LIST}?{query}").status_code in {200, 400, 404}


# --- The page -----------------------------------------------------------------------------------------


def test_empty_catalogue_invites_to_offer(client: Client) -> None:
    page = text_of(client.get(LIST))

    assert "No stays are offered at present" in page
    assert page.count('href="/exchanges/new/"') == 2
    assert 'href="/exchanges/programmes/"' in page


def test_search_without_a_hit_says_so(client: Client) -> None:
    shown(title="A stay")
    page = text_of(client.get(LIST, {"q": "zzzzqqq"}))

    assert "Nothing found" in page
    assert "No stays are offered" not in page


def test_catalogue_stands_in_the_main_menu(client: Client) -> None:
    assert '<a href="/exchanges/"' in text_of(client.get("/"))


def test_query_count_is_constant(client: Client, django_assert_max_num_queries: Any) -> None:
    programme = ProgrammeFactory.create()
    shown(programme=programme)
    client.get(LIST)
    with django_assert_max_num_queries(20) as first:
        client.get(LIST)
    for _number in range(5):
        shown(programme=programme)
    with django_assert_max_num_queries(len(first)):
        assert len(titles(client.get(LIST))) == 6
