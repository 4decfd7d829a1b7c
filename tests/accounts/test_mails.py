"""Every mail of the hub: both parts, from one layout, in the hub's words."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import allauth
import pytest
from allauth.core.context import request_context
from django.conf import settings as django_settings
from django.core import mail
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.template.loader import get_template
from django.test import Client
from django.utils import translation

from apps.accounts.adapter import AccountAdapter
from apps.core.mails import MailItem, write_mail
from apps.notifications import tasks
from apps.notifications.enums import Frequency
from apps.notifications.kinds import all_kinds
from tests.accounts.helpers import PASSWORD, person, sign_in
from tests.factories.accounts import UserFactory
from tests.factories.notifications import NotificationFactory

pytestmark = pytest.mark.django_db

# Ways that the hub does not offer: signing in, or a new password, with a code by mail.
OFF = {"account/email/login_code", "account/email/password_reset_code"}
SITE = "http://127.0.0.1:8000"
# What allauth calls things and the hub does not.
FOREIGN = re.compile(
    r"[^-]\bemails?\b|authentication|\bsign-?up\b|procedure|currently|Hello from|Thank you for using|IP address"
)


def allauth_mails() -> list[str]:
    """Every mail that allauth can send with the parts of it that the hub uses."""
    folder = Path(allauth.__file__).parent / "templates"
    found = {
        str(path.relative_to(folder)).removesuffix("_subject.txt")
        for app in ("account", "mfa", "socialaccount", "usersessions")
        for path in folder.glob(f"{app}/email/*_subject.txt")
    }
    return sorted(found - OFF)


def parts(sent: EmailMessage) -> tuple[str, str]:
    assert isinstance(sent, EmailMultiAlternatives)
    [(html, kind)] = sent.alternatives
    assert kind == "text/html"
    return str(sent.body), str(html)


@pytest.fixture
def undefined_shows(settings: Any) -> None:
    """A variable that is not there leaves a trace instead of nothing."""
    first = settings.TEMPLATES[0]
    options = {**first["OPTIONS"], "string_if_invalid": "UNDEFINED(%s)"}
    settings.TEMPLATES = [{**first, "OPTIONS": options}]


def assert_is_a_mail_of_the_hub(sent: EmailMessage, address: str) -> None:
    text, html = parts(sent)
    assert str(sent.subject) in text
    assert f":\n{address}\n" in text
    assert "You get this mail because" in text
    assert text.count("\n-- \n") == 1
    assert "\n\n\n" not in text
    assert "<" not in text
    assert not re.search(r"&\w+;", text)
    assert '<html lang="en" dir="ltr">' in html
    assert html.count('class="button"') == 1
    assert html.count(f'href="{address}"') == 2
    assert html.count("<h1") == 1
    assert "prefers-color-scheme: dark" in html
    assert "<script" not in html
    assert "http" not in re.sub(rf'{SITE}[^"<\s]*', "", html)
    for part in (str(sent.subject), text, html):
        assert "UNDEFINED" not in part


@pytest.mark.usefixtures("undefined_shows")
@pytest.mark.parametrize("name", allauth_mails())
def test_mail_of_the_account_is_the_hubs_own(name: str, rf: Any) -> None:
    user = person()
    request = rf.get("/")
    context: dict[str, Any] = {"user": user}
    address = f"{SITE}/account/settings/"
    asks = {
        "email_confirmation": ("activate_url", "/accounts/confirm-email/key/"),
        "email_confirmation_signup": ("activate_url", "/accounts/confirm-email/key/"),
        "password_reset_key": ("password_reset_url", "/accounts/password/reset/key/a-b/"),
        "account_already_exists": ("password_reset_url", "/accounts/password/reset/"),
        "unknown_account": ("signup_url", "/accounts/signup/"),
    }
    if found := asks.get(name.rpartition("/")[2]):
        context[found[0]] = f"http://forged.example.com{found[1]}"
        address = f"{SITE}{found[1]}"
    else:
        context |= {
            "timestamp": datetime(2026, 11, 25, 10, tzinfo=UTC),
            "ip": "192.0.2.1",
            "user_agent": "Firefox",
        }
        context |= {
            "from_email": "a@example.org",
            "to_email": "b@example.org",
            "deleted_email": "c@example.org",
        }
        context["provider"] = SimpleNamespace(name="Ministry")
    for end in ("subject", "message"):
        origin = Path(get_template(f"{name}_{end}.txt").template.origin.name)  # type: ignore[attr-defined]
        assert origin.is_relative_to(django_settings.BASE_DIR / "templates"), f"allauth's own: {origin}"
    with request_context(request):
        AccountAdapter(request).send_mail(name, "ada@example.org", context)

    (sent,) = mail.outbox
    assert_is_a_mail_of_the_hub(sent, address)
    words = str(sent.body).replace(address, "")
    assert not FOREIGN.search(f"{sent.subject}\n{words}"), words
    assert sent.subject[0].isupper()
    assert "Ada Muster" not in str(sent.body), "the mail can go to a stranger, and names can carry anything"


# What the services tell: the tests of each kind send it for real.
CONTEXT: dict[str, str | int] = {
    "title": "Measuring & more",
    "reason": "Please name your sources.",
    "link": f"{SITE}/gone/",
    "organisation": "Alpine Timber",
    "person": "Bea Muster",
    "message": "I work there.",
    "search": "measuring",
    "programme": "Regional & rapid",
    "authority": "Ministry of Clusters",
    "offer": "How we count",
    "host": "Alpine Timber",
    "guest": "Circular Garden",
    "reviewer": "Rita Muster",
    "case": "How we count · Guest: Circular Garden",
    "brief": "Guest: Circular Garden",
    "state": "approved",
    "before": "approved",
    "first_day": "2027-02-01",
    "last_day": "2027-02-05",
    "amount": "780.00",
    "currency": "EUR",
    "due": "2026-12-01T16:00:00+00:00",
    "since": "2026-11-20T16:00:00+00:00",
    "late": "",
}


@pytest.mark.usefixtures("undefined_shows")
@pytest.mark.parametrize("code", [kind.code for kind in all_kinds()])
def test_mail_about_each_kind_has_both_parts(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.notifications.delivery.not_to_mail", lambda rows: set())
    NotificationFactory.create(kind=code, url="/knowledge/a/", context=CONTEXT)

    assert tasks.deliver_due_notifications() == 1

    (sent,) = mail.outbox
    assert_is_a_mail_of_the_hub(sent, f"{SITE}/knowledge/a/")
    text, html = parts(sent)
    assert "Change how often you are mailed" in text
    assert f"{SITE}/notifications/settings/" in text
    assert f'href="{SITE}/notifications/unsubscribe/' in html


@pytest.mark.usefixtures("undefined_shows")
def test_digest_has_a_heading_and_a_button_for_each_of_its_parts() -> None:
    reader = UserFactory.create()
    for number in (1, 2):
        NotificationFactory.create(
            recipient=reader, frequency=Frequency.DAILY, url=f"/knowledge/{number}/", key=f"event:{number}"
        )

    assert tasks.send_digests() == 1

    text, html = parts(mail.outbox[0])
    assert (html.count("<h1"), html.count("<h2"), html.count('class="button"')) == (1, 2, 2)
    assert f"{SITE}/knowledge/1/" in text
    assert f"{SITE}/knowledge/2/" in text
    assert "UNDEFINED" not in text + html


def test_request_to_join_names_nobody_else_as_the_one_who_decides() -> None:
    """Where an organisation has no manager, curators get this mail and decide."""
    NotificationFactory.create(kind="join_requested", context=CONTEXT)
    tasks.deliver_due_notifications()
    assert "manager" not in str(mail.outbox[0].body)
    assert "Please accept or decline" in str(mail.outbox[0].body)


def test_layout_turns_round_for_a_language_that_runs_from_right_to_left() -> None:
    with translation.override("ar"):
        _text, html = write_mail(subject="s", items=[MailItem("s", "b")], why="w")
    assert '<html lang="ar" dir="rtl">' in html


def test_layout_keeps_text_as_text() -> None:
    item = MailItem("Tom & <Jerry>", "a <b> & c\n\nd", url=f"{SITE}/?a=1&b=2", action="Open")
    text, html = write_mail(subject=item.subject, items=[item], why="w", links=[("More & more", SITE)])
    assert text.startswith("Tom & <Jerry>\n\na <b> & c\n\nd\n\nOpen:\nhttp://127.0.0.1:8000/?a=1&b=2\n")
    assert "Tom &amp; &lt;Jerry&gt;</h1>" in html
    assert "<p>a &lt;b&gt; &amp; c</p>" in html


def test_security_notice_says_when_from_where_and_what_to_do(
    client: Client, mailoutbox: list[EmailMessage]
) -> None:
    person()
    sign_in(client)
    new = "another-long-secret"
    client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
        headers={"user-agent": "Firefox/140"},
    )
    body = str(mailoutbox[0].body)
    assert "From network address 127.0.0.1, with Firefox/140." in body
    assert "please set a new password" in body


def test_mail_is_in_the_readers_language(client: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr("apps.accounts.adapter._LANGUAGES", frozenset({"en", "de"}))
    user = person(language="de")
    with translation.override("en"):
        assert AccountAdapter()._language_for({"user": user}) == "de"
        user.language = "xx"
        assert AccountAdapter()._language_for({"user": user}) == "en"
