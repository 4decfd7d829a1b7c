"""Every step by everybody from every state that people can reach, on both tracks: only what the table allows happens.

The table is written anew here, from the rules and not from the code, so that the two can disagree.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from apps.accounts.models import User
from apps.core.exceptions import HubError
from apps.exchanges import days, due, permissions
from apps.exchanges.enums import ApplicationState as A
from apps.exchanges.enums import Side, Signer
from apps.exchanges.models import Application, Evidence, Officer
from apps.exchanges.services import after, applications, expiry
from apps.organisations.enums import Role
from apps.organisations.models import Membership
from apps.organisations.services import leave
from tests.factories.accounts import UserFactory
from tests.factories.exchanges import Case, authority, member_of
from tests.factories.files import StoredFileFactory
from tests.factories.organisations import MembershipFactory
from tests.factories.reviews import ReviewFactory

pytestmark = pytest.mark.django_db
TEXT = "Because."
REPORT = {"learned": "Much.", "change": "We count.", "would_again": True, "may_publish": True}
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


def _answer(side: Side) -> Step:
    return lambda case, by: after.answer_follow_up(
        application_id=case.pk, side=side, what_changed=TEXT, may_publish=True, by=by
    )


def _approve(side: Side) -> Step:
    return lambda case, by: after.approve_learning(
        application_id=case.pk, side=side, text_hash=after.hash_of(TEXT), by=by
    )


def _return(side: Side) -> Step:
    return lambda case, by: after.return_reports(application_id=case.pk, side=side, by=by, reason=TEXT)


def _withdraw_report(side: Side) -> Step:
    return lambda case, by: after.withdraw_report_consent(application_id=case.pk, side=side, by=by)


def _take_report_down(side: Side) -> Step:
    return lambda case, by: after.take_down_report(application_id=case.pk, side=side, by=by, reason=TEXT)


def _add_evidence(case: Case, by: User) -> Any:
    return after.add_evidence(application_id=case.pk, kind="travel", file=StoredFileFactory.create(), by=by)


def _cancel_on(day: date | None, case: Case, by: User) -> Any:
    assert day
    with time_machine.travel(datetime.combine(day, time(12), UTC), tick=False):
        return after.cancel(application_id=case.pk, by=by, reason=TEXT)


def _cancel_on_first_day(case: Case, by: User) -> Any:
    return _cancel_on(case.fresh().starts_on, case, by)


def _cancel_after_last_day(case: Case, by: User) -> Any:
    last = case.fresh().ends_on
    return _cancel_on(last and last + timedelta(days=1), case, by)


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
    "cancel on the first day": _cancel_on_first_day,
    "cancel after the last day": _cancel_after_last_day,
    "add evidence": _add_evidence,
    "report as guest": _report(Side.GUEST),
    "report as host": _report(Side.HOST),
    "validate": lambda case, by: after.validate(application_id=case.pk, by=by),
    "return the guest's report": _return(Side.GUEST),
    "return the host's report": _return(Side.HOST),
    "pay": lambda case, by: after.record_payment(
        application_id=case.pk, reference="T", paid_on=days.today(), by=by
    ),
    "close without reports": lambda case, by: after.close_without_reports(
        application_id=case.pk, by=by, reason=TEXT
    ),
    "close": lambda case, by: after.close(application_id=case.pk, by=by),
    "answer as guest": _answer(Side.GUEST),
    "answer as host": _answer(Side.HOST),
    "approve the guest's learning": _approve(Side.GUEST),
    "approve the host's learning": _approve(Side.HOST),
    "withdraw the guest's report": _withdraw_report(Side.GUEST),
    "withdraw the host's report": _withdraw_report(Side.HOST),
    "take the guest's report down": _take_report_down(Side.GUEST),
    "take the host's report down": _take_report_down(Side.HOST),
}
ASKED = {A.COMPLETED, A.REPORTS_SUBMITTED, A.VALIDATED, A.PAID, A.CLOSED}
# Who, from where, on the full track with money. What else must hold, and the light track, is said in ``may``.
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
    # An officer only what is kept from beginning: see ``may``.
    "cancel on the first day": (
        {"guest", "host", "officer"},
        {A.APPROVED, A.AGREEMENT_PENDING, A.SIGNED, A.IN_PROGRESS},
    ),
    # Only what was kept back, too.
    "cancel after the last day": ({"guest", "host", "officer"}, {A.SIGNED}),
    "add evidence": ({"guest"}, {A.IN_PROGRESS, A.COMPLETED}),
    "report as guest": ({"guest"}, {A.COMPLETED}),
    "report as host": ({"host"}, {A.COMPLETED}),
    "validate": ({"officer"}, {A.REPORTS_SUBMITTED}),
    "return the guest's report": ({"officer"}, {A.REPORTS_SUBMITTED}),
    "return the host's report": ({"officer"}, {A.REPORTS_SUBMITTED}),
    "pay": ({"officer"}, {A.VALIDATED}),
    # After their deadline, which does not come in this model.
    "close without reports": (set(), set()),
    "close": ({"officer"}, {A.PAID}),
    "answer as guest": ({"guest"}, ASKED),
    "answer as host": ({"host"}, ASKED),
    "approve the guest's learning": ({"officer"}, ASKED),
    "approve the host's learning": ({"officer"}, ASKED),
    "withdraw the guest's report": ({"guest"}, ASKED),
    "withdraw the host's report": ({"host"}, ASKED),
    "take the guest's report down": ({"officer"}, {A.VALIDATED, A.PAID, A.CLOSED}),
    "take the host's report down": ({"officer"}, {A.VALIDATED, A.PAID, A.CLOSED}),
}
# Without reviews and without money.
LIGHT: dict[str, tuple[set[str], set[A]]] = {
    "start review": (set(), set()),
    "approve": ({"officer"}, {A.ACCEPTED, A.WAITING_LIST}),
    "reject": ({"officer"}, {A.ACCEPTED, A.WAITING_LIST}),
    "put on the waiting list": ({"officer"}, {A.ACCEPTED}),
    "pay": (set(), set()),
    "close": ({"officer"}, {A.VALIDATED}),
}
# Nobody takes these while somebody acts for both sides.
BINDING = {
    "submit",
    "accept",
    "approve",
    "make agreement",
    "sign as guest",
    "sign as host",
    "sign as officer",
}
# The usual way, for going on.
WAYS: dict[A, tuple[tuple[str, str], ...]] = {
    A.DRAFT: (("submit", "guest"),),
    A.SUBMITTED: (("accept", "host"),),
    A.ACCEPTED: (("start review", "officer"), ("approve", "officer")),
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
    A.VALIDATED: (("pay", "officer"), ("close", "officer")),
    A.PAID: (("close", "officer"),),
}
ANSWERS = {"answer as guest": Side.GUEST, "answer as host": Side.HOST}
APPROVALS = {"approve the guest's learning": Side.GUEST, "approve the host's learning": Side.HOST}
# Each with the report that it is about.
WITHDRAWALS = {
    "withdraw the guest's report": "report as guest",
    "withdraw the host's report": "report as host",
}
TAKE_DOWNS = {
    "take the guest's report down": "report as guest",
    "take the host's report down": "report as host",
}
LEARNING = (
    ("answer as guest", "guest"),
    ("answer as host", "host"),
    ("approve the guest's learning", "officer"),
    ("approve the host's learning", "officer"),
)
STARTS = [
    A.DRAFT, A.SUBMITTED, A.ACCEPTED, A.UNDER_REVIEW, A.WAITING_LIST, A.APPROVED, A.AGREEMENT_PENDING, A.SIGNED,
    A.COMPLETED, A.REPORTS_SUBMITTED, A.VALIDATED, A.PAID, A.CLOSED,
]  # fmt: skip
AFTER_REPORTS = ASKED - {A.COMPLETED}
ROLES = [
    "guest", "host", "officer", "reviewer", "officer who was asked", "officer of a party", "both sides", "former guest",
    "inactive manager", "manager of the authority", "stranger", "superuser",
]  # fmt: skip


class Exchange(RuleBasedStateMachine):
    """One case, and everybody pressing everything."""

    @initialize(is_full=st.booleans(), start=st.sampled_from(STARTS))
    def begin(self, is_full: bool, start: A) -> None:
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.case = case = Case() if is_full else Case(track="light", funding="none")
        self.is_full, self.table = is_full, TABLE if is_full else {**TABLE, **LIGHT}
        self.state = start if is_full or start not in {A.UNDER_REVIEW, A.PAID} else A.ACCEPTED
        case.to(self.state)
        self.scored = self.meeting = self.asked = self.kept_back = False
        self.signed: set[str] = set()
        self.reported = set() if self.state not in AFTER_REPORTS else {"report as guest", "report as host"}
        self.consented, self.taken_down = set(self.reported), set[str]()
        self.answered: set[str] = set()
        self.approved: set[str] = set()
        guest, host, office = case.application.guest, case.offer.host, case.programme.organisation
        bound, asked = member_of(office, role="member"), member_of(office, role="member")
        for person in (bound, asked):
            Officer.objects.create(programme=case.programme, user=person)
        both, former, gone = member_of(guest, role="member"), member_of(guest), member_of(guest)
        for place, person in ((guest, bound), (host, both)):
            MembershipFactory.create(organisation=place, user=person, role="member")
        leave(organisation_id=guest.pk, by=former)
        User.objects.filter(pk=gone.pk).update(is_active=False)
        gone.refresh_from_db()
        self.people = {
            "guest": case.guest, "host": case.host, "officer": case.officer, "reviewer": member_of(authority()),
            "officer who was asked": asked, "officer of a party": bound, "both sides": both, "former guest": former,
            "inactive manager": gone, "manager of the authority": member_of(office),
            "stranger": UserFactory.create(), "superuser": UserFactory.create(is_staff=True, is_superuser=True),
        }  # fmt: skip
        if self.has_panel:
            self.ask_for_reviews()
        self.half_a_year_passes()

    def teardown(self) -> None:
        if hasattr(self, "undo"):
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)

    @property
    def has_panel(self) -> bool:
        return self.case.application.panel_id is not None

    def acts_as(self, role: str) -> str:
        if role == "officer who was asked" and not self.has_panel:
            return "officer"  # until there are reviews to be asked for
        if role == "both sides" and self.meeting and self.state == A.DRAFT:
            return "guest"  # a draft has one side
        return role

    def may(self, step: str, role: str) -> bool:
        roles, states = self.table[step]
        role = self.acts_as(role)
        if step == "cancel on the first day" and role == "officer":
            states = {A.SIGNED} if self.meeting or self.kept_back else set()
        if step == "cancel after the last day" and not (self.meeting and self.kept_back):
            return False
        if role not in roles or self.state not in states or (self.meeting and step in BINDING):
            return False
        if step in {"approve", "reject", "put on the waiting list"} and self.state == A.UNDER_REVIEW:
            return self.scored
        if step == "report as guest" and not Evidence.objects.filter(application=self.case.pk).exists():
            return False
        return step not in self.signed | self.reported and self.has_its_text(step)

    def has_its_text(self, step: str) -> bool:
        """What was written after the stay is there to be answered, approved or taken back."""
        if step in ANSWERS:
            return self.asked and ANSWERS[step] not in self.approved
        if step in APPROVALS:
            return APPROVALS[step] in self.answered - self.approved
        if step in WITHDRAWALS:
            return WITHDRAWALS[step] in self.reported & self.consented
        if step in TAKE_DOWNS:
            return len(self.consented) == len(Side) and TAKE_DOWNS[step] not in self.taken_down
        return True

    def follow(self, step: str) -> None:
        """Where the model goes after an allowed step."""
        moves = {
            "submit": A.SUBMITTED, "withdraw": A.WITHDRAWN, "accept": A.ACCEPTED, "decline": A.DECLINED,
            "start review": A.UNDER_REVIEW, "approve": A.APPROVED, "reject": A.REJECTED,
            "put on the waiting list": A.WAITING_LIST, "make agreement": A.AGREEMENT_PENDING, "cancel": A.CANCELLED,
            "cancel on the first day": A.CANCELLED, "cancel after the last day": A.CANCELLED,
            "validate": A.VALIDATED, "return the guest's report": A.COMPLETED, "return the host's report": A.COMPLETED,
            "pay": A.PAID, "close": A.CLOSED,
        }  # fmt: skip
        self.state = moves.get(step, self.state)
        self.case.fresh()
        if step == "start review":
            self.ask_for_reviews()
        if step.startswith("sign as"):
            self.signed.add(step)
            self.state = A.SIGNED if len(self.signed) == len(Signer) else self.state
        if step.startswith("report as"):
            self.reported.add(step)
            self.consented.add(step)
            self.state = A.REPORTS_SUBMITTED if len(self.reported) == len(Side) else self.state
        if step.startswith("return the"):
            self.reported.discard("report as guest" if "guest" in step else "report as host")
        self.follow_texts(step)

    def follow_texts(self, step: str) -> None:
        if step in ANSWERS:
            self.answered.add(ANSWERS[step])
        if step in APPROVALS:
            self.approved.add(APPROVALS[step])
        if step in WITHDRAWALS:
            self.consented.discard(WITHDRAWALS[step])
        if step in TAKE_DOWNS:
            self.taken_down.add(TAKE_DOWNS[step])

    def ask_for_reviews(self) -> None:
        """One reviewer reads the case, and who is now an officer was asked before they became one."""
        panel, now = self.case.application.panel, timezone.now()
        for name, values in (
            ("reviewer", {"state": "accepted", "declared_at": now}),
            ("officer who was asked", {}),
        ):
            ReviewFactory.create(panel=panel, reviewer=self.people[name], **values)

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

    @rule(steps=st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=4), role=st.sampled_from(ROLES))
    def press_some(self, steps: list[str], role: str) -> None:
        for step in steps:
            self.press(step, role)

    # Luck alone would seldom come far: this goes on by whoever may.
    @rule(times=st.integers(1, 3))
    def go_on(self, times: int) -> None:
        for _time in range(times):
            self.go_one_on()

    @rule()
    def go_far(self) -> None:
        self.go_on(times=3)

    def go_one_on(self) -> None:
        for step, role in WAYS.get(self.state, ()) + (LEARNING if self.asked else ()):
            if step == "approve" and self.state == A.UNDER_REVIEW and not self.scored:
                self.case.score()
                self.scored = True
            if self.may(step, role) or step == "add evidence":
                self.press(step, role)

    @rule(role=st.sampled_from(ROLES))
    def press_everything(self, role: str) -> None:
        """All that this person may not press is refused, at one moment."""
        for step in STEPS:
            if not self.may(step, role):
                self.press(step, role)

    @rule()
    def sides_meet_or_part(self) -> None:
        """Who belongs to both sides comes to manage both, or goes back to being one of their people."""
        self.meeting = not self.meeting
        role = Role.MANAGER if self.meeting else Role.MEMBER
        Membership.objects.filter(user=self.people["both sides"]).update(role=role)

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
            assert done == (self.state == from_state and not (self.meeting and to == A.IN_PROGRESS))
            if done:
                self.state = to

    @rule()
    def first_day_finds_sides_that_meet(self) -> None:
        first = self.case.fresh().starts_on
        assert first
        try:
            with transaction.atomic():
                after.keep_back_stay(application_id=self.case.pk, key="first", today=first)
            done = True
        except HubError:
            done = False
        assert done == (self.state == A.SIGNED and self.meeting)
        self.kept_back |= done

    @rule()
    def last_day_passes(self) -> None:
        """What was kept back until then is cancelled; nothing else is, and nothing before."""
        last = self.case.fresh().ends_on
        assert last
        for today, is_due in (
            (last, False),
            (last + timedelta(days=1), self.state == A.SIGNED and self.meeting and self.kept_back),
        ):
            try:
                with transaction.atomic():
                    expiry.cancel_missed(application_id=self.case.pk, today=today)
                done = True
            except HubError:
                done = False
            assert done == is_due
        if is_due:
            self.state = A.CANCELLED

    @rule()
    def host_is_silent(self) -> None:
        """Two weeks later beat lets expire what nobody answered, and nothing else."""
        due.run_all(timezone.now() + timedelta(days=15))
        if self.state == A.SUBMITTED:
            self.state = A.EXPIRED

    @rule()
    def half_a_year_passes(self) -> None:
        if self.state in ASKED:
            after.ask_what_changed(application_id=self.case.pk)
            self.asked = True

    @invariant()
    def the_row_is_where_the_model_is(self) -> None:
        if hasattr(self, "case"):
            assert self.case.fresh().state == self.state

    @rule()
    def only_the_sides_see_the_case(self) -> None:
        application = self.case.fresh()
        is_submitted = application.submitted_at is not None
        may = {
            "guest": True, "host": is_submitted, "officer": is_submitted, "both sides": self.meeting,
            "officer who was asked": is_submitted and not self.has_panel,
        }  # fmt: skip
        for role, person in self.people.items():
            assert permissions.can_view(person, application) == may.get(role, False), role
            found = Application.objects.visible_to(person).filter(pk=self.case.pk)
            assert found.exists() == may.get(role, False), role


def test_only_allowed_steps_happen() -> None:
    run_state_machine_as_test(
        Exchange,
        settings=settings(
            max_examples=16,
            stateful_step_count=10,
            deadline=None,
            # Shrinking takes minutes here, and a dozen steps are short enough to read.
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )


def test_table_knows_every_step() -> None:
    assert set(TABLE) == set(STEPS)
