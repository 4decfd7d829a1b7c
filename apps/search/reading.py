"""How a text is cut into words: in one way for what stands in an item and for what somebody types.

PostgreSQL's parser takes "peer-review", "SME/cluster", "62.01" and "a@b.example" each for a word of its own kind, which
a text with the parts does not have. Here they are the parts, one after the other.
"""

from __future__ import annotations

SEPARATORS = "-/.@<>&+_~:"
_SOFT_HYPHEN = "\u00ad"
# No document holds these characters, so that a shown text gets its own back.
_STAND_INS = "".join(chr(0x0E + place) for place in range(len(SEPARATORS)))
_SPLIT = {**dict.fromkeys(map(ord, SEPARATORS), " "), ord(_SOFT_HYPHEN): None}
_RESTORED = str.maketrans(_STAND_INS, SEPARATORS)

# Stemmers know "-ación" and "-ções" by the accent only, and many people type none.
_ENDINGS = {
    "pg_catalog.catalan": ((r"io\M", "ió"),),
    "pg_catalog.portuguese": ((r"c(ao|oes)\M", r"ç\1"), (r"ao\M", "ão"), (r"oes\M", "ões")),
    "pg_catalog.spanish": ((r"ion\M", "ión"),),
}


def split(text: str) -> str:
    return text.translate(_SPLIT)


def split_sql(text: str) -> str:
    """The same of an SQL expression."""
    return f"translate({text}, '{SEPARATORS}{_SOFT_HYPHEN}', '{' ' * len(SEPARATORS)}')"


def shown_sql(text: str) -> str:
    """Cut into the same words, and ``restored`` makes it again what it was: for marking what was found."""
    return f"translate({text}, '{SEPARATORS}{_SOFT_HYPHEN}', '{_STAND_INS}')"


def restored(text: str) -> str:
    return text.translate(_RESTORED)


def accented_sql(text: str, config: str) -> str:
    """What was typed without accents, with those that its endings have where the configuration needs them."""
    cases = []
    for name, endings in _ENDINGS.items():
        read = text
        for ending, accented in endings:
            read = f"regexp_replace({read}, '{ending}', '{accented}', 'gi')"
        cases.append(f"WHEN '{name}' THEN {read}")
    return f"CASE {config} {' '.join(cases)} ELSE {text} END"
