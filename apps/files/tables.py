"""Tell a CSV table from other text."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from itertools import islice
from typing import IO

from django.utils.translation import gettext_lazy as _

from apps.files.exceptions import FileRefusedError

_CHUNK = 64 * 1024
_HEAD_CHARS = 16 * 1024
_ROWS = 20
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_MARKUP = re.compile(
    r"<\s*(!doctype|html|head|body|script|svg|iframe|object|embed|meta|style)\b", re.IGNORECASE
)


def check_table(file: IO[bytes]) -> None:
    """Refuse what is no text, no table, or looks like something that a browser or a shell would run."""
    encoding = text_encoding(file)
    if encoding is None:
        raise _no_table()
    file.seek(0)
    head = codecs.getincrementaldecoder(encoding)("ignore").decode(file.read(4 * _HEAD_CHARS))[:_HEAD_CHARS]
    start = head.lstrip()
    if start.startswith(("<", "#!")) or _MARKUP.search(head):
        raise FileRefusedError(
            _("This file looks like a web page or a script and not like a table."), code="active_text"
        )
    if not _has_columns(head):
        raise _no_table()


def text_encoding(file: IO[bytes]) -> str | None:
    """The encoding in which the whole file is text: UTF-8, UTF-16 with its mark, or a Windows code page."""
    file.seek(0)
    start = file.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    else:
        # Any bytes decode as latin-1; that no control characters are among them makes it text.
        candidates = ["utf-8-sig", "latin-1"]
    return next((encoding for encoding in candidates if _decodes(file, encoding)), None)


def _decodes(file: IO[bytes], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while chunk := file.read(_CHUNK):
            if _CONTROL.search(decoder.decode(chunk)):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _has_columns(head: str) -> bool:
    """Two columns or more in most of the first rows, by one of the usual delimiters."""
    lines = [line for line in head.splitlines() if line.strip()]
    return any(_fits(lines, delimiter) for delimiter in ",;\t|")


def _fits(lines: list[str], delimiter: str) -> bool:
    try:
        widths = Counter(len(row) for row in islice(csv.reader(lines, delimiter=delimiter), _ROWS) if row)
    except csv.Error:
        return False
    if not widths:
        return False
    width, rows = widths.most_common(1)[0]
    return width > 1 and rows >= 0.7 * widths.total()


def _no_table() -> FileRefusedError:
    return FileRefusedError(_("This file is not a table of comma-separated values (CSV)."), code="no_table")
