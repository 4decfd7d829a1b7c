"""How a lower floor tells the floors above that something happened.

A service publishes a frozen dataclass of ids; a higher app's ``receivers.py`` listens. Handlers run
after the transaction has committed, so that none acts on what was rolled back. A handler that fails
is logged and does not undo the step or stop the other handlers: what must not be lost belongs in the
step's own transaction (a notification row, an audit row), with a sweep that finds what was left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from django.db import transaction

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Event:
    """Something that happened; subclasses are named in the past tense and carry ids only."""


E = TypeVar("E", bound=Event)
_handlers: defaultdict[type[Event], list[Callable[[Any], object]]] = defaultdict(list)


def listen(event_type: type[E]) -> Callable[[Callable[[E], object]], Callable[[E], object]]:
    """Call the decorated function for each published event of this type."""

    def register(handler: Callable[[E], object]) -> Callable[[E], object]:
        if handler not in _handlers[event_type]:
            _handlers[event_type].append(handler)
        return handler

    return register


def publish(event: Event) -> None:
    """Hand the event to its handlers once the current transaction commits."""
    transaction.on_commit(lambda: _dispatch(event))


def _dispatch(event: Event) -> None:
    for handler in _handlers[type(event)]:
        try:
            handler(event)
        except Exception:
            logger.exception(
                "event handler failed", event_type=type(event).__name__, handler=handler.__qualname__
            )
