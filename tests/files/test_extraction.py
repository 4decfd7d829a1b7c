"""Reading texts out of real files, and what hostile ones can do: nothing."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.accounts.models import User
from apps.core import events
from apps.files import extract, extraction, services, storage, tasks
from apps.files.enums import ExtractionNote, ExtractionState
from apps.files.events import TextExtracted
from apps.files.models import ExtractedText, StoredFile
from tests.factories import files as make
from tests.factories.accounts import UserFactory
from tests.files.test_hostile import changed

PHRASE = "Die Übernachtungszahlen für Česko und Łódź"


def run(content: bytes, kind: str) -> extraction.Outcome:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        return extraction.run_child(file, kind=kind)


@pytest.fixture
def told() -> Iterator[list[str]]:
    """Ids of the files whose text was announced."""
    ids: list[str] = []

    def hear(event: TextExtracted) -> None:
        ids.append(event.stored_file_id)

    events.listen(TextExtracted)(hear)
    yield ids
    events._handlers[TextExtracted].remove(hear)


def test_run_child_reads_the_text_of_each_type(subtests: pytest.Subtests) -> None:
    table: list[list[object]] = [["name", "value"], [PHRASE, 12]]
    samples: dict[str, Callable[[], bytes]] = {
        "docx": lambda: make.make_docx(PHRASE),
        "xlsx": lambda: make.make_xlsx(table),
        "pptx": lambda: make.make_pptx(PHRASE),
        "odt": lambda: make.make_odt(PHRASE),
        "ods": lambda: make.make_ods(table),
        "csv": lambda: make.make_csv(table),
    }
    for kind, content in samples.items():
        with subtests.test(kind):
            outcome = run(content(), kind)
            assert (outcome.state, outcome.note) == (ExtractionState.DONE, "")
            assert PHRASE in outcome.text


def test_run_child_reads_all_pages_of_a_pdf() -> None:
    outcome = run(make.make_pdf("Counterfactual evaluation\nof clusters", pages=3), "pdf")
    assert outcome.state == ExtractionState.DONE
    assert outcome.text.split("\n").count("Counterfactual evaluation") == 3


def test_run_child_reads_tables_and_leaves_out_what_was_deleted() -> None:
    from docx import Document

    document = Document()
    document.add_paragraph("before")
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "left cell", "right cell"
    buffer = io.BytesIO()
    document.save(buffer)
    assert run(buffer.getvalue(), "docx").text == "before\nleft cell\nright cell\n"
    odt = make.make_odt("visible")
    content = zipfile.ZipFile(io.BytesIO(odt)).read("content.xml").decode()
    deleted = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>secret</text:p></text:deletion>"
        "</text:changed-region></text:tracked-changes>"
    )
    inside = content.replace("<office:text>", f"<office:text>{deleted}")
    assert inside != content
    assert run(changed(odt, {"content.xml": inside.encode()}), "odt").text == "visible\n"


def test_run_child_pdf_with_password_is_skipped_and_says_so() -> None:
    outcome = run(make.make_pdf("secret", password="x"), "pdf")
    assert (outcome.state, outcome.note, outcome.text) == (
        ExtractionState.SKIPPED,
        ExtractionNote.PASSWORD,
        "",
    )


def test_run_child_pdf_that_opens_without_password_is_read() -> None:
    assert "open text" in run(make.make_pdf("open text", password=""), "pdf").text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_run_child_reads_tables_of_many_lands(encoding: str) -> None:
    assert run('a;b\n"Müller;\nCo";2\n'.encode(encoding), "csv").text == "a b\nMüller;\nCo 2\n"


def test_run_child_text_without_nul_and_lone_surrogates() -> None:
    assert run(b"a,b\x00c\n\xef\xbf\xbd,\xed\xa0\x80\n", "csv").text.startswith("a bc\n")


@pytest.mark.parametrize("kind", ["pdf", "docx", "xlsx", "pptx", "odt", "ods"])
def test_run_child_garbage_is_a_failure_with_a_reason(kind: str) -> None:
    outcome = run(b"%PDF-1.7\nnot really" if kind == "pdf" else b"PK\x03\x04not really", kind)
    assert (outcome.state, outcome.note) == (ExtractionState.FAILED, ExtractionNote.DAMAGED)


def test_run_child_long_text_is_cut(settings: Any) -> None:
    settings.EXTRACTION_MAX_CHARS = 1000
    outcome = run(("č" * 99 + "\n").encode() * 100, "csv")
    assert (outcome.state, outcome.note) == (ExtractionState.DONE, ExtractionNote.CUT)
    assert len(outcome.text) == 1000


def _seconds_to_write(text: str) -> float:
    """Of this thread's own processor time, the least of several: what else the machine does is left out."""
    runs = []
    for _n in range(5):
        out = extract._Output(io.BytesIO(), 10_000_000)
        begun = time.thread_time()
        out.write(text)
        runs.append(time.thread_time() - begun)
    return min(runs)


