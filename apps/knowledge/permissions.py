"""Who may do what with a resource. Its publication decides; here it is said in the repository's words."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser

from apps.accounts.models import User
from apps.knowledge.models import Resource
from apps.organisations.models import Organisation
from apps.publishing import permissions as publishing
from apps.publishing.enums import PublicationState


def can_view(user: User | AnonymousUser, resource: Resource) -> bool:
    return publishing.can_view(user, resource.publication)


def can_edit(user: User | AnonymousUser, resource: Resource) -> bool:
    """Also of a published one: the edit then becomes a pending version. What the hub lists its curators correct."""
    return not resource.is_reference and publishing.can_edit(user, resource.publication)


def can_contribute(user: User | AnonymousUser) -> bool:
    """Whoever belongs to an organisation of the hub."""
    return user.is_authenticated and Organisation.objects.of_member(user).filter(is_active=True).exists()


def has_tombstone(resource: Resource) -> bool:
    """It was public and is not any more: its address says so to everybody."""
    publication = resource.publication
    return (
        publication.state == PublicationState.WITHDRAWN
        and publication.live_id is None
        and publication.published_at is not None
    )
