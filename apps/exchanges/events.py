"""What exchanges tell the floors above."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from apps.core.events import Event


@dataclass(frozen=True)
class ApplicationStateChanged(Event):
    application_id: uuid.UUID
    from_state: str
    to_state: str


@dataclass(frozen=True)
class LearningApproved(Event):
    """An answer to "what did change?" may be shown to everybody."""

    follow_up_id: int


@dataclass(frozen=True)
class LearningTakenDown(Event):
    """It was public, and is not any more: an officer or its author took it back."""

    follow_up_id: int


@dataclass(frozen=True)
class ProgrammeChanged(Event):
    programme_id: int
