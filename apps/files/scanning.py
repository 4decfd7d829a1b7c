"""Ask a ClamAV daemon about a file, where one is set up (CLAMD_ADDRESS, "host:port").

The daemon's INSTREAM command is spoken here: it is a dozen lines, and the time limits matter more than the
framing. Where a scanner is set up and does not answer, nothing is taken.
"""

from __future__ import annotations

import socket
import struct
from typing import IO

import structlog
from django.conf import settings

from apps.files.enums import ScanState
from apps.files.exceptions import ScannerUnavailableError

logger = structlog.get_logger(__name__)

_CHUNK = 64 * 1024
_CONNECT_SECONDS = 5
_ANSWER_SECONDS = 60
_MAX_ANSWER_BYTES = 4096


def scan(file: IO[bytes]) -> ScanState:
    """NOT_SCANNED without a scanner, else CLEAN or INFECTED. Raises ScannerUnavailableError."""
    if not settings.CLAMD_ADDRESS:
        return ScanState.NOT_SCANNED
    try:
        answer = _ask(file, settings.CLAMD_ADDRESS)
    except (OSError, ValueError) as error:
        logger.exception("virus scanner unavailable")
        raise ScannerUnavailableError from error
    if answer.endswith("FOUND"):
        logger.warning("virus found", answer=answer)
        return ScanState.INFECTED
    if answer.endswith("OK"):
        return ScanState.CLEAN
    logger.error("virus scanner gave no verdict", answer=answer)
    raise ScannerUnavailableError


def _ask(file: IO[bytes], address: str) -> str:
    host, _colon, port = address.rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_SECONDS) as connection:
        connection.settimeout(_ANSWER_SECONDS)
        connection.sendall(b"zINSTREAM\0")
        file.seek(0)
        while chunk := file.read(_CHUNK):
            connection.sendall(struct.pack(">I", len(chunk)) + chunk)
        connection.sendall(struct.pack(">I", 0))
        answer = b""
        while b"\0" not in answer and len(answer) < _MAX_ANSWER_BYTES and (part := connection.recv(1024)):
            answer += part
    return answer.split(b"\0")[0].decode(errors="replace").strip()
