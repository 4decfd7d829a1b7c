"""Signing up and signing in as people do it, passkeys included."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.mail import EmailMessage
from django.urls import reverse
from playwright.sync_api import Page, expect

from apps.accounts.models import User
from tests.accounts.helpers import PASSWORD, add_totp, code_now, person

pytestmark = pytest.mark.e2e


@pytest.fixture
def passkey_device(page: Page) -> tuple[str, Any]:
    """A device of Chromium's own that holds passkeys and always says yes."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    answer = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return answer["authenticatorId"], session


def fill_sign_in(page: Page) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("E-mail address").fill("ada@example.org")
    page.locator("input[type=password]").first.fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()


def add_passkey(page: Page, *, passwordless: bool) -> None:
    page.goto("/accounts/2fa/webauthn/add/")
    if "/reauthenticate/" in page.url:
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Confirm").click()
    page.get_by_label("Name").fill("My key")
    if passwordless:
        page.get_by_label("without a password").check()
    page.get_by_role("button", name="Add").click()
    expect(page).to_have_url(re.compile("recovery-codes|webauthn/$"))


def test_sign_up_confirm_and_be_in(page: Page, mailoutbox: list[EmailMessage]) -> None:
    page.goto("/accounts/signup/")
    page.get_by_label("Your name").fill("Ada Muster")
    page.get_by_label("E-mail address").fill("ada@example.org")
    page.locator("input[type=password]").first.fill(PASSWORD)
    page.locator("input[type=password]").last.fill(PASSWORD)
    page.get_by_label("privacy statement").check()
    page.get_by_role("button", name="Create the account").click()
    expect(page).to_have_url(re.compile("/accounts/confirm-email/$"))
    link = re.search(r"http://\S+/accounts/confirm-email/\S+", str(mailoutbox[0].body))
    assert link
    page.goto(link[0])
    page.get_by_role("main").get_by_role("button", name="Confirm").click()
    expect(page).to_have_url(re.compile("/dashboard/$"))


def test_totp_set_up_and_sign_in(page: Page) -> None:
    person()
    fill_sign_in(page)
    page.goto("/accounts/2fa/totp/activate/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("img", name="Code to scan")).to_be_visible()
    secret = page.get_by_label("Key").input_value()
    page.locator("input[name=code]").fill(code_now(secret))
    page.get_by_role("button", name="Activate").click()
    expect(page.get_by_text("10 of 10 codes are left.")).to_be_visible()
    code = page.locator("main li code").first.inner_text()
    sign_out(page)
    fill_sign_in(page)
    page.locator("input[name=code]").fill(code)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/dashboard/$"))


@pytest.mark.usefixtures("passkey_device")
def test_passkey_signs_in_without_a_password(page: Page) -> None:
    person()
    fill_sign_in(page)
    add_passkey(page, passwordless=True)
    page.goto("/accounts/2fa/webauthn/")
    expect(page.get_by_role("rowheader", name="My key")).to_contain_text("Passkey")
    sign_out(page)
    page.goto("/accounts/login/?next=/account/settings/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(re.compile("/account/settings/$"))
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Ada Muster")


@pytest.mark.usefixtures("passkey_device")
def test_security_key_is_a_second_factor_and_confirms_it_is_me(page: Page) -> None:
    user = person()
    fill_sign_in(page)
    add_passkey(page, passwordless=False)
    sign_out(page)
    fill_sign_in(page)
    expect(page).to_have_url(re.compile("/2fa/authenticate/$"))
    page.get_by_role("button", name="Use it").click()
    expect(page).to_have_url(re.compile("/dashboard/$"))
    page.goto(f"{reverse('mfa_reauthenticate_webauthn')}?next=/account/erase/")
    page.get_by_role("button", name="Use the passkey or security key").click()
    page.get_by_label("cannot be undone").check()
    page.get_by_role("button", name="Erase my account").click()
    expect(page.get_by_text("Your account is erased.")).to_be_visible()
    user.refresh_from_db()
    assert user.erased_at
    assert not Authenticator.objects.exists()


def test_passkey_unknown_to_the_hub_says_so_and_the_password_still_works(
    page: Page, passkey_device: tuple[str, Any]
) -> None:
    person()
    device, session = passkey_device
    session.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("The passkey could not be used.")
    fill_sign_in(page)
    expect(page).to_have_url(re.compile("/dashboard/$"))


def test_sign_in_works_without_javascript(browser: Any, live_server: Any, settings: Any) -> None:
    settings.SITE_URL = live_server.url
    secret = add_totp(person())
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    fill_sign_in(page)
    expect(page.get_by_role("button", name="Use it")).to_be_hidden()
    page.locator("input[name=code]").fill(code_now(secret))
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/dashboard/$"))
    context.close()


def test_time_zone_is_chosen_from_a_list(page: Page, sign_in: Any) -> None:
    user = person()
    sign_in(page, user)
    page.goto("/account/settings/")
    page.get_by_label("Time zone").select_option("Europe/Athens")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your settings are saved.")).to_be_visible()
    assert User.objects.get(pk=user.pk).time_zone == "Europe/Athens"
