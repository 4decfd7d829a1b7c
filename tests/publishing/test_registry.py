"""What a type gets for nothing: differences by field, files by foreign key, words marked."""

from __future__ import annotations

import pytest

from apps.files.models import ExtractedText
from apps.organisations.models import Organisation
from apps.publishing import registry
from apps.publishing.differences import MAX_WORDS, Difference, Piece, mark, model_differences
from apps.publishing.enums import NEXT_STEPS, PublicationState
from apps.publishing.exceptions import ItemMissingError, UnknownKindError
from apps.publishing.models import Publication
from apps.publishing.registry import PublishableType
from apps.publishing.steps import CONTRIBUTOR_STEPS, CURATOR_STEPS
from tests.factories.files import StoredFileFactory
from tests.factories.organisations import OrganisationFactory
from tests.factories.taxonomy import CountryFactory, SectorFactory
from tests.publishing.notes import KIND, NoteType


@pytest.mark.django_db
def test_default_differences_compare_every_editable_field() -> None:
    before = OrganisationFactory.create(kind="cluster", name="Same", founded_year=None)
    after: Organisation = OrganisationFactory.create(kind="network", name="Same", founded_year=1999)
    after.country = CountryFactory.create(code="ES")
    after.sectors.set([SectorFactory.create(code="steel"), SectorFactory.create(code="food")])
    found = {(row.label, row.before, row.after) for row in model_differences(before, after)}

    assert found == {
        ("Kind", "Cluster organisation", "Network or intermediary"),
        ("Country", "At", "Es"),
        ("Sectors", "", "Food; Steel"),
        ("Founded in", "", "1999"),
    }


@pytest.mark.django_db
def test_default_files_are_those_that_fields_point_to(settings: object, tmp_path: object) -> None:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]
    stored = StoredFileFactory.create()

    assert PublishableType.files(NoteType(), ExtractedText(stored_file=stored)) == [stored]
    assert PublishableType.files(NoteType(), Organisation()) == []


def test_mark_finds_the_words_that_changed() -> None:
    marked = mark(Difference("Text", "twelve firms", "twenty firms\nin Graz"))

    assert marked.before == [Piece("twelve", True), Piece(" firms", False)]
    assert marked.after == [Piece("twenty", True), Piece(" firms", False), Piece("\nin Graz", True)]
    assert mark(Difference("Text", "", "new")).before == []


def test_mark_shows_texts_whole_that_say_one_word_again_and_again() -> None:
    """Comparing those would take minutes, whoever types them."""
    before, after = " ".join(["a"] * 990), " ".join("ab"[number % 2] for number in range(990))
    marked = mark(Difference("Summary", before, after))

    assert [piece.text for piece in marked.before] == [before]
    assert [piece.text for piece in marked.after] == [after]


def test_mark_compares_a_summary_as_people_write_it() -> None:
    words = [
        "The",
        "cluster",
        "counts",
        "what",
        "the",
        "members",
        "gain",
        "and",
        "the",
        "region",
        "pays",
    ] * 30
    marked = mark(Difference("Summary", " ".join(words), " ".join([*words, "twice"])))

    assert marked.after[-1] == Piece(" twice", is_changed=True)


def test_mark_shows_long_texts_whole() -> None:
    before, after = "word " * MAX_WORDS, "other " * MAX_WORDS

    assert mark(Difference("Text", before, after)).after == [Piece(after, True)]


def test_unknown_kind_and_missing_item_are_said_in_words(notes: NoteType) -> None:
    with pytest.raises(UnknownKindError):
        registry.item_of(Publication(kind="poem"))
    notes.lost.add(1)
    with pytest.raises(ItemMissingError):
        registry.item_of(Publication(pk=1, kind=KIND))
    assert registry.kind_label("poem") == "poem"
    assert (KIND, "Note") in registry.kinds()


@pytest.mark.parametrize(
    "step", [*CURATOR_STEPS.values(), *CONTRIBUTOR_STEPS.values()], ids=lambda step: step.name
)
def test_buttons_are_offered_only_where_the_table_has_a_way(step: object) -> None:
    ends = {
        "submit": {"submitted"}, "take-back": {"draft"}, "discard": {"withdrawn"}, "withdraw": {"withdrawn"},
        "start-review": {"in_review"}, "approve": {"published", "merged"}, "decline": {"declined"},
        "request-changes": {"changes_requested"}, "hide": {"hidden"}, "restore": {"published"},
    }  # fmt: skip
    for state in step.from_states:  # type: ignore[attr-defined]
        assert ends[step.name] <= NEXT_STEPS[PublicationState(state)]  # type: ignore[attr-defined]
