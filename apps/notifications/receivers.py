"""Wake a worker when there is mail; with the broker away the sweep finds the rows."""

from __future__ import annotations

import structlog
from kombu.exceptions import OperationalError

from apps.core.events import listen
from apps.notifications.events import MailQueued
from apps.notifications.tasks import deliver_due_notifications

logger = structlog.get_logger(__name__)


@listen(MailQueued)
def wake_worker(event: MailQueued) -> None:
    try:
        deliver_due_notifications.apply_async(retry=False)
    except OperationalError:
        logger.warning("broker not reached; the sweep will deliver")
