from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import gettext_lazy as _

from apps.notifications import kinds, waking
from apps.notifications.enums import Frequency
from apps.notifications.kinds import Kind, register_kind

NEWS = "test_news"
DAILY = "test_daily"


@pytest.fixture(autouse=True)
def test_kinds(settings: Any) -> Iterator[None]:
    """Two kinds that no other app changes: one at once, one daily."""
    template = settings.TEMPLATES[0]
    settings.TEMPLATES = [{**template, "DIRS": [*template["DIRS"], Path(__file__).parent / "templates"]}]
    register_kind(Kind(NEWS, _("News of the tests")))
    register_kind(Kind(DAILY, _("Daily news of the tests"), default_frequency=Frequency.DAILY))
    yield
    for code in (NEWS, DAILY):
        kinds._kinds.pop(code)


@pytest.fixture(autouse=True)
def _broker_is_asked_again() -> None:
    waking._away["until"] = 0.0
