"""Resources in the search: by what people wrote about them, and by the text inside their files."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Left
from django.utils.translation import gettext_lazy as _

from apps.files.kinds import BY_MEDIA_TYPE
from apps.knowledge.enums import ResourceType
from apps.knowledge.models import Resource
from apps.organisations.models import Organisation
from apps.publishing.models import Publication
from apps.search.labels import labels_of, names_of
from apps.search.registry import DocumentData, FacetDef, SearchSource, register_source
from apps.search.services import INDEXED_CHARS
from apps.taxonomy.models import Country, Language, Method, Region, TargetGroup, Term, Topic


def _organisation_labels(codes: Collection[str]) -> Mapping[str, str]:
    """Of those that are shown, or named already beside something public; a hidden one's name is nobody's to guess."""
    named = Q(is_active=True) | Q(pk__in=Publication.objects.public().values("organisation"))
    return dict(Organisation.objects.filter(named, slug__in=codes).values_list("slug", "name"))


def _same(codes: Collection[str]) -> Mapping[str, str]:
    return {code: code for code in codes}


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
        "topic": [topic.code for topic in resource.topics.all()],
        "method": [method.code for method in resource.methods.all()],
        "target_group": [group.code for group in resource.target_groups.all()],
        "country": [country.code for country in resource.countries.all()],
        "region": _with_those_above(resource.regions.all()),
        "language": [resource.language.code],
        "year": [str(resource.year)] if resource.year else [],
        "organisation": [resource.publication.organisation.slug],
    }


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
        "is_reference": resource.is_reference,
        "is_from_memory": resource.is_reference and resource.is_from_memory,
        "language_name": resource.language.name,
        "summary_language": "en" if resource.is_reference else resource.language.code,
        "countries": [country.name for country in resource.countries.all()],
        "file": kind.label if kind else "",
        "size": file.size if file else None,
        "has_link": bool(resource.link),
        "licence": resource.licence.code if resource.licence else "",
    }


register_source(
    SearchSource(
        kind="resource",
        label=_("Knowledge"),
        facets=(
            FacetDef("type", _("Type"), labels_of(ResourceType), is_translated=True),
            FacetDef("topic", _("Topic"), names_of(Topic)),
            FacetDef("method", _("Method"), names_of(Method)),
            FacetDef("target_group", _("Target group"), names_of(TargetGroup)),
            FacetDef("country", _("Country"), names_of(Country)),
            FacetDef("region", _("Region"), names_of(Region)),
            FacetDef("language", _("Language"), names_of(Language)),
            FacetDef("year", _("Year"), _same, order="code_descending"),
            FacetDef("organisation", _("Organisation"), _organisation_labels),
        ),
        documents=documents,
        all_pks=lambda: Resource.objects.public().values_list("pk", flat=True),
        card_template="knowledge/card.html",
    )
)
