"""Signing up and signing in as people do it, passkeys included."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.mfa.models import Authenticator
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import get_resolver, reverse
from playwright.sync_api import Page, expect

from apps.accounts.models import User
from tests.accounts.helpers import PASSWORD, add_totp, code_now, person
from tests.e2e.test_pages import problems_of, violations_in_both_schemes

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


# --- Every page of allauth ------------------------------------------------------------------------
OPEN = {
    "account_login",
    "account_signup",
    "account_inactive",
    "account_email_verification_sent",
    "account_confirm_email",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "socialaccount_login_cancelled",
    "socialaccount_login_error",
}
OF_ONES_OWN = {
    "settings",
    "erase",
    "second-factor",
    "account_logout",
    "account_email",
    "account_change_password",
    "account_reauthenticate",
    "mfa_index",
    "mfa_reauthenticate",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "mfa_reauthenticate_webauthn",
    "mfa_remove_webauthn",
    "mfa_edit_webauthn",
    "socialaccount_connections",
    "usersessions_list",
}
# Walked through by a test of their own below, or no page: what is downloaded, only takes a form, or leads away.
OTHERWISE = {
    "mfa_activate_totp",
    "mfa_authenticate",
    "account_set_password",
    "socialaccount_signup",
    "account_confirm_login_code",
    "mfa_download_recovery_codes",
    "mfa_login_webauthn",
    "openid_connect_login",
    "openid_connect_callback",
    "consent-give",
    "export",
    "demo-sign-in",
}


def names_below(*prefixes: str) -> set[str]:
    def walk(resolver: Any, path: str) -> Iterator[tuple[str, str | None]]:
        for found in resolver.url_patterns:
            whole = path + str(found.pattern)
            if hasattr(found, "url_patterns"):
                yield from walk(found, whole)
            else:
                yield whole, found.name

    return {name for path, name in walk(get_resolver(), "") if name and path.startswith(prefixes)}


def look_at(page: Page, problems: list[str], *paths: str) -> list[str]:
    found = []
    for path in paths:
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(path)
        found += [f"{path}: {problem}" for problem in levels_in_order(page)]
        found += [f"{path}: {problem}" for problem in problems_of(page)]
        # The page after a failure is one, and the browser says so.
        found += [problem for problem in problems if not ("401" in problem and "/error/" in problem)]
        problems.clear()  # what comes now is axe's own: it tries to write styles, and the policy forbids it
        found += [f"{path}: {problem}" for problem in violations_in_both_schemes(page)]
        problems.clear()
    return found


def levels_in_order(page: Page) -> list[str]:
    """One heading of the first level, and no level left out on the way down."""
    levels = (
        page.locator("main").locator("h1, h2, h3, h4").evaluate_all("all => all.map(at => +at.tagName[1])")
    )
    steps = pairwise(levels)
    right = levels[:1] == [1] and levels.count(1) == 1 and all(after <= before + 1 for before, after in steps)
    return [] if right else [f"headings {levels}"]


def test_every_address_of_the_accounts_is_looked_at() -> None:
    assert names_below("accounts/", "account/") == OPEN | OF_ONES_OWN | OTHERWISE


def test_pages_for_everybody_are_accessible(
    page: Page, mailoutbox: list[EmailMessage], browser_problems: list[str]
) -> None:
    user = person()
    address = EmailAddress.objects.create(user=user, email="new@example.org")
    Client().post("/accounts/password/reset/", {"email": "ada@example.org"})
    link = re.search(r"/accounts/password/reset/key/\S+", str(mailoutbox[0].body))
    assert link
    given = {
        "account_confirm_email": [EmailConfirmationHMAC(address).key],
        "account_reset_password_from_key": ["zz", "nonsense"],
    }
    paths = [reverse(name, args=given.get(name)) for name in sorted(OPEN)]

    assert look_at(page, browser_problems, link[0], "/accounts/confirm-email/nonsense/", *paths) == []


@pytest.mark.usefixtures("passkey_device")
def test_pages_of_ones_own_account_are_accessible(page: Page, browser_problems: list[str]) -> None:
    user = person(is_staff=True)
    fill_sign_in(page)
    add_passkey(page, passwordless=True)
    found = look_at(page, browser_problems, reverse("mfa_activate_totp"))
    add_totp(user)
    key = Authenticator.objects.get(user=user, type=Authenticator.Type.WEBAUTHN).pk
    given = {"mfa_remove_webauthn": [key], "mfa_edit_webauthn": [key]}
    own = {"settings", "erase", "second-factor"}
    names = sorted(OF_ONES_OWN - {"mfa_reauthenticate_webauthn"})
    paths = [reverse(f"accounts:{name}" if name in own else name, args=given.get(name)) for name in names]
    found += look_at(page, browser_problems, *paths, reverse("mfa_reauthenticate_webauthn"))
    sign_out(page)
    fill_sign_in(page)
    expect(page).to_have_url(re.compile("/2fa/authenticate/$"))
    found += look_at(page, browser_problems, page.url)

    assert found == []


def test_page_to_set_a_first_password_is_accessible(
    page: Page, sign_in: Any, browser_problems: list[str]
) -> None:
    user = person()
    user.set_unusable_password()
    user.save()
    sign_in(page, user)
    assert look_at(page, browser_problems, reverse("account_set_password")) == []
