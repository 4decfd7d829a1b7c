"""Real Celery workers, on queues of this test process alone (``BROKER_KEY_PREFIX`` in the test settings)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import redis
from django.conf import settings
from django.db import connection

from clusterhub.celery import app

ROOT = Path(__file__).resolve().parents[1]
PREFIX = str(settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"])


class Workers:
    """Those that were started, and what they say."""

    def __init__(self, log: Path, **environment: str) -> None:
        self.log = log
        self.environment = environment
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, queues: str = "celery,extraction", **environment: str) -> subprocess.Popen[bytes]:
        """One worker with one slot."""
        place = {key: quote(str(value), safe="") for key, value in connection.settings_dict.items()}
        database = (
            f"postgres://{place['USER']}:{place['PASSWORD']}@{place['HOST']}:{place['PORT']}/{place['NAME']}"
        )
        worker = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "clusterhub",
            "worker",
            "--pool=prefork",
            "--concurrency=1",
        ]
        options = ["--queues", queues, "--loglevel=INFO", "--without-gossip", "--without-mingle"]
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                [*worker, *options, "--hostname", f"{len(self.started)}-{os.getpid()}@%h"],
                cwd=ROOT,
                env={
                    **os.environ,
                    "CELERY_TASK_ALWAYS_EAGER": "0",
                    "BROKER_KEY_PREFIX": PREFIX,
                    "DATABASE_URL": database,
                    **self.environment,
                    **environment,
                },
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

    def kill_all(self) -> None:
        for process in self.started:
            self.kill(process)

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
def real_broker() -> Iterator[redis.Redis]:
    """Tasks leave through the broker instead of running at once; at the end nothing of them is left there."""
    broker = redis.Redis.from_url(settings.CELERY_BROKER_URL)
    app.conf.task_always_eager = False
    try:
        yield broker
    finally:
        app.conf.task_always_eager = True
        if left := list(broker.scan_iter(f"{PREFIX}*")):
            broker.delete(*left)
        broker.close()
