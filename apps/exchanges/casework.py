"""How a case stands for one person: whose turn it is, what happens next, what they may press.

The table of buttons is the one that the page shows and that the view of the steps asks. It is narrower than what the
services allow (they are the rule): a guest withdraws before the signature and cancels after it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.accounts.models import User
from apps.core import formats
from apps.core.casework import Next, Press, Weight
from apps.core.components import Step, StepState, Text
from apps.exchanges.deadlines import due_of, grace_of
from apps.exchanges.enums import (
    AFTER_STAY,
    BEFORE_SIGNATURE,
    DECIDABLE_STATES,
    ENDED_EARLY,
    TRAVELS_AS,
    UNDECIDED_STATES,
    ApplicationState,
    Funding,
    Side,
    Signer,
    Track,
)
from apps.exchanges.forms.applications import (
    DecisionForm,
    PaymentForm,
    ReasonForm,
    ReturnForm,
    SeenTextForm,
)
from apps.exchanges.models import Agreement, Application, FollowUp, Offer, Programme, Report
from apps.exchanges.rules import length_of, rules_of, why_closed
from apps.exchanges.services import after, applications
from apps.exchanges.services.common import why_sides_meet
from apps.exchanges.turns import BY_STATE
from apps.exchanges.wording import amount_in_words, distance_in_words, grace_text
from apps.organisations.models import Organisation
from apps.reviews.outcome import Progress, progress_of

A = ApplicationState
SIDES: dict[Side, Signer] = {Side.GUEST: Signer.GUEST, Side.HOST: Signer.HOST}


def role_of(user: User, application: Application) -> Signer | None:
    """On which side this person acts; None for somebody who has come to stand on two."""
    found = after.sides_of(user, application)
    return next(iter(found)) if found else None


def track_of(application: Application) -> str:
    """As it was when the application was submitted."""
    return str(application.rules["track"]) if application.rules else application.offer.programme.track


def is_funded(application: Application) -> bool:
    if application.rules:
        return after.is_to_be_paid(application)
    return application.offer.programme.funding == Funding.LUMP_SUM


@dataclass(frozen=True)
class Standing:
    """All that says whose turn it is. ``is_scored`` where its reviews let it be decided, or none are needed;
    ``progress`` is how far they are.
    """

    application: Application
    agreement: Agreement | None = None
    signed: Collection[str] = ()
    reports: Collection[Report] = ()
    follow_ups: Collection[FollowUp] = ()
    is_scored: bool = True
    progress: Progress | None = None

    @property
    def state(self) -> str:
        return self.application.state

    @property
    def reported(self) -> set[str]:
        return {row.side for row in self.reports if row.submitted_at}

    @property
    def published(self) -> set[str]:
        """Of which sides everybody reads the report, as ``ReportQuerySet.published`` has it."""
        if self.application.validated_at is None or not all(row.may_publish for row in self.reports):
            return set()
        return {row.side for row in self.reports if row.taken_down_at is None}


def standing_of(application: Application) -> Standing:
    """Of an application that was loaded with the outcome of its reviews; asks for what else was not."""
    agreement = getattr(application, "agreement", None)
    progress = _progress_of(application)
    return Standing(
        application=application,
        agreement=agreement,
        signed={row.signer for row in agreement.signatures.all()} if agreement else (),
        reports=list(application.reports.all()),
        follow_ups=list(application.follow_ups.all()),
        is_scored=progress.may_be_decided if progress else track_of(application) != Track.FULL,
        progress=progress,
    )


def _progress_of(application: Any) -> Progress | None:
    """``application`` carries ``reviews.models.outcome_annotations``."""
    if application.panel is None:
        return None
    return progress_of(
        application.panel,
        asked=application.reviewers_count,
        done=application.done_count,
        spread=application.spread,
    )


# --- Whose turn it is ---------------------------------------------------------------------------------
def waits_for(standing: Standing) -> set[Signer]:
    """Who must act now, the six-month question included. ``turns`` asks the same of many cases."""
    ask = _ASKED.get(standing.state, _by_state)
    return ask(standing) | _waits_for_learning(standing)


def _by_state(standing: Standing) -> set[Signer]:
    return {signer for signer, states in BY_STATE.items() if standing.state in states}


def _unsigned(standing: Standing) -> set[Signer]:
    return {signer for signer in Signer if signer not in standing.signed}


def _unreported(standing: Standing) -> set[Signer]:
    return {signer for side, signer in SIDES.items() if side not in standing.reported}


def _reviewed(standing: Standing) -> set[Signer]:
    lacks_reviewers = standing.progress is not None and standing.progress.lacking > 0
    return {Signer.OFFICER} if standing.is_scored or lacks_reviewers else set()


def _of_draft(standing: Standing) -> set[Signer]:
    """While it can be submitted; a draft that cannot be waits for nobody."""
    application = standing.application
    return set() if why_closed(application.offer, timezone.now()) else {Signer.GUEST}


def _reporting(standing: Standing) -> set[Signer]:
    """After the deadline the officer may end it."""
    return _unreported(standing) | ({Signer.OFFICER} if _is_late(standing) else set())


# Where the state alone does not say it.
_ASKED: dict[str, Callable[[Standing], set[Signer]]] = {
    A.DRAFT: _of_draft,
    A.UNDER_REVIEW: _reviewed,
    A.AGREEMENT_PENDING: _unsigned,
    A.COMPLETED: _reporting,
}


def _waits_for_learning(standing: Standing) -> set[Signer]:
    found = {SIDES[Side(row.side)] for row in standing.follow_ups if row.answered_at is None}
    if any(is_to_approve(row) for row in standing.follow_ups):
        found.add(Signer.OFFICER)
    return found


def is_to_approve(row: FollowUp) -> bool:
    return (
        row.answered_at is not None
        and row.may_publish
        and row.approved_at is None
        and row.taken_down_at is None
    )


# --- What happens next --------------------------------------------------------------------------------
# For whom it waits, and for the others.
_TEXTS: dict[str, tuple[Text, Text]] = {
    A.WAITING_LIST: (
        gettext_lazy("Approve it when a place is free, or reject it. On its first day it expires."),
        gettext_lazy(
            "It is approved if a place becomes free, or else rejected. On its first day it expires."
        ),
    ),
    A.APPROVED: (
        gettext_lazy(
            "Have the agreement made from the application, so that both sides and an officer can sign it. If not "
            "all have signed before the first day, the stay does not take place."
        ),
        gettext_lazy(
            "Guest, host or an officer has the agreement made, and all three sign it before the first day."
        ),
    ),
    A.AGREEMENT_PENDING: (
        gettext_lazy(
            "Read the agreement and sign it. If not all have signed before the first day, the stay does not take place."
        ),
        gettext_lazy("The others still have to sign the agreement, before the first day."),
    ),
    A.COMPLETED: (
        gettext_lazy("Write your report on the stay."),
        gettext_lazy("Both sides write their reports, and the guest adds evidence of the journey."),
    ),
    A.REPORTS_SUBMITTED: (
        gettext_lazy(
            "Read both reports and the evidence; then validate the exchange, or ask one side for more."
        ),
        gettext_lazy("An officer of the programme reads both reports and the evidence."),
    ),
    A.PAID: (
        gettext_lazy("Close the case."),
        gettext_lazy("The stay was paid. An officer closes the case."),
    ),
    A.DECLINED: ("", gettext_lazy("The host cannot receive this guest. This application ends here.")),
    A.REJECTED: ("", gettext_lazy("The programme did not approve it. This application ends here.")),
    A.WITHDRAWN: ("", gettext_lazy("The guest took the application back.")),
    A.CANCELLED: ("", gettext_lazy("The stay does not take place.")),
    A.CLOSED: ("", gettext_lazy("Closed. Half a year after the stay both sides are asked what did change.")),
}


def next_of(standing: Standing, role: Signer | None) -> Next:
    """What the page says to this side."""
    is_mine = role is not None and role in waits_for(standing)
    text = _learning_text(standing, role) or _late_text(standing, role) or _text(standing, is_mine=is_mine)
    return Next(
        text, is_mine=is_mine, due_at=due_of(standing.application), icon="edit" if is_mine else "clock"
    )


def _text(standing: Standing, *, is_mine: bool) -> str:
    if standing.state in _COMPOSED:
        return _COMPOSED[standing.state](standing, is_mine)
    mine, others = _TEXTS[standing.state]
    return str(mine if is_mine and mine else others or mine)


def _learning_text(standing: Standing, role: Signer | None) -> str:
    for row in standing.follow_ups:
        if row.answered_at is None and role == SIDES[Side(row.side)]:
            return _("Half a year has passed: please say what did change since the stay.")
        if role == Signer.OFFICER and is_to_approve(row):
            return _(
                "Somebody said what did change: please read it, and approve it for the page of learnings."
            )
    return ""


def _late_text(standing: Standing, role: Signer | None) -> str:
    if standing.state == A.COMPLETED and role == Signer.OFFICER and _is_late(standing):
        return _("A report is late. Its side was reminded: wait for it, or end the case without it.")
    return ""


def _draft_text(standing: Standing, is_mine: bool) -> str:
    if why := why_closed(standing.application.offer, timezone.now()):
        return _("%(why)s This draft cannot be submitted now. You can keep it, or withdraw it.") % {
            "why": why
        }
    return _("Complete the application and submit it. Until then only your organisation sees it.")


def _submitted_text(standing: Standing, is_mine: bool) -> str:
    if not is_mine:
        return _("The host answers. Without an answer the application expires, and all are told.")
    said = _("Accept this guest, or decline with a reason. Without an answer the application expires.")
    grace = grace_text(grace_of(standing.application))
    return f"{said} {grace}" if grace else said


def _expired_text(standing: Standing, is_mine: bool) -> str:
    if standing.agreement:
        return _("Not all had signed before the first day, so the stay does not take place.")
    if standing.application.accepted_at:
        return _("The first day came before it was decided and signed. This application ends here.")
    return _("Nobody answered in time. This application ends here.")


def _accepted_text(standing: Standing, is_mine: bool) -> str:
    if not is_mine:
        return _("The officers of the programme decide, and promised to do so in time.")
    if track_of(standing.application) == Track.FULL:
        return _("Start the review, and invite the reviewers.")
    return _("Host and guest agree: confirm it, or decide otherwise with a reason.")


def _under_review_text(standing: Standing, is_mine: bool) -> str:
    if not is_mine:
        return _("Reviewers who belong to neither side score it. Then the officers of the programme decide.")
    progress = standing.progress
    if progress is None or progress.is_complete:
        return _("The reviews are in: please decide.")
    ask = ngettext(
        "Ask %(count)d more person for a review.",
        "Ask %(count)d more people for a review.",
        progress.lacking,
    ) % {"count": progress.lacking}
    if not progress.may_be_decided:
        return ask
    late = ngettext(
        "The reviews were due, and %(done)d of %(wanted)d is in. You can decide with it: please give a reason.",
        "The reviews were due, and %(done)d of %(wanted)d are in. You can decide with them: please give a reason.",
        progress.done,
    ) % {"done": progress.done, "wanted": progress.wanted}
    return f"{late} {ask}" if progress.lacking else late


def _signed_text(standing: Standing, is_mine: bool) -> str:
    first, last = standing.application.starts_on, standing.application.ends_on
    days = {"first": formats.day(first) if first else "", "last": formats.day(last) if last else ""}
    if not (why := why_sides_meet(standing.application)):
        return _("All have signed. The stay begins on %(first)s.") % days
    return _(
        "All have signed, but the stay cannot begin. %(why)s It begins from %(first)s on as soon as that is put right. "
        "What has not begun by the end of %(last)s is cancelled. Either side can cancel it before, and from its first "
        "day on an officer of the programme, too."
    ) % {**days, "why": why}


def _in_progress_text(standing: Standing, is_mine: bool) -> str:
    last = standing.application.ends_on
    return _("The stay lasts until %(day)s. The guest keeps tickets and invoices and adds them here.") % {
        "day": formats.day(last) if last else ""
    }


def _validated_text(standing: Standing, is_mine: bool) -> str:
    if after.is_to_be_paid(standing.application):
        if is_mine:
            return _("Have the amount paid, and note the transfer here.")
        return _("The exchange is validated. The authority pays the guest.")
    return _("Close the case.") if is_mine else _("The exchange is validated. An officer closes the case.")


_COMPOSED: dict[str, Callable[[Standing, bool], str]] = {
    A.DRAFT: _draft_text,
    A.SUBMITTED: _submitted_text,
    A.EXPIRED: _expired_text,
    A.ACCEPTED: _accepted_text,
    A.UNDER_REVIEW: _under_review_text,
    A.SIGNED: _signed_text,
    A.IN_PROGRESS: _in_progress_text,
    A.VALIDATED: _validated_text,
}


# --- What may be pressed ------------------------------------------------------------------------------
@dataclass(frozen=True)
class CaseStep:
    """A button of a side in some states. ``act`` gets the id, who presses, and what the form holds."""

    name: str
    label: Text
    roles: frozenset[str]
    states: frozenset[str]
    act: Callable[..., object]
    done: Text
    weight: Weight = "outline-primary"
    form: type[forms.Form] | None = None
    hint: Text = ""
    fits: Callable[[Standing], bool] = field(default=lambda standing: True)
    initial: Callable[[Standing], dict[str, str]] = field(default=lambda standing: {})
    takes_back: bool = False

    def is_open(self, standing: Standing, role: str | None) -> bool:
        return role in self.roles and standing.state in self.states and self.fits(standing)

    def make_form(
        self, case: Application, data: Any = None, *, standing: Standing | None = None
    ) -> forms.Form | None:
        """One for the page is given where the case stands; what was sent brings its own values."""
        if self.form is None:
            return None
        given: dict[str, Any] = {"case": case} if issubclass(self.form, PaymentForm) else {}
        if standing is not None:
            given["initial"] = self.initial(standing)
        return self.form(data, auto_id=f"id_{self.name}_%s", **given)


def _is_full(standing: Standing) -> bool:
    return track_of(standing.application) == Track.FULL


def _may_be_decided(standing: Standing) -> bool:
    return standing.is_scored and not (_is_full(standing) and standing.state == A.ACCEPTED)


def _to_be_paid(standing: Standing) -> bool:
    return after.is_to_be_paid(standing.application)


def _to_be_closed(standing: Standing) -> bool:
    return standing.state == A.PAID or not _to_be_paid(standing)


def _approvable(side: Side, standing: Standing) -> bool:
    return any(row.side == side and is_to_approve(row) for row in standing.follow_ups)


def _published(side: Side, standing: Standing) -> bool:
    return any(row.side == side and row.approved_at for row in standing.follow_ups)


def _consented(side: Side, standing: Standing) -> bool:
    return any(row.side == side and row.answered_at and row.may_publish for row in standing.follow_ups)


def _report_published(side: Side, standing: Standing) -> bool:
    return side in standing.published


def _report_consented(side: Side, standing: Standing) -> bool:
    return any(row.side == side and row.submitted_at and row.may_publish for row in standing.reports)


def _text_hash(side: Side, standing: Standing) -> dict[str, str]:
    """Of the answer as the page shows it: what is approved is that."""
    shown = [row.what_changed for row in standing.follow_ups if row.side == side]
    return {"text_hash": after.hash_of(shown[0])} if shown else {}


def _is_kept_back(standing: Standing) -> bool:
    return after.is_kept_back(standing.application) and _is_to_come(standing)


def _is_to_come(standing: Standing) -> bool:
    return not after.took_place(standing.application)


def _is_late(standing: Standing) -> bool:
    due = standing.application.reports_due_at
    return due is not None and due < timezone.now()


_AFTER_STAY = frozenset(AFTER_STAY)
_GUEST, _HOST, _OFFICER = frozenset({Signer.GUEST}), frozenset({Signer.HOST}), frozenset({Signer.OFFICER})
# Approved, and not signed by all.
_WITH_A_PLACE = frozenset({A.APPROVED, A.AGREEMENT_PENDING})

STEPS: dict[str, CaseStep] = {
    step.name: step
    for step in (
        CaseStep(
            "accept", gettext_lazy("Accept this guest"), _HOST, frozenset({A.SUBMITTED}),
            applications.accept_application,
            gettext_lazy("Accepted. The officers of the programme decide now."), weight="primary",
        ),
        CaseStep(
            "decline", gettext_lazy("Decline"), _HOST, frozenset({A.SUBMITTED}),
            applications.decline_application, gettext_lazy("Declined. The guest is told why."),
            weight="outline-danger", form=ReasonForm,
        ),
        CaseStep(
            "review", gettext_lazy("Start the review"), _OFFICER, frozenset({A.ACCEPTED}),
            applications.start_review, gettext_lazy("The review has begun: please invite reviewers."),
            weight="primary", fits=_is_full,
        ),
        CaseStep(
            "decide", gettext_lazy("Decide"), _OFFICER, frozenset(DECIDABLE_STATES),
            applications.decide, gettext_lazy("Decided. Both sides are told."),
            weight="primary", form=DecisionForm, fits=_may_be_decided,
        ),
        CaseStep(
            "make-agreement", gettext_lazy("Make the agreement"),
            frozenset(Signer), frozenset({A.APPROVED}),
            after.make_agreement, gettext_lazy("The agreement is there to be signed."), weight="primary",
            hint=gettext_lazy("It is made from the application, once."),
        ),
        CaseStep(
            "validate", gettext_lazy("Validate the exchange"), _OFFICER, frozenset({A.REPORTS_SUBMITTED}),
            after.validate, gettext_lazy("Validated. Both sides are told."), weight="primary",
        ),
        CaseStep(
            "return", gettext_lazy("Ask for more"), _OFFICER, frozenset({A.REPORTS_SUBMITTED}),
            after.return_reports, gettext_lazy("The side that you chose is asked for more."), form=ReturnForm,
            hint=gettext_lazy("A better report, or more evidence from the guest."),
        ),
        CaseStep(
            "pay", gettext_lazy("Record the payment"), _OFFICER, frozenset({A.VALIDATED}),
            after.record_payment, gettext_lazy("The payment is noted, and the guest is told."),
            weight="primary", form=PaymentForm, fits=_to_be_paid,
            hint=gettext_lazy("The hub moves no money: this notes that the authority has paid the amount."),
        ),
        CaseStep(
            "close", gettext_lazy("Close the case"), _OFFICER, frozenset({A.VALIDATED, A.PAID}),
            after.close, gettext_lazy("The case is closed."), weight="primary", fits=_to_be_closed,
        ),
        CaseStep(
            "approve-guest", gettext_lazy("Approve the guest's answer"), _OFFICER, _AFTER_STAY,
            partial(after.approve_learning, side=Side.GUEST),
            gettext_lazy("It now stands among the learnings of the programme."),
            weight="primary", form=SeenTextForm,
            fits=partial(_approvable, Side.GUEST), initial=partial(_text_hash, Side.GUEST),
        ),
        CaseStep(
            "approve-host", gettext_lazy("Approve the host's answer"), _OFFICER, _AFTER_STAY,
            partial(after.approve_learning, side=Side.HOST),
            gettext_lazy("It now stands among the learnings of the programme."),
            weight="primary", form=SeenTextForm,
            fits=partial(_approvable, Side.HOST), initial=partial(_text_hash, Side.HOST),
        ),
        CaseStep(
            "take-down-guest", gettext_lazy("Take the guest's answer down"), _OFFICER, _AFTER_STAY,
            partial(after.take_down_learning, side=Side.GUEST),
            gettext_lazy("It stands among the learnings no more, and the guest is told why."),
            weight="outline-danger", form=ReasonForm, fits=partial(_published, Side.GUEST), takes_back=True,
        ),
        CaseStep(
            "take-down-host", gettext_lazy("Take the host's answer down"), _OFFICER, _AFTER_STAY,
            partial(after.take_down_learning, side=Side.HOST),
            gettext_lazy("It stands among the learnings no more, and the host is told why."),
            weight="outline-danger", form=ReasonForm, fits=partial(_published, Side.HOST), takes_back=True,
        ),
        *(
            CaseStep(
                f"withdraw-consent-{side}", gettext_lazy("Do not publish our answer"), frozenset({SIDES[side]}),
                _AFTER_STAY, partial(after.withdraw_consent, side=side),
                gettext_lazy("Your answer is not public. The officers keep it."), fits=partial(_consented, side),
                hint=gettext_lazy("Where it stands among the learnings, it is taken down."), takes_back=True,
            )
            for side in Side
        ),
        CaseStep(
            "take-down-report-guest", gettext_lazy("Take the guest's report down"), _OFFICER, _AFTER_STAY,
            partial(after.take_down_report, side=Side.GUEST),
            gettext_lazy("It is not public any more, and the guest is told why."),
            weight="outline-danger", form=ReasonForm, fits=partial(_report_published, Side.GUEST),
            hint=gettext_lazy("This cannot be undone."), takes_back=True,
        ),
        CaseStep(
            "take-down-report-host", gettext_lazy("Take the host's report down"), _OFFICER, _AFTER_STAY,
            partial(after.take_down_report, side=Side.HOST),
            gettext_lazy("It is not public any more, and the host is told why."),
            weight="outline-danger", form=ReasonForm, fits=partial(_report_published, Side.HOST),
            hint=gettext_lazy("This cannot be undone."), takes_back=True,
        ),
        *(
            CaseStep(
                f"withdraw-report-{side}", gettext_lazy("Do not publish our report"), frozenset({SIDES[side]}),
                _AFTER_STAY, partial(after.withdraw_report_consent, side=side),
                gettext_lazy("Your report is not public. The other side and the officers keep it."),
                fits=partial(_report_consented, side),
                hint=gettext_lazy(
                    "Where the two reports are public, both are taken down, as one tells of the other. This cannot be "
                    "undone."
                ),
                takes_back=True,
            )
            for side in Side
        ),
        CaseStep(
            "close-without-reports", gettext_lazy("Close it without a report"), _OFFICER, frozenset({A.COMPLETED}),
            after.close_without_reports, gettext_lazy("The case is closed, and both sides are told why."),
            weight="outline-danger", form=ReasonForm, fits=_is_late,
            hint=gettext_lazy("Nothing is validated then, and nothing is paid. This cannot be undone."),
        ),
        CaseStep(
            "give-up", gettext_lazy("Give the draft up"), _GUEST, frozenset({A.DRAFT}),
            partial(applications.withdraw_application, reason=""),
            gettext_lazy("The draft is given up."), weight="outline-danger", form=forms.Form,
            hint=gettext_lazy("Nobody else has seen it, so no reason is asked for. This cannot be undone."),
        ),
        CaseStep(
            "withdraw", gettext_lazy("Withdraw the application"), _GUEST,
            frozenset(BEFORE_SIGNATURE) - _WITH_A_PLACE,
            applications.withdraw_application, gettext_lazy("The application is withdrawn."),
            weight="outline-danger", form=ReasonForm,
            hint=gettext_lazy("It ends here, and the host and the officers are told why. This cannot be undone."),
        ),
        CaseStep(
            "give-place-up", gettext_lazy("Give the place up"), _GUEST, _WITH_A_PLACE,
            applications.withdraw_application, gettext_lazy("The place is given up."),
            weight="outline-danger", form=ReasonForm,
            hint=gettext_lazy(
                "The stay does not take place: the host can receive somebody else in these days, and the host and the "
                "officers are told why. This cannot be undone."
            ),
        ),
        CaseStep(
            "cancel", gettext_lazy("Cancel the stay"), _GUEST, frozenset({A.SIGNED, A.IN_PROGRESS}),
            after.cancel, gettext_lazy("The stay is cancelled, and all are told why."),
            weight="outline-danger", form=ReasonForm, fits=_is_to_come,
            hint=gettext_lazy("This cannot be undone."),
        ),
        CaseStep(
            "cancel-as-host", gettext_lazy("Cancel the stay"), _HOST,
            _WITH_A_PLACE | {A.SIGNED, A.IN_PROGRESS},
            after.cancel, gettext_lazy("The stay is cancelled, and all are told why."),
            weight="outline-danger", form=ReasonForm, fits=_is_to_come,
            hint=gettext_lazy("This cannot be undone."),
        ),
        CaseStep(
            "cancel-as-officer", gettext_lazy("Cancel the stay"), _OFFICER, frozenset({A.SIGNED}),
            after.cancel, gettext_lazy("The stay is cancelled, and all are told why."),
            weight="outline-danger", form=ReasonForm, fits=_is_kept_back,
            hint=gettext_lazy("Its first day has come, and it could not begin. This cannot be undone."),
        ),
    )
}  # fmt: skip


def is_open(case: Application, step: CaseStep, role: Signer | None) -> bool:
    """For a case that was loaded alone: the page asks ``CaseStep.is_open`` of what it has at hand."""
    return step.is_open(standing_of(case), role)


def presses_of(
    standing: Standing, role: Signer | None, *, sent: dict[str, forms.Form] | None = None
) -> list[Press]:
    """Links first, then steps in the order of the table; a form that came back with mistakes stands in its place."""
    if role is None:
        return []
    pk = standing.application.pk
    steps = [
        Press(
            step.label,
            reverse("exchanges:application-step", args=[pk, step.name]),
            step.weight,
            (sent or {}).get(step.name) or step.make_form(standing.application, standing=standing),
            step.hint,
            takes_back=step.takes_back,
        )
        for step in STEPS.values()
        if step.is_open(standing, role)
    ]
    return [*_links(standing, role), *steps]


def _links(standing: Standing, role: Signer) -> list[Press]:
    found = [
        (A.DRAFT, Signer.GUEST, "application-edit", _("Go on with the application")),
        (A.AGREEMENT_PENDING, role if role not in standing.signed else None, "agreement", _("Read and sign")),
        (A.COMPLETED, role if role in _unreported(standing) else None, "report", _("Write your report")),
        (A.IN_PROGRESS, Signer.GUEST, "evidence", _("Add evidence")),
        (A.COMPLETED, Signer.GUEST, "evidence", _("Add evidence")),
    ]
    links = [
        Press(
            label,
            _address(name, standing),
            "outline-primary" if name == "evidence" else "primary",
            is_link=True,
        )
        for state, whose, name, label in found
        if standing.state == state and whose == role
    ]
    if any(row.approved_at is None and SIDES[Side(row.side)] == role for row in standing.follow_ups):
        label = _("Say what did change")
        links.append(Press(label, _address("follow-up", standing), "primary", is_link=True))
    return links


def _address(name: str, standing: Standing) -> str:
    return reverse(f"exchanges:{name}", args=[standing.application.pk])


# --- The way ------------------------------------------------------------------------------------------
def way_of(application: Application) -> list[Step]:
    """The parts of the way, and where on it the case is; where it ended before its time, that part is marked."""
    is_full, has_money = track_of(application) == Track.FULL, is_funded(application)
    review: list[tuple[Text, set[str]]] = [(_("Review"), set(UNDECIDED_STATES))] if is_full else []
    payment: list[tuple[Text, set[str]]] = [(_("Payment"), {A.VALIDATED})] if has_money else []
    parts: list[tuple[Text, set[str]]] = [
        (_("Application"), {A.DRAFT}),
        (_("Host's answer"), {A.SUBMITTED}),
        *review,
        (_("Decision"), {A.WAITING_LIST} if is_full else {A.ACCEPTED, A.WAITING_LIST}),
        (_("Agreement"), {A.APPROVED, A.AGREEMENT_PENDING}),
        (_("Stay"), {A.SIGNED, A.IN_PROGRESS}),
        (_("Reports"), {A.COMPLETED, A.REPORTS_SUBMITTED}),
        *payment,
        (_("Closed"), {A.PAID, A.CLOSED} if has_money else {A.VALIDATED, A.CLOSED}),
    ]
    reached = _last_reached(application)
    here = next((number for number, (_label, states) in enumerate(parts) if reached in states), 0)
    return [
        Step(label, _part_state(application, number, here)) for number, (label, _states) in enumerate(parts)
    ]


def _last_reached(application: Application) -> str:
    """The state itself, or for a case that ended early the furthest one that its times tell of."""
    if application.state not in ENDED_EARLY:
        return application.state
    if application.state == A.REJECTED:
        return A.WAITING_LIST
    times = (
        (application.signed_at, A.SIGNED),
        (getattr(application, "agreement", None), A.APPROVED),
        (application.decided_at, A.WAITING_LIST),
        (application.panel_id, A.UNDER_REVIEW),
        (application.accepted_at, A.ACCEPTED),
        (application.submitted_at, A.SUBMITTED),
    )
    return next((state for reached, state in times if reached), A.DRAFT)


def _part_state(application: Application, number: int, here: int) -> StepState:
    if number < here or (application.state == A.CLOSED and number == here):
        return "done"
    if number > here:
        return "open"
    return "wrong" if application.state in ENDED_EARLY else "here"


# --- What it is about ---------------------------------------------------------------------------------
def linked(thing: Programme | Offer | Organisation, *, is_shown: bool) -> Text:
    """Its name, which leads to its page where the reader may open that."""
    name = str(thing)
    return format_html('<a href="{}">{}</a>', thing.get_absolute_url(), name) if is_shown else name


def _party(organisation: Organisation) -> Text:
    name = linked(organisation, is_shown=organisation.is_active)
    return format_html("{}, {}", name, organisation.country)


def facts_of(case: Application) -> list[tuple[str, Any]]:
    """Who, where and when, for both sides, officers and reviewers."""
    rules = case.rules or rules_of(case.offer.programme)
    return [
        (_("Guest"), _party(case.guest)),
        (_("Host"), _party(case.offer.host)),
        (_("Who travels"), str(case.traveller)),
        (_("Travels as"), str(TRAVELS_AS.get(case.travels_as, ""))),
        (_("Days"), days_of(case)),
        (_("Kind of stay"), _("Virtual") if case.is_virtual else _("On site")),
        (_("Distance"), distance_in_words(case)),
        (_("The programme pays"), amount_in_words(case, rules)),
        (_("Theme"), case.offer.theme.name),
    ]


def days_of(case: Application) -> str:
    if case.starts_on is None or case.ends_on is None:
        return ""
    kind = (case.rules or {}).get("day_kind", case.offer.programme.day_kind)
    count = length_of(case.starts_on, case.ends_on, kind)
    text = ngettext("%(period)s (%(count)d day)", "%(period)s (%(count)d days)", count)
    return text % {"period": formats.days(case.starts_on, case.ends_on), "count": count}
