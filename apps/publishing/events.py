"""What publishing tells the floors above."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.events import Event


@dataclass(frozen=True)
class PublicationStateChanged(Event):
    """An item took a step; ``to_state`` is where it is now."""

    publication_id: int
    to_state: str


@dataclass(frozen=True)
class PendingVersionMerged(Event):
    """An approved version replaced the content of a live item, whose state stayed as it was."""

    live_id: int
    version_id: int
