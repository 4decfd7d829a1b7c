from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from apps.accounts import personal_data, services
from apps.accounts.events import PersonErased
from apps.accounts.models import User
from apps.core import events
from apps.core.exceptions import HubError, RuleBrokenError, StepNotAllowedError
from tests.accounts.helpers import PASSWORD, add_totp, person, sign_in
from tests.concurrency import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(personal_data, "_checks", list(personal_data._checks))
    monkeypatch.setattr(personal_data, "_erasures", list(personal_data._erasures))


def erase_in_browser(client: Client) -> Any:
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client.post("/account/erase/", {"sure": "on"})


def test_erasure_removes_all_personal_data(client: Client) -> None:
    user = person(is_staff=True)
    add_totp(user)
    SocialAccount.objects.create(user=user, provider="oidc", uid="ada")
    LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(user.pk),
        object_repr="Ada Muster",
        action_flag=CHANGE,
        change_message="Ada",
    )
    elsewhere = Client()
    elsewhere.force_login(user)
    client.force_login(user)
    assert erase_in_browser(client)["Location"] == "/"

    user.refresh_from_db()
    assert user.email.startswith("erased-")
    assert user.email.endswith("@invalid")
    assert (user.name, user.get_full_name(), user.is_active, user.is_staff) == (
        "",
        "former member",
        False,
        False,
    )
    assert user.erased_at
    assert not user.has_usable_password()
    for model in (EmailAddress, Authenticator, SocialAccount, UserSession):
        assert not model.objects.exists(), model
    assert LogEntry.objects.get().object_repr == "former member"
    assert "_auth_user_id" not in client.session
    assert elsewhere.get("/account/settings/").status_code == 302
    assert sign_in(Client()).status_code == 200, "the old address and password are unknown"


def test_erased_address_is_free_again(client: Client) -> None:
    services.erase_person(person_id=(user := person()).pk, by=user)
    person()
    assert sign_in(client).status_code == 302


def test_erasure_asks_for_the_password_first(client: Client) -> None:
    user = person()
    client.force_login(user)
    response = client.post("/account/erase/", {"sure": "on"})
    assert response["Location"].startswith("/accounts/reauthenticate/")
    user.refresh_from_db()
    assert user.is_active


def test_erasure_without_the_tick_does_nothing(client: Client) -> None:
    user = person()
    client.force_login(user)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    response = client.post("/account/erase/", {})
    assert "sure" in response.context["form"].errors
    user.refresh_from_db()
    assert user.is_active


@pytest.mark.usefixtures("_own_registry")
def test_erasure_waits_for_what_other_apps_ask_for(client: Client) -> None:
    personal_data.register_erasure_check(lambda _person: ["Please hand over your organisation."])
    user = person()
    client.force_login(user)
    assert "Please hand over your organisation." in client.get("/account/erase/").content.decode()
    assert erase_in_browser(client).status_code == 200
    with pytest.raises(RuleBrokenError, match="hand over"):
        services.erase_person(person_id=user.pk, by=user)
    user.refresh_from_db()
    assert user.is_active


@pytest.mark.usefixtures("_own_registry")
def test_erasure_of_other_apps_runs_in_the_same_transaction() -> None:
    seen: list[str] = []

    def fail(someone: User) -> None:
        seen.append(someone.email)
        raise RuntimeError

    personal_data.register_erasure(fail)
    user = person()
    with pytest.raises(RuntimeError):
        services.erase_person(person_id=user.pk, by=user)
    user.refresh_from_db()
    assert seen == ["ada@example.org"]
    assert user.is_active
    assert EmailAddress.objects.filter(user=user).exists()


