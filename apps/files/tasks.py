"""Work on stored files that a worker does."""

from __future__ import annotations

from celery import shared_task

from apps.files import services


@shared_task(acks_late=True)
def extract_text(stored_file_id: str) -> None:
    """Filled in with the extraction."""


@shared_task(acks_late=True)
def extract_pending_texts() -> int:
    return 0


@shared_task(acks_late=True)
def remove_orphan_files() -> int:
    """Remove what nothing refers to any more."""
    return services.remove_orphans()
