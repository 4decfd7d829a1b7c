from __future__ import annotations

from celery import shared_task

from apps.following import matching
from apps.notifications.waking import wake


@shared_task
def match_saved_searches() -> bool:
    """Everything that became public since each search was last checked: a day without beat loses nothing."""
    is_done = matching.match_all()
    if not is_done:
        wake(match_saved_searches)
    return is_done
