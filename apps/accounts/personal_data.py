"""What the hub knows about a person: each app adds its part to the export and to the erasure.

``register_export``: a section of the file that people download about themselves.
``register_erasure_check``: why an account cannot be erased yet (the last manager must hand over first).
``register_erasure``: what an app removes in the transaction of the erasure, so that nothing is left behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from apps.accounts.models import User

Export = Callable[["User"], Any]
ErasureCheck = Callable[["User"], Iterable["str | _StrPromise"]]
Erasure = Callable[["User"], object]

_exports: dict[str, Export] = {}
_checks: list[ErasureCheck] = []
_erasures: list[Erasure] = []


def register_export(name: str, func: Export) -> Export:
    """``func`` returns what JSON can hold, dates included; ``name`` is the key in the file."""
    _exports[name] = func
    return func


def register_erasure_check(func: ErasureCheck) -> ErasureCheck:
    """``func`` returns sentences that tell the person what to do before; none if nothing is in the way."""
    if func not in _checks:
        _checks.append(func)
    return func


def register_erasure(func: Erasure) -> Erasure:
    """``func`` runs in the transaction of the erasure, with the person's row locked and still as it was."""
    if func not in _erasures:
        _erasures.append(func)
    return func


def export_of(person: User) -> dict[str, Any]:
    return {name: func(person) for name, func in sorted(_exports.items())}


def erasure_obstacles(person: User) -> list[str]:
    return [str(message) for check in _checks for message in check(person)]


def run_erasures(person: User) -> None:
    for erase in _erasures:
        erase(person)
