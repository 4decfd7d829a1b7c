from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.accounts.models import User
from apps.reviews import registry
from apps.reviews.models import Panel
from tests.factories.accounts import UserFactory
from tests.factories.reviews import FakeKind, PanelFactory


@pytest.fixture
def kind(settings: Any) -> Iterator[FakeKind]:
    """The kind of the factories, registered for one test, with a template of its own."""
    engine = settings.TEMPLATES[0]
    settings.TEMPLATES = [{**engine, "DIRS": [*engine["DIRS"], Path(__file__).parent / "templates"]}]
    made = FakeKind()
    registry.register(made)
    yield made
    registry._kinds.pop(made.kind)


@pytest.fixture
def officer(db: None, kind: FakeKind) -> User:
    person = UserFactory.create(name="Olga Officer")
    kind.manager_ids.add(person.pk)
    return person


@pytest.fixture
def panel(officer: User) -> Panel:
    return PanelFactory.create()
