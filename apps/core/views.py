"""The plain pages for what went wrong."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.template import Context, loader
from django.utils.functional import Promise

from apps.core.exceptions import ForbiddenError, HubError

RETRY_AFTER_SECONDS = 60
# get_object_or_404 speaks to programmers, and the resolver's reason is no sentence at all.
_OF_DJANGO = "matches the given query."


def _page(request: HttpRequest, status: int, *, template: str = "", message: str = "") -> HttpResponse:
    """Render ``<status>.html`` without context processors: an error page must not need the database."""
    # The backend's own render() would run the context processors, which read session and notifications.
    page: Any = loader.get_template(template or f"{status}.html")
    context = {
        "error_page": True,
        "site_name": settings.SITE_NAME,
        "demo_mode": settings.DEMO,
        "status": status,
        "message": message,
    }
    return HttpResponse(page.template.render(Context(context)), status=status)


def bad_request(request: HttpRequest, exception: Exception | None) -> HttpResponse:
    """400; what is too large for a form is told as such. Only our own errors speak to people."""
    if isinstance(exception, RequestDataTooBig):
        return too_large(request)
    return _page(request, 400, message=str(exception.message) if isinstance(exception, HubError) else "")


def permission_denied(request: HttpRequest, exception: Exception | None) -> HttpResponse:
    """403 explains by the reason that ``require`` was given; those of libraries speak to programmers."""
    return _page(request, 403, message=str(exception) if isinstance(exception, ForbiddenError) else "")


def not_found(request: HttpRequest, exception: Exception | None) -> HttpResponse:
    """404, with the sentence of the view that raised it."""
    said = exception.args[0] if isinstance(exception, Http404) and exception.args else ""
    is_sentence = isinstance(said, str | Promise) and not str(said).endswith(_OF_DJANGO)
    return _page(request, 404, message=str(said) if is_sentence else "")


def too_large(request: HttpRequest) -> HttpResponse:
    return _page(request, 413)


def too_many(request: HttpRequest) -> HttpResponse:
    return _page(request, 429)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 where it is the database that does not answer: that passes, and machines may ask again."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return unavailable(request)
    return _page(request, 500)


def unavailable(request: HttpRequest) -> HttpResponse:
    response = _page(request, 503)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(request, 403, template="403_csrf.html")
