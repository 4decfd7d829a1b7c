"""What a person sees: numbered steps with their time, and problems that name a way on."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path


class Problem(Exception):
    """Something the person at the keyboard can do something about; shown without a traceback."""

    def __init__(self, message: str, *, todo: str = "", log: Path | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.todo = todo
        self.log = log


def say(text: str = "", *, end: str = "\n") -> None:
    """Print at once. A terminal that has gone must not keep us from stopping what we started."""
    try:
        sys.stdout.write(text + end)
        sys.stdout.flush()
    except OSError:
        # Otherwise the interpreter complains again about the lost output when it ends.
        with contextlib.suppress(OSError):
            sys.stdout = open(os.devnull, "w", encoding="utf-8")


def show_problem(problem: Problem) -> None:
    say(f"\nStopped: {problem.message}")
    if problem.log is not None:
        for line in tail(problem.log):
            say(f"    {line}")
        say(f"Whole log: {shown(problem.log)}")
    if problem.todo:
        say(f"What to do: {problem.todo}")


def tail(log: Path, lines: int = 12) -> list[str]:
    if not log.exists():
        return []
    return log.read_text(encoding="utf-8", errors="replace").rstrip().splitlines()[-lines:]


def shown(path: Path) -> str:
    """The path as one would type it from the current folder, where that is shorter."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


class Step:
    """One step in progress: ``outcome`` replaces the plain time, notes are shown below it."""

    def __init__(self) -> None:
        self.outcome = ""
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


class Steps:
    def __init__(self, total: int) -> None:
        self.total = total
        self.number = 0

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[Step]:
        self.number += 1
        started = time.monotonic()
        step = Step()
        say(f"[{self.number}/{self.total}] {title} … ", end="")
        try:
            yield step
        except BaseException:
            say("not finished")
            self._show_notes(step)
            raise
        outcome = f"{step.outcome}, " if step.outcome else ""
        say(f"{outcome}{time.monotonic() - started:.1f} s")
        self._show_notes(step)

    def _show_notes(self, step: Step) -> None:
        for text in step.notes:
            say(f"      {text}")
