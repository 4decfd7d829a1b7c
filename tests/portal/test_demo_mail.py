"""Everybody's mail on one page: there in a demonstration, nowhere else."""

from __future__ import annotations

import mailbox
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

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
