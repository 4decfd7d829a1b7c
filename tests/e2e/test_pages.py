"""What holds for every page: accessible in both colour schemes, narrow enough, quiet, and light."""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from PIL import Image
from playwright.sync_api import Page, Response, Route

from apps.accounts.models import User
from apps.core import views as error_pages
from apps.core.exceptions import HubError
from tests.e2e.checks import too_wide, violations, wait_for_drawing
from tests.e2e.conftest import NewPage
from tests.e2e.world import EXCHANGES, World

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
    "gallery": "/gallery/",
    "accessibility": "/about/accessibility/",
    "privacy": "/about/privacy/",
    "imprint": "/about/imprint/",
    "error 404": "/nothing-here/",
}
DASHBOARDS = {
    "dashboard of a manager": "manager",
    "dashboard of a public authority": "policy_maker",
    "dashboard of an expert": "expert",
    "dashboard of a curator": "curator",
    "dashboard of a superuser": "superuser",
}
OWN = {
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
# The error pages need no database and no reader: the views themselves make them.
_ERRORS: dict[int, Callable[[HttpRequest], HttpResponse]] = {
    400: lambda request: error_pages.bad_request(request, HubError("The year is no number.")),
    403: lambda request: error_pages.permission_denied(request, None),
    404: lambda request: error_pages.not_found(request, None),
    413: error_pages.too_large,
    429: error_pages.too_many,
    500: error_pages.server_error,
    503: error_pages.unavailable,
}


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.fixture
def _demo(settings: Any) -> None:
    """The gallery is shown in the demonstration only."""
    settings.DEMO = True


def address(world: World, name: str) -> str:
    if name in DASHBOARDS:
        return "/dashboard/"
    if name in EXCHANGES:
        return world.exchanges.address(name)
    return {**PUBLIC, **OWN, **CURATORS}[name].format(**world.places)


def reader(world: World, name: str) -> User | None:
    if name in PUBLIC:
        return None
    if name in EXCHANGES:
        return world.exchanges.reader(name)
    found: User = getattr(world, DASHBOARDS.get(name, "manager" if name in OWN else "curator"))
    return found


def said(problems: list[str], path: str) -> list[str]:
    """That the page itself is an error is what the browser notes of a 404."""
    return [problem for problem in problems if not (path == "/nothing-here/" and "404" in problem)]


@pytest.mark.usefixtures("_demo")
@pytest.mark.parametrize("name", [*PUBLIC, *DASHBOARDS, *OWN, *CURATORS, *EXCHANGES])
def test_page_is_accessible_narrow_and_quiet(
    name: str, world: World, open_page: NewPage, browser_problems: list[str]
) -> None:
    path = address(world, name)
    page = open_page(path, as_=reader(world, name))
    assert urlsplit(page.url).path == urlsplit(path).path
    page.evaluate("document.querySelectorAll('details:not(.hub-menu)').forEach((at) => { at.open = true; })")
    found = problems_of(page)
    found += said(browser_problems, path)
    browser_problems.clear()  # what comes now is axe's own: it tries to write styles, and the policy forbids it
    found += violations_in_both_schemes(page)
    browser_problems.clear()

    assert found == []


def test_open_menus_are_accessible(world: World, open_page: NewPage, browser_problems: list[str]) -> None:
    """One after the other: an open menu lies on the page, and covers what would otherwise be large enough to hit."""
    page = open_page("/", as_=world.curator)
    menus = page.locator("details.hub-menu")
    found = []
    for number in range(menus.count()):
        menus.nth(number).locator("summary").click()
        found += violations_in_both_schemes(page, ".hub-header")
    browser_problems.clear()

    assert menus.count() >= 3
    assert found == []


@pytest.mark.parametrize("status", _ERRORS)
def test_error_page_is_accessible_and_narrow(
    status: int, new_page: NewPage, browser_problems: list[str]
) -> None:
    answer = _ERRORS[status](RequestFactory().get("/"))
    page = new_page()

    def fail(route: Route) -> None:
        route.fulfill(status=status, body=answer.content, content_type="text/html; charset=utf-8")

    page.route("**/broken/", fail)
    page.goto("/broken/", wait_until="load")
    found = problems_of(page) + violations_in_both_schemes(page)
    browser_problems.clear()  # that the page is an error, and axe's own

    assert answer.status_code == status
    assert page.get_by_role("heading", level=1).inner_text()
    assert found == []


def problems_of(page: Page) -> list[str]:
    page.set_viewport_size({"width": 320, "height": 640})
    wait_for_drawing(page)
    found = [f"too wide at 320 px: {element}" for element in too_wide(page)]
    page.set_viewport_size({"width": 1280, "height": 800})
    return found


def violations_in_both_schemes(page: Page, part: str | None = None) -> list[str]:
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        wait_for_drawing(page)
        found += [f"{scheme}: {violation}" for violation in violations(page, part)]
    return found


@pytest.mark.parametrize(
    "name", ["home", "catalogue", "search", "clusters", "organisations", "item", "exchanges", "offer"]
)
def test_first_view_is_light(name: str, world: World, open_page: NewPage) -> None:
    """Everything that comes with the first view, as a server that compresses sends it; and no script holds it up."""
    path = address(world, name)
    page = open_page("/healthz")
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - Playwright counts its parameters
    page.goto(path, wait_until="networkidle")
    weights = {urlsplit(answer.url).path: weight(answer) for answer in answers}

    assert any(re.search(r"hub.*\.css", path) for path in weights)
    assert sum(weights.values()) <= LIMIT, weights
    assert blocking_scripts(page) == []


def weight(answer: Response) -> int:
    return len(gzip.compress(answer.body(), 6)) if answer.status == 200 else 0


def blocking_scripts(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        """() => performance.getEntriesByType("resource")
            .filter((entry) => entry.initiatorType === "script" && entry.renderBlockingStatus !== "non-blocking")
            .map((entry) => entry.name)"""
    )
    return found


@pytest.mark.usefixtures("_demo")
def test_pages_can_be_read_at_four_times_their_size(world: World, open_page: NewPage) -> None:
    """400 % of 1280 px is a window of 320 px: nothing may be cut off, and nothing that stays in place may fill it."""
    page = open_page("/", as_=world.manager, viewport={"width": 320, "height": 256})
    for name in ("home", "catalogue", "item", "resource form", "notifications", "gallery"):
        page.goto(address(world, name))
        assert_fits(page, name)


@pytest.mark.parametrize(
    "name", ["exchanges", "offer", "application form", "case in review", "table of cases", "report form"]
)
def test_page_of_an_exchange_can_be_read_at_four_times_its_size(
    name: str, world: World, open_page: NewPage
) -> None:
    small = {"width": 320, "height": 256}
    assert_fits(open_page(address(world, name), as_=reader(world, name), viewport=small), name)


def assert_fits(page: Page, name: str) -> None:
    assert too_wide(page) == [], name
    header = page.locator(".hub-header").bounding_box()
    assert header is not None
    assert header["height"] < 200, name
    assert fixed_in_place(page) == [], name


def fixed_in_place(page: Page) -> list[str]:
    """What stays where it is while the page moves, and takes more than a quarter of the window."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("body *")]
            .filter((at) => ["sticky", "fixed"].includes(getComputedStyle(at).position))
            .filter((at) => at.getBoundingClientRect().height > innerHeight / 4)
            .map((at) => at.className)"""
    )
    return found


