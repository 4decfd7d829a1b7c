"""Stored files with real bytes, and small real files of every type that the hub takes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

import factory
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from factory.django import DjangoModelFactory

from apps.files import storage
from apps.files.enums import ExtractionState
from apps.files.kinds import BY_MEDIA_TYPE, PDF
from apps.files.models import ExtractedText, StoredFile
from apps.files.services import _digest
from tests.factories.accounts import UserFactory


def make_pdf(text: str = "A report on clusters.", *, pages: int = 1, password: str | None = None) -> bytes:
    """A PDF with the text on each page, one line of it to a line of the text."""
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    encrypt = StandardEncryption(password, canPrint=1) if password is not None else None
    canvas = Canvas(buffer, encrypt=encrypt, invariant=1)
    for _page in range(pages):
        lines = canvas.beginText(72, 780)
        for line in text.splitlines():
            lines.textLine(line)
        canvas.drawText(lines)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def make_docx(text: str = "A report on clusters.") -> bytes:
    from docx import Document

    document = Document()
    for line in text.splitlines():
        document.add_paragraph(line)
    return _saved(document)


def make_xlsx(rows: Iterable[Iterable[object]] = (("name", "value"), ("firms", 12))) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.create_sheet("Data", 0)
    for row in rows:
        sheet.append(list(row))
    return _saved(book)


def make_pptx(text: str = "A report on clusters.") -> bytes:
    from pptx import Presentation

    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    title = slide.shapes.title
    assert title is not None
    title.text = text
    return _saved(presentation)


def make_odt(text: str = "A report on clusters.") -> bytes:
    from odfdo import Document, Paragraph

    document = Document("text")
    document.body.clear()
    for line in text.splitlines():
        document.body.append(Paragraph(line))
    return _saved(document)


def make_ods(rows: Iterable[Iterable[object]] = (("name", "value"), ("firms", 12))) -> bytes:
    from odfdo import Document, Row, Table

    document = Document("spreadsheet")
    document.body.clear()
    table = Table("Data")
    for values in rows:
        row = Row()
        row.set_values(list(values))
        table.append_row(row)
    document.body.append(table)
    return _saved(document)


def make_csv(rows: Iterable[Iterable[object]] = (("name", "value"), ("firms", 12))) -> bytes:
    return "".join(",".join(str(value) for value in row) + "\r\n" for row in rows).encode()


def make_picture(picture_format: str = "PNG", size: tuple[int, int] = (8, 8)) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(buffer, picture_format)
    return buffer.getvalue()


def make_zip(files: Mapping[str, bytes] | None = None) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in ({"read me.txt": b"hello"} if files is None else files).items():
            archive.writestr(name, content)
    return buffer.getvalue()


def make_upload(content: bytes | None = None, name: str = "report.pdf") -> SimpleUploadedFile:
    """What a form gets when somebody chose this file."""
    return SimpleUploadedFile(name, make_pdf() if content is None else content)


def _saved(document: Any) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


class StoredFileFactory(DjangoModelFactory):
    """``StoredFileFactory.create(content=b"…", text="…")`` really stores the bytes; with a text it counts as read."""

    class Meta:
        model = StoredFile

    original_name = factory.Sequence(lambda n: f"report-{n}.pdf")
    media_type = PDF.media_type
    uploaded_by = factory.SubFactory(UserFactory)

    @classmethod
    def _create(cls, model_class: type[StoredFile], *args: Any, **kwargs: Any) -> StoredFile:
        content = kwargs.pop("content", None) or make_pdf()
        text = kwargs.pop("text", None)
        kind = BY_MEDIA_TYPE[kwargs["media_type"]]
        state = ExtractionState.PENDING if kind.has_text else ExtractionState.SKIPPED
        kwargs.setdefault("extraction_state", state if text is None else ExtractionState.DONE)
        stored = model_class.objects.create(
            key=storage.save(ContentFile(content)),
            size=len(content),
            sha256=_digest(io.BytesIO(content)),
            **kwargs,
        )
        if text is not None:
            ExtractedText.objects.create(stored_file=stored, text=text)
        return stored
