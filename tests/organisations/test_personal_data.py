"""Export and erasure: all that is known of a person, and nothing left of it afterwards."""

from __future__ import annotations

import json

import pytest
from django.core.serializers.json import DjangoJSONEncoder

from apps.accounts.models import User
from apps.accounts.personal_data import erasure_obstacles, export_of
from apps.accounts.services import erase_person
from apps.audit.models import Entry
from apps.core.exceptions import RuleBrokenError, StepNotAllowedError
from apps.notifications.models import Notification
from apps.organisations import services
from apps.organisations.models import JoinRequest, Membership, Organisation
from tests.organisations.conftest import People, belongs

pytestmark = pytest.mark.django_db


def ask(people: People, message: str = "My private words") -> JoinRequest:
    return services.ask_to_join(organisation_id=people.organisation.pk, message=message, by=people.stranger)


def test_export_has_memberships_and_requests(people: People) -> None:
    services.decline_request(request_id=ask(people).pk, reason="Who are you?", by=people.manager)
    asked = export_of(people.stranger)["organisations"]
    belonging = export_of(people.manager)["organisations"]

    [request] = asked["requests_to_join"]
    assert (request["organisation"], request["message"]) == ("Alpenholz", "My private words")
    assert (request["state"], request["reason"]) == ("declined", "Who are you?")
    [membership] = belonging["memberships"]
    assert (membership["organisation"], membership["role"]) == ("Alpenholz", "manager")
    assert json.dumps([asked, belonging], cls=DjangoJSONEncoder)


def test_export_has_nothing_of_others(people: People) -> None:
    ask(people)
    assert "My private words" not in json.dumps(
        export_of(people.manager)["organisations"], cls=DjangoJSONEncoder
    )
    assert export_of(people.curator)["organisations"] == {"memberships": [], "requests_to_join": []}


def test_last_manager_hands_over_first(people: People) -> None:
    [obstacle] = erasure_obstacles(people.manager)
    assert "Alpenholz" in obstacle
    with pytest.raises(RuleBrokenError):
        erase_person(person_id=people.manager.pk, by=people.manager)
    assert Membership.objects.filter(user=people.manager).exists()

    services.change_role(
        organisation_id=people.organisation.pk, user_id=people.member.pk, role="manager", by=people.manager
    )
    erase_person(person_id=people.manager.pk, by=people.manager)
    assert list(people.organisation.managers()) == [people.member]


def test_inactive_second_manager_does_not_count(people: People) -> None:
    belongs(people.organisation, "manager", is_active=False)
    assert len(erasure_obstacles(people.manager)) == 1


@pytest.mark.parametrize("role", ["stranger", "member", "curator", "other_manager"])
def test_nothing_is_in_the_way_of_others(people: People, role: str) -> None:
    """The manager of an organisation in which nobody else is may go, too: it stays, without a manager."""
    person: User = getattr(people, role)
    assert erasure_obstacles(person) == []
    erase_person(person_id=person.pk, by=person)
    assert not Membership.objects.filter(user=person).exists()
    assert Organisation.objects.count() == 2


def test_nothing_that_was_said_outlives_the_person(people: People) -> None:
    services.decline_request(
        request_id=ask(people).pk, reason="We know Sam Stranger too well", by=people.manager
    )
    waiting = ask(people, "More private words")
    erase_person(person_id=people.stranger.pk, by=people.stranger)

    waiting.refresh_from_db()
    assert waiting.state == "withdrawn", "it would wait for the managers for ever"
    kept = json.dumps(
        [
            list(JoinRequest.objects.values()),
            list(Membership.objects.values()),
            list(Notification.objects.values("context", "url")),
            list(Entry.objects.exclude(action="declined").values("reason", "data")),
        ],
        cls=DjangoJSONEncoder,
    )
    for words in ("private words", "Sam Stranger"):
        assert words not in kept


def test_erased_asker_is_not_let_in(people: People) -> None:
    request = ask(people)
    erase_person(person_id=people.stranger.pk, by=people.stranger)
    with pytest.raises((RuleBrokenError, StepNotAllowedError)):
        services.accept_request(request_id=request.pk, by=people.manager)
    assert not Membership.objects.filter(user=people.stranger).exists()
