"""Taking times in turns, and saying which budget holds."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

_failed: list[str] = []
_kept: list[str] = []


def in_turns(
    peers: Mapping[str, Callable[[], object]], *, seconds: float = 3.0, least: int = 5
) -> dict[str, float]:
    """Median seconds of each. All run in turns, so that a disturbance of the machine meets them all."""
    for work in peers.values():
        work()
    times: dict[str, list[float]] = {name: [] for name in peers}
    until = time.perf_counter() + seconds * len(peers)
    rounds = 0
    while rounds < least or time.perf_counter() < until:
        for name, work in peers.items():
            started = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - started)
        rounds += 1
    return {name: statistics.median(found) for name, found in times.items()}


def title(text: str) -> None:
    print(f"\n{text}")


def line(name: str, seconds: float, *, to: float | None = None) -> None:
    ratio = f"   {seconds / to:6.2f} x" if to else ""
    print(f"  {name:58} {seconds * 1000:9.2f} ms{ratio}")


def budget(name: str, value: float, *, most: float = 0.0, least: float = 0.0, unit: str = "x") -> None:
    """Print one line of the budgets, and remember it for the end."""
    holds = value <= most if most else value >= least
    limit = f"at most {most:g}" if most else f"at least {least:g}"
    said = f"{name}: {value:.2f} {unit} ({limit})"
    print(f"  {'holds' if holds else 'DOES NOT HOLD':14} {said}")
    (_kept if holds else _failed).append(said)


def summary() -> None:
    if _kept or _failed:
        title(f"Budgets: {len(_kept)} hold, {len(_failed)} do not.")
        for said in _failed:
            print(f"  does not hold: {said}")
