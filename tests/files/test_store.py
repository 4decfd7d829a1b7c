"""Storing uploads: what is kept, and that nothing is left where nothing should be."""

from __future__ import annotations

import hashlib

import pytest

from apps.accounts.models import User
from apps.files import services, storage
from apps.files.enums import ExtractionState, ScanState
from apps.files.kinds import ALL_KINDS
from tests.factories import files as make

SAMPLES = {
    "report.pdf": make.make_pdf,
    "report.docx": make.make_docx,
    "table.xlsx": make.make_xlsx,
    "slides.pptx": make.make_pptx,
    "report.odt": make.make_odt,
    "table.ods": make.make_ods,
    "table.csv": make.make_csv,
    "picture.png": make.make_picture,
    "picture.jpeg": lambda: make.make_picture("JPEG"),
    "data.zip": make.make_zip,
}


@pytest.mark.parametrize("name", SAMPLES)
def test_store_upload_accepted_type_keeps_bytes_and_facts(name: str, user: User) -> None:
    content = SAMPLES[name]()
    stored = services.store_upload(upload=make.make_upload(content, name), by=user)
    with storage.open_stored(stored.key) as file:
        assert file.read() == content
    assert stored.original_name == name
    assert stored.size == len(content)
    assert stored.sha256 == hashlib.sha256(content).hexdigest()
    assert stored.kind is not None
    assert name.rsplit(".", maxsplit=1)[-1] in stored.kind.extensions
    assert stored.scan_state == ScanState.NOT_SCANNED
    expected = ExtractionState.PENDING if stored.kind.has_text else ExtractionState.SKIPPED
    assert stored.extraction_state == expected


def test_samples_cover_every_accepted_type() -> None:
    assert len(SAMPLES) == len(ALL_KINDS)