@pytest.mark.parametrize("unit", [" ", "\n", " \n", "\t\u2003", "\n x", "   \n\n\n", "\r", "x "], ids=ascii)
def test_blanks_are_collapsed_in_time_that_grows_with_the_text_and_not_with_its_square(unit: str) -> None:
    """Sixteen times the text takes about sixteen times as long; a look back at each blank takes 256 times."""
    short = _seconds_to_write("a" + unit * 1_000 + "b")
    long = _seconds_to_write("a" + unit * 16_000 + "b")
    assert long < 80 * max(short, 5e-5)


def pdf_with_stream(stream: bytes, *, times: int = 1) -> bytes:
    """A small PDF whose page content unfolds to the given bytes, several times over."""
    packed = zlib.compress(stream, 9)
    contents = " ".join(["4 0 R"] * times)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents [{contents}] >>".encode(),
        f"<< /Length {len(packed)} /Filter /FlateDecode >>\nstream\n".encode() + packed + b"\nendstream",
    ]
    body, offsets = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = b"".join(f"{offset:010} 00000 n \n".encode() for offset in offsets)
    return body + (
        b"xref\n0 5\n0000000000 65535 f \n"
        + table
        + f"trailer << /Size 5 /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n".encode()
    )


def test_pdf_bomb_of_a_small_file_that_unfolds_to_gigabytes_is_harmless(settings: Any) -> None:
    settings.EXTRACTION_MAX_MEMORY_BYTES = 300 * 1024 * 1024
    bomb = pdf_with_stream(b"0 0 m " * 10_000_000, times=50)
    assert len(bomb) < 100_000
    begun = time.monotonic()
    assert run(bomb, "pdf").text == ""
    assert time.monotonic() - begun < 20


def test_reading_that_needs_too_much_memory_ends_its_own_process(settings: Any) -> None:
    settings.EXTRACTION_MAX_MEMORY_BYTES = 120 * 1024 * 1024
    outcome = run(b"a,b\n" * 10_000_000, "csv")
    assert (outcome.state, outcome.note) == (ExtractionState.TOO_LARGE, ExtractionNote.MEMORY)


def test_pdf_bomb_of_time_is_stopped_and_what_was_read_is_kept(settings: Any) -> None:
    settings.EXTRACTION_MAX_CPU_SECONDS = 1
    begun = time.monotonic()
    outcome = run(make.make_pdf("words " * 10 + "\n" + "x\n" * 60, pages=3000), "pdf")
    assert (outcome.state, outcome.note) == (ExtractionState.TOO_LARGE, ExtractionNote.TIME)
    assert outcome.text.startswith("words words")
    assert time.monotonic() - begun < 20


