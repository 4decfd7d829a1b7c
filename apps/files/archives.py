"""Look into ZIP containers without trusting what they say about themselves.

Every entry is unpacked in a stream and counted, never kept: the directory of an archive can lie, and the
bombs that matter do. The limits hold for the archive with everything nested in it.
"""

from __future__ import annotations

import errno
import re
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, XMLParser, fromstring
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.files.exceptions import FileRefusedError
from apps.files.kinds import DOCX, ODS, ODT, PPTX, XLSX, ZIP, FileKind

MAX_ENTRIES = 10_000
MAX_DEPTH = 3
# Deflate cannot do better than about 1,030:1; honest office files stay below 100:1 as a whole.
MAX_RATIO = 200
RATIO_COUNTS_FROM = 20 * 1024 * 1024
_CHUNK = 64 * 1024
_ENTRY_SIGNATURE = b"PK\x01\x02"
_LOCAL_SIGNATURE = b"PK\x03\x04"
_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DESCRIPTION = "[content_types].xml"
_MAX_DESCRIPTION_BYTES = 4 * 1024 * 1024
# Of all lists of links in a document, which are parsed; a sheet may have 65,530 hyperlinks.
MAX_LINK_BYTES = 16 * 1024 * 1024
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    ValueError,
    OverflowError,
    IndexError,
)

_OOXML_MAIN_PARTS = {
    "officedocument.wordprocessingml.document.main+xml": DOCX,
    "officedocument.spreadsheetml.sheet.main+xml": XLSX,
    "officedocument.presentationml.presentation.main+xml": PPTX,
}
_OFFICE_MACRO = re.compile(r"(^|/)(vbaproject\.bin$|(intl)?macrosheets/)", re.IGNORECASE)
# An office program fetches these when the document is opened; a hyperlink waits for a click.
_LOADED_AT_ONCE = ("/attachedtemplate", "/frame", "/subdocument", "/oleobject")
_ODF_KINDS = {kind.media_type.encode(): kind for kind in (ODT, ODS)}
# "Basic/<library>/<module>.xml" and "Scripts/…" hold macros; the two listings are there without any.
_ODF_MACRO = re.compile(r"^(Basic/[^/]+/(?!script-l[bc]\.xml$|dialog-l[bc]\.xml$)[^/]+|Scripts/.+[^/])$")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_XML_ENDINGS = (".xml", ".rels", ".vml", ".rdf")
_ENTITY = re.compile(rb"<\x00?!\x00?E\x00?N\x00?T\x00?I\x00?T\x00?Y")
_ENTITY_OR_TYPE = re.compile(_ENTITY.pattern + rb"|<\x00?!\x00?D\x00?O\x00?C\x00?T\x00?Y\x00?P\x00?E")
_UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
_MAX_DECLARATION_BYTES = 1000
_DECLARED = re.compile(r"""encoding\s*=\s*["']([^"']*)""", re.IGNORECASE)
_ENCODINGS = {"utf-8", "utf8", "us-ascii", "ascii", "utf-16", "utf-16le", "utf-16be"}


@dataclass
class Budget:
    """What is left for an archive and all that is nested in it."""

    packed: int
    entries: int = MAX_ENTRIES
    unpacked: int = field(default_factory=lambda: settings.UPLOAD_MAX_UNPACKED_BYTES)
    used: int = 0
    links: int = MAX_LINK_BYTES

    def take_links(self, count: int) -> None:
        self.links -= count
        if self.links < 0:
            raise _damaged()

    def take_entries(self, count: int) -> None:
        self.entries -= count
        if self.entries < 0:
            raise FileRefusedError(
                _("This archive holds more than %(limit)s files.") % {"limit": MAX_ENTRIES},
                code="too_many_entries",
            )

    def take_bytes(self, count: int) -> None:
        self.used += count
        too_dense = self.used > RATIO_COUNTS_FROM and self.used > MAX_RATIO * self.packed
        if self.used > self.unpacked or too_dense:
            raise FileRefusedError(
                _("Unpacked, this file would be far larger than it is allowed to be."), code="archive_bomb"
            )


