"""Whoever gives up a place or money makes room for somebody of the waiting list, anywhere in the programme."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.exchanges import due
from apps.exchanges.enums import ApplicationState
from apps.exchanges.models import Application, Offer, Programme
from apps.exchanges.places import free_place, with_free_place
from apps.exchanges.services import after, applications, leaving, offers, programmes, waiting
from apps.notifications.models import Notification
from tests.concurrency import at_once
from tests.factories.exchanges import FIRST_DAY, Case, OfferFactory, ProgrammeFactory

pytestmark = pytest.mark.django_db
A = ApplicationState
DAY = timedelta(days=1)
SHORT = {"ends_on": FIRST_DAY + DAY}  # 390 euros; five days are 780


def programme_of(budget: int | None = 800) -> Programme:
    return ProgrammeFactory.create(track="light", budget=budget)


def at_new_offer(programme: Programme, state: A, **values: Any) -> Case:
    return Case(offer=OfferFactory.create(programme=programme), **values).to(state)


def called_for(case: Case) -> int:
    return case.officer.notifications.filter(kind="place_free", about_id=str(case.pk)).count()


def withdraw(case: Case) -> None:
    applications.withdraw_application(application_id=case.pk, by=case.guest, reason="Ill.")


def cancel(case: Case) -> None:
    after.cancel(application_id=case.pk, by=case.host, reason="Fire.")


def expire(case: Case) -> None:
    days_to_come = {"starts_on": FIRST_DAY + 5 * DAY, "ends_on": FIRST_DAY + 9 * DAY}
    Application.objects.filter(state=A.WAITING_LIST).update(**days_to_come)
    with time_machine.travel(FIRST_DAY, tick=False):
        due.run_all()


def erase(case: Case) -> None:
    leaving.forget_person(case.guest)


def close_without_reports(case: Case) -> None:
    case.to(A.COMPLETED)
    Application.objects.filter(pk=case.pk).update(reports_due_at=case.application.created_at)
    after.close_without_reports(application_id=case.pk, by=case.officer, reason="Nobody answers.")


def update(programme: Programme, by: Any, **values: Any) -> None:
    programmes.update_programme(
        programme_id=programme.pk, values=values, countries=list(programme.countries.all()), by=by,
        rates=[programmes.RateValues(None, 2, Decimal(390)), programmes.RateValues(None, 5, Decimal(780))],
    )  # fmt: skip


@pytest.mark.parametrize("give_up", [withdraw, cancel, expire, erase, close_without_reports])
def test_money_that_one_offer_gives_up_calls_officers_for_another(give_up: Callable[[Case], None]) -> None:
    programme = programme_of()
    first = at_new_offer(programme, A.APPROVED)
    case = at_new_offer(programme, A.WAITING_LIST)
    give_up(first)

    assert called_for(case) == 1
    assert case.to(A.APPROVED).application.place == 1


def test_more_budget_calls_officers_for_whom_it_covers_now() -> None:
    programme = programme_of(800)
    at_new_offer(programme, A.APPROVED)
    long, short = at_new_offer(programme, A.WAITING_LIST), at_new_offer(programme, A.WAITING_LIST, **SHORT)
    update(programme, long.officer, budget=Decimal(1100))
    assert (called_for(long), called_for(short)) == (0, 0)
    update(programme, long.officer, budget=Decimal(1200))
    assert (called_for(long), called_for(short)) == (0, 1)
    update(programme, long.officer, budget=Decimal(1190))
    update(programme, long.officer, summary="Learn.")
    update(programme, long.officer, budget=None)
    assert (called_for(long), called_for(short)) == (1, 1)


@pytest.mark.parametrize("place", ["given up", "added"])
def test_place_without_money_calls_nobody_until_there_is_some(place: str) -> None:
    programme = programme_of(1170)
    first, elsewhere = at_new_offer(programme, A.APPROVED, **SHORT), at_new_offer(programme, A.APPROVED)
    case = Case(offer=first.offer).to(A.WAITING_LIST)
    if place == "given up":
        cancel(first)
    else:
        offers.update_offer(
            offer_id=first.offer.pk, values={"places": 2}, languages=first.offer.languages.all(), by=first.host,
            windows=[offers.WindowValues(row.starts_on, row.ends_on) for row in first.offer.windows.all()],
        )  # fmt: skip
    assert called_for(case) == 0
    cancel(elsewhere)
    assert called_for(case) == 1


def test_money_without_a_place_calls_nobody_until_there_is_one() -> None:
    programme = programme_of(1600)
    first, elsewhere = at_new_offer(programme, A.APPROVED), at_new_offer(programme, A.APPROVED)
    case = Case(offer=first.offer).to(A.WAITING_LIST)
    cancel(elsewhere)
    assert called_for(case) == 0
    cancel(first)
    assert called_for(case) == 1


@pytest.mark.parametrize("budget", [None, 9000])
def test_where_money_is_no_obstacle_only_a_place_calls(budget: int | None) -> None:
    programme = programme_of(budget)
    first = at_new_offer(programme, A.APPROVED)
    case, there = at_new_offer(programme, A.WAITING_LIST), Case(offer=first.offer).to(A.WAITING_LIST)
    cancel(first)
    assert (called_for(case), called_for(there)) == (0, 1)


@pytest.mark.django_db(transaction=True)
def test_two_who_give_up_at_once_together_make_room_for_one() -> None:
    programme = programme_of(780)
    first, second = (at_new_offer(programme, A.APPROVED, **SHORT) for _ in range(2))
    case = at_new_offer(programme, A.WAITING_LIST)

    assert at_once(lambda: cancel(first), lambda: cancel(second)) == ["done", "done"]
    assert called_for(case) == 1


@pytest.mark.django_db(transaction=True)
def test_place_and_money_that_come_at_once_make_room_for_one() -> None:
    programme = programme_of(1170)
    at_offer, elsewhere = at_new_offer(programme, A.APPROVED, **SHORT), at_new_offer(programme, A.APPROVED)
    case = Case(offer=at_offer.offer).to(A.WAITING_LIST)

    assert at_once(lambda: cancel(at_offer), lambda: cancel(elsewhere)) == ["done", "done"]
    assert called_for(case) == 1


def test_database_finds_free_places_as_the_rule_does() -> None:
    offer = OfferFactory.create(programme=programme_of(None), places=2)
    spans = [(0, 4), (2, 6), (5, 9), (7, 11), (12, 16)]
    for first, last in spans[:4]:
        Case(offer=offer, starts_on=FIRST_DAY + first * DAY, ends_on=FIRST_DAY + last * DAY).to(A.APPROVED)
    for first, last in spans:
        Case(offer=offer, starts_on=FIRST_DAY + first * DAY, ends_on=FIRST_DAY + last * DAY).to(A.SUBMITTED)
    Case(offer=offer, starts_on=None, ends_on=None)

    for places in (1, 2, 3):
        if places == 1:
            # As after days that went by: the higher place stays in the history.
            Application.objects.filter(place=2).update(place=None, state=A.CANCELLED, reason="Ill.")
        Offer.objects.update(places=places)
        every = list(Application.objects.select_related("offer"))
        assert set(with_free_place(Application.objects.all())) == {case for case in every if free_place(case)}


def _wait(programme: Programme, count: int) -> list[Case]:
    offer = OfferFactory.create(programme=programme, places=20)
    return [Case(offer=offer).to(A.WAITING_LIST) for _ in range(count)]


def test_calling_asks_the_same_for_each_case_and_stops_at_some(
    monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    programme = programme_of(None)
    cases = _wait(programme, 1)

    def queries(cause: str) -> int:
        with CaptureQueriesContext(connection) as found:
            waiting.call_for_waiting(programme, cause=cause, left_before=Decimal(0))
        return len(found)

    queries("warm")
    alone = queries("one")
    cases += _wait(programme, 2)
    three = queries("three")
    cases += _wait(programme, 2)
    assert queries("five") - three == three - alone
    monkeypatch.setattr(waiting, "MOST_CALLED_FOR", 2)
    assert queries("few") < three
    told = Notification.objects.filter(key__endswith=":few").values_list("about_id", flat=True)
    assert set(told) == {str(case.pk) for case in cases[:2]}


def test_nobody_is_called_for_who_travels_elsewhere_in_these_days() -> None:
    programme = programme_of(None)
    first = at_new_offer(programme, A.APPROVED)
    waits = Case(offer=first.offer).to(A.WAITING_LIST)
    other = Case(track="light", guest=waits.application.guest)
    Application.objects.filter(pk=other.pk).update(author=waits.guest, traveller=waits.guest)
    other.guest = waits.guest
    other.to(A.APPROVED)

    cancel(first)

    assert called_for(waits) == 0
