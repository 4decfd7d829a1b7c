"""The order in which curators work off what waits."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Case, Model, Q, QuerySet, Value, When

M = TypeVar("M", bound=Model)


def next_in_line(waiting: QuerySet[M], *, began: str, after: M) -> M | None:
    """What began to wait after this one, at the end the oldest again: nothing is passed over for long.

    ``began`` names the field that says since when something waits.
    """
    since = getattr(after, began)
    later = Q(**{f"{began}__gt": since}) | Q(**{began: since, "pk__gt": after.pk})
    rounds = Case(When(later, then=Value(0)), default=Value(1))
    return waiting.exclude(pk=after.pk).order_by(rounds, began, "pk").first()
