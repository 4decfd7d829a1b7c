from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.organisations.models import Organisation
from tests.factories.accounts import UserFactory
from tests.factories.knowledge import language, person_of
from tests.factories.organisations import OrganisationFactory
from tests.factories.taxonomy import LicenceFactory, TopicFactory

FormData = Callable[..., dict[str, Any]]


@pytest.fixture
def place(db: None) -> Organisation:
    language()
    return OrganisationFactory.create(name="Alpenholz", slug="alpenholz")


@pytest.fixture
def author(place: Organisation) -> User:
    return person_of(place, name="Ada Muster")


@pytest.fixture
def manager(place: Organisation) -> User:
    return person_of(place, "manager")


@pytest.fixture
def outsider(db: None) -> User:
    """A member of some other organisation."""
    return person_of(OrganisationFactory.create())


@pytest.fixture
def own_curator(place: Organisation) -> User:
    """Staff, and a member of the organisation that the items belong to."""
    return person_of(place, is_staff=True)


@pytest.fixture
def loner(db: None) -> User:
    return UserFactory.create()


@pytest.fixture
def form_data(place: Organisation) -> FormData:
    """What a browser sends for a complete resource with a link."""
    defaults = {
        "title": "Measuring what matters",
        "resource_type": "guide",
        "summary": "How a small team says something true.",
        "topics": [TopicFactory.create().pk],
        "authors": "Muster, Ada",
        "organisation": place.pk,
        "year": "2024",
        "language": language().pk,
        "link": "https://example.org/guide",
        "licence": LicenceFactory.create().pk,
        "action": "save",
    }

    def data(**values: Any) -> dict[str, Any]:
        return {**defaults, "form_token": str(uuid.uuid4()), **values}

    return data


@pytest.fixture
def author_client(author: User) -> Client:
    client = Client()
    client.force_login(author)
    return client
