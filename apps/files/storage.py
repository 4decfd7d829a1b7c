"""Where the bytes are: Django's default storage, on this machine or in S3 by setting."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime
from typing import IO

import structlog
from django.core.files.base import File
from django.core.files.storage import default_storage

logger = structlog.get_logger(__name__)

PREFIX = "files"


def new_key() -> str:
    """A random name that tells nothing; two levels keep the folders of a local storage small."""
    name = secrets.token_hex(20)
    return f"{PREFIX}/{name[:2]}/{name}"


def save(file: File[bytes]) -> str:
    """Store from the start of the file; returns the key. Of what fails nothing stays, which fills no full disk."""
    file.seek(0)
    key = new_key()
    try:
        return default_storage.save(key, file)
    except BaseException:
        delete(key)
        raise


def open_stored(key: str) -> IO[bytes]:
    """Raises FileNotFoundError where the object is gone."""
    return default_storage.open(key, "rb")


def delete(key: str) -> None:
    """Remove an object; what cannot be removed now is left to the sweep of orphans."""
    try:
        default_storage.delete(key)
    except Exception:
        logger.exception("stored object not removed", key=key)


def all_keys() -> Iterator[str]:
    for folder in _listdir(PREFIX)[0]:
        yield from (f"{PREFIX}/{folder}/{name}" for name in _listdir(f"{PREFIX}/{folder}")[1])


def modified_at(key: str) -> datetime | None:
    """When the object was written; None when it is gone by now."""
    try:
        return default_storage.get_modified_time(key)
    except FileNotFoundError:
        return None


def _listdir(path: str) -> tuple[list[str], list[str]]:
    try:
        return default_storage.listdir(path)
    except FileNotFoundError:
        return [], []
