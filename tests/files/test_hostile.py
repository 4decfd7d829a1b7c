"""Every bad file gets a clear refusal, and nothing of it stays."""

from __future__ import annotations

import contextlib
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.files import archives, services, storage
from apps.files.exceptions import FileRefusedError
from apps.files.inspection import inspect_upload
from apps.files.kinds import PICTURES
from apps.files.models import StoredFile
from apps.files.names import MAX_NAME_BYTES, MAX_NAME_CHARS, safe_name
from tests.factories import files as make

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
TYPES = "[Content_Types].xml"


def inspect(content: bytes, name: str, **kwargs: Any) -> Any:
    return inspect_upload(io.BytesIO(content), name=name, size=len(content), **kwargs)


def refusal(content: bytes, name: str, **kwargs: Any) -> FileRefusedError:
    with pytest.raises(FileRefusedError) as refused:
        inspect(content, name, **kwargs)
    return refused.value


def changed(content: bytes, more: dict[str, bytes], without: Iterable[str] = ()) -> bytes:
    """The same archive with entries added, replaced or left out."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            if info.filename not in more and info.filename not in without:
                new.writestr(info, old.read(info))
        for name, data in more.items():
            new.writestr(name, data)
    return buffer.getvalue()


# --- Names and contents that differ -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (
            make.make_zip,
            "report.pdf",
            "This file is called report.pdf but is a ZIP archive. Please give it its right name.",
        ),
        (make.make_pdf, "table.csv", "This file is called table.csv but is a PDF document."),
        (make.make_pdf, "report.pdf.exe", "This file is called report.pdf.exe but is a PDF document."),
        (make.make_docx, "report.zip", "This file is called report.zip but is a Word document."),
        (make.make_ods, "table.odt", "This file is called table.odt but is an OpenDocument spreadsheet."),
        (make.make_picture, "me.jpg", "This file is called me.jpg but is a PNG picture."),
        (lambda: b"just words", "report.pdf", "This file is called report.pdf but is plain text."),
        (
            lambda: b"\x00\x01\x02\x99" * 9,
            "report.pdf",
            "This file is called report.pdf but is of an unknown type.",
        ),
        (
            lambda: b"GIF89a" + b"\0" * 60,
            "me.png",
            "This file is called me.png but is of another type (Graphics",
        ),
    ],
)
def test_inspect_name_and_content_differ_says_what_it_is(
    content: Callable[[], bytes], name: str, message: str
) -> None:
    error = refusal(content(), name)
    assert error.code == "name_and_content_differ"
    assert str(error.message).startswith(message)


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (SVG, "drawing.svg", "active_content"),
        (SVG, "drawing.png", "active_content"),
        (b"\xef\xbb\xbf  \n" + SVG, "drawing.pdf", "active_content"),
        (SVG.decode().encode("utf-16"), "table.csv", "active_content"),
        (HTML, "page.html", "active_content"),
        (HTML, "report.pdf", "active_content"),
        (HTML, "table.csv", "active_content"),
        (b"<script>alert(1)</script>,b\n1,2\n", "table.csv", "active_content"),
        (b"a,b\n1,<script>alert(1)</script>\n", "table.csv", "active_text"),
        (b"a,b\n1,< sVg onload=alert(1)>\n", "table.csv", "active_text"),
        (b"#!/bin/sh\necho a,b\necho c,d\n", "table.csv", "active_text"),
        (b"MZ" + b"\x00" * 300, "setup.exe", "type_not_accepted"),
        (b"MZ" + b"\x00" * 300, "table.csv", "no_table"),
        (b"a,b\x00\n1,2\n", "table.csv", "no_table"),
        (b"one line of prose without columns\nand another\n", "table.csv", "no_table"),
        (b"hello", "notes.txt", "type_not_accepted"),
        (b"hello", "noextension", "type_not_accepted"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "report.docx", "old_office"),
        (b"", "report.pdf", "empty"),
        (b"%PDF-1.7\n", "report.pdf", "damaged"),
    ],
)
def test_inspect_what_is_not_taken_is_refused(content: bytes, name: str, code: str) -> None:
    assert refusal(content, name).code == code


def test_inspect_cut_pdf_is_refused() -> None:
    content = make.make_pdf("x" * 50, pages=200)
    assert refusal(content[: len(content) // 2], "report.pdf").code == "damaged"


def test_inspect_over_the_limit_names_the_limit(settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 1024
    error = refusal(make.make_pdf(), "report.pdf")
    assert error.code == "too_large"
    assert "1\xa0kB" in str(error.message)


def test_inspect_name_without_extension_gets_the_right_one() -> None:
    assert inspect(make.make_pdf(), "report").name == "report.pdf"


def test_inspect_type_that_this_field_does_not_take_is_refused() -> None:
    error = refusal(make.make_pdf(), "report.pdf", allowed=PICTURES)
    assert error.code == "type_not_accepted"
    assert str(error.message).endswith("Accepted are PNG and JPEG.")


@pytest.mark.parametrize(
    "content",
    [
        "name;value\nŁódź;1,5\n".encode(),
        "name\tvalue\nŁódź\t2\n".encode("utf-16"),
        "name,value\nGraz Süd,2\n".encode("cp1252"),
        b'"a","b"\r\n"multi\r\nline, cell","2"\r\n',
    ],
)
def test_inspect_tables_of_many_lands_are_taken(content: bytes) -> None:
    assert inspect(content, "Table.CSV").name == "Table.csv"


# --- Names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\me\\report.pdf", "report.pdf"),
        ("re\x00po\r\nrt\x1b.pdf", "report.pdf"),
        ("report\u202efdp.exe", "reportfdp.exe"),
        ("\u200breport\ufeff.pdf", "report.pdf"),
        ('a<b>:"c|d?*.pdf', "a_b___c_d__.pdf"),
        ("  .hidden.pdf. ", "hidden.pdf"),
        ("Évaluation  2024.PDF", "Évaluation 2024.pdf"),
        ("E\u0301valuation.pdf", "Évaluation.pdf"),
        ("", "file"),
        ("...", "file"),
        ("/", "file"),
    ],
)
def test_safe_name(raw: str, safe: str) -> None:
    assert safe_name(raw) == safe


@given(st.text(max_size=400))
def test_safe_name_any_text_is_short_clean_and_stable(raw: str) -> None:
    name = safe_name(raw)
    assert name
    assert len(name) <= MAX_NAME_CHARS
    assert len(name.encode()) <= MAX_NAME_BYTES
    assert not set(name) & set('/\\\0\r\n\u202e"<>')
    assert safe_name(name) == name


def test_safe_name_long_name_keeps_its_extension() -> None:
    name = safe_name("ž" * 300 + ".docx")
    assert name.endswith("ž.docx")
    assert len(name.encode()) <= MAX_NAME_BYTES


# --- Archives ---------------------------------------------------------------------------------------


def test_archive_bomb_that_admits_it_is_refused() -> None:
    content = make.make_zip({"zeros.bin": b"\0" * (60 * 1024 * 1024)})
    assert len(content) < 100_000
    assert refusal(content, "data.zip").code == "archive_bomb"


def test_archive_bomb_that_lies_about_its_sizes_is_refused(settings: Any) -> None:
    settings.UPLOAD_MAX_UNPACKED_BYTES = 5_000_000
    honest = make.make_zip({"zeros.bin": b"\0" * 10_000_000})
    lying = honest.replace(struct.pack("<I", 10_000_000), struct.pack("<I", 1000))
    assert lying != honest
    assert refusal(lying, "data.zip").code in {"archive_bomb", "damaged"}


def test_archive_bomb_spread_over_many_entries_is_refused(settings: Any) -> None:
    settings.UPLOAD_MAX_UNPACKED_BYTES = 5_000_000
    content = make.make_zip({f"{n}.bin": b"\0" * 1_000_000 for n in range(6)})
    assert refusal(content, "data.zip").code == "archive_bomb"


def test_archive_bomb_in_a_nested_archive_is_refused(settings: Any) -> None:
    settings.UPLOAD_MAX_UNPACKED_BYTES = 5_000_000
    inner = make.make_zip({"zeros.bin": b"\0" * 4_000_000})
    content = make.make_zip({"a.zip": inner, "b.zip": inner})
    assert refusal(content, "data.zip").code == "archive_bomb"


def test_archive_overlapping_entries_are_refused() -> None:
    """Many directory entries that share one packed body: the bomb that needs no nesting."""
    body = make.make_zip({"a": b"\0" * 1_000_000})
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        start = archive.start_dir
    entry = body[start : body.index(b"PK\x05\x06")]
    count = 600
    directory = entry * count
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(directory), start, 0)
    assert refusal(body[:start] + directory + end, "data.zip").code in {"archive_bomb", "damaged"}


def test_archive_too_many_entries_is_refused_before_they_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    content = make.make_zip({f"{n}.txt": b"" for n in range(archives.MAX_ENTRIES + 1)})

    def listed(*args: object) -> None:
        raise AssertionError("the directory was read")

    monkeypatch.setattr(zipfile, "ZipFile", listed)
    assert refusal(content, "data.zip").code == "too_many_entries"


def test_archive_nested_too_deep_is_refused_and_less_deep_is_taken() -> None:
    content = make.make_zip()
    for _depth in range(archives.MAX_DEPTH):
        content = make.make_zip({"inner.zip": content})
    assert inspect(content, "data.zip")
    assert refusal(make.make_zip({"inner.zip": content}), "data.zip").code == "nested_too_deep"


@pytest.mark.parametrize(
    "name", ["../evil.txt", "a/../../evil.txt", "/etc/passwd", "..\\evil.txt", "C:evil.txt", "a\x1bb.txt"]
)
def test_archive_name_that_leads_out_is_refused(name: str) -> None:
    assert refusal(make.make_zip({name: b"x"}), "data.zip").code == "unsafe_path"


def test_archive_symbolic_link_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("link")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    assert refusal(buffer.getvalue(), "data.zip").code == "unsafe_path"


def test_archive_with_password_is_refused() -> None:
    content = bytearray(make.make_zip())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert refusal(bytes(content), "data.zip").code == "archive_password"


def test_archive_packed_with_other_methods_is_refused() -> None:
    """LZMA may ask for gigabytes of memory in a few bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a", b"x" * 1000)
    assert refusal(buffer.getvalue(), "data.zip").code == "archive_method"


