# ruff: noqa: RUF001 - letters of other scripts are what this module is about
"""Readable addresses for titles in any of the hub's languages."""

from __future__ import annotations

import re
import unicodedata

from django.utils.text import slugify

# Words that stand for pages of the repository itself.
RESERVED = frozenset({"guide", "new", "feed", "csv", "autosave"})
# What a draft or pending version is called before it has an address of its own; "item" finds any of them.
NUMBERED = re.compile(r"^(?:draft|version|item)-(\d{1,18})$")
_LONGEST = 80

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
_LATIN_WITH_MARK = {"й": "y", "ё": "yo"}
_MARKED = str.maketrans(_LATIN_WITH_MARK)
_LETTERS = str.maketrans(_LATIN)


def slug_of(title: str) -> str:
    """The title in lower-case ASCII with hyphens, at most 80 characters; empty where no letter could be kept."""
    text = unicodedata.normalize("NFC", title).lower().translate(_MARKED)
    bare = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    slug = slugify(bare.translate(_LETTERS))
    if len(slug) > _LONGEST:
        slug = slug[: _LONGEST + 1].rpartition("-")[0] or slug[:_LONGEST]
    return slug.strip("-_")


def is_free_name(slug: str) -> bool:
    """Whether a title may have this slug at all: not one of the hub's own pages, not a number of a draft."""
    return bool(slug) and slug not in RESERVED and NUMBERED.match(slug) is None
