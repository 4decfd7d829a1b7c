"""Writing the search, in the transaction of the item."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC
from itertools import islice
from typing import Any
from uuid import uuid4

from django.core.cache import cache
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import F

from apps.core.events import publish
from apps.search.configs import SIMPLE, accented_config_for, config_for
from apps.search.events import SearchChanged
from apps.search.models import Document, FacetValue
from apps.search.reading import split_sql
from apps.search.registry import DocumentData, SearchSource, facets_of, source_of

BATCH = 500
# A tsvector holds one megabyte at the most; the words of a longer text are found in its beginning.
INDEXED_CHARS = 200_000
GENERATION_KEY = "search.generation"
PORTION_CHARS = 4_000_000
KEYWORDS = config_for("en")
MAX_TITLE_CHARS, MAX_AUTHORS_CHARS = 300, 500
MIN_WORD_CHARS, MAX_WORD_CHARS = 4, 30  # of words that typing errors are compared with
_TURNS = 256
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def _vector(column: str, weight: str) -> str:
    """The words as their language's stemmer knows them without accents, and where it differs, with them."""
    text = split_sql(column)
    plain, accented = f"to_tsvector(config, {text})", f"to_tsvector(accented, {text})"
    extra = f"ts_delete({accented}, tsvector_to_array({plain}))"
    return f"setweight({plain}, '{weight}') || coalesce(setweight({extra}, '{weight}'), '')"


def write_sql(given: str) -> str:
    """One statement for any number of items of one kind. ``given`` names rows with the columns of ``_GIVEN``.

    The words of a title are kept unstemmed, too: many titles are not in the language of their item.
    """
    title = split_sql("title")
    everything = split_sql("concat_ws(' ', title, authors, summary, body)")
    keywords = split_sql("keywords")
    return f"""
        WITH given AS MATERIALIZED (SELECT * FROM {given}),
        vectors AS (
            SELECT *, {_vector("title", "A")} || {_vector("summary", "B")}
                || setweight(to_tsvector('{SIMPLE}', {split_sql("authors")}), 'B')
                || CASE WHEN config = '{SIMPLE}'::regconfig THEN '' ELSE
                    setweight(ts_delete(to_tsvector('{SIMPLE}', {title}),
                        tsvector_to_array(to_tsvector(config, {title}))), 'A') END AS head
            FROM given
        ),
        written AS (
            INSERT INTO search_document (
                kind, object_id, title, summary, authors, language, url, published_at, first_public_at, downloads,
                facets, card, head, tsv
            )
            SELECT %(kind)s, object_id, title, summary, authors, language, url, published_at, first_public_at,
                downloads, facets, card, head,
                head || {_vector("body", "D")} || setweight(to_tsvector('{KEYWORDS}', {keywords}), 'C')
            FROM vectors ORDER BY object_id
            ON CONFLICT (kind, object_id) DO UPDATE SET
                title = excluded.title, summary = excluded.summary, authors = excluded.authors,
                language = excluded.language, url = excluded.url, published_at = excluded.published_at,
                downloads = excluded.downloads, facets = excluded.facets, card = excluded.card,
                head = excluded.head, tsv = excluded.tsv
            RETURNING id, object_id
        ),
        words AS (
            INSERT INTO search_word (text, config)
            SELECT DISTINCT word, reader FROM given,
                LATERAL (VALUES ({everything}, config::text), ({keywords}, '{KEYWORDS}')) AS texts (text, config),
                unnest(to_tsvector('{SIMPLE}', texts.text)) AS lexemes,
                LATERAL (SELECT lexeme COLLATE "C" AS word, texts.config COLLATE "C" AS reader) AS words
            WHERE word ~ '^[a-z\\u0080-\\uFFFF]{{{MIN_WORD_CHARS},{MAX_WORD_CHARS}}}$' AND NOT EXISTS (
                SELECT FROM search_word WHERE search_word.text = word AND search_word.config = reader
            )
        )
        INSERT INTO search_documenttext (document_id, body, keywords)
        SELECT written.id, given.body, given.keywords FROM written JOIN given USING (object_id)
        ON CONFLICT (document_id) DO UPDATE SET body = excluded.body, keywords = excluded.keywords
    """  # noqa: S608 - only our own words are put in; every value is a parameter


