from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.knowledge.citations import Author, Citation, citation_key, doi_of, read_authors

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
        "Muster, A., & Ministry of Research and Innovation. (2025). Measuring: what & why (Version 2.1)."
        " Alpenholz Cluster."
        " https://hub.example.org/knowledge/measuring/"
    )


def test_text_citation_without_authors_and_year_begins_with_publisher() -> None:
    bare = replace(CITATION, authors=[], year=None, version="")

    assert bare.as_text() == (
        "Alpenholz Cluster. (n.d.). Measuring: what & why. https://hub.example.org/knowledge/measuring/"
    )


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Muster, Ada Maria", "Muster, A. M."),
        ("Wilson J.R.", "Wilson, J. R."),
        ("Scholz A.-M.", "Scholz, A.-M."),
        ("Dupont, Jean-Luc", "Dupont, J.-L."),
        ("Meier zu Köcker G.", "Meier zu Köcker, G."),
        ("European Commission, DG GROW and DG REGIO", "European Commission, DG GROW and DG REGIO"),
    ],
)
def test_text_citation_shortens_given_names_and_nothing_else(name: str, short: str) -> None:
    text = replace(CITATION, authors=read_authors(name)).as_text()

    assert text.startswith(f"{short.rstrip('.')}. (2025). ")


def test_text_citation_puts_no_full_stop_behind_a_question_mark() -> None:
    text = replace(CITATION, title="Why so few hard facts?", version="").as_text()

    assert " Why so few hard facts? Alpenholz Cluster. " in text


def test_text_citation_names_a_publisher_that_is_the_author_once() -> None:
    text = replace(CITATION, authors=[Author("OECD")], publisher="OECD", version="").as_text()

    assert text == "OECD. (2025). Measuring: what & why. https://hub.example.org/knowledge/measuring/"


@pytest.mark.parametrize(
    ("url", "doi"),
    [
        ("https://doi.org/10.1007/s43253-021-00034-7", "10.1007/s43253-021-00034-7"),
        ("http://dx.doi.org/10.1000/a/b%3Cc?x=1", "10.1000/a/b<c"),
        ("https://link.springer.com/article/10.1007/s10961-017-9626-4", "10.1007/s10961-017-9626-4"),
        ("https://example.org/articles/10.1186/s40852-017-0064-1/", "10.1186/s40852-017-0064-1"),
        ("https://example.org/doi/pdf/10.1000/report.pdf", ""),
        ("http://hdl.handle.net/10419/31771", ""),
        ("https://example.org/version/10.2024/", ""),
        ("", ""),
    ],
)
def test_doi_is_read_from_the_address_and_never_guessed(url: str, doi: str) -> None:
    assert doi_of(url) == doi


def test_doi_stands_in_every_form_of_the_citation() -> None:
    cited = replace(CITATION, doi="10.1000/x", url="https://journal.example.org/x")

    assert cited.as_text().endswith(" https://doi.org/10.1000/x")
    assert "  doi = {10.1000/x},\n" in cited.as_bibtex()
    assert "DO  - 10.1000/x\r\n" in cited.as_ris(accessed_on=date(2026, 3, 1))


def test_what_is_not_verified_is_said_in_every_form_of_the_citation() -> None:
    doubted = replace(CITATION, note="Year not verified against the source")

    assert " (Version 2.1) [Year not verified against the source]. " in doubted.as_text()
    assert "  note = {Year not verified against the source},\n" in doubted.as_bibtex()
    lines = doubted.as_ris(accessed_on=date(2026, 3, 1)).split("\r\n")
    assert [line for line in lines if line.startswith("N1")] == [
        "N1  - Year not verified against the source",
        "N1  - CC BY 4.0",
    ]


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

    # Every brace counts: BibTeX does not see that one has a backslash before it.
    depth = 0
    for char in entry:
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
