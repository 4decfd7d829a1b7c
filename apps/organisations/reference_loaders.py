"""Fill the directory with real names, marked illustrative: nobody of them has an account because of it."""

from __future__ import annotations

from pathlib import Path

from django.db import transaction

from apps.core.reference import read_csv, register_loader
from apps.core.slugs import slug_of
from apps.organisations.enums import OrganisationKind
from apps.organisations.indexing import index_organisations
from apps.organisations.models import FILTERED_LEVEL, Organisation
from apps.organisations.services import save_with_address
from apps.taxonomy.enums import Basis
from apps.taxonomy.models import Country, Region, Sector, SectorTaxonomy

FILE = Path(__file__).resolve().parent / "reference" / "clusters.csv"
Row = dict[str, str]


@register_loader("clusters", order=40)
@transaction.atomic
def load_clusters() -> int:
    """A row that somebody manages, or that is no illustration any more, is left alone. A hidden one stays hidden.

    An entry that was given another name is known by its address, which stays.
    """
    countries = {row.code: row for row in Country.objects.all()}
    regions = {row.code: row for row in Region.objects.filter(level=FILTERED_LEVEL)}
    sectors = {row.code: row for row in Sector.objects.filter(taxonomy=SectorTaxonomy.ESCA)}
    existing = _existing()
    loaded, count = [], 0
    for count, row in enumerate(read_csv(FILE), start=1):  # noqa: B007 - counted for the answer
        country = countries[row["country_iso2"]]
        organisation = (
            existing.get((row["name"], country.pk))
            or existing.get((slug_of(row["name"], longest=160), country.pk))
            or Organisation(name=row["name"], country=country, is_illustrative=True)
        )
        if organisation.pk and (not organisation.is_illustrative or organisation.memberships.all()):
            continue
        _fill(organisation, row)
        organisation.region = regions[row["nuts2"]] if row["nuts2"] else None
        if organisation.pk:
            organisation.save()
        else:
            save_with_address(organisation)
        organisation.sectors.set([sectors[code] for code in row["sector_code_esca"].split(";") if code])
        loaded.append(organisation.pk)
    index_organisations(loaded)
    return count


def _existing() -> dict[tuple[str, int], Organisation]:
    """By name and by address, each in its country; of several with one name the oldest counts."""
    found: dict[tuple[str, int], Organisation] = {}
    for organisation in Organisation.objects.prefetch_related("memberships").order_by("-pk"):
        found[organisation.slug, organisation.country_id] = organisation
        found[organisation.name, organisation.country_id] = organisation
    return found


def _fill(organisation: Organisation, row: Row) -> None:
    """Websites and years from general knowledge (basis ``recall``) would be shown as facts, so they stay out."""
    is_seen_site = row["website_domain"] and row["domain_basis"] == Basis.SEEN
    is_seen_year = row["founded"] and row["founded_basis"] == Basis.SEEN
    organisation.kind = OrganisationKind.CLUSTER
    organisation.city = row["city"]
    organisation.website = f"https://{row['website_domain']}/" if is_seen_site else ""
    organisation.founded_year = int(row["founded"]) if is_seen_year else None
    organisation.basis, organisation.source = row["basis"], row["source"]
