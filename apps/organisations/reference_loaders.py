"""Fill the directory with real names, marked illustrative: nobody of them has an account because of it."""

from __future__ import annotations

from pathlib import Path

from apps.core.reference import read_csv, register_loader
from apps.organisations.enums import OrganisationKind
from apps.organisations.indexing import index_organisations
from apps.organisations.models import Organisation
from apps.organisations.services import save_with_address
from apps.taxonomy.enums import Basis
from apps.taxonomy.models import Country, Region, Sector, SectorTaxonomy

FILE = Path(__file__).resolve().parent / "reference" / "clusters.csv"


@register_loader("clusters", order=40)
def load_clusters() -> int:
    """A row that somebody manages by now, or that is not there as illustrative, is left alone.

    Websites and years from general knowledge (basis ``recall``) are not shown as facts, so they are not loaded.
    """
    countries = {row.code: row for row in Country.objects.all()}
    regions = {row.code: row for row in Region.objects.filter(level=2)}
    sectors = {row.code: row for row in Sector.objects.filter(taxonomy=SectorTaxonomy.ESCA)}
    existing = {
        (row.name, row.country_id): row
        for row in Organisation.objects.filter(kind=OrganisationKind.CLUSTER).prefetch_related("memberships")
    }
    loaded, count = [], 0
    for row in read_csv(FILE):
        count += 1
        country = countries[row["country_iso2"]]
        organisation = existing.get((row["name"], country.pk)) or Organisation(
            name=row["name"], country=country
        )
        if organisation.pk and (not organisation.is_illustrative or organisation.memberships.all()):
            continue
        organisation.kind = OrganisationKind.CLUSTER
        organisation.region = regions.get(row["nuts2"])
        organisation.city = row["city"]
        organisation.is_illustrative = True
        organisation.basis, organisation.source = row["basis"], row["source"]
        if row["website_domain"] and row["domain_basis"] == Basis.SEEN:
            organisation.website = f"https://{row['website_domain']}/"
        if row["founded"] and row["founded_basis"] == Basis.SEEN:
            organisation.founded_year = int(row["founded"])
        if organisation.pk:
            organisation.save()
        else:
            save_with_address(organisation)
        organisation.sectors.set(
            [sectors[code] for code in row["sector_code_esca"].split(";") if code in sectors]
        )
        loaded.append(organisation.pk)
    index_organisations(loaded)
    return count
