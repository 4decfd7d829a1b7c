"""A real Celery worker is killed between the commit and the mail: nothing is lost and nothing is sent twice.

The mails go to a real SMTP server in this process, the tasks through the real Valkey.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import redis
from celery import Celery
from django.conf import settings as django_settings
from django.core.mail import send_mail
from django.db import connection

from apps.notifications import receivers, tasks, waking
from apps.notifications.models import Notification, OutgoingMail
from apps.notifications.services import notify
from clusterhub.celery import app
from tests.factories.accounts import UserFactory
from tests.notifications.sinks import Sink, free_port, smtp_server

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).resolve().parents[2]
QUEUE = f"crash-{os.getpid()}"
KIND = "link_broken"  # known to the worker too
CONTEXT = {"title": "A title", "link": "https://example.org/gone"}


class Hub:
    """The mail server's port, and workers on a queue of this process alone."""

    def __init__(self, sink: Sink, port: int, log: Path) -> None:
        self.sink, self.port, self.log = sink, port, log
        self.started: list[subprocess.Popen[bytes]] = []

    def worker(self) -> subprocess.Popen[bytes]:
        name = str(connection.settings_dict["NAME"])
        place = {key: quote(str(value), safe="") for key, value in connection.settings_dict.items()}
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
            "CELERY_TASK_ALWAYS_EAGER": "0",
            "DATABASE_URL": f"postgres://{place['USER']}:{place['PASSWORD']}@{place['HOST']}:{place['PORT']}/{name}",
            "MAIL_TRANSPORT": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_URL": f"smtp://127.0.0.1:{self.port}",
        }
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "clusterhub",
            "worker",
            "--pool=prefork",
            "--concurrency=1",
        ]
        options = ["--queues", QUEUE, "--loglevel=INFO", "--without-gossip", "--without-mingle"]
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                [*command, *options],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """The whole worker at once, as a power cut would."""
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=10)

    def eventually(self, condition: Callable[[], bool], seconds: float = 90) -> None:
        """Wait for it; a worker that ended by itself is told of at once, with what it said."""
        until = time.monotonic() + seconds
        while not condition():
            ended = [
                process.returncode
                for process in self.started
                if process.poll() not in {None, -signal.SIGKILL}
            ]
            assert not ended, f"a worker ended with {ended}:\n{self.log.read_text()[-4000:]}"
            assert time.monotonic() < until, f"not in {seconds} s:\n{self.log.read_text()[-4000:]}"
            time.sleep(0.1)


@contextmanager
def real_broker() -> Iterator[Celery]:
    """Tasks leave through the broker, on a queue of our own, instead of running at once."""
    app.conf.task_always_eager = False
    app.conf.task_default_queue, old = QUEUE, app.conf.task_default_queue
    app.amqp.__dict__.pop("router", None)
    app.amqp.__dict__.pop("queues", None)
    try:
        yield app
    finally:
        app.conf.task_always_eager = True
        app.conf.task_default_queue = old
        app.amqp.__dict__.pop("router", None)
        app.amqp.__dict__.pop("queues", None)
        broker = redis.Redis.from_url(django_settings.CELERY_BROKER_URL)
        broker.delete(QUEUE, f"_kombu.binding.{QUEUE}")
        broker.close()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    sink = Sink()
    with smtp_server(sink) as port, real_broker():
        found = Hub(sink, port, tmp_path / "worker.log")
        try:
            yield found
        finally:
            sink.stall = False
            for process in found.started:
                found.kill(process)


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
    broker = redis.Redis.from_url(django_settings.CELERY_BROKER_URL)
    assert broker.llen(QUEUE) == 1
    broker.delete(QUEUE)
    broker.close()
    assert hub.sink.accepted == []

    hub.worker()
    sweep()

    hub.eventually(nothing_waits)
    assert recipients(hub.sink) == [address]


def test_worker_killed_in_the_middle_of_many(hub: Hub) -> None:
    """What was sent before is not sent again, and what was not is sent."""
    first = hub.worker()
    addresses = tell(30)
    hub.eventually(lambda: len(hub.sink.accepted) >= 5)
    hub.sink.stall = True
    hub.eventually(hub.sink.is_holding.is_set)
    before = len(hub.sink.accepted)

    hub.kill(first)
    hub.sink.stall = False
    assert 5 <= before < 30

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
