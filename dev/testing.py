"""``make test``: the whole suite against real PostgreSQL and Valkey."""

from __future__ import annotations

import contextlib
import os
import shlex
from pathlib import Path

from dev import build
from dev.browser import chromium_or_none
from dev.console import Steps, say
from dev.django import environment
from dev.interrupts import left_to_child
from dev.layout import Layout
from dev.processes import run_in_terminal
from dev.services import only_one, services

LEFT_OUT = (
    "Browser tests are LEFT OUT: no Chromium was found. "
    "To run them install it (Debian: apt-get install chromium) or set CHROMIUM_PATH."
)
_REDIS_DATABASE = 8  # the demo uses 0


def test(layout: Layout) -> int:
    """Run pytest with ARGS; returns its exit code."""
    required = os.environ.get("REQUIRE_BROWSER", "") not in ("", "0")
    chromium = chromium_or_none(required=required)
    with only_one(layout, "test", "The tests of this checkout run already"), contextlib.ExitStack() as stack:
        steps = Steps(build.STEPS + 1)
        build.build(layout, steps)
        with steps.step("PostgreSQL and Valkey") as step:
            urls = stack.enter_context(services(layout, step))
        env = environment(layout, "test", **urls.with_redis_database(_REDIS_DATABASE).environment())
        if chromium:
            env["CHROMIUM_PATH"] = str(chromium)
        else:
            say(LEFT_OUT)
        with left_to_child():
            code = run_in_terminal(pytest_command(layout, chromium), env=env, cwd=layout.root)
    if not chromium:
        say(LEFT_OUT)
    return code


def pytest_command(layout: Layout, chromium: Path | None) -> list[str]:
    """What ARGS says comes last, so that it wins."""
    without_browser = [] if chromium else ["-m", "not e2e"]
    return [
        *[str(layout.python), "-m", "pytest", "-n", "2", *without_browser],
        *shlex.split(os.environ.get("ARGS", "")),
    ]
