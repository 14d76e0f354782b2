"""Overlaps and gaps of a table, where its cells say plainly what they accept.

Each column's values are cut at every bound that its cells name, into pieces that each cell takes as a whole or not at all:
the numbers 1 and 5 make ``< 1``, ``1``, between, ``5`` and ``> 5``. A cell is then a set of pieces, kept as the bits of a
number, and rows are compared piece by piece. A cell that reads variables cannot be cut: it is taken never to overlap and never
to leave a gap, so that what is reported is certain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import pairwise
from typing import Any

_DAY = 86_400_000
"""Milliseconds; dates come as those since 1970."""
_MOST_STEPS = 100_000
"""A table that takes longer to search for gaps is left unsearched."""

Key = str | float | bool | None


@dataclass(frozen=True)
class Test:
    """One value, or a range of values."""

    kind: str
    key: Key = None
    low: float | None = None
    low_in: bool = False
    high: float | None = None
    high_in: bool = False
    is_range: bool = False

    @property
    def bounds(self) -> tuple[Key, ...]:
        """The values at which it begins and ends."""
        return (self.low, self.high) if self.is_range else (self.key,)


@dataclass(frozen=True)
class Cell:
    """What one cell accepts: one of the tests, or none of them where negated."""

    negated: bool
    tests: tuple[Test, ...]

    @classmethod
    def of(cls, answer: Mapping[str, Any] | None) -> Cell | None:
        """Return the isolate's answer as a cell; None where it cannot be told."""
        if answer is None:
            return None
        return cls(answer["negated"], tuple(_test(one) for one in answer["tests"]))


def _test(answer: Mapping[str, Any]) -> Test:
    if "key" in answer:
        return Test(answer["kind"], answer["key"])
    return Test(answer["kind"], None, answer["low"], answer["lowIn"], answer["high"], answer["highIn"], is_range=True)


@dataclass(frozen=True)
class Piece:
    """Values that all cells of a column treat alike: one value, those between two bounds, or all that is not named."""

    kind: str
    key: Key = None
    low: float | None = None
    high: float | None = None
    is_open: bool = False

    def passes(self, test: Test) -> bool:
        """Whether the test accepts these values; a piece never straddles a bound."""
        if test.kind != self.kind:
            return False
        if not test.is_range:
            return not self.is_open and self.key == test.key
        if not self.is_open:
            assert isinstance(self.key, int | float)
            above = test.low is None or self.key > test.low or (test.low_in and self.key == test.low)
            return above and (test.high is None or self.key < test.high or (test.high_in and self.key == test.high))
        above = test.low is None or (self.low is not None and self.low >= test.low)
        return above and (test.high is None or (self.high is not None and self.high <= test.high))

    def __str__(self) -> str:
        """Return the values as a cell would write them, for a sentence."""
        if not self.is_open:
            return _shown(self.kind, self.key)
        if self.low is None and self.high is None:
            return "annat värde / another value"
        if self.low is None:
            return f"< {_shown(self.kind, self.high)}"
        if self.high is None:
            return f"> {_shown(self.kind, self.low)}"
        return f"]{_shown(self.kind, self.low)}..{_shown(self.kind, self.high)}["


def _shown(kind: str, key: Key) -> str:
    if kind in ("date", "date and time") and isinstance(key, int | float):
        moment = datetime.fromtimestamp(key / 1000, UTC)
        return moment.date().isoformat() if kind == "date" else moment.isoformat()
    if isinstance(key, bool):
        return str(key).lower()
    return f'"{key}"' if isinstance(key, str) else str(key)


@dataclass(frozen=True)
class Column:
    """The cells of one input, row by row."""

    cells: tuple[Cell | None, ...]
    allowed: Cell | None
    is_boolean: bool

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """All values that can come, cut at the cells' bounds; the first is null."""
        tests = [test for cell in (*self.cells, self.allowed) if cell is not None for test in cell.tests]
        null = Piece("null")
        if self.is_boolean:
            return (null, Piece("boolean", key=True), Piece("boolean", key=False))
        kinds = {test.kind for test in tests} - {"null"}
        if len(kinds) != 1:
            return (null, Piece("any", is_open=True))
        (kind,) = kinds
        keys = sorted(
            {bound for test in tests if test.kind == kind for bound in test.bounds if bound is not None}, key=lambda one: (str(type(one)), one)
        )
        points = tuple(Piece(kind, key=key) for key in keys)
        if kind == "boolean":
            return (null, Piece(kind, key=True), Piece(kind, key=False))
        if kind == "string":
            return (null, *points, Piece(kind, is_open=True))
        bounds = [key for key in keys if isinstance(key, int | float)]
        between = (Piece(kind, low=low, high=high, is_open=True) for low, high in pairwise(bounds) if kind != "date" or high - low > _DAY)
        return (null, *points, Piece(kind, high=bounds[0], is_open=True), *between, Piece(kind, low=bounds[-1], is_open=True))

    @cached_property
    def domain(self) -> int:
        """The pieces that a row must be found for: what is allowed, and not null."""
        allowed = self.allowed if self.allowed is not None and self.allowed.tests else None
        return (self._accepted(allowed) if allowed else self._all) & ~1

    @cached_property
    def surely(self) -> tuple[int, ...]:
        """For each row the pieces that it accepts for certain, of those that can come."""
        can_come = self.domain | 1
        return tuple(0 if cell is None else self._accepted(cell) & can_come for cell in self.cells)

    @cached_property
    def perhaps(self) -> tuple[int, ...]:
        """For each row the pieces that it may accept."""
        return tuple(self._all if cell is None else self._accepted(cell) for cell in self.cells)

    @property
    def _all(self) -> int:
        return (1 << len(self.pieces)) - 1

    def _accepted(self, cell: Cell) -> int:
        bits = sum(1 << place for place, piece in enumerate(self.pieces) if any(piece.passes(test) for test in cell.tests))
        return self._all & ~bits if cell.negated else bits


def overlaps(columns: Sequence[Column], rules: int, most: int) -> Iterator[tuple[int, int]]:
    """Give pairs of rows, counted from 0, that some input makes match at once; at most so many."""
    found = 0
    for second in range(rules):
        for first in range(second):
            if all(column.surely[first] & column.surely[second] for column in columns):
                yield first, second
                found += 1
                if found == most:
                    return


def gap(columns: Sequence[Column], rules: int) -> tuple[str, ...] | None:
    """Return one input that no row answers for, column by column as a cell would write it; None where there is none."""
    search = _GapSearch(columns)
    pieces = search.uncovered(0, frozenset(range(rules)))
    if pieces is None:
        return None
    return tuple("" if piece is None else str(piece) for piece in pieces)


class _GapSearch:
    """Goes through the columns, keeping the rows that still may match."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._steps = 0

    def uncovered(self, place: int, rules: frozenset[int]) -> tuple[Piece | None, ...] | None:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            return None
        rest = self._columns[place:]
        if not rules:
            return (None,) * len(rest)
        if any(all(column.perhaps[rule] & column.domain == column.domain for column in rest) for rule in rules):
            return None
        column = rest[0]
        for bit, piece in enumerate(column.pieces):
            if column.domain >> bit & 1:
                found = self.uncovered(place + 1, frozenset(rule for rule in rules if column.perhaps[rule] >> bit & 1))
                if found is not None:
                    return (piece, *found)
        return None
