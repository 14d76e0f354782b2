"""The demonstration's clock: the system's, moved ahead by a row that every process reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from engine.clock import Clock, SystemClock
from engine.storage.database import Database
from engine.storage.tables import ClockOffset

_ROW = 1


@dataclass(frozen=True)
class OffsetClock:
    """A clock that anybody with the database can move forward, for all at once."""

    database: Database
    system: Clock = field(default_factory=SystemClock)

    def now(self) -> datetime:
        """Return the system's time plus the offset, in UTC."""
        return self.system.now() + self.offset()

    def offset(self) -> timedelta:
        """Return how far ahead of the system's time it runs."""
        with self.database.beside.reading() as session:
            row = session.get(ClockOffset, _ROW)
            return timedelta(seconds=row.seconds if row else 0)

    def advance(self, by: timedelta) -> None:
        """Move forward so far at least, in whole seconds. Raises ValueError for backwards: then history would lie."""
        if by < timedelta(0):
            raise ValueError("a clock moves forward only")
        with self.database.writing() as session:
            row = session.get(ClockOffset, _ROW) or ClockOffset(id=_ROW, seconds=0)
            row.seconds += ceil(by.total_seconds())
            session.add(row)
