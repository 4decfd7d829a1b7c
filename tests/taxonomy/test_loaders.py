"""What the CSV files hold is what the hub has, however often they are loaded; curators' corrections stay."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from apps.core.reference import loaders
from apps.taxonomy import models, reference_loaders

pytestmark = pytest.mark.django_db
FOLDER = reference_loaders.FOLDER

FILES: dict[type[models.ReferenceRow], tuple[str, ...]] = {
    models.Country: ("countries.csv",),
    models.Language: ("languages.csv",),
    models.IndustrialEcosystem: ("industrial_ecosystems.csv",),
    models.EmergingIndustry: ("emerging_industries.csv",),
    models.S3Priority: ("s3_platforms.csv",),
    models.Sector: ("sectors.csv",),
    models.Technology: ("technologies.csv",),
    models.ExcellenceCriterion: ("excellence_criteria.csv",),
    models.Topic: ("topics.csv",),
    models.Method: ("methods.csv",),
    models.TargetGroup: ("target_groups.csv",),
    models.Licence: ("licences.csv",),
}


def rows_of(*names: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for name in names:
        with Path(FOLDER / name).open(encoding="utf-8", newline="") as lines:
            rows += csv.DictReader(lines, strict=True)
    return rows


MODELS: list[Any] = [*FILES, models.Region]


def load() -> dict[str, int]:
    """Only the vocabularies: the floors above have loaders of their own."""
    mine = [loader for loader in loaders() if loader.run.__module__ == reference_loaders.__name__]
    return {loader.name: loader.run() for loader in mine}


def everything() -> dict[str, list[dict[str, Any]]]:
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in MODELS}


@pytest.fixture
def loaded(db: None) -> dict[str, int]:
    return load()


@pytest.mark.usefixtures("loaded")
def test_each_vocabulary_has_the_rows_of_its_file() -> None:
    for model, names in FILES.items():
        assert model._default_manager.count() == len(rows_of(*names)), model.__name__


@pytest.mark.usefixtures("loaded")
def test_regions_are_those_of_the_countries_that_take_part() -> None:
    rows = rows_of("nuts.csv", "nuts3.csv")
    countries = {row["iso2"] for row in rows_of("countries.csv")}
    expected = {row["code"] for row in rows if row["iso2"] in countries}

    assert set(models.Region.objects.values_list("code", flat=True)) == expected
    assert any(row["iso2"] == "CH" for row in rows), "the file has Switzerland: otherwise nothing was tested"
    assert not models.Region.objects.filter(code__startswith="CH").exists()


@pytest.mark.usefixtures("loaded")
def test_each_region_lies_in_one_a_level_above_of_the_same_country() -> None:
    for region in models.Region.objects.filter(level__gt=0).select_related("parent"):
        assert region.parent is not None
        assert region.parent.level == region.level - 1
        assert region.parent.country_id == region.country_id


def test_loaders_say_how_many_rows_they_have(loaded: dict[str, int]) -> None:
    assert loaded["countries"] == models.Country.objects.count()
    assert loaded["regions"] == models.Region.objects.count()
    assert sum(loaded.values()) == sum(len(rows) for rows in everything().values())


@pytest.mark.usefixtures("loaded")
def test_loading_again_changes_and_doubles_nothing() -> None:
    before = everything()
    load()
    assert everything() == before


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize("model", MODELS)
def test_row_that_a_curator_corrected_stays_and_others_are_put_right(
    model: Any,
) -> None:
    corrected, spoilt = model._default_manager.order_by("pk")[:2]
    right = spoilt.name
    model._default_manager.filter(pk=corrected.pk).update(name="Corrected", is_edited=True)
    model._default_manager.filter(pk=spoilt.pk).update(name="Spoilt")
    count = model._default_manager.count()

    load()

    corrected.refresh_from_db()
    spoilt.refresh_from_db()
    assert (corrected.name, corrected.is_edited) == ("Corrected", True)
    assert spoilt.name == right
    assert model._default_manager.count() == count


@pytest.mark.usefixtures("loaded")
def test_every_row_says_where_it_comes_from() -> None:
    for model in MODELS:
        assert not model._default_manager.filter(source="").exists(), model.__name__
        assert set(model._default_manager.values_list("basis", flat=True)) <= {"seen", "recall", "proposal"}


@pytest.mark.usefixtures("loaded")
def test_languages_name_stemmers_that_the_database_has() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT cfgname FROM pg_ts_config")
        known = {name for (name,) in cursor.fetchall()}
    assert set(models.Language.objects.values_list("search_config", flat=True)) <= known


def test_row_that_does_not_fit_the_head_stops_the_loader(tmp_path: Path) -> None:
    from apps.core.reference import read_csv

    (tmp_path / "short.csv").write_text("code,name\nAT\n", encoding="utf-8")
    with pytest.raises(ValueError, match="does not fit"):
        list(read_csv(tmp_path / "short.csv"))


def test_command_loads_all_of_it_twice() -> None:
    call_command("load_reference", verbosity=0)
    before = everything()
    call_command("load_reference", verbosity=0)
    assert everything() == before
