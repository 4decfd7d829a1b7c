"""A whole exchange, each person in a browser of their own, by the buttons that their pages show.

Only time is moved from outside: what beat does is done by its own function, on a later day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from apps.accounts.models import User
from apps.exchanges import due
from apps.exchanges.enums import ApplicationState
from apps.exchanges.models import Application, Offer, Officer, Programme
from tests.e2e.conftest import NewPage
from tests.factories.exchanges import FIRST_DAY, ProgrammeFactory, authority, member_of
from tests.factories.knowledge import language
from tests.factories.organisations import OrganisationFactory
from tests.factories.reviews import CriteriaSetFactory
from tests.factories.taxonomy import CountryFactory, TopicFactory

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
A = ApplicationState
TITLE = "How we count what members gain"
GOALS = "We want to see how your figures come about."
CHANGED = "We ask our members once a year, and look at the answers together."
REASON = "Both sides gain from it."
LAST_DAY = FIRST_DAY + timedelta(days=4)
MOST_INTERACTIONS = 12  # from "apply" to "submitted", with a prepared profile


@dataclass(frozen=True)
class Cast:
    """A programme with its officer, and people who could meet in it."""

    programme: Programme
    host: User
    guest: User
    officer: User
    reviewers: list[User]


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast(track="full", criteria=CriteriaSetFactory.create())


def make_cast(**programme: Any) -> Cast:
    """The guest reads German."""
    for code in ("en", "de"):
        language(code)
    TopicFactory.create(code="indicators", name="Indicators")
    made = ProgrammeFactory.create(name="Learning from neighbours", **programme)
    officer = member_of(made.organisation, role="member", name="Olga Officer")
    Officer.objects.create(programme=made, user=officer)
    here, there = CountryFactory.create(code="AT"), CountryFactory.create(code="ES")
    guest = member_of(
        OrganisationFactory.create(name="Levante Water Cluster", country=there), name="Gero Guest"
    )
    User.objects.filter(pk=guest.pk).update(language="de")
    return Cast(
        programme=made,
        host=member_of(
            OrganisationFactory.create(name="Alpine Timber Cluster", country=here), name="Hanna Host"
        ),
        guest=guest,
        officer=officer,
        reviewers=[
            member_of(authority(country=there), role="member", name=name)
            for name in ("Rita Reviewer", "Rolf Reviewer")
        ],
    )


class Counting:
    """A person who clicks, types and chooses on a page, and how often they did."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def click(self, at: Locator) -> None:
        self.count += 1
        at.click()

    def fill(self, label: str, text: str) -> None:
        self.count += 1
        self.page.get_by_label(label).fill(text)


# --- What people do -----------------------------------------------------------------------------------
def main_of(page: Page) -> Locator:
    return page.get_by_role("main")


def press(page: Page, name: str) -> None:
    main_of(page).get_by_role("button", name=name, exact=True).click()


def follow(page: Page, name: str) -> None:
    main_of(page).get_by_role("link", name=name, exact=True).click()


def unfold(page: Page, name: str) -> Locator:
    """Open the form that hides behind a button, and give it back."""
    found = main_of(page).locator("details").filter(has=page.locator("summary", has_text=name))
    found.locator("summary").click()
    return found


def expect_said(page: Page, text: str) -> None:
    expect(page.locator(".hub-messages")).to_contain_text(text)


def open_case(page: Page) -> None:
    """From the dashboard, where it waits for this person."""
    page.goto("/dashboard/")
    main_of(page).locator(".hub-todo").filter(has_text=TITLE).get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1, name=TITLE)).to_be_visible()
    expect(page.get_by_text("Waits for you.")).to_be_visible()


def run_beat(day: date) -> dict[str, int]:
    """At noon of that day."""
    return due.run_all(timezone.make_aware(datetime.combine(day, time(12))))


def state() -> str:
    return Application.objects.get().state


