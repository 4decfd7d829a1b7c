"""The catalogue, its feed and its table: what is public, and nothing else."""

from __future__ import annotations

import csv
import io
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.core.events import publish
from apps.files.events import TextExtracted
from apps.files.models import ExtractedText
from apps.knowledge.enums import Access
from apps.organisations.events import OrganisationRenamed
from apps.organisations.models import Organisation
from apps.publishing.enums import PublicationState
from apps.publishing.models import Publication
from apps.search import words
from apps.search.models import Document
from apps.search.services import index
from tests.factories.files import StoredFileFactory
from tests.factories.knowledge import ResourceFactory, region
from tests.factories.organisations import OrganisationFactory
from tests.factories.taxonomy import CountryFactory, MethodFactory, TargetGroupFactory

pytestmark = pytest.mark.django_db
LIST = "/knowledge/"


def page_text(response: Any) -> str:
    content = b"".join(response) if response.streaming else response.content
    return str(content.decode())


def titles(response: Any) -> list[str]:
    return [hit.title for hit, _template in response.context["cards"]]


# --- Nothing leaks --------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [state for state in PublicationState.values if state != "published"])
@pytest.mark.parametrize("path", ["", "feed/", "csv/"])
def test_nothing_unpublished_is_found_counted_or_fed(
    client: Client, author: User, place: Organisation, state: str, path: str
) -> None:
    """Asked as its own author, who may see it elsewhere."""
    live = ResourceFactory.create(
        author=author, organisation=place, title="Public zebra", topics=["indicators"]
    )
    secret = ResourceFactory.create(
        author=author,
        organisation=place,
        state=state,
        title="Secret zebra",
        topics=["governance"],
        file=StoredFileFactory.create(text="zebra inside"),
        live=live.publication if state in {"merged", "draft"} else None,
    )
    client.force_login(author)

    for query in ({}, {"q": "zebra"}):
        response = client.get(f"{LIST}{path}", query)
        text = page_text(response)
        assert live.slug in text
        assert "Secret" not in text
        assert secret.slug not in text
        assert "Governance" not in text, "a facet would betray it"


def test_pending_version_shows_nowhere_until_it_is_merged(
    client: Client, author: User, place: Organisation
) -> None:
    live = ResourceFactory.create(author=author, organisation=place, title="Live giraffe")
    ResourceFactory.create(
        author=author, organisation=place, title="Pending giraffe", state="submitted", live=live.publication
    )

    response = client.get(LIST, {"q": "giraffe"})

    assert titles(response) == ["Live giraffe"]
    assert response.context["result"].total == 1


# --- Finding --------------------------------------------------------------------------------------


