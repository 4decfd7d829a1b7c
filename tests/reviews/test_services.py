"""The way of a review: who may take which step, in which order, and what two presses at once do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.core.exceptions import (
    HubError,
    NotAllowedError,
    ReasonMissingError,
    RuleBrokenError,
    StepNotAllowedError,
)
from apps.reviews import permissions, services
from apps.reviews.enums import ReviewState
from apps.reviews.exceptions import NotCompleteError
from apps.reviews.models import CriteriaSet, Criterion, Panel, Review, Score, outcome_annotations
from apps.reviews.outcome import outcome_of
from apps.reviews.reminding import remind_reviewers
from apps.reviews.services import CriterionValues, ScoreValues
from tests.concurrency import at_once
from tests.factories.accounts import UserFactory
from tests.factories.reviews import CriteriaSetFactory, FakeKind, PanelFactory, ReviewFactory, points

pytestmark = pytest.mark.django_db
TEXT = "Because the agenda says so."


def invited(panel: Panel, officer: User) -> Review:
    return services.invite(panel_id=panel.pk, reviewer=UserFactory.create(), by=officer)


def accepted(panel: Panel, officer: User) -> Review:
    review = invited(panel, officer)
    return services.declare_no_conflict(review_id=review.pk, by=review.reviewer)


def scores_for(panel: Panel, *values: float) -> dict[int, ScoreValues]:
    items = panel.criteria.items.all()
    return {item.pk: ScoreValues(value, TEXT) for item, value in zip(items, points(*values), strict=True)}


def handed_in(panel: Panel, officer: User, *values: float) -> Review:
    review = accepted(panel, officer)
    return services.submit_review(
        review_id=review.pk, by=review.reviewer, scores=scores_for(panel, *values), recommendation="support"
    )


# --- The whole way --------------------------------------------------------------------------------
def test_review_goes_from_invitation_to_total(panel: Panel, officer: User) -> None:
    review = handed_in(panel, officer, 5, 2.5)

    assert review.state == ReviewState.SUBMITTED
    assert review.total == Decimal("80.00")  # 60 % of 5/5 and 40 % of 2.5/5
    history = [entry.action for entry in Entry.objects.about(review)]
    assert history == ["invited", "accepted", "submitted"]
    panel.criteria.refresh_from_db()
    kinds = list(review.reviewer.notifications.values_list("kind", flat=True))
    assert kinds == ["review_invited"]
    assert officer.notifications.get().kind == "review_submitted"


def test_mail_to_a_reviewer_names_who_is_involved_as_the_page_does(
    panel: Panel, officer: User, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        invited(panel, officer)

    assert "Host Alpha and guest Beta" in mail.outbox[0].body
    assert "Host Alpha and guest Beta" in mail.outbox[0].subject
    assert "/reviews/" in mail.outbox[0].body


@pytest.mark.parametrize(
    ("end", "told"),
    [
        (
            lambda review, officer: services.release(review_id=review.pk, by=officer, reason="x"),
            "review_released",
        ),
        (lambda review, officer: remind_reviewers(timezone.now() + timedelta(days=400)), "review_due"),
    ],
)
def test_every_mail_to_a_reviewer_says_which_case(
    panel: Panel, officer: User, django_capture_on_commit_callbacks: Any, end: Any, told: str
) -> None:
    review = invited(panel, officer)
    with django_capture_on_commit_callbacks(execute=True):
        end(review, officer)

    assert review.reviewer.notifications.filter(kind=told).exists()
    for text in (mail.outbox[-1].subject, mail.outbox[-1].body):
        assert "Host Alpha and guest Beta" in text


# --- Who ------------------------------------------------------------------------------------------
def test_parties_managers_outsiders_and_oneself_are_never_invited(
    panel: Panel, officer: User, kind: FakeKind
) -> None:
    party, colleague, outsider, gone = (UserFactory.create() for _ in range(4))
    kind.party_ids.add(party.pk)
    kind.manager_ids.add(colleague.pk)
    kind.outsider_ids.add(outsider.pk)
    User.objects.filter(pk=gone.pk).update(is_active=False)

    for person in (party, colleague, outsider, gone, officer):
        with pytest.raises(RuleBrokenError):
            services.invite(panel_id=panel.pk, reviewer=person, by=officer)


def test_officer_of_a_party_manages_nothing(panel: Panel, officer: User, kind: FakeKind) -> None:
    kind.party_ids.add(officer.pk)

    with pytest.raises(NotAllowedError):
        invited(panel, officer)
    assert not permissions.can_manage(officer, panel)


def test_nobody_is_invited_twice_or_by_strangers(panel: Panel, officer: User) -> None:
    review = invited(panel, officer)

    with pytest.raises(RuleBrokenError):
        services.invite(panel_id=panel.pk, reviewer=review.reviewer, by=officer)
    with pytest.raises(NotAllowedError):
        services.invite(panel_id=panel.pk, reviewer=UserFactory.create(), by=UserFactory.create())


STEPS: dict[str, Callable[[Review, User], Any]] = {
    "declare_no_conflict": lambda review, by: services.declare_no_conflict(review_id=review.pk, by=by),
    "declare_conflict": lambda review, by: services.declare_conflict(review_id=review.pk, by=by, reason="x"),
    "refuse": lambda review, by: services.refuse(review_id=review.pk, by=by, reason="x"),
    "save": lambda review, by: services.save_review(review_id=review.pk, by=by, scores={}),
    "submit": lambda review, by: services.submit_review(
        review_id=review.pk, by=by, scores=scores_for(review.panel, 3, 3), recommendation="refuse"
    ),
    "release": lambda review, by: services.release(review_id=review.pk, by=by, reason="x"),
}
ALLOWED = {
    ("reviewer", "declare_no_conflict", "invited"),
    *{
        ("reviewer", step, state)
        for step in ("declare_conflict", "refuse")
        for state in ("invited", "accepted")
    },
    *{("reviewer", step, "accepted") for step in ("save", "submit")},
    *{("officer", "release", state) for state in ("invited", "accepted")},
}


def _in_state(panel: Panel, state: str) -> Review:
    complete = {"total": 50, "submitted_at": panel.created_at, "recommendation": "support"}
    review = ReviewFactory.create(
        panel=panel,
        state=state,
        declared_at=panel.created_at,
        reason="x",
        **(complete if state == "submitted" else {}),
    )
    if state == "accepted":
        for item in panel.criteria.items.all():
            Score.objects.create(review=review, criterion=item)
    return review


@pytest.mark.parametrize("state", ReviewState.values)
@pytest.mark.parametrize("step", STEPS)
def test_every_step_by_everybody_from_every_state(panel: Panel, officer: User, step: str, state: str) -> None:
    people = {"officer": officer, "other reviewer": ReviewFactory.create(panel=panel).reviewer}
    people |= {
        "stranger": UserFactory.create(),
        "staff": UserFactory.create(is_staff=True, is_superuser=True),
    }
    review = _in_state(panel, state)
    people["reviewer"] = review.reviewer

    for role, person in people.items():
        with transaction.atomic():
            try:
                STEPS[step](review, person)
                done = True
            except HubError:
                done = False
            transaction.set_rollback(True)
        assert done == ((role, step, state) in ALLOWED), (role, step, state)


@pytest.mark.parametrize("step", ["declare_no_conflict", "save", "submit", "refuse"])
def test_closed_panel_takes_nothing_more(panel: Panel, officer: User, step: str) -> None:
    review = accepted(panel, officer) if step != "declare_no_conflict" else invited(panel, officer)
    services.close_panel(panel_id=panel.pk, by=officer, reason="Decided.")
    review.refresh_from_db()

    assert review.state == ReviewState.RELEASED
    with pytest.raises(HubError):
        STEPS[step](review, review.reviewer)
    with pytest.raises(StepNotAllowedError):
        invited(panel, officer)


def test_reviewer_who_came_to_belong_to_a_party_scores_no_more(
    panel: Panel, officer: User, kind: FakeKind
) -> None:
    review = accepted(panel, officer)
    kind.party_ids.add(review.reviewer_id)

    assert not permissions.sight_of(review.reviewer, review).case
    with pytest.raises(NotAllowedError, match="declare the conflict"):
        STEPS["submit"](review, review.reviewer)
    services.declare_conflict(review_id=review.pk, by=review.reviewer, reason="I work there now.")


def test_reviewer_who_was_deactivated_does_nothing(panel: Panel, officer: User) -> None:
    review = accepted(panel, officer)
    User.objects.filter(pk=review.reviewer_id).update(is_active=False)

    with pytest.raises(HubError):
        STEPS["save"](review, review.reviewer)


# --- What is entered ------------------------------------------------------------------------------
@pytest.mark.parametrize("step", ["declare_conflict", "refuse"])
def test_ending_needs_a_reason(panel: Panel, officer: User, step: str) -> None:
    review = invited(panel, officer)

    with pytest.raises(ReasonMissingError):
        getattr(services, step)(review_id=review.pk, by=review.reviewer, reason="  ")


def test_handing_in_names_all_that_is_missing_and_keeps_what_is_there(panel: Panel, officer: User) -> None:
    review = accepted(panel, officer)
    first, second = panel.criteria.items.all()
    given = {first.pk: ScoreValues(Decimal(4), TEXT), second.pk: ScoreValues(None, TEXT)}
    services.save_review(review_id=review.pk, by=review.reviewer, scores=given)

    with pytest.raises(NotCompleteError) as raised:
        services.submit_review(review_id=review.pk, by=review.reviewer, scores=given)

    assert set(raised.value.missing) == {f"points_{second.pk}", "recommendation"}
    review.refresh_from_db()
    assert review.state == ReviewState.ACCEPTED
    assert review.scores.get(criterion=first).points == 4


@pytest.mark.parametrize("value", ["-0.5", "5.5", "2.3", "1000"])
def test_odd_points_are_refused(panel: Panel, officer: User, value: str) -> None:
    review = accepted(panel, officer)
    first = panel.criteria.items.first()
    assert first

    with pytest.raises(RuleBrokenError, match="in halves"):
        services.save_review(
            review_id=review.pk, by=review.reviewer, scores={first.pk: ScoreValues(Decimal(value))}
        )


def test_score_for_a_criterion_of_another_set_is_left_alone(panel: Panel, officer: User) -> None:
    review = accepted(panel, officer)
    foreign = CriteriaSetFactory.create().items.first()
    services.save_review(
        review_id=review.pk, by=review.reviewer, scores={foreign.pk: ScoreValues(Decimal(1))}
    )

    assert not review.scores.filter(points__isnull=False).exists()


# --- Criteria -------------------------------------------------------------------------------------
def _values(*weights: int) -> list[CriterionValues]:
    return [
        CriterionValues(f"c{index}", f"C {index}", Decimal(weight)) for index, weight in enumerate(weights)
    ]


def test_criteria_make_a_hundred_and_stand_still_once_used(officer: User) -> None:
    criteria = CriteriaSet.objects.create(name="New")
    with pytest.raises(RuleBrokenError, match="100"):
        services.set_criteria(criteria=criteria, items=_values(50, 49), by=officer)
    with pytest.raises(RuleBrokenError, match="no criteria"):
        services.open_panel(kind="fake", criteria=criteria, brief="b", due_at=officer.date_joined, by=officer)
    services.set_criteria(criteria=criteria, items=_values(50, 50), by=officer)
    services.set_criteria(criteria=criteria, items=_values(30, 70), by=officer)
    services.open_panel(kind="fake", criteria=criteria, brief="b", due_at=officer.date_joined, by=officer)

    with pytest.raises(RuleBrokenError, match="cannot change"):
        services.set_criteria(criteria=criteria, items=_values(100), by=officer)
    assert [item.weight for item in criteria.items.all()] == [30, 70]


@pytest.mark.parametrize(
    "change",
    [
        lambda criteria: CriteriaSet.objects.filter(pk=criteria.pk).update(threshold=10),
        lambda criteria: CriteriaSet.objects.filter(pk=criteria.pk).update(frozen_at=None),
        lambda criteria: Criterion.objects.filter(criteria=criteria).update(weight=1),
        lambda criteria: Criterion.objects.create(criteria=criteria, code="x", name="x", weight=1),
        lambda criteria: Criterion.objects.filter(criteria=criteria).delete(),
    ],
)
def test_database_keeps_criteria_in_use(officer: User, change: Callable[[CriteriaSet], Any]) -> None:
    criteria = CriteriaSetFactory.create()
    services.open_panel(kind="fake", criteria=criteria, brief="b", due_at=officer.date_joined, by=officer)

    with pytest.raises(IntegrityError), transaction.atomic():
        change(criteria)


@pytest.mark.parametrize(
    "change",
    [
        lambda review: Review.objects.filter(pk=review.pk).update(total=1),
        lambda review: Review.objects.filter(pk=review.pk).delete(),
        lambda review: review.scores.update(points=1),
        lambda review: review.scores.all().delete(),
    ],
)
def test_database_keeps_what_was_handed_in(
    panel: Panel, officer: User, change: Callable[[Review], Any]
) -> None:
    review = handed_in(panel, officer, 1, 1)

    with pytest.raises(IntegrityError), transaction.atomic():
        change(review)


# --- Outcomes -------------------------------------------------------------------------------------
def test_one_more_reviewer_is_wanted_where_two_differ_too_much(panel: Panel, officer: User) -> None:
    handed_in(panel, officer, 5, 5)
    assert not outcome_of(panel).progress.is_complete
    handed_in(panel, officer, 3, 3)
    outcome = outcome_of(panel)
    assert (outcome.mean, outcome.spread) == (Decimal(80), Decimal(40))
    assert outcome.progress.lacking
    assert not outcome.progress.is_complete
    handed_in(panel, officer, 4, 4)

    outcome = outcome_of(panel)
    assert outcome.progress.is_complete
    assert outcome.passes
    assert not outcome.progress.lacking


def test_case_passes_at_the_threshold_and_not_below_it(officer: User) -> None:
    for values, passes in (((3, 3), True), ((3, 2.5), False)):
        panel = PanelFactory.create()
        handed_in(panel, officer, *values)
        handed_in(panel, officer, *values)
        assert outcome_of(panel).passes is passes


def test_criterion_below_its_least_share_fails_the_case(officer: User) -> None:
    panel = PanelFactory.create()
    panel.criteria.items.filter(code="benefit").update(least_share=Decimal("0.5"))
    for _ in range(2):
        handed_in(panel, officer, 5, 2)
    outcome = outcome_of(panel)

    assert outcome.mean == 76
    assert not outcome.passes
    assert [each.is_below_least for each in outcome.criteria] == [False, True]


def test_conflict_and_refusal_leave_room_for_another(panel: Panel, officer: User) -> None:
    for step in ("declare_conflict", "refuse"):
        review = invited(panel, officer)
        getattr(services, step)(review_id=review.pk, by=review.reviewer, reason="x")
    outcome = outcome_of(panel)

    assert outcome.progress.lacking
    assert outcome.reviews == []


def test_outcomes_of_many_panels_cost_one_query(
    officer: User, kind: FakeKind, django_assert_num_queries: Any
) -> None:
    for _ in range(3):
        panel = PanelFactory.create()
        handed_in(panel, officer, 5, 5)
        handed_in(panel, officer, 4, 4)
        invited(panel, officer)

    with django_assert_num_queries(1):
        rows: list[Any] = list(Panel.objects.annotate(**outcome_annotations()))
    for row in rows:
        assert (row.reviewers_count, row.done_count, row.mean_total, row.spread) == (3, 2, 90, 20)


# --- Two at once ----------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_handing_in_twice_at_once_happens_once(panel: Panel, officer: User) -> None:
    review = accepted(panel, officer)

    found = at_once(*[lambda: STEPS["submit"](review, review.reviewer)] * 2)

    assert sorted(found) == ["StepNotAllowedError", "done"]


@pytest.mark.django_db(transaction=True)
def test_inviting_one_person_twice_at_once_invites_once(panel: Panel, officer: User) -> None:
    person = UserFactory.create()
    found = at_once(*[lambda: services.invite(panel_id=panel.pk, reviewer=person, by=officer)] * 2)

    assert sorted(found) == ["RuleBrokenError", "done"]


@pytest.mark.django_db(transaction=True)
def test_handing_in_and_closing_at_once_leaves_no_half(panel: Panel, officer: User) -> None:
    review = accepted(panel, officer)
    at_once(
        lambda: STEPS["submit"](review, review.reviewer),
        lambda: services.close_panel(panel_id=panel.pk, by=officer, reason="Decided."),
    )
    review.refresh_from_db()

    assert review.state in {ReviewState.SUBMITTED, ReviewState.RELEASED}
    assert (review.total is not None) == (review.state == ReviewState.SUBMITTED)