# --- Parts of the way ---------------------------------------------------------------------------------
def offer_a_stay(host: Page) -> str:
    """From the catalogue to a submitted offer; returns its address."""
    host.goto("/exchanges/")
    main_of(host).get_by_role("link", name="Offer a stay").first.click()
    host.get_by_label("Title").fill(TITLE)
    host.get_by_label("Theme").select_option(label="Indicators")
    host.get_by_label("What will a guest learn?").fill("How a team of two counts.")
    host.get_by_label("What do you hope to learn?").fill("How others do it.")
    host.get_by_label("Sketch of an agenda").fill("Three days, three visits.")
    host.get_by_label("From").first.fill((FIRST_DAY - timedelta(days=10)).isoformat())
    host.get_by_label("Until").first.fill((FIRST_DAY + timedelta(days=20)).isoformat())
    host.get_by_role("checkbox", name="English").check()
    press(host, "Submit")
    expect_said(host, "Submitted.")
    return str(Offer.objects.get().get_absolute_url())


def open_the_offer(officer: Page) -> None:
    officer.goto("/dashboard/")
    main_of(officer).locator(".hub-todo").filter(has_text=TITLE).get_by_role("link").first.click()
    press(officer, "Open it")
    expect_said(officer, "The offer stands in the catalogue now.")


def apply(guest: Page) -> int:
    """From the catalogue; returns the interactions from pressing "apply" to "submitted"."""
    guest.goto("/exchanges/")
    main_of(guest).get_by_role("link", name=TITLE).click()
    does = Counting(guest)
    does.click(main_of(guest).get_by_role("link", name="Apply for this stay"))
    does.click(main_of(guest).get_by_role("button", name="Begin the application"))
    does.fill("First day", FIRST_DAY.isoformat())
    does.fill("Last day", LAST_DAY.isoformat())
    does.fill("What you want to learn", GOALS)
    does.fill("What the host gains", "We bring our own figures.")
    does.fill("How you will use it at home", "We will count the same way.")
    does.fill("Agenda", "Day one: figures. Day two: members.")
    does.click(
        guest.get_by_role("group", name=re.compile("Will managers and policy makers meet")).get_by_label(
            "Yes"
        )
    )
    does.click(main_of(guest).get_by_role("button", name="Submit to the host"))
    expect_said(guest, "Submitted. The host is told")
    return does.count


def accept(host: Page) -> None:
    open_case(host)
    expect(main_of(host)).to_contain_text(GOALS)
    press(host, "Accept this guest")
    expect_said(host, "Accepted.")


def invite(officer: Page, reviewers: list[User]) -> None:
    open_case(officer)
    press(officer, "Start the review")
    expect_said(officer, "The review has begun")
    expect(main_of(officer)).to_contain_text(f"Ask {len(reviewers)} more people for a review.")
    for reviewer in reviewers:
        officer.get_by_role("searchbox", name="Name of a person or an authority").fill(reviewer.name)
        officer.get_by_role("searchbox", name="Name of a person or an authority").press("Enter")
        found = officer.get_by_role("list", name="People found").get_by_role("listitem")
        found.filter(has_text=reviewer.name).get_by_role("button").click()
        expect_said(officer, f"{reviewer.name} is asked for a review.")


def declare(reviewer: Page) -> None:
    """Before that, nothing of what the guest wrote is on the page."""
    reviewer.goto("/dashboard/")
    main_of(reviewer).locator(".hub-todo").get_by_role("link").first.click()
    expect(main_of(reviewer)).to_contain_text("Levante Water Cluster")
    expect(main_of(reviewer)).not_to_contain_text(GOALS)
    assert GOALS not in reviewer.content()
    press(reviewer, "I have no conflict of interest: show me the case")
    expect(main_of(reviewer)).to_contain_text(GOALS)


def score(reviewer: Page, reason: str) -> None:
    for name in ("Relevance", "Benefit"):
        reviewer.get_by_label(f"Points for {name}").select_option("4.0")
        reviewer.get_by_label(f"Reason for {name}").fill(reason)
    reviewer.get_by_label("Your recommendation").select_option(label="Support")
    press(reviewer, "Hand in")
    expect_said(reviewer, "Your review is handed in.")


