"""From what people type to what PostgreSQL matches, in all languages of the hub at once."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from difflib import get_close_matches

from django.db import connection

from apps.search.configs import ALL_CONFIGS

MAX_TERMS = 12
_TOKEN = re.compile(r'(-?)"([^"]*)"?|(\S+)')
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
    planner. A word that one language ignores ("the", "und") is ignored in all: texts of that language lack it.
    """
    lexemes = _lexemes([term.text for term in terms])
    parts: list[str] = []
    for term, readings in zip(terms, lexemes, strict=True):
        if not readings or ("" in readings and len(terms) > 1):
            continue
        query = " | ".join(f"({reading})" for reading in sorted(readings) if reading)
        if not query:
            continue
        if term.is_excluded:
            parts.append(f"!({query})")
        elif term.is_alternative and parts:
            parts[-1] = f"({parts[-1]} | {query})"
        else:
            parts.append(f"({query})")
    if all(part.startswith("!") for part in parts):
        return ""
    return " & ".join(parts)


def _lexemes(texts: list[str]) -> list[set[str]]:
    if not texts:
        return []
    sql = """
        SELECT number, array_agg(DISTINCT phraseto_tsquery(config::regconfig, term)::text)
        FROM unnest(%s::text[]) WITH ORDINALITY AS terms (term, number), unnest(%s::text[]) AS config
        GROUP BY number
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [texts, list(ALL_CONFIGS)])
        found = {int(number): set(readings) for number, readings in cursor.fetchall()}
    return [found.get(number, set()) for number in range(1, len(texts) + 1)]


def corrected(words: str, *, kinds: tuple[str, ...]) -> str:
    """The words with those that stand in no public item replaced by the nearest that do; empty if none is near."""
    terms = terms_of(words)
    better = [_nearest(term, kinds) for term in terms]
    if better == terms or any(term is None for term in better):
        return ""
    return " ".join(term.typed() for term in better if term)


def _nearest(term: Term, kinds: tuple[str, ...]) -> Term | None:
    if term.is_excluded or " " in term.text or _is_known(term, kinds):
        return term
    wanted = term.text.lower()
    sql = """
        SET LOCAL pg_trgm.word_similarity_threshold = 0.4;
        SELECT lower(unaccent(%(word)s)), fuzzy FROM search_document
        WHERE kind = ANY(%(kinds)s) AND lower(unaccent(%(word)s)) <%% fuzzy
        ORDER BY word_similarity(lower(unaccent(%(word)s)), fuzzy) DESC LIMIT %(limit)s
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, {"word": wanted, "kinds": list(kinds), "limit": _CANDIDATES})
        rows = cursor.fetchall()
    candidates = {word for _plain, fuzzy in rows for word in re.findall(r"\w+", fuzzy)}
    plain = rows[0][0] if rows else wanted
    close = get_close_matches(plain, sorted(candidates), n=1, cutoff=_CLOSE)
    return replace(term, text=close[0]) if close else None


def _is_known(term: Term, kinds: tuple[str, ...]) -> bool:
    query = tsquery_of([term])
    if not query:
        return True
    sql = "SELECT EXISTS (SELECT FROM search_document WHERE kind = ANY(%s) AND tsv @@ %s::tsquery)"
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(kinds), query])
        return bool(cursor.fetchone()[0])
