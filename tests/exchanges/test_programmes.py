"""Programmes: who sees and runs them, their form with its rows, their numbers, and their officers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.core.closing import closing_soon
from apps.core.exceptions import HubError, RuleBrokenError
from apps.exchanges import due, permissions
from apps.exchanges.enums import PROGRAMME_STEPS, ProgrammeState
from apps.exchanges.models import Application, Offer, Officer, Programme
from apps.exchanges.services import programmes as services
from apps.exchanges.wording import length_in_words, rates_in_words, rules_in_words
from apps.organisations.models import Membership, Organisation
from apps.reviews.models import CriteriaSet
from apps.taxonomy.models import Country
from tests.factories.accounts import UserFactory
from tests.factories.exchanges import FIRST_DAY, Case, OfferFactory, ProgrammeFactory, member_of
from tests.factories.organisations import MembershipFactory, OrganisationFactory
from tests.factories.taxonomy import CountryFactory, LanguageFactory

pytestmark = pytest.mark.django_db
LIST = "/exchanges/programmes/"
NEW = "/exchanges/programmes/new/"
ROLES = ["anonymous", "stranger", "member of authority", "former officer", "officer", "manager of authority"]
RUNS = {"officer", "manager of authority"}


def verified(**values: Any) -> Organisation:
    """An authority that a curator has looked at."""
    seen = {"verified_at": timezone.now(), "verified_by": UserFactory.create()}
    return OrganisationFactory.create(**{"kind": "authority", **seen, **values})


def text_of(response: Any) -> str:
    return str(response.content.decode())


class People:
    """A programme with one person of every role around it."""

    def __init__(self, state: str = "open", **values: Any) -> None:
        opened_at = None if state == "draft" else timezone.now()
        self.programme = ProgrammeFactory.create(state=state, opened_at=opened_at, **values)
        authority = self.programme.organisation
        officer, former = member_of(authority, role="member"), UserFactory.create()
        for person in (officer, former):
            Officer.objects.create(programme=self.programme, user=person)
        self.of: dict[str, User | None] = {
            "anonymous": None, "stranger": UserFactory.create(),
            "member of authority": member_of(authority, role="member"),
            "former officer": former, "officer": officer, "manager of authority": member_of(authority),
        }  # fmt: skip

    def client(self, role: str) -> Client:
        client, person = Client(), self.of[role]
        if person:
            client.force_login(person)
        return client

    @property
    def url(self) -> str:
        return self.programme.get_absolute_url()


def criteria_rows(*weights: int) -> dict[str, Any]:
    rows: dict[str, Any] = {"criteria-TOTAL_FORMS": len(weights) + 1, "criteria-INITIAL_FORMS": "0"}
    for number, weight in enumerate(weights):
        rows[f"criteria-{number}-name"] = f"Criterion {number}"
        rows[f"criteria-{number}-weight"] = weight
    return rows


def posted(authority: Any = None, **values: Any) -> dict[str, Any]:
    """What the browser sends."""
    LanguageFactory.create()
    data = {
        "name": "Visit a neighbour", "summary": "Two days.", "language": "en", "level": "regional", "track": "light",
        "opens_at": "2026-12-01T09:00", "closes_at": "2027-02-01T17:00", "grace_minutes": "60",
        "stays_from": "2027-01-01", "stays_until": "2027-12-31", "audiences": ["policy_maker"],
        "countries": [CountryFactory.create(code=code).pk for code in ("AT", "ES")], "days_min": "2", "days_max": "14",
        "day_kind": "calendar", "funding": "none", "currency": "EUR", "ceiling": "", "host_days": "14",
        "promised_days": "30", "report_days": "30", "reviewers": "2", "threshold": "60", "third_above": "20",
        "rates-TOTAL_FORMS": "1", "rates-INITIAL_FORMS": "0", **criteria_rows(60, 40), "action": "save",
    }  # fmt: skip
    if authority:
        data["organisation"] = authority.pk
    return data | values


# --- Who sees it, and which buttons -------------------------------------------------------------------

STEPS = {"draft": {"open", "close"}, "open": {"pause", "close"}, "paused": {"open", "close"}, "closed": set()}


@pytest.mark.parametrize("state", ProgrammeState.values)
def test_each_role_sees_and_presses_what_it_may(state: str) -> None:
    people = People(state)
    for role in ROLES:
        response = people.client(role).get(people.url)
        may_see = state != "draft" or role in RUNS
        assert response.status_code == (200 if may_see else 404), role
        listed = people.programme.name in text_of(people.client(role).get(LIST))
        assert listed == may_see, role
        if may_see:
            page = text_of(response)
            pressable = {
                step for step in ("open", "pause", "close") if f'action="{people.url}{step}/"' in page
            }
            assert pressable == (STEPS[state] if role in RUNS else set()), role
            assert (f'href="{people.url}edit/"' in page) == (role in RUNS and state != "closed"), role
            assert (f'href="{people.url}officers/"' in page) == (role in RUNS), role


@pytest.mark.parametrize("state", ProgrammeState.values)
@pytest.mark.parametrize("was_opened", [True, False])
def test_list_and_permission_agree(state: str, was_opened: bool) -> None:
    if not was_opened and state in ("open", "paused"):
        pytest.skip("the database knows no such programme")
    people = People(state)
    Programme.objects.update(opened_at=timezone.now() if was_opened else None)
    programme = Programme.objects.get()
    for role, person in people.of.items():
        if person:
            seen = Programme.objects.visible_to(person).exists()
            assert seen == permissions.can_view_programme(person, programme), role


def test_draft_that_was_given_up_is_not_public() -> None:
    people = People("draft")
    people.client("officer").post(f"{people.url}close/")

    assert Programme.objects.get().state == "closed"
    assert people.client("anonymous").get(people.url).status_code == 404
    assert people.programme.name not in text_of(people.client("anonymous").get(LIST))
    assert people.client("officer").get(people.url).status_code == 200


@pytest.mark.parametrize("state", ProgrammeState.values)
@pytest.mark.parametrize("role", ROLES)
def test_step_is_taken_by_whom_it_belongs_to_and_from_where_it_may(role: str, state: str) -> None:
    people = People(state)
    before = {"state": state, "opened_at": people.programme.opened_at}
    for step, target in {"open": "open", "pause": "paused", "close": "closed"}.items():
        Programme.objects.update(**before)
        response = people.client(role).post(f"{people.url}{step}/")
        may = role in RUNS and step in STEPS[state]
        people.programme.refresh_from_db()
        assert response.status_code in {302, 403, 404}
        assert people.programme.state == (target if may else state), step
        if may:
            assert target in PROGRAMME_STEPS[state]


@pytest.mark.parametrize("role", ROLES)
def test_only_those_who_run_it_edit_and_choose_officers(role: str) -> None:
    people = People()
    for path in ("edit/", "officers/"):
        status = people.client(role).get(f"{people.url}{path}").status_code
        assert status == (302 if role == "anonymous" else 200 if role in RUNS else 403)
    people.client(role).post(f"{people.url}edit/", posted(name="Changed"))
    people.programme.refresh_from_db()
    assert (people.programme.name == "Changed") == (role in RUNS)


def test_closed_programme_is_not_edited() -> None:
    people = People("closed")
    assert people.client("officer").get(f"{people.url}edit/").status_code == 403


# --- What the page says -------------------------------------------------------------------------------


def test_rules_stand_there_in_words(client: Client) -> None:
    people = People(halved_under_days=3, halved_under_km=100, day_kind="working", virtual_counts=True)
    page = text_of(client.get(people.url))

    for words in (
        "Cluster managers, Policy makers", "At, Es", "2 to 14 working days", "Virtual stays count.",
        "at most €1,100.00 for a stay", "Half of it under 3 days.", "Half of it under 100 km.",
        "€390.00 from 2 days, every country", "(Brussels time)",
        "up to 60 minutes later is still taken", "within 30 days after that", "2 reviewers score each application",
    ):  # fmt: skip
        assert words in page, words


def test_full_programme_says_its_track_and_when_a_third_reviewer_is_asked(client: Client) -> None:
    people = People(track="full")
    facts = dict(rules_in_words(people.programme))

    assert facts["Track"] == "Full: scored by reviewers, then decided"
    assert "from 60 of 100 points on it passes" in facts["Reviews"]
    assert "more than 20 points apart, one more reviewer is asked" in facts["Reviews"]
    CriteriaSet.objects.update(third_above=None)
    page = text_of(client.get(people.url))
    assert "Full: scored by reviewers, then decided" in page
    assert "one more reviewer" not in page


def test_amount_for_all_says_so_only_beside_a_country_with_its_own() -> None:
    people = People()
    assert "without an amount of its own" not in " ".join(rates_in_words(people.programme))
    people.programme.rates.create(country=CountryFactory.create(code="ES"), days_from=2, amount=100)

    programme = Programme.objects.for_detail().get()
    assert "every country without an amount of its own" in " ".join(rates_in_words(programme))


@pytest.mark.parametrize("role", ROLES)
def test_budget_is_shown_to_those_who_run_it(role: str) -> None:
    people = People(budget=Decimal(12000))
    shown = "€12,000.00 left of €12,000.00" in text_of(people.client(role).get(people.url))

    assert shown == (role in RUNS)


def test_light_programme_says_so(client: Client) -> None:
    people = People(track="light", funding="none", grace_minutes=0, days_min=2, days_max=2)
    page = text_of(client.get(people.url))

    assert "no scores" in page
    assert "What reviewers look at" not in page
    assert "What a stay is worth" not in page
    assert "later is still taken" not in page
    assert length_in_words(people.programme) == "2 days"
    assert dict(rules_in_words(people.programme))["Money"] == "None: each side pays what it costs it."


@pytest.mark.parametrize(
    ("change", "said", "shows_date"),
    [
        ({}, "Apply until", True),
        ({"state": "paused"}, "No applications at present", False),
        ({"state": "closed"}, "Applications are closed", False),
        ({"state": "draft"}, "Not open yet", False),
        ({"closes_at": timedelta(hours=-2)}, "Applications are closed", True),
    ],
    ids=str,
)
def test_deadline_is_named_only_where_it_counts(change: dict[str, Any], said: str, shows_date: bool) -> None:
    now = timezone.now()
    values: dict[str, Any] = {
        name: now + value if isinstance(value, timedelta) else value for name, value in change.items()
    }
    people = People(**values)
    client = people.client("manager of authority")
    box = text_of(client.get(people.url)).partition('id="deadline-heading"')[2].partition("</section>")[0]
    card = text_of(client.get(LIST)).partition('class="hub-result"')[2].partition("</li>")[0]

    assert said in box
    assert ("Brussels time" in box) is shows_date
    assert (said if change else "Applications until") in card
    assert ("Applications until" in card) is (not change)


@pytest.mark.parametrize("state", ["open", "paused", "closed", "draft"])
def test_no_link_of_a_programme_leads_nowhere(state: str) -> None:
    people = People(state=state)
    offer = OfferFactory.create(programme=people.programme)
    for role in ("anonymous", "manager of authority"):
        client = people.client(role)
        for url in (people.url, LIST, "/exchanges/", offer.get_absolute_url()):
            page = text_of(client.get(url))
            assert 'href=""' not in page, url
            assert 'action=""' not in page, url


def test_hosts_are_found_in_the_list_of_this_programme(client: Client) -> None:
    programme = People().programme
    assert f'href="/exchanges/?programme={programme.slug}">Find a host' in " ".join(
        text_of(client.get(programme.get_absolute_url())).split()
    ).replace(" >", ">")


def test_numbers_wait_for_the_first_application(client: Client) -> None:
    case = Case()
    assert "In numbers" not in text_of(client.get(case.programme.get_absolute_url()))
    case.to("submitted")
    assert "In numbers" in text_of(client.get(case.programme.get_absolute_url()))


def test_numbers_are_for_everybody(client: Client) -> None:
    case = Case(track="light").to("approved")
    Case(offer=OfferFactory.create(programme=case.programme)).to("submitted")
    Case(offer=OfferFactory.create(programme=case.programme))
    numbers = client.get(case.programme.get_absolute_url()).context["numbers"]
    assert (numbers.applied, numbers.approved, numbers.decided, numbers.in_time, numbers.late) == (
        2,
        1,
        1,
        1,
        0,
    )

    waiting = Case(offer=OfferFactory.create(programme=case.programme)).to("accepted")
    Application.objects.filter(pk=waiting.pk).update(decision_due_at=timezone.now() - timedelta(days=1))
    page = text_of(client.get(case.programme.get_absolute_url()))
    assert "1 of 1 decisions came in time" in page
    assert "1 decision is overdue" in page


def test_offers_of_the_programme_are_the_public_ones(client: Client) -> None:
    people = People()
    OfferFactory.create(programme=people.programme, title="Seen")
    OfferFactory.create(programme=people.programme, title="Unseen", state="draft", opened_at=None)
    OfferFactory.create(programme=people.programme, title="Unseen", host__is_active=False)
    page = text_of(client.get(people.url))

    assert "Seen" in page
    assert "Unseen" not in page
    assert "1 stay offered" in text_of(client.get(LIST))


def test_officers_are_named_to_signed_in_people_alone() -> None:
    people = People()
    officer, former = people.of["officer"], people.of["former officer"]
    assert officer
    assert former
    assert officer.name in text_of(people.client("stranger").get(people.url))
    assert former.name not in text_of(people.client("stranger").get(people.url))
    assert officer.name not in text_of(people.client("anonymous").get(people.url))


def test_pages_cost_the_same_with_one_and_with_many(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    people = People()
    OfferFactory.create(programme=people.programme)
    client.get(LIST)
    with django_assert_max_num_queries(25) as page:
        client.get(people.url)
    with django_assert_max_num_queries(10) as listed:
        client.get(LIST)
    for _number in range(4):
        OfferFactory.create(programme=people.programme)
        ProgrammeFactory.create()
    with django_assert_max_num_queries(len(page)):
        client.get(people.url)
    with django_assert_max_num_queries(len(listed)):
        assert len(client.get(LIST).context["page_obj"].object_list) == 5


def test_empty_list_has_a_way_on(client: Client) -> None:
    assert "No programme yet" in text_of(client.get(LIST))


def test_home_page_tells_what_closes_with_the_zone(client: Client) -> None:
    now = timezone.now()
    ProgrammeFactory.create(name="Open call")
    ProgrammeFactory.create(name="Later call", opens_at=now + timedelta(days=1))
    ProgrammeFactory.create(name="Draft call", state="draft", opened_at=None)
    ProgrammeFactory.create(name="Distant call", closes_at=now + timedelta(days=61))
    ProgrammeFactory.create(name="Past call", closes_at=now - timedelta(minutes=1))
    ProgrammeFactory.create(name="Hidden call", organisation__is_active=False)

    assert [closing.title for closing in closing_soon(now)] == ["Open call"]
    page = text_of(client.get("/"))
    assert "Open call" in page
    assert "(Brussels time)" in page


# --- The form -----------------------------------------------------------------------------------------


@pytest.fixture
def manager(client: Client) -> User:
    """A manager of a verified authority, signed in."""
    person = member_of(verified())
    client.force_login(person)
    return person


def authority_of(person: User) -> Any:
    return Membership.objects.get(user=person).organisation


@pytest.mark.parametrize(
    ("kind", "is_verified", "role", "is_active"),
    [
        ("authority", False, "manager", True),
        ("authority", True, "member", True),
        ("cluster", True, "manager", True),
        ("authority", True, "manager", False),
    ],
)
def test_others_open_no_programme(
    client: Client, kind: str, is_verified: bool, role: str, is_active: bool
) -> None:
    place = (verified if is_verified else OrganisationFactory.create)(kind=kind, is_active=is_active)
    client.force_login(member_of(place, role=role))

    assert client.get(NEW).status_code == 403
    assert client.post(NEW, posted(place)).status_code == 403
    assert NEW not in text_of(client.get(LIST))
    assert not Programme.objects.exists()


def test_light_programme_is_opened_with_one_form(client: Client, manager: User) -> None:
    assert NEW in text_of(client.get(LIST))
    response = client.post(NEW, posted(authority_of(manager), action="open"))
    programme = Programme.objects.get()

    assert response["Location"] == programme.get_absolute_url()
    assert (programme.state, programme.track, programme.organisation) == (
        "open",
        "light",
        authority_of(manager),
    )
    assert programme.countries.count() == 2
    assert [officer.user for officer in programme.officers.all()] == [manager]


def test_form_comes_with_what_most_programmes_do(client: Client, manager: User) -> None:
    CountryFactory.create(code="UA", is_eu_member=False, is_cosme_2018=True)
    CountryFactory.create(code="GB", is_eu_member=False, is_cosme_2018=True, smp_status="no")
    CountryFactory.create(code="NO", is_eu_member=False)
    form = client.get(NEW).context["form"]

    chosen = Country.objects.filter(pk__in=form["countries"].value())
    assert [country.code for country in chosen.order_by("code")] == ["AT", "UA"]
    assert [row["weight"].value() for row in form.rows["criteria"]][:6] == [
        "25",
        "20",
        "20",
        "15",
        "10",
        "10",
    ]
    assert (form["days_min"].value(), form["days_max"].value(), form["reviewers"].value()) == (2, 14, 2)
    assert "In Brussels time." in text_of(client.get(NEW))


def test_full_programme_with_lump_sums_and_criteria(client: Client, manager: User) -> None:
    spain = CountryFactory.create(code="ES")
    data = posted(
        authority_of(manager), track="full", funding="lump_sum", ceiling="1100", threshold="70", third_above="",
        **{"rates-TOTAL_FORMS": "3", "rates-0-country": "", "rates-0-days_from": "3", "rates-0-amount": "390",
           "rates-1-country": spain.pk, "rates-1-days_from": "5", "rates-1-amount": "780.50"},
    )  # fmt: skip
    client.post(NEW, data)
    programme = Programme.objects.get()
    criteria: Any = programme.criteria

    assert [
        (rate.country, rate.days_from, rate.amount) for rate in programme.rates.order_by("days_from")
    ] == [
        (None, 3, 390),
        (spain, 5, Decimal("780.50")),
    ]
    assert [(item.code, item.weight) for item in criteria.items.all()] == [
        ("criterion-0", 60),
        ("criterion-1", 40),
    ]
    assert (criteria.threshold, criteria.reviewers, criteria.third_above) == (70, 2, None)
    form = client.get(f"{programme.get_absolute_url()}edit/").context["form"]
    assert form["threshold"].value() == 70
    assert len(form.rows["rates"].initial) == 2


def test_deadline_is_typed_in_the_persons_own_zone(client: Client, manager: User) -> None:
    manager.time_zone = "Europe/Bucharest"
    manager.save()
    assert "In Bucharest time." in text_of(client.get(NEW))
    client.post(NEW, posted(authority_of(manager), action="open"))
    programme = Programme.objects.get()

    assert programme.closes_at.isoformat() == "2027-02-01T15:00:00+00:00"
    assert (
        "1 February 2027, 16:00 (Brussels time)" in text_of(Client().get(programme.get_absolute_url()))
        or programme.state == "draft"
    )
    assert "1 February 2027, 17:00 (Bucharest time)" in text_of(client.get(programme.get_absolute_url()))


BAD: dict[str, dict[str, Any]] = {
    "no name": {"name": ""},
    "no summary": {"summary": ""},
    "no level": {"level": ""},
    "other track": {"track": "x"},
    "nobody": {"audiences": []},
    "no country": {"countries": []},
    "other country": {"countries": ["999999"]},
    "days upside down": {"days_min": "9", "days_max": "3"},
    "no days": {"days_min": "0"},
    "too many days": {"days_max": "999"},
    "deadline before the beginning": {"closes_at": "2026-11-01T09:00"},
    "no moment": {"closes_at": "soon"},
    "a deadline that no clock can show": {"closes_at": "9999-12-31T23:30"},
    "a beginning that no clock can show": {"opens_at": "0001-01-01T00:00"},
    "stays before our time": {"stays_from": "1999-12-31"},
    "stays after our time": {"stays_until": "2101-01-01"},
    "stays upside down": {"stays_from": "2028-01-01"},
    "negative": {"promised_days": "-1"},
    "overflow": {"halved_under_km": "9" * 30},
    "grace of a week": {"grace_minutes": "10080"},
    "lump sum without a ceiling": {"funding": "lump_sum"},
    "money that is none": {"ceiling": "NaN"},
    "other currency": {"currency": "XXX"},
    "weights": {"track": "full", **criteria_rows(60, 30)},
    "no criteria": {"track": "full", **criteria_rows()},
    "more than all points": {"track": "full", **criteria_rows(60, 40), "criteria-0-least": "101"},
    "criterion without a name": {"track": "full", **criteria_rows(60, 40), "criteria-0-name": ""},
    "rate without an amount": {"rates-0-days_from": "3"},
    "same rate twice": {
        "rates-TOTAL_FORMS": "2", "rates-0-days_from": "3", "rates-0-amount": "1", "rates-1-days_from": "3",
        "rates-1-amount": "2",
    },
    "no rows": {"rates-TOTAL_FORMS": ""},
    "too many rows": {"criteria-TOTAL_FORMS": "999"},
    "nul byte": {"summary": "a\x00b"},
    "threshold": {"threshold": "101"},
    "other authority": {"organisation": "999999"},
}  # fmt: skip


def test_lump_sum_above_the_ceiling_is_refused_beside_its_row(client: Client, manager: User) -> None:
    rows = {"rates-0-days_from": "3", "rates-0-amount": "1600"}
    data = posted(authority_of(manager), funding="lump_sum", ceiling="1500", **rows)
    response = client.post(NEW, data)
    form = response.context["form"]

    told = "A lump sum is at most what a stay may cost: €1,500.00."
    assert form.rows["rates"].forms[0].errors["amount"] == [told]
    assert form.non_field_errors() == ["Please check the lump sums."]
    assert told in text_of(response)
    assert not Programme.objects.exists()
    client.post(NEW, data | {"rates-0-amount": "1500"})
    assert Programme.objects.get().rates.get().amount == 1500


@pytest.mark.parametrize("state", ["draft", "open"])
def test_service_takes_no_lump_sum_above_the_ceiling(state: str) -> None:
    people = People(state)
    officer = people.of["officer"]
    assert officer
    with pytest.raises(RuleBrokenError, match="at most what a stay may cost"):
        services.update_programme(
            programme_id=people.programme.pk,
            values={},
            countries=people.programme.countries.all(),
            rates=[services.RateValues(None, 2, Decimal("1100.01"))],
            by=officer,
        )
    assert people.programme.rates.count() == 2


def test_shortest_stay_is_a_day(client: Client, manager: User) -> None:
    form = client.post(NEW, posted(authority_of(manager), days_min="-3")).context["form"]

    assert form.errors["days_min"] == ["Ensure this value is greater than or equal to 1."]


def test_words_of_money_are_explained(client: Client, manager: User) -> None:
    form = client.get(NEW).context["form"]

    assert all(field.help_text for field in form.part("money") if field.name not in {"funding", "currency"})


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gets_a_message(client: Client, manager: User, name: str) -> None:
    response = client.post(NEW, posted(authority_of(manager)) | BAD[name])

    assert response.status_code == 200
    assert "Please check what is marked below" in text_of(response)
    assert not Programme.objects.exists()
    assert not CriteriaSet.objects.exists()


@pytest.mark.parametrize("zone", ["Europe/Lisbon", "America/New_York", "Europe/Brussels", "Pacific/Auckland"])
@pytest.mark.parametrize(
    "values",
    [
        {"closes_at": "9999-12-31T23:30"},
        {"closes_at": "9999-12-31T00:00"},
        {"opens_at": "0001-01-01T00:00"},
        {"closes_at": "2101-01-01T12:00"},
    ],
    ids=str,
)
def test_slip_in_a_year_is_told_beside_the_field(
    client: Client, manager: User, zone: str, values: dict[str, str]
) -> None:
    User.objects.filter(pk=manager.pk).update(time_zone=zone)
    response = client.post(NEW, posted(authority_of(manager), action="open", **values))

    assert response.context["form"].errors.keys() >= values.keys()
    assert "between the years 2000 and 2100" in text_of(response)
    assert not Programme.objects.exists()
    assert client.get("/").status_code == client.get(LIST).status_code == 200


@pytest.mark.parametrize("name", ["opens_at", "closes_at", "stays_from", "stays_until"])
@pytest.mark.parametrize("year", [1999, 2101, 9999])
def test_database_holds_no_programme_out_of_our_time(name: str, year: int) -> None:
    programme = ProgrammeFactory.create()
    day = datetime(year, 6, 1, tzinfo=UTC)
    with pytest.raises(IntegrityError), transaction.atomic():
        Programme.objects.filter(pk=programme.pk).update(**{name: day if "at" in name else day.date()})


@pytest.mark.parametrize("name", ["rates", "criteria"])
def test_another_row_keeps_what_was_typed_and_saves_nothing(client: Client, manager: User, name: str) -> None:
    data = posted(authority_of(manager), action=f"more:{name}", name="", summary="Half a sen", days_min="x")
    response = client.post(NEW, data)
    before = client.post(NEW, posted(authority_of(manager), action="more:none", name=""))

    page = text_of(response)
    assert "Half a sen" in page
    assert "Criterion 1" in page
    assert "Please check what is marked" not in page
    rows, fewer = response.context["form"].rows[name], before.context["form"].rows[name]
    assert rows.total_form_count() > fewer.total_form_count()
    assert not Programme.objects.exists()


def test_form_is_kept_over_a_sign_in(client: Client) -> None:
    person = member_of(verified())
    assert client.post(NEW, posted(authority_of(person))).status_code == 302
    client.force_login(person)
    assert "Visit a neighbour" in text_of(client.get(NEW))


def test_change_in_between_is_no_reason_to_lose_what_was_typed() -> None:
    people = People(track="light", funding="none")
    client = people.client("officer")
    seen = client.get(f"{people.url}edit/").context["form"]["seen"].value()
    people.client("manager of authority").post(f"{people.url}edit/", posted(name="Theirs"))
    response = client.post(f"{people.url}edit/", posted(name="Mine", seen=seen))

    assert response.status_code == 409
    assert 'value="Mine"' in text_of(response)
    assert "Name: Theirs" in text_of(response)
    again = response.context["form"]["seen"].value()
    client.post(f"{people.url}edit/", posted(name="Mine", seen=again))
    people.programme.refresh_from_db()
    assert people.programme.name == "Mine"


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("days_min", {"days_min": "100", "days_max": "120"}),
        ("stays_from", {"stays_from": FIRST_DAY + timedelta(days=200)}),
        ("stays_until", {"stays_until": FIRST_DAY - timedelta(days=35)}),
        ("countries", {"countries": "ES"}),
    ],
    ids=str,
)
def test_change_that_leaves_an_offer_without_guests_is_said_beside_the_field_and_saved_when_meant(
    field: str, changed: dict[str, Any]
) -> None:
    people = People(track="light", funding="none")
    offer = OfferFactory.create(programme=people.programme, title="How we count")
    OfferFactory.create(programme=people.programme, state="draft", opened_at=None)
    usual = {"stays_from": FIRST_DAY - timedelta(days=40), "stays_until": FIRST_DAY + timedelta(days=300)}
    if field == "countries":
        changed = {"countries": [CountryFactory.create(code=changed["countries"]).pk]}
    client = people.client("officer")
    client.post(f"{people.url}edit/", posted(**usual))
    refused = client.post(f"{people.url}edit/", posted(name="Changed", **(usual | changed)))

    assert refused.status_code == 409
    assert refused.context["form"].errors[field] == [
        "Nobody could come to 1 offer of the catalogue any more: How we count. If you mean it, save again."
    ]
    assert Programme.objects.get().name != "Changed"
    given_up = refused.context["form"]["given_up"].value()
    assert f'name="given_up" value="{given_up}"' in text_of(refused)
    # It was said of this offer, and of no other that came since.
    other = OfferFactory.create(programme=people.programme, title="Another")
    again = client.post(f"{people.url}edit/", posted(name="Changed", given_up=given_up, **(usual | changed)))
    assert again.status_code == 409
    assert "2 offers" in again.context["form"].errors[field][0]
    given_up = again.context["form"]["given_up"].value()
    assert given_up.split() == [str(offer.pk), str(other.pk)]
    client.post(f"{people.url}edit/", posted(name="Changed", given_up=given_up, **(usual | changed)))
    assert Programme.objects.get().name == "Changed"
    # What is lost already is no obstacle to other changes.
    assert client.post(f"{people.url}edit/", posted(name="Again", **(usual | changed))).status_code == 302


@pytest.mark.parametrize("given_up", ["x", "²", "9" * 400, "-1 1.5"])
def test_what_nobody_was_told_of_is_not_meant(given_up: str) -> None:
    people = People(track="light", funding="none")
    OfferFactory.create(programme=people.programme)
    data = posted(days_min="100", days_max="120", given_up=given_up)
    assert people.client("officer").post(f"{people.url}edit/", data).status_code == 409


def test_offers_follow_the_length_of_stays_at_once_and_open_again() -> None:
    people = People(track="light", funding="none")
    offers = [OfferFactory.create(programme=people.programme) for _ in range(2)]
    paused = OfferFactory.create(programme=people.programme, state="paused")
    officer = people.of["officer"]
    assert officer

    def update(**values: Any) -> list[str]:
        services.update_programme(
            programme_id=people.programme.pk, values=values, countries=list(people.programme.countries.all()),
            rates=[], by=officer, given_up=[offer.pk for offer in (*offers, paused)],
        )  # fmt: skip
        return [Offer.objects.get(pk=offer.pk).state for offer in (*offers, paused)]

    assert update(days_min=100, days_max=120) == ["full", "full", "paused"]
    due.run_all()
    assert update(name="As it was") == ["full", "full", "paused"]
    assert update(days_min=2, days_max=14) == ["open", "open", "paused"]


def test_changing_a_programme_costs_the_same_however_many_offers_it_keeps() -> None:
    def queries(count: int) -> int:
        people = People(track="light", funding="none")
        OfferFactory.create_batch(count, programme=people.programme)
        officer = people.of["officer"]
        assert officer
        with CaptureQueriesContext(connection) as found:
            services.update_programme(
                programme_id=people.programme.pk, values={"promised_days": 20}, rates=[], by=officer,
                countries=list(people.programme.countries.all()),
            )  # fmt: skip
        return len(found)

    queries(1)
    assert queries(1) == queries(3)


def test_what_is_missing_keeps_it_a_draft(client: Client, manager: User) -> None:
    data = posted(authority_of(manager), funding="lump_sum", ceiling="1000", action="open")
    page = text_of(client.post(NEW, data, follow=True))

    assert Programme.objects.get().state == "draft"
    assert "Please say what a stay is worth." in page


def test_open_programme_keeps_an_amount_for_every_stay() -> None:
    people = People(track="light")
    response = people.client("officer").post(
        f"{people.url}edit/", posted(name="Changed", funding="lump_sum", ceiling="1000")
    )

    assert response.status_code == 409
    assert response.context["form"].errors["funding"] == ["Please say what a stay is worth."]
    assert people.programme.rates.count() == 2


def test_criteria_stand_still_once_cases_are_scored() -> None:
    case = Case(funding="none").to("under_review")
    former: Any = case.programme.criteria
    before = services.scoring_of(former)
    client = Client()
    client.force_login(case.officer)
    url = case.programme.get_absolute_url()
    page = text_of(client.get(f"{url}edit/"))

    assert "Cases are scored by these criteria already" in page
    assert "criteria-0-name" not in page
    data = posted(name="Changed", track="full", threshold="1", **criteria_rows(100))
    assert client.post(f"{url}edit/", data).status_code == 302
    programme = Programme.objects.get()
    criteria: Any = programme.criteria
    assert programme.name == "Changed"
    assert services.scoring_of(criteria) == before


def test_usual_criteria_ask_for_half_of_the_first_two(client: Client, manager: User) -> None:
    rows = client.get(NEW).context["form"].rows["criteria"]
    assert [row["least"].value() for row in rows][:6] == [50, 50, "", "", "", ""]


def test_usual_criteria_say_what_reviewers_look_at(client: Client, manager: User) -> None:
    rows = client.get(NEW).context["form"].rows["criteria"]
    assert all(row["description"].value() for row in list(rows)[:6])


def test_least_share_of_a_criterion_is_asked_for_and_told(client: Client) -> None:
    people = People(track="full", funding="none")
    criteria: Any = people.programme.criteria
    rows = criteria_rows(*(int(item.weight) for item in criteria.items.all()))
    rows |= {f"criteria-{number}-code": item.code for number, item in enumerate(criteria.items.all())}
    officer = people.client("officer")
    officer.post(f"{people.url}edit/", posted(track="full", **rows, **{"criteria-0-least": "55"}))

    first, second = criteria.items.all()
    assert (first.name, first.least_share, second.least_share) == ("Criterion 0", Decimal("0.55"), 0)
    form = officer.get(f"{people.url}edit/").context["form"]
    assert [row["least"].value() for row in form.rows["criteria"]][:2] == [55, ""]
    assert "60 of 100 points; at least 55% of them are needed" in " ".join(
        text_of(client.get(people.url)).split()
    )


def test_officer_reads_which_criterion_lies_too_low(client: Client) -> None:
    case = Case().to("accepted")
    criteria: Any = case.programme.criteria
    criteria.items.filter(code="benefit").update(least_share=Decimal("0.9"))
    case.to("under_review").score()
    client.force_login(case.officer)
    page = " ".join(text_of(client.get(case.application.get_absolute_url())).split())

    assert "Does not pass" in page
    assert "4 of 5 points, less than the 90% that are needed" in page


# --- The officers -------------------------------------------------------------------------------------


def test_officer_is_chosen_among_the_people_of_the_authority() -> None:
    people = People()
    client = people.client("officer")
    member, stranger = people.of["member of authority"], people.of["stranger"]
    assert member
    assert stranger
    choices = {
        str(label)
        for _value, label in client.get(f"{people.url}officers/").context["form"]["person"].field.choices
    }
    assert member.name in choices
    assert stranger.name not in choices

    for wrong in (stranger.pk, "x", "", "9" * 30):
        assert client.post(f"{people.url}officers/", {"person": wrong}).status_code == 200
    client.post(f"{people.url}officers/", {"person": member.pk})
    assert permissions.is_officer(member, people.programme)
    assert not permissions.is_officer(stranger, people.programme)


def test_officer_goes_but_never_the_last_one() -> None:
    people = People()
    client = people.client("manager of authority")
    officer, member = people.of["officer"], people.of["member of authority"]
    assert officer
    assert member
    url = f"{people.url}officers/{officer.pk}/remove/"
    assert url not in text_of(client.get(f"{people.url}officers/"))
    client.post(url)
    assert permissions.is_officer(officer, people.programme)

    Officer.objects.create(programme=people.programme, user=member)
    assert url in text_of(client.get(f"{people.url}officers/"))
    client.post(url)
    assert not permissions.is_officer(officer, people.programme)
    assert client.post(url).status_code == 404


def test_officer_may_take_themselves_out_and_lands_where_they_may_be() -> None:
    people = People("draft")
    officer, member = people.of["officer"], people.of["member of authority"]
    assert officer
    assert member
    Officer.objects.create(programme=people.programme, user=member)
    response = people.client("officer").post(f"{people.url}officers/{officer.pk}/remove/", follow=True)
    assert response.status_code == 200


@pytest.mark.parametrize("role", ["stranger", "member of authority", "former officer"])
def test_nobody_else_changes_the_officers(role: str) -> None:
    people = People()
    officer, member = people.of["officer"], people.of["member of authority"]
    assert officer
    assert member
    MembershipFactory.create(organisation=people.programme.organisation)
    client = people.client(role)
    assert client.post(f"{people.url}officers/", {"person": member.pk}).status_code == 403
    assert client.post(f"{people.url}officers/{officer.pk}/remove/").status_code == 403
    with pytest.raises(HubError):
        services.remove_officer(programme_id=people.programme.pk, person=officer, by=member)


def test_what_was_given_up_is_numbers_of_offers_or_nothing() -> None:
    people = People(track="light", funding="none")

    response = people.client("officer").post(
        f"{people.url}edit/", posted(name="Changed", given_up="9" * 5000)
    )

    assert response.status_code == 302
    assert Programme.objects.get().name == "Changed"
