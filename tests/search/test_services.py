from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.search import registry
from apps.search.models import Document, DocumentText, FacetValue
from apps.search.params import parse
from apps.search.queries import find
from apps.search.registry import DocumentData
from apps.search.services import bump_downloads, index, reindex
from tests.factories.search import START, Shelf


def test_the_first_time_in_public_is_kept(shelf: Shelf) -> None:
    (pk,) = shelf.put("Apple", published_at=START)
    later = START + timedelta(days=9)
    shelf.items[pk] = replace(shelf.items[pk], title="Apples", published_at=later, first_public_at=later)
    index(shelf.kind, [pk])
    document = Document.objects.get()
    assert (document.title, document.published_at, document.first_public_at) == ("Apples", later, START)


def test_indexing_again_replaces_everything(shelf: Shelf) -> None:
    (pk,) = shelf.put("Apple", body="worm", keywords="bird", facets={"colour": ["red"]}, card={"a": 1})
    shelf.items[pk] = replace(
        shelf.items[pk], title="Pear", body="seed", keywords="bee", facets={"colour": ["green"]}, card={}
    )
    index(shelf.kind, [pk])
    for words, number in (("apple", 0), ("worm", 0), ("bird", 0), ("pear", 1), ("seed", 1), ("bee", 1)):
        result = find(parse(f"q={words}", kinds=shelf.kinds))
        assert (result.total, result.corrected_from) == (number, ""), words
    assert find(parse("colour=red", kinds=shelf.kinds)).total == 0
    assert DocumentText.objects.get().body == "seed"


def test_a_name_that_changed_is_taken_over(shelf: Shelf) -> None:
    shelf.put("Apple", facets={"colour": ["red"]})
    FacetValue.objects.filter(code="red").update(label="Old name")
    shelf.put("Pear", facets={"colour": ["red"]})
    assert FacetValue.objects.get(facet="colour", code="red").label == "Red"


def test_reindex_brings_what_is_missing_and_removes_strays(shelf: Shelf) -> None:
    kept, stray, missing = shelf.put("Kept", "Stray", "Missing")
    del shelf.items[stray]
    Document.objects.filter(object_id=missing).delete()
    assert reindex(shelf.kind) == 2
    assert set(Document.objects.values_list("object_id", flat=True)) == {kept, missing}


def test_downloads_are_counted_for_what_is_public(shelf: Shelf) -> None:
    (pk,) = shelf.put("Apple", downloads=2)
    bump_downloads(shelf.kind, pk)
    bump_downloads(shelf.kind, 4711)
    assert Document.objects.get().downloads == 3


def test_long_and_odd_texts_are_indexed(shelf: Shelf) -> None:
    shelf.put("x" * 400, authors="y" * 900, summary="\x00 nul", body="word " * 60_000 + "\x00\ud83d")
    shelf.put("Many words", body=" ".join(f"w{n:x}z" for n in range(40_000)))
    assert Document.objects.count() == 2


def test_statements_do_not_grow_with_items(shelf: Shelf) -> None:
    numbers = []
    for more in (1, 20):
        with CaptureQueriesContext(connection) as captured:
            shelf.put(*["Apple"] * more, facets={"colour": ["red"]})
        numbers.append(len(captured))
    assert numbers[1] <= numbers[0]


def test_kept_counts_are_forgotten_when_a_change_is_committed(
    shelf: Shelf, django_capture_on_commit_callbacks: Any
) -> None:
    def counted() -> tuple[int, dict[str, int]]:
        result = find(parse("", kinds=shelf.kinds))
        values = {value.code: value.count for facet in result.facets for value in facet.values}
        return result.total, values

    with django_capture_on_commit_callbacks(execute=True):
        shelf.put("Apple", facets={"colour": ["red"]})
    assert counted() == (1, {"thing": 1, "red": 1})
    with CaptureQueriesContext(connection) as captured:
        counted()
    assert not [row for row in captured.captured_queries if "count(*)" in row["sql"]]
    with django_capture_on_commit_callbacks(execute=True):
        shelf.put("Pear", facets={"colour": ["red"]})
    assert counted() == (2, {"thing": 2, "red": 2})
    with django_capture_on_commit_callbacks(execute=True):
        shelf.take(1)
    assert counted() == (1, {"thing": 1, "red": 1})


@pytest.mark.django_db(transaction=True)
def test_rebuilding_does_not_bring_back_what_is_hidden_meanwhile() -> None:
    """The rebuilding has read an item as public when somebody hides it: whoever comes second must see the first."""
    shelf = Shelf()
    has_read, may_write = threading.Event(), threading.Event()

    def slow_documents(pks: Collection[int]) -> Iterator[DocumentData]:
        found = list(shelf.documents(pks))
        if threading.current_thread().name == "rebuilding":
            has_read.set()
            may_write.wait(timeout=1)
        return iter(found)

    registry.register_source(replace(shelf.source(), documents=slow_documents))
    failures: list[BaseException] = []

    def rebuild() -> None:
        try:
            reindex(shelf.kind)
        except BaseException as error:  # noqa: BLE001 - told in the main thread
            failures.append(error)
        finally:
            connection.close()

    try:
        (pk,) = shelf.put("Secret")
        thread = threading.Thread(target=rebuild, name="rebuilding")
        thread.start()
        assert has_read.wait(timeout=10)
        with transaction.atomic():
            shelf.take(pk)
        may_write.set()
        thread.join(timeout=10)
        assert failures == []
        assert Document.objects.count() == 0
    finally:
        registry._sources.pop(shelf.kind)
