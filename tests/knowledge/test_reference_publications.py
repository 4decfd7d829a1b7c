"""The works of others that the hub lists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.knowledge.models import Chapter, LinkCheck, Resource
from apps.knowledge.reference_loaders import FOLDER, HUB_EMAIL, load_publications
from apps.organisations.models import Organisation
from apps.publishing.models import Publication
from apps.search.models import Document
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db
HEAD = (FOLDER / "publications.csv").read_text("utf-8").splitlines()[0]


@pytest.fixture(scope="module")
def vocabularies(django_db_setup: None, django_db_blocker: Any) -> Any:
    """The real vocabularies, once for all tests of this module."""
    from django.db import transaction

    from apps.core.reference import loaders

    with django_db_blocker.unblock():
        atomic = transaction.atomic()
        atomic.__enter__()
        for loader in loaders():
            if loader.order < 60:
                loader.run()
        yield
        transaction.set_rollback(True)
        atomic.__exit__(None, None, None)


def row(
    number: str = "T001", title: str = "A work", url: str = "https://example.org/w", year: str = "2020"
) -> str:
    return (
        f"{number},{title},Wise E.; Wilson J.,{year},recall,report,en,EU,survey,In our words,tag,{url},"
        "evaluation,indicators;evaluation_basics,survey,evaluators,AT;DE,AT33,seen,https://example.org/source"
    )


def load(folder: Path, *rows: str) -> int:
    path = folder / "publications.csv"
    path.write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    return load_publications(path)


def snapshot() -> list[Any]:
    return [
        list(
            Resource.objects.order_by("pk").values_list("pk", "slug", "external_id", "year", "link", "basis")
        ),
        list(
            Publication.objects.order_by("pk").values_list("pk", "title", "state", "author", "organisation")
        ),
        list(Resource.topics.through.objects.order_by("pk").values_list("pk", flat=True)),
        list(
            Document.objects.filter(kind="resource").order_by("object_id").values_list("object_id", "title")
        ),
        Entry.objects.count(),
        LinkCheck.objects.count(),
        Chapter.objects.count(),
        Organisation.objects.count(),
        User.objects.count(),
    ]


def test_real_list_and_guide_load_twice_without_doubling(vocabularies: None) -> None:
    from apps.knowledge.reference_loaders import load_guide

    assert load_publications() == 94
    assert load_guide() == 10
    first = snapshot()
    load_publications()
    load_guide()

    assert snapshot() == first
    assert Resource.objects.public().count() == Document.objects.filter(kind="resource").count() == 94
    assert LinkCheck.objects.count() == 63


def test_row_becomes_a_published_resource_of_the_hub_itself(vocabularies: None, tmp_path: Path) -> None:
    load(tmp_path, row())

    resource = Resource.objects.get(external_id="T001")
    publication = resource.publication
    assert resource.slug == "a-work"
    assert (resource.resource_type, resource.year, resource.basis, resource.year_basis) == (
        "evaluation", 2020, "seen", "recall",
    )  # fmt: skip
    assert {country.code for country in resource.countries.all()} == {"AT", "DE"}
    assert {region.code for region in resource.regions.all()} == {"AT33"}
    assert publication.state == "published"
    assert publication.author.email == HUB_EMAIL
    assert publication.author.is_active is False
    assert publication.organisation.is_illustrative is False
    assert publication.organisation.basis == "proposal"
    entry = Entry.objects.about(publication).get()
    assert (entry.action, entry.by) == ("listed", None)


def test_changed_row_is_taken_up(vocabularies: None, tmp_path: Path) -> None:
    load(tmp_path, row())
    load(tmp_path, row(title="A better title", url="https://example.org/moved", year=""))

    resource = Resource.objects.get(external_id="T001")
    assert (resource.publication.title, resource.year) == ("A better title", None)
    assert resource.slug == "a-work", "the address stays"
    assert Document.objects.get(kind="resource", object_id=resource.pk).title == "A better title"
    assert LinkCheck.objects.get(resource=resource).url == "https://example.org/moved"


def test_rows_with_one_title_get_two_addresses(vocabularies: None, tmp_path: Path) -> None:
    load(tmp_path, row("T001", "Guide"), row("T002", "Guide"), row("T003", "Twin"), row("T004", "Twin"))

    assert set(Resource.objects.values_list("slug", flat=True)) == {
        "guide-t001",
        "guide-t002",
        "twin",
        "twin-t004",
    }


def test_row_that_a_curator_corrected_stays(vocabularies: None, tmp_path: Path) -> None:
    load(tmp_path, row())
    resource = Resource.objects.get()
    client = Client()
    client.force_login(UserFactory.create(is_staff=True))
    url = reverse("admin:knowledge_resource_change", args=[resource.pk])
    form = client.get(url).context["adminform"].form
    data: dict[str, Any] = {
        name: getattr(form[name].value(), "pk", form[name].value())
        for name in form.fields
        if form[name].value()
    }
    data |= {
        name: [item.pk for item in getattr(resource, name).all()]
        for name in ("countries", "regions", "topics")
    }
    data |= {
        name: [item.pk for item in getattr(resource, name).all()] for name in ("methods", "target_groups")
    }
    data |= {"title": "Corrected", "basis": "seen", "year_basis": "seen", "year": "2019"}

    response = client.post(url, data)

    assert response.status_code == 302, response.context["adminform"].form.errors
    load(tmp_path, row(title="From the file"))
    resource.refresh_from_db()
    assert (resource.publication.title, resource.year, resource.year_basis) == ("Corrected", 2019, "seen")
    assert resource.is_edited
    assert Document.objects.get(kind="resource").title == "Corrected"


@pytest.mark.parametrize("count", [1, 20])
def test_loader_query_count_grows_by_the_rows_of_the_search_alone(
    vocabularies: None, tmp_path: Path, django_assert_max_num_queries: Any, count: int
) -> None:
    rows = [row(f"T{number:03}", f"Work {number}") for number in range(count)]
    with django_assert_max_num_queries(90 + count):
        load(tmp_path, *rows)
    with django_assert_max_num_queries(70 + count):
        load(tmp_path, *rows)


def test_catalogue_shows_nothing_from_memory_as_verified(vocabularies: None, client: Client) -> None:
    load_publications()

    for resource in Resource.objects.filter(basis="recall").for_detail()[:3]:
        text = client.get(resource.get_absolute_url()).content.decode()
        assert "has not been checked against the source" in text


def test_what_people_contribute_is_not_changed_in_the_admin(client: Client) -> None:
    from tests.factories.knowledge import ResourceFactory

    resource = ResourceFactory.create()
    client.force_login(UserFactory.create(is_staff=True))

    response = client.get(reverse("admin:knowledge_resource_change", args=[resource.pk]))

    assert response.status_code == 302, "Django leads back to the list: it is not there"
    assert client.get(reverse("admin:knowledge_resource_changelist")).status_code == 200
    assert client.get(reverse("admin:knowledge_linkcheck_changelist")).status_code == 200


@pytest.mark.slow
def test_load_reference_runs_twice(db: None) -> None:
    call_command("load_reference", verbosity=0)
    call_command("load_reference", verbosity=0)

    assert Resource.objects.count() == 94
