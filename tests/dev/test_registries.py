"""A package registry that cannot be reached, and the same command when it can be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dev.project import Project, miniature, project_folder
from tests.dev.registry import Registry, fill_with_little, serving


def _empty(root: Path) -> None:
    miniature(root)
    for name in (".venv", "node_modules"):
        (root / name).unlink()
    fill_with_little(root)


@pytest.fixture
def empty_project() -> Iterator[Project]:
    """A fresh clone: nothing is installed."""
    with project_folder(_empty) as project:
        yield project


@pytest.fixture
def registry() -> Iterator[Registry]:
    with serving() as registry:
        yield registry


def refused(
    project: Project, name: str, step: str, setting: str, *, target: str = "demo", **environment: str
) -> str:
    command = project.make(target, **environment)
    assert command.wait() != 0
    assert (
        f"The {name} package registry could not be reached, or did not give what was asked for."
        in command.text
    ), command.text
    assert f"] {step} … not finished" in command.text
    assert "Whole log: .local/logs/" in command.text
    assert "What to do: check the network, and the proxy or mirror if you use one" in command.text
    assert setting in command.text
    assert "run the same command again; what was fetched is kept" in command.text
    assert "Traceback" not in command.text
    assert project.is_quiet(), project.processes()
    return command.text


@pytest.mark.slow
def test_build_registry_out_of_reach_is_named_and_the_next_try_goes_on(
    empty_project: Project, registry: Registry
) -> None:
    venv = "Python environment in .venv"
    refused(empty_project, "Python", venv, "PIP_INDEX_URL")
    refused(empty_project, "Python", venv, "PIP_INDEX_URL", PIP_INDEX_URL="https://registry.invalid/simple")
    registry.failing = True
    refused(empty_project, "Python", venv, "PIP_INDEX_URL", PIP_INDEX_URL=registry.python)
    refused(empty_project, "Python", venv, "PIP_INDEX_URL", PIP_INDEX_URL=registry.python, target="check")

    registry.failing = False
    pip = {"PIP_INDEX_URL": registry.python}
    refused(empty_project, "Python", "Python packages", "UV_DEFAULT_INDEX", **pip)
    python = {**pip, "UV_DEFAULT_INDEX": registry.python}
    registry.failing = True
    refused(empty_project, "Python", "Python packages", "UV_DEFAULT_INDEX", **python)
    registry.failing = False
    said = refused(empty_project, "npm", "Front-end packages", "npm config get registry", **python)
    assert f"{venv} … unchanged" in said
    everything = {**python, "npm_config_registry": registry.address}
    registry.failing = True
    refused(empty_project, "npm", "Front-end packages", "npm config get registry", **everything)

    registry.failing = False
    last = empty_project.make("assets", **everything)
    assert last.wait() == 0, last.text
    assert last.text.count("unchanged") == 2
    assert (empty_project.root / "node_modules/tiny/package.json").exists()
    offline = empty_project.make("assets")
    assert offline.wait() == 0, offline.text
    assert offline.text.count("unchanged") == 4