@pytest.mark.parametrize("content", [make.make_zip({}), make.make_zip({"folder/": b""})])
def test_archive_without_files_is_refused(content: bytes) -> None:
    assert refusal(content, "data.zip").code == "empty_archive"


def test_archive_cut_or_altered_is_refused() -> None:
    content = make.make_zip({"a.bin": bytes(range(256)) * 100})
    assert refusal(content[:-30], "data.zip").code == "damaged"
    altered = bytearray(content)
    altered[60] ^= 0xFF
    assert refusal(bytes(altered), "data.zip").code == "damaged"


@pytest.mark.parametrize("name", ["data.zip", "text.docx", "text.odt"])
def test_archive_with_any_part_of_its_directory_altered_is_read_or_refused(name: str) -> None:
    """Whatever Python's reader raises: a name without a letter, a place before the beginning of the file."""
    content = {
        "data.zip": make.make_zip({"a.txt": b"x" * 50}),
        "text.docx": make.make_zip({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<a/>"}),
        "text.odt": make.make_zip(
            {"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"}
        ),
    }[name]
    start = content.index(b"PK\x01\x02")
    for place in range(start, len(content)):
        for value in (b"\0", b"\xff", b"\x80", b"\xff\xff\xff\xff", b"\0\0\0\x80"):
            altered = content[:place] + value + content[place + len(value) :]
            with contextlib.suppress(FileRefusedError):
                inspect(altered, name)


@pytest.mark.parametrize("seed", range(20))
def test_archive_random_damage_is_never_an_error_of_ours(seed: int) -> None:
    chance = random.Random(seed)
    content = bytearray(make.make_docx())
    for _n in range(8):
        content[chance.randrange(4, len(content))] = chance.randrange(256)
    with contextlib.suppress(FileRefusedError):
        inspect(bytes(content), "report.docx")


# --- Office files -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name", "member"),
    [
        (make.make_docx, "report.docx", "word/vbaProject.bin"),
        (make.make_xlsx, "table.xlsx", "xl/VBAPROJECT.BIN"),
        (make.make_xlsx, "table.xlsx", "xl/macrosheets/sheet1.xml"),
        (make.make_xlsx, "table.xlsx", "xl/intlMacrosheets/sheet1.xml"),
        (make.make_pptx, "slides.pptx", "ppt/vbaProject.bin"),
        (make.make_odt, "report.odt", "Basic/Standard/Module1.xml"),
        (make.make_ods, "table.ods", "Scripts/python/evil.py"),
    ],
)
def test_office_file_with_macros_is_refused(content: Callable[[], bytes], name: str, member: str) -> None:
    assert refusal(changed(content(), {member: b"x"}), name).code == "macros"


@pytest.mark.parametrize("name", ["report.docm", "report.docx"])
def test_office_file_that_says_macro_enabled_is_refused(name: str) -> None:
    content = make.make_docx()
    types = zipfile.ZipFile(io.BytesIO(content)).read(TYPES)
    enabled = types.replace(
        b"openxmlformats-officedocument.wordprocessingml.document.main", b"ms-word.document.macroEnabled.main"
    )
    assert enabled != types
    assert refusal(changed(content, {TYPES: enabled}), name).code == "macros"


@pytest.mark.parametrize(
    ("spelling", "encoding"),
    [
        ("macroEna&#98;led", "utf-8"),
        ("macroEna&#x62;led", "utf-8"),
        ("MACROENABLED", "utf-8"),
        ("macroEnabled", "utf-16"),
    ],
)
def test_office_file_that_says_macro_enabled_in_any_spelling_is_refused(spelling: str, encoding: str) -> None:
    content = make.make_docx()
    types = zipfile.ZipFile(io.BytesIO(content)).read(TYPES).decode()
    more = f'<Override PartName="/x.bin" ContentType="application/vnd.ms-word.document.{spelling}.main+xml"/>'
    enabled = types.replace("</Types>", f"{more}</Types>").replace("UTF-8", encoding)
    assert enabled.count(spelling) == 1
    assert refusal(changed(content, {TYPES: enabled.encode(encoding)}), "report.docx").code == "macros"


@pytest.mark.parametrize("kind", ["macrosheet", "intlmacrosheet"])
def test_office_file_with_a_sheet_of_macros_under_any_name_is_refused(kind: str) -> None:
    """The macros of Excel 4.0, which are no VBA."""
    content = make.make_xlsx()
    types = zipfile.ZipFile(io.BytesIO(content)).read(TYPES)
    more = (
        f'<Override PartName="/xl/worksheets/sheet9.xml" ContentType="application/vnd.ms-excel.{kind}+xml"/>'
    )
    changed_types = types.replace(b"</Types>", more.encode() + b"</Types>")
    assert changed_types != types
    assert refusal(changed(content, {TYPES: changed_types}), "table.xlsx").code == "macros"


def relationships(kind: str, target: str, mode: str = 'TargetMode="External"') -> bytes:
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        f'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{target}" {mode}/>'
        "</Relationships>"
    ).encode()


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("attachedTemplate", 'TargetMode="External"'),
        ("attached&#84;emplate", 'TargetMode="&#69;xternal"'),
        ("frame", 'TargetMode="External"'),
        ("subDocument", 'TargetMode="External"'),
        ("oleObject", 'TargetMode = "External"'),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_office_file_that_loads_a_part_from_elsewhere_is_refused(kind: str, mode: str, encoding: str) -> None:
    links = relationships(kind, "https://evil.example/t.dotm", mode).decode().encode(encoding)
    content = changed(make.make_docx(), {"word/_rels/Extra.XML.RELS": links})
    assert refusal(content, "report.docx").code == "loads_from_elsewhere"
    assert refusal(make.make_zip({"inner.docx": content}), "data.zip").code == "loads_from_elsewhere"


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("hyperlink", 'TargetMode="External"'),
        ("image", 'TargetMode="External"'),
        ("oleObject", ""),
        ("attachedTemplate", 'TargetMode="Internal"'),
    ],
)
def test_office_file_with_ordinary_links_is_taken(kind: str, mode: str) -> None:
    links = relationships(kind, "https://example.org/", mode)
    assert inspect(changed(make.make_docx(), {"word/_rels/extra.xml.rels": links}), "report.docx")


