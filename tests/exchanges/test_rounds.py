"""Whoever was reminded in this round costs a run nothing more, and nobody is forgotten in the next one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.core.due import Run, UndoneError
from apps.exchanges import due, reminding
from apps.exchanges.days import today
from apps.exchanges.enums import ApplicationState
from apps.exchanges.models import Application, FollowUp, Officer, Programme
from apps.exchanges.services import programmes
from apps.notifications.models import Notification
from apps.organisations import services as organisations
from apps.organisations.models import Membership
from tests.concurrency import at_once
from tests.exchanges.test_due import told
from tests.factories.exchanges import FIRST_DAY, Case, OfferFactory, member_of

pytestmark = pytest.mark.django_db
A = ApplicationState
DAY, QUARTER = timedelta(days=1), timedelta(minutes=15)


def run(moment: datetime) -> dict[str, int]:
    with time_machine.travel(moment, tick=False):
        return due.run_all()


def light(state: A, **changed: Any) -> Case:
    case = Case(track="light").to(state)
    Application.objects.filter(pk=case.pk).update(**changed)
    return case


def one_of_each() -> dict[str, Case]:
    """What a run in eight days reminds of; by the duty that does it."""
    now = timezone.now()
    cases = {
        "guests reminded of drafts": light(A.DRAFT),
        "hosts reminded": light(A.SUBMITTED, answer_due_at=now + 9 * DAY),
        "officers reminded": light(A.ACCEPTED, decision_due_at=now + DAY),
        "signers reminded": light(
            A.AGREEMENT_PENDING, starts_on=today() + 12 * DAY, ends_on=today() + 15 * DAY
        ),
        "reports reminded": light(A.COMPLETED, reports_due_at=now + DAY),
        "officers waited for": light(A.REPORTS_SUBMITTED),
        "follow-ups reminded": light(A.CLOSED),
        "officers reminded of offers": light(A.ACCEPTED),
    }
    Programme.objects.filter(pk=cases["guests reminded of drafts"].programme.pk).update(
        closes_at=now + 9 * DAY
    )
    FollowUp.objects.create(application=cases["follow-ups reminded"].application, side="host")
    OfferFactory.create(
        programme=cases["officers reminded of offers"].programme, state="submitted", opened_at=None
    )
    return cases


def test_run_asks_nothing_for_whom_it_reminded_and_counts_what_it_wrote() -> None:
    duties = one_of_each()
    moment = timezone.now() + 8 * DAY

    def queries_after(first: datetime, count: int) -> int:
        done = run(first)
        written = Notification.objects.count()
        with CaptureQueriesContext(connection) as found:
            again = run(first + QUARTER)
        assert Notification.objects.count() == written
        assert {name: done[name] for name in duties} == dict.fromkeys(duties, count)
        assert {name: again[name] for name in duties} == dict.fromkeys(duties, 0)
        return len(found)

    alone = queries_after(moment, 1)
    one_of_each(), one_of_each()
    assert queries_after(moment + 2 * QUARTER, 2) == alone


def test_new_officer_hears_in_the_next_round_and_nobody_else_twice() -> None:
    case = light(A.ACCEPTED, decision_due_at=timezone.now() + DAY)
    moment = timezone.now() + 2 * DAY
    assert run(moment)["officers reminded"] == 1
    new = member_of(case.programme.organisation, role="member")
    Officer.objects.create(programme=case.programme, user=new)
    assert run(moment + QUARTER)["officers reminded"] == 0
    assert run(moment + 14 * DAY)["officers reminded"] == 1
    assert (told(new, "decision_due"), told(case.officer, "decision_due")) == (1, 2)


def test_round_for_which_nobody_is_there_is_not_counted_and_the_next_one_comes() -> None:
    case = light(A.ACCEPTED, decision_due_at=timezone.now() + DAY)
    Officer.objects.all().delete()
    moment = timezone.now() + 2 * DAY
    assert run(moment)["officers reminded"] == 0
    Officer.objects.create(programme=case.programme, user=case.officer)
    assert run(moment + 14 * DAY)["officers reminded"] == 1


def test_officer_who_comes_while_nobody_signs_is_reminded_before_the_deadline() -> None:
    case = light(A.AGREEMENT_PENDING)
    manager = member_of(case.programme.organisation)
    new = member_of(case.programme.organisation, role="member")
    Membership.objects.filter(user=case.officer).delete()
    begins = timezone.make_aware(datetime.combine(FIRST_DAY, datetime.min.time()))
    run(begins - 9 * DAY)
    with time_machine.travel(begins - 8 * DAY, tick=False):
        programmes.add_officer(programme_id=case.programme.pk, person=new, by=manager)
    for days in (7, 6, 1):
        run(begins - days * DAY)
    assert [told(person, "signature_due") for person in (new, case.guest, case.host)] == [1, 1, 1]


def test_host_who_comes_after_the_first_reminder_is_reminded_before_the_deadline(
    django_capture_on_commit_callbacks: Any,
) -> None:
    case = light(A.SUBMITTED)
    new = member_of(case.offer.host, role="member")
    due_at = case.application.answer_due_at
    assert due_at
    run(due_at - 2 * DAY)
    assert told(new, "answer_due") == 0
    with django_capture_on_commit_callbacks(execute=True):
        organisations.change_role(
            organisation_id=case.offer.host_id, user_id=new.pk, role="manager", by=case.host
        )
    for moment in (due_at - DAY, due_at - DAY + QUARTER):
        run(moment)
    assert (told(new, "answer_due"), told(case.host, "answer_due")) == (1, 1)


def test_whoever_joins_the_authority_again_hears_of_all_that_waits(
    django_capture_on_commit_callbacks: Any,
) -> None:
    case = light(A.ACCEPTED, decision_due_at=timezone.now() + DAY)
    other = member_of(case.programme.organisation)
    offer = OfferFactory.create(programme=case.programme, state="submitted", opened_at=None)
    Membership.objects.filter(user=case.officer).delete()
    moment = timezone.now() + 8 * DAY
    run(moment)
    request = organisations.ask_to_join(
        organisation_id=case.programme.organisation_id, message="Back.", by=case.officer
    )
    with django_capture_on_commit_callbacks(execute=True):
        organisations.accept_request(request_id=request.pk, by=other)
    done = run(moment + QUARTER)
    assert (done["officers reminded"], done["officers reminded of offers"]) == (1, 1)
    assert (told(case.officer, "decision_due"), told(case.officer, "offer_waits")) == (1, 1)
    offer.refresh_from_db()
    assert offer.reminded


def test_step_begins_the_rounds_anew() -> None:
    case = light(A.ACCEPTED)
    moment = timezone.make_aware(datetime.combine(FIRST_DAY - 2 * DAY, datetime.min.time()))
    run(moment)
    assert told(case.officer, "decision_due") == 1
    with time_machine.travel(moment, tick=False):
        case.to(A.APPROVED)
    assert run(moment + 1.5 * DAY)["signers reminded"] == 1
    assert told(case.guest, "signature_due") == 1


def test_round_that_failed_is_made_up_by_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    case = light(A.SUBMITTED, answer_due_at=timezone.now() + 2 * DAY)
    moment = timezone.now() + 1.5 * DAY

    def fail(*given: Any, **values: Any) -> int:
        raise IntegrityError("the database was away")

    monkeypatch.setattr(reminding, "tell_officers", fail)
    with pytest.raises(UndoneError, match=str(case.pk)):
        run(moment)
    assert (told(case.host, "answer_due"), case.fresh().reminded) == (0, "")
    monkeypatch.undo()
    assert run(moment + QUARTER)["hosts reminded"] == 1
    assert (told(case.host, "answer_due"), told(case.officer, "host_silent")) == (1, 1)


def test_case_that_went_on_since_it_was_read_is_left_to_the_next_run() -> None:
    case = light(A.SUBMITTED)
    read = Application.objects.get(pk=case.pk)
    case.to(A.ACCEPTED)
    beat = Run()
    beat.remind("x", lambda: [read], lambda _case: "round", lambda row: pytest.fail(f"asked for {row}"))
    assert beat.finish() == {"x": 0}
    assert case.fresh().reminded == ""


@pytest.mark.django_db(transaction=True)
def test_two_beats_at_once_count_a_reminder_once() -> None:
    case = light(A.ACCEPTED, decision_due_at=timezone.now() + DAY)
    counted: list[int] = []
    with time_machine.travel(timezone.now() + 2 * DAY, tick=True):
        at_once(*[lambda: counted.append(due.run_all()["officers reminded"])] * 2)

    assert sorted(counted) == [0, 1]
    assert told(case.officer, "decision_due") == 1