def inspect_archive(file: IO[bytes], *, size: int) -> FileKind:
    """Check everything in the archive and say what it is. Raises FileRefusedError."""
    try:
        return _inspect(file, budget=Budget(packed=size), depth=0)
    except _BROKEN as error:
        raise _damaged() from error
    except OSError as error:
        # A directory that names a place before the beginning of the file; a disk that fails is another thing.
        if error.errno != errno.EINVAL:
            raise
        raise _damaged() from error


def _damaged() -> FileRefusedError:
    return FileRefusedError(_("This file is damaged or incomplete."), code="damaged")


def _inspect(file: IO[bytes], *, budget: Budget, depth: int) -> FileKind:
    # Counted before the directory is read: a million empty entries fit into few bytes and fill the memory.
    budget.take_entries(_count_entries(file))
    with zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
        if depth == 0 and all(info.is_dir() for info in infos):
            raise FileRefusedError(_("This archive is empty."), code="empty_archive")
        _check_declared(infos, budget)
        kind = _recognise(archive)
        for info in infos:
            _check_entry(info)
            _refuse_macros(info, kind)
            _unpack(archive, info, budget=budget, depth=depth, forbidden=_forbidden(info, kind))
            if kind in _OOXML_MAIN_PARTS.values() and info.filename.lower().endswith(".rels"):
                _check_links(archive, info, budget)
        return kind


def _count_entries(file: IO[bytes]) -> int:
    """Upper bound for the number of entries: every one begins with this signature."""
    count, tail = 0, b""
    file.seek(0)
    while chunk := file.read(_CHUNK):
        count += (tail + chunk).count(_ENTRY_SIGNATURE)
        tail = chunk[-(len(_ENTRY_SIGNATURE) - 1) :]
    file.seek(0)
    return count


def _check_declared(infos: list[zipfile.ZipInfo], budget: Budget) -> None:
    """Refuse at once what admits to be a bomb; the stream is counted all the same."""
    probe = Budget(packed=budget.packed, unpacked=budget.unpacked, used=budget.used)
    probe.take_bytes(sum(info.file_size for info in infos))


def _check_entry(info: zipfile.ZipInfo) -> None:
    name = info.orig_filename
    parts = re.split(r"[/\\]", name)
    is_unsafe = (
        ".." in parts
        or name.startswith(("/", "\\"))
        or re.match(r"^[A-Za-z]:", name) is not None
        or _CONTROL.search(name) is not None
        or stat.S_ISLNK(info.external_attr >> 16)
    )
    if is_unsafe:
        raise FileRefusedError(
            _("This archive holds a file whose name would lead out of the archive."), code="unsafe_path"
        )
    if info.flag_bits & 0x1:
        raise FileRefusedError(
            _("This archive is protected with a password, so it cannot be checked."), code="archive_password"
        )
    if info.compress_type not in _READABLE:
        raise FileRefusedError(
            _(
                "This archive is packed with a method that cannot be checked. Please pack it as an ordinary ZIP."
            ),
            code="archive_method",
        )


def _recognise(archive: zipfile.ZipFile) -> FileKind:
    """Say what the container is by the description that its format demands, not by the names in it."""
    names = archive.namelist()
    if sum(name.lower() == _DESCRIPTION for name in names) > 1:
        raise _damaged()  # which of them an office program reads is not known
    if "mimetype" in names:
        kind = _ODF_KINDS.get(_read_start(archive, "mimetype", 200).strip())
        if kind is not None and "content.xml" in names:
            return kind
    if "[Content_Types].xml" in names:
        types = _content_types(_read_start(archive, "[Content_Types].xml", _MAX_DESCRIPTION_BYTES))
        if any(mark in name for name in types for mark in ("macroenabled", "vbaproject", "macrosheet")):
            raise _macros()
        for mark, kind in _OOXML_MAIN_PARTS.items():
            if any(mark in name for name in types):
                return kind
    return ZIP


def _content_types(description: bytes) -> list[str]:
    """The types of all parts in small letters, as an office program reads them: "&#98;" is a b."""
    _check_encoding(description)
    try:
        root = fromstring(description, forbid_dtd=True)
    except DefusedXmlException as error:
        raise _entities() from error
    except ParseError as error:
        raise _damaged() from error
    return [node.get("ContentType", "").lower() for node in root.iter()]


