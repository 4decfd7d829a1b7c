"""What becomes of exchanges when a person erases their account.

What both sides signed, reported and were paid for stays a ground of decisions; the name that was signed with is part of
the agreement and stays in it.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit.services import record
from apps.core.exceptions import RuleBrokenError
from apps.exchanges.enums import BEFORE_SIGNATURE, RESERVING_STATES, ApplicationState, ProgrammeState
from apps.exchanges.models import Application, Officer
from apps.exchanges.services.common import (
    end_reviews,
    hosts_of,
    in_language_of,
    lock_application,
    officers_of,
    step,
    tell,
    tell_officers,
)
from apps.exchanges.services.offers import free_place_of

_TRAVELLING = (ApplicationState.SIGNED, ApplicationState.IN_PROGRESS)
_OPEN = (ApplicationState.DRAFT, *BEFORE_SIGNATURE)


def erasure_obstacles(person: User) -> list[str]:
    """Who travels by a signed agreement cancels first; who alone runs a programme hands over first."""
    found = [
        _(
            "You travel in a stay that all have signed (%(offer)s). Please cancel it first, or wait until it is over."
        )
        % {"offer": case.offer.title}
        for case in Application.objects.filter(traveller=person, state__in=_TRAVELLING).select_related(
            "offer"
        )
    ]
    for officer in Officer.objects.filter(user=person).select_related("programme"):
        programme = officer.programme
        is_running = programme.state not in (ProgrammeState.DRAFT, ProgrammeState.CLOSED)
        if is_running and not officers_of(programme).exclude(pk=person.pk).exists():
            found.append(
                _("You are the only officer of %(programme)s. Please add somebody else first.")
                % {"programme": programme.name}
            )
    return found


@transaction.atomic
def forget_person(person: User) -> None:
    """Stays in which they were to travel do not go on, and they run no programme any more.

    Raises RuleBrokenError if an obstacle came up since it was asked.
    """
    if obstacles := erasure_obstacles(person):
        raise RuleBrokenError(" ".join(obstacles))
    cases = Application.objects.filter(traveller=person, state__in=_OPEN).order_by(
        "offer__programme", "offer", "pk"
    )
    for pk in cases.values_list("pk", flat=True):
        _withdraw(lock_application(pk, with_programme=True), person)
    for officer in Officer.objects.filter(user=person).select_related("programme"):
        record(officer.programme, "officer removed", by=person, data={"user": person.pk})
        officer.delete()


def _withdraw(case: Application, person: User) -> None:
    if case.state not in _OPEN:
        return
    was_draft, was_reserving = case.state == ApplicationState.DRAFT, case.state in RESERVING_STATES
    with in_language_of(case.offer.programme):
        reason = _("The person who was to travel has left the hub.")
    step(case, ApplicationState.WITHDRAWN, by=person, reason=reason)
    end_reviews(case, person, reason)
    if was_reserving:
        free_place_of(case, by=person)
    if not was_draft:
        tell("application_withdrawn", case, hosts_of(case.offer), reason=reason)
        tell_officers("application_withdrawn", case, reason=reason)
