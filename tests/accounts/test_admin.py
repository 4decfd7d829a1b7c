from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from apps.accounts import permissions, services
from apps.accounts.models import User
from tests.accounts.helpers import add_totp, person

pytestmark = pytest.mark.django_db

LIST = "/admin/accounts/user/"


@pytest.fixture
def member(db: None) -> User:
    return person()


@pytest.fixture
def boss(db: None) -> User:
    return person("boss@example.org", is_staff=True, is_superuser=True)


@pytest.fixture
def keeper(db: None) -> User:
    return person("keeper@example.org", is_staff=True)


def change(user: User) -> str:
    return f"{LIST}{user.pk}/change/"


def form_of(user: User, **values: str) -> dict[str, str]:
    form = {
        "name": user.name,
        "language": user.language,
        "time_zone": user.time_zone,
        "is_active": "on" if user.is_active else "",
        "is_staff": "on" if user.is_staff else "",
        "is_superuser": "on" if user.is_superuser else "",
        "emailaddress_set-TOTAL_FORMS": "0",
        "emailaddress_set-INITIAL_FORMS": "0",
    }
    return {key: value for key, value in (form | values).items() if value}


def test_admin_door_is_the_hubs_own_sign_in(client: Client, member: User) -> None:
    response = client.get("/admin/login/?next=/admin/")
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/?next=")
    response = client.post("/admin/login/", {"username": "boss@example.org", "password": "x"})
    assert response["Location"].startswith("/accounts/login/")
    client.force_login(member)
    assert client.get("/admin/login/").status_code == 403


def test_people_list_and_search(client: Client, keeper: User, member: User) -> None:
    client.force_login(keeper)
    assert "ada@example.org" in client.get(LIST).content.decode()
    assert client.get(LIST, {"q": "Muster"}).status_code == 200
    assert client.get(LIST, {"q": "nobody"}).context["cl"].result_count == 0


@pytest.mark.parametrize("count", [1, 20])
def test_people_list_query_count_is_constant(
    client: Client, keeper: User, django_assert_max_num_queries: Any, count: int
) -> None:
    for number in range(count):
        person(f"p{number}@example.org")
    client.force_login(keeper)
    with django_assert_max_num_queries(10):
        client.get(LIST)


def test_people_are_not_shown_to_members(client: Client, member: User) -> None:
    client.force_login(member)
    assert client.get(LIST).status_code in {302, 403}


def test_person_page_shows_no_password_and_no_secret(client: Client, boss: User, member: User) -> None:
    secret = add_totp(member)
    client.force_login(boss)
    content = client.get(change(member)).content.decode()
    member.refresh_from_db()
    assert member.password not in content
    assert "md5$" not in content
    assert secret not in content


def test_secrets_are_not_in_the_administration() -> None:
    names = {model._meta.label for model in admin.site._registry}
    hidden = {"mfa.Authenticator", "socialaccount.SocialToken", "socialaccount.SocialApp"}
    assert not names & hidden


def test_curator_deactivates_a_member(client: Client, keeper: User, member: User) -> None:
    client.force_login(keeper)
    client.post(change(member), form_of(member, is_active=""))
    member.refresh_from_db()
    assert not member.is_active


def test_curator_makes_nobody_a_curator(client: Client, keeper: User, member: User) -> None:
    client.force_login(keeper)
    client.post(change(member), form_of(member, is_staff="on", is_superuser="on"))
    member.refresh_from_db()
    assert not member.is_staff
    assert not member.is_superuser


def test_superuser_makes_a_curator(client: Client, boss: User, member: User) -> None:
    client.force_login(boss)
    client.post(change(member), form_of(member, is_staff="on"))
    member.refresh_from_db()
    assert member.is_staff


def test_curator_changes_no_other_curator(client: Client, keeper: User, boss: User) -> None:
    client.force_login(keeper)
    assert client.post(change(boss), form_of(boss, is_active="")).status_code == 403
    boss.refresh_from_db()
    assert boss.is_active


def test_superuser_cannot_lock_themselves_out(client: Client, boss: User) -> None:
    client.force_login(boss)
    client.post(change(boss), form_of(boss, is_active="", is_superuser=""))
    boss.refresh_from_db()
    assert boss.is_active
    assert boss.is_superuser


def test_people_are_neither_added_nor_deleted(client: Client, boss: User, member: User) -> None:
    client.force_login(boss)
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{member.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(LIST, {"action": "delete_selected", "_selected_action": member.pk, "post": "yes"})
    assert User.objects.filter(pk=member.pk).exists()


def test_superuser_erases_on_request_after_a_second_look(client: Client, boss: User, member: User) -> None:
    client.force_login(boss)
    data = {"action": "erase_people", "_selected_action": member.pk}
    assert "ada@example.org" in client.post(LIST, data).content.decode()
    assert not User.objects.filter(erased_at__isnull=False).exists()
    client.post(LIST, data | {"confirmed": "1"})
    assert User.objects.get(erased_at__isnull=False) == member
    member.refresh_from_db()
    assert client.get(change(member)).status_code == 200
    assert client.post(change(member), form_of(member, name="Back", is_active="on")).status_code == 403


def test_curator_erases_nobody(client: Client, keeper: User, member: User) -> None:
    client.force_login(keeper)
    client.post(LIST, {"action": "erase_people", "_selected_action": member.pk, "confirmed": "1"})
    member.refresh_from_db()
    assert member.erased_at is None


@pytest.mark.parametrize(
    ("rule", "by_member", "by_keeper", "by_boss"),
    [
        (permissions.can_change_person, False, True, True),
        (permissions.can_deactivate, False, True, True),
        (permissions.can_make_curator, False, False, True),
        (permissions.can_erase, False, False, True),
    ],
)
def test_rules_about_another_member(
    rule: Any, by_member: bool, by_keeper: bool, by_boss: bool, keeper: User, boss: User
) -> None:
    target, peer = person("target@example.org"), person("peer@example.org")
    assert (rule(peer, target), rule(keeper, target), rule(boss, target)) == (by_member, by_keeper, by_boss)
    services.erase_person(person_id=target.pk, by=target)
    target.refresh_from_db()
    assert not any(rule(user, target) for user in (peer, keeper, boss))


@pytest.mark.parametrize(
    "query",
    ["password__startswith=a", "last_login__year=2026", "id__regex=(", "emailaddress__email=a", "email=a"],
)
def test_people_list_answers_no_question_that_it_does_not_offer(
    client: Client, keeper: User, query: str
) -> None:
    """By what is found and what is not, a hash could be read letter by letter."""
    client.force_login(keeper)
    assert client.get(f"{LIST}?{query}").status_code == 400
    assert client.get(f"{LIST}?is_staff__exact=1&date_joined__year=2026").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/admin/notifications/notification/?context__icontains=a",
        "/admin/notifications/outgoingmail/?text__contains=a",
    ],
)
def test_outboxes_do_not_tell_what_was_said(client: Client, boss: User, path: str) -> None:
    client.force_login(boss)
    assert client.get(path).status_code == 400
    assert client.get(path.partition("?")[0]).status_code == 200
