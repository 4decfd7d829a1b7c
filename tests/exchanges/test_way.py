"""The way of an exchange from draft to closed, on both tracks, and what the database never lets happen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from apps.audit.models import Entry
from apps.core.exceptions import HubError
from apps.exchanges.enums import APPLICATION_STEPS, ApplicationState
from apps.exchanges.exceptions import TakenError
from apps.exchanges.models import Application, Offer, Payment
from apps.exchanges.services import applications
from tests.concurrency import at_once
from tests.factories.exchanges import FIRST_DAY, Case, OfferFactory
from tests.factories.taxonomy import TopicFactory

pytestmark = pytest.mark.django_db
A = ApplicationState


def test_full_track_goes_from_draft_to_closed() -> None:
    case = Case().to(A.CLOSED)

    assert [entry.to_state for entry in Entry.objects.about(case.application) if entry.to_state] == [
        "submitted", "accepted", "under_review", "approved", "agreement_pending", "signed", "in_progress",
        "completed", "reports_submitted", "validated", "paid", "closed",
    ]  # fmt: skip
    assert case.application.payment.amount == 780


def test_light_track_needs_no_reviews() -> None:
    case = Case(track="light", funding="none").to(A.CLOSED)
    states = [entry.to_state for entry in Entry.objects.about(case.application)]

    assert "under_review" not in states
    assert "paid" not in states


@pytest.mark.parametrize(
    "state", [A.DECLINED, A.REJECTED, A.WAITING_LIST, A.WITHDRAWN, A.CANCELLED], ids=lambda state: state.value
)
def test_other_ends_are_reached_with_a_reason(state: ApplicationState) -> None:
    assert Case().to(state).application.reason


def test_table_of_steps_knows_every_state() -> None:
    assert set(APPLICATION_STEPS) == set(ApplicationState.values)
    assert {to for steps in APPLICATION_STEPS.values() for to in steps} <= set(ApplicationState.values)


# --- Places and people ----------------------------------------------------------------------------
def test_two_stays_in_one_place_at_one_time_get_one_approval() -> None:
    first = Case(track="light").to(A.APPROVED)
    second = Case(offer=first.offer).to(A.ACCEPTED)

    with pytest.raises(TakenError):
        applications.decide(application_id=second.pk, by=first.officer, to=A.APPROVED)
    applications.withdraw_application(application_id=first.pk, by=first.guest, reason="Plans changed.")
    applications.decide(application_id=second.pk, by=first.officer, to=A.APPROVED)
    assert second.fresh().place == 1


def test_offer_is_full_when_no_stay_fits_and_open_again_after_a_withdrawal() -> None:
    offer = OfferFactory.create(
        programme__track="light", windows=[(FIRST_DAY, FIRST_DAY + timedelta(days=4))]
    )
    case = Case(offer=offer).to(A.APPROVED)
    offer.refresh_from_db()
    assert offer.state == "full"

    applications.withdraw_application(application_id=case.pk, by=case.guest, reason="Plans changed.")
    offer.refresh_from_db()
    assert offer.state == "open"


@pytest.mark.django_db(transaction=True)
def test_two_approvals_of_one_place_at_once_give_one() -> None:
    first = Case(track="light").to(A.ACCEPTED)
    second = Case(offer=first.offer).to(A.ACCEPTED)
    found = at_once(
        *[
            lambda case=case: applications.decide(application_id=case.pk, by=case.officer, to=A.APPROVED)
            for case in (first, second)
        ]
    )

    assert sorted(found) == ["TakenError", "done"]


@pytest.mark.django_db(transaction=True)
def test_two_approvals_of_one_traveller_at_once_give_one() -> None:
    first = Case(track="light").to(A.ACCEPTED)
    second = Case(track="light", guest=first.application.guest, traveller=first.guest).to(A.ACCEPTED)
    found = at_once(
        *[
            lambda case=case: applications.decide(application_id=case.pk, by=case.officer, to=A.APPROVED)
            for case in (first, second)
        ]
    )

    assert sorted(found) == ["TakenError", "done"]


NEVER: dict[str, Callable[[Case], Any]] = {
    "guest of its own": lambda case: Application.objects.filter(pk=case.pk).update(guest=case.offer.host),
    "other rules": lambda case: Application.objects.filter(pk=case.pk).update(rules={}),
    "other theme": lambda case: Offer.objects.filter(pk=case.offer.pk).update(theme=TopicFactory.create(code="x")),
    "place that is none": lambda case: Application.objects.filter(pk=case.pk).update(place=7),
    "fewer places": lambda case: Offer.objects.filter(pk=case.offer.pk).update(places=0),
    "other agreement": lambda case: type(case.application.agreement).objects.update(text="x"),
    "signature gone": lambda case: case.application.agreement.signatures.all().delete(),
    "started unsigned": lambda case: Application.objects.filter(pk=case.pk).update(signed_at=None),
    "paid before reports": lambda case: Payment.objects.create(
        application=case.application, amount=1, currency="EUR", reference="x", paid_on=FIRST_DAY,
        recorded_by=case.officer,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NEVER)
def test_database_never_lets_it_happen(name: str) -> None:
    case = Case().to(A.SIGNED)

    with pytest.raises(IntegrityError), transaction.atomic():
        NEVER[name](case)


def test_payment_is_recorded_once() -> None:
    case = Case().to(A.PAID)

    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(application=case.application).update(amount=1)
    with pytest.raises(HubError):
        case._from_validated("")
