"""Fill the vocabularies from the CSV files beside this module."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from django.db import models
from django.utils.text import slugify

from apps.core.reference import read_csv, register_loader
from apps.taxonomy.models import (
    Country,
    EmergingIndustry,
    ExcellenceCriterion,
    IndustrialEcosystem,
    Language,
    Licence,
    Method,
    ReferenceRow,
    Region,
    S3Priority,
    Sector,
    TargetGroup,
    Technology,
    Topic,
)

FOLDER = Path(__file__).resolve().parent / "reference"
Values = dict[str, Any]


def upsert(model: type[ReferenceRow], key: tuple[str, ...], rows: Iterable[Values]) -> int:
    """Insert or update by ``key``; what a curator has changed stays as it is. Returns the number of rows."""
    manager = model._default_manager
    edited = set(manager.filter(is_edited=True).values_list(*key))
    values = list(rows)
    objects = [model(**row) for row in values if _key_of(row, key) not in edited]
    if objects:
        fields = [name for name in values[0] if name not in key]
        manager.bulk_create(objects, update_conflicts=True, unique_fields=list(key), update_fields=fields)
    return len(values)


def _key_of(row: Values, key: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(row[name] for name in key)


def common(row: dict[str, str], number: int) -> Values:
    """``number`` stands in where the file gives no order."""
    return {
        "order": int(row.get("order") or number),
        "basis": row["basis"],
        "source": row["source"],
        "note": row.get("note", ""),
    }


def numbered(name: str) -> Iterator[tuple[int, dict[str, str]]]:
    return enumerate(read_csv(FOLDER / name), start=1)


def ids(model: type[models.Model]) -> dict[str, int]:
    return dict(model._default_manager.values_list("code", "pk"))


@register_loader("countries", order=20)
def load_countries() -> int:
    return upsert(
        Country,
        ("code",),
        (
            {
                **common(row, number),
                "code": row["iso2"],
                "name": row["name_en"],
                "iso3": row["iso3"],
                "eu_code": row["eu_code"],
                "group": row["group"],
                "is_eu_member": row["eu_member"] == "yes",
                "is_eea": row["eea"] == "yes",
                "is_cosme_2018": row["cosme_2018"] == "yes",
                "smp_status": row["smp_associated_today"],
                "eu_accession_year": int(row["eu_accession_year"]) if row["eu_accession_year"] else None,
                "currency": row["currency"],
                "languages": row["languages_iso639"],
            }
            for number, row in numbered("countries.csv")
        ),
    )


@register_loader("regions", order=21)
def load_regions() -> int:
    """One level after the other, because a region names its parent.

    Regions of a country that takes part in no programme of the hub (Switzerland) are left out with it.
    """
    country_ids = ids(Country)
    files = ("nuts.csv", "nuts3.csv")
    rows = [row for name in files for row in read_csv(FOLDER / name) if row["iso2"] in country_ids]
    for level in range(4):
        region_ids = ids(Region)
        upsert(
            Region,
            ("code",),
            [
                {
                    **common(row, 0),
                    "code": row["code"],
                    "name": row["name"],
                    "name_latin": row.get("name_latin", ""),
                    "level": level,
                    "parent_id": region_ids[row["parent"]] if row["parent"] else None,
                    "country_id": country_ids[row["iso2"]],
                    "kind": row["kind"],
                    "version": row["version"],
                    "is_extra_regio": row["extra_regio"] == "yes",
                }
                for row in rows
                if int(row["level"]) == level
            ],
        )
    return len(rows)


@register_loader("industrial ecosystems", order=20)
def load_ecosystems() -> int:
    return upsert(
        IndustrialEcosystem,
        ("code",),
        (
            {
                **common(row, number),
                "code": row["code"],
                "name": row["name_en"],
                "short_name": row["short_label"],
                "indicative_nace": row["indicative_nace_rev2"],
            }
            for number, row in numbered("industrial_ecosystems.csv")
        ),
    )


@register_loader("sectors", order=21)
def load_sectors() -> int:
    ecosystems = ids(IndustrialEcosystem)
    return upsert(
        Sector,
        ("taxonomy", "code"),
        (
            {
                **common(row, number),
                "taxonomy": row["taxonomy"],
                "code": row["code"],
                "name": row["name_en"],
                "ecosystem_id": ecosystems.get(row["industrial_ecosystem"]),
            }
            for number, row in numbered("sectors.csv")
        ),
    )


@register_loader("emerging industries", order=20)
def load_emerging_industries() -> int:
    return upsert(
        EmergingIndustry,
        ("code",),
        (
            {**common(row, n), "code": row["code"], "name": row["name_en"], "keywords": row["scope_keywords"]}
            for n, row in numbered("emerging_industries.csv")
        ),
    )


@register_loader("smart specialisation priorities", order=20)
def load_s3_priorities() -> int:
    return upsert(
        S3Priority,
        ("code",),
        (
            {
                **common(row, number),
                "code": slugify(f"{row['platform_code']}-{row['partnership']}")[:80],
                "name": row["partnership"],
                "platform_code": row["platform_code"],
                "platform_name": row["platform_name"],
                "lead_regions": row["lead_regions"],
            }
            for number, row in numbered("s3_platforms.csv")
        ),
    )


@register_loader("technologies", order=20)
def load_technologies() -> int:
    return upsert(
        Technology,
        ("group", "code"),
        (
            {**common(row, n), "group": row["group"], "code": row["code"], "name": row["name_en"]}
            for n, row in numbered("technologies.csv")
        ),
    )


@register_loader("excellence criteria", order=20)
def load_criteria() -> int:
    return upsert(
        ExcellenceCriterion,
        ("scheme", "code"),
        (
            {
                **common(row, number),
                "scheme": row["scheme"],
                "code": row["code"],
                "dimension": row["dimension"],
                "name": row["name"],
                "kind": row["type"],
                "threshold": row["threshold_or_points"],
                "scale": row["scale"],
                "evidence": row["evidence"],
            }
            for number, row in numbered("excellence_criteria.csv")
        ),
    )


@register_loader("languages", order=20)
def load_languages() -> int:
    return upsert(
        Language,
        ("code",),
        (
            {
                **common(row, number),
                "code": row["code"],
                "name": row["name"],
                "name_native": row["name_native"],
                "is_eu_official": row["eu_official"] == "yes",
                "search_config": row["search_config"],
            }
            for number, row in numbered("languages.csv")
        ),
    )


@register_loader("licences", order=20)
def load_licences() -> int:
    return upsert(
        Licence,
        ("code",),
        (
            {
                **common(row, n),
                "code": row["code"],
                "name": row["name"],
                "url": row["url"],
                "group": row["group"],
            }
            for n, row in numbered("licences.csv")
        ),
    )


def _grouped(model: type[ReferenceRow], file: str) -> Callable[[], int]:
    def load() -> int:
        return upsert(
            model,
            ("code",),
            (
                {
                    **common(row, number),
                    "code": row["code"],
                    "name": row["name"],
                    "group": row["group"],
                    "description": row["description"],
                }
                for number, row in numbered(file)
            ),
        )

    return load


register_loader("topics", order=20)(_grouped(Topic, "topics.csv"))
register_loader("methods", order=20)(_grouped(Method, "methods.csv"))
register_loader("target groups", order=20)(_grouped(TargetGroup, "target_groups.csv"))
