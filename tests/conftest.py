"""What every test may use."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from apps.accounts.models import User
from tests.factories.accounts import UserFactory


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """Rate limits and cached facets of one test are nobody else's."""
    cache.clear()


@pytest.fixture
def user(db: None) -> User:
    return UserFactory.create()


@pytest.fixture
def curator(db: None) -> User:
    return UserFactory.create(is_staff=True)
