"""Every public page for search engines, from the same rows as the search."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from django.http import HttpRequest, StreamingHttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from apps.search.models import Document

_LIMIT = 50_000  # of the sitemap protocol
_PAGES = (
    "portal:home",
    "knowledge:guide",
    "knowledge:resource-list",
    "organisations:cluster-list",
    "organisations:organisation-list",
)


@require_safe
def sitemap(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(_lines(request), content_type="application/xml; charset=utf-8")


def _lines(request: HttpRequest) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    pages = [reverse(name) for name in _PAGES]
    for url in pages:
        yield f"<url><loc>{escape(request.build_absolute_uri(url))}</loc></url>\n"
    documents = Document.objects.order_by("-published_at").values_list("url", "published_at")
    for url, published_at in documents[: _LIMIT - len(pages)].iterator(2000):
        loc = escape(request.build_absolute_uri(url))
        yield f"<url><loc>{loc}</loc><lastmod>{published_at:%Y-%m-%d}</lastmod></url>\n"
    yield "</urlset>\n"
