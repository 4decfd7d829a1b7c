"""The search over everything that is public."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.search.views import CatalogueView


class Everything(CatalogueView):
    url_name = "portal:search"
    title = _("Search the whole hub")
    intro = _("Resources, chapters of the guide, clusters and other organisations.")
    without_facets = ()
