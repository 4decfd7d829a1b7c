from __future__ import annotations

import csv
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from apps.search.configs import ALL_CONFIGS, SIMPLE, STEMMERS, config_for
from apps.search.params import SearchRequest
from apps.search.queries import find
from apps.search.reading import split
from apps.search.words import MAX_TERMS, Term, terms_of, tsquery_of
from tests.factories.search import Shelf


def found(shelf: Shelf, words: str) -> list[str]:
    """Titles for these words as they were typed: corrected ones do not count."""
    result = find(SearchRequest(kinds=shelf.kinds, words=words), with_partial=False)
    return [] if result.corrected_from else sorted(hit.title for hit in result.hits)


def test_stemmers_are_those_of_the_reference_table() -> None:
    path = Path(settings.BASE_DIR) / "apps/taxonomy/reference/languages.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = {row["code"]: row["search_config"] for row in csv.DictReader(file)}
    assert {code: config for code, config in rows.items() if config != "simple"} == STEMMERS


def test_every_language_has_a_configuration_in_the_database(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cfgname FROM pg_ts_config")
        there = {name for (name,) in cursor.fetchall()}
    assert {config.removeprefix("pg_catalog.") for config in ALL_CONFIGS} <= there
    assert config_for("xx") == SIMPLE


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("", []),
        ("  ' : & | ! (( 🙂 -", []),
        ("cluster", [Term("cluster")]),
        ("-cluster", [Term("cluster", is_excluded=True)]),
        ("--cluster", [Term("cluster", is_excluded=True)]),
        ('"smart  green" city', [Term("smart green"), Term("city")]),
        ('-"smart green" city', [Term("smart green", is_excluded=True), Term("city")]),
        ('"smart green', [Term("smart green")]),
        ("a OR b", [Term("a"), Term("b", is_alternative=True)]),
        ("OR b", [Term("OR"), Term("b")]),
        ("a OR", [Term("a")]),
        ("a OR OR b", [Term("a"), Term("b", is_alternative=True)]),
        ("a OR -b", [Term("a"), Term("b", is_excluded=True)]),
        ("a or b", [Term("a"), Term("or"), Term("b")]),
    ],
)
def test_what_is_typed_gives_terms(typed: str, terms: list[Term]) -> None:
    assert terms_of(typed) == terms


def test_the_number_of_terms_is_bounded() -> None:
    assert len(terms_of(" ".join(f"w{n}" for n in range(100)))) == MAX_TERMS


@pytest.mark.parametrize(
    ("language", "title", "typed"),
    [
        ("en", "Evaluations of clusters", "evaluation cluster"),
        ("de", "Förderungen der Clusterpolitik", "förderung"),
        ("de", "Förderungen der Clusterpolitik", "forderung"),
        ("fr", "Évaluations des pôles de compétitivité", "evaluation pole"),
        ("es", "Evaluación de agrupaciones", "evaluacion agrupación"),
        ("pt", "Avaliação das inovações", "avaliações inovação"),
        ("pt", "Avaliação das inovações", "avaliacao"),
        ("no", "Evaluering av næringsklynger", "evalueringen næringsklynge"),
        ("it", "Valutazioni dei distretti", "valutazione distretto"),
        ("fi", "Klusterien arviointi", "klusteri"),
        ("pl", "Ocena klastrów", "klastrow"),
        ("el", "Αξιολόγηση συστάδων", "αξιολογηση"),
    ],
)
def test_words_are_found_in_other_forms_and_without_accents(
    shelf: Shelf, language: str, title: str, typed: str
) -> None:
    shelf.put(title, language=language)
    shelf.put("Something else", language=language)
    assert found(shelf, typed) == [title]


