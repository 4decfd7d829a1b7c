"""Resources through their life: what publishing asks of them, and what the search shows of them."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from apps.accounts.models import User
from apps.knowledge import services as knowledge
from apps.knowledge.content import KEPT_FIELDS, LABELS, MANY_FIELDS, PLAIN_FIELDS, ResourceContent, missing
from apps.knowledge.models import LinkCheck, Resource
from apps.organisations.models import Organisation
from apps.publishing import registry, services
from apps.publishing.exceptions import NotReadyError
from apps.publishing.models import Publication
from apps.search.models import Document
from tests.factories.accounts import UserFactory
from tests.factories.files import StoredFileFactory, make_pdf
from tests.factories.knowledge import ResourceFactory, language, region
from tests.factories.taxonomy import LicenceFactory, MethodFactory, TargetGroupFactory, TopicFactory

pytestmark = pytest.mark.django_db
COMPLETE = ResourceContent.of


def test_every_field_of_the_model_is_content_or_kept() -> None:
    """A new field must be named in one of the two, or it would be lost when a pending version is approved."""
    fields = {field.name for field in (*Resource._meta.concrete_fields, *Resource._meta.many_to_many)}

    assert fields == {*PLAIN_FIELDS, *MANY_FIELDS, *KEPT_FIELDS}
    assert set(LABELS) == {"title", "organisation", *PLAIN_FIELDS, *MANY_FIELDS}


def full_content(place: Organisation) -> ResourceContent:
    """Another value in every field than the factory's."""
    return ResourceContent(
        title="Everything is new",
        language=language("de"),
        organisation=place,
        resource_type="tool",
        summary="New summary",
        authors="New, Nora",
        year=2001,
        countries=(region("AT33").country,),
        regions=(region("AT33"),),
        topics=(TopicFactory.create(code="governance"),),
        methods=(MethodFactory.create(),),
        target_groups=(TargetGroupFactory.create(),),
        licence=LicenceFactory.create(),
        version="9",
        file=StoredFileFactory.create(),
        link="https://example.org/new",
    )


def test_version_is_copied_and_merged_with_every_field(
    author: User, curator: User, place: Organisation
) -> None:
    live = ResourceFactory.create(author=author, organisation=place, downloads=7)
    before = ResourceContent.of(live)
    version = services.start_pending_version(publication_id=live.publication_id, by=author)
    pending = Resource.objects.get(publication=version)
    assert ResourceContent.of(pending) == before

    content = full_content(place)
    for name in (*PLAIN_FIELDS, *MANY_FIELDS):
        assert getattr(content, name) != getattr(before, name), f"{name} would prove nothing"
    version.title, version.language = content.title, "de"
    version.save()
    knowledge.apply_content(pending, content)
    services.submit(publication_id=version.pk, by=author)
    services.approve(publication_id=version.pk, by=curator)

    merged = Resource.objects.get(pk=live.pk)
    assert ResourceContent.of(merged) == content
    assert merged.publication.language == "de"
    assert (merged.slug, merged.downloads, merged.publication_id) == (live.slug, 7, live.publication_id)
    document = Document.objects.get()
    assert (document.title, document.url) == ("Everything is new", live.get_absolute_url())
    assert LinkCheck.objects.get().url == "https://example.org/new"


def test_search_and_link_check_follow_every_step(author: User, curator: User, place: Organisation) -> None:
    resource = ResourceFactory.create(author=author, organisation=place, state="draft", title="Found later")
    pk = resource.publication_id

    def shown() -> tuple[int, int]:
        return Document.objects.count(), LinkCheck.objects.count()

    services.submit(publication_id=pk, by=author)
    assert shown() == (0, 0)
    services.approve(publication_id=pk, by=curator)
    assert shown() == (1, 1)
    services.hide(publication_id=pk, by=curator, reason="A question of rights.")
    assert shown() == (0, 0)
    services.restore(publication_id=pk, by=curator)
    assert shown() == (1, 1)
    services.withdraw(publication_id=pk, by=author, reason="Replaced.")
    assert shown() == (0, 0)


def test_address_is_given_at_the_first_submission_and_stays(
    author: User, curator: User, place: Organisation
) -> None:
    resource = ResourceFactory.create(author=author, organisation=place, state="draft", title="First title")
    pk = resource.publication_id
    services.submit(publication_id=pk, by=author)
    services.take_back(publication_id=pk, by=author)
    Publication.objects.filter(pk=pk).update(title="Second title")
    services.submit(publication_id=pk, by=author)

    resource.refresh_from_db()
    assert resource.slug == "first-title"


def test_title_without_letters_gets_an_address(author: User, place: Organisation) -> None:
    resource = ResourceFactory.create(author=author, organisation=place, state="draft", title="集群")
    services.submit(publication_id=resource.publication_id, by=author)

    resource.refresh_from_db()
    assert resource.slug == f"resource-{resource.publication_id}"