def test_child_that_does_not_end_is_ended(
    settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _program(monkeypatch, tmp_path, "import time; time.sleep(60)")
    settings.EXTRACTION_MAX_SECONDS = 0.5
    outcome = run(b"x", "csv")
    assert (outcome.state, outcome.note) == (ExtractionState.FAILED, ExtractionNote.SLOW)


def test_child_that_is_killed_is_a_failure_with_a_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _program(monkeypatch, tmp_path, "import os; os.kill(os.getpid(), 9)")
    outcome = run(b"x", "csv")
    assert (outcome.state, outcome.note) == (ExtractionState.FAILED, ExtractionNote.KILLED)


def _program(monkeypatch: pytest.MonkeyPatch, folder: Path, source: str) -> None:
    program = folder / "program.py"
    program.write_text(source)
    monkeypatch.setattr(extraction, "_PROGRAM", program)


def test_spreadsheet_of_a_thousand_million_cells_is_small(settings: Any) -> None:
    settings.EXTRACTION_MAX_CPU_SECONDS = 20
    xlsx = make.make_xlsx([["start"]])
    with zipfile.ZipFile(io.BytesIO(xlsx)) as archive:
        name = next(name for name in archive.namelist() if name.startswith("xl/worksheets/sheet"))
        sheet = archive.read(name)
    far = sheet.replace(
        b"</sheetData>",
        b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>the end</t></is></c></row></sheetData>',
    ).replace(b'<dimension ref="A1:A1"', b'<dimension ref="A1:XFD1048576"')
    assert far != sheet
    outcome = run(changed(xlsx, {name: far}), "xlsx")
    assert outcome.state in {ExtractionState.DONE, ExtractionState.TOO_LARGE}
    assert "start" in outcome.text


def test_ods_with_repeated_rows_reads_what_is_there() -> None:
    ods = make.make_ods([["here"]])
    content = zipfile.ZipFile(io.BytesIO(ods)).read("content.xml").decode()
    many = content.replace("<table:table-row>", '<table:table-row table:number-rows-repeated="1048576">')
    assert many != content
    assert run(changed(ods, {"content.xml": many.encode()}), "ods").text.count("here") == 1


def test_xml_entities_in_an_office_file_are_not_unfolded() -> None:
    odt = make.make_odt("x")
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 9))
    evil = (
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">{laughs}]>'
        '<office:text xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><text:p>&a8;</text:p></office:text>'
    )
    outcome = run(changed(odt, {"content.xml": evil.encode()}), "odt")
    assert (outcome.state, outcome.text) == (ExtractionState.FAILED, "")


def test_child_knows_nothing_of_the_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SECRET_KEY", "do-not-tell")
    _program(
        monkeypatch,
        tmp_path,
        "import os, sys\nprint(sorted(os.environ), sys.flags.isolated, 'django' in sys.modules)",
    )
    text = run(b"x", "csv").text
    assert "SECRET_KEY" not in text
    assert text.endswith("1 False\n")


