"""The hub's main journey in a real browser, with a real worker and a real mail server.

A cluster manager uploads, a curator decides, the author is told, and everybody finds it by what stands inside the PDF.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from apps.accounts.models import User
from apps.files.models import StoredFile
from apps.knowledge.models import Resource
from apps.publishing.models import Publication
from tests.accounts.helpers import PASSWORD
from tests.e2e.checks import focused
from tests.e2e.conftest import PHRASE, NewPage, People
from tests.notifications.sinks import Sink, smtp_server
from tests.notifications.test_crash import Hub
from tests.workers import real_broker

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
TITLE = "How our cluster counts what changes"
REASON = "Please say which years the figures are of."


@pytest.fixture
def hub(tmp_path: Path, live_server: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A worker of its own, which extracts, indexes and mails; its mails come to ``hub.sink``."""
    monkeypatch.setenv("SITE_URL", live_server.url)
    sink = Sink()
    with (
        smtp_server(sink) as port,
        real_broker() as broker,
        _stopped(Hub(sink, port, tmp_path / "worker.log", broker)) as found,
    ):
        found.worker()
        yield found


@contextmanager
def _stopped(hub: Hub) -> Iterator[Hub]:
    try:
        yield hub
    finally:
        for process in hub.started:
            hub.kill(process)


def sign_in(page: Page, person: User, *, then: str = "/dashboard/") -> None:
    page.goto(f"/accounts/login/?next={then}")
    page.get_by_label("E-mail address").fill(person.email)
    page.locator("input[type=password]").first.fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile(re.escape(then) + "$"))


def fill(page: Page, pdf: Path, *, title: str = TITLE) -> None:
    page.get_by_label("Title").fill(title)
    page.get_by_label("Type").select_option("method")
    page.get_by_label("Summary").fill("A small set of figures that a team of two can keep up.")
    page.get_by_role("checkbox", name="Indicators").check()
    page.get_by_label("Authors").fill("Muster, Ada")
    page.get_by_label("Year").fill("2024")
    page.locator("input[type=file]").set_input_files(pdf)
    page.get_by_label("Licence").select_option(index=1)


def contribute(page: Page, pdf: Path) -> Publication:
    page.goto("/knowledge/new/")
    fill(page, pdf)
    page.get_by_role("button", name="Submit for review").click()
    expect(page.get_by_text("Submitted. A curator will look at it")).to_be_visible()
    return Publication.objects.get()


def decide(page: Page, title: str, button: str, reason: str = "") -> None:
    """From the queue to the item, as a curator works."""
    page.goto("/admin/")
    page.goto("/admin/publishing/publication/")
    page.get_by_role("link", name=title).click()
    if reason:
        page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.locator(".messagelist, .messages")).to_contain_text(title)


def mails_to(hub: Hub, person: User) -> list[Any]:
    return [mail for mail in hub.sink.accepted if mail["To"] == person.email]


def text_of(mail: Any) -> str:
    return str(mail.get_body(preferencelist=("plain",)).get_content())


def test_from_upload_to_download(hub: Hub, people: People, pdf: Path, new_page: NewPage) -> None:
    author, curator, visitor = new_page(), new_page(), new_page(accept_downloads=True)
    sign_in(author, people.manager)
    publication = contribute(author, pdf)
    hub.eventually(lambda: PHRASE in StoredFile.objects.get().text)

    visitor.goto("/knowledge/")
    visitor.goto(f'/knowledge/?q="{PHRASE}"')
    expect(visitor.get_by_role("link", name=TITLE)).to_have_count(0)

    sign_in(curator, people.curator, then="/admin/")
    decide(curator, TITLE, "Approve")
    publication.refresh_from_db()
    assert publication.state == "published"

    hub.eventually(lambda: len(mails_to(hub, people.manager)) == 1)
    [mail] = mails_to(hub, people.manager)
    assert TITLE in str(mail["Subject"])
    address = Resource.objects.get().get_absolute_url()
    link = re.search(r"http://\S+", text_of(mail))
    assert link, text_of(mail)
    author.goto(link[0])
    expect(author).to_have_url(re.compile(re.escape(address) + "$"))
    expect(author.get_by_role("heading", level=1, name=TITLE)).to_be_visible()

    author.goto("/dashboard/")
    author.get_by_role("link", name="1 unread notification").click()
    author.get_by_role("main").get_by_role("link", name=re.compile(re.escape(TITLE))).first.click()
    expect(author).to_have_url(re.compile(re.escape(address) + "$"))

    visitor.goto(f'/knowledge/?q="{PHRASE}"')
    visitor.get_by_role("main").get_by_role("link", name=TITLE).click()
    expect(visitor.get_by_role("heading", level=1, name=TITLE)).to_be_visible()
    with visitor.expect_download() as download:
        visitor.get_by_role("link", name=re.compile("Download")).first.click()
    assert download.value.suggested_filename == "counting.pdf"
    assert Path(download.value.path()).read_bytes() == pdf.read_bytes()


