"""Handing over: each mail once, in the recipient's words, again when it failed, and nothing lost."""

from __future__ import annotations

import smtplib
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from apps.accounts.models import User
from apps.notifications import delivery, kinds, rendering, tasks, tidying
from apps.notifications.enums import Frequency
from apps.notifications.kinds import Kind
from apps.notifications.models import Notification, OutgoingMail
from apps.notifications.services import notify
from tests.factories.accounts import UserFactory
from tests.factories.notifications import NotificationFactory, OutgoingMailFactory
from tests.notifications.conftest import NEWS

pytestmark = pytest.mark.django_db
BACKENDS = "tests.notifications.test_delivery"


class RefusingBackend(EmailBackend):
    """Refuses the addresses that contain ``broken``, with words that nobody else shall read."""

    def send_messages(self, messages: Any) -> int:
        for message in messages:
            if any("broken" in address for address in message.to):
                raise smtplib.SMTPRecipientsRefused({message.to[0]: (550, b"no such secret user")})
        return super().send_messages(messages)


class AwayBackend(EmailBackend):
    """Nobody answers."""

    def open(self) -> bool | None:
        raise ConnectionRefusedError(111, "Connection refused")


class SilentBackend(EmailBackend):
    """Takes nothing and says nothing."""

    def send_messages(self, messages: Any) -> int:
        return 0


def alternative(sent: EmailMessage) -> tuple[str, str]:
    assert isinstance(sent, EmailMultiAlternatives)
    [(content, kind)] = sent.alternatives
    return str(content), str(kind)


def test_mail_is_sent_once() -> None:
    row = NotificationFactory.create(kind=NEWS, context={"title": "the “guide” & more <b>"})

    assert tasks.deliver_due_notifications() == 1
    assert tasks.deliver_due_notifications() == 0

    (sent,) = mail.outbox
    assert sent.to == [row.recipient.email]
    assert sent.subject == "News: the “guide” & more <b>"
    assert "Something happened to the “guide” & more <b>." in str(sent.body)
    row.refresh_from_db()
    assert row.delivered_at is not None


def test_mail_has_text_and_html_with_a_link_that_leads_back(settings: Any) -> None:
    settings.SITE_URL = "https://hub.example.org"
    NotificationFactory.create(kind=NEWS, url="/knowledge/a/", context={"title": "<script>alert(1)</script>"})

    tasks.deliver_due_notifications()

    html, kind = alternative(mail.outbox[0])
    assert kind == "text/html"
    assert 'href="https://hub.example.org/knowledge/a/"' in html
    assert "<script>" not in html
    assert "https://hub.example.org/knowledge/a/" in str(mail.outbox[0].body)


def test_headers_offer_one_press_to_unsubscribe_and_an_id_from_the_row(settings: Any, client: Client) -> None:
    settings.SITE_URL = "https://hub.example.org"
    settings.DEFAULT_FROM_EMAIL = "ClusterHub <noreply@hub.example.org>"
    row = NotificationFactory.create(kind=NEWS)

    tasks.deliver_due_notifications()

    message = mail.outbox[0].message()
    address = message["List-Unsubscribe"].strip("<>")
    assert address.startswith("https://hub.example.org/notifications/unsubscribe/")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Message-ID"] == f"<notification-{row.pk}@hub.example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    path = address.removeprefix("https://hub.example.org")
    assert client.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert row.recipient.notification_preferences.get(kind=NEWS).frequency == Frequency.NEVER


