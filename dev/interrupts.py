"""Ctrl-C, a polite kill and a closed terminal all mean the same: stop everything that was started."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_OUTPUT = 1


class Interrupted(BaseException):
    """Raised where the program stands, so that every ``finally`` on the way out does its part."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.name = signal.Signals(number).name


def raise_when_interrupted() -> None:
    wanted_after_hangup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN  # nohup make demo
    for number in _SIGNALS:
        signal.signal(number, _interrupt)
    if wanted_after_hangup:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    elif os.isatty(_OUTPUT):
        signal.signal(signal.SIGALRM, _look_for_terminal)
        signal.setitimer(signal.ITIMER_REAL, 1, 1)


def _look_for_terminal(number: int, frame: FrameType | None) -> None:
    """Where make is all that a terminal window runs it alone hears of the closing, and waits for us to end."""
    if not os.isatty(_OUTPUT):
        _interrupt(signal.SIGHUP, frame)


def _interrupt(number: int, frame: FrameType | None) -> None:
    # Impatience must not leave processes behind: while we stop, further signals are ignored.
    ignore_further()
    raise Interrupted(number)


def ignore_further() -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def left_to_child() -> Iterator[None]:
    """While a child owns the terminal (pytest, a shell), Ctrl-C is for the child to answer."""
    before = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
