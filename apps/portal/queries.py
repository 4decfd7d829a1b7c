"""Reads that span the apps, for home and dashboard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.db.models import Count
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.knowledge.models import Resource
from apps.publishing.models import Publication
from apps.publishing.registry import type_of
from apps.search.models import Document
from apps.taxonomy.models import Country

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHOWN = 6
_NUMBERS_KEY = "portal.numbers.2"
_NUMBERS_AGE = 300  # seconds


@dataclass(frozen=True)
class Number:
    label: str
    value: int


@dataclass(frozen=True)
class Contribution:
    publication: Publication
    url: str


def newest_items() -> Iterable[Document]:
    """What became public last; only ever from the search, which holds nothing else."""
    return Document.objects.filter(kind="resource").order_by("-published_at", "-pk")[:_SHOWN]


def hub_numbers() -> list[Number]:
    """Counts of what is public, a few minutes old at most."""
    counts = cache.get(_NUMBERS_KEY)
    if counts is None:
        by_kind = dict(Document.objects.values_list("kind").annotate(Count("pk")).order_by())
        listed = Document.objects.filter(kind="resource", card__is_reference=True).count()
        counts = {
            "resources": by_kind.get("resource", 0) - listed,
            "listed": listed,
            "organisations": by_kind.get("cluster", 0) + by_kind.get("organisation", 0),
            "countries": _countries_covered(),
        }
        cache.set(_NUMBERS_KEY, counts, _NUMBERS_AGE)
    return [
        Number(_("resources published on the hub"), counts["resources"]),
        Number(_("works of others, listed and described"), counts["listed"]),
        Number(_("clusters and other organisations"), counts["organisations"]),
        Number(_("countries that resources are about"), counts["countries"]),
    ]


def _countries_covered() -> int:
    public = Document.objects.filter(kind="resource").values("object_id")
    return Country.objects.filter(pk__in=Resource.objects.filter(pk__in=public).values("countries")).count()


def recent_contributions(user: User) -> list[Contribution]:
    own = Publication.objects.filter(author=user).exclude(state="merged").for_list()
    return [Contribution(row, type_of(row).url(row)) for row in own.order_by("-updated_at")[:_SHOWN]]
