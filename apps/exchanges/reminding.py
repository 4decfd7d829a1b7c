"""Reminders before every deadline to whoever must act, and after it for as long as nothing happens; to the officers as
well where one side keeps the others waiting. Also to those for whom a case waits without a deadline.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import cast

from django.db.models import Exists, Max, OuterRef, Q
from django.db.models.functions import Coalesce
from django.urls import reverse

from apps.accounts.models import User
from apps.core.due import REMIND_BEFORE, Run, remind_at, round_of
from apps.exchanges.days import today
from apps.exchanges.deadlines import due_of, last_moment_to_sign
from apps.exchanges.enums import (
    ENDED_STATES,
    PUBLIC_PROGRAMMES,
    ApplicationState,
    OfferState,
    ProgrammeState,
    Side,
    Signer,
)
from apps.exchanges.models import Application, ApplicationQuerySet, FollowUp, Offer, Officer, Programme
from apps.exchanges.rules import is_open_for_applications
from apps.exchanges.services.common import (
    guests_of,
    hosts_of,
    officers_of,
    officers_of_case,
    people_of,
    sides_to_tell,
    tell,
    tell_officers,
    tell_officers_of_offer,
)
from apps.notifications.services import notify
from apps.organisations.models import Membership

# Three people sign, and a journey is to be booked.
SIGN_BEFORE = timedelta(days=10)
# Where nothing is due by a day: who is waited for hears of it after a week, and once a week from then on.
WAITED = timedelta(days=7)
# Half a year later nobody is pressed.
MOST_FOLLOW_UP_REMINDERS = 2
A = ApplicationState


def remind(run: Run, now: datetime) -> None:
    """Everybody whom something waits for at this moment; keys of messages keep the same from coming twice."""
    cases: dict[str, tuple[ApplicationQuerySet, Callable[[Application, datetime], object]]] = {
        "guests reminded of drafts": (_drafts(now), _of_draft),
        "hosts reminded": (_in(A.SUBMITTED, answer_due_at__lte=now + REMIND_BEFORE), _of_answer),
        "officers reminded": (_undecided(now), _of_decision),
        "signers reminded": (_unsigned(now), _of_signing),
        "reports reminded": (_in(A.COMPLETED, reports_due_at__lte=now + REMIND_BEFORE), _of_report),
        "officers waited for": (_waiting_for_officers(now), _of_case),
    }  # fmt: skip
    for name, (found, act) in cases.items():
        run.do(name, lambda found=found: found, lambda case, act=act: act(case, now))  # type: ignore[misc]
    run.do("follow-ups reminded", lambda: _unanswered(now), lambda row: _of_follow_up(row, now))
    run.do("officers reminded of offers", lambda: _unopened(now), lambda offer: _of_offer(offer, now))
    run.do("programmes without an officer", _without_officer, _tell_of_missing_officer)


def _in(*states: str, **due: object) -> ApplicationQuerySet:
    return Application.objects.filter(state__in=states, **due).for_list()


# --- Drafts -----------------------------------------------------------------------------------------
def _drafts(now: datetime) -> ApplicationQuerySet:
    return _in(
        A.DRAFT,
        offer__state=OfferState.OPEN,
        offer__host__is_active=True,
        offer__programme__organisation__is_active=True,
        offer__programme__state=ProgrammeState.OPEN,
        offer__programme__stays_until__gt=today(now),
        offer__programme__closes_at__lte=now + REMIND_BEFORE,
        offer__programme__closes_at__gt=now - timedelta(days=1),
    )


def _of_draft(case: Application, now: datetime) -> bool:
    closes_at = case.offer.programme.closes_at
    is_open = is_open_for_applications(case.offer.programme, now)
    if not is_open or now < remind_at(closes_at, case.created_at):
        return False
    tell("draft_closes", case, guests_of(case), key=f"{closes_at:%Y%m%d%H%M}", due=closes_at.isoformat())
    return True


# --- Before the stay --------------------------------------------------------------------------------
def _of_answer(case: Application, now: datetime) -> bool:
    due, since = case.answer_due_at, case.submitted_at
    if due is None or since is None or now < remind_at(due, since):
        return False
    key = f"{due:%Y%m%d%H%M}"
    tell("answer_due", case, hosts_of(case.offer), key=key)
    tell_officers("host_silent", case, key=key)
    return True


def _undecided(now: datetime) -> ApplicationQuerySet:
    soon = now + REMIND_BEFORE
    begins = Q(starts_on__lte=today(soon + timedelta(days=1)))
    return _in(A.ACCEPTED, A.UNDER_REVIEW, A.WAITING_LIST).filter(Q(decision_due_at__lte=soon) | begins)


def _of_decision(case: Application, now: datetime) -> bool:
    due, since = due_of(case), case.accepted_at
    if due is None or since is None or now < remind_at(due, since):
        return False
    _tell_in_rounds("decision_due", case, officers_of_case(case), due=due, now=now)
    return True


def _unsigned(now: datetime) -> ApplicationQuerySet:
    return _in(A.APPROVED, A.AGREEMENT_PENDING, starts_on__lte=today(now + SIGN_BEFORE))


def _of_signing(case: Application, now: datetime) -> bool:
    """Until the agreement is made, both sides; then those who have not signed."""
    due, since = last_moment_to_sign(case), case.decided_at
    if due is None or since is None or now < remind_at(due, since, before=SIGN_BEFORE):
        return False
    if case.state == A.APPROVED:
        missing = {Signer.GUEST, Signer.HOST}
    else:
        missing = set(Signer) - set(case.agreement.signatures.values_list("signer", flat=True))
    for signer, people in people_of(case).items():
        if signer in missing:
            _tell_in_rounds("signature_due", case, people, due=due, now=now, side=signer)
    return bool(missing)


# --- After the stay ---------------------------------------------------------------------------------
def _of_report(case: Application, now: datetime) -> bool:
    """Before the deadline the sides; after it the officers as well, who may close the case without a report."""
    due, since = case.reports_due_at, case.ends_on
    if due is None or since is None or now < remind_at(due, due - timedelta(days=_report_days(case))):
        return False
    done = set(case.reports.filter(submitted_at__isnull=False).values_list("side", flat=True))
    for side, people in sides_to_tell(case).items():
        if side not in done:
            # What was asked of a side is why its report is due again.
            _tell_in_rounds("report_due", case, people, due=due, now=now, side=side, reason=case.reason)
    if now >= due:
        _tell_in_rounds("report_late", case, officers_of_case(case), due=due, now=now)
    return True


def _report_days(case: Application) -> int:
    return int((case.rules or {})["report_days"])


def _tell_in_rounds(
    kind: str,
    case: Application,
    people: object,
    *,
    due: datetime,
    now: datetime,
    side: str = "",
    **context: str,
) -> None:
    key = f"{case.state}:{side}:{round_of(due, now)}"
    tell(kind, case, cast("list[User]", people), key=key, side=side, late=int(now >= due), **context)


def _waiting_for_officers(now: datetime) -> ApplicationQuerySet:
    """Reports to validate, money to pay, cases to close: ``waits_since`` tells for how long."""
    since = Coalesce("payment__created_at", "validated_at", Max("reports__submitted_at"))
    found = _in(A.REPORTS_SUBMITTED, A.VALIDATED, A.PAID).annotate(waits_since=since)
    return found.filter(waits_since__lte=now - WAITED)


def _of_case(case: Application, now: datetime) -> None:
    since = cast("datetime", getattr(case, "waits_since", now))
    weeks = (now - since) // WAITED
    key = f"{case.state}:{since:%Y%m%d%H%M}:{weeks}"
    tell_officers("case_waits", case, key=key, since=since.isoformat())


def _unanswered(now: datetime) -> list[FollowUp]:
    rows = FollowUp.objects.filter(answered_at__isnull=True, created_at__lte=now - WAITED)
    lately = rows.filter(created_at__gt=now - (MOST_FOLLOW_UP_REMINDERS + 1) * WAITED)
    return list(lately.select_related("application"))


def _of_follow_up(row: FollowUp, now: datetime) -> None:
    case = Application.objects.for_list().get(pk=row.application_id)
    weeks = (now - row.created_at) // WAITED
    people = sides_to_tell(case)[Side(row.side)]
    tell("follow_up_asked", case, people, key=f"asked:{weeks}", side=row.side)


# --- Offers and programmes --------------------------------------------------------------------------
def _unopened(now: datetime) -> list[Offer]:
    return list(Offer.objects.filter(state=OfferState.SUBMITTED, submitted_at__lte=now - WAITED).for_list())


def _of_offer(offer: Offer, now: datetime) -> None:
    since = offer.submitted_at or now
    weeks = (now - since) // WAITED
    tell_officers_of_offer("offer_waits", offer, key=str(weeks), since=since.isoformat())


def _without_officer() -> list[Programme]:
    """Those that still have something to decide, and nobody who may."""
    entered = Officer.objects.filter(
        programme=OuterRef("pk"),
        user__is_active=True,
        user__memberships__organisation=OuterRef("organisation"),
    )
    open_cases = Application.objects.filter(
        offer__programme=OuterRef("pk"), submitted_at__isnull=False
    ).exclude(state__in=ENDED_STATES)
    running = Q(state__in=[ProgrammeState.OPEN, ProgrammeState.PAUSED])
    found = Programme.objects.filter(state__in=PUBLIC_PROGRAMMES).select_related("organisation")
    return list(found.filter(running | Exists(open_cases)).exclude(Exists(entered)))


def tell_of_missing_officers(*, organisation_id: int) -> None:
    for programme in _without_officer():
        if programme.organisation_id == organisation_id:
            _tell_of_missing_officer(programme)


def _tell_of_missing_officer(programme: Programme) -> bool:
    """To the managers of the authority, who may name one; once a month while it lasts."""
    if officers_of(programme).exists():
        return False
    managers = Membership.objects.filter(organisation=programme.organisation_id, role="manager").values(
        "user"
    )
    notify(
        "programme_without_officer",
        to=User.objects.filter(pk__in=managers, is_active=True),
        key=f"programme_without_officer:{programme.pk}:{today():%Y%m}",
        about=programme,
        url=reverse("exchanges:programme-officers", args=[programme.slug]),
        context={"programme": programme.name, "authority": programme.organisation.name},
    )
    return True
