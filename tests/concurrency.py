"""Two people pressing at once: real threads, each with a connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import monotonic, sleep
from typing import Any

from django.db import connection

from apps.core.exceptions import HubError


def at_once(*calls: Callable[[], Any]) -> list[str]:
    """Run all calls at the same moment; gives "done" or the name of the error for each."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> str:
        try:
            barrier.wait(timeout=10)
            call()
        except HubError as error:
            return type(error).__name__
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(timeout=30) for future in [pool.submit(run, call) for call in calls]]


def meanwhile(call: Callable[[], Any]) -> Callable[[], None]:
    """Begin the call on a connection of its own, and come back when it waits for a lock, or for long enough.

    What is given back waits for its end, and raises what it raised.
    """
    pool = ThreadPoolExecutor(1)

    def run() -> None:
        try:
            call()
        finally:
            connection.close()

    future = pool.submit(run)
    until = monotonic() + 5
    while not (future.done() or _somebody_waits() or monotonic() > until):
        sleep(0.05)

    def end() -> None:
        future.result(timeout=30)
        pool.shutdown()

    return end


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) "
            "WHERE NOT granted AND datname = current_database())"
        )
        return bool(cursor.fetchone()[0])
