"""What time brings: expiry, reminders, first and last days, follow-ups. Each run does everything that is due, so that a
day without beat loses nothing; keys of messages keep them from coming twice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from apps.core.exceptions import HubError
from apps.exchanges import days
from apps.exchanges.enums import AFTER_SIGNATURE, ApplicationState
from apps.exchanges.exceptions import SidesMeetError
from apps.exchanges.models import Application, ApplicationQuerySet
from apps.exchanges.services import after
from apps.exchanges.services.common import guests_of, hosts_of, lock_application, step, tell, tell_officers

REMIND_BEFORE = timedelta(days=3)
FOLLOW_UP_AFTER = timedelta(days=182)
A = ApplicationState


def run_all(now: datetime | None = None) -> dict[str, int]:
    """Every kind of what is due, each case in a transaction of its own. Returns how many of each were done."""
    moment = now or timezone.now()
    today = days.today(moment)
    due: dict[str, tuple[ApplicationQuerySet, Callable[[Application], object]]] = {
        "expired": (_unanswered(moment), partial(_expire, now=moment)),
        "started": (_to_start(today), partial(_start, today=today)),
        "completed": (
            _to_complete(today),
            lambda case: after.complete_stay(application_id=case.pk, today=today),
        ),
        "asked": (_to_ask(today), lambda case: after.ask_what_changed(application_id=case.pk)),
        "hosts reminded": (_answers_due(moment), _remind_host),
        "officers reminded": (_decisions_due(moment), _remind_officers),
        "reports reminded": (_reports_due(moment), _remind_of_reports),
    }
    return {name: sum(_done(act, case) for case in cases) for name, (cases, act) in due.items()}


def _done(act: Callable[[Application], object], case: Application) -> bool:
    """Whoever was faster has settled it: that is no error."""
    try:
        act(case)
    except HubError:
        return False
    return True


# --- What is due ------------------------------------------------------------------------------------
def _unanswered(now: datetime) -> ApplicationQuerySet:
    return Application.objects.filter(state=A.SUBMITTED, answer_due_at__lte=now)


def _to_start(today: date) -> ApplicationQuerySet:
    return Application.objects.filter(state=A.SIGNED, starts_on__lte=today).for_list()


def _to_complete(today: date) -> ApplicationQuerySet:
    return Application.objects.filter(state=A.IN_PROGRESS, ends_on__lt=today)


def _to_ask(today: date) -> ApplicationQuerySet:
    return Application.objects.filter(
        state__in=AFTER_SIGNATURE, ends_on__lte=today - FOLLOW_UP_AFTER, follow_ups__isnull=True
    ).exclude(state__in=[A.SIGNED, A.IN_PROGRESS])


def _answers_due(now: datetime) -> ApplicationQuerySet:
    return Application.objects.filter(state=A.SUBMITTED, answer_due_at__lte=now + REMIND_BEFORE).for_list()


def _decisions_due(now: datetime) -> ApplicationQuerySet:
    waiting = [A.ACCEPTED, A.UNDER_REVIEW]
    return Application.objects.filter(state__in=waiting, decision_due_at__lte=now + REMIND_BEFORE).for_list()


def _reports_due(now: datetime) -> ApplicationQuerySet:
    return Application.objects.filter(state=A.COMPLETED, reports_due_at__lte=now + REMIND_BEFORE).for_list()


# --- What is done -----------------------------------------------------------------------------------
@transaction.atomic
def _expire(case: Application, *, now: datetime) -> None:
    """The host was silent: the guest is told, and the officers, who may speak with the host."""
    application = lock_application(case.pk)
    if application.answer_due_at is None or application.answer_due_at > now:
        return
    step(application, A.EXPIRED, by=None)
    tell("application_expired", application, guests_of(application))
    tell_officers("application_expired", application)


def _start(case: Application, *, today: date) -> None:
    """Where the sides have come together since, all are told once what keeps it from beginning."""
    try:
        after.start_stay(application_id=case.pk, today=today)
    except SidesMeetError:
        for people in (guests_of(case), hosts_of(case.offer)):
            tell("stay_not_begun", case, people)
        tell_officers("stay_not_begun", case)
        raise


def _remind_host(case: Application) -> None:
    tell("answer_due", case, hosts_of(case.offer), key="answer-due")
    tell_officers("host_silent", case, key="host-silent")


def _remind_officers(case: Application) -> None:
    tell_officers("decision_due", case, key="decision-due")


def _remind_of_reports(case: Application) -> None:
    done = set(case.reports.filter(submitted_at__isnull=False).values_list("side", flat=True))
    if "guest" not in done:
        tell("report_due", case, guests_of(case), key="report-due-guest")
    if "host" not in done:
        tell("report_due", case, hosts_of(case.offer), key="report-due-host")
