"""What a pending version changes, field by field and word by word, for the person who decides."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Protocol

from django.db import models
from django.utils.text import capfirst

# What comparing costs grows with the pairs of equal words, again and again for each stretch between two matches: a text
# that says one word a thousand times would take minutes. Texts beyond either limit are shown whole.
MAX_WORDS = 2000
MAX_PAIRS = 20_000
# A blank belongs to the word after it: alone it would be the most frequent word of all.
_WORDS = re.compile(r"\s*\S+|\s+")


class FieldDifference(Protocol):
    """One field in words, before and after."""

    @property
    def label(self) -> str: ...
    @property
    def before(self) -> str: ...
    @property
    def after(self) -> str: ...


@dataclass(frozen=True)
class Difference:
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Piece:
    """A stretch of text that both versions share, or that only one of them has."""

    text: str
    is_changed: bool


@dataclass(frozen=True)
class MarkedDifference:
    """A difference with the words marked that only one side has."""

    label: str
    before: Sequence[Piece]
    after: Sequence[Piece]


def mark(difference: FieldDifference) -> MarkedDifference:
    before, after = _WORDS.findall(difference.before), _WORDS.findall(difference.after)
    if max(len(before), len(after)) > MAX_WORDS or _pairs(before, after) > MAX_PAIRS:
        return MarkedDifference(
            difference.label, [Piece(difference.before, True)], [Piece(difference.after, True)]
        )
    operations = SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes()
    old = [Piece("".join(before[i:j]), tag != "equal") for tag, i, j, _k, _l in operations if i < j]
    new = [Piece("".join(after[k:m]), tag != "equal") for tag, _i, _j, k, m in operations if k < m]
    return MarkedDifference(difference.label, old, new)


def _pairs(before: Sequence[str], after: Sequence[str]) -> int:
    """How many pairs of equal words there are between the two."""
    theirs = Counter(after)
    return sum(count * theirs[word] for word, count in Counter(before).items())


def word_differences(
    before: Mapping[str, str], after: Mapping[str, str], labels: Mapping[str, Any]
) -> list[Difference]:
    """Compare two states in words, by the names of their fields and in the order of the labels."""
    return [
        Difference(label=str(label), before=old, after=new)
        for name, label in labels.items()
        if (old := before.get(name, "")) != (new := after.get(name, ""))
    ]


def model_words(item: models.Model) -> dict[str, str]:
    """Every field of a row that people can edit, in words; its key and its publication left out."""
    return {field.name: _in_words(item, field) for field in _compared_fields(item)}


def model_labels(item: models.Model) -> dict[str, str]:
    return {field.name: capfirst(str(field.verbose_name)) for field in _compared_fields(item)}


def model_differences(live_item: models.Model, pending_item: models.Model) -> list[Difference]:
    return word_differences(model_words(live_item), model_words(pending_item), model_labels(live_item))


def _compared_fields(item: models.Model) -> Iterator[models.Field[Any, Any]]:
    for field in [*item._meta.concrete_fields, *item._meta.many_to_many]:
        if field.editable and not field.primary_key and not field.one_to_one:
            yield field


def _in_words(item: models.Model, field: models.Field[Any, Any]) -> str:
    if field.many_to_many:
        return "; ".join(sorted(str(value) for value in getattr(item, field.name).all()))
    if field.choices:
        return str(getattr(item, f"get_{field.name}_display")())
    value = getattr(item, field.name)
    return "" if value is None else str(value)
