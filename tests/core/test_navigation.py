from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils.translation import gettext_lazy as _

from apps.core import navigation
from apps.core.navigation import Entry, Group, menus_at, place_of


@pytest.fixture
def _some_pages(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    pages = (
        Entry("knowledge:resource-list", "book", _("Knowledge"), _("All")),
        Entry("knowledge:guide", "chart", _("Guide"), _("Chapters")),
    )
    missing = (Entry("nowhere:page", "book", _("Nothing"), _("Nothing")),)
    monkeypatch.setattr(navigation, "NAVIGATION", (Group(_("Learn"), pages), Group(_("Fund"), missing)))
    navigation._addresses_in.cache_clear()
    yield
    navigation._addresses_in.cache_clear()


@pytest.mark.usefixtures("_some_pages")
def test_page_that_nobody_serves_and_group_without_pages_are_left_out() -> None:
    menus = menus_at(place_of("/"))

    assert [str(menu.group.label) for menu in menus] == ["Learn"]
    assert [link.url for link in menus[0].links] == ["/knowledge/", "/knowledge/guide/"]
    assert not menus[0].is_here


@pytest.mark.usefixtures("_some_pages")
@pytest.mark.parametrize(
    ("path", "here"),
    [
        ("/knowledge/", ["/knowledge/"]),
        ("/knowledge/some-resource/", ["/knowledge/"]),
        ("/knowledge/guide/why-measure/", ["/knowledge/guide/"]),
        ("/clusters/", []),
    ],
)
def test_only_the_closest_page_is_marked_as_here(path: str, here: list[str]) -> None:
    menus = menus_at(place_of(path))

    assert [link.url for menu in menus for link in menu.links if link.is_here] == here
    assert menus[0].is_here == bool(here)


def test_every_entry_of_the_hub_is_served_and_has_its_icon() -> None:
    from django.urls import reverse

    from apps.core.templatetags.ui import icon

    for group in navigation.NAVIGATION:
        for entry in group.entries:
            assert reverse(entry.url_name)
            assert "<svg" in icon(entry.icon)


@pytest.mark.django_db
def test_kept_menus_mark_the_page_of_this_request(client: Client) -> None:
    for path in ("/clusters/", "/knowledge/", "/clusters/"):
        page = client.get(path).content.decode()
        assert f'<a href="{path}" aria-current="true">' in page
        assert page.count('aria-current="true"') == 1
