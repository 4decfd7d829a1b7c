"""Two presses at the same moment: one step is taken, the other gets a clear answer."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.accounts.services import erase_person
from apps.organisations import services
from apps.organisations.enums import JoinState, Role
from apps.organisations.models import JoinRequest, Membership, Organisation
from tests.concurrency import at_once
from tests.factories.organisations import JoinRequestFactory
from tests.factories.taxonomy import CountryFactory
from tests.organisations.conftest import People, belongs, form_data, steps_of, told, values

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("_again")]
ROUNDS = 4


@pytest.fixture(params=range(ROUNDS))
def _again(request: pytest.FixtureRequest) -> None:
    """A race that is lost sometimes must be run more than once."""


def test_two_managers_leave_one_stays(people: People) -> None:
    second = belongs(people.organisation, "manager")
    pk = people.organisation.pk
    results = at_once(
        lambda: services.leave(organisation_id=pk, by=people.manager),
        lambda: services.leave(organisation_id=pk, by=second),
    )
    assert sorted(results) == ["LastManagerError", "done"]
    assert people.organisation.managers().count() == 1


def test_two_managers_demote_each_other_one_stays(people: People) -> None:
    second = belongs(people.organisation, "manager")
    pk = people.organisation.pk
    results = at_once(
        lambda: services.change_role(
            organisation_id=pk, user_id=second.pk, role=Role.MEMBER, by=people.manager
        ),
        lambda: services.remove_member(organisation_id=pk, user_id=people.manager.pk, by=second),
    )
    assert sorted(results) == ["NotAllowedError", "done"]
    assert people.organisation.managers().count() == 1


def test_two_managers_remove_each_other_one_stays(people: People) -> None:
    second = belongs(people.organisation, "manager")
    pk = people.organisation.pk
    results = at_once(
        lambda: services.remove_member(organisation_id=pk, user_id=second.pk, by=people.manager),
        lambda: services.remove_member(organisation_id=pk, user_id=people.manager.pk, by=second),
    )
    assert sorted(results) == ["NotAllowedError", "done"]
    assert people.organisation.managers().count() == 1


def test_request_to_join_while_the_manager_who_is_told_is_erased(people: People) -> None:
    belongs(people.organisation, "manager")
    results = at_once(
        lambda: services.ask_to_join(organisation_id=people.organisation.pk, message="", by=people.stranger),
        lambda: erase_person(person_id=people.manager.pk, by=people.manager),
    )
    assert results == ["done", "done"]


def test_request_to_join_of_somebody_who_is_erased_meanwhile(people: People) -> None:
    """Whoever comes second: no name and no words of a former member wait for a manager."""
    results = at_once(
        lambda: services.ask_to_join(
            organisation_id=people.organisation.pk, message="My words.", by=people.stranger
        ),
        lambda: erase_person(person_id=people.stranger.pk, by=people.stranger),
    )
    assert results[0] in {"done", "AccountClosedError"}
    assert results[1] == "done"
    assert not JoinRequest.objects.filter(state=JoinState.PENDING).exists()
    assert not JoinRequest.objects.exclude(message="").exists()
    assert told("join_requested") == []


def test_manager_accepts_while_the_asker_is_erased(people: People) -> None:
    request = JoinRequestFactory.create(organisation=people.organisation, user=people.stranger)
    results = at_once(
        lambda: services.accept_request(request_id=request.pk, by=people.manager),
        lambda: erase_person(person_id=people.stranger.pk, by=people.stranger),
    )
    assert results[0] in {"done", "RuleBrokenError", "StepNotAllowedError"}
    assert results[1] == "done"
    assert not Membership.objects.filter(user=people.stranger).exists()


def test_two_managers_are_erased_at_once_one_stays(people: People) -> None:
    second = belongs(people.organisation, "manager")
    results = at_once(
        lambda: erase_person(person_id=people.manager.pk, by=people.manager),
        lambda: erase_person(person_id=second.pk, by=second),
    )
    assert sorted(results) == ["RuleBrokenError", "done"]
    assert people.organisation.managers().count() == 1


def test_organisation_of_somebody_who_is_erased_meanwhile_is_not_made(people: People) -> None:
    given = values(country=CountryFactory.create())
    results = at_once(
        lambda: services.create_organisation(values=dict(given), sectors=[], by=people.stranger),
        lambda: erase_person(person_id=people.stranger.pk, by=people.stranger),
    )
    assert results[0] in {"done", "AccountClosedError"}
    assert results[1] == "done"
    assert not Membership.objects.filter(user=people.stranger).exists()


def test_manager_who_is_removed_while_typing_gets_the_form_back(
    people: People, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    second = belongs(people.organisation, "manager")
    client.force_login(people.manager)
    update = services.update_organisation

    def removed_just_before(**given: Any) -> Organisation:
        services.remove_member(organisation_id=people.organisation.pk, user_id=people.manager.pk, by=second)
        return update(**given)

    monkeypatch.setattr(services, "update_organisation", removed_just_before)
    response = client.post("/organisations/alpenholz/edit/", form_data(description="What I typed."))

    assert response.status_code == 409
    assert "What I typed." in response.content.decode()
    assert "You may not do this." in response.content.decode()


def test_two_managers_decide_one_step_is_taken(people: People) -> None:
    second = belongs(people.organisation, "manager")
    request = JoinRequestFactory.create(organisation=people.organisation, user=people.stranger)
    results = at_once(
        lambda: services.accept_request(request_id=request.pk, by=people.manager),
        lambda: services.decline_request(request_id=request.pk, reason="No.", by=second),
    )
    assert sorted(results) == ["StepNotAllowedError", "done"]
    request.refresh_from_db()
    is_accepted = results[0] == "done"
    assert request.state == (JoinState.ACCEPTED if is_accepted else JoinState.DECLINED)
    assert Membership.objects.filter(user=people.stranger).exists() is is_accepted
    assert len(steps_of(request)) == 1
    assert len(told("join_accepted")) + len(told("join_declined")) == 1


def test_asker_withdraws_while_a_manager_accepts(people: People) -> None:
    request = JoinRequestFactory.create(organisation=people.organisation, user=people.stranger)
    results = at_once(
        lambda: services.accept_request(request_id=request.pk, by=people.manager),
        lambda: services.withdraw_request(request_id=request.pk, by=people.stranger),
    )
    assert sorted(results) == ["StepNotAllowedError", "done"]
    assert Membership.objects.filter(user=people.stranger).exists() is (results[0] == "done")
    assert len(steps_of(request)) == 1


def test_two_first_people_of_an_unmanaged_organisation_make_one_manager(
    people: People, unmanaged: Organisation
) -> None:
    asked = [
        JoinRequestFactory.create(organisation=unmanaged, user=user)
        for user in (people.stranger, people.member)
    ]
    at_once(*(lambda pk=row.pk: services.accept_request(request_id=pk, by=people.curator) for row in asked))
    assert unmanaged.managers().count() == 1


def test_asking_twice_makes_one_request(people: People) -> None:
    ask = lambda: services.ask_to_join(  # noqa: E731
        organisation_id=people.organisation.pk, message="", by=people.stranger
    )
    assert at_once(ask, ask, ask) == ["done"] * 3
    assert JoinRequest.objects.count() == 1
    assert told("join_requested") == [people.manager]


def test_form_sent_twice_makes_one_organisation(people: People) -> None:
    given = values(country=CountryFactory.create())
    create = lambda: services.create_organisation(values=dict(given), sectors=[], by=people.stranger)  # noqa: E731
    assert at_once(create, create) == ["done", "done"]
    assert Organisation.objects.filter(name=given["name"]).count() == 1


def test_two_people_add_the_same_name_both_get_an_address(people: People) -> None:
    given = values(country=CountryFactory.create())
    results = at_once(
        lambda: services.create_organisation(values=dict(given), sectors=[], by=people.stranger),
        lambda: services.create_organisation(values=dict(given), sectors=[], by=people.member),
    )
    assert results == ["done", "done"]
    found = Organisation.objects.filter(name=given["name"])
    assert {row.slug for row in found} == {"bergbahn-cluster", "bergbahn-cluster-2"}


def test_two_curators_verify_managers_are_told_once(people: People) -> None:
    pk = people.organisation.pk
    verify = lambda: services.verify_organisation(organisation_id=pk, by=people.curator)  # noqa: E731
    assert sorted(at_once(verify, verify)) == ["StepNotAllowedError", "done"]
    assert told("organisation_verified") == [people.manager]