def test_words_inside_the_file_are_found_once_its_text_is_there(
    client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    file = StoredFileFactory.create()
    ResourceFactory.create(title="Plain title", file=file)
    assert titles(client.get(LIST, {"q": "hippopotamus"})) == []

    ExtractedText.objects.create(stored_file=file, text="Deep inside stands a hippopotamus.")
    with django_capture_on_commit_callbacks(execute=True):
        publish(TextExtracted(stored_file_id=str(file.pk)))

    response = client.get(LIST, {"q": "hippopotamus"})
    assert titles(response) == ["Plain title"]
    assert "<mark>hippopotamus</mark>" in page_text(response)


def test_text_of_an_unpublished_file_is_not_found(
    client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    file = StoredFileFactory.create(text="hippopotamus")
    ResourceFactory.create(state="submitted", file=file)
    with django_capture_on_commit_callbacks(execute=True):
        publish(TextExtracted(stored_file_id=str(file.pk)))

    assert not Document.objects.exists()


@pytest.mark.parametrize("words", ["survey", "surveys", "cluster managers", "indicators"])
def test_names_of_topics_methods_and_target_groups_find_a_resource(client: Client, words: str) -> None:
    ResourceFactory.create(
        title="Wirkung messen",
        summary="Kurz.",
        language="de",
        topics=["indicators"],
        methods=[MethodFactory.create()],
        target_groups=[TargetGroupFactory.create()],
    )
    ResourceFactory.create(title="Other", topics=["governance"])

    response = client.get(LIST, {"q": words})

    assert titles(response) == ["Wirkung messen"]
    assert response.context["result"].corrected_from == ""


def test_facets_filter_and_count(client: Client, place: Organisation) -> None:
    ResourceFactory.create(
        title="One",
        organisation=place,
        topics=["indicators", "governance"],
        methods=[MethodFactory.create()],
        target_groups=[TargetGroupFactory.create()],
        countries=["AT"],
        regions=[region("AT33")],
        language="de",
        year=2020,
        resource_type="method",
        link="",
    )
    ResourceFactory.create(title="Two", topics=["indicators"], year=2024)
    chosen = {
        "type": "method",
        "access": "description",
        "topic": "governance",
        "method": "survey",
        "target_group": "cluster_managers",
        "country": "AT",
        "region": "AT3",
        "language": "de",
        "year": "2020",
        "organisation": place.slug,
    }

    for key, code in chosen.items():
        assert titles(client.get(LIST, {key: code})) == ["One"], key
    assert titles(client.get(LIST, chosen)) == ["One"]
    facets = {facet.key: facet for facet in client.get(LIST).context["facets"]}
    assert set(facets) == set(chosen)
    assert {value.code: value.count for value in facets["topic"].values} == {"indicators": 2, "governance": 1}
    assert [value.code for value in facets["year"].values] == ["2024", "2020"]


def test_what_one_can_have_is_a_facet(client: Client) -> None:
    ResourceFactory.create(title="Both", file=StoredFileFactory.create())
    ResourceFactory.create(title="File", file=StoredFileFactory.create(), link="")
    ResourceFactory.create(title="Link")
    ResourceFactory.create(title="Neither", link="", external_id="P001", basis="seen", year_basis="seen")

    found = {code: set(titles(client.get(LIST, {"access": code}))) for code in Access}

    assert found == {"file": {"Both", "File"}, "link": {"Both", "Link"}, "description": {"Neither"}}
    facets = {facet.key: facet for facet in client.get(LIST).context["facets"]}
    assert {value.label: value.count for value in facets["access"].values} == {
        "File here": 2,
        "Link": 2,
        "Description only": 1,
    }


def test_most_downloaded_comes_first_when_asked(client: Client) -> None:
    for title, downloads in (("Few", 1), ("Many", 30), ("Some", 5)):
        ResourceFactory.create(title=title, downloads=downloads)

    assert titles(client.get(LIST, {"sort": "downloads"})) == ["Many", "Some", "Few"]


def test_download_counts_in_the_catalogue_at_once(client: Client) -> None:
    resource = ResourceFactory.create(title="Asked for", file=StoredFileFactory.create())
    ResourceFactory.create(title="Another")
    b"".join(client.get(f"/knowledge/{resource.slug}/download/"))

    assert titles(client.get(LIST, {"sort": "downloads"}))[0] == "Asked for"


def test_card_of_reference_publication_never_claims_more_than_is_known(client: Client) -> None:
    ResourceFactory.create(external_id="P001", basis="recall", year_basis="recall", year=2010)

    text = page_text(client.get(LIST))

    assert "2010 (not verified)" in " ".join(text.split())
    assert "Listed, not hosted" in text


def test_feed_is_valid_and_follows_the_filter(client: Client) -> None:
    ResourceFactory.create(title="For the feed & more", topics=["governance"])
    ResourceFactory.create(title="Other")

    feed = ElementTree.fromstring(page_text(client.get(f"{LIST}feed/", {"topic": "governance"})))

    atom = "{http://www.w3.org/2005/Atom}"
    assert [entry.findtext(f"{atom}title") for entry in feed.iter(f"{atom}entry")] == ["For the feed & more"]


def test_table_says_what_a_card_and_a_page_say(client: Client, place: Organisation) -> None:
    resource = ResourceFactory.create(
        title="For the table",
        organisation=place,
        topics=["indicators", "governance"],
        countries=["AT", "BE"],
        year=2021,
        resource_type="method",
        link="https://example.org/x",
        file=StoredFileFactory.create(),
    )
    ResourceFactory.create(
        title="Of others", external_id="P001", basis="recall", year_basis="recall", year=2010, link=""
    )

    response = client.get(f"{LIST}csv/")
    head, *lines = csv.reader(io.StringIO(page_text(response).removeprefix("\ufeff")))

    rows = {line[1]: dict(zip(head, line, strict=True)) for line in lines}
    row = rows["For the table"]
    assert (row["Type"], row["Year"], row["Language"], row["Notes"]) == (
        "Method",
        "2021",
        "English",
        "Organisation not verified yet",
    )
    assert set(row["Countries"].split("; ")) == {"At", "Be"}
    assert set(row["Topics"].split("; ")) == {"Indicators", "Governance"}
    assert (row["Organisation"], row["Link"]) == (place.name, "https://example.org/x")
    assert row["File"] == f"http://testserver/knowledge/{resource.slug}/download/"
    assert row["Licence"] == (resource.licence.code if resource.licence else "")
    other = rows["Of others"]
    assert (other["Notes"], other["File"]) == ("Listed, not hosted; Year not verified", "")
    assert response["Content-Disposition"].startswith('attachment; filename="clusterhub-knowledge-20')


def test_table_has_one_line_for_each_and_no_formula(client: Client) -> None:
    ResourceFactory.create(title="=HYPERLINK(1)")

    text = page_text(client.get(f"{LIST}csv/"))

    assert "'=HYPERLINK(1)" in text


# --- Bad addresses --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "feed/", "csv/"])
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("q=a%00b", 400),
        ("topic=%00", 400),
        ("page=0", 404),
        ("page=x", 404),
        ("country=XX", 404),
        ("topic=nothing", 404),
        ("sort=nothing", 400),
        ("year=abc", 404),
        ("year=12", 404),
        ("year=2%2B1", 404),
        ("q=" + "x" * 5000, 400),
    ],
)
def test_bad_address_gets_a_plain_page(client: Client, path: str, query: str, status: int) -> None:
    ResourceFactory.create()

    assert client.get(f"{LIST}{path}?{query}").status_code == status


