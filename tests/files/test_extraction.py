"""Reading texts out of real files, and what hostile ones can do: nothing."""

from __future__ import annotations

import tempfile
from typing import Any

import pytest

from apps.files import extraction
from apps.files.enums import ExtractionState
from tests.factories import files as make

PHRASE = "Die Übernachtungszahlen für Česko und Łódź"


def run(content: bytes, kind: str) -> extraction.Outcome:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        return extraction.run_child(file, kind=kind)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("pdf", lambda: make.make_pdf("Counterfactual evaluation of clusters")),
        ("docx", lambda: make.make_docx(PHRASE)),
        ("xlsx", lambda: make.make_xlsx([["name", "value"], [PHRASE, 12]])),
        ("pptx", lambda: make.make_pptx(PHRASE)),
        ("odt", lambda: make.make_odt(PHRASE)),
        ("ods", lambda: make.make_ods([["name", "value"], [PHRASE, 12]])),
        ("csv", lambda: make.make_csv([["name", "value"], [PHRASE, 12]])),
    ],
)
def test_run_child_reads_the_text_of_each_type(kind: str, content: Any) -> None:
    outcome = run(content(), kind)
    assert (outcome.state, outcome.note) == (ExtractionState.DONE, "")
    assert ("Counterfactual evaluation" if kind == "pdf" else PHRASE) in outcome.text
