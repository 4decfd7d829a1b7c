"""Make real files (PDF, DOCX, XLSX, CSV) from the texts in ``documents/``; README.md there describes their marks."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from importlib import resources
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "documents"
_HEADINGS = {"# ": 0, "## ": 1, "### ": 2}
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_ITEM = re.compile(r"^(?:- |\d+\. )(.*)$")


@dataclass(frozen=True)
class Block:
    """``kind`` is heading, item, paragraph or table; a heading's level counts from 0 (the title)."""

    kind: str
    text: str = ""
    level: int = 0
    rows: tuple[tuple[str, ...], ...] = ()


def render(document: str, file_format: str) -> bytes:
    """The document's bytes in one of the formats of ``RENDERERS``."""
    return RENDERERS[file_format]((FOLDER / document).read_text(encoding="utf-8"))


def parse(text: str) -> Iterator[Block]:
    table: list[tuple[str, ...]] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            cells = tuple(cell.strip() for cell in line.strip("|").split("|"))
            if set("".join(cells)) - set("-: "):
                table.append(cells)
            continue
        if table:
            yield Block("table", rows=tuple(table))
            table = []
        if line.strip():
            yield _block(line.strip())


def _block(line: str) -> Block:
    for mark, level in _HEADINGS.items():
        if line.startswith(mark):
            return Block("heading", line.removeprefix(mark), level)
    item = _ITEM.match(line)
    return Block("item", item[1]) if item else Block("paragraph", line)


def _cells(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in text.splitlines() if line.strip()]


def to_csv(text: str) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(_cells(text))
    return out.getvalue().encode("utf-8")


def to_xlsx(text: str) -> bytes:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in _cells(text):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def to_docx(text: str) -> bytes:
    from docx import Document

    document = Document()
    for block in parse(text):
        if block.kind == "heading":
            document.add_heading(block.text, level=block.level)
        elif block.kind == "table":
            table = document.add_table(rows=0, cols=len(block.rows[0]))
            for row in block.rows:
                for cell, value in zip(table.add_row().cells, row, strict=False):
                    cell.text = _BOLD.sub(r"\1", value)
        else:
            style = "List Bullet" if block.kind == "item" else None
            document.add_paragraph(_BOLD.sub(r"\1", block.text), style=style)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def to_pdf(text: str) -> bytes:
    """Set in an open font that has the letters of every language of the documents."""
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import ListFlowable, Paragraph, SimpleDocTemplate, Spacer, Table

    fonts = resources.files("font_roboto") / "files"
    for name in ("Roboto-Regular", "Roboto-Bold"):
        with resources.as_file(fonts / f"{name}.ttf") as path:
            pdfmetrics.registerFont(TTFont(name, str(path)))
    pdfmetrics.registerFontFamily("Roboto-Regular", normal="Roboto-Regular", bold="Roboto-Bold")
    body = ParagraphStyle("body", fontName="Roboto-Regular", fontSize=10.5, leading=15, spaceAfter=6)
    heads = [
        ParagraphStyle(
            f"h{level}", body, fontName="Roboto-Bold", fontSize=size, leading=size * 1.3, spaceBefore=8
        )
        for level, size in enumerate((20, 14, 12))
    ]

    def marked(value: str) -> str:
        return _BOLD.sub(r"<b>\1</b>", escape(value))

    story: list[object] = []
    for block in parse(text):
        if block.kind == "heading":
            story.append(Paragraph(marked(block.text), heads[block.level]))
        elif block.kind == "table":
            rows = [[Paragraph(marked(cell), body) for cell in row] for row in block.rows]
            story += [Table(rows, style=[("GRID", (0, 0), (-1, -1), 0.5, "grey")]), Spacer(1, 8)]
        elif block.kind == "item":
            story.append(ListFlowable([Paragraph(marked(block.text), body)], bulletType="bullet"))
        else:
            story.append(Paragraph(marked(block.text), body))
    out = io.BytesIO()
    title = next((block.text for block in parse(text) if block.kind == "heading"), "")
    SimpleDocTemplate(out, title=title, invariant=True).build(story)
    return out.getvalue()


RENDERERS: dict[str, Callable[[str], bytes]] = {
    "pdf": to_pdf,
    "docx": to_docx,
    "xlsx": to_xlsx,
    "csv": to_csv,
}
