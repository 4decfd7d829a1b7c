"""The search compared with what its sources say."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.search.models import Document
from apps.search.queries import public_addresses
from apps.search.services import check, repair
from tests.factories.search import Shelf


def test_what_was_indexed_agrees(shelf: Shelf) -> None:
    shelf.put(
        "Apple \x07 pie", "Pear" * 200, facets={"colour": ["red", "blue"]}, card={"a": [1, None]}, body="x"
    )
    assert not check(shelf.kind)


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Other"},
        {"summary": "Other"},
        {"authors": "Other"},
        {"body": "Other"},
        {"keywords": "Other"},
        {"url": "/other/"},
        {"language": "de"},
        {"facets": {"colour": ["blue"]}},
        {"facets": {}},
        {"card": {"b": 1}},
    ],
)
def test_each_change_that_was_not_indexed_is_noticed_and_mended(shelf: Shelf, change: dict[str, Any]) -> None:
    pk, _other = shelf.put("Apple", "Pear", facets={"colour": ["red"]})
    shelf.items[pk] = replace(shelf.items[pk], **change)
    assert check(shelf.kind).changed == {pk}
    repair(shelf.kind)
    assert not check(shelf.kind)


def test_missing_and_stray_rows_are_noticed_and_mended(shelf: Shelf) -> None:
    kept, stray, missing = shelf.put("Kept", "Stray", "Missing")
    del shelf.items[stray]
    Document.objects.filter(object_id=missing).delete()
    found = repair(shelf.kind)
    assert (set(found.missing), set(found.stray)) == ({missing}, {stray})
    assert not found.changed
    assert set(Document.objects.values_list("object_id", flat=True)) == {kept, missing}


def test_command_fails_on_a_difference_and_mends_it_when_told(shelf: Shelf) -> None:
    (pk,) = shelf.put("Apple")
    del shelf.items[pk]
    with pytest.raises(CommandError):
        call_command("check_search", shelf.kind, stdout=StringIO())
    call_command("check_search", shelf.kind, repair=True, stdout=StringIO())
    call_command("check_search", shelf.kind, stdout=StringIO())
    assert not Document.objects.exists()


@pytest.mark.parametrize("command", ["check_search", "reindex"])
def test_unknown_kind_is_said(db: None, command: str) -> None:
    with pytest.raises(CommandError, match="nothing"):
        call_command(command, "nothing")


def test_comparing_asks_the_same_number_of_statements_for_one_and_for_twenty(shelf: Shelf) -> None:
    numbers = []
    for more in (1, 19):
        shelf.put(*["Apple"] * more, facets={"colour": ["red"]})
        with CaptureQueriesContext(connection) as captured:
            check(shelf.kind)
        numbers.append(len(captured))
    assert numbers[0] == numbers[1]


def test_addresses_of_everything_public_newest_first(shelf: Shelf) -> None:
    shelf.put("Old", "New")
    assert [url for url, _at in public_addresses()] == ["/things/2/", "/things/1/"]
