"""The only module that asks the system what time it is.

Everything else is given a ``Clock``, so that tests, the simulator and the
demonstration can move time without waiting for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

STOCKHOLM = ZoneInfo("Europe/Stockholm")
"""The zone in which days are counted and shown; storage is UTC."""


class Clock(Protocol):
    """Something that knows what time it is, in UTC."""

    def now(self) -> datetime:
        """Return the present moment as an aware datetime in UTC."""
        ...


class SystemClock:
    """The computer's own time."""

    def now(self) -> datetime:
        """Return the system's time in UTC."""
        return datetime.now(UTC)


@dataclass
class MovableClock:
    """A clock that stands still until somebody moves it."""

    at: datetime

    def now(self) -> datetime:
        """Return the time that was set."""
        return self.at

    def advance(self, by: timedelta) -> None:
        """Move forward; backwards would make history lie."""
        if by < timedelta(0):
            raise ValueError("a clock moves forward only")
        self.at += by

    def move_to(self, at: datetime) -> None:
        """Move forward to a moment."""
        self.advance(at - self.at)
