"""Cases that end because time has run out. Beat does it."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.exceptions import StepNotAllowedError
from apps.exchanges import days
from apps.exchanges.deadlines import answer_ends_at
from apps.exchanges.enums import BEFORE_SIGNATURE, RESERVING_STATES, ApplicationState
from apps.exchanges.models import Application
from apps.exchanges.services.after import is_missed
from apps.exchanges.services.common import (
    end_reviews,
    in_language_of,
    lock_application,
    people_of,
    step,
    tell,
)
from apps.exchanges.services.offers import free_place_of


@transaction.atomic
def expire_unanswered(*, application_id: uuid.UUID, now: datetime) -> Application:
    """The host was silent, with the grace: all are told, also that it was this."""
    application = lock_application(application_id)
    ends_at = answer_ends_at(application)
    if application.state != ApplicationState.SUBMITTED or ends_at is None or now <= ends_at:
        raise StepNotAllowedError
    return _expire(application, "application_expired")


@transaction.atomic
def expire_unsigned(*, application_id: uuid.UUID, now: datetime) -> Application:
    """The first day has come before all have signed: the stay does not begin, and its place is free again."""
    application = lock_application(application_id, with_programme=True)
    has_come = application.starts_on is not None and application.starts_on <= days.today(now)
    if application.state not in BEFORE_SIGNATURE or not has_come:
        raise StepNotAllowedError
    return _expire(application, "stay_expired")


@transaction.atomic
def cancel_missed(*, application_id: uuid.UUID, today: date) -> Application:
    """A stay that was kept back until its last day was over does not take place: its place and money are free again."""
    application = lock_application(application_id, with_programme=True)
    if not is_missed(application, today):
        raise StepNotAllowedError
    with in_language_of(application.offer.programme):
        why = _(
            "It did not begin by its last day: who travels did not belong to the guest, or somebody stood on both "
            "sides."
        )
    step(application, ApplicationState.CANCELLED, by=None, reason=why)
    free_place_of(application, by=None)
    for people in people_of(application).values():
        tell("application_cancelled", application, people, reason=why)
    return application


def _expire(application: Application, kind: str) -> Application:
    before = application.state
    step(application, ApplicationState.EXPIRED, by=None)
    with in_language_of(application.offer.programme):
        why = _("Time has run out for this application.")
    end_reviews(application, None, why)
    if before in RESERVING_STATES:
        free_place_of(application, by=None)
    for people in people_of(application).values():
        tell(kind, application, people, before=before)
    return application
