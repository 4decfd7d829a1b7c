from __future__ import annotations

from django.urls import path

from apps.exchanges.views import cases, public

app_name = "exchanges"
# What stands before <slug:slug> is reserved in ``services.offers.RESERVED_SLUGS``.
urlpatterns = [
    path("", public.OfferCatalogue.as_view(), name="offer-list"),
    path("feed/", public.OfferCatalogue.feed_view(), name="offer-feed"),
    path("csv/", public.OfferCatalogue.csv_view(), name="offer-csv"),
    path("programmes/<slug:slug>/", public.programme_detail, name="programme-detail"),
    path("applications/<uuid:pk>/", cases.application_detail, name="application-detail"),
    path("<slug:slug>/", public.offer_detail, name="offer-detail"),
]
