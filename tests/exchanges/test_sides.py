"""Nobody stands on two sides, at whatever moment they come to; and nobody learns of a case by mail what they may not
open.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.core.exceptions import NotAllowedError, RuleBrokenError
from apps.exchanges import due, permissions
from apps.exchanges.enums import ApplicationState
from apps.exchanges.models import Application, Officer
from apps.exchanges.services import applications, programmes
from apps.exchanges.services.common import officers_of_case
from apps.notifications.models import Notification
from apps.organisations import services as organisations
from apps.organisations.models import Membership
from apps.reviews import permissions as review_permissions
from apps.reviews import services as reviews
from apps.reviews.models import Review
from apps.reviews.services import ScoreValues
from tests.factories.exchanges import Case, member_of
from tests.factories.organisations import MembershipFactory, OrganisationFactory

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
