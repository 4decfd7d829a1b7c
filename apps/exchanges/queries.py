"""Reads of cases for their pages, their lists and the officers' table."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.postgres.aggregates import BoolOr, StringAgg
from django.db.models import Count, F, Model, Q, QuerySet, Sum

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.exchanges import permissions, turns
from apps.exchanges.budget import PROMISED
from apps.exchanges.enums import DECIDED_STATES, ENDED_EARLY, Signer
from apps.exchanges.models import (
    Application,
    ApplicationQuerySet,
    Evidence,
    FollowUp,
    Officer,
    Programme,
    Remark,
    Report,
    Signature,
)
from apps.organisations.enums import OrganisationKind
from apps.reviews.models import Panel, Review, outcome_annotations
from apps.taxonomy.models import Country, Topic

PEOPLE_SHOWN = 10
# All that the table of officers and its CSV show of a case: the texts of 2,000 would be read for nothing.
_TABLE_COLUMNS = (
    "state", "starts_on", "ends_on", "amount", "decision_due_at", "panel", "guest__name", "guest__country__code",
    "offer__host__name", "offer__host__country__code", "traveller__name", "traveller__erased_at",
)  # fmt: skip


# --- One case ---------------------------------------------------------------------------------------
def cases_for_page(user: User) -> ApplicationQuerySet:
    """What this person may open, with all that stands in one row beside it."""
    found = Application.objects.visible_to(user).for_list()
    return found.select_related("agreement", "payment", "decided_by", "offer__programme__criteria")


def history_of(application: Application) -> QuerySet[Entry]:
    return Entry.objects.about(application).order_by("-at", "-pk")


def reviews_of(panel: Panel) -> QuerySet[Review]:
    """All that were asked, with what they wrote: for who manages the case."""
    return panel.reviews.select_related("reviewer").prefetch_related("scores__criterion")


def possible_reviewers(application: Application, words: str) -> QuerySet[User]:
    """Whoever may be asked and was not yet, and whose name, or whose authority's name, holds these words.

    ``authorities`` says for whom they work, ``is_colleague`` whether one of these runs the programme.
    """
    found = permissions.reviewers_of(application)
    if application.panel_id:
        found = found.exclude(pk__in=Review.objects.filter(panel=application.panel_id).values("reviewer"))
    authority = Q(
        memberships__organisation__kind=OrganisationKind.AUTHORITY,
        memberships__organisation__is_active=True,
        memberships__organisation__verified_at__isnull=False,
    )
    return (
        found.annotate(
            authorities=StringAgg(
                "memberships__organisation__name", delimiter=", ", distinct=True, filter=authority
            ),
            is_colleague=BoolOr(Q(memberships__organisation=application.offer.programme.organisation_id)),
        )
        .filter(Q(name__icontains=words) | Q(authorities__icontains=words))
        .order_by("name", "pk")[:PEOPLE_SHOWN]
    )


# --- Lists ------------------------------------------------------------------------------------------
def applications_of(user: User, *, as_host: bool, only_waiting: bool = False) -> ApplicationQuerySet:
    """As guest or as host, the latest change first; if wished only those that wait for this person."""
    found = Application.objects.of_host(user) if as_host else Application.objects.of_guest(user)
    if only_waiting:
        found = turns.waiting_for(found, Signer.HOST if as_host else Signer.GUEST).exclude(
            state__in=ENDED_EARLY
        )
    return found.for_list().order_by("-updated_at", "pk")


def programmes_of_officer(user: User) -> QuerySet[Programme]:
    return Programme.objects.of_officer(user).order_by("name", "pk")


def table_of(programme: Programme, user: User) -> ApplicationQuerySet:
    """All cases of a programme that this officer may see, to be put in order also by what their reviews say."""
    found = Application.objects.of_officer(user).filter(offer__programme=programme)
    return found.annotate(**outcome_annotations("panel"))


def with_columns(cases: ApplicationQuerySet) -> ApplicationQuerySet:
    """With what the table shows beside them."""
    return cases.select_related("offer__host__country", "guest__country", "traveller").only(*_TABLE_COLUMNS)


def rows_of(keys: Sequence[uuid.UUID]) -> list[Application]:
    """In this order, for a page of the table. Whoever asks has found the keys among what this officer may see."""
    cases = Application.objects.annotate(**outcome_annotations("panel"))
    found = with_columns(cases).in_bulk(keys)
    return [found[key] for key in keys if key in found]


def countries_of_guests(programme: Programme) -> QuerySet[Country]:
    guests = Application.objects.filter(offer__programme=programme, submitted_at__isnull=False)
    return Country.objects.filter(pk__in=guests.values("guest__country")).order_by("name")


@dataclass(frozen=True)
class Money:
    """Of the programme as a whole. ``left`` is None where no budget was named; below zero where more was approved."""

    approved: Decimal
    paid: Decimal
    budget: Decimal | None
    currency: str
    cases: int
    decided: int

    @property
    def left(self) -> Decimal | None:
        return None if self.budget is None else self.budget - self.approved


def money_of(programme: Programme) -> Money:
    """Also of cases that this officer may not see: the budget is one."""
    found = Application.objects.filter(offer__programme=programme, submitted_at__isnull=False).aggregate(
        approved=Sum("amount", filter=PROMISED),
        paid=Sum("payment__amount"),
        cases=Count("pk"),
        decided=Count("pk", filter=Q(state__in=DECIDED_STATES)),
    )
    return Money(
        approved=found["approved"] or Decimal(0),
        paid=found["paid"] or Decimal(0),
        budget=programme.budget,
        currency=programme.currency,
        cases=found["cases"],
        decided=found["decided"],
    )


# --- What was learned -------------------------------------------------------------------------------
def learnings_of(programme: Programme) -> QuerySet[FollowUp]:
    """Approved answers whose authors agreed, of organisations that everybody may see."""
    return (
        FollowUp.objects.filter(
            application__offer__programme=programme, approved_at__isnull=False, may_publish=True,
            application__guest__is_active=True, application__offer__host__is_active=True,
        )
        .select_related("application__offer__host__country", "application__offer__theme", "application__guest__country")
        .order_by("-approved_at", "-pk")
    )  # fmt: skip


def themes_of_learnings(programme: Programme) -> list[dict[str, Any]]:
    """Each theme with how many answers there are, the most first."""
    rows = (
        learnings_of(programme)
        .order_by()
        .values(code=F("application__offer__theme__code"))
        .annotate(count=Count("pk"))
        .order_by("-count", "code")
    )
    topics = {topic.code: topic for topic in Topic.objects.filter(code__in=[row["code"] for row in rows])}
    return [{"topic": topics[row["code"]], "count": row["count"]} for row in rows]


def reports_to_publish(programme: Programme, theme: str = "") -> QuerySet[Report]:
    """Of organisations that everybody may see."""
    found = Report.objects.published().filter(
        application__offer__programme=programme,
        application__guest__is_active=True,
        application__offer__host__is_active=True,
    )
    if theme:
        found = found.filter(application__offer__theme__code=theme)
    return found.select_related(
        "application__offer__host__country", "application__offer__theme", "application__guest__country"
    ).order_by("-application__validated_at", "application", "side")


# --- What the hub knows of a person -----------------------------------------------------------------
def exchange_data(person: User) -> dict[str, Any]:
    """For their own export: what they wrote, where they travelled, what they signed."""
    own = Application.objects.filter(Q(author=person) | Q(traveller=person)).for_list().order_by("created_at")
    return {
        "applications": [
            {
                "offer": row.offer.title,
                "host": row.offer.host.name,
                "guest": row.guest.name,
                "state": row.state,
                "travels": row.traveller_id == person.pk,
                "starts_on": row.starts_on,
                "ends_on": row.ends_on,
                "goals": row.goals,
                "benefit": row.benefit,
                "use_at_home": row.use_at_home,
                "agenda": row.agenda,
                "meeting_note": row.meeting_note,
                "submitted_at": row.submitted_at,
            }
            for row in own
        ],
        "signatures": _values(Signature, person, "user", "name", "signer", "signed_at", "text_hash"),
        "reports": _values(
            Report,
            person,
            "author",
            "side",
            "learned",
            "change",
            "contacts",
            "would_again",
            "may_publish",
            "submitted_at",
        ),
        "follow_ups": _values(
            FollowUp, person, "author", "side", "what_changed", "may_publish", "answered_at"
        ),
        "evidence": _values(Evidence, person, "author", "kind", "file__original_name", "created_at"),
        "remarks": _values(Remark, person, "author", "text", "created_at"),
        "officer_of": _values(Officer, person, "user", "programme__name", "created_at"),
    }


def _values(model: type[Model], person: User, field: str, *names: str) -> list[dict[str, Any]]:
    rows = model._default_manager.filter(**{field: person}).order_by("pk")
    return list(rows.values(*names))


@dataclass(frozen=True)
class Turn:
    """That a case waits for somebody, by little more than its key."""

    pk: uuid.UUID
    role: Signer
    programme: str
    slug: str
    since: datetime
    due_at: datetime | None


def turns_of(user: User) -> list[Turn]:
    """All that waits for this person, once for each case. An officer may have thousands: no case is loaded."""
    sides = {
        Signer.GUEST: Application.objects.of_guest(user),
        Signer.HOST: Application.objects.of_host(user),
        Signer.OFFICER: Application.objects.of_officer(user),
    }
    found: dict[uuid.UUID, Turn] = {}
    for role, cases in sides.items():
        waiting = turns.waiting_for(cases.exclude(state__in=ENDED_EARLY), role).annotate(due_at=turns.due())
        columns = ("pk", "offer__programme__name", "offer__programme__slug", "updated_at", "due_at")
        for pk, programme, slug, since, due_at in waiting.values_list(*columns):
            found.setdefault(pk, Turn(pk, role, programme, slug, since, due_at))
    return list(found.values())


def cases_with_standing(keys: Collection[uuid.UUID]) -> list[Application]:
    """With all that says whose turn it is."""
    if not keys:
        return []
    return list(
        Application.objects.filter(pk__in=keys)
        .select_related("offer__programme", "offer__host", "guest", "agreement", "panel__criteria")
        .prefetch_related("agreement__signatures", "reports", "follow_ups")
        .annotate(**outcome_annotations("panel"))
        .order_by("updated_at", "pk")
    )
