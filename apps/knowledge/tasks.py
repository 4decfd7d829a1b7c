"""What a worker does for the repository."""

from __future__ import annotations

from celery import shared_task

from apps.knowledge import link_checks


@shared_task(acks_late=True)
def check_due_links() -> int:
    """Check the links that are due; a second run at the same time takes others."""
    return link_checks.check_due_links()
