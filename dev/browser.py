"""Finding the browser that the browser tests drive."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from dev.console import Problem

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> Path | None:
    """CHROMIUM_PATH when set, else the system's own; None when there is none."""
    given = os.environ.get("CHROMIUM_PATH")
    if given:
        if not os.access(given, os.X_OK):
            raise Problem(f"CHROMIUM_PATH={given} is not a program.", todo="correct it, or unset it")
        return Path(given)
    found = (shutil.which(name) for name in _NAMES)
    return next((Path(path) for path in found if path), None)


def chromium_or_none(*, required: bool) -> Path | None:
    chromium = find_chromium()
    if chromium is None and required:
        raise Problem(
            "REQUIRE_BROWSER=1 is set, but no Chromium was found.",
            todo="install it (Debian: apt-get install chromium), or set CHROMIUM_PATH",
        )
    return chromium
