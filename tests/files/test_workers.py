"""Real workers read real files: nobody's mail waits for them, and one that is killed leaves nothing behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.mail import send_mail
from django.utils import timezone

from apps.files import extraction, tasks
from apps.files.enums import ExtractionState
from apps.files.models import StoredFile
from tests.factories import files as make
from tests.notifications.sinks import Sink, smtp_server
from tests.workers import Workers, real_broker

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
# Rows without a word are read one by one, for ten seconds or so, and never come to the limit of the text.
HEAVY = b"name,value\n" + b",\n" * 20_000_000


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    with real_broker():
        found = Workers(tmp_path / "worker.log")
        try:
            yield found
        finally:
            readers = [pid for process in found.started for pid in _below(process.pid)]
            found.kill_all()
            _end(readers)


def _below(pid: int) -> list[int]:
    """The processes that this one started, and those that they did."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [found for child in map(int, children) for found in [child, *_below(child)]]


def _readers(pid: int) -> list[int]:
    """Readers of a text below this worker; they outlive it for as long as their limits let them."""
    return [child for child in _below(pid) if b"extract.py" in Path(f"/proc/{child}/cmdline").read_bytes()]


def _end(pids: list[int]) -> None:
    for pid in pids:
        try:
            if b"extract.py" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError):
            continue


def heavy_file(**values: Any) -> StoredFile:
    return make.StoredFileFactory.create(
        content=HEAVY, original_name="heavy.csv", media_type="text/csv", **values
    )


def test_mail_leaves_while_heavy_files_are_read(workers: Workers, settings: Any) -> None:
    settings.EMAIL_BACKEND = "apps.notifications.backend.QueuedEmailBackend"
    sink = Sink()
    with smtp_server(sink) as port:
        mail = {"MAIL_TRANSPORT": "django.core.mail.backends.smtp.EmailBackend"}
        workers.start("extraction")
        workers.start("celery", EMAIL_URL=f"smtp://127.0.0.1:{port}", **mail)
        first = heavy_file()
        for _n in range(3):
            heavy_file(uploaded_by=first.uploaded_by)
            tasks.extract_texts.apply_async()
        running = StoredFile.objects.filter(extraction_state=ExtractionState.RUNNING)
        workers.eventually(running.exists)

        send_mail("Reset", "https://hub.example.org/reset/secret", None, ["ada@example.org"])

        workers.eventually(lambda: bool(sink.accepted))
        states = dict(StoredFile.objects.values_list("pk", "extraction_state"))
        assert states.pop(first.pk) == ExtractionState.RUNNING
        assert set(states.values()) == {ExtractionState.PENDING}


def test_worker_killed_in_the_middle_of_a_reading(workers: Workers) -> None:
    stored = heavy_file()
    worker = workers.start()
    tasks.extract_texts.apply_async()
    workers.eventually(lambda: bool(_readers(worker.pid)))
    left_behind = _readers(worker.pid)

    workers.kill(worker)
    _end(left_behind)
    stored.refresh_from_db()
    assert (stored.extraction_state, stored.extraction_attempts) == (ExtractionState.RUNNING, 1)

    Path(default_storage.path(stored.key)).write_bytes(b"name,value\nfirms,12\n")
    StoredFile.objects.update(
        extraction_started_at=timezone.now() - extraction.claim_age() - timedelta(seconds=1)
    )
    workers.start()
    tasks.extract_pending_texts.apply_async()
    workers.eventually(lambda: StoredFile.objects.filter(text_announced_at__isnull=False).exists())

    stored = StoredFile.objects.get()
    assert (stored.extraction_state, stored.extraction_attempts) == (ExtractionState.DONE, 2)
    assert stored.text == "name value\nfirms 12\n"
