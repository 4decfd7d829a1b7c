"""Below the services the database itself keeps a manager in every organisation that has members."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from apps.organisations.enums import Role
from apps.organisations.models import Membership, Organisation
from tests.factories.organisations import OrganisationFactory
from tests.organisations.conftest import belongs

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation(db: None) -> Organisation:
    return OrganisationFactory.create()


def managers(organisation: Organisation) -> Any:
    return Membership.objects.filter(organisation=organisation, role=Role.MANAGER)


def elsewhere(organisation: Organisation) -> Organisation:
    return OrganisationFactory.create(name=f"Not {organisation}")


WAYS: dict[str, Callable[[Organisation], object]] = {
    "deleted": lambda organisation: managers(organisation).delete(),
    "demoted": lambda organisation: managers(organisation).update(role=Role.MEMBER),
    "moved": lambda organisation: managers(organisation).update(organisation=elsewhere(organisation)),
    "person deleted": lambda organisation: organisation.managers().delete(),
}


@pytest.mark.parametrize("way", WAYS)
def test_last_manager_of_members_does_not_go(organisation: Organisation, way: str) -> None:
    belongs(organisation, Role.MANAGER)
    belongs(organisation)
    with pytest.raises(IntegrityError, match="last manager"):
        go(way, organisation)
    assert managers(organisation).count() == 1


@pytest.mark.parametrize("way", ["deleted", "moved", "person deleted"])
def test_sole_person_may_go(organisation: Organisation, way: str) -> None:
    belongs(organisation, Role.MANAGER)
    go(way, organisation)
    assert not Membership.objects.filter(organisation=organisation).exists()


def test_one_of_two_managers_may_go(organisation: Organisation) -> None:
    first = belongs(organisation, Role.MANAGER)
    belongs(organisation, Role.MANAGER)
    Membership.objects.filter(user=first).delete()
    check_now()


def test_handing_over_in_any_order(organisation: Organisation) -> None:
    """The rule holds at the end of a transaction, not at each statement."""
    first, second = belongs(organisation, Role.MANAGER), belongs(organisation)
    with transaction.atomic():
        Membership.objects.filter(user=first).delete()
        Membership.objects.filter(user=second).update(role=Role.MANAGER)
        check_now()
    assert list(organisation.managers()) == [second]


def test_organisation_goes_with_its_people(organisation: Organisation) -> None:
    belongs(organisation, Role.MANAGER)
    belongs(organisation)
    organisation.delete()
    check_now()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["deleted", "demoted"])
def test_two_transactions_at_once_leave_one(way: str) -> None:
    """Each sees the other's manager until it commits: only the lock in the trigger keeps one."""
    organisation = OrganisationFactory.create()
    belongs(organisation)
    pair = [belongs(organisation, Role.MANAGER).pk for _ in range(2)]
    barrier = Barrier(2)

    def run(person: int) -> str:
        rows = Membership.objects.filter(user=person)
        try:
            with transaction.atomic():
                rows.delete() if way == "deleted" else rows.update(role=Role.MEMBER)
                barrier.wait(timeout=10)
        except IntegrityError:
            return "refused"
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(2) as pool:
        results = [future.result(timeout=30) for future in [pool.submit(run, pk) for pk in pair]]

    assert sorted(results) == ["done", "refused"]
    assert managers(organisation).count() == 1


@transaction.atomic
def go(way: str, organisation: Organisation) -> None:
    WAYS[way](organisation)
    check_now()


def check_now() -> None:
    """What would be checked at the commit, and deferred again after it."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
