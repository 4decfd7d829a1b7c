"""From what people type to what PostgreSQL matches, in all languages of the hub at once."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from django.db import connection

from apps.search.configs import ALL_CONFIGS

MAX_TERMS = 12
MAX_CORRECTED = 3  # unknown words; each is compared with every title
_TOKEN = re.compile(r'(-?)"([^"]*)"?|(\S+)')
_WORD = re.compile(r"\w+")
_CANDIDATES = 5
_CLOSE = 0.72


@dataclass(frozen=True)
class Term:
    """A word, or a phrase in quotes; excluded with a minus; joined to the one before by OR if so written."""

    text: str
    is_excluded: bool = False
    is_alternative: bool = False

    def typed(self) -> str:
        text = f'"{self.text}"' if " " in self.text else self.text
        return f"{'OR ' if self.is_alternative else ''}{'-' if self.is_excluded else ''}{text}"


def terms_of(words: str) -> list[Term]:
    """Whatever is typed gives terms; nothing is an error."""
    found: list[Term] = []
    is_alternative = False
    for minus, phrase, word in _TOKEN.findall(words):
        if word == "OR" and found:
            is_alternative = True
            continue
        excluded = minus == "-" or (len(word) > 1 and word.startswith("-"))
        text = " ".join(phrase.split()) if phrase else word.lstrip("-")
        if any(char.isalnum() for char in text):
            found.append(Term(text, is_excluded=excluded, is_alternative=is_alternative and not excluded))
        is_alternative = False
    return found[:MAX_TERMS]


def tsquery_of(terms: list[Term]) -> str:
    """The terms as a tsquery's text; empty where nothing is left to look for.

    Each term is read by every language's configuration, and doubles are removed, since they would mislead the
    planner. A word that one language ignores ("the", "und") is ignored in all, since texts of that language lack it;
    but where nothing else was typed, it is looked for in the others.
    """
    queries = _queries(terms)
    if any(not query.is_common and query.text for query in queries):
        queries = [query for query in queries if not query.is_common]
    parts: list[str] = []
    for query in queries:
        if not query.text:
            continue
        if query.term.is_excluded:
            parts.append(f"!({query.text})")
        elif query.term.is_alternative and parts:
            parts[-1] = f"({parts[-1]} | {query.text})"
        else:
            parts.append(f"({query.text})")
    if all(part.startswith("!") for part in parts):
        return ""
    return " & ".join(parts)


@dataclass(frozen=True)
class _Query:
    """What a term looks for in all languages; ``is_common``: at least one language ignores it."""

    term: Term
    text: str
    is_common: bool


def _queries(terms: list[Term]) -> list[_Query]:
    if not terms:
        return []
    sql = """
        SELECT number, array_agg(DISTINCT phraseto_tsquery(config::regconfig, term)::text)
        FROM unnest(%s::text[]) WITH ORDINALITY AS terms (term, number), unnest(%s::text[]) AS config
        GROUP BY number
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [[term.text for term in terms], list(ALL_CONFIGS)])
        found = {int(number): readings for number, readings in cursor.fetchall()}
    return [
        _Query(term, " | ".join(f"({reading})" for reading in sorted(readings) if reading), "" in readings)
        for number, term in enumerate(terms, 1)
        for readings in [found[number]]
    ]


def corrected(words: str, *, kinds: tuple[str, ...]) -> str:
    """The words with those that stand in no public item replaced by the nearest that do; empty if none is near.

    Phrases and excluded words are left as they are.
    """
    terms = terms_of(words)
    single = {term.text for term in terms if not term.is_excluded and " " not in term.text}
    nearest = _nearest(sorted(single), kinds)
    if not nearest or not all(nearest.values()):
        return ""
    return " ".join(
        (replace(term, text=nearest[term.text]) if term.text in nearest else term).typed() for term in terms
    )


def _nearest(words: list[str], kinds: tuple[str, ...]) -> dict[str, str]:
    """For each word that no item has, the most similar one of titles, authors and summaries; empty if none is near."""
    sql = """
        SET LOCAL pg_trgm.word_similarity_threshold = 0.4; SET LOCAL enable_seqscan = off;
        WITH readings AS (
            SELECT word, phraseto_tsquery(config::regconfig, word)::text AS reading
            FROM unnest(%(words)s::text[]) AS word, unnest(%(configs)s::text[]) AS config
        ),
        queries AS (
            SELECT word, string_agg(DISTINCT '(' || reading || ')', ' | ')::tsquery AS query FROM readings
            GROUP BY word HAVING bool_and(reading <> '')
        ),
        unknown AS MATERIALIZED (
            SELECT word, lower(unaccent(word)) AS plain FROM queries WHERE NOT EXISTS (
                SELECT FROM search_document WHERE kind = ANY(%(kinds)s) AND tsv @@ query
            )
        )
        SELECT word, plain, near.fuzzy FROM unknown LEFT JOIN LATERAL (
            SELECT fuzzy FROM search_document
            WHERE kind = ANY(%(kinds)s) AND plain <%% fuzzy AND (SELECT count(*) FROM unknown) <= %(most)s
            ORDER BY word_similarity(plain, fuzzy) DESC, id LIMIT %(limit)s
        ) AS near ON true
    """
    values: dict[str, Any] = {
        "words": words,
        "configs": list(ALL_CONFIGS),
        "kinds": list(kinds),
        "most": MAX_CORRECTED,
        "limit": _CANDIDATES,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = cursor.fetchall()
    candidates: dict[tuple[str, str], set[str]] = {}
    for word, plain, fuzzy in rows:
        candidates.setdefault((word, plain), set()).update(_WORD.findall(fuzzy or ""))
    close = {
        word: get_close_matches(plain, sorted(found), n=1, cutoff=_CLOSE)
        for (word, plain), found in candidates.items()
    }
    return {word: found[0] if found else "" for word, found in close.items()}
