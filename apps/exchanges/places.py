"""Which of a host's places is free, and when. The database refuses two guests in one place at the same time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Subquery
from django.db.models.functions import Coalesce

from apps.exchanges.days import today
from apps.exchanges.enums import RESERVING_STATES
from apps.exchanges.models import Application, ApplicationQuerySet, Offer
from apps.exchanges.rules import length_of

Stay = tuple[date, date]


def free_place(application: Application) -> int | None:
    """The first of the host's places, from 1, that nobody has in these days; None where all are taken."""
    if application.starts_on is None or application.ends_on is None:
        return None
    others = _stays_in(application.offer_id, application.starts_on, application.ends_on)
    taken = set(others.exclude(pk=application.pk).values_list("place", flat=True))
    return next((place for place in range(1, application.offer.places + 1) if place not in taken), None)


def with_free_place(found: ApplicationQuerySet) -> ApplicationQuerySet:
    """Those for which ``free_place`` finds one: a host that has fewer places today keeps the higher ones in history."""
    others = _stays_in(OuterRef("offer"), OuterRef("starts_on"), OuterRef("ends_on")).exclude(
        pk=OuterRef("pk")
    )
    taken = others.filter(place__lte=OuterRef("offer__places")).order_by().values("offer")
    count = Coalesce(Subquery(taken.values(found=Count("place", distinct=True))), 0)
    return found.filter(starts_on__isnull=False).alias(taken=count).filter(taken__lt=F("offer__places"))


def without_other_stay(found: ApplicationQuerySet) -> ApplicationQuerySet:
    """Those whose traveller is nowhere else in these days."""
    elsewhere = Application.objects.filter(
        traveller=OuterRef("traveller"),
        state__in=RESERVING_STATES,
        starts_on__lte=OuterRef("ends_on"),
        ends_on__gte=OuterRef("starts_on"),
    )
    return found.exclude(Exists(elsewhere.exclude(pk=OuterRef("pk"))))


def _stays_in(offer: Any, first_day: Any, last_day: Any) -> ApplicationQuerySet:
    """Who has a place on one of these days at least."""
    return Application.objects.filter(
        offer=offer, state__in=RESERVING_STATES, starts_on__lte=last_day, ends_on__gte=first_day
    )


def has_room(offer: Offer) -> bool:
    """Whether a stay of the programme's shortest length still fits into what is to come of the host's periods.

    A host without periods has room as long as it says so.
    """
    windows = _to_come(offer)
    if windows is None:
        return True
    stays = _stays_by_place(offer)
    return any(
        _longest_gap(window, stays.get(place, []), offer.programme.day_kind) >= offer.programme.days_min
        for window in windows
        for place in range(1, offer.places + 1)
    )


def is_over(offer: Offer) -> bool:
    """Whether the last day of its last period has come. A host without periods is never over.

    How long a stay must be says the programme, and may say otherwise tomorrow: it closes no offer.
    """
    windows = offer.windows.all()
    return bool(windows) and all(window.ends_on <= today() for window in windows)


def awaits_guests(offer: Offer) -> bool:
    """Whether a stay that was approved has days to come: then periods that are over were mistyped."""
    return offer.applications.filter(state__in=RESERVING_STATES, ends_on__gt=today()).exists()


def fits_programme(offer: Offer) -> bool:
    """Whether a stay of the shortest length fits into what is to come of a period, in the time of the programme."""
    programme = offer.programme
    stays = [
        (max(first, programme.stays_from), min(last, programme.stays_until))
        for first, last in _to_come(offer) or []
    ]
    return any(
        first <= last and length_of(first, last, programme.day_kind) >= programme.days_min
        for first, last in stays
    )


def _to_come(offer: Offer) -> list[Stay] | None:
    """From tomorrow on: all sign before the first day. None for a host that named no periods."""
    tomorrow = today() + timedelta(days=1)
    windows = [(max(window.starts_on, tomorrow), window.ends_on) for window in offer.windows.all()]
    return [(first, last) for first, last in windows if first <= last] if windows else None


def _stays_by_place(offer: Offer) -> dict[int, list[Stay]]:
    found: dict[int, list[Stay]] = {}
    for stay in _stays_of(offer):
        if stay.place is not None and stay.starts_on is not None and stay.ends_on is not None:
            found.setdefault(stay.place, []).append((stay.starts_on, stay.ends_on))
    return found


def with_stays() -> Prefetch[str]:
    """Of many offers at once, for ``has_room``."""
    return Prefetch("applications", _reserving(), to_attr="stays")


def _stays_of(offer: Offer) -> Iterable[Application]:
    found: Iterable[Application] | None = getattr(offer, "stays", None)
    return _reserving().filter(offer=offer) if found is None else found


def _reserving() -> ApplicationQuerySet:
    found = Application.objects.filter(state__in=RESERVING_STATES).order_by("starts_on")
    return found.only("offer", "place", "starts_on", "ends_on")


def _longest_gap(window: Stay, stays: list[Stay], day_kind: str) -> int:
    """In days of this kind, between stays that are in order."""
    begin, end = window
    longest = 0
    for starts_on, ends_on in stays:
        if starts_on > begin:
            longest = max(longest, length_of(begin, min(starts_on - timedelta(days=1), end), day_kind))
        begin = max(begin, ends_on + timedelta(days=1))
    return max(longest, length_of(begin, end, day_kind)) if begin <= end else longest
