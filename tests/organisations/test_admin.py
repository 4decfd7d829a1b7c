"""Curators at work in the admin: every curator may, nobody else, and all of it through the services."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from apps.accounts.models import User
from apps.organisations import services
from apps.organisations.models import JoinRequest, Organisation
from tests.factories.accounts import UserFactory
from tests.factories.knowledge import ResourceFactory
from tests.factories.organisations import JoinRequestFactory, OrganisationFactory
from tests.organisations.conftest import People, belongs, state_of_things, steps_of, told, values

pytestmark = pytest.mark.django_db
LIST = "/admin/organisations/organisation/"
REQUESTS = "/admin/organisations/joinrequest/"


@pytest.fixture
def desk(client: Client, people: People) -> Client:
    """Signed in as a curator who is staff and no superuser, without a single Django permission."""
    assert not people.curator.is_superuser
    client.force_login(people.curator)
    return client


def press(client: Client, action: str, *rows: Any, **data: str) -> Any:
    page = REQUESTS if rows and isinstance(rows[0], JoinRequest) else LIST
    return client.post(page, {"action": action, "_selected_action": [row.pk for row in rows], **data})


def press_with_reason(client: Client, action: str, *rows: Any, reason: str) -> Any:
    return press(client, action, *rows, confirmed="1", reason=reason)


def said(response: Any) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def test_curator_finds_and_reads_everything(desk: Client, people: People) -> None:
    request = JoinRequestFactory.create(organisation=people.organisation, message="<b>Hello</b>")
    Organisation.objects.update(website="https://alpenholz.example.org/")
    for address in (
        "/admin/",
        LIST,
        f"{LIST}?q=alpen",
        f"{LIST}?verified_at__isempty=1&is_illustrative__exact=0&is_active__exact=1",
        f"{LIST}{people.organisation.pk}/change/",
        REQUESTS,
        f"{REQUESTS}?q=alpen",
        f"{REQUESTS}{request.pk}/change/",
    ):
        response = desk.get(address)
        assert response.status_code == 200, address
        assert "<b>Hello</b>" not in response.content.decode()


def test_every_link_of_the_task_list_opens(desk: Client, people: People) -> None:
    from apps.core.tasklist import todos_for

    JoinRequestFactory.create(organisation=OrganisationFactory.create(name="Unmanaged"))
    todos = todos_for(people.curator)
    assert todos
    for todo in todos:
        assert desk.get(todo.url).status_code == 200, todo.url


@pytest.mark.parametrize("address", [f"{LIST}add/", f"{LIST}N/delete/", f"{REQUESTS}add/"])
def test_nobody_adds_or_deletes_here(desk: Client, people: People, address: str) -> None:
    before = state_of_things()
    path = address.replace("N", str(people.organisation.pk))
    assert desk.get(path).status_code == 403
    assert desk.post(path, {"post": "yes", "name": "Spoilt"}).status_code == 403
    assert state_of_things() == before


def test_nothing_is_typed_here(desk: Client, people: People) -> None:
    before = state_of_things()
    response = desk.post(f"{LIST}{people.organisation.pk}/change/", {"name": "Spoilt", "is_active": ""})
    assert response.status_code == 403
    press(desk, "delete_selected", people.organisation, post="yes")
    assert state_of_things() == before


@pytest.mark.parametrize("role", ["stranger", "member", "manager", "anonymous"])
def test_admin_is_for_curators(client: Client, people: People, role: str) -> None:
    if role != "anonymous":
        client.force_login(people.get(role))  # type: ignore[arg-type]
    before = state_of_things()
    for address in (LIST, REQUESTS, f"{LIST}{people.organisation.pk}/change/"):
        assert client.get(address).status_code == 302
    for action in ("verify", "hide", "show", "end_verification"):
        assert press_with_reason(client, action, people.organisation, reason="x").status_code == 302
    assert state_of_things() == before


def test_verifying_tells_the_managers_and_is_not_done_twice(desk: Client, people: People) -> None:
    second = OrganisationFactory.create(name="Second")
    press(desk, "verify", people.organisation)
    response = press(desk, "verify", people.organisation, second)

    assert "Alpenholz" in said(response)
    assert "1" in said(response)
    assert told("organisation_verified") == [people.manager]
    for row in (people.organisation, second):
        row.refresh_from_db()
        assert row.verified_by == people.curator, "one refusal does not undo the other"
        assert steps_of(row) == [("verified", people.curator.pk)]


def test_curator_does_not_verify_or_hide_their_own(client: Client, people: People) -> None:
    client.force_login(people.own_curator)
    before = state_of_things()
    assert "own organisation" in said(press(client, "verify", people.organisation))
    press_with_reason(client, "hide", people.organisation, reason="x")
    assert state_of_things() == before


@pytest.mark.parametrize("action", ["hide", "end_verification"])
@pytest.mark.parametrize("reason", [None, "", "  ", "x" * 1001])
def test_what_takes_something_away_needs_a_reason(
    desk: Client, people: People, action: str, reason: str | None
) -> None:
    press(desk, "verify", people.organisation)
    before = state_of_things()
    sent = {} if reason is None else {"confirmed": "1", "reason": reason}
    response = press(desk, action, people.organisation, **sent)
    assert response.status_code == 200
    assert "Alpenholz" in response.content.decode()
    assert state_of_things() == before


def test_hiding_and_showing(desk: Client, people: People) -> None:
    press_with_reason(desk, "hide", people.organisation, reason="Spam.")
    shown = Organisation.objects.filter(pk=people.organisation.pk, is_active=True)
    assert not shown.exists()
    assert told("organisation_hidden") == [people.manager]
    press(desk, "show", people.organisation)
    assert shown.exists()
    page = desk.get(f"{LIST}{people.organisation.pk}/change/").content.decode()
    assert "Spam." in page, "the history is there"


def test_requests_are_decided_where_nobody_manages_and_only_there(desk: Client, people: People) -> None:
    managed = JoinRequestFactory.create(organisation=people.organisation)
    orphan = JoinRequestFactory.create(
        organisation=OrganisationFactory.create(name="Orphan"), user=people.stranger
    )
    response = press(desk, "accept", managed, orphan)
    assert "Alpenholz" in said(response)
    managed.refresh_from_db()
    orphan.refresh_from_db()
    assert (managed.state, orphan.state) == ("pending", "accepted")
    assert told("join_accepted") == [people.stranger]


def test_requests_are_declined_with_a_reason(desk: Client, people: People) -> None:
    orphan = JoinRequestFactory.create(
        organisation=OrganisationFactory.create(name="Orphan"), user=people.stranger
    )
    assert press(desk, "decline", orphan).status_code == 200
    press_with_reason(desk, "decline", orphan, reason="Who?")
    orphan.refresh_from_db()
    assert (orphan.state, orphan.reason) == ("declined", "Who?")


@pytest.mark.parametrize("page", [LIST, REQUESTS])
def test_number_of_queries_of_the_lists_is_constant(
    desk: Client,
    people: People,
    page: str,
    django_assert_num_queries: Any,
    django_assert_max_num_queries: Any,
) -> None:
    JoinRequestFactory.create(organisation=people.organisation)
    desk.get(page)
    with django_assert_max_num_queries(25) as counted:
        desk.get(page)
    for number in range(10):
        JoinRequestFactory.create(organisation=OrganisationFactory.create(name=f"Body {number}"))
    with django_assert_num_queries(len(counted)):
        desk.get(page)


def test_page_of_one_costs_the_same_however_many_belong(
    desk: Client, people: People, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    page = f"{LIST}{people.organisation.pk}/change/"
    desk.get(page)
    with django_assert_max_num_queries(30) as counted:
        desk.get(page)
    for _number in range(10):
        belongs(people.organisation)
    with django_assert_num_queries(len(counted)):
        desk.get(page)


# --- The page on which it is decided ---------------------------------------------------------------


def page_of(organisation: Organisation) -> str:
    return f"{LIST}{organisation.pk}/change/"


def take(client: Client, step: str, organisation: Organisation, **data: str) -> Any:
    return client.post(f"{LIST}{organisation.pk}/step/{step}/", data)


def seen(client: Client, organisation: Organisation) -> str:
    value: str = client.get(page_of(organisation)).context["form"]["seen"].value()
    return value


def test_page_shows_what_a_curator_has_to_weigh(desk: Client, people: People) -> None:
    founder = UserFactory.create(name="Fay Founder", email="fay@mail.example.org")
    made = services.create_organisation(
        values=values(name="Alpenholz Verein", description="<b>Wood</b>"), sectors=[], by=founder
    )
    ResourceFactory.create(title="A guide of theirs", organisation=made)
    response = desk.get(page_of(made))
    page = response.content.decode()
    for expected in (
        "Not verified yet",
        "Fay Founder",
        "@mail.example.org",
        "https://bergbahn.example.org/",
        page_of(people.organisation),
        "A guide of theirs",
        "&lt;b&gt;Wood&lt;/b&gt;",
        "/step/verify/",
        "/step/hide/",
    ):
        assert expected in page, expected
    assert "fay@mail" not in page, "the address itself is not needed to decide"
    assert [step.name for step in response.context["steps"]] == ["verify", "hide"]


def test_decision_leads_to_what_waits_next(desk: Client, people: People) -> None:
    second, third = OrganisationFactory.create(name="Second"), OrganisationFactory.create(name="Third")
    Organisation.objects.filter(name="Elsewhere").update(is_illustrative=True)
    answer = take(desk, "verify", second, seen=seen(desk, second))
    assert answer["Location"] == page_of(third)
    answer = take(desk, "hide", third, reason="Nobody knows it.", seen=seen(desk, third))
    assert answer["Location"] == page_of(people.organisation), "then from the oldest again"
    answer = take(desk, "verify", people.organisation, reason="Called them.")
    assert answer["Location"] == LIST
    assert "No other organisation waits" in said(answer)
    assert steps_of(third) == [("hidden", people.curator.pk)]
    assert told("organisation_verified") == [people.manager]

    answer = take(desk, "end_verification", second, reason="A mistake.")
    assert answer["Location"] == page_of(second), "what did not wait stays"
    assert take(desk, "show", third)["Location"] == page_of(third)


@pytest.mark.parametrize("step", ["hide", "end_verification"])
@pytest.mark.parametrize("reason", ["", "  ", "x" * 1001])
def test_page_asks_for_the_reason_where_one_is_needed(
    desk: Client, people: People, step: str, reason: str
) -> None:
    press(desk, "verify", people.organisation)
    before = state_of_things()
    response = take(desk, step, people.organisation, reason=reason)
    assert response.status_code == 200
    assert "reason" in response.context["form"].errors
    assert state_of_things() == before


def test_who_looked_at_another_profile_decides_nothing(desk: Client, people: People) -> None:
    looked_at = seen(desk, people.organisation)
    services.update_organisation(
        organisation_id=people.organisation.pk,
        values=values(name="European Commission"),
        sectors=[],
        by=people.manager,
    )
    before = state_of_things()
    response = take(desk, "verify", people.organisation, seen=looked_at, reason="Known.")
    assert response.status_code == 409
    assert "was changed since you opened it" in response.content.decode()
    assert response.context["form"]["reason"].value() == "Known."
    assert state_of_things() == before


def test_second_press_changes_nothing(desk: Client, people: People) -> None:
    take(desk, "verify", people.organisation)
    before = state_of_things()
    assert take(desk, "verify", people.organisation).status_code == 409
    assert state_of_things() == before


@pytest.mark.parametrize("is_superuser", [False, True])
def test_page_of_ones_own_has_no_buttons_and_steps_are_refused(
    client: Client, people: People, is_superuser: bool
) -> None:
    User.objects.filter(pk=people.own_curator.pk).update(is_superuser=is_superuser)
    client.force_login(people.own_curator)
    before = state_of_things()
    response = client.get(page_of(people.organisation))
    assert "another curator has to decide" in response.content.decode()
    assert response.context["steps"] == []
    for step in ("verify", "hide", "show", "end_verification"):
        assert take(client, step, people.organisation, reason="x").status_code == 409
    assert state_of_things() == before


@pytest.mark.parametrize("role", ["stranger", "member", "manager", "anonymous"])
def test_steps_are_for_curators(client: Client, people: People, role: str) -> None:
    if role != "anonymous":
        client.force_login(people.get(role))  # type: ignore[arg-type]
    before = state_of_things()
    for step in ("verify", "hide"):
        assert take(client, step, people.organisation, reason="x").status_code == 302
    assert state_of_things() == before


def test_what_was_typed_before_the_session_ended_comes_back(client: Client, people: People) -> None:
    address = f"{LIST}{people.organisation.pk}/step/hide/"
    before = state_of_things()
    assert client.post(address, {"reason": "A long reason."}).status_code == 302
    kept = dict(client.session.items())
    client.force_login(people.curator)
    session = client.session
    session.update({name: value for name, value in kept.items() if name.startswith("kept_form")})
    session.save()
    assert "A long reason." in client.get(address).content.decode()
    assert state_of_things() == before


@pytest.mark.parametrize("address", ["999999/step/hide/", "1/step/nonsense/"])
def test_step_that_is_not_there_is_not_found(desk: Client, address: str) -> None:
    assert desk.post(f"{LIST}{address}").status_code == 404


def test_page_costs_the_same_however_much_there_is(
    desk: Client, people: People, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    def more() -> None:
        OrganisationFactory.create(name="Alpenholz again")
        ResourceFactory.create(organisation=people.organisation)
        belongs(people.organisation)

    more()
    desk.get(page_of(people.organisation))
    with django_assert_max_num_queries(30) as counted:
        desk.get(page_of(people.organisation))
    for _number in range(4):
        more()
    with django_assert_num_queries(len(counted)):
        desk.get(page_of(people.organisation))


def test_list_of_requests_shows_the_message_and_leads_to_the_answer(desk: Client, people: People) -> None:
    JoinRequestFactory.create(organisation=people.organisation, message="<i>I keep the books.</i>")
    page = desk.get(REQUESTS).content.decode()
    assert "&lt;i&gt;I keep the books." in page
    assert 'href="/organisations/alpenholz/people/"' in page
    assert "Select request" not in page
    orphan = JoinRequestFactory.create(organisation=OrganisationFactory.create(name="Orphan"))
    services.accept_request(request_id=orphan.pk, by=people.curator)
    assert f", {people.curator.name}" in desk.get(REQUESTS).content.decode()
