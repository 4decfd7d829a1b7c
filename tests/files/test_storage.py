"""The bytes on this machine and in S3, and what is removed when nobody refers to it."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.apps import apps
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.files import extraction, registry, services, storage, tasks
from apps.files.exceptions import StorageUnavailableError
from apps.files.models import StoredFile
from tests.factories import files as make

DAY_AND_MORE = timedelta(days=1, minutes=1)


@pytest.fixture
def s3(s3_server: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    options = {
        "bucket_name": "hub",
        "endpoint_url": s3_server,
        "region_name": "eu-central-1",
        "access_key": "key",
        "secret_key": "secret",
    }
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    client = boto3.client(
        "s3",
        endpoint_url=s3_server,
        region_name="eu-central-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )
    with contextlib.suppress(client.exceptions.BucketAlreadyOwnedByYou):
        client.create_bucket(Bucket="hub", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "apps.files.s3.StreamingS3Storage", "OPTIONS": options},
    }
    return s3_server


@pytest.fixture
def local(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture(params=["local", "s3"])
def any_storage(request: pytest.FixtureRequest) -> str:
    request.getfixturevalue(request.param)
    return str(request.param)


pytestmark = pytest.mark.django_db


@pytest.mark.urls("tests.files.urls")
def test_storage_round_trip_by_upload_extraction_and_download(
    any_storage: str, user: User, client: Client
) -> None:
    content = make.make_pdf("stored somewhere")
    stored = services.store_upload(upload=make.make_upload(content), by=user)
    assert list(storage.all_keys()) == [stored.key]
    extraction.extract_stored(stored_file_id=str(stored.pk))
    assert stored.text == "stored somewhere\n"
    response: Any = client.get(f"/download/{stored.pk}/")
    assert b"".join(response.streaming_content) == content
    storage.delete(stored.key)
    assert list(storage.all_keys()) == []
    assert client.get(f"/download/{stored.pk}/").status_code == 404


def test_storage_names_tell_nothing(any_storage: str, user: User) -> None:
    stored = services.store_upload(upload=make.make_upload(name="secret plan.pdf"), by=user)
    assert "secret" not in stored.key
    assert "pdf" not in stored.key
    storage.delete(stored.key)


def test_store_upload_row_that_cannot_be_made_leaves_no_object(any_storage: str, user: User) -> None:
    user.pk = None
    with pytest.raises(ValueError, match="unsaved"):
        services.store_upload(upload=make.make_upload(), by=user)
    assert list(storage.all_keys()) == []


# --- A disk that is full ----------------------------------------------------------------------------


class FullStorage(FileSystemStorage):
    """Writes half of a file, and then there is no room."""

    def _save(self, name: str, content: File[bytes]) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True)
        path.write_bytes(content.read((content.size or 0) // 2))
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def full(local: Path, settings: Any) -> Path:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "tests.files.test_storage.FullStorage"},
    }
    return local


def test_store_upload_full_disk_is_told_logged_and_leaves_nothing(
    full: Path, user: User, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(StorageUnavailableError, match="The hub cannot store files at the moment"):
        services.store_upload(upload=make.make_upload(), by=user)
    assert [path for path in full.rglob("*") if path.is_file()] == []
    assert [record.levelname for record in caplog.records if "not stored" in record.getMessage()] == ["ERROR"]


@pytest.mark.usefixtures("full")
@pytest.mark.urls("tests.files.urls")
def test_upload_full_disk_is_told_beside_the_field(client: Client, user: User) -> None:
    client.force_login(user)
    response = client.post("/upload/", {"title": "x", "file": make.make_upload()})
    assert response.status_code == 200
    assert b"The hub cannot store files at the moment" in response.content


def test_store_upload_storage_that_does_not_answer_is_told(s3: str, settings: Any, user: User) -> None:
    """What S3 raises is no OSError."""
    options = {**settings.STORAGES["default"]["OPTIONS"], "bucket_name": "no-such-bucket"}
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {**settings.STORAGES["default"], "OPTIONS": options},
    }
    with pytest.raises(StorageUnavailableError):
        services.store_upload(upload=make.make_upload(), by=user)


def test_store_upload_no_room_to_unpack_is_told(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any, **kwargs: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    content = make.make_zip({"inner.zip": make.make_zip()})
    with pytest.raises(StorageUnavailableError):
        services.store_upload(upload=make.make_upload(content, "data.zip"), by=user)


# --- What is removed when nobody refers to it -------------------------------------------------------


def test_remove_orphans_object_without_row_goes_after_a_day(
    any_storage: str, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        services.store_upload(upload=make.make_upload(), by=user)
        raise ZeroDivisionError
    assert not StoredFile.objects.exists()
    assert len(list(storage.all_keys())) == 1
    assert tasks.remove_orphan_files() == 0
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now + DAY_AND_MORE)
    assert tasks.remove_orphan_files() == 1
    assert list(storage.all_keys()) == []


def test_remove_orphans_storage_without_any_file_is_fine(any_storage: str) -> None:
    assert tasks.remove_orphan_files() == 0


# --- Rows to which nothing refers -------------------------------------------------------------------


@pytest.fixture
def referring(local: Path) -> Iterator[str]:
    """Pretend that an audit entry's reason names a file: any column may be registered."""
    registry.register_reference("audit.Entry", "reason")
    yield "audit.Entry"
    registry._references.discard(("audit.Entry", "reason"))


