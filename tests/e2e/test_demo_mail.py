"""The mail of the demonstration in its frame: shown with its layout, and without anything that runs."""

from __future__ import annotations

import mailbox
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from apps.core.mails import MailItem, write_mail

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_mail_is_shown_with_its_layout_and_its_button_opens_the_hub(
    page: Page, settings: Any, tmp_path: Path, live_server: Any
) -> None:
    settings.DEMO, settings.DEMO_MAIL_DIR = True, str(tmp_path / "mail")
    item = MailItem(
        "Your contribution", "It is public.", url=f"{live_server.url}/knowledge/", action="Open it"
    )
    text, html = write_mail(subject=item.subject, items=[item], why="Because.")
    mail = EmailMessage()
    mail["Subject"], mail["To"], mail["Date"] = (
        item.subject,
        "a@example.org",
        "Tue, 24 Nov 2026 10:00:00 +0000",
    )
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    key = mailbox.Maildir(tmp_path / "mail").add(mail)

    page.goto(f"/demo/mail/{key}/")
    button = page.frame_locator("iframe").get_by_role("link", name="Open it")
    expect(button).to_have_css("background-color", "rgb(23, 67, 111)")
    with page.context.expect_page() as opened:
        button.click()
    expect(opened.value).to_have_url(f"{live_server.url}/knowledge/")
