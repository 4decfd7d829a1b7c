"""What a stay is worth: by country and length, halved, never above the ceiling; what is missing is never zero."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from apps.exchanges.enums import ApplicationState, DayKind
from apps.exchanges.exceptions import NotReadyError
from apps.exchanges.models import Application, FundingRate, Programme
from apps.exchanges.rules import amount_of, length_of, rules_of
from apps.exchanges.services import applications, programmes
from apps.exchanges.wording import amount_in_words, rules_in_words
from tests.factories.exchanges import FIRST_DAY, Case, OfferFactory, ProgrammeFactory, member_of
from tests.factories.organisations import OrganisationFactory
from tests.factories.taxonomy import CountryFactory

pytestmark = pytest.mark.django_db
A = ApplicationState
MONDAY = date(2027, 3, 1)


# --- Days -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("first", "last", "calendar", "working"),
    [
        (MONDAY, MONDAY, 1, 1),
        (MONDAY, MONDAY + timedelta(days=4), 5, 5),
        (MONDAY, MONDAY + timedelta(days=6), 7, 5),
        (MONDAY + timedelta(days=4), MONDAY + timedelta(days=7), 4, 2),  # Friday to Monday
        (MONDAY + timedelta(days=5), MONDAY + timedelta(days=6), 2, 0),  # a weekend
        (MONDAY + timedelta(days=6), MONDAY + timedelta(days=6), 1, 0),
        (MONDAY + timedelta(days=5), MONDAY + timedelta(days=13), 9, 5),
        (MONDAY, MONDAY + timedelta(days=27), 28, 20),
    ],
)
def test_length_counts_both_ends_and_working_days_without_weekends(
    first: date, last: date, calendar: int, working: int
) -> None:
    assert length_of(first, last, DayKind.CALENDAR) == calendar
    assert length_of(first, last, DayKind.WORKING) == working


def monday_after(day: date) -> date:
    return day + timedelta(days=(7 - day.weekday()) % 7)


def test_programme_of_working_days_from_application_to_payment() -> None:
    """Thursday to Tuesday: six days, of which four are counted, asked for, and paid."""
    programme = ProgrammeFactory.create(track="light", day_kind="working", days_min=4, days_max=5)
    programme.rates.all().delete()
    FundingRate.objects.create(programme=programme, days_from=4, amount=400)
    FundingRate.objects.create(programme=programme, days_from=5, amount=500)
    first = monday_after(FIRST_DAY) + timedelta(days=3)
    case = Case(
        offer=OfferFactory.create(programme=programme), starts_on=first, ends_on=first + timedelta(days=5)
    )

    case.to(A.PAID)
    assert case.application.payment.amount == 400


@pytest.mark.parametrize(("days", "counted"), [(1, 0), (7, 5)])
def test_weekends_make_no_working_days(days: int, counted: int) -> None:
    programme = ProgrammeFactory.create(day_kind="working", days_min=2, days_max=4)
    saturday = monday_after(FIRST_DAY) + timedelta(days=5)
    case = Case(
        offer=OfferFactory.create(programme=programme),
        starts_on=saturday,
        ends_on=saturday + timedelta(days=days),
    )

    with pytest.raises(NotReadyError) as refused:
        applications.submit_application(application_id=case.pk, by=case.guest)
    assert f"This stay has {counted} days; the programme asks for 2 to 4." in str(refused.value.problems)


# --- Money ------------------------------------------------------------------------------------------
def case_with(
    *, rates: tuple[tuple[str, int, str], ...] = (("", 2, "390"), ("", 5, "780")), **given: Any
) -> Case:
    """``rates``: country, days, amount; the rest belongs to the programme, or with ``stay_`` to the application."""
    stay = {name.removeprefix("stay_"): given.pop(name) for name in list(given) if name.startswith("stay_")}
    offer_is_virtual = stay.get("is_virtual", False)
    programme = ProgrammeFactory.create(**{"track": "light", "virtual_counts": offer_is_virtual, **given})
    programme.rates.all().delete()
    for code, days_from, amount in rates:
        country = CountryFactory.create(code=code) if code else None
        FundingRate.objects.create(programme=programme, country=country, days_from=days_from, amount=amount)
    host = OrganisationFactory.create(country=CountryFactory.create(code="AT"))
    offer = OfferFactory.create(programme=programme, host=host, is_virtual=offer_is_virtual)
    if days := stay.pop("days", None):
        stay["ends_on"] = FIRST_DAY + timedelta(days=days - 1)
    return Case(offer=offer, **stay)


def worth(case: Case) -> tuple[Decimal | None, str]:
    rules = rules_of(case.programme)
    return amount_of(case.fresh(), rules), amount_in_words(case.application, rules)


@pytest.mark.parametrize(
    ("given", "amount", "words"),
    [
        ({"stay_days": 2}, "390", "€390.00"),
        ({"stay_days": 4}, "390", "€390.00"),
        ({"stay_days": 5}, "780", "€780.00"),
        ({"ceiling": 500}, "500", "€500.00"),
        (
            {"halved_under_days": 6},
            "390",
            "€390.00: half of €780.00, because the stay is shorter than 6 days.",
        ),
        ({"halved_under_days": 5}, "780", "€780.00"),
        (
            {"halved_under_days": 6, "ceiling": 500},
            "250",
            "€250.00: half of €500.00, because the stay is shorter than 6 days.",
        ),
        (
            {"halved_under_km": 500, "stay_distance_km": 499},
            "390",
            "€390.00: half of €780.00, because the distance is under 500 km.",
        ),
        ({"halved_under_km": 500, "stay_distance_km": 500}, "780", "€780.00"),
        (
            {"halved_under_km": 500, "stay_distance_km": 0, "halved_under_days": 9},
            "390",
            "€390.00: half of €780.00, because the stay is shorter than 9 days and the distance is under 500 km.",
        ),
        ({"halved_under_km": 500}, None, ""),
        ({"rates": (("", 2, "100.01"),), "halved_under_days": 9}, "50.01", "€50.01: half of €100.01"),
        ({"rates": (("", 2, "0.01"),), "halved_under_days": 9}, "0.01", "€0.01: half of €0.01"),
        ({"rates": (("AT", 2, "900"), ("", 2, "390"))}, "900", "€900.00"),
        ({"rates": (("ES", 2, "900"), ("", 2, "390"))}, "390", "€390.00"),
        ({"rates": (("ES", 2, "900"),)}, None, ""),
        ({"rates": (("AT", 5, "900"), ("", 2, "390")), "stay_days": 3}, None, ""),
        ({"rates": (("", 3, "390"),), "stay_days": 2}, None, ""),
        ({"stay_is_virtual": True}, "0", "None: a virtual stay has no journey to pay for."),
        ({"stay_is_virtual": True, "halved_under_km": 500}, "0", "None: a virtual stay"),
        ({"funding": "none"}, None, "None: each side pays what it costs it."),
        ({"funding": "voucher"}, None, "A mobility voucher."),
    ],
    ids=str,
)
def test_worth_of_a_stay(given: dict[str, Any], amount: str | None, words: str) -> None:
    found, said = worth(case_with(**given))

    assert found == (None if amount is None else Decimal(amount))
    assert said == words or (words and said.startswith(words))


def test_offer_promises_what_is_paid() -> None:
    """A country with amounts of its own has those alone, in the words as in the sum."""
    case = case_with(rates=(("AT", 5, "900"), ("", 2, "390")), stay_days=5)
    programme = Programme.objects.for_detail().get(pk=case.programme.pk)
    said = dict(rules_in_words(programme, case.offer.host.country))["Money"]

    assert "€900.00 from 5 days" in said
    assert "390" not in said
    assert worth(case)[0] == 900


def test_application_form_says_what_a_stay_is_worth(client: Client) -> None:
    case = case_with(rates=(("AT", 5, "900"), ("", 2, "390")), stay_days=5)
    client.force_login(case.guest)
    page = client.get(reverse("exchanges:application-edit", args=[case.pk])).content.decode()

    assert "at most €1,100.00 for a stay. €900.00 from 5 days." in page
    assert "390" not in page


# --- What is missing --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"rates": (("ES", 2, "900"),)}, "ends_on", "what a stay of 5 days in At is worth"),
        ({"rates": (("", 6, "900"),)}, "ends_on", "what a stay of 5 days in At is worth"),
        ({"halved_under_km": 1500}, "distance_km", "under 1,500 km the programme pays half"),
    ],
    ids=str,
)
def test_missing_amount_is_a_message_and_never_zero(given: dict[str, Any], field: str, said: str) -> None:
    case = case_with(**given)

    with pytest.raises(NotReadyError) as refused:
        applications.submit_application(application_id=case.pk, by=case.guest)
    assert [name for name, _text in refused.value.problems] == [field]
    assert said in refused.value.problems[0][1]
    assert case.fresh().state == A.DRAFT


def test_virtual_stay_needs_no_rate_and_no_distance() -> None:
    case = case_with(rates=(("ES", 2, "900"),), halved_under_km=500, stay_is_virtual=True)
    assert case.to(A.CLOSED).application.amount == 0


def test_virtual_stay_where_none_counts_is_refused() -> None:
    case = case_with(stay_is_virtual=True, virtual_counts=False)
    with pytest.raises(NotReadyError) as refused:
        applications.submit_application(application_id=case.pk, by=case.guest)
    assert ("is_virtual", "This stay cannot be virtual.") in refused.value.problems


@pytest.mark.parametrize(
    "values", [{"amount": None}, {"amount": 0}, {"amount": -1}, {"is_virtual": True}], ids=str
)
def test_database_holds_no_lump_sum_without_an_amount(values: dict[str, Any]) -> None:
    case = case_with().to(A.SUBMITTED)
    with pytest.raises(IntegrityError, match="application_lump_sum_is_an_amount"), transaction.atomic():
        Application.objects.filter(pk=case.pk).update(**values)


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        ((), "Please say what a stay is worth."),
        ((("ES", 2, "390"),), "what a stay of 2 days is worth in At;"),
        ((("", 3, "390"),), "what a stay of 2 days is worth in At, Es;"),
        ((("AT", 3, "390"), ("", 2, "390")), "what a stay of 2 days is worth in At;"),
    ],
    ids=str,
)
def test_programme_opens_and_stays_open_with_an_amount_for_every_stay(
    rates: tuple[tuple[str, int, str], ...], said: str
) -> None:
    programme = case_with(rates=rates).programme
    officer = member_of(programme.organisation)
    values = [
        programmes.RateValues(rate.country, rate.days_from, rate.amount) for rate in programme.rates.all()
    ]
    assert said in dict(programmes.problems_of(programme))["funding"]

    with pytest.raises(NotReadyError):
        programmes.update_programme(
            programme_id=programme.pk,
            values={},
            countries=programme.countries.all(),
            rates=values,
            by=officer,
        )
    Programme.objects.update(state="draft", opened_at=None)
    with pytest.raises(NotReadyError):
        programmes.open_programme(programme_id=programme.pk, by=officer)


@pytest.mark.parametrize(
    "rates",
    [(("", 1, "390"),), (("AT", 2, "390"), ("ES", 1, "390")), (("AT", 2, "390"), ("", 2, "390"))],
    ids=str,
)
def test_programme_with_all_amounts_lacks_nothing(rates: tuple[tuple[str, int, str], ...]) -> None:
    assert list(programmes.problems_of(case_with(rates=rates).programme)) == []


# --- On the pages -----------------------------------------------------------------------------------
def test_both_sides_officers_and_reviewers_read_why_it_is_half(client: Client) -> None:
    case = case_with(track="full", halved_under_km=500, stay_distance_km=120).to(A.UNDER_REVIEW)
    case.score()
    review = case.application.panel.reviews.first()
    assert review
    pages = {person: case.application.get_absolute_url() for person in (case.guest, case.host, case.officer)}
    pages[review.reviewer] = reverse("reviews:review-detail", args=[review.pk])

    for person, page in pages.items():
        client.force_login(person)
        text = client.get(page).content.decode()
        assert "120 km" in text, person
        assert "€390.00: half of €780.00, because the distance is under 500 km." in text, person


def test_guest_reads_what_a_draft_would_be_worth_and_why(client: Client) -> None:
    case = case_with(stay_is_virtual=True)
    client.force_login(case.guest)
    text = client.get(reverse("exchanges:application-edit", args=[case.pk])).content.decode()
    assert "None: a virtual stay has no journey to pay for." in text


def test_form_asks_for_the_distance_where_money_hangs_on_it(client: Client) -> None:
    for given, is_asked in (
        ({"halved_under_km": 500}, True),
        ({}, False),
        ({"halved_under_km": 500, "funding": "none"}, False),
    ):
        case = case_with(**given)
        client.force_login(case.guest)
        text = client.get(reverse("exchanges:application-edit", args=[case.pk])).content.decode()
        assert ('name="distance_km"' in text) == is_asked
