"""Every step by everybody from every state that people can reach: only what the table below allows happens.

The table is written anew here, from the rules and not from the code, so that the two can disagree.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from apps.accounts.models import User
from apps.core.exceptions import HubError
from apps.exchanges import permissions
from apps.exchanges.enums import ApplicationState as A
from apps.exchanges.enums import Side, Signer
from apps.exchanges.models import Application, Evidence
from apps.exchanges.services import after, applications
from tests.factories.accounts import UserFactory
from tests.factories.exchanges import Case
from tests.factories.files import StoredFileFactory
from tests.factories.organisations import MembershipFactory

pytestmark = pytest.mark.django_db
TEXT = "Because."
REPORT = {"learned": "Much.", "change": "We count.", "would_again": True}
EARLY = {A.SUBMITTED, A.ACCEPTED, A.UNDER_REVIEW, A.WAITING_LIST, A.APPROVED, A.AGREEMENT_PENDING}

Step = Callable[[Case, User], Any]


def _sign(signer: Signer) -> Step:
    def step(case: Case, by: User) -> Any:
        agreement = getattr(case.fresh(), "agreement", None)
        text_hash = agreement.text_hash if agreement else "0" * 64
        return after.sign(application_id=case.pk, signer=signer, text_hash=text_hash, by=by)

    return step


def _decide(to: A) -> Step:
    return lambda case, by: applications.decide(application_id=case.pk, by=by, to=to, reason=TEXT)


def _report(side: Side) -> Step:
    return lambda case, by: after.submit_report(application_id=case.pk, side=side, values=REPORT, by=by)


def _add_evidence(case: Case, by: User) -> Any:
    return after.add_evidence(application_id=case.pk, kind="travel", file=StoredFileFactory.create(), by=by)


STEPS: dict[str, Step] = {
    "submit": lambda case, by: applications.submit_application(application_id=case.pk, by=by),
    "edit": lambda case, by: applications.update_application(
        application_id=case.pk, values={"goals": TEXT}, by=by
    ),
    "withdraw": lambda case, by: applications.withdraw_application(
        application_id=case.pk, by=by, reason=TEXT
    ),
    "accept": lambda case, by: applications.accept_application(application_id=case.pk, by=by),
    "decline": lambda case, by: applications.decline_application(application_id=case.pk, by=by, reason=TEXT),
    "start review": lambda case, by: applications.start_review(application_id=case.pk, by=by),
    "approve": _decide(A.APPROVED),
    "reject": _decide(A.REJECTED),
    "put on the waiting list": _decide(A.WAITING_LIST),
    "make agreement": lambda case, by: after.make_agreement(application_id=case.pk, by=by),
    "sign as guest": _sign(Signer.GUEST),
    "sign as host": _sign(Signer.HOST),
    "sign as officer": _sign(Signer.OFFICER),
    "cancel": lambda case, by: after.cancel(application_id=case.pk, by=by, reason=TEXT),
    "add evidence": _add_evidence,
    "report as guest": _report(Side.GUEST),
    "report as host": _report(Side.HOST),
    "validate": lambda case, by: after.validate(application_id=case.pk, by=by),
    "return the guest's report": lambda case, by: after.return_reports(
        application_id=case.pk, side=Side.GUEST, by=by, reason=TEXT
    ),
    "pay": lambda case, by: after.record_payment(
        application_id=case.pk, reference="T", paid_on=case.application.created_at.date(), by=by
    ),
    "close": lambda case, by: after.close(application_id=case.pk, by=by),
}
# Who, from where. What else must hold (all reviews in, evidence there) is said in ``Model.may``.
TABLE: dict[str, tuple[set[str], set[A]]] = {
    "submit": ({"guest"}, {A.DRAFT}),
    "edit": ({"guest"}, {A.DRAFT}),
    "withdraw": ({"guest"}, {A.DRAFT, *EARLY}),
    "accept": ({"host"}, {A.SUBMITTED}),
    "decline": ({"host"}, {A.SUBMITTED}),
    "start review": ({"officer"}, {A.ACCEPTED}),
    "approve": ({"officer"}, {A.UNDER_REVIEW, A.WAITING_LIST}),
    "reject": ({"officer"}, {A.UNDER_REVIEW, A.WAITING_LIST}),
    "put on the waiting list": ({"officer"}, {A.UNDER_REVIEW}),
    "make agreement": ({"guest", "host", "officer"}, {A.APPROVED}),
    "sign as guest": ({"guest"}, {A.AGREEMENT_PENDING}),
    "sign as host": ({"host"}, {A.AGREEMENT_PENDING}),
    "sign as officer": ({"officer"}, {A.AGREEMENT_PENDING}),
    "cancel": ({"guest", "host"}, {A.APPROVED, A.AGREEMENT_PENDING, A.SIGNED, A.IN_PROGRESS}),
    "add evidence": ({"guest"}, {A.IN_PROGRESS, A.COMPLETED}),
    "report as guest": ({"guest"}, {A.COMPLETED}),
    "report as host": ({"host"}, {A.COMPLETED}),
    "validate": ({"officer"}, {A.REPORTS_SUBMITTED}),
    "return the guest's report": ({"officer"}, {A.REPORTS_SUBMITTED}),
    "pay": ({"officer"}, {A.VALIDATED}),
    "close": ({"officer"}, {A.PAID}),
}
# The usual way, for going on.
WAYS: dict[A, tuple[tuple[str, str], ...]] = {
    A.DRAFT: (("submit", "guest"),),
    A.SUBMITTED: (("accept", "host"),),
    A.ACCEPTED: (("start review", "officer"),),
    A.UNDER_REVIEW: (("approve", "officer"),),
    A.WAITING_LIST: (("approve", "officer"),),
    A.APPROVED: (("make agreement", "host"),),
    A.AGREEMENT_PENDING: (
        ("sign as guest", "guest"),
        ("sign as host", "host"),
        ("sign as officer", "officer"),
    ),
    A.COMPLETED: (("add evidence", "guest"), ("report as guest", "guest"), ("report as host", "host")),
    A.REPORTS_SUBMITTED: (("validate", "officer"),),
    A.VALIDATED: (("pay", "officer"),),
    A.PAID: (("close", "officer"),),
}
ROLES = ["guest", "host", "officer", "reviewer", "stranger", "superuser", "both sides", "former guest"]


class Exchange(RuleBasedStateMachine):
    """One case of the full track with a lump sum, and everybody pressing everything."""

    @initialize()
    def begin(self) -> None:
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.case = Case()
        self.state = A.DRAFT
        self.scored = False
        self.signed: set[str] = set()
        self.reported: set[str] = set()
        guest_side = self.case.application.guest
        both = UserFactory.create()
        for place in (guest_side, self.case.offer.host):
            MembershipFactory.create(organisation=place, user=both, role="member")
        self.people = {
            "guest": self.case.guest, "host": self.case.host, "officer": self.case.officer,
            "reviewer": self.case.reviewers[0], "stranger": UserFactory.create(),
            "superuser": UserFactory.create(is_staff=True, is_superuser=True), "both sides": both,
            "former guest": UserFactory.create(),
        }  # fmt: skip

    def teardown(self) -> None:
        if hasattr(self, "undo"):
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)

    def may(self, step: str, role: str) -> bool:
        roles, states = TABLE[step]
        if role not in roles or self.state not in states:
            return False
        if step in {"approve", "reject", "put on the waiting list"} and self.state == A.UNDER_REVIEW:
            return self.scored
        if step.startswith("sign as"):
            return step not in self.signed
        if step == "report as guest":
            return step not in self.reported and Evidence.objects.filter(application=self.case.pk).exists()
        return step not in self.reported

    def follow(self, step: str) -> None:
        """Where the model goes after an allowed step."""
        moves = {
            "submit": A.SUBMITTED, "withdraw": A.WITHDRAWN, "accept": A.ACCEPTED, "decline": A.DECLINED,
            "start review": A.UNDER_REVIEW, "approve": A.APPROVED, "reject": A.REJECTED,
            "put on the waiting list": A.WAITING_LIST, "make agreement": A.AGREEMENT_PENDING, "cancel": A.CANCELLED,
            "validate": A.VALIDATED, "return the guest's report": A.COMPLETED, "pay": A.PAID, "close": A.CLOSED,
        }  # fmt: skip
        self.state = moves.get(step, self.state)
        if step.startswith("sign as"):
            self.signed.add(step)
            self.state = A.SIGNED if len(self.signed) == len(Signer) else self.state
        if step.startswith("report as"):
            self.reported.add(step)
            self.state = A.REPORTS_SUBMITTED if len(self.reported) == len(Side) else self.state
        if step == "return the guest's report":
            self.reported.discard("report as guest")

    @rule(step=st.sampled_from(sorted(STEPS)), role=st.sampled_from(ROLES))
    def press(self, step: str, role: str) -> None:
        allowed = self.may(step, role)
        try:
            with transaction.atomic():
                STEPS[step](self.case, self.people[role])
            done = True
        except HubError:
            done = False
        assert done == allowed, f"{role} presses {step} in {self.state}"
        if done:
            self.follow(step)
            self.only_the_sides_see_the_case()

    # Luck alone would seldom come far: these go on by whoever may.
    @rule()
    def go_on(self) -> None:
        for step, role in WAYS.get(self.state, ()):
            if step == "approve" and self.state == A.UNDER_REVIEW and not self.scored:
                self.case.score()
                self.scored = True
            if self.may(step, role) or step == "add evidence":
                self.press(step, role)

    @rule()
    def time_passes(self) -> None:
        """Beat starts and completes stays; it does neither before its day, nor from another state."""
        fresh = self.case.fresh()
        first, last = fresh.starts_on, fresh.ends_on
        assert first
        assert last
        for act, from_state, to, today in (
            (after.start_stay, A.SIGNED, A.IN_PROGRESS, first),
            (after.complete_stay, A.IN_PROGRESS, A.COMPLETED, last + timedelta(days=1)),
        ):
            with pytest.raises(HubError), transaction.atomic():
                act(application_id=self.case.pk, today=today - timedelta(days=1))
            try:
                with transaction.atomic():
                    act(application_id=self.case.pk, today=today)
                done = True
            except HubError:
                done = False
            assert done == (self.state == from_state)
            if done:
                self.state = to

    @invariant()
    def the_row_is_where_the_model_is(self) -> None:
        if hasattr(self, "case"):
            assert Application.objects.values_list("state", flat=True).get(pk=self.case.pk) == self.state

    def only_the_sides_see_the_case(self) -> None:
        application = self.case.fresh()
        for role, person in self.people.items():
            sees = permissions.can_view(person, application)
            assert sees == Application.objects.visible_to(person).filter(pk=self.case.pk).exists(), role
            if role in {"reviewer", "stranger", "superuser", "former guest", "both sides"}:
                assert not sees, role
            if role in {"host", "officer"}:
                assert sees == (self.state != A.DRAFT and application.submitted_at is not None), role


def test_only_allowed_steps_happen() -> None:
    run_state_machine_as_test(
        Exchange,
        settings=settings(
            max_examples=15,
            stateful_step_count=30,
            deadline=None,
            # Shrinking takes minutes here, and thirty steps are short enough to read.
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )


def test_table_knows_every_step() -> None:
    assert set(TABLE) == set(STEPS)
