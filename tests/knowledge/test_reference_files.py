"""The reference files speak of one another by code: a code that nothing defines is found here, not in a loader."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

APPS = Path(__file__).resolve().parents[2] / "apps"
PUBLICATIONS = APPS / "knowledge" / "reference" / "publications.csv"
CLUSTERS = APPS / "organisations" / "reference" / "clusters.csv"
TAXONOMY = APPS / "taxonomy" / "reference"

RESOURCE_TYPES = {
    "framework",
    "method",
    "tool",
    "evaluation",
    "evaluation_summary",
    "article",
    "guide",
    "dataset",
    "template",
}
BASES = {"seen", "recall", "proposal"}

VOCABULARIES = ["topics.csv", "methods.csv", "target_groups.csv", "licences.csv", "languages.csv"]


@cache
def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, strict=True))


@cache
def codes(name: str, column: str = "code") -> frozenset[str]:
    return frozenset(row[column] for row in read_rows(TAXONOMY / name))


def values(row: dict[str, str], column: str) -> Iterator[str]:
    return (value for value in row[column].split(";") if value)


def unknown(path: Path, column: str, known: frozenset[str] | set[str]) -> list[tuple[str, str]]:
    """Which (row, value) pairs of a column with several values are not among the known codes."""
    return [
        (row.get("id") or row["name"], value)
        for row in read_rows(path)
        for value in values(row, column)
        if value not in known
    ]


@pytest.mark.parametrize("path", [PUBLICATIONS, CLUSTERS, *(TAXONOMY / name for name in VOCABULARIES)])
def test_reference_rows_all_say_basis_and_source(path: Path) -> None:
    rows = read_rows(path)

    assert rows
    assert {row["basis"] for row in rows} <= BASES
    assert all(row["source"].strip() for row in rows)
    assert all(None not in row and None not in row.values() for row in rows), "a row is longer or shorter"


@pytest.mark.parametrize("name", VOCABULARIES)
def test_vocabulary_codes_and_names_are_unique(name: str) -> None:
    rows = read_rows(TAXONOMY / name)

    assert len({row["code"] for row in rows}) == len(rows)
    assert len({row["name"] for row in rows}) == len(rows)
    assert all(row["code"] and row["name"] for row in rows)


@pytest.mark.parametrize(
    ("column", "vocabulary", "key"),
    [
        ("topic_codes", "topics.csv", "code"),
        ("method_codes", "methods.csv", "code"),
        ("target_group_codes", "target_groups.csv", "code"),
        ("language", "languages.csv", "code"),
        ("country_iso2", "countries.csv", "iso2"),
        ("nuts", "nuts.csv", "code"),
    ],
)
def test_publication_codes_are_known(column: str, vocabulary: str, key: str) -> None:
    assert unknown(PUBLICATIONS, column, codes(vocabulary, key)) == []


def test_publication_resource_types_are_known() -> None:
    assert unknown(PUBLICATIONS, "resource_type", RESOURCE_TYPES) == []


def test_publications_all_have_type_topic_method_and_target_group() -> None:
    needed = ["resource_type", "topic_codes", "method_codes", "target_group_codes", "title", "own_summary"]

    assert [row["id"] for row in read_rows(PUBLICATIONS) if not all(row[column] for column in needed)] == []


def test_publication_ids_are_unique() -> None:
    rows = read_rows(PUBLICATIONS)

    assert len({row["id"] for row in rows}) == len(rows)


def test_publication_regions_lie_in_their_countries() -> None:
    country_of = {row["code"]: row["iso2"] for row in read_rows(TAXONOMY / "nuts.csv")}

    assert [
        row["id"]
        for row in read_rows(PUBLICATIONS)
        for region in values(row, "nuts")
        if country_of[region] not in values(row, "country_iso2")
    ] == []


@pytest.mark.parametrize(
    ("column", "vocabulary", "key"),
    [
        ("country_iso2", "countries.csv", "iso2"),
        ("nuts2", "nuts.csv", "code"),
        ("sector_code_esca", "sectors.csv", "code"),
    ],
)
def test_cluster_codes_are_known(column: str, vocabulary: str, key: str) -> None:
    assert unknown(CLUSTERS, column, codes(vocabulary, key)) == []


def test_languages_hold_the_24_of_the_union() -> None:
    official = {row["code"] for row in read_rows(TAXONOMY / "languages.csv") if row["eu_official"] == "yes"}

    assert official == set("bg cs da de el en es et fi fr ga hr hu it lt lv mt nl pl pt ro sk sl sv".split())
