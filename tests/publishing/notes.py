"""A kind of contribution that exists in tests only: a note with a text, kept in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ObjectDoesNotExist

from apps.files.models import StoredFile
from apps.publishing.differences import Difference
from apps.publishing.models import Publication
from apps.publishing.registry import PublishableType

KIND = "note"


@dataclass
class Note:
    publication: Publication
    text: str = "Text of a note."
    files: list[StoredFile] = field(default_factory=list)


class NoteType(PublishableType):
    """Makes the item of a publication when it is first asked for; ``changes`` are the states it was told of."""

    kind = KIND
    label = "Note"
    preview_template = "tests/note.html"

    def __init__(self) -> None:
        self.notes: dict[int, Note] = {}
        self.changes: list[tuple[int, str]] = []
        self.lost: set[int] = set()

    def item_of(self, publication: Publication) -> Any:
        if publication.pk in self.lost:
            raise ObjectDoesNotExist
        note = self.notes.setdefault(publication.pk, Note(publication))
        note.publication = publication
        return note

    def problems(self, item: Any) -> list[str]:
        return [] if item.text else ["Write something.", "Add a summary."]

    def copy(self, *, live_item: Any, publication: Publication) -> Any:
        self.notes[publication.pk] = Note(publication, live_item.text)
        return self.notes[publication.pk]

    def merge(self, *, live_item: Any, pending_item: Any) -> None:
        live_item.text = pending_item.text

    def state_changed(self, item: Any) -> None:
        self.changes.append((item.publication.pk, item.publication.state))

    def url(self, publication: Publication) -> str:
        return f"/notes/{publication.pk}/"

    def differences(self, *, live_item: Any, pending_item: Any) -> list[Difference]:
        if live_item.text == pending_item.text:
            return []
        return [Difference("Text", live_item.text, pending_item.text)]

    def words(self, item: Any) -> dict[str, str]:
        return {"title": item.publication.title, "text": item.text}

    def labels(self, item: Any) -> dict[str, str]:
        return {"title": "Title", "text": "Text"}

    def type_names(self, publications: Any) -> dict[int, str]:
        return {publication.pk: "Short note" for publication in publications}

    def files(self, item: Any) -> list[StoredFile]:
        return list(item.files)
