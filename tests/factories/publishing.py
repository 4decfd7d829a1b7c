"""Contributions in any state, with what the database asks for in that state."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from apps.organisations.enums import Role
from apps.publishing.enums import ONCE_PUBLIC_STATES, REASONED_STATES, PublicationState
from apps.publishing.models import Publication
from tests.factories.accounts import UserFactory
from tests.factories.organisations import MembershipFactory, OrganisationFactory

S = PublicationState


class PublicationFactory(DjangoModelFactory):
    """``PublicationFactory.create(state="submitted", author=…, organisation=…, live=…)``; a draft by default.

    The author becomes a member of the organisation. Set ``kind`` to one that is registered.
    """

    class Meta:
        model = Publication

    kind = "resource"
    state: Any = S.DRAFT
    title = factory.Sequence(lambda n: f"Contribution {n}")
    author = factory.SubFactory(UserFactory)
    organisation = factory.SubFactory(OrganisationFactory)

    @classmethod
    def _create(cls, model_class: type[Publication], *args: Any, **values: Any) -> Publication:
        live = values.get("live")
        if live is not None:
            values |= {"kind": live.kind, "author": live.author, "organisation": live.organisation}
        for name, value in _facts(values["state"], values["author"], is_version=live is not None).items():
            values.setdefault(name, value)
        MembershipFactory._meta.model.objects.get_or_create(
            organisation=values["organisation"], user=values["author"], defaults={"role": Role.MEMBER}
        )
        return model_class.objects.create(**values)


def _facts(state: str, author: Any, *, is_version: bool) -> dict[str, Any]:
    """Times a day apart, the submission first."""
    now = timezone.now()
    facts: dict[str, Any] = {}
    if state != S.DRAFT:
        facts |= {"submitted_at": now - timedelta(days=3), "submitted_by": author}
    if state in ONCE_PUBLIC_STATES and not is_version:
        facts["published_at"] = now - timedelta(days=2)
    if state in REASONED_STATES:
        facts["reason"] = "Because."
    if state == S.WITHDRAWN:
        facts["withdrawn_at"] = now - timedelta(days=1)
    return facts
