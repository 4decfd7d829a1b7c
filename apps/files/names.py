"""Names of uploaded files, as it is safe to keep, show and give back."""

from __future__ import annotations

import re
import unicodedata

MAX_NAME_CHARS = 150
# Common file systems take 255 bytes; leave room for what a browser adds ("(1)", ".part").
MAX_NAME_BYTES = 220
_FORBIDDEN_IN_WINDOWS = re.compile(r'[<>:"|?*]')
_MAX_EXTENSION_CHARS = 10


def safe_name(raw: str) -> str:
    """The last path part without control characters, direction overrides and the like, cut to a bearable length.

    The extension survives the cut. A name of which nothing is left becomes "file".
    """
    name = re.split(r"[/\\]", unicodedata.normalize("NFC", raw))[-1]
    # Category C: control, format (bidi overrides, zero width), surrogate, private use, unassigned.
    name = "".join(char for char in name if not unicodedata.category(char).startswith("C"))
    name = " ".join(_FORBIDDEN_IN_WINDOWS.sub("_", name).split()).strip(". ")
    stem, extension = split_extension(name)
    suffix = f".{extension}" if extension else ""
    return (_cut(stem, suffix) or "file") + suffix


def split_extension(name: str) -> tuple[str, str]:
    """``("Report 2024", "pdf")`` for "Report 2024.PDF"; no extension where the last part is long or odd."""
    stem, dot, extension = name.rpartition(".")
    if not dot or not 0 < len(extension) <= _MAX_EXTENSION_CHARS or not extension.isalnum():
        return name, ""
    return stem, extension.lower()


def _cut(stem: str, suffix: str) -> str:
    stem = stem[: MAX_NAME_CHARS - len(suffix)]
    while len((stem + suffix).encode()) > MAX_NAME_BYTES:
        stem = stem[:-1]
    return stem.strip(". ")
