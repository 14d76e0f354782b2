"""Times two or more things in turns and says how their ratio stands to its target."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One measured ratio and what was wanted of it."""

    what: str
    ratios: Sequence[float]
    """One for each pair that was measured in turns."""
    target: float | None = None
    at_least: bool = False
    """Whether the target is a floor and not a ceiling."""

    @property
    def median(self) -> float:
        """The figure to quote."""
        return statistics.median(self.ratios)

    @property
    def verdict(self) -> str:
        """``reached``, ``missed``, or nothing where no target was set."""
        if self.target is None:
            return ""
        reached = self.median >= self.target if self.at_least else self.median <= self.target
        return "reached" if reached else "MISSED"

    def __str__(self) -> str:
        first, last = _tenths(self.ratios)
        wanted = "" if self.target is None else f"wanted {'at least' if self.at_least else 'at most'} {self.target:g}"
        return f"{self.what:<66} {self.median:>8.3f}  ({first:.3f} to {last:.3f}, n={len(self.ratios)})  {wanted:<20} {self.verdict}"


def seconds(act: Callable[[], object]) -> float:
    """Return how long one call takes."""
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


def in_turns(times: int, *acts: Callable[[], object]) -> list[tuple[float, ...]]:
    """Call each in turn, again and again, so that a machine that slows down slows all of them."""
    for act in acts:
        act()
    return [tuple(seconds(act) for act in acts) for _ in range(times)]


def ratio(pairs: Sequence[tuple[float, ...]], above: int, below: int) -> list[float]:
    """Return one column over another, pair by pair."""
    return [pair[above] / pair[below] for pair in pairs]


def _tenths(values: Sequence[float]) -> tuple[float, float]:
    """Return the spread: the first and the last tenth, or least and most of few."""
    if len(values) < 10:
        return min(values), max(values)
    cuts = statistics.quantiles(values, n=10)
    return cuts[0], cuts[-1]
