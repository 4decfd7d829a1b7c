"""What it costs to tell many people of one event, as ratios to what PostgreSQL and Celery ask at the least.

Peers and project take turns in one run on the same rows; each turn is rolled back, so that none finds what another
left. ``SIZE`` is the number of recipients.
"""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

from celery import Celery
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.models import User
from apps.notifications.enums import Frequency
from apps.notifications.kinds import Kind, register_kind
from apps.notifications.models import Notification, Preference
from apps.notifications.services import CHUNK, notify
from bench import report

KIND = "bench_news"
DOMAIN = "bench.example.org"
SINGLES = 1_000  # of the slow peers so many are measured and the rest is reckoned
TURNS = 3


class _RolledBack(Exception):  # noqa: N818 - a way out, no error
    """Ends a turn and takes its rows with it."""


def run(size: int = 100_000) -> None:
    register_kind(Kind(KIND, "News of the benchmark"))
    _make_people(size)
    peers: dict[str, Callable[[], object]] = {
        "notify()": lambda: notify(
            KIND, to=_people(), key="bench:1", url="/knowledge/", context={"title": "News"}
        ),
        "bare multi-row INSERT": _bare_insert,
    }
    seconds = {name: statistics.median(times) for name, times in _in_turns(peers).items()}
    seconds["one task and one INSERT each"] = _each_a_task(size)
    ours = seconds["notify()"]
    print(
        f"  {size:,} recipients, a tenth of them with a choice of their own; a task each reckoned from {SINGLES:,}"
    )
    for name, took in seconds.items():
        report.line(name, took, to=ours)
    report.budget("notify() to the bare multi-row INSERT", ours / seconds["bare multi-row INSERT"], most=3)
    report.budget("one task each to notify()", seconds["one task and one INSERT each"] / ours, least=40)
    report.budget("memory of notify() at its peak", _memory(), most=20, unit="MB")


def _people() -> QuerySet[User]:
    return User.objects.filter(email__endswith=f"@{DOMAIN}").order_by("pk")


def _make_people(size: int) -> None:
    have = User.objects.filter(email__endswith=f"@{DOMAIN}").count()
    if have == size:
        return
    User.objects.filter(email__endswith=f"@{DOMAIN}").delete()
    User.objects.bulk_create(
        (User(email=f"{number}@{DOMAIN}", name=f"{number}", password="!") for number in range(size)),
        batch_size=5_000,
    )
    some = User.objects.filter(email__endswith=f"0@{DOMAIN}").values_list("pk", flat=True)
    Preference.objects.bulk_create(
        (Preference(user_id=pk, kind=KIND, frequency=Frequency.DAILY) for pk in some.iterator()),
        batch_size=5_000,
    )


def _in_turns(peers: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in peers}
    for _turn in range(TURNS):
        for name, work in peers.items():
            times[name].append(_rolled_back(work))
    return times


def _rolled_back(work: Callable[[], object]) -> float:
    took = 0.0
    try:
        with transaction.atomic():
            started = time.perf_counter()
            work()
            took = time.perf_counter() - started
            raise _RolledBack
    except _RolledBack:
        return took


_COLUMNS = (
    "recipient_id, kind, key, about_id, url, context, created_at, frequency, due_at, attempts, last_error"
)


def _insert(count: int) -> str:
    rows = ", ".join(["(%s, %s, %s, %s, %s, %s::jsonb, %s, %s, %s, %s, %s)"] * count)
    return f"INSERT INTO {Notification._meta.db_table} ({_COLUMNS}) VALUES {rows} ON CONFLICT DO NOTHING"


def _tail() -> tuple[Any, ...]:
    now = timezone.now()
    return (KIND, "bench:1", "", "/knowledge/", '{"title": "News"}', now, "at_once", now, 0, "")


def _bare_insert() -> None:
    """The same rows as plain SQL, with everything known beforehand but the ids of the people."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM accounts_user WHERE email LIKE %s ORDER BY id", [f"%@{DOMAIN}"])
        pks = [row[0] for row in cursor.fetchall()]
        tail = _tail()
        for start in range(0, len(pks), CHUNK):
            chunk = pks[start : start + CHUNK]
            cursor.execute(_insert(len(chunk)), [value for pk in chunk for value in (pk, *tail)])


def _each_a_task(size: int) -> float:
    """The way that is turned down: a message through the broker and a row of its own for each person.

    Only the sending of the message and a bare INSERT are counted, not what a worker adds to it.
    """
    broker = Celery("bench", set_as_current=False)
    broker.config_from_object("django.conf:settings", namespace="CELERY")
    broker.conf.task_always_eager = False

    def nothing() -> None: ...

    task: Any = broker.task(name="bench.nothing")(nothing)
    count = min(size, SINGLES)
    queue = "bench-nobody-listens"
    people = list(_people().values_list("pk", flat=True)[:count])

    def work() -> None:
        with connection.cursor() as cursor:
            for pk in people:
                task.apply_async(queue=queue)
                cursor.execute(_insert(1), [pk, *_tail()])

    took = _rolled_back(work)
    with broker.connection() as link:
        channel: Any = link.default_channel
        channel.queue_purge(queue)
    return took * size / count


def _memory() -> float:
    tracemalloc.start()
    _rolled_back(lambda: notify(KIND, to=_people(), key="bench:1", context={"title": "News"}))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1024 / 1024
