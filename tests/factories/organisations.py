"""Organisations and their people."""

from __future__ import annotations

import factory
from factory.django import DjangoModelFactory

from apps.organisations.enums import OrganisationKind, Role
from apps.organisations.models import JoinRequest, Membership, Organisation
from tests.factories.accounts import UserFactory
from tests.factories.taxonomy import CountryFactory


class OrganisationFactory(DjangoModelFactory):
    class Meta:
        model = Organisation

    kind = OrganisationKind.CLUSTER
    name = factory.Sequence(lambda n: f"Organisation {n}")
    slug = factory.Sequence(lambda n: f"organisation-{n}")
    country = factory.SubFactory(CountryFactory)


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = Membership

    organisation = factory.SubFactory(OrganisationFactory)
    user = factory.SubFactory(UserFactory)
    role = Role.MEMBER


class JoinRequestFactory(DjangoModelFactory):
    class Meta:
        model = JoinRequest

    organisation = factory.SubFactory(OrganisationFactory)
    user = factory.SubFactory(UserFactory)
