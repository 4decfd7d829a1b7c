"""Whose turn it is: the database and the page of the case say the same; and many cases are one line, not many."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.core.exceptions import RuleBrokenError
from apps.core.tasklist import Todo, todos_for
from apps.exchanges import casework, queries, todo_sources
from apps.exchanges.days import today
from apps.exchanges.deadlines import due_of
from apps.exchanges.enums import ApplicationState, Side, Signer
from apps.exchanges.models import Application, Programme
from apps.exchanges.services import after, applications
from apps.exchanges.turns import due, waiting_for
from apps.organisations.models import Organisation
from apps.reviews import services as reviews
from apps.reviews.models import CriteriaSet, Panel, Review
from apps.reviews.outcome import outcome_of
from tests.exchanges.test_due import run, told
from tests.factories.exchanges import Case, OfferFactory, member_of

pytestmark = pytest.mark.django_db
A = ApplicationState


# --- The two rules ------------------------------------------------------------------------------------
def asked_of_database(case: Case) -> set[Signer]:
    rows = Application.objects.filter(pk=case.pk)
    return {role for role in Signer if waiting_for(rows, role).exists()}


def said_by_page(case: Case) -> set[Signer]:
    (row,) = queries.cases_with_standing([case.pk])
    return casework.waits_for(casework.standing_of(row))


@pytest.mark.parametrize(
    "state", [state for state in A if state not in {A.EXPIRED, A.CANCELLED}], ids=lambda state: state.value
)
def test_both_say_the_same_in_every_state(state: ApplicationState) -> None:
    for track in ("light", "full"):
        if track == "light" and state == A.UNDER_REVIEW:
            continue
        case = Case(track=track).to(state)
        assert asked_of_database(case) == said_by_page(case), track


@pytest.mark.parametrize(
    "state", [A.SUBMITTED, A.ACCEPTED, A.WAITING_LIST, A.APPROVED, A.COMPLETED, A.CLOSED]
)
def test_both_say_the_same_deadline(state: ApplicationState) -> None:
    case = Case(track="light").to(state)
    for decision in (timezone.now() - timedelta(days=3), timezone.now() + timedelta(days=300)):
        Application.objects.filter(pk=case.pk).update(decision_due_at=decision)
        row = Application.objects.annotate(by=due()).get(pk=case.pk)
        assert getattr(row, "by", None) == due_of(row)


def _signed_by_guest(case: Case) -> None:
    text_hash = case.to(A.AGREEMENT_PENDING).application.agreement.text_hash
    after.sign(application_id=case.pk, signer=Signer.GUEST, text_hash=text_hash, by=case.guest)


def _reported_by_host(case: Case) -> None:
    case.to(A.COMPLETED)
    values = {"learned": "Much.", "change": "We count.", "would_again": True}
    after.submit_report(application_id=case.pk, side=Side.HOST, values=values, by=case.host)


def _asked(case: Case) -> None:
    after.ask_what_changed(application_id=case.to(A.CLOSED).pk)


def _answered(*, may_publish: bool) -> Callable[[Case], None]:
    def answer(case: Case) -> None:
        _asked(case)
        after.answer_follow_up(
            application_id=case.pk,
            side=Side.GUEST,
            what_changed="Much",
            may_publish=may_publish,
            by=case.guest,
        )

    return answer


def _approved(case: Case) -> None:
    _answered(may_publish=True)(case)
    text_hash = after.hash_of("Much")
    after.approve_learning(application_id=case.pk, side=Side.GUEST, text_hash=text_hash, by=case.officer)


def _taken_down(case: Case) -> None:
    _approved(case)
    after.take_down_learning(application_id=case.pk, side=Side.GUEST, by=case.officer, reason="Too frank.")


def _overdue(case: Case) -> None:
    case.to(A.COMPLETED)
    Application.objects.filter(pk=case.pk).update(reports_due_at=timezone.now() - timedelta(minutes=1))


def _draft(**programme: Any) -> Callable[[Case], None]:
    def lead(case: Case) -> None:
        Programme.objects.filter(pk=case.programme.pk).update(**programme)

    return lead


def _host_hidden(case: Case) -> None:
    Organisation.objects.filter(pk=case.offer.host_id).update(is_active=False)


def _authority_hidden(case: Case) -> None:
    Organisation.objects.filter(pk=case.programme.organisation_id).update(is_active=False)


def _last_day_of_stays(days: int) -> Callable[[Case], None]:
    def lead(case: Case) -> None:
        last = today() + timedelta(days=days)
        _draft(stays_from=last, stays_until=last)(case)

    return lead


def _after_deadline(minutes: int) -> Callable[[Case], None]:
    def lead(case: Case) -> None:
        _draft(closes_at=timezone.now() - timedelta(minutes=minutes))(case)

    return lead


def _invited(case: Case, *totals: int | None) -> None:
    """With a review for each of the totals; None is one that is not written yet."""
    panel = case.to(A.UNDER_REVIEW).application.panel
    assert panel
    authority = case.reviewers[0].memberships.get().organisation
    for total in totals:
        reviewer = member_of(authority, role="member")
        review = reviews.invite(panel_id=panel.pk, reviewer=reviewer, by=case.officer)
        if total is not None:
            now = timezone.now()
            Review.objects.filter(pk=review.pk).update(
                state="submitted", declared_at=now, submitted_at=now, total=total, recommendation="support"
            )


def _without_third(case: Case) -> None:
    CriteriaSet.objects.filter(programme=case.programme).update(third_above=None)
    _invited(case, 10, 90)


def overdue_with(*totals: int | None) -> Callable[[Case], None]:
    def lead(case: Case) -> None:
        _invited(case, *totals)
        Panel.objects.update(due_at=timezone.now() - timedelta(minutes=1))

    return lead


GUEST, HOST, OFFICER = Signer.GUEST, Signer.HOST, Signer.OFFICER
SITUATIONS: dict[str, tuple[Callable[[Case], None], set[Signer]]] = {
    "signed by the guest": (_signed_by_guest, {HOST, OFFICER}),
    "reported by the host": (_reported_by_host, {GUEST}),
    "asked what changed": (_asked, {GUEST, HOST}),
    "answered to be published": (_answered(may_publish=True), {HOST, OFFICER}),
    "answered, not to be published": (_answered(may_publish=False), {HOST}),
    "approved": (_approved, {HOST}),
    "taken down": (_taken_down, {HOST}),
    "reports are late": (_overdue, {GUEST, HOST, OFFICER}),
    "a draft in the grace": (_after_deadline(59), {GUEST}),
    "a draft after the grace": (_after_deadline(61), set()),
    "a draft of a paused programme": (_draft(state="paused"), set()),
    "a draft before the programme opens": (_draft(opens_at=timezone.now() + timedelta(days=1)), set()),
    "a draft to a host that is not shown": (_host_hidden, set()),
    "a draft to an authority that is not shown": (_authority_hidden, set()),
    "a draft on the last day of stays": (_last_day_of_stays(0), set()),
    "a draft on the day before it": (_last_day_of_stays(1), {GUEST}),
    "nobody is invited": (_invited, {OFFICER}),
    "one is invited": (lambda case: _invited(case, None), {OFFICER}),
    "both are invited": (lambda case: _invited(case, None, None), set()),
    "one has written": (lambda case: _invited(case, 70, None), set()),
    "both have written": (lambda case: _invited(case, 70, 60), {OFFICER}),
    "as far apart as may be": (lambda case: _invited(case, 70, 50), {OFFICER}),
    "too far apart": (lambda case: _invited(case, 70, 49), {OFFICER}),
    "too far apart, a third is invited": (lambda case: _invited(case, 70, 49, None), set()),
    "too far apart, a third has written": (lambda case: _invited(case, 70, 49, 60), {OFFICER}),
    "too far apart, and nobody minds": (_without_third, {OFFICER}),
    "nobody has written in time": (overdue_with(None, None), set()),
    "nobody is left who would write": (overdue_with(), {OFFICER}),
    "one has written in time": (overdue_with(70, None), {OFFICER}),
    "one alone has written in time": (overdue_with(70), {OFFICER}),
    "too far apart when they were due": (overdue_with(70, 49), {OFFICER}),
    "too far apart when they were due, a third is invited": (overdue_with(70, 49, None), {OFFICER}),
}  # fmt: skip
REVIEWED = list(SITUATIONS)[list(SITUATIONS).index("nobody is invited") :]
MAY_BE_DECIDED = {
    "both have written", "as far apart as may be", "too far apart, a third has written",
    "too far apart, and nobody minds", "one has written in time", "one alone has written in time",
    "too far apart when they were due", "too far apart when they were due, a third is invited",
}  # fmt: skip


@pytest.mark.parametrize("name", SITUATIONS)
def test_both_say_the_same_within_a_state(name: str) -> None:
    lead, expected = SITUATIONS[name]
    case = Case()
    lead(case)

    assert asked_of_database(case) == expected
    assert said_by_page(case) == expected


@pytest.mark.parametrize("name", REVIEWED)
def test_page_database_and_service_say_the_same_of_when_a_case_may_be_decided(name: str) -> None:
    case = Case()
    SITUATIONS[name][0](case)
    panel = case.fresh().panel
    assert panel
    (row,) = queries.cases_with_standing([case.pk])
    standing = casework.standing_of(row)
    progress = outcome_of(panel).progress

    assert standing.progress == progress
    assert progress.may_be_decided == (name in MAY_BE_DECIDED)
    assert casework.STEPS["decide"].is_open(standing, OFFICER) == progress.may_be_decided
    idle = Panel.objects.idle().filter(pk=panel.pk).exists()
    assert idle == (progress.may_be_decided or progress.lacking > 0)
    try:
        applications.decide(application_id=case.pk, by=case.officer, to=A.REJECTED, reason="Weak.")
        is_decided = True
    except RuleBrokenError:
        is_decided = False
    assert is_decided == progress.may_be_decided


@pytest.mark.parametrize("hide", [_host_hidden, _authority_hidden, _last_day_of_stays(0)])
def test_draft_that_could_not_be_submitted_is_not_recalled(hide: Callable[[Case], None]) -> None:
    case, other = Case(track="light"), Case(track="light")
    hide(case)
    run(case.programme.closes_at - timedelta(days=1))

    assert (told(case.guest, "draft_closes"), told(other.guest, "draft_closes")) == (0, 1)


# --- Many ---------------------------------------------------------------------------------------------
@pytest.fixture
def _two_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(todo_sources, "MOST_CASES", 1)


def _many(state: str, *, person: str) -> tuple[Any, list[Case]]:
    first = Case(track="light").to(state)
    if person == "guest":
        others = [Case(track="light", guest=first.application.guest, traveller=first.guest).to(state)]
    elif person == "host":
        others = [Case(offer=first.offer).to(state)]
    else:
        others = [Case(offer=OfferFactory.create(programme=first.programme)).to(state)]
    return getattr(first, person), [first, *others]


@pytest.mark.usefixtures("_two_are_many")
@pytest.mark.parametrize(
    ("person", "state", "title"),
    [
        ("guest", A.DRAFT, "2 of your applications wait for you"),
        ("host", A.SUBMITTED, "2 applications to your offers wait for you"),
        ("officer", A.ACCEPTED, "2 applications of “{programme}” wait for you"),
    ],
)
def test_many_are_one_line_to_the_list_of_exactly_these(
    client: Client, person: str, state: ApplicationState, title: str
) -> None:
    user, cases = _many(state, person=person)
    settled = Case(offer=cases[0].offer, guest=cases[0].application.guest).to(A.DECLINED)
    (todo,) = todos_for(user)

    assert (todo.title, todo.count) == (title.format(programme=cases[0].programme), 2)
    client.force_login(user)
    text = client.get(todo.url).content.decode()
    assert all(str(case.pk) in text for case in cases)
    assert str(settled.pk) not in text
    dashboard = client.get("/dashboard/").content.decode()
    assert '<span class="hub-tab-count">2</span>' in dashboard


@pytest.mark.usefixtures("_two_are_many")
def test_line_of_many_is_due_when_its_first_case_is() -> None:
    user, cases = _many(A.ACCEPTED, person="officer")
    promised = timezone.now().replace(microsecond=0) - timedelta(days=1)
    Application.objects.filter(pk=cases[1].pk).update(decision_due_at=promised)
    (todo,) = todos_for(user)

    assert todo.due_at == promised
    assert todo.is_overdue()


@pytest.mark.usefixtures("_two_are_many")
def test_officer_of_two_programmes_has_a_line_for_each_and_few_stand_alone() -> None:
    user, _cases = _many(A.ACCEPTED, person="officer")
    other = Case(track="light").to(A.ACCEPTED)
    other.programme.officers.create(user=user)
    organisation = other.programme.organisation
    organisation.memberships.create(user=user, role="member")
    found: list[Todo] = todos_for(user)

    assert sorted(todo.count for todo in found) == [1, 2]
    assert other.application.get_absolute_url() in {todo.url for todo in found}


def test_what_waits_is_found_without_loading_what_does_not(django_assert_max_num_queries: Any) -> None:
    user, _cases = _many(A.SUBMITTED, person="officer")
    with django_assert_max_num_queries(3):
        assert list(todo_sources.cases_that_wait(user)) == []


def test_list_of_what_waits_can_be_empty_and_leads_back(client: Client) -> None:
    case = Case().to(A.SUBMITTED)
    client.force_login(case.guest)
    text = client.get("/exchanges/applications/", {"waiting": "1"}).content.decode()

    assert "Nothing waits for you" in text
    assert 'href="?side=guest"' in text
    assert str(case.pk) not in text
