"""Reads for the pages of an organisation."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db import models

from apps.accounts.models import User
from apps.organisations import permissions
from apps.organisations.enums import JoinState
from apps.organisations.models import JoinRequest, Membership, Organisation
from apps.search.models import Document, FacetValue

_SHOWN = 10


def people_of(organisation: Organisation) -> models.QuerySet[Membership]:
    return Membership.objects.filter(organisation=organisation, user__is_active=True).select_related("user")


def pending_request(user: User | AnonymousUser, organisation: Organisation) -> JoinRequest | None:
    if not user.is_authenticated:
        return None
    own = JoinRequest.objects.filter(organisation=organisation, user=user, state=JoinState.PENDING)
    return own.first()


def requests_to_decide(user: User, organisation: Organisation) -> list[JoinRequest]:
    waiting = JoinRequest.objects.filter(organisation=organisation, state=JoinState.PENDING)
    found = list(waiting.exclude(user=user).select_related("user", "organisation"))
    return found if found and permissions.can_decide_request(user, found[0]) else []


def published_by(organisation: Organisation) -> list[Document]:
    """What this organisation contributed and everybody may see: asked of the search, which holds nothing else."""
    value = FacetValue.objects.filter(facet="organisation", code=organisation.slug).first()
    if value is None:
        return []
    found = Document.objects.filter(facets__contains=[value.pk]).defer("head", "tsv", "fuzzy")
    return list(found.order_by("-published_at", "-pk")[:_SHOWN])
