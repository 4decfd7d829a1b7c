"""Work on stored files that a worker does."""

from __future__ import annotations

import structlog
from celery import shared_task

from apps.files import extraction, services

logger = structlog.get_logger(__name__)


@shared_task(acks_late=True)
def extract_text(stored_file_id: str) -> None:
    """Read one file's text; running twice does it once."""
    extraction.extract_stored(stored_file_id=stored_file_id)


@shared_task(acks_late=True)
def extract_pending_texts() -> int:
    """Start what was never started, was left by a worker that died, or failed and may be tried again."""
    extraction.give_up_dead()
    for stored_file_id in extraction.unannounced():
        extraction.announce(stored_file_id=stored_file_id)
    waiting = extraction.due()
    for stored_file_id in waiting:
        extract_text.delay(stored_file_id)
    return len(waiting)


@shared_task(acks_late=True)
def remove_orphan_files() -> int:
    """Remove what nothing refers to any more."""
    return services.remove_orphans()
