"""What beat starts for organisations."""

from __future__ import annotations

from celery import shared_task

from apps.organisations import confirming


@shared_task
def remind_to_confirm() -> int:
    return confirming.remind_to_confirm()