_GIVEN = """json_to_recordset(%(documents)s::json) AS given (
    object_id bigint, title text, summary text, authors text, language text, url text, published_at timestamptz,
    first_public_at timestamptz, downloads int, facets int[], card jsonb, body text, keywords text,
    config regconfig, accented regconfig
)"""
_WRITE = write_sql(_GIVEN)


@transaction.atomic
def index(kind: str, pks: Collection[int]) -> None:
    """Bring these items into the search as they are now, or out of it when they are not public."""
    source = source_of(kind)
    _take_turns(kind, pks)
    for chunk in _chunks(iter(sorted(set(pks)))):
        public: set[int] = set()
        for documents in _portions(source.documents(chunk)):
            _write(source, documents)
            public.update(document.pk for document in documents)
        _remove(kind, set(chunk) - public)
    publish(SearchChanged(kind=kind))


def reindex(kind: str) -> int:
    """Build one kind anew: rows of what is gone leave, everything else is written again. Returns the number of rows."""
    source = source_of(kind)
    known = set(source.all_pks())
    strays = Document.objects.filter(kind=kind).values_list("object_id", flat=True)
    for chunk in _chunks(iter(sorted(known | set(strays)))):
        index(kind, chunk)
    return Document.objects.filter(kind=kind).count()


@dataclass(frozen=True)
class Differences:
    """Where the search of a kind is not what its source says, by the ids of the items."""

    missing: frozenset[int]
    stray: frozenset[int]
    changed: frozenset[int]

    def __bool__(self) -> bool:
        return bool(self.missing or self.stray or self.changed)


def check(kind: str) -> Differences:
    """Compare the search with its source, which nothing but a fault of the hub can separate. Changes nothing."""
    source = source_of(kind)
    stored = set(Document.objects.filter(kind=kind).values_list("object_id", flat=True))
    public: set[int] = set()
    changed: set[int] = set()
    for chunk in _chunks(iter(sorted(stored | set(source.all_pks())))):
        for documents in _portions(source.documents(chunk)):
            public.update(document.pk for document in documents)
            changed.update(_changed(source, documents))
    return Differences(frozenset(public - stored), frozenset(stored - public), frozenset(changed))


def repair(kind: str) -> Differences:
    """Bring what differs in order; returns what differed."""
    found = check(kind)
    for chunk in _chunks(iter(sorted(found.missing | found.stray | found.changed))):
        index(kind, chunk)
    return found


def _changed(source: SearchSource, documents: list[DocumentData]) -> Iterator[int]:
    numbers = {
        (value.facet, value.code): value.pk for value in FacetValue.objects.filter(facet__in=_facets(source))
    }
    rows = Document.objects.filter(kind=source.kind, object_id__in=[document.pk for document in documents])
    texts = {name: F(f"text__{name}") for name in _COMPARED_TEXTS}
    stored = {row["object_id"]: row for row in rows.values(*_COMPARED, **texts)}
    for document in documents:
        if document.pk in stored:
            wanted = _row(source.kind, document, defaultdict(int, numbers))
            kept = stored[document.pk]
            kept["published_at"] = kept["published_at"].isoformat()
            wanted["published_at"] = document.published_at.astimezone(UTC).isoformat()
            wanted["card"] = json.loads(json.dumps(wanted["card"], cls=DjangoJSONEncoder))
            if any(kept[name] != wanted[name] for name in (*_COMPARED, *_COMPARED_TEXTS)):
                yield document.pk


def _facets(source: SearchSource) -> list[str]:
    return ["kind", *(facet.key for facet in source.facets)]


_COMPARED = ("object_id", "title", "summary", "authors", "language", "url", "published_at", "facets", "card")
_COMPARED_TEXTS = ("body", "keywords")


def bump_downloads(kind: str, pk: int) -> None:
    """Count one more download; an item that is not public has no row to count in."""
    Document.objects.filter(kind=kind, object_id=pk).update(downloads=F("downloads") + 1)


def generation() -> str:
    """Part of the key of what is counted and kept. It never comes back, even where the cache lost it."""
    return str(cache.get_or_set(GENERATION_KEY, _new_generation, None))


