"""A programme with many applications, each for an offer of its own and with three reviews."""

from __future__ import annotations

import hashlib
import inspect
import io
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Model

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.exchanges.enums import RESERVING_STATES, ApplicationState
from apps.exchanges.indexing import OFFER
from apps.exchanges.models import Application, FundingRate, Offer, OfferWindow, Officer, Programme
from apps.exchanges.rules import rules_of
from apps.exchanges.services.applications import REVIEW_KIND
from apps.organisations.models import Membership, Organisation
from apps.reviews.models import CriteriaSet, Criterion, Panel, Review
from apps.search.services import reindex
from apps.taxonomy.models import Country, Language, Topic

A = ApplicationState
DOMAIN = "exchanges.example.org"
HOSTS, GUESTS, REVIEWERS = 200, 500, 50
TOTALS = (48, 61, 77, 83, 92)  # of the reviews, in turns
STATES = (*[A.UNDER_REVIEW] * 8, A.REPORTS_SUBMITTED, A.VALIDATED)
MOMENT, FIRST_DAY = datetime(2026, 9, 1, 12, tzinfo=UTC), date(2027, 1, 11)
WORDS = ("measuring", "what", "members", "gain", "from", "the", "projects", "of", "a", "cluster", "abroad")
STEPS = ("created", "submitted", "changed", "confirmed", "told")  # of the history, so many for each thing


def use(count: int) -> tuple[Programme, User]:
    """The programme and its officer; as an earlier run left them, where that made the same."""
    slug = f"bench-{_recipe()}-{count}"
    if not Programme.objects.filter(slug=slug).exists():
        print(f"making {count:,} applications")
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE exchanges_programme, reviews_criteriaset, audit_entry CASCADE")
        call_command("load_reference", stdout=io.StringIO())
        with transaction.atomic():
            _make(slug, count)
        reindex(OFFER)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    return Programme.objects.get(slug=slug), User.objects.get(email=f"officer@{DOMAIN}")


def _recipe() -> str:
    return hashlib.sha256(inspect.getsource(sys.modules[__name__]).encode()).hexdigest()[:16]


def _make(slug: str, count: int) -> None:
    officer, *people = _people(REVIEWERS + HOSTS + count)
    reviewers, authors, travellers = people[:REVIEWERS], people[REVIEWERS:-count], people[-count:]
    authority, *parties = _organisations(HOSTS + GUESTS)
    hosts, guests = parties[:HOSTS], parties[HOSTS:]
    belong = [(authority, officer), *zip(hosts, authors, strict=True)]
    belong += [(guests[at % GUESTS], person) for at, person in enumerate(travellers)]
    Membership.objects.bulk_create(
        (Membership(organisation=organisation, user=user) for organisation, user in belong),
        ignore_conflicts=True,
    )
    programme = _programme(slug, authority, officer)
    offers = _offers(programme, hosts, authors, count)
    panels = _panels(programme, reviewers, officer, count)
    rules = rules_of(programme)
    applications = Application.objects.bulk_create(
        (
            Application(
                offer=offers[at],
                guest=guests[at % GUESTS],
                author=travellers[at],
                traveller=travellers[at],
                panel=panels[at],
                rules=rules,
                **_case(at, officer),
            )
            for at in range(count)
        ),
        batch_size=500,
    )
    _remember([*parties, *applications], officer)


def _remember(things: Sequence[Model], by: User) -> None:
    kinds = ContentType.objects.get_for_models(*{type(thing) for thing in things})
    Entry.objects.bulk_create(
        (
            Entry(content_type=kinds[type(thing)], object_id=str(thing.pk), action=step, by=by)
            for thing in things
            for step in STEPS
        ),
        batch_size=2_000,
    )


def _people(others: int) -> list[User]:
    names = ["officer", *(f"person-{number}" for number in range(others))]
    User.objects.bulk_create(
        (User(email=f"{name}@{DOMAIN}", name=name.capitalize(), password="!") for name in names),
        ignore_conflicts=True,
    )
    found = User.objects.in_bulk([f"{name}@{DOMAIN}" for name in names], field_name="email")
    return [found[f"{name}@{DOMAIN}"] for name in names]