@pytest.mark.parametrize(
    ("language", "title", "with_accent", "without"),
    [
        ("es", "Evaluar agrupaciones", "evaluación", "evaluacion"),
        ("es", "Revisar la estrategia", "revisión", "REVISION"),
        ("es", "Gestionar proyectos", "gestión", "gestion"),
        ("pt", "Avaliar as redes", "avaliação", "avaliacao"),
        ("pt", "Avaliar as redes", "avaliações", "avaliacoes"),
        ("ca", "Avaluar les xarxes", "avaluació", "avaluacio"),
    ],
)
def test_endings_are_read_with_their_accents(
    shelf: Shelf, language: str, title: str, with_accent: str, without: str
) -> None:
    """The stemmers of these languages know the ending by its accent, and so the other forms of the word."""
    shelf.put(title, language=language)
    shelf.put("Otra cosa", language=language)
    assert found(shelf, with_accent) == [title]
    assert found(shelf, without) == [title]
    assert found(shelf, f'"{without}"') == [title]


def test_every_part_of_an_item_is_searched(shelf: Shelf) -> None:
    shelf.put("Alpha", summary="bravo", authors="Charlie", body="delta")
    shelf.put("Other")
    for word in ("alpha", "bravo", "charlie", "delta", "alpha delta"):
        assert found(shelf, word) == ["Alpha"], word


def test_all_words_must_be_there_unless_joined_by_or(shelf: Shelf) -> None:
    shelf.put("Red apple", "Green apple", "Green pear")
    assert found(shelf, "green apple") == ["Green apple"]
    assert found(shelf, "apple -green") == ["Red apple"]
    assert found(shelf, "red OR pear") == ["Green pear", "Red apple"]
    assert found(shelf, "green apple OR pear") == ["Green apple", "Green pear"]


def test_a_phrase_is_found_in_its_order_only(shelf: Shelf) -> None:
    shelf.put("Smart green growth", "Green smart growth")
    assert found(shelf, '"smart green"') == ["Smart green growth"]
    assert found(shelf, 'growth -"smart green"') == ["Green smart growth"]


def test_words_that_one_language_ignores_do_not_hide_items_of_another(shelf: Shelf) -> None:
    shelf.put("The evaluation of clusters")
    shelf.put("Die Evaluation", language="de")
    assert found(shelf, "the evaluation of clusters") == ["The evaluation of clusters"]
    assert found(shelf, "die evaluation") == ["Die Evaluation", "The evaluation of clusters"]


def test_words_that_all_are_ignored_by_some_language_are_looked_for_in_the_others(shelf: Shelf) -> None:
    shelf.put("Over and under", language="pl")
    shelf.put("Other", language="pl")
    assert found(shelf, "over under") == ["Over and under"]


def test_only_exclusions_find_nothing(shelf: Shelf) -> None:
    shelf.put("Apple")
    assert tsquery_of(terms_of("-pear")) == ""
    assert found(shelf, "-pear") == []


@pytest.mark.parametrize(
    "typed",
    [
        "'",
        ":",
        "a:b",
        "a:*",
        "&|!",
        "((",
        "a & | b",
        "\\",
        "a\\'b",
        '"',
        '""',
        '"""a',
        "%",
        "%s %(x)s",
        "<->",
        "a <-> b",
        "🙂",
        "a🙂b",
        "-",
        "--",
        "-(",
        "OR",
        "OR OR",
        "\x02a\x03",
        "C++ R&D",
        "http://a.example/b?c=d",
        "a@b.example",
        "/etc/passwd",
        "'; DROP TABLE search_document; --",
        "\u202eabc",
        "é" * 200,
        "a'b'c",
        "12,5 1e9 -7",
    ],
)
def test_odd_input_finds_nothing_or_something_and_never_fails(shelf: Shelf, typed: str) -> None:
    shelf.put("Apple")
    assert found(shelf, typed) in ([], ["Apple"])


def test_special_characters_inside_words_are_found(shelf: Shelf) -> None:
    shelf.put("R&D in C++ at l'Aquila", "co-operation")
    assert found(shelf, "R&D") == ["R&D in C++ at l'Aquila"]
    assert found(shelf, "l'aquila") == ["R&D in C++ at l'Aquila"]
    assert found(shelf, "co-operation") == ["co-operation"]


