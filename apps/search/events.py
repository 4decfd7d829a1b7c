"""What the search tells: something came, changed or went."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.events import Event


@dataclass(frozen=True)
class SearchChanged(Event):
    kind: str
