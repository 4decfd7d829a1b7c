"""The rules of a programme change while its offers are opened, filled and resumed: nobody waits for each other, and
every offer follows.
"""

from __future__ import annotations

from datetime import timedelta
from time import sleep
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.core import events
from apps.core.exceptions import RuleBrokenError
from apps.exchanges import due
from apps.exchanges.days import today
from apps.exchanges.enums import OfferState
from apps.exchanges.models import Offer, Programme
from apps.exchanges.services import offers
from apps.organisations.services import hide_organisation
from tests.concurrency import meanwhile
from tests.exchanges.test_waiting import DAY, update
from tests.factories.accounts import UserFactory
from tests.factories.exchanges import Case, OfferFactory, ProgrammeFactory

pytestmark = pytest.mark.django_db


def small() -> Case:
    """At an offer with room for three more days, in a programme of five."""
    programme = ProgrammeFactory.create(track="light", days_min=5)
    return Case(
        offer=OfferFactory.create(programme=programme, windows=[(today() - 5 * DAY, today() + 3 * DAY)])
    )


def state_of(offer: Offer) -> str:
    return Offer.objects.get(pk=offer.pk).state


def shorten(case: Case) -> None:
    update(Programme.objects.get(pk=case.programme.pk), case.officer, days_min=2)


@pytest.mark.django_db(transaction=True)
def test_beat_fills_no_offer_by_rules_that_have_just_changed() -> None:
    case = small()
    with transaction.atomic():
        shorten(case)
        end = meanwhile(lambda: offers.match_to_today(offer_id=case.offer.pk))
    end()

    assert state_of(case.offer) == OfferState.OPEN


@pytest.mark.django_db(transaction=True)
def test_offer_is_resumed_while_the_rules_change() -> None:
    case = small()
    Offer.objects.filter(pk=case.offer.pk).update(state=OfferState.PAUSED)
    with transaction.atomic():
        offers.resume_offer(offer_id=case.offer.pk, by=case.host)
        end = meanwhile(lambda: shorten(case))
    end()

    assert state_of(case.offer) == OfferState.OPEN


@pytest.mark.django_db(transaction=True)
def test_rules_change_while_a_host_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both write several offers into the search, and lock them there in the same order."""
    case = Case(offer=OfferFactory.create(programme__track="light"))
    full = OfferFactory.create(
        programme=case.programme, host=case.offer.host, windows=[(today(), today() + 3 * DAY)]
    )
    Offer.objects.filter(pk=full.pk).update(state=OfferState.FULL)
    curator, real, ends = UserFactory.create(is_superuser=True, is_staff=True), events.publish, []

    def hide() -> None:
        hide_organisation(organisation_id=case.offer.host_id, by=curator, reason="It is not real.")

    def publish(event: Any) -> None:
        """Between what a change of the length writes, and what it writes last."""
        ends.append(meanwhile(hide))
        sleep(1)  # it waits again and again on its way, and at last for the search
        real(event)

    monkeypatch.setattr("apps.exchanges.services.programmes.publish", publish)
    update(Programme.objects.get(pk=case.programme.pk), case.officer, days_min=3)
    ends[0]()

    assert not Offer.objects.visible_to(UserFactory.create()).filter(host=case.offer.host).exists()


def test_beat_opens_an_offer_that_stands_full_and_has_room() -> None:
    offer = OfferFactory.create()
    Offer.objects.filter(pk=offer.pk).update(state=OfferState.FULL)

    due.run_all()

    assert state_of(offer) == OfferState.OPEN


def test_beat_asks_as_little_for_many_offers_as_for_few() -> None:
    programme = ProgrammeFactory.create()

    def cost(count: int) -> int:
        for _number in range(count):
            OfferFactory.create(
                programme=programme, windows=[(today() - timedelta(days=1), today() + timedelta(days=60))]
            )
        due.run_all()
        with CaptureQueriesContext(connection) as captured:
            due.run_all()
        return len(captured)

    few = cost(1)
    assert cost(5) == few


def test_officer_opens_no_offer_whose_country_does_not_take_part_any_more() -> None:
    case = Case(offer=OfferFactory.create(state="submitted", opened_at=None))
    case.programme.countries.remove(case.offer.host.country)

    with pytest.raises(RuleBrokenError, match="does not take part"):
        offers.open_offer(offer_id=case.offer.pk, by=case.officer)