def test_child_program_imports_neither_django_nor_the_apps() -> None:
    loaded = subprocess.run(
        [
            sys.executable,
            "-I",
            "-c",
            "import sys, runpy; runpy.run_path(sys.argv[1]); print(*sys.modules)",
            extract.__file__,
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert not {"django", "apps", "clusterhub"} & set(loaded)


# --- The row --------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_stored_file_is_read_after_commit_and_announced_once(user: User, told: list[str]) -> None:
    stored = services.store_upload(upload=make.make_upload(make.make_pdf("Impact of clusters")), by=user)
    stored.refresh_from_db()
    assert stored.extraction_state == ExtractionState.DONE
    assert stored.text == "Impact of clusters\n"
    assert told == [str(stored.pk)]
    assert stored.text_announced_at
    tasks.extract_texts()
    assert told == [str(stored.pk)]
    assert StoredFile.objects.get().extraction_attempts == 1


@pytest.mark.django_db(transaction=True)
def test_broker_away_leaves_the_file_to_the_sweep(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(tasks.extract_texts, "apply_async", away)
        stored = services.store_upload(upload=make.make_upload(), by=user)
    stored.refresh_from_db()
    assert stored.extraction_state == ExtractionState.PENDING
    assert tasks.extract_pending_texts() == 1
    stored.refresh_from_db()
    assert stored.extraction_state == ExtractionState.DONE


@pytest.mark.django_db
@pytest.mark.parametrize("number", [9, 11])
def test_child_that_the_kernel_ended_is_not_tried_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: int
) -> None:
    """It was over a limit of processor time or memory, and would be again."""
    _program(monkeypatch, tmp_path, f"import os; os.kill(os.getpid(), {number})")
    stored = make.StoredFileFactory.create()
    assert [tasks.extract_pending_texts() for _n in range(2)] == [1, 0]
    StoredFile.objects.update(extraction_started_at=timezone.now() - timedelta(days=1))
    assert tasks.extract_pending_texts() == 0
    stored.refresh_from_db()
    assert stored.extraction_attempts == 1
    assert (stored.extraction_state, stored.extraction_note) == (
        ExtractionState.FAILED,
        ExtractionNote.KILLED,
    )


@pytest.mark.django_db
def test_file_that_was_away_is_tried_again_after_a_while_three_times_at_most() -> None:
    stored = make.StoredFileFactory.create()
    storage.delete(stored.key)
    found = []
    for _n in range(4):
        found.append((tasks.extract_pending_texts(), tasks.extract_pending_texts()))
        StoredFile.objects.update(extraction_started_at=timezone.now() - timedelta(hours=1))
    assert found == [(1, 0), (1, 0), (1, 0), (0, 0)]
    stored.refresh_from_db()
    assert (stored.extraction_attempts, stored.extraction_note) == (3, ExtractionNote.MISSING)


@pytest.mark.django_db
def test_people_take_turns_however_many_files_one_of_them_has(monkeypatch: pytest.MonkeyPatch) -> None:
    many, few, late = UserFactory.create_batch(3)
    names = {}
    for name, person in [("m1", many), ("m2", many), ("m3", many), ("f1", few), ("f2", few), ("l1", late)]:
        names[make.StoredFileFactory.create(uploaded_by=person).pk] = name
    make.StoredFileFactory.create(
        uploaded_by=late, text="read just now", extraction_started_at=timezone.now()
    )
    order: list[str] = []

    def read(file: StoredFile) -> extraction.Outcome:
        order.append(names[file.pk])
        return extraction.Outcome(ExtractionState.DONE, "", "text")

    monkeypatch.setattr(extraction, "_read", read)

    assert tasks.extract_texts() is False

    assert order == ["m1", "f1", "l1", "m2", "f2", "m3"]


@pytest.mark.django_db
def test_run_whose_time_is_up_leaves_the_rest_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    make.StoredFileFactory.create_batch(3)
    monkeypatch.setattr(extraction, "BUDGET", 0.0)
    woken: list[str] = []
    monkeypatch.setattr(tasks.extract_texts, "apply_async", lambda **_how: woken.append("again"))

    assert tasks.extract_texts() is True

    assert StoredFile.objects.filter(extraction_state=ExtractionState.DONE).count() == 1
    assert woken == ["again"]


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 6])
def test_choice_of_the_next_file_costs_the_same_however_many_wait(
    count: int, django_assert_num_queries: Any
) -> None:
    for stored in make.StoredFileFactory.create_batch(count):
        make.StoredFileFactory.create(uploaded_by=stored.uploaded_by)
    with django_assert_num_queries(2):
        assert extraction.next_due()


@pytest.mark.django_db
def test_damaged_file_is_not_tried_again() -> None:
    stored = make.StoredFileFactory.create(content=b"%PDF-1.7\nnot really\nstartxref\n0")
    assert [tasks.extract_pending_texts() for _n in range(2)] == [1, 0]
    stored.refresh_from_db()
    assert stored.extraction_note == ExtractionNote.DAMAGED


@pytest.mark.django_db
def test_file_missing_in_the_storage_is_a_failure_with_a_reason() -> None:
    stored = make.StoredFileFactory.create()
    storage.delete(stored.key)
    tasks.extract_texts()
    stored.refresh_from_db()
    assert (stored.extraction_state, stored.extraction_note) == (
        ExtractionState.FAILED,
        ExtractionNote.MISSING,
    )


