"""What reviews tell the floors above."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from apps.core.events import Event


@dataclass(frozen=True)
class ReviewSubmitted(Event):
    panel_id: uuid.UUID
    review_id: uuid.UUID


@dataclass(frozen=True)
class ReviewEnded(Event):
    """Without a review: a conflict, a refusal, a release. The case may need another reviewer."""

    panel_id: uuid.UUID
    review_id: uuid.UUID
