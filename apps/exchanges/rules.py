"""What a programme allows, and what a stay is worth. Applications keep the rules that held when they were submitted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import formats
from apps.exchanges.days import today
from apps.exchanges.enums import DayKind, Funding, OfferState, ProgrammeState
from apps.exchanges.models import Application, Offer, Programme

Rules = Mapping[str, Any]
Problem = tuple[str, str]
_CENT = Decimal("0.01")
_SATURDAY = 5
REQUIRED = (
    "goals",
    "benefit",
    "use_at_home",
    "agenda",
    "starts_on",
    "ends_on",
    "travels_as",
    "meeting_planned",
)


def rules_of(programme: Programme) -> dict[str, Any]:
    """All that applications rest on, as plain values that JSON keeps."""
    return {
        "programme": programme.name,
        "track": programme.track,
        "audiences": list(programme.audiences),
        "countries": sorted(programme.countries.values_list("code", flat=True)),
        "days_min": programme.days_min,
        "days_max": programme.days_max,
        "day_kind": programme.day_kind,
        "stays_from": programme.stays_from.isoformat(),
        "stays_until": programme.stays_until.isoformat(),
        "virtual_counts": programme.virtual_counts,
        "funding": programme.funding,
        "currency": programme.currency,
        "ceiling": _text(programme.ceiling),
        "halved_under_days": programme.halved_under_days,
        "halved_under_km": programme.halved_under_km,
        "rates": [
            {
                "country": rate.country.code if rate.country else "",
                "days_from": rate.days_from,
                "amount": str(rate.amount),
            }
            for rate in programme.rates.select_related("country")
        ],
        "promised_days": programme.promised_days,
        "report_days": programme.report_days,
    }


def length_of(starts_on: date, ends_on: date, day_kind: str) -> int:
    """Days of a stay, both ends included. Working days are Monday to Friday: holidays differ by country, and count."""
    days = (ends_on - starts_on).days + 1
    if day_kind == DayKind.CALENDAR:
        return days
    weeks, rest = divmod(days, 7)
    return weeks * _SATURDAY + sum((starts_on.weekday() + day) % 7 < _SATURDAY for day in range(rest))


def is_open_for_applications(programme: Programme, now: datetime) -> bool:
    """Until the deadline and its grace are over; both are moments, whatever the reader's clock shows."""
    return programme.opens_at <= now <= programme.closes_at + timedelta(minutes=programme.grace_minutes)


def why_closed(offer: Offer, now: datetime) -> str:
    """Why nobody can apply at this moment, for the reader; empty while one can."""
    programme = offer.programme
    if offer.state == OfferState.FULL:
        return _("All places of this offer are taken.")
    if offer.state != OfferState.OPEN or programme.state != ProgrammeState.OPEN:
        return _("This offer takes no applications at present.")
    if now < programme.opens_at:
        return _("Applications are taken from %(moment)s.") % {"moment": formats.deadline(programme.opens_at)}
    if not is_open_for_applications(programme, now):
        return _("The time for applications is over.")
    return ""


def problems_of(application: Application, rules: Rules) -> list[Problem]:
    """What is missing or against the rules, as (field, sentence for the guest)."""
    missing = [
        (name, str(_("Please fill this in.")))
        for name in REQUIRED
        if getattr(application, name) in (None, "")
    ]
    return missing or [
        *_of_people(application, rules),
        *_of_days(application, rules),
        *_of_meeting(application),
    ]


def _of_people(application: Application, rules: Rules) -> Iterator[Problem]:
    if application.travels_as not in rules["audiences"]:
        yield "travels_as", _("This programme is not for this group of people.")
    for field, country in (("guest", application.guest.country), ("offer", application.offer.host.country)):
        if country.code not in rules["countries"]:
            yield field, _("%(country)s does not take part in this programme.") % {"country": country.name}


def _of_days(application: Application, rules: Rules) -> Iterator[Problem]:
    starts_on, ends_on = application.starts_on, application.ends_on
    if starts_on is None or ends_on is None:
        return
    if ends_on < starts_on:
        yield "ends_on", _("The last day lies before the first.")
        return
    if starts_on <= today():
        yield (
            "starts_on",
            _(
                "Please choose a later first day: the host answers, the programme decides and all sign before it."
            ),
        )
    if starts_on.isoformat() < rules["stays_from"] or ends_on.isoformat() > rules["stays_until"]:
        yield "starts_on", _("The stay lies outside the time of the programme.")
    days = length_of(starts_on, ends_on, rules["day_kind"])
    if not rules["days_min"] <= days <= rules["days_max"]:
        text = ngettext(
            "This stay has %(days)d day; the programme asks for %(least)d to %(most)d.",
            "This stay has %(days)d days; the programme asks for %(least)d to %(most)d.",
            days,
        )
        yield "ends_on", text % {"days": days, "least": rules["days_min"], "most": rules["days_max"]}
    if application.is_virtual and not (rules["virtual_counts"] and application.offer.is_virtual):
        yield "is_virtual", _("This stay cannot be virtual.")
    windows = application.offer.windows.all()
    if windows and not any(each.starts_on <= starts_on and ends_on <= each.ends_on for each in windows):
        yield (
            "starts_on",
            _("The host cannot receive you on these days; its dates stand on the page of the offer."),
        )


def _of_meeting(application: Application) -> Iterator[Problem]:
    if application.meeting_planned is False and not application.meeting_note.strip():
        yield "meeting_note", _("Please say why managers and policy makers will not meet.")


def amount_of(application: Application, rules: Rules) -> Decimal | None:
    """What the programme pays for this stay; None where it pays no lump sum.

    The rate of the host's country for the longest length that the stay reaches, never above the ceiling, halved
    under the days or the distance that the programme names. A virtual stay has no journey to pay for.
    """
    if rules["funding"] != Funding.LUMP_SUM or application.starts_on is None or application.ends_on is None:
        return None
    days = length_of(application.starts_on, application.ends_on, rules["day_kind"])
    rate = Decimal(0) if application.is_virtual else _rate(rules, application.offer.host.country.code, days)
    is_short = rules["halved_under_days"] is not None and days < rules["halved_under_days"]
    distance = application.distance_km
    is_near = (
        rules["halved_under_km"] is not None and distance is not None and distance < rules["halved_under_km"]
    )
    ceiling = Decimal(rules["ceiling"])
    amount = min(rate, ceiling) / (2 if is_short or is_near else 1)
    return amount.quantize(_CENT, ROUND_HALF_UP)


def _rate(rules: Rules, country: str, days: int) -> Decimal:
    reached = [rate for rate in rules["rates"] if rate["days_from"] <= days]
    own = [rate for rate in reached if rate["country"] == country]
    general = [rate for rate in reached if not rate["country"]]
    chosen = max(own or general, key=lambda rate: rate["days_from"], default=None)
    return Decimal(chosen["amount"]) if chosen else Decimal(0)


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)
