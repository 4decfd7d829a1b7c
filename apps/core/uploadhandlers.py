"""Take uploads to a temporary file, and no more of one than is allowed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler


class TooLargeUpload(SimpleUploadedFile):
    """What stands in a form for a file over the limit: its name, how large it was, and nothing in it."""

    is_too_large = True

    def __init__(self, name: str, size: int, content_type: str) -> None:
        super().__init__(name, b"", content_type)
        self.size = size


class LimitedUploadHandler(TemporaryFileUploadHandler):
    """Throw away what comes beyond UPLOAD_MAX_BYTES, so that the form can still answer beside the field.

    Breaking the upload off instead would lose everything else that was typed into the form.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.is_over = False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self.is_over:
            return
        if start + len(raw_data) > settings.UPLOAD_MAX_BYTES:
            self.is_over = True
            self.file.close()
            return
        super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size: int) -> UploadedFile[bytes] | None:
        if self.is_over:
            return TooLargeUpload(self.file_name or "file", file_size, self.content_type or "")
        return super().file_complete(file_size)
