"""The rules of a programme in words, as everybody reads them before they apply."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import formats
from apps.exchanges.enums import AUDIENCE_OF_KIND, Audience, DayKind, Funding, Track
from apps.exchanges.models import Application, FundingRate, Programme
from apps.exchanges.rules import Rules, Worth, how_people_travel, plain_rates, rates_for, worth_of
from apps.organisations.models import Organisation
from apps.taxonomy.models import Country

Fact = tuple[str, str]


def rules_in_words(programme: Programme, host_country: Country | None = None) -> list[Fact]:
    """Terms with what they are; loaded by ``for_detail``. With a country: what a stay there is worth."""
    return [
        (_("Track"), programme.get_track_display()),
        (_("Who may travel"), audiences_of(programme)),
        (_("Countries"), countries_of(programme)),
        (_("Length"), length_in_words(programme)),
        (_("Stays"), _stays(programme)),
        (_("From home"), _virtual(programme)),
        (_("Money"), funding_in_words(programme, host_country)),
        (_("Applications"), window_in_words(programme)),
        (_("Decision"), " ".join(_decision(programme))),
        *_reviews(programme),
        (_("Afterwards"), _afterwards(programme)),
    ]


def audiences_of(programme: Programme) -> str:
    return ", ".join(str(label) for value, label in Audience.choices if value in programme.audiences)


def why_for_others(programme: Programme, guests: Sequence[Organisation]) -> str:
    """Why nobody of any of these may apply in it; empty where the programme takes the people of one, or of none."""
    if not guests or any(AUDIENCE_OF_KIND[guest.kind] in programme.audiences for guest in guests):
        return ""
    others = _("This programme is for others: %(audiences)s.") % {"audiences": audiences_of(programme)}
    return " ".join([others, *map(how_people_travel, guests)])


def countries_of(programme: Programme) -> str:
    return ", ".join(sorted(country.name for country in programme.countries.all()))


def length_in_words(programme: Programme) -> str:
    return _length(programme.days_min, programme.days_max, programme.day_kind)


def shortest_in_words(programme: Programme) -> str:
    return _length(programme.days_min, programme.days_min, programme.day_kind)


def _length(least: int, most: int, day_kind: str) -> str:
    numbers = {"least": formats.number(least), "most": formats.number(most)}
    if day_kind == DayKind.WORKING:
        if least == most:
            return ngettext("%(most)s working day", "%(most)s working days", most) % numbers
        return (
            ngettext("%(least)s to %(most)s working day", "%(least)s to %(most)s working days", most)
            % numbers
        )
    if least == most:
        return ngettext("%(most)s day", "%(most)s days", most) % numbers
    text = ngettext(
        "%(least)s to %(most)s day, weekends included", "%(least)s to %(most)s days, weekends included", most
    )
    return text % numbers


def funding_in_words(programme: Programme, host_country: Country | None = None) -> str:
    if programme.funding == Funding.NONE:
        return _("None: each side pays what it costs it.")
    if programme.funding == Funding.VOUCHER:
        return _("A mobility voucher.")
    return " ".join([*_lump_sum(programme), *_rates_in(programme, host_country)])


def rates_in_words(programme: Programme) -> list[str]:
    """What holds for all first, then country by country."""
    rates = list(programme.rates.all())
    has_own = any(rate.country_id for rate in rates)
    for_all = _("every country without an amount of its own") if has_own else _("every country")
    rates.sort(key=lambda rate: (rate.country.name if rate.country else "", rate.days_from))
    return [_rate(rate, programme.currency, for_all) for rate in rates]


def _rate(rate: FundingRate, currency: str, for_all: str) -> str:
    text = ngettext(
        "%(amount)s from %(days)d day, %(where)s", "%(amount)s from %(days)d days, %(where)s", rate.days_from
    )
    where = rate.country.name if rate.country else for_all
    return text % {"amount": formats.money(rate.amount, currency), "days": rate.days_from, "where": where}


def amount_in_words(application: Application, rules: Rules) -> str:
    """What the programme pays for this stay, and why it is not the whole; empty where it cannot be counted yet."""
    if rules["funding"] == Funding.NONE:
        return _("None: each side pays what it costs it.")
    if rules["funding"] == Funding.VOUCHER:
        return _("A mobility voucher.")
    worth = worth_of(application, rules)
    if worth is None:
        return ""
    if worth.is_virtual:
        return _("None: a virtual stay has no journey to pay for.")
    kept = worth.amount if application.amount is None else application.amount
    amount = formats.money(kept, rules["currency"])
    if not (reasons := list(_why_halved(worth, rules))):
        return amount
    return _("%(amount)s: half of %(whole)s, because %(reasons)s.") % {
        "amount": amount,
        "whole": formats.money(worth.whole, rules["currency"]),
        "reasons": _(" and ").join(reasons),
    }


def amount_of_case(application: Application) -> str:
    """The amount alone; of a draft, nothing yet."""
    currency = application.rules["currency"] if application.rules else application.offer.programme.currency
    return formats.money(application.amount or 0, currency)


def distance_in_words(application: Application) -> str:
    km = application.distance_km
    return "" if km is None else _("%(km)s km") % {"km": formats.number(km)}


def window_in_words(programme: Programme) -> str:
    """With the zone, and the grace that is granted: nobody shall be late because clocks differ."""
    moments = {
        "opens": formats.deadline(programme.opens_at),
        "closes": formats.deadline(programme.closes_at),
    }
    said = _("From %(opens)s until %(closes)s.") % moments
    return f"{said} {grace}" if (grace := grace_in_words(programme)) else said


def grace_in_words(programme: Programme) -> str:
    return grace_text(programme.grace_minutes)


def grace_text(minutes: int) -> str:
    if not minutes:
        return ""
    text = ngettext(
        "What arrives up to %(minutes)d minute later is still taken.",
        "What arrives up to %(minutes)d minutes later is still taken.",
        minutes,
    )
    return text % {"minutes": minutes}


def promise_in_words(programme: Programme) -> str:
    text = ngettext(
        "The programme decides within %(days)d day after that.",
        "The programme decides within %(days)d days after that.",
        programme.promised_days,
    )
    return text % {"days": programme.promised_days}


def days_in_words() -> str:
    """By whose clock a day begins and ends: everywhere that of Brussels."""
    return _("Days begin and end at midnight in Brussels.")


def rules_agreed(application: Application) -> list[str]:
    """What both sides and the officer agree on beside their aims, by the rules that this application rests on."""
    rules = application.rules or {}
    return [*_what_holds(application, rules), *_money_agreed(application, rules), *_duties(rules)]


def _what_holds(application: Application, rules: Rules) -> Iterator[str]:
    day = formats.day(application.submitted_at) if application.submitted_at else ""
    yield _(
        "These are the rules of %(programme)s as they stood on %(day)s, when the application was submitted. "
        "What the programme changed since does not touch this stay."
    ) % {"programme": rules["programme"], "day": day}
    stays = formats.days(date.fromisoformat(rules["stays_from"]), date.fromisoformat(rules["stays_until"]))
    length = _length(rules["days_min"], rules["days_max"], rules["day_kind"])
    yield _("Length of a stay: %(length)s. Stays take place within: %(stays)s.") % {
        "length": length,
        "stays": stays,
    }
    yield days_in_words()
    yield _("Virtual stays count.") if rules["virtual_counts"] else _("Virtual stays do not count.")


def _money_agreed(application: Application, rules: Rules) -> Iterator[str]:
    if rules["funding"] == Funding.VOUCHER:
        yield _("The stay is paid for by a mobility voucher, by the rules of that voucher.")
        return
    if not application.amount:
        yield _("The programme pays no money for this stay.")
        return
    currency = rules["currency"]
    yield _(
        "The programme pays the guest %(amount)s once, after both reports and the evidence of the journey have been "
        "validated."
    ) % {"amount": formats.money(application.amount, currency)}
    said = [
        _("It is a lump sum by country and length, at most %(amount)s for a stay.")
        % {"amount": formats.money(Decimal(rules["ceiling"]), currency)},
        *_halving(rules["halved_under_days"], rules["halved_under_km"]),
    ]
    words, plain = amount_in_words(application, rules), formats.money(application.amount, currency)
    if words != plain:
        said.append(_("For this stay: %(amount)s") % {"amount": words})
    yield " ".join(said)


def _duties(rules: Rules) -> Iterator[str]:
    yield _(
        "The guest adds evidence of the journey, such as tickets, invoices or the host's confirmation, before handing "
        "in the report."
    )
    yield ngettext(
        "Both sides write a report within %(days)d day after the last day, and answer half a year later what did "
        "change.",
        "Both sides write a report within %(days)d days after the last day, and answer half a year later what did "
        "change.",
        rules["report_days"],
    ) % {"days": rules["report_days"]}
    yield _(
        "Either side may cancel until the stay is over, with a reason that all are told. Nothing is paid for a stay "
        "that was cancelled."
    )
    yield _(
        "A stay does not begin while somebody stands on both sides, or while who travels does not belong to the guest. "
        "An officer may cancel what has not begun on its first day; what has not begun by its last day is cancelled."
    )
    yield _("What is learned about the other side in confidence stays in confidence.")


# --- Parts ----------------------------------------------------------------------------------------
def _stays(programme: Programme) -> str:
    period = formats.days(programme.stays_from, programme.stays_until)
    signed = _("All sign before the first day.")
    return f"{period}. {signed} {days_in_words()}"


def _virtual(programme: Programme) -> str:
    return _("Virtual stays count.") if programme.virtual_counts else _("Virtual stays do not count.")


def _why_halved(worth: Worth, rules: Rules) -> Iterator[str]:
    if worth.is_short:
        yield ngettext(
            "the stay is shorter than %(days)d day",
            "the stay is shorter than %(days)d days",
            rules["halved_under_days"],
        ) % {"days": rules["halved_under_days"]}
    if worth.is_near:
        yield _("the distance is under %(km)s km") % {"km": formats.number(rules["halved_under_km"])}


def _lump_sum(programme: Programme) -> Iterator[str]:
    if programme.ceiling is not None:
        money = formats.money(programme.ceiling, programme.currency)
        yield _("A lump sum by country and length, at most %(amount)s for a stay.") % {"amount": money}
    yield from _halving(programme.halved_under_days, programme.halved_under_km)


def _halving(under_days: int | None, under_km: int | None) -> Iterator[str]:
    if under_days is not None:
        yield ngettext("Half of it under %(days)d day.", "Half of it under %(days)d days.", under_days) % {
            "days": under_days
        }
    if under_km is not None:
        yield _("Half of it under %(km)s km.") % {"km": formats.number(under_km)}


def _rates_in(programme: Programme, country: Country | None) -> Iterator[str]:
    if country is None:
        return
    for rate in rates_for(plain_rates(programme.rates.all()), country.code):
        text = ngettext("%(amount)s from %(days)d day.", "%(amount)s from %(days)d days.", rate["days_from"])
        amount = formats.money(Decimal(rate["amount"]), programme.currency)
        yield text % {"amount": amount, "days": rate["days_from"]}


def _decision(programme: Programme) -> Iterator[str]:
    answers = ngettext(
        "The host answers within %(days)d day.", "The host answers within %(days)d days.", programme.host_days
    )
    yield answers % {"days": programme.host_days}
    yield promise_in_words(programme)
    if programme.track == Track.LIGHT:
        yield _("Host and guest agree, an officer confirms: no scores.")


def _reviews(programme: Programme) -> Iterator[Fact]:
    criteria = programme.criteria
    if programme.track == Track.FULL and criteria:
        text = ngettext(
            "%(count)d reviewer scores each application; from %(points)s of 100 points on it passes.",
            "%(count)d reviewers score each application; from %(points)s of 100 points on it passes.",
            criteria.reviewers,
        )
        said = [text % {"count": criteria.reviewers, "points": formats.number(criteria.threshold)}]
        if criteria.third_above is not None:
            text = _("If totals lie more than %(points)s points apart, one more reviewer is asked.")
            said.append(text % {"points": formats.number(criteria.third_above)})
        yield _("Reviews"), " ".join(said)


def _afterwards(programme: Programme) -> str:
    text = ngettext(
        "Both sides write a report within %(days)d day, and say half a year later what did change.",
        "Both sides write a report within %(days)d days, and say half a year later what did change.",
        programme.report_days,
    )
    return text % {"days": programme.report_days}
