"""Which of PostgreSQL's text search configurations each language is read with.

Each is a copy of PostgreSQL's own with ``unaccent`` before the stemmer (made by a migration), so that accents are
forgiven. Languages without a stemmer use ``hub_simple``.
"""

from __future__ import annotations

SIMPLE = "hub_simple"
STEMMERS = {
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "et": "estonian",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hu": "hungarian",
    "it": "italian",
    "lt": "lithuanian",
    "nl": "dutch",
    "pt": "portuguese",
    "ro": "romanian",
    "sv": "swedish",
}
ALL_CONFIGS = (SIMPLE, *(f"hub_{stemmer}" for stemmer in STEMMERS.values()))


def config_for(language: str) -> str:
    stemmer = STEMMERS.get(language)
    return f"hub_{stemmer}" if stemmer else SIMPLE
