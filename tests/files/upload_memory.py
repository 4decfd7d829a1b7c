"""How much the memory of a web process grows by one upload: run as ``python -m tests.files.upload_memory FILE NAME``.

Prints in bytes how much more memory the process had at the height of the upload than before it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import django

BOUNDARY = "b0undary"


class _Body:
    """A request body that is never in memory as a whole, as it comes from a web server."""

    def __init__(self, path: Path, name: str) -> None:
        self.head = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="title"\r\n\r\nx\r\n'
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()
        self.tail = f"\r\n--{BOUNDARY}--\r\n".encode()
        self.length = len(self.head) + path.stat().st_size + len(self.tail)
        self._parts = [BytesIO(self.head), path.open("rb"), BytesIO(self.tail)]

    def read(self, size: int = -1) -> bytes:
        while self._parts:
            if data := self._parts[0].read(size):
                return data
            self._parts.pop(0).close()
        return b""

    readline = read


def memory(line: str) -> int:
    """``VmRSS`` is what the process has now, ``VmHWM`` the most it had."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(row.split()[1]) * 1024 for row in status.splitlines() if row.startswith(f"{line}:"))


def forget_peak() -> None:
    """Without this the figure would be that of the process which started this one: exec hands it on."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def upload(handler: Any, path: Path, name: str) -> bytes:
    body = _Body(path, name)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/upload/",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "CONTENT_TYPE": f"multipart/form-data; boundary={BOUNDARY}",
        "CONTENT_LENGTH": str(body.length),
        "wsgi.input": body,
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
    }
    response: Iterator[bytes] = handler(environ, lambda *args: None)
    answer = b"".join(response)
    response.close()  # type: ignore[attr-defined]
    return answer


def main(path: Path, name: str) -> None:
    django.setup()
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application

    from apps.core import events
    from apps.files.events import TextExtractionRequested

    settings.ROOT_URLCONF = "tests.files.urls"
    # Reading the text is the worker's business.
    events._handlers[TextExtractionRequested].clear()
    handler = get_wsgi_application()
    small = path.with_name(f"small-{path.name}")
    for _n in range(3):
        assert upload(handler, small, name).startswith(b"stored"), "the small file was refused"
    forget_peak()
    before = memory("VmRSS")
    answer = upload(handler, path, name)
    assert answer.startswith(b"stored"), answer.decode()
    sys.stdout.write(f"{memory('VmHWM') - before}\n")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clusterhub.settings.test")
    main(Path(sys.argv[1]), sys.argv[2])