@pytest.mark.parametrize(
    ("title", "typed"),
    [
        ("A peer review of clusters", "peer-review Peer-Reviews Peer-review"),
        ("A peer-review of clusters", "peer-review peer-reviews"),
        ("Smart specialisation", "smart-specialisation Smart-Specialisation"),
        ("Smart-specialisation strategies", "smart-specialisation"),
        ("Smart/green growth", "smart/green green/growth growth"),
        ("Policy and/or practice", "and/or practice policy"),
        ("S3 and RIS3", "S3 s3 ris3"),
        ("Cluster policy 2.0", "2.0 policy"),
        ("NACE 62.01 in figures", "62.01 NACE"),
        ("After COVID-19", "COVID-19 covid 19"),
        ("Programme 2014-2020", "2014-2020 2014 2020"),
        ("A 3-year plan", "3-year"),
        ("Write to ada.muster@example.org", "ada.muster@example.org example.org muster"),
        ("See https://example.org/a-b?c=d", "https://example.org/a-b?c=d example.org a-b"),
        ("L'évaluation d'impact", "l'évaluation évaluation impact"),
        ("L\u2019évaluation d\u2019impact", "l\u2019évaluation l'évaluation impact"),
        ("Art.5 of the decision.Then more", "Art.5 art decision then"),
        ("Spec\u00adial\u00adisation", "specialisation"),
        ("Research & Development<b>bold</b>x", "bold Research&Development development"),
        ("smart_green ~tilde a:b", "smart green tilde"),
    ],
)
def test_signs_inside_words_separate_their_parts(shelf: Shelf, title: str, typed: str) -> None:
    """However it is written, and however it is typed."""
    shelf.put(title, "Something else")
    for words in set(typed.split()):
        assert found(shelf, words) == [title], words


@pytest.mark.parametrize("typed", ["smart specialisation", '"smart specialisation"', "smart-specialisation"])
def test_with_a_blank_and_with_a_hyphen_is_the_same(shelf: Shelf, typed: str) -> None:
    shelf.put("Smart specialisation", "Smart-specialisation", "Specialisation that is smart, perhaps")
    expected = ["Smart specialisation", "Smart-specialisation"]
    assert set(expected) <= set(found(shelf, typed))
    assert (len(found(shelf, typed)) == 2) == (typed != "smart specialisation")


@pytest.mark.parametrize(
    "text", ["Cluster peer-review at 62.01 % by a@b.example & SME/cluster", "peer-reviews"]
)
def test_what_was_separated_is_shown_as_it_was(shelf: Shelf, text: str) -> None:
    shelf.put("Reviews", summary=text)
    shelf.put(text, body="x")
    for hit in find(SearchRequest(kinds=shelf.kinds, words="review")).hits:
        shown = hit.excerpt or hit.title_html
        plain = shown.replace("<mark>", "").replace("</mark>", "")
        assert plain == text.replace("&", "&amp;")
        assert "<mark>review" in shown


def test_found_parts_are_marked(shelf: Shelf) -> None:
    shelf.put("The SME/cluster of 62.01")
    hit = find(SearchRequest(kinds=shelf.kinds, words="sme/cluster 62.01")).hits[0]
    assert hit.title_html.count("<mark>") == 4


