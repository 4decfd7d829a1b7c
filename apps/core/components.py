"""What the larger components are made of. A page builds these and hands them to the tags of ``{% load ui %}``."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise
    from django.utils.safestring import SafeString

    Text = str | SafeString | _StrPromise
else:
    Text = str

Tone = Literal["neutral", "info", "success", "warning", "danger"]
StepState = Literal["done", "here", "open", "wrong"]
AVATAR_TONES = 6


@dataclass(frozen=True)
class Tab:
    """One of several views of the same thing, each with an address of its own: tabs work without script."""

    label: Text
    url: str
    is_here: bool = False
    count: int | None = None


@dataclass(frozen=True)
class Step:
    """A part of a long form, or of a case's way. ``url`` leads to it; empty where one cannot go yet."""

    label: Text
    state: StepState = "open"
    url: str = ""


@dataclass(frozen=True)
class Moment:
    """Something that happened, for a time line; ``at`` is aware."""

    at: datetime
    text: Text
    who: Text = ""
    note: Text = ""
    tone: Tone = "info"


@dataclass(frozen=True)
class Column:
    label: Text
    is_number: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of cells, as many as there are columns; the first cell names its row.

    ``caption`` says what the table is about. On a phone each row becomes a card.
    """

    caption: Text
    columns: Sequence[Column]
    rows: Sequence[Sequence[Text | int | float]] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"a row of {self.caption!r} has not {len(self.columns)} cells")

    def cells(self) -> list[list[tuple[Column, Text | int | float]]]:
        return [list(zip(self.columns, row, strict=True)) for row in self.rows]


def initials(name: str) -> str:
    """Of the first and the last word, as people sign with two letters; a question mark where there is no letter."""
    words = [word for word in name.split() if word[0].isalnum()]
    chosen = [words[0], words[-1]] if len(words) > 1 else words[:1]
    return "".join(word[0].upper() for word in chosen) or "?"


def avatar_tone(name: str) -> int:
    """The same colour for the same name everywhere, from 1 to ``AVATAR_TONES``."""
    return zlib.crc32(name.encode()) % AVATAR_TONES + 1
