"""The hub's addresses with a catalogue of notes that no other app changes."""

from __future__ import annotations

from typing import ClassVar

from django.urls import include, path

from apps.search.views import CatalogueView


class Notes(CatalogueView):
    kinds: ClassVar[tuple[str, ...]] = ("test_note",)
    url_name: ClassVar[str] = "test-notes"
    title = "Notes"


urlpatterns = [
    path("test-notes/", Notes.as_view(), name="test-notes"),
    path("test-notes/feed/", Notes.feed_view(), name="test-notes-feed"),
    path("test-notes/csv/", Notes.csv_view(), name="test-notes-csv"),
    path("", include("clusterhub.urls")),
]

handler400 = "apps.core.views.bad_request"
handler404 = "apps.core.views.not_found"
