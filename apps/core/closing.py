"""What everybody can still take part in, and until when: each app registers its open calls, the home shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Closing:
    """Something public that one can apply to until ``closes_at`` (aware); ``kind`` says what it is."""

    title: str
    url: str
    closes_at: datetime
    kind: str = ""
    language: str = ""


# ``source(now, limit)`` gives the next ones that close after ``now``, of what everybody may see and nothing else.
ClosingSource = Callable[[datetime, int], Iterable[Closing]]
_sources: list[ClosingSource] = []


def register_closing(source: ClosingSource) -> ClosingSource:
    """A source asks one cheap query: it runs for every visitor of the home page."""
    if source not in _sources:
        _sources.append(source)
    return source


def closing_soon(now: datetime, *, limit: int = 5) -> list[Closing]:
    found = [closing for source in _sources for closing in source(now, limit)]
    return sorted(found, key=lambda closing: (closing.closes_at, closing.title))[:limit]