@pytest.mark.django_db(transaction=True)
def test_same_title_submitted_at_the_same_moment_gets_two_addresses(
    author: User, place: Organisation
) -> None:
    resources = ResourceFactory.create_batch(
        2, author=author, organisation=place, state="draft", title="Twins"
    )
    barrier = threading.Barrier(2)
    failures: list[BaseException] = []

    def submit(publication_id: int) -> None:
        barrier.wait()
        try:
            services.submit(publication_id=publication_id, by=author)
        except BaseException as error:  # noqa: BLE001 - shown below
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=submit, args=[resource.publication_id]) for resource in resources]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert Resource.objects.values("slug").distinct().count() == 2


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"title": "Untitled"}, "title"),
        ({"resource_type": ""}, "type"),
        ({"summary": " "}, "sentences"),
        ({"topics": []}, "topic"),
        ({"link": ""}, "file, a link"),
    ],
)
def test_incomplete_resource_is_not_submitted_even_past_the_form(
    author: User, place: Organisation, change: dict[str, Any], problem: str
) -> None:
    resource = ResourceFactory.create(author=author, organisation=place, state="draft", **change)

    with pytest.raises(NotReadyError) as error:
        services.submit(publication_id=resource.publication_id, by=author)

    assert len(error.value.problems) == 1
    assert problem in error.value.problems[0]


def test_file_needs_a_licence(author: User, place: Organisation) -> None:
    resource = ResourceFactory.create(
        author=author, organisation=place, state="draft", file=StoredFileFactory.create()
    )

    assert set(missing(ResourceContent.of(resource))) == {"licence"}


def test_type_gives_its_pages_without_a_query_in_lists(django_assert_num_queries: Any) -> None:
    resource = ResourceFactory.create()
    publication = Publication.objects.get()
    with django_assert_num_queries(0):
        url = registry.type_of(publication).url(publication)

    assert url == f"/knowledge/item-{publication.pk}/"
    loaded = Publication.objects.select_related("resource").get()
    assert registry.type_of(loaded).url(loaded) == resource.get_absolute_url()


def test_curators_are_shown_differences_in_the_words_of_the_form(author: User, place: Organisation) -> None:
    live = ResourceFactory.create(author=author, organisation=place, title="Before", year=2020)
    pending = ResourceFactory.create(
        author=author, organisation=place, title="After", year=2021, live=live.publication, state="submitted",
        link=live.link,
    )  # fmt: skip

    found = registry.type_of(live.publication).differences(live_item=live, pending_item=pending)

    assert [(item.label, item.before, item.after) for item in found] == [
        ("Title", "Before", "After"),
        ("Year", "2020", "2021"),
    ]


def test_curators_are_shown_what_changed_since_they_asked(
    author: User, curator: User, place: Organisation
) -> None:
    """Field by field in the words of the form, and a file of the same name with other bytes is another file."""
    first = StoredFileFactory.create(original_name="report.pdf")
    resource = ResourceFactory.create(
        author=author,
        organisation=place,
        state="submitted",
        year=2020,
        file=first,
        licence=LicenceFactory.create(),
    )
    publication = services.request_changes(
        publication_id=resource.publication_id, by=curator, reason="Which year?"
    )
    assert set(publication.returned_words or {}) == set(LABELS)
    assert registry.changes_since_returned(publication) == []

    second = StoredFileFactory.create(original_name="report.pdf", content=make_pdf("Other bytes."))
    Resource.objects.filter(pk=resource.pk).update(year=2021, file=second)
    found = registry.changes_since_returned(publication)
    assert [(item.label, item.before, item.after) for item in found] == [
        ("Year", "2020", "2021"),
        ("File", f"report.pdf ({first.sha256[:12]})", f"report.pdf ({second.sha256[:12]})"),
    ]


def test_types_of_a_list_take_one_query(place: Organisation, django_assert_num_queries: Any) -> None:
    ResourceFactory.create(organisation=place, resource_type="method")
    ResourceFactory.create(organisation=place, resource_type="tool")
    publications = list(Publication.objects.order_by("pk"))
    with django_assert_num_queries(1):
        names = registry.type_names(publications)

    assert [names[publication.pk] for publication in publications] == ["Method", "Tool"]


def test_curator_sees_everything_needed_to_decide_on_one_page(
    client: Any, author: User, place: Organisation
) -> None:
    resource = ResourceFactory.create(
        author=author,
        organisation=place,
        state="submitted",
        title="Please decide",
        file=StoredFileFactory.create(text="The text inside."),
    )
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))

    page = client.get(reverse("admin:publishing_publication_change", args=[resource.publication_id]))

    text = page.content.decode()
    assert page.status_code == 200
    assert resource.summary in text
    assert "The text inside." in text
    assert "Choose the licence" in text, "what is missing"
    assert resource.link in text
