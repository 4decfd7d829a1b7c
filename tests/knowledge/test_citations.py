from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.knowledge.citations import Author, Citation, citation_key, read_authors

CITATION = Citation(
    key="muster2025-7",
    resource_type="guide",
    title="Measuring: what & why",
    authors=[Author("Muster", "Ada"), Author("Ministry of Research and Innovation")],
    year=2025,
    language="en",
    url="https://hub.example.org/knowledge/measuring/",
    publisher="Alpenholz Cluster",
    version="2.1",
    summary="Line one.\nLine two, 50 % of it.",
    licence="CC BY 4.0",
    topics=("Indicators", "Baselines"),
)


@pytest.mark.parametrize(
    ("text", "authors"),
    [
        ("Wise E.; Wilson J.R.", [Author("Wise", "E."), Author("Wilson", "J.R.")]),
        ("Meier zu Köcker G.", [Author("Meier zu Köcker", "G.")]),
        ("Muster, Ada; de la Cruz, Juan", [Author("Muster", "Ada"), Author("de la Cruz", "Juan")]),
        ("European Commission, DG GROW and DG REGIO", [Author("European Commission, DG GROW and DG REGIO")]),
        ("Region Värmland, Dalarna, Gävleborg", [Author("Region Värmland, Dalarna, Gävleborg")]),
        ("OECD", [Author("OECD")]),
        ("Ada Muster", [Author("Ada Muster")]),
        (" ; ;", []),
        ("", []),
    ],
)
def test_authors_persons_are_told_from_bodies(text: str, authors: list[Author]) -> None:
    assert read_authors(text) == authors


def test_text_citation_names_authors_year_title_publisher_and_address() -> None:
    assert CITATION.as_text() == (
        "Muster, Ada; Ministry of Research and Innovation (2025). Measuring: what & why, 2.1. Alpenholz Cluster."
        " https://hub.example.org/knowledge/measuring/"
    )


def test_text_citation_without_authors_and_year_begins_with_publisher() -> None:
    bare = replace(CITATION, authors=[], year=None, version="")

    assert bare.as_text() == (
        "Alpenholz Cluster. Measuring: what & why. https://hub.example.org/knowledge/measuring/"
    )


def test_bibtex_is_one_entry_with_escaped_values() -> None:
    assert CITATION.as_bibtex() == (
        "@techreport{muster2025-7,\n"
        "  title = {{Measuring: what \\& why}},\n"
        "  author = {Muster, Ada and {Ministry of Research and Innovation}},\n"
        "  year = {2025},\n"
        "  institution = {Alpenholz Cluster},\n"
        "  edition = {2.1},\n"
        "  url = {https://hub.example.org/knowledge/measuring/},\n"
        "  language = {en},\n"
        "  keywords = {Indicators, Baselines},\n"
        "  abstract = {Line one. Line two, 50 \\% of it.},\n"
        "  copyright = {CC BY 4.0},\n"
        "}\n"
    )


def test_bibtex_of_a_work_that_is_only_listed_names_no_institution() -> None:
    listed = replace(CITATION, publisher="")

    assert listed.as_bibtex().startswith("@misc{")
    assert "institution" not in listed.as_bibtex()


@given(st.text())
def test_bibtex_braces_stay_balanced_whatever_the_title(title: str) -> None:
    entry = replace(CITATION, title=title, url=f"https://example.org/{title}").as_bibtex()
    unescaped = re.sub(r"\\[{}]", "", entry)

    depth = 0
    for char in unescaped:
        depth += {"{": 1, "}": -1}.get(char, 0)
        assert depth >= 0
    assert depth == 0


def test_ris_has_one_line_for_each_value_and_ends_the_record() -> None:
    assert CITATION.as_ris(accessed_on=date(2026, 3, 1)).split("\r\n") == [
        "TY  - RPRT",
        "AU  - Muster, Ada",
        "AU  - Ministry of Research and Innovation",
        "TI  - Measuring: what & why",
        "PY  - 2025",
        "PB  - Alpenholz Cluster",
        "ET  - 2.1",
        "LA  - en",
        "AB  - Line one. Line two, 50 % of it.",
        "KW  - Indicators",
        "KW  - Baselines",
        "N1  - CC BY 4.0",
        "UR  - https://hub.example.org/knowledge/measuring/",
        "Y2  - 2026/03/01",
        "ID  - muster2025-7",
        "ER  - ",
        "",
    ]


@given(st.text())
def test_ris_line_breaks_in_a_title_begin_no_new_field(title: str) -> None:
    lines = replace(CITATION, title=f"x{title}\r\nER  - ").as_ris(accessed_on=date(2026, 3, 1)).split("\r\n")

    assert [line for line in lines if line.startswith("ER  - ")] == ["ER  - "]
    assert all(re.match(r"^[A-Z][A-Z0-9]  - ", line) for line in lines if line)


def test_citation_key_has_plain_letters_and_is_unique_by_number() -> None:
    assert citation_key(authors=[Author("Sölvell", "Ö.")], year=2013, number=5) == "solvell2013-5"
    assert citation_key(authors=[], year=None, number=6) == "clusterhub-6"
    assert citation_key(authors=[Author("Οδηγός")], year=2020, number=7) == "clusterhub2020-7"