@pytest.mark.parametrize("links", [b"<Relationships", b"<Relationships/>" + b" " * archives.MAX_LINK_BYTES])
def test_office_file_whose_links_cannot_be_read_is_refused(links: bytes) -> None:
    content = changed(make.make_docx(), {"word/_rels/extra.xml.rels": links})
    assert refusal(content, "report.docx").code == "damaged"


def test_plain_archive_may_hold_any_links() -> None:
    assert inspect(make.make_zip({"a.rels": relationships("frame", "x"), "b.rels": b"<x"}), "data.zip")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", [TYPES, TYPES.lower()])
def test_office_file_with_two_descriptions_is_refused(name: str) -> None:
    buffer = io.BytesIO(make.make_docx())
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(name, archive.read(TYPES))
    assert refusal(buffer.getvalue(), "report.docx").code == "damaged"


def test_office_file_described_in_utf_16_is_taken() -> None:
    content = make.make_docx()
    types = zipfile.ZipFile(io.BytesIO(content)).read(TYPES).decode().replace("UTF-8", "UTF-16")
    assert inspect(changed(content, {TYPES: types.encode("utf-16")}), "report.docx")


@pytest.mark.parametrize(
    ("types", "code"),
    [
        (b"<Types", "damaged"),
        (b"<Types>" + b" " * 5_000_000 + b"</Types>", "damaged"),
        (b'<!DOCTYPE Types [<!ENTITY m "macroEnabled">]><Types/>', "xml_entities"),
        (b'<!DOCTYPE Types SYSTEM "http://127.0.0.1/x.dtd"><Types/>', "xml_entities"),
        ('<?xml version="1.0" encoding="utf-7"?><Types/>'.encode("utf-7"), "xml_encoding"),
        (b'<?xml version="1.0" encoding="iso-8859-1"?><Types/>', "xml_encoding"),
    ],
)
def test_office_file_with_a_description_that_cannot_be_trusted_is_refused(types: bytes, code: str) -> None:
    assert refusal(changed(make.make_docx(), {TYPES: types}), "report.docx").code == code


