"""Django's mail functions write rows; nobody sees a hidden recipient; a page never waits for a mail server."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage, EmailMultiAlternatives, send_mail
from django.db import DatabaseError, transaction
from django.utils import timezone

from apps.notifications.models import OutgoingMail
from apps.notifications.tasks import deliver_outgoing_mail
from tests.factories.notifications import OutgoingMailFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _queued(settings: Any) -> None:
    settings.EMAIL_BACKEND = "apps.notifications.backend.QueuedEmailBackend"


def test_mail_becomes_a_row_and_leaves_after_the_commit(django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        assert send_mail("Hello\n there", "Text", None, ["a@example.org"], html_message="<p>Text</p>") == 1
        row = OutgoingMail.objects.get()
        assert (row.to, row.subject, row.text, row.html) == (
            ["a@example.org"],
            "Hello there",
            "Text",
            "<p>Text</p>",
        )
        assert mail.outbox == []

    assert [sent.to for sent in mail.outbox] == [["a@example.org"]]


def test_hidden_recipients_stay_hidden_and_answers_go_where_they_should() -> None:
    EmailMessage(
        "Hello", "Text", None, ["a@example.org"], bcc=["hidden@example.org", "other@example.org"],
        cc=["copy@example.org"], reply_to=["help@example.org"], headers={"X-Case": "1"},
    ).send()  # fmt: skip

    assert [row.to for row in OutgoingMail.objects.order_by("pk")] == [
        ["a@example.org", "copy@example.org"],
        ["hidden@example.org"],
        ["other@example.org"],
    ]
    deliver_outgoing_mail()
    for sent in mail.outbox:
        assert sent.message()["Reply-To"] == "help@example.org"
        assert sent.message()["X-Case"] == "1"
        assert sent.bcc == []


def test_mail_to_nobody_is_no_row() -> None:
    assert EmailMessage("Hello", "Text", None, []).send() == 0
    assert not OutgoingMail.objects.exists()


def test_subject_that_is_too_long_is_cut() -> None:
    send_mail("x" * 500, "Text", None, ["a@example.org"])

    assert len(OutgoingMail.objects.get().subject) == 400


def test_attachments_are_refused() -> None:
    message = EmailMultiAlternatives("Hello", "Text", None, ["a@example.org"])
    message.attach("a.txt", "content", "text/plain")

    with pytest.raises(NotImplementedError):
        message.send()


def test_rolled_back_step_sends_nothing() -> None:
    def step() -> None:
        with transaction.atomic():
            send_mail("Hello", "Text", None, ["a@example.org"])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        step()

    assert not OutgoingMail.objects.exists()


def test_database_keeps_no_text_of_a_mail_that_was_sent() -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        OutgoingMailFactory.create(delivered_at=timezone.now())
