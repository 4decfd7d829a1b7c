"""What notifications tell their own receivers: there is mail to send."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.events import Event


@dataclass(frozen=True)
class NotificationsWritten(Event):
    """Rows were written that workers should deliver now. The rows are the truth: this only wakes.

    ``chunks`` is how many workers have enough to do; no ids, as the rows can be a hundred thousand.
    """

    chunks: int = 1


@dataclass(frozen=True)
class MailQueued(Event):
    """A mail that is no notification waits for a worker."""
