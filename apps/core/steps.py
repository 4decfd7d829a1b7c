"""What every step is asked: whether an app's table of steps allows it, and why somebody takes it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from apps.core.exceptions import ReasonMissingError, StepNotAllowedError


def require_step(state: str, to: str, table: Mapping[str, Collection[str]]) -> None:
    """Raise StepNotAllowedError unless the table allows going from ``state`` to ``to``."""
    if to not in table.get(state, ()):
        raise StepNotAllowedError


def require_reason(reason: str) -> str:
    """Without what stands around it. Raises ReasonMissingError where nothing is said."""
    if not (said := reason.strip()):
        raise ReasonMissingError
    return said
