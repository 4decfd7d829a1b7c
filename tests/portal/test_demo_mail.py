"""Everybody's mail on one page: there in a demonstration, nowhere else."""

from __future__ import annotations

import mailbox
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo_box(settings: Settings, tmp_path: Path) -> mailbox.Maildir:
    settings.DEMO, settings.DEMO_MAIL_DIR = True, str(tmp_path / "mail")
    return mailbox.Maildir(tmp_path / "mail")


def message(subject: str, text: str) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"], mail["To"], mail["Date"] = subject, "ada@example.org", "Tue, 24 Nov 2026 10:00:00 +0000"
    mail.set_content(text)
    return mail


def test_demo_mail_outside_a_demonstration_is_not_found(
    client: Client, settings: Settings, demo_box: mailbox.Maildir
) -> None:
    key = demo_box.add(message("Secret", "text"))
    settings.DEMO = False

    assert client.get("/demo/mail/").status_code == 404
    assert client.get(f"/demo/mail/{key}/").status_code == 404


def test_demo_mail_list_and_message_show_what_was_sent(client: Client, demo_box: mailbox.Maildir) -> None:
    key = demo_box.add(message("Ihr Beitrag", "Öffnen: http://localhost:8000/x/ <script>alert(1)</script>"))

    assert "Ihr Beitrag" in client.get("/demo/mail/").content.decode()
    page = client.get(f"/demo/mail/{key}/").content.decode()
    assert 'href="http://localhost:8000/x/"' in page
    assert "<script>alert" not in page


def test_demo_mail_without_a_message_says_so(client: Client, demo_box: mailbox.Maildir) -> None:
    assert "No mail yet" in client.get("/demo/mail/").content.decode()


@pytest.mark.parametrize("key", ["..%2f..%2fetc%2fpasswd", "nothing"])
def test_demo_mail_unknown_message_is_not_found(client: Client, demo_box: mailbox.Maildir, key: str) -> None:
    assert client.get(f"/demo/mail/{key}/").status_code == 404


def html_message() -> EmailMessage:
    mail = message("Both parts", "The text")
    mail.add_alternative('<p style="color: red">The layout</p><script>alert(1)</script>', subtype="html")
    return mail


def test_demo_mail_shows_both_parts(client: Client, demo_box: mailbox.Maildir) -> None:
    key = demo_box.add(html_message())
    page = client.get(f"/demo/mail/{key}/").content.decode()
    assert f'src="/demo/mail/{key}/html/"' in page
    assert "The text" in page
    assert "The layout" not in page


def test_demo_mail_layout_may_be_seen_in_a_frame_of_the_hub_and_do_nothing(
    client: Client, demo_box: mailbox.Maildir
) -> None:
    response = client.get(f"/demo/mail/{demo_box.add(html_message())}/html/")
    assert "The layout" in response.content.decode()
    rules = {rule.strip() for rule in response["Content-Security-Policy"].split(";")}
    assert {"default-src 'none'", "style-src 'unsafe-inline'", "frame-ancestors 'self'"} <= rules
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in rules
    assert not any("script" in rule for rule in rules)
    assert response["X-Frame-Options"] == "SAMEORIGIN"


def test_demo_mail_layout_of_a_text_or_outside_a_demonstration_is_not_found(
    client: Client, settings: Settings, demo_box: mailbox.Maildir
) -> None:
    text, both = demo_box.add(message("Text", "text")), demo_box.add(html_message())
    assert client.get(f"/demo/mail/{text}/html/").status_code == 404
    settings.DEMO = False
    assert client.get(f"/demo/mail/{both}/html/").status_code == 404


@pytest.mark.parametrize("zone", ["+0000", "-0000", "+0200"])
def test_demo_mail_tells_the_time_in_the_readers_zone(
    client: Client, demo_box: mailbox.Maildir, zone: str
) -> None:
    """Django dates mails in UTC without saying that it is the sender's clock: -0000."""
    mail = message("When", "text")
    hour = 12 if zone == "+0200" else 10
    mail.replace_header("Date", f"Tue, 24 Nov 2026 {hour}:00:00 {zone}")
    key = demo_box.add(mail)
    client.force_login(UserFactory.create(time_zone="Europe/Athens"))
    assert "12:00" in client.get(f"/demo/mail/{key}/").content.decode()
    assert "12:00" in client.get("/demo/mail/").content.decode()
