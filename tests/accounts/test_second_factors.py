from __future__ import annotations

import json
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.mail import EmailMessage
from django.test import Client
from fido2.cose import ES256
from fido2.webauthn import Aaguid, AttestedCredentialData

from apps.accounts.second_factors import SecondFactorAdapter
from tests.accounts.helpers import PASSWORD, add_totp, code_now, person, sign_in

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_totp_set_up_then_sign_in_needs_the_code(client: Client, mailoutbox: list[EmailMessage]) -> None:
    user = person()
    sign_in(client)
    response = client.get("/accounts/2fa/totp/activate/")
    assert response["Location"].startswith("/accounts/reauthenticate/"), "the password is asked for again"
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/")
    content = page.content.decode()
    assert "<svg role=" in content
    assert '<rect width="100%" height="100%" fill="#fff"/><path' in content
    assert "data:image" not in content, "the security policy would not show it"
    secret = client.session["mfa.totp.secret"]
    response = client.post("/accounts/2fa/totp/activate/", {"code": code_now(secret)})
    assert response["Location"] == "/accounts/2fa/recovery-codes/"
    codes = client.get("/accounts/2fa/recovery-codes/")
    assert len(codes.context["unused_codes"]) == 10
    assert "These are your recovery codes." in codes.content.decode()
    assert "the old ones" not in codes.content.decode(), "there were none"
    assert mailoutbox[0].subject == "An authenticator app was set up"

    stored = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)
    assert secret not in str(stored.data)

    client.logout()
    assert sign_in(client)["Location"] == "/accounts/2fa/authenticate/"
    assert "_auth_user_id" not in client.session
    assert client.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert "_auth_user_id" not in client.session


def test_totp_right_code_signs_in_once(client: Client) -> None:
    user = person()
    secret = add_totp(user)
    sign_in(client)
    code = code_now(secret)
    response = client.post("/accounts/2fa/authenticate/", {"code": code})
    assert response["Location"] == "/dashboard/"
    assert "_auth_user_id" in client.session
    other = Client()
    sign_in(other)
    assert other.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 200, "a code is used once"
    assert "_auth_user_id" not in other.session


@pytest.mark.django_db(transaction=True)
def test_new_recovery_codes_end_the_old_ones_and_say_so(client: Client) -> None:
    secret = add_totp(person())
    sign_in(client)
    client.post("/accounts/2fa/authenticate/", {"code": code_now(secret)})
    page = client.post("/accounts/2fa/recovery-codes/generate/", follow=True)
    assert page.status_code == 200
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.post("/accounts/2fa/recovery-codes/generate/", follow=True)
    assert "the old ones no longer work" in page.content.decode()


def _key() -> AttestedCredentialData:
    public = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    return AttestedCredentialData.create(Aaguid.NONE, b"id", public)


def test_key_is_asked_for_only_where_there_is_one(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    user = person()
    add_totp(user)
    sign_in(client)
    assert "data-passkey" not in client.get("/accounts/2fa/authenticate/").content.decode()

    monkeypatch.setattr("allauth.mfa.webauthn.internal.auth.get_credentials", lambda _user: [_key()])
    assert "data-passkey" in client.get("/accounts/2fa/authenticate/").content.decode()


def test_recovery_code_signs_in_once(client: Client) -> None:
    user = person()
    add_totp(user)
    code = Authenticator.objects.get(type=Authenticator.Type.RECOVERY_CODES).wrap().get_unused_codes()[0]
    sign_in(client)
    assert client.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 302
    other = Client()
    sign_in(other)
    assert other.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 200


def test_second_factor_guessing_is_limited(client: Client) -> None:
    user = person()
    secret = add_totp(user)
    sign_in(client)
    for _attempt in range(5):
        client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    client.post("/accounts/2fa/authenticate/", {"code": code_now(secret)})
    assert "_auth_user_id" not in client.session


def test_secrets_survive_a_new_secret_key(settings: Any) -> None:
    settings.SECRET_KEY = "old" * 20
    sealed = SecondFactorAdapter().encrypt("JBSWY3DPEHPK3PXP")
    assert "JBSWY3DPEHPK3PXP" not in sealed
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new" * 20, ["old" * 20]
    assert SecondFactorAdapter().decrypt(sealed) == "JBSWY3DPEHPK3PXP"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(InvalidToken):
        SecondFactorAdapter().decrypt(sealed)


KEY = {"id": "MQ", "rawId": "MQ", "type": "public-key", "clientExtensionResults": {}}
FIELDS = ("clientDataJSON", "authenticatorData", "signature", "userHandle", "attestationObject")
NONSENSE = [
    "",
    "no json",
    "[]",
    "{}",
    "null",
    "1",
    '"text"',
    '{"id": 1}',
    '{"response": {"userHandle": "MQ"}}',
    json.dumps({**KEY, "response": {}}),
    json.dumps({**KEY, "response": []}),
    json.dumps({**KEY, "response": dict.fromkeys(FIELDS, "MQ")}),
    json.dumps({**KEY, "response": dict.fromkeys(FIELDS, "e30")}),
    json.dumps({**KEY, "response": dict.fromkeys(FIELDS, "!")}),
    json.dumps({**KEY, "response": dict.fromkeys(FIELDS)}),
]


@pytest.mark.parametrize("credential", NONSENSE)
def test_passkey_sign_in_with_nonsense_is_refused(client: Client, credential: str) -> None:
    begun = client.get("/accounts/2fa/webauthn/login/", headers={"accept": "application/json"})
    assert begun.status_code == 200
    response = client.post("/accounts/2fa/webauthn/login/", {"credential": credential})
    assert response.status_code == 302
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("credential", NONSENSE)
def test_passkey_as_second_factor_with_nonsense_is_refused(client: Client, credential: str) -> None:
    add_totp(person())
    sign_in(client)
    client.get("/accounts/2fa/authenticate/")
    assert client.post("/accounts/2fa/authenticate/", {"credential": credential}).status_code == 200
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("credential", NONSENSE)
def test_passkey_made_of_nonsense_is_refused(client: Client, credential: str) -> None:
    sign_in(client, person().email)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert client.get("/accounts/2fa/webauthn/add/").status_code == 200
    assert client.post("/accounts/2fa/webauthn/add/", {"credential": credential}).status_code == 200
    assert not Authenticator.objects.exists()
