"""What beat does: every expiry, step, reminder and escalation, however late it runs, and each exactly once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.mail import get_connection
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.core.due import UndoneError
from apps.core.exceptions import RuleBrokenError, StepNotAllowedError
from apps.core.tasklist import todos_for
from apps.exchanges import days, due, queries
from apps.exchanges.enums import ApplicationState, OfferState, Side, Signer
from apps.exchanges.models import Application, Evidence, Offer, OfferWindow, Programme
from apps.exchanges.services import after, applications, offers
from apps.notifications.kinds import all_kinds, get_kind
from apps.notifications.models import Notification
from apps.notifications.rendering import mail_for, not_to_mail
from apps.organisations import services as organisations
from tests.concurrency import at_once
from tests.factories.exchanges import FIRST_DAY, Case, OfferFactory, ProgrammeFactory, member_of
from tests.factories.files import StoredFileFactory

pytestmark = pytest.mark.django_db
A = ApplicationState
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
MORNING = days.end_of(FIRST_DAY - DAY) + 10 * MINUTE  # of the first day
WRITTEN = {"learned": "Much.", "change": "We count.", "would_again": True, "may_publish": True}
REMINDERS = {
    "draft_closes", "answer_due", "host_silent", "decision_due", "signature_due", "report_due", "report_late",
    "case_waits", "follow_up_asked", "offer_waits", "programme_without_officer",
}  # fmt: skip


def run(moment: datetime) -> dict[str, int]:
    with time_machine.travel(moment, tick=False):
        return due.run_all()


def told(person: User, kind: str) -> int:
    return person.notifications.filter(kind=kind).count()


def light(state: A, **values: Any) -> Case:
    return Case(track="light", **values).to(state)


def moment_of(value: datetime | None) -> datetime:
    assert value
    return value


def last_of(person: User, kind: str) -> Notification:
    return person.notifications.filter(kind=kind).latest("pk")


# --- The host's answer ------------------------------------------------------------------------------
def test_silence_of_the_host_ends_an_application_after_the_grace_and_all_are_told() -> None:
    case = light(A.SUBMITTED)
    due_at = moment_of(case.application.answer_due_at)
    run(due_at + 59 * MINUTE)
    assert case.fresh().state == A.SUBMITTED
    run(due_at + 61 * MINUTE)
    run(due_at + 80 * MINUTE)

    assert case.fresh().state == A.EXPIRED
    for person in (case.guest, case.host, case.officer):
        assert told(person, "application_expired") == 1


@pytest.mark.parametrize("answer", ["accept", "decline"])
def test_answer_is_taken_in_the_grace_and_not_later_also_while_beat_is_down(answer: str) -> None:
    case = light(A.SUBMITTED)
    due_at = moment_of(case.application.answer_due_at)

    def press() -> None:
        if answer == "accept":
            applications.accept_application(application_id=case.pk, by=case.host)
        else:
            applications.decline_application(application_id=case.pk, by=case.host, reason="No room.")

    with (
        time_machine.travel(due_at + 61 * MINUTE, tick=False),
        pytest.raises(RuleBrokenError, match="is over"),
    ):
        press()
    with time_machine.travel(due_at + 60 * MINUTE, tick=False):
        press()
    assert case.fresh().state in {A.ACCEPTED, A.DECLINED}


def test_pages_name_the_grace_of_the_answer(client: Client) -> None:
    case = light(A.SUBMITTED)
    Programme.objects.update(grace_minutes=5)  # counts from the next application on
    client.force_login(case.host)
    assert "up to 60 minutes later" in client.get(case.application.get_absolute_url()).content.decode()
    page = client.get(reverse("exchanges:programme-detail", args=[case.programme.slug])).content.decode()
    assert page.count("up to 5 minutes later") == 1


@pytest.mark.parametrize(("allowed", "before"), [(14, 3 * DAY), (9, 3 * DAY), (3, DAY), (1, DAY / 3)])
def test_host_is_reminded_three_days_or_a_third_of_the_time_before(allowed: int, before: timedelta) -> None:
    case = Case(track="light")
    Programme.objects.update(host_days=allowed)
    case.to(A.SUBMITTED)
    run(timezone.now())
    due_at = moment_of(case.application.answer_due_at)
    run(due_at - before - MINUTE)
    assert (told(case.host, "answer_due"), told(case.officer, "host_silent")) == (0, 0)
    for late in (timedelta(0), 10 * MINUTE, before / 2):
        run(due_at - before + late)
    assert (told(case.host, "answer_due"), told(case.officer, "host_silent")) == (1, 1)


# --- The decision -----------------------------------------------------------------------------------
def test_officers_are_reminded_of_a_promise_before_it_and_every_fortnight_after() -> None:
    case = light(A.ACCEPTED)
    promised = moment_of(case.application.decision_due_at)
    run(promised - 4 * DAY)
    assert told(case.officer, "decision_due") == 0
    for passed, count in ((-2 * DAY, 1), (-DAY, 1), (DAY, 2), (2 * DAY, 2), (15 * DAY, 3)):
        run(promised + passed)
        assert told(case.officer, "decision_due") == count, passed


def test_waiting_list_is_the_officers_and_ends_on_the_first_day() -> None:
    case = light(A.WAITING_LIST)
    assert any("when a place is free" in todo.detail for todo in todos_for(case.officer))
    run(MORNING - 3 * DAY)
    assert told(case.officer, "decision_due") == 1
    run(MORNING)
    assert case.fresh().state == A.EXPIRED


def test_officers_hear_of_a_place_that_became_free_for_the_waiting_list() -> None:
    first = light(A.APPROVED)
    second = Case(offer=first.offer).to(A.WAITING_LIST)
    elsewhen = Case(offer=first.offer, starts_on=FIRST_DAY + 7 * DAY, ends_on=FIRST_DAY + 10 * DAY).to(
        A.APPROVED
    )
    assert told(second.officer, "place_free") == 0
    after.cancel(application_id=elsewhen.pk, by=elsewhen.guest, reason="Ill.")
    assert told(second.officer, "place_free") == 0
    after.cancel(application_id=first.pk, by=first.guest, reason="Ill.")
    assert told(second.officer, "place_free") == 1


@pytest.mark.parametrize(
    "state", [A.SUBMITTED, A.ACCEPTED, A.UNDER_REVIEW, A.WAITING_LIST, A.APPROVED, A.AGREEMENT_PENDING]
)
def test_what_is_not_signed_on_the_first_day_ends_and_gives_its_place_back(state: A) -> None:
    case = Case().to(state)
    Application.objects.filter(pk=case.pk).update(answer_due_at=MORNING + 9 * DAY)
    run(MORNING - 15 * MINUTE)
    assert case.fresh().state == state
    run(MORNING)

    assert (case.fresh().state, case.application.place) == (A.EXPIRED, None)
    assert case.application.panel is None or not case.application.panel.is_open
    for person in (case.guest, case.host, case.officer):
        assert told(person, "stay_expired") == 1
    other = Case(offer=case.offer, starts_on=FIRST_DAY, ends_on=FIRST_DAY + 2 * DAY)
    other.to(A.APPROVED)


def test_pages_say_why_it_expired(client: Client) -> None:
    for state, why in (
        (A.SUBMITTED, "Nobody answered"),
        (A.ACCEPTED, "before it was decided"),
        (A.AGREEMENT_PENDING, "Not all had signed"),
    ):
        case = light(state)
        Application.objects.filter(pk=case.pk).update(answer_due_at=MORNING + 9 * DAY)
        run(MORNING)
        client.force_login(case.guest)
        assert why in client.get(case.application.get_absolute_url()).content.decode(), state


# --- Signatures -------------------------------------------------------------------------------------
def test_those_who_have_not_signed_are_reminded_before_the_first_day() -> None:
    case = light(A.AGREEMENT_PENDING)
    after.sign(
        application_id=case.pk,
        signer=Signer.GUEST,
        text_hash=case.application.agreement.text_hash,
        by=case.guest,
    )
    run(MORNING - 12 * DAY)
    assert told(case.host, "signature_due") == 0
    run(MORNING - 9 * DAY)
    run(MORNING - 8 * DAY)

    assert [told(person, "signature_due") for person in (case.guest, case.host, case.officer)] == [0, 1, 1]


def test_both_sides_are_reminded_to_have_the_agreement_made() -> None:
    case = light(A.APPROVED)
    run(MORNING - 9 * DAY)

    assert [told(person, "signature_due") for person in (case.guest, case.host, case.officer)] == [1, 1, 0]


# --- Reports ----------------------------------------------------------------------------------------
def completed(**values: Any) -> tuple[Case, datetime]:
    case = light(A.COMPLETED, **values)
    return case, moment_of(case.application.reports_due_at)


def test_late_reports_are_asked_for_and_the_officer_is_called_after_the_deadline() -> None:
    case, due_at = completed()
    after.submit_report(application_id=case.pk, side=Side.HOST, values=WRITTEN, by=case.host)
    run(due_at - 4 * DAY)
    assert (told(case.guest, "report_due"), told(case.host, "report_due")) == (1, 1)  # the end of the stay
    run(due_at - 2 * DAY)
    assert (told(case.guest, "report_due"), told(case.officer, "report_late")) == (2, 0)
    for passed, count in ((MINUTE, 1), (DAY, 1), (15 * DAY, 2)):
        run(due_at + passed)
        assert (told(case.guest, "report_due"), told(case.officer, "report_late")) == (2 + count, count)
    assert told(case.host, "report_due") == 1


def test_officer_may_end_a_case_whose_report_never_came(client: Client) -> None:
    case, due_at = completed()
    with pytest.raises(StepNotAllowedError):
        after.close_without_reports(application_id=case.pk, by=case.officer, reason="Too long.")
    with pytest.raises(StepNotAllowedError):
        after.close(application_id=case.pk, by=case.officer)
    press = reverse("exchanges:application-step", args=[case.pk, "close-without-reports"])
    page = case.application.get_absolute_url()
    approved = queries.money_of(case.programme).approved
    with time_machine.travel(due_at + DAY, tick=False):
        for person, shown in ((case.guest, False), (case.host, False), (case.officer, True)):
            client.force_login(person)
            assert (press in client.get(page).content.decode()) == shown
        assert any("late" in todo.detail for todo in todos_for(case.officer))
        assert client.post(press, {"reason": ""}).status_code == 422
        client.post(press, {"reason": "Nobody answers us."})
        left = queries.money_of(case.programme).approved

    assert case.fresh().state == A.CLOSED
    assert approved == 780
    assert left == 0
    for person in (case.guest, case.host):
        assert "Nobody answers us." in str(last_of(person, "closed_without_reports").context["reason"])
    with pytest.raises(StepNotAllowedError):
        after.record_payment(application_id=case.pk, reference="T", paid_on=days.today(), by=case.officer)


def test_report_that_was_asked_for_again_calls_the_officer_again_and_is_due_anew() -> None:
    case, due_at = completed()
    case.to(A.REPORTS_SUBMITTED)
    with time_machine.travel(due_at + 40 * DAY, tick=False):
        after.return_reports(
            application_id=case.pk, side=Side.GUEST, by=case.officer, reason="Which figures?"
        )
        new_due = moment_of(case.fresh().reports_due_at)
        assert new_due == days.end_after(days.today(), case.programme.report_days)
    before = told(case.guest, "report_due")
    run(new_due - DAY)
    assert (told(case.guest, "report_due"), told(case.host, "report_due")) == (before + 1, 1)
    after.submit_report(application_id=case.pk, side=Side.GUEST, values=WRITTEN, by=case.guest)

    assert told(case.officer, "reports_submitted") == 2


def test_officers_are_reminded_of_what_waits_for_them_after_the_stay() -> None:
    case = light(A.REPORTS_SUBMITTED)
    now = timezone.now()
    for passed, count in ((6, 0), (8, 1), (9, 1), (15, 2)):
        run(now + passed * DAY)
        assert told(case.officer, "case_waits") == count, passed
    case.to(A.VALIDATED)
    run(timezone.now() + 8 * DAY)
    assert last_of(case.officer, "case_waits").context["state"] == A.VALIDATED
    case.to(A.PAID)
    run(timezone.now() + 8 * DAY)
    assert last_of(case.officer, "case_waits").context["state"] == A.PAID


def test_both_sides_are_asked_half_a_year_later_and_reminded_twice() -> None:
    case = light(A.CLOSED)
    last = case.application.ends_on
    assert last
    asked_at = days.end_of(last) + due.FOLLOW_UP_AFTER + MINUTE
    run(asked_at - 2 * DAY)
    assert told(case.guest, "follow_up_asked") == 0
    run(asked_at)
    after.answer_follow_up(
        application_id=case.pk, side=Side.HOST, what_changed="Much.", may_publish=True, by=case.host
    )
    for weeks, count in ((0, 1), (1, 2), (2, 3), (3, 3), (9, 3)):
        run(asked_at + weeks * 7 * DAY + MINUTE)
        assert (told(case.guest, "follow_up_asked"), told(case.host, "follow_up_asked")) == (count, 1), weeks


# --- Drafts, offers, programmes ---------------------------------------------------------------------
def test_draft_is_recalled_before_the_programme_closes() -> None:
    case = Case(track="light")
    closes_at = case.programme.closes_at
    run(closes_at - 4 * DAY)
    assert told(case.guest, "draft_closes") == 0
    run(closes_at - 2 * DAY)
    run(closes_at - DAY)
    assert told(case.guest, "draft_closes") == 1


def test_draft_that_cannot_be_submitted_any_more_waits_for_nobody(client: Client) -> None:
    case = Case(track="light")
    assert any(todo.url == case.application.get_absolute_url() for todo in todos_for(case.guest))
    Programme.objects.update(state="closed")
    assert not any(todo.url == case.application.get_absolute_url() for todo in todos_for(case.guest))
    client.force_login(case.guest)
    assert (
        "This draft cannot be submitted now"
        in client.get(case.application.get_absolute_url()).content.decode()
    )


def test_officers_are_reminded_of_offers_that_wait_to_be_opened() -> None:
    case = Case(track="light")
    offer = OfferFactory.create(programme=case.programme, state="submitted", opened_at=None)
    for passed, count in ((6, 0), (8, 1), (9, 1), (15, 2)):
        run(moment_of(offer.submitted_at) + passed * DAY)
        assert told(case.officer, "offer_waits") == count, passed


def test_offer_whose_periods_are_over_is_closed_and_the_host_told() -> None:
    case = Case(track="light")
    last = days.end_of(OfferWindow.objects.get(offer=case.offer).ends_on)
    for passed, state in ((-3 * DAY, "open"), (-DAY, "full"), (MINUTE, "closed"), (DAY, "closed")):
        run(last + passed)
        case.offer.refresh_from_db()
        assert case.offer.state == state
    assert told(case.host, "offer_over") == 1


def test_length_of_stays_closes_no_offer() -> None:
    case = Case(track="light")
    short = OfferFactory.create(programme=case.programme, windows=[(FIRST_DAY, FIRST_DAY)])
    Programme.objects.update(days_min=100, days_max=120)  # by mistake
    assert run(timezone.now())["offers closed"] == 0
    Programme.objects.update(days_min=3, days_max=30)
    assert run(timezone.now())["offers closed"] == 0
    assert not Offer.objects.filter(state=OfferState.CLOSED).exists()
    run(MORNING)
    assert list(Offer.objects.filter(state=OfferState.CLOSED)) == [short]


def test_offer_with_a_stay_to_come_is_not_over_whatever_was_typed_as_its_periods() -> None:
    case = light(A.APPROVED)
    OfferWindow.objects.update(starts_on=days.today() - 9 * DAY, ends_on=days.today() - 5 * DAY)
    assert run(timezone.now())["offers closed"] == 0
    with pytest.raises(StepNotAllowedError):
        offers.close_over(offer_id=case.offer.pk)
    applications.withdraw_application(application_id=case.pk, by=case.guest, reason="Ill.")
    assert run(timezone.now())["offers closed"] == 1


def test_days_that_went_by_can_fill_an_offer() -> None:
    case = light(A.APPROVED)
    OfferWindow.objects.filter(offer=case.offer).update(
        starts_on=FIRST_DAY - 10 * DAY, ends_on=FIRST_DAY + 5 * DAY
    )
    run(MORNING - 9 * DAY)
    assert Offer.objects.get().state == OfferState.OPEN
    run(MORNING - 2 * DAY)
    assert Offer.objects.get().state == OfferState.FULL


def test_managers_are_told_that_the_last_officer_left(django_capture_on_commit_callbacks: Any) -> None:
    case = light(A.ACCEPTED)
    manager = member_of(case.programme.organisation)
    other = ProgrammeFactory.create(track="light")  # has never had one
    with django_capture_on_commit_callbacks(execute=True):
        organisations.leave(organisation_id=case.programme.organisation_id, by=case.officer)
    assert told(manager, "programme_without_officer") == 1
    assert not other.organisation.managers().exists()
    run(timezone.now() + MINUTE)
    assert told(manager, "programme_without_officer") == 1
    run(timezone.now() + 32 * DAY)
    assert told(manager, "programme_without_officer") == 2


# --- Places -----------------------------------------------------------------------------------------
def _places(case: Case, places: int) -> None:
    offers.update_offer(
        offer_id=case.offer.pk,
        values={"places": places},
        languages=case.offer.languages.all(),
        windows=[offers.WindowValues(row.starts_on, row.ends_on) for row in case.offer.windows.all()],
        by=case.host,
    )


def test_host_may_lower_the_places_that_nobody_has_any_more() -> None:
    first = Case(track="light")
    Offer.objects.update(places=2)
    first.to(A.APPROVED)
    second = Case(offer=Offer.objects.get()).to(A.APPROVED)
    assert second.application.place == 2
    with pytest.raises(RuleBrokenError, match="taken already"):
        _places(first, 1)
    applications.withdraw_application(application_id=second.pk, by=second.guest, reason="Ill.")
    assert second.fresh().place is None
    _places(first, 1)

    assert Offer.objects.get().places == 1


def test_stay_that_is_over_keeps_its_place_in_the_history_alone() -> None:
    case = Case(track="light")
    Offer.objects.update(places=2)
    case.to(A.COMPLETED)
    Application.objects.filter(pk=case.pk).update(place=2)
    past = days.today() - 9 * DAY
    Application.objects.filter(pk=case.pk).update(
        signed_at=timezone.now() - 40 * DAY, starts_on=past, ends_on=past + 4 * DAY
    )
    _places(case, 1)
    case.to(A.CLOSED)  # later steps are not held up by a place that the host has not any more

    assert case.application.place == 2


# --- Late, twice, at once, and with faults ----------------------------------------------------------
def _everything() -> dict[str, Case]:
    return {
        "answer": light(A.SUBMITTED),
        "decision": light(A.ACCEPTED),
        "signature": light(A.AGREEMENT_PENDING),
        "stay": light(A.SIGNED),
    }


@pytest.mark.parametrize("gap", [1, 7])
def test_time_without_beat_loses_nothing_and_brings_nothing_twice(gap: int) -> None:
    """One run after the gap leaves the same states and at most as many mails as runs every six hours."""
    cases = _everything()
    last = moment_of(timezone.make_aware(datetime.combine(FIRST_DAY + 5 * DAY, datetime.min.time())))
    moment = last + gap * DAY
    run(moment)
    states = {name: case.fresh().state for name, case in cases.items()}
    rows = Notification.objects.count()
    run(moment)
    run(moment + 15 * MINUTE)

    assert states == {
        "answer": A.EXPIRED, "decision": A.EXPIRED, "signature": A.EXPIRED, "stay": A.COMPLETED
    }  # fmt: skip
    assert Notification.objects.count() == rows
    assert told(cases["answer"].host, "application_expired") == 1
    assert told(cases["signature"].host, "stay_expired") == 1
    assert told(cases["stay"].guest, "report_due") == 1
    assert cases["stay"].application.reports_due_at == days.end_after(FIRST_DAY + 4 * DAY, 30)


def test_case_that_fails_keeps_none_of_the_others_and_the_run_shows_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken, fine, other = light(A.SIGNED), light(A.SIGNED), light(A.ACCEPTED)
    start_stay = after.start_stay

    def fail_for_one(**values: Any) -> Any:
        start_stay(**values)
        if values["application_id"] == broken.pk:
            raise IntegrityError("something is wrong with this row")

    monkeypatch.setattr(after, "start_stay", fail_for_one)
    with pytest.raises(UndoneError, match=str(broken.pk)):
        run(MORNING)
    assert [case.fresh().state for case in (broken, fine, other)] == [A.SIGNED, A.IN_PROGRESS, A.EXPIRED]
    monkeypatch.undo()
    run(MORNING)
    assert broken.fresh().state == A.IN_PROGRESS


@pytest.mark.django_db(transaction=True)
def test_two_beats_at_once_do_everything_once() -> None:
    case, other = light(A.SIGNED), light(A.AGREEMENT_PENDING)
    with time_machine.travel(MORNING, tick=True):
        found = at_once(due.run_all, due.run_all)

    assert found == ["done", "done"]
    assert (case.fresh().state, other.fresh().state) == (A.IN_PROGRESS, A.EXPIRED)
    assert told(other.guest, "stay_expired") == 1


# --- Mails ------------------------------------------------------------------------------------------
def _mail(row: Notification) -> str:
    return str(mail_for(row, get_connection()).body)


def test_mail_names_the_deadline_by_the_clock_of_its_reader() -> None:
    case = Case(track="light")
    User.objects.filter(pk=case.host.pk).update(time_zone="Europe/Lisbon")
    case.host.refresh_from_db()
    case.to(A.SUBMITTED)
    due_at = moment_of(case.application.answer_due_at)
    run(due_at - DAY)
    local = due_at.astimezone(ZoneInfo("Europe/Lisbon"))
    for kind in ("application_submitted", "answer_due"):
        text = _mail(last_of(case.host, kind))
        assert f"{local:%H:%M}" in text, kind
        assert "Lisbon time" in text, kind
    text = _mail(last_of(case.officer, "host_silent"))
    assert f"{timezone.localtime(due_at):%H:%M}" in text
    assert "Brussels" in text


def test_mail_about_a_signature_names_the_day_before_the_stay() -> None:
    case = light(A.AGREEMENT_PENDING)
    text = _mail(last_of(case.host, "agreement_to_sign"))

    assert f"{FIRST_DAY - DAY:%-d %B %Y}" in text
    assert "23:59" in text


def _write(kind: str, to: Sequence[User], case: Case, **context: str) -> list[Notification]:
    from apps.exchanges.services.common import tell

    tell(kind, case.fresh(), list(to), key=f"test:{timezone.now()}", **context)
    return [last_of(person, kind) for person in to]


@pytest.mark.parametrize(
    ("kind", "before", "then", "side"),
    [
        ("answer_due", A.SUBMITTED, A.ACCEPTED, ""),
        ("host_silent", A.SUBMITTED, A.ACCEPTED, ""),
        ("application_submitted", A.SUBMITTED, A.DECLINED, ""),
        ("decision_due", A.ACCEPTED, A.WAITING_LIST, ""),
        ("decision_due", A.WAITING_LIST, A.APPROVED, ""),
        ("application_to_decide", A.ACCEPTED, A.APPROVED, ""),
        ("place_free", A.WAITING_LIST, A.APPROVED, ""),
        ("signature_due", A.APPROVED, A.SIGNED, "host"),
        ("agreement_to_sign", A.AGREEMENT_PENDING, A.SIGNED, "host"),
        ("report_due", A.COMPLETED, A.REPORTS_SUBMITTED, "host"),
        ("report_late", A.COMPLETED, A.REPORTS_SUBMITTED, ""),
        ("reports_submitted", A.REPORTS_SUBMITTED, A.VALIDATED, ""),
        ("case_waits", A.VALIDATED, A.CLOSED, ""),
        ("draft_closes", A.DRAFT, A.SUBMITTED, ""),
    ],
)
def test_what_is_done_is_not_asked_for_any_more(kind: str, before: A, then: A, side: str) -> None:
    case = light(before)
    [row] = _write(kind, [case.host], case, side=side)
    assert not_to_mail([row]) == set()
    case.to(then)
    assert not_to_mail([row]) == {row.pk}


def test_side_that_has_done_its_part_is_not_asked_while_the_other_still_is() -> None:
    case = light(A.COMPLETED)
    Evidence.objects.create(
        application=case.application, kind="travel", file=StoredFileFactory.create(), author=case.guest
    )
    after.submit_report(application_id=case.pk, side=Side.GUEST, values=WRITTEN, by=case.guest)
    done, waiting = (
        _write("report_due", [person], case, side=side)[0]
        for person, side in ((case.guest, "guest"), (case.host, "host"))
    )
    assert not_to_mail([done, waiting]) == {done.pk}


@pytest.mark.parametrize("count", [1, 3])
def test_asking_what_is_still_open_costs_the_same_for_any_number(
    count: int, django_assert_max_num_queries: Any
) -> None:
    rows = []
    for _ in range(count):
        case = light(A.AGREEMENT_PENDING)
        rows += _write("signature_due", [case.host], case, side="host")
    with django_assert_max_num_queries(2):
        assert not_to_mail(rows) == set()


def test_kinds_stand_together_and_keep_the_keys_that_come_again() -> None:
    own = [
        kind
        for kind in all_kinds()
        if kind.code in REMINDERS or kind.code.startswith(("offer_", "application_"))
    ]
    assert {str(kind.group) for kind in own} == {"Exchanges"}
    for code in REMINDERS:
        assert get_kind(code).key_comes_for > timedelta(0), code
