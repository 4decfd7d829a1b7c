"""Clients that send or take byte by byte, or never, against the web server that everybody runs."""

from __future__ import annotations

import contextlib
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from apps.files import middleware
from apps.knowledge.models import Resource
from dev.demo import web_command
from dev.layout import ROOT, Layout
from tests import served_settings
from tests.accounts.helpers import PASSWORD, person
from tests.factories.files import StoredFileFactory
from tests.factories.knowledge import ResourceFactory
from tests.served import hub, send

SLOW = 40
pytestmark = pytest.mark.slow


@pytest.fixture
def address(tmp_path: Path, transactional_db: None) -> Iterator[str]:
    with hub(tmp_path, redis_url="redis://127.0.0.1:1/0") as address:
        yield address


@contextlib.contextmanager
def slow_bodies(address: str, number: int) -> Iterator[list[socket.socket]]:
    """So many forms under way, of each of which a byte has come."""
    parts = urlsplit(address)
    assert parts.hostname
    assert parts.port
    head = (
        f"POST /accounts/login/ HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: 100000\r\n"
        # With its cookie: without, the form is refused before anything of it is read.
        f"Cookie: csrftoken={'x' * 32}\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\na"
    )
    with contextlib.ExitStack() as stack:
        clients = []
        for _number in range(number):
            client = stack.enter_context(socket.create_connection((parts.hostname, parts.port), timeout=30))
            client.sendall(head.encode())
            clients.append(client)
        yield clients


def test_slow_bodies_keep_nobody_from_reading_and_a_form_is_refused_at_once(address: str) -> None:
    """More of them than both processes have threads; the forms are taken again when they have been ended."""
    person()
    form = {"login": "ada@example.org", "password": PASSWORD}
    with slow_bodies(address, SLOW) as clients, httpx.Client(base_url=address, timeout=5) as browser:
        time.sleep(1)
        for path in ("/healthz", "/knowledge/", "/") * 3:
            assert browser.get(path).status_code == 200, path
        refused = send(browser, "/accounts/login/", form)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "60")
        trickle(clients, served_settings.BODY_GRACE_SECONDS + 3)

        assert send(browser, "/accounts/login/", form).headers["Location"] == "/dashboard/"


def test_slow_body_is_ended_and_its_sender_told(address: str) -> None:
    with slow_bodies(address, 1) as (client,):
        trickle([client], served_settings.BODY_GRACE_SECONDS + 2)

        assert client.recv(65536).startswith(b"HTTP/1.1 408 ")


@contextlib.contextmanager
def takers(address: str, path: str, number: int) -> Iterator[list[socket.socket]]:
    """So many that ask for a file and read nothing of it; their computers take in as little as one can."""
    parts = urlsplit(address)
    ask = f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n"
    with contextlib.ExitStack() as stack:
        clients = []
        for _number in range(number):
            client = stack.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            client.settimeout(30)
            client.connect((str(parts.hostname), parts.port or 0))
            client.sendall(ask.encode())
            clients.append(client)
        time.sleep(1)
        yield clients


def published(size: int) -> Resource:
    return ResourceFactory.create(file=StoredFileFactory.create(content=bytes(size)))


def test_downloads_that_nobody_takes_keep_nobody_from_reading(address: str) -> None:
    """Whoever comes then is told to ask again; the places are back when those clients have gone."""
    large, small = (f"/knowledge/{published(size).slug}/download/" for size in (30_000_000, 256 * 1024))
    with httpx.Client(base_url=address, timeout=5) as browser:
        with takers(address, large, SLOW):
            for path in ("/healthz", "/knowledge/", "/", small) * 3:
                assert browser.get(path).status_code == 200, path
            refused = browser.get(large)
            assert (refused.status_code, refused.headers["Retry-After"]) == (503, "60")
        time.sleep(1)
        for _again in range(2 * middleware.PLACES + 1):
            with browser.stream("GET", large) as taken:
                assert taken.status_code == 200
        assert len(browser.get(large).content) == 30_000_000


def test_small_files_that_nobody_takes_occupy_no_thread(address: str) -> None:
    small = f"/knowledge/{published(256 * 1024).slug}/download/"
    with takers(address, small, 2 * SLOW), httpx.Client(base_url=address, timeout=5) as browser:
        for path in ("/healthz", "/knowledge/", "/", small) * 3:
            assert browser.get(path).status_code == 200, path


def trickle(clients: list[socket.socket], seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for client in clients:
            with contextlib.suppress(OSError):
                client.sendall(b"a")
        time.sleep(1)


def threads(command: str) -> int:
    found = re.search(r"--blocking-threads[ \"',]+(\d+)", command)
    assert found
    return int(found[1])


def test_some_threads_are_left_for_those_who_send_no_body() -> None:
    started = threads(" ".join(web_command(Layout(), "127.0.0.1", 1)))

    assert started == threads((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    assert started > middleware.PLACES
