"""PostgreSQL and Valkey for a while, shared by all commands of this checkout that run at the same time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

from dev import accounts
from dev.console import Problem, Step
from dev.layout import Layout
from dev.ports import answers
from dev.postgres import Postgres
from dev.valkey import Valkey


@dataclass(frozen=True)
class Urls:
    database: str
    redis: str

    def environment(self) -> dict[str, str]:
        return {"DATABASE_URL": self.database, "REDIS_URL": self.redis}

    def with_redis_database(self, number: int) -> Urls:
        """A keyspace of its own, so that a test's worker never takes the demo's tasks."""
        return Urls(database=self.database, redis=urlsplit(self.redis)._replace(path=f"/{number}").geturl())


@contextlib.contextmanager
def services(layout: Layout, step: Step) -> Iterator[Urls]:
    """The servers named by DATABASE_URL and REDIS_URL, else private ones, stopped by their last user."""
    given = _given_servers()
    if given is not None:
        step.outcome = "your own (DATABASE_URL, REDIS_URL)"
        yield given
        return
    layout.local.mkdir(parents=True, exist_ok=True)
    postgres, valkey = servers = _servers(layout, step)
    with _keeper(layout):
        try:
            with _users(layout) as users:
                with _one_at_a_time(layout):
                    fcntl.flock(users, fcntl.LOCK_SH)
                    postgres.start(step)
                    valkey.start(step)
                yield Urls(database=postgres.url, redis=valkey.url)
        finally:
            _stop_unused(layout, servers)


def stop_unused(layout: Layout) -> None:
    """What the keeper does when its command has gone."""
    _stop_unused(layout, _servers(layout, Step()))


def _servers(layout: Layout, step: Step) -> tuple[Postgres, Valkey]:
    account = accounts.unprivileged_account()
    home = accounts.service_home(layout, account)
    if home != layout.local:
        step.note(
            f"user {account and account.name} cannot enter this checkout: the servers' data is in {home}"
        )
    return Postgres(layout, home, account), Valkey(layout, home, account)


def _stop_unused(layout: Layout, servers: tuple[Postgres, Valkey]) -> None:
    with _one_at_a_time(layout), _users(layout) as users:
        if _nobody_else_uses(users):
            for server in servers:
                server.stop()


@contextlib.contextmanager
def _keeper(layout: Layout) -> Iterator[None]:
    """A process beside this one that stops the servers even when this one is killed: see dev/keeper.py."""
    with layout.log("keeper").open("ab") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "dev.keeper", str(os.getpid())],
            cwd=layout.root,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield
    finally:
        keeper.kill()
        keeper.communicate()


def _users(layout: Layout) -> TextIO:
    """Whoever uses the servers shares a lock on this file. The kernel drops the lock of a dead process."""
    return (layout.local / "services.users").open("w", encoding="ascii")


@contextlib.contextmanager
def _one_at_a_time(layout: Layout) -> Iterator[None]:
    """Only one command starts or stops the servers at any moment. The kernel drops the lock of a dead process."""
    with (layout.local / "services.lock").open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _nobody_else_uses(users: TextIO) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _given_servers() -> Urls | None:
    database, redis = os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", "")
    if not database and not redis:
        return None
    if not database or not redis:
        missing = "REDIS_URL" if database else "DATABASE_URL"
        raise Problem(
            f"{missing} is not set, but its companion is.",
            todo="set both DATABASE_URL and REDIS_URL to use your own servers, or neither to get private ones",
        )
    for name, url, usual in (("DATABASE_URL", database, 5432), ("REDIS_URL", redis, 6379)):
        parts = urlsplit(url)
        host, port = parts.hostname or "127.0.0.1", parts.port or usual
        if not answers(host, port):
            raise Problem(
                f"Nothing answers at {host}:{port}, which {name} names.",
                todo="start that server, or unset DATABASE_URL and REDIS_URL to get private ones",
            )
    return Urls(database=database, redis=redis)


@contextlib.contextmanager
def only_one(layout: Layout, name: str, message: str) -> Iterator[Path]:
    """Hold ``.local/<name>.lock``, or refuse with what its holder wrote into it."""
    layout.local.mkdir(parents=True, exist_ok=True)
    path = layout.local / f"{name}.lock"
    with path.open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip()
            raise Problem(
                f"{message} ({holder or 'starting'}).",
                todo="stop it first: Ctrl-C in its terminal, or kill that process",
            ) from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}")
        lock.flush()
        try:
            yield path
        finally:
            lock.truncate(0)
