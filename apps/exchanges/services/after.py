"""From the approval to the end: agreement, stay, reports, evidence, payment, and what did change."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.services import lock_actor
from apps.audit.models import Entry
from apps.audit.services import record
from apps.core.events import publish
from apps.core.exceptions import EditConflictError, NotAllowedError, RuleBrokenError, StepNotAllowedError
from apps.core.steps import require_reason
from apps.exchanges import days, permissions
from apps.exchanges.enums import ApplicationState, Funding, Side, Signer
from apps.exchanges.events import LearningApproved, LearningTakenDown
from apps.exchanges.exceptions import NotReadyError
from apps.exchanges.models import Agreement, Application, Evidence, FollowUp, Payment, Report, Signature
from apps.exchanges.rules import problem_of_payment
from apps.exchanges.services.common import (
    days_told,
    guests_of,
    lock_application,
    lock_as_officer,
    people_of,
    require_before_first_day,
    require_sides_apart,
    sides_to_tell,
    step,
    tell,
    tell_officers,
    tell_sides,
    why_sides_meet,
)
from apps.exchanges.services.offers import free_place_of
from apps.exchanges.services.waiting import call_after
from apps.exchanges.wording import rules_agreed
from apps.files.models import StoredFile
from apps.organisations.models import Organisation

MOST_EVIDENCE = 20
# What a report must say, beside whether its side would do it again.
REPORT_TEXTS = ("learned", "change")
KEPT_BACK, KEPT_TO_LAST_DAY = "stay kept back", "stay kept back on its last day"
EVIDENCE_STATES = (ApplicationState.IN_PROGRESS, ApplicationState.COMPLETED)


# --- Agreement ------------------------------------------------------------------------------------
@transaction.atomic
def make_agreement(*, application_id: uuid.UUID, by: User) -> Agreement:
    """Write down what both sides and the officer sign, from the application as it is; made once."""
    application = _lock_as_party_or_officer(application_id, by)
    # Checked before the text is made.
    if application.state != ApplicationState.APPROVED:
        raise StepNotAllowedError
    require_before_first_day(application)
    require_sides_apart(application)
    language = application.offer.programme.language
    with translation.override(language):
        text = render_to_string(
            "exchanges/agreement.txt", {"application": application, "rules": rules_agreed(application)}
        )
    agreement = Agreement.objects.create(
        application=application, text=text, text_hash=hash_of(text), language=language
    )
    step(application, ApplicationState.AGREEMENT_PENDING, by=by)
    for signer, people in people_of(application).items():
        tell("agreement_to_sign", application, people, side=signer)
    return agreement


@transaction.atomic
def sign(*, application_id: uuid.UUID, signer: Signer, text_hash: str, by: User) -> Signature:
    """Sign for one side. ``text_hash`` is of the text that the person had in front of them."""
    by = lock_actor(by)
    application = lock_application(application_id)
    if signer not in sides_of(by, application):
        raise NotAllowedError
    if application.state != ApplicationState.AGREEMENT_PENDING:
        raise StepNotAllowedError
    require_before_first_day(application)
    require_sides_apart(application)
    agreement = application.agreement
    if text_hash != agreement.text_hash:
        raise RuleBrokenError(_("This is not the text of the agreement. Please load the page again."))
    if agreement.signatures.filter(signer=signer).exists():
        raise StepNotAllowedError
    if agreement.signatures.filter(user=by).exists():
        raise NotAllowedError(_("You have signed for another side already."))
    signature = Signature.objects.create(
        agreement=agreement,
        signer=signer,
        user=by,
        name=by.name,
        organisation=_signs_for(application, signer).name,
        text_hash=text_hash,
        signed_at=timezone.now(),
    )
    record(application, "agreement signed", by=by, data={"for": signer.value, "sha256": text_hash})
    if agreement.signatures.count() == len(Signer):
        step(application, ApplicationState.SIGNED, by=by, signed_at=timezone.now())
        tell_sides("agreement_signed", application, **days_told(application))
    return signature


def _signs_for(application: Application, signer: Signer) -> Organisation:
    offer = application.offer
    return {
        Signer.GUEST: application.guest,
        Signer.HOST: offer.host,
        Signer.OFFICER: offer.programme.organisation,
    }[signer]


def sides_of(user: User, application: Application) -> set[Signer]:
    """For whom this person may sign; nobody for two."""
    if permissions.is_officer_of(user, application):
        return {Signer.OFFICER}
    is_guest, is_host = permissions.is_guest(user, application), permissions.is_host_of(user, application)
    if is_guest == is_host:
        return set()
    return {Signer.GUEST} if is_guest else {Signer.HOST}


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@transaction.atomic
def cancel(*, application_id: uuid.UUID, by: User, reason: str) -> Application:
    """Either side gives the stay up, after the approval, or an officer one that is kept from beginning; all are told
    why, and the place is free again. What is over took place, unless it was kept back.
    """
    by = lock_actor(by)
    application = lock_application(application_id, with_programme=True)
    is_guest, is_host = permissions.is_guest(by, application), permissions.is_host_of(by, application)
    if is_guest and is_host:
        raise NotAllowedError(_("You stand on both sides of this case, so you act for neither."))
    if not (is_guest or is_host or permissions.is_officer_of(by, application)):
        raise NotAllowedError
    if not (is_guest or is_host or is_kept_back(application)) or took_place(application):
        raise StepNotAllowedError
    step(application, ApplicationState.CANCELLED, by=by, reason=reason)
    free_place_of(application, by=by)
    tell_sides("application_cancelled", application, reason=application.reason)
    tell_officers("application_cancelled", application, reason=application.reason)
    return application


# --- The stay -------------------------------------------------------------------------------------
@transaction.atomic
def start_stay(*, application_id: uuid.UUID, today: date) -> Application:
    """The first day has come, and all have signed. Beat does it, however late: after the last day whoever belongs where
    by then; but a stay that was kept back until its last day never begins.
    """
    application = lock_application(application_id)
    if not is_to_begin(application, today) or is_missed(application, today):
        raise StepNotAllowedError
    if not is_over(application, today):
        require_sides_apart(application)
    return step(application, ApplicationState.IN_PROGRESS, by=None)


@transaction.atomic
def keep_back_stay(*, application_id: uuid.UUID, key: str, today: date) -> Application:
    """The first day has come, and the sides are not apart: all are told, and the history keeps it, on the last day once
    more. Beat does it.
    """
    application = lock_application(application_id)
    if application.state != ApplicationState.SIGNED or not why_sides_meet(application):
        raise StepNotAllowedError
    last = application.ends_on
    action = KEPT_TO_LAST_DAY if last == today else KEPT_BACK
    if not _was(application, action):
        record(application, action, by=None)
    for people in people_of(application).values():
        tell(
            "stay_not_begun", application, people, key=key, due=days.end_of(last).isoformat() if last else ""
        )
    return application


def is_to_begin(application: Application, today: date | None = None) -> bool:
    """All have signed, the first day has come, and it has not begun."""
    first = application.starts_on
    has_come = first is not None and first <= (today or days.today())
    return application.state == ApplicationState.SIGNED and has_come


def is_over(application: Application, today: date) -> bool:
    return application.ends_on is not None and application.ends_on < today


def is_kept_back(application: Application) -> bool:
    """Its first day has come, and it was found that it could not begin, or cannot."""
    if not is_to_begin(application):
        return False
    return _was(application, KEPT_BACK, KEPT_TO_LAST_DAY) or bool(why_sides_meet(application))


def is_missed(application: Application, today: date) -> bool:
    """Over, and kept back: found so on its last day, or before, and its sides meet still. Who comes and goes after a
    stay that nothing kept back does not undo it: beat alone was late, and makes up for it.
    """
    if application.state != ApplicationState.SIGNED or not is_over(application, today):
        return False
    return _was(application, KEPT_TO_LAST_DAY) or (
        _was(application, KEPT_BACK) and bool(why_sides_meet(application))
    )


def took_place(application: Application) -> bool:
    """Its days went by, whether beat has noted it or not."""
    today = days.today()
    return is_over(application, today) and not is_missed(application, today)


def _was(application: Application, *actions: str) -> bool:
    return Entry.objects.about(application).filter(action__in=actions).exists()


@transaction.atomic
def complete_stay(*, application_id: uuid.UUID, today: date) -> Application:
    """The last day is over: the reports are due. Beat does it."""
    application = lock_application(application_id)
    # From reports back to completed is the officers' step, with a reason.
    if application.state != ApplicationState.IN_PROGRESS or not is_over(application, today):
        raise StepNotAllowedError
    last, allowed = application.ends_on or today, (application.rules or {})["report_days"]
    step(application, ApplicationState.COMPLETED, by=None, reports_due_at=days.end_after(last, allowed))
    tell_sides("report_due", application)
    return application


@transaction.atomic
def add_evidence(*, application_id: uuid.UUID, kind: str, file: StoredFile, by: User) -> Evidence:
    """A file that shows that the journey took place; the guest's, until the reports are in."""
    application = _lock_as_side(application_id, by, Side.GUEST)
    if application.state not in EVIDENCE_STATES:
        raise StepNotAllowedError
    # A kept upload comes again with a second press, or from the form of another case.
    if evidence := Evidence.objects.filter(file=file).first():
        if evidence.application_id != application.pk:
            raise RuleBrokenError(_("This file stands in another exchange already. Please choose it again."))
        return evidence
    if application.evidence.count() >= MOST_EVIDENCE:
        raise RuleBrokenError(_("There are enough files here. Please put several pages into one."))
    evidence = Evidence.objects.create(application=application, kind=kind, file=file, author=by)
    record(application, "evidence added", by=by, data={"file": str(file.pk), "kind": kind})
    return evidence


