"""A group of processes that live and end together."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from dev.console import Problem, say, shown
from dev.processes import spawn, stop_group, wait_until


@dataclass
class Member:
    name: str
    log: Path
    process: subprocess.Popen[bytes]


@dataclass
class Supervisor:
    """When one member ends by itself the group is no longer what was asked for: it is reported, the rest is stopped."""

    env: Mapping[str, str]
    cwd: Path
    members: list[Member] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, name: str, args: Sequence[str | Path], log: Path) -> None:
        process = spawn(args, log=log, env=self.env, cwd=self.cwd)
        self.members.append(Member(name=name, log=log, process=process))

    def wait_ready(self, condition: Callable[[], bool], *, timeout: float, what: str, log: Path) -> None:
        def ready_or_dead() -> bool:
            self.require_all_alive()
            return condition()

        if not wait_until(ready_or_dead, timeout=timeout, pause=0.1):
            raise Problem(f"{what} within {timeout:.0f} seconds.", todo="see the log for the reason", log=log)

    def watch(self) -> None:
        """Wait until somebody interrupts, or raise when a member ends by itself."""
        while True:
            self.require_all_alive()
            time.sleep(0.3)

    def require_all_alive(self) -> None:
        for member in self.members:
            code = member.process.poll()
            if code is not None:
                raise Problem(
                    f"The {member.name} process ended by itself ({_reason(code)}); the others are stopped too.",
                    todo="see the log for the reason, then start again",
                    log=member.log,
                )

    def stop(self) -> None:
        """The last started first, so that a server outlives those who use it."""
        while self.members:
            member = self.members.pop()
            if not stop_group(member.process):
                say(f"{member.name} did not stop in time and was killed; see {shown(member.log)}")


def _reason(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
