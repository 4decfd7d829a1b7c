"""What officers do: the table of a programme, decisions for many, reviewers, and the money."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import get_connection
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.audit.services import record
from apps.core.exceptions import RuleBrokenError
from apps.exchanges import permissions, queries
from apps.exchanges.days import today
from apps.exchanges.enums import ApplicationState
from apps.exchanges.models import Application, Offer, Officer
from apps.exchanges.services import programmes
from apps.exchanges.views import officers
from apps.notifications.rendering import mail_for
from apps.organisations.enums import Ending
from apps.organisations.models import Organisation
from apps.organisations.services import leave, remove_member
from apps.reviews import permissions as review_permissions
from apps.reviews import services as reviews
from apps.reviews.models import MOST_REVIEWERS, Review
from tests.exchanges.test_cases import people
from tests.exchanges.test_turns import overdue_with
from tests.factories.exchanges import FIRST_DAY, Case, OfferFactory, ProgrammeFactory, authority, member_of
from tests.factories.organisations import MembershipFactory, OrganisationFactory
from tests.factories.taxonomy import CountryFactory

pytestmark = pytest.mark.django_db
A = ApplicationState


def table(case: Case, name: str = "programme-applications") -> str:
    return reverse(f"exchanges:{name}", args=[case.programme.slug])


def case_url(case: Case, name: str = "application-detail", *args: Any) -> str:
    return reverse(f"exchanges:{name}", args=[case.pk, *args])


def beside(case: Case, **values: Any) -> Case:
    """Another case of the same programme, with another host."""
    return Case(offer=OfferFactory.create(programme=case.programme), **values)


def order(text: str, *cases: Case) -> list[int]:
    """In which order these cases stand in the table."""
    body = text.partition("<tbody")[2]
    places = [body.index(str(case.pk)) for case in cases]
    return sorted(range(len(cases)), key=lambda number: places[number])


# --- The table --------------------------------------------------------------------------------------
def test_table_is_for_officers_alone(client: Client) -> None:
    case = Case().to(A.SUBMITTED)
    expected = {"officer": 200, "manager of the authority": 403, "nobody": 302, "inactive guest": 302}
    for name, person in people(case).items():
        client.logout()
        if person:
            client.force_login(person)
        for page in ("programme-applications", "programme-applications-csv"):
            assert client.get(table(case, page)).status_code == expected.get(name, 404), (name, page)


def test_table_leaves_out_drafts_and_cases_of_ones_own(client: Client) -> None:
    case = Case().to(A.SUBMITTED)
    draft, own = beside(case), beside(case).to(A.SUBMITTED)
    MembershipFactory.create(organisation=own.application.guest, user=case.officer, role="member")
    client.force_login(case.officer)
    text = (
        client.get(table(case)).content.decode()
        + b"".join(client.get(table(case, "programme-applications-csv"))).decode()
    )

    assert str(case.pk) in text
    assert str(draft.pk) not in text
    assert str(own.pk) not in text


def test_table_leaves_out_cases_of_parties_that_an_officer_left_meanwhile(client: Client) -> None:
    first = Case().to(A.SUBMITTED)
    left, removed, long_ago = [beside(first).to(A.SUBMITTED) for _ in range(3)]
    officer, manager = first.officer, member_of(removed.offer.host)
    for party in (left.application.guest, removed.offer.host):
        MembershipFactory.create(organisation=party, user=officer, role="member")
    leave(organisation_id=left.application.guest_id, by=officer)
    remove_member(organisation_id=removed.offer.host_id, user_id=officer.pk, by=manager)
    Entry.objects.create(
        about=long_ago.application.guest,
        action=Ending.LEFT,
        by=officer,
        at=timezone.now() - timedelta(days=1),
    )
    client.force_login(officer)
    for name in ("programme-applications", "programme-applications-csv"):
        answer: Any = client.get(table(first, name))
        text = (b"".join(answer) if answer.streaming else answer.content).decode()
        shown = [case for case in (first, left, removed, long_ago) if str(case.pk) in text]
        assert shown == [first, long_ago], name


def test_each_case_stands_on_one_page_of_the_table(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(officers, "PER_PAGE", 2)
    cases = [Case().to(A.SUBMITTED)]
    cases += [beside(cases[0]).to(A.SUBMITTED) for _ in range(2)]
    client.force_login(cases[0].officer)
    pages = [client.get(table(cases[0]), {"sort": "mean", "page": page}).content.decode() for page in (1, 2)]

    assert [sum(str(case.pk) in text for case in cases) for text in pages] == [2, 1]
    assert all(any(str(case.pk) in text for text in pages) for case in cases)
    assert "3 cases" in pages[1]


@pytest.mark.parametrize("state", list(A), ids=lambda state: state.value)
def test_name_of_a_state_is_the_one_that_forms_show(state: ApplicationState) -> None:
    with translation.override("de"):
        assert Application(state=state).get_state_display() == str(dict(A.choices)[state])


def test_table_shows_reviews_mean_spread_and_money(client: Client) -> None:
    case = Case().to(A.UNDER_REVIEW)
    panel = case.fresh().panel
    assert panel
    for reviewer, total in zip(case.reviewers, (80, 60), strict=True):
        review = reviews.invite(panel_id=panel.pk, reviewer=reviewer, by=case.officer)
        Review.objects.filter(pk=review.pk).update(
            state="submitted", declared_at="2026-01-01T00:00Z", submitted_at="2026-01-01T00:00Z", total=total,
            recommendation="support",
        )  # fmt: skip
    approved = beside(case).to(A.APPROVED)
    case.programme.budget = 1000
    case.programme.save()
    client.force_login(case.officer)
    text = client.get(table(case)).content.decode()

    row = text[text.index(str(case.pk)) :]
    assert re.search(r"2/2\s.*70\.0\s.*20\.0", row, re.DOTALL)
    assert "€780.00" in text
    assert "€220.00" in text
    assert str(approved.pk) in text


def test_table_says_that_a_third_review_is_wanted(client: Client) -> None:
    case = Case().to(A.UNDER_REVIEW)
    panel = case.fresh().panel
    assert panel
    for reviewer, total in zip(case.reviewers, (85, 50), strict=True):
        review = reviews.invite(panel_id=panel.pk, reviewer=reviewer, by=case.officer)
        Review.objects.filter(pk=review.pk).update(
            state="submitted", declared_at="2026-01-01T00:00Z", submitted_at="2026-01-01T00:00Z", total=total,
            recommendation="support",
        )  # fmt: skip
    client.force_login(case.officer)
    text = client.get(table(case)).content.decode()

    assert "2/3" in text[text.index(str(case.pk)) :]


def test_table_is_put_in_order_and_filtered(client: Client) -> None:
    guest = OrganisationFactory.create(name="Zeta", country=CountryFactory.create(code="AT"))
    first = Case().to(A.SUBMITTED)
    second = beside(
        first, guest=guest, starts_on=FIRST_DAY + timedelta(days=9), ends_on=FIRST_DAY + timedelta(days=12)
    )
    second.to(A.ACCEPTED)
    client.force_login(first.officer)

    def shown(**query: str) -> str:
        return client.get(table(first), query).content.decode()

    assert order(shown(sort="days"), first, second) == [0, 1]
    assert order(shown(sort="-days"), first, second) == [1, 0]
    assert 'aria-sort="descending"' in shown(sort="-days")
    for query in (
        {"q": "zeta"},
        {"q": second.offer.host.name},
        {"country": "AT"},
        {"state": "accepted"},
        {"state": "to-decide"},
    ):
        text = shown(**query)
        assert str(second.pk) in text, query
        assert str(first.pk) not in text, query
    for query in ({"state": "nonsense"}, {"country": "XX"}, {"sort": "password"}):
        assert client.get(table(first), query).status_code == 200, query
    assert "No case fits" in shown(q="nobody")
    assert client.get(table(first), {"page": "9"}).status_code == 404


def test_table_and_csv_ask_the_same_with_many(client: Client) -> None:
    first = Case().to(A.UNDER_REVIEW)
    first.score()
    client.force_login(first.officer)
    client.get(table(first))

    def count(name: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            answer: Any = client.get(table(first, name))
            assert b"".join(answer) if answer.streaming else answer.content
        return len(found)

    few = [count(name) for name in ("programme-applications", "programme-applications-csv")]
    for _ in range(3):
        beside(first).to(A.UNDER_REVIEW).score()
    assert [count(name) for name in ("programme-applications", "programme-applications-csv")] == few
    assert few[0] <= 20


def test_csv_holds_no_formula(client: Client) -> None:
    case = Case(guest=OrganisationFactory.create(name="=1+1", country=CountryFactory.create(code="ES")))
    case.to(A.SUBMITTED)
    client.force_login(case.officer)
    answer: Any = client.get(table(case, "programme-applications-csv"))
    rows = list(csv.reader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))

    assert len(rows) == 2
    assert rows[1][0] == "'=1+1"
    assert rows[1][-1] == str(case.pk)


# --- Deciding many ----------------------------------------------------------------------------------
def test_several_are_decided_with_one_reason_each_for_itself(client: Client) -> None:
    programme = ProgrammeFactory.create(track="light")
    offer = OfferFactory.create(programme=programme)
    first, second = Case(offer=offer).to(A.ACCEPTED), Case(offer=offer).to(A.ACCEPTED)
    client.force_login(first.officer)
    answer = client.post(
        table(first), {"case": [str(first.pk), str(second.pk)], "to": "approved", "reason": ""}, follow=True
    )
    text = answer.content.decode()

    assert sorted([first.fresh().state, second.fresh().state]) == [A.ACCEPTED, A.APPROVED]
    assert "1 case is decided" in text
    assert "These days are taken" in text


def test_case_that_was_refused_stays_ticked_with_why_beside_it(client: Client) -> None:
    """And the decision and its reason with it, as long as one of several could not be decided."""
    programme = ProgrammeFactory.create(track="light")
    offer = OfferFactory.create(programme=programme)
    first, second = Case(offer=offer).to(A.ACCEPTED), Case(offer=offer).to(A.ACCEPTED)
    untouched = beside(first).to(A.ACCEPTED)
    client.force_login(first.officer)
    sent = {"case": [str(first.pk), str(second.pk)], "to": "approved", "reason": "Both are good."}
    answer = client.post(table(first), sent)
    text = answer.content.decode()
    done, refused = sorted((first, second), key=lambda case: case.fresh().state != A.APPROVED)

    assert answer.status_code == 409
    assert "1 case is decided" in text
    assert "Both are good.</textarea>" in text
    assert re.search(r'value="approved"[^>]*checked', text)
    ticked = re.findall(r'name="case"\s+value="([^"]+)"[^>]*checked', text)
    assert ticked == [str(refused.pk)]
    beside_it = text.partition(f'id="why-{refused.pk}"')[2].partition("</ul>")[0]
    assert "These days are taken" in beside_it
    assert f'aria-describedby="why-{refused.pk}"' in text
    assert f"{refused.application.guest.name}: These days are taken" in text.partition("error-summary")[2]
    assert f"why-{done.pk}" not in text
    assert f"why-{untouched.pk}" not in text


def test_many_cannot_be_decided_without_reason_or_from_another_programme(client: Client) -> None:
    case, other = Case(track="light").to(A.ACCEPTED), Case(track="light").to(A.ACCEPTED)
    client.force_login(case.officer)
    bad: list[dict[str, Any]] = [
        {"case": [str(case.pk)], "to": "rejected", "reason": " "},
        {"case": [str(case.pk)], "to": "closed", "reason": "x"},
        {"case": [str(other.pk)], "to": "rejected", "reason": "x"},
        {"case": ["no key"], "to": "rejected", "reason": "x"},
        {"to": "rejected", "reason": "Kept words"},
    ]
    for data in bad:
        answer = client.post(table(case), data)
        assert answer.status_code == 422, data
        assert "error-summary" in answer.content.decode()
    assert "Kept words" in answer.content.decode()
    assert {case.fresh().state, other.fresh().state} == {A.ACCEPTED}


def test_ticks_and_reason_are_there_again_after_a_mistake(client: Client) -> None:
    case = Case(track="light").to(A.ACCEPTED)
    client.force_login(case.officer)
    text = client.post(table(case), {"case": [str(case.pk)], "reason": "Kept words"}).content.decode()

    assert "Kept words" in text
    assert "checked" in text.partition(f"tick-{case.pk}")[2].partition(">")[0]


# --- Reviewers --------------------------------------------------------------------------------------
def test_search_finds_people_of_authorities_but_no_party_and_no_officer(client: Client) -> None:
    case = Case().to(A.UNDER_REVIEW)
    second_officer = member_of(case.programme.organisation, name="Rita Officer")
    Officer.objects.create(programme=case.programme, user=second_officer)
    member_of(case.offer.host, name="Rita Host")
    member_of(OrganisationFactory.create(kind="cluster"), name="Rita Cluster")
    both = member_of(authority(), name="Rita Both")
    member_of(OrganisationFactory.create(kind="authority"), name="Rita Unverified")
    member_of(case.programme.organisation, name="Rita Manager")
    MembershipFactory.create(organisation=case.application.guest, user=both, role="member")
    application = case.fresh()
    found = {person.name for person in queries.possible_reviewers(application, "rita")}

    assert found == {"Rita Reviewer 1", "Rita Reviewer 2"}
    client.force_login(case.officer)
    page = client.get(case_url(case), {"q": "rita"}).content.decode()
    assert "Rita Reviewer 1" in page
    assert "Rita Host" not in page
    client.force_login(case.guest)
    assert "Rita" not in client.get(case_url(case), {"q": "rita"}).content.decode()


def test_colleagues_of_the_programme_are_marked_among_those_who_may_be_asked(client: Client) -> None:
    case = Case().to(A.UNDER_REVIEW)
    colleague = member_of(case.programme.organisation, role="member", name="Rita Colleague")
    MembershipFactory.create(organisation=authority(), user=colleague, role="member")
    application = case.fresh()
    found = queries.possible_reviewers(application, "rita")
    marked = {person.name: vars(person)["is_colleague"] for person in found}

    assert marked == {"Rita Colleague": True, "Rita Reviewer 1": False, "Rita Reviewer 2": False}
    client.force_login(case.officer)
    page = client.get(case_url(case), {"q": "rita"}).content.decode()
    assert page.count("Of the authority of this programme") == 1


def _left(organisation: Organisation, person: User) -> None:
    MembershipFactory.create(organisation=organisation, user=person, role="member")
    leave(organisation_id=organisation.pk, by=person)


def _removed_from(organisation: Organisation, person: User, *, by: User) -> None:
    MembershipFactory.create(organisation=organisation, user=person, role="member")
    remove_member(organisation_id=organisation.pk, user_id=person.pk, by=by)


def _was_officer(case: Case, person: User) -> None:
    place = MembershipFactory.create(organisation=case.programme.organisation, user=person, role="member")
    manager = member_of(case.programme.organisation)
    programmes.add_officer(programme_id=case.programme.pk, person=person, by=manager)
    programmes.remove_officer(programme_id=case.programme.pk, person=person, by=manager)
    place.delete()


def _took_a_step(case: Case, person: User) -> None:
    record(case.application, "evidence added", by=person)


def _competes(case: Case, person: User) -> None:
    rival = Case(offer=case.offer)
    MembershipFactory.create(organisation=rival.application.guest, user=person, role="member")
    rival.to(A.SUBMITTED)


def _travels_for_a_rival(case: Case, person: User) -> None:
    rival = Case(offer=case.offer)
    MembershipFactory.create(organisation=rival.application.guest, user=person, role="member")
    Application.objects.filter(pk=rival.pk).update(traveller=person)
    rival.to(A.SUBMITTED)
    person.memberships.filter(organisation=rival.application.guest).delete()


def _at_home(case: Case, person: User, **values: Any) -> None:
    Organisation.objects.filter(memberships__user=person).update(**values)


# Why somebody is neither offered nor taken, by what makes it so.
REFUSED: dict[str, Callable[[Case, User], Any]] = {
    "no authority": lambda case, person: _at_home(case, person, kind="cluster"),
    "authority not verified": lambda case, person: _at_home(case, person, verified_at=None, verified_by=None),
    "authority hidden": lambda case, person: _at_home(case, person, is_active=False),
    "belongs nowhere": lambda case, person: person.memberships.all().delete(),
    "has left the hub": lambda case, person: User.objects.filter(pk=person.pk).update(is_active=False),
    "belongs to the guest": lambda case, person: MembershipFactory.create(
        organisation=case.application.guest, user=person, role="member"
    ),
    "belongs to the host": lambda case, person: MembershipFactory.create(
        organisation=case.offer.host, user=person, role="member"
    ),
    "has left the guest": lambda case, person: _left(case.application.guest, person),
    "was removed from the host": lambda case, person: _removed_from(case.offer.host, person, by=case.host),
    "wrote the application": lambda case, person: Application.objects.filter(pk=case.pk).update(
        author=person
    ),
    "is to travel": lambda case, person: Application.objects.filter(pk=case.pk).update(traveller=person),
    "wrote the offer": lambda case, person: Offer.objects.filter(pk=case.offer.pk).update(author=person),
    "is an officer": lambda case, person: Officer.objects.create(programme=case.programme, user=person),
    "was an officer": _was_officer,
    "manages the authority": lambda case, person: MembershipFactory.create(
        organisation=case.programme.organisation, user=person, role="manager"
    ),
    "took a step of the case": _took_a_step,
    "belongs to a rival": _competes,
    "travels for a rival": _travels_for_a_rival,
    "was asked already": lambda case, person: reviews.invite(
        panel_id=case.application.panel_id, reviewer=person, by=case.officer
    ),
}
TAKEN: dict[str, Callable[[Case, User], Any]] = {
    "of an authority": lambda case, person: None,
    "is of another cluster as well": lambda case, person: member_of(OrganisationFactory.create()),
    "belongs to the authority of the programme": lambda case, person: MembershipFactory.create(
        organisation=case.programme.organisation, user=person, role="member"
    ),
    "left the guest before the case was begun": lambda case, person: Entry.objects.create(
        about=case.application.guest,
        action=Ending.LEFT,
        by=person,
        at=case.application.created_at - timedelta(days=1),
    ),
    "has a draft in the programme": lambda case, person: Application.objects.filter(
        pk=Case(offer=case.offer).pk
    ).update(author=person),
}


@pytest.mark.parametrize("name", [*REFUSED, *TAKEN])
def test_who_is_offered_for_a_review_is_who_may_be_asked(name: str) -> None:
    case = Case().to(A.UNDER_REVIEW)
    person = member_of(authority(), role="member", name="Petra Possible")
    {**REFUSED, **TAKEN}[name](case, person)
    person.refresh_from_db()
    panel = case.fresh().panel
    assert panel
    is_offered = person in queries.possible_reviewers(case.application, "possible")
    try:
        reviews.invite(panel_id=panel.pk, reviewer=person, by=case.officer)
        is_taken = True
    except RuleBrokenError:
        is_taken = False

    assert is_offered == is_taken == (name in TAKEN)
    if name != "was asked already":
        may = review_permissions.can_be_invited(person, panel)
        assert may == is_taken
        assert (person.pk in permissions.involved_in(case.application)) == permissions.has_interest(
            person, case.application
        )


def test_nobody_is_offered_once_a_case_has_as_many_reviewers_as_it_can_have(client: Client) -> None:
    case = Case().to(A.UNDER_REVIEW)
    panel = case.application.panel
    assert panel
    for _ in range(MOST_REVIEWERS):
        reviews.invite(panel_id=panel.pk, reviewer=member_of(authority()), by=case.officer)
    client.force_login(case.officer)
    answer = client.get(case_url(case))

    assert answer.context["people"] == []
    text = answer.content.decode()
    assert "This case has as many reviewers as it can have." in text
    assert "Ask for a review" not in text
    assert "Release this reviewer" in text


def test_officer_invites_and_releases_with_a_reason(client: Client) -> None:
    case = Case().to(A.UNDER_REVIEW)
    client.force_login(case.officer)
    invite = case_url(case, "reviewer-invite")
    client.post(invite, {"person": case.reviewers[0].pk})
    review = Review.objects.get()
    assert (review.reviewer, review.state) == (case.reviewers[0], "invited")

    again = client.post(invite, {"person": case.reviewers[0].pk}, follow=True)
    assert "asked already" in again.content.decode()
    assert "of a party" in client.post(invite, {"person": case.host.pk}, follow=True).content.decode()
    for nobody in ("0", "x", "", "9" * 40):
        assert client.post(invite, {"person": nobody}).status_code == 404
    release = case_url(case, "reviewer-release", review.pk)
    assert client.post(release, {"reason": " "}).status_code == 422
    client.post(release, {"reason": "Long silence"})
    review.refresh_from_db()
    assert (review.state, review.reason) == ("released", "Long silence")


def test_only_officers_choose_reviewers(client: Client) -> None:
    case, other = Case().to(A.UNDER_REVIEW), Case().to(A.UNDER_REVIEW)
    panel = other.fresh().panel
    assert panel
    foreign = reviews.invite(panel_id=panel.pk, reviewer=other.reviewers[0], by=other.officer)
    for name, person in people(case).items():
        client.logout()
        if person:
            client.force_login(person)
        answer = client.post(case_url(case, "reviewer-invite"), {"person": case.reviewers[0].pk})
        expected = {"officer": 302, "guest": 403, "host": 403, "nobody": 302, "inactive guest": 302}.get(
            name, 404
        )
        assert answer.status_code == expected, name
    client.force_login(case.officer)
    assert client.post(case_url(case, "reviewer-release", foreign.pk), {"reason": "x"}).status_code == 404
    assert Review.objects.filter(panel=case.fresh().panel).count() == 1


def test_reviews_stand_side_by_side_for_the_officer_alone(client: Client) -> None:
    case = Case().to(A.UNDER_REVIEW)
    case.score()
    client.force_login(case.officer)
    page = client.get(case_url(case)).content.decode()
    assert "Points by criterion" in page
    assert "Rita Reviewer 1" in page
    assert "/decide/" in page
    for person in (case.guest, case.host):
        client.force_login(person)
        text = client.get(case_url(case)).content.decode()
        assert "Rita Reviewer" not in text
        assert "Points by criterion" not in text


def test_no_decision_is_offered_before_the_reviews_are_in(client: Client) -> None:
    case = Case().to(A.UNDER_REVIEW)
    client.force_login(case.officer)
    assert "/decide/" not in client.get(case_url(case)).content.decode()
    answer = client.post(case_url(case, "application-step", "decide"), {"to": "approved"}, follow=True)
    assert "Reviews are still missing" in answer.content.decode()
    assert case.fresh().state == A.UNDER_REVIEW


def test_reviewer_reads_the_whole_application_after_the_declaration(client: Client) -> None:
    case = Case(goals="GOALS", agenda="AGENDA", use_at_home="HOME", benefit="BENEFIT").to(A.UNDER_REVIEW)
    panel = case.fresh().panel
    assert panel
    review = reviews.invite(panel_id=panel.pk, reviewer=case.reviewers[0], by=case.officer)
    client.force_login(case.reviewers[0])
    page = reverse("reviews:review-detail", args=[review.pk])
    before = client.get(page).content.decode()
    after = client.post(reverse("reviews:review-declare", args=[review.pk]), follow=True).content.decode()

    assert not [word for word in ("GOALS", "AGENDA", "HOME", "BENEFIT") if word in before]
    assert [word for word in ("GOALS", "AGENDA", "HOME", "BENEFIT") if word not in after] == []
    assert "5 days" in after
    assert client.get(case_url(case)).status_code == 404


# --- Reviewers who disagree, or do not write --------------------------------------------------------
def test_officer_decides_with_a_reason_where_a_third_review_was_wanted_and_never_came(client: Client) -> None:
    case = Case()
    overdue_with(70, 49)(case)
    client.force_login(case.officer)
    page = client.get(case_url(case)).content.decode()
    assert "2 of 3 wanted" in page
    assert "2 of 3 are in. You can decide with them: please give a reason." in page
    assert "Ask 1 more person for a review." in page
    assert "Your reason is sent to both sides and kept, with how many reviews were in." in page

    decide = case_url(case, "application-step", "decide")
    answer = client.post(decide, {"to": "approved", "reason": ""})
    assert answer.status_code == 422
    assert "Fewer reviews are in than are wanted" in answer.content.decode()
    client.post(decide, {"to": "approved", "reason": "Nobody else could be asked."})

    assert case.fresh().state == A.APPROVED
    entry = Entry.objects.about(case.application).get(action=A.APPROVED)
    assert (entry.reason, entry.data) == ("Nobody else could be asked.", {"reviews": 2, "wanted": 3})
    assert "Approved, with 2 of 3 reviews" in client.get(case_url(case)).content.decode()
    letter = str(mail_for(case.guest.notifications.get(kind="application_decided"), get_connection()).body)
    assert "The decision rests on 2 reviews; 3 were wanted." in letter


def test_letter_of_a_decision_on_all_reviews_counts_none() -> None:
    case = Case().to(A.APPROVED)
    letter = str(mail_for(case.guest.notifications.get(kind="application_decided"), get_connection()).body)

    assert "rests on" not in letter
    assert Entry.objects.about(case.application).get(action=A.APPROVED).data == {"reviews": 2, "wanted": 2}


def test_reviews_are_due_in_time_for_the_decision_and_the_signatures() -> None:
    case, near, late = Case().to(A.ACCEPTED), Case().to(A.ACCEPTED), Case().to(A.ACCEPTED)
    tomorrow = today() + timedelta(days=2)
    Application.objects.filter(pk=near.pk).update(starts_on=tomorrow, ends_on=tomorrow + timedelta(days=4))
    Application.objects.filter(pk=late.pk).update(decision_due_at=timezone.now() - timedelta(days=1))
    dues = []
    for each in (case, near, late):
        panel = each.to(A.UNDER_REVIEW).application.panel
        assert panel
        dues.append(panel.due_at - timezone.now())

    share = timedelta(days=case.programme.promised_days) * 2 / 3
    assert abs(dues[0] - share) < timedelta(minutes=1)
    assert dues[1] < timedelta(days=2)
    assert abs(dues[2] - share) < timedelta(minutes=1)