def forget_cached_facets() -> None:
    """What was counted before is asked for under a name that is no longer current."""
    cache.set(GENERATION_KEY, _new_generation(), None)


def _new_generation() -> str:
    return uuid4().hex


def _take_turns(kind: str, pks: Collection[int]) -> None:
    """One writer at a time for an item, from reading it to the end of the transaction.

    Otherwise a rebuilding of the search that read an item just before it was hidden would bring it back. The number
    of locks is bounded, whatever the number of items.
    """
    buckets = sorted({pk % _TURNS for pk in pks})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext(%s), bucket) FROM unnest(%s::int[]) AS bucket",
            [f"search.{kind}", buckets],
        )


def _remove(kind: str, pks: Collection[int]) -> None:
    if pks:
        Document.objects.filter(kind=kind, object_id__in=pks).delete()


def _portions(documents: Iterable[DocumentData]) -> Iterator[list[DocumentData]]:
    """As many as fit into one statement without much memory: long texts come in small portions."""
    portion: list[DocumentData] = []
    chars = 0
    for document in documents:
        portion.append(document)
        chars += len(document.body)
        if chars > PORTION_CHARS:
            yield portion
            portion, chars = [], 0
    yield portion


def _write(source: SearchSource, documents: list[DocumentData]) -> None:
    if not documents:
        return
    numbers = _facet_numbers(source, documents)
    rows = [_row(source.kind, document, numbers) for document in documents]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, {"kind": source.kind, "documents": json.dumps(rows, cls=DjangoJSONEncoder)})


def _row(kind: str, document: DocumentData, numbers: dict[tuple[str, str], int]) -> dict[str, Any]:
    return {
        "object_id": document.pk,
        "title": _clean(document.title)[:MAX_TITLE_CHARS],
        "summary": _clean(document.summary),
        "authors": _clean(document.authors)[:MAX_AUTHORS_CHARS],
        "language": document.language,
        "url": document.url,
        "published_at": document.published_at.isoformat(),
        "first_public_at": (document.first_public_at or document.published_at).isoformat(),
        "downloads": document.downloads,
        "facets": sorted({numbers[pair] for pair in _pairs(kind, document)}),
        "card": document.card,
        "body": _clean(document.body[:INDEXED_CHARS]),
        "keywords": _clean(document.keywords),
        "config": config_for(document.language),
        "accented": accented_config_for(document.language),
    }


def _clean(text: str) -> str:
    """Without what no database, XML or browser takes: control characters and halves of characters (from files)."""
    return _UNPRINTABLE.sub(" ", text)


def _pairs(kind: str, document: DocumentData) -> Iterator[tuple[str, str]]:
    yield ("kind", kind)
    for facet, codes in document.facets.items():
        for code in codes:
            yield (facet, code)


def _facet_numbers(source: SearchSource, documents: list[DocumentData]) -> dict[tuple[str, str], int]:
    """The numbers of all facet values of these documents; new values get one."""
    codes: dict[str, set[str]] = {}
    for document in documents:
        for facet, code in _pairs(source.kind, document):
            codes.setdefault(facet, set()).add(code)
    known = {
        (facet, code): (pk, label)
        for facet, code, pk, label in FacetValue.objects.filter(facet__in=codes).values_list(
            "facet", "code", "pk", "label"
        )
    }
    definitions = facets_of([source.kind])
    changed = [
        FacetValue(facet=facet, code=code, label=label)
        for facet, found in sorted(codes.items())
        for labels in [definitions[facet].labels(found)]
        for code in sorted(found)
        for label in [str(labels.get(code, code))[:200]]
        if (facet, code) not in known or known[facet, code][1] != label
    ]
    numbers = {pair: pk for pair, (pk, _label) in known.items()}
    if changed:
        FacetValue.objects.bulk_create(
            changed, update_conflicts=True, unique_fields=["facet", "code"], update_fields=["label"]
        )
        rows = FacetValue.objects.filter(facet__in=codes).values_list("facet", "code", "pk")
        numbers = {(facet, code): pk for facet, code, pk in rows}
    return numbers


def _chunks(pks: Iterator[int]) -> Iterable[list[int]]:
    while chunk := list(islice(pks, BATCH)):
        yield chunk
