"""From the path of a catalogue to what it asks: every page that is a ``CatalogueView`` can be followed."""

from __future__ import annotations

from django.urls import Resolver404, resolve

from apps.following.exceptions import NoCatalogueError
from apps.search.exceptions import BadSearchError
from apps.search.params import SearchRequest
from apps.search.views import CatalogueView

MAX_QUERY_CHARS = 1500


def catalogue_at(path: str) -> type[CatalogueView]:
    """Raises NoCatalogueError for what is no catalogue's own page (a feed of it, an item, another site)."""
    try:
        match = resolve(path)
    except (Resolver404, ValueError, UnicodeError) as error:
        raise NoCatalogueError from error
    view = getattr(match.func, "view_class", None)
    is_page = getattr(match.func, "view_initkwargs", {}).get("output", "page") == "page"
    if not (isinstance(view, type) and issubclass(view, CatalogueView) and is_page):
        raise NoCatalogueError
    return view


def question_of(path: str, query_string: str) -> SearchRequest:
    """What a page of a catalogue asks. Raises NoCatalogueError or BadSearchError."""
    view = catalogue_at(path)
    if len(query_string) > MAX_QUERY_CHARS:
        raise BadSearchError
    return view.question(query_string)
