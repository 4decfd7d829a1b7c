"""Every role at every address: what it gets, and that what is refused changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.organisations import permissions
from apps.organisations.models import JoinRequest, Organisation
from tests.factories.accounts import UserFactory
from tests.factories.organisations import JoinRequestFactory, MembershipFactory, OrganisationFactory
from tests.organisations.conftest import ROLES, People, belongs, form_data, state_of_things

pytestmark = pytest.mark.django_db

PAGE = "/organisations/alpenholz/"
SIGN_IN = "sign in"
DONE = "done"
PAGES = [
    # address, anonymous, stranger, member, manager, manager of another, curator, curator who is a member
    ("/clusters/", 200, 200, 200, 200, 200, 200, 200),
    ("/clusters/feed/", 200, 200, 200, 200, 200, 200, 200),
    ("/clusters/csv/", 200, 200, 200, 200, 200, 200, 200),
    (PAGE, 200, 200, 200, 200, 200, 200, 200),
    ("/organisations/new/", SIGN_IN, 200, 200, 200, 200, 200, 200),
    (f"{PAGE}edit/", SIGN_IN, 403, 403, 200, 403, 403, 403),
    (f"{PAGE}people/", SIGN_IN, 403, 200, 200, 403, 200, 200),
    (f"{PAGE}join/", SIGN_IN, 200, 200, 200, 200, 200, 200),
    (f"{PAGE}leave/", 405, 405, 405, 405, 405, 405, 405),
    (f"{PAGE}confirm/", 405, 405, 405, 405, 405, 405, 405),
    (f"{PAGE}requests/1/accept/", 405, 405, 405, 405, 405, 405, 405),
    (f"{PAGE}requests/1/withdraw/", 405, 405, 405, 405, 405, 405, 405),
    (f"{PAGE}people/1/role/", 405, 405, 405, 405, 405, 405, 405),
    (f"{PAGE}people/1/remove/", 405, 405, 405, 405, 405, 405, 405),
    ("/organisations/no-such/", 404, 404, 404, 404, 404, 404, 404),
    ("/organisations/no-such/edit/", SIGN_IN, 404, 404, 404, 404, 404, 404),
    ("/organisations/no-such/people/", SIGN_IN, 404, 404, 404, 404, 404, 404),
]
HIDDEN = [
    ("", 404, 404, 200, 200, 404, 200, 200),
    ("edit/", SIGN_IN, 404, 403, 200, 404, 403, 403),
    ("people/", SIGN_IN, 404, 200, 200, 404, 200, 200),
    ("join/", SIGN_IN, 404, 200, 200, 404, 200, 200),
]
STEPS = [
    # address, what is sent, and what comes of it; "said": back on the page with the reason, nothing changed
    ("/organisations/new/", "form", SIGN_IN, DONE, DONE, DONE, DONE, DONE, DONE),
    (f"{PAGE}edit/", "form", SIGN_IN, 403, 403, DONE, 403, 403, 403),
    (f"{PAGE}join/", {"message": "Hi"}, SIGN_IN, DONE, 409, 409, DONE, DONE, 409),
    (f"{PAGE}leave/", {}, SIGN_IN, "said", DONE, "said", "said", "said", DONE),
    (f"{PAGE}confirm/", {}, SIGN_IN, 403, 403, DONE, 403, 403, 403),
    (f"{PAGE}requests/REQUEST/accept/", {}, SIGN_IN, 404, 404, DONE, 404, 403, 403),
    (f"{PAGE}requests/REQUEST/decline/", {"reason": "No"}, SIGN_IN, 404, 404, DONE, 404, 403, 403),
    (f"{PAGE}requests/REQUEST/withdraw/", {}, SIGN_IN, 404, 404, 404, 404, 404, 404),
    (f"{PAGE}people/SECOND/role/", {"role": "manager"}, SIGN_IN, 403, 403, DONE, 403, 403, 403),
    (f"{PAGE}people/SECOND/remove/", {}, SIGN_IN, 403, 403, DONE, 403, 403, 403),
]


def each(table: list[Any], skipped: int) -> list[Any]:
    """One case for each role and row."""
    return [
        pytest.param(*row[:skipped], role, row[skipped + number], id=f"{row[0]}-{role}")
        for row in table
        for number, role in enumerate(ROLES)
    ]


def sign_in(client: Client, people: People, role: str) -> None:
    if role != "anonymous":
        client.force_login(people.get(role))  # type: ignore[arg-type]


def check(response: Any, expected: Any) -> None:
    if expected == SIGN_IN:
        assert response.status_code == 302
        assert response["Location"].startswith(("/accounts/login/?next=/", "/accounts/login/?next=%2F"))
    elif expected in {DONE, "said"}:
        assert response.status_code == 302
        assert "login" not in response["Location"]
    else:
        assert response.status_code == expected


@pytest.mark.parametrize(("address", "role", "expected"), each(PAGES, 1))
def test_pages(client: Client, people: People, address: str, role: str, expected: Any) -> None:
    sign_in(client, people, role)
    before = state_of_things()
    check(client.get(address), expected)
    assert state_of_things() == before


@pytest.mark.parametrize(("address", "role", "expected"), each(HIDDEN, 1))
def test_hidden_organisation(client: Client, people: People, address: str, role: str, expected: Any) -> None:
    Organisation.objects.update(is_active=False)
    sign_in(client, people, role)
    before = state_of_things()
    check(client.get(f"{PAGE}{address}"), expected)
    assert state_of_things() == before


@pytest.mark.parametrize(("address", "data", "role", "expected"), each(STEPS, 2))
def test_steps(client: Client, people: People, address: str, data: Any, role: str, expected: Any) -> None:
    second = belongs(people.organisation)
    request = JoinRequestFactory.create(organisation=people.organisation)
    sign_in(client, people, role)
    before = state_of_things()
    address = address.replace("REQUEST", str(request.pk)).replace("SECOND", str(second.pk))

    response = client.post(address, form_data() if data == "form" else data)

    check(response, expected)
    assert (state_of_things() != before) is (expected == DONE)


@pytest.mark.parametrize("role", ["stranger", "other_manager"])
@pytest.mark.parametrize(
    "step", ["leave", "confirm", "join", "edit", "people/SECOND/remove", "requests/REQUEST/accept"]
)
def test_steps_at_a_hidden_organisation_do_not_betray_it(
    client: Client, people: People, role: str, step: str
) -> None:
    second = belongs(people.organisation)
    request = JoinRequestFactory.create(organisation=people.organisation)
    Organisation.objects.update(is_active=False)
    sign_in(client, people, role)
    before = state_of_things()
    path = step.replace("REQUEST", str(request.pk)).replace("SECOND", str(second.pk))
    assert client.post(f"{PAGE}{path}/").status_code == 404
    assert state_of_things() == before


def test_asker_withdraws_at_their_own_request_only(client: Client, people: People) -> None:
    own = JoinRequestFactory.create(organisation=people.organisation, user=people.stranger)
    other = JoinRequestFactory.create(organisation=people.organisation)
    client.force_login(people.stranger)

    assert client.post(f"{PAGE}requests/{other.pk}/withdraw/").status_code == 404
    assert client.post(f"{PAGE}requests/{own.pk}/accept/").status_code == 403
    assert client.post(f"{PAGE}requests/{own.pk}/withdraw/").status_code == 302
    states = {row.pk: row.state for row in JoinRequest.objects.all()}
    assert states == {own.pk: "withdrawn", other.pk: "pending"}


def test_request_is_not_decided_under_another_organisation(client: Client, people: People) -> None:
    """Its manager would otherwise decide on requests to anybody."""
    elsewhere = JoinRequestFactory.create(organisation=OrganisationFactory.create())
    client.force_login(people.manager)
    before = state_of_things()
    for step in ("accept", "decline", "withdraw"):
        assert client.post(f"{PAGE}requests/{elsewhere.pk}/{step}/", {"reason": "No"}).status_code == 404
    assert state_of_things() == before


@pytest.mark.parametrize("number", ["0", "999999999", "99999999999999999999999"])
@pytest.mark.parametrize(
    "path", ["requests/N/accept", "requests/N/decline", "people/N/remove", "people/N/role"]
)
def test_numbers_of_nobody(client: Client, people: People, path: str, number: str) -> None:
    client.force_login(people.manager)
    before = state_of_things()
    response = client.post(f"{PAGE}{path.replace('N', number)}/", {"role": "manager", "reason": "No"})
    assert response.status_code in {302, 404}
    assert state_of_things() == before


@pytest.mark.parametrize("role", ["", "owner", "MANAGER", "manager\x00"])
def test_role_that_does_not_exist(client: Client, people: People, role: str) -> None:
    client.force_login(people.manager)
    before = state_of_things()
    assert client.post(f"{PAGE}people/{people.member.pk}/role/", {"role": role}).status_code == 302
    assert state_of_things() == before


def test_curator_decides_on_the_page_where_nobody_manages(
    client: Client, people: People, unmanaged: Organisation
) -> None:
    request = JoinRequestFactory.create(organisation=unmanaged, user=people.stranger, message="It is mine.")
    client.force_login(people.curator)
    page = unmanaged.get_absolute_url()

    assert f"{page}people/" in client.get(page).content.decode()
    assert "It is mine." in client.get(f"{page}people/").content.decode()
    response = client.post(f"{page}requests/{request.pk}/accept/", {"next": "people"})
    assert response["Location"] == f"{page}people/"
    assert list(unmanaged.managers()) == [people.stranger]


def test_signed_out_press_leads_back_to_a_page_that_can_be_opened(client: Client, people: People) -> None:
    """Not to the address of the step, which answers nothing but a press."""
    for step in ("leave", "confirm", "requests/1/accept", "people/1/remove", "people/1/role"):
        response = client.post(f"{PAGE}{step}/")
        assert response["Location"] == f"/accounts/login/?next={PAGE}"


def test_who_leaves_a_hidden_organisation_lands_where_they_may_be(client: Client, people: People) -> None:
    Organisation.objects.update(is_active=False)
    client.force_login(people.member)
    assert client.post(f"{PAGE}leave/")["Location"] == "/clusters/"


# --- Lists and single things say the same -----------------------------------------------------------


@pytest.mark.parametrize("role", [*ROLES, "inactive", "inactive_curator"])
def test_visible_to_agrees_with_can_view(people: People, role: str) -> None:
    OrganisationFactory.create(name="Hidden elsewhere", is_active=False)
    OrganisationFactory.create(name="Shown elsewhere")
    hidden = OrganisationFactory.create(name="Hidden home", is_active=False)
    if role.startswith("inactive"):
        user: Any = UserFactory.create(is_active=False, is_staff=role.endswith("curator"))
    else:
        user = people.get(role)
    if role not in {"anonymous", "stranger", "curator"}:
        MembershipFactory.create(organisation=hidden, user=user)

    visible = list(Organisation.objects.visible_to(user))

    expected = [row for row in Organisation.objects.all() if permissions.can_view(user, row)]
    assert sorted(row.pk for row in visible) == sorted(row.pk for row in expected)
    assert any(not row.is_active for row in Organisation.objects.all())


@pytest.mark.parametrize("role", ROLES)
def test_visible_requests_agree_with_can_view(people: People, role: str) -> None:
    JoinRequestFactory.create(organisation=people.organisation, user=people.stranger)
    JoinRequestFactory.create(organisation=OrganisationFactory.create())
    user = people.get(role)
    visible = JoinRequest.objects.visible_to(user)
    expected = [row for row in JoinRequest.objects.all() if permissions.can_view_join_request(user, row)]
    assert list(visible.order_by("pk")) == sorted(expected, key=lambda row: row.pk)


def test_of_member_and_of_manager(people: People) -> None:
    assert list(Organisation.objects.of_member(people.member)) == [people.organisation]
    assert list(Organisation.objects.of_manager(people.member)) == []
    assert list(Organisation.objects.of_manager(people.manager)) == [people.organisation]
    assert list(people.organisation.managers()) == [people.manager]


@pytest.mark.parametrize(
    "name",
    [
        "can_edit_organisation",
        "can_see_people",
        "can_manage_people",
        "can_decide_join_requests",
        "can_verify",
        "can_ask_to_join",
        "can_leave",
    ],
)
def test_inactive_people_may_do_nothing(people: People, name: str) -> None:
    for user in (people.manager, people.curator, people.stranger):
        user.is_active = False
        assert getattr(permissions, name)(user, people.organisation) is False


# --- Names of people ----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_names_of_members_are_for_those_who_belong_and_curators(
    client: Client, people: People, role: str
) -> None:
    sign_in(client, people, role)
    page = client.get(PAGE).content.decode()
    assert "Mia Member" not in page or role == "member", "only oneself in the header"
    assert ("Max Manager" in page) is (role != "anonymous"), "who acts is known to signed-in people"
    listed = client.get(f"{PAGE}people/").content.decode()
    assert ("Mia Member" in listed) is (role in {"member", "manager", "curator", "own_curator"})
    for user in (people.member, people.manager):
        if role not in {"member", "manager"}:
            assert user.email not in page + listed


def test_message_of_a_request_is_for_those_who_decide(client: Client, people: People) -> None:
    JoinRequestFactory.create(organisation=people.organisation, message="Please, it is private")
    for role in ROLES:
        client.logout()
        sign_in(client, people, role)
        found = client.get(PAGE).content.decode() + client.get(f"{PAGE}people/").content.decode()
        assert ("it is private" in found) is (role == "manager"), role
