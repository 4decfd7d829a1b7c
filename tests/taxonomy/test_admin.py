"""Vocabularies in the admin: every curator corrects them, nobody else does, and no row is ever removed."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.taxonomy import models, reference_loaders
from tests.factories.taxonomy import (
    CountryFactory,
    LanguageFactory,
    LicenceFactory,
    MethodFactory,
    RegionFactory,
    SectorFactory,
    TargetGroupFactory,
    TopicFactory,
)

pytestmark = pytest.mark.django_db

MODELS = [
    models.Country,
    models.Language,
    models.Region,
    models.IndustrialEcosystem,
    models.EmergingIndustry,
    models.S3Priority,
    models.Sector,
    models.Technology,
    models.ExcellenceCriterion,
    models.Topic,
    models.Method,
    models.TargetGroup,
    models.Licence,
]


def address(model: type[models.ReferenceRow], page: str, *args: Any) -> str:
    return reverse(f"admin:taxonomy_{model._meta.model_name}_{page}", args=args)


def fields_of(response: Any) -> dict[str, Any]:
    """What a browser would send back for the form as it was opened."""
    form = response.context["adminform"].form
    values = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    return {name: "" if value is None else value for name, value in values.items() if value is not False}


@pytest.fixture
def desk(client: Client, curator: User) -> Client:
    """A curator is staff: no superuser, and without a single Django permission."""
    assert not curator.is_superuser
    client.force_login(curator)
    return client


@pytest.mark.parametrize("model", MODELS)
def test_curator_sees_every_vocabulary_and_may_add(desk: Client, model: type[models.ReferenceRow]) -> None:
    assert desk.get(address(model, "changelist")).status_code == 200
    assert desk.get(address(model, "changelist"), {"q": "a"}).status_code == 200
    assert desk.get(address(model, "add")).status_code == 200


def test_curator_finds_vocabularies_on_the_first_page(desk: Client) -> None:
    assert reverse("admin:taxonomy_topic_changelist") in desk.get("/admin/").content.decode()


@pytest.mark.parametrize(
    "factory",
    [
        CountryFactory,
        LanguageFactory,
        RegionFactory,
        SectorFactory,
        TopicFactory,
        MethodFactory,
        TargetGroupFactory,
        LicenceFactory,
    ],
)
def test_correcting_a_row_marks_it(desk: Client, factory: Any) -> None:
    row = factory.create()
    if isinstance(row, models.Country):
        models.Country.objects.filter(pk=row.pk).update(languages="de")
    page = address(type(row), "change", row.pk)
    opened = desk.get(page)
    assert opened.status_code == 200

    response = desk.post(page, {**fields_of(opened), "name": "Corrected"})

    assert response.status_code == 302, response.context["adminform"].form.errors
    row.refresh_from_db()
    assert row.name == "Corrected"
    assert row.is_edited


def test_corrected_row_outlives_the_loader(desk: Client) -> None:
    reference_loaders.load_languages()
    row = models.Language.objects.get(code="de")
    page = address(models.Language, "change", row.pk)

    desk.post(page, {**fields_of(desk.get(page)), "name": "German, that is"})
    reference_loaders.load_languages()

    row.refresh_from_db()
    assert row.name == "German, that is"


def test_code_of_a_row_stays(desk: Client) -> None:
    """Another code would let the loader add the row a second time."""
    topic, sector = TopicFactory.create(code="indicators"), SectorFactory.create(code="construction")
    for row in (topic, sector):
        page = address(type(row), "change", row.pk)
        desk.post(
            page, {**fields_of(desk.get(page)), "name": "New", "code": "other", "taxonomy": "s3_eu_priority"}
        )
        row.refresh_from_db()
        assert row.name == "New"
    assert topic.code == "indicators"
    assert (sector.taxonomy, sector.code) == ("esca", "construction")


def test_added_row_is_the_curators_own(desk: Client) -> None:
    data = {
        "code": "ours",
        "name": "Ours",
        "group": "evaluation",
        "order": "3",
        "basis": "proposal",
        "source": "us",
    }
    response = desk.post(address(models.Topic, "add"), data)
    assert response.status_code == 302
    assert models.Topic.objects.get(code="ours").is_edited


@pytest.mark.parametrize("is_superuser", [False, True])
def test_nobody_removes_a_row(client: Client, curator: User, is_superuser: bool) -> None:
    curator.is_superuser = is_superuser
    curator.save()
    client.force_login(curator)
    topic = TopicFactory.create()

    assert client.post(address(models.Topic, "delete", topic.pk), {"post": "yes"}).status_code == 403
    client.post(
        address(models.Topic, "changelist"),
        {"action": "delete_selected", "_selected_action": [topic.pk], "post": "yes"},
    )
    assert models.Topic.objects.filter(pk=topic.pk).exists()


@pytest.mark.parametrize("who", ["anonymous", "person", "inactive"])
@pytest.mark.parametrize("page", ["changelist", "add", "change"])
def test_vocabularies_are_for_curators(client: Client, user: User, who: str, page: str) -> None:
    topic = TopicFactory.create()
    if who != "anonymous":
        user.is_staff, user.is_active = who == "inactive", who != "inactive"
        user.save()
        client.force_login(user)
    url = address(models.Topic, page, *([topic.pk] if page == "change" else []))

    for response in (client.get(url), client.post(url, {"name": "Spoilt", "code": "spoilt"})):
        assert response.status_code == 302
        assert "login" in response["Location"]
    topic.refresh_from_db()
    assert (topic.name, topic.is_edited) == ("Indicators", False)
    assert models.Topic.objects.count() == 1
