"""Made documents: any number, always the same for the same number, each number in a schema of its own.

A tenth have a text of 2,000 words, as a file would give; all have title, summary and facets. The vocabulary follows
Zipf's law, as languages do. Three marker words stand in a known share of the documents.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from django.db import connection

from apps.search.configs import accented_config_for, config_for
from apps.search.services import forget_cached_facets, write_sql

KIND = "resource"
IN_BODY, IN_TITLE = 0.5, 0.3  # where a marker stands: of the long texts and of the others so many
MARKERS = {"monitoring": 0.30, "voucher": 0.03, "heatpump": 0.0005}
ONLY_IN_BODIES = "thermocouple"  # in a third of the long texts, nowhere else
LONG_SHARE, LONG_WORDS = 0.10, 2_000
ENDINGS = {
    "en": ("", "s", "ing", "ation", "ed"),
    "de": ("", "en", "ung", "ungen", "lich"),
    "fr": ("", "s", "ation", "ations", "ité"),
    "es": ("", "s", "ación", "aciones", "mente"),
    "it": ("", "i", "azione", "azioni", "mente"),
    "pl": ("", "y", "ów", "ami", "ość"),
}
LANGUAGES = tuple(ENDINGS)
TYPES = (
    "framework",
    "method",
    "tool",
    "evaluation",
    "evaluation_summary",
    "article",
    "guide",
    "dataset",
    "template",
)
TOPICS = tuple(f"topic-{number:02}" for number in range(40))
COUNTRIES = (
    "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT", "LU", "MT",
    "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE",
)  # fmt: skip
YEARS = tuple(str(year) for year in range(2010, 2027))
ORGANISATIONS = tuple(f"organisation-{number:03}" for number in range(300))
VOCABULARY = {
    "kind": (KIND,),
    "type": TYPES,
    "topic": TOPICS,
    "country": COUNTRIES,
    "language": LANGUAGES,
    "year": YEARS,
    "organisation": ORGANISATIONS,
}
_NUMBERS = {
    pair: number
    for number, pair in enumerate(((facet, code) for facet, codes in VOCABULARY.items() for code in codes), 1)
}
_COLUMNS = (
    "object_id, title, summary, authors, language, url, published_at, first_public_at, downloads, facets, card, body, "
    "keywords, config, accented"
)
_STEP = 5_000


def use(size: int) -> None:
    """Let the hub's own connection see so many documents; they are made if they are not there."""
    schema = f"documents_{size}"
    _look_into(schema)
    if not _is_there(schema):
        _build(schema, size)


def leave() -> None:
    """Let the hub's own connection see what other measures made."""
    _look_into("public")


def _look_into(schema: str) -> None:
    connection.close()
    connection.settings_dict["OPTIONS"] = {"options": f"-c jit=off -c search_path={schema},public"}
    forget_cached_facets()


def _recipe() -> str:
    """Documents of an older recipe, or for tables of another shape, are made anew."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM django_migrations WHERE app = 'search' ORDER BY name")
        migrations = [name for (name,) in cursor.fetchall()]
    sources = [inspect.getsource(sys.modules[__name__]), write_sql("given"), *migrations]
    return hashlib.sha256("\n".join(sources).encode()).hexdigest()[:16]


def _is_there(schema: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT obj_description(to_regnamespace(%s)::oid, 'pg_namespace')", [schema])
        return bool(cursor.fetchone()[0] == _recipe())


def _build(schema: str, size: int) -> None:
    print(f"making {size:,} documents", end="", flush=True)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}")
        cursor.execute("SET maintenance_work_mem = '512MB'; SET work_mem = '64MB'")
        later = _make_tables(cursor, schema)
        cursor.executemany(
            "INSERT INTO search_facetvalue (id, facet, code, label) VALUES (%s, %s, %s, %s)",
            [(number, facet, code, code) for (facet, code), number in _NUMBERS.items()],
        )
        cursor.execute(
            "CREATE TEMPORARY TABLE raw (object_id bigint, title text, summary text, authors text, language text, "
            "url text, published_at timestamptz, first_public_at timestamptz, downloads int, facets int[], "
            "card jsonb, body text, keywords text, config regconfig, accented regconfig)"
        )
        made = _documents(size)
        for start in range(0, size, _STEP):
            cursor.execute("TRUNCATE raw")
            cursor.copy_expert(f"COPY raw ({_COLUMNS}) FROM STDIN", _Lines(made, min(_STEP, size - start)))
            cursor.execute(write_sql("raw AS given"), {"kind": KIND})
            print(".", end="", flush=True)
        for definition in later:
            cursor.execute(definition)
        cursor.execute("DROP TABLE raw")
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
        for (table,) in cursor.fetchall():
            cursor.execute(f"VACUUM ANALYZE {table}")
        cursor.execute(f"COMMENT ON SCHEMA {schema} IS '{_recipe()}'")
    connection.close()
    print(" done")


def _make_tables(cursor: object, schema: str) -> list[str]:
    """The search's tables as the migrations made them. Returns the indexes that are quicker made at the end."""
    execute, fetchall = cursor.execute, cursor.fetchall  # type: ignore[attr-defined]
    execute(
        "SELECT relname, array_to_string(reloptions, ', ') FROM pg_class "
        "WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname LIKE 'search\\_%%'"
    )
    for table, options in fetchall():
        execute(
            f"CREATE TABLE {schema}.{table} (LIKE public.{table} INCLUDING DEFAULTS INCLUDING IDENTITY "
            "INCLUDING STORAGE INCLUDING GENERATED INCLUDING CONSTRAINTS)"
        )
        if options:
            execute(f"ALTER TABLE {schema}.{table} SET ({options})")
    execute("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename LIKE 'search\\_%%'")
    definitions = [definition.replace(" ON public.", f" ON {schema}.") for (definition,) in fetchall()]
    later = [
        definition
        for definition in definitions
        if "search_document " in definition and "UNIQUE" not in definition
    ]
    for definition in definitions:
        if definition not in later:
            execute(definition)
    return later


