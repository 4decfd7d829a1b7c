"""A project folder for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.dev.project import Project, project_folder


@pytest.fixture
def project() -> Iterator[Project]:
    with project_folder() as project:
        yield project
