"""The usual values of a table's columns: what stands on an item's card, as text."""

from __future__ import annotations

from collections.abc import Callable

from django.db import models

from apps.search.labels import label_in
from apps.search.queries import Hit


def from_card(name: str) -> Callable[[Hit], str]:
    return lambda hit: str(hit.card.get(name) or "")


def listed_from_card(name: str) -> Callable[[Hit], str]:
    return lambda hit: joined(*(hit.card.get(name) or ()))


def choice_from_card(name: str, choices: type[models.TextChoices]) -> Callable[[Hit], str]:
    return lambda hit: label_in(choices, hit.card.get(name))


def joined(*parts: str) -> str:
    """Several things in one cell; what is empty is left out."""
    return "; ".join(filter(None, parts))
