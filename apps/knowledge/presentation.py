"""How a resource is told to readers, to reference managers and to the machines that index pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core.components import Text
from apps.files.kinds import PDF
from apps.knowledge.citations import Author, Citation, citation_key, doi_of, read_authors
from apps.knowledge.models import Resource

# schema.org has few words for grey literature; what is none of these is a creative work.
_SCHEMA_TYPES = {
    "dataset": "Dataset",
    "article": "ScholarlyArticle",
    "evaluation": "Report",
    "evaluation_summary": "Report",
    "guide": "Report",
    "framework": "Report",
    "tool": "SoftwareApplication",
}


def absolute(path: str) -> str:
    return f"{settings.SITE_URL}{path}"


def citation_of(resource: Resource) -> Citation:
    """The address and the publisher of a work that the hub only lists are its own: never the hub's."""
    publication = resource.publication
    authors = read_authors(resource.authors)
    licence = resource.licence
    return Citation(
        key=citation_key(authors=authors, year=resource.year, number=resource.pk),
        resource_type=resource.resource_type,
        title=publication.title,
        authors=authors,
        year=resource.year,
        language=resource.language.code,
        url=resource.link if resource.is_reference else absolute(resource.get_absolute_url()),
        doi=doi_of(resource.link) if resource.is_reference else "",
        publisher=_issuer(authors) if resource.is_reference else publication.organisation.name,
        version=resource.version,
        summary=resource.summary,
        licence=licence.name if licence else "",
        topics=tuple(topic.name for topic in resource.topics.all()),
        note=_what_is_not_verified(resource),
    )


def _what_is_not_verified(resource: Resource) -> str:
    """In English, as the other words of a citation are."""
    if not resource.is_reference:
        return ""
    if resource.is_from_memory:
        return "Entry not verified against the source"
    return "Year not verified against the source" if resource.year and resource.is_year_from_memory else ""


def _issuer(authors: list[Author]) -> str:
    """What a body wrote alone it has published; of any other work the list does not know who did."""
    return authors[0].family if len(authors) == 1 and not authors[0].is_person else ""


def structured_data(resource: Resource) -> dict[str, Any]:
    """schema.org in JSON-LD; nothing that is not on the page, and no value that is empty."""
    publication = resource.publication
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": _SCHEMA_TYPES.get(resource.resource_type, "CreativeWork"),
        "name": publication.title,
        "description": resource.summary,
        "inLanguage": resource.language.code,
        "author": [_schema_author(author) for author in read_authors(resource.authors)],
        "about": [topic.name for topic in resource.topics.all()],
        "spatialCoverage": [place.name for place in (*resource.countries.all(), *resource.regions.all())],
        "url": absolute(resource.get_absolute_url()),
        "sameAs": resource.link,
        "version": resource.version,
        "license": resource.licence.url if resource.licence else "",
        "isAccessibleForFree": True if resource.file else None,
        "datePublished": "" if resource.is_year_from_memory else str(resource.year or ""),
    }
    if not resource.is_reference:
        data["publisher"] = {"@type": "Organization", "name": publication.organisation.name}
    if resource.file is not None:
        data["encoding"] = {
            "@type": "MediaObject",
            "contentUrl": absolute(f"{resource.get_absolute_url()}download/"),
            "encodingFormat": resource.file.media_type,
            "contentSize": str(resource.file.size),
        }
    return {name: value for name, value in data.items() if value}


def _schema_author(author: Author) -> dict[str, str]:
    if author.is_person:
        return {
            "@type": "Person",
            "familyName": author.family,
            "givenName": author.given,
            "name": str(author),
        }
    return {"@type": "Organization", "name": author.family}


def meta_tags(resource: Resource) -> list[tuple[str, str]]:
    """Highwire Press tags, which Google Scholar and reference managers read, and Dublin Core.

    They have no room for a doubt, so a year that is not verified stays out.
    """
    citation = citation_of(resource)
    year = "" if resource.is_year_from_memory else str(citation.year or "")
    url = absolute(resource.get_absolute_url())
    tags = [("citation_title", citation.title)]
    tags += [("citation_author", str(author)) for author in citation.authors]
    tags += [
        ("citation_publication_date", year),
        ("citation_language", citation.language),
        ("citation_technical_report_institution", citation.publisher),
        ("citation_doi", citation.doi),
        ("citation_abstract_html_url", url),
    ]
    if resource.file is not None and resource.file.media_type == PDF.media_type:
        tags.append(("citation_pdf_url", f"{url}download/"))
    tags += [("DC.title", citation.title)]
    tags += [("DC.creator", str(author)) for author in citation.authors]
    tags += [("DC.subject", topic) for topic in citation.topics]
    tags += [
        ("DC.description", citation.summary),
        ("DC.publisher", citation.publisher),
        ("DC.date", year),
        ("DC.language", citation.language),
        ("DC.rights", resource.licence.url or resource.licence.name if resource.licence else ""),
        ("DC.identifier", url),
    ]
    return [(name, value) for name, value in tags if value]


@dataclass(frozen=True)
class Coverage:
    """One vocabulary's terms on an item; each leads to everything in the catalogue that has it, too."""

    label: Text
    tags: Sequence[tuple[str, str]]


def coverage(resource: Resource) -> list[Coverage]:
    """What the item is about, whom it is for and which places it covers; nothing is said of what is empty."""
    groups = (
        (_("Topics"), "topic", resource.topics.all()),
        (_("Methods"), "method", resource.methods.all()),
        (_("For whom"), "target_group", resource.target_groups.all()),
        (_("Countries"), "country", resource.countries.all()),
        (_("Regions"), "region", resource.regions.all()),
    )
    return [
        Coverage(label, [(term.name, catalogue_url(facet, term.code)) for term in terms])
        for label, facet, terms in groups
        if terms
    ]


def catalogue_url(facet: str, code: str) -> str:
    return f"{reverse('knowledge:resource-list')}?{urlencode({facet: code})}"


def provenance(resource: Resource) -> list[str]:
    """What a reader must know of a reference publication; nothing of any other resource."""
    if not resource.is_reference:
        return []
    notes = [_("Listed by the hub; not hosted here.")]
    if resource.is_from_memory:
        notes.append(
            _("This entry was written from general knowledge and has not been checked against the source.")
        )
    elif resource.is_year_from_memory:
        notes.append(_("The year was given from general knowledge and has not been checked."))
    return notes
