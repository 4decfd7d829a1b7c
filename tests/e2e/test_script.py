"""The comforts of the hub's own script, and what they do when the line or the server is down."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Dialog, Locator, Page, Route, expect

from apps.accounts.models import User
from apps.knowledge.models import Resource
from apps.publishing.models import Publication
from tests.accounts.helpers import PASSWORD
from tests.e2e.conftest import NewPage, People
from tests.factories.files import make_pdf
from tests.factories.knowledge import ResourceFactory
from tests.factories.notifications import NotificationFactory
from tests.factories.organisations import JoinRequestFactory, OrganisationFactory
from tests.factories.taxonomy import TopicFactory

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PAUSE = 4_100  # milliseconds, a little more than the script waits before it saves
RETRY = 31_000
SignIn = Callable[[Page, User], None]


def keep_in(held: list[Route]) -> Callable[[Route], None]:
    """A handler that answers nothing until the test does; Playwright takes no method of a list."""

    def keep(route: Route) -> None:
        held.append(route)

    return keep


# --- Filters --------------------------------------------------------------------------------------


@pytest.fixture
def catalogue(page: Page) -> Page:
    """Three resources: two about indicators, one about governance; thirteen countries."""
    codes = ["AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR"]
    ResourceFactory.create(title="Counting firms", countries=codes)
    ResourceFactory.create(title="Counting jobs", resource_type="tool")
    ResourceFactory.create(title="Counting boards", topics=["governance"])
    page.goto("/knowledge/?q=counting")
    return page


def box(page: Page, name: str) -> Locator:
    return page.get_by_role("checkbox", name=re.compile(rf"^{name}\b"))


def test_filter_applies_at_once_without_losing_the_place(catalogue: Page) -> None:
    page = catalogue
    expect(page.locator(".hub-result-count")).to_have_text("3 results")
    country = page.locator("#facet-country")
    if not country.evaluate("(at) => at.open"):
        country.locator("summary").click()
    box(page, "Indicators").focus()
    page.keyboard.press("Space")

    expect(page).to_have_url(re.compile(r"\?q=counting&topic=indicators"))
    expect(page.get_by_role("status").and_(page.locator(".hub-result-count"))).to_have_text("2 results")
    expect(box(page, "Indicators")).to_be_focused()
    expect(box(page, "Indicators")).to_be_checked()
    expect(country).to_have_attribute("open", "")
    expect(page.get_by_role("link", name="Counting boards")).to_have_count(0)


def test_address_of_a_filter_can_be_shared_and_back_takes_it_away(catalogue: Page, new_page: NewPage) -> None:
    page = catalogue
    box(page, "Indicators").check()
    expect(page.locator(".hub-result-count")).to_have_text("2 results")
    box(page, "Tool").check()
    expect(page.locator(".hub-result-count")).to_have_text("1 result")

    other = new_page()
    other.goto(page.url)
    expect(other.locator(".hub-result-count")).to_have_text("1 result")
    expect(box(other, "Tool")).to_be_checked()

    page.go_back()
    expect(page.locator(".hub-result-count")).to_have_text("2 results")
    expect(box(page, "Tool")).not_to_be_checked()
    expect(box(page, "Indicators")).to_be_checked()
    page.go_back()
    expect(page.locator(".hub-result-count")).to_have_text("3 results")
    expect(box(page, "Indicators")).not_to_be_checked()
    page.go_forward()
    expect(page.locator(".hub-result-count")).to_have_text("2 results")
    expect(box(page, "Indicators")).to_be_checked()


def test_last_of_two_quick_choices_holds(catalogue: Page) -> None:
    """The answer to the first comes after the answer to the second."""
    page = catalogue
    late: list[Route] = []
    page.route(re.compile("topic=indicators"), keep_in(late), times=1)
    box(page, "Indicators").check()
    box(page, "Tool").check()
    expect(page.locator(".hub-result-count")).to_have_text("1 result")
    for route in late:
        route.continue_()
    page.unroute_all(behavior="wait")

    expect(page).to_have_url(re.compile("type=tool"))
    expect(page.locator(".hub-result-count")).to_have_text("1 result")
    expect(box(page, "Tool")).to_be_checked()
    expect(box(page, "Indicators")).to_be_checked()


def test_filter_goes_the_plain_way_when_the_script_gets_no_answer(
    catalogue: Page, browser_problems: list[str]
) -> None:
    page = catalogue
    page.route(re.compile("topic=indicators"), lambda route: route.abort(), times=1)
    box(page, "Indicators").check()
    expect(page.locator(".hub-result-count")).to_have_text("2 results")
    browser_problems.clear()


def test_order_applies_at_once(catalogue: Page) -> None:
    catalogue.get_by_label("Sort by").select_option("newest")
    expect(catalogue).to_have_url(re.compile("sort=newest"))
    expect(catalogue.get_by_label("Sort by")).to_have_value("newest")
    expect(catalogue.get_by_label("Sort by")).to_be_focused()


def test_long_facet_shows_all_of_its_values(catalogue: Page) -> None:
    page = catalogue
    country = page.locator("#facet-country")
    if not country.evaluate("(at) => at.open"):
        country.locator("summary").click()
    expect(country.get_by_role("checkbox")).to_have_count(10)
    country.get_by_role("link", name=re.compile("Show all 13")).click()

    expect(country.get_by_role("checkbox")).to_have_count(13)
    expect(country).to_be_in_viewport()
    expect(page.locator(".hub-result-count")).to_have_text("3 results")
    country.get_by_role("checkbox").last.check()
    expect(page.locator(".hub-result-count")).to_have_text("1 result")
    expect(country.get_by_role("checkbox", checked=True)).to_be_focused()


def test_filters_on_a_phone_are_behind_one_press_and_stay_open(catalogue: Page) -> None:
    page = catalogue
    page.set_viewport_size({"width": 360, "height": 740})
    page.reload()
    expect(box(page, "Indicators")).to_be_hidden()
    page.locator(".hub-facets-phone > summary").click()
    box(page, "Indicators").check()
    expect(page.locator(".hub-result-count")).to_have_text("2 results")
    expect(page.locator(".hub-facets-phone > summary")).to_have_text("Filters (1)")
    expect(box(page, "Indicators")).to_be_visible()


# --- Keeping a draft ------------------------------------------------------------------------------


@pytest.fixture
def form(page: Page, people: People, sign_in: SignIn) -> Page:
    """The long form, with a clock that the test turns."""
    page.clock.install()
    sign_in(page, people.manager)
    page.goto("/knowledge/new/")
    return page


def write(page: Page, label: str, text: str) -> None:
    page.get_by_label(label).click()
    page.keyboard.type(text)


def notice(page: Page) -> Locator:
    return page.locator("[data-autosave-status]")


def test_draft_is_saved_while_it_is_written_and_is_there_after_a_reload(form: Page) -> None:
    write(form, "Title", "How we count")
    form.clock.run_for(PAUSE)
    expect(notice(form)).to_have_text(re.compile(r"^Draft saved at \d\d:\d\d\.$"))
    assert Publication.objects.get().title == "How we count"

    form.reload()
    expect(form.get_by_label("Title")).to_have_value("How we count")
    write(form, "Summary", "Once a year.")
    form.clock.run_for(PAUSE)
    expect(notice(form)).to_contain_text("Draft saved")
    form.get_by_role("button", name="Save draft", exact=True).click()
    expect(form.get_by_text("Saved as a draft.").first).to_be_visible()
    assert Resource.objects.get().summary == "Once a year."


def test_what_is_written_during_a_save_is_saved_too(form: Page) -> None:
    held: list[Route] = []
    form.route("**/autosave/", keep_in(held), times=1)
    with form.expect_request("**/autosave/"):
        write(form, "Title", "How we")
        form.clock.run_for(PAUSE)
    write(form, "Title", " count")
    form.clock.run_for(PAUSE)
    with form.expect_response("**/autosave/"):
        held[0].continue_()
    with form.expect_response("**/autosave/"):
        form.clock.run_for(PAUSE)
    assert Publication.objects.get().title == "How we count"


@pytest.mark.parametrize("fault", ["the server fails", "the line is down"])
def test_draft_that_cannot_be_saved_says_so_and_is_saved_later(
    fault: str, form: Page, context: BrowserContext, browser_problems: list[str]
) -> None:
    context.set_offline(fault == "the line is down")
    form.route("**/autosave/", lambda route: _fail(route, fault), times=1)
    write(form, "Title", "How we count")
    form.clock.run_for(PAUSE)
    expect(notice(form)).to_have_text("The draft could not be saved just now. What you typed is still here.")
    expect(form.get_by_label("Title")).to_have_value("How we count")
    assert not Publication.objects.exists()
    browser_problems.clear()

    context.set_offline(False)
    form.clock.run_for(RETRY)
    expect(notice(form)).to_contain_text("Draft saved")
    assert Publication.objects.get().title == "How we count"


def _fail(route: Route, fault: str) -> None:
    if fault == "the line is down":
        route.abort("internetdisconnected")
    else:
        route.fulfill(status=500, body="<h1>Something went wrong</h1>", content_type="text/html")


def test_nothing_is_lost_by_signing_out_in_another_tab(
    form: Page, context: BrowserContext, people: People, browser_problems: list[str]
) -> None:
    other = context.new_page()
    other.goto("/accounts/logout/")
    other.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(other.get_by_role("link", name="Sign in").first).to_be_visible()

    write(form, "Title", "How we count")
    form.clock.run_for(PAUSE)
    expect(notice(form)).to_contain_text("Your session has ended.")
    browser_problems.clear()
    form.get_by_role("button", name="Save draft", exact=True).click()
    expect(form.get_by_text("What you typed is kept")).to_be_visible()
    form.get_by_label("E-mail address").fill(people.manager.email)
    form.locator("input[type=password]").fill(PASSWORD)
    form.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    expect(form.get_by_label("Title")).to_have_value("How we count")
    form.get_by_role("button", name="Save draft", exact=True).click()
    expect(form.get_by_text("Saved as a draft.").first).to_be_visible()
    assert Publication.objects.get().title == "How we count"


def test_leaving_warns_of_what_is_not_saved_and_only_of_that(form: Page) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    form.on("dialog", stay)
    write(form, "Title", "How we count")
    with form.expect_event("dialog"):
        form.get_by_role("link", name="Cancel").click(no_wait_after=True)
    expect(form.get_by_label("Title")).to_have_value("How we count")

    form.clock.run_for(PAUSE)
    expect(notice(form)).to_contain_text("Draft saved")
    form.get_by_role("link", name="Cancel").click()
    expect(form).to_have_url(re.compile("/knowledge/$"))
    assert asked == ["beforeunload"]


def test_summary_before_the_submission_follows_what_is_typed(form: Page, tmp_path: Path) -> None:
    file = tmp_path / "a_report-2024.pdf"
    file.write_bytes(make_pdf("Text."))
    check = form.locator("#check dl")
    expect(check.locator("[data-shows=title]")).to_have_text(re.compile(r"^\W$"))
    form.locator("input[type=file]").set_input_files(file)
    form.get_by_label("Type").select_option("tool")

    form.clock.run_for(10)
    for name, shown in (("title", "A report 2024"), ("resource_type", "Tool"), ("file", "a_report-2024.pdf")):
        expect(check.locator(f"[data-shows={name}]")).to_have_text(shown)
    check.get_by_role("link", name=re.compile("Change ?: Title")).click()
    expect(form.get_by_label("Title")).to_be_focused()


def expect_a_warning(page: Page) -> None:
    """The browser asks before a link takes what was typed away; then the page stays."""
    page.once("dialog", lambda dialog: dialog.dismiss())
    with page.expect_event("dialog", lambda dialog: dialog.type == "beforeunload"):
        page.locator(".hub-header a").first.click(no_wait_after=True)


@pytest.mark.parametrize("place", ["published", "new organisation", "organisation", "withdraw", "join"])
def test_leaving_a_long_form_that_saves_nothing_by_itself_warns(
    place: str, page: Page, people: People, sign_in: SignIn
) -> None:
    item = ResourceFactory.create(organisation=people.place, author=people.manager)
    other = OrganisationFactory.create(name="Ministry of Trade", slug="ministry")
    addresses = {
        "published": f"/knowledge/{item.slug}/edit/",
        "new organisation": "/organisations/new/",
        "organisation": f"{people.place.get_absolute_url()}edit/",
        "withdraw": f"/contributions/{item.publication_id}/withdraw/",
        "join": other.get_absolute_url(),
    }
    sign_in(page, people.manager)
    page.goto(addresses[place])
    field = page.get_by_role("main").locator("textarea, input[type=text]").first
    field.click()
    page.keyboard.type("Two words")

    expect_a_warning(page)
    expect(field).to_have_value(re.compile("Two words"))


def test_what_a_refused_form_shows_again_is_not_saved_either(form: Page) -> None:
    write(form, "Year", "20224")
    form.get_by_role("button", name="Submit for review").click()
    expect(form.locator("#error-summary")).to_be_focused()

    expect_a_warning(form)


# --- Sending files --------------------------------------------------------------------------------


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """About a megabyte that no line can make smaller."""
    path = tmp_path / "noise.png"
    Image.frombytes("RGB", (600, 600), os.urandom(600 * 600 * 3)).save(path)
    return path


class Line:
    """The way from the page to the server."""

    def __init__(self, page: Page) -> None:
        self.session = page.context.new_cdp_session(page)
        self.session.send("Network.enable")

    def set(self, *, offline: bool = False, bytes_per_second: int = -1) -> None:
        limits = {"offline": offline, "latency": 0, "downloadThroughput": -1}
        self.session.send(
            "Network.emulateNetworkConditions", {**limits, "uploadThroughput": bytes_per_second}
        )


@pytest.fixture
def line(page: Page) -> Line:
    return Line(page)


@pytest.fixture
def upload(page: Page, people: People, sign_in: SignIn, picture: Path) -> Page:
    sign_in(page, people.manager)
    page.goto("/knowledge/new/")
    page.get_by_label("Title").fill("A picture")
    page.locator("input[type=file]").set_input_files(picture)
    return page


def save(page: Page) -> None:
    page.get_by_role("button", name="Save draft", exact=True).click(no_wait_after=True)


def said(page: Page) -> Locator:
    return page.locator(".hub-upload-progress").get_by_role("status")


def test_upload_shows_its_progress_and_can_be_stopped_and_sent_again(upload: Page, line: Line) -> None:
    line.set(bytes_per_second=100_000)
    save(upload)
    expect(upload.get_by_role("progressbar")).to_be_visible()
    expect(said(upload)).to_have_text(re.compile(r"^[1-9]\d* % sent$"))
    expect(upload.get_by_role("progressbar")).to_have_accessible_name(re.compile(r"^[1-9]\d* % sent$"))
    upload.get_by_role("button", name="Stop sending").press("Enter")
    expect(said(upload)).to_have_text("Sending was stopped. Nothing was saved.")
    expect(upload.get_by_role("button", name="Save draft", exact=True)).to_be_focused()
    expect(upload.get_by_role("progressbar")).to_have_count(0)
    expect(upload.get_by_label("Title")).to_have_value("A picture")

    line.set()
    save(upload)
    expect(upload.get_by_text("Saved as a draft.").first).to_be_visible()
    file = Resource.objects.get().file
    assert file is not None
    assert file.original_name == "noise.png"


def test_connection_lost_while_sending_says_so_and_lets_one_try_again(
    upload: Page, line: Line, browser_problems: list[str]
) -> None:
    line.set(bytes_per_second=100_000)
    save(upload)
    expect(said(upload)).to_have_text(re.compile(r"^\d+ % sent$"))
    line.set(offline=True)
    expect(said(upload)).to_contain_text("The connection was lost. What you typed is still here")
    browser_problems.clear()
    expect(upload.get_by_label("Title")).to_have_value("A picture")

    line.set()
    save(upload)
    expect(upload.get_by_text("Saved as a draft.").first).to_be_visible()
    assert Resource.objects.get().file is not None


def test_file_that_is_too_large_is_refused_before_anything_is_sent(upload: Page, tmp_path: Path) -> None:
    large = tmp_path / "large.pdf"
    with large.open("wb") as file:
        file.truncate(51 * 1024 * 1024)
    sent: list[str] = []
    upload.on("request", lambda request: sent.append(request.method))
    field = upload.locator("input[type=file]")
    field.set_input_files(large)
    expect(upload.locator(".errorlist")).to_contain_text("50")
    save(upload)

    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("too large|larger|at most"))
    assert "POST" not in sent


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (413, "Payload Too Large", "at most"),
        (502, "Bad Gateway", "The connection was lost."),
        (
            503,
            '<main><div class="hub-error-page"><h1>Back soon</h1><p class="lead">In a minute.</p></div></main>',
            "Back soon. In a minute.",
        ),
    ],
)
def test_refusal_of_a_server_takes_no_form_away(
    status: int, body: str, message: str, upload: Page, browser_problems: list[str]
) -> None:
    upload.route("**/knowledge/new/", lambda route: route.fulfill(status=status, body=body), times=1)
    save(upload)
    expect(said(upload)).to_contain_text(message)
    expect(upload.get_by_label("Title")).to_have_value("A picture")
    browser_problems.clear()
    save(upload)
    expect(upload.get_by_text("Saved as a draft.").first).to_be_visible()


# --- Pressed twice --------------------------------------------------------------------------------


def test_second_press_on_a_button_sends_nothing(page: Page, people: People, sign_in: SignIn) -> None:
    """Everywhere where a press changes something; a double press of the mouse is two of them."""
    NotificationFactory.create(recipient=people.manager)
    JoinRequestFactory.create(organisation=people.place)
    mine = ResourceFactory.create(organisation=people.place, author=people.manager, state="changes_requested")
    places = {
        "/notifications/": ["Mark as read", "Mark everything as read"],
        "/notifications/settings/": ["Save"],
        "/account/settings/": ["Save"],
        "/organisations/new/": ["Add the organisation"],
        "/organisations/alpine-timber/": ["Still right"],
        "/organisations/alpine-timber/people/": ["Accept"],
        "/knowledge/?q=measuring": ["Save this search"],
        "/knowledge/new/": ["Save draft", "Submit for review"],
        mine.get_absolute_url(): ["Submit"],
        "/accounts/logout/": ["Sign out"],
    }
    sign_in(page, people.manager)
    pressed: dict[str, int] = {}
    for path, buttons in places.items():
        for name in buttons:
            pressed[f"{path} {name}"] = sent_by_a_double_press(page, path, name)

    assert pressed == dict.fromkeys(pressed, 1)


def sent_by_a_double_press(page: Page, path: str, name: str) -> int:
    """How many forms the browser would have sent: the page is kept from going, so that both presses hit it."""
    page.goto(path)
    page.evaluate(
        """() => {
            window.sent = 0;
            addEventListener("submit", (event) => {
                if (!event.defaultPrevented) window.sent += 1;
                event.preventDefault();
            });
        }"""
    )
    button = page.get_by_role("main").get_by_role("button", name=re.compile(rf"^\s*{name}\b", re.IGNORECASE))
    button.last.dblclick()
    return int(page.evaluate("() => window.sent"))


def test_form_that_is_shown_again_by_the_back_button_can_be_sent_again(
    page: Page, people: People, sign_in: SignIn
) -> None:
    sign_in(page, people.manager)
    page.goto("/account/settings/")
    page.get_by_role("textbox", name="Name").fill("Ada")
    page.get_by_role("main").get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your settings are saved.")).to_be_visible()
    page.go_back()
    with page.expect_request(lambda request: request.method == "POST"):
        page.get_by_role("main").get_by_role("button", name="Save").click()


# --- Windows, messages, menus ---------------------------------------------------------------------


@pytest.fixture
def gallery(page: Page, settings: Any, db: None) -> Page:
    settings.DEMO = True
    page.clock.install()
    page.goto("/gallery/")
    return page


def test_window_keeps_the_focus_closes_with_escape_and_gives_it_back(gallery: Page) -> None:
    opener = gallery.locator("[data-dialog]").first
    window = gallery.get_by_role("dialog", name="Withdraw the application?")
    opener.focus()
    gallery.keyboard.press("Enter")
    expect(window).to_be_visible()
    for key in ["Tab"] * 5 + ["Shift+Tab"] * 5:
        gallery.keyboard.press(key)
        where = (
            "() => document.activeElement.closest('dialog')?.open || document.activeElement === document.body"
        )
        assert gallery.evaluate(where)
    gallery.keyboard.press("Escape")
    expect(window).to_be_hidden()
    expect(opener).to_be_focused()


@pytest.mark.parametrize("way", ["Close", "Keep it", "beside it"])
def test_window_closes_by_its_buttons_and_by_a_press_beside_it(way: str, gallery: Page) -> None:
    opener = gallery.locator("[data-dialog]").first
    window = gallery.get_by_role("dialog", name="Withdraw the application?")
    opener.click()
    window.get_by_role("heading").click()  # a press inside changes nothing
    expect(window).to_be_visible()
    if way == "beside it":
        gallery.mouse.click(5, 5)
    else:
        window.get_by_role("button", name=way).click()
    expect(window).to_be_hidden()
    expect(opener).to_be_focused()


def test_copying_says_so_and_the_message_goes_away(gallery: Page, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    gallery.get_by_role("button", name="Copy").click()
    gallery.clock.run_for(100)
    expect(gallery.get_by_role("status").filter(has_text="Copied.")).to_be_visible()
    assert "Muster, A. (2025)" in gallery.evaluate("() => navigator.clipboard.readText()")
    gallery.clock.run_for(7_000)
    expect(gallery.locator(".hub-toast")).to_have_count(0)


def test_menu_closes_with_escape_with_a_press_beside_it_and_when_the_focus_leaves(page: Page) -> None:
    page.goto("/")
    menus = page.locator(".hub-nav details.hub-menu")
    first, second = menus.nth(0), menus.nth(1)
    first.locator("summary").click()
    expect(first.get_by_role("link").first).to_be_visible()
    second.locator("summary").click()
    expect(first.get_by_role("link").first).to_be_hidden()
    second.get_by_role("link").first.focus()
    page.keyboard.press("Escape")
    expect(second.get_by_role("link").first).to_be_hidden()
    expect(second.locator("summary")).to_be_focused()

    page.keyboard.press("Enter")
    expect(second.get_by_role("link").first).to_be_visible()
    page.mouse.click(5, 600)
    expect(second.get_by_role("link").first).to_be_hidden()

    first.locator("summary").focus()
    page.keyboard.press("Enter")
    for _link in range(first.get_by_role("link").count() + 1):
        page.keyboard.press("Tab")
    expect(first).not_to_have_attribute("open", "")


def test_buttons_with_hidden_text_have_the_same_edge_on_both_sides(
    page: Page, people: People, sign_in: SignIn
) -> None:
    for state in ("draft", "submitted", "published"):
        ResourceFactory.create(organisation=people.place, author=people.manager, state=state)
    sign_in(page, people.manager)
    page.goto("/contributions/")
    edges = page.locator("main .hub-result .btn").evaluate_all(
        """(buttons) => buttons.map((button) => {
            const box = button.getBoundingClientRect(), range = document.createRange();
            range.selectNodeContents(button.firstChild);
            const text = range.getBoundingClientRect();
            return [text.left - box.left, box.right - text.right];
        })"""
    )
    assert len(edges) >= 6
    for before, after in edges:
        assert after == pytest.approx(before, abs=1)


def test_group_of_choices_stays_in_one_column(page: Page, people: People, sign_in: SignIn) -> None:
    """A break in its middle would leave the boxes of the next column without their heading."""
    for group in ("cluster management", "evaluation", "policy"):
        for number in range(5 + 4 * (group == "evaluation")):
            TopicFactory.create(code=f"{group[:4]}-{number}", name=f"{group} {number}", group=group)
    sign_in(page, people.manager)
    page.goto("/knowledge/new/")
    columns = page.locator("#id_topics > [role=group]").evaluate_all(
        "(groups) => groups.map((group) => group.getClientRects().length)"
    )
    assert columns == [1, 1, 1]