@given(st.text(max_size=60).filter(lambda text: "\x00" not in text))
@hypothesis_settings(
    max_examples=300,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_input_fails(shelf: Shelf, typed: str) -> None:
    with transaction.atomic():
        find(SearchRequest(kinds=shelf.kinds, words=typed))


def test_terms_typed_again_are_the_same_terms() -> None:
    typed = 'a -"b c" OR d -e'
    terms = terms_of(typed)
    assert terms_of(" ".join(term.typed() for term in terms)) == terms


class TestTypingErrors:
    def test_the_nearest_word_is_taken(self, shelf: Shelf) -> None:
        shelf.put("Evaluation of clusters", "Something else")
        result = find(SearchRequest(kinds=shelf.kinds, words="evaluaton clusters"))
        assert [hit.title for hit in result.hits] == ["Evaluation of clusters"]
        assert (result.corrected_from, result.request.words) == ("evaluaton clusters", "evaluation clusters")

    def test_accents_and_capitals_do_not_matter(self, shelf: Shelf) -> None:
        shelf.put("Förderung der Innovation", language="de")
        assert find(SearchRequest(kinds=shelf.kinds, words="FÖRDERUGN")).total == 1

    def test_nothing_near_stays_nothing(self, shelf: Shelf) -> None:
        shelf.put("Evaluation of clusters")
        result = find(SearchRequest(kinds=shelf.kinds, words="xylophone"))
        assert (result.total, result.corrected_from) == (0, "")

    def test_known_words_that_only_do_not_meet_are_not_changed(self, shelf: Shelf) -> None:
        shelf.put("Red apple", "Green pear")
        result = find(SearchRequest(kinds=shelf.kinds, words="red pear"))
        assert (result.is_partial, result.corrected_from) == (True, "")

    def test_words_of_other_kinds_are_not_offered(self, shelf: Shelf) -> None:
        shelf.put("Evaluation")
        assert find(SearchRequest(kinds=("nothing",), words="evaluaton")).total == 0

    def test_short_words_and_swapped_letters(self, shelf: Shelf) -> None:
        shelf.put("Apple item", "Other")
        for typed in ("aplpe", "itme", "appel", "ietm"):
            assert [hit.title for hit in find(SearchRequest(kinds=shelf.kinds, words=typed)).hits] == [
                "Apple item"
            ]

    def test_words_of_what_has_gone_are_neither_offered_nor_in_the_way(self, shelf: Shelf) -> None:
        shelf.put("Evaluation of clusters")
        (gone,) = shelf.put("Evaluatonn")
        shelf.take(gone)
        result = find(SearchRequest(kinds=shelf.kinds, words="evaluaton"))
        assert result.request.words == "evaluation"

    def test_an_error_beside_a_hyphen_is_mended_there(self, shelf: Shelf) -> None:
        shelf.put("A peer-review of clusters", "Something else")
        result = find(SearchRequest(kinds=shelf.kinds, words="peer-reveiw -else"))
        assert [hit.title for hit in result.hits] == ["A peer-review of clusters"]
        assert result.request.words == "peer-review -else"

    def test_many_unknown_words_are_not_compared(self, shelf: Shelf) -> None:
        shelf.put("alpha bravo charlie delta")
        assert find(SearchRequest(kinds=shelf.kinds, words="alfha bravi charlio")).total == 1
        assert find(SearchRequest(kinds=shelf.kinds, words="alfha bravi charlqie dolta")).total == 0

    def test_a_mended_word_wins_over_some_of_the_words(self, shelf: Shelf) -> None:
        shelf.put("Evaluation of clusters", "Clusters")
        result = find(SearchRequest(kinds=shelf.kinds, words="evaluaton clusters"))
        assert ([hit.title for hit in result.hits], result.is_partial) == (["Evaluation of clusters"], False)

    def test_mended_words_that_do_not_meet_are_looked_for_each(self, shelf: Shelf) -> None:
        shelf.put("Evaluation", "Zebra")
        result = find(SearchRequest(kinds=shelf.kinds, words="evaluaton zebra"))
        assert sorted(hit.title for hit in result.hits) == ["Evaluation", "Zebra"]
        assert (result.is_partial, result.corrected_from) == (True, "evaluaton zebra")

    def test_exclusions_and_phrases_are_left_alone(self, shelf: Shelf) -> None:
        shelf.put("Evaluation of clusters", "Evaluation of regions")
        result = find(SearchRequest(kinds=shelf.kinds, words="evaluaton -regions"))
        assert [hit.title for hit in result.hits] == ["Evaluation of clusters"]

    def test_filters_hold_for_the_corrected_words_too(self, shelf: Shelf) -> None:
        shelf.put("Evaluation", facets={"colour": ["red"]})
        shelf.put("Evaluation two", facets={"colour": ["blue"]})
        result = find(SearchRequest(kinds=shelf.kinds, words="evaluaton", filters={"colour": ("red",)}))
        assert [hit.title for hit in result.hits] == ["Evaluation"]


_WORDS = [
    "evaluación",
    "innovaciones",
    "energía",
    "niños",
    "Förderung",
    "Straße",
    "Größe",
    "Ämter",
    "évaluation",
    "pôles",
    "qualité",
    "œuvre",
    "città",
    "perché",
    "avaliação",
    "inovações",
    "coração",
    "klastrów",
    "źródła",
    "rozwój",
    "æble",
    "øl",
    "næring",
    "årlig",
    "kehitys",
    "yöllä",
    "értékelés",
    "fejlesztés",
    "αξιολόγηση",
    "ανάπτυξη",
    "оценка",
    "развитие",
    "dezvoltării",
    "țară",
    "împreună",
    "şirket",
    "İstanbul",
    "gelişme",
    "vertinimas",
    "žmonės",
    "clusters",
    "policy",
    "growing",
    "smart",
    "peer-review",
    "Smart-Specialisation",
    "co-opération",
    "SME/cluster",
    "and/or",
    "COVID-19",
    "2014-2020",
    "62.01",
    "S3",
    "a.b@example.org",
    "R&D",
    "the",
    "die",
    "und",
    "over",
]


@given(
    language=st.sampled_from([*sorted(STEMMERS), "pl", "bg"]),
    words=st.lists(st.sampled_from(_WORDS), min_size=2, max_size=6),
    place=st.data(),
)
@hypothesis_settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_stands_in_an_item_is_found_as_it_stands(
    shelf: Shelf, language: str, words: list[str], place: st.DataObject
) -> None:
    shelf.items.clear()
    where = place.draw(st.sampled_from(["title", "summary", "body"]))
    texts = {"title": "x", "summary": "", "body": "", where: " ".join(words)}
    title = texts.pop("title")
    pk, *_others = shelf.put(title, language=language, **texts)
    start = place.draw(st.integers(0, len(words) - 2))
    end = place.draw(st.integers(start + 2, len(words)))
    shown = " ".join(words[start:end])
    for typed in (shown, f'"{shown}"'):
        if not _is_ignored(shown, language):
            result = find(SearchRequest(kinds=shelf.kinds, words=typed))
            assert (result.corrected_from, [hit.object_id for hit in result.hits]) == ("", [pk]), typed


def _is_ignored(text: str, language: str) -> bool:
    """Made of nothing but words like "the": in a text of this language they are not kept."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT plainto_tsquery(%s::regconfig, %s)::text", [config_for(language), split(text)])
        return bool(cursor.fetchone()[0] == "")


@pytest.mark.parametrize(("language", "ignored"), [("nl", "die"), ("en", "the"), ("de", "die")])
def test_words_that_are_common_in_different_languages_are_found_in_each(
    shelf: Shelf, language: str, ignored: str
) -> None:
    """None of the two is looked for everywhere, and no single text has both."""
    [pk] = shelf.put("x", language=language, summary="the die")
    for typed in ("the die", '"the die"', "die the", "the OR die"):
        assert [hit.object_id for hit in find(SearchRequest(kinds=shelf.kinds, words=typed)).hits] == [pk], (
            typed
        )
    for typed in (ignored, "the die -x"):
        assert not find(SearchRequest(kinds=shelf.kinds, words=typed)).hits, typed
