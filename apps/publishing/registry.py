"""How an app makes its items publishable: it registers one type, and the life cycle calls back.

The calls run inside the step's transaction, so that an item, its state and its place in the search
stand or fall together.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.utils import translation

from apps.files.models import StoredFile
from apps.publishing.differences import (
    FieldDifference,
    model_differences,
    model_labels,
    model_words,
    word_differences,
)
from apps.publishing.enums import EDITABLE_STATES
from apps.publishing.exceptions import ItemMissingError, UnknownKindError

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

    def edit_url(self, publication: Publication) -> str:
        """Where they edit it, or a new version of it; empty where there is no form. Costs no query."""
        return ""

    def preview_context(self, publication: Publication) -> dict[str, Any]:
        return {"item": self.item_of(publication)}

    def differences(self, *, live_item: Any, pending_item: Any) -> Sequence[FieldDifference]:
        """What approval would change, for the curator. By default every field that people can edit is compared."""
        return model_differences(live_item, pending_item)

    def words(self, item: Any) -> dict[str, str]:
        """All that people can edit, by field: kept when it goes back to its author, to be compared with later."""
        return model_words(item)

    def labels(self, item: Any) -> Mapping[str, Any]:
        """What the fields of ``words`` are called, in the order of the form."""
        return model_labels(item)

    def type_names(self, publications: Sequence[Publication]) -> dict[int, str]:
        """For lists: what each is within its kind, by its key, in one query or none."""
        return {}

    def files(self, item: Any) -> Sequence[StoredFile]:
        """What the curator can open before deciding. By default every stored file that a field points to."""
        fields = (field for field in item._meta.concrete_fields if field.related_model is StoredFile)
        found = (getattr(item, field.name) for field in fields)
        return [stored_file for stored_file in found if stored_file is not None]


_types: dict[str, PublishableType] = {}


def register(publishable: PublishableType) -> None:
    _types[publishable.kind] = publishable


def find_type(kind: str) -> PublishableType:
    """Raises UnknownKindError for a kind that no app has registered, or has registered no longer."""
    try:
        return _types[kind]
    except KeyError as error:
        raise UnknownKindError from error


def type_of(publication: Publication) -> PublishableType:
    return find_type(publication.kind)


def item_of(publication: Publication) -> models.Model:
    """Raises UnknownKindError or ItemMissingError where the publication has no item that could be shown."""
    try:
        return type_of(publication).item_of(publication)
    except ObjectDoesNotExist as error:
        raise ItemMissingError from error


def words_of(publication: Publication) -> dict[str, str]:
    """Its content in words, always in the same language: whoever compares may read another."""
    with translation.override(settings.LANGUAGE_CODE):
        return type_of(publication).words(item_of(publication))


def changes_since_returned(publication: Publication) -> list[FieldDifference]:
    """What its author changed after a curator asked for it."""
    labels = type_of(publication).labels(item_of(publication))
    return list(word_differences(publication.returned_words or {}, words_of(publication), labels))


def type_names(publications: Sequence[Publication]) -> dict[int, str]:
    """What each is, by its key, in a query for each kind at most."""
    names = {publication.pk: kind_label(publication.kind) for publication in publications}
    for kind, publishable in _types.items():
        of_kind = [publication for publication in publications if publication.kind == kind]
        names |= publishable.type_names(of_kind) if of_kind else {}
    return names


def edit_url_of(publication: Publication) -> str:
    """Where one of its own people edits it at present; empty where its state allows no edit."""
    is_open = publication.state in EDITABLE_STATES or publication.is_public
    publishable = _types.get(publication.kind)
    return publishable.edit_url(publication) if publishable and is_open else ""


def kinds() -> list[tuple[str, str]]:
    """Every registered kind with its label, for filters."""
    return [(kind, str(publishable.label)) for kind, publishable in _types.items()]


def kind_label(kind: str) -> str:
    """The label of a kind; its code where no app knows it."""
    publishable = _types.get(kind)
    return str(publishable.label) if publishable else kind
