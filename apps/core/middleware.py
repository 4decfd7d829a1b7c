"""Middleware that knows no app."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.core.views import bad_request


class RefuseNulBytesMiddleware:
    """Answer 400 to a NUL byte in the address: PostgreSQL stores none, so no page could use it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "").lower()
        if "\x00" in request.path or "%00" in query or "\x00" in query:
            return bad_request(request, None)
        return self.get_response(request)
