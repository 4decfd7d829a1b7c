"""Which of PostgreSQL's text search configurations each language is read with.

Each is a copy of PostgreSQL's own with ``unaccent`` before the stemmer (made by a migration), so that accents are
forgiven. Languages without a stemmer use ``hub_simple``.
"""

from __future__ import annotations

SIMPLE = "hub_simple"
STEMMERS = {
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hu": "hungarian",
    "hy": "armenian",
    "it": "italian",
    "lt": "lithuanian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "sr": "serbian",
    "sv": "swedish",
    "tr": "turkish",
}
# Their stemmers know "-ación" and "-ções" by the accent only: these languages are read with it, too.
ACCENTED = {"ca": "catalan", "es": "spanish", "pt": "portuguese"}
ALL_CONFIGS = (
    SIMPLE,
    *(f"hub_{stemmer}" for stemmer in STEMMERS.values()),
    *(f"pg_catalog.{stemmer}" for stemmer in ACCENTED.values()),
)


def config_for(language: str) -> str:
    stemmer = STEMMERS.get(language)
    return f"hub_{stemmer}" if stemmer else SIMPLE


def accented_config_for(language: str) -> str | None:
    stemmer = ACCENTED.get(language)
    return f"pg_catalog.{stemmer}" if stemmer else None
