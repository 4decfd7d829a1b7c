from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from apps.accounts.models import User
from apps.organisations.enums import Role
from apps.organisations.models import Organisation
from apps.publishing import registry
from apps.publishing.models import Publication
from tests.factories.accounts import UserFactory
from tests.factories.organisations import MembershipFactory, OrganisationFactory
from tests.factories.publishing import PublicationFactory
from tests.publishing.notes import KIND, NoteType


@pytest.fixture(autouse=True)
def notes(settings: Any) -> Iterator[NoteType]:
    template = settings.TEMPLATES[0]
    settings.TEMPLATES = [{**template, "DIRS": [*template["DIRS"], Path(__file__).parent / "templates"]}]
    note_type = NoteType()
    registry.register(note_type)
    yield note_type
    registry._types.pop(KIND)


@dataclass
class People:
    """One of each role towards the items of ``organisation``."""

    organisation: Organisation
    author: User
    manager: User
    member: User
    stranger: User
    other_manager: User
    curator: User
    other_curator: User
    superuser: User
    curator_member: User
    superuser_manager: User
    visitor: AnonymousUser

    def item(self, state: str = "draft", **values: Any) -> Publication:
        values = {"author": self.author, "organisation": self.organisation, "kind": KIND} | values
        return PublicationFactory.create(state=state, **values)


@pytest.fixture
def people(db: None) -> People:
    organisation = OrganisationFactory.create()

    def belongs(role: str, **values: Any) -> User:
        return MembershipFactory.create(
            organisation=organisation, user=UserFactory.create(**values), role=role
        ).user

    staff: dict[str, Any] = {"is_staff": True}
    return People(
        organisation=organisation,
        author=belongs(Role.MEMBER, name="Ada Author"),
        manager=belongs(Role.MANAGER),
        member=belongs(Role.MEMBER),
        stranger=UserFactory.create(),
        other_manager=MembershipFactory.create(role=Role.MANAGER).user,
        curator=UserFactory.create(**staff),
        other_curator=UserFactory.create(**staff),
        superuser=UserFactory.create(**staff, is_superuser=True),
        curator_member=belongs(Role.MEMBER, **staff),
        superuser_manager=belongs(Role.MANAGER, **staff, is_superuser=True),
        visitor=AnonymousUser(),
    )