@pytest.mark.usefixtures("_demo")
@pytest.mark.parametrize("name", ["home", "catalogue", "resource form", "gallery", "case in review"])
def test_nothing_moves_for_readers_who_want_no_motion(name: str, world: World, open_page: NewPage) -> None:
    page = open_page(address(world, name), as_=reader(world, name), reduced_motion="reduce")
    moving = page.evaluate(
        """() => [...document.querySelectorAll("*")]
            .flatMap((at) => [[at, null], [at, "::before"], [at, "::after"]])
            .map(([at, part]) => [at, getComputedStyle(at, part)])
            .map(([at, style]) => [at, style.scrollBehavior, [style.transitionDuration, style.animationDuration]])
            .filter(([, scrolling, times]) => scrolling === "smooth"
                || times.join().split(",").some((time) => parseFloat(time) > .001))
            .map(([at]) => at.outerHTML.slice(0, 80))"""
    )
    assert moving == []


@pytest.mark.usefixtures("_demo")
@pytest.mark.parametrize(
    "name",
    [
        "home",
        "catalogue",
        "resource form",
        "dashboard of a manager",
        "gallery",
        "case in review",
        "review form",
    ],
)
def test_icons_and_borders_stay_with_the_readers_own_colours(
    name: str, world: World, open_page: NewPage
) -> None:
    """Windows' contrast themes take every background away: what was told by one alone would be gone."""
    page = open_page(
        address(world, name), as_=reader(world, name), forced_colors="active", color_scheme="dark"
    )
    assert borderless(page) == []
    assert faint_icons(page) == []


def borderless(page: Page) -> list[str]:
    """Buttons, fields and boxes without an edge that can be seen."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll(
                ".btn:not(.btn-link), .form-control, .form-select, input[type=checkbox], .badge, .card, .alert,"
                + " .hub-menu-panel, .hub-result, progress")]
            .filter((at) => at.checkVisibility())
            .filter((at) => {
                const style = getComputedStyle(at);
                if (style.appearance === "auto") return false;
                return !["Top", "Right", "Bottom", "Left"].some((side) =>
                    style[`border${side}Style`] !== "none" && parseFloat(style[`border${side}Width`]) >= 1
                    && style[`border${side}Color`] !== style.backgroundColor);
            })
            .map((at) => at.outerHTML.slice(0, 100))"""
    )
    return found


def faint_icons(page: Page) -> list[str]:
    """Icons whose lines differ too little from what is around them, on the picture that the reader gets."""
    boxes: list[Any] = page.evaluate(
        """() => [...document.querySelectorAll(".hub-icon, .hub-logo")]
            .filter((at) => at.checkVisibility({visibilityProperty: true}))
            .map((at) => [at.parentElement.outerHTML.slice(0, 100), at.getBoundingClientRect()])
            .map(([text, box]) => [text, box.x + scrollX, box.y + scrollY, box.width, box.height])"""
    )
    picture = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("L")
    found = []
    for text, x, y, width, height in boxes:
        inside = picture.crop((int(x), int(y), int(x + width) + 1, int(y + height) + 1)).tobytes()
        if max(inside) - min(inside) < 80:
            found.append(text)
    return found
