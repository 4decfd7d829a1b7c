"""``make check``: everything that can be said about the code without running it."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from dev import build
from dev.console import Steps, say
from dev.django import environment
from dev.layout import Layout

# Values of the right form: the checks read settings, they connect to nothing.
_NO_SERVERS = {
    "DATABASE_URL": "postgres://check@127.0.0.1:9/check",
    "REDIS_URL": "redis://127.0.0.1:9/0",
}
_PRODUCTION = {
    **_NO_SERVERS,
    "SECRET_KEY": "only-for-check-deploy-" + "xK3z9QpL7mVw" * 4,
    "ALLOWED_HOSTS": "hub.example.org",
    "SITE_URL": "https://hub.example.org",
    "EMAIL_URL": "smtp://127.0.0.1:25",
    "DEMO": "0",
}


@dataclass(frozen=True)
class Check:
    title: str
    command: list[str]
    todo: str
    settings: str = "test"
    extra: dict[str, str] = field(default_factory=lambda: dict(_NO_SERVERS))


def check(layout: Layout) -> int:
    """Run every check even when one fails; returns 1 when any did."""
    steps = Steps(2)
    with steps.step("Python environment in .venv") as step:
        build.make_venv(layout, step)
    with steps.step("Python packages") as step:
        build.install_python_packages(layout, step)
    failed = [one.title for one in checks(layout) if not _passes(layout, one)]
    if failed:
        say(f"\nFailed: {', '.join(failed)}")
        return 1
    say("\nAll checks passed.")
    return 0


def checks(layout: Layout) -> list[Check]:
    python, tool = str(layout.python), layout.tool
    templates = [str(path.relative_to(layout.root)) for path in template_files(layout.root)]
    manage = [python, "-W", "ignore:Got an error checking:RuntimeWarning", "manage.py"]
    found = [
        Check("ruff format", [tool("ruff"), "format", "--check", "."], "make fmt"),
        Check("ruff", [tool("ruff"), "check", "."], "correct it, or let 'make fmt' do what it can"),
        Check("mypy", [tool("mypy"), "."], "correct the types"),
        Check("import-linter", [tool("lint-imports")], "imports run down only: see docs/architecture.md"),
        Check(
            "migrations",
            [*manage, "makemigrations", "--check", "--dry-run"],
            "make the missing migration: .venv/bin/python manage.py makemigrations --name what_changes",
        ),
        Check(
            "deployment",
            [python, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
            "correct clusterhub/settings/production.py",
            settings="production",
            extra=_PRODUCTION,
        ),
        Check("locked requirements", [python, "-m", "dev.locks"], "make lock"),
    ]
    if templates:
        found += [
            Check("djangofmt", [tool("djangofmt"), "--check", *templates], "make fmt"),
            Check("djade", [tool("djade"), "--check", *templates], "make fmt"),
        ]
    return found


def template_files(root: Path) -> list[Path]:
    """HTML templates only: in a plain-text one every line break counts."""
    return sorted([*root.glob("templates/**/*.html"), *root.glob("apps/*/templates/**/*.html")])


def format_all(layout: Layout) -> int:
    """``make fmt``: let the formatters write."""
    templates = [str(path) for path in template_files(layout.root)]
    commands = [
        [layout.tool("ruff"), "check", "--fix-only", "--exit-zero", "."],
        [layout.tool("ruff"), "format", "."],
    ]
    if templates:
        commands += [[layout.tool("djade"), *templates], [layout.tool("djangofmt"), *templates]]
    for command in commands:
        # djade answers 1 when it changed something, so only what cannot run at all is an error here.
        subprocess.run(command, cwd=layout.root, check=False)
    return 0


def _passes(layout: Layout, one: Check) -> bool:
    say(f"{one.title} … ", end="")
    started = time.monotonic()
    env = environment(layout, one.settings, **one.extra)
    result = subprocess.run(
        one.command,
        cwd=layout.root,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = f"{time.monotonic() - started:.1f} s"
    if result.returncode == 0:
        say(f"ok, {seconds}")
        return True
    say(f"FAILED, {seconds}")
    for line in (result.stdout + result.stderr).rstrip().splitlines():
        say(f"    {line}")
    say(f"  What to do: {one.todo}")
    return False
