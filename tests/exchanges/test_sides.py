"""Nobody stands on two sides, at whatever moment they come to; and nobody learns of a case by mail what they may not
open.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.mail import get_connection
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.core import formats
from apps.core.exceptions import NotAllowedError, RuleBrokenError, StepNotAllowedError
from apps.core.tasklist import todos_for
from apps.exchanges import due, permissions
from apps.exchanges.enums import ApplicationState, Signer
from apps.exchanges.exceptions import NotReadyError, SidesMeetError
from apps.exchanges.indexing import index_offers
from apps.exchanges.models import Application, Offer, Officer, Programme
from apps.exchanges.queries import money_of
from apps.exchanges.rules import why_closed
from apps.exchanges.services import after, applications, expiry, offers, programmes
from apps.exchanges.services.common import officers_of_case, officers_of_offer
from apps.notifications.models import Notification
from apps.notifications.rendering import mail_for
from apps.organisations import services as organisations
from apps.organisations.models import Membership, Organisation
from apps.reviews import permissions as review_permissions
from apps.reviews import services as reviews
from apps.reviews.models import Review
from apps.reviews.services import ScoreValues
from tests.factories.accounts import UserFactory
from tests.factories.exchanges import Case, OfferFactory, ProgrammeFactory, authority, member_of
from tests.factories.organisations import MembershipFactory, OrganisationFactory
from tests.factories.taxonomy import CountryFactory

pytestmark = pytest.mark.django_db
A = ApplicationState


def officer_for(case: Case, **values: Any) -> User:
    person = member_of(case.programme.organisation, role="member", **values)
    Officer.objects.create(programme=case.programme, user=person)
    return person


def join(organisation: Any, person: User, role: str = "member") -> None:
    MembershipFactory.create(organisation=organisation, user=person, role=role)


def ask(case: Case, person: User) -> Review:
    panel_id = case.fresh().panel_id
    assert panel_id
    return reviews.invite(panel_id=panel_id, reviewer=person, by=case.officer)


def hand_in(review: Review) -> None:
    reviews.declare_no_conflict(review_id=review.pk, by=review.reviewer)
    scores = {item.pk: ScoreValues(Decimal(4), "Their words") for item in review.panel.criteria.items.all()}
    reviews.submit_review(review_id=review.pk, by=review.reviewer, scores=scores, recommendation="support")


def kinds_of(person: User) -> set[str]:
    return set(Notification.objects.filter(recipient=person).values_list("kind", flat=True))


# --- Who reviews never manages ----------------------------------------------------------------------
def test_reviewer_who_becomes_an_officer_manages_no_case_that_they_were_asked_for(client: Client) -> None:
    case = Case().to(A.UNDER_REVIEW)
    own = member_of(case.programme.organisation, role="member")
    mine, other = ask(case, own), ask(case, case.reviewers[0])
    hand_in(other)
    for state in ("invited", "refused"):
        if state == "refused":
            reviews.refuse(review_id=mine.pk, by=own, reason="No time.")
        Officer.objects.get_or_create(programme=case.programme, user=own)
        application = case.fresh()
        assert application.panel

        assert not permissions.is_officer_of(own, application), state
        assert not review_permissions.can_manage(own, application.panel), state
        assert not Application.objects.of_officer(own).exists(), state
        assert own not in officers_of_case(application), state
        with pytest.raises(NotAllowedError):
            applications.decide(application_id=case.pk, by=own, to=A.REJECTED, reason="x")
        client.force_login(own)
        assert client.get(application.get_absolute_url()).status_code == 404, state
    # Other cases of the programme are theirs like anybody's.
    assert permissions.is_officer_of(own, _beside(case).fresh())


def _beside(case: Case) -> Case:
    return Case(offer=case.offer).to(A.SUBMITTED)


def test_nobody_with_reviews_to_write_becomes_an_officer() -> None:
    case = Case().to(A.UNDER_REVIEW)
    own = member_of(case.programme.organisation, role="member")
    review = ask(case, own)
    with pytest.raises(RuleBrokenError, match="asked for reviews in this programme"):
        programmes.add_officer(programme_id=case.programme.pk, person=own, by=case.officer)

    reviews.release(review_id=review.pk, by=case.officer, reason="Becomes an officer.")
    programmes.add_officer(programme_id=case.programme.pk, person=own, by=case.officer)
    assert permissions.is_officer(own, case.programme)


def test_who_could_make_themselves_an_officer_is_asked_for_no_review() -> None:
    case = Case().to(A.UNDER_REVIEW)
    for person in (
        member_of(case.programme.organisation),
        officer_for(case),
        member_of(OrganisationFactory.create(kind="authority")),  # nobody has verified it
    ):
        with pytest.raises(RuleBrokenError):
            ask(case, person)


# --- Who is told ------------------------------------------------------------------------------------
def test_officer_of_a_party_gets_nothing_of_the_case_by_mail() -> None:
    case = Case()
    bound = officer_for(case)
    join(case.application.guest, bound)
    case.to(A.UNDER_REVIEW)
    conflicted = ask(case, member_of(case.programme.organisation, role="member"))
    reviews.declare_conflict(
        review_id=conflicted.pk, by=conflicted.reviewer, reason="I am the sister of the host's director."
    )
    Application.objects.update(decision_due_at=case.application.created_at)
    due.run_all()
    case.to(A.REPORTS_SUBMITTED)

    told = {
        "application_to_decide", "review_ended", "review_submitted", "decision_due", "agreement_to_sign",
        "reports_submitted",
    }  # fmt: skip
    assert told <= kinds_of(case.officer)
    assert kinds_of(bound) == set()


def test_who_is_told_are_exactly_the_officers_who_may_open_the_case(
    django_assert_max_num_queries: Any,
) -> None:
    case = Case().to(A.SUBMITTED)
    of_guest, of_host, left, removed = (officer_for(case) for _ in range(4))
    gone, travels, free = officer_for(case), officer_for(case), officer_for(case)
    join(case.application.guest, of_guest)
    join(case.offer.host, of_host)
    for person in (left, removed):
        join(case.application.guest, person)
    Membership.objects.filter(user=gone).delete()
    organisations.leave(organisation_id=case.application.guest_id, by=left)
    organisations.remove_member(organisation_id=case.application.guest_id, user_id=removed.pk, by=case.guest)
    Application.objects.filter(pk=case.pk).update(traveller=travels)
    application = case.fresh()
    everybody = {case.officer, of_guest, of_host, left, removed, gone, travels, free}

    with django_assert_max_num_queries(3):
        told = set(officers_of_case(application))
    assert told == {case.officer, free}
    assert told == {person for person in everybody if permissions.is_officer_of(person, application)}


def test_managers_learn_that_a_case_waits_for_nobody_and_nothing_else_of_it() -> None:
    case = Case().to(A.SUBMITTED)
    manager = member_of(case.programme.organisation)
    join(case.application.guest, case.officer)
    applications.accept_application(application_id=case.pk, by=case.host)

    message = Notification.objects.get(recipient=manager)
    assert message.kind == "officer_missing"
    assert message.context == {"programme": case.programme.name}
    assert message.url == reverse("exchanges:programme-officers", args=[case.programme.slug])
    assert "application_to_decide" not in kinds_of(case.officer)
    assert "officer_missing" not in kinds_of(case.officer)


# --- Sides that come together while a case runs -------------------------------------------------------
def _joins_the_host(case: Case) -> None:
    join(case.offer.host, case.fresh().traveller, "manager")


def _leaves_the_guest(case: Case) -> None:
    other = member_of(case.application.guest)  # somebody remains to press for the guest
    Membership.objects.filter(user=case.fresh().traveller).delete()
    case.guest = other


def _author_of_the_offer_joins_the_guest(case: Case) -> None:
    join(case.offer.host, case.offer.author)
    join(case.application.guest, case.offer.author)


MEETINGS: dict[str, Callable[[Case], None]] = {
    "who travels manages the host": _joins_the_host,
    "who travels has left the guest": _leaves_the_guest,
    "a manager of the host joins the guest": lambda case: join(case.application.guest, case.host),
    "the author of the offer joins the guest": _author_of_the_offer_joins_the_guest,
}
BINDING: dict[str, tuple[str, Callable[[Case], Any]]] = {
    "accept": (
        A.SUBMITTED,
        lambda case: applications.accept_application(application_id=case.pk, by=member_of(case.offer.host)),
    ),
    "approve": (
        A.ACCEPTED,
        lambda case: applications.decide(application_id=case.pk, by=case.officer, to=A.APPROVED),
    ),
    "make agreement": (
        A.APPROVED,
        lambda case: after.make_agreement(application_id=case.pk, by=case.officer),
    ),
    "sign": (
        A.AGREEMENT_PENDING,
        lambda case: after.sign(
            application_id=case.pk,
            signer=Signer.OFFICER,
            text_hash=case.fresh().agreement.text_hash,
            by=case.officer,
        ),
    ),
    "start": (
        A.SIGNED,
        lambda case: after.start_stay(application_id=case.pk, today=case.application.starts_on or date.max),
    ),
}


@pytest.mark.parametrize("meeting", MEETINGS)
@pytest.mark.parametrize("step", BINDING)
def test_no_step_binds_anybody_while_the_sides_meet(step: str, meeting: str) -> None:
    state, act = BINDING[step]
    case = Case(track="light").to(state)
    MEETINGS[meeting](case)

    with pytest.raises(SidesMeetError, match="give"):
        act(case)
    assert case.fresh().state == state
    applications_or_stay_can_be_given_up(case)


def applications_or_stay_can_be_given_up(case: Case) -> None:
    act = after.cancel if case.fresh().state == A.SIGNED else applications.withdraw_application
    by = member_of(case.application.guest)
    assert act(application_id=case.pk, by=by, reason="Sides meet.").state in {A.WITHDRAWN, A.CANCELLED}


def test_all_are_told_once_why_a_stay_does_not_begin_and_it_begins_when_put_right() -> None:
    case = Case(track="light").to(A.SIGNED)
    first = case.application.starts_on
    assert first
    _joins_the_host(case)
    moment = datetime.combine(first, time(12), UTC)
    for _ in range(2):
        assert due.run_all(moment)["started"] == 0
    for person in (case.guest, case.host, case.officer):
        assert person.notifications.filter(kind="stay_not_begun").count() == 1

    Membership.objects.filter(organisation=case.offer.host, user=case.guest).delete()
    assert due.run_all(moment)["started"] == 1


@pytest.mark.parametrize("meeting", MEETINGS)
def test_stay_that_was_kept_back_until_its_last_day_is_cancelled_and_frees_place_and_money(
    meeting: str,
) -> None:
    case = Case(track="light").to(A.SIGNED)
    last = case.application.ends_on
    assert last
    MEETINGS[meeting](case)
    due.run_all(datetime.combine(last, time(12), UTC))
    assert case.fresh().state == A.SIGNED

    assert due.run_all(datetime.combine(last + timedelta(days=1), time(12), UTC))["missed"] == 1
    row = case.fresh()
    assert (row.state, row.place, row.signed_at is None) == (A.CANCELLED, None, False)
    assert "did not begin by its last day" in row.reason
    assert money_of(case.programme).approved == 0
    for person in (case.host, case.officer):
        told = person.notifications.get(kind="application_cancelled")
        assert told.context["reason"] == row.reason


def test_stay_that_was_kept_back_never_begins_after_its_last_day_though_its_sides_parted() -> None:
    case = Case(track="light").to(A.SIGNED)
    first, last = case.application.starts_on, case.application.ends_on
    assert first
    assert last
    _joins_the_host(case)
    for day in (first, last):
        due.run_all(datetime.combine(day, time(12), UTC))
    kept_back = Entry.objects.about(case.application).filter(action=after.KEPT_BACK)
    assert kept_back.count() == 1
    Membership.objects.filter(organisation=case.offer.host, user=case.guest).delete()

    done = due.run_all(datetime.combine(last + timedelta(days=1), time(12), UTC))
    assert (done["started"], done["missed"], done["completed"]) == (0, 1, 0)
    assert case.fresh().state == A.CANCELLED


def test_stay_whose_days_went_by_without_beat_took_place() -> None:
    case = Case(track="light").to(A.SIGNED)
    last = case.application.ends_on
    assert last
    done = due.run_all(datetime.combine(last + timedelta(days=1), time(12), UTC))

    assert (done["started"], done["missed"], done["completed"]) == (1, 0, 1)


def test_stay_that_was_kept_back_for_minutes_and_put_right_takes_place_without_beat() -> None:
    case = Case(track="light").to(A.SIGNED)
    first, last = case.application.starts_on, case.application.ends_on
    assert first
    assert last
    _joins_the_host(case)
    due.run_all(datetime.combine(first, time(0, 5), UTC))
    Membership.objects.filter(organisation=case.offer.host, user=case.guest).delete()

    done = due.run_all(datetime.combine(last + timedelta(days=1), time(12), UTC))
    assert (done["started"], done["missed"], done["completed"]) == (1, 0, 1)


def test_stay_that_was_kept_back_early_and_whose_sides_meet_still_is_cancelled_without_beat() -> None:
    case = Case(track="light").to(A.SIGNED)
    first, last = case.application.starts_on, case.application.ends_on
    assert first
    assert last
    _joins_the_host(case)
    for day in (first, last + timedelta(days=1)):
        done = due.run_all(datetime.combine(day, time(12), UTC))

    assert (done["started"], done["missed"]) == (0, 1)


@pytest.mark.parametrize("meeting", MEETINGS)
def test_who_comes_or_leaves_after_a_stay_without_beat_does_not_undo_it(meeting: str) -> None:
    case = Case(track="light").to(A.SIGNED)
    last = case.application.ends_on
    assert last
    MEETINGS[meeting](case)

    done = due.run_all(datetime.combine(last + timedelta(days=1), time(12), UTC))
    assert (done["started"], done["missed"], done["completed"]) == (1, 0, 1)


@pytest.mark.parametrize("state", [A.SIGNED, A.IN_PROGRESS])
def test_nobody_cancels_a_stay_that_is_over_though_beat_is_late(client: Client, state: A) -> None:
    case = Case(track="light").to(state)
    last = case.application.ends_on
    assert last
    steps = {"cancel": case.guest, "cancel-as-host": case.host, "cancel-as-officer": case.officer}
    with time_machine.travel(datetime.combine(last + timedelta(days=1), time(9), UTC), tick=False):
        for name, person in steps.items():
            with pytest.raises(StepNotAllowedError):
                after.cancel(application_id=case.pk, by=person, reason="Over.")
            client.force_login(person)
            press = reverse("exchanges:application-step", args=[case.pk, name])
            assert press not in client.get(case.application.get_absolute_url()).content.decode()
    assert case.fresh().state == state


def test_officer_does_not_cancel_a_stay_that_beat_alone_kept(client: Client) -> None:
    case = Case(track="light").to(A.SIGNED)
    first = case.application.starts_on
    assert first
    with time_machine.travel(datetime.combine(first, time(12), UTC), tick=False):
        with pytest.raises(StepNotAllowedError):
            after.cancel(application_id=case.pk, by=case.officer, reason="Late.")
        client.force_login(case.officer)
        press = reverse("exchanges:application-step", args=[case.pk, "cancel-as-officer"])
        assert press not in client.get(case.application.get_absolute_url()).content.decode()
        assert after.cancel(application_id=case.pk, by=case.guest, reason="Ill.").state == A.CANCELLED


def test_stay_that_was_kept_back_to_its_last_day_is_cancelled_by_whoever_comes_before_beat() -> None:
    case = Case(track="light").to(A.SIGNED)
    last = case.application.ends_on
    assert last
    _joins_the_host(case)
    due.run_all(datetime.combine(last, time(12), UTC))
    with time_machine.travel(datetime.combine(last + timedelta(days=1), time(9), UTC), tick=False):
        after.cancel(application_id=case.pk, by=case.officer, reason="They met.")
    assert case.fresh().state == A.CANCELLED


def test_beat_locks_nothing_for_a_stay_whose_people_were_told_what_keeps_it() -> None:
    case = Case(track="light").to(A.SIGNED)
    first = case.application.starts_on
    assert first
    _joins_the_host(case)
    moment = datetime.combine(first, time(12), UTC)
    due.run_all(moment)
    with CaptureQueriesContext(connection) as found:
        due.run_all(moment)
    assert not [query for query in found.captured_queries if "FOR NO KEY UPDATE" in query["sql"]]


def test_reason_of_a_missed_stay_is_in_the_language_of_its_programme(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(track="light").to(A.SIGNED)
    Programme.objects.filter(pk=case.programme.pk).update(language="de")
    _joins_the_host(case)
    monkeypatch.setattr(expiry, "_", lambda text: f"{translation.get_language()}: {text}")
    last = case.fresh().ends_on
    assert last
    for day in (last, last + timedelta(days=1)):
        due.run_all(datetime.combine(day, time(12), UTC))

    assert case.fresh().reason.startswith("de: It did not begin")


def test_officer_cancels_what_has_not_begun_from_its_first_day_on(client: Client) -> None:
    case = Case(track="light").to(A.SIGNED)
    first = case.application.starts_on
    assert first
    _joins_the_host(case)
    press = reverse("exchanges:application-step", args=[case.pk, "cancel-as-officer"])
    client.force_login(case.officer)
    assert press not in client.get(case.application.get_absolute_url()).content.decode()
    with pytest.raises(StepNotAllowedError):
        after.cancel(application_id=case.pk, by=case.officer, reason="They meet.")

    with time_machine.travel(datetime.combine(first, time(12), UTC), tick=False):
        client.force_login(case.officer)
        assert press in client.get(case.application.get_absolute_url()).content.decode()
        assert client.post(press, {"reason": ""}).status_code == 422
        client.post(press, {"reason": "They meet."})
    assert (case.fresh().state, case.application.reason) == (A.CANCELLED, "They meet.")
    assert case.host.notifications.filter(kind="application_cancelled").count() == 1


def test_officer_does_not_cancel_a_stay_that_has_begun() -> None:
    case = Case(track="light").to(A.IN_PROGRESS)
    with (
        time_machine.travel(
            datetime.combine(case.application.starts_on or date.max, time(12), UTC), tick=False
        ),
        pytest.raises(StepNotAllowedError),
    ):
        after.cancel(application_id=case.pk, by=case.officer, reason="Enough.")


@pytest.mark.parametrize("meeting", MEETINGS)
def test_page_and_mail_say_what_keeps_a_stay_from_beginning_and_who_can_do_what(
    client: Client, meeting: str
) -> None:
    case = Case(track="light").to(A.SIGNED)
    MEETINGS[meeting](case)
    first, last = case.application.starts_on, case.application.ends_on
    assert first
    assert last
    with time_machine.travel(datetime.combine(first, time(12), UTC), tick=False):
        due.run_all()
        client.force_login(case.officer)
        text = client.get(case.application.get_absolute_url()).content.decode()
        [row] = case.host.notifications.filter(kind="stay_not_begun")
        mail = mail_for(row, get_connection()).body

    assert "All have signed, but the stay cannot begin." in text
    assert ("stands on both sides" in text) != ("is to travel and does not belong to" in text)
    assert f"{formats.day(last)} is cancelled" in text
    assert "officer of the programme, too" in text
    assert "Could not begin" in text
    assert f"{last:%-d %B %Y}" in mail
    assert "or an officer of the programme, can cancel it" in mail


def test_manager_of_both_sides_neither_withdraws_nor_cancels() -> None:
    early, late = Case(track="light").to(A.ACCEPTED), Case(track="light").to(A.SIGNED)
    for case in (early, late):
        both = member_of(case.application.guest)
        join(case.offer.host, both, "manager")
        act = applications.withdraw_application if case is early else after.cancel
        with pytest.raises(NotAllowedError, match="both sides"):
            act(application_id=case.pk, by=both, reason="x")


# --- Offers -----------------------------------------------------------------------------------------
def test_officer_opens_no_offer_that_is_or_was_their_own() -> None:
    case = Case()
    offer = OfferFactory.create(programme=case.programme, state="submitted", opened_at=None)
    author, left = officer_for(case), officer_for(case)
    member_of(offer.host)
    join(offer.host, left)
    organisations.leave(organisation_id=offer.host_id, by=left)
    Offer.objects.filter(pk=offer.pk).update(author=author)
    offer.refresh_from_db()

    for person in (author, left):
        assert not permissions.can_decide_offer(person, offer)
        assert not [todo for todo in todos_for(person) if todo.url == offer.get_absolute_url()]
        with pytest.raises(NotAllowedError):
            offers.open_offer(offer_id=offer.pk, by=person)
    assert [todo for todo in todos_for(case.officer) if todo.url == offer.get_absolute_url()]
    offers.open_offer(offer_id=offer.pk, by=case.officer)


def test_who_is_told_of_an_offer_are_exactly_the_officers_who_may_open_it(
    django_assert_max_num_queries: Any,
) -> None:
    case = Case(track="light")
    offer = OfferFactory.create(programme=case.programme, state="draft", opened_at=None, submitted_at=None)
    of_host, left, removed, gone, author, free = (officer_for(case) for _ in range(6))
    manager = member_of(offer.host)
    for person in (of_host, left, removed, author):
        join(offer.host, person)
    organisations.leave(organisation_id=offer.host_id, by=left)
    organisations.remove_member(organisation_id=offer.host_id, user_id=removed.pk, by=manager)
    Membership.objects.filter(user=gone).delete()
    Membership.objects.filter(user=author, organisation=offer.host).delete()
    Offer.objects.filter(pk=offer.pk).update(author=author)
    offers.submit_offer(offer_id=offer.pk, by=manager)
    offer = Offer.objects.for_list().get(pk=offer.pk)
    everybody = {case.officer, of_host, left, removed, gone, author, free, manager}

    with django_assert_max_num_queries(3):
        assert set(officers_of_offer(offer)) == {case.officer, free}
    assert {person for person in everybody if permissions.can_decide_offer(person, offer)} == {
        case.officer, free
    }  # fmt: skip
    assert {person for person in everybody if "offer_submitted" in kinds_of(person)} == {case.officer, free}
    due.run_all(timezone.now() + timedelta(days=8))
    assert {person for person in everybody if "offer_waits" in kinds_of(person)} == {case.officer, free}


def test_managers_learn_that_an_offer_waits_for_nobody_and_hear_it_again() -> None:
    case = Case(track="light")
    boss = member_of(case.programme.organisation)
    offer = OfferFactory.create(programme=case.programme, state="draft", opened_at=None, submitted_at=None)
    host = member_of(offer.host)
    join(offer.host, case.officer)
    offers.submit_offer(offer_id=offer.pk, by=host)

    message = Notification.objects.get(recipient=boss)
    assert message.kind == "officer_missing"
    assert message.context == {"programme": case.programme.name, "waits": "offer"}
    assert message.url == reverse("exchanges:programme-officers", args=[case.programme.slug])
    mail = str(mail_for(message, get_connection()).body)
    assert "each belongs to the host, or wrote the offer" in mail
    assert kinds_of(case.officer).isdisjoint({"offer_submitted", "officer_missing"})
    for days_later, count in ((6, 1), (8, 2), (9, 2), (15, 3)):
        due.run_all(timezone.now() + timedelta(days=days_later))
        assert Notification.objects.filter(recipient=boss, kind="officer_missing").count() == count
    assert "offer_waits" not in kinds_of(case.officer)
    Officer.objects.create(programme=case.programme, user=boss)
    due.run_all(timezone.now() + timedelta(days=22))
    assert "offer_waits" in kinds_of(boss)


def test_authority_of_the_programme_is_no_host_and_no_guest_in_it() -> None:
    case = Case()
    authority, officer = case.programme.organisation, case.officer
    with pytest.raises(RuleBrokenError, match="no guest in it"):
        applications.create_application(offer_id=case.offer.pk, guest=authority, by=officer)
    with pytest.raises(RuleBrokenError, match="no host in it"):
        offers.create_offer(
            programme=case.programme, host=authority, values={}, languages=[], windows=[], by=officer
        )
    # Drafts of the time before this rule.
    draft = OfferFactory.create(programme=case.programme, host=authority, author=officer, state="draft")
    with pytest.raises(NotReadyError) as refused:
        offers.submit_offer(offer_id=draft.pk, by=officer)
    assert "no host in it" in str(refused.value.problems)
    Application.objects.filter(pk=case.pk).update(guest=authority, traveller=officer, author=officer)
    with pytest.raises(NotReadyError) as refused:
        applications.submit_application(application_id=case.pk, by=officer)
    assert "no guest in it" in str(refused.value.problems)


def test_hidden_guest_submits_nothing() -> None:
    case = Case()
    Organisation.objects.filter(pk=case.application.guest_id).update(is_active=False)
    with pytest.raises(NotReadyError) as refused:
        applications.submit_application(application_id=case.pk, by=case.guest)
    assert "not shown on the hub" in str(refused.value.problems)


# --- Who managed, and who competes ------------------------------------------------------------------
@pytest.mark.parametrize("step", ["removed", "left", "took a step"])
def test_who_managed_a_case_is_not_asked_to_review_it(step: str) -> None:
    case, others = Case().to(A.ACCEPTED), authority()
    person = officer_for(case)
    join(others, person)
    if step == "took a step":
        applications.start_review(application_id=case.pk, by=person)
        Officer.objects.filter(user=person).delete()
    else:
        case.to(A.UNDER_REVIEW)
    if step == "removed":
        manager = member_of(case.programme.organisation)
        programmes.remove_officer(programme_id=case.programme.pk, person=person, by=manager)
    Membership.objects.filter(user=person, organisation=case.programme.organisation).delete()

    with pytest.raises(RuleBrokenError, match="cannot review it"):
        ask(case, person)
    assert ask(case, member_of(others)).state == "invited"


@pytest.mark.parametrize("role", ["author", "traveller", "member"])
def test_who_has_a_running_application_reviews_no_other_of_the_programme(role: str) -> None:
    case, guest = Case().to(A.UNDER_REVIEW), authority(country=CountryFactory.create(code="ES"))
    person = member_of(guest, role="member")
    traveller: dict[str, Any] = {"traveller": person} if role == "traveller" else {}
    own = Case(
        offer=OfferFactory.create(programme=case.programme),
        guest=guest,
        travels_as="policy_maker",
        **traveller,
    )
    if role == "author":
        Application.objects.filter(pk=own.pk).update(author=person)
    if role != "member":
        join(authority(), person)
    assert ask(case, member_of(guest, role="member")).state == "invited"  # a draft is after nothing yet
    own.to(A.SUBMITTED)
    if role != "member":
        Membership.objects.filter(user=person, organisation=guest).delete()
    with pytest.raises(RuleBrokenError, match="cannot review it"):
        ask(case, person)
    assert ask(Case().to(A.UNDER_REVIEW), case.reviewers[0]).state == "invited"

    own.to(A.DECLINED)
    assert ask(case, person).state == "invited"


# --- Reviewers whose standing changes -----------------------------------------------------------------
def test_reviewer_who_came_to_belong_to_a_party_cannot_declare_that_they_do_not(client: Client) -> None:
    case = Case().to(A.UNDER_REVIEW)
    review = ask(case, case.reviewers[0])
    join(case.offer.host, case.reviewers[0])
    client.force_login(case.reviewers[0])
    answer = client.post(reverse("reviews:review-declare", args=[review.pk]), follow=True)
    text = answer.content.decode()
    review.refresh_from_db()

    assert review.state == "conflicted"
    assert "noted as a conflict" in text
    assert case.application.goals not in text
    assert "review_ended" in kinds_of(case.officer)


def test_who_left_every_authority_reads_only_what_they_wrote(client: Client) -> None:
    case = Case().to(A.UNDER_REVIEW)
    early, late, asked = (ask(case, person) for person in (*case.reviewers, member_of(authority())))
    hand_in(early)
    hand_in(late)
    reviews.declare_no_conflict(review_id=asked.pk, by=asked.reviewer)
    for review in (early, asked):
        Membership.objects.filter(user=review.reviewer).delete()
        client.force_login(review.reviewer)
        text = client.get(reverse("reviews:review-detail", args=[review.pk])).content.decode()
        assert case.application.goals not in text
        assert "only what you wrote" in text
        assert text.count("Their words") == (2 if review == early else 0)  # once for each criterion
        assert ("Please refuse it" in text) == (review == asked)
    with pytest.raises(NotAllowedError, match="no longer"):
        reviews.save_review(review_id=asked.pk, by=asked.reviewer, scores={})
    reviews.refuse(review_id=asked.pk, by=asked.reviewer, reason="I left.")


def test_who_left_every_authority_before_declaring_does_not_begin() -> None:
    case = Case().to(A.UNDER_REVIEW)
    review = ask(case, case.reviewers[0])
    Membership.objects.filter(user=case.reviewers[0]).delete()
    with pytest.raises(RuleBrokenError, match="Please refuse it"):
        reviews.declare_no_conflict(review_id=review.pk, by=case.reviewers[0])


ENDS: dict[str, tuple[Callable[[Case], Any], str]] = {
    "decided": (
        lambda case: applications.decide(application_id=case.pk, by=case.officer, to=A.APPROVED),
        "The case has been decided.",
    ),
    "put on the waiting list": (
        lambda case: applications.decide(
            application_id=case.pk, by=case.officer, to=A.WAITING_LIST, reason="Full."
        ),
        "The case is on the waiting list: no more reviews are needed.",
    ),
    "withdrawn": (
        lambda case: applications.withdraw_application(application_id=case.pk, by=case.guest, reason="Ill."),
        "The application was withdrawn.",
    ),
}


@pytest.mark.parametrize("end", ENDS)
def test_reviewers_who_are_needed_no_more_are_told_what_happened(end: str) -> None:
    case = Case().to(A.UNDER_REVIEW)
    case.score()
    review = ask(case, member_of(authority()))
    act, words = ENDS[end]
    act(case)
    review.refresh_from_db()

    assert (review.state, review.reason) == ("released", words)
    message = Notification.objects.get(recipient=review.reviewer, kind="review_released")
    assert message.context["reason"] == words
    assert review not in Review.objects.open()


# --- What is hidden from whom -------------------------------------------------------------------------
def test_learnings_of_a_draft_that_was_given_up_are_nobodys(client: Client) -> None:
    programme = ProgrammeFactory.create(state="closed", opened_at=None)
    assert client.get(reverse("exchanges:learnings", args=[programme.slug])).status_code == 404


def test_prior_contact_is_for_the_host_and_the_officers(client: Client) -> None:
    case = Case()
    Offer.objects.filter(pk=case.offer.pk).update(prior_contact="We met Nora Named in May.")
    expected = {"host": True, "officer": True, "guest": False, "nobody": False}
    for role, sees in expected.items():
        client.logout()
        if role != "nobody":
            client.force_login(getattr(case, role))
        assert ("Nora Named" in client.get(case.offer.get_absolute_url()).content.decode()) == sees, role


def test_officers_and_curators_hide_an_abusive_question_and_show_it_again(client: Client) -> None:
    case = Case()
    remark = offers.add_remark(offer_id=case.offer.pk, text="Rude words", by=case.guest)
    curator, own_curator = UserFactory.create(is_staff=True), UserFactory.create(is_staff=True)
    join(case.offer.host, own_curator)
    hide, show = (
        reverse(f"exchanges:remark-{name}", args=[case.offer.slug, remark.pk]) for name in ("hide", "show")
    )
    for person, expected in (
        (None, 302), (case.guest, 403), (case.host, 403), (UserFactory.create(), 403), (own_curator, 403),
    ):  # fmt: skip
        client.logout()
        if person:
            client.force_login(person)
        assert client.post(hide).status_code == expected
        remark.refresh_from_db()
        assert not remark.is_hidden
    for person in (case.officer, curator):
        client.force_login(person)
        assert hide in client.get(case.offer.get_absolute_url()).content.decode()
        client.post(hide)
        assert "Hidden:" in client.get(case.offer.get_absolute_url()).content.decode()
        client.force_login(case.host)
        text = client.get(case.offer.get_absolute_url()).content.decode()
        assert "Rude words" not in text
        assert hide not in text
        client.force_login(person)
        client.post(show)
        client.force_login(case.host)
        assert "Rude words" in client.get(case.offer.get_absolute_url()).content.decode()
    actions = [entry.action for entry in Entry.objects.about(case.offer)]
    assert actions.count("question hidden") == actions.count("question shown again") == 2


def test_remark_of_another_offer_is_not_found(client: Client) -> None:
    case = Case()
    remark = offers.add_remark(offer_id=OfferFactory.create().pk, text="Hello", by=case.guest)
    client.force_login(case.officer)
    address = reverse("exchanges:remark-hide", args=[case.offer.slug, remark.pk])
    assert client.post(address).status_code == 404


def test_programme_of_a_hidden_authority_is_not_public_and_neither_are_its_offers(
    client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    case = Case(track="light").to(A.ACCEPTED)
    index_offers([case.offer.pk])
    organisation = case.programme.organisation
    curator = UserFactory.create(is_staff=True)
    assert case.offer.title in client.get(reverse("exchanges:offer-list")).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        organisations.hide_organisation(
            organisation_id=organisation.pk, by=curator, reason="Not what it says."
        )
    offer = Offer.objects.for_list().get(pk=case.offer.pk)
    stranger = UserFactory.create()

    for thing in (offer, offer.programme):
        assert client.get(thing.get_absolute_url()).status_code == 404
        assert not type(thing).objects.public().exists()
        assert not type(thing).objects.visible_to(stranger).exists()
    assert not permissions.can_view_offer(stranger, offer)
    assert not permissions.can_view_programme(stranger, offer.programme)
    assert offer.title not in client.get(reverse("exchanges:offer-list")).content.decode()
    assert why_closed(offer, timezone.now())
    assert permissions.can_view_programme(case.officer, offer.programme)


def test_case_of_a_hidden_host_does_not_lead_to_a_page_that_is_not_there(client: Client) -> None:
    draft, case = Case(), Case().to(A.ACCEPTED)
    for each, page in ((draft, "application-edit"), (case, "application-detail")):
        client.force_login(each.guest)
        address = reverse(f"exchanges:{page}", args=[each.pk])
        link = f'href="{each.offer.get_absolute_url()}"'
        assert link in client.get(address).content.decode()
        Organisation.objects.filter(pk=each.offer.host_id).update(is_active=False)
        assert client.get(each.offer.get_absolute_url()).status_code == 404
        assert link not in client.get(address).content.decode()


@pytest.mark.parametrize(("state", "shown"), [("closed", "Closed"), ("paused", "Paused")])
def test_offer_says_no_more_than_its_programme_takes(client: Client, state: str, shown: str) -> None:
    case = Case()
    step = {"closed": programmes.close_programme, "paused": programmes.pause_programme}[state]
    step(programme_id=case.programme.pk, by=case.officer)

    listed = client.get(reverse("exchanges:offer-list")).content.decode()
    assert (case.offer.title in listed) == (state == "paused")
    for text in (
        client.get(case.offer.get_absolute_url()).content.decode(),
        listed if state == "paused" else "",
    ):
        badges = re.findall(r"hub-badge-state[^>]*>([^<]+)<", text)
        assert set(badges) <= {shown}
    assert f">{shown}<" in client.get(case.offer.get_absolute_url()).content.decode()
