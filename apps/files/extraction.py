"""Read texts in a child process, and keep what came of it.

A row in work is claimed by a conditional update and not by a lock: a transaction that stays open for minutes would
hold up those who attach the file. The child's time limits bound how long a claim can honestly last, so a claim
that is older was left by a worker that died.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, Q
from django.utils import timezone

from apps.core.events import publish
from apps.files import extract, storage
from apps.files.enums import ExtractionNote, ExtractionState
from apps.files.events import TextExtracted
from apps.files.models import ExtractedText, StoredFile

logger = structlog.get_logger(__name__)

MAX_ATTEMPTS = 3
BUDGET = 60.0  # seconds after which a run begins no other file; the last may take EXTRACTION_MAX_SECONDS
AGAIN_AFTER = timedelta(minutes=15)
_PROGRAM = Path(extract.__file__)
_ANNOUNCE_AFTER = timedelta(minutes=5)


@dataclass(frozen=True)
class Outcome:
    """How a reading ended; the text may be there even if it did not come to the end."""

    state: ExtractionState
    note: str
    text: str = ""


_BY_EXIT_CODE = {
    extract.DONE: (ExtractionState.DONE, ""),
    extract.CUT: (ExtractionState.DONE, ExtractionNote.CUT),
    extract.PASSWORD: (ExtractionState.SKIPPED, ExtractionNote.PASSWORD),
    extract.MEMORY: (ExtractionState.TOO_LARGE, ExtractionNote.MEMORY),
    extract.TIME: (ExtractionState.TOO_LARGE, ExtractionNote.TIME),
    extract.DAMAGED: (ExtractionState.FAILED, ExtractionNote.DAMAGED),
    -signal.SIGXCPU: (ExtractionState.TOO_LARGE, ExtractionNote.TIME),
    -signal.SIGALRM: (ExtractionState.FAILED, ExtractionNote.SLOW),
}
# A busy machine or a storage that is away. All else would end in the same way again; what the kernel killed, too:
# it was over a limit.
_PASSING_NOTES = (ExtractionNote.SLOW, ExtractionNote.MISSING)


def claim_age() -> timedelta:
    """A claim older than this was left behind."""
    return timedelta(seconds=2 * settings.EXTRACTION_MAX_SECONDS + 60)


def extract_due() -> bool:
    """Read one file after another, people taking turns. True: the time was up before the work was."""
    until = time.monotonic() + BUDGET
    while (stored_file_id := next_due()) is not None:
        extract_stored(stored_file_id=stored_file_id)
        if time.monotonic() >= until:
            return count_due() > 0
    return False


def next_due() -> str | None:
    """The oldest waiting file of the person for whom a reading was begun longest ago, or never.

    So nobody waits for all the files of somebody else, and no limit on waiting files is needed.
    """
    waiting = StoredFile.objects.filter(_due())
    turns = (
        StoredFile.objects.filter(uploaded_by__in=waiting.values("uploaded_by"))
        .values("uploaded_by")
        .annotate(last_begun=Max("extraction_started_at"))
        .order_by(F("last_begun").asc(nulls_first=True), "uploaded_by")
    )
    person = turns.values_list("uploaded_by", flat=True).first()
    found = (
        waiting.filter(uploaded_by=person).order_by("created_at", "pk").values_list("pk", flat=True).first()
    )
    return str(found) if found else None


def extract_stored(*, stored_file_id: str) -> Outcome | None:
    """Read the text of one file unless somebody else does or it is done; harmless to call twice."""
    attempt = _claim(stored_file_id)
    if attempt is None:
        return None
    stored = StoredFile.objects.get(pk=stored_file_id)
    outcome = _read(stored)
    logger.info("text extraction ended", stored_file=stored_file_id, state=outcome.state, note=outcome.note)
    return outcome if _finish(stored_file_id, attempt, outcome) else None


def count_due() -> int:
    """How many texts wait: never started, left behind by a dead worker, or to be tried again."""
    return StoredFile.objects.filter(_due()).count()


def unannounced() -> list[str]:
    """Files whose text is there, but a process may have died before it could tell."""
    since = timezone.now() - _ANNOUNCE_AFTER
    files = StoredFile.objects.filter(
        extracted__isnull=False, text_announced_at__isnull=True, updated_at__lt=since
    )
    return [str(pk) for pk in files.values_list("pk", flat=True)]


def announce(*, stored_file_id: str) -> None:
    """Tell the floors above that the text is there, and note that they were told, in this order."""
    publish(TextExtracted(stored_file_id=stored_file_id))
    transaction.on_commit(
        lambda: StoredFile.objects.filter(pk=stored_file_id).update(text_announced_at=timezone.now())
    )


def give_up_dead() -> int:
    """Mark as failed what died with its worker in every attempt."""
    dead = StoredFile.objects.filter(_left_behind(), extraction_attempts__gte=MAX_ATTEMPTS)
    return dead.update(extraction_state=ExtractionState.FAILED, extraction_note=ExtractionNote.KILLED)


def _left_behind() -> Q:
    return Q(extraction_state=ExtractionState.RUNNING, extraction_started_at__lt=timezone.now() - claim_age())


def _due() -> Q:
    again = Q(
        extraction_state=ExtractionState.FAILED,
        extraction_note__in=_PASSING_NOTES,
        extraction_started_at__lt=timezone.now() - AGAIN_AFTER,
    )
    return Q(extraction_attempts__lt=MAX_ATTEMPTS) & (
        Q(extraction_state=ExtractionState.PENDING) | _left_behind() | again
    )


def _claim(stored_file_id: str) -> int | None:
    """Take the row in hand; gives the number of the attempt, by which it is known at the end."""
    claimed = StoredFile.objects.filter(_due(), pk=stored_file_id).update(
        extraction_state=ExtractionState.RUNNING,
        extraction_started_at=timezone.now(),
        extraction_attempts=F("extraction_attempts") + 1,
    )
    if not claimed:
        return None
    return StoredFile.objects.values_list("extraction_attempts", flat=True).get(pk=stored_file_id)


def _read(stored: StoredFile) -> Outcome:
    if stored.kind is None or not stored.kind.has_text:
        return Outcome(ExtractionState.SKIPPED, ExtractionNote.NO_TEXT_KIND)
    try:
        with storage.open_stored(stored.key) as file, tempfile.TemporaryFile() as copy:
            # The child gets a plain file of the operating system, wherever the storage is.
            while chunk := file.read(1024 * 1024):
                copy.write(chunk)
            copy.seek(0)
            return run_child(copy, kind=stored.kind.code)
    except FileNotFoundError:
        logger.exception("stored object missing", stored_file=str(stored.pk), key=stored.key)
        return Outcome(ExtractionState.FAILED, ExtractionNote.MISSING)


def run_child(file: IO[bytes], *, kind: str) -> Outcome:
    """Run ``extract.py`` on an open file of the operating system, within the limits of the settings."""
    limits = (
        settings.EXTRACTION_MAX_CHARS,
        settings.EXTRACTION_MAX_CPU_SECONDS,
        settings.EXTRACTION_MAX_SECONDS + 5,
        settings.EXTRACTION_MAX_MEMORY_BYTES,
    )
    command = [sys.executable, "-I", str(_PROGRAM), kind, *map(str, limits)]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(
            command, stdin=file, stdout=out, stderr=errors, env={"PATH": os.defpath}, start_new_session=True
        )
        try:
            code = child.wait(timeout=settings.EXTRACTION_MAX_SECONDS)
        except subprocess.TimeoutExpired:
            code = -signal.SIGALRM
        finally:
            child.kill()
            child.wait()
        out.seek(0)
        text = out.read().decode("utf-8", "ignore")[: settings.EXTRACTION_MAX_CHARS]
        _log_failure(code, errors, kind)
    state, note = _BY_EXIT_CODE.get(code, (ExtractionState.FAILED, ExtractionNote.KILLED))
    return Outcome(state, note, text)


def _log_failure(code: int, errors: IO[bytes], kind: str) -> None:
    if code in {extract.DONE, extract.CUT, extract.PASSWORD}:
        return
    errors.seek(0)
    said = errors.read(2000).decode("utf-8", "replace")
    logger.warning("text not read to the end", kind=kind, exit_code=code, said=said)


@transaction.atomic
def _finish(stored_file_id: str, attempt: int, outcome: Outcome) -> bool:
    """Keep the outcome, unless the row was taken from us in the meantime."""
    stored = (
        StoredFile.objects.select_for_update(no_key=True)
        .filter(pk=stored_file_id, extraction_state=ExtractionState.RUNNING, extraction_attempts=attempt)
        .first()
    )
    if stored is None:
        return False
    stored.extraction_state, stored.extraction_note = outcome.state, outcome.note
    stored.text_announced_at = None
    stored.save(update_fields=["extraction_state", "extraction_note", "text_announced_at", "updated_at"])
    if outcome.state in {ExtractionState.DONE, ExtractionState.TOO_LARGE}:
        ExtractedText.objects.update_or_create(stored_file=stored, defaults={"text": outcome.text})
        announce(stored_file_id=stored_file_id)
    return True
