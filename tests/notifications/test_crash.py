"""A real Celery worker is killed between the commit and the mail: nothing is lost and nothing is sent twice.

The mails go to a real SMTP server in this process, the tasks through the real Valkey.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Celery
from django.core.mail import send_mail
from django.db import connection
from django.utils import timezone

from apps.notifications import delivery, receivers, tasks, waking
from apps.notifications.models import Notification, OutgoingMail
from apps.notifications.services import notify
from tests.factories.accounts import UserFactory
from tests.notifications.sinks import Sink, free_port, smtp_server
from tests.workers import PREFIX, Workers, real_broker

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
KIND = "publication_published"  # known to the worker too, and mailed at once
CONTEXT = {"title": "A title", "link": "https://example.org/gone"}


class Hub(Workers):
    """The mail server, its port, and the workers that use it."""

    def __init__(self, sink: Sink, port: int, log: Path, broker: redis.Redis) -> None:
        super().__init__(log, MAIL_TRANSPORT="django.core.mail.backends.smtp.EmailBackend")
        self.sink, self.port, self.broker = sink, port, broker

    def worker(self) -> subprocess.Popen[bytes]:
        return self.start(EMAIL_URL=f"smtp://127.0.0.1:{self.port}")


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    sink = Sink()
    with smtp_server(sink) as port, real_broker() as broker:
        found = Hub(sink, port, tmp_path / "worker.log", broker)
        try:
            yield found
        finally:
            sink.stall, sink.stall_after = False, None
            found.kill_all()


def tell(count: int = 1) -> list[str]:
    people = UserFactory.create_batch(count)
    notify(KIND, to=people, key="event:1", context=CONTEXT, url="/knowledge/")
    return [person.email for person in people]


def sweep() -> None:
    """What beat does each minute."""
    tasks.deliver_due_notifications.apply_async()


def nothing_waits() -> bool:
    return not Notification.objects.filter(delivered_at__isnull=True).exists()


def recipients(sink: Sink) -> list[str]:
    return sorted(str(mail["To"]) for mail in sink.accepted)


def test_worker_killed_while_it_hands_over_the_mail(hub: Hub) -> None:
    """The row is locked and the mail server has read the mail, but has not said yes."""
    hub.sink.stall = True
    first = hub.worker()
    [address] = tell()
    hub.eventually(hub.sink.is_holding.is_set)

    hub.kill(first)
    hub.sink.stall = False
    assert Notification.objects.undelivered().count() == 1
    assert hub.sink.accepted == []

    hub.worker()
    sweep()
    hub.eventually(nothing_waits)
    sweep()
    sweep()
    time.sleep(1.5)
    assert recipients(hub.sink) == [address]
    assert str(hub.sink.accepted[0]["Message-ID"]).startswith(
        f"<notification-{Notification.objects.get().pk}@"
    )


def test_worker_killed_before_it_takes_the_task_up(hub: Hub) -> None:
    """The commit is done and the task has never reached anybody: here even the broker forgets it."""
    first = hub.worker()
    hub.eventually(lambda: "ready." in hub.log.read_text())
    hub.kill(first)
    [address] = tell()
    queue = f"{PREFIX}celery"
    assert hub.broker.llen(queue) == 1
    hub.broker.delete(queue)
    assert hub.sink.accepted == []

    hub.worker()
    sweep()

    hub.eventually(nothing_waits)
    assert recipients(hub.sink) == [address]


def test_worker_killed_in_the_middle_of_many(hub: Hub) -> None:
    """What was sent before is not sent again, and what was not is sent."""
    first = hub.worker()
    hub.sink.stall_after = 5
    addresses = tell(12)
    hub.eventually(hub.sink.is_holding.is_set)

    hub.kill(first)
    hub.sink.stall_after = None
    assert len(hub.sink.accepted) == 5

    hub.worker()
    sweep()
    hub.eventually(nothing_waits)
    assert recipients(hub.sink) == sorted(addresses)


def test_mail_server_away_and_back(hub: Hub) -> None:
    hub.port = free_port()
    hub.worker()
    [address] = tell()
    hub.eventually(lambda: "mail server not reached" in hub.log.read_text())
    assert Notification.objects.undelivered().count() == 1

    later = Sink()
    with smtp_server(later, hub.port):
        sweep()
        hub.eventually(nothing_waits)

    assert recipients(later) == [address]


def test_mail_server_stops_in_the_middle_and_comes_back(hub: Hub) -> None:
    """Nothing is lost, nothing is sent twice; only the mail that was in hand waits a little longer."""
    before, after = Sink(stall_after=3), Sink()
    with smtp_server(before) as hub.port:
        hub.worker()
        addresses = tell(12)
        hub.eventually(before.is_holding.is_set)
    hub.eventually(lambda: "mail server not reached" in hub.log.read_text())
    [in_hand] = Notification.objects.filter(attempts__gt=0)
    assert in_hand.attempts == 1
    assert in_hand.due_at is not None
    assert timedelta(seconds=5) < in_hand.due_at - timezone.now() <= delivery.FIRST_PAUSE

    with smtp_server(after, hub.port):
        sweep()
        hub.eventually(lambda: Notification.objects.filter(delivered_at__isnull=True).count() == 1)
        sweep()
        time.sleep(1)
        assert Notification.objects.filter(delivered_at__isnull=True).get() == in_hand, "not before its time"
        Notification.objects.filter(pk=in_hand.pk).update(due_at=timezone.now())
        sweep()
        hub.eventually(nothing_waits)

    assert sorted(recipients(before) + recipients(after)) == sorted(addresses)


def test_database_connections_cut_in_the_middle_of_a_delivery(hub: Hub) -> None:
    """The lock goes with the connection; the same worker goes on with a new one."""
    worker = hub.worker()
    hub.eventually(lambda: "ready." in hub.log.read_text())
    hub.sink.stall = True
    addresses = tell(3)
    hub.eventually(hub.sink.is_holding.is_set)

    assert _cut_other_connections() > 0
    hub.sink.stall = False
    hub.eventually(lambda: "mail failed" in hub.log.read_text() or "OperationalError" in hub.log.read_text())
    assert Notification.objects.filter(delivered_at__isnull=True).exists()
    Notification.objects.filter(delivered_at__isnull=True).update(due_at=timezone.now())
    sweep()
    hub.eventually(nothing_waits)

    assert recipients(hub.sink) == sorted(addresses)
    assert worker.poll() is None


def _cut_other_connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])


def test_password_mail_survives_a_killed_worker_and_loses_its_text(hub: Hub, settings: Any) -> None:
    settings.EMAIL_BACKEND = "apps.notifications.backend.QueuedEmailBackend"
    hub.sink.stall = True
    first = hub.worker()
    send_mail("Reset", "https://hub.example.org/reset/secret", None, ["ada@example.org"])
    hub.eventually(hub.sink.is_holding.is_set)
    hub.kill(first)
    hub.sink.stall = False
    assert OutgoingMail.objects.get().text

    hub.worker()
    tasks.deliver_outgoing_mail.apply_async()

    hub.eventually(lambda: OutgoingMail.objects.filter(delivered_at__isnull=False).exists())
    assert recipients(hub.sink) == ["ada@example.org"]
    assert OutgoingMail.objects.get().text == ""
    assert "secret" not in hub.log.read_text()


def test_headers_arrive_as_they_were_meant(hub: Hub) -> None:
    """Over the wire, where long lines are folded."""
    hub.worker()
    tell()
    hub.eventually(nothing_waits)

    [mail] = hub.sink.accepted
    address = str(mail["List-Unsubscribe"]).strip()
    assert address.startswith("<http")
    assert address.endswith("/>")
    assert " " not in address
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert {part.get_content_type() for part in mail.iter_parts()} == {"text/plain", "text/html"}


def test_broker_away_leaves_all_to_the_sweep(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    away = Celery("away", broker="redis://127.0.0.1:1/0", set_as_current=False)

    def nobody_listens() -> None: ...

    monkeypatch.setattr(receivers, "deliver_due_notifications", away.task(nobody_listens))
    [address] = tell()
    waking._away["until"] = 0.0
    assert Notification.objects.undelivered().count() == 1

    hub.worker()
    sweep()
    hub.eventually(nothing_waits)
    assert recipients(hub.sink) == [address]
