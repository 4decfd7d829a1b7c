"""What notifications tell their own receivers: there is mail to send."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.events import Event


@dataclass(frozen=True)
class MailQueued(Event):
    """Rows were written that a worker should deliver now. The rows are the truth: this only wakes a worker."""
