"""Until when who must act in a case. Moments, whatever the reader's clock shows."""

from __future__ import annotations

from datetime import datetime, timedelta

from apps.exchanges.days import end_of
from apps.exchanges.enums import UNDECIDED_STATES, ApplicationState
from apps.exchanges.models import Application

A = ApplicationState


def due_of(application: Application) -> datetime | None:
    """When what the state asks for must have happened; None where nothing is to be done by a day."""
    if application.state == A.SUBMITTED:
        return application.answer_due_at
    if application.state in UNDECIDED_STATES:
        return _earlier(application.decision_due_at, last_moment_to_sign(application))
    if application.state in (A.WAITING_LIST, A.APPROVED, A.AGREEMENT_PENDING):
        return last_moment_to_sign(application)
    return application.reports_due_at if application.state == A.COMPLETED else None


def last_moment_to_sign(application: Application) -> datetime | None:
    """The end of the day before the stay."""
    return end_of(application.starts_on - timedelta(days=1)) if application.starts_on else None


def answer_ends_at(application: Application) -> datetime | None:
    """Until then a host's answer is taken: the deadline with the grace that the programme grants for all of its."""
    if application.answer_due_at is None:
        return None
    return application.answer_due_at + timedelta(minutes=grace_of(application))


def grace_of(application: Application) -> int:
    """In minutes, as it was when the application was submitted."""
    return int((application.rules or {}).get("grace_minutes", 0))


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(filter(None, (one, other)), default=None)
