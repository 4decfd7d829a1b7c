"""What the files floor tells those above it."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.events import Event


@dataclass(frozen=True)
class TextExtractionRequested(Event):
    """A file was stored, or somebody asked to read it again: its text waits to be extracted."""

    stored_file_id: str


@dataclass(frozen=True)
class TextExtracted(Event):
    """The text of a file is there (all of it, or as much as the limits allow). May be published more than once."""

    stored_file_id: str