class _Lines:
    """So many documents as a file in COPY's text format."""

    def __init__(self, made: Iterator[str], count: int) -> None:
        self.made, self.left, self.rest = made, count, ""

    def read(self, size: int) -> str:
        while len(self.rest) < size and self.left:
            self.rest += next(self.made)
            self.left -= 1
        given, self.rest = self.rest[:size], self.rest[size:]
        return given


def _documents(size: int) -> Iterator[str]:
    dice = random.Random(2018)
    words = {language: _Words(language, dice) for language in LANGUAGES}
    start = datetime(2019, 1, 1, tzinfo=UTC)
    for number in range(1, size + 1):
        language = dice.choices(LANGUAGES, (40, 20, 12, 12, 10, 6))[0]
        texts = _texts(words[language], dice)
        at = (start + timedelta(seconds=number * 2_000_000_00 // size)).isoformat()
        values = (
            str(number), texts["title"], texts["summary"], "Ada Example, Ben Sample", language,
            f"/knowledge/made-{number}/", at, at, str(int(dice.paretovariate(1)) % 5_000), _facets(language, dice),
            _card(language), texts["body"], "Theory of change, Survey, Cluster managers",
            config_for(language), accented_config_for(language) or "\\N",
        )  # fmt: skip
        yield "\t".join(values) + "\n"


class _Words:
    def __init__(self, language: str, dice: random.Random) -> None:
        roots = ["".join(dice.choices(_SYLLABLES, k=dice.choice((1, 2, 2, 3)))) for _ in range(4_000)]
        self.all = [root + ending for root in roots for ending in dice.sample(ENDINGS[language], 3)]
        self.weights = list(accumulate(1 / rank for rank in range(1, len(self.all) + 1)))
        self.passages = [self.some(100, dice) for _ in range(2_000)]

    def some(self, count: int, dice: random.Random) -> str:
        return " ".join(dice.choices(self.all, cum_weights=self.weights, k=count))


_SYLLABLES = tuple(
    f"{head}{vowel}{tail}" for head in "bdfgklmnprstv" for vowel in "aeiou" for tail in ("", "n", "r", "st")
)


def _texts(words: _Words, dice: random.Random) -> dict[str, str]:
    title, summary = words.some(dice.randrange(4, 10), dice), words.some(dice.randrange(30, 60), dice)
    body: list[str] = []
    if dice.random() < LONG_SHARE:
        body = dice.sample(words.passages, LONG_WORDS // 100)
        if dice.random() < 1 / 3:
            body[dice.randrange(len(body))] += f" {ONLY_IN_BODIES}"
    for marker, share in MARKERS.items():
        if dice.random() >= share:
            continue
        place = dice.random()
        if body and place < IN_BODY:
            body[dice.randrange(len(body))] += f" {marker}"
        elif place < IN_TITLE:
            title += f" {marker}"
        else:
            summary = f"{marker} {summary}"
    return {"title": title, "summary": summary, "body": " ".join(body)}


def _facets(language: str, dice: random.Random) -> str:
    chosen = {
        ("kind", KIND), ("language", language), ("type", dice.choice(TYPES)), ("year", dice.choice(YEARS)),
        ("organisation", dice.choice(ORGANISATIONS)),
        *(("topic", topic) for topic in dice.sample(TOPICS, dice.randrange(1, 5))),
        *(("country", country) for country in dice.sample(COUNTRIES, dice.choice((1, 1, 1, 2, 3)))),
    }  # fmt: skip
    return "{" + ",".join(str(number) for number in sorted(_NUMBERS[pair] for pair in chosen)) + "}"


def _card(language: str) -> str:
    return json.dumps(
        {
            "type": "guide", "year": 2024, "is_year_certain": True, "organisation": "Made organisation",
            "is_reference": False, "is_from_memory": False, "language_name": language, "summary_language": language,
            "countries": ["Austria", "Spain"], "file": "PDF", "size": 123456, "has_link": True, "licence": "CC-BY-4.0",
        }
    )  # fmt: skip


def numbers_of(facet: str, *codes: str) -> list[int]:
    return [_NUMBERS[facet, code] for code in codes]
