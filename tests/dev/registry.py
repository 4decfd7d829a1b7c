"""A Python and npm registry on this machine, with as much in it as the tools need to build themselves."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import distribution
from pathlib import Path

_METADATA = "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n"
_WHEEL = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@dataclass
class Registry:
    """``failing`` answers everything as an overloaded mirror does."""

    address: str
    failing: bool = False
    asked: list[str] = field(default_factory=list)

    @property
    def python(self) -> str:
        return f"{self.address}/simple"


def fill_with_little(root: Path) -> None:
    """Locked packages that the registry below has: uv itself, and one tiny package of each kind."""
    (root / "requirements.txt").write_text("tiny==1.0\n", encoding="utf-8")
    (root / "requirements-dev.txt").write_text(f"uv=={distribution('uv').version}\n", encoding="utf-8")
    integrity = base64.b64encode(hashlib.sha512(_npm_package()).digest()).decode()
    package = {"name": "few", "private": True, "type": "module", "dependencies": {"tiny": "1.0.0"}}
    locked = {
        "version": "1.0.0",
        "resolved": "https://registry.npmjs.org/tiny/-/tiny-1.0.0.tgz",
        "integrity": f"sha512-{integrity}",
    }
    lock = {"name": "few", "lockfileVersion": 3, "packages": {"": package, "node_modules/tiny": locked}}
    build = {"scripts": {"build": "node frontend/build.mjs"}}
    (root / "package.json").write_text(json.dumps({**package, **build}), encoding="utf-8")
    (root / "package-lock.json").write_text(json.dumps(lock), encoding="utf-8")


@contextlib.contextmanager
def serving() -> Iterator[Registry]:
    files = _files()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            registry.asked.append(self.path)
            body = files.get(self.path.rstrip("/"))
            status = 503 if registry.failing else 404 if body is None else 200
            self.send_response(status)
            self.send_header(
                "Content-Type", "text/html" if "simple" in self.path else "application/octet-stream"
            )
            self.end_headers()
            if status == 200 and body is not None:
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the library
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        registry = Registry(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield registry
        finally:
            server.shutdown()
            thread.join()


def _files() -> dict[str, bytes]:
    uv = distribution("uv")
    tag = next(line for line in (uv.read_text("WHEEL") or "").splitlines() if line.startswith("Tag:"))
    name = f"uv-{uv.version}-{tag.removeprefix('Tag:').strip()}.whl"
    return {
        "/simple/uv": f'<a href="/files/{name}">{name}</a>'.encode(),
        f"/files/{name}": _installed_as_wheel("uv"),
        "/simple/tiny": b'<a href="/files/tiny-1.0-py3-none-any.whl">tiny-1.0-py3-none-any.whl</a>',
        "/files/tiny-1.0-py3-none-any.whl": _tiny_wheel(),
        "/tiny/-/tiny-1.0.0.tgz": _npm_package(),
    }


def _installed_as_wheel(name: str) -> bytes:
    """Its scripts lie outside the packages' folder, and have a place of their own in a wheel."""
    installed = distribution(name)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as wheel:
        for file in installed.files or []:
            if file.suffix == ".pyc" or file.name in ("INSTALLER", "REQUESTED"):
                continue
            outside = ".." in file.parts
            place = f"{name}-{installed.version}.data/scripts/{file.name}" if outside else str(file)
            wheel.write(str(file.locate()), place)
    return made.getvalue()


def _tiny_wheel() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as wheel:
        wheel.writestr("tiny.py", "")
        wheel.writestr("tiny-1.0.dist-info/METADATA", _METADATA)
        wheel.writestr("tiny-1.0.dist-info/WHEEL", _WHEEL)
        parts = (
            "tiny.py",
            "tiny-1.0.dist-info/METADATA",
            "tiny-1.0.dist-info/WHEEL",
            "tiny-1.0.dist-info/RECORD",
        )
        wheel.writestr("tiny-1.0.dist-info/RECORD", "".join(f"{part},,\n" for part in parts))
    return made.getvalue()


def _npm_package() -> bytes:
    made = io.BytesIO()
    text = json.dumps({"name": "tiny", "version": "1.0.0"}).encode()
    with tarfile.open(fileobj=made, mode="w") as archive:
        entry = tarfile.TarInfo("package/package.json")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
    return made.getvalue()
