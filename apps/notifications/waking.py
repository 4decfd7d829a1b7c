"""Starting a task without depending on the broker: what is not started now is found by the sweep."""

from __future__ import annotations

import time
from typing import Any

import structlog
from celery import Task
from kombu.exceptions import OperationalError

logger = structlog.get_logger(__name__)

# After a failure nobody asks the broker for this long, so that its time-out is not paid again and again (seconds).
PAUSE = 10.0
_away = {"until": 0.0}


def wake(task: Task[Any, Any], *, times: int = 1) -> bool:
    """Start the task so many times. False when the broker was not reached; nothing is lost by that."""
    if time.monotonic() < _away["until"]:
        return False
    try:
        for _number in range(times):
            task.apply_async(retry=False, ignore_result=True)
    except (OperationalError, OSError):
        _away["until"] = time.monotonic() + PAUSE
        logger.warning("broker not reached; the sweep will deliver", task=task.name)
        return False
    return True
