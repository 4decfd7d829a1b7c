"""The administration asks staff for a second factor, where the settings say so: in production."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client

from apps.accounts.models import User
from tests import production
from tests.accounts.helpers import PASSWORD, add_totp, code_now, person, sign_in

pytestmark = pytest.mark.django_db

PAGE = "/account/second-factor/?next=%2Fadmin%2Faccounts%2Fuser%2F"
ADMIN = "/admin/accounts/user/"


@pytest.fixture
def keeper(db: None, settings: Any) -> User:
    settings.STAFF_SECOND_FACTOR = True
    return person("keeper@example.org", is_staff=True)


def add_passkey(user: User) -> None:
    Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "Key"})


def test_production_asks_staff_for_a_second_factor_and_a_demonstration_does_not() -> None:
    code = "import json; from django.conf import settings; print(json.dumps(settings.STAFF_SECOND_FACTOR))"
    assert production.ask(code) is True
    assert production.ask(code, DEMO="1") is False


def test_staff_without_a_second_factor_is_led_to_set_one_up(client: Client, keeper: User) -> None:
    sign_in(client, keeper.email)
    response = client.get(ADMIN, follow=True)
    assert response.redirect_chain[-1][0] == PAGE
    content = response.content.decode()
    assert "needs a second factor" in content
    assert "/accounts/2fa/totp/activate/" in content
    assert "/accounts/2fa/webauthn/add/" in content


@pytest.mark.parametrize("method", ["get", "post"])
def test_staff_without_a_second_factor_changes_nothing(client: Client, keeper: User, method: str) -> None:
    sign_in(client, keeper.email)
    response = getattr(client, method)(f"{ADMIN}{keeper.pk}/change/", {"name": "Other"})
    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/?next=")


def test_staff_with_a_factor_that_was_not_used_is_asked_for_it(client: Client, keeper: User) -> None:
    sign_in(client, keeper.email)
    secret = add_totp(keeper)
    response = client.get(ADMIN, follow=True)
    assert response.redirect_chain[-1][0] == PAGE
    asked = "/accounts/2fa/reauthenticate/?next=%2Fadmin%2Faccounts%2Fuser%2F"
    assert asked in response.content.decode()
    response = client.post(asked, {"code": code_now(secret), "next": ADMIN})
    assert response["Location"] == ADMIN
    assert client.get(ADMIN).status_code == 200


def test_staff_with_only_a_passkey_is_asked_for_the_passkey(client: Client, keeper: User) -> None:
    sign_in(client, keeper.email)
    add_passkey(keeper)
    content = client.get(ADMIN, follow=True).content.decode()
    assert "/accounts/2fa/webauthn/reauthenticate/?next=%2Fadmin%2Faccounts%2Fuser%2F" in content
    assert "/accounts/2fa/reauthenticate/" not in content.partition("<main")[2]


def test_staff_who_signed_in_with_the_code_is_in(client: Client, keeper: User) -> None:
    secret = add_totp(keeper)
    sign_in(client, keeper.email)
    client.post("/accounts/2fa/authenticate/", {"code": code_now(secret)})
    assert client.get(ADMIN).status_code == 200


def test_staff_who_removed_the_factor_is_out(client: Client, keeper: User) -> None:
    secret = add_totp(keeper)
    sign_in(client, keeper.email)
    client.post("/accounts/2fa/authenticate/", {"code": code_now(secret)})
    Authenticator.objects.filter(user=keeper).delete()
    assert client.get(ADMIN).status_code == 302


def test_password_alone_stays_a_key_where_the_setting_is_off(
    client: Client, keeper: User, settings: Any
) -> None:
    settings.STAFF_SECOND_FACTOR = False
    sign_in(client, keeper.email)
    assert client.get(ADMIN).status_code == 200


def test_page_is_for_staff_and_leads_nowhere_else(client: Client, keeper: User) -> None:
    person()
    assert client.get(PAGE)["Location"].startswith("/accounts/login/")
    sign_in(client)
    assert client.get(PAGE).status_code == 403
    assert client.get(ADMIN)["Location"].startswith("/admin/login/")
    assert client.get("/admin/login/").status_code == 403
    client.logout()
    sign_in(client, keeper.email, PASSWORD)
    add_totp(keeper)
    content = client.get("/account/second-factor/?next=https://evil.example.com/").content.decode()
    assert "evil.example.com" not in content
    assert "reauthenticate/?next=%2Fadmin%2F" in content


def test_groups_are_not_in_the_administration() -> None:
    assert not admin.site.is_registered(Group)
