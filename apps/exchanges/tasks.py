"""What beat starts for exchanges."""

from __future__ import annotations

from celery import shared_task

from apps.exchanges import due


@shared_task
def do_what_is_due() -> dict[str, int]:
    return due.run_all()