def test_erasure_is_told_after_commit(
    django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    monkeypatch.setitem(events._handlers, PersonErased, [lambda event: told.append(event.user_id)])
    user = person()
    with django_capture_on_commit_callbacks(execute=True):
        services.erase_person(person_id=user.pk, by=user)
    assert told == [user.pk]


def test_only_superuser_must_make_another_first(client: Client) -> None:
    boss = person(is_superuser=True, is_staff=True)
    with pytest.raises(RuleBrokenError, match="only superuser"):
        services.erase_person(person_id=boss.pk, by=boss)
    person("second@example.org", is_superuser=True)
    services.erase_person(person_id=boss.pk, by=boss)


def test_nobody_erases_somebody_else_but_a_superuser() -> None:
    user, curator, boss = (
        person(),
        person("c@example.org", is_staff=True),
        person("b@example.org", is_superuser=True),
    )
    for other in (curator, person("o@example.org")):
        with pytest.raises(RuleBrokenError):
            services.erase_person(person_id=user.pk, by=other)
    services.erase_person(person_id=user.pk, by=boss)
    with pytest.raises(StepNotAllowedError):
        services.erase_person(person_id=user.pk, by=boss)


@pytest.mark.parametrize("field", ["is_active", "is_staff", "is_superuser"])
def test_database_keeps_an_erased_account_powerless(field: str) -> None:
    user = person()
    services.erase_person(person_id=user.pk, by=user)
    with pytest.raises(IntegrityError, match="user_erased_keeps_nothing"), transaction.atomic():
        User.objects.filter(pk=user.pk).update(**{field: True})


def test_database_refuses_erased_but_active() -> None:
    user = person()
    with pytest.raises(IntegrityError, match="user_erased_keeps_nothing"), transaction.atomic():
        User.objects.filter(pk=user.pk).update(erased_at=timezone.now())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(5))
def test_two_superusers_erase_themselves_one_stays(_round: int) -> None:
    one, two = (person(f"{name}@example.org", is_superuser=True, is_staff=True) for name in ("one", "two"))
    results = at_once(
        lambda: services.erase_person(person_id=one.pk, by=one),
        lambda: services.erase_person(person_id=two.pk, by=two),
    )

    assert sorted(results) == ["RuleBrokenError", "done"]
    assert User.objects.filter(is_superuser=True, is_active=True).count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(5))
def test_two_superusers_erase_each_other_one_stays(_round: int) -> None:
    one, two = (person(f"{name}@example.org", is_superuser=True, is_staff=True) for name in ("one", "two"))
    results = at_once(
        lambda: services.erase_person(person_id=two.pk, by=one),
        lambda: services.erase_person(person_id=one.pk, by=two),
    )

    assert sorted(results) == ["AccountClosedError", "done"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(3))
def test_two_superusers_take_each_others_rights_one_stays(_round: int) -> None:
    one, two = (person(f"{name}@example.org", is_superuser=True, is_staff=True) for name in ("one", "two"))
    for superuser in (one, two):
        add_totp(superuser)

    def demote(by: User, other: User) -> Any:
        client = Client()
        client.force_login(by)
        values = {"name": "Somebody", "language": "en", "time_zone": "UTC", "is_active": "on"}
        inline = {"emailaddress_set-TOTAL_FORMS": "0", "emailaddress_set-INITIAL_FORMS": "0"}
        return client.post(f"/admin/accounts/user/{other.pk}/change/", {**values, **inline})

    at_once(lambda: demote(one, two), lambda: demote(two, one))
    assert User.objects.filter(is_superuser=True, is_active=True).count() == 1


def test_stale_copy_of_an_erased_account_cannot_be_saved() -> None:
    """A page that read the account before it was erased must not bring it back."""
    user = person()
    stale = User.objects.get(pk=user.pk)
    services.erase_person(person_id=user.pk, by=user)
    for fields in (None, ["email"], ["password"]):
        with pytest.raises(IntegrityError, match="erased"), transaction.atomic():
            stale.save(update_fields=fields)
    user.refresh_from_db()
    assert not user.is_active


def test_whoever_was_deactivated_meanwhile_erases_nobody() -> None:
    user, boss = person(), person("b@example.org", is_superuser=True)
    User.objects.filter(pk=boss.pk).update(is_active=False)
    with pytest.raises(services.AccountClosedError):
        services.erase_person(person_id=user.pk, by=boss)
    User.objects.filter(pk=boss.pk).update(is_active=True, is_superuser=False)
    with pytest.raises(RuleBrokenError, match="superuser"):
        services.erase_person(person_id=user.pk, by=boss)


def test_settings_keep_only_what_was_typed(client: Client) -> None:
    user = person()
    client.force_login(user)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    client.post("/account/settings/", {"name": "New Name", "language": "en", "time_zone": "UTC"})
    user.refresh_from_db()
    assert (user.name, user.is_staff) == ("New Name", True)


@pytest.mark.django_db(transaction=True)
def test_erasure_pressed_twice_happens_once() -> None:
    user = person()
    outcomes: list[str] = []

    def press() -> None:
        try:
            services.erase_person(person_id=user.pk, by=user)
            outcomes.append("erased")
        except HubError:
            outcomes.append("refused")

    at_once(press, press)
    assert sorted(outcomes) == ["erased", "refused"]
