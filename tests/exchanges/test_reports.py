"""After the stay: reports, evidence, payment, and what did change; and what a person's own data are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.core.mail import get_connection
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.personal_data import erasure_obstacles, export_of
from apps.accounts.services import erase_person
from apps.audit.models import Entry
from apps.core.exceptions import HubError, RuleBrokenError, StepNotAllowedError
from apps.exchanges import casework, days, due, queries
from apps.exchanges.days import today
from apps.exchanges.enums import ApplicationState, Side
from apps.exchanges.models import Evidence, FollowUp, Officer, Payment, Programme, Report
from apps.exchanges.services import after
from apps.files.registry import unreferenced
from apps.knowledge.models import Resource
from apps.notifications.rendering import mail_for
from apps.organisations.models import Organisation
from tests.exchanges.test_cases import people
from tests.factories.accounts import UserFactory
from tests.factories.exchanges import Case, OfferFactory, member_of
from tests.factories.files import StoredFileFactory, make_upload
from tests.factories.taxonomy import TopicFactory

pytestmark = pytest.mark.django_db
A = ApplicationState
WRITTEN = {"learned": "Much", "change": "We count", "contacts": "The team", "would_again": "yes"}


def address(case: Case, name: str, *args: Any) -> str:
    return reverse(f"exchanges:{name}", args=[case.pk, *args])


def asked(case: Case) -> Case:
    after.ask_what_changed(application_id=case.to(A.CLOSED).pk)
    return case


def put_up(case: Case, side: Side) -> None:
    text = case.application.follow_ups.get(side=side).what_changed
    after.approve_learning(application_id=case.pk, side=side, text_hash=after.hash_of(text), by=case.officer)


def learned(case: Case, side: Side, text: str, *, may_publish: bool = True, approve: bool = True) -> None:
    person = case.guest if side == Side.GUEST else case.host
    after.answer_follow_up(
        application_id=case.pk, side=side, what_changed=text, may_publish=may_publish, by=person
    )
    if approve:
        put_up(case, side)


def press(client: Client, case: Case, name: str, **data: str) -> Any:
    """The button of the page, with what its form holds unseen."""
    page = client.get(address(case, "application-detail")).content.decode()
    url = address(case, "application-step", name)
    form = page.partition(f'action="{url}"')[2].partition("</form>")[0]
    assert form, f"there is no button {name}"
    if 'name="text_hash"' in form:
        data = {"text_hash": form.partition('name="text_hash" value="')[2].partition('"')[0], **data}
    return client.post(url, data, follow=True)


# --- Reports ----------------------------------------------------------------------------------------
def test_both_sides_hand_in_and_the_officer_is_called(client: Client) -> None:
    case = Case().to(A.COMPLETED)
    client.force_login(case.guest)
    assert (
        client.post(address(case, "report"), {**WRITTEN, "action": "submit"}).status_code == 422
    )  # no evidence
    client.post(address(case, "evidence"), {"kind": "travel", "file": make_upload()})
    client.post(address(case, "report"), {**WRITTEN, "action": "submit"})
    client.force_login(case.host)
    client.post(address(case, "report"), {**WRITTEN, "action": "submit"})

    assert case.fresh().state == A.REPORTS_SUBMITTED
    assert case.officer.notifications.filter(kind="reports_submitted").count() == 1


def test_draft_of_a_report_is_kept_and_seen_by_its_own_side_alone(client: Client) -> None:
    case = Case().to(A.COMPLETED)
    client.force_login(case.host)
    client.post(address(case, "report"), {"learned": "Half a thought"})
    assert "Half a thought" in client.get(address(case, "report")).content.decode()
    assert "Half a thought" in client.get(address(case, "application-detail")).content.decode()
    for person in (case.guest, case.officer):
        client.force_login(person)
        assert "Half a thought" not in client.get(address(case, "application-detail")).content.decode()


def test_what_is_missing_in_a_report_is_named_and_nothing_is_lost(client: Client) -> None:
    case = Case().to(A.COMPLETED)
    client.force_login(case.host)
    answer = client.post(address(case, "report"), {"learned": "Kept", "action": "submit"})
    text = answer.content.decode()

    assert answer.status_code == 422
    assert "Kept" in text
    assert "#id_change" in text
    assert "#id_would_again_0" in text
    assert case.application.reports.get().submitted_at is None
    assert client.post(address(case, "report"), {"learned": "x" * 5000}).status_code == 422


def test_report_that_was_handed_in_is_no_longer_written(client: Client) -> None:
    case = Case().to(A.COMPLETED)
    client.force_login(case.host)
    client.post(address(case, "report"), {**WRITTEN, "action": "submit"})
    client.post(address(case, "report"), {**WRITTEN, "learned": "Other", "action": "submit"})

    assert case.application.reports.get(side="host").learned == "Much"


def test_officer_asks_one_side_for_more_and_reads_it_again(client: Client) -> None:
    case = Case().to(A.REPORTS_SUBMITTED)
    client.force_login(case.officer)
    client.post(address(case, "application-step", "return"), {"side": "host", "reason": "Which figures?"})
    client.force_login(case.host)
    assert "Which figures?" in client.get(address(case, "report")).content.decode()
    client.post(address(case, "report"), {**WRITTEN, "action": "submit"})

    assert case.fresh().state == A.REPORTS_SUBMITTED


# --- Evidence ---------------------------------------------------------------------------------------
def test_evidence_is_checked_by_its_content(client: Client) -> None:
    case = Case().to(A.IN_PROGRESS)
    client.force_login(case.guest)
    for data in (
        {"kind": "travel", "file": make_upload(b"MZ\x90\x00 not a picture", "ticket.pdf")},
        {"kind": "travel"},
        {"kind": "nonsense", "file": make_upload()},
    ):
        answer = client.post(address(case, "evidence"), data)
        assert answer.status_code == 422
        assert "error-summary" in answer.content.decode()
    assert not Evidence.objects.exists()


@pytest.mark.parametrize("state", [A.SUBMITTED, A.SIGNED, A.REPORTS_SUBMITTED, A.CLOSED])
def test_evidence_is_taken_during_and_after_the_stay_only(client: Client, state: ApplicationState) -> None:
    case = Case().to(state)
    before = Evidence.objects.count()
    client.force_login(case.guest)
    client.post(address(case, "evidence"), {"kind": "travel", "file": make_upload()})

    assert Evidence.objects.count() == before


def test_evidence_is_given_to_the_parties_and_officers_alone(client: Client) -> None:
    case, other = Case().to(A.REPORTS_SUBMITTED), Case().to(A.REPORTS_SUBMITTED)
    evidence, foreign = case.application.evidence.get(), other.application.evidence.get()
    for name, person in people(case).items():
        client.logout()
        if person:
            client.force_login(person)
        expected = {"guest": 200, "host": 200, "officer": 200, "nobody": 302, "inactive guest": 302}
        status = client.head(address(case, "evidence-file", evidence.pk)).status_code
        assert status == expected.get(name, 404), name
        assert client.head(address(case, "evidence-file", foreign.pk)).status_code in {302, 404}, name


def test_file_that_is_sent_twice_is_evidence_once_and_of_one_exchange() -> None:
    case, other = Case(track="light").to(A.COMPLETED), Case(track="light").to(A.IN_PROGRESS)
    file = StoredFileFactory.create()
    before = case.application.evidence.count()
    first, again = (
        after.add_evidence(application_id=case.pk, kind="travel", file=file, by=case.guest) for _ in range(2)
    )
    assert first == again
    assert case.application.evidence.count() == before + 1
    with pytest.raises(RuleBrokenError, match="another exchange"):
        after.add_evidence(application_id=other.pk, kind="travel", file=file, by=other.guest)


def test_evidence_that_was_uploaded_is_served_as_a_download(client: Client) -> None:
    case = Case().to(A.IN_PROGRESS)
    client.force_login(case.guest)
    client.post(address(case, "evidence"), {"kind": "travel", "file": make_upload()})
    evidence = Evidence.objects.get()
    client.force_login(case.officer)
    answer: Any = client.get(address(case, "evidence-file", evidence.pk))

    assert answer.status_code == 200
    assert b"".join(answer).startswith(b"%PDF")
    assert answer["Content-Disposition"].startswith("attachment")
    assert "private" in answer["Cache-Control"]
    assert not unreferenced().filter(pk=evidence.file_id).exists()
    for person in (case.reviewers[0], member_of(case.offer.host, role="member")):
        client.force_login(person)
        assert client.get(address(case, "evidence-file", evidence.pk)).status_code == 404


@pytest.mark.parametrize("page", ["report", "evidence", "follow-up"])
def test_only_the_two_sides_write(client: Client, page: str) -> None:
    case = Case().to(A.COMPLETED)
    expected = {
        "guest": {200, 302, 422},
        "host": {200, 302, 403, 422},
        "officer": {403},
        "nobody": {302},
        "inactive guest": {302},
    }
    for name, person in people(case).items():
        client.logout()
        if person:
            client.force_login(person)
        for send in (client.get, client.post):
            assert send(address(case, page)).status_code in expected.get(name, {404}), (name, page)


# --- Payment ----------------------------------------------------------------------------------------
def test_payment_needs_a_reference_and_a_day_that_has_come(client: Client) -> None:
    case = Case().to(A.VALIDATED)
    client.force_login(case.officer)
    pay = address(case, "application-step", "pay")
    page = client.get(address(case, "application-detail")).content.decode()
    assert f"Of the transfer of €780.00 to {case.application.guest}" in page
    tomorrow, yesterday = today() + timedelta(days=1), today() - timedelta(days=1)
    for data, said in (
        ({"reference": "", "paid_on": today().isoformat()}, "This field is required"),
        ({"reference": "T", "paid_on": tomorrow.isoformat()}, "This day is still to come."),
        ({"reference": "T", "paid_on": yesterday.isoformat()}, "nothing is paid before that."),
        ({"reference": "T", "paid_on": "1999-01-01"}, "between the years 2000 and 2100"),
        ({}, "This field is required"),
    ):
        answer = client.post(pay, data)
        assert answer.status_code == 422
        assert said in answer.content.decode(), data
    for day in (tomorrow, yesterday):
        with pytest.raises(RuleBrokenError):
            after.record_payment(application_id=case.pk, reference="T", paid_on=day, by=case.officer)
    assert "/close/" not in client.get(address(case, "application-detail")).content.decode()
    client.post(pay, {"reference": "T-1", "paid_on": today().isoformat()})
    client.post(pay, {"reference": "T-2", "paid_on": today().isoformat()})

    assert case.fresh().payment.reference == "T-1"


def test_database_holds_no_payment_before_the_validation() -> None:
    case = Case().to(A.VALIDATED)
    with pytest.raises(IntegrityError, match="before the day of the validation"), transaction.atomic():
        Payment.objects.create(
            application=case.application, amount=780, currency="EUR", reference="T", recorded_by=case.officer,
            paid_on=today() - timedelta(days=2),
        )  # fmt: skip


@pytest.mark.parametrize("side", ["guest", "host"])
def test_step_of_others_that_was_typed_as_an_address_leads_back(client: Client, side: str) -> None:
    case = Case().to(A.SUBMITTED) if side == "host" else Case()
    client.force_login(getattr(case, side))
    assert client.get(address(case, "application-step", "pay")).status_code == 302


# --- What did change --------------------------------------------------------------------------------
def test_answer_goes_to_the_officer_and_then_to_everybody(client: Client) -> None:
    case = asked(Case())
    client.force_login(case.guest)
    assert client.post(address(case, "follow-up"), {"what_changed": " "}).status_code == 422
    client.post(address(case, "follow-up"), {"what_changed": "We count now", "may_publish": "on"})
    page = reverse("exchanges:learnings", args=[case.programme.slug])
    before = client.get(page).content.decode()
    assert "We count now" not in before
    assert "Half a year after each stay" not in before
    client.force_login(case.officer)
    press(client, case, "approve-guest")
    client.logout()
    text = client.get(page).content.decode()

    assert "We count now" in text
    assert "Half a year after each stay" in text
    assert case.guest.name not in text
    client.force_login(case.guest)
    client.post(address(case, "follow-up"), {"what_changed": "Something else"})
    assert FollowUp.objects.get(side="guest").what_changed == "We count now"


def test_text_that_changed_under_the_officers_eyes_is_not_published(client: Client) -> None:
    case = asked(Case(track="light"))
    learned(case, Side.GUEST, "READ BY THE OFFICER", approve=False)
    client.force_login(case.officer)
    page = client.get(address(case, "application-detail")).content.decode()
    seen = page.partition('name="text_hash" value="')[2].partition('"')[0]
    learned(case, Side.GUEST, "NEVER READ", approve=False)
    for text_hash in (seen, ""):
        press_with = {"text_hash": text_hash}
        answer = client.post(address(case, "application-step", "approve-guest"), press_with, follow=True)
        assert "changed since you opened the page" in answer.content.decode()
        assert "NEVER READ" in answer.content.decode()
    assert not FollowUp.objects.filter(approved_at__isnull=False).exists()

    press(client, case, "approve-guest")
    assert FollowUp.objects.get(side="guest").approved_at


def test_officer_takes_an_answer_down_and_its_side_hears_why(client: Client) -> None:
    case = asked(Case(track="light"))
    learned(case, Side.GUEST, "TOO FRANK")
    page = reverse("exchanges:learnings", args=[case.programme.slug])
    client.force_login(case.officer)
    step = address(case, "application-step", "take-down-guest")
    assert client.post(step, {"reason": ""}).status_code == 422
    press(client, case, "take-down-guest", reason="It names a person.")
    text = client.get(address(case, "application-detail")).content.decode()

    assert "TOO FRANK" not in client.get(page).content.decode()
    assert "Taken down" in text
    assert "Learning taken down" in text
    assert "approve-guest" not in text  # it waits for nobody until it is written anew
    assert case.guest.notifications.get(kind="learning_taken_down").context["reason"] == "It names a person."
    learned(case, Side.GUEST, "MILDER")
    assert "MILDER" in client.get(page).content.decode()


def test_side_that_no_longer_agrees_takes_its_answer_off_the_page(client: Client) -> None:
    case = asked(Case(track="light"))
    learned(case, Side.HOST, "WE REGRET")
    page = reverse("exchanges:learnings", args=[case.programme.slug])
    for person, step in ((case.guest, "withdraw-consent-host"), (case.officer, "withdraw-consent-host")):
        client.force_login(person)
        assert client.post(address(case, "application-step", step)).status_code == 403
    client.force_login(case.host)
    press(client, case, "withdraw-consent-host")

    assert "WE REGRET" not in client.get(page).content.decode()
    row = FollowUp.objects.get(side="host")
    assert (row.may_publish, row.approved_at, row.approved_by) == (False, None, None)
    assert Entry.objects.about(case.application).filter(action="consent withdrawn", by=case.host).count() == 1
    with pytest.raises(StepNotAllowedError):
        after.withdraw_consent(application_id=case.pk, side=Side.HOST, by=case.host)


@pytest.mark.parametrize("name", ["approve", "take down", "withdraw consent"])
def test_everybody_else_may_neither_publish_nor_take_down(name: str) -> None:
    case = asked(Case(track="light"))
    learned(case, Side.GUEST, "TEXT", approve=name != "approve")
    may = {"approve": "officer", "take down": "officer", "withdraw consent": "guest"}[name]
    for role, person in people(case).items():
        if person is None or role == may:
            continue
        with pytest.raises(HubError):
            _press_service(name, case, person)
        assert FollowUp.objects.filter(approved_at__isnull=False).exists() == (name != "approve"), role


def _press_service(name: str, case: Case, person: User) -> None:
    values: dict[str, Any] = {"application_id": case.pk, "side": Side.GUEST, "by": person}
    if name == "approve":
        after.approve_learning(**values, text_hash=after.hash_of("TEXT"))
    elif name == "take down":
        after.take_down_learning(**values, reason="Because.")
    else:
        after.withdraw_consent(**values)


def test_learnings_hold_only_what_was_agreed_to_and_approved(client: Client) -> None:
    case = asked(Case())
    learned(case, Side.GUEST, "NOT AGREED", may_publish=False, approve=False)
    learned(case, Side.HOST, "NOT APPROVED", approve=False)
    page = reverse("exchanges:learnings", args=[case.programme.slug])
    text = client.get(page).content.decode()
    assert "NOT A" not in text

    put_up(case, Side.HOST)
    assert "NOT APPROVED" in client.get(page).content.decode()
    Organisation.objects.filter(pk=case.offer.host_id).update(is_active=False)
    assert "NOT APPROVED" not in client.get(page).content.decode()
    Programme.objects.filter(pk=case.programme.pk).update(state="draft")
    assert client.get(page).status_code == 404


def test_learnings_are_counted_by_theme(client: Client, django_assert_max_num_queries: Any) -> None:
    first = asked(Case())
    learned(first, Side.GUEST, "FIRST ONE")
    learned(first, Side.HOST, "FIRST TWO")
    theme = TopicFactory.create(code="finance", name="Finance")
    second = asked(Case(offer=OfferFactory.create(programme=first.programme, theme=theme)))
    learned(second, Side.HOST, "SECOND")
    page = reverse("exchanges:learnings", args=[first.programme.slug])
    with django_assert_max_num_queries(6):
        text = client.get(page).content.decode()

    assert "Finance (1)" in text
    assert "(3)" in text
    filtered = client.get(page, {"theme": "finance"}).content.decode()
    assert "SECOND" in filtered
    assert "FIRST" not in filtered
    assert client.get(page, {"theme": "nonsense"}).status_code == 404


def test_officer_takes_learnings_to_the_knowledge_repository(client: Client) -> None:
    case = asked(Case())
    learned(case, Side.GUEST, "We count now")
    page = reverse("exchanges:learnings", args=[case.programme.slug])
    label = "Publish it in the knowledge repository"
    for person in (case.guest, UserFactory.create()):
        client.force_login(person)
        assert label not in client.get(page).content.decode()
    client.force_login(case.officer)
    link = client.get(page).context["publish_url"]
    form = client.get(link).context["form"]

    assert label in client.get(page).content.decode()
    assert form["title"].value() == f"What exchanges of “{case.programme.name}” changed"
    assert form["resource_type"].value() == "evaluation_summary"
    assert f"{case.offer.theme.name}: 1" in form["summary"].value()
    assert form["link"].value() == f"http://testserver{page}"
    assert form["topics"].value() == [case.offer.theme.pk]
    assert not Resource.objects.exists()


# --- Personal data ----------------------------------------------------------------------------------
def test_export_holds_what_a_person_wrote_and_nothing_of_others() -> None:
    case = asked(Case(goals="MY GOALS"))
    learned(case, Side.GUEST, "MY CHANGE")
    mine, theirs = export_of(case.guest)["exchanges"], export_of(case.host)["exchanges"]

    assert mine["applications"][0]["goals"] == "MY GOALS"
    assert mine["follow_ups"][0]["what_changed"] == "MY CHANGE"
    assert mine["signatures"][0]["name"] == "Gero Guest"
    assert theirs["applications"] == []
    assert "MY" not in str(theirs)


def test_erasure_ends_what_the_person_cannot_go_on_with() -> None:
    case = Case().to(A.SUBMITTED)
    erase_person(person_id=case.guest.pk, by=case.guest)

    assert case.fresh().state == A.WITHDRAWN
    assert case.host.notifications.filter(kind="application_withdrawn").count() == 1


def test_erasure_waits_for_a_signed_stay_and_for_another_officer() -> None:
    case = Case().to(A.SIGNED)
    member_of(case.application.guest)  # somebody else manages the guest

    assert any("stay" in text for text in erasure_obstacles(case.guest))
    assert any("officer" in text for text in erasure_obstacles(case.officer))
    second = member_of(case.programme.organisation, role="member")
    Officer.objects.create(programme=case.programme, user=second)
    assert erasure_obstacles(case.officer) == []
    erase_person(person_id=case.officer.pk, by=case.officer)
    assert list(case.programme.officers.values_list("user", flat=True)) == [second.pk]


# --- What was added by mistake, and what is said to one side alone --------------------------------------
def test_guest_takes_back_a_file_that_was_added_by_mistake(client: Client) -> None:
    case = Case().to(A.IN_PROGRESS)
    client.force_login(case.guest)
    client.post(address(case, "evidence"), {"kind": "travel", "file": make_upload()})
    evidence = Evidence.objects.get()
    remove = address(case, "evidence-remove", evidence.pk)
    for name, person in people(case).items():
        if name == "guest":
            continue
        client.logout()
        if person:
            client.force_login(person)
        expected = {"host": 403, "officer": 403, "nobody": 302, "inactive guest": 302}
        assert client.post(remove).status_code == expected.get(name, 404), name
    assert Evidence.objects.exists()
    client.force_login(case.guest)
    assert remove in client.get(address(case, "evidence")).content.decode()
    client.post(remove)

    assert not Evidence.objects.exists()
    assert unreferenced().filter(pk=evidence.file_id).exists()
    assert "Evidence removed" in client.get(address(case, "application-detail")).content.decode()
    assert client.post(remove).status_code == 404


def test_evidence_that_a_report_rests_on_stays(client: Client) -> None:
    case = Case().to(A.COMPLETED)
    client.force_login(case.guest)
    client.post(address(case, "evidence"), {"kind": "travel", "file": make_upload()})
    client.post(address(case, "report"), {**WRITTEN, "action": "submit"})
    remove = address(case, "evidence-remove", Evidence.objects.get().pk)
    assert "rests on this file" in client.post(remove, follow=True).content.decode()
    client.force_login(case.host)
    client.post(address(case, "report"), {**WRITTEN, "action": "submit"})
    client.force_login(case.guest)
    client.post(remove)

    assert case.fresh().state == A.REPORTS_SUBMITTED
    assert Evidence.objects.exists()


def test_what_is_asked_of_one_side_is_said_to_it_alone(client: Client) -> None:
    case = Case().to(A.REPORTS_SUBMITTED)
    after.return_reports(application_id=case.pk, side=Side.GUEST, by=case.officer, reason="Which tickets?")
    page = address(case, "application-detail")
    for person, told in ((case.guest, True), (case.officer, True), (case.host, False)):
        client.force_login(person)
        assert ("Which tickets?" in client.get(page).content.decode()) is told
    values = {"learned": "More.", "change": "We count."}
    after.submit_report(application_id=case.pk, side=Side.GUEST, values=values, by=case.guest)
    client.force_login(case.host)
    assert "Which tickets?" not in client.get(page).content.decode()


@pytest.mark.parametrize("end", ["silence", "closed without reports"])
def test_what_is_asked_of_one_side_is_mailed_to_it_alone(end: str) -> None:
    case = Case().to(A.REPORTS_SUBMITTED)
    after.return_reports(application_id=case.pk, side=Side.GUEST, by=case.officer, reason="Which tickets?")
    due_at = case.fresh().reports_due_at
    assert due_at
    with time_machine.travel(due_at + timedelta(hours=1), tick=False):
        due.run_all()
        if end != "silence":
            after.close_without_reports(application_id=case.pk, by=case.officer, reason="Nobody answers us.")
    assert "Which tickets?" in mailed(case.guest, "reports_returned")
    assert "Which tickets?" in mailed(case.guest, "report_due")
    last = case.application.ends_on
    assert last
    with time_machine.travel(days.end_of(last) + due.FOLLOW_UP_AFTER + timedelta(days=1), tick=False):
        due.run_all()

    for person in (case.guest, case.host):
        said = mailed(person, "follow_up_asked")
        assert "what did change since" in said
        assert "Reason" not in said
    assert "Which tickets?" not in mailed(case.host)


def mailed(person: User, *kinds: str) -> str:
    """All that this person was told, or was told of these kinds."""
    rows = person.notifications.filter(kind__in=kinds) if kinds else person.notifications.all()
    return "\n".join(f"{row.context} {mail_for(row, get_connection()).body}" for row in rows)


def test_why_an_answer_was_taken_down_is_said_to_its_side_alone(client: Client) -> None:
    case = asked(Case(track="light"))
    learned(case, Side.GUEST, "TOO FRANK")
    after.take_down_learning(
        application_id=case.pk, side=Side.GUEST, by=case.officer, reason="It names a person."
    )
    for person, told in ((case.guest, True), (case.officer, True), (case.host, False)):
        client.force_login(person)
        page = client.get(address(case, "application-detail")).content.decode()
        assert "Learning taken down" in page
        assert ("It names a person." in page) is told


# --- What was learned ---------------------------------------------------------------------------------
def test_report_is_published_once_it_is_validated_and_both_sides_agree(client: Client) -> None:
    page = "exchanges:learnings"
    case = Case().to(A.REPORTS_SUBMITTED)
    Report.objects.filter(side="guest").update(learned="Published once validated")
    url = reverse(page, args=[case.programme.slug])
    assert "Published once validated" not in client.get(url).content.decode()
    case.to(A.VALIDATED)
    text = client.get(url).content.decode()
    assert "Published once validated" in text
    assert case.guest.name not in text
    assert "Nothing to read yet" not in text
    Report.objects.filter(side="host").update(may_publish=False)

    assert "Published once validated" not in client.get(url).content.decode()


def validated() -> Case:
    case = Case(track="light").to(A.VALIDATED)
    for side in Side:
        Report.objects.filter(side=side).update(learned=f"LEARNED AS {side}")
    return case


def public_page(case: Case) -> str:
    return Client().get(reverse("exchanges:learnings", args=[case.programme.slug])).content.decode()


def test_side_that_no_longer_agrees_takes_both_reports_off_the_page(client: Client) -> None:
    case = validated()
    assert "LEARNED AS guest" in public_page(case)
    assert "LEARNED AS host" in public_page(case)
    for person in (case.host, case.officer):
        client.force_login(person)
        step = address(case, "application-step", "withdraw-report-guest")
        assert step not in client.get(address(case, "application-detail")).content.decode()
        assert client.post(step).status_code == 403
    client.force_login(case.guest)
    assert "Among the learnings" in client.get(address(case, "application-detail")).content.decode()
    answer = press(client, case, "withdraw-report-guest").content.decode()

    assert "LEARNED AS" not in public_page(case)
    assert "Agrees no more that the report is public" in answer
    assert "Not to be published" in answer
    assert "withdraw-report-guest" not in answer
    assert Entry.objects.about(case.application).filter(action="report consent withdrawn").count() == 1
    assert case.guest.notifications.filter(kind="learning_taken_down").count() == 0
    said = mailed(case.host, "learning_taken_down")
    assert f"{case.application.guest.name} does not agree any more" in said
    assert "An officer" not in said
    with pytest.raises(StepNotAllowedError):
        after.withdraw_report_consent(application_id=case.pk, side=Side.GUEST, by=case.guest)
    after.withdraw_report_consent(application_id=case.pk, side=Side.HOST, by=case.host)
    assert not case.guest.notifications.filter(kind="learning_taken_down").exists()


def test_officer_takes_a_report_down_and_its_side_hears_why(client: Client) -> None:
    case = validated()
    client.force_login(case.officer)
    step = address(case, "application-step", "take-down-report-host")
    assert client.post(step, {"reason": " "}).status_code == 422
    press(client, case, "take-down-report-host", reason="It names a person.")

    assert "LEARNED AS host" not in public_page(case)
    assert "LEARNED AS guest" in public_page(case)
    assert "It names a person." in mailed(case.host, "learning_taken_down")
    assert not case.guest.notifications.filter(kind="learning_taken_down").exists()
    for person, told in ((case.host, True), (case.officer, True), (case.guest, False)):
        client.force_login(person)
        page = client.get(address(case, "application-detail")).content.decode()
        assert "Report taken down" in page
        assert ("It names a person." in page) is told
        assert "take-down-report-host" not in page
    with pytest.raises(StepNotAllowedError):
        after.take_down_report(application_id=case.pk, side=Side.HOST, by=case.officer, reason="Again.")


def test_report_that_is_not_public_yet_cannot_be_taken_down_but_not_be_published_either() -> None:
    case = Case(track="light").to(A.REPORTS_SUBMITTED)
    with pytest.raises(StepNotAllowedError):
        after.take_down_report(application_id=case.pk, side=Side.HOST, by=case.officer, reason="Early.")
    after.withdraw_report_consent(application_id=case.pk, side=Side.HOST, by=case.host)
    case.to(A.VALIDATED)
    assert "What was learned" not in public_page(case)
    assert not case.guest.notifications.filter(kind="learning_taken_down").exists()


BY_ONE_ROLE: dict[str, Callable[..., object]] = {
    "officer": partial(after.take_down_report, reason="Because."),
    "guest": after.withdraw_report_consent,
}


@pytest.mark.parametrize("may", BY_ONE_ROLE)
def test_everybody_else_takes_no_report_off_the_page(may: str) -> None:
    case = validated()
    for role, person in people(case).items():
        if person is None or role == may:
            continue
        with pytest.raises(HubError):
            BY_ONE_ROLE[may](application_id=case.pk, side=Side.GUEST, by=person)
        assert "LEARNED AS guest" in public_page(case), role


@pytest.mark.parametrize("change", [{}, {"may_publish": False}, {"taken_down_at": timezone.now()}])
@pytest.mark.parametrize("state", [A.REPORTS_SUBMITTED, A.VALIDATED])
def test_page_of_a_case_says_of_a_report_what_the_public_page_shows(
    state: ApplicationState, change: dict[str, Any]
) -> None:
    case = Case(track="light").to(state)
    Report.objects.filter(side="host").update(**change)
    (row,) = queries.cases_with_standing([case.pk])
    standing = casework.standing_of(row)
    shown = queries.reports_to_publish(case.programme)

    assert standing.published == set(shown.values_list("side", flat=True))


def test_page_of_learnings_asks_the_same_with_many_reports(client: Client) -> None:
    case = Case().to(A.VALIDATED)
    url = reverse("exchanges:learnings", args=[case.programme.slug])
    with CaptureQueriesContext(connection) as one:
        client.get(url)
    for _ in range(2):
        Case(offer=OfferFactory.create(programme=case.programme)).to(A.VALIDATED)
    with CaptureQueriesContext(connection) as three:
        client.get(url)

    assert len(one) == len(three)
