"""In the search: resources, with the text inside their files, and the chapters of the guide."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from html import unescape
from typing import Any

from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Left
from django.utils.html import strip_tags
from django.utils.translation import gettext as _text
from django.utils.translation import gettext_lazy as _

from apps.files.kinds import BY_MEDIA_TYPE
from apps.knowledge.enums import Access, ResourceType
from apps.knowledge.guide import CHAPTER, render_chapter
from apps.knowledge.models import FIRST_YEAR, LAST_YEAR, Chapter, Resource
from apps.organisations.models import Organisation
from apps.publishing.models import Publication
from apps.search.columns import choice_from_card, from_card, joined, listed_from_card
from apps.search.labels import labels_of, names_of
from apps.search.queries import Hit
from apps.search.registry import Column, DocumentData, FacetDef, SearchSource, register_source
from apps.search.services import INDEXED_CHARS
from apps.taxonomy.models import Country, Language, Method, Region, TargetGroup, Term, Topic

GUIDE_LANGUAGE = "en"


def _organisation_labels(codes: Collection[str]) -> Mapping[str, str]:
    """Of those that are shown, or named already beside something public; a hidden one's name is nobody's to guess."""
    named = Q(is_active=True) | Q(pk__in=Publication.objects.public().values("organisation"))
    return dict(Organisation.objects.filter(named, slug__in=codes).values_list("slug", "name"))


def _years(codes: Collection[str]) -> Mapping[str, str]:
    """Those that a resource may have."""
    known = {str(year) for year in range(FIRST_YEAR, LAST_YEAR + 1)}
    return {code: code for code in codes if code in known}


def documents(pks: Collection[int]) -> Iterator[DocumentData]:
    """Those of these resources that are public. Of a file's text, as much as the search takes."""
    resources = (
        Resource.objects.public()
        .filter(pk__in=pks)
        .for_detail()
        .prefetch_related("regions__parent")
        .annotate(body=Coalesce(Left(F("file__extracted__text"), INDEXED_CHARS), Value("")))
        .order_by("pk")
    )
    return (_document(resource) for resource in resources)


def _document(resource: Any) -> DocumentData:
    publication = resource.publication
    return DocumentData(
        pk=resource.pk,
        title=publication.title,
        summary=resource.summary,
        authors=resource.authors,
        body=resource.body,
        keywords=", ".join(term.name for terms in _terms(resource) for term in terms),
        language=resource.language.code,
        published_at=publication.published_at,
        url=resource.get_absolute_url(),
        downloads=resource.downloads,
        facets=_facets(resource),
        card=_card(resource),
    )


def _terms(resource: Resource) -> list[Iterable[Term]]:
    return [resource.topics.all(), resource.methods.all(), resource.target_groups.all()]


def _facets(resource: Resource) -> dict[str, Iterable[str]]:
    return {
        "type": [resource.resource_type] if resource.resource_type else [],
        "access": _access(resource),
        "topic": [topic.code for topic in resource.topics.all()],
        "method": [method.code for method in resource.methods.all()],
        "target_group": [group.code for group in resource.target_groups.all()],
        "country": [country.code for country in resource.countries.all()],
        "region": _with_those_above(resource.regions.all()),
        "language": [resource.language.code],
        "year": [str(resource.year)] if resource.year else [],
        "organisation": [resource.publication.organisation.slug],
    }


def _access(resource: Resource) -> list[str]:
    ways = [(Access.FILE, resource.file), (Access.LINK, resource.link)]
    return [way.value for way, found in ways if found] or [Access.DESCRIPTION.value]


def _with_those_above(regions: Iterable[Region]) -> set[str]:
    """Who looks for a large region finds what is about a part of it; the country is a facet of its own."""
    found = set()
    for region in regions:
        found.add(region.code)
        if region.parent is not None and region.parent.level > 0:
            found.add(region.parent.code)
    return found