@pytest.mark.django_db
def test_sweep_takes_up_what_a_dead_worker_left_and_nothing_in_work() -> None:
    running: dict[str, Any] = {"extraction_state": ExtractionState.RUNNING, "extraction_attempts": 1}
    in_work = make.StoredFileFactory.create(extraction_started_at=timezone.now(), **running)
    long_ago = timezone.now() - extraction.claim_age() - timedelta(seconds=1)
    left = make.StoredFileFactory.create(extraction_started_at=long_ago, **running)
    hopeless = make.StoredFileFactory.create(
        extraction_started_at=long_ago, extraction_state=ExtractionState.RUNNING, extraction_attempts=3
    )
    assert tasks.extract_pending_texts() == 1
    for stored in (in_work, left, hopeless):
        stored.refresh_from_db()
    assert in_work.extraction_state == ExtractionState.RUNNING
    assert left.extraction_state == ExtractionState.DONE
    assert (hopeless.extraction_state, hopeless.extraction_note) == (
        ExtractionState.FAILED,
        ExtractionNote.KILLED,
    )


@pytest.mark.django_db(transaction=True)
def test_sweep_announces_again_what_died_before_it_was_told(told: list[str]) -> None:
    stored = make.StoredFileFactory.create(text="read")
    StoredFile.objects.update(updated_at=timezone.now() - timedelta(minutes=6))
    tasks.extract_pending_texts()
    tasks.extract_pending_texts()
    assert told == [str(stored.pk)]


@pytest.mark.django_db
def test_late_result_of_a_lost_claim_is_dropped(told: list[str]) -> None:
    stored = make.StoredFileFactory.create()
    attempt = extraction._claim(str(stored.pk))
    assert attempt == 1
    StoredFile.objects.update(extraction_attempts=2)
    assert not extraction._finish(str(stored.pk), 1, extraction.Outcome(ExtractionState.DONE, "", "late"))
    assert not ExtractedText.objects.exists()
    assert told == []


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = make.StoredFileFactory.create()
    runs: list[str] = []
    both = threading.Barrier(2)

    def read(file: StoredFile) -> extraction.Outcome:
        runs.append(str(file.pk))
        time.sleep(0.2)
        return extraction.Outcome(ExtractionState.DONE, "", "text")

    def work() -> None:
        both.wait()
        extraction.extract_stored(stored_file_id=str(stored.pk))
        connection.close()

    monkeypatch.setattr(extraction, "_read", read)
    workers = [threading.Thread(target=work) for _n in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert runs == [str(stored.pk)]


@pytest.mark.django_db(transaction=True)
def test_request_extraction_reads_again(user: User) -> None:
    stored = make.StoredFileFactory.create(
        content=make.make_pdf("new reading"),
        extraction_state=ExtractionState.FAILED,
        extraction_note=ExtractionNote.DAMAGED,
        extraction_attempts=3,
    )
    services.request_extraction(stored_file_id=str(stored.pk), by=user)
    stored.refresh_from_db()
    assert (stored.extraction_state, stored.extraction_note) == (ExtractionState.DONE, "")
    assert "new reading" in stored.text


@pytest.mark.django_db
def test_files_without_text_are_left_alone(user: User) -> None:
    stored = make.StoredFileFactory.create(content=make.make_picture(), media_type="image/png")
    services.request_extraction(stored_file_id=str(stored.pk), by=user)
    assert tasks.extract_pending_texts() == 0
    stored.refresh_from_db()
    assert stored.extraction_state == ExtractionState.SKIPPED
    assert stored.text == ""


def test_child_cannot_write_more_than_the_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever a file makes the libraries do: the kernel bounds what the child can write."""
    head = "def _read_csv(file: IO[bytes]) -> Iterator[str]:\n"
    source = Path(extract.__file__).read_text()
    assert head in source
    flood = "    sys.stdout.buffer.raw.write(b'x' * 100_000_000)\n    yield str(os.fstat(1).st_size)\n    return\n"
    _program(
        monkeypatch,
        tmp_path,
        source.replace(head, head + flood).replace("import io\n", "import io\nimport os\n"),
    )
    with tempfile.TemporaryFile() as file:
        outcome = extraction.run_child(file, kind="csv")
    assert len(outcome.text) == 2_000_000
