"""Fill the guide and the list of reference publications from the files beside this module."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.core.reference import read_csv, register_loader
from apps.core.slugs import slug_of
from apps.knowledge.content import MANY_FIELDS
from apps.knowledge.guide import CHAPTER
from apps.knowledge.link_checks import sync_link_checks
from apps.knowledge.models import Chapter, Resource
from apps.knowledge.slugs import is_free_name
from apps.organisations.indexing import index_organisations
from apps.organisations.models import Organisation
from apps.publishing.enums import PublicationState
from apps.publishing.models import Publication
from apps.search.services import index
from apps.taxonomy.enums import Basis
from apps.taxonomy.models import Country, Language, Method, Region, TargetGroup, Term, Topic

FOLDER = Path(__file__).resolve().parent / "reference"
HUB_EMAIL = "system@clusterhub.invalid"
HUB_ORGANISATION = "clusterhub-editorial-team"
# The list is the base stock. With a date before any contribution it is news to nobody: not on the home page,
# in a feed or in a saved search.
LISTED_AT = datetime(2026, 1, 1, tzinfo=UTC)

_COLUMNS: dict[str, tuple[str, type[Term]]] = {
    "countries": ("country_iso2", Country),
    "regions": ("nuts", Region),
    "topics": ("topic_codes", Topic),
    "methods": ("method_codes", Method),
    "target_groups": ("target_group_codes", TargetGroup),
}


# --- The guide ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ChapterFile:
    """A chapter as it lies in the project."""

    slug: str
    order: int
    title: str
    summary: str
    topics: tuple[str, ...]
    body: str


def read_chapter(path: Path) -> ChapterFile:
    """Front matter between two lines of ``---``, then Markdown; the number in the file's name is not in the address."""
    start, head, body = path.read_text(encoding="utf-8").split("---\n", 2)
    if start:
        raise ValueError(f"{path.name}: the front matter does not begin the file")
    facts = dict(line.split(": ", 1) for line in head.splitlines())
    return ChapterFile(
        slug=path.stem.partition("-")[2],
        order=int(facts["order"]),
        title=facts["title"],
        summary=facts["summary"],
        topics=tuple(topic.strip() for topic in facts["topics"].split(",")),
        body=body.strip() + "\n",
    )


def load_guide(folder: Path = FOLDER / "guide") -> int:
    """Bring every chapter to what its file says, except those that a curator has changed."""
    files = [read_chapter(path) for path in sorted(folder.glob("*.md"))]
    edited = set(Chapter.objects.filter(is_edited=True).values_list("slug", flat=True))
    topics = Topic.objects.in_bulk(field_name="code")
    loaded: list[int] = []
    for file in files:
        if file.slug in edited:
            continue
        values = {"order": file.order, "title": file.title, "summary": file.summary, "body": file.body}
        chapter, _created = Chapter.objects.update_or_create(slug=file.slug, defaults=values)
        chapter.topics.set([topics[code] for code in file.topics])
        loaded.append(chapter.pk)
    index(CHAPTER, loaded)
    return len(files)


# --- Reference publications -----------------------------------------------------------------------


def load_publications(path: Path = FOLDER / "publications.csv") -> int:
    """List real works of others: published at once by the hub itself, known again by the number in the list.

    A constant number of statements, whatever the length of the list.
    """
    rows = {row["id"]: row for row in read_csv(path)}
    languages = Language.objects.in_bulk(field_name="code")
    organisation = hub_organisation()
    known = _known(rows)
    _create(_without(rows, known), languages, organisation)
    unedited = [resource for resource in known.values() if not resource.is_edited]
    _update(unedited, rows, languages)
    changed = _known(rows)
    touched = [resource for resource in changed.values() if not resource.is_edited]
    _set_terms(touched, rows)
    ids = [resource.pk for resource in touched]
    sync_link_checks(ids)
    index("resource", ids)
    return len(rows)


def _known(rows: Iterable[str]) -> dict[str, Resource]:
    found = Resource.objects.filter(external_id__in=list(rows)).select_related("publication")
    return {str(resource.external_id): resource for resource in found}


def _without(rows: dict[str, dict[str, str]], known: Iterable[str]) -> dict[str, dict[str, str]]:
    return {number: row for number, row in rows.items() if number not in set(known)}