def test_mail_speaks_the_recipients_language_and_clock(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    german = UserFactory.create(language="de", time_zone="Pacific/Kiritimati")
    unknown = UserFactory.create(language="tlh", time_zone="Nowhere/Atlantis")
    seen: dict[int, tuple[str | None, str]] = {}
    languages: dict[int, str] = {}
    original = rendering._mail

    def look(recipient: User, **told: Any) -> Any:
        seen[recipient.pk] = (translation.get_language(), timezone.get_current_timezone_name())
        mail = original(recipient, **told)
        languages[recipient.pk] = alternative(mail)[0].partition('<html lang="')[2][:2]
        return mail

    NotificationFactory.create(kind=NEWS, recipient=german)
    NotificationFactory.create(kind=NEWS, recipient=unknown)
    monkeypatch.setattr(rendering, "_mail", look)

    tasks.deliver_due_notifications()

    assert seen == {
        german.pk: ("de", "Pacific/Kiritimati"),
        unknown.pk: ("en", settings.TIME_ZONE),
    }
    assert languages == {german.pk: "de", unknown.pk: "en"}


def test_only_what_is_due_and_wanted_leaves() -> None:
    NotificationFactory.create(frequency=Frequency.NEVER)
    NotificationFactory.create(due_at=timezone.now() + timedelta(minutes=1))
    NotificationFactory.create(frequency=Frequency.DAILY)
    NotificationFactory.create(recipient__is_active=False)
    NotificationFactory.create(delivered_at=timezone.now())
    NotificationFactory.create(gave_up_at=timezone.now())

    assert tasks.deliver_due_notifications() == 0
    assert mail.outbox == []


def test_notify_mails_after_the_commit(django_capture_on_commit_callbacks: Any, user: User) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        notify(NEWS, to=[user], key="event:1", context={"title": "It"})
        assert mail.outbox == []

    assert [sent.to for sent in mail.outbox] == [[user.email]]


def test_kind_that_is_gone_is_still_mailed_and_harms_nobody() -> None:
    NotificationFactory.create(kind="removed_long_ago")
    NotificationFactory.create(kind=NEWS)

    assert tasks.deliver_due_notifications() == 2


# --- when it fails --------------------------------------------------------------------------------
def test_one_broken_row_does_not_hold_up_the_others(settings: Any, caplog: Any) -> None:
    settings.MAIL_TRANSPORT = f"{BACKENDS}.RefusingBackend"
    broken = NotificationFactory.create(kind=NEWS, recipient__email="broken@example.org")
    fine = NotificationFactory.create(kind=NEWS)

    assert tasks.deliver_due_notifications() == 1

    broken.refresh_from_db()
    fine.refresh_from_db()
    assert fine.delivered_at is not None
    assert broken.delivered_at is None
    assert broken.attempts == 1
    assert broken.last_error == "SMTPRecipientsRefused 550"
    assert "broken@example.org" not in caplog.text
    assert "secret" not in caplog.text


def test_template_that_fails_is_a_failure_of_its_row_only(monkeypatch: pytest.MonkeyPatch) -> None:
    original = rendering.mail_for

    def fails_for_first(notification: Notification, server: Any) -> Any:
        if notification.context["title"] == "broken":
            raise KeyError("a secret")
        return original(notification, server)

    monkeypatch.setattr(delivery, "mail_for", fails_for_first)
    broken = NotificationFactory.create(kind=NEWS, context={"title": "broken"})
    NotificationFactory.create(kind=NEWS)

    assert tasks.deliver_due_notifications() == 1
    broken.refresh_from_db()
    assert (broken.attempts, broken.last_error) == (1, "KeyError")


def test_pauses_double_and_end(settings: Any, time_machine: Any) -> None:
    settings.MAIL_TRANSPORT = f"{BACKENDS}.RefusingBackend"
    row = NotificationFactory.create(kind=NEWS, recipient__email="broken@example.org")
    pauses = []
    for _attempt in range(delivery.MAX_ATTEMPTS):
        time_machine.move_to(row.due_at + timedelta(seconds=1), tick=False)
        tasks.deliver_due_notifications()
        row.refresh_from_db()
        pauses.append(row.due_at - timezone.now())

    assert pauses[:4] == [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8)]
    assert pauses[-1] == delivery.LONGEST_PAUSE
    assert row.attempts == delivery.MAX_ATTEMPTS
    assert row.gave_up_at is not None
    time_machine.move_to(row.due_at + timedelta(days=30), tick=False)
    settings.MAIL_TRANSPORT = "django.core.mail.backends.locmem.EmailBackend"
    assert tasks.deliver_due_notifications() == 0


def test_server_away_touches_no_row_and_its_return_delivers_all(settings: Any) -> None:
    settings.MAIL_TRANSPORT = f"{BACKENDS}.AwayBackend"
    NotificationFactory.create_batch(3, kind=NEWS)
    OutgoingMailFactory.create()
    NotificationFactory.create(kind=NEWS, frequency=Frequency.DAILY)

    assert (tasks.deliver_due_notifications(), tasks.deliver_outgoing_mail(), tasks.send_digests()) == (
        0,
        0,
        0,
    )
    assert not Notification.objects.filter(attempts__gt=0).exists()

    settings.MAIL_TRANSPORT = "django.core.mail.backends.locmem.EmailBackend"
    assert tasks.deliver_outgoing_mail() == 1
    assert (tasks.deliver_due_notifications(), tasks.send_digests()) == (3, 1)


