"""What happened to people, for the floors above."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.events import Event


@dataclass(frozen=True)
class PersonErased(Event):
    """The account's personal data is gone; what they contributed stays under "former member"."""

    user_id: int
