"""Starting and ending processes so that none outlives us and none holds the terminal open."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


@dataclass(frozen=True)
class Account:
    """The user a server runs as when we are root, because PostgreSQL refuses to run as root."""

    name: str
    uid: int
    gid: int

    def popen_options(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def die_with_parent() -> None:
    """Ask Linux to end this child when its parent dies, even of SIGKILL."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def spawn(
    args: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    account: Account | None = None,
    outlives_us: bool = False,
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, so that Ctrl-C reaches us alone and we choose the order."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(arg) for arg in args],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=None if outlives_us else die_with_parent,
            **(account.popen_options() if account else {}),
        )


def run(
    args: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    account: Account | None = None,
) -> int:
    """Run to the end with all output in ``log``; an interruption ends the process too."""
    process = spawn(args, log=log, env=env, cwd=cwd, account=account)
    try:
        return process.wait()
    except BaseException:
        stop_group(process)
        raise


def run_in_terminal(args: Sequence[str | Path], *, env: Mapping[str, str], cwd: Path) -> int:
    """Run with the terminal's input and output; being told to stop ends it too."""
    process = subprocess.Popen([str(arg) for arg in args], env=env, cwd=cwd, preexec_fn=die_with_parent)
    try:
        return process.wait()
    except BaseException:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=20)
        process.kill()
        raise


def stop_group(process: subprocess.Popen[bytes], *, patience: float = 10.0) -> bool:
    """End a process and its children, politely first. Returns False when it had to be killed."""
    polite = True
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            polite = False
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return polite


def is_alive(pid: int) -> bool:
    """True for a running process. A zombie (dead, not yet collected by its parent) does not count."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


def end(pid: int, *signals: signal.Signals, patience: float) -> None:
    """Send one signal after the other, each when the one before has not ended the process in time (seconds)."""
    for number in signals:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        if wait_until(lambda: not is_alive(pid), timeout=patience):
            return


def find(text: str) -> int | None:
    """The process whose command line has this text. PID files can be stale, or written too late."""
    return next((pid for pid in _all_pids() if text in f"{command_line(pid)} " and is_alive(pid)), None)


def working_in(folder: Path) -> list[int]:
    """The processes whose current folder this is."""
    found = []
    for pid in _all_pids():
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/cwd").readlink() == folder.resolve():
                found.append(pid)
    return found


def _all_pids() -> list[int]:
    return sorted(int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def command_line(pid: int) -> str:
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return ""
    return raw.replace(b"\0", b" ").decode(errors="replace").strip()


def wait_until(condition: Callable[[], bool], *, timeout: float, pause: float = 0.05) -> bool:
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True