@pytest.mark.parametrize(
    "part",
    [
        b"\xef\xbb\xbf<?xml version='1.0' encoding='latin1'?><x/>",
        b'<?xml version = "1.0"\n encoding = "utf-7" ?><x/>',
        "<?xml version='1.0' encoding='cp037'?><x/>".encode("cp037"),
        "<x/>".encode("utf-32"),
        "<x/>".encode("utf-32-be"),
        '<?xml version="1.0" encoding="utf-7"?><x/>'.encode("utf-16"),
        b"not XML at all",
    ],
)
@pytest.mark.parametrize(("office", "name"), [(make.make_docx, "a.docx"), (make.make_odt, "a.odt")])
def test_office_file_with_xml_in_another_encoding_is_refused(
    part: bytes, office: Callable[[], bytes], name: str
) -> None:
    """In UTF-7 or EBCDIC, say, an entity looks like anything."""
    assert refusal(changed(office(), {"extra/part.xml": part}), name).code == "xml_encoding"


@pytest.mark.parametrize(
    "part",
    [
        b"",
        b" \r\n<x/>",
        b"\xef\xbb\xbf<x/>",
        "<x/>".encode("utf-16"),
        "<x/>".encode("utf-16-be"),
        b"<?xml version='1.0' encoding='UTF-8'?><x a=\"encoding='latin1'\"/>",
        b"<?xml version='1.0' encoding='us-ascii'?><x/>",
    ],
)
def test_office_file_with_xml_in_the_encodings_that_every_reader_knows_is_taken(part: bytes) -> None:
    assert inspect(changed(make.make_docx(), {"extra/part.xml": part}), "report.docx")


