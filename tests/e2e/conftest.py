"""A real browser against the hub on this machine.

``page`` fails its test for what no page may do: an error in the console (a breach of the security policy is one) and a
request to any other host. A test that means to cause one takes ``browser_problems`` and clears it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from apps.accounts.models import User
from apps.organisations.models import Organisation
from tests.accounts.helpers import person
from tests.factories.files import make_pdf
from tests.factories.knowledge import language
from tests.factories.organisations import MembershipFactory, OrganisationFactory
from tests.factories.taxonomy import LicenceFactory, TopicFactory

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
NewPage = Callable[..., Page]
PHRASE = "turquoise lighthouse indicators"
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def _chromium() -> str | None:
    return os.environ.get("CHROMIUM_PATH") or next(filter(None, map(shutil.which, _PROGRAMS)), None)


# Not for the whole session: while Playwright's loop runs, Django takes every test for an asynchronous one.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    program = _chromium()
    if program is None:
        pytest.skip("no Chromium was found: install it, or name it in CHROMIUM_PATH")
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield chromium
        chromium.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
    else:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@pytest.fixture
def browser_problems() -> list[str]:
    """What went wrong in the pages of this test so far."""
    return []


@pytest.fixture
def context(
    browser: Browser, live_server: Any, settings: Any, browser_problems: list[str]
) -> Iterator[BrowserContext]:
    """A browser that knows nothing yet, of the size of a small laptop, with the server as its base."""
    settings.SITE_URL = live_server.url
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(10_000)
    watch(context, urlsplit(live_server.url).netloc, browser_problems)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, browser_problems: list[str]) -> Iterator[Page]:
    yield context.new_page()
    assert not browser_problems


def watch(context: BrowserContext, host: str, problems: list[str]) -> None:
    """Note errors in the console, scripts that failed, and requests that leave this machine."""

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            problems.append(f"console: {message.text} ({message.location['url']})")

    def on_request(request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https"} and parts.netloc != host:
            problems.append(f"foreign host: {request.url}")

    context.on("console", on_console)
    context.on("request", on_request)
    context.on("weberror", lambda error: problems.append(f"script: {error.error}"))


@pytest.fixture
def sign_in(live_server: Any) -> Callable[[Page, User], None]:
    """``sign_in(page, user)`` without the form: the form has its own tests."""

    def sign_in(page: Page, user: User) -> None:
        client = Client()
        client.force_login(user)
        name = django_settings.SESSION_COOKIE_NAME
        page.context.add_cookies(
            [{"name": name, "value": client.cookies[name].value, "url": live_server.url, "httpOnly": True}]
        )

    return sign_in


@pytest.fixture
def new_page(
    browser: Browser, live_server: Any, settings: Any, browser_problems: list[str]
) -> Iterator[NewPage]:
    """``new_page(…)`` is the browser of one more person; what goes wrong in any of them fails the test."""
    settings.SITE_URL = live_server.url
    opened = []

    def new_page(**options: Any) -> Page:
        context = browser.new_context(
            base_url=live_server.url, **{"viewport": {"width": 1280, "height": 800}, **options}
        )
        context.set_default_timeout(15_000)
        watch(context, urlsplit(live_server.url).netloc, browser_problems)
        opened.append(context)
        return context.new_page()

    yield new_page
    for context in opened:
        context.close()
    assert not browser_problems


@pytest.fixture
def open_page(new_page: NewPage, sign_in: Callable[[Page, User], None]) -> NewPage:
    """``open_page(path, as_=user, …)`` in a browser of its own."""

    def open_page(path: str, *, as_: User | None = None, **options: Any) -> Page:
        page = new_page(**options)
        if as_:
            sign_in(page, as_)
        page.goto(path, wait_until="load")
        return page

    return open_page


@dataclass(frozen=True)
class People:
    manager: User
    curator: User
    place: Organisation


@pytest.fixture
def people(db: None) -> People:
    """A manager with a cluster, a curator, and what a resource must say of itself."""
    language()
    TopicFactory.create(code="indicators", name="Indicators")
    LicenceFactory.create()
    place = OrganisationFactory.create(name="Alpine Timber Cluster", slug="alpine-timber")
    manager = person("manager@example.org")
    MembershipFactory.create(organisation=place, user=manager, role="manager")
    return People(manager, person("curator@example.org", is_staff=True), place)


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    path = tmp_path / "counting.pdf"
    path.write_bytes(make_pdf(f"We call them {PHRASE},\nand look at them once a year."))
    return path