def _organisations(others: int) -> list[Organisation]:
    countries = list(Country.objects.filter(is_eu_member=True).order_by("code"))
    names = [
        "Bench authority",
        *(f"Bench {'host' if number < HOSTS else 'guest'} {number}" for number in range(others)),
    ]
    slugs = [name.lower().replace(" ", "-") for name in names]
    Organisation.objects.bulk_create(
        (
            Organisation(
                kind="cluster" if at else "authority",
                name=name,
                slug=slugs[at],
                country=countries[at % len(countries)],
            )
            for at, name in enumerate(names)
        ),
        ignore_conflicts=True,
    )
    found = Organisation.objects.in_bulk(slugs, field_name="slug")
    return [found[slug] for slug in slugs]


def _programme(slug: str, authority: Organisation, officer: User) -> Programme:
    criteria = CriteriaSet.objects.create(name="Bench", reviewers=3, third_above=None)
    for code in ("relevance", "benefit"):
        Criterion.objects.create(criteria=criteria, code=code, name=code, weight=50)
    programme = Programme.objects.create(
        slug=slug, name="Learning from each other", summary="Stays with others.", organisation=authority,
        author=officer, state="open", level="regional", track="full", funding="lump_sum", ceiling=1100,
        budget=5_000_000, criteria=criteria, opens_at=MOMENT, closes_at=MOMENT + timedelta(days=3650), opened_at=MOMENT,
        stays_from=MOMENT.date(), stays_until=MOMENT.date() + timedelta(days=3650),
    )  # fmt: skip
    programme.countries.set(Country.objects.filter(is_eu_member=True))
    for days, amount in ((3, 390), (5, 780)):
        FundingRate.objects.create(programme=programme, days_from=days, amount=amount)
    Officer.objects.create(programme=programme, user=officer)
    return programme


def _offers(
    programme: Programme, hosts: Sequence[Organisation], authors: Sequence[User], count: int
) -> list[Offer]:
    topics, languages = list(Topic.objects.order_by("code")), list(Language.objects.order_by("code"))
    offers = Offer.objects.bulk_create(
        Offer(
            slug=f"{programme.slug}-{at}", programme=programme, host=hosts[at % HOSTS], author=authors[at % HOSTS],
            state="open", theme=topics[at % len(topics)], title=f"{WORDS[at % len(WORDS)].capitalize()}, offer {at}",
            learning=" ".join(WORDS[at % 3 :]), hopes=" ".join(WORDS), agenda=" ".join(WORDS * 6),
            level=("management", "policy", "mixed")[at % 3], submitted_at=MOMENT,
            opened_at=MOMENT + timedelta(minutes=at),
        )
        for at in range(count)
    )  # fmt: skip
    OfferWindow.objects.bulk_create(
        OfferWindow(offer=offer, starts_on=FIRST_DAY, ends_on=FIRST_DAY + timedelta(days=60))
        for offer in offers
    )
    Offer.languages.through.objects.bulk_create(
        Offer.languages.through(offer_id=offer.pk, language_id=languages[at % len(languages)].pk)
        for at, offer in enumerate(offers)
    )
    return offers


def _panels(programme: Programme, reviewers: Sequence[User], officer: User, count: int) -> list[Panel]:
    panels = Panel.objects.bulk_create(
        Panel(kind=REVIEW_KIND, criteria=programme.criteria, brief="Who is involved", due_at=MOMENT)
        for _number in range(count)
    )
    Review.objects.bulk_create(
        (
            Review(
                panel=panel, reviewer=reviewers[(at + place) % REVIEWERS], invited_by=officer, state="submitted",
                declared_at=MOMENT, submitted_at=MOMENT, total=TOTALS[(at + place * place) % len(TOTALS)],
                recommendation="support", comment=" ".join(WORDS * 6),
            )
            for at, panel in enumerate(panels)
            for place in range(3)
        ),
        batch_size=2_000,
    )  # fmt: skip
    return panels


def _case(at: int, officer: User) -> dict[str, Any]:
    state = STATES[at % len(STATES)]
    starts_on = FIRST_DAY + timedelta(days=at % 50)
    found: dict[str, Any] = dict(
        state=state, travels_as="cluster_manager", amount=Decimal(780), meeting_planned=True,
        starts_on=starts_on, ends_on=starts_on + timedelta(days=4),
        submitted_at=MOMENT, accepted_at=MOMENT, decision_due_at=MOMENT + timedelta(hours=at),
        **{name: " ".join(WORDS * 12) for name in ("goals", "benefit", "use_at_home", "agenda")},
    )  # fmt: skip
    if state in RESERVING_STATES:
        found |= {"place": 1, "decided_at": MOMENT, "decided_by": officer, "signed_at": MOMENT}
    if state == A.VALIDATED:
        found["validated_at"] = MOMENT
    return found
