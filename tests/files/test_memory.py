"""An upload of the largest size does not make the web process grow by more than 20 MB."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.factories import files as make
from tests.factories.accounts import UserFactory
from tests.files.test_hostile import png

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
LARGEST = 50 * 1024 * 1024
ALLOWED_GROWTH = 20 * 1024 * 1024


def noise(size: int) -> bytes:
    return random.Random(1).randbytes(size)


def write_pdf(path: Path, size: int) -> None:
    content = make.make_pdf()
    path.write_bytes(content[:-6] + b"%" + b"x" * (size - len(content) - 3000) + b"\n" + content[-200:])


def write_zip(path: Path, size: int) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("noise.bin", noise(size - 20_000))


def write_docx(path: Path, size: int) -> None:
    path.write_bytes(make.make_docx())
    with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr("word/media/film.bin", noise(size - path.stat().st_size - 10_000))


def write_nested_zip(path: Path, size: int) -> None:
    inner = path.with_name("inner.zip")
    write_zip(inner, size - 20_000)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.write(inner, "inner.zip")


def write_png(path: Path, size: int) -> None:
    side = int((size // 3) ** 0.5) - 10
    path.write_bytes(png(side, side, zlib.compress(noise(size - 10_000), 0)))


def write_csv(path: Path, size: int) -> None:
    row = b"name of a firm,12345,some more text\n"
    path.write_bytes(row * (size // len(row)))


WRITERS: dict[str, Callable[[Path, int], None]] = {
    "large.pdf": write_pdf,
    "large.zip": write_zip,
    "nested.zip": write_nested_zip,
    "large.docx": write_docx,
    "large.png": write_png,
    "large.csv": write_csv,
}


def growth(folder: Path, name: str, **environment: str) -> int:
    WRITERS[name](folder / f"small-{name}", 200_000)
    WRITERS[name](folder / name, LARGEST - 100_000)
    assert LARGEST - 1_000_000 < (folder / name).stat().st_size <= LARGEST
    UserFactory.create(email="uploader@example.org")
    database = connection.settings_dict
    login = f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}"
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgres://{login}/{database['NAME']}",
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "clusterhub.settings.test"),
        **environment,
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.files.upload_memory", str(folder / name), name],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return int(done.stdout.split()[-1])


@pytest.mark.parametrize("name", WRITERS)
def test_upload_of_the_largest_size_keeps_memory_small(name: str, tmp_path: Path) -> None:
    assert growth(tmp_path, name) < ALLOWED_GROWTH


def test_upload_of_the_largest_size_to_s3_keeps_memory_small(s3_server: str, tmp_path: Path) -> None:
    import boto3

    options = {"region_name": "us-east-1", "aws_access_key_id": "key", "aws_secret_access_key": "secret"}
    boto3.client("s3", endpoint_url=s3_server, **options).create_bucket(Bucket="large")
    grown = growth(
        tmp_path,
        "large.zip",
        S3_ENABLED="1",
        S3_BUCKET="large",
        S3_ENDPOINT=s3_server,
        S3_REGION="us-east-1",
        S3_ACCESS_KEY="key",
        S3_SECRET_KEY="secret",
        NO_PROXY="127.0.0.1",
    )
    assert grown < ALLOWED_GROWTH
