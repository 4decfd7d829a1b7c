"""Once a year somebody looks whether a profile is still right; and what waits for whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from apps.core.tasklist import Todo, todos_for
from apps.notifications.models import Notification
from apps.organisations import services, tasks
from apps.organisations.models import Membership, Organisation
from tests.factories.accounts import UserFactory
from tests.factories.organisations import JoinRequestFactory, OrganisationFactory
from tests.organisations.conftest import People, belongs, told

pytestmark = pytest.mark.django_db
YEAR = timedelta(days=365)


def looked_at(organisation: Organisation, ago: timedelta) -> None:
    Organisation.objects.filter(pk=organisation.pk).update(confirmed_at=timezone.now() - ago)


def about(user: Any, word: str) -> list[Todo]:
    return [todo for todo in todos_for(user) if word in todo.title]


@pytest.fixture(autouse=True)
def _fresh(people: People) -> None:
    """Nothing is due at the beginning."""
    Organisation.objects.update(confirmed_at=timezone.now())


@pytest.mark.parametrize(
    ("ago", "is_due"), [(YEAR - timedelta(hours=1), False), (YEAR + timedelta(hours=1), True)]
)
def test_managers_are_reminded_after_a_year(people: People, ago: timedelta, is_due: bool) -> None:
    looked_at(people.organisation, ago)
    tasks.remind_to_confirm()
    assert told("confirmation_due") == ([people.manager] if is_due else [])


def test_a_week_without_beat_loses_and_doubles_nothing(people: People) -> None:
    looked_at(people.organisation, YEAR + timedelta(days=7))
    for _day in range(3):
        tasks.remind_to_confirm()
    assert told("confirmation_due") == [people.manager]


def test_each_year_reminds_once(people: People) -> None:
    """Also when nobody answered the last one."""
    start = timezone.now()
    for day in range(0, 3 * 365 + 30, 10):
        with time_machine.travel(start + timedelta(days=day), tick=False):
            tasks.remind_to_confirm()
            own = Notification.objects.filter(recipient=people.manager, kind="confirmation_due").count()
            assert own == day // 365, day


def test_confirming_or_editing_begins_a_new_year(people: People) -> None:
    looked_at(people.organisation, YEAR + timedelta(days=1))
    assert about(people.manager, "still right")
    services.confirm_profile(organisation_id=people.organisation.pk, by=people.manager)
    tasks.remind_to_confirm()
    assert told("confirmation_due") == []
    assert not about(people.manager, "still right")


def test_nobody_is_reminded_of_hidden_or_unmanaged_ones(people: People) -> None:
    unmanaged = OrganisationFactory.create(name="Nobody's", is_illustrative=True)
    looked_at(unmanaged, 2 * YEAR)
    looked_at(people.organisation, 2 * YEAR)
    Organisation.objects.filter(pk=people.organisation.pk).update(is_active=False)
    tasks.remind_to_confirm()
    assert told("confirmation_due") == []


def test_two_managers_are_reminded_once_each(people: People) -> None:
    second = belongs(people.organisation, "manager")
    looked_at(people.organisation, YEAR + timedelta(days=1))
    tasks.remind_to_confirm()
    assert told("confirmation_due") == [people.manager, second]


# --- What waits for whom ----------------------------------------------------------------------------------


def test_requests_wait_for_the_managers(people: People) -> None:
    JoinRequestFactory.create_batch(2, organisation=people.organisation)
    for role in ("stranger", "member", "other_manager", "curator", "own_curator"):
        assert not about(people.get(role), "join"), role
    [todo] = about(people.manager, "join")
    assert todo.title == "2 people ask to join Alpenholz"
    assert todo.url == "/organisations/alpenholz/people/"
    assert todo.since is not None


def test_requests_wait_for_curators_where_nobody_can_decide(people: People) -> None:
    JoinRequestFactory.create(organisation=people.organisation)
    people.manager.is_active = False
    people.manager.save()
    assert [todo.title for todo in about(people.curator, "join")] == ["1 person asks to join Alpenholz"]
    assert not about(people.own_curator, "join")


def test_own_and_decided_requests_wait_for_nobody(people: People) -> None:
    unmanaged = OrganisationFactory.create(name="Nobody's")
    JoinRequestFactory.create(organisation=unmanaged, user=people.curator)
    assert not about(people.curator, "join")
    request = JoinRequestFactory.create(organisation=people.organisation)
    services.decline_request(request_id=request.pk, reason="No.", by=people.manager)
    assert not about(people.manager, "join")


@pytest.mark.parametrize("role", ["manager", "curator", "own_curator", "stranger", "member"])
def test_todos_agree_with_what_the_person_may_do(people: People, role: str) -> None:
    """Every organisation in the list can be decided on, and every one that can be is in the list."""
    from apps.organisations import permissions

    user: Any = people.get(role)
    places = [people.organisation, OrganisationFactory.create(name="Unmanaged one")]
    orphan = OrganisationFactory.create(name="Orphan one")
    Membership.objects.create(organisation=orphan, user=UserFactory.create(is_active=False), role="manager")
    places.append(orphan)
    for place in places:
        JoinRequestFactory.create(organisation=place)
    listed = {todo.url for todo in about(user, "join")}
    expected = {
        f"{place.get_absolute_url()}people/"
        for place in places
        if permissions.can_decide_join_requests(user, place)
    }
    assert listed == expected


def test_new_organisations_wait_for_a_curator(people: People) -> None:
    Organisation.objects.exclude(pk=people.organisation.pk).delete()
    [todo] = about(people.curator, "verified")
    assert todo.title == "1 organisation waits to be verified"
    assert not about(people.own_curator, "verified"), "never their own"
    assert not about(people.manager, "verified")
    services.verify_organisation(organisation_id=people.organisation.pk, by=people.curator)
    assert not about(people.curator, "verified")


def test_number_of_queries_is_constant(
    people: People, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    from apps.organisations import todo_sources

    def ask() -> None:
        for source in (
            todo_sources.requests_to_join,
            todo_sources.profiles_to_confirm,
            todo_sources.organisations_to_verify,
        ):
            list(source(people.curator))

    with django_assert_max_num_queries(5) as counted:
        ask()
    for number in range(10):
        JoinRequestFactory.create(organisation=OrganisationFactory.create(name=f"Body {number}"))
    with django_assert_num_queries(len(counted)):
        ask()
