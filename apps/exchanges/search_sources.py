"""In the search: offers that are open, full or paused."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.core import formats
from apps.exchanges.days import today
from apps.exchanges.enums import OfferLevel, OfferState
from apps.exchanges.indexing import OFFER
from apps.exchanges.models import MOST_DAYS, Offer, Programme
from apps.exchanges.rules import length_of
from apps.search.columns import choice_from_card, from_card, listed_from_card
from apps.search.labels import labels_of, names_of
from apps.search.registry import Column, DocumentData, FacetDef, SearchSource, register_source
from apps.taxonomy.models import Country, Language, Topic

# The longest stay of each, in days; the code of the last one stands for all that is longer.
LENGTHS = {"03": _("1 to 3 days"), "07": _("4 to 7 days"), "14": _("8 to 14 days"), "99": _("Longer")}


def documents(pks: Collection[int]) -> Iterator[DocumentData]:
    found = (
        Offer.objects.public()
        .filter(pk__in=pks)
        .for_list()
        .prefetch_related("languages", "windows")
        .order_by("pk")
    )
    return (_document(offer) for offer in found)


def _document(offer: Offer) -> DocumentData:
    windows = list(offer.windows.all())
    languages = list(offer.languages.all())
    return DocumentData(
        pk=offer.pk,
        title=offer.title,
        summary=offer.learning,
        body=f"{offer.hopes}\n{offer.agenda}",
        keywords=f"{offer.theme.name}, {offer.host.country.name}",
        authors=offer.host.name,
        language=offer.language,
        published_at=offer.opened_at or offer.created_at,
        url=offer.get_absolute_url(),
        facets={
            "theme": [offer.theme.code],
            "country": [offer.host.country.code],
            "level": [offer.level],
            "month": sorted({month for window in windows for month in _months(window, offer.programme)}),
            "length": sorted({code for window in windows for code in _lengths(window, offer.programme)}),
            "language": [language.code for language in languages],
            "programme": [offer.programme.slug],
            "offer_state": [offer.shown_state.value],
        },
        card={
            "host": offer.host.name,
            "country": offer.host.country.name,
            "city": offer.city,
            "theme": offer.theme.name,
            "level": offer.level,
            "state": offer.shown_state.value,
            "programme": offer.programme.name,
            "languages": [language.name for language in languages],
            "windows": [[window.starts_on.isoformat(), window.ends_on.isoformat()] for window in windows],
            "closes_at": offer.programme.closes_at.isoformat(),
            "places": offer.places,
            "is_virtual": offer.is_virtual,
        },
    )


def _months(window: Any, programme: Programme) -> Iterator[str]:
    """As "2026-11", from the first that is not over to the last in which the programme has stays."""
    first = max(window.starts_on, programme.stays_from, today())
    last = min(window.ends_on, programme.stays_until)
    year, month = first.year, first.month
    while (year, month) <= (last.year, last.month):
        yield f"{year}-{month:02}"
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)  # noqa: PLR2004


def _lengths(window: Any, programme: Programme) -> Iterator[str]:
    """All that fit into period and programme: who has a week must find a host that takes guests for two."""
    longest = min(length_of(window.starts_on, window.ends_on, programme.day_kind), programme.days_max)
    least = 1
    for code in LENGTHS:
        most = MOST_DAYS if code == "99" else int(code)
        if max(least, programme.days_min) <= min(most, longest):
            yield code
        least = most + 1


def _length_labels(codes: Collection[str]) -> Mapping[str, Any]:
    return {code: LENGTHS[code] for code in codes if code in LENGTHS}


def _month_labels(codes: Collection[str]) -> Mapping[str, str]:
    return {
        code: formats.month(int(code[:4]), int(code[5:])) for code in codes if len(code) == len("2026-11")
    }


def _programme_labels(codes: Collection[str]) -> Mapping[str, str]:
    return dict(Programme.objects.public().filter(slug__in=codes).values_list("slug", "name"))


register_source(
    SearchSource(
        kind=OFFER,
        label=_("Exchanges"),
        facets=(
            FacetDef("theme", _("Theme"), names_of(Topic)),
            FacetDef("country", _("Country"), names_of(Country), order="label"),
            FacetDef("level", _("Level"), labels_of(OfferLevel), is_translated=True),
            FacetDef("month", _("When"), _month_labels, is_translated=True, order="code"),
            FacetDef("length", _("How long"), _length_labels, is_translated=True, order="code"),
            FacetDef("language", _("Language"), names_of(Language)),
            FacetDef("programme", _("Programme"), _programme_labels),
            FacetDef("offer_state", _("State"), labels_of(OfferState), is_translated=True),
        ),
        documents=documents,
        all_pks=lambda: Offer.objects.public().values_list("pk", flat=True),
        card_template="exchanges/offer_card.html",
        columns=(
            Column("theme", _("Theme"), from_card("theme")),
            Column("level", _("Level"), choice_from_card("level", OfferLevel)),
            Column("countries", _("Countries"), from_card("country")),
            Column("city", _("City"), from_card("city")),
            Column("programme", _("Programme"), from_card("programme")),
            Column("languages", _("Languages"), listed_from_card("languages")),
        ),
    )
)
