"""A stay never begins before all have signed, and its days are those of Brussels."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.exchanges import days, due
from apps.exchanges.enums import ApplicationState
from apps.exchanges.exceptions import NotReadyError, TooLateError
from apps.exchanges.models import Application, Programme
from apps.exchanges.programme_queries import numbers_of
from apps.exchanges.rules import problems_of, rules_of
from apps.exchanges.services import after, applications
from tests.factories.exchanges import FIRST_DAY, Case, OfferFactory

pytestmark = pytest.mark.django_db
A = ApplicationState
# An hour of the day before the stay, and one of its first day, both in Brussels.
EVE = datetime.combine(FIRST_DAY - timedelta(days=1), time(22), UTC) - timedelta(hours=1)
FIRST_HOUR = datetime.combine(FIRST_DAY, time(0, 30), timezone.get_default_timezone())


def open_for_long(case: Case) -> Case:
    Programme.objects.filter(pk=case.programme.pk).update(closes_at=timezone.now() + timedelta(days=200))
    return case


STEPS: dict[str, tuple[A, Callable[[Case], Any]]] = {
    "submit": (
        A.DRAFT, lambda case: applications.submit_application(application_id=case.pk, by=case.guest),
    ),
    "accept": (
        A.SUBMITTED, lambda case: applications.accept_application(application_id=case.pk, by=case.host),
    ),
    "approve": (
        A.ACCEPTED, lambda case: applications.decide(application_id=case.pk, by=case.officer, to=A.APPROVED),
    ),
    "make the agreement": (
        A.APPROVED, lambda case: after.make_agreement(application_id=case.pk, by=case.guest),
    ),
    "sign": (A.AGREEMENT_PENDING, lambda case: case.to(A.SIGNED)),
}  # fmt: skip


@pytest.mark.parametrize("name", STEPS)
def test_nothing_leads_to_a_signature_once_the_first_day_has_come(name: str) -> None:
    state, act = STEPS[name]
    case = open_for_long(Case(track="light")).to(state)
    Application.objects.filter(pk=case.pk).update(answer_due_at=FIRST_HOUR + timedelta(days=9))
    with time_machine.travel(FIRST_HOUR, tick=False), pytest.raises((TooLateError, NotReadyError)):
        act(case)
    assert case.fresh().state == state


@pytest.mark.parametrize("name", STEPS)
def test_the_day_before_is_early_enough(name: str) -> None:
    state, act = STEPS[name]
    case = open_for_long(Case(track="light")).to(state)
    Application.objects.filter(pk=case.pk).update(answer_due_at=FIRST_HOUR + timedelta(days=9))
    with time_machine.travel(EVE, tick=False):
        act(case)
    assert case.fresh().state != state


def test_stay_of_the_past_is_refused_with_what_to_do() -> None:
    case = Case(track="light")
    past = days.today() - timedelta(days=40)
    Programme.objects.update(stays_from=past - timedelta(days=10))
    case.offer.windows.update(starts_on=past - timedelta(days=10))
    Application.objects.filter(pk=case.pk).update(starts_on=past, ends_on=past + timedelta(days=4))
    with pytest.raises(NotReadyError) as refused:
        applications.submit_application(application_id=case.pk, by=case.guest)

    [(field, sentence)] = refused.value.problems
    assert field == "starts_on"
    assert "choose a later first day" in sentence


def test_database_keeps_signatures_before_the_first_day() -> None:
    case = Case(track="light").to(A.SIGNED)
    for day in (days.today(), days.today() - timedelta(days=1)):
        with pytest.raises(IntegrityError, match="signed_before_first_day"), transaction.atomic():
            Application.objects.filter(pk=case.pk).update(starts_on=day)


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/New_York"])
def test_day_is_that_of_brussels_whatever_clock_the_reader_has(zone: str) -> None:
    with timezone.override(zone), time_machine.travel(FIRST_HOUR, tick=False):
        assert days.today() == FIRST_DAY
    with timezone.override(zone), time_machine.travel(FIRST_HOUR - timedelta(hours=1), tick=False):
        assert days.today() == FIRST_DAY - timedelta(days=1)


def test_stay_begins_and_ends_at_midnight_in_brussels() -> None:
    case = Case(track="light").to(A.SIGNED)
    midnight = datetime.combine(FIRST_DAY, time(0), timezone.get_default_timezone())
    due.run_all(midnight - timedelta(seconds=1))
    assert case.fresh().state == A.SIGNED
    due.run_all(midnight)
    assert case.fresh().state == A.IN_PROGRESS


def test_pages_say_by_whose_clock_days_are_counted(client: Client) -> None:
    case = Case(track="light")
    client.force_login(case.guest)
    for address in (
        reverse("exchanges:programme-detail", args=[case.programme.slug]),
        OfferFactory.create(programme=case.programme).get_absolute_url(),
        reverse("exchanges:application-edit", args=[case.pk]),
    ):
        assert "midnight in Brussels" in client.get(address).content.decode(), address


def test_reports_are_due_so_many_days_after_the_last_day_however_late_beat_was() -> None:
    case = Case(track="light").to(A.IN_PROGRESS)
    last = case.application.ends_on
    assert last
    with time_machine.travel(FIRST_HOUR + timedelta(days=20), tick=False):
        due.run_all()

    assert case.fresh().reports_due_at == days.end_after(last, case.programme.report_days)


def test_promise_is_kept_by_the_first_decision() -> None:
    case = Case(track="light").to(A.WAITING_LIST)
    promised = case.application.decision_due_at
    assert promised
    with time_machine.travel(promised + timedelta(days=1), tick=False):
        applications.decide(application_id=case.pk, by=case.officer, to=A.APPROVED)
        numbers = numbers_of(case.programme)

    assert (numbers.decided, numbers.in_time) == (1, 1)
    assert case.fresh().decided_at != case.application.first_decided_at


def test_rules_are_checked_against_this_day_not_that_of_the_programme() -> None:
    case = Case(track="light")
    rules = rules_of(case.programme)
    assert problems_of(case.application, rules) == []
    with time_machine.travel(FIRST_HOUR, tick=False):
        assert [field for field, _text in problems_of(case.application, rules)] == ["starts_on"]
