"""What a programme allows, and what a stay is worth. Applications keep the rules that held when they were submitted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import formats
from apps.exchanges.days import today
from apps.exchanges.enums import AUDIENCE_OF_KIND, TRAVELS_AS, DayKind, Funding, OfferState, ProgrammeState
from apps.exchanges.models import Application, FundingRate, Offer, Programme
from apps.organisations.models import Organisation

Rules = Mapping[str, Any]
Rate = Mapping[str, Any]
Problem = tuple[str, str]
_CENT = Decimal("0.01")
_SATURDAY = 5
OFFERED = ("title", "learning", "hopes", "agenda")
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
        "rates": plain_rates(programme.rates.select_related("country")),
        "promised_days": programme.promised_days,
        "report_days": programme.report_days,
        "grace_minutes": programme.grace_minutes,
    }


def plain_rates(rates: Iterable[FundingRate]) -> list[dict[str, Any]]:
    """As the rules keep them; "" is the country of those that hold for every country without an own one."""
    return [
        {
            "country": rate.country.code if rate.country else "",
            "days_from": rate.days_from,
            "amount": str(rate.amount),
        }
        for rate in rates
    ]


def rates_for(rates: Sequence[Rate], country: str) -> list[Rate]:
    """All that hold for hosts of this country, the shortest stay first: its own alone where it has any."""
    own = [rate for rate in rates if rate["country"] == country]
    found = own or [rate for rate in rates if not rate["country"]]
    return sorted(found, key=lambda rate: int(rate["days_from"]))


def countries_without_rate(rates: Sequence[Rate], countries: Iterable[str], days: int) -> list[str]:
    """Where a stay of so many days reaches no rate."""
    return [
        country
        for country in countries
        if not any(rate["days_from"] <= days for rate in rates_for(rates, country))
    ]


def offered_by(offer: Offer) -> dict[str, str]:
    """What an application answers to: it is kept with the rules, as the host may go on writing."""
    return {name: str(getattr(offer, name)) for name in OFFERED}


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
    are_shown = offer.host.is_active and programme.organisation.is_active
    if offer.state != OfferState.OPEN or programme.state != ProgrammeState.OPEN or not are_shown:
        return _("This offer takes no applications at present.")
    if now < programme.opens_at:
        return _("Applications are taken from %(moment)s.") % {"moment": formats.deadline(programme.opens_at)}
    if not is_open_for_applications(programme, now):
        return _("The time for applications is over.")
    # All sign before the first day.
    if programme.stays_until <= today(now):
        return _("The time in which stays can take place is over.")
    return ""


def why_not_now(offer: Offer) -> str:
    """For pages that have the host's periods at hand: why nobody can apply, or for which days."""
    now = timezone.now()
    if why := why_closed(offer, now):
        return why
    windows = offer.windows.all()
    if windows and all(window.ends_on <= today(now) for window in windows):
        return _("All dates of this offer are over. Ask the host whether there will be others.")
    return ""


def problems_of(application: Application, rules: Rules) -> list[Problem]:
    """What is missing or against the rules, as (field, sentence for the guest)."""
    return _missing(application, rules) or [
        *_of_people(application, rules),
        *_of_days(application, rules),
        *_of_money(application, rules),
        *_of_meeting(application),
    ]


def _missing(application: Application, rules: Rules) -> list[Problem]:
    found = [
        (name, str(_("Please fill this in.")))
        for name in REQUIRED
        if getattr(application, name) in (None, "")
    ]
    if lacks_distance(application, rules):
        text = _("Please give the distance: under %(km)s km the programme pays half.")
        found.append(("distance_km", text % {"km": formats.number(rules["halved_under_km"])}))
    return found


def guest_is_authority() -> str:
    return _("The authority of a programme is no guest in it: none of its officers could decide on the case.")


def how_people_travel(guest: Organisation) -> str:
    return _("Who belongs to %(guest)s travels as: %(audience)s.") % {
        "guest": guest.name,
        "audience": TRAVELS_AS[AUDIENCE_OF_KIND[guest.kind]],
    }


