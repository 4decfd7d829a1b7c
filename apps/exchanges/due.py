"""What time brings: expiry, first and last days, the question of half a year later, and reminders (``reminding.py``).

Each run does everything that is due at its moment, so that a day without beat loses nothing; each case is done for
itself, so that one which fails keeps none of the others.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from apps.core.due import Run, round_of
from apps.exchanges import days, reminding
from apps.exchanges.deadlines import last_moment_to_sign
from apps.exchanges.enums import (
    AFTER_STAY,
    BEFORE_SIGNATURE,
    PUBLIC_OFFERS,
    ApplicationState,
    OfferState,
)
from apps.exchanges.exceptions import SidesMeetError
from apps.exchanges.models import Application, ApplicationQuerySet, Offer, OfferQuerySet, OfferWindow
from apps.exchanges.places import awaits_guests, has_room, is_over, with_stays
from apps.exchanges.services import after, expiry, offers
from apps.exchanges.services.common import why_sides_meet

FOLLOW_UP_AFTER = timedelta(days=182)
A = ApplicationState


def run_all(now: datetime | None = None) -> dict[str, int]:
    """Every kind of what is due; how many of each were done. Raises UndoneError at the end where some could not be."""
    moment = now or timezone.now()
    today = days.today(moment)
    run = Run()
    run.do(
        "expired",
        lambda: _unanswered(moment),
        lambda case: expiry.expire_unanswered(application_id=case.pk, now=moment),
    )
    run.do(
        "expired before signature",
        lambda: _unsigned(today),
        lambda case: expiry.expire_unsigned(application_id=case.pk, now=moment),
    )
    run.do(
        "started",
        lambda: _to_start(today),
        lambda case: _start(case, moment),
    )
    run.do(
        "missed",
        lambda: _missed(today),
        lambda case: expiry.cancel_missed(application_id=case.pk, today=today),
    )
    run.do(
        "completed",
        lambda: _to_complete(today),
        lambda case: after.complete_stay(application_id=case.pk, today=today),
    )
    run.do("asked", lambda: _to_ask(today), lambda case: after.ask_what_changed(application_id=case.pk))
    run.do("offers closed", _over, lambda offer: offers.close_over(offer_id=offer.pk))
    run.do("offers full", lambda: _filled(today), lambda offer: offers.match_to_today(offer_id=offer.pk))
    reminding.remind(run, moment)
    return run.finish()


def _unanswered(now: datetime) -> ApplicationQuerySet:
    return Application.objects.filter(state=A.SUBMITTED, answer_due_at__lt=now)


def _unsigned(today: date) -> ApplicationQuerySet:
    return Application.objects.filter(state__in=BEFORE_SIGNATURE, starts_on__lte=today)


def _start(case: Application, now: datetime) -> bool:
    """Where the sides have come together since, all are told what keeps it from beginning."""
    key = _round_of_start(case, now)
    if case.reminded == key and why_sides_meet(case):
        return False
    try:
        after.start_stay(application_id=case.pk, today=days.today(now))
    except SidesMeetError:
        after.keep_back_stay(application_id=case.pk, key=key, today=days.today(now))
        Application.objects.filter(pk=case.pk).update(reminded=key)
        return False
    return True


def _round_of_start(case: Application, now: datetime) -> str:
    """Once in a fortnight, and on the last day."""
    found = round_of(last_moment_to_sign(case) or now, now)
    return f"{found}:last" if case.ends_on == days.today(now) else found


def _to_start(today: date) -> ApplicationQuerySet:
    return Application.objects.filter(state=A.SIGNED, starts_on__lte=today).for_list()


def _missed(today: date) -> ApplicationQuerySet:
    return Application.objects.filter(state=A.SIGNED, ends_on__lt=today)


def _to_complete(today: date) -> ApplicationQuerySet:
    return Application.objects.filter(state=A.IN_PROGRESS, ends_on__lt=today)


def _to_ask(today: date) -> ApplicationQuerySet:
    return Application.objects.filter(
        state__in=AFTER_STAY, ends_on__lte=today - FOLLOW_UP_AFTER, follow_ups__isnull=True
    )


def _over() -> list[Offer]:
    running = _with_periods(Offer.objects.filter(state__in=PUBLIC_OFFERS))
    return [offer for offer in running if is_over(offer) and not awaits_guests(offer)]


def _filled(today: date) -> list[Offer]:
    """Only where days that went by can have taken room: a period has begun. Or they stand full, and have some."""
    begun = Exists(OfferWindow.objects.filter(offer=OuterRef("pk"), starts_on__lte=today))
    may_be_wrong = Q(begun, state=OfferState.OPEN) | Q(state=OfferState.FULL)
    return [
        offer
        for offer in _with_periods(Offer.objects.filter(may_be_wrong)).prefetch_related(with_stays())
        if has_room(offer) == (offer.state == OfferState.FULL)
    ]


def _with_periods(found: OfferQuerySet) -> OfferQuerySet:
    return found.select_related("programme").prefetch_related("windows")
