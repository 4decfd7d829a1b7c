"""The directory is filled with real names, marked illustrative; what somebody took over stays theirs."""

from __future__ import annotations

import csv
from typing import Any

import pytest
from django.test import Client

from apps.organisations import services
from apps.organisations.models import Organisation
from apps.organisations.reference_loaders import FILE, load_clusters
from apps.search.models import Document
from apps.taxonomy import reference_loaders as vocabularies
from tests.factories.accounts import UserFactory
from tests.organisations.conftest import values

pytestmark = pytest.mark.django_db


def rows() -> list[dict[str, str]]:
    with FILE.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, strict=True))


def everything() -> list[dict[str, Any]]:
    kept = [
        {
            **row,
            "sectors": sorted(Organisation.objects.get(pk=row["id"]).sectors.values_list("code", flat=True)),
        }
        for row in Organisation.objects.order_by("pk").values()
    ]
    return [{key: value for key, value in row.items() if key != "updated_at"} for row in kept]


@pytest.fixture
def loaded(db: None) -> int:
    vocabularies.load_countries()
    vocabularies.load_regions()
    vocabularies.load_ecosystems()
    vocabularies.load_sectors()
    vocabularies.load_languages()
    return load_clusters()


def claimed(name: str) -> Organisation:
    """Taken over by its first manager, through a curator."""
    person, curator = UserFactory.create(), UserFactory.create(is_staff=True)
    entry = Organisation.objects.get(name=name)
    request = services.ask_to_join(organisation_id=entry.pk, message="", by=person)
    services.accept_request(request_id=request.pk, by=curator)
    entry.refresh_from_db()
    return entry


def test_every_row_is_an_illustrative_cluster_that_is_found(loaded: int) -> None:
    assert loaded == len(rows()) == Organisation.objects.count()
    for organisation in Organisation.objects.all():
        assert (organisation.kind, organisation.is_illustrative, organisation.verified_at) == (
            "cluster",
            True,
            None,
        )
        assert organisation.source
    assert Document.objects.filter(kind="cluster").count() == loaded
    assert not Document.objects.filter(kind="cluster", card__is_illustrative=False).exists()


@pytest.mark.usefixtures("loaded")
def test_what_nobody_has_seen_is_not_told_as_a_fact() -> None:
    unseen = [row for row in rows() if row["founded"] and row["founded_basis"] != "seen"]
    assert unseen
    for row in unseen:
        assert (
            Organisation.objects.get(name=row["name"], country__code=row["country_iso2"]).founded_year is None
        )
    for row in rows():
        if row["website_domain"] and row["domain_basis"] != "seen":
            assert Organisation.objects.get(name=row["name"], country__code=row["country_iso2"]).website == ""


@pytest.mark.usefixtures("loaded")
def test_loading_again_changes_and_doubles_nothing() -> None:
    before = everything()
    load_clusters()
    assert everything() == before


@pytest.mark.usefixtures("loaded")
def test_row_that_was_spoilt_is_put_right() -> None:
    row = next(row for row in rows() if row["city"])
    Organisation.objects.filter(name=row["name"]).update(city="Nowhere")
    load_clusters()
    assert Organisation.objects.get(name=row["name"]).city == row["city"]


@pytest.mark.usefixtures("loaded")
def test_hidden_row_stays_hidden() -> None:
    entry = Organisation.objects.earliest("pk")
    curator = UserFactory.create(is_staff=True)
    services.hide_organisation(organisation_id=entry.pk, reason="They asked.", by=curator)
    load_clusters()
    entry.refresh_from_db()
    assert not entry.is_active
    assert not Document.objects.filter(kind="cluster", object_id=entry.pk).exists()


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("name", [None, "A new name of its own"])
def test_row_that_somebody_took_over_is_theirs(number: int, name: str | None) -> None:
    """Also under another name: the loader would otherwise add the old one a second time."""
    entry = claimed(rows()[number]["name"])
    services.update_organisation(
        organisation_id=entry.pk,
        values=values(name=name or entry.name, country=entry.country, city="Ours", description="Ours"),
        sectors=[],
        by=entry.managers()[0],
    )
    before = everything()
    load_clusters()
    assert everything() == before
    entry.refresh_from_db()
    assert (entry.city, entry.description, entry.is_illustrative) == ("Ours", "Ours", False)


@pytest.mark.usefixtures("loaded")
def test_names_that_are_not_plain_ascii_are_known_again_by_their_address() -> None:
    accented = next(row for row in rows() if not row["name"].isascii())
    entry = claimed(accented["name"])
    services.update_organisation(
        organisation_id=entry.pk,
        values=values(name="Renamed", country=entry.country),
        sectors=[],
        by=entry.managers()[0],
    )
    count = Organisation.objects.count()
    load_clusters()
    assert Organisation.objects.count() == count


@pytest.mark.usefixtures("loaded")
def test_directory_shows_them_as_illustrative(client: Client) -> None:
    page = client.get("/clusters/").content.decode()
    assert page.count("Illustrative") >= 20