def _of_people(application: Application, rules: Rules) -> Iterator[Problem]:
    if application.guest_id == application.offer.programme.organisation_id:
        yield "guest", guest_is_authority()
    if not application.guest.is_active:
        yield "guest", _("%(guest)s is not shown on the hub at present.") % {"guest": application.guest.name}
    if application.travels_as not in rules["audiences"]:
        yield "travels_as", _("This programme is not for this group of people.")
    elif application.travels_as != AUDIENCE_OF_KIND[application.guest.kind]:
        yield "travels_as", how_people_travel(application.guest)
    yield from of_countries(application, rules)


def of_countries(application: Application, rules: Rules) -> Iterator[Problem]:
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


# --- What a stay is worth ---------------------------------------------------------------------------
@dataclass(frozen=True)
class Worth:
    """``amount`` is what the programme pays, of ``whole`` for a stay of this length; the rest says why it is less."""

    amount: Decimal
    whole: Decimal
    is_virtual: bool = False
    is_short: bool = False
    is_near: bool = False


def amount_of(application: Application, rules: Rules) -> Decimal | None:
    """What the programme pays for this stay; None where it pays no lump sum, or nothing that could be counted yet."""
    worth = worth_of(application, rules)
    return worth.amount if worth else None


def worth_of(application: Application, rules: Rules) -> Worth | None:
    """The rate of the host's country for the longest length that the stay reaches, never above the ceiling, halved
    under the days or the distance that the programme names. A virtual stay has no journey to pay for.

    None where the programme pays no lump sum; and where days, distance or a rate for them are missing: what is missing
    is not nothing.
    """
    starts_on, ends_on = application.starts_on, application.ends_on
    if rules["funding"] != Funding.LUMP_SUM or starts_on is None or ends_on is None:
        return None
    if application.is_virtual:
        return Worth(Decimal(0), Decimal(0), is_virtual=True)
    days = length_of(starts_on, ends_on, rules["day_kind"])
    rate = _rate(rules, application.offer.host.country.code, days)
    if rate is None or lacks_distance(application, rules):
        return None
    whole = min(rate, Decimal(rules["ceiling"]))
    is_short = _is_under(days, rules["halved_under_days"])
    is_near = _is_under(application.distance_km, rules["halved_under_km"])
    amount = whole / (2 if is_short or is_near else 1)
    return Worth(amount.quantize(_CENT, ROUND_HALF_UP), whole, is_short=is_short, is_near=is_near)


def lacks_distance(application: Application, rules: Rules) -> bool:
    """Whether the amount hangs on a distance that nobody gave."""
    return (
        rules["funding"] == Funding.LUMP_SUM
        and rules["halved_under_km"] is not None
        and not application.is_virtual
        and application.distance_km is None
    )


def _is_under(value: int | None, least: int | None) -> bool:
    return value is not None and least is not None and value < least


def _rate(rules: Rules, country: str, days: int) -> Decimal | None:
    reached = [rate for rate in rates_for(rules["rates"], country) if rate["days_from"] <= days]
    return Decimal(reached[-1]["amount"]) if reached else None


def _of_money(application: Application, rules: Rules) -> Iterator[Problem]:
    starts_on, ends_on = application.starts_on, application.ends_on
    if rules["funding"] != Funding.LUMP_SUM or application.is_virtual or starts_on is None or ends_on is None:
        return
    country = application.offer.host.country
    days = length_of(starts_on, ends_on, rules["day_kind"])
    if countries_without_rate(rules["rates"], [country.code], days):
        text = ngettext(
            "The programme does not say what a stay of %(days)d day in %(country)s is worth. Please ask its officers.",
            "The programme does not say what a stay of %(days)d days in %(country)s is worth. Please ask its officers.",
            days,
        )
        yield "ends_on", text % {"days": days, "country": country.name}


def problem_of_payment(application: Application, paid_on: date) -> str:
    """Why nothing can have been paid on this day; empty where it can."""
    if paid_on > today():
        return _("This day is still to come.")
    if application.validated_at and paid_on < (validated_on := today(application.validated_at)):
        text = _("The stay was validated on %(day)s: nothing is paid before that.")
        return text % {"day": formats.day(validated_on)}
    return ""


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)
