"""How an app makes its items publishable: it registers one type, and the life cycle calls back.

The calls run inside the step's transaction, so that an item, its state and its place in the search
stand or fall together.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from apps.publishing.models import Publication


class PublishableType(ABC):
    """One kind of contributed item, as publishing sees it."""

    kind: ClassVar[str]
    label: ClassVar[str | _StrPromise]
    preview_template: ClassVar[str]

    @abstractmethod
    def item_of(self, publication: Publication) -> models.Model:
        """The item that this publication is about, with what its preview shows."""

    @abstractmethod
    def problems(self, item: Any) -> list[str]:
        """What is missing before the item may be submitted, in words for its author."""

    @abstractmethod
    def copy(self, *, live_item: Any, publication: Publication) -> models.Model:
        """Make the item of a new pending version from the live one."""

    @abstractmethod
    def merge(self, *, live_item: Any, pending_item: Any) -> None:
        """Carry an approved pending version over into the live item."""

    @abstractmethod
    def state_changed(self, item: Any) -> None:
        """The item's state changed: bring everything that shows it up to date."""

    @abstractmethod
    def url(self, publication: Publication) -> str:
        """Where the item's own people look at it."""

    def preview_context(self, publication: Publication) -> dict[str, Any]:
        return {"item": self.item_of(publication)}


_types: dict[str, PublishableType] = {}


def register(publishable: PublishableType) -> None:
    _types[publishable.kind] = publishable


def type_of(publication: Publication) -> PublishableType:
    return _types[publication.kind]


def kinds() -> list[tuple[str, str]]:
    """Every registered kind with its label, for filters."""
    return [(kind, str(publishable.label)) for kind, publishable in _types.items()]
