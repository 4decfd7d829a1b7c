"""What holds for every page: accessible in both colour schemes, narrow enough, quiet, and light."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Response

from apps.accounts.models import User
from tests.e2e.conftest import watch
from tests.factories.accounts import UserFactory
from tests.factories.knowledge import ChapterFactory, ResourceFactory, language
from tests.factories.notifications import NotificationFactory
from tests.factories.organisations import MembershipFactory, OrganisationFactory
from tests.factories.taxonomy import CountryFactory, LicenceFactory

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
LIMIT = 60 * 1024
PUBLIC = {
    "home": "/",
    "catalogue": "/knowledge/?q=measuring&topic=indicators",
    "catalogue without results": "/knowledge/?q=qqqqqq",
    "item": "{item}",
    "search": "/search/?q=measuring",
    "clusters": "/clusters/",
    "organisations": "/organisations/",
    "organisation": "/organisations/alpine-timber/",
    "guide": "/knowledge/guide/",
    "chapter": "/knowledge/guide/first-steps/",
    "login": "/accounts/login/",
    "signup": "/accounts/signup/",
    "password reset": "/accounts/password/reset/",
    "feeds": "/feeds/",
    "accessibility": "/about/accessibility/",
    "privacy": "/about/privacy/",
    "imprint": "/about/imprint/",
    "error 404": "/nothing-here/",
}
OWN = {
    "dashboard": "/dashboard/",
    "resource form": "/knowledge/new/",
    "item of one's own": "{own}",
    "edit": "{own}edit/",
    "contributions": "/contributions/",
    "notifications": "/notifications/",
    "notification settings": "/notifications/settings/",
    "saved searches": "/notifications/searches/",
    "settings": "/account/settings/",
    "erase": "/account/erase/",
    "second factors": "/accounts/2fa/",
    "sessions": "/accounts/sessions/",
    "addresses": "/accounts/email/",
    "organisation form": "/organisations/new/",
    "organisation edit": "/organisations/alpine-timber/edit/",
    "organisation people": "/organisations/alpine-timber/people/",
}
CURATORS = {
    "admin": "/admin/",
    "queue": "/admin/publishing/publication/",
    "decision": "/admin/publishing/publication/{waiting}/change/",
}
NewPage = Callable[..., Page]


class World:
    """A hub with something of everything on its pages."""

    def __init__(self) -> None:
        place = OrganisationFactory.create(
            name="Alpine Timber Cluster", slug="alpine-timber", country=CountryFactory.create(name="Austria")
        )
        language("de")
        LicenceFactory.create()
        self.manager = UserFactory.create(name="Ada Muster")
        MembershipFactory.create(organisation=place, user=self.manager, role="manager")
        self.curator = UserFactory.create(is_staff=True)
        item = ResourceFactory.create(organisation=place, author=self.manager, countries=["AT"])
        ResourceFactory.create_batch(12, title=f"{'Donaudampfschifffahrtsgesellschaft' * 3} measuring")
        own = ResourceFactory.create(organisation=place, author=self.manager, state="changes_requested")
        waiting = ResourceFactory.create(organisation=place, author=self.manager, state="submitted")
        NotificationFactory.create_batch(2, recipient=self.manager)
        ChapterFactory.create(slug="first-steps", body="## Why\n\nText.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
        self.places = {
            "item": item.get_absolute_url(),
            "own": own.get_absolute_url(),
            "waiting": str(waiting.publication_id),
        }

    def path(self, name: str) -> str:
        return {**PUBLIC, **OWN, **CURATORS}[name].format(**self.places)

    def reader(self, name: str) -> User | None:
        if name in PUBLIC:
            return None
        return self.manager if name in OWN else self.curator


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.fixture
def open_page(
    browser: Browser, live_server: Any, settings: Any, sign_in: Any, browser_problems: list[str]
) -> Iterator[NewPage]:
    """``open_page(path, as_=user, …)`` in a browser of its own."""
    settings.SITE_URL = live_server.url
    opened = []

    def open_page(path: str, *, as_: User | None = None, **options: Any) -> Page:
        context = browser.new_context(base_url=live_server.url, **options)
        context.set_default_timeout(15_000)
        watch(context, urlsplit(live_server.url).netloc, browser_problems)
        opened.append(context)
        page = context.new_page()
        if as_:
            sign_in(page, as_)
        page.goto(path, wait_until="load")
        return page

    yield open_page
    for context in opened:
        context.close()


def said(problems: list[str], path: str) -> list[str]:
    """That the page itself is an error is what the browser notes of a 404."""
    return [problem for problem in problems if not (path == "/nothing-here/" and "404" in problem)]


@pytest.mark.parametrize("name", [*PUBLIC, *OWN, *CURATORS])
def test_page_is_accessible_narrow_and_quiet(
    name: str, world: World, open_page: NewPage, browser_problems: list[str]
) -> None:
    path = world.path(name)
    page = open_page(path, as_=world.reader(name), viewport={"width": 1280, "height": 800})
    assert urlsplit(page.url).path == urlsplit(path).path
    page.evaluate("document.querySelectorAll('details').forEach((at) => { at.open = true; })")
    page.set_viewport_size({"width": 320, "height": 640})
    page.wait_for_timeout(100)
    found = [f"too wide at 320 px: {element}" for element in too_wide(page)]
    found += said(browser_problems, path)
    page.set_viewport_size({"width": 1280, "height": 800})
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.wait_for_timeout(150)  # the browser draws the other scheme in its next frames
        found += [f"{scheme}: {violation}" for violation in violations(page)]
    browser_problems.clear()  # what comes now is axe's own: it tries to write styles, and the policy forbids it

    assert found == []


def violations(page: Page) -> list[str]:
    """Rules that the page breaks, each with the elements."""
    response = Axe().run(page).response
    return [
        f"{found['id']}: {node['target']} {node['failureSummary']}"
        for found in response["violations"]
        for node in found["nodes"]
    ]


def too_wide(page: Page) -> list[str]:
    """What sticks out when the whole page can be moved sideways."""
    found: list[str] = page.evaluate(
        """() => {
            const root = document.scrollingElement;
            if (root.scrollWidth <= root.clientWidth) return [];
            return [`page: ${root.scrollWidth}`, ...[...document.querySelectorAll("body *")]
                .filter((at) => at.getBoundingClientRect().right > root.clientWidth + 1)
                .slice(0, 8)
                .map((at) => `${at.tagName.toLowerCase()}.${at.className} ${at.getBoundingClientRect().right}`)];
        }"""
    )
    return found


@pytest.mark.parametrize("name", ["home", "catalogue", "item"])
def test_first_view_is_light(name: str, world: World, open_page: NewPage) -> None:
    """Everything that comes with the first view, as a server that compresses sends it."""
    path = world.path(name)
    page = open_page("/healthz")
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - Playwright counts its parameters
    page.goto(path, wait_until="networkidle")
    weights = {urlsplit(answer.url).path: weight(answer) for answer in answers}

    assert any(re.search(r"hub.*\.css", path) for path in weights)
    assert sum(weights.values()) <= LIMIT, weights


def weight(answer: Response) -> int:
    return len(gzip.compress(answer.body(), 6)) if answer.status == 200 else 0


def test_page_can_be_read_at_four_times_its_size(world: World, open_page: NewPage) -> None:
    """400 % of 1280 px is a window of 320 px: nothing may be cut off or lie on something else."""
    page = open_page(world.path("home"), viewport={"width": 320, "height": 256})
    assert too_wide(page) == []
    header = page.locator(".hub-header").bounding_box()
    assert header is not None
    assert header["height"] < 200
