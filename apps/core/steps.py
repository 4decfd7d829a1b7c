"""The one check of a step against an app's table of steps."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from apps.core.exceptions import StepNotAllowedError


def require_step(state: str, to: str, table: Mapping[str, Collection[str]]) -> None:
    """Raise StepNotAllowedError unless the table allows going from ``state`` to ``to``."""
    if to not in table.get(state, ()):
        raise StepNotAllowedError