def _card(resource: Resource) -> dict[str, Any]:
    """What a card shows beside title and summary, so that a list needs no query of its own."""
    file = resource.file
    kind = BY_MEDIA_TYPE.get(file.media_type) if file else None
    return {
        "type": resource.resource_type,
        "year": resource.year,
        "is_year_certain": not (resource.is_reference and resource.is_year_from_memory),
        "organisation": resource.publication.organisation.name,
        "is_organisation_unverified": not resource.is_reference
        and resource.publication.organisation.is_unverified,
        "is_reference": resource.is_reference,
        "is_from_memory": resource.is_reference and resource.is_from_memory,
        "language_name": resource.language.name,
        "summary_language": "en" if resource.is_reference else resource.language.code,
        "countries": [country.name for country in resource.countries.all()],
        "file": kind.label if kind else "",
        "size": file.size if file else None,
        "has_link": bool(resource.link),
        "link": resource.link,
        "topics": [topic.name for topic in resource.topics.all()],
        "licence": resource.licence.code if resource.licence else "",
    }


def chapters(pks: Collection[int]) -> Iterator[DocumentData]:
    """Those of these chapters that are published, by what a reader sees of their text."""
    found = Chapter.objects.filter(pk__in=pks, is_published=True).prefetch_related("topics").order_by("pk")
    return (_chapter(chapter) for chapter in found)


def _chapter(chapter: Chapter) -> DocumentData:
    topics = list(chapter.topics.all())
    return DocumentData(
        pk=chapter.pk,
        title=chapter.title,
        summary=chapter.summary,
        body=unescape(strip_tags(render_chapter(chapter.body).html)),
        keywords=", ".join(topic.name for topic in topics),
        language=GUIDE_LANGUAGE,
        published_at=chapter.created_at,
        first_public_at=chapter.updated_at,  # counts where the chapter was in no list before
        url=chapter.get_absolute_url(),
        facets={"topic": [topic.code for topic in topics]},
        card={"topics": [topic.name for topic in topics]},
    )


# --- Tables ---------------------------------------------------------------------------------------
def _notes(hit: Hit) -> str:
    """What a card says beside the facts, so that a table claims no more than it."""
    card = hit.card
    return joined(
        _text("Listed, not hosted") if card.get("is_reference") else "",
        _text("Organisation not verified yet") if card.get("is_organisation_unverified") else "",
        _text("Year not verified") if card.get("year") and not card.get("is_year_certain") else "",
    )


_TOPICS = Column("topics", _("Topics"), listed_from_card("topics"))
_COLUMNS = (
    Column("type", _("Type"), choice_from_card("type", ResourceType)),
    Column("year", _("Year"), from_card("year")),
    Column("notes", _("Notes"), _notes),
    Column("countries", _("Countries"), listed_from_card("countries")),
    _TOPICS,
    Column("organisation", _("Organisation"), from_card("organisation")),
    Column("licence", _("Licence"), from_card("licence")),
    Column("link", _("Link"), from_card("link")),
    Column(
        "file", _("File"), lambda hit: f"{hit.url}download/" if hit.card.get("file") else "", is_address=True
    ),
)


_TOPIC = FacetDef("topic", _("Topic"), names_of(Topic))
register_source(
    SearchSource(
        kind="resource",
        label=_("Knowledge"),
        facets=(
            FacetDef("type", _("Type"), labels_of(ResourceType), is_translated=True),
            _TOPIC,
            FacetDef("access", _("Access"), labels_of(Access), is_translated=True),
            FacetDef("method", _("Method"), names_of(Method)),
            FacetDef("target_group", _("Target group"), names_of(TargetGroup)),
            FacetDef("country", _("Country"), names_of(Country)),
            FacetDef("region", _("Region"), names_of(Region)),
            FacetDef("language", _("Language"), names_of(Language)),
            FacetDef("year", _("Year"), _years, order="code_descending"),
            FacetDef("organisation", _("Organisation"), _organisation_labels),
        ),
        documents=documents,
        all_pks=lambda: Resource.objects.public().values_list("pk", flat=True),
        card_template="knowledge/card.html",
        columns=_COLUMNS,
    )
)
register_source(
    SearchSource(
        kind=CHAPTER,
        label=_("Guide"),
        facets=(_TOPIC,),
        documents=chapters,
        all_pks=lambda: Chapter.objects.filter(is_published=True).values_list("pk", flat=True),
        card_template="knowledge/chapter_card.html",
        columns=(_TOPICS,),
    )
)