def test_changes_asked_for_made_and_submitted_again(
    hub: Hub, people: People, pdf: Path, new_page: NewPage
) -> None:
    author, curator = new_page(), new_page()
    sign_in(author, people.manager)
    publication = contribute(author, pdf)
    sign_in(curator, people.curator, then="/admin/")
    decide(curator, TITLE, "Ask for changes", REASON)

    hub.eventually(lambda: len(mails_to(hub, people.manager)) == 1)
    assert REASON in text_of(mails_to(hub, people.manager)[0])
    author.goto("/contributions/")
    expect(author.get_by_role("main")).to_contain_text(REASON)
    author.goto("/dashboard/")
    expect(author.get_by_role("main")).to_contain_text(TITLE)
    author.goto(Resource.objects.get().get_absolute_url())
    author.get_by_role("main").get_by_role("link", name="Edit", exact=True).click()
    expect(author.get_by_role("main")).to_contain_text(REASON)
    expect(author.get_by_role("main")).to_contain_text("counting.pdf")
    author.get_by_label("Summary").fill("The figures are of 2019 to 2023.")
    author.get_by_role("button", name="Submit for review").click()
    expect(author.get_by_text("Submitted. A curator will look at it")).to_be_visible()
    publication.refresh_from_db()
    assert publication.state == "submitted"
    assert Resource.objects.get().file == StoredFile.objects.get()

    decide(curator, TITLE, "Start review")
    decide(curator, TITLE, "Approve")
    hub.eventually(lambda: len(mails_to(hub, people.manager)) == 2)


def test_upload_and_submit_without_javascript(people: People, pdf: Path, new_page: NewPage) -> None:
    author = new_page(java_script_enabled=False)
    sign_in(author, people.manager)
    author.goto("/knowledge/new/")
    fill(author, pdf, title="")
    author.get_by_role("button", name="Submit for review").click()
    expect(author.get_by_role("alert")).to_contain_text("Give the resource a title.")
    expect(author.get_by_text("Kept: counting.pdf")).to_be_visible()
    author.get_by_label("Title").fill(TITLE)
    author.get_by_role("button", name="Submit for review").click()

    expect(author.get_by_text("Submitted. A curator will look at it")).to_be_visible()
    resource = Resource.objects.get()
    assert resource.publication.state == "submitted"
    assert resource.file is not None
    assert resource.file.sha256 == sha256(pdf.read_bytes()).hexdigest()


def test_file_that_is_not_what_its_name_says_is_refused_beside_the_field(
    people: People, tmp_path: Path, new_page: NewPage
) -> None:
    """Through the script that sends with a progress bar: its answer replaces the page."""
    false = tmp_path / "report.pdf"
    false.write_bytes(b"<html><script>alert(1)</script></html>")
    author = new_page()
    sign_in(author, people.manager)
    author.goto("/knowledge/new/")
    fill(author, false)
    author.get_by_role("button", name="Submit for review").click()

    expect(author.locator("#error-summary")).to_be_focused()
    expect(author.get_by_label("Title")).to_have_value(TITLE)
    expect(author.locator("#id_file_error")).to_be_visible()
    assert not StoredFile.objects.exists()


def test_keyboard_alone_reaches_everything_in_the_header(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/")
    seen = []
    for _press in range(40):
        page.keyboard.press("Tab")
        page.wait_for_timeout(250)  # the skip link slides in
        at = focused(page)
        assert at["shown"], at
        assert at["inside"], at
        seen.append(at["name"])
        if at["name"] == "Join":
            break

    assert seen[0] == "Skip to the content"
    assert "Search the whole hub" in seen
    assert "Sign in" in seen


def test_skip_link_leads_past_the_header(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    assert page.evaluate("() => document.querySelector('main').contains(document.activeElement)")


def test_sign_in_and_search_by_keyboard_alone(people: People, new_page: NewPage) -> None:
    page = new_page()
    page.goto("/accounts/login/")
    page.get_by_label("E-mail address").focus()
    page.keyboard.type(people.manager.email)
    while focused(page)["type"] != "password":
        page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/dashboard/$"))
    page.goto("/")
    page.locator("#header-q").focus()
    page.keyboard.type("wood & <b>")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/search/\?q=wood"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
