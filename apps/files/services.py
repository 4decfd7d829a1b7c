"""Every change to stored files."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import IO
from uuid import UUID

import structlog
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import ProtectedError, RestrictedError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.audit.services import record
from apps.core.events import publish
from apps.files import scanning, storage
from apps.files.enums import ExtractionNote, ExtractionState, ScanState
from apps.files.events import TextExtractionRequested
from apps.files.exceptions import FileRefusedError, StorageUnavailableError
from apps.files.inspection import Inspected, inspect_upload, too_large
from apps.files.kinds import ALL_KINDS, FileKind
from apps.files.models import StoredFile
from apps.files.registry import unreferenced

logger = structlog.get_logger(__name__)

ORPHAN_AGE = timedelta(days=1)
_CHUNK = 64 * 1024
_BATCH = 500


def store_upload(
    *, upload: UploadedFile[bytes], by: User, allowed: Collection[FileKind] = ALL_KINDS
) -> StoredFile:
    """Check, scan and keep an upload. Raises FileRefusedError with a message for the person.

    The bytes are stored before the row, so that no row is ever without them. Should the row not come about,
    the bytes are removed here or, after a crash or an outer rollback, by ``remove_orphans``.
    """
    if getattr(upload, "is_too_large", False):
        raise too_large()
    if getattr(upload, "is_lost", False):
        raise StorageUnavailableError
    file: IO[bytes] = upload
    with _told_as_unavailable(OSError):  # archives are unpacked to the disk
        inspected = inspect_upload(file, name=upload.name or "", size=upload.size or 0, allowed=allowed)
    scan_state = scanning.scan(file)
    if scan_state is ScanState.INFECTED:
        raise FileRefusedError(
            _("The virus scanner found something harmful in this file. It was not stored."), code="infected"
        )
    sha256 = _digest(file)
    with _told_as_unavailable(Exception):  # each kind of storage has errors of its own
        key = storage.save(upload)
    try:
        return _create_row(inspected, sha256=sha256, key=key, scan_state=scan_state, by=by)
    except BaseException:
        storage.delete(key)
        raise


@contextmanager
def _told_as_unavailable(failure: type[Exception]) -> Iterator[None]:
    """A person can only wait; whoever runs the hub finds the reason in the log."""
    try:
        yield
    except FileRefusedError:
        raise
    except failure as error:
        logger.exception("upload not stored")
        raise StorageUnavailableError from error


@transaction.atomic
def _create_row(
    inspected: Inspected, *, sha256: str, key: str, scan_state: ScanState, by: User
) -> StoredFile:
    kind = inspected.kind
    stored = StoredFile.objects.create(
        original_name=inspected.name,
        media_type=kind.media_type,
        size=inspected.size,
        sha256=sha256,
        key=key,
        scan_state=scan_state,
        scanned_at=None if scan_state is ScanState.NOT_SCANNED else timezone.now(),
        extraction_state=ExtractionState.PENDING if kind.has_text else ExtractionState.SKIPPED,
        extraction_note="" if kind.has_text else ExtractionNote.NO_TEXT_KIND,
        uploaded_by=by,
    )
    record(stored, "stored", by=by, data={"name": inspected.name, "size": inspected.size, "sha256": sha256})
    if kind.has_text:
        publish(TextExtractionRequested(stored_file_id=str(stored.pk)))
    return stored


def _digest(file: IO[bytes]) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


@transaction.atomic
def request_extraction(*, stored_file_id: str, by: User) -> StoredFile:
    """Read the text of a file again from the start, with all attempts."""
    stored = StoredFile.objects.select_for_update(no_key=True).get(pk=stored_file_id)
    before = stored.extraction_state
    if stored.kind is None or not stored.kind.has_text:
        return stored
    stored.extraction_state = ExtractionState.PENDING
    stored.extraction_note = ""
    stored.extraction_attempts = 0
    stored.save(update_fields=["extraction_state", "extraction_note", "extraction_attempts", "updated_at"])
    record(stored, "extraction requested", by=by, from_state=before, to_state=stored.extraction_state)
    publish(TextExtractionRequested(stored_file_id=str(stored.pk)))
    return stored


def scan_again(*, stored_file_id: str, by: User) -> StoredFile:
    """Scan a file that is stored already; an infected one is no longer served. Raises ScannerUnavailableError."""
    stored = StoredFile.objects.get(pk=stored_file_id)
    with storage.open_stored(stored.key) as file:
        state = scanning.scan(file)
    if state is ScanState.NOT_SCANNED:
        return stored
    with transaction.atomic():
        stored = StoredFile.objects.select_for_update(no_key=True).get(pk=stored_file_id)
        before, stored.scan_state, stored.scanned_at = stored.scan_state, state, timezone.now()
        stored.save(update_fields=["scan_state", "scanned_at", "updated_at"])
        record(stored, "scanned", by=by, from_state=before, to_state=state)
    return stored


def remove_orphans() -> int:
    """Remove files to which nothing has referred for a day, and stored objects that have no row."""
    return _remove_orphan_rows() + _remove_orphan_objects()


def _remove_orphan_rows() -> int:
    cutoff = timezone.now() - ORPHAN_AGE
    removed = 0
    for pk in list(unreferenced().filter(created_at__lt=cutoff).values_list("pk", flat=True)):
        removed += _remove_if_orphan(pk)
    return removed


@transaction.atomic
def _remove_if_orphan(pk: UUID) -> bool:
    """Ask again with the row locked: somebody may have attached the file in the meantime."""
    stored = unreferenced().filter(pk=pk).select_for_update(of=["self"], skip_locked=True).first()
    if stored is None:
        return False
    key, name = stored.key, stored.original_name
    try:
        with transaction.atomic():
            record(stored, "removed", by=None, reason="nothing referred to it", data={"name": name})
            stored.delete()
    except (ProtectedError, RestrictedError):
        return False
    transaction.on_commit(lambda: storage.delete(key))
    return True


def _remove_orphan_objects() -> int:
    removed, batch = 0, []
    for key in storage.all_keys():
        batch.append(key)
        if len(batch) >= _BATCH:
            removed += _remove_without_row(batch)
            batch = []
    return removed + _remove_without_row(batch)


def _remove_without_row(keys: list[str]) -> int:
    known = set(StoredFile.objects.filter(key__in=keys).values_list("key", flat=True))
    cutoff = timezone.now() - ORPHAN_AGE
    removed = 0
    for key in set(keys) - known:
        written = storage.modified_at(key)
        if written is not None and written < cutoff:
            storage.delete(key)
            logger.info("stored object without a row removed", key=key)
            removed += 1
    return removed
