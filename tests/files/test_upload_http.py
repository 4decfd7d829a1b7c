"""Uploads over a real connection: too large, and lost in the middle."""

from __future__ import annotations

import errno
import re
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.files import temp
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django.live_server_helper import LiveServer

from apps.accounts.models import User
from apps.files import storage
from apps.files.models import StoredFile
from tests.factories import files as make
from tests.factories.accounts import UserFactory

pytestmark = [pytest.mark.urls("tests.files.urls"), pytest.mark.django_db(transaction=True)]
BOUNDARY = "b0undary"


@pytest.fixture
def temporary(settings: Any, tmp_path: Path) -> Path:
    """Where Django puts what it receives."""
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    return tmp_path


@pytest.fixture
def uploader() -> User:
    return UserFactory.create(email="uploader@example.org")


@pytest.fixture
def _nothing_stored(uploader: User) -> Iterator[None]:
    before = set(storage.all_keys())
    yield
    assert not StoredFile.objects.exists()
    assert set(storage.all_keys()) == before


def multipart(content: bytes, *, title: str = "x") -> bytes:
    return (
        (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="title"\r\n\r\n{title}\r\n'
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="report.pdf"\r\n'
            "Content-Type: application/pdf\r\n\r\n"
        ).encode()
        + content
        + f"\r\n--{BOUNDARY}--\r\n".encode()
    )


def connect(server: LiveServer, length: int) -> socket.socket:
    parts = urlsplit(server.url)
    assert parts.hostname
    assert parts.port
    connection = socket.create_connection((parts.hostname, parts.port), timeout=20)
    head = (
        f"POST /upload/ HTTP/1.1\r\nHost: {parts.hostname}:{parts.port}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {length}\r\n"
        "Connection: close\r\n\r\n"
    )
    connection.sendall(head.encode())
    return connection


def answer(connection: socket.socket) -> str:
    received = b""
    while part := connection.recv(65536):
        received += part
    connection.close()
    return received.decode()


def test_upload_whole_request_is_stored(live_server: LiveServer, uploader: User, temporary: Path) -> None:
    """The same request as below, not cut: shows that the others test what they say."""
    content = make.make_pdf("x" * 60, pages=100)
    body = multipart(content)
    connection = connect(live_server, len(body))
    connection.sendall(body)
    assert "stored" in answer(connection)
    assert StoredFile.objects.get().size == len(content)
    assert list(temporary.iterdir()) == []


@pytest.mark.usefixtures("_nothing_stored")
@pytest.mark.parametrize("share", [0.1, 0.5, 0.999])
def test_upload_connection_lost_in_the_middle_leaves_nothing(
    live_server: LiveServer, temporary: Path, share: float
) -> None:
    """The part that came is a whole PDF with more after it, so that only the lost rest can be the reason."""
    body = multipart(make.make_pdf() + b"\n" * 300_000 + make.make_pdf())
    connection = connect(live_server, len(body))
    connection.sendall(body[: int(len(body) * share)])
    connection.shutdown(socket.SHUT_WR)
    assert answer(connection).startswith("HTTP/1.1 400 ")
    assert list(temporary.iterdir()) == []


