"""OpenID Connect against a provider of our own that runs on this machine."""

from __future__ import annotations

import json
import runpy
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from apps.accounts.models import Consent, User
from tests.accounts.helpers import person

pytestmark = pytest.mark.django_db


class Provider(BaseHTTPRequestHandler):
    """As much of a provider as signing in needs."""

    claims: ClassVar[dict[str, Any]] = {}
    broken: ClassVar[bool] = False

    def do_GET(self) -> None:
        here = f"http://{self.headers['Host']}"
        if self.broken:
            self._answer(None)
        elif self.path.endswith("/.well-known/openid-configuration"):
            self._answer(
                {
                    "issuer": here,
                    "authorization_endpoint": f"{here}/authorize",
                    "token_endpoint": f"{here}/token",
                    "userinfo_endpoint": f"{here}/userinfo",
                    "jwks_uri": f"{here}/jwks",
                }
            )
        else:
            self._answer(self.claims)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer({"access_token": "token", "token_type": "Bearer"})

    def _answer(self, data: dict[str, Any] | None) -> None:
        body = b"<html>" if data is None else json.dumps(data).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as in the base class
        pass


@pytest.fixture
def provider(settings: Any) -> Iterator[type[Provider]]:
    Provider.claims = {
        "sub": "ada-1",
        "email": "ada@example.org",
        "email_verified": True,
        "name": "Ada Muster",
    }
    Provider.broken = False
    server = HTTPServer(("127.0.0.1", 0), Provider)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    configure(settings, f"http://127.0.0.1:{server.server_address[1]}")
    yield Provider
    server.shutdown()
    thread.join()
    server.server_close()


def configure(settings: Any, address: str) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "APPS": [
                {
                    "provider_id": "eulogin",
                    "name": "EU Login",
                    "client_id": "hub",
                    "secret": "s",
                    "settings": {"server_url": address},
                }
            ],
            "OAUTH_PKCE_ENABLED": True,
        }
    }


def start(client: Client, **query: str) -> dict[str, list[str]]:
    """Press the button; the answer names where the provider shall be asked."""
    response = client.post("/accounts/oidc/eulogin/login/", query_params=query)
    assert response.status_code == 200, "a redirect of a form to another site is against the security policy"
    goal = urlsplit(response.context["redirect_to"])
    assert goal.path == "/authorize"
    assert 'http-equiv="refresh"' in response.content.decode()
    return parse_qs(goal.query)


def come_back(client: Client, asked: dict[str, list[str]]) -> Any:
    return client.get("/accounts/oidc/eulogin/login/callback/", {"code": "c", "state": asked["state"][0]})


def test_provider_is_absent_when_not_set_up(client: Client) -> None:
    assert "oidc" not in client.get("/accounts/login/").content.decode()
    assert client.get("/accounts/oidc/eulogin/login/").status_code == 404


def test_environment_sets_the_provider_up(
    client: Client, provider: type[Provider], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (app,) = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
    monkeypatch.setenv("OIDC_CLIENT_ID", "hub")
    monkeypatch.setenv("OIDC_SECRET", "s")
    monkeypatch.setenv("OIDC_PROVIDER_ID", "eulogin")
    monkeypatch.setenv("OIDC_NAME", "EU Login")
    monkeypatch.setenv("OIDC_SERVER_URL", app["settings"]["server_url"])
    base = runpy.run_path(str(settings.BASE_DIR / "clusterhub" / "settings" / "base.py"))
    settings.SOCIALACCOUNT_PROVIDERS = base["SOCIALACCOUNT_PROVIDERS"]
    assert "EU Login" in client.get("/accounts/login/").content.decode()
    assert start(client)["client_id"] == ["hub"]


@pytest.mark.usefixtures("provider")
def test_provider_is_offered_and_asked_with_a_proof_key(client: Client) -> None:
    page = client.get("/accounts/login/").content.decode()
    assert "EU Login" in page
    assert "/accounts/oidc/eulogin/login/" in page
    assert client.get("/accounts/oidc/eulogin/login/").status_code == 200, "a link alone starts nothing"
    asked = start(client)
    assert asked["client_id"] == ["hub"]
    assert asked["redirect_uri"] == ["http://testserver/accounts/oidc/eulogin/login/callback/"]
    assert asked["code_challenge_method"] == ["S256"]
    assert set(asked["scope"][0].split()) == {"openid", "profile", "email"}


@pytest.mark.usefixtures("provider")
def test_first_time_asks_for_name_and_agreement_then_signs_in(client: Client) -> None:
    response = come_back(client, start(client))
    assert response["Location"] == "/accounts/3rdparty/signup/"
    assert not User.objects.exists()
    page = client.get("/accounts/3rdparty/signup/")
    assert page.context["form"].initial["name"] == "Ada Muster"
    form = {"name": "Ada Muster", "email": "ada@example.org"}
    assert "privacy" in client.post("/accounts/3rdparty/signup/", form).context["form"].errors
    response = client.post("/accounts/3rdparty/signup/", form | {"privacy": "on"})
    assert response["Location"] == "/dashboard/"
    user = User.objects.get()
    assert (user.name, user.email, user.has_usable_password()) == ("Ada Muster", "ada@example.org", False)
    assert Consent.objects.filter(user=user).exists()
    assert EmailAddress.objects.get(user=user).verified
    other = Client()
    assert come_back(other, start(other, next="/knowledge/"))["Location"] == "/knowledge/"
    assert other.session["_auth_user_id"] == str(user.pk)


def test_unverified_address_must_be_confirmed(client: Client, provider: type[Provider]) -> None:
    provider.claims = {**provider.claims, "email_verified": False}
    come_back(client, start(client))
    form = {"name": "Ada Muster", "email": "ada@example.org", "privacy": "on"}
    assert client.post("/accounts/3rdparty/signup/", form)["Location"] == "/accounts/confirm-email/"
    assert "_auth_user_id" not in client.session


@pytest.mark.usefixtures("provider")
def test_address_of_an_existing_account_does_not_take_it_over(client: Client) -> None:
    person()
    come_back(client, start(client))
    client.post("/accounts/3rdparty/signup/", {"name": "Thief", "email": "ada@example.org", "privacy": "on"})
    assert "_auth_user_id" not in client.session
    assert not SocialAccount.objects.exists()


def test_provider_out_of_reach_gets_a_plain_page(client: Client, settings: Any) -> None:
    configure(settings, "http://127.0.0.1:9")
    response = client.post("/accounts/oidc/eulogin/login/")
    assert response.status_code == 502
    assert "Signing in did not work" in response.content.decode()


def test_provider_that_talks_nonsense_gets_a_plain_page(client: Client, provider: type[Provider]) -> None:
    asked = start(client)
    provider.claims = {}
    assert come_back(client, asked).status_code == 502
    provider.broken = True
    assert client.post("/accounts/oidc/eulogin/login/").status_code == 502


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize(
    "query", [{}, {"code": "c"}, {"code": "c", "state": "forged"}, {"error": "access_denied"}]
)
def test_coming_back_without_having_asked_signs_nobody_in(client: Client, query: dict[str, str]) -> None:
    response = client.get("/accounts/oidc/eulogin/login/callback/", query)
    assert response.status_code < 500
    assert "_auth_user_id" not in client.session
