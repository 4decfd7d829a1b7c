"""The page of a resource, its file and its citations, for every role in every state."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.services import record
from apps.knowledge import permissions, presentation
from apps.knowledge.models import Resource
from apps.organisations.models import Organisation
from apps.publishing.enums import Action, PublicationState
from tests.factories.accounts import UserFactory
from tests.factories.files import StoredFileFactory, make_pdf
from tests.factories.knowledge import LinkCheckFactory, ResourceFactory, region
from tests.factories.taxonomy import LicenceFactory, MethodFactory

pytestmark = pytest.mark.django_db

READER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
ROLES = ["visitor", "loner", "outsider", "author", "manager", "member", "own_curator", "curator"]
ITS_PEOPLE = {"author", "manager"}
CURATORS = {"own_curator", "curator"}


@pytest.fixture
def member(place: Organisation) -> User:
    from tests.factories.knowledge import person_of

    return person_of(place)


def download(client: Client, resource: Resource, *, method: str = "get", **headers: str) -> Any:
    """The answer with its bytes read and its file closed, as a server leaves it."""
    response: Any = getattr(client, method)(f"/knowledge/{resource.slug}/download/", headers=headers or None)
    response.read_bytes = b"".join(response) if response.streaming else response.content
    return response


def client_of(request: pytest.FixtureRequest, role: str) -> Client:
    client = Client()
    if role != "visitor":
        client.force_login(request.getfixturevalue(role))
    return client


def page_text(response: Any) -> str:
    return str(response.content.decode())


def expected_status(role: str, state: str) -> int:
    """Withdrawn once it was public: a tombstone for everybody. Else who may see it, and 404 for the others."""
    if state == "withdrawn":
        return 410
    if state == "published" or role in ITS_PEOPLE:
        return 200
    return 200 if role in CURATORS and state != "draft" else 404


STATES = [state for state in PublicationState.values if state != "merged"]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("role", ROLES)
def test_page_and_citations_by_role_and_state(
    request: pytest.FixtureRequest, author: User, place: Organisation, role: str, state: str
) -> None:
    resource = ResourceFactory.create(author=author, organisation=place, state=state)
    client = client_of(request, role)

    assert client.get(f"/knowledge/{resource.slug}/").status_code == expected_status(role, state)
    may_see = role in ITS_PEOPLE or state == "published" or (role in CURATORS and state != "draft")
    for part in ("citation.bib", "citation.ris"):
        assert client.get(f"/knowledge/{resource.slug}/{part}").status_code == (200 if may_see else 404)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("role", ROLES)
def test_download_by_role_and_state(
    request: pytest.FixtureRequest, author: User, place: Organisation, role: str, state: str
) -> None:
    resource = ResourceFactory.create(
        author=author, organisation=place, state=state, file=StoredFileFactory.create()
    )
    may_see = role in ITS_PEOPLE or state == "published" or (role in CURATORS and state != "draft")

    response = download(client_of(request, role), resource)

    assert response.status_code == (200 if may_see else 404)


@pytest.mark.parametrize("state", PublicationState.values)
@pytest.mark.parametrize("role", ROLES)
def test_visible_to_agrees_with_can_view(
    request: pytest.FixtureRequest, author: User, place: Organisation, role: str, state: str
) -> None:
    from django.contrib.auth.models import AnonymousUser

    live = (
        ResourceFactory.create(author=author, organisation=place).publication if state == "merged" else None
    )
    resource = ResourceFactory.create(author=author, organisation=place, state=state, live=live)
    user = AnonymousUser() if role == "visitor" else request.getfixturevalue(role)

    listed = Resource.objects.visible_to(user).filter(pk=resource.pk).exists()

    assert listed == permissions.can_view(user, resource)


@pytest.mark.parametrize("state", ["draft", "submitted", "in_review", "changes_requested"])
@pytest.mark.parametrize("role", ["visitor", "outsider", "member"])
def test_pending_version_leaks_nowhere(
    request: pytest.FixtureRequest, author: User, place: Organisation, role: str, state: str
) -> None:
    live = ResourceFactory.create(author=author, organisation=place, title="Live title")
    pending = ResourceFactory.create(
        author=author,
        organisation=place,
        title="Secret title",
        state=state,
        live=live.publication,
        file=StoredFileFactory.create(),
    )
    client = client_of(request, role)

    for path in ("", "download/", "citation.bib", "citation.ris"):
        assert client.get(f"/knowledge/{pending.slug}/{path}").status_code == 404
    page = page_text(client.get(f"/knowledge/{live.slug}/"))
    assert "Secret title" not in page
    assert "pending version" not in page


@pytest.mark.parametrize("role", sorted(ITS_PEOPLE))
def test_its_people_are_told_of_the_pending_version(
    request: pytest.FixtureRequest, author: User, place: Organisation, role: str
) -> None:
    live = ResourceFactory.create(author=author, organisation=place)
    pending = ResourceFactory.create(author=author, organisation=place, state="draft", live=live.publication)

    page = page_text(client_of(request, role).get(f"/knowledge/{live.slug}/"))

    assert f"/knowledge/{pending.slug}/" in page


def test_merged_version_leads_to_the_live_item(client: Client, author: User, place: Organisation) -> None:
    live = ResourceFactory.create(author=author, organisation=place)
    merged = ResourceFactory.create(author=author, organisation=place, state="merged", live=live.publication)
    client.force_login(author)

    assert client.get(f"/knowledge/{merged.slug}/")["Location"] == f"/knowledge/{live.slug}/"


def test_number_of_a_draft_leads_to_its_address_later(client: Client) -> None:
    resource = ResourceFactory.create()

    for name in ("draft", "item"):
        response = client.get(f"/knowledge/{name}-{resource.publication_id}/")
        assert response["Location"] == f"/knowledge/{resource.slug}/"


@pytest.mark.parametrize("slug", ["nothing-here", "draft-99999999", "item-999999999999999999"])
def test_unknown_address_is_not_found(client: Client, db: None, slug: str) -> None:
    assert client.get(f"/knowledge/{slug}/").status_code == 404


def test_tombstone_says_what_when_and_why_and_nothing_else(client: Client) -> None:
    resource = ResourceFactory.create(
        state="withdrawn", reason="Replaced by a better one.", summary="Old words"
    )

    response = client.get(f"/knowledge/{resource.slug}/")

    text = page_text(response)
    assert response.status_code == 410
    assert resource.publication.title in text
    assert "Replaced by a better one." in text
    assert "noindex" in text
    assert "Old words" not in text
    assert resource.link not in text


def test_discarded_draft_leaves_no_tombstone(client: Client, author: User, place: Organisation) -> None:
    resource = ResourceFactory.create(author=author, organisation=place, state="withdrawn")
    resource.publication.published_at = None
    resource.publication.save()

    assert client.get(f"/knowledge/{resource.slug}/").status_code == 404


# --- What stands on it ----------------------------------------------------------------------------


def test_page_tells_facts_to_readers_and_machines(client: Client) -> None:
    resource = ResourceFactory.create(
        title="Déjà <vu> & more",
        language="de",
        licence=LicenceFactory.create(),
        file=StoredFileFactory.create(original_name="Bericht.pdf"),
        topics=["indicators"],
        countries=["AT"],
    )

    text = page_text(client.get(f"/knowledge/{resource.slug}/"))

    assert '<h1 lang="de">Déjà &lt;vu&gt; &amp; more</h1>' in text
    assert "Bericht.pdf" in text
    assert "https://creativecommons.org/licenses/by/4.0/" in text
    assert '<meta name="citation_title" content="Déjà &lt;vu&gt; &amp; more">' in text
    assert '<meta name="citation_author" content="Muster, Ada">' in text
    assert 'name="citation_pdf_url"' in text
    assert 'name="DC.language" content="de"' in text
    match = re.search(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    assert match
    data = json.loads(match[1])
    assert data["name"] == "Déjà <vu> & more"
    assert data["inLanguage"] == "de"
    assert data["license"] == "https://creativecommons.org/licenses/by/4.0/"


def test_title_cannot_end_the_structured_data(client: Client) -> None:
    resource = ResourceFactory.create(title="</script><script>alert(1)</script>")

    assert "<script>alert" not in page_text(client.get(f"/knowledge/{resource.slug}/"))


def test_unpublished_page_gives_machines_nothing(client: Client, author: User, place: Organisation) -> None:
    resource = ResourceFactory.create(author=author, organisation=place, state="submitted")
    client.force_login(author)

    text = page_text(client.get(f"/knowledge/{resource.slug}/"))

    assert "noindex" in text
    assert "ld+json" not in text
    assert "citation_title" not in text


@pytest.mark.parametrize(
    ("basis", "year_basis", "said", "unsaid"),
    [
        ("recall", "recall", "has not been checked against the source", "The year was given"),
        ("seen", "recall", "The year was given from general knowledge", "been checked against the source"),
        ("seen", "seen", "not hosted here", "not been checked"),
    ],
)
def test_reference_publication_is_listed_and_never_shown_as_verified_from_memory(
    client: Client, basis: str, year_basis: str, said: str, unsaid: str
) -> None:
    resource = ResourceFactory.create(external_id="P001", basis=basis, year_basis=year_basis)

    text = page_text(client.get(f"/knowledge/{resource.slug}/"))

    assert "Listed by the hub; not hosted here." in text
    assert said in text
    assert unsaid not in text
    assert ("(not verified)" in text) == ("recall" in {basis, year_basis})


def test_citation_downloads_have_their_types_and_name_the_organisation(client: Client) -> None:
    resource = ResourceFactory.create()

    bibtex = client.get(f"/knowledge/{resource.slug}/citation.bib")
    ris = client.get(f"/knowledge/{resource.slug}/citation.ris")

    assert bibtex["Content-Type"] == "application/x-bibtex; charset=utf-8"
    assert bibtex["Content-Disposition"] == f'attachment; filename="{resource.slug}.bib"'
    assert f"institution = {{{resource.publication.organisation.name}}}" in page_text(bibtex)
    assert ris["Content-Type"] == "application/x-research-info-systems; charset=utf-8"
    assert f"PB  - {resource.publication.organisation.name}\r\n" in page_text(ris)


def test_citation_of_a_reference_publication_does_not_make_the_hub_its_publisher(client: Client) -> None:
    resource = ResourceFactory.create(external_id="P001", link="https://example.org/work")

    text = page_text(client.get(f"/knowledge/{resource.slug}/citation.bib"))

    assert resource.publication.organisation.name not in text
    assert "https://example.org/work" in text
    assert "/knowledge/" not in text


@pytest.mark.parametrize(
    ("authors", "link", "cited"),
    [
        ("OECD", "https://example.org/w", "OECD. (2024). A work. https://example.org/w"),
        ("Wise E.", "https://doi.org/10.1000/w", "Wise, E. (2024). A work. https://doi.org/10.1000/w"),
        ("Wise E.; Wilson J.R.", "", "Wise, E., & Wilson, J. R. (2024). A work."),
    ],
)
def test_reference_publication_is_cited_as_what_it_is_and_not_as_a_page_of_the_hub(
    authors: str, link: str, cited: str
) -> None:
    resource = ResourceFactory.create(
        external_id="P001", basis="seen", year_basis="seen", title="A work", authors=authors, link=link
    )

    assert presentation.citation_of(resource).as_text() == cited


@pytest.mark.parametrize(
    ("basis", "year_basis", "year", "note"),
    [
        ("recall", "recall", 2010, "Entry not verified against the source"),
        ("recall", "seen", None, "Entry not verified against the source"),
        ("seen", "recall", 2010, "Year not verified against the source"),
        ("seen", "recall", None, ""),
        ("seen", "seen", 2010, ""),
    ],
)
def test_citation_passes_no_unverified_year_on_as_a_fact(
    client: Client, basis: str, year_basis: str, year: int | None, note: str
) -> None:
    resource = ResourceFactory.create(external_id="P001", basis=basis, year_basis=year_basis, year=year)
    at = f"/knowledge/{resource.slug}/"
    page, bibtex, ris = (page_text(client.get(at + name)) for name in ("", "citation.bib", "citation.ris"))

    assert (f"note = {{{note}}}" in bibtex, f"N1  - {note}\r\n" in ris) == (bool(note), bool(note))
    assert (f"[{note}]" in page) == bool(note)
    assert ("citation_publication_date" in page) == (year is not None and not note)
    assert ("DC.date" in page) == (year is not None and not note)


def test_reference_publication_of_one_body_names_it_as_institution(client: Client) -> None:
    resource = ResourceFactory.create(external_id="P001", authors="OECD")

    assert "institution = {OECD}" in page_text(client.get(f"/knowledge/{resource.slug}/citation.bib"))


@pytest.mark.parametrize(
    ("role", "is_told"), [("author", True), ("manager", True), ("curator", True), ("visitor", False)]
)
def test_broken_link_is_shown_to_those_who_can_mend_it(
    request: pytest.FixtureRequest, author: User, place: Organisation, role: str, is_told: bool
) -> None:
    resource = ResourceFactory.create(author=author, organisation=place)
    resource.link_check.delete()
    LinkCheckFactory.create(
        resource=resource, failures=3, first_failed_at=timezone.now(), flagged_at=timezone.now()
    )

    text = page_text(client_of(request, role).get(f"/knowledge/{resource.slug}/"))

    assert ("The link has not worked since" in text) == is_told


@pytest.mark.parametrize(
    ("role", "may_withdraw"), [("author", True), ("manager", True), ("outsider", False), ("visitor", False)]
)
def test_steps_are_offered_to_those_whose_they_are(
    request: pytest.FixtureRequest, author: User, place: Organisation, role: str, may_withdraw: bool
) -> None:
    resource = ResourceFactory.create(author=author, organisation=place)

    text = page_text(client_of(request, role).get(f"/knowledge/{resource.slug}/"))

    assert (f"/contributions/{resource.publication_id}/withdraw/" in text) == may_withdraw


@pytest.mark.parametrize(
    "state", ["draft", "submitted", "in_review", "changes_requested", "declined", "hidden"]
)
def test_what_is_not_public_is_not_offered_for_citing(
    client: Client, author: User, place: Organisation, state: str
) -> None:
    resource = ResourceFactory.create(author=author, organisation=place, state=state)
    client.force_login(author)

    text = page_text(client.get(f"/knowledge/{resource.slug}/"))

    assert "Cite it" not in text
    assert "citation.bib" not in text


def test_citation_is_in_a_field_to_copy_from_without_script(client: Client) -> None:
    resource = ResourceFactory.create(title="Counting <b> & more", authors="Muster, Ada", year=2024)

    text = page_text(client.get(f"/knowledge/{resource.slug}/"))

    field = re.search(r"<textarea([^>]*)>(.*?)</textarea>", text, re.DOTALL)
    assert field
    assert "readonly" in field[1]
    assert field[2].startswith("Muster, A. (2024). Counting &lt;b&gt; &amp; more. ")
    assert "not verified" not in field[2]
    assert 'data-copy="citation"' in text


def test_tags_lead_to_the_catalogue_filtered_by_them(client: Client) -> None:
    resource = ResourceFactory.create(
        topics=["indicators"], countries=["AT"], regions=[region("AT33")], methods=[MethodFactory.create()]
    )
    text = page_text(client.get(f"/knowledge/{resource.slug}/"))
    links = re.findall(r'<a class="hub-tag" href="([^"]+)"', text)

    assert {link.partition("?")[2].partition("=")[0] for link in links} == {
        "type", "topic", "method", "country", "region",
    }  # fmt: skip
    for link in links:
        assert resource.publication.title in page_text(client.get(link))


def test_related_are_public_ones_on_the_same_topic_and_never_the_item_itself(client: Client) -> None:
    resource = ResourceFactory.create(title="The item itself", topics=["indicators"])
    ResourceFactory.create(title="On the same topic", topics=["indicators"])
    ResourceFactory.create(title="On another topic", topics=["surveys"])
    ResourceFactory.create(title="Not public", topics=["indicators"], state="submitted")

    related = client.get(f"/knowledge/{resource.slug}/").context["related"]

    assert [hit.title for hit in related] == ["On the same topic"]


def test_related_are_first_those_that_one_can_have(client: Client) -> None:
    resource = ResourceFactory.create()
    for number in range(4):
        ResourceFactory.create(title=f"Only described {number}", link="", downloads=9)
    ResourceFactory.create(title="With a link")
    ResourceFactory.create(title="With a file", link="", file=StoredFileFactory.create(), downloads=1)

    related = client.get(f"/knowledge/{resource.slug}/").context["related"]

    assert [hit.title for hit in related][:2] == ["With a file", "With a link"]
    assert len(related) == 4


@pytest.mark.parametrize("role", ROLES)
def test_history_is_for_its_people_and_curators(
    request: pytest.FixtureRequest, author: User, place: Organisation, role: str
) -> None:
    resource = ResourceFactory.create(author=author, organisation=place)
    record(resource.publication, Action.CHANGES_REQUESTED, by=None, reason="Name the years.")
    record(resource.publication, Action.EDITED, by=author)

    response = client_of(request, role).get(f"/knowledge/{resource.slug}/")

    may_see = role in ITS_PEOPLE | CURATORS
    assert ("Name the years." in page_text(response)) == may_see
    assert len(response.context.get("history") or []) == (1 if may_see else 0)


# --- The file -------------------------------------------------------------------------------------


def test_download_gives_the_bytes_as_attachment_and_counts_readers(client: Client) -> None:
    content = make_pdf("Found inside.")
    resource = ResourceFactory.create(
        file=StoredFileFactory.create(content=content, original_name="Report.pdf")
    )

    response = download(client, resource, **READER)

    assert response.read_bytes == content
    assert response["Content-Type"] == "application/pdf"
    assert 'attachment; filename="Report.pdf"' in response["Content-Disposition"]
    assert response["X-Content-Type-Options"] == "nosniff"
    resource.refresh_from_db()
    assert resource.downloads == 1


@pytest.mark.parametrize(
    ("method", "agent"),
    [
        ("head", READER["User-Agent"]),
        ("get", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
        ("get", "curl/8.0"),
    ],
)
def test_download_by_machines_is_not_counted(client: Client, method: str, agent: str) -> None:
    resource = ResourceFactory.create(file=StoredFileFactory.create())

    response = download(client, resource, method=method, **{"User-Agent": agent})

    assert response.status_code == 200
    resource.refresh_from_db()
    assert resource.downloads == 0


def test_download_that_the_browser_has_already_is_not_counted(client: Client) -> None:
    resource = ResourceFactory.create(file=StoredFileFactory.create())
    etag = download(client, resource, **READER)["ETag"]

    assert download(client, resource, **READER, **{"If-None-Match": etag}).status_code == 304
    resource.refresh_from_db()
    assert resource.downloads == 1


def test_download_of_what_is_not_public_is_not_counted(client: Client, curator: User) -> None:
    resource = ResourceFactory.create(state="submitted", file=StoredFileFactory.create())
    client.force_login(curator)
    download(client, resource, **READER)

    resource.refresh_from_db()
    assert resource.downloads == 0


def test_download_is_kept_by_no_cache_on_the_way(client: Client) -> None:
    resource = ResourceFactory.create(file=StoredFileFactory.create())

    assert "private" in download(client, resource)["Cache-Control"]


def test_download_without_a_file_is_not_found(client: Client) -> None:
    resource = ResourceFactory.create()

    assert client.get(f"/knowledge/{resource.slug}/download/").status_code == 404


def test_download_does_not_look_like_an_edit(client: Client) -> None:
    resource = ResourceFactory.create(file=StoredFileFactory.create())
    before = Resource.objects.get().updated_at
    download(client, resource, **READER)

    assert Resource.objects.get().updated_at == before


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_page_answers_only_reading(client: Client, method: str) -> None:
    resource = ResourceFactory.create()

    assert getattr(client, method)(f"/knowledge/{resource.slug}/").status_code == 405


# --- Costs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 20, 100])
def test_page_query_count_is_constant(client: Client, django_assert_num_queries: Any, count: int) -> None:
    resource = ResourceFactory.create(topics=[f"topic_{number}" for number in range(count)])

    for _number in range(min(count, 20) - 1):
        ResourceFactory.create(topics=["topic_0"])

    with django_assert_num_queries(8):
        client.get(f"/knowledge/{resource.slug}/")


@pytest.mark.parametrize("count", [1, 20])
def test_page_query_count_is_constant_for_its_people(
    client: Client, author: User, place: Organisation, django_assert_max_num_queries: Any, count: int
) -> None:
    resource = ResourceFactory.create(
        author=author, organisation=place, topics=[f"topic_{number}" for number in range(count)]
    )
    ResourceFactory.create(author=author, organisation=place, state="draft", live=resource.publication)
    client.force_login(author)

    with django_assert_max_num_queries(19):
        client.get(f"/knowledge/{resource.slug}/")


def test_person_gets_everything_that_they_wrote_and_nothing_of_others(
    author: User, place: Organisation
) -> None:
    from apps.accounts.personal_data import export_of

    ResourceFactory.create(author=author, organisation=place, title="Mine", state="draft")
    ResourceFactory.create(title="Not mine")

    exported = export_of(author)["resources"]

    assert [resource["title"] for resource in exported] == ["Mine"]
    assert json.dumps(exported)


def test_page_of_an_erased_author_still_stands(client: Client) -> None:
    gone = UserFactory.create()
    resource = ResourceFactory.create(author=gone)
    gone.name, gone.is_active, gone.erased_at = "", False, timezone.now()
    gone.save()

    assert client.get(f"/knowledge/{resource.slug}/").status_code == 200
