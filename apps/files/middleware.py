"""What goes wrong with an upload before any form sees it, and with a download after its view is done."""

from __future__ import annotations

from collections.abc import Callable
from io import IOBase
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any
from weakref import finalize

import structlog
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from apps.core.exceptions import RuleBrokenError
from apps.core.views import bad_request, too_large, unavailable

logger = structlog.get_logger(__name__)

# So many threads of a process may read bodies or stream files at one time; the others are for pages.
PLACES = 12
# A stream of known length up to this is handed to the server as a whole, so no thread waits for who takes it.
SMALL_BYTES = 256 * 1024
_OTHER_FIELDS = 1024 * 1024
_CHUNK = 64 * 1024
_REQUEST_TIMEOUT = 408


class Places:
    """A semaphore whose places may be given back by the garbage collector too, which may come while one is taken."""

    def __init__(self, number: int) -> None:
        self._free: SimpleQueue[None] = SimpleQueue()
        for _place in range(number):
            self.give_back()

    @property
    def free(self) -> int:
        return self._free.qsize()

    def take(self) -> bool:
        try:
            self._free.get_nowait()
        except Empty:
            return False
        return True

    def give_back(self) -> None:
        self._free.put(None)


places = Places(PLACES)


class _TooSlowError(OSError):
    pass


class _NoPlaceError(OSError):
    pass


class UploadGuardMiddleware:
    """Refuse far too large requests before they are read, and requests that break off or do not come as a whole.

    Up to twice the limit a request is read, so that the form can say "too large" beside the field and keeps what was
    typed. Beyond that it is answered with 413 at once.

    Django takes the end of a broken connection for the end of the file and would go on with half of it; so a body
    that is shorter than announced is an error here. And the thread that serves a request waits for its body, so a
    few clients that send theirs byte by byte could hold them all; so could a few that ask for a large file and do not
    take it: docs/adr/0015-slow-bodies.md.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._answer(request)
        if not _needs_place(response) or _give_place(response):
            return response
        logger.warning("no place for a download", path=request.path)
        refusal = unavailable(request)
        _close_with(refusal, response.close)
        return refusal

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        length = _content_length(request.META.get("CONTENT_LENGTH"))
        if length > 2 * settings.UPLOAD_MAX_BYTES + _OTHER_FIELDS:
            return too_large(request)
        if not length or not isinstance(request, WSGIRequest):
            return self.get_response(request)
        # Django offers no other place to watch the body from.
        whole = _WholeBody(request._stream, length, lambda: _remove_temporary(request))  # noqa: SLF001
        stream: Any = whole
        request._stream = stream  # noqa: SLF001
        try:
            response = self.get_response(request)
        finally:
            whole.end()
        # The check against forged forms takes a body that cannot be read for an empty one.
        return self._failure(request, whole.error) or response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Nobody will read the answer, but it is no error of the server either."""
        if isinstance(exception, UnreadablePostError):
            return bad_request(request, exception)
        return None

    def _failure(self, request: HttpRequest, error: OSError | None) -> HttpResponse | None:
        if isinstance(error, _NoPlaceError):
            return unavailable(request)
        if isinstance(error, _TooSlowError):
            response = bad_request(
                request, RuleBrokenError(_("What you sent came too slowly. Please try again."))
            )
            response.status_code = _REQUEST_TIMEOUT
            return response
        return None


class _WholeBody(IOBase):
    """Reads like the stream it wraps, and raises OSError when that ends before ``length`` bytes came, or too slowly."""

    def __init__(self, stream: Any, length: int, on_broken: Callable[[], None]) -> None:
        self._stream = stream
        self._missing = length
        self._received = 0
        self._on_broken = on_broken
        self._began = monotonic()
        self._has_place = False
        self.error: OSError | None = None

    def read(self, size: int | None = -1) -> bytes:
        """As many bytes as asked for, however the server hands them over; fewer only at the end."""
        wanted = self._missing if size is None or size < 0 else min(size, self._missing)
        data = bytearray()
        while len(data) < wanted:
            data += self._take(self._stream.read, min(wanted - len(data), self._portion()))
        return bytes(data)

    def readline(self, size: int | None = -1) -> bytes:
        wanted = -1 if size is None else size
        return self._take(self._stream.readline, wanted) if self._missing and wanted else b""

    def end(self) -> None:
        if self._has_place:
            self._has_place = False
            places.give_back()

    def _portion(self) -> int:
        """The server's read waits until all is there that it was asked for: ask for little until much has come."""
        late = monotonic() - self._began > 1 + self._received / settings.BODY_BYTES_A_SECOND
        return 1 if late else min(_CHUNK, 1 + self._received // 16)

    def _take(self, read: Callable[[int], bytes], size: int) -> bytes:
        try:
            self._wait_for_turn()
            data = read(size)
            if not data:
                raise OSError("the connection was lost before the whole request had come")
        except OSError as error:
            self.error = error
            self._on_broken()
            logger.info("upload broke off", missing=self._missing, reason=type(error).__name__)
            raise
        self._received += len(data)
        self._missing -= len(data)
        if not self._missing:
            self.end()
        return data

    def _wait_for_turn(self) -> None:
        allowed = settings.BODY_GRACE_SECONDS + self._received / settings.BODY_BYTES_A_SECOND
        if monotonic() - self._began > allowed:
            raise _TooSlowError("the body did not come in time")
        if not self._has_place:
            self._has_place = places.take()
            if not self._has_place:
                raise _NoPlaceError("too many wait for a body")


def _needs_place(response: HttpResponseBase) -> bool:
    is_small = 0 < _content_length(response.get("Content-Length")) <= SMALL_BYTES
    return response.streaming and not is_small


def _give_place(response: HttpResponseBase) -> bool:
    """Taken before the first byte, while one can still say no; back once, when it is closed or forgotten unclosed."""
    if not places.take():
        return False
    _close_with(response, finalize(response, places.give_back))
    return True


def _close_with(response: HttpResponseBase, closer: Callable[[], object]) -> None:
    """Django offers no other way to be called by ``close()``, which also ends the request and is not for us to call."""
    response._resource_closers.append(closer)  # type: ignore[attr-defined] # noqa: SLF001


def _content_length(said: str | None) -> int:
    try:
        return int(said or 0)
    except ValueError:
        return 0


def _remove_temporary(request: HttpRequest) -> None:
    for handler in request.upload_handlers:
        handler.upload_interrupted()
