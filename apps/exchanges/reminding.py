"""Reminders before every deadline to whoever must act, and after it for as long as nothing happens; to the officers as
well where one side keeps the others waiting. Also to those for whom a case waits without a deadline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TypeVar, cast

from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.urls import reverse

from apps.accounts.models import User
from apps.core.due import REMIND_BEFORE, Run, round_from, round_of
from apps.core.models import RemindedModel
from apps.exchanges.days import today
from apps.exchanges.deadlines import due_of, last_moment_to_sign
from apps.exchanges.enums import (
    AFTER_REPORTS,
    DECIDABLE_STATES,
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

# Three people sign, and a journey is to be booked.
SIGN_BEFORE = timedelta(days=10)
# Where nothing is due by a day: who is waited for hears of it after a week, and once a week from then on.
WAITED = timedelta(days=7)
# Half a year later nobody is pressed.
MOST_FOLLOW_UP_REMINDERS = 2
A = ApplicationState

Case = TypeVar("Case", bound=RemindedModel)
Round = Callable[[Case, datetime], str]
Tell = Callable[[Case, datetime], int]


def remind(run: Run, now: datetime) -> None:
    """Everybody whom something waits for at this moment, once in each round; keys of messages keep the same from coming
    twice.
    """

    def do(name: str, find: Callable[[], Iterable[Case]], round_: Round[Case], tell: Tell[Case]) -> None:
        run.remind(name, find, lambda case: round_(case, now), lambda case: tell(case, now))

    soon = now + REMIND_BEFORE
    do("guests reminded of drafts", lambda: _drafts(now), _round_of_draft, _of_draft)
    do("hosts reminded", lambda: _in(A.SUBMITTED, answer_due_at__lte=soon), _round_of_answer, _of_answer)
    do("officers reminded", lambda: _undecided(now), _round_of_decision, _of_decision)
    do("signers reminded", lambda: _unsigned(now), _round_of_signing, _of_signing)
    do("reports reminded", lambda: _in(A.COMPLETED, reports_due_at__lte=soon), _round_of_report, _of_report)
    do("officers waited for", lambda: _waiting_for_officers(now), _round_of_case, _of_case)
    do("follow-ups reminded", lambda: _unanswered(now), _round_of_follow_up, _of_follow_up)
    do("officers reminded of offers", lambda: _unopened(now), _round_of_offer, _of_offer)
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


def _round_of_draft(case: Application, now: datetime) -> str:
    is_open = is_open_for_applications(case.offer.programme, now)
    return _of_state(case, case.offer.programme.closes_at, case.created_at, now) if is_open else ""


def _of_draft(case: Application, now: datetime) -> int:
    closes_at = case.offer.programme.closes_at
    return tell(
        "draft_closes", case, guests_of(case), key=f"{closes_at:%Y%m%d%H%M}", due=closes_at.isoformat()
    )


# --- Before the stay --------------------------------------------------------------------------------
def _round_of_answer(case: Application, now: datetime) -> str:
    return _of_state(case, case.answer_due_at, case.submitted_at, now)


def _of_answer(case: Application, now: datetime) -> int:
    key = f"{case.answer_due_at:%Y%m%d%H%M}"
    return tell("answer_due", case, hosts_of(case.offer), key=key) + tell_officers(
        "host_silent", case, key=key
    )


def _undecided(now: datetime) -> ApplicationQuerySet:
    soon = now + REMIND_BEFORE
    begins = Q(starts_on__lte=today(soon + timedelta(days=1)))
    return _in(*DECIDABLE_STATES).filter(Q(decision_due_at__lte=soon) | begins)


def _round_of_decision(case: Application, now: datetime) -> str:
    return _of_state(case, due_of(case), case.accepted_at, now)


def _of_decision(case: Application, now: datetime) -> int:
    return _tell_in_rounds("decision_due", case, officers_of_case(case), due=due_of(case), now=now)


def _unsigned(now: datetime) -> ApplicationQuerySet:
    return _in(A.APPROVED, A.AGREEMENT_PENDING, starts_on__lte=today(now + SIGN_BEFORE))


def _round_of_signing(case: Application, now: datetime) -> str:
    return _of_state(case, last_moment_to_sign(case), case.decided_at, now, before=SIGN_BEFORE)


def _of_signing(case: Application, now: datetime) -> int:
    """Until the agreement is made, both sides; then those who have not signed."""
    due = last_moment_to_sign(case)
    if case.state == A.APPROVED:
        missing = {Signer.GUEST, Signer.HOST}
    else:
        missing = set(Signer) - set(case.agreement.signatures.values_list("signer", flat=True))
    return sum(
        _tell_in_rounds("signature_due", case, people, due=due, now=now, side=signer)
        for signer, people in people_of(case).items()
        if signer in missing
    )


# --- After the stay ---------------------------------------------------------------------------------
def _round_of_report(case: Application, now: datetime) -> str:
    allowed = timedelta(days=int((case.rules or {})["report_days"]))
    due = case.reports_due_at
    return _of_state(case, due, due and due - allowed, now)


def _of_report(case: Application, now: datetime) -> int:
    """Before the deadline the sides; after it the officers as well, who may close the case without a report."""
    due = case.reports_due_at
    done = set(case.reports.filter(submitted_at__isnull=False).values_list("side", flat=True))
    written = sum(
        # What was asked of a side is why its report is due again.
        _tell_in_rounds("report_due", case, people, due=due, now=now, side=side, reason=case.reason)
        for side, people in sides_to_tell(case).items()
        if side not in done
    )
    if due and now >= due:
        written += _tell_in_rounds("report_late", case, officers_of_case(case), due=due, now=now)
    return written


def _tell_in_rounds(
    kind: str,
    case: Application,
    people: QuerySet[User],
    *,
    due: datetime | None,
    now: datetime,
    side: str = "",
    **context: str,
) -> int:
    if due is None:
        return 0
    key = f"{case.state}:{side}:{round_of(due, now)}"
    return tell(kind, case, people, key=key, side=side, late=int(now >= due), **context)


def _of_state(
    case: Application,
    due: datetime | None,
    since: datetime | None,
    now: datetime,
    *,
    before: timedelta = REMIND_BEFORE,
) -> str:
    """In another state of the case somebody else must act, and hears of it anew."""
    found = round_from(due, since, now, before=before)
    return found and f"{case.state}:{found}"


def _waiting_for_officers(now: datetime) -> ApplicationQuerySet:
    """Reports to validate, money to pay, cases to close: ``waits_since`` tells for how long."""
    since = Coalesce("payment__created_at", "validated_at", Max("reports__submitted_at"))
    found = _in(*AFTER_REPORTS).annotate(waits_since=since)
    return found.filter(waits_since__lte=now - WAITED)


def _waits_since(case: Application) -> datetime:
    return cast("datetime", getattr(case, "waits_since"))  # noqa: B009 - the annotation is unknown to the types


def _round_of_case(case: Application, now: datetime) -> str:
    since = _waits_since(case)
    return f"{case.state}:{since:%Y%m%d%H%M}:{(now - since) // WAITED}"


def _of_case(case: Application, now: datetime) -> int:
    since = _waits_since(case).isoformat()
    return tell_officers("case_waits", case, key=_round_of_case(case, now), since=since)


def _unanswered(now: datetime) -> list[FollowUp]:
    rows = FollowUp.objects.filter(answered_at__isnull=True, created_at__lte=now - WAITED)
    lately = rows.filter(created_at__gt=now - (MOST_FOLLOW_UP_REMINDERS + 1) * WAITED)
    return list(lately)


def _round_of_follow_up(row: FollowUp, now: datetime) -> str:
    return f"asked:{(now - row.created_at) // WAITED}"


def _of_follow_up(row: FollowUp, now: datetime) -> int:
    case = Application.objects.for_list().get(pk=row.application_id)
    people = sides_to_tell(case)[Side(row.side)]
    return tell("follow_up_asked", case, people, key=_round_of_follow_up(row, now), side=row.side)


# --- Offers and programmes --------------------------------------------------------------------------
def _unopened(now: datetime) -> list[Offer]:
    return list(Offer.objects.filter(state=OfferState.SUBMITTED, submitted_at__lte=now - WAITED).for_list())


def _round_of_offer(offer: Offer, now: datetime) -> str:
    since = offer.submitted_at or now
    return f"{since:%Y%m%d%H%M}:{(now - since) // WAITED}"


def _of_offer(offer: Offer, now: datetime) -> int:
    since = offer.submitted_at or now
    return tell_officers_of_offer(
        "offer_waits", offer, key=_round_of_offer(offer, now), since=since.isoformat()
    )


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
    written = notify(
        "programme_without_officer",
        to=programme.organisation.managers(),
        key=f"programme_without_officer:{programme.pk}:{today():%Y%m}",
        about=programme,
        url=reverse("exchanges:programme-officers", args=[programme.slug]),
        context={"programme": programme.name, "authority": programme.organisation.name},
    )
    return bool(written)
