"""What sorts of notifications there are: each app registers its own in ``notification_kinds.py``."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from apps.notifications.enums import Frequency

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from apps.accounts.models import User
    from apps.notifications.models import Notification


_OTHER = _("Other")


@dataclass(frozen=True)
class Kind:
    """``code`` also names the texts: ``notifications/<code>.subject.txt`` and ``notifications/<code>.txt``.

    ``group``: the part of the settings page that it stands in.

    ``still_public``: for kinds that tell of public things. It is given rows and returns the ids of those whose thing
    is public now; the others are neither mailed nor shown any more. It asks a constant number of queries.

    ``still_open``: for kinds that ask for something. It is given rows and returns the ids of those where it is still to
    be done; the others are not mailed any more. It asks a constant number of queries.

    ``for_curators``: nobody else is offered a choice how often they are mailed.

    ``key_comes_for``: how long after the first time ``notify`` may be called with the same key again, by a task that
    looks every day for what is due. So long its rows are kept, however early they are read.
    """

    code: str
    label: str | _StrPromise
    default_frequency: Frequency = Frequency.AT_ONCE
    still_public: Callable[[Sequence[Notification]], Container[int]] | None = None
    still_open: Callable[[Sequence[Notification]], Container[int]] | None = None
    for_curators: bool = False
    key_comes_for: timedelta = timedelta(0)
    group: str | _StrPromise = _OTHER

    @property
    def subject_template(self) -> str:
        return f"notifications/{self.code}.subject.txt"

    @property
    def body_template(self) -> str:
        return f"notifications/{self.code}.txt"


_kinds: dict[str, Kind] = {}


def register_kind(kind: Kind) -> Kind:
    _kinds[kind.code] = kind
    return kind


def get_kind(code: str) -> Kind:
    """Raises KeyError for a code that nobody registered: a programming error, found by the first test."""
    return _kinds[code]


def find_kind(code: str) -> Kind | None:
    """None for a kind that has been removed since its rows were written."""
    return _kinds.get(code)


def all_kinds() -> list[Kind]:
    return list(_kinds.values())


def kinds_for(user: User) -> list[Kind]:
    """Those that this person can be told of."""
    return [kind for kind in _kinds.values() if user.is_staff or not kind.for_curators]
