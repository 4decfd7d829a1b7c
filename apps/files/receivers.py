"""Start the reading of a text once the file is there."""

from __future__ import annotations

from apps.core.events import listen
from apps.files.events import TextExtractionRequested


@listen(TextExtractionRequested)
def start_extraction(event: TextExtractionRequested) -> None:
    """Only wakes a worker, which takes whose turn it is; with the broker away, the sweep finds the row."""
    from apps.files.tasks import extract_texts

    extract_texts.apply_async(retry=False)
