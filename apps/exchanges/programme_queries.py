"""Reads for the pages of programmes."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.accounts.models import User
from apps.exchanges.enums import RESERVING_STATES, UNDECIDED_STATES, ProgrammeState
from apps.exchanges.models import Application, Offer, OfferQuerySet, Officer, Programme, ProgrammeQuerySet
from apps.organisations.enums import OrganisationKind
from apps.organisations.models import Organisation, OrganisationQuerySet

Person = User | AnonymousUser
SHOWN_OFFERS = 20


def programmes_for(user: Person) -> ProgrammeQuerySet:
    """One's own drafts first, then what is open, the nearest deadline first; with the number of public offers."""
    order = Case(*(When(state=state, then=Value(place)) for place, state in enumerate(ProgrammeState)))
    offers = Offer.objects.public().filter(programme=OuterRef("pk")).order_by().values("programme")
    found = Programme.objects.visible_to(user).for_list()
    return found.annotate(
        place=order, offer_count=Coalesce(Subquery(offers.annotate(n=Count("pk")).values("n")), 0)
    ).order_by("place", "closes_at", "pk")


def authorities_of(user: Person) -> OrganisationQuerySet:
    """In whose name this person may open a programme, as ``permissions.can_create_programme`` has it."""
    if not (user.is_authenticated and user.is_active):
        return Organisation.objects.none()
    managed = Organisation.objects.of_manager(user).filter(is_active=True, verified_at__isnull=False)
    return managed.filter(kind=OrganisationKind.AUTHORITY).order_by("name", "pk")


def open_offers_of(programme: Programme) -> OfferQuerySet:
    """The first of them; the catalogue has them all."""
    found = (
        Offer.objects.public()
        .filter(programme=programme)
        .select_related("host__country", "programme", "theme")
    )
    return found.order_by("-opened_at", "pk")[:SHOWN_OFFERS]


def officers_of(programme: Programme) -> list[User]:
    """As they are entered; who left the authority is no officer any more."""
    entered = Officer.objects.filter(programme=programme).values("user")
    belongs = {"memberships__organisation": programme.organisation_id}
    return list(User.objects.filter(pk__in=entered, is_active=True, **belongs).order_by("name", "pk"))


@dataclass(frozen=True)
class Numbers:
    """What everybody may count: also whether the programme decides when it promised to."""

    applied: int
    approved: int
    decided: int
    in_time: int
    late: int


def numbers_of(programme: Programme) -> Numbers:
    decided = Q(decided_at__isnull=False)
    found = Application.objects.filter(offer__programme=programme, submitted_at__isnull=False).aggregate(
        applied=Count("pk"),
        approved=Count("pk", filter=Q(state__in=RESERVING_STATES)),
        decided=Count("pk", filter=decided),
        in_time=Count("pk", filter=decided & Q(first_decided_at__lte=F("decision_due_at"))),
        late=Count(
            "pk",
            filter=Q(
                state__in=UNDECIDED_STATES,
                decision_due_at__lt=timezone.now(),
            ),
        ),
    )
    return Numbers(**found)
