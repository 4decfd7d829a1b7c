"""Programmes and their officers."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from apps.accounts.models import User
from apps.accounts.services import lock_actor
from apps.audit.services import record
from apps.core import formats
from apps.core.events import publish
from apps.core.exceptions import EditConflictError, NotAllowedError, RuleBrokenError, StepNotAllowedError
from apps.core.slugs import save_with_slug
from apps.core.steps import require_step
from apps.exchanges import permissions
from apps.exchanges.budget import has_applications, left_of, promised
from apps.exchanges.enums import PROGRAMME_STEPS, PUBLIC_OFFERS, Funding, ProgrammeState, Track
from apps.exchanges.events import ProgrammeChanged
from apps.exchanges.exceptions import NotReadyError, OffersLostError
from apps.exchanges.indexing import index_offers
from apps.exchanges.models import FundingRate, Offer, Officer, Programme
from apps.exchanges.places import fits_programme
from apps.exchanges.rules import Problem, countries_without_rate, plain_rates
from apps.exchanges.services.common import (
    in_language_of,
    lock_programme,
    made_by_form,
    officers_of,
    remind_anew,
)
from apps.exchanges.services.offers import match_offers
from apps.exchanges.services.waiting import call_for_waiting
from apps.organisations.models import Organisation
from apps.organisations.permissions import is_member
from apps.reviews.models import CriteriaSet, Review
from apps.reviews.services import CriterionValues, set_criteria
from apps.taxonomy.models import Country

# Proposals of our own, as no published weights were found: docs/adr/0017-exchanges.md. What reviewers look at, the
# weight, and the least share of the points.
USUAL_CRITERIA: tuple[tuple[str, Any, Any, int, str], ...] = (
    (
        "relevance",
        gettext_noop("Relevance of the theme and the learning goals"),
        gettext_noop("Whether the goals are named, and fit what this host shows and what the guest needs."),
        25,
        "0.5",
    ),
    (
        "benefit",
        gettext_noop("Benefit for both sides"),
        gettext_noop("What the guest takes home, and what the host gains from the stay."),
        20,
        "0.5",
    ),
    (
        "use",
        gettext_noop("Use at home"),
        gettext_noop("Whether it is said what will be done with it at home, by whom and until when."),
        20,
        "0",
    ),
    (
        "agenda",
        gettext_noop("Quality of the agenda"),
        gettext_noop("Whether every day serves a goal, and the length fits what is planned."),
        15,
        "0",
    ),
    (
        "meeting",
        gettext_noop("Meeting of managers and policy makers"),
        gettext_noop("Whether managers and policy makers meet, who takes part, and what about."),
        10,
        "0",
    ),
    (
        "openness",
        gettext_noop("Openness: a new country, a small or first-time guest"),
        gettext_noop(
            "Whether it brings new people together: countries, small teams, guests on their first exchange."
        ),
        10,
        "0",
    ),
)


@dataclass(frozen=True)
class RateValues:
    """``country`` None: for every country without a rate of its own."""

    country: Country | None
    days_from: int
    amount: Decimal


@dataclass(frozen=True)
class ScoringValues:
    """How reviewers score: the criteria, and what ``reviews.CriteriaSet`` says of them."""

    items: Sequence[CriterionValues]
    threshold: Decimal = Decimal(60)
    reviewers: int = 2
    third_above: Decimal | None = Decimal(20)


MOST_NAMED = 5
_LENGTH = frozenset({"days_min", "day_kind"})
# What of the rules says in which days a stay finds room.
_DAYS = ("days_min", "day_kind", "stays_from", "stays_until")
RESERVED_SLUGS = frozenset({"new", "feed", "csv", "learnings"})


@transaction.atomic
def create_programme(
    *,
    organisation: Organisation,
    values: Mapping[str, Any],
    countries: Iterable[Country],
    by: User,
    rates: Sequence[RateValues] = (),
    scoring: ScoringValues | None = None,
    form_key: uuid.UUID | None = None,
) -> Programme:
    """Begin a draft; who begins it is its first officer. Without ``scoring`` it has the usual criteria. A form that is
    sent twice makes one.
    """
    by = lock_actor(by)
    if made := made_by_form(Programme.objects.for_list(), by, form_key):
        return made
    if not permissions.can_create_programme(by, organisation):
        raise NotAllowedError(_("A programme is opened by a manager of a verified public authority."))
    criteria = CriteriaSet.objects.create(name=values["name"])
    programme = Programme(
        organisation=organisation, author=by, criteria=criteria, form_key=form_key, **values
    )
    save_with_slug(programme, programme.name, fallback="programme", reserved=RESERVED_SLUGS)
    programme.countries.set(countries)
    _write_rates(programme, rates)
    with in_language_of(programme):
        usual = usual_criteria()
    _write_scoring(criteria, scoring or ScoringValues(usual), by=by)
    Officer.objects.create(programme=programme, user=by)
    record(programme, "created", by=by, to_state=programme.state)
    return programme


@transaction.atomic
def update_programme(
    *,
    programme_id: int,
    values: Mapping[str, Any],
    countries: Iterable[Country],
    rates: Sequence[RateValues],
    by: User,
    seen: datetime | None = None,
    scoring: ScoringValues | None = None,
    given_up: Collection[int] = (),
) -> Programme:
    """Change the rules; applications that were submitted keep those of their day. Raises EditConflictError, and
    NotReadyError where an open programme would miss something, or what was promised could not be paid.

    OffersLostError where nobody could come to an offer any more, unless it is one of those ``given_up``. Without
    ``scoring`` the criteria stay as they are.
    """
    programme = _lock_to_edit(programme_id, by, seen)
    changed = [name for name in values if getattr(programme, name) != values[name]]
    if problems := list(_of_money(programme, {name: values[name] for name in changed})):
        raise NotReadyError(problems)
    left_before = left_of(programme)
    shown = list(
        programme.offers.filter(state__in=PUBLIC_OFFERS).select_related("host").prefetch_related("windows")
    )
    usable = _usable(programme, shown)
    for name in changed:
        setattr(programme, name, values[name])
    programme.save()
    programme.countries.set(countries)
    lost = usable - _usable(programme, shown)
    if not lost <= set(given_up):
        offers = [offer for offer in shown if offer.pk in lost]
        raise OffersLostError(list(_of_lost(programme, offers, changed)), lost)
    _write_rates(programme, rates)
    if scoring and programme.criteria:
        _write_scoring(programme.criteria, scoring, by=by)
    if programme.state == ProgrammeState.OPEN and (problems := list(problems_of(programme))):
        raise NotReadyError(problems)
    entry = record(programme, "changed", by=by, data={"fields": changed})
    call_for_waiting(programme, cause=f"budget:{entry.pk}", left_before=left_before)
    if not _LENGTH.isdisjoint(changed):
        match_offers(programme, by=by)
    publish(ProgrammeChanged(programme_id=programme.pk))
    index_offers(programme.offers.values_list("pk", flat=True))
    return programme


@transaction.atomic
def open_programme(*, programme_id: int, by: User) -> Programme:
    """Show it to everybody and take offers. Raises NotReadyError while something is missing."""
    programme = _lock_to_run(programme_id, by)
    problems = list(problems_of(programme))
    if problems:
        raise NotReadyError(problems)
    return _step(programme, ProgrammeState.OPEN, by=by, opened_at=programme.opened_at or timezone.now())


@transaction.atomic
def pause_programme(*, programme_id: int, by: User) -> Programme:
    """Take no new offers and applications for a while; what runs goes on."""
    return _step(_lock_to_run(programme_id, by), ProgrammeState.PAUSED, by=by)


@transaction.atomic
def close_programme(*, programme_id: int, by: User) -> Programme:
    """Take no new offers and applications any more; what runs goes on to its end."""
    return _step(_lock_to_run(programme_id, by), ProgrammeState.CLOSED, by=by)


@transaction.atomic
def add_officer(*, programme_id: int, person: User, by: User) -> Officer:
    """Somebody of the authority, so that the programme does not hang on one person.

    Whom they review for, they do not run: raises RuleBrokenError while they have reviews here to write.
    """
    programme = _lock_to_run(programme_id, by, person.pk)
    if not is_member(person, programme.organisation):
        raise RuleBrokenError(_("An officer belongs to the authority of the programme."))
    if Review.objects.open().filter(reviewer=person, panel__application__offer__programme=programme).exists():
        raise RuleBrokenError(
            _(
                "This person is asked for reviews in this programme. An officer releases them from these first, or "
                "waits until they are handed in."
            )
        )
    officer, is_new = Officer.objects.get_or_create(programme=programme, user=person)
    if is_new:
        record(programme, "officer added", by=by, data={"user": person.pk})
        remind_anew(organisation_id=programme.organisation_id)
    return officer


@transaction.atomic
def remove_officer(*, programme_id: int, person: User, by: User) -> None:
    """Raises RuleBrokenError for the last one: applications would wait for nobody."""
    programme = _lock_to_run(programme_id, by)
    if officers_of(programme).exclude(pk=person.pk).count() == 0:
        raise RuleBrokenError(_("The last officer cannot go. Please add somebody else first."))
    removed, _rows = Officer.objects.filter(programme=programme, user=person).delete()
    if removed:
        record(programme, "officer removed", by=by, data={"user": person.pk})


def problems_of(programme: Programme) -> Iterator[Problem]:
    """What is missing before the programme can be opened, and may not go while it is open."""
    if not programme.countries.exists():
        yield "countries", _("Please choose the countries that take part.")
    if not programme.audiences:
        yield "audiences", _("Please choose who may travel.")
    if programme.funding == Funding.LUMP_SUM:
        yield from _of_rates(programme)
    if programme.track == Track.FULL and not (programme.criteria and programme.criteria.items.exists()):
        yield "criteria", _("Please set the criteria that reviewers score by.")


def _of_money(programme: Programme, changed: Mapping[str, Any]) -> Iterator[Problem]:
    """What was promised stays payable, in the currency in which it was promised."""
    fixed = [name for name in ("currency", "funding") if name in changed]
    if fixed and has_applications(programme):
        for name in fixed:
            yield name, _("Somebody has applied: this cannot change any more.")
    budget = changed.get("budget")
    if budget is not None and budget < (sum_promised := promised(programme)):
        text = _("%(amount)s are promised to stays that were approved.")
        yield "budget", text % {"amount": formats.money(sum_promised, programme.currency)}


def _usable(programme: Programme, offers: Iterable[Offer]) -> set[int]:
    """To which somebody can come by the rules as they are now."""
    countries = _countries_of(programme)
    return {offer.pk for offer in offers if offer.host.country_id in countries and fits_programme(offer)}


def _countries_of(programme: Programme) -> set[int]:
    return set(programme.countries.values_list("pk", flat=True))


def _of_lost(programme: Programme, offers: Sequence[Offer], changed: Collection[str]) -> Iterator[Problem]:
    countries = _countries_of(programme)
    of_country = [offer for offer in offers if offer.host.country_id not in countries]
    of_days = [offer for offer in offers if offer.host.country_id in countries]
    field = next((name for name in _DAYS if name in changed), "")
    for name, found in (("countries", of_country), (field, of_days)):
        if found:
            text = ngettext(
                "Nobody could come to %(count)d offer of the catalogue any more: %(offers)s. If you mean it, save "
                "again.",
                "Nobody could come to %(count)d offers of the catalogue any more: %(offers)s. If you mean it, save "
                "again.",
                len(found),
            )
            yield name, text % {"count": len(found), "offers": _some_of([offer.title for offer in found])}


def _some_of(names: Sequence[str]) -> str:
    return ", ".join(names if len(names) <= MOST_NAMED else [*names[:MOST_NAMED], "…"])


def _of_rates(programme: Programme) -> Iterator[Problem]:
    """A stay that the programme takes has an amount, wherever it goes: one that is missing is not zero."""
    rates = plain_rates(programme.rates.select_related("country"))
    if not rates:
        yield "funding", _("Please say what a stay is worth.")
        return
    countries = {country.code: country.name for country in programme.countries.all()}
    without = countries_without_rate(rates, countries, programme.days_min)
    if not without:
        return
    text = ngettext(
        "Please say what a stay of %(days)d day is worth in %(countries)s; an amount for every other country will do.",
        "Please say what a stay of %(days)d days is worth in %(countries)s; an amount for every other country will do.",
        programme.days_min,
    )
    names = _some_of(sorted(countries[code] for code in without))
    yield "funding", text % {"days": programme.days_min, "countries": names}


def usual_countries() -> models.QuerySet[Country]:
    """The Member States, and who was in COSME and is still in what followed it."""
    cosme = Q(is_cosme_2018=True) & ~Q(smp_status="no")
    return Country.objects.filter(Q(is_eu_member=True) | cosme)


def usual_criteria() -> list[CriterionValues]:
    return [
        CriterionValues(code, _(name), Decimal(weight), _(looked_at), Decimal(least))
        for code, name, looked_at, weight, least in USUAL_CRITERIA
    ]


def scoring_of(criteria: CriteriaSet) -> ScoringValues:
    """As it stands; what a form gives back unchanged is not written again."""
    items = [
        CriterionValues(item.code, item.name, item.weight, item.description, item.least_share)
        for item in criteria.items.all()
    ]
    return ScoringValues(items, criteria.threshold, criteria.reviewers, criteria.third_above)


def _write_scoring(criteria: CriteriaSet, scoring: ScoringValues, *, by: User) -> None:
    """Raises RuleBrokenError where cases are scored already, or the weights do not make 100."""
    if scoring == scoring_of(criteria):
        return
    set_criteria(criteria=criteria, items=scoring.items, by=by)
    criteria.threshold, criteria.reviewers = scoring.threshold, scoring.reviewers
    criteria.third_above = scoring.third_above
    criteria.save(update_fields=["threshold", "reviewers", "third_above", "updated_at"])


def above_ceiling(amount: Decimal, ceiling: Decimal | None, currency: str) -> str:
    """Why a lump sum cannot be so high; empty where it can."""
    if ceiling is None or amount <= ceiling:
        return ""
    text = _("A lump sum is at most what a stay may cost: %(ceiling)s.")
    return text % {"ceiling": formats.money(ceiling, currency)}


def _write_rates(programme: Programme, rates: Sequence[RateValues]) -> None:
    """Raises RuleBrokenError where one is above the ceiling: two amounts would be told of the same stay."""
    if programme.funding == Funding.LUMP_SUM:
        for rate in rates:
            if problem := above_ceiling(rate.amount, programme.ceiling, programme.currency):
                raise RuleBrokenError(problem)
    programme.rates.all().delete()
    FundingRate.objects.bulk_create(
        FundingRate(programme=programme, country=rate.country, days_from=rate.days_from, amount=rate.amount)
        for rate in rates
    )


def _lock_to_run(programme_id: int, by: User, *others: int) -> Programme:
    by = lock_actor(by, *others)
    programme = lock_programme(programme_id)
    if not permissions.can_run_programme(by, programme):
        raise NotAllowedError
    return programme


def _lock_to_edit(programme_id: int, by: User, seen: datetime | None) -> Programme:
    programme = _lock_to_run(programme_id, by)
    if programme.state == ProgrammeState.CLOSED:
        raise StepNotAllowedError
    if seen is not None and seen != programme.updated_at:
        raise EditConflictError
    return programme


def _step(programme: Programme, to: ProgrammeState, *, by: User, **values: Any) -> Programme:
    require_step(programme.state, to, PROGRAMME_STEPS)
    before, programme.state = programme.state, to
    for name, value in values.items():
        setattr(programme, name, value)
    programme.save()
    record(programme, to.value, by=by, from_state=before, to_state=to)
    publish(ProgrammeChanged(programme_id=programme.pk))
    index_offers(programme.offers.values_list("pk", flat=True))
    return programme
