"""Every step: what it changes, who is told, what is written down, and when it refuses."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services import AccountClosedError
from apps.audit.models import Entry
from apps.core.events import Event
from apps.core.exceptions import (
    EditConflictError,
    NotAllowedError,
    ReasonMissingError,
    RuleBrokenError,
    StepNotAllowedError,
)
from apps.notifications.models import Notification
from apps.organisations import services
from apps.organisations.enums import JoinState, Role
from apps.organisations.events import MembershipEnded, OrganisationRenamed, VerificationChanged
from apps.organisations.models import JoinRequest, Membership, Organisation
from apps.organisations.services import LastManagerError
from apps.search.models import Document
from tests.factories.accounts import UserFactory
from tests.factories.organisations import JoinRequestFactory, OrganisationFactory
from tests.factories.taxonomy import CountryFactory, SectorFactory
from tests.organisations.conftest import People, belongs, state_of_things, steps_of, told, values

pytestmark = pytest.mark.django_db
NOT_MANAGERS = ["stranger", "member", "other_manager", "curator", "own_curator"]


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """What the services publish, without waiting for the end of the transaction."""
    events: list[Event] = []
    monkeypatch.setattr(services, "publish", events.append)
    return events


def found_as(organisation: Organisation) -> list[str]:
    return list(Document.objects.filter(object_id=organisation.pk).values_list("kind", flat=True))


def role_of(user: Any, organisation: Organisation) -> str | None:
    return (
        Membership.objects.filter(user=user, organisation=organisation).values_list("role", flat=True).first()
    )


# --- Profile --------------------------------------------------------------------------------------


def test_who_adds_an_organisation_manages_it(people: People) -> None:
    sector = SectorFactory.create()
    made = services.create_organisation(values=values(), sectors=[sector], by=people.stranger)

    made.refresh_from_db()
    assert (made.name, made.slug, made.city) == ("Bergbahn Cluster", "bergbahn-cluster", "Innsbruck")
    assert list(made.sectors.all()) == [sector]
    assert list(made.managers()) == [people.stranger]
    assert made.verified_at is None
    assert made.confirmed_at is not None
    assert not made.is_illustrative
    assert steps_of(made) == [("created", people.stranger.pk)]
    assert found_as(made) == ["cluster"]


def test_inactive_person_adds_nothing(people: People) -> None:
    User.objects.filter(pk=people.stranger.pk).update(is_active=False)
    with pytest.raises(AccountClosedError):
        services.create_organisation(values=values(), sectors=[], by=people.stranger)
    assert not Organisation.objects.filter(name="Bergbahn Cluster").exists()


def test_adding_the_same_twice_makes_one(people: People) -> None:
    first = services.create_organisation(values=values(), sectors=[], by=people.stranger)
    again = services.create_organisation(
        values=values(name="bergbahn CLUSTER"), sectors=[], by=people.stranger
    )

    assert again == first
    assert len(steps_of(first)) == 1


def test_same_name_elsewhere_or_by_somebody_else_is_another(people: People) -> None:
    first = services.create_organisation(values=values(), sectors=[], by=people.stranger)
    by_other = services.create_organisation(values=values(), sectors=[], by=people.member)
    abroad = services.create_organisation(
        values=values(country=CountryFactory.create(code="DE")), sectors=[], by=people.stranger
    )
    assert [row.slug for row in (first, by_other, abroad)] == [
        "bergbahn-cluster",
        "bergbahn-cluster-2",
        "bergbahn-cluster-3",
    ]


@pytest.mark.parametrize(
    ("name", "slug"),
    [("New", "new-2"), ("Нов клъстер", None), ("!!!", "organisation"), ("x" * 160, "x" * 160)],
)
def test_every_name_gets_an_address(people: People, name: str, slug: str) -> None:
    made = services.create_organisation(values=values(name=name), sectors=[], by=people.stranger)
    assert made.slug == slug if slug else re.fullmatch(r"[a-z0-9-]{3,}", made.slug)
    assert reverse("organisations:organisation-detail", args=[made.slug]) == made.get_absolute_url()


def test_what_the_database_refuses_is_no_taken_address(people: People) -> None:
    with pytest.raises(IntegrityError):
        services.create_organisation(values=values(founded_year=20224), sectors=[], by=people.stranger)


def test_manager_changes_the_profile_and_the_address_stays(people: People) -> None:
    sector = SectorFactory.create()
    changed = services.update_organisation(
        organisation_id=people.organisation.pk,
        values=values(name="Alpenholz und Söhne", kind="company"),
        sectors=[sector],
        by=people.manager,
    )
    changed.refresh_from_db()
    assert (changed.name, changed.slug) == ("Alpenholz und Söhne", "alpenholz")
    entry = Entry.objects.about(changed).get(action="changed")
    assert entry.by == people.manager
    assert {"name", "kind", "sectors"} <= set(entry.data["fields"])
    assert "country" not in entry.data["fields"], "it is the same as before"
    assert found_as(changed) == ["organisation"]
    assert Document.objects.get(object_id=changed.pk).title == "Alpenholz und Söhne"


@pytest.mark.parametrize("role", NOT_MANAGERS)
def test_only_managers_change_or_confirm(people: People, role: str) -> None:
    before = state_of_things()
    pk, by = people.organisation.pk, people.get(role)
    with pytest.raises(NotAllowedError):
        services.update_organisation(organisation_id=pk, values=values(), sectors=[], by=by)  # type: ignore[arg-type]
    with pytest.raises(NotAllowedError):
        services.confirm_profile(organisation_id=pk, by=by)  # type: ignore[arg-type]
    assert state_of_things() == before


def test_confirming_keeps_the_moment(people: People) -> None:
    moment = timezone.now()
    services.confirm_profile(organisation_id=people.organisation.pk, by=people.manager)
    people.organisation.refresh_from_db()
    assert people.organisation.confirmed_at is not None
    assert people.organisation.confirmed_at >= moment
    assert steps_of(people.organisation) == [("confirmed", people.manager.pk)]


def test_curator_verifies_once_and_managers_are_told_once(people: People, heard: list[Event]) -> None:
    second = belongs(people.organisation, "manager")
    pk = people.organisation.pk

    services.verify_organisation(organisation_id=pk, by=people.curator)
    with pytest.raises(StepNotAllowedError):
        services.verify_organisation(organisation_id=pk, by=people.curator)

    people.organisation.refresh_from_db()
    assert people.organisation.verified_by == people.curator
    assert steps_of(people.organisation) == [("verified", people.curator.pk)]
    assert told("organisation_verified") == [people.manager, second]
    assert heard == [VerificationChanged(organisation_id=pk)]
    assert Document.objects.get(object_id=pk).card["is_verified"] is True


def verified(people: People) -> Organisation:
    return services.verify_organisation(organisation_id=people.organisation.pk, by=people.curator)


def test_curator_takes_a_verification_back_with_a_reason(people: People) -> None:
    pk = verified(people).pk
    with pytest.raises(ReasonMissingError):
        services.end_verification(organisation_id=pk, reason=" ", by=people.curator)
    services.end_verification(organisation_id=pk, reason="It was dissolved.", by=people.curator)
    with pytest.raises(StepNotAllowedError):
        services.end_verification(organisation_id=pk, reason="It was dissolved.", by=people.curator)

    people.organisation.refresh_from_db()
    assert people.organisation.verified_at is None
    assert told("organisation_verification_ended") == [people.manager]
    assert (
        Entry.objects.about(people.organisation).get(action="verification ended").reason
        == "It was dissolved."
    )
    assert Document.objects.get(object_id=pk).card["is_verified"] is False


@pytest.mark.parametrize(
    ("change", "is_kept"),
    [
        ({"name": "Somebody else"}, False),
        ({"kind": "company"}, False),
        ({"country": "DE"}, False),
        ({"city": "Graz"}, True),
        ({"description": "New."}, True),
    ],
)
def test_verification_ends_with_what_was_verified(
    people: People, change: dict[str, Any], is_kept: bool
) -> None:
    pk = verified(people).pk
    if "country" in change:
        change = {"country": CountryFactory.create(code="DE")}
    services.update_organisation(
        organisation_id=pk, values=values(**{"name": "Alpenholz", **change}), sectors=[], by=people.manager
    )
    people.organisation.refresh_from_db()
    assert (people.organisation.verified_at is not None) is is_kept


def test_illustration_without_people_is_not_verified(people: People, unmanaged: Organisation) -> None:
    with pytest.raises(RuleBrokenError):
        services.verify_organisation(organisation_id=unmanaged.pk, by=people.curator)
    unmanaged.refresh_from_db()
    assert unmanaged.verified_at is None


def test_hiding_needs_a_reason_that_managers_are_told(people: People) -> None:
    pk = people.organisation.pk
    with pytest.raises(ReasonMissingError):
        services.hide_organisation(organisation_id=pk, reason="", by=people.curator)
    services.hide_organisation(organisation_id=pk, reason="Not a cluster.", by=people.curator)
    services.show_organisation(organisation_id=pk, by=people.curator)
    with pytest.raises(StepNotAllowedError):
        services.show_organisation(organisation_id=pk, by=people.curator)
    assert told("organisation_hidden") == told("organisation_shown") == [people.manager]
    assert Notification.objects.get(kind="organisation_hidden").context["reason"] == "Not a cluster."


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(people: People) -> None:
    pk, seen = people.organisation.pk, people.organisation.updated_at
    services.update_organisation(
        organisation_id=pk, values=values(city="Graz"), sectors=[], by=people.manager, seen=seen
    )
    with pytest.raises(EditConflictError):
        services.update_organisation(
            organisation_id=pk, values=values(city="Linz"), sectors=[], by=people.manager, seen=seen
        )
    people.organisation.refresh_from_db()
    assert people.organisation.city == "Graz"


def test_new_name_is_told_to_the_floors_above_and_nothing_else_is(people: People, heard: list[Event]) -> None:
    pk = people.organisation.pk
    change = values(name="Alpenholz")
    services.update_organisation(organisation_id=pk, values=change, sectors=[], by=people.manager)
    assert heard == []
    services.update_organisation(
        organisation_id=pk, values={**change, "name": "Neu"}, sectors=[], by=people.manager
    )
    assert heard == [OrganisationRenamed(organisation_id=pk)]


def test_one_person_does_not_fill_the_directory(people: People) -> None:
    for number in range(services.MAX_UNVERIFIED):
        services.create_organisation(values=values(name=f"Body {number}"), sectors=[], by=people.stranger)
    with pytest.raises(RuleBrokenError):
        services.create_organisation(values=values(name="One more"), sectors=[], by=people.stranger)
    assert not Organisation.objects.filter(name="One more").exists()


@pytest.mark.parametrize("role", ["stranger", "member", "manager", "other_manager", "own_curator"])
def test_nobody_verifies_or_hides_their_own(people: People, role: str) -> None:
    before = state_of_things()
    pk, by = people.organisation.pk, people.get(role)
    with pytest.raises(NotAllowedError):
        services.verify_organisation(organisation_id=pk, by=by)  # type: ignore[arg-type]
    with pytest.raises(NotAllowedError):
        services.hide_organisation(organisation_id=pk, reason="Spam.", by=by)  # type: ignore[arg-type]
    with pytest.raises(NotAllowedError):
        services.end_verification(organisation_id=pk, reason="Spam.", by=by)  # type: ignore[arg-type]
    assert state_of_things() == before


def test_hidden_leaves_the_search_and_comes_back(people: People) -> None:
    pk = people.organisation.pk
    services.confirm_profile(organisation_id=pk, by=people.manager)
    services.update_organisation(organisation_id=pk, values=values(), sectors=[], by=people.manager)
    assert found_as(people.organisation) == ["cluster"]

    services.hide_organisation(organisation_id=pk, reason="Spam.", by=people.curator)
    assert found_as(people.organisation) == []
    with pytest.raises(StepNotAllowedError):
        services.hide_organisation(organisation_id=pk, reason="Spam.", by=people.curator)
    services.update_organisation(
        organisation_id=pk, values=values(city="Graz"), sectors=[], by=people.manager
    )
    assert found_as(people.organisation) == [], "editing does not bring it back"

    services.show_organisation(organisation_id=pk, by=people.curator)
    assert found_as(people.organisation) == ["cluster"]
    assert [action for action, _by in steps_of(people.organisation)][-3:] == ["hidden", "changed", "shown"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("cluster", "cluster"),
        ("authority", "organisation"),
        ("provider", "organisation"),
        ("company", "organisation"),
        ("research", "organisation"),
        ("network", "organisation"),
        ("dih", "organisation"),
    ],
)
def test_each_kind_has_one_place_in_the_search(people: People, kind: str, expected: str) -> None:
    made = services.create_organisation(values=values(kind=kind), sectors=[], by=people.stranger)
    assert found_as(made) == [expected]
    services.update_organisation(
        organisation_id=made.pk, values=values(kind="cluster"), sectors=[], by=people.stranger
    )
    assert found_as(made) == ["cluster"]


# --- Joining --------------------------------------------------------------------------------------


def ask(people: People, **changes: Any) -> JoinRequest:
    given = {
        "organisation_id": people.organisation.pk,
        "message": "It is me.",
        "by": people.stranger,
        **changes,
    }
    return services.ask_to_join(**given)


def test_managers_are_asked_and_nobody_else(people: People) -> None:
    second = belongs(people.organisation, "manager")
    belongs(people.organisation, "manager", is_active=False)
    request = ask(people)

    assert (request.state, request.message) == (JoinState.PENDING, "It is me.")
    assert told("join_requested") == [people.manager, second]
    assert steps_of(request) == [("asked", people.stranger.pk)]
    row = Notification.objects.filter(kind="join_requested")[0]
    assert row.url == "/organisations/alpenholz/people/"
    assert row.context["person"] == "Sam Stranger"


def test_asking_twice_keeps_the_first(people: People) -> None:
    first, second = ask(people), ask(people, message="Again!")
    assert second == first
    assert second.message == "It is me."
    assert len(told("join_requested")) == 1
    assert len(steps_of(first)) == 1


@pytest.mark.parametrize("role", ["member", "manager", "own_curator"])
def test_who_belongs_does_not_ask(people: People, role: str) -> None:
    with pytest.raises(RuleBrokenError, match="already"):
        ask(people, by=people.get(role))
    assert not JoinRequest.objects.exists()


def test_hidden_organisation_is_not_joined(people: People) -> None:
    Organisation.objects.update(is_active=False)
    with pytest.raises(NotAllowedError):
        ask(people)
    assert told("join_requested") == []


def test_curators_are_asked_where_nobody_manages(people: People, unmanaged: Organisation) -> None:
    UserFactory.create(is_staff=True, is_active=False)
    ask(people, organisation_id=unmanaged.pk)
    assert told("join_requested") == [people.curator, people.own_curator]


def test_curator_who_asks_is_not_told_of_it(people: People, unmanaged: Organisation) -> None:
    ask(people, organisation_id=unmanaged.pk, by=people.curator)
    assert told("join_requested") == [people.own_curator]


def test_manager_accepts_a_member(people: People) -> None:
    request = services.accept_request(request_id=ask(people).pk, by=people.manager)

    assert role_of(people.stranger, people.organisation) == Role.MEMBER
    assert request.decided_by == people.manager
    assert told("join_accepted") == [people.stranger]
    assert steps_of(request)[-1] == ("accepted", people.manager.pk)
    entry = Entry.objects.about(request).get(action="accepted")
    assert (entry.from_state, entry.to_state) == ("pending", "accepted")


def test_manager_declines_with_a_reason_that_is_told(people: People) -> None:
    request = services.decline_request(
        request_id=ask(people).pk, reason=" We do not know you. ", by=people.manager
    )

    assert role_of(people.stranger, people.organisation) is None
    assert (request.state, request.reason) == (JoinState.DECLINED, "We do not know you.")
    assert told("join_declined") == [people.stranger]
    assert Notification.objects.get(kind="join_declined").context["reason"] == "We do not know you."
    assert Entry.objects.about(request).get(action="declined").reason == "We do not know you."


@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_no_reason_no_refusal(people: People, reason: str) -> None:
    request = ask(people)
    with pytest.raises(RuleBrokenError, match="reason"):
        services.decline_request(request_id=request.pk, reason=reason, by=people.manager)
    request.refresh_from_db()
    assert request.state == JoinState.PENDING


def test_one_person_does_not_fill_everybodys_inbox(people: People) -> None:
    for number in range(services.MAX_PENDING):
        other = OrganisationFactory.create(name=f"Body {number}")
        ask(people, organisation_id=other.pk)
    with pytest.raises(RuleBrokenError):
        ask(people)
    assert told("join_requested").count(people.manager) == 0


def test_asking_and_withdrawing_all_day_tells_once(people: People) -> None:
    for _time in range(3):
        services.withdraw_request(request_id=ask(people).pk, by=people.stranger)
    assert told("join_requested") == [people.manager]


def test_person_without_an_account_is_not_let_in(people: People) -> None:
    request = ask(people)
    people.stranger.is_active = False
    people.stranger.save()
    with pytest.raises(RuleBrokenError):
        services.accept_request(request_id=request.pk, by=people.manager)
    assert role_of(people.stranger, people.organisation) is None


def test_declined_person_may_ask_again(people: People) -> None:
    first = ask(people)
    services.decline_request(request_id=first.pk, reason="Who?", by=people.manager)
    assert ask(people) != first


def test_asker_withdraws_and_nobody_else(people: People) -> None:
    request = ask(people)
    for role in ("manager", "curator", "member"):
        with pytest.raises(NotAllowedError):
            services.withdraw_request(request_id=request.pk, by=people.get(role))  # type: ignore[arg-type]
    services.withdraw_request(request_id=request.pk, by=people.stranger)
    request.refresh_from_db()
    assert request.state == JoinState.WITHDRAWN
    assert steps_of(request)[-1] == ("withdrawn", people.stranger.pk)


@pytest.mark.parametrize("state", [JoinState.ACCEPTED, JoinState.DECLINED, JoinState.WITHDRAWN])
def test_decided_stays_decided(people: People, state: str) -> None:
    request = JoinRequestFactory.create(
        organisation=people.organisation,
        user=people.stranger,
        state=state,
        decided_at=timezone.now(),
        decided_by=people.manager,
    )
    before = state_of_things()
    with pytest.raises(StepNotAllowedError):
        services.accept_request(request_id=request.pk, by=people.manager)
    with pytest.raises(StepNotAllowedError):
        services.decline_request(request_id=request.pk, reason="No.", by=people.manager)
    with pytest.raises(StepNotAllowedError):
        services.withdraw_request(request_id=request.pk, by=people.stranger)
    assert state_of_things() == before


@pytest.mark.parametrize("role", NOT_MANAGERS)
def test_only_managers_decide_where_there_are_any(people: People, role: str) -> None:
    """A curator does not either, and nobody decides on their own request."""
    request = ask(people)
    before = state_of_things()
    with pytest.raises(NotAllowedError):
        services.accept_request(request_id=request.pk, by=people.get(role))  # type: ignore[arg-type]
    with pytest.raises(NotAllowedError):
        services.decline_request(request_id=request.pk, reason="No.", by=people.get(role))  # type: ignore[arg-type]
    assert state_of_things() == before


def test_curator_hands_over_an_illustrative_entry(people: People, unmanaged: Organisation) -> None:
    """The first person manages it, and it is no illustration any more; the next is a member."""
    services.accept_request(request_id=ask(people, organisation_id=unmanaged.pk).pk, by=people.curator)

    unmanaged.refresh_from_db()
    assert role_of(people.stranger, unmanaged) == Role.MANAGER
    assert not unmanaged.is_illustrative
    assert Document.objects.get(object_id=unmanaged.pk).card["is_illustrative"] is False

    following = ask(people, organisation_id=unmanaged.pk, by=people.member)
    with pytest.raises(NotAllowedError):
        services.accept_request(request_id=following.pk, by=people.curator)
    services.accept_request(request_id=following.pk, by=people.stranger)
    assert role_of(people.member, unmanaged) == Role.MEMBER


def test_curator_decides_again_when_the_only_manager_is_inactive(people: People) -> None:
    people.manager.is_active = False
    people.manager.save()
    request = ask(people)
    services.accept_request(request_id=request.pk, by=people.curator)
    assert role_of(people.stranger, people.organisation) == Role.MANAGER


def test_curator_does_not_let_themself_in(people: People, unmanaged: Organisation) -> None:
    request = ask(people, organisation_id=unmanaged.pk, by=people.curator)
    with pytest.raises(NotAllowedError):
        services.accept_request(request_id=request.pk, by=people.curator)
    assert role_of(people.curator, unmanaged) is None


# --- People ---------------------------------------------------------------------------------------


def test_member_leaves(people: People, heard: list[Event]) -> None:
    services.leave(organisation_id=people.organisation.pk, by=people.member)
    assert role_of(people.member, people.organisation) is None
    assert steps_of(people.organisation) == [("left", people.member.pk)]
    assert heard == [MembershipEnded(organisation_id=people.organisation.pk, user_id=people.member.pk)]
    with pytest.raises(StepNotAllowedError):
        services.leave(organisation_id=people.organisation.pk, by=people.member)


def test_last_manager_stays_whatever_is_pressed(people: People) -> None:
    pk, last = people.organisation.pk, people.manager
    belongs(people.organisation, "manager", is_active=False)
    before = state_of_things()
    with pytest.raises(LastManagerError):
        services.leave(organisation_id=pk, by=last)
    with pytest.raises(LastManagerError):
        services.change_role(organisation_id=pk, user_id=last.pk, role=Role.MEMBER, by=last)
    with pytest.raises(LastManagerError):
        services.remove_member(organisation_id=pk, user_id=last.pk, by=last)
    assert state_of_things() == before


def test_one_of_two_managers_goes_the_other_stays(people: People) -> None:
    pk = people.organisation.pk
    services.change_role(organisation_id=pk, user_id=people.member.pk, role=Role.MANAGER, by=people.manager)
    services.leave(organisation_id=pk, by=people.manager)
    assert list(people.organisation.managers()) == [people.member]
    entry = Entry.objects.about(people.organisation).get(action="role changed")
    assert told("made_manager") == [people.member]
    assert (entry.from_state, entry.to_state, entry.data) == ("member", "manager", {"user": people.member.pk})


def test_manager_removes_a_member_who_is_told(people: People, heard: list[Event]) -> None:
    pk = people.organisation.pk
    services.remove_member(organisation_id=pk, user_id=people.member.pk, by=people.manager)
    assert role_of(people.member, people.organisation) is None
    assert steps_of(people.organisation) == [("member removed", people.manager.pk)]
    assert told("membership_ended") == [people.member]
    assert heard == [MembershipEnded(organisation_id=pk, user_id=people.member.pk)]
    with pytest.raises(StepNotAllowedError):
        services.remove_member(organisation_id=pk, user_id=people.member.pk, by=people.manager)


def test_role_that_is_there_already_is_no_step(people: People) -> None:
    with pytest.raises(StepNotAllowedError):
        services.change_role(
            organisation_id=people.organisation.pk,
            user_id=people.member.pk,
            role=Role.MEMBER,
            by=people.manager,
        )
    assert steps_of(people.organisation) == []


@pytest.mark.parametrize("role", NOT_MANAGERS)
def test_only_managers_look_after_people(people: People, role: str) -> None:
    before = state_of_things()
    pk, by = people.organisation.pk, people.get(role)
    for target in (people.member, people.manager):
        with pytest.raises(NotAllowedError):
            services.change_role(organisation_id=pk, user_id=target.pk, role=Role.MANAGER, by=by)  # type: ignore[arg-type]
        with pytest.raises(NotAllowedError):
            services.remove_member(organisation_id=pk, user_id=target.pk, by=by)  # type: ignore[arg-type]
    assert state_of_things() == before


def test_people_of_another_organisation_are_out_of_reach(people: People) -> None:
    elsewhere = OrganisationFactory.create()
    other = belongs(elsewhere)
    with pytest.raises(StepNotAllowedError):
        services.remove_member(organisation_id=people.organisation.pk, user_id=other.pk, by=people.manager)
    assert role_of(other, elsewhere) == Role.MEMBER