def _aged(**kwargs: Any) -> StoredFile:
    stored = make.StoredFileFactory.create(**kwargs)
    StoredFile.objects.filter(pk=stored.pk).update(created_at=timezone.now() - DAY_AND_MORE)
    return stored


@pytest.mark.django_db(transaction=True)
def test_remove_orphans_row_goes_with_its_bytes_after_a_day(local: Path) -> None:
    old, fresh = _aged(text="read"), make.StoredFileFactory.create()
    assert tasks.remove_orphan_files() == 1
    assert list(StoredFile.objects.all()) == [fresh]
    assert list(storage.all_keys()) == [fresh.key]
    assert Entry.objects.filter(action="removed", object_id=str(old.pk)).exists()


def test_every_foreign_key_to_a_stored_file_counts_by_itself() -> None:
    expected = {
        (model._meta.label, field.name)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.many_to_one and field.related_model is StoredFile
    }
    assert expected <= registry.references()
    assert ("files.ExtractedText", "stored_file") not in registry.references()


@pytest.mark.django_db(transaction=True)
def test_remove_orphans_protected_row_stays(local: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reference that nobody registered and that came in the meantime: the database has the last word."""
    from django.db.models import ProtectedError

    def protected(self: StoredFile) -> None:
        raise ProtectedError("referred to", set())

    old = _aged()
    monkeypatch.setattr(StoredFile, "delete", protected)
    assert tasks.remove_orphan_files() == 0
    assert StoredFile.objects.filter(pk=old.pk).exists()
    assert list(storage.all_keys()) == [old.key]
    assert not Entry.objects.filter(action="removed").exists()


@pytest.mark.django_db(transaction=True)
def test_remove_orphans_row_that_somebody_holds_is_left_for_the_next_time(local: Path) -> None:
    old = _aged()
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            StoredFile.objects.select_for_update().get(pk=old.pk)
            held.set()
            done.wait(10)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    assert tasks.remove_orphan_files() == 0
    done.set()
    holder.join()
    assert tasks.remove_orphan_files() == 1


def test_upload_of_a_large_file_to_s3_keeps_memory_small(s3: str) -> None:
    """In parts and one after the other; the default of boto3 would hold ten parts of 8 MB at once."""
    config = default_storage.transfer_config  # type: ignore[attr-defined]
    assert not config.use_threads
    assert config.multipart_chunksize <= 8 * 1024 * 1024
    assert 0 < default_storage.max_memory_size <= 1024 * 1024  # type: ignore[attr-defined]


def test_local_storage_old_object_is_told_by_its_time(local: Path, user: User) -> None:
    stored = services.store_upload(upload=make.make_upload(), by=user)
    key, path = stored.key, local / stored.key
    stored.delete()
    past = time.time() - DAY_AND_MORE.total_seconds()
    os.utime(path, (past, past))
    assert tasks.remove_orphan_files() == 1
    assert not path.exists()
    assert storage.modified_at(key) is None