def test_word_file_with_a_document_type_is_refused_and_the_listings_of_open_document_are_not() -> None:
    """Microsoft's format forbids them; OpenOffice writes some into its lists of files and of macros."""
    listing = (
        b'<!DOCTYPE library:libraries PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "x.dtd"><x/>'
    )
    assert refusal(changed(make.make_docx(), {"word/extra.xml": listing}), "a.docx").code == "xml_entities"
    assert inspect(changed(make.make_odt(), {"Basic/script-lc.xml": listing}), "a.odt")


def test_office_file_without_its_description_is_a_plain_archive() -> None:
    error = refusal(changed(make.make_docx(), {}, without=[TYPES]), "report.docx")
    assert error.code == "name_and_content_differ"


def test_office_file_with_xml_entities_is_refused() -> None:
    """The billion laughs."""
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    for encoded in (laughs, laughs.decode().encode("utf-16")):
        content = changed(make.make_docx(), {"word/extra.xml": b" " * 65530 + encoded})
        assert refusal(content, "report.docx").code == "xml_entities"


def test_plain_archive_may_hold_any_xml() -> None:
    assert inspect(make.make_zip({"a.xml": b'<!DOCTYPE x [<!ENTITY a "b">]><x/>'}), "data.zip")


# --- Pictures ---------------------------------------------------------------------------------------


