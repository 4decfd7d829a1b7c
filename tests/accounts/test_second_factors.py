from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.core.mail import EmailMessage
from django.test import Client

from apps.accounts.second_factors import SecondFactorAdapter
from tests.accounts.helpers import PASSWORD, add_totp, code_now, person, sign_in

pytestmark = pytest.mark.django_db


def test_totp_set_up_then_sign_in_needs_the_code(client: Client, mailoutbox: list[EmailMessage]) -> None:
    user = person()
    sign_in(client)
    response = client.get("/accounts/2fa/totp/activate/")
    assert response["Location"].startswith("/accounts/reauthenticate/"), "the password is asked for again"
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/")
    content = page.content.decode()
    assert "<svg role=" in content
    assert "data:image" not in content, "the security policy would not show it"
    secret = client.session["mfa.totp.secret"]
    response = client.post("/accounts/2fa/totp/activate/", {"code": code_now(secret)})
    assert response["Location"] == "/accounts/2fa/recovery-codes/"
    assert len(client.get("/accounts/2fa/recovery-codes/").context["unused_codes"]) == 10
    assert "ctivated" in mailoutbox[0].subject

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


@pytest.mark.parametrize(
    "credential", ["", "no json", "[]", "{}", "null", '{"id": 1}', '{"response": {"userHandle": "MQ"}}']
)
def test_passkey_sign_in_with_nonsense_is_refused(client: Client, credential: str) -> None:
    assert (
        client.get("/accounts/2fa/webauthn/login/", headers={"accept": "application/json"}).status_code == 200
    )
    response = client.post("/accounts/2fa/webauthn/login/", {"credential": credential})
    assert response.status_code == 302
    assert "_auth_user_id" not in client.session
