"""Log lines: JSON where a machine reads them, without anything private in them."""

from __future__ import annotations

import structlog
from structlog.typing import Processor

pre_chain: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]
renderer = structlog.processors.JSONRenderer(ensure_ascii=False)


def configure() -> None:
    """Send structlog's own loggers through the standard library, so that one configuration holds."""
    structlog.configure(
        processors=[
            *pre_chain,
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
