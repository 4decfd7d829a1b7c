"""Writing: one row for each recipient and event, in the caller's transaction, whatever the broker does."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest
from celery import Celery
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

from apps.accounts.models import User
from apps.notifications import receivers, services
from apps.notifications.enums import Frequency
from apps.notifications.models import Notification
from apps.notifications.services import next_due, notify
from apps.notifications.tasks import deliver_due_notifications
from tests.factories.accounts import UserFactory
from tests.factories.notifications import NotificationFactory, PreferenceFactory
from tests.notifications.conftest import DAILY, NEWS

pytestmark = pytest.mark.django_db


def people(count: int) -> list[User]:
    return User.objects.bulk_create(
        User(email=f"reader{number}@example.org", name=f"Reader {number}") for number in range(count)
    )


def tell(to: Any, **values: Any) -> None:
    notify(values.pop("kind", NEWS), to=to, **{"key": "event:1", "context": {"title": "Ä & B"}} | values)


def test_notify_writes_what_was_said(user: User) -> None:
    tell([user], about=user, url="/knowledge/a/")

    row = Notification.objects.get()
    assert (row.recipient, row.kind, row.key, row.about, row.url) == (
        user,
        NEWS,
        "event:1",
        user,
        "/knowledge/a/",
    )
    assert row.context == {"title": "Ä & B"}
    assert row.frequency == Frequency.AT_ONCE
    assert row.due_at is not None
    assert row.due_at <= timezone.now()
    assert row.read_at is None


def test_notify_twice_with_one_key_writes_one_row(user: User) -> None:
    tell([user, user])
    tell([user])
    tell([user], key="event:2")

    assert Notification.objects.filter(key="event:1").count() == 1
    assert Notification.objects.count() == 2


def test_notify_leaves_out_inactive_and_erased_people(user: User) -> None:
    gone = UserFactory.create(is_active=False)
    erased = UserFactory.create(is_active=False, name="", erased_at=timezone.now())

    tell(User.objects.filter(pk__in=[user.pk, gone.pk, erased.pk]))

    assert [row.recipient for row in Notification.objects.all()] == [user]


def test_notify_nobody_writes_nothing() -> None:
    tell([])
    tell(User.objects.none())

    assert not Notification.objects.exists()


def test_notify_takes_any_queryset(user: User) -> None:
    UserFactory.create_batch(2)
    everybody = User.objects.order_by("pk")

    tell(everybody[:2], key="sliced")
    tell(User.objects.filter(pk=user.pk).union(User.objects.filter(email="")), key="union")
    tell(User.objects.only("pk"), key="deferred")
    tell(User.objects.prefetch_related("consents").distinct(), key="prefetched")

    assert Notification.objects.filter(key="sliced").count() == 2
    assert Notification.objects.filter(key="union").count() == 1
    assert Notification.objects.filter(key="deferred").count() == 3
    assert Notification.objects.filter(key="prefetched").count() == 3


def test_notify_goes_with_the_transaction_of_the_event(user: User) -> None:
    def step() -> None:
        with transaction.atomic():
            tell([user])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        step()

    assert not Notification.objects.exists()


def test_notify_unknown_kind_is_an_error(user: User) -> None:
    with pytest.raises(KeyError):
        tell([user], kind="nobody_registered_this")


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "//evil.example/",
        "javascript:alert(1)",
        "knowledge/",
        "/\\evil.example/",
        "/a\n/b",
    ],
)
def test_notify_url_elsewhere_is_an_error(user: User, url: str) -> None:
    with pytest.raises(ValueError, match="path on this hub"):
        tell([user], url=url)


def test_url_elsewhere_is_refused_by_the_database_too() -> None:
    for url in ("https://evil.example/", "//evil.example/"):
        with pytest.raises(DatabaseError), transaction.atomic():
            NotificationFactory.create(url=url)


@pytest.mark.parametrize("value", [None, ["a"], {"a": 1}, _("lazy"), User(name="x")])
def test_notify_context_holds_texts_and_numbers_only(user: User, value: Any) -> None:
    with pytest.raises(TypeError):
        tell([user], context={"title": value})


# --- how often, decided when it is written --------------------------------------------------------
@pytest.mark.parametrize("frequency", Frequency.values)
def test_notify_follows_the_recipients_choice(user: User, frequency: str) -> None:
    PreferenceFactory.create(user=user, kind=NEWS, frequency=frequency)
    PreferenceFactory.create(user=user, kind=DAILY, frequency=Frequency.AT_ONCE)
    other = UserFactory.create()

    tell([user, other])

    assert Notification.objects.get(recipient=user).frequency == frequency
    assert Notification.objects.get(recipient=other).frequency == Frequency.AT_ONCE
    assert (Notification.objects.get(recipient=user).due_at is None) == (frequency == Frequency.NEVER)


def test_notify_without_a_choice_follows_the_kind(user: User) -> None:
    tell([user], kind=DAILY)

    row = Notification.objects.get()
    assert row.frequency == Frequency.DAILY
    assert row.due_at is not None
    assert row.due_at > timezone.now()


@pytest.mark.parametrize(
    ("frequency", "zone", "now", "due"),
    [
        ("daily", "Europe/Brussels", "2026-11-24T05:59", "2026-11-24T06:00"),
        ("daily", "Europe/Brussels", "2026-11-24T06:00", "2026-11-25T06:00"),
        ("daily", "Europe/Helsinki", "2026-11-24T12:00", "2026-11-25T05:00"),
        ("daily", "Pacific/Kiritimati", "2026-11-24T12:00", "2026-11-24T17:00"),
        ("daily", "Europe/Brussels", "2026-10-24T12:00", "2026-10-25T06:00"),  # the night the clocks go back
        ("daily", "Europe/Brussels", "2026-03-28T12:00", "2026-03-29T05:00"),  # and forward
        ("weekly", "Europe/Brussels", "2026-11-24T12:00", "2026-11-30T06:00"),  # Tuesday → Monday
        ("weekly", "Europe/Brussels", "2026-11-23T05:00", "2026-11-23T06:00"),  # Monday, early
        ("weekly", "Europe/Brussels", "2026-11-23T06:00", "2026-11-30T06:00"),
        ("weekly", "Nowhere/Atlantis", "2026-11-24T12:00", "2026-11-30T06:00"),
        ("at_once", "Europe/Brussels", "2026-11-24T12:00", "2026-11-24T12:00"),
    ],
)
def test_next_due_is_the_recipients_morning(frequency: str, zone: str, now: str, due: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)

    assert next_due(frequency, zone, now=moment) == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_due_without_never_and_never_without_due_are_refused() -> None:
    for frequency, due_at in ((Frequency.NEVER, timezone.now()), (Frequency.DAILY, None)):
        with pytest.raises(DatabaseError), transaction.atomic():
            NotificationFactory.create(frequency=frequency, due_at=due_at)


# --- many -------------------------------------------------------------------------------------
def test_ten_thousand_recipients_cost_a_few_statements_for_each_chunk() -> None:
    people(10_000)

    with CaptureQueriesContext(connection) as queries:
        tell(User.objects.all())

    assert Notification.objects.count() == 10_000
    chunks = 10_000 // services.CHUNK
    assert len(queries) <= 3 * chunks + 5


def test_memory_does_not_grow_with_the_number_of_recipients() -> None:
    people(12_000)
    first = User.objects.order_by("pk")[:2_000]
    tell(first, key="warm")

    def peak(to: Any, key: str) -> int:
        tracemalloc.start()
        tell(to, key=key)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    few, many = peak(first, "few"), peak(User.objects.order_by("pk"), "many")

    assert Notification.objects.filter(key="many").count() == 12_000
    assert many < few * 1.5


# --- after the commit ---------------------------------------------------------------------------
def starts_of(monkeypatch: pytest.MonkeyPatch, problem: Exception | None = None) -> list[dict[str, Any]]:
    started: list[dict[str, Any]] = []

    def apply_async(**options: Any) -> None:
        started.append(options)
        if problem:
            raise problem

    monkeypatch.setattr(deliver_due_notifications, "apply_async", apply_async)
    return started


def test_workers_are_woken_for_chunks_and_after_the_commit(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    started = starts_of(monkeypatch)
    people(2_500)

    with django_capture_on_commit_callbacks(execute=True):
        tell(User.objects.all())
        assert started == []

    assert len(started) == 3


def test_nobody_is_woken_for_what_waits_for_a_digest(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any, user: User
) -> None:
    started = starts_of(monkeypatch)

    with django_capture_on_commit_callbacks(execute=True):
        tell([user], kind=DAILY)

    assert started == []


def test_broker_away_breaks_nothing_and_is_not_asked_again_at_once(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any, caplog: Any
) -> None:
    started = starts_of(monkeypatch, OperationalError("redis://:secret@broker"))
    people(2_500)

    with django_capture_on_commit_callbacks(execute=True):
        tell(User.objects.all())
        tell(User.objects.all(), key="event:2")

    assert len(started) == 1
    assert Notification.objects.undelivered().count() == 5_000
    assert "secret" not in caplog.text


def test_a_broker_that_really_is_away_breaks_nothing(
    user: User, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    """Without a stand-in: Celery with Redis raises what is caught."""
    away = Celery("away", broker="redis://127.0.0.1:1/0", set_as_current=False)
    away.conf.broker_transport_options = {"socket_connect_timeout": 1, "max_retries": 0}

    def nobody_listens() -> None: ...

    monkeypatch.setattr(receivers, "deliver_due_notifications", away.task(nobody_listens))

    with django_capture_on_commit_callbacks(execute=True):
        tell([user])

    assert Notification.objects.undelivered().count() == 1
    assert "broker not reached" in caplog.text
    assert "event handler failed" not in caplog.text
