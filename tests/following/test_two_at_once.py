"""A search is matched or changed while its owner is erased."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services import erase_person
from apps.following import matching, services
from apps.following.models import SavedSearch
from apps.notifications.models import Notification
from tests.concurrency import at_once
from tests.factories.following import SavedSearchFactory
from tests.following.conftest import PATH, Notes

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 5


@pytest.fixture(params=range(ROUNDS))
def search(request: pytest.FixtureRequest, notes: Notes, user: User) -> SavedSearch:
    """With news to tell. A race that is lost sometimes must be run more than once."""
    then = timezone.now() - timedelta(days=2)
    for number in (1, 2, 3):
        notes.publish(number, f"Indicators {number}")
    return SavedSearchFactory.create(
        user=user, path=PATH, query_string="q=indicators", created_at=then, checked_until=then
    )


def test_match_while_the_owner_is_erased_leaves_nothing_behind(search: SavedSearch) -> None:
    results = at_once(
        lambda: matching.match_one(search_id=search.pk),
        lambda: erase_person(person_id=search.user_id, by=search.user),
    )

    assert results == ["done", "done"]
    assert not Notification.objects.exists()
    assert not SavedSearch.objects.exists()


def test_search_is_deleted_while_the_owner_is_erased(search: SavedSearch) -> None:
    matching.match_one(search_id=search.pk)
    results = at_once(
        lambda: services.delete_search(search_id=search.pk, by=search.user),
        lambda: erase_person(person_id=search.user_id, by=search.user),
    )

    assert results[0] in {"done", "AccountClosedError"}
    assert results[1] == "done"
    assert not Notification.objects.exists()


def test_search_of_somebody_who_is_erased_meanwhile_is_not_kept(search: SavedSearch) -> None:
    results = at_once(
        lambda: services.save_search(path=PATH, query_string="q=others", by=search.user),
        lambda: erase_person(person_id=search.user_id, by=search.user),
    )

    assert results[0] in {"done", "AccountClosedError"}
    assert results[1] == "done"
    assert not SavedSearch.objects.exists()


def test_search_deleted_twice_at_once_is_deleted(search: SavedSearch) -> None:
    results = at_once(*[lambda: services.delete_search(search_id=search.pk, by=search.user)] * 3)

    assert results == ["done"] * 3
    assert not SavedSearch.objects.exists()


def test_search_renamed_while_it_is_deleted_is_said_to_be_gone(search: SavedSearch) -> None:
    results = at_once(
        lambda: services.delete_search(search_id=search.pk, by=search.user),
        lambda: services.rename_search(search_id=search.pk, name="New", by=search.user),
    )

    assert results[0] == "done"
    assert results[1] in {"done", "StepNotAllowedError"}
