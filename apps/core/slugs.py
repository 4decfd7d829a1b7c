# ruff: noqa: RUF001 - letters of other scripts are what this module is about
"""Readable addresses for titles and names in any of the hub's languages."""

from __future__ import annotations

import unicodedata
from collections.abc import Container
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from apps.core.exceptions import RuleBrokenError

# Letters that Unicode does not take apart into a Latin letter and a mark. Greek as in ISO 843, Bulgarian as in the
# official transliteration of 2006.
_LATIN = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ħ": "h", "ı": "i",
    "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i", "κ": "k", "λ": "l",
    "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p", "ρ": "r", "σ": "s", "ς": "s", "τ": "t", "υ": "y", "φ": "f",
    "χ": "ch", "ψ": "ps", "ω": "o",
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "zh", "з": "z", "и": "i", "к": "k", "л": "l",
    "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "h", "ц": "ts",
    "ч": "ch", "ш": "sh", "щ": "sht", "ъ": "a", "ь": "y", "ю": "yu", "я": "ya", "ы": "y", "э": "e",
}  # fmt: skip
# Before the marks go: these letters would lose them and become another letter.
_MARKED = str.maketrans({"й": "y", "ё": "yo"})
_LETTERS = str.maketrans(_LATIN)


def slug_of(text: str, *, longest: int = 80) -> str:
    """Lower-case ASCII with hyphens, cut at a word where it is too long; empty where no letter could be kept."""
    plain = unicodedata.normalize("NFC", text).lower().translate(_MARKED)
    bare = "".join(char for char in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(char))
    slug = slugify(bare.translate(_LETTERS))
    if len(slug) > longest:
        slug = slug[: longest + 1].rpartition("-")[0] or slug[:longest]
    return slug.strip("-_")


def save_with_slug(
    row: Any, text: str, *, fallback: str, reserved: Container[str] = frozenset(), longest: int = 80
) -> None:
    """Save a new row under a readable, permanent address; where another has it already, a number follows.

    ``reserved`` are names of pages beside the rows. Raises RuleBrokenError after a thousand of the same name.
    """
    base = slug_of(text, longest=longest) or fallback
    taken = type(row)._default_manager
    for number in range(1, 1000):
        row.slug = base if number == 1 else f"{base}-{number}"
        if row.slug in reserved or taken.filter(slug=row.slug).exists():
            continue
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError:
            # Somebody was faster with the same name, or something else is wrong with the row.
            if not taken.filter(slug=row.slug).exists():
                raise
            continue
        return
    raise RuleBrokenError(_("There are too many of this name. Please choose another."))
