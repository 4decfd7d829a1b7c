"""``make demo`` with the hub itself, from nothing but the installed packages."""

from __future__ import annotations

import re
import shutil
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.layout import ROOT
from tests.dev.project import Project, closed_port, project_folder

UP = "stop with Ctrl-C"
# What git does not track, and what a demo does not need.
_NOT_COPIED = shutil.ignore_patterns(
    ".*", "__pycache__", "node_modules", "staticfiles", "dist", "media", "tests", "bench"
)


def _whole(root: Path) -> None:
    shutil.copytree(ROOT, root, ignore=_NOT_COPIED, dirs_exist_ok=True)
    for name in (".venv", "node_modules"):
        (root / name).symlink_to(ROOT / name)


@pytest.fixture
def whole_project() -> Iterator[Project]:
    with project_folder(_whole) as project:
        yield project


def page(port: int) -> str:
    with urllib.request.urlopen(f"http://localhost:{port}/clusters/", timeout=60) as answer:
        text: str = answer.read().decode()
        return text


def loaded(project: Project) -> str:
    log = (project.local / "logs/prepare_demo.log").read_text(encoding="utf-8")
    found = re.search(r"^resources: .*", log, flags=re.MULTILINE)
    assert found is not None, log
    return found[0]


@pytest.mark.slow
def test_demo_of_the_whole_hub_starts_twice_and_keeps_its_data(whole_project: Project) -> None:
    port = closed_port()
    first = whole_project.make("demo", PORT=str(port))
    assert "PostgreSQL and Valkey … a new database" in first.wait_for(UP, patience=300)
    assert re.fullmatch(r"resources: (\d\d), \1 of them new", loaded(whole_project))
    assert "<h1>Clusters</h1>" in page(port)
    first.signal_group(signal.SIGINT)
    first.wait()
    assert whole_project.is_quiet(), whole_project.processes()

    second = whole_project.make("demo", PORT=str(port))
    said = second.wait_for(UP, patience=300)

    assert said.count("unchanged") == 5
    assert "PostgreSQL and Valkey … data kept" in said
    assert re.fullmatch(r"resources: \d\d, 0 of them new", loaded(whole_project))
    assert "<h1>Clusters</h1>" in page(port)
