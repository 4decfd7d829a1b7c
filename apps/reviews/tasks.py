"""What beat starts for reviews."""

from __future__ import annotations

from celery import shared_task

from apps.reviews import reminding


@shared_task
def remind_reviewers() -> int:
    return reminding.remind_reviewers()
