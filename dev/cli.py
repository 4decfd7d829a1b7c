"""The commands, and what an interruption or a problem of any of them looks like."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from dev import accounts, build, checks, demo, testing
from dev.console import Problem, Steps, say, show_problem, shown
from dev.django import environment
from dev.interrupts import Interrupted, left_to_child, raise_when_interrupted
from dev.layout import Layout
from dev.processes import die_with_parent, run_in_terminal
from dev.services import only_one, services

_INTERRUPTED = 130


def main(args: list[str]) -> int:
    command = COMMANDS.get(args[0]) if len(args) == 1 else None
    if command is None:
        say(f"usage: python3 -m dev {'|'.join(COMMANDS)}")
        return 2
    raise_when_interrupted()
    if "MAKELEVEL" in os.environ:
        die_with_parent()  # make starts us, and being killed it could not tell us to stop
    try:
        return command(Layout())
    except Problem as problem:
        show_problem(problem)
        return 1
    except PermissionError as error:
        show_problem(_foreign(error))
        return 1
    except Interrupted as interruption:
        say(f"Interrupted ({interruption.name}); everything that was started is stopped.")
        return _INTERRUPTED


def _foreign(error: PermissionError) -> Problem:
    where = shown(Path(error.filename)) if isinstance(error.filename, str) else str(error)
    return Problem(
        f"{where} is closed to this user: perhaps another one, or root, made it.",
        todo="run the command as the user who made it, or take it over with: chown -R",
    )


def run_demo(layout: Layout) -> int:
    """Ctrl-C is the normal end of a running demo, so it is no failure."""
    demo.demo(layout)
    return 0


def run_services(layout: Layout) -> int:
    """Only the servers, for work with other tools; prints what to put into the environment."""
    steps = Steps(build.STEPS + 1)
    build.build(layout, steps)
    with contextlib.ExitStack() as stack:
        with steps.step("PostgreSQL and Valkey") as step:
            urls = stack.enter_context(services(layout, step))
        for name, value in urls.environment().items():
            say(f"export {name}={value}")
        say("Stop with Ctrl-C.")
        while True:
            time.sleep(3600)


def run_shell(layout: Layout) -> int:
    return _with_services(layout, [layout.python, "manage.py", "shell"], settings="local")


def run_bench(layout: Layout) -> int:
    """SIZE= and ONLY= reach the benchmark through the environment."""
    command = [layout.python, "-m", "bench", *shlex.split(os.environ.get("ARGS", ""))]
    return _with_services(layout, command, settings="local")


def run_lock(layout: Layout) -> int:
    """Compile requirements*.txt and package-lock.json anew from what pyproject.toml and package.json ask for."""
    steps = Steps(1)
    with steps.step("Python environment in .venv") as step:
        build.make_venv(layout, step)
    return build.compile_requirements(layout, shlex.split(os.environ.get("ARGS", "")))


def run_clean(layout: Layout) -> int:
    """Remove everything that was made here, after making sure that nobody uses it."""
    with contextlib.ExitStack() as stack:
        for name in ("demo", "test"):
            stack.enter_context(only_one(layout, name, f"'make {name}' of this checkout runs"))
        home = accounts.service_home(layout, accounts.unprivileged_account())
        made = [home, layout.local, layout.venv, layout.root / "node_modules", layout.root / "staticfiles"]
        for folder in [*made, layout.root / "static" / "dist"]:
            if folder.exists():
                say(f"remove {shown(folder)}")
                shutil.rmtree(folder)
    return 0


def _with_services(layout: Layout, command: list[object], *, settings: str) -> int:
    steps = Steps(build.STEPS + 1)
    build.build(layout, steps)
    with contextlib.ExitStack() as stack:
        with steps.step("PostgreSQL and Valkey") as step:
            urls = stack.enter_context(services(layout, step))
        env = environment(layout, settings, **urls.environment())
        with left_to_child():
            return run_in_terminal([str(part) for part in command], env=env, cwd=layout.root)


COMMANDS: dict[str, Callable[[Layout], int]] = {
    "demo": run_demo,
    "test": testing.test,
    "check": checks.check,
    "fmt": checks.format_all,
    "lock": run_lock,
    "assets": build.assets_only,
    "services": run_services,
    "shell": run_shell,
    "bench": run_bench,
    "clean": run_clean,
}
