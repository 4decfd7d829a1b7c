"""The catalogue of the repository, with its feed and its table."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from apps.knowledge.services import KIND
from apps.search.params import Sort
from apps.search.views import CatalogueView


class ResourceCatalogue(CatalogueView):
    """Everything that is public, and nothing else: it reads the search alone."""

    kinds: ClassVar[tuple[str, ...]] = (KIND,)
    url_name: ClassVar[str] = "knowledge:resource-list"
    feed_url_name: ClassVar[str] = "knowledge:resource-feed"
    csv_url_name: ClassVar[str] = "knowledge:resource-csv"
    sorts: ClassVar[tuple[Sort, ...]] = ("relevance", "newest", "title", "downloads")
    title: ClassVar[Any] = _("Knowledge")
    intro: ClassVar[Any] = _(
        "Methods, tools, evaluations and guides for the monitoring and evaluation of clusters. Free to read and to "
        "download, without an account."
    )
    template_name: ClassVar[str] = "knowledge/resource_list.html"


resource_list = ResourceCatalogue.as_view()
resource_feed = ResourceCatalogue.feed_view()
resource_csv = ResourceCatalogue.csv_view()
