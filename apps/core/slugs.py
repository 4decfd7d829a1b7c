# ruff: noqa: RUF001 - letters of other scripts are what this module is about
"""Readable addresses for titles and names in any of the hub's languages."""

from __future__ import annotations

import unicodedata

from django.utils.text import slugify

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
