"""What waits for a person, across all apps: each app registers who must do what, the dashboard shows it by urgency."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


@dataclass(frozen=True)
class Todo:
    """One thing to do now. ``since`` is when it began to wait, ``due_at`` when it must be done (both aware).

    ``count``: where one line stands for several things, how many.

    ``action`` is the verb of the button that leads there; ``icon`` a name of ``templates/ui/icons/``.
    """

    title: str
    url: str
    since: datetime | None = None
    due_at: datetime | None = None
    detail: str = ""
    action: str = ""
    icon: str = "clock"
    count: int = 1

    def is_overdue(self) -> bool:
        return self.due_at is not None and self.due_at <= timezone.now()


# Accounts is a floor above: a source says itself that it takes a person.
TodoSource = Callable[[Any], Iterable[Todo]]
_sources: list[TodoSource] = []


def register_todos(source: TodoSource) -> TodoSource:
    """A source asks a constant number of queries and returns what this person alone can do."""
    if source not in _sources:
        _sources.append(source)
    return source


def todos_for(user: AbstractBaseUser) -> list[Todo]:
    """Everything that waits for this person: what is due first, then what has waited longest."""
    found: Iterator[Todo] = (todo for source in _sources for todo in source(user))
    return sorted(found, key=_urgency)


def _urgency(todo: Todo) -> tuple[bool, float, float]:
    due = todo.due_at.timestamp() if todo.due_at else 0.0
    return (todo.due_at is None, due, todo.since.timestamp() if todo.since else 0.0)
