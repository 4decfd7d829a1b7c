"""Middleware that knows no app."""

from __future__ import annotations

import codecs
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_cache_control

from apps.core.views import bad_request

_OUR_CHARSETS = {"utf-8", "ascii"}


class RefuseUnreadableMiddleware:
    """Answer 400 to what no page could use, before anything tries to.

    A NUL byte in the address: PostgreSQL stores none. A charset that is not the hub's own: every page says UTF-8, so
    no browser sends another, and Django decodes with any codec that Python knows, also with those that are no text.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _has_nul(request) or not _is_our_charset(request):
            return bad_request(request, None)
        return self.get_response(request)


def _has_nul(request: HttpRequest) -> bool:
    query = request.META.get("QUERY_STRING", "").lower()
    return "\x00" in request.path or "%00" in query or "\x00" in query


def _is_our_charset(request: HttpRequest) -> bool:
    charset = (request.content_params or {}).get("charset")
    if charset is None:
        return True
    try:
        return codecs.lookup(charset).name in _OUR_CHARSETS
    except (LookupError, ValueError):
        return False


class NothingKeptMiddleware:
    """What a signed-in person is shown stays in no cache, on the way or in a browser that others use after them.

    A view that calls its answer public knows better. Only the session is looked at, and only where there is one: a
    page that asks for nobody stays as cacheable as it was.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if "public" not in response.get("Cache-Control", "") and _is_signed_in(request):
            patch_cache_control(response, private=True, no_store=True)
        return response


class CompressForVisitorsMiddleware(GZipMiddleware):
    """Send whole pages compressed, but only what everybody gets.

    Where a page has something secret in it and repeats something of its address, the compressed length tells the secret
    to who can count bytes (BREACH). Django's padding only makes that slower, so who has a session gets pages as they
    are, and so does a first answer with a cookie in it. Files and tables are streamed, and have their own length.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_for_all = settings.SESSION_COOKIE_NAME not in request.COOKIES and not response.cookies
        if request.method in {"GET", "HEAD"} and is_for_all and not response.streaming:
            return super().process_response(request, response)
        return response


def _is_signed_in(request: HttpRequest) -> bool:
    return settings.SESSION_COOKIE_NAME in request.COOKIES and SESSION_KEY in request.session
