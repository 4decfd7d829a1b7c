"""A real SMTP server in the test's own process, which can hold a mail in its hands or refuse it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Event
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Sink:
    """Keeps what it accepted. While ``stall`` is set it has read a mail and says neither yes nor no to it.

    With a number it stalls by itself once it accepted so many.
    """

    def __init__(self, *, stall_after: int | None = None) -> None:
        self.accepted: list[EmailMessage] = []
        self.stall = False
        self.stall_after = stall_after
        self.is_holding = Event()

    def is_stalled(self) -> bool:
        return self.stall or len(self.accepted) == self.stall_after

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        if self.is_stalled():
            self.is_holding.set()
            while self.is_stalled():  # noqa: ASYNC110 - set from another thread
                await asyncio.sleep(0.05)
            return "451 not now"
        content: Any = envelope.original_content
        self.accepted.append(message_from_bytes(content, policy=policy.default))
        return "250 accepted"


@contextmanager
def smtp_server(sink: Sink, port: int = 0) -> Iterator[int]:
    """Serve on a free port (or this one) of the loopback; give the port."""
    controller = Controller(sink, hostname="127.0.0.1", port=port or free_port(), ready_timeout=10)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
