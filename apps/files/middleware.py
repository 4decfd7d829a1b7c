"""What goes wrong with an upload before any form sees it."""

from __future__ import annotations

from collections.abc import Callable
from io import IOBase
from typing import Any

import structlog
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError

from apps.core.views import bad_request, too_large

logger = structlog.get_logger(__name__)

_OTHER_FIELDS = 1024 * 1024


class UploadGuardMiddleware:
    """Refuse far too large requests before they are read, and requests that break off as a whole.

    Up to twice the limit a request is read, so that the form can say "too large" beside the field and keeps what was
    typed. Beyond that it is answered with 413 at once.

    Django takes the end of a broken connection for the end of the file and would go on with half of it; so a body
    that is shorter than announced is an error here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = _content_length(request)
        if length > 2 * settings.UPLOAD_MAX_BYTES + _OTHER_FIELDS:
            return too_large(request)
        if length and isinstance(request, WSGIRequest):
            # Django offers no other place to watch the body from.
            whole: Any = _WholeBody(request._stream, length, lambda: _remove_temporary(request))  # noqa: SLF001
            request._stream = whole  # noqa: SLF001
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Nobody will read the answer, but it is no error of the server either."""
        if isinstance(exception, UnreadablePostError):
            return bad_request(request, exception)
        return None


class _WholeBody(IOBase):
    """Reads like the stream it wraps, and raises OSError when that ends before ``length`` bytes came."""

    def __init__(self, stream: Any, length: int, on_broken: Callable[[], None]) -> None:
        self._stream = stream
        self._missing = length
        self._on_broken = on_broken

    def read(self, size: int | None = -1) -> bytes:
        """As many bytes as asked for, however the server hands them over; fewer only at the end."""
        wanted = self._missing if size is None or size < 0 else min(size, self._missing)
        data = bytearray()
        while len(data) < wanted:
            data += self._take(self._stream.read, wanted - len(data))
        return bytes(data)

    def readline(self, size: int | None = -1) -> bytes:
        wanted = -1 if size is None else size
        return self._take(self._stream.readline, wanted) if self._missing and wanted else b""

    def _take(self, read: Callable[[int], bytes], size: int) -> bytes:
        try:
            data = read(size)
        except OSError:
            self._on_broken()
            raise
        if not data:
            self._on_broken()
            logger.info("upload broke off", missing=self._missing)
            raise OSError("the connection was lost before the whole request had come")
        self._missing -= len(data)
        return data


def _content_length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _remove_temporary(request: HttpRequest) -> None:
    for handler in request.upload_handlers:
        handler.upload_interrupted()
