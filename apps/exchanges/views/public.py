"""What everybody sees: the catalogue of offers, an offer, a programme."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from apps.accounts.http import Request
from apps.exchanges.indexing import OFFER
from apps.exchanges.models import Offer, Programme
from apps.search.views import CatalogueView


class OfferCatalogue(CatalogueView):
    kinds = (OFFER,)
    url_name = "exchanges:offer-list"
    feed_url_name = "exchanges:offer-feed"
    csv_url_name = "exchanges:offer-csv"
    template_name = "exchanges/offer_list.html"
    title = gettext_lazy("Exchanges")
    intro = gettext_lazy(
        "Stays with other cluster organisations and authorities, on themes that their hosts set."
    )
    sorts = ("relevance", "newest", "title")


@require_safe
def offer_detail(request: Request, slug: str) -> HttpResponse:
    offer = get_object_or_404(Offer.objects.visible_to(request.user).for_list(), slug=slug)
    return render(request, "exchanges/offer_detail.html", {"offer": offer})


@require_safe
def programme_detail(request: Request, slug: str) -> HttpResponse:
    programme = get_object_or_404(Programme.objects.visible_to(request.user).for_list(), slug=slug)
    return render(request, "exchanges/programme_detail.html", {"programme": programme})