@transaction.atomic
def remove_evidence(*, application_id: uuid.UUID, evidence_id: int, by: User) -> None:
    """Take back what was added by mistake, until the reports are in; one file stays beside a report that was handed in.

    Nothing refers to the file then, and the hub removes it for good.
    """
    application = _lock_as_side(application_id, by, Side.GUEST)
    if application.state not in EVIDENCE_STATES:
        raise StepNotAllowedError
    evidence = application.evidence.filter(pk=evidence_id).first()
    if evidence is None:
        raise StepNotAllowedError
    is_reported = application.reports.filter(side=Side.GUEST, submitted_at__isnull=False).exists()
    if is_reported and application.evidence.count() == 1:
        raise RuleBrokenError(
            _("Your report is handed in, and rests on this file. Please add another one first.")
        )
    record(
        application, "evidence removed", by=by, data={"file": str(evidence.file_id), "kind": evidence.kind}
    )
    evidence.delete()


@transaction.atomic
def save_report(
    *, application_id: uuid.UUID, side: Side, values: Mapping[str, Any], by: User, seen: str = ""
) -> Report:
    """Keep what is written so far. ``seen`` is the ``version_of`` what it was written over; EditConflictError."""
    return _write_report(_lock_as_side(application_id, by, side), side, values, by, seen)


