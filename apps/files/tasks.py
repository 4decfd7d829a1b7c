"""Work on stored files that a worker does."""

from __future__ import annotations

import structlog
from celery import shared_task

from apps.files import extraction, services

logger = structlog.get_logger(__name__)


@shared_task(acks_late=True)
def extract_texts() -> bool:
    """Read what is due, as far as the time of one run goes. True: there is more, and the next run was called.

    It has a queue and a worker of its own, so that nothing else waits for a slow file
    (docs/adr/0013-extraction-apart-and-in-turn.md).
    """
    has_more = extraction.extract_due()
    if has_more:
        extract_texts.apply_async(retry=False)
    return has_more


@shared_task(acks_late=True)
def extract_pending_texts() -> int:
    """Start what was never started, was left by a worker that died, or failed and may be tried again."""
    extraction.give_up_dead()
    for stored_file_id in extraction.unannounced():
        extraction.announce(stored_file_id=stored_file_id)
    waiting = extraction.count_due()
    if waiting:
        extract_texts.apply_async(retry=False)
    return waiting


@shared_task(acks_late=True)
def remove_orphan_files() -> int:
    """Remove what nothing refers to any more."""
    return services.remove_orphans()
