"""Calling the project's own management commands, with the environment they need."""

from __future__ import annotations

import os
from collections.abc import Mapping

from dev.console import Problem
from dev.layout import Layout
from dev.processes import run


def environment(layout: Layout, settings: str, **extra: str) -> dict[str, str]:
    """The person's environment, with this checkout's programs first."""
    path = f"{layout.venv / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return {**os.environ, "PATH": path, "DJANGO_SETTINGS_MODULE": f"clusterhub.settings.{settings}", **extra}


def manage(layout: Layout, env: Mapping[str, str], *args: str, todo: str) -> None:
    log = layout.log(args[0])
    if run([layout.python, "manage.py", *args], log=log, env=env, cwd=layout.root) != 0:
        raise Problem(f"'manage.py {' '.join(args)}' failed.", todo=todo, log=log)
