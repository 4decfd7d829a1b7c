"""The hub with the keyboard alone: everything is reached in the order of reading, and one sees where one is."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from apps.knowledge.models import Resource
from tests.e2e.checks import focused, wait_for_drawing
from tests.e2e.conftest import NewPage, People
from tests.e2e.world import World
from tests.factories.exchanges import FIRST_DAY, Case
from tests.factories.knowledge import ResourceFactory

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
MANY = 250  # presses: no page here has as many places to go to
LAPTOP = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 640}


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.fixture
def _demo(settings: Any) -> None:
    """The gallery is shown in the demonstration only."""
    settings.DEMO = True


def tab_to(page: Page, aim: Locator) -> None:
    """Press the tabulator until this has the focus."""
    expect(aim).to_be_visible()
    for _press in range(MANY):
        page.keyboard.press("Tab")
        if aim.evaluate("(at) => at === document.activeElement"):
            return
    pytest.fail("the tabulator does not lead there")


def walk(page: Page) -> list[str]:
    """Go through the whole page; what is wrong at each stop, and whether the way ends."""
    page.evaluate("() => { window.stops = []; }")
    wrong: list[str] = []
    for press in range(MANY):
        page.keyboard.press("Tab")
        if press < 2:
            wait_for_drawing(page)  # the skip link comes and goes
        at = focused(page)
        if at["tag"] == "BODY":
            return wrong + page.evaluate(_ORDER)
        if not page.evaluate(_NOTE):
            continue  # a part of the same field: the browser's own calendar
        wrong += [f"{fault}: {at}" for fault in ("shown", "inside", "uncovered") if not at[fault]]
    return [*wrong, "the way through the page does not end"]


_NOTE = (
    "() => window.stops.at(-1) !== document.activeElement && window.stops.push(document.activeElement) > 0"
)
# Whoever sees the page reads down, and in a row along; what the tabulator reaches earlier may not lie a row higher.
_ORDER = """() => {
    const faults = [], top = (at) => at.getBoundingClientRect().top + scrollY;
    for (let place = 1; place < window.stops.length; place += 1) {
        const [before, after] = [window.stops[place - 1], window.stops[place]];
        const isLater = before.compareDocumentPosition(after) & Node.DOCUMENT_POSITION_FOLLOWING;
        if (!isLater && !before.closest(".hub-header"))
            faults.push(`against the order of the document: ${after.outerHTML.slice(0, 120)}`);
    }
    const header = window.stops.filter((at) => at.closest(".hub-header"));
    for (let place = 1; place < header.length; place += 1)
        if (top(header[place]) + header[place].offsetHeight <= top(header[place - 1]))
            faults.push(`a row higher than what comes before: ${header[place].outerHTML.slice(0, 120)}`);
    return faults;
}"""


@pytest.mark.usefixtures("_demo")
@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("/", ""),
        ("/knowledge/?q=measuring", ""),
        ("{item}", "manager"),
        ("/knowledge/new/", "manager"),
        ("/dashboard/", "manager"),
        ("/notifications/", "manager"),
        ("/gallery/", ""),
    ],
)
def test_way_through_a_page_is_seen_in_order_and_ends(
    path: str, who: str, size: dict[str, int], world: World, open_page: NewPage
) -> None:
    page = open_page(
        path.format(**world.places),
        as_=getattr(world, who) if who else None,
        viewport=size,
    )
    assert walk(page) == []


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
@pytest.mark.parametrize(
    "name", ["exchanges", "application form", "review form", "case in review", "table of cases"]
)
def test_way_through_a_page_of_an_exchange_is_seen_in_order_and_ends(
    name: str, size: dict[str, int], world: World, open_page: NewPage
) -> None:
    page = open_page(world.exchanges.address(name), as_=world.exchanges.reader(name), viewport=size)
    assert walk(page) == []


def test_menus_of_the_header(open_page: NewPage, db: None) -> None:
    page = open_page("/")
    menu = page.locator(".hub-nav details.hub-menu").first
    tab_to(page, menu.locator("summary"))
    page.keyboard.press("Enter")
    links = menu.get_by_role("link")
    expect(links.first).to_be_visible()
    page.keyboard.press("Tab")
    expect(links.first).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu.locator("summary")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    address = links.first.get_attribute("href")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"{address}$"))


def test_search_filters_and_second_page(open_page: NewPage, db: None) -> None:
    ResourceFactory.create_batch(21, title="Counting firms")
    ResourceFactory.create(title="Counting boards", topics=["governance"])
    page = open_page("/knowledge/")
    tab_to(page, page.get_by_label("Search here"))
    page.keyboard.type("counting")
    page.keyboard.press("Enter")
    expect(page.locator(".hub-result-count")).to_have_text("22 results")
    topic = page.get_by_role("checkbox", name="Indicators")
    tab_to(page, topic)
    page.keyboard.press("Space")
    expect(page.locator(".hub-result-count")).to_have_text("21 results")
    expect(topic).to_be_focused()
    tab_to(page, page.get_by_role("link", name="Next"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("page=2"))
    expect(page.locator(".hub-result")).to_have_count(1)


def test_long_form_with_its_file_and_its_errors(people: People, pdf: Path, open_page: NewPage) -> None:
    page = open_page("/knowledge/new/", as_=people.manager)
    field = page.locator("input[type=file]")
    # Asked for early: the browser must know before the key is pressed.
    with page.expect_file_chooser() as chooser:
        tab_to(page, field)
        page.keyboard.press("Space")
    chooser.value.set_files(pdf)
    tab_to(page, page.get_by_label("Type"))
    page.keyboard.type("Meth")
    tab_to(page, page.get_by_role("checkbox", name="Indicators"))
    page.keyboard.press("Space")
    tab_to(page, page.get_by_label("Licence"))
    page.keyboard.press("ArrowDown")
    tab_to(page, page.get_by_role("button", name="Submit for review"))
    page.keyboard.press("Enter")

    summary = page.locator("#error-summary")
    expect(summary).to_be_focused()
    tab_to(page, summary.get_by_role("link", name="Summary"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name=re.compile("^Summary"))).to_be_focused()
    page.keyboard.type("A small set of figures.")
    tab_to(page, page.get_by_role("button", name="Submit for review"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Submitted. A curator will look at it")).to_be_visible()
    resource = Resource.objects.get()
    assert resource.resource_type == "method"
    assert resource.file is not None


def test_from_an_offer_to_a_submitted_application(open_page: NewPage, db: None) -> None:
    case = Case(
        goals="", benefit="", use_at_home="", agenda="", starts_on=None, ends_on=None, meeting_planned=None
    )
    page = open_page(case.offer.get_absolute_url(), as_=case.guest)
    tab_to(page, page.get_by_role("link", name="Apply for this stay"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Begin the application"))
    page.keyboard.press("Enter")
    for label, day in (("First day", FIRST_DAY), ("Last day", FIRST_DAY + timedelta(days=4))):
        tab_to(page, page.get_by_label(label))
        page.keyboard.type(f"{day:%m%d%Y}")
    for label in ("What you want to learn", "What the host gains", "How you will use it at home", "Agenda"):
        tab_to(page, page.get_by_label(label))
        page.keyboard.type("We count together.")
    meeting = page.get_by_role("group", name=re.compile("Will managers and policy makers meet"))
    tab_to(page, meeting.get_by_label("Yes"))
    page.keyboard.press("Space")
    tab_to(page, page.get_by_role("button", name="Submit to the host"))
    assert focused(page)["shown"]
    page.keyboard.press("Enter")
    expect(page.get_by_text("Submitted. The host is told")).to_be_visible()
    found = case.fresh()
    assert (found.state, found.starts_on) == ("submitted", FIRST_DAY)


def test_what_waits_on_the_dashboard(world: World, open_page: NewPage) -> None:
    page = open_page("/dashboard/", as_=world.manager)
    first = page.locator(".hub-todo").filter(has_text="Measuring").first
    tab_to(page, first.locator(".btn"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name=re.compile("Measuring"))).to_be_visible()


@pytest.mark.usefixtures("_demo", "db")
def test_tabs_and_window_of_the_gallery(open_page: NewPage) -> None:
    page = open_page("/gallery/")
    tab_to(page, page.locator(".hub-tabs a").nth(1))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#tabs$"))
    opener = page.locator("[data-dialog]").first
    tab_to(page, opener)
    page.keyboard.press("Enter")
    window = page.get_by_role("dialog")
    tab_to(page, window.get_by_role("button", name="Keep it"))
    assert focused(page)["shown"]
    page.keyboard.press("Enter")
    expect(window).to_be_hidden()
    expect(opener).to_be_focused()
