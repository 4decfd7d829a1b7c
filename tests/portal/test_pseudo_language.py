"""Every page in a language that nobody speaks: whatever still reads as English was never given to gettext."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import pytest
from babel.dates import get_month_names
from django.apps import apps
from django.core.management import call_command
from django.db import models, transaction
from django.test import Client

from apps.accounts.time_zones import time_zone_choices
from apps.core.pseudo_language import CODE
from tests.portal.test_every_address import GARBAGE, ROLES, World

pytestmark = pytest.mark.django_db
ASKED = {"accept-language": CODE}
SILENT = {"script", "style", "code", "pre", "svg", "template"}
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
SAID_BY = {"alt", "title", "placeholder", "aria-label", "aria-description", "data-label"}
# Names are the same in every language, and so are those of formats and, by CLDR, the signs of units. "True" and
# "False" name the admin's own pictures.
NAMES = """
    ClusterHub EUPL PDF DOCX XLSX PPTX ODT ODS CSV PNG JPEG ZIP BibTeX RIS Atom Markdown TOTP XML SVG NUTS URL HTML
    SHA-256 UTC OpenID Connect True False KB kB MB GB
"""
FOR_MACHINES = re.compile(
    r"https?://\S+|[\w.+-]+@[\w.-]+|\bexample\.org\b|\b[\w-]+\.(?:pdf|csv|docx|png)\b|\b[0-9a-f]{8}-[\w-]+|\bmailto:\S+"
)


class _Reader(HTMLParser):
    """What a person sees or hears of a page, without what says itself that it is in another language."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.open: list[tuple[str, bool]] = []

    @property
    def is_silent(self) -> bool:
        return any(silent for _tag, silent in self.open)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        silent = tag in SILENT or given.get("translate") == "no" or ("lang" in given and tag != "html")
        if not (silent or self.is_silent):
            self.texts += [given[name] or "" for name in SAID_BY & set(given)]
            if tag == "input" and given.get("type") in {"submit", "button", "reset"}:
                self.texts.append(given.get("value") or "")
            if tag == "meta" and given.get("name") == "description":
                self.texts.append(given.get("content") or "")
            if tag == "body":
                self.texts += [text or "" for name, text in attributes if name.startswith("data-")]
        if tag not in VOID:
            self.open.append((tag, silent))

    def handle_endtag(self, tag: str) -> None:
        while self.open:
            if self.open.pop()[0] == tag:
                return

    def handle_data(self, data: str) -> None:
        if data.strip() and not self.is_silent:
            self.texts.append(" ".join(data.split()))


def english_in(html: str, content: re.Pattern[str]) -> set[str]:
    reader = _Reader()
    reader.feed(html)
    return {text for text in reader.texts if _is_english(text, content)}


@cache
def _is_english(text: str, content: re.Pattern[str]) -> bool:
    """Most texts stand on every page: they are looked at once."""
    rest = FOR_MACHINES.sub(" ", content.sub(" ", text))
    return any(word not in NAMES.split() for word in re.findall(r"[A-Za-z][A-Za-z0-9-]+", rest))


@pytest.fixture
def in_pseudo_language(settings: Any, tmp_path: Path) -> None:
    settings.LOCALE_PATHS = [tmp_path, *settings.LOCALE_PATHS]
    settings.LANGUAGES = [*settings.LANGUAGES, (CODE, "⟦·⟧")]
    call_command("make_pseudo_language", verbosity=0, stdout=StringIO())


@pytest.fixture
def world(in_pseudo_language: None) -> World:
    made = World()
    for person in made.people.values():
        if person:
            person.language = CODE
            person.save(update_fields=["language"])
    return made


def _content() -> re.Pattern[str]:
    """What people and vocabularies wrote: whole values and lines, the longest first."""
    values: set[str] = {name for zone in available_timezones() for name in zone.replace("_", " ").split("/")}
    for continent, zones in time_zone_choices():
        values.update((continent, *(label for _zone, label in zones)))
    for width in ("wide", "abbreviated"):
        values.update(str(name) for name in get_month_names(width, locale="en_GB").values())
    for model in apps.get_models():
        fields = [field.name for field in model._meta.concrete_fields if _is_written(field)]
        for row in model._default_manager.values_list(*fields) if fields else ():
            values.update(text for value in row for text in _texts_of(value))
    longest_first = sorted((value for value in values if len(value) > 1), key=len, reverse=True)
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)")


def _is_written(field: Any) -> bool:
    return isinstance(field, models.CharField | models.TextField | models.JSONField) and not field.choices


def _texts_of(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for part in value.values():
            yield from _texts_of(part)
    elif isinstance(value, str):
        yield " ".join(value.split())
        yield from (line.strip("#*- ") for line in value.splitlines())


def _english_pages(client: Client, paths: list[str], send: Any) -> dict[str, list[str]]:
    content = _content()
    found: dict[str, list[str]] = {}
    for path in paths:
        with transaction.atomic():
            answer = send(client, path)
            transaction.set_rollback(True)
        if answer.streaming or not answer.get("Content-Type", "").startswith("text/html"):
            continue
        for text in english_in(answer.content.decode(), content):
            found.setdefault(text, []).append(path)
    return found


def _list(found: dict[str, list[str]]) -> str:
    return "\n".join(
        f"{text[:90]!r} at {paths[0]} (+{len(paths) - 1})" for text, paths in sorted(found.items())
    )


@pytest.mark.parametrize("role", ROLES)
def test_no_page_keeps_a_text_in_english(world: World, role: str) -> None:
    found = _english_pages(
        world.client(role), world.paths(), lambda client, path: client.get(path, headers=ASKED)
    )

    assert found == {}, _list(found)


@pytest.mark.parametrize(
    ("role", "kind"), [("anonymous", "empty"), ("manager", "text"), ("member", "numbers"), ("admin", "empty")]
)
def test_no_answer_to_a_form_keeps_a_text_in_english(world: World, role: str, kind: str) -> None:
    """Errors beside fields, refusals, and what is said after a step."""

    def send(client: Client, path: str) -> Any:
        return client.post(path, GARBAGE[kind], headers=ASKED, follow=False)

    found = _english_pages(world.client(role), world.paths(), send)

    assert found == {}, _list(found)