def _create(
    rows: dict[str, dict[str, str]], languages: dict[str, Language], organisation: Organisation
) -> None:
    if not rows:
        return
    hub = hub_person()
    publications = Publication.objects.bulk_create(
        Publication(
            kind="resource",
            state=PublicationState.PUBLISHED,
            title=row["title"],
            language=row["language"],
            author=hub,
            organisation=organisation,
            published_at=LISTED_AT,
        )
        for row in rows.values()
    )
    slugs = _slugs(rows)
    Resource.objects.bulk_create(
        Resource(publication=publication, slug=next(slugs), external_id=number, **_values(row, languages))
        for publication, (number, row) in zip(publications, rows.items(), strict=True)
    )
    content_type = ContentType.objects.get_for_model(Publication)
    Entry.objects.bulk_create(
        Entry(
            content_type=content_type,
            object_id=str(publication.pk),
            action="listed",
            to_state=PublicationState.PUBLISHED,
            data={"external_id": number, "source": row["source"]},
        )
        for publication, (number, row) in zip(publications, rows.items(), strict=True)
    )


def _slugs(rows: dict[str, dict[str, str]]) -> Iterator[str]:
    """Free addresses, one for each row; the number of the row parts those with the same title."""
    wanted = [slug_of(row["title"]) for row in rows.values()]
    taken = set(Resource.objects.filter(slug__in=wanted).values_list("slug", flat=True))
    for number, slug in zip(rows, wanted, strict=True):
        free = slug if is_free_name(slug) and slug not in taken else f"{slug}-{number.lower()}".lstrip("-")
        taken.add(free)
        yield free


def _update(
    resources: list[Resource], rows: dict[str, dict[str, str]], languages: dict[str, Language]
) -> None:
    if not resources:
        return
    for resource in resources:
        row = rows[str(resource.external_id)]
        for name, value in _values(row, languages).items():
            setattr(resource, name, value)
        resource.publication.title, resource.publication.language = row["title"], row["language"]
    fields = list(_values(next(iter(rows.values())), languages))
    Resource.objects.bulk_update(resources, fields)
    Publication.objects.bulk_update([resource.publication for resource in resources], ["title", "language"])


def _values(row: dict[str, str], languages: dict[str, Language]) -> dict[str, Any]:
    return {
        "resource_type": row["resource_type"],
        "summary": row["own_summary"],
        "authors": row["authors"],
        "year": int(row["year"]) if row["year"] else None,
        "language": languages[row["language"]],
        "link": row["url"],
        "basis": row["basis"],
        "year_basis": row["year_basis"],
        "source": row["source"],
    }


def _set_terms(resources: list[Resource], rows: dict[str, dict[str, str]]) -> None:
    """Make the many-to-many rows what the list says; a row that stays is not written again."""
    for name in MANY_FIELDS:
        column, model = _COLUMNS[name]
        through: Any = getattr(Resource, name).through
        term_field = _term_field(through)
        ids: dict[str, int] = dict(model._default_manager.values_list("code", "pk"))
        wanted = {
            (resource.pk, ids[code])
            for resource in resources
            for code in rows[str(resource.external_id)][column].split(";")
            if code
        }
        present = {
            (resource_id, term_id): pk
            for pk, resource_id, term_id in through.objects.filter(
                resource__in=[resource.pk for resource in resources]
            ).values_list("pk", "resource_id", term_field)
        }
        through.objects.filter(pk__in=[pk for pair, pk in present.items() if pair not in wanted]).delete()
        through.objects.bulk_create(
            [
                through(**{"resource_id": resource_id, term_field: term_id})
                for resource_id, term_id in sorted(wanted - set(present))
            ]
        )


def _term_field(through: type[models.Model]) -> str:
    names = (field.attname for field in through._meta.concrete_fields if isinstance(field, models.ForeignKey))
    return next(name for name in names if name != "resource_id")


def hub_person() -> User:
    """Every publication has an author; this one stands for the hub, and nobody can sign in as it."""
    person = User.objects.filter(email=HUB_EMAIL).first()
    if person is None:
        person = User.objects.create_user(email=HUB_EMAIL, name="ClusterHub", is_active=False)
    return person


def hub_organisation() -> Organisation:
    """On whose behalf the hub lists works of others. It waits for no curator: the hub knows who it is."""
    organisation = Organisation.objects.filter(slug=HUB_ORGANISATION).first() or Organisation(
        slug=HUB_ORGANISATION,
        kind="network",
        name="ClusterHub editorial team",
        country=Country.objects.get(code="BE"),
        description="Lists publications of others that are worth knowing. It does not host them.",
        is_illustrative=False,
        basis=Basis.PROPOSAL,
        source="ClusterHub editors",
    )
    if not organisation.verified_at:
        organisation.verified_at, organisation.verified_by = LISTED_AT, hub_person()
        organisation.save()
        index_organisations([organisation.pk])
    return organisation


# The files alone decide what is loaded; the parameters are for tests.
register_loader("guide", order=60)(load_guide)
register_loader("reference publications", order=61)(load_publications)