@transaction.atomic
def submit_report(
    *, application_id: uuid.UUID, side: Side, values: Mapping[str, Any], by: User, seen: str = ""
) -> Report:
    """Hand one side's report in; with the second, and evidence, the officer is called. Raises NotReadyError."""
    application = _lock_as_side(application_id, by, side)
    report = _write_report(application, side, values, by, seen)
    problems = [
        (name, str(_("Please fill this in."))) for name in REPORT_TEXTS if not getattr(report, name).strip()
    ]
    if report.would_again is None:
        problems.append(("would_again", _("Please choose.")))
    if side == Side.GUEST and not application.evidence.exists():
        problems.append(("", _("Please add evidence of the journey first.")))
    if problems:
        raise NotReadyError(problems)
    report.submitted_at = timezone.now()
    report.save()
    entry = record(application, "report submitted", by=by, data={"side": side.value})
    if application.reports.filter(submitted_at__isnull=False).count() == len(Side):
        step(application, ApplicationState.REPORTS_SUBMITTED, by=by)
        # One for each time that they are complete: more may have been asked for since the last.
        tell_officers("reports_submitted", application, key=str(entry.pk))
    return report


# --- Validation and payment -------------------------------------------------------------------------
@transaction.atomic
def validate(*, application_id: uuid.UUID, by: User) -> Application:
    """The officer has read both reports and the evidence."""
    application = lock_as_officer(application_id, by)
    step(application, ApplicationState.VALIDATED, by=by, validated_at=timezone.now())
    tell_sides("exchange_validated", application)
    return application


