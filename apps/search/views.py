"""One catalogue for everything: the page, its feed and its table for spreadsheets."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, ClassVar

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy, pgettext, pgettext_lazy
from django.utils.translation import gettext as _
from django.views import View

from apps.core.pagination import no_such_page
from apps.core.templatetags.ui import page_links
from apps.core.views import bad_request
from apps.search.exceptions import BadSearchError, UnknownFilterError
from apps.search.labels import names_of
from apps.search.params import LAST_NUMBERED_PAGE, PER_PAGE, SearchRequest, Sort, parse
from apps.search.queries import Hit, SearchResult, describe, find
from apps.search.registry import Column, all_kinds, columns_of, source_of
from apps.taxonomy.models import Language

CSV_LIMIT = 10_000
FEED_LIMIT = 50
SORTS = {
    "relevance": pgettext_lazy("order of results", "Relevance"),
    "title": pgettext_lazy("order of results", "Title, A to Z"),
    "newest": pgettext_lazy("order of results", "Latest added"),
    "downloads": pgettext_lazy("order of results", "Most downloaded"),
}
_CONTROL = re.compile(r"[\x00-\x08\x0B-\x0C\x0E-\x1F\uFFFE\uFFFF]")
_RISKY = ("=", "+", "-", "@", "\t", "\r")


class CatalogueView(View):
    """Subclasses say what they list. ``kinds`` empty means everything that is registered.

    ``url_name`` names the page; the feed and the table are ``<url_name>-feed`` and ``-csv`` unless said otherwise.
    ``sorts`` are the orders to choose from, ``usual_sort`` the one where nobody typed a word. The order by title is
    read off an index where there is one kind.
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
    sorts: ClassVar[tuple[Sort, ...]] = ("relevance", "newest", "downloads")
    usual_sort: ClassVar[Sort] = "newest"
    without_facets: ClassVar[tuple[str, ...]] = ("kind",)
    template_name: ClassVar[str] = "catalogue/list.html"

    @classmethod
    def feed_view(cls) -> Callable[..., HttpResponseBase]:
        return cls.as_view(output="feed")

    @classmethod
    def csv_view(cls) -> Callable[..., HttpResponseBase]:
        return cls.as_view(output="csv")

    output: str = "page"

    @classmethod
    def question(cls, query: QueryDict | str) -> SearchRequest:
        """What an address of this catalogue asks. Raises BadSearchError."""
        return parse(
            query,
            kinds=cls.kinds or all_kinds(),
            without=cls.without_facets,
            sorts=cls.sorts,
            usual_sort=cls.usual_sort,
        )

    def get(self, request: HttpRequest) -> HttpResponseBase:
        try:
            return self._answer(request)
        except UnknownFilterError as error:
            raise Http404(self._with_way_on(error)) from error
        except BadSearchError as error:
            return bad_request(request, BadSearchError(self._with_way_on(error)))

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        try:
            asked = self.question(request.GET)
            return {"page": self.page, "feed": self.feed, "csv": self.table}[self.output](request, asked)
        except BadSearchError as error:
            if "page" in request.GET or "after" in request.GET:
                raise no_such_page(request, self._number_of_pages(request)) from error
            raise

    def _number_of_pages(self, request: HttpRequest) -> int:
        """Of the same question. Raises what ``find`` raises where more than the page is wrong with it."""
        query = request.GET.copy()
        for name in ("page", "after"):
            query.pop(name, None)
        return find(self.question(query), limit=1, with_facets=False).pages

    def _with_way_on(self, error: BadSearchError | UnknownFilterError) -> SafeString:
        return format_html(
            '{} <a href="{}">{}</a>', error.message, reverse(self.url_name), _("Show the whole list")
        )

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
            **_pages(request, result),
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
        newest = replace(asked, sort="newest", page=1, after=None)
        result = find(newest, limit=FEED_LIMIT, with_facets=False, with_partial=False)
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
        result = find(replace(asked, page=1, after=None), limit=CSV_LIMIT, with_facets=False)
        writer = csv.writer(_Echo())
        columns = list(columns_of(asked.filters.get("kind", asked.kinds)).values())
        row_of = _row_writer(request, columns, result)

        def lines() -> Iterator[str]:
            yield "\ufeff" + writer.writerow(_head(columns))
            for hit in result.hits:
                yield writer.writerow([harmless(value) for value in row_of(hit)])

        response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
        name = reverse(self.url_name).strip("/").replace("/", "-")
        response["Content-Disposition"] = (
            f'attachment; filename="clusterhub-{name}-{timezone.localdate():%Y-%m-%d}.csv"'
        )
        return response


