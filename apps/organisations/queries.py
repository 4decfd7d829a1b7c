"""Reads for the pages of an organisation."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.search import TrigramSimilarity, TrigramWordSimilarity
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Greatest

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.core.queues import next_in_line
from apps.organisations import permissions
from apps.organisations.enums import Ending, JoinState, Role
from apps.organisations.models import JoinRequest, Membership, Organisation, OrganisationQuerySet
from apps.search.models import Document, FacetValue
from apps.taxonomy.models import Country

_SHOWN = 10
# As a whole, and as one within the other: "AERTIC" and "AERTIC Asociación Cluster" are near by the second.
_ALIKE, _CONTAINED = 0.45, 0.8


def people_of(organisation: Organisation) -> models.QuerySet[Membership]:
    """Managers first, then by name."""
    people = Membership.objects.filter(organisation=organisation).select_related("user")
    return people.order_by("role", "user__name", "pk")


def people_since(organisations: Collection[int], moment: datetime) -> set[int]:
    """Who belongs to one of these, or did at ``moment`` and later: ``of_member_since`` for all people at once."""
    ended = Entry.objects.filter(
        action__in=[Ending.LEFT, Ending.REMOVED],
        content_type=ContentType.objects.get_for_model(Organisation),
        object_id__in=[str(pk) for pk in organisations],
        at__gte=moment,
    ).values_list("action", "by", "data__user")
    belong = Membership.objects.filter(organisation__in=organisations).values_list("user", flat=True)
    left = {by if action == Ending.LEFT else removed for action, by, removed in ended}
    return {*belong, *left} - {None}


def managers_of(organisation: Organisation) -> list[User]:
    return list(organisation.managers().order_by("name", "pk"))


def pending_request(user: User | AnonymousUser, organisation: Organisation) -> JoinRequest | None:
    if not user.is_authenticated:
        return None
    return pending_requests_of(user).filter(organisation=organisation).first()


def pending_requests_of(user: User) -> models.QuerySet[JoinRequest]:
    """Where they asked to belong and nobody has answered yet."""
    own = JoinRequest.objects.filter(user=user, state=JoinState.PENDING).select_related("organisation")
    return own.order_by("created_at", "pk")


def memberships_of(user: User) -> models.QuerySet[Membership]:
    """Where they belong, the ones that they manage first."""
    own = Membership.objects.filter(user=user).select_related("organisation__country")
    return own.order_by("role", "organisation__name", "pk")


def requests_to_decide(user: User, organisation: Organisation) -> list[JoinRequest]:
    if not permissions.can_decide_join_requests(user, organisation):
        return []
    waiting = JoinRequest.objects.filter(organisation=organisation, state=JoinState.PENDING)
    return list(waiting.exclude(user=user).select_related("user"))


def has_other_managers(user: User, organisation: Organisation) -> bool:
    return organisation.managers().exclude(pk=user.pk).exists()


def published_by(organisation: Organisation) -> list[Document]:
    """What this organisation contributed and everybody may see: asked of the search, which holds nothing else."""
    value = FacetValue.objects.filter(facet="organisation", code=organisation.slug).first()
    if value is None:
        return []
    found = Document.objects.filter(facets__contains=[value.pk]).defer("head", "tsv")
    return list(found.order_by("-published_at", "-pk")[:_SHOWN])


def similar_organisations(name: str, country: Country, *, by: User) -> list[Organisation]:
    """Whom this may already be, accents and case aside: shown before a second entry for the same body is made.

    Only what everybody may see; not what this person added under the very same name, for that is a second press.
    """
    own = Organisation.objects.of_manager(by).filter(name__iexact=name).values("pk")
    return _alike(Organisation.objects.filter(is_active=True, country=country).exclude(pk__in=own), name)


def others_of_similar_name(organisation: Organisation) -> list[Organisation]:
    """For curators: whom it may be confused with, in any country, also those that are hidden."""
    others = Organisation.objects.exclude(pk=organisation.pk).select_related("country")
    return _alike(others, organisation.name)


def _alike(found: OrganisationQuerySet, name: str) -> list[Organisation]:
    # The stubs know only names of fields here.
    stored: Any = _plain(F("name"))
    given: Any = _plain(Value(name))
    near = found.annotate(
        alike=TrigramSimilarity(stored, given),
        contained=Greatest(TrigramWordSimilarity(given, stored), TrigramWordSimilarity(stored, given)),
    ).filter(Q(alike__gte=_ALIKE) | Q(contained__gte=_CONTAINED))
    return list(near.order_by("-alike", "name")[:5])


def _plain(expression: Any) -> Func:
    return Func(expression, function="unaccent", output_field=models.TextField())


def organisation_data(person: User) -> dict[str, Any]:
    """What the hub knows of a person's organisations, for their own export."""
    memberships = Membership.objects.filter(user=person).order_by("pk")
    requests = JoinRequest.objects.filter(user=person).order_by("pk")
    return {
        "memberships": [
            {"organisation": row.organisation.name, "role": row.role, "since": row.created_at}
            for row in memberships.select_related("organisation")
        ],
        "requests_to_join": [
            {
                "organisation": row.organisation.name,
                "message": row.message,
                "state": row.state,
                "reason": row.reason,
                "asked_at": row.created_at,
                "decided_at": row.decided_at,
            }
            for row in requests.select_related("organisation")
        ],
    }


def to_verify(curator: User) -> models.QuerySet[Organisation]:
    """What waits for a curator's word that it is what it says, oldest first; one's own is for others."""
    own = Membership.objects.filter(user=curator).values("organisation")
    waiting = Organisation.objects.filter(verified_at__isnull=True, is_illustrative=False, is_active=True)
    return waiting.exclude(pk__in=own).order_by("created_at", "pk")


def next_to_verify(curator: User, *, after: Organisation) -> Organisation | None:
    """What began to wait after this one, at the end the oldest again."""
    return next_in_line(to_verify(curator), began="created_at", after=after)


def left_to_curators(curator: User) -> Q:
    """Condition for requests to join: nobody else can answer, and the curator does not belong there."""
    own = Membership.objects.filter(organisation=models.OuterRef("organisation"), user=curator)
    orphans = Organisation.objects.filter(without_active_manager())
    return Q(organisation__in=orphans) & ~Q(models.Exists(own)) & ~Q(user=curator)


def without_active_manager() -> Q:
    """Condition for a queryset of organisations: nobody can act for them."""
    acting = Membership.objects.filter(
        organisation=models.OuterRef("pk"), role=Role.MANAGER, user__is_active=True
    )
    return ~Q(models.Exists(acting))
