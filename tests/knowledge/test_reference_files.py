"""Reference files name one another by code: a code that nothing defines is found here, before a loader."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

APPS = Path(__file__).resolve().parents[2] / "apps"
PUBLICATIONS = APPS / "knowledge" / "reference" / "publications.csv"
CLUSTERS = APPS / "organisations" / "reference" / "clusters.csv"
GUIDE = APPS / "knowledge" / "reference" / "guide"
DEMO = APPS / "portal" / "demo"
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


OFFICIAL_LANGUAGES = {
    "bg",
    "cs",
    "da",
    "de",
    "el",
    "en",
    "es",
    "et",
    "fi",
    "fr",
    "ga",
    "hr",
    "hu",
    "it",
    "lt",
    "lv",
    "mt",
    "nl",
    "pl",
    "pt",
    "ro",
    "sk",
    "sl",
    "sv",
}


def test_languages_hold_the_24_of_the_union() -> None:
    official = {row["code"] for row in read_rows(TAXONOMY / "languages.csv") if row["eu_official"] == "yes"}

    assert official == OFFICIAL_LANGUAGES


def front_matter(chapter: Path) -> dict[str, str]:
    _, head, _ = chapter.read_text(encoding="utf-8").split("---\n", 2)
    return dict(line.split(": ", 1) for line in head.splitlines())


def test_guide_chapters_have_known_topics_and_follow_their_file_names() -> None:
    chapters = sorted(GUIDE.glob("*.md"))
    heads = [front_matter(chapter) for chapter in chapters]

    assert len(chapters) >= 8
    assert [int(head["order"]) for head in heads] == [int(chapter.name[:2]) for chapter in chapters]
    assert {topic for head in heads for topic in head["topics"].split(", ")} <= codes("topics.csv")
    assert all(head["title"] and head["summary"] for head in heads)


@cache
def demo(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((DEMO / f"demo_{name}.json").read_text(encoding="utf-8"))
    return rows


@pytest.mark.parametrize(
    ("field", "vocabulary", "key"),
    [
        ("topics", "topics.csv", "code"),
        ("methods", "methods.csv", "code"),
        ("target_groups", "target_groups.csv", "code"),
        ("countries", "countries.csv", "iso2"),
        ("regions", "nuts.csv", "code"),
    ],
)
def test_demo_resource_codes_are_known(field: str, vocabulary: str, key: str) -> None:
    assert {value for resource in demo("resources") for value in resource[field]} <= codes(vocabulary, key)


def test_demo_resources_have_known_people_organisations_licences_and_languages() -> None:
    emails = {person["email"] for person in demo("people")}
    organisations = {organisation["key"] for organisation in demo("organisations")}

    for resource in demo("resources"):
        assert resource["author"] in emails
        assert resource["organisation"] in organisations
        assert resource["resource_type"] in RESOURCE_TYPES
        assert resource["language"] in codes("languages.csv")
        assert resource["licence"] in codes("licences.csv") | {""}


def test_demo_resources_show_every_state_and_one_pending_version() -> None:
    resources = demo("resources")

    assert {resource["state"] for resource in resources} == {
        "draft",
        "submitted",
        "in_review",
        "changes_requested",
        "published",
        "declined",
        "hidden",
        "withdrawn",
    }
    assert [r["key"] for r in resources if r["pending"] and r["state"] != "published"] == []
    assert any(resource["pending"] for resource in resources)


def test_demo_phrases_stand_only_in_the_body_of_one_document() -> None:
    bodies = {path.name: path.read_text(encoding="utf-8") for path in (DEMO / "documents").glob("*.txt")}
    with_file = [resource for resource in demo("resources") if resource["file"]]

    assert {resource["file"]["document"] for resource in with_file} == set(bodies)
    for resource in with_file:
        phrase = resource["body_phrase"]
        assert [name for name, body in bodies.items() if phrase in body] == [resource["file"]["document"]]
        assert not any(phrase in other["title"] + other["summary"] for other in demo("resources"))


def test_demo_organisations_have_known_places_and_sectors_and_are_illustrative() -> None:
    esca = {row["code"] for row in read_rows(TAXONOMY / "sectors.csv") if row["taxonomy"] == "esca"}
    country_of = {row["code"]: row["iso2"] for row in read_rows(TAXONOMY / "nuts.csv")}

    for organisation in demo("organisations"):
        assert organisation["is_illustrative"] is True
        assert set(organisation["sectors"]) <= esca
        assert country_of[organisation["region"]] == organisation["country"]


def test_demo_people_have_example_addresses_and_known_organisations() -> None:
    organisations = {organisation["key"] for organisation in demo("organisations")}

    for person in demo("people"):
        assert person["email"].endswith("@example.org")
        assert person["language"] in codes("languages.csv")
        links = person["memberships"] + person["join_requests"]
        assert {link["organisation"] for link in links} <= organisations
