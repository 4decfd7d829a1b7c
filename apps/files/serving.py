"""Give a stored file out: always as a download, under its true type, and run by no browser.

Whether this person may have the file is asked before, by the view of the item that refers to it.
"""

from __future__ import annotations

import structlog
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.utils.translation import gettext as _

from apps.files import storage
from apps.files.enums import ScanState
from apps.files.middleware import SMALL_BYTES
from apps.files.models import StoredFile

logger = structlog.get_logger(__name__)

_SANDBOX = "sandbox; default-src 'none'"
_PUBLIC_SECONDS = 3600


def file_response(
    stored_file: StoredFile, *, request: HttpRequest, is_public: bool = False
) -> HttpResponseBase:
    """The file as a stream, or 304 where the browser has it, or Http404 where its bytes are gone or infected.

    ``is_public`` says that everybody may read it, so that caches on the way may keep it for an hour.
    """
    if stored_file.scan_state == ScanState.INFECTED:
        logger.warning("infected file asked for", stored_file=str(stored_file.pk))
        raise Http404(_("This file is not available."))
    etag = f'"{stored_file.sha256}"'
    answer: HttpResponseBase | None = get_conditional_response(request, etag=etag)
    if answer is None:
        answer = _head(stored_file) if request.method == "HEAD" else _stream(stored_file)
    answer["ETag"] = etag
    answer["Content-Security-Policy"] = _SANDBOX
    answer["X-Content-Type-Options"] = "nosniff"
    if is_public:
        patch_cache_control(answer, public=True, max_age=_PUBLIC_SECONDS)
    else:
        patch_cache_control(answer, private=True, no_cache=True)
        patch_vary_headers(answer, ["Cookie"])
    return answer


def _stream(stored_file: StoredFile) -> FileResponse:
    try:
        file = storage.open_stored(stored_file.key)
    except FileNotFoundError as error:
        logger.exception("stored object missing", stored_file=str(stored_file.pk), key=stored_file.key)
        raise Http404(_("This file is not available.")) from error
    response = FileResponse(
        file,
        as_attachment=True,
        filename=stored_file.original_name,
        content_type=stored_file.media_type,
    )
    response["Content-Length"] = str(stored_file.size)
    # A small file in one piece: the server keeps that and lets the thread go.
    response.block_size = SMALL_BYTES
    return response


def _head(stored_file: StoredFile) -> HttpResponse:
    response = HttpResponse(content_type=stored_file.media_type)
    response["Content-Length"] = str(stored_file.size)
    return response