def test_page_that_is_not_there_is_not_found(client: Client) -> None:
    ResourceFactory.create()

    assert client.get(f"{LIST}?page=99999").status_code == 404


def test_country_without_any_resource_is_an_empty_list(client: Client) -> None:
    CountryFactory.create(code="ES")

    response = client.get(LIST, {"country": "ES"})

    assert response.status_code == 200
    assert titles(response) == []


# --- Costs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 20, 100])
@pytest.mark.parametrize(("query", "queries"), [("", 3), ("?q=measuring&topic=indicators&country=AT", 6)])
def test_catalogue_query_count_is_constant(
    client: Client, django_assert_max_num_queries: Any, count: int, query: str, queries: int
) -> None:
    ResourceFactory.create_batch(count, countries=["AT"])

    with django_assert_max_num_queries(queries):
        assert client.get(f"{LIST}{query}").context["result"].total == count


@pytest.mark.parametrize(
    ("typed", "corrected_from", "is_partial"),
    [
        ("monitorign", "monitorign", False),
        ("monitoring zebras", "", True),
        ("monitorign zebra", "monitorign zebra", True),
        ("monitorign-clustres", "monitorign-clustres", False),
    ],
)
@pytest.mark.parametrize("count", [1, 20])
@pytest.mark.parametrize(("is_signed_in", "queries"), [(False, 6), (True, 10)])
def test_typing_error_keeps_the_budget_of_queries(
    client: Client,
    author: User,
    django_assert_max_num_queries: Any,
    monkeypatch: pytest.MonkeyPatch,
    count: int,
    is_signed_in: bool,
    queries: int,
    typed: str,
    corrected_from: str,
    is_partial: bool,
) -> None:
    """The dearest question: looked up, corrected, looked up again, in a process that never saw these words."""
    ResourceFactory.create_batch(count, title="Monitoring clusters", countries=["AT"])
    ResourceFactory.create(title="Zebra")
    if is_signed_in:
        client.force_login(author)
    cache.clear()
    monkeypatch.setattr(words, "_known", {})

    with django_assert_max_num_queries(queries):
        result = client.get(f"{LIST}?q={typed}&country=AT").context["result"]
    assert (result.total, result.corrected_from, result.is_partial) == (count, corrected_from, is_partial)


@pytest.mark.parametrize("count", [1, 20])
def test_index_query_count_grows_by_the_rows_of_the_search_alone(
    django_assert_max_num_queries: Any, count: int
) -> None:
    from apps.search.services import index

    resources = ResourceFactory.create_batch(count, regions=[region("AT33")], countries=["AT"])

    with django_assert_max_num_queries(26 + count):
        index("resource", [resource.pk for resource in resources])


@pytest.mark.parametrize("path", ["", "feed/", "csv/"])
def test_hidden_organisation_cannot_be_guessed_by_its_filter(client: Client, path: str) -> None:
    hidden = OrganisationFactory.create(name="Secret Alliance", slug="secret-alliance", is_active=False)
    withdrawn = ResourceFactory.create(organisation=hidden)
    Publication.objects.filter(pk=withdrawn.publication_id).update(
        state=PublicationState.WITHDRAWN, reason="No longer right.", withdrawn_at=timezone.now()
    )
    index("resource", [withdrawn.pk])

    response = client.get(f"{LIST}{path}?organisation=secret-alliance")

    assert response.status_code == 404
    assert "Secret Alliance" not in response.content.decode()


def test_hidden_organisation_beside_something_public_keeps_its_name_there(client: Client) -> None:
    hidden = OrganisationFactory.create(name="Named Already", slug="named-already", is_active=False)
    ResourceFactory.create(organisation=hidden, title="Still public")

    response = client.get(LIST, {"organisation": "named-already"})

    assert titles(response) == ["Still public"]
    assert "Named Already" in response.content.decode()


def test_new_name_of_an_organisation_reaches_filter_and_cards(
    client: Client, author: User, place: Organisation, django_capture_on_commit_callbacks: Any
) -> None:
    ResourceFactory.create(author=author, organisation=place, title="Zebra")
    ResourceFactory.create(author=author, organisation=place, title="Draft", state="draft")
    before = place.name
    Organisation.objects.filter(pk=place.pk).update(name="Alpine Timber and Friends")
    with django_capture_on_commit_callbacks(execute=True):
        publish(OrganisationRenamed(organisation_id=place.pk))

    page = page_text(client.get(LIST))
    assert page.count("Alpine Timber and Friends") >= 2, "in the filter and on the card"
    assert before not in page
    assert Document.objects.filter(kind="resource").count() == 1
