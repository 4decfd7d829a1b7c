"""Read the text out of one file, as a program of its own: a hostile file can end this process and nothing else.

``python -I extract.py KIND MAX_CHARS CPU_SECONDS SECONDS MEMORY_BYTES < file > text``

Knows no Django, so that it starts fast and has nothing to give away: no settings, no secrets, no connections.
The limits are the kernel's. The exit codes are read by ``extraction.py``.
"""

from __future__ import annotations

import csv
import io
import re
import resource
import signal
import sys
import zipfile
from collections.abc import Callable, Iterator
from typing import IO, Any

DONE = 0
PASSWORD = 10
MEMORY = 11
DAMAGED = 12
CUT = 13
TIME = 14

_BYTES_PER_CHAR = 4
_MAX_CELLS_PER_ROW = 1000


class _TimeIsUpError(Exception):
    pass


class _PasswordNeededError(Exception):
    pass


def main(arguments: list[str]) -> int:
    kind, max_chars, cpu_seconds, seconds, memory = (
        arguments[0],
        *(int(argument) for argument in arguments[1:]),
    )
    _limit(max_chars=max_chars, cpu_seconds=cpu_seconds, seconds=seconds, memory=memory)
    out = _Output(sys.stdout.buffer, max_chars)
    try:
        for piece in _READERS[kind](sys.stdin.buffer):
            if not out.write(piece):
                return CUT
    except _PasswordNeededError:
        return PASSWORD
    except _TimeIsUpError:
        return TIME
    except MemoryError:
        return MEMORY
    except Exception as error:  # noqa: BLE001 - whatever a library makes of a broken file
        sys.stderr.write(f"{type(error).__name__}: {error}"[:500])
        return DAMAGED
    finally:
        out.flush()
    return DONE


def _limit(*, max_chars: int, cpu_seconds: int, seconds: int, memory: int) -> None:
    def time_is_up(number: int, frame: object) -> None:
        raise _TimeIsUpError

    # The soft limit leaves a moment to hand over what was read; the hard one ends what does not listen.
    signal.signal(signal.SIGXCPU, time_is_up)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 5))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    size = _BYTES_PER_CHAR * max_chars + 65536
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    # Whoever started this may be gone by then.
    signal.alarm(seconds)


class _Output:
    """Writes text without NUL and lone surrogates, which no database takes, up to a number of characters."""

    # After the first there is one blank at most before a line's end: the second never goes back.
    _BLANK = re.compile(r"[^\S\n]+")
    _LINES = re.compile(r" ?\n\s*")

    def __init__(self, stream: IO[bytes], max_chars: int) -> None:
        self._stream = stream
        self._left = max_chars

    def write(self, text: str) -> bool:
        """False once the limit is reached."""
        text = self._LINES.sub("\n", self._BLANK.sub(" ", text.replace("\0", ""))).strip()
        if text:
            text = f"{text}\n"
            self._stream.write(text[: self._left].encode("utf-8", "ignore"))
            self._left -= len(text)
        return self._left > 0

    def flush(self) -> None:
        self._stream.flush()


def _read_pdf(file: IO[bytes]) -> Iterator[str]:
    from pypdf import PdfReader

    reader = PdfReader(file, strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise _PasswordNeededError
    failed = 0
    for page in reader.pages:
        try:
            text = page.extract_text()
        except (_TimeIsUpError, MemoryError):
            raise
        except Exception:  # noqa: BLE001 - one broken page does not make the others unreadable
            failed += 1
            continue
        yield text
    if failed and failed == len(reader.pages):
        raise ValueError("no page could be read")


def _read_docx(file: IO[bytes]) -> Iterator[str]:
    from docx import Document

    yield from _word_paragraphs(Document(file).element.body)


def _word_paragraphs(body: Any) -> Iterator[str]:
    """Also from tables and text boxes; a text box is there twice, its copy for old programs is left out."""
    word = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    fallback = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
    line: list[str] = []
    for node in body.iter(f"{word}p", f"{word}t", f"{word}tab", f"{word}br"):
        if next(node.iterancestors(fallback), None) is not None:
            continue
        if node.tag == f"{word}p":
            yield "".join(line)
            line = []
        else:
            line.append(node.text or "" if node.tag == f"{word}t" else " ")
    yield "".join(line)


def _read_xlsx(file: IO[bytes]) -> Iterator[str]:
    from openpyxl import load_workbook

    book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
    for sheet in book.worksheets:
        yield sheet.title
        # What the sheet says of its own extent may be a lie of a thousand million cells.
        sheet.reset_dimensions()
        for row in sheet.iter_rows(values_only=True):
            yield " ".join(str(cell) for cell in row[:_MAX_CELLS_PER_ROW] if cell is not None)


def _read_pptx(file: IO[bytes]) -> Iterator[str]:
    from pptx import Presentation

    for slide in Presentation(file).slides:
        yield from _shape_texts(slide.shapes)
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            yield slide.notes_slide.notes_text_frame.text


def _shape_texts(shapes: Any) -> Iterator[str]:
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from _shape_texts(shape.shapes)
        elif shape.has_text_frame:
            yield shape.text_frame.text
        elif shape.has_table:
            for row in shape.table.rows:
                yield " ".join(cell.text for cell in row.cells)


def _read_odf(file: IO[bytes]) -> Iterator[str]:
    """Straight from the XML: libraries unfold the repeated rows and columns that every spreadsheet ends with."""
    from defusedxml.ElementTree import iterparse

    with zipfile.ZipFile(file) as archive, archive.open("content.xml") as content:
        depth = 0
        for event, node in iterparse(content, events=("start", "end")):
            if node.tag in _ODF_WHOLE:
                depth += 1 if event == "start" else -1
            if event == "start" or depth:
                continue
            if node.tag in _ODF_LINES:
                yield _odf_text(node)
            if node.tag in _ODF_WHOLE or node.tag == _ODF_ROW:
                node.clear()


_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_ODF_ROW = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}table-row"
_ODF_LINES = {f"{_TEXT}p", f"{_TEXT}h"}
_ODF_SPACES = {f"{_TEXT}s", f"{_TEXT}tab", f"{_TEXT}line-break"}
# What was deleted, and remarks of reviewers: not meant for the reader of the document.
_ODF_UNSEEN = {
    f"{_TEXT}tracked-changes",
    "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}annotation",
}
_ODF_WHOLE = _ODF_LINES | _ODF_UNSEEN


def _odf_text(node: Any) -> str:
    parts = [node.text or ""]
    for child in node:
        if child.tag in _ODF_SPACES:
            parts.append(" ")
        elif child.tag in _ODF_LINES:
            parts.append(f"\n{_odf_text(child)}\n")
        elif child.tag not in _ODF_UNSEEN:
            parts.append(_odf_text(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _read_csv(file: IO[bytes]) -> Iterator[str]:
    raw = file.read()
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = raw.decode("utf-16", "replace")
    else:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("cp1252", "replace")
    del raw
    delimiter = max(",;\t|", key=text[:4096].count)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            yield " ".join(row)
    except csv.Error:
        yield text


_READERS: dict[str, Callable[[IO[bytes]], Iterator[str]]] = {
    "pdf": _read_pdf,
    "docx": _read_docx,
    "xlsx": _read_xlsx,
    "pptx": _read_pptx,
    "odt": _read_odf,
    "ods": _read_odf,
    "csv": _read_csv,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
