"""For whom of a waiting list the officers are called when a place or money becomes free: they decide who gets it.

Always with the programme locked, so that of two who give something up at once the second counts both.
"""

from __future__ import annotations

from decimal import Decimal

from apps.exchanges.budget import is_covered, left_of
from apps.exchanges.days import today
from apps.exchanges.enums import ApplicationState
from apps.exchanges.models import Application, Offer, Programme
from apps.exchanges.places import with_free_place, without_other_stay
from apps.exchanges.services.common import tell_officers

MOST_CALLED_FOR = 20


def call_after(application: Application, *, offer: Offer | None = None) -> None:
    """Nothing is promised to this case any more; ``offer`` where it had a place in days to come."""
    left = left_of(application.offer.programme)
    before = None if left is None else left - (application.amount or 0)
    call_for_waiting(
        application.offer.programme, cause=f"after:{application.pk}", offer=offer, left_before=before
    )


def call_for_waiting(
    programme: Programme, *, cause: str, offer: Offer | None = None, left_before: Decimal | None = None
) -> None:
    """For those who have a free place and the money now: at this ``offer``, where a place became free, and wherever a
    stay costs more than was ``left_before`` (None: money was no obstacle). The longest on the list first, and not for
    hundreds: officers see all of it in their table.
    """
    left = left_of(programme)
    on_list = Application.objects.filter(
        offer__programme=programme, state=ApplicationState.WAITING_LIST, starts_on__gt=today()
    )
    waiting = with_free_place(without_other_stay(on_list))
    found = [
        pk
        for pk, at, amount in waiting.order_by("decided_at", "pk").values_list("pk", "offer", "amount")
        if is_covered(amount, left) and ((offer and at == offer.pk) or not is_covered(amount, left_before))
    ]
    cases = Application.objects.filter(pk__in=found[:MOST_CALLED_FOR])
    for case in cases.for_list().order_by("decided_at", "pk"):
        tell_officers("place_free", case, key=cause)
