"""Asking Python on production settings, which a process reads once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from django.conf import settings

_LEAST = {
    "DJANGO_SETTINGS_MODULE": "clusterhub.settings.production",
    "SECRET_KEY": "a-key-for-this-test-" + "x" * 40,
    "ALLOWED_HOSTS": "hub.example.org",
    "SITE_URL": "https://hub.example.org",
}


def ask(code: str, **environment: str) -> Any:
    """What this code prints last, which is JSON. It runs with the least that production needs, and what is given."""
    answer = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **_LEAST, **environment},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(answer.stdout.splitlines()[-1])
