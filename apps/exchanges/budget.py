"""What of a programme's budget is promised. The database refuses an approval that it does not cover."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Q, Sum

from apps.exchanges.enums import RESERVING_STATES, ApplicationState
from apps.exchanges.models import Application, Programme

# Approved and not given up since; what was closed without its reports is never paid.
PROMISED = Q(state__in=RESERVING_STATES) & ~Q(state=ApplicationState.CLOSED, validated_at__isnull=True)


def promised(programme: Programme) -> Decimal:
    """Of all stays that were approved and not given up since, paid or not yet."""
    found = Application.objects.filter(PROMISED, offer__programme=programme)
    return found.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


def left_of(programme: Programme) -> Decimal | None:
    """What can still be promised; None where no budget was named. Exact while the programme is locked."""
    return None if programme.budget is None else programme.budget - promised(programme)


def is_covered(amount: Decimal | None, left: Decimal | None) -> bool:
    """Whether so much can be promised while so much is left."""
    return left is None or not amount or amount <= left


def has_applications(programme: Programme) -> bool:
    """From then on its currency and its kind of funding stay: amounts could not be added up any more."""
    return Application.objects.filter(offer__programme=programme, submitted_at__isnull=False).exists()