def _check_encoding(start: bytes) -> None:
    """Refuse what is not plainly UTF-8 or UTF-16: in UTF-7 or EBCDIC, what is looked for looks like anything."""
    encoding = next((name for mark, name in _UTF_16.items() if start.startswith(mark)), "utf-8-sig")
    text = start[:_MAX_DECLARATION_BYTES].decode(encoding, "replace").lstrip("\ufeff \t\r\n")
    declaration, end, _rest = text.partition("?>") if text.startswith("<?xml") else ("", "?>", "")
    known = all(name.lower() in _ENCODINGS for name in _DECLARED.findall(declaration))
    if text and not (text.startswith("<") and end and known):
        raise FileRefusedError(
            _("This document is not written in UTF-8 or UTF-16, so it cannot be checked."),
            code="xml_encoding",
        )


def _read_start(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    info = archive.getinfo(name)
    _check_entry(info)
    with archive.open(info) as member:
        return member.read(limit)


def _macros() -> FileRefusedError:
    return FileRefusedError(
        _("This document contains macros. Please save it without macros and upload it again."), code="macros"
    )


def _entities() -> FileRefusedError:
    return FileRefusedError(
        _("This document defines XML entities, which are not accepted."), code="xml_entities"
    )


def _forbidden(info: zipfile.ZipInfo, kind: FileKind) -> re.Pattern[bytes] | None:
    """What no XML of such a document may hold. OpenOffice gives document types to its lists of files and macros."""
    if kind is ZIP or not info.filename.lower().endswith(_XML_ENDINGS):
        return None
    return _ENTITY if kind in {ODT, ODS} else _ENTITY_OR_TYPE


def _refuse_macros(info: zipfile.ZipInfo, kind: FileKind) -> None:
    name = info.filename
    in_office = kind in _OOXML_MAIN_PARTS.values() and _OFFICE_MACRO.search(name) is not None
    in_odf = kind in {ODT, ODS} and _ODF_MACRO.match(name) is not None
    if in_office or in_odf:
        raise _macros()


class _Links:
    """Looks at the links of an office file as they are parsed, and keeps nothing of them."""

    def start(self, _tag: str, attributes: dict[str, str]) -> None:
        is_outside = attributes.get("TargetMode", "").strip().lower() == "external"
        if is_outside and attributes.get("Type", "").strip().lower().endswith(_LOADED_AT_ONCE):
            raise FileRefusedError(
                _(
                    "This document loads a template or another part of itself from elsewhere when it is opened. "
                    "Please remove that link, or save the document as a PDF, and upload it again."
                ),
                code="loads_from_elsewhere",
            )

    def close(self) -> None:
        pass


def _check_links(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> None:
    budget.take_links(info.file_size)
    parser = XMLParser(target=_Links(), forbid_dtd=True)
    try:
        with archive.open(info) as member:
            while chunk := member.read(_CHUNK):
                parser.feed(chunk)
        parser.close()
    except DefusedXmlException as error:
        raise _entities() from error
    except ParseError as error:
        raise _damaged() from error


def _unpack(
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    *,
    budget: Budget,
    depth: int,
    forbidden: re.Pattern[bytes] | None,
) -> None:
    """Read one entry to its end, counting; look into it if it is an archive itself."""
    with archive.open(info) as member:
        chunks = _counted(member, budget)
        first = next(chunks, b"")
        if first.startswith(_LOCAL_SIGNATURE):
            _descend(first, chunks, budget=budget, depth=depth)
            return
        if forbidden:
            _check_encoding(first)
        tail = b""
        while first:
            if forbidden and forbidden.search(tail + first):
                raise _entities()
            tail, first = first[-20:], next(chunks, b"")


def _counted(member: IO[bytes], budget: Budget) -> Iterator[bytes]:
    while chunk := member.read(_CHUNK):
        budget.take_bytes(len(chunk))
        yield chunk


def _descend(first: bytes, rest: Iterator[bytes], *, budget: Budget, depth: int) -> None:
    if depth >= MAX_DEPTH:
        raise FileRefusedError(
            _("This archive holds archives that hold archives in turn. Please unpack them first."),
            code="nested_too_deep",
        )
    with tempfile.TemporaryFile() as copy:
        copy.write(first)
        for chunk in rest:
            copy.write(chunk)
        nested: Any = copy
        _inspect(nested, budget=budget, depth=depth + 1)
