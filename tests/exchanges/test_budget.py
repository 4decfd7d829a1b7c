"""No more is promised than there is, in the currency in which it was promised, and nothing outside of the rules."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from apps.core.exceptions import RuleBrokenError
from apps.exchanges.budget import promised
from apps.exchanges.enums import ApplicationState, DayKind
from apps.exchanges.exceptions import BudgetError, NotReadyError
from apps.exchanges.models import Application, Programme
from apps.exchanges.rules import length_of
from apps.exchanges.services import after, applications, programmes
from tests.concurrency import at_once
from tests.factories.exchanges import (
    FIRST_DAY,
    ApplicationFactory,
    Case,
    OfferFactory,
    ProgrammeFactory,
    submitted_values,
)
from tests.factories.taxonomy import CountryFactory

pytestmark = pytest.mark.django_db
A = ApplicationState


def accepted(count: int, **given: Any) -> list[Case]:
    """Cases of one programme, of 780 euros each, that wait for a decision."""
    programme = ProgrammeFactory.create(**{"track": "light", **given})
    return [Case(offer=OfferFactory.create(programme=programme)).to(A.ACCEPTED) for _ in range(count)]


def approve(case: Case) -> Application:
    return applications.decide(application_id=case.pk, by=case.officer, to=A.APPROVED)


# --- The budget -------------------------------------------------------------------------------------
def test_approval_beyond_the_budget_is_refused_and_offers_the_waiting_list() -> None:
    first, second = accepted(2, budget=800)
    approve(first)

    with pytest.raises(BudgetError) as refused:
        approve(second)
    assert "it costs €780.00, and €20.00 are left. You can put it on the waiting list." in str(
        refused.value.message
    )
    assert second.fresh().state == A.ACCEPTED
    applications.decide(
        application_id=second.pk, by=second.officer, to=A.WAITING_LIST, reason="No money left."
    )
    after.cancel(application_id=first.pk, by=first.host, reason="Fire.")
    assert approve(second).state == A.APPROVED


def test_budget_is_spent_to_the_last_cent() -> None:
    first, second = accepted(2, budget=1560)
    approve(first)
    assert approve(second).state == A.APPROVED
    assert promised(first.programme) == 1560


def test_what_was_paid_stays_promised() -> None:
    first, second = accepted(2, budget=800)
    first.to(A.CLOSED)
    with pytest.raises(BudgetError):
        approve(second)


@pytest.mark.parametrize(
    "given", [{"budget": None}, {"budget": 0, "funding": "none"}, {"budget": 0, "funding": "voucher"}]
)
def test_no_budget_or_no_money_is_no_obstacle(given: dict[str, Any]) -> None:
    for case in accepted(2, **given):
        assert approve(case).state == A.APPROVED


def test_bulk_approval_stops_at_the_budget(client: Client) -> None:
    cases = accepted(3, budget=1600)
    client.force_login(cases[0].officer)
    url = reverse("exchanges:programme-applications", args=[cases[0].programme.slug])
    page = client.post(
        url, {"case": [str(case.pk) for case in cases], "to": "approved", "reason": ""}, follow=True
    )

    assert sorted(case.fresh().state for case in cases) == ["accepted", "approved", "approved"]
    assert "The budget does not cover this stay" in page.content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_approvals_at_once_share_no_euro() -> None:
    first, second = accepted(2, budget=800)
    done = at_once(lambda: approve(first), lambda: approve(second))

    assert sorted(done) == ["BudgetError", "done"]
    assert promised(first.programme) == 780


@pytest.mark.django_db(transaction=True)
def test_two_approvals_of_one_person_at_once_give_one() -> None:
    """At two hosts: who travels is locked, so that neither waits for the other in the database."""
    (first,) = accepted(1)
    offer = OfferFactory.create(programme=first.programme)
    second = Case(offer=offer, guest=first.application.guest, traveller=first.guest).to(A.ACCEPTED)
    done = at_once(lambda: approve(first), lambda: approve(second))

    assert sorted(done) == ["TakenError", "done"]


def test_budget_does_not_fall_below_what_was_promised() -> None:
    (case,) = accepted(1)
    approve(case)
    given: dict[str, Any] = {
        "programme_id": case.programme.pk, "countries": list(case.programme.countries.all()), "by": case.officer,
        "rates": [programmes.RateValues(None, 2, Decimal(390))],
    }  # fmt: skip

    with pytest.raises(NotReadyError) as refused:
        programmes.update_programme(values={"budget": Decimal(779)}, **given)
    assert dict(refused.value.problems)["budget"].startswith("€780.00 are promised")
    assert programmes.update_programme(values={"budget": Decimal(780)}, **given).budget == 780


def test_database_holds_the_budget() -> None:
    first, second = accepted(2, budget=800)
    approve(first)
    found = Application.objects.filter(pk=second.pk)
    values = {
        "state": A.APPROVED,
        "place": 1,
        "decided_at": second.application.accepted_at,
        "decided_by": second.officer,
    }
    values["first_decided_at"] = second.application.accepted_at
    with pytest.raises(IntegrityError, match="does not cover this stay"), transaction.atomic():
        found.update(**values)
    with pytest.raises(IntegrityError, match="covers what was promised"), transaction.atomic():
        Programme.objects.filter(pk=first.programme.pk).update(budget=700)
    with pytest.raises(IntegrityError, match="does not cover this stay"), transaction.atomic():
        Application.objects.filter(pk=first.pk).update(amount=900)
    Programme.objects.filter(pk=first.programme.pk).update(budget=None)
    assert found.update(**values) == 1


# --- Currency and funding ---------------------------------------------------------------------------
@pytest.mark.parametrize("values", [{"currency": "PLN"}, {"funding": "none"}], ids=str)
def test_currency_and_funding_stay_from_the_first_application_on(
    client: Client, values: dict[str, str]
) -> None:
    case = Case(track="light")
    client.force_login(case.officer)
    edit = f"{case.programme.get_absolute_url()}edit/"
    name = next(iter(values))
    assert not client.get(edit).context["form"].fields[name].disabled
    case.to(A.SUBMITTED)

    assert client.get(edit).context["form"].fields[name].disabled
    with pytest.raises(NotReadyError) as refused:
        programmes.update_programme(
            programme_id=case.programme.pk, values=values, countries=case.programme.countries.all(),
            rates=[programmes.RateValues(None, 2, Decimal(390))], by=case.officer,
        )  # fmt: skip
    assert refused.value.problems == [(name, "Somebody has applied: this cannot change any more.")]
    with pytest.raises(IntegrityError, match="stay from the first application on"), transaction.atomic():
        Programme.objects.filter(pk=case.programme.pk).update(**values)


# --- Within the rules -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"ends_on": FIRST_DAY}, "shorter or longer"),
        ({"ends_on": FIRST_DAY + timedelta(days=14)}, "shorter or longer"),
        (
            {"starts_on": FIRST_DAY + timedelta(days=400), "ends_on": FIRST_DAY + timedelta(days=404)},
            "outside the time",
        ),
        ({"amount": Decimal("1100.01")}, "more than the ceiling"),
    ],
    ids=str,
)
def test_database_takes_nothing_outside_of_the_rules(values: dict[str, Any], said: str) -> None:
    draft = ApplicationFactory.create()
    found = Application.objects.filter(pk=draft.pk)
    with pytest.raises(IntegrityError, match=said), transaction.atomic():
        found.update(**{**submitted_values(draft), "state": A.SUBMITTED, **values})
    assert found.update(**submitted_values(draft), state=A.SUBMITTED) == 1


def test_country_that_does_not_take_part_is_refused_at_every_door() -> None:
    (case,) = accepted(1)
    guest = case.application.guest
    guest.country = CountryFactory.create(code="JP")
    guest.save()

    with pytest.raises(RuleBrokenError, match="does not take part in this programme"):
        approve(case)
    draft = ApplicationFactory.create(guest=guest, offer=case.offer)
    with pytest.raises(IntegrityError, match="does not take part"), transaction.atomic():
        Application.objects.filter(pk=draft.pk).update(**submitted_values(draft), state=A.SUBMITTED)


@pytest.mark.parametrize("days", range(16))
@pytest.mark.parametrize("first", [date(2027, 3, 1) + timedelta(days=day) for day in (0, 4, 5, 6)], ids=str)
def test_database_counts_days_as_the_rules_do(first: date, days: int) -> None:
    last = first + timedelta(days=days)
    with connection.cursor() as cursor:
        for kind in DayKind:
            cursor.execute("SELECT exchanges_length(%s, %s, %s)", [first, last, kind.value])
            assert cursor.fetchone() == (length_of(first, last, kind),)
