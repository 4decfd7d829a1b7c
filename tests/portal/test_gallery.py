"""The gallery shows every component, and only where nobody takes it for a page of the hub."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from apps.core.templatetags import charts, ui
from apps.portal.gallery import PARTS

pytestmark = pytest.mark.django_db
# Parts of a page's frame, and what other components are made of.
FRAME = {"asset", "main_menu", "footer_menus", "canonical_url", "message_box", "crumb", "querystring_without"}


@pytest.mark.parametrize(
    ("demo", "debug", "status"), [(True, False, 200), (False, True, 200), (False, False, 404)]
)
def test_gallery_is_for_demonstration_and_debug_only(
    client: Client, settings: Any, demo: bool, debug: bool, status: int
) -> None:
    settings.DEMO, settings.DEBUG = demo, debug
    assert client.get("/gallery/").status_code == status


def test_every_component_is_shown_with_its_code(client: Client, settings: Any) -> None:
    settings.DEMO = True
    page = client.get("/gallery/").content.decode()
    sources = [example.source() for part in PARTS for example in part.examples]
    shown = {name for source in sources for name in re.findall(r"{% (\w+)", source)}

    assert (set(ui.register.tags) | set(charts.register.tags)) - FRAME <= shown
    assert page.count("<pre") == len(sources)
    assert "{% state_badge" in page


def test_names_are_addresses_and_differ() -> None:
    names = [name for part in PARTS for name in [part.slug, *(example.name for example in part.examples)]]
    assert len(names) == len(set(names))


def test_gallery_asks_the_database_for_nothing(
    client: Client, settings: Any, django_assert_num_queries: Any
) -> None:
    settings.DEMO = True
    with django_assert_num_queries(0):
        client.get("/gallery/")
