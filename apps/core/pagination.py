"""Pages of a list, kept in the query string."""

from __future__ import annotations

from typing import Any

from django.core.paginator import InvalidPage, Page, Paginator
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _


def get_page(request: HttpRequest, object_list: Any, *, per_page: int = 20) -> Page[Any]:
    """Give the page named by ``?page=``; a page that is no number or not there is a 404."""
    try:
        return Paginator(object_list, per_page).page(request.GET.get("page") or 1)
    except InvalidPage as error:
        raise Http404(_("This page does not exist.")) from error
