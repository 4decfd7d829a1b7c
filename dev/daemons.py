"""What the two private servers have in common: they outlive us, so others may share them."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from dev.console import Problem
from dev.processes import Account, spawn, stop_group


def start_daemon(
    args: Sequence[str | Path],
    *,
    name: str,
    log: Path,
    env: Mapping[str, str],
    cwd: Path,
    account: Account | None,
    is_ready: Callable[[], bool],
    timeout: float = 60.0,
) -> subprocess.Popen[bytes]:
    """Start a server and wait until it answers; its output goes to its log alone, never to our terminal."""
    process = spawn(args, log=log, env=env, cwd=cwd, account=account, outlives_us=True)
    deadline = time.monotonic() + timeout
    try:
        while not is_ready():
            if process.poll() is not None:
                raise Problem(f"{name} ended at once (exit code {process.returncode}).", todo=_TODO, log=log)
            if time.monotonic() > deadline:
                raise Problem(f"{name} did not answer within {timeout:.0f} seconds.", todo=_TODO, log=log)
            time.sleep(0.03)
    except BaseException:
        stop_group(process)
        raise
    return process


_TODO = "try again; if it stays so, 'make clean' removes the private servers' data and the next start makes it anew"


def remembered_number(file: Path) -> int | None:
    try:
        return int(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
