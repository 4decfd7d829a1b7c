"""The text of an agreement: how what people typed stands in it, and of which parts it is made.

What the hub says begins at the left; what somebody typed is indented, line by line, so that no typed text can look like
a section or a rule. The page and the PDF are made from the stored text by these parts.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

INDENT = "    "
_DIRECTION = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


@dataclass(frozen=True)
class Part:
    """``typed`` is what somebody typed, with its lines."""

    kind: Literal["title", "heading", "line", "typed"]
    text: str


def quoted(text: str) -> str:
    """What somebody typed, each line indented; none of it can begin a line of the agreement."""
    lines = [_visible(line).rstrip() for line in text.strip().splitlines()]
    return "\n".join(INDENT + line if line else "" for line in lines) if any(lines) else INDENT + "-"


def one_line(text: str) -> str:
    """A name or a title within a line of the agreement."""
    return " ".join(_visible(" ".join(text.split())).split())


def _visible(text: str) -> str:
    """Without control characters, and without those that turn the direction of what stands around them."""
    return "".join(
        character
        for character in text.replace("\t", " ")
        if unicodedata.category(character) not in {"Cc", "Cs", "Zl", "Zp"}
        and unicodedata.bidirectional(character) not in _DIRECTION
    )


def parts_of(text: str) -> Iterator[Part]:
    """The first line is the title; a line that begins with a number and a dot is a heading."""
    title, *lines = text.strip().split("\n")
    yield Part("title", title)
    typed: list[str] = []
    for line in lines:
        if line.startswith(INDENT) or (typed and not line.strip()):
            typed.append(line.removeprefix(INDENT))
            continue
        if typed:
            yield Part("typed", "\n".join(typed).strip("\n"))
            typed = []
        if line.strip():
            number, dot, _rest = line.partition(". ")
            yield Part("heading" if dot and number.isdecimal() else "line", line)
    if typed:
        yield Part("typed", "\n".join(typed).strip("\n"))
