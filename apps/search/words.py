"""From what people type to what PostgreSQL matches, in all languages of the hub at once."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from apps.search.configs import ALL_CONFIGS
from apps.search.reading import SEPARATORS, accented_sql, split

MAX_TERMS = 12
MAX_GROUPS = 6  # of words that are counted in each item where no item has them all
MAX_CORRECTED = 3  # unknown words; each is compared with all that are known
_TOKEN = re.compile(r'(-?)"([^"]*)"?|(\S+)')
_WORD = re.compile(rf"[^\s{re.escape(SEPARATORS)}]+")
_CANDIDATES = 40
_FAR = 1_000
_CHARS_PER_ERROR = 4  # one is forgiven in words of four letters, two from eight on, three from twelve on


@dataclass(frozen=True)
class Term:
    """A word, or a phrase in quotes; excluded with a minus; joined to the one before by OR if so written."""

    text: str
    is_excluded: bool = False
    is_alternative: bool = False

    @property
    def read(self) -> str:
        return split(self.text)

    @property
    def is_phrase(self) -> bool:
        return " " in self.text

    def typed(self) -> str:
        text = f'"{self.text}"' if self.is_phrase else self.text
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
    planner. A word that one language ignores ("the", "und") is ignored in all, since texts of that language lack it.
    Where nothing else was typed, each language looks for those that it does not ignore.
    """
    readings, telling, excluded = _read(terms)
    wanted = [term for term in terms if not term.is_excluded]
    found = " & ".join(_groups(telling, readings)) if telling else _by_language(wanted, readings)
    return _without(found, excluded, readings)


def some_of(terms: list[Term]) -> tuple[str, ...]:
    """A tsquery for each of the words, for items that have some of them; none where there is only one.

    Of many the longest, which tell most: each is looked up by itself.
    """
    readings, telling, excluded = _read(terms)
    groups = sorted(dict.fromkeys(_groups(telling, readings)), key=len, reverse=True)[:MAX_GROUPS]
    return tuple(_without(group, excluded, readings) for group in groups) if len(groups) > 1 else ()


def _read(terms: list[Term]) -> tuple[Readings, list[Term], list[Term]]:
    """The readings, the terms that every language looks for, and those that must not be there.

    The parts of a word with a hyphen are read with it: a typing error stands in one of them.
    """
    parts = {part for term in terms if not term.is_phrase for part in term.read.split()}
    readings = _readings({term.read for term in terms} | parts)
    telling = [term for term in terms if not term.is_excluded and all(readings[term.read])]
    excluded = [term for term in terms if term.is_excluded and (all(readings[term.read]) or not telling)]
    return readings, telling, excluded


def _without(found: str, excluded: list[Term], readings: Readings) -> str:
    if not found:
        return ""
    return " & ".join([found, *(f"!({text})" for term in excluded if (text := _any_of(readings[term.read])))])


def _groups(terms: list[Term], readings: Readings) -> list[str]:
    """One for each word, or for words of which any will do."""
    parts: list[str] = []
    for term in terms:
        text = _any_of(readings[term.read])
        if text and term.is_alternative and parts:
            parts[-1] = f"({parts[-1]} | {text})"
        elif text:
            parts.append(f"({text})")
    return parts


def _by_language(terms: list[Term], readings: Readings) -> str:
    """Of "the die" an English text has only the one word, and a Dutch one only the other."""
    single = [
        " & ".join(_groups(terms, {text: (found[place],) for text, found in readings.items()}))
        for place in range(len(ALL_CONFIGS))
    ]
    either = " | ".join(f"({text})" for text in dict.fromkeys(single) if text)
    return f"({either})" if either else ""


def _any_of(found: tuple[str, ...]) -> str:
    return " | ".join(f"({reading})" for reading in sorted(set(found)) if reading)


# For each text what each configuration makes of it, in their order; empty where it is ignored.
Readings = dict[str, tuple[str, ...]]
# What the configurations make of a text is always the same, and people type the same words again and again.
_known: Readings = {}
_MOST_KNOWN = 20_000


def _readings(texts: set[str]) -> Readings:
    found = {text: _known[text] for text in texts if text in _known}
    unread = sorted(texts - found.keys())
    if unread:
        sql = f"""
            SELECT term, {_READ_BY_ALL.format(text="term")} FROM unnest(%(terms)s::text[]) AS term
        """  # noqa: S608 - only our own words are put in
        with connection.cursor() as cursor:
            cursor.execute(sql, {"terms": unread, "configs": list(ALL_CONFIGS)})
            found |= _kept({term: tuple(readings) for term, readings in cursor.fetchall()})
    return found


