"""The directory and the page of an organisation: what they show, in which language, and at what cost."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client

from apps.organisations import services
from apps.organisations.indexing import index_organisations
from apps.organisations.models import JoinRequest, Organisation
from apps.search.models import Document
from tests.factories.knowledge import ResourceFactory, language, region
from tests.factories.organisations import JoinRequestFactory, OrganisationFactory
from tests.factories.taxonomy import CountryFactory, SectorFactory
from tests.organisations.conftest import People, belongs, values

pytestmark = pytest.mark.django_db
LIST = "/clusters/"
OTHERS = "/organisations/"
PAGE = "/organisations/alpenholz/"


def shown(**given: Any) -> Organisation:
    sectors = given.pop("sectors", [])
    made = OrganisationFactory.create(**given)
    made.sectors.set(sectors)
    index_organisations([made.pk])
    return made


def titles(response: Any) -> list[str]:
    return [hit.title for hit, _template in response.context["cards"]]


def text_of(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return str(content.decode())


# --- The directory ------------------------------------------------------------------------------------


def test_directory_has_clusters_and_nothing_else(client: Client) -> None:
    shown(name="Cluster one")
    shown(name="Company one", kind="company")
    shown(name="Hidden one", is_active=False)
    assert titles(client.get(LIST)) == ["Cluster one"]
    for path in ("feed/", "csv/"):
        found = text_of(client.get(f"{LIST}{path}"))
        assert "Cluster one" in found
        assert "Company one" not in found
        assert "Hidden one" not in found


def test_other_organisations_have_a_list_of_their_own(client: Client) -> None:
    shown(name="Cluster one")
    shown(name="Company one", kind="company")
    shown(name="Agency one", kind="authority")
    shown(name="Hidden one", kind="company", is_active=False)
    response = client.get(OTHERS)
    assert titles(response) == ["Agency one", "Company one"]
    assert {facet.key for facet in response.context["facets"]} == {"organisation_kind", "country"}
    assert titles(client.get(OTHERS, {"organisation_kind": "company"})) == ["Company one"]
    for path in ("feed/", "csv/"):
        found = text_of(client.get(f"{OTHERS}{path}"))
        assert "Company one" in found
        assert "Cluster one" not in found
        assert "Hidden one" not in found


def test_page_of_another_organisation_leads_back_to_their_list(client: Client) -> None:
    made = shown(name="Company one", kind="company")
    assert f'href="{OTHERS}">Organisations' in client.get(made.get_absolute_url()).content.decode()


@pytest.mark.parametrize("name", ["Feed", "CSV", "New"])
def test_no_organisation_takes_the_address_of_a_page(people: People, name: str) -> None:
    made = services.create_organisation(values=values(name=name), sectors=[], by=people.stranger)
    assert made.slug == f"{name.lower()}-2"


@pytest.mark.parametrize("path", [LIST, OTHERS])
def test_list_is_in_the_order_of_names_until_somebody_types_a_word(client: Client, path: str) -> None:
    kind = "cluster" if path == LIST else "company"
    for name in ("Wood cluster", "Élan cluster", "Auto 10 cluster", "auto 9 cluster", "Food", "Oil"):
        shown(name=name, kind=kind, description="A cluster of clusters" if name == "Food" else "")
    names = ["auto 9 cluster", "Auto 10 cluster", "Élan cluster", "Food", "Oil", "Wood cluster"]
    assert titles(client.get(path)) == names
    assert titles(client.get(path, {"country": "AT"})) == names
    assert titles(client.get(path, {"sort": "newest"}))[0] == "Oil"
    assert titles(client.get(path, {"q": "cluster"}))[-1] == "Food", "by relevance"
    assert client.get(path, {"sort": "downloads"}).status_code == 400
    assert client.get(path, {"after": "2026-01-01T00:00:00+00:00~1"}).status_code == 404
    sorts = [str(sort["label"]) for sort in client.get(path).context["sorts"]]
    assert sorts == ["Title, A to Z", "Latest added"]


def test_search_of_everything_knows_several_kinds_at_once(client: Client) -> None:
    """What the link "Find your organisation" asks."""
    shown(name="Cluster one")
    shown(name="Company one", kind="company")
    ResourceFactory.create(title="Resource one")
    assert set(titles(client.get("/search/?kind=organisation&kind=cluster"))) == {
        "Cluster one",
        "Company one",
    }
    assert titles(client.get("/search/?kind=organisation&kind=cluster&q=company")) == ["Company one"]
    assert titles(client.get("/search/?kind=organisation")) == ["Company one"]
    for wrong in ("kind=organisations", "kind=cluster&kind=Cluster", "kind=user"):
        assert client.get(f"/search/?{wrong}").status_code == 404, wrong


def test_table_has_the_facts_of_an_organisation(client: Client) -> None:
    shown(
        name="Company one",
        kind="company",
        city="Graz",
        website="https://example.org/",
        is_illustrative=True,
        sectors=[SectorFactory.create(code="wood")],
    )
    shown(name="Cluster one")
    ResourceFactory.create(title="Resource one", countries=["AT"], link="https://example.org/r")
    for path in (f"{OTHERS}csv/", "/search/csv/"):
        head, *lines = csv.reader(io.StringIO(text_of(client.get(path)).removeprefix("\ufeff")))
        row = next(dict(zip(head, line, strict=True)) for line in lines if line[1] == "Company one")
        assert (row["Type"], row["City"], row["Countries"]) == ("Company", "Graz", "At")
        assert (row["Sectors"], row["Link"], row["Notes"]) == ("Wood", "https://example.org/", "Illustrative")
    rows = {line[1]: dict(zip(head, line, strict=True)) for line in lines}
    assert rows["Resource one"]["Link"] == "https://example.org/r"
    assert rows["Resource one"]["City"] == ""
    assert rows["Cluster one"]["Type"] == "Cluster organisation"


@pytest.mark.parametrize("path", ["", "feed/", "csv/"])
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("country=XX", 404),
        ("country=AT&country=XX", 404),
        ("region=ZZ99", 404),
        ("sector=no_such", 404),
        ("country=AT", 200),
        ("sort=best", 400),
        ("page=0", 404),
        ("page=x", 404),
        ("utm_source=letter", 200),
        ("q=%00", 400),
    ],
)
def test_addresses_that_mean_nothing(client: Client, path: str, query: str, status: int) -> None:
    shown(name="Cluster one")
    assert client.get(f"{LIST}{path}?{query}").status_code == status


def test_filters(client: Client) -> None:
    tyrol = region("AT33")
    wood, space = SectorFactory.create(code="wood"), SectorFactory.create(code="aviation_space")
    shown(name="Wood in Tyrol", region=tyrol, sectors=[wood])
    shown(name="Space in Vienna", sectors=[space])
    shown(name="Wood in Bavaria", country=CountryFactory.create(code="DE"), sectors=[wood])

    for query, expected in (
        ({"country": "DE"}, {"Wood in Bavaria"}),
        ({"sector": "wood"}, {"Wood in Tyrol", "Wood in Bavaria"}),
        ({"region": "AT33"}, {"Wood in Tyrol"}),
        ({"sector": ["wood", "aviation_space"], "country": "AT"}, {"Wood in Tyrol", "Space in Vienna"}),
        ({"q": "tyrol"}, {"Wood in Tyrol"}),
    ):
        assert set(titles(client.get(LIST, query))) == expected, query


def test_region_below_level_two_is_found_by_the_one_above(client: Client) -> None:
    from tests.factories.taxonomy import RegionFactory

    tyrol = region("AT33")
    innsbruck = RegionFactory.create(code="AT332", level=3, parent=tyrol, country=tyrol.country)
    shown(name="In Innsbruck", region=innsbruck)
    assert titles(client.get(LIST, {"region": "AT33"})) == ["In Innsbruck"]


@pytest.mark.parametrize(("illustrative", "verified"), [(True, False), (False, True), (False, False)])
def test_entries_say_what_they_are(
    client: Client, people: People, illustrative: bool, verified: bool
) -> None:
    Organisation.objects.filter(pk=people.organisation.pk).update(is_illustrative=illustrative)
    if verified:
        services.verify_organisation(organisation_id=people.organisation.pk, by=people.curator)
    index_organisations([people.organisation.pk])

    card = client.get(LIST).content.decode().partition("Alpenholz")[2].partition("</article>")[0]
    page = client.get(PAGE).content.decode()
    for found in (card, page):
        assert ("Illustrative" in found) is illustrative
        assert ("hub-badge-success" in found) is verified
        assert ("Not verified yet" in found) is not (illustrative or verified)
    assert ("not a statement by this organisation" in page) is illustrative


@pytest.mark.parametrize("count", [1, 20])
@pytest.mark.parametrize("query", [{}, {"country": "AT"}, {"q": "cluster"}])
@pytest.mark.parametrize(("path", "kind"), [(LIST, "cluster"), (OTHERS, "network")])
def test_directory_asks_few_queries(
    client: Client,
    django_assert_max_num_queries: Any,
    count: int,
    query: dict[str, str],
    path: str,
    kind: str,
) -> None:
    sectors = [SectorFactory.create(code=code) for code in ("wood", "aviation_space")]
    for number in range(count):
        shown(name=f"Cluster {number}", description="A cluster.", sectors=sectors, kind=kind)
    client.get(path, query)
    with django_assert_max_num_queries(6):
        response = client.get(path, query)
    assert len(titles(response)) == count


def test_directory_costs_the_same_with_one_and_with_twenty(
    client: Client, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    shown(name="Cluster first")
    client.get(LIST)
    with django_assert_max_num_queries(20) as counted:
        client.get(LIST)
    queries = len(counted)  # now: the next request forgets them
    for number in range(19):
        shown(name=f"Cluster {number}")
    client.get(LIST)
    with django_assert_num_queries(queries):
        assert len(titles(client.get(LIST))) == 20


# --- The page of one ----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["anonymous", "member", "manager", "curator"])
def test_page_costs_the_same_however_many_belong(
    client: Client,
    people: People,
    role: str,
    django_assert_num_queries: Any,
    django_assert_max_num_queries: Any,
) -> None:
    if role != "anonymous":
        client.force_login(people.get(role))  # type: ignore[arg-type]
    for address in (PAGE, f"{PAGE}people/"):
        client.get(address)
        with django_assert_max_num_queries(30) as counted:
            client.get(address)
        for number in range(10):
            belongs(people.organisation, "manager" if number % 2 else "member")
            JoinRequestFactory.create(organisation=people.organisation)
            people.organisation.sectors.add(SectorFactory.create(code=f"sector_{number}"))
        with django_assert_num_queries(len(counted)):
            client.get(address)


def test_page_has_the_facts(client: Client, people: People) -> None:
    region("AT33")
    sector = SectorFactory.create(code="wood")
    people.organisation.sectors.add(sector)
    Organisation.objects.update(city="Innsbruck", website="https://alpenholz.example.org/", founded_year=1999)
    page = client.get(PAGE).content.decode()
    for fact in ("Innsbruck", "https://alpenholz.example.org/", "1999", "Wood"):
        assert fact in page
    assert "1,999" not in page


def test_text_has_its_own_language_and_names_have_none(client: Client, people: People) -> None:
    language("de")
    for code, marked in (("de", True), ("en", False)):
        Organisation.objects.update(description="Holz aus den Alpen", language=code)
        index_organisations([people.organisation.pk])
        page, listed = client.get(PAGE).content.decode(), client.get(LIST).content.decode()
        for found in (page, listed):
            before = found.rpartition("Holz aus den Alpen")[0][-300:]
            assert ('lang="de"' in before) is marked
            assert 'lang="de">Alpenholz' not in found


def test_published_resources_stand_on_the_page(client: Client, people: People) -> None:
    ResourceFactory.create(organisation=people.organisation, title="Public work")
    ResourceFactory.create(organisation=people.organisation, title="Secret work", state="draft")
    ResourceFactory.create(title="Foreign work")
    page = client.get(PAGE).content.decode()
    assert "Public work" in page
    assert "Secret work" not in page
    assert "Foreign work" not in page


def test_hidden_page_is_not_for_search_engines(client: Client, people: People) -> None:
    assert "noindex" not in client.get(PAGE).content.decode()
    Organisation.objects.update(is_active=False)
    client.force_login(people.member)
    assert "noindex" in client.get(PAGE).content.decode()


@pytest.mark.parametrize("role", ["anonymous", "stranger", "member", "manager", "curator"])
def test_pages_have_neither_scripts_nor_styles_inside(client: Client, people: People, role: str) -> None:
    JoinRequestFactory.create(organisation=people.organisation)
    if role != "anonymous":
        client.force_login(people.get(role))  # type: ignore[arg-type]
    for address in (LIST, PAGE, f"{PAGE}people/", f"{PAGE}edit/", "/organisations/new/"):
        found = client.get(address).content.decode()
        assert "<style" not in found
        assert " style=" not in found
        assert " onclick=" not in found
        assert "<script>" not in found


def test_offers_are_those_that_would_be_accepted(client: Client, people: People) -> None:
    """What a button promises the service keeps."""
    for role, join, edit, leave in (
        ("anonymous", False, False, False),
        ("stranger", True, False, False),
        ("member", False, False, True),
        ("curator", True, False, False),
        ("manager", False, True, True),
    ):
        client.logout()
        if role != "anonymous":
            client.force_login(people.get(role))  # type: ignore[arg-type]
        page = client.get(PAGE).content.decode()
        assert (f'action="{PAGE}join/"' in page) is join, role
        assert (f'{PAGE}edit/"' in page) is edit, role
        if role != "manager":
            assert (f'action="{PAGE}leave/"' in page) is leave, role


def test_own_request_can_be_withdrawn_from_the_page(client: Client, people: People) -> None:
    own = JoinRequestFactory.create(organisation=people.organisation, user=people.stranger)
    client.force_login(people.stranger)
    page = client.get(PAGE).content.decode()
    assert f"{PAGE}requests/{own.pk}/withdraw/" in page
    assert f'action="{PAGE}join/"' not in page


@pytest.mark.parametrize(
    ("role", "said"),
    [
        ("anonymous", "Sign in to ask"),
        ("stranger", "A manager of the organisation says yes or no"),
        ("curator", "A manager of the organisation says yes or no"),
        ("member", ""),
        ("manager", ""),
    ],
)
def test_joining_says_what_will_happen(client: Client, people: People, role: str, said: str) -> None:
    if role != "anonymous":
        client.force_login(people.get(role))  # type: ignore[arg-type]
    page = client.get(PAGE).content.decode()
    assert ('id="join"' in page) is bool(said)
    assert said in page


def test_joining_what_nobody_manages_says_that_a_curator_decides(client: Client, people: People) -> None:
    orphan = shown(name="Orphan cluster")
    client.force_login(people.stranger)
    assert "a curator of the hub says yes or no" in client.get(orphan.get_absolute_url()).content.decode()


def test_refused_request_to_join_comes_back_with_what_was_typed(client: Client, people: People) -> None:
    client.force_login(people.stranger)
    response = client.post(f"{PAGE}join/", {"message": f"Hello <b>{'x' * 1000}"})
    page = response.content.decode()
    assert "Hello &lt;b&gt;xxx" in page
    assert "1000" in page
    assert not JoinRequest.objects.exists()
    assert "Null characters" in client.post(f"{PAGE}join/", {"message": "a\x00b"}).content.decode()


@pytest.mark.parametrize(
    ("role", "is_told"),
    [("anonymous", False), ("stranger", False), ("member", False), ("manager", True), ("curator", False)],
)
def test_page_tells_those_who_decide_that_somebody_asks(
    client: Client, people: People, role: str, is_told: bool
) -> None:
    asked = JoinRequestFactory.create(organisation=people.organisation)
    if role != "anonymous":
        client.force_login(people.get(role))  # type: ignore[arg-type]
    page = client.get(PAGE).content.decode()
    assert ("1 person asks to join" in page) is is_told
    assert (asked.user.name in page) is is_told


def test_people_page_without_requests_says_so(client: Client, people: People) -> None:
    client.force_login(people.manager)
    assert "Nobody asks to join at present." in client.get(f"{PAGE}people/").content.decode()


# --- The search -----------------------------------------------------------------------------------------


def test_rebuilding_the_search_gives_what_the_steps_gave(people: People) -> None:
    from apps.search.services import reindex

    shown(name="Cluster one", sectors=[SectorFactory.create()])
    shown(name="Company one", kind="company")
    shown(name="Hidden one", is_active=False)
    index_organisations(list(Organisation.objects.values_list("pk", flat=True)))
    fields = ("kind", "object_id", "title", "summary", "url", "facets", "card", "published_at")
    before = sorted(map(str, Document.objects.values(*fields)))
    Document.objects.all().delete()
    for kind in ("cluster", "organisation"):
        reindex(kind)
    assert sorted(map(str, Document.objects.values(*fields))) == before
    assert before


# --- What nobody has checked says so ---------------------------------------------------------------
BADGE = "Not verified yet"


@pytest.mark.django_db(transaction=True)
def test_new_organisation_says_everywhere_that_nobody_checked_it(client: Client, people: People) -> None:
    made = services.create_organisation(
        values=values(name="European Commission, DG GROW"), sectors=[], by=people.stranger
    )
    resource = ResourceFactory.create(title="A guide", organisation=made)
    addresses = (made.get_absolute_url(), LIST, resource.get_absolute_url(), "/knowledge/")

    def warned() -> list[bool]:
        return [BADGE.lower() in client.get(address).content.decode().lower() for address in addresses]

    assert warned() == [True] * 4
    assert "has checked that an organisation is what it says" in client.get(addresses[0]).content.decode()
    assert BADGE in text_of(client.get(f"{LIST}csv/"))
    services.verify_organisation(organisation_id=made.pk, by=people.curator)
    assert warned() == [False] * 4
    services.end_verification(organisation_id=made.pk, reason="It is not.", by=people.curator)
    assert warned() == [True] * 4
    services.verify_organisation(organisation_id=made.pk, by=people.curator)
    services.update_organisation(
        organisation_id=made.pk, values=values(name="DG GROW"), sectors=[], by=people.stranger
    )
    assert warned() == [True] * 4, "whoever changes the name is somebody else now"


def test_illustrative_organisation_keeps_its_own_badge(client: Client) -> None:
    made = shown(name="Illustrated", is_illustrative=True)
    for address in (made.get_absolute_url(), LIST):
        page = client.get(address).content.decode()
        assert "Illustrative" in page
        assert BADGE not in page
