"""The hub's jobs in a browser that runs no script: all of them can be done, and nothing is shown that does nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage
from playwright.sync_api import Page, expect

from apps.accounts.models import User
from apps.following.models import SavedSearch
from apps.knowledge.models import Resource
from apps.organisations.models import Membership
from apps.publishing.models import Publication
from tests.accounts.helpers import PASSWORD, person
from tests.e2e.conftest import NewPage, People
from tests.e2e.world import World
from tests.factories.exchanges import FIRST_DAY, Case
from tests.factories.knowledge import ChapterFactory, ResourceFactory
from tests.factories.notifications import NotificationFactory

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
NEW_PASSWORD = "another-long-enough-secret"
IDLE = (
    "button[type=button]:visible, [onclick]:visible, a:not([href]):visible, a[href='#']:visible,"
    " main form:not(:has(button, input[type=submit])):visible"
)


@pytest.fixture
def plain(open_page: NewPage) -> NewPage:
    """``plain(path, as_=user)``: the page as a browser without script shows it."""

    def plain(path: str, **options: Any) -> Page:
        return open_page(path, java_script_enabled=False, **options)

    return plain


def press(page: Page, name: str) -> None:
    pattern = re.compile(rf"^\s*{re.escape(name)}", re.IGNORECASE)
    page.get_by_role("main").get_by_role("button", name=pattern).first.click()


def fill_sign_in(page: Page, password: str) -> None:
    page.locator("input[name=login]").fill("ada@example.org")
    page.locator("input[type=password]").fill(password)
    press(page, "Sign in")


def link_in(mail: EmailMessage) -> str:
    found = re.search(r"http://\S+/accounts/\S+", str(mail.body))
    assert found, mail.body
    return found[0]


def test_search_with_filters_order_and_pages(plain: NewPage, db: None) -> None:
    codes = ["AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR"]
    ResourceFactory.create_batch(21, title="Counting firms")
    ResourceFactory.create(title="Counting boards", topics=["governance"], countries=codes)
    page = plain("/knowledge/")
    page.get_by_label("Search here").fill("counting")
    press(page, "Search")
    expect(page.locator(".hub-result-count")).to_have_text("22 results")
    page.get_by_role("checkbox", name="Indicators").check()
    press(page, "Apply filters")
    expect(page.locator(".hub-result-count")).to_have_text("21 results")
    page.get_by_role("link", name="Next").click()
    expect(page.locator(".hub-result")).to_have_count(1)
    page.get_by_label("Sort by").select_option("newest")
    press(page, "Search")
    expect(page).to_have_url(re.compile("topic=indicators.*sort=newest"))
    expect(page.get_by_label("Sort by")).to_have_value("newest")
    page.get_by_role("link", name=re.compile("Indicators Remove this filter")).click()
    expect(page.locator(".hub-result-count")).to_have_text("22 results")
    country = page.locator("#facet-country")
    if country.get_attribute("open") is None:
        country.locator("summary").click()
    country.get_by_role("link", name=re.compile("Show all 13")).click()
    expect(country.get_by_role("checkbox")).to_have_count(13)


def test_search_is_followed_and_given_up(people: People, plain: NewPage) -> None:
    page = plain("/knowledge/?q=counting", as_=people.manager)
    press(page, "Save this search")
    expect(page.get_by_text("Search saved:")).to_be_visible()
    page.get_by_role("link", name="Saved: see your searches").click()
    page.get_by_role("link", name=re.compile("^Delete")).click()
    press(page, "Delete")
    expect(page.get_by_text("The search is deleted.")).to_be_visible()
    assert not SavedSearch.objects.exists()


def test_following_a_search_while_signed_out_leads_through_signing_in(plain: NewPage, db: None) -> None:
    person()
    page = plain("/knowledge/?q=counting")
    page.get_by_role("link", name="Follow this search").click()
    fill_sign_in(page, PASSWORD)
    press(page, "Save")
    expect(page.get_by_text("Search saved:")).to_be_visible()
    assert SavedSearch.objects.get().query_string == "q=counting"


def test_sign_up_confirm_out_and_in_again_with_a_new_password(
    plain: NewPage, mailoutbox: list[EmailMessage], db: None
) -> None:
    page = plain("/accounts/signup/")
    page.locator("input[name=name]").fill("Ada Muster")
    page.locator("input[name=email]").fill("ada@example.org")
    for field in page.locator("input[type=password]").all():
        field.fill(PASSWORD)
    page.get_by_label("privacy statement").check()
    press(page, "Create the account")
    page.goto(link_in(mailoutbox[-1]))
    press(page, "Confirm")
    expect(page).to_have_url(re.compile("/dashboard/$"))
    page.locator(".hub-account details.hub-menu > summary").click()
    page.locator(".hub-account").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("banner").get_by_role("link", name="Sign in")).to_be_visible()

    page.goto("/accounts/password/reset/")
    page.locator("input[name=email]").fill("ada@example.org")
    page.locator("main form button[type=submit]").first.click()
    page.goto(link_in(mailoutbox[-1]))
    for field in page.locator("input[type=password]").all():
        field.fill(NEW_PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    page.goto("/accounts/login/")
    if "/login/" in page.url:
        fill_sign_in(page, NEW_PASSWORD)
    page.goto("/dashboard/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hello")
    assert User.objects.get().check_password(NEW_PASSWORD)


def test_request_to_join_and_its_acceptance(people: People, plain: NewPage) -> None:
    newcomer = person()
    page = plain("/organisations/alpine-timber/", as_=newcomer)
    page.get_by_role("main").get_by_role("textbox").fill("I work there.")
    press(page, "Send the request")
    expect(page.get_by_text("You have asked to join")).to_be_visible()

    manager = plain("/dashboard/", as_=people.manager)
    manager.goto("/organisations/alpine-timber/people/")
    expect(manager.get_by_text("I work there.")).to_be_visible()
    press(manager, "Accept")
    expect(manager.get_by_role("main").locator(".list-group")).to_contain_text("Ada Muster")
    assert Membership.objects.filter(organisation=people.place, user=newcomer).exists()


def test_draft_with_a_file_to_a_decision_and_to_what_is_read_of_it(
    people: People, pdf: Path, plain: NewPage
) -> None:
    author = plain("/knowledge/new/", as_=people.manager)
    author.get_by_label("Title").fill("How we count")
    press(author, "Save draft")
    expect(author.get_by_text("Saved as a draft.")).to_be_visible()
    author.get_by_label("Type").select_option("method")
    author.get_by_role("textbox", name=re.compile("^Summary")).fill("A small set of figures.")
    author.get_by_role("checkbox", name="Indicators").check()
    author.locator("input[type=file]").set_input_files(pdf)
    author.get_by_label("Licence").select_option(index=1)
    press(author, "Submit for review")
    expect(author.get_by_text("Submitted. A curator will look at it")).to_be_visible()

    curator = plain("/admin/publishing/publication/", as_=people.curator)
    curator.get_by_role("link", name="How we count").click()
    curator.get_by_role("button", name="Approve", exact=True).click()
    expect(curator.locator(".messagelist, .messages")).to_contain_text("How we count")
    assert Publication.objects.get().state == "published"

    author.goto("/notifications/")
    press(author, "Mark as read")
    expect(author.get_by_text("Unread ·")).to_have_count(0)
    author.get_by_role("main").get_by_role("link", name=re.compile("How we count")).first.click()
    expect(author.get_by_role("heading", level=1, name="How we count")).to_be_visible()
    with author.expect_download() as download:
        author.get_by_role("link", name=re.compile("Download")).first.click()
    assert download.value.suggested_filename == "counting.pdf"


def test_application_is_written_and_declined_with_a_reason(
    plain: NewPage, browser_problems: list[str], db: None
) -> None:
    case = Case(goals="", benefit="", starts_on=None, ends_on=None)
    page = plain(case.offer.get_absolute_url(), as_=case.guest)
    page.get_by_role("link", name="Apply for this stay").click()
    press(page, "Begin the application")
    page.get_by_label("First day").fill(FIRST_DAY.isoformat())
    page.get_by_label("Last day").fill((FIRST_DAY + timedelta(days=4)).isoformat())
    page.get_by_label("What you want to learn").fill("How you count.")
    press(page, "Submit to the host")
    expect(page.get_by_role("alert")).to_contain_text("What the host gains")
    expect(page.get_by_label("What you want to learn")).to_have_value("How you count.")
    page.get_by_label("What the host gains").fill("Our own figures.")
    press(page, "Submit to the host")
    expect(page.get_by_text("Submitted. The host is told")).to_be_visible()

    host = plain(case.application.get_absolute_url(), as_=case.host)
    decline = host.locator("details").filter(has=host.locator("summary", has_text="Decline"))
    decline.locator("summary").click()
    press(host, "Decline")
    expect(decline).to_have_attribute("open", "")
    decline.get_by_label("Reason").fill("We move house in that week.")
    decline.get_by_role("button", name="Decline").click()
    expect(host.get_by_text("Declined. The guest is told why.")).to_be_visible()
    page.reload()
    expect(page.get_by_role("main")).to_contain_text("We move house in that week.")
    assert ["422" in problem for problem in browser_problems] == [True, True]  # the two forms that came back
    browser_problems.clear()


def test_button_that_is_pressed_twice_makes_one(people: People, plain: NewPage) -> None:
    """No script holds the second press back: the server knows the form again."""
    page = plain("/knowledge/new/", as_=people.manager)
    page.get_by_label("Title").fill("How we count")
    page.get_by_role("button", name="Save draft", exact=True).dblclick()
    expect(page).to_have_url(re.compile(r"/edit/"))
    expect(page.get_by_label("Title")).to_have_value("How we count")
    assert Resource.objects.count() == 1


def test_settings_and_notifications(people: People, plain: NewPage) -> None:
    NotificationFactory.create_batch(2, recipient=people.manager)
    page = plain("/account/settings/", as_=people.manager)
    page.get_by_label("Time zone").select_option("Europe/Athens")
    press(page, "Save")
    expect(page.get_by_text("Your settings are saved.")).to_be_visible()
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Athens")
    page.goto("/notifications/settings/")
    choice = page.get_by_role("main").locator("select, input[type=radio]").first
    expect(choice).to_be_visible()
    press(page, "Save")
    expect(page.locator(".hub-messages .alert")).to_be_visible()
    page.goto("/notifications/")
    press(page, "Mark everything as read")
    expect(page.get_by_text("Unread ·")).to_have_count(0)


def test_guide_is_read_from_chapter_to_chapter(plain: NewPage, db: None) -> None:
    ChapterFactory.create(title="Why measure", order=1)
    ChapterFactory.create(title="What to measure", order=2)
    page = plain("/knowledge/guide/")
    page.get_by_role("main").get_by_role("link", name=re.compile("Why measure")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Why measure")
    page.get_by_role("link", name="Next: What to measure").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("What to measure")


def test_no_control_is_shown_that_does_nothing(world: World, plain: NewPage) -> None:
    """A button that only a script answers is hidden until there is one; a link leads somewhere."""
    places = world.places
    page = plain("/", as_=world.manager)
    idle = page.locator(IDLE)
    for path in (
        "/",
        "/knowledge/?q=measuring",
        places["item"],
        "/knowledge/new/",
        f"{places['own']}edit/",
        "/search/?q=measuring",
        "/clusters/",
        "/organisations/alpine-timber/",
        "/organisations/alpine-timber/people/",
        "/organisations/new/",
        "/dashboard/",
        "/contributions/",
        "/notifications/",
        "/notifications/settings/",
        "/notifications/searches/",
        "/account/settings/",
        "/knowledge/guide/",
    ):
        page.goto(path)
        assert [at.evaluate("(at) => at.outerHTML") for at in idle.all()] == [], path
    page.context.clear_cookies()
    for path in ("/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"):
        page.goto(path)
        assert [at.evaluate("(at) => at.outerHTML") for at in idle.all()] == [], path


def test_no_control_of_an_exchange_is_shown_that_does_nothing(world: World, plain: NewPage) -> None:
    for name in (
        "exchanges", "offer with its questions", "offer form", "programme form", "application start",
        "application form", "case for the host", "agreement", "evidence", "report form",
        "closed case",
    ):  # fmt: skip
        page = plain(world.exchanges.address(name), as_=world.exchanges.reader(name))
        assert [at.evaluate("(at) => at.outerHTML") for at in page.locator(IDLE).all()] == [], name
        page.context.close()


@pytest.fixture
def world(db: None) -> World:
    return World()


def test_gallery_can_be_read(plain: NewPage, settings: Any, db: None) -> None:
    settings.DEMO = True
    page = plain("/gallery/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("[data-copy]").first).to_be_hidden()
    expect(page.locator("dialog").first).to_be_hidden()
    code = page.locator(".hub-specimen details").first
    code.locator("summary").click()
    expect(code.locator("code")).to_be_visible()
    page.locator("[data-dialog]").first.click()
    expect(page.locator("#dialog")).to_be_in_viewport()