def decide_in_the_table(officer: Page, programme: Programme) -> None:
    officer.goto(programme.get_absolute_url())
    follow(officer, "Applications")
    row = officer.get_by_role("row").filter(has_text="Levante Water Cluster")
    expect(row).to_contain_text("2/2")
    expect(row).to_contain_text("80.0")
    row.get_by_role("checkbox").check()
    officer.get_by_role("group", name="Decide on those that are ticked").get_by_label("Approved").check()
    officer.get_by_label("Reason").fill(REASON)
    press(officer, "Decide")
    expect_said(officer, "1 case is decided")


def html_of(mail: EmailMessage) -> str:
    assert isinstance(mail, EmailMultiAlternatives)
    [(content, _kind)] = mail.alternatives
    return str(content)


def sign(page: Page, side: str) -> None:
    open_case(page)
    follow(page, "Read and sign")
    expect(main_of(page)).to_contain_text("Levante Water Cluster")
    press(page, f"Sign for: {side}")
    expect_said(page, "You have signed.")


def stay_takes_place() -> None:
    assert run_beat(FIRST_DAY - timedelta(days=1))["started"] == 0
    assert run_beat(FIRST_DAY)["started"] == 1
    assert run_beat(LAST_DAY)["completed"] == 0
    assert run_beat(LAST_DAY + timedelta(days=1))["completed"] == 1


def add_evidence(guest: Page, file: Path) -> None:
    open_case(guest)
    follow(guest, "Add evidence")
    guest.get_by_label("What does it show?").select_option("travel")
    guest.locator("input[type=file]").set_input_files(file)
    press(guest, "Add this file")
    expect_said(guest, "The file is added.")
    expect(main_of(guest).get_by_role("link", name=file.name)).to_be_visible()


def report(page: Page, learned: str) -> None:
    open_case(page)
    follow(page, "Write your report")
    page.get_by_label("What was learned").fill(learned)
    page.get_by_label("What will change").fill("We count once a year.")
    page.get_by_role("group", name=re.compile("Would you do it again")).get_by_label("Yes").check()
    press(page, "Hand in")
    expect_said(page, "Your report is handed in.")


def validate(officer: Page, file: Path) -> None:
    open_case(officer)
    for words in ("We learned to ask.", "We learned to listen.", file.name):
        expect(main_of(officer)).to_contain_text(words)
    with officer.expect_download() as download:
        main_of(officer).get_by_role("link", name=file.name).click()
    assert Path(download.value.path()).read_bytes() == file.read_bytes()
    press(officer, "Validate the exchange")
    expect_said(officer, "Validated.")


def pay(officer: Page) -> None:
    form = unfold(officer, "Record the payment")
    form.get_by_label("Reference of the transfer").fill("T-2041")
    form.get_by_label("Paid on").fill(timezone.localdate().isoformat())
    form.get_by_role("button", name="Record the payment").click()
    expect_said(officer, "The payment is noted")
    expect(main_of(officer)).to_contain_text("T-2041")


def close(officer: Page) -> None:
    press(officer, "Close the case")
    expect_said(officer, "The case is closed.")


def say_what_changed(page: Page, text: str) -> None:
    open_case(page)
    follow(page, "Say what did change")
    page.get_by_label("What did change?").fill(text)
    page.get_by_label("This may be shown to everybody").check()
    press(page, "Send the answer")
    expect_said(page, "Thank you.")


def approve_what_changed(officer: Page, visitor: Page) -> None:
    """It shows to everybody from then on, counted by theme; the officer can take it to the knowledge repository."""
    follow(visitor, "What exchanges changed")
    expect(main_of(visitor)).not_to_contain_text(CHANGED)
    open_case(officer)
    press(officer, "Approve the guest's answer")
    expect_said(officer, "among the learnings")
    visitor.reload()
    expect(main_of(visitor)).to_contain_text(CHANGED)
    follow(visitor, "Indicators (1)")
    expect(main_of(visitor)).to_contain_text("Levante Water Cluster")
    expect(main_of(visitor).get_by_role("link", name="Publish it")).to_have_count(0)
    officer.goto(visitor.url)
    main_of(officer).get_by_role("link", name="Publish it in the knowledge repository").click()
    expect(officer.get_by_label("Title")).to_have_value(
        "What exchanges of “Learning from neighbours” changed"
    )