@pytest.mark.usefixtures("_nothing_stored")
def test_upload_connection_reset_in_the_middle_leaves_nothing(
    live_server: LiveServer, temporary: Path
) -> None:
    body = multipart(make.make_pdf() + b"\n" * 300_000)
    connection = connect(live_server, len(body))
    connection.sendall(body[: len(body) // 2])
    wait_until(lambda: any(temporary.iterdir()))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    wait_until(lambda: not any(temporary.iterdir()))


def wait_until(condition: Any) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.usefixtures("_nothing_stored")
def test_upload_announced_far_too_large_is_413_before_it_is_sent(
    live_server: LiveServer, settings: Any
) -> None:
    settings.UPLOAD_MAX_BYTES = 100_000
    with connect(live_server, 2 * 100_000 + 1024 * 1024 + 1) as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


@pytest.mark.usefixtures("_nothing_stored")
def test_upload_over_the_limit_is_said_beside_the_field_and_the_rest_is_kept(
    live_server: LiveServer, settings: Any, temporary: Path
) -> None:
    settings.UPLOAD_MAX_BYTES = 100_000
    body = multipart(make.make_pdf() + b"\n" * 150_000)
    connection = connect(live_server, len(body))
    connection.sendall(body)
    html = answer(connection)
    assert html.startswith("HTTP/1.1 200 ")
    assert "This file is too large: at most 97.7\xa0kB are accepted." in html
    assert list(temporary.iterdir()) == []


@pytest.mark.usefixtures("_nothing_stored")
@pytest.mark.parametrize("fails", ["open", "write", "flush"])
def test_upload_without_room_for_temporary_files_is_said_beside_the_field(
    client: Client,
    temporary: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    fails: str,
) -> None:
    def full(*args: Any, **kwargs: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    if fails == "open":
        monkeypatch.setattr(temp, "NamedTemporaryFile", full)
    else:
        method = {"write": "write", "flush": "seek"}[fails]
        monkeypatch.setattr(TemporaryUploadedFile, method, full, raising=False)
    response = client.post("/upload/", {"title": "typed", "file": make.make_upload()})
    assert response.status_code == 200
    assert b"The hub cannot store files at the moment" in response.content
    assert list(temporary.iterdir()) == []
    assert [record.levelname for record in caplog.records if "no room" in record.getMessage()] == ["ERROR"]


def test_upload_of_exactly_the_limit_is_taken(client: Client, uploader: User, settings: Any) -> None:
    content = make.make_pdf()
    settings.UPLOAD_MAX_BYTES = len(content)
    response = client.post("/upload/", {"title": "x", "file": make.make_upload(content)})
    assert response.content.startswith(b"stored")
    settings.UPLOAD_MAX_BYTES = len(content) - 1
    assert b"too large" in client.post("/upload/", {"title": "x", "file": make.make_upload(content)}).content


def test_upload_other_error_keeps_the_file_for_the_next_press(client: Client, uploader: User) -> None:
    html = client.post("/upload/", {"title": "", "file": make.make_upload()}).content.decode()
    token = re.search(r'name="file-kept" value="([^"]+)"', html)
    assert token
    response = client.post("/upload/", {"title": "x", "file-kept": token[1]})
    assert response.content.decode() == f"stored {StoredFile.objects.get().pk}"


def test_upload_bad_names_over_http_are_made_safe(client: Client, uploader: User) -> None:
    body = multipart(make.make_pdf()).replace(b"report.pdf", b"..\\..\\e\xe2\x80\xaevil.pdf")
    response = client.generic(
        "POST", "/upload/", body, content_type=f"multipart/form-data; boundary={BOUNDARY}"
    )
    assert response.content.startswith(b"stored")
    assert StoredFile.objects.get().original_name == "evil.pdf"


@pytest.mark.parametrize("length", ["nonsense", "-1", ""])
def test_upload_odd_content_length_is_no_error_of_ours(length: str) -> None:
    from apps.files.middleware import UploadGuardMiddleware

    request = RequestFactory().post("/upload/")
    request.META["CONTENT_LENGTH"] = length
    seen: list[object] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse()

    UploadGuardMiddleware(view)(request)
    assert seen == [request]


@pytest.mark.usefixtures("uploader")
def test_ordinary_form_that_is_cut_is_not_half_saved(live_server: LiveServer) -> None:
    parts = urlsplit(live_server.url)
    connection = socket.create_connection((str(parts.hostname), parts.port or 0), timeout=20)
    connection.sendall(
        b"POST /upload/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: 1000\r\nConnection: close\r\n\r\ntitle=half"
    )
    connection.shutdown(socket.SHUT_WR)
    assert answer(connection).startswith("HTTP/1.1 400 ")