_READ_BY_ALL = f"""(
    SELECT array_agg(
        phraseto_tsquery(config::regconfig, {accented_sql("{text}", "config")})::text ORDER BY place
    ) FROM unnest(%(configs)s::text[]) WITH ORDINALITY AS configs (config, place)
)"""  # noqa: S608 - as above


def _kept(read: Readings) -> Readings:
    if len(_known) > _MOST_KNOWN:
        _known.clear()
    _known.update(read)
    return read


def corrected(words: str, *, kinds: tuple[str, ...]) -> str:
    """The words with those that stand in no public item replaced by the nearest that do; empty if none is near.

    Phrases and excluded words are left as they are.
    """
    terms = terms_of(words)
    changeable = {term for term in terms if not term.is_excluded and not term.is_phrase}
    nearest = _nearest(sorted({word for term in changeable for word in term.read.split()}), kinds)
    if not nearest or not all(nearest.values()):
        return ""
    return " ".join(
        (replace(term, text=_with_nearest(term.text, nearest)) if term in changeable else term).typed()
        for term in terms
    )


def _with_nearest(text: str, nearest: dict[str, str]) -> str:
    """Of "peer-reveiw" the second part alone is changed, and the hyphen stays."""
    return _WORD.sub(lambda found: nearest.get(found[0], found[0]), text)


def _nearest(words: list[str], kinds: tuple[str, ...]) -> dict[str, str]:
    """For each word that no public item has, the most similar one that some have; empty if none is near."""
    swaps = [(word, swap) for word in words for swap in _swaps(word)]
    readings = _readings(set(words))
    telling = [word for word in words if all(readings[word])]
    values: dict[str, Any] = {
        "words": telling,
        "queries": [_any_of(readings[word]) for word in telling],
        "swapped": [word for word, _swap in swaps],
        "swaps": [swap for _word, swap in swaps],
        "configs": list(ALL_CONFIGS),
        "kinds": list(kinds),
        "most": MAX_CORRECTED,
        "limit": _CANDIDATES,
    }
    with connection.cursor() as cursor:
        cursor.execute(_NEAREST, values)
        rows = cursor.fetchall()
    nearest: dict[str, str] = {}
    distances: dict[str, int] = {}
    for word, plain, candidate, read in rows:
        nearest.setdefault(word, "")
        distance = _distance(plain, candidate) if candidate else _FAR
        if distance <= len(plain) // _CHARS_PER_ERROR and distance < distances.get(word, _FAR):
            nearest[word], distances[word] = candidate, distance
            _kept({candidate: tuple(read)})
    return nearest


# How the candidates are read comes along, so that looking them up needs no statement more.
_NEAREST = f"""
    SET LOCAL pg_trgm.similarity_threshold = 0.25; SET LOCAL enable_seqscan = off;
    WITH unknown AS MATERIALIZED (
        SELECT word, lower(unaccent(word)) AS plain
        FROM unnest(%(words)s::text[], %(queries)s::text[]) AS asked (word, query) WHERE NOT EXISTS (
            SELECT FROM search_document WHERE kind = ANY(%(kinds)s) AND tsv @@ query::tsquery
        )
    )
    SELECT word, plain, near.text, {_READ_BY_ALL.format(text="near.text")}
    FROM unknown LEFT JOIN LATERAL (
        (SELECT text, config FROM search_word
        WHERE text %% plain AND (SELECT count(*) FROM unknown) <= %(most)s
        ORDER BY similarity(text, plain) DESC, text LIMIT %(limit)s)
        UNION
        SELECT text, config FROM search_word WHERE text IN (
            SELECT lower(unaccent(swap)) FROM unnest(%(swapped)s::text[], %(swaps)s::text[]) AS swaps (swapped, swap)
            WHERE swapped = word
        )
    ) AS near ON EXISTS (
        SELECT FROM search_document
        WHERE kind = ANY(%(kinds)s) AND tsv @@ plainto_tsquery(near.config::regconfig, near.text)
    )
"""  # noqa: S608 - as above


def _swaps(word: str) -> list[str]:
    """With two neighbours changed: in a short word that leaves hardly any three letters as they were."""
    return [
        f"{word[:place]}{word[place + 1]}{word[place]}{word[place + 2 :]}" for place in range(len(word) - 1)
    ][:_CANDIDATES]


def _distance(one: str, other: str) -> int:
    """How many letters are missing, added, changed or swapped with their neighbour (optimal string alignment)."""
    before: list[int] = []
    above = list(range(len(other) + 1))
    for row, left in enumerate(one, 1):
        line = [row]
        for column, right in enumerate(other, 1):
            cost = min(above[column] + 1, line[-1] + 1, above[column - 1] + (left != right))
            if row > 1 and column > 1 and left == other[column - 2] and one[row - 2] == right:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        before, above = above, line
    return above[-1]
