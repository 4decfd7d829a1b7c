"""Reads that span several models."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from apps.accounts.models import User
from apps.knowledge.models import Resource
from apps.knowledge.presentation import absolute
from apps.knowledge.services import KIND
from apps.search.params import PER_PAGE, SearchRequest
from apps.search.queries import Hit, find
from apps.taxonomy.models import Topic


def resources_of(person: User) -> list[dict[str, Any]]:
    """Everything that they wrote and may read, whatever became of it."""
    found = (
        Resource.objects.visible_to(person)
        .filter(publication__author=person)
        .select_related("publication__organisation", "language", "licence", "file")
        .order_by("pk")
    )
    return [
        {
            "title": resource.publication.title,
            "state": resource.publication.state,
            "organisation": resource.publication.organisation.name,
            "type": resource.resource_type,
            "summary": resource.summary,
            "authors": resource.authors,
            "year": resource.year,
            "language": resource.language.code,
            "licence": resource.licence.code if resource.licence else "",
            "version": resource.version,
            "file": resource.file.original_name if resource.file else "",
            "link": resource.link,
            "address": absolute(resource.get_absolute_url()),
            "created_at": resource.created_at.isoformat(),
            "updated_at": resource.updated_at.isoformat(),
        }
        for resource in found
    ]


def read_also(topics: Iterable[Topic], *, limit: int = 5) -> list[Hit]:
    """Public resources on any of these topics: what one can have before what is only described, the most used first.

    A constant number of queries: the search's.
    """
    codes = tuple(topic.code for topic in topics)
    if not codes:
        return []
    asked = SearchRequest(kinds=(KIND,), filters={"topic": codes}, sort="downloads")
    most_used = find(asked, limit=PER_PAGE, with_facets=False).hits
    return sorted(most_used, key=lambda hit: not (hit.card.get("file") or hit.card.get("has_link")))[:limit]


def related(resource: Resource, *, limit: int = 4) -> list[Hit]:
    """What else is on its topics, for a reader who has come to the end."""
    found = read_also(resource.topics.all(), limit=limit + 1)
    return [hit for hit in found if hit.object_id != resource.pk][:limit]
