"""The demonstration's past."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.utils import timezone


@contextmanager
def days_ago(days: float) -> Iterator[None]:
    """Let the steps inside happen then, so that the histories are true to what the demonstration tells."""
    import time_machine  # a tool of development, as is the demonstration

    with time_machine.travel(timezone.now() - timedelta(days=days), tick=True):
        yield
