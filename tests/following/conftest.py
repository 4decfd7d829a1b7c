from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from apps.search import registry
from apps.search.registry import DocumentData, FacetDef, SearchSource
from apps.search.services import index

KIND = "test_note"
PATH = "/test-notes/"
COLOURS = {"red": "Red", "blue": "Blue"}


class Notes:
    """Public notes in memory; ``publish`` and ``hide`` do what an app with items would do."""

    def __init__(self) -> None:
        self.public: dict[int, DocumentData] = {}

    def documents(self, pks: Collection[int]) -> Iterable[DocumentData]:
        return [self.public[pk] for pk in pks if pk in self.public]

    def publish(
        self, pk: int, title: str, *, at: datetime | None = None, body: str = "", colour: str = "red"
    ) -> None:
        moment = at or timezone.now()
        self.public[pk] = DocumentData(
            pk=pk,
            title=title,
            summary="",
            body=body,
            language="en",
            published_at=moment,
            first_public_at=moment,
            url=f"/test-notes/{pk}/",
            facets={"colour": [colour]},
        )
        index(KIND, [pk])

    def hide(self, pk: int) -> DocumentData:
        hidden = self.public.pop(pk)
        index(KIND, [pk])
        return hidden

    def restore(self, document: DocumentData) -> None:
        self.public[document.pk] = document
        index(KIND, [document.pk])


def _labels(codes: Collection[str]) -> Mapping[str, Any]:
    return {code: COLOURS[code] for code in codes if code in COLOURS}


@pytest.fixture
def notes(db: None, settings: Any) -> Iterator[Notes]:
    settings.ROOT_URLCONF = "tests.following.urls"
    found = Notes()
    registry.register_source(
        SearchSource(
            kind=KIND,
            label="Note",
            facets=(FacetDef("colour", "Colour", _labels),),
            documents=found.documents,
            all_pks=lambda: list(found.public),
        )
    )
    yield found
    registry._sources.pop(KIND)
