"""One catalogue for everything: the page, its feed and its table for spreadsheets."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, ClassVar

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _
from django.views import View

from apps.core.views import bad_request
from apps.search.exceptions import BadSearchError, UnknownFilterError
from apps.search.params import LAST_NUMBERED_PAGE, PER_PAGE, SearchRequest, default_sort, parse
from apps.search.queries import SearchResult, describe, find
from apps.search.registry import all_kinds, source_of

CSV_LIMIT = 10_000
FEED_LIMIT = 50
SORTS = {
    "relevance": pgettext_lazy("order of results", "Relevance"),
    "newest": pgettext_lazy("order of results", "Newest first"),
    "downloads": pgettext_lazy("order of results", "Most downloaded"),
}
_CONTROL = re.compile(r"[\x00-\x08\x0B-\x0C\x0E-\x1F\uFFFE\uFFFF]")
_RISKY = ("=", "+", "-", "@", "\t", "\r")


class CatalogueView(View):
    """Subclasses say what they list. ``kinds`` empty means everything that is registered.

    ``url_name`` names the page; the feed and the table are ``<url_name>-feed`` and ``-csv`` unless said otherwise.
    """

    http_method_names = ["get", "head", "options"]
    kinds: ClassVar[tuple[str, ...]] = ()
    url_name: ClassVar[str] = ""
    feed_url_name: ClassVar[str] = ""
    csv_url_name: ClassVar[str] = ""
    title: ClassVar[Any] = gettext_lazy("Search")
    intro: ClassVar[Any] = ""
    empty_hint: ClassVar[Any] = gettext_lazy(
        "Check the spelling, use fewer or more general words, or remove a filter."
    )
    sorts: ClassVar[tuple[str, ...]] = ("relevance", "newest", "downloads")
    without_facets: ClassVar[tuple[str, ...]] = ("kind",)
    template_name: ClassVar[str] = "catalogue/list.html"

    @classmethod
    def feed_view(cls) -> Callable[..., HttpResponseBase]:
        return cls.as_view(output="feed")

    @classmethod
    def csv_view(cls) -> Callable[..., HttpResponseBase]:
        return cls.as_view(output="csv")

    output: str = "page"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        try:
            asked = parse(request.GET, kinds=self.kinds or all_kinds(), without=self.without_facets)
            return {"page": self.page, "feed": self.feed, "csv": self.table}[self.output](request, asked)
        except UnknownFilterError as error:
            raise Http404(str(error)) from error
        except BadSearchError as error:
            if "page" in request.GET or "after" in request.GET:
                raise Http404(str(error)) from error
            return bad_request(request, error)

    # --- the page -----------------------------------------------------------------------------
    def page(self, request: HttpRequest, asked: SearchRequest) -> HttpResponse:
        result = find(asked)
        whole = request.GET.get("all")
        context = {
            "view": self,
            "result": result,
            "asked": asked,
            "facets": [
                replace(facet, is_whole=facet.key == whole)
                for facet in result.facets
                if facet.key not in self.without_facets
            ],
            "chips": self._chips(request, result),
            "sorts": _sorts(self.sorts, asked),
            "cards": [(hit, source_of(hit.kind).card_template) for hit in result.hits],
            "pages": _pages(request, result),
            "page_url": reverse(self.url_name),
            "query_string": asked.query_string(),
            "feed_url": self._sister("feed", asked),
            "csv_url": self._sister("csv", asked),
            "reader_language": get_language(),
        }
        return render(request, self.template_name, context)

    def _sister(self, output: str, asked: SearchRequest) -> str:
        name = getattr(self, f"{output}_url_name") or f"{self.url_name}-{output}"
        query = asked.query_string()
        return f"{reverse(name)}?{query}" if query else reverse(name)

    def _chips(self, request: HttpRequest, result: SearchResult) -> list[dict[str, str]]:
        """One for each chosen filter, with the address without it."""
        chips = []
        for facet in result.facets:
            for value in facet.values:
                if value.is_chosen and facet.key not in self.without_facets:
                    query = request.GET.copy()
                    query.setlist(
                        facet.key, [code for code in query.getlist(facet.key) if code != value.code]
                    )
                    for name in ("page", "after", "all"):
                        query.pop(name, None)
                    chips.append({"label": f"{facet.label}: {value.label}", "url": f"?{query.urlencode()}"})
        return chips

    # --- the feed -----------------------------------------------------------------------------
    def feed(self, request: HttpRequest, asked: SearchRequest) -> HttpResponse:
        """The newest of any filter, for feed readers."""
        newest = SearchRequest(kinds=asked.kinds, words=asked.words, filters=asked.filters, sort="newest")
        result = find(newest, limit=FEED_LIMIT, with_facets=False)
        said = describe(asked)
        page = request.build_absolute_uri(f"{reverse(self.url_name)}?{asked.query_string()}")
        feed = Atom1Feed(
            title=_printable(f"{self.title}: {said}" if said else str(self.title)),
            link=page,
            description=str(self.intro),
            feed_url=request.build_absolute_uri(),
            language=get_language(),
        )
        for hit in result.hits:
            link = request.build_absolute_uri(hit.url)
            feed.add_item(
                title=_printable(hit.title),
                link=link,
                description=_printable(hit.summary),
                unique_id=link,
                pubdate=hit.published_at,
                updateddate=hit.published_at,
                author_name=_printable(hit.authors) or None,
            )
        return HttpResponse(feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")

    # --- the table ----------------------------------------------------------------------------
    def table(self, request: HttpRequest, asked: SearchRequest) -> StreamingHttpResponse:
        """The whole result as CSV, at most ``CSV_LIMIT`` rows."""
        whole = SearchRequest(kinds=asked.kinds, words=asked.words, filters=asked.filters, sort=asked.sort)
        result = find(whole, limit=CSV_LIMIT, with_facets=False)
        writer = csv.writer(_Echo())
        kinds = {kind: str(source_of(kind).label) for kind in asked.kinds}
        head = [
            _("Kind"),
            _("Title"),
            _("Summary"),
            _("Authors"),
            _("Language"),
            _("Published"),
            _("Downloads"),
            _("Address"),
        ]

        def lines() -> Iterator[str]:
            yield "\ufeff" + writer.writerow(head)
            for hit in result.hits:
                yield writer.writerow(
                    [
                        harmless(value)
                        for value in (
                            kinds[hit.kind],
                            hit.title,
                            hit.summary,
                            hit.authors,
                            hit.language,
                            f"{hit.published_at:%Y-%m-%d}",
                            str(hit.downloads),
                            request.build_absolute_uri(hit.url),
                        )
                    ]
                )

        response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="clusterhub.csv"'
        return response


class _Echo:
    """A file that gives back what is written, so that the table is sent line by line."""

    def write(self, value: str) -> str:
        return value


def harmless(value: str) -> str:
    """A cell that a spreadsheet would take for a formula is made a text."""
    return f"'{value}" if value.lstrip().startswith(_RISKY) else value


def _sorts(offered: tuple[str, ...], asked: SearchRequest) -> list[dict[str, Any]]:
    """The usual order has no name in the address: who then types a word gets the best hits first, not the newest."""
    usual = default_sort(asked.words)
    return [
        {"value": "" if key == usual else key, "label": SORTS[key], "is_chosen": key == asked.sort}
        for key in offered
        if asked.words or key != "relevance"
    ]


def _printable(text: str) -> str:
    """XML 1.0 has no way to say a control character."""
    return _CONTROL.sub(" ", text)


def _pages(request: HttpRequest, result: SearchResult) -> list[dict[str, Any]]:
    """Links to the pages around this one; after the last numbered page they go on by key."""
    query = request.GET.copy()
    query.pop("after", None)
    here, last = result.request.page, result.pages
    near = sorted({1, last, *range(max(1, here - 2), min(last, here + 2) + 1)})
    links: list[dict[str, Any]] = []
    for number in near if last > 1 and not result.request.after else []:
        query["page"] = str(number)
        links.append({"number": number, "url": f"?{query.urlencode()}", "is_current": number == here})
    if result.next_position:
        query.pop("page", None)
        query["after"] = str(result.next_position)
        links.append({"number": None, "url": f"?{query.urlencode()}", "is_current": False})
    return links


__all__ = ["CSV_LIMIT", "LAST_NUMBERED_PAGE", "PER_PAGE", "CatalogueView", "harmless"]