def png(width: int, height: int, data: bytes) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [8_000, 12_000, 60_000])
def test_picture_with_too_many_pixels_is_refused(side: int) -> None:
    error = refusal(png(side, side, zlib.compress(b"\0" * 1000)), "bomb.png")
    assert error.code == "too_many_pixels"
    assert "50 million pixels" in str(error.message)


@pytest.mark.parametrize(("picture_format", "name"), [("PNG", "me.png"), ("JPEG", "me.jpg")])
def test_picture_cut_short_is_refused(picture_format: str, name: str) -> None:
    content = make.make_picture(picture_format, (64, 64))
    for length in (3, 9, 20, len(content) // 2, len(content) - 4):
        assert refusal(content[:length], name).code in {"damaged", "name_and_content_differ"}


def test_picture_with_a_wrong_checksum_is_refused() -> None:
    content = bytearray(make.make_picture("PNG", (64, 64)))
    content[45] ^= 0xFF
    assert refusal(bytes(content), "me.png").code == "damaged"


# --- And nothing is kept ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name"), [(HTML, "a.pdf"), (b"", "a.pdf"), (SVG, "a.svg"), (make.make_zip(), "a.pdf")]
)
def test_store_upload_refused_file_leaves_nothing(content: bytes, name: str, user: User) -> None:
    before = set(storage.all_keys())
    with pytest.raises(FileRefusedError):
        services.store_upload(upload=SimpleUploadedFile(name, content), by=user)
    assert not StoredFile.objects.exists()
    assert set(storage.all_keys()) == before
