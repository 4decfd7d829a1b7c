"""No page, message or field of allauth speaks in its own words: one wording for the whole hub."""

from __future__ import annotations

import re
from pathlib import Path

import allauth
import pytest
from allauth.account import app_settings as account_settings
from allauth.mfa import app_settings as mfa_settings
from allauth.utils import get_form_class
from django import forms
from django.conf import settings
from django.template.loader import get_template

from apps.accounts.wording import WordedMixin

STOCK = Path(allauth.__file__).parent / "templates"
# Codes by mail, telephone numbers and accounts of passkeys alone: ways that the hub does not offer.
OFF = re.compile(r"code|phone|signup_by_passkey|webauthn/signup|login_script|email_change\.html|/email/")
WORDS = re.compile(r"{% *(trans|translate|blocktrans|blocktranslate)\b")


def templates_with_words() -> list[str]:
    names = (
        str(path.relative_to(STOCK))
        for app in ("account", "mfa", "socialaccount", "usersessions")
        for path in STOCK.glob(f"{app}/**/*.*")
        if WORDS.search(path.read_text(encoding="utf-8"))
    )
    return sorted(name for name in names if not OFF.search(name.replace("recovery_codes", "")))


def test_ways_that_are_left_out_are_off() -> None:
    assert not account_settings.LOGIN_BY_CODE_ENABLED
    assert not account_settings.EMAIL_VERIFICATION_BY_CODE_ENABLED
    assert not account_settings.PASSWORD_RESET_BY_CODE_ENABLED
    assert not account_settings.CHANGE_EMAIL
    assert not mfa_settings.PASSKEY_SIGNUP_ENABLED


@pytest.mark.parametrize("name", templates_with_words())
def test_template_with_words_is_the_hubs_own(name: str) -> None:
    origin = Path(get_template(name).template.origin.name)  # type: ignore[attr-defined]
    assert origin.is_relative_to(settings.BASE_DIR / "templates")


@pytest.mark.parametrize(
    "path",
    [*settings.ACCOUNT_FORMS.values(), *settings.MFA_FORMS.values(), *settings.SOCIALACCOUNT_FORMS.values()],
)
def test_form_with_fields_to_fill_in_has_the_hubs_labels(path: str) -> None:
    form = get_form_class({"it": path}, "it", None)
    shown = [field for field in form.base_fields.values() if not isinstance(field.widget, forms.HiddenInput)]
    assert issubclass(form, WordedMixin) or not shown
