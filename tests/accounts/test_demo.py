from __future__ import annotations

from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from apps.accounts import demo
from tests.accounts.helpers import add_totp, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo_mode(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DEMO = True
    monkeypatch.setattr(demo, "_sources", [])
    demo.register_demo_people(
        lambda: [
            demo.DemoPerson("ada@example.org", "Cluster manager"),
            demo.DemoPerson("gone@example.org", "Gone"),
        ]
    )


@pytest.mark.usefixtures("demo_mode")
def test_demo_sign_in_by_one_press(client: Client) -> None:
    user = person()
    page = client.get("/accounts/login/").content.decode()
    assert "Cluster manager" in page
    assert ">ada@example.org</small>" in page, "who one becomes"
    assert "Gone" not in page, "who does not exist is not offered"
    response = client.post("/account/demo-sign-in/", {"email": "ada@example.org", "next": "/knowledge/"})
    assert response["Location"] == "/knowledge/"
    assert client.session["_auth_user_id"] == str(user.pk)
    assert UserSession.objects.filter(user=user).count() == 1


@pytest.mark.usefixtures("demo_mode")
def test_demo_sign_in_needs_no_second_factor(client: Client) -> None:
    add_totp(person())
    assert client.post("/account/demo-sign-in/", {"email": "ada@example.org"})["Location"] == "/dashboard/"


@pytest.mark.usefixtures("demo_mode")
def test_demo_sign_in_changes_person(client: Client) -> None:
    user = person()
    client.force_login(person("eva@example.org"))
    client.post("/account/demo-sign-in/", {"email": "ada@example.org"})
    assert client.session["_auth_user_id"] == str(user.pk)


@pytest.mark.usefixtures("demo_mode")
@pytest.mark.parametrize("email", ["boss@example.org", "gone@example.org", "", "ada@example.org\x00"])
def test_demo_sign_in_is_for_listed_people_only(client: Client, email: str) -> None:
    person("boss@example.org", is_superuser=True)
    assert client.post("/account/demo-sign-in/", {"email": email}).status_code == 404


@pytest.mark.usefixtures("demo_mode")
def test_demo_sign_in_needs_a_press_with_a_token(client: Client) -> None:
    person()
    assert client.get("/account/demo-sign-in/").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/account/demo-sign-in/", {"email": "ada@example.org"}).status_code == 403


@pytest.mark.usefixtures("demo_mode")
def test_demo_sign_in_leads_nowhere_else(client: Client) -> None:
    person()
    response = client.post(
        "/account/demo-sign-in/", {"email": "ada@example.org", "next": "https://evil.example.com/"}
    )
    assert response["Location"] == "/dashboard/"


@pytest.mark.usefixtures("demo_mode")
def test_demo_sign_in_is_absent_without_demo(client: Client, settings: Any) -> None:
    settings.DEMO = False
    person()
    assert "Cluster manager" not in client.get("/accounts/login/").content.decode()
    assert client.post("/account/demo-sign-in/", {"email": "ada@example.org"}).status_code == 404
    assert "_auth_user_id" not in client.session
