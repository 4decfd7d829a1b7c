"""The types of file that the hub takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True)
class FileKind:
    """One type: ``description`` fits into "this is …", ``has_text`` says whether its text is read."""

    code: str
    label: str
    description: _StrPromise
    media_type: str
    extensions: tuple[str, ...]
    has_text: bool = False


_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."

PDF = FileKind("pdf", "PDF", _("a PDF document"), "application/pdf", ("pdf",), has_text=True)
DOCX = FileKind(
    "docx", "DOCX", _("a Word document"), f"{_OOXML}wordprocessingml.document", ("docx",), has_text=True
)
XLSX = FileKind(
    "xlsx", "XLSX", _("an Excel workbook"), f"{_OOXML}spreadsheetml.sheet", ("xlsx",), has_text=True
)
PPTX = FileKind(
    "pptx",
    "PPTX",
    _("a PowerPoint presentation"),
    f"{_OOXML}presentationml.presentation",
    ("pptx",),
    has_text=True,
)
ODT = FileKind("odt", "ODT", _("an OpenDocument text"), f"{_ODF}text", ("odt",), has_text=True)
ODS = FileKind("ods", "ODS", _("an OpenDocument spreadsheet"), f"{_ODF}spreadsheet", ("ods",), has_text=True)
CSV = FileKind("csv", "CSV", _("a CSV table"), "text/csv", ("csv",), has_text=True)
PNG = FileKind("png", "PNG", _("a PNG picture"), "image/png", ("png",))
JPEG = FileKind("jpeg", "JPEG", _("a JPEG picture"), "image/jpeg", ("jpg", "jpeg"))
ZIP = FileKind("zip", "ZIP", _("a ZIP archive"), "application/zip", ("zip",))

ALL_KINDS = (PDF, DOCX, XLSX, PPTX, ODT, ODS, CSV, PNG, JPEG, ZIP)
PICTURES = (PNG, JPEG)
BY_MEDIA_TYPE = {kind.media_type: kind for kind in ALL_KINDS}
