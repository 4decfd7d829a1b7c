"""Organisations in the search: clusters, which have a directory of their own, and all others."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from django.utils.translation import gettext as _text
from django.utils.translation import gettext_lazy as _

from apps.organisations.enums import OrganisationKind
from apps.organisations.indexing import CLUSTER, OTHER
from apps.organisations.models import Organisation, OrganisationQuerySet
from apps.search.columns import choice_from_card, from_card, joined, listed_from_card
from apps.search.labels import labels_of, names_of
from apps.search.queries import Hit
from apps.search.registry import Column, DocumentData, FacetDef, SearchSource, register_source
from apps.taxonomy.models import Country, Region, Sector, SectorTaxonomy


def _sector_labels(codes: Collection[str]) -> Mapping[str, str]:
    sectors = Sector.objects.filter(taxonomy=SectorTaxonomy.ESCA, code__in=codes)
    return dict(sectors.values_list("code", "name"))


def clusters(pks: Collection[int]) -> Iterator[DocumentData]:
    """Those of these organisations that are clusters and shown."""
    return _documents(Organisation.objects.filter(pk__in=pks, kind=OrganisationKind.CLUSTER))


def others(pks: Collection[int]) -> Iterator[DocumentData]:
    return _documents(Organisation.objects.filter(pk__in=pks).exclude(kind=OrganisationKind.CLUSTER))


def _documents(found: OrganisationQuerySet) -> Iterator[DocumentData]:
    return (_document(row) for row in found.filter(is_active=True).for_list())


def _document(organisation: Organisation) -> DocumentData:
    sectors = list(organisation.sectors.all())
    region, is_cluster = organisation.search_region, organisation.kind == OrganisationKind.CLUSTER
    places = [organisation.city, region.name if region else "", organisation.country.name]
    return DocumentData(
        pk=organisation.pk,
        title=organisation.name,
        summary=organisation.description,
        language=organisation.language,
        published_at=organisation.created_at,
        url=organisation.get_absolute_url(),
        body=", ".join(part for part in [*places, *(sector.name for sector in sectors)] if part),
        facets={
            **({} if is_cluster else {"organisation_kind": [organisation.kind]}),
            "country": [organisation.country.code],
            "region": [region.code] if region else [],
            "sector": [sector.code for sector in sectors],
        },
        card={
            "organisation_kind": organisation.kind,
            "country": organisation.country.name,
            "region": region.name if region else "",
            "city": organisation.city,
            "sectors": [sector.name for sector in sectors],
            "is_verified": organisation.verified_at is not None,
            "is_illustrative": organisation.is_illustrative,
            "website": organisation.website,
        },
    )


# --- Tables ---------------------------------------------------------------------------------------
def _notes(hit: Hit) -> str:
    """What the badges on its card say."""
    is_verified, is_illustrative = hit.card.get("is_verified"), hit.card.get("is_illustrative")
    return joined(
        _text("Verified") if is_verified else "",
        _text("Illustrative") if is_illustrative else "",
        "" if is_verified or is_illustrative else _text("Not verified yet"),
    )


_COLUMNS = (
    Column("type", _("Type"), choice_from_card("organisation_kind", OrganisationKind)),
    Column("notes", _("Notes"), _notes),
    Column("countries", _("Countries"), from_card("country")),
    Column("region", _("Region"), from_card("region")),
    Column("city", _("City"), from_card("city")),
    Column("sectors", _("Sectors"), listed_from_card("sectors")),
    Column("link", _("Link"), from_card("website")),
)


def _all_pks() -> Iterable[int]:
    return Organisation.objects.values_list("pk", flat=True)


_PLACE = (
    FacetDef("country", _("Country"), names_of(Country), order="label"),
    FacetDef("sector", _("Sector"), _sector_labels),
    FacetDef("region", _("Region"), names_of(Region), order="label"),
)
register_source(
    SearchSource(
        kind=CLUSTER,
        label=_("Cluster"),
        facets=_PLACE,
        documents=clusters,
        all_pks=_all_pks,
        card_template="organisations/card.html",
        columns=_COLUMNS,
    )
)
register_source(
    SearchSource(
        kind=OTHER,
        label=_("Organisation"),
        facets=(
            FacetDef(
                "organisation_kind",
                _("Kind of organisation"),
                labels_of(OrganisationKind),
                is_translated=True,
            ),
            *_PLACE,
        ),
        documents=others,
        all_pks=_all_pks,
        card_template="organisations/card.html",
        columns=_COLUMNS,
    )
)
