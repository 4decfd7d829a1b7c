"""Start the reading of a text once the file is there."""

from __future__ import annotations

from apps.core.events import listen
from apps.files.events import TextExtractionRequested


@listen(TextExtractionRequested)
def start_extraction(event: TextExtractionRequested) -> None:
    """Only wakes a worker: where the broker is away, the sweep of pending extractions finds the row."""
    from apps.files.tasks import extract_text

    extract_text.apply_async((event.stored_file_id,), retry=False)