# --- The whole way ------------------------------------------------------------------------------------
def test_full_track_from_a_hosts_theme_to_what_changed(
    cast: Cast, open_page: NewPage, pdf: Path, mailoutbox: list[EmailMessage], settings: Any
) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    host, guest, officer = (
        open_page("/exchanges/", as_=person) for person in (cast.host, cast.guest, cast.officer)
    )
    first, second = (open_page("/reviews/", as_=person) for person in cast.reviewers)

    offer_a_stay(host)
    open_the_offer(officer)
    assert apply(guest) <= MOST_INTERACTIONS
    accept(host)

    invite(officer, cast.reviewers)
    declare(first)
    declare(second)
    score(first, "Rita finds it good.")
    second.reload()
    expect(main_of(second)).not_to_contain_text("Rita finds it good.")
    score(second, "Rolf finds it good as well.")
    expect(main_of(second)).to_contain_text("Rita finds it good.")
    first.reload()
    expect(main_of(first)).to_contain_text("Rolf finds it good as well.")

    decide_in_the_table(officer, cast.programme)
    [letter] = [mail for mail in mailoutbox if mail.to == [cast.guest.email] and "A decision" in mail.subject]
    assert '<html lang="de"' in html_of(letter)
    assert REASON in str(letter.body)

    open_case(guest)
    press(guest, "Make the agreement")
    for page, side in ((guest, "Guest"), (host, "Host"), (officer, "Officer of the programme")):
        assert state() == A.AGREEMENT_PENDING
        sign(page, side)
    assert state() == A.SIGNED

    stay_takes_place()
    add_evidence(guest, pdf)
    report(guest, "We learned to ask.")
    assert state() == A.COMPLETED
    report(host, "We learned to listen.")
    validate(officer, pdf)
    pay(officer)
    close(officer)
    assert state() == A.CLOSED

    assert run_beat(LAST_DAY + timedelta(days=100))["asked"] == 0
    assert run_beat(LAST_DAY + due.FOLLOW_UP_AFTER)["asked"] == 1
    say_what_changed(guest, CHANGED)
    approve_what_changed(officer, open_page(cast.programme.get_absolute_url()))


def test_light_track_needs_host_guest_and_one_press_of_an_officer(
    db: None, open_page: NewPage, pdf: Path
) -> None:
    """Nobody scores it, and nothing is paid."""
    cast = make_cast(track="light", funding="none", ceiling=None, criteria=None)
    host, guest, officer = (
        open_page("/exchanges/", as_=person) for person in (cast.host, cast.guest, cast.officer)
    )
    address = offer_a_stay(host)
    open_the_offer(officer)
    guest.goto(address)
    guest.get_by_label("Your question").fill("Do you meet policy makers?")
    press(guest, "Ask the host")
    host.goto(address)
    expect(main_of(host)).to_contain_text("Do you meet policy makers?")
    host.get_by_label("Your question or answer").fill("Every Thursday.")
    press(host, "Answer")
    guest.reload()
    expect(main_of(guest)).to_contain_text("Every Thursday.")

    assert apply(guest) <= MOST_INTERACTIONS
    accept(host)
    open_case(officer)
    form = unfold(officer, "Decide")
    form.get_by_label("Approved").check()
    form.get_by_role("button", name="Decide").click()
    expect_said(officer, "Decided.")
    open_case(host)
    press(host, "Make the agreement")
    for page, side in ((officer, "Officer of the programme"), (host, "Host"), (guest, "Guest")):
        sign(page, side)
    stay_takes_place()
    report(host, "We learned to listen.")
    add_evidence(guest, pdf)
    report(guest, "We learned to ask.")
    validate(officer, pdf)
    close(officer)
    assert state() == A.CLOSED
