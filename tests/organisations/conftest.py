from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.notifications.models import Notification
from apps.organisations.models import JoinRequest, Membership, Organisation
from tests.factories.accounts import UserFactory
from tests.factories.organisations import MembershipFactory, OrganisationFactory
from tests.factories.taxonomy import CountryFactory, LanguageFactory

ROLES = ("anonymous", "stranger", "member", "manager", "other_manager", "curator", "own_curator")


@dataclass
class People:
    """One organisation, and everybody who may stand in some relation to it."""

    organisation: Organisation
    anonymous: AnonymousUser
    stranger: User
    member: User
    manager: User
    other_manager: User
    curator: User
    own_curator: User

    def get(self, role: str) -> User | AnonymousUser:
        found: User | AnonymousUser = getattr(self, role)
        return found


def belongs(organisation: Organisation, role: str = "member", **values: Any) -> User:
    user = UserFactory.create(**values)
    MembershipFactory.create(organisation=organisation, user=user, role=role)
    return user


@pytest.fixture
def people(db: None) -> People:
    LanguageFactory.create()
    organisation = OrganisationFactory.create(name="Alpenholz", slug="alpenholz")
    return People(
        organisation=organisation,
        anonymous=AnonymousUser(),
        stranger=UserFactory.create(name="Sam Stranger"),
        member=belongs(organisation, name="Mia Member"),
        manager=belongs(organisation, "manager", name="Max Manager"),
        other_manager=belongs(OrganisationFactory.create(name="Elsewhere"), "manager"),
        curator=UserFactory.create(is_staff=True),
        own_curator=belongs(organisation, is_staff=True),
    )


@pytest.fixture
def unmanaged(db: None) -> Organisation:
    """A real name without an account."""
    LanguageFactory.create()
    return OrganisationFactory.create(name="Nobody's yet", slug="nobodys-yet", is_illustrative=True)


def values(**changes: Any) -> dict[str, Any]:
    """What a filled form gives to the services."""
    return {
        "name": "Bergbahn Cluster",
        "kind": "cluster",
        "country": CountryFactory.create(),
        "region": None,
        "city": "Innsbruck",
        "website": "https://bergbahn.example.org/",
        "description": "Ropeways.",
        "language": "en",
        "founded_year": 1999,
        **changes,
    }


def form_data(**changes: Any) -> dict[str, Any]:
    """What a browser sends."""
    country = CountryFactory.create()
    return {
        "name": "Bergbahn Cluster",
        "kind": "cluster",
        "country": country.pk,
        "region": "",
        "city": "Innsbruck",
        "website": "https://bergbahn.example.org/",
        "description": "Ropeways.",
        "language": "en",
        "founded_year": "1999",
        **changes,
    }


def steps_of(obj: Any) -> list[tuple[str, int | None]]:
    return list(Entry.objects.about(obj).values_list("action", "by"))


def told(kind: str) -> list[User]:
    """Everybody who was told of this, one entry for each message."""
    found = Notification.objects.filter(kind=kind).select_related("recipient").order_by("recipient")
    return [row.recipient for row in found]


def state_of_things() -> dict[str, Any]:
    """Everything that a step of this app may change, to compare before and after a refusal."""
    return {
        "organisations": list(Organisation.objects.order_by("pk").values()),
        "memberships": list(Membership.objects.order_by("pk").values()),
        "requests": list(JoinRequest.objects.order_by("pk").values()),
        "entries": Entry.objects.count(),
        "notifications": Notification.objects.count(),
    }
