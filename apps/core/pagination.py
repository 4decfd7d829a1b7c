"""Pages of a list, kept in the query string."""

from __future__ import annotations

from typing import Any

from django.core.paginator import InvalidPage, Page, Paginator
from django.http import Http404, HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def get_page(request: HttpRequest, object_list: Any, *, per_page: int = 20) -> Page[Any]:
    """Give the page named by ``?page=``; a page that is no number or not there is a 404."""
    paginator = Paginator(object_list, per_page)
    try:
        return paginator.page(request.GET.get("page") or 1)
    except InvalidPage as error:
        raise no_such_page(request, paginator.num_pages) from error


def no_such_page(request: HttpRequest, pages: int) -> Http404:
    """How many pages there are, with the way to the last one (to the first, where there is one) of the same list."""
    query = request.GET.copy()
    for name in ("page", "after"):
        query.pop(name, None)
    if pages > 1:
        query["page"] = str(pages)
    said = ngettext("This list has only %(count)d page.", "This list has only %(count)d pages.", pages)
    way_on = _("Go to the last one") if pages > 1 else _("Go to it")
    return Http404(format_html('{} <a href="?{}">{}</a>', said % {"count": pages}, query.urlencode(), way_on))
