"""The two usual places where names of codes come from: a vocabulary, or the choices of a field."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from django.db import models

from apps.search.registry import Labels
from apps.taxonomy.models import Term

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


def names_of(vocabulary: type[Term]) -> Labels:
    def labels(codes: Collection[str]) -> Mapping[str, str]:
        return dict(vocabulary._default_manager.filter(code__in=codes).values_list("code", "name"))

    return labels


def label_in(choices: type[models.TextChoices], code: str | None) -> str:
    """The name of one choice in the reader's language; nothing for a code that there is no longer."""
    return str(choices(code).label) if code in choices.values else ""


def labels_of(choices: type[models.TextChoices]) -> Labels:
    """For a facet with ``is_translated``: asked for anew in each reader's language."""

    def labels(codes: Collection[str]) -> Mapping[str, str | _StrPromise]:
        return {value: label for value, label in choices.choices if value in codes}

    return labels
