"""How days are counted in Sweden: where a day begins and ends, and which days are working days.

Days are those of Europe/Stockholm, moments are UTC. A working day is Monday to Friday, except public holidays (lag 1989:253)
and the eves that semesterlagen (1977:480) 7 § puts beside Sundays: Midsummer's Eve, Christmas Eve and New Year's Eve.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Literal

import holidays
from babel.dates import format_date

from engine.clock import STOCKHOLM
from engine.errors import Language

DayKind = Literal["calendar", "working"]

LAST_MINUTE = time(23, 59)
"""A date is the whole day: what is due on it may be done until this time, local."""

_SATURDAY = 5


def local_day(moment: datetime) -> date:
    """Return the day in Sweden on which a moment falls; the moment is aware."""
    return moment.astimezone(STOCKHOLM).date()


def end_of_day(day: date) -> datetime:
    """Return 23:59 of a day in Sweden, in UTC."""
    return datetime.combine(day, LAST_MINUTE, STOCKHOLM).astimezone(UTC)


def in_words(day: date, language: Language = "sv") -> str:
    """Return a day as a sentence says it: "12 mars 2026"."""
    return str(format_date(day, "d MMMM y", locale=language))


def holiday_name(day: date) -> str | None:
    """Return the Swedish name of the public holiday or eve that a day is, if it is one."""
    return _holidays(day.year).get(day)


def is_working_day(day: date) -> bool:
    """Return whether offices work on a day in Sweden."""
    return day.weekday() < _SATURDAY and holiday_name(day) is None


def add_days(start: date, days: int, kind: DayKind = "calendar") -> date:
    """Return the day that lies a number of days after a day, or before it where the number is negative.

    The first day is not counted, the last is. Calendar days are not moved past weekends or holidays: no agreement
    says so. Of working days, only those are counted, so that the day returned is one (except for no days at all).
    """
    if kind == "calendar":
        return start + timedelta(days=days)
    step = timedelta(days=1 if days > 0 else -1)
    day, left = start, abs(days)
    while left:
        day += step
        left -= is_working_day(day)
    return day


@cache
def _holidays(year: int) -> dict[date, str]:
    both = holidays.country_holidays("SE", years=year, language="sv", categories=(holidays.PUBLIC, holidays.DE_FACTO))
    return dict(both.items())