def test_backend_that_takes_nothing_has_not_sent(settings: Any) -> None:
    settings.MAIL_TRANSPORT = f"{BACKENDS}.SilentBackend"
    row = NotificationFactory.create(kind=NEWS)

    assert tasks.deliver_due_notifications() == 0
    row.refresh_from_db()
    assert row.delivered_at is None
    assert row.attempts == 1


def test_run_that_is_out_of_time_starts_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[dict[str, Any]] = []
    NotificationFactory.create_batch(3, kind=NEWS)
    monkeypatch.setattr(delivery, "BUDGET", 0.0)
    monkeypatch.setattr(
        tasks.deliver_due_notifications, "apply_async", lambda **options: started.append(options)
    )

    assert tasks.deliver_due_notifications() == 0
    assert len(started) == 1
    assert Notification.objects.undelivered().count() == 3


# --- other mail -----------------------------------------------------------------------------------
def test_mail_that_is_no_notification_loses_its_text_when_sent() -> None:
    row = OutgoingMailFactory.create(html="<p>secret</p>", headers={"Reply-To": "help@example.org"})

    assert tasks.deliver_outgoing_mail() == 1
    assert tasks.deliver_outgoing_mail() == 0

    (sent,) = mail.outbox
    assert sent.body == "https://hub.example.org/confirm/secret"
    assert alternative(sent)[0] == "<p>secret</p>"
    assert sent.message()["Reply-To"] == "help@example.org"
    assert sent.message()["Message-ID"] == f"<mail-{row.pk}@localhost>"
    row.refresh_from_db()
    assert (row.text, row.html) == ("", "")


def test_passwords_come_before_news() -> None:
    NotificationFactory.create(kind=NEWS, due_at=timezone.now() - timedelta(days=1))
    OutgoingMailFactory.create()

    tasks.deliver_due_notifications()

    assert mail.outbox[0].subject == "Confirm your address"


def test_purge_forgets_old_mail_sent_or_given_up_and_keeps_what_waits(settings: Any) -> None:
    old = timezone.now() - settings.KEEP_SENT_MAIL - timedelta(hours=1)
    OutgoingMailFactory.create(delivered_at=old, text="")
    OutgoingMailFactory.create(gave_up_at=old)
    waiting = OutgoingMailFactory.create(due_at=old)
    fresh = OutgoingMailFactory.create(delivered_at=timezone.now(), text="")
    left = NotificationFactory.create(recipient__is_active=False)

    assert tasks.purge_sent_mail() == 2

    assert set(OutgoingMail.objects.all()) == {waiting, fresh}
    left.refresh_from_db()
    assert (left.frequency, left.due_at) == (Frequency.NEVER, None)


def notification(key: str, kind: str = NEWS, mail: str = Frequency.NEVER, **ago: timedelta) -> None:
    """Times are given as how long ago they were."""
    times = {name: timezone.now() - value for name, value in ago.items()}
    NotificationFactory.create(key=key, kind=kind, frequency=mail, **times)


def kept() -> set[str]:
    return set(Notification.objects.values_list("key", flat=True))


def test_purge_forgets_what_was_read_long_ago_and_what_lies_unread_for_longer(settings: Any) -> None:
    hour, years = timedelta(hours=1), timedelta(days=1000)
    read, unread = settings.KEEP_READ_NOTIFICATIONS, settings.KEEP_UNREAD_NOTIFICATIONS
    notification("read, kept", created_at=years, read_at=read - hour)
    notification("read, gone", created_at=years, read_at=read + hour)
    notification("unread, kept", created_at=unread - hour)
    notification("unread, gone", created_at=unread + hour)

    assert tasks.purge_notifications() == 2
    assert kept() == {"read, kept", "unread, kept"}
    assert tasks.purge_notifications() == 0


