"""TCP ports on this machine: a free one, and who holds a taken one."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import socket
from pathlib import Path

from dev.console import Problem
from dev.processes import command_line

_LISTENING = "0A"
_HIGHEST_PORT = 65_535
_PORT_NUMBER = re.compile(r"[0-9]{1,5}")


def free_port(preferred: int | None = None) -> int:
    """The preferred port when nobody has it, so that addresses stay the same from start to start."""
    if preferred and is_free("127.0.0.1", preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(host: str, port: int) -> bool:
    try:
        _try_to_bind(host, port)
    except OSError:
        return False
    return True


def answers(host: str, port: int, *, timeout: float = 3.0) -> bool:
    try:
        with socket.create_connection((host, port), timeout=timeout):
            return True
    except OSError:
        return False


def read_port(text: str) -> int:
    if not _PORT_NUMBER.fullmatch(text) or not 0 < int(text) <= _HIGHEST_PORT:
        raise Problem(
            f"PORT={text[:40]} is not a port number.",
            todo="choose a number between 1024 and 65535, for example: PORT=8001 make demo",
        )
    return int(text)


def require_free(host: str, port: int) -> None:
    """Refuse a taken port before anything is started, and say who holds it."""
    try:
        _try_to_bind(host, port)
    except PermissionError:
        raise Problem(
            f"Port {port} may only be opened by root.", todo="choose another one: PORT=8000 make demo"
        ) from None
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise Problem(
                f"The hub cannot listen at HOST={host} ({error.strerror}).",
                todo="name an IPv4 address of this machine, or unset HOST to be reached from this machine alone",
            ) from None
        holder = holder_of(port)
        by = f" by {holder}" if holder else ""
        raise Problem(
            f"Port {port} is taken{by}.",
            todo=f"stop that program, or choose another port: PORT={_next_free(host, port)} make demo",
        ) from None


def holder_of(port: int) -> str:
    """Who listens on the port, as far as we may see; empty when it is another user's process."""
    sockets = _listening_inodes(port)
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            for handle in (process / "fd").iterdir():
                if os.readlink(handle) in sockets:
                    pid = int(process.name)
                    return f"process {pid} ({command_line(pid)[:80] or 'unknown'})"
    return ""


def _try_to_bind(host: str, port: int) -> None:
    """Both sides of localhost: a browser asks ::1 first, and would show another program that listens there alone."""
    _bind(socket.AF_INET, host, port)
    if host == "127.0.0.1":
        try:
            _bind(socket.AF_INET6, "::1", port)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:  # anything else: this machine has no IPv6
                raise


def _bind(family: socket.AddressFamily, host: str, port: int) -> None:
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))


def _next_free(host: str, port: int) -> int:
    candidates = range(port + 1, min(port + 100, _HIGHEST_PORT) + 1)
    return next((number for number in candidates if is_free(host, number)), 8001)


def _listening_inodes(port: int) -> set[str]:
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                    inodes.add(f"socket:[{fields[9]}]")
    return inodes
