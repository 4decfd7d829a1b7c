"""Find out what a file is by its content, and refuse what the hub does not take."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import IO

import puremagic
from django.conf import settings
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from apps.core.formats import file_size
from apps.files.archives import inspect_archive
from apps.files.exceptions import FileRefusedError
from apps.files.kinds import ALL_KINDS, CSV, JPEG, PDF, PNG, FileKind
from apps.files.names import safe_name, split_extension
from apps.files.pictures import PNG_SIGNATURE, check_picture
from apps.files.tables import check_table, text_encoding

_HEAD = 8192
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True)
class Inspected:
    """What an upload turned out to be."""

    name: str
    kind: FileKind
    size: int


def inspect_upload(
    file: IO[bytes], *, name: str, size: int, allowed: Collection[FileKind] = ALL_KINDS
) -> Inspected:
    """Check size, content, and that the name agrees with the content. Raises FileRefusedError."""
    name = safe_name(name)
    check_size(size)
    file.seek(0)
    head = file.read(_HEAD)
    extension = split_extension(name)[1]
    kind = _recognise(file, head, name=name, extension=extension, size=size, allowed=allowed)
    if kind not in allowed:
        raise _not_accepted(allowed)
    if extension and extension not in kind.extensions:
        raise FileRefusedError(
            _("This file is called %(name)s but is %(kind)s. Please give it its right name.")
            % {"name": name, "kind": kind.description},
            code="name_and_content_differ",
        )
    if kind is PDF:
        _check_pdf_end(file, size)
    file.seek(0)
    return Inspected(name=name if extension else f"{name}.{kind.extensions[0]}", kind=kind, size=size)


def check_size(size: int) -> None:
    if size <= 0:
        raise FileRefusedError(_("This file is empty."), code="empty")
    if size > settings.UPLOAD_MAX_BYTES:
        raise too_large()


def too_large() -> FileRefusedError:
    return FileRefusedError(
        _("This file is too large: at most %(limit)s are accepted.")
        % {"limit": file_size(settings.UPLOAD_MAX_BYTES)},
        code="too_large",
    )


def _recognise(
    file: IO[bytes], head: bytes, *, name: str, extension: str, size: int, allowed: Collection[FileKind]
) -> FileKind:
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"%PDF-"):
        return PDF
    if head.startswith(PNG_SIGNATURE):
        check_picture(file, size=size, picture_format="PNG")
        return PNG
    if head.startswith(b"\xff\xd8\xff"):
        check_picture(file, size=size, picture_format="JPEG")
        return JPEG
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return inspect_archive(file, size=size)
    return _recognise_text(file, head, name=name, extension=extension, allowed=allowed)


def _recognise_text(
    file: IO[bytes], head: bytes, *, name: str, extension: str, allowed: Collection[FileKind]
) -> FileKind:
    markup = _markup(head)
    if markup:
        raise FileRefusedError(
            _("%(name)s is %(kind)s, which can carry scripts. Such files are not accepted.")
            % {"name": name, "kind": markup},
            code="active_content",
        )
    if extension in CSV.extensions:
        check_table(file)
        return CSV
    if head.startswith(_OLE):
        raise FileRefusedError(
            _(
                "This is an office file in an old format or protected with a password. Please save it as DOCX, XLSX, "
                "PPTX or PDF, without a password."
            ),
            code="old_office",
        )
    wanted = next((kind for kind in ALL_KINDS if extension in kind.extensions), None)
    if wanted is None:
        raise _not_accepted(allowed)
    raise FileRefusedError(
        _("This file is called %(name)s but is %(kind)s.") % {"name": name, "kind": _foreign(file, head)},
        code="name_and_content_differ",
    )


def _markup(head: bytes) -> str:
    """Name SVG, HTML and other XML, in any encoding that keeps or doubles ASCII."""
    start = head.replace(b"\x00", b"").removeprefix(b"\xef\xbb\xbf").lstrip(b"\xff\xfe \t\r\n\f").lower()
    if not start.startswith(b"<"):
        return ""
    if b"<svg" in start:
        return _("an SVG drawing")
    if any(mark in start for mark in (b"<html", b"<!doctype html", b"<script", b"<body", b"<head")):
        return _("a web page")
    return _("an XML or HTML file")


def _foreign(file: IO[bytes], head: bytes) -> str:
    """A name for what is not accepted, as far as it is known."""
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        found = []
    if found and found[0].name:
        return _("of another type (%(type)s)") % {"type": found[0].name}
    return _("plain text") if text_encoding(file) else _("of an unknown type")


def _not_accepted(allowed: Collection[FileKind]) -> FileRefusedError:
    labels = [kind.label for kind in ALL_KINDS if kind in allowed]
    return FileRefusedError(
        _("Files of this type are not accepted. Accepted are %(types)s.")
        % {"types": get_text_list(labels, _("and"))},
        code="type_not_accepted",
    )


def _check_pdf_end(file: IO[bytes], size: int) -> None:
    """A whole PDF names its cross-reference table near its end; a cut one does not."""
    file.seek(max(0, size - _HEAD))
    if b"startxref" not in file.read(_HEAD):
        raise FileRefusedError(_("This PDF document is damaged or incomplete."), code="damaged")
