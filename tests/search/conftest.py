from __future__ import annotations

from collections.abc import Iterator

import pytest

from apps.search import registry
from tests.factories.search import Shelf


@pytest.fixture
def shelf(db: None) -> Iterator[Shelf]:
    made = Shelf()
    registry.register_source(made.source())
    yield made
    registry._sources.pop(made.kind)