@transaction.atomic
def return_reports(*, application_id: uuid.UUID, side: Side, by: User, reason: str) -> Application:
    """The officer asks one side for a better report, or for evidence."""
    application = lock_as_officer(application_id, by)
    reason = require_reason(reason)
    due_at = days.end_after(days.today(), (application.rules or {})["report_days"])
    step(
        application,
        ApplicationState.COMPLETED,
        by=by,
        reason=reason,
        action="reports returned",
        data={"side": side.value},
        reports_due_at=due_at,
    )
    application.reports.filter(side=side).update(submitted_at=None)
    people = sides_to_tell(application)[side]
    key = f"returned:{timezone.now():%Y%m%d%H%M%S}"
    tell("reports_returned", application, people, key=key, side=side, reason=application.reason)
    return application


@transaction.atomic
def close_without_reports(*, application_id: uuid.UUID, by: User, reason: str) -> Application:
    """A side stayed silent after its deadline: the officer ends the case, and nothing is validated or paid."""
    application = lock_as_officer(application_id, by, with_programme=True)
    due = application.reports_due_at
    if application.state != ApplicationState.COMPLETED or due is None or timezone.now() <= due:
        raise StepNotAllowedError
    reason = require_reason(reason)
    step(application, ApplicationState.CLOSED, by=by, reason=reason, action="closed without reports")
    call_after(application)
    tell_sides("closed_without_reports", application, reason=application.reason)
    return application


@transaction.atomic
def record_payment(*, application_id: uuid.UUID, reference: str, paid_on: date, by: User) -> Payment:
    """Note that the authority has paid what was approved; it is written once. Who decided may record it."""
    application = lock_as_officer(application_id, by)
    if application.state != ApplicationState.VALIDATED:
        raise StepNotAllowedError
    if not application.amount:
        raise RuleBrokenError(_("Nothing is paid for this stay."))
    if not reference.strip():
        raise RuleBrokenError(_("Please give the reference of the transfer."))
    if problem := problem_of_payment(application, paid_on):
        raise RuleBrokenError(problem)
    rules = application.rules or {}
    payment = Payment.objects.create(
        application=application,
        amount=application.amount,
        currency=rules["currency"],
        reference=reference.strip(),
        paid_on=paid_on,
        recorded_by=by,
    )
    step(application, ApplicationState.PAID, by=by)
    tell("exchange_paid", application, guests_of(application))
    return payment


@transaction.atomic
def close(*, application_id: uuid.UUID, by: User) -> Application:
    """The officer ends the case; where money was promised, after it was paid."""
    application = lock_as_officer(application_id, by)
    if application.state == ApplicationState.COMPLETED:
        raise StepNotAllowedError
    if application.state == ApplicationState.VALIDATED and is_to_be_paid(application):
        raise RuleBrokenError(_("This stay is to be paid first."))
    return step(application, ApplicationState.CLOSED, by=by)


