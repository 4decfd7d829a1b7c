from __future__ import annotations

from django.urls import URLPattern, path

from apps.knowledge.views import catalogue, forms, guide, items

app_name = "knowledge"
# What stands before <slug:slug> is reserved in ``slugs.RESERVED``.
urlpatterns: list[URLPattern] = [
    path("", catalogue.resource_list, name="resource-list"),
    path("feed/", catalogue.resource_feed, name="resource-feed"),
    path("csv/", catalogue.resource_csv, name="resource-csv"),
    path("new/", forms.resource_create, name="resource-create"),
    path("autosave/", forms.autosave, name="resource-autosave-new"),
    path("guide/", guide.guide, name="guide"),
    path("guide/<slug:slug>/", guide.guide_chapter, name="guide-chapter"),
    path("<slug:slug>/", items.resource_detail, name="resource-detail"),
    path("<slug:slug>/edit/", forms.resource_edit, name="resource-edit"),
    path("<slug:slug>/autosave/", forms.autosave, name="resource-autosave"),
    path("<slug:slug>/download/", items.resource_download, name="resource-download"),
    path("<slug:slug>/citation.bib", items.resource_bibtex, name="resource-bibtex"),
    path("<slug:slug>/citation.ris", items.resource_ris, name="resource-ris"),
]
