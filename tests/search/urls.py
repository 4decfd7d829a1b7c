"""The hub's addresses and a catalogue of what stands on the shelf."""

from __future__ import annotations

from django.urls import include, path

from apps.search.views import CatalogueView
from clusterhub import urls

handler400, handler404 = urls.handler400, urls.handler404


class Things(CatalogueView):
    kinds = ("thing",)
    url_name = "things"
    title = "Things"


urlpatterns = [
    path("things/", Things.as_view(), name="things"),
    path("things/feed/", Things.feed_view(), name="things-feed"),
    path("things/csv/", Things.csv_view(), name="things-csv"),
    path("", include("clusterhub.urls")),
]
