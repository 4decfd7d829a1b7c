"""Writing the search, in the transaction of the item."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from uuid import uuid4
from typing import Any

from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import F

from apps.core.events import publish
from apps.search.configs import SIMPLE, config_for
from apps.search.events import SearchChanged
from apps.search.models import Document, DocumentText, FacetValue
from apps.search.registry import DocumentData, SearchSource, facets_of, source_of

BATCH = 500
# A tsvector holds one megabyte at the most; the words of a longer text are found in its beginning.
INDEXED_CHARS = 200_000
GENERATION_KEY = "search.generation"
_TURNS = 256

_UPSERT = """
INSERT INTO search_document (
    kind, object_id, title, summary, authors, language, url, published_at, first_public_at, downloads, facets, card,
    fuzzy, head, tsv
)
SELECT kind, object_id, title, summary, authors, language, url, published_at, first_public_at, downloads, facets, card,
    lower(unaccent(title || ' ' || authors || ' ' || summary)),
    head,
    head || setweight(to_tsvector(config, body), 'D')
FROM (
    SELECT *,
        setweight(to_tsvector(config, title), 'A') || setweight(to_tsvector(simple, title), 'A')
        || setweight(to_tsvector(config, summary), 'B') || setweight(to_tsvector(simple, authors), 'B') AS head
    FROM (SELECT %(kind)s::text AS kind, %(object_id)s::bigint AS object_id, %(title)s::text AS title,
        %(summary)s::text AS summary, %(authors)s::text AS authors, %(language)s::text AS language,
        %(url)s::text AS url, %(published_at)s::timestamptz AS published_at,
        %(first_public_at)s::timestamptz AS first_public_at, %(downloads)s::int AS downloads,
        %(facets)s::int[] AS facets, %(card)s::jsonb AS card, %(body)s::text AS body,
        %(config)s::regconfig AS config, %(simple)s::regconfig AS simple) AS given
) AS vectors
ON CONFLICT (kind, object_id) DO UPDATE SET
    title = excluded.title, summary = excluded.summary, authors = excluded.authors, language = excluded.language,
    url = excluded.url, published_at = excluded.published_at, downloads = excluded.downloads,
    facets = excluded.facets, card = excluded.card, fuzzy = excluded.fuzzy, head = excluded.head, tsv = excluded.tsv
RETURNING id
"""


@transaction.atomic
def index(kind: str, pks: Collection[int]) -> None:
    """Bring these items into the search as they are now, or out of it when they are not public."""
    source = source_of(kind)
    _take_turns(kind, pks)
    for chunk in _chunks(iter(sorted(set(pks)))):
        documents = sorted(source.documents(chunk), key=lambda document: document.pk)
        gone = set(chunk) - {document.pk for document in documents}
        Document.objects.filter(kind=kind, object_id__in=gone).delete()
        _write(source, documents)
    publish(SearchChanged(kind=kind))


def reindex(kind: str) -> int:
    """Build one kind anew: rows of what is gone leave, everything else is written again. Returns the number of rows."""
    source = source_of(kind)
    known = set(source.all_pks())
    strays = Document.objects.filter(kind=kind).values_list("object_id", flat=True)
    for chunk in _chunks(iter(sorted(known | set(strays)))):
        index(kind, chunk)
    return Document.objects.filter(kind=kind).count()


def bump_downloads(kind: str, pk: int) -> None:
    """Count one more download; an item that is not public has no row to count in."""
    Document.objects.filter(kind=kind, object_id=pk).update(downloads=F("downloads") + 1)


def generation() -> str:
    """Part of the key of what is counted and kept. It never comes back, even where the cache lost it."""
    found: str = cache.get_or_set(GENERATION_KEY, _new_generation, None)
    return found


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


def _write(source: SearchSource, documents: list[DocumentData]) -> None:
    numbers = _facet_numbers(source, documents)
    with connection.cursor() as cursor:
        texts = []
        for document in documents:
            cursor.execute(_UPSERT, _row(source.kind, document, numbers))
            texts.append(DocumentText(document_id=cursor.fetchone()[0], body=document.body))
    DocumentText.objects.bulk_create(
        texts, update_conflicts=True, unique_fields=["document"], update_fields=["body"]
    )


def _row(kind: str, document: DocumentData, numbers: dict[tuple[str, str], int]) -> dict[str, Any]:
    from django.core.serializers.json import DjangoJSONEncoder
    from psycopg2.extras import Json

    return {
        "kind": kind,
        "object_id": document.pk,
        "title": document.title[:300],
        "summary": document.summary,
        "authors": document.authors[:500],
        "language": document.language,
        "url": document.url,
        "published_at": document.published_at,
        "first_public_at": document.first_public_at or document.published_at,
        "downloads": document.downloads,
        "facets": sorted({numbers[pair] for pair in _pairs(kind, document)}),
        "card": Json(dict(document.card), dumps=DjangoJSONEncoder().encode),
        "body": document.body[:INDEXED_CHARS],
        "config": config_for(document.language),
        "simple": SIMPLE,
    }


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
