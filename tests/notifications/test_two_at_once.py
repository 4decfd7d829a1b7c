"""Several deliverers beside each other send each mail once; people do not wait for them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection

from apps.notifications import services, tasks
from apps.notifications.enums import Frequency
from apps.notifications.models import Notification
from apps.notifications.unsubscribing import unsubscribe
from tests.factories.accounts import UserFactory
from tests.factories.notifications import NotificationFactory, OutgoingMailFactory
from tests.notifications.conftest import NEWS

pytestmark = pytest.mark.django_db(transaction=True)
BACKENDS = "tests.notifications.test_two_at_once"


class SlowBackend(EmailBackend):
    def send_messages(self, messages: Any) -> int:
        time.sleep(0.02)
        return super().send_messages(messages)


class HeldBackend(EmailBackend):
    """Has a mail in its hands until it is let go."""

    holding = Event()
    let_go = Event()

    def send_messages(self, messages: Any) -> int:
        self.holding.set()
        self.let_go.wait(timeout=10)
        return super().send_messages(messages)


def together(task: Callable[[], int], workers: int = 4) -> list[int]:
    gate = Barrier(workers)

    def work(_number: int) -> int:
        try:
            gate.wait(timeout=10)
            return task()
        finally:
            connection.close()

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(work, range(workers)))


def test_deliverers_at_once_send_each_notification_once(settings: Any) -> None:
    settings.MAIL_TRANSPORT = f"{BACKENDS}.SlowBackend"
    rows = NotificationFactory.create_batch(20, kind=NEWS)

    sent = together(tasks.deliver_due_notifications)

    assert sum(sent) == 20
    assert Counter(message.to[0] for message in mail.outbox) == Counter(row.recipient.email for row in rows)
    assert sum(number > 0 for number in sent) > 1, "one worker did everything: nothing was tested"


def test_deliverers_at_once_send_each_other_mail_once(settings: Any) -> None:
    settings.MAIL_TRANSPORT = f"{BACKENDS}.SlowBackend"
    OutgoingMailFactory.create_batch(12)

    assert sum(together(tasks.deliver_outgoing_mail)) == 12
    assert len({message.to[0] for message in mail.outbox}) == len(mail.outbox) == 12


def test_digests_at_once_are_sent_once_and_whole(settings: Any) -> None:
    settings.MAIL_TRANSPORT = f"{BACKENDS}.SlowBackend"
    people = UserFactory.create_batch(5)
    for person in people:
        NotificationFactory.create_batch(3, kind=NEWS, recipient=person, frequency=Frequency.DAILY)

    assert sum(together(tasks.send_digests)) == 5
    assert len(mail.outbox) == 5
    assert all(message.subject == "ClusterHub: 3 notifications" for message in mail.outbox)


def test_one_key_at_once_makes_one_row() -> None:
    person = UserFactory.create()

    def step() -> int:
        services.notify(NEWS, to=[person], key="event:1", context={"title": "It"})
        return 1

    together(step)

    assert Notification.objects.count() == 1


def test_no_press_waits_for_a_slow_mail_server(settings: Any) -> None:
    settings.MAIL_TRANSPORT = f"{BACKENDS}.HeldBackend"
    HeldBackend.holding.clear()
    HeldBackend.let_go.clear()
    row = NotificationFactory.create(kind=NEWS)
    other = NotificationFactory.create(kind=NEWS, recipient=row.recipient, frequency=Frequency.DAILY)
    person = row.recipient

    def deliver() -> int:
        try:
            return tasks.deliver_due_notifications()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(deliver)
        assert HeldBackend.holding.wait(timeout=10)
        try:
            started = time.monotonic()
            assert services.mark_read(notification_id=row.pk, by=person) == 0
            assert services.mark_all_read(by=person) == 1
            unsubscribe(user_id=person.pk, kind_code=NEWS)
            took = time.monotonic() - started
        finally:
            HeldBackend.let_go.set()
        assert running.result(timeout=10) == 1

    assert took < 5
    other.refresh_from_db()
    assert other.frequency == Frequency.NEVER
    row.refresh_from_db()
    assert row.delivered_at is not None


def test_second_worker_leaves_a_digest_that_is_being_sent(settings: Any) -> None:
    settings.MAIL_TRANSPORT = f"{BACKENDS}.HeldBackend"
    HeldBackend.holding.clear()
    HeldBackend.let_go.clear()
    row = NotificationFactory.create(kind=NEWS, frequency=Frequency.DAILY)

    def send() -> int:
        try:
            return tasks.send_digests()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(send)
        assert HeldBackend.holding.wait(timeout=10)
        NotificationFactory.create(kind=NEWS, recipient=row.recipient, frequency=Frequency.DAILY)
        started = time.monotonic()
        try:
            assert tasks.send_digests() == 0
            assert time.monotonic() - started < 5
        finally:
            HeldBackend.let_go.set()
        assert running.result(timeout=10) == 1

    assert len(mail.outbox) == 1
