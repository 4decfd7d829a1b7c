"""The plain pages for what went wrong."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader


def _page(request: HttpRequest, status: int, message: str = "") -> HttpResponse:
    """Render ``<status>.html``. Without context processors: an error page must not need the database."""
    html = loader.get_template(f"{status}.html").template.render(_plain_context(request, message))  # type: ignore[attr-defined]
    return HttpResponse(html, status=status)


def _plain_context(request: HttpRequest, message: str) -> object:
    from django.template import Context

    return Context({"message": message, "error_page": True, "site_name": "ClusterHub"})


def bad_request(request: HttpRequest, exception: Exception | None) -> HttpResponse:
    return _page(request, 400)


def permission_denied(request: HttpRequest, exception: Exception | None) -> HttpResponse:
    return _page(request, 403, str(exception or ""))


def not_found(request: HttpRequest, exception: Exception | None) -> HttpResponse:
    return _page(request, 404)


def too_large(request: HttpRequest) -> HttpResponse:
    return _page(request, 413)


def server_error(request: HttpRequest) -> HttpResponse:
    return _page(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)
