"""Saved searches of the repository."""

from __future__ import annotations

import factory
from factory.django import DjangoModelFactory

from apps.following.models import SavedSearch
from tests.factories.accounts import UserFactory


class SavedSearchFactory(DjangoModelFactory):
    class Meta:
        model = SavedSearch

    user = factory.SubFactory(UserFactory)
    path = "/knowledge/"
    query_string = factory.Sequence(lambda n: f"q=indicators{n}")
    name = factory.Sequence(lambda n: f"Indicators {n}")
