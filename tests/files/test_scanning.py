"""The virus scanner, spoken to over a real connection."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from apps.accounts.models import User
from apps.files import services, storage
from apps.files.enums import ScanState
from apps.files.exceptions import FileRefusedError, ScannerUnavailableError
from apps.files.models import StoredFile
from tests.factories import files as make

pytestmark = pytest.mark.django_db
# What scanners are tested with; harmless.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class _Clamd(socketserver.ThreadingTCPServer):
    """Enough of clamd's INSTREAM to tell whether we speak it."""

    daemon_threads = True
    allow_reuse_address = True
    answer: bytes | None = None
    received = b""


class _Session(socketserver.StreamRequestHandler):
    server: _Clamd

    def handle(self) -> None:
        assert self.rfile.read(10) == b"zINSTREAM\0"
        content = b""
        while length := struct.unpack(">I", self.rfile.read(4))[0]:
            content += self.rfile.read(length)
        self.server.received = content
        found = b"stream: Win.Test.EICAR_HDB-1 FOUND\0" if EICAR in content else b"stream: OK\0"
        self.wfile.write(found if self.server.answer is None else self.server.answer)


@pytest.fixture
def clamd(settings: Any) -> Iterator[_Clamd]:
    with _Clamd(("127.0.0.1", 0), _Session) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        settings.CLAMD_ADDRESS = f"127.0.0.1:{server.server_address[1]}"
        yield server
        server.shutdown()
        thread.join()


def test_clean_file_is_stored_as_scanned(clamd: _Clamd, user: User) -> None:
    content = make.make_zip({"noise.bin": bytes(range(256)) * 2000})
    stored = services.store_upload(upload=make.make_upload(content, "data.zip"), by=user)
    assert clamd.received == content
    assert stored.scan_state == ScanState.CLEAN
    assert stored.scanned_at


def test_infected_file_is_refused_and_not_stored(clamd: _Clamd, user: User) -> None:
    before = set(storage.all_keys())
    with pytest.raises(FileRefusedError, match="found something harmful") as refused:
        services.store_upload(upload=make.make_upload(make.make_pdf() + EICAR), by=user)
    assert refused.value.code == "infected"
    assert not StoredFile.objects.exists()
    assert set(storage.all_keys()) == before


@pytest.mark.parametrize("answer", [b"", b"\0", b"INSTREAM size limit exceeded. ERROR\0", b"nonsense"])
def test_scanner_without_verdict_takes_nothing(clamd: _Clamd, answer: bytes, user: User) -> None:
    clamd.answer = answer
    with pytest.raises(ScannerUnavailableError):
        services.store_upload(upload=make.make_upload(), by=user)
    assert not StoredFile.objects.exists()


@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.0.0.1:nonsense", "no-port"])
def test_scanner_down_takes_nothing_and_says_so(address: str, settings: Any, user: User) -> None:
    settings.CLAMD_ADDRESS = address
    with pytest.raises(ScannerUnavailableError, match="does not answer at present") as refused:
        services.store_upload(upload=make.make_upload(), by=user)
    assert refused.value.code == "scanner_unavailable"
    assert not StoredFile.objects.exists()


def test_scan_again_marks_what_was_not_known_before(clamd: _Clamd, user: User) -> None:
    clean = make.StoredFileFactory.create()
    infected = make.StoredFileFactory.create(content=make.make_pdf() + EICAR)
    for stored in (clean, infected):
        services.scan_again(stored_file_id=str(stored.pk), by=user)
        stored.refresh_from_db()
    assert clean.scan_state == ScanState.CLEAN
    assert infected.scan_state == ScanState.INFECTED


def test_scan_again_with_scanner_down_changes_nothing(settings: Any, user: User) -> None:
    stored = make.StoredFileFactory.create()
    settings.CLAMD_ADDRESS = "127.0.0.1:1"
    with pytest.raises(ScannerUnavailableError):
        services.scan_again(stored_file_id=str(stored.pk), by=user)
    stored.refresh_from_db()
    assert stored.scan_state == ScanState.NOT_SCANNED
