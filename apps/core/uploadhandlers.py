"""Take uploads to a temporary file, and no more of one than is allowed or than there is room for."""

from __future__ import annotations

import contextlib
from typing import Any

import structlog
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler

logger = structlog.get_logger(__name__)


class TooLargeUpload(SimpleUploadedFile):
    """What stands in a form for a file over the limit: its name, how large it was, and nothing in it."""

    is_too_large = True

    def __init__(self, name: str, size: int, content_type: str) -> None:
        super().__init__(name, b"", content_type)
        self.size = size


class LostUpload(SimpleUploadedFile):
    """What stands in a form for a file that the disk had no room for."""

    is_lost = True


class LimitedUploadHandler(TemporaryFileUploadHandler):
    """Throw away what is beyond UPLOAD_MAX_BYTES or finds no room, so that the form can still answer beside the field.

    Breaking the upload off instead would lose everything else that was typed into the form.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        self.is_over = self.is_lost = False
        try:
            super().new_file(*args, **kwargs)
        except OSError as error:
            self._lose(error)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self.is_over or self.is_lost:
            return
        if start + len(raw_data) > settings.UPLOAD_MAX_BYTES:
            self.is_over = True
            self._throw_away()
            return
        try:
            super().receive_data_chunk(raw_data, start)
        except OSError as error:
            self._lose(error)
            self._throw_away()

    def file_complete(self, file_size: int) -> UploadedFile[bytes] | None:
        name, content_type = self.file_name or "file", self.content_type or ""
        if self.is_over:
            return TooLargeUpload(name, file_size, content_type)
        if not self.is_lost:
            try:
                return super().file_complete(file_size)  # writes what is left in the buffer
            except OSError as error:
                self._lose(error)
                self._throw_away()
        return LostUpload(name, b"", content_type)

    def _lose(self, error: OSError) -> None:
        self.is_lost = True
        logger.error("no room for an upload", exc_info=error)

    def _throw_away(self) -> None:
        """Closing writes what is in the buffer, for which there may be no room; the file is removed all the same."""
        with contextlib.suppress(OSError):
            self.file.close()