def _head(columns: list[Column]) -> list[str]:
    return [
        _("Kind"),
        _("Title"),
        _("Summary"),
        _("Authors"),
        _("Language"),
        *(str(column.label) for column in columns),
        pgettext("column of a table", "Added"),
        _("Downloads"),
        _("Address"),
    ]


def _row_writer(
    request: HttpRequest, columns: list[Column], result: SearchResult
) -> Callable[[Hit], list[str]]:
    """What stands in a line. Kinds have only their own columns; a shared one has each kind's own value."""
    labels = {kind: str(source_of(kind).label) for kind in result.request.kinds}
    own = {kind: columns_of([kind]) for kind in result.request.kinds}
    languages = names_of(Language)({hit.language for hit in result.hits})
    # Only the path differs between the lines: the name of the hub is found once.
    site = request.build_absolute_uri("/").rstrip("/")

    def value_of(column: Column | None, hit: Hit) -> str:
        value = column.value(hit) if column else ""
        return f"{site}{value}" if value and column and column.is_address else value

    def row_of(hit: Hit) -> list[str]:
        return [
            labels[hit.kind],
            hit.title,
            hit.summary,
            hit.authors,
            str(languages.get(hit.language, hit.language)),
            *(value_of(own[hit.kind].get(column.key), hit) for column in columns),
            f"{hit.published_at:%Y-%m-%d}",
            str(hit.downloads),
            f"{site}{hit.url}",
        ]

    return row_of


class _Echo:
    """A file that gives back what is written, so that the table is sent line by line."""

    def write(self, value: str) -> str:
        return value


def harmless(value: str) -> str:
    """A cell that a spreadsheet would take for a formula is made a text."""
    return f"'{value}" if value.lstrip().startswith(_RISKY) else value


def _sorts(offered: tuple[Sort, ...], asked: SearchRequest) -> list[dict[str, Any]]:
    """The usual order has no name in the address: who then types a word gets the best hits first, not the newest."""
    usual = asked.default_sort
    return [
        {"value": "" if key == usual else key, "label": SORTS[key], "is_chosen": key == asked.sort}
        for key in offered
        if asked.words or key != "relevance"
    ]


def _printable(text: str) -> str:
    """XML 1.0 has no way to say a control character."""
    return _CONTROL.sub(" ", text)


def _pages(request: HttpRequest, result: SearchResult) -> dict[str, Any]:
    """What ``ui/pagination.html`` shows; after the last numbered page it goes on by key."""
    query = request.GET.copy()
    query.pop("after", None)
    by_key = bool(result.request.after)
    # Nothing but numbers is asked of it: what stands on a page is found already.
    page = Paginator(range(1 if by_key else result.pages), 1).page(1 if by_key else result.request.page)
    links = page_links(page, query)
    if by_key:
        links["pages"] = []
    if result.next_position:
        query.pop("page", None)
        query["after"] = str(result.next_position)
        links["next_url"] = f"?{query.urlencode()}"
    has_others = page.has_other_pages() or bool(links["next_url"])
    return {"page_obj": {"number": page.number, "has_other_pages": has_others}, **links}


__all__ = ["CSV_LIMIT", "LAST_NUMBERED_PAGE", "PER_PAGE", "CatalogueView", "harmless"]