def is_to_be_paid(application: Application) -> bool:
    return bool(application.amount) and (application.rules or {})["funding"] == Funding.LUMP_SUM


# --- Six months later -------------------------------------------------------------------------------
@transaction.atomic
def ask_what_changed(*, application_id: uuid.UUID) -> list[FollowUp]:
    """Ask both sides, once. Beat does it."""
    application = lock_application(application_id)
    if application.follow_ups.exists():
        return []
    found = [FollowUp.objects.create(application=application, side=side) for side in Side]
    tell_sides("follow_up_asked", application, key="asked")
    return found


@transaction.atomic
def answer_follow_up(
    *, application_id: uuid.UUID, side: Side, what_changed: str, may_publish: bool, by: User, seen: str = ""
) -> FollowUp:
    """Say what did change. It may be changed until an officer has approved it. Raises EditConflictError."""
    application = _lock_as_side(application_id, by, side)
    follow_up = application.follow_ups.filter(side=side).first()
    if follow_up is None or follow_up.approved_at is not None:
        raise StepNotAllowedError
    answer = (what_changed.strip(), may_publish)
    if follow_up.answered_at and (follow_up.what_changed, follow_up.may_publish) == answer:
        return follow_up  # a second press
    if seen and seen != version_of(follow_up):
        raise EditConflictError
    if not what_changed.strip():
        raise NotReadyError([("what_changed", str(_("Please fill this in.")))])
    if follow_up.what_changed != what_changed.strip():
        follow_up.taken_down_at = None
    follow_up.what_changed, follow_up.may_publish = what_changed.strip(), may_publish
    follow_up.author, follow_up.answered_at = by, timezone.now()
    follow_up.save()
    record(application, "what changed answered", by=by, data={"side": side.value})
    # An answer may be changed again and again: the officers are told of it once a day.
    key = f"answered:{side}:{days.today():%Y%m%d}"
    tell_officers("follow_up_answered", application, key=key)
    return follow_up


@transaction.atomic
def approve_learning(*, application_id: uuid.UUID, side: Side, text_hash: str, by: User) -> FollowUp:
    """An officer puts an answer on the page of learnings, where its author agreed to that.

    ``text_hash`` is of the text that the officer had in front of them. Raises EditConflictError for another one.
    """
    application = lock_as_officer(application_id, by)
    follow_up = _answer_of(application, side)
    if follow_up.answered_at is None or follow_up.approved_at is not None:
        raise StepNotAllowedError
    if not follow_up.may_publish:
        raise RuleBrokenError(_("Its author did not agree that it is published."))
    if text_hash != hash_of(follow_up.what_changed):
        raise EditConflictError(
            _("The answer was changed since you opened the page. Please read it as it is now.")
        )
    follow_up.approved_at, follow_up.approved_by, follow_up.taken_down_at = timezone.now(), by, None
    follow_up.save()
    record(application, "learning approved", by=by, data={"side": side.value, "sha256": text_hash})
    publish(LearningApproved(follow_up_id=follow_up.pk))
    return follow_up


@transaction.atomic
def take_down_learning(*, application_id: uuid.UUID, side: Side, by: User, reason: str) -> FollowUp:
    """An officer takes an answer off the page of learnings; its side is told why, and may write another one."""
    application = lock_as_officer(application_id, by)
    reason = require_reason(reason)
    follow_up = _take_down(application, side)
    follow_up.taken_down_at = timezone.now()
    follow_up.save()
    record(application, "learning taken down", by=by, reason=reason, data={"side": side.value})
    people = sides_to_tell(application)[side]
    key = f"taken-down:{side}:{follow_up.taken_down_at:%Y%m%d%H%M%S}"
    tell("learning_taken_down", application, people, key=key, reason=reason)
    return follow_up


