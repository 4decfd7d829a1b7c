"""Programmes that still take applications, and will soon take none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from apps.core.closing import Closing, register_closing
from apps.exchanges.enums import ProgrammeState
from apps.exchanges.models import Programme

SOON = timedelta(days=60)


@register_closing
def programmes_that_close(now: datetime, limit: int) -> Iterator[Closing]:
    """By their stated deadline: the grace is for those who are late, not to be planned with."""
    found = Programme.objects.public().filter(
        state=ProgrammeState.OPEN,
        opens_at__lte=now,
        closes_at__gt=now,
        closes_at__lte=now + SOON,
    )
    for programme in found.order_by("closes_at", "pk")[:limit]:
        yield Closing(
            title=programme.name,
            url=programme.get_absolute_url(),
            closes_at=programme.closes_at,
            kind=_("Programme for exchanges"),
            language=programme.language,
        )