def test_purge_leaves_what_is_still_to_be_mailed() -> None:
    years = timedelta(days=1000)
    for how in (Frequency.AT_ONCE, Frequency.DAILY, Frequency.WEEKLY):
        for state, ended in [("waits", None), ("sent", "delivered_at"), ("given up", "gave_up_at")]:
            times = dict.fromkeys(["created_at", "read_at", "due_at", *([ended] if ended else [])], years)
            notification(f"{how} {state}", NEWS, how, **times)

    assert tasks.purge_notifications() == 6
    assert kept() == {"at_once waits", "daily waits", "weekly waits"}


def test_purge_leaves_those_whose_key_can_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The row is what keeps a task that looks every day from telling the same thing once more."""
    yearly = Kind("test_yearly", "Yearly", key_comes_for=timedelta(days=365))
    monkeypatch.setitem(kinds._kinds, yearly.code, yearly)
    for days in (364, 366):
        ago = timedelta(days=days)
        notification(f"{days} days", yearly.code, created_at=ago, read_at=ago)

    assert tasks.purge_notifications() == 1
    assert kept() == {"364 days"}


@pytest.mark.parametrize("task", [tasks.purge_notifications, tasks.purge_sent_mail])
def test_purge_works_in_batches(task: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tidying, "BATCH", 2)
    years = timezone.now() - timedelta(days=1000)
    NotificationFactory.create_batch(5, created_at=years, delivered_at=years)
    OutgoingMailFactory.create_batch(5, delivered_at=years, text="")

    with CaptureQueriesContext(connection) as asked:
        assert task() == 5

    assert len([query for query in asked if query["sql"].startswith("DELETE")]) == 3


# --- digests --------------------------------------------------------------------------------------
def digest_row(user: User, title: str = "It", **values: Any) -> Notification:
    return NotificationFactory.create(
        **{"recipient": user, "kind": NEWS, "frequency": Frequency.DAILY, "context": {"title": title}}
        | values
    )


def test_digest_is_one_mail_for_each_person_and_comes_once(user: User) -> None:
    other = UserFactory.create()
    for title in ("One", "Two"):
        digest_row(user, title)
    digest_row(user, "Three", frequency=Frequency.WEEKLY)
    digest_row(other, "Four")
    digest_row(user, "Tomorrow's", due_at=timezone.now() + timedelta(hours=1))

    assert tasks.send_digests() == 2
    assert tasks.send_digests() == 0

    sent = {message.to[0]: message for message in mail.outbox}
    body = sent[user.email].body
    assert sent[user.email].subject == "ClusterHub: 3 notifications"
    assert all(f"News: {title}" in body for title in ("One", "Two", "Three"))
    assert "Four" not in body
    assert "Tomorrow" not in body
    assert sent[other.email].subject == "ClusterHub: 1 notification"


def test_digest_leaves_out_what_was_read_and_an_empty_one_is_not_sent(user: User) -> None:
    row = digest_row(user, read_at=timezone.now())

    assert tasks.send_digests() == 0

    assert mail.outbox == []
    row.refresh_from_db()
    assert row.delivered_at is not None


def test_digest_that_fails_stays_one_mail(settings: Any, time_machine: Any) -> None:
    settings.MAIL_TRANSPORT = f"{BACKENDS}.RefusingBackend"
    person = UserFactory.create(email="broken@example.org")
    rows = [digest_row(person, attempts=1), digest_row(person)]
    fine = UserFactory.create()
    digest_row(fine)

    assert tasks.send_digests() == 1

    [first, second] = Notification.objects.filter(pk__in=[row.pk for row in rows])
    assert first.due_at == second.due_at
    assert first.attempts == second.attempts == 2
    settings.MAIL_TRANSPORT = "django.core.mail.backends.locmem.EmailBackend"
    person.email = "mended@example.org"
    person.save()
    assert first.due_at is not None
    time_machine.move_to(first.due_at + timedelta(seconds=1))
    mail.outbox.clear()
    assert tasks.send_digests() == 1
    assert mail.outbox[0].subject == "ClusterHub: 2 notifications"


def test_digest_out_of_time_starts_the_next(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[dict[str, Any]] = []
    digest_row(user)
    monkeypatch.setattr(delivery, "BUDGET", 0.0)
    monkeypatch.setattr(tasks.send_digests, "apply_async", lambda **options: started.append(options))

    tasks.send_digests()

    assert len(started) == 1