@transaction.atomic
def withdraw_consent(*, application_id: uuid.UUID, side: Side, by: User) -> FollowUp:
    """A side does not agree any more that its answer is public: it is taken down at once. The officers keep it."""
    application = _lock_as_side(application_id, by, side)
    follow_up = _answer_of(application, side)
    if not follow_up.may_publish:
        raise StepNotAllowedError
    if follow_up.approved_at is not None:
        follow_up = _take_down(application, side)
    follow_up.may_publish = False
    follow_up.save()
    record(application, "consent withdrawn", by=by, data={"side": side.value})
    return follow_up


def _answer_of(application: Application, side: Side) -> FollowUp:
    found = application.follow_ups.filter(side=side).first()
    if found is None:
        raise StepNotAllowedError
    return found


def _take_down(application: Application, side: Side) -> FollowUp:
    follow_up = _answer_of(application, side)
    if follow_up.approved_at is None:
        raise StepNotAllowedError
    follow_up.approved_at = follow_up.approved_by = None
    publish(LearningTakenDown(follow_up_id=follow_up.pk))
    return follow_up


# --- Reports that everybody reads -------------------------------------------------------------------
@transaction.atomic
def withdraw_report_consent(*, application_id: uuid.UUID, side: Side, by: User) -> Report:
    """A side does not agree any more that its report is public. One tells of the other: both leave the page at once,
    and the other side hears of it.
    """
    application = _lock_as_side(application_id, by, side)
    report = application.reports.filter(side=side, submitted_at__isnull=False, may_publish=True).first()
    if report is None:
        raise StepNotAllowedError
    others = list(application.reports.published().exclude(side=side))
    report.may_publish = False
    report.save()
    entry = record(application, "report consent withdrawn", by=by, data={"side": side.value})
    party = application.guest if side == Side.GUEST else application.offer.host
    for other in others:
        people = sides_to_tell(application)[Side(other.side)]
        tell("learning_taken_down", application, people, key=f"report:{entry.pk}", withdrawn_by=party.name)
    return report


@transaction.atomic
def take_down_report(*, application_id: uuid.UUID, side: Side, by: User, reason: str) -> Report:
    """An officer takes a side's report off the page of learnings, for good; the side is told why."""
    application = lock_as_officer(application_id, by)
    reason = require_reason(reason)
    report = application.reports.published().filter(side=side).first()
    if report is None:
        raise StepNotAllowedError
    report.taken_down_at = timezone.now()
    report.save()
    entry = record(application, "report taken down", by=by, reason=reason, data={"side": side.value})
    people = sides_to_tell(application)[side]
    tell("learning_taken_down", application, people, key=f"report:{entry.pk}", reason=reason)
    return report


# --- What they share --------------------------------------------------------------------------------
def version_of(row: Report | FollowUp) -> str:
    """What a form says it was opened on; nothing may have been saved yet."""
    return row.updated_at.isoformat() if row.pk else "new"


def _write_report(
    application: Application, side: Side, values: Mapping[str, Any], by: User, seen: str
) -> Report:
    if application.state != ApplicationState.COMPLETED:
        raise StepNotAllowedError
    report = application.reports.filter(side=side).first() or Report(
        application=application, side=side, author=by
    )
    if report.submitted_at is not None:
        raise StepNotAllowedError
    if seen and seen != version_of(report):
        raise EditConflictError
    for name, value in values.items():
        setattr(report, name, value)
    report.author = by
    report.save()
    return report


def _lock_as_side(application_id: uuid.UUID, by: User, side: Side) -> Application:
    by = lock_actor(by)
    application = lock_application(application_id)
    wanted = {Signer.GUEST} if side == Side.GUEST else {Signer.HOST}
    if sides_of(by, application) != wanted:
        raise NotAllowedError
    return application


def _lock_as_party_or_officer(application_id: uuid.UUID, by: User) -> Application:
    by = lock_actor(by)
    application = lock_application(application_id)
    if not sides_of(by, application):
        raise NotAllowedError
    return application
