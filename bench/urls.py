"""The hub's addresses, and the pages that it is compared with."""

from __future__ import annotations

from django.urls import include, path

from bench import pages

urlpatterns = [
    path("bench/fixed/", pages.fixed),
    path("bench/cards/", pages.cards),
    path("", include("clusterhub.urls")),
]
