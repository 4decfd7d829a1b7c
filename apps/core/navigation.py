"""The main navigation, in one place: groups by what people come to do, each with its pages.

Core knows no app, so a page is only a name of an address here; one that nobody serves is left out, and so is a
group without pages. A new capability adds its line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import NoReverseMatch, get_urlconf, reverse
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True)
class Entry:
    url_name: str
    icon: str
    label: _StrPromise
    hint: _StrPromise


@dataclass(frozen=True)
class Group:
    label: _StrPromise
    entries: tuple[Entry, ...]


NAVIGATION: tuple[Group, ...] = (
    Group(
        _("Learn"),
        (
            Entry(
                "knowledge:resource-list", "book", _("Knowledge"), _("Methods, evaluations, guides and tools")
            ),
            Entry("knowledge:guide", "chart", _("The guide"), _("Monitoring and evaluation in plain words")),
            Entry(
                "knowledge:resource-create",
                "upload",
                _("Add a resource"),
                _("Let others use what you made"),
            ),
        ),
    ),
    Group(
        _("Meet"),
        (
            Entry(
                "organisations:cluster-list",
                "cluster",
                _("Clusters"),
                _("Cluster organisations all over Europe"),
            ),
            Entry(
                "organisations:organisation-list",
                "building",
                _("Organisations"),
                _("Authorities, agencies, universities, networks"),
            ),
            Entry(
                "exchanges:offer-list",
                "globe",
                _("Exchanges"),
                _("Stay with a host, or show others how you work"),
            ),
        ),
    ),
    Group(_("Improve"), ()),
    Group(_("Fund"), ()),
)


@dataclass(frozen=True)
class Link:
    """An entry as a page shows it."""

    url: str
    entry: Entry
    is_here: bool


@dataclass(frozen=True)
class Menu:
    group: Group
    links: list[Link]

    @property
    def is_here(self) -> bool:
        return any(link.is_here for link in self.links)


def place_of(path: str) -> str:
    """The address of the entry that leads to where ``path`` is, the closest of them; empty where none does."""
    return max((url for url in _addresses().values() if path.startswith(url)), key=len, default="")


def menus_at(place: str) -> list[Menu]:
    """The groups that have pages, with the entry of this address marked."""
    urls = _addresses()
    menus = [Menu(group, list(_links(group, urls, place))) for group in NAVIGATION]
    return [menu for menu in menus if menu.links]


def _addresses() -> dict[Entry, str]:
    return _addresses_in(get_urlconf() or settings.ROOT_URLCONF)


@cache
def _addresses_in(urlconf: str) -> dict[Entry, str]:
    """Asked for once for each table of addresses: every page needs them."""
    entries = (entry for group in NAVIGATION for entry in group.entries)
    return {entry: url for entry in entries if (url := _url(entry, urlconf))}


def _links(group: Group, urls: dict[Entry, str], place: str) -> Iterator[Link]:
    for entry in group.entries:
        if entry in urls:
            yield Link(urls[entry], entry, urls[entry] == place)


def _url(entry: Entry, urlconf: str) -> str:
    try:
        return reverse(entry.url_name, urlconf=urlconf)
    except NoReverseMatch:
        return ""
