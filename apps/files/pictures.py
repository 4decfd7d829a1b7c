"""Check pictures by their structure, without unfolding their pixels in the web process."""

from __future__ import annotations

import struct
import zlib
from typing import IO

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from PIL import Image

from apps.files.exceptions import FileRefusedError

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHUNK_HEAD = struct.Struct(">I4s")
_CHUNK = 64 * 1024
_TAIL = 64 * 1024


def check_picture(file: IO[bytes], *, size: int, picture_format: str) -> None:
    """Refuse pictures that are damaged, cut short, or of more pixels than UPLOAD_MAX_PIXELS."""
    if picture_format == "PNG":
        _check_png_chunks(file)
    else:
        _check_jpeg_end(file, size)
    file.seek(0)
    try:
        with Image.open(file, formats=[picture_format]) as picture:
            pixels = picture.width * picture.height
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except (OSError, SyntaxError, ValueError, struct.error, OverflowError) as error:
        raise _damaged() from error
    if pixels > settings.UPLOAD_MAX_PIXELS:
        raise _too_many_pixels()


def _check_png_chunks(file: IO[bytes]) -> None:
    """Walk the chunks to the end mark and compare their checksums (Pillow would hold each one in memory)."""
    file.seek(len(PNG_SIGNATURE))
    while True:
        head = file.read(_CHUNK_HEAD.size)
        if len(head) < _CHUNK_HEAD.size:
            raise _damaged()
        length, name = _CHUNK_HEAD.unpack(head)
        checksum = zlib.crc32(name)
        while length:
            data = file.read(min(length, _CHUNK))
            if not data:
                raise _damaged()
            checksum = zlib.crc32(data, checksum)
            length -= len(data)
        if file.read(4) != struct.pack(">I", checksum):
            raise _damaged()
        if name == b"IEND":
            return


def _check_jpeg_end(file: IO[bytes], size: int) -> None:
    """Cameras may append data, but the end mark has to be near the end."""
    file.seek(max(0, size - _TAIL))
    if b"\xff\xd9" not in file.read(_TAIL):
        raise _damaged()


def _damaged() -> FileRefusedError:
    return FileRefusedError(_("This picture is damaged or incomplete."), code="damaged")


def _too_many_pixels() -> FileRefusedError:
    return FileRefusedError(
        _("This picture has more than %(limit)s million pixels. Please make it smaller.")
        % {"limit": settings.UPLOAD_MAX_PIXELS // 1_000_000},
        code="too_many_pixels",
    )
