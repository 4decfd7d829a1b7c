"""Reference data: each app registers its loaders, ``manage.py load_reference`` runs them in their order.

A loader may run again and again: it updates what is there by its code and doubles nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Loader:
    """``order`` follows the floors (taxonomy 20, organisations 40, knowledge 60); ``run`` returns its row count."""

    order: int
    name: str
    run: Callable[[], int]


_loaders: dict[str, Loader] = {}


def register_loader(name: str, *, order: int) -> Callable[[Callable[[], int]], Callable[[], int]]:
    def register(run: Callable[[], int]) -> Callable[[], int]:
        _loaders[name] = Loader(order=order, name=name, run=run)
        return run

    return register


def loaders() -> list[Loader]:
    return sorted(_loaders.values(), key=lambda loader: (loader.order, loader.name))


def read_csv(path: Path) -> Iterator[dict[str, str]]:
    """Rows of a UTF-8 CSV file with a head; a row that is longer or shorter than the head is an error."""
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, strict=True):
            if None in row or None in row.values():
                raise ValueError(f"{path.name}: a row does not fit the head: {row}")
            yield {key: value.strip() for key, value in row.items()}
