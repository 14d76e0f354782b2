"""FEEL values as JSON without loss, for the isolate and for a case's state.

Numbers, texts, booleans, null, lists and contexts are themselves. The rest are objects of one key:

    {"$date": "2026-03-29"}                                     a day
    {"$at": "2026-03-29T01:00:00.000000Z[Europe/Stockholm]"}    a moment, in UTC, and the zone it is told in; none means UTC
    {"$time": "08:30:00"}                                       a time of day, with an offset or without
    {"$duration": "P14DT3600S"}                                 days and time, to the microsecond
    {"$months": 14}                                             years and months
    {"$number": "1e300"}                                        a number beyond the exact ones, from the isolate only
    {"$map": {"$date": 1}}                                      a context whose one key looks like one of these
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from engine.errors import SamspelError
from engine.execution.results import FeelValue

_MICROSECONDS_A_DAY = 86_400_000_000
_DURATION = re.compile(
    r"(?P<sign>-?)P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)(?:\.(?P<fraction>\d{1,6}))?S)?)?"
)

_MONTHS = re.compile(r"(?P<sign>-?)P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?")


@dataclass(frozen=True, order=True)
class Months:
    """A duration in years and months; how many days that is depends on where it starts."""

    count: int

    def __str__(self) -> str:
        """Return it as ISO 8601 writes it, for example P1Y2M."""
        years, months = divmod(abs(self.count), 12)
        text = (f"{years}Y" if years else "") + (f"{months}M" if months else "")
        return f"{'-' if self.count < 0 else ''}P{text or '0M'}"


class NotAFeelValue(SamspelError):
    """A Python value has no counterpart in FEEL."""

    sv = "Värdet {value} går inte att använda i ett uttryck: {reason}"
    en = "The value {value} cannot be used in an expression: {reason_en}"

    def __init__(self, value: object, reason: str, reason_en: str) -> None:
        super().__init__(value=repr(value), reason=reason, reason_en=reason_en)


def to_json(value: FeelValue) -> Any:  # noqa: ANN401 - JSON is any of its types
    """Return the value as JSON-able data. Raises ``NotAFeelValue``."""
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    if isinstance(value, Mapping):
        return _context_to_json(value)
    for kind, tag, text in _KINDS:
        if isinstance(value, kind):
            return {tag: text(value)}
    if isinstance(value, float) and not math.isfinite(value):
        raise NotAFeelValue(value, "det är inget tal.", "it is not a number.")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise NotAFeelValue(value, "sådana värden finns inte i FEEL.", "FEEL has no such values.")


def from_json(data: Any) -> FeelValue:  # noqa: ANN401 - JSON is any of its types
    """Return the value that ``to_json`` gave ``data`` for. Raises ``ValueError`` or ``KeyError`` for anything else."""
    if isinstance(data, list):
        return [from_json(item) for item in data]
    if not isinstance(data, dict):
        return data
    if len(data) == 1:
        ((key, content),) = data.items()
        if key.startswith("$"):
            return _TAGS[key](content)
    return {key: from_json(content) for key, content in data.items()}


def plain(value: FeelValue) -> Any:  # noqa: ANN401 - JSON is any of its types
    """Return the value as anybody's JSON: dates, times and durations as ISO 8601 text."""
    match value:
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return duration_text(value)
        case Months():
            return str(value)
        case list() | tuple():
            return [plain(item) for item in value]
        case Mapping():
            return {key: plain(item) for key, item in value.items()}
    return value


def duration_text(value: timedelta) -> str:
    """Return a duration of days and time as ISO 8601 writes it, for example P14D or -PT1.5S."""
    total = (value.days * 86_400 + value.seconds) * 1_000_000 + value.microseconds
    days, rest = divmod(abs(total), _MICROSECONDS_A_DAY)
    seconds, microseconds = divmod(rest, 1_000_000)
    text = f"{days}D" if days or not rest else ""
    if rest:
        text += f"T{seconds}" + (f".{microseconds:06}".rstrip("0") if microseconds else "") + "S"
    return f"{'-' if total < 0 else ''}P{text}"


def duration_of(text: str) -> timedelta:
    """Return the duration that ISO 8601 text such as P14DT12H means. Raises ``ValueError``."""
    match = _DURATION.fullmatch(text)
    if match is None or text.endswith(("P", "T")):
        raise ValueError(text)
    parts = {name: int(match[name] or 0) for name in ("days", "hours", "minutes", "seconds")}
    size = timedelta(**parts, microseconds=int((match["fraction"] or "0").ljust(6, "0")))
    return -size if match["sign"] else size


def is_months(text: str) -> bool:
    """Whether ISO 8601 text is a duration in years and months, such as P1Y2M."""
    return _MONTHS.fullmatch(text) is not None and text[-1] in "YM"


def months_of(text: str) -> Months:
    """Return the duration that ISO 8601 text such as P1Y2M means. Raises ``ValueError``."""
    match = _MONTHS.fullmatch(text)
    if match is None or not is_months(text):
        raise ValueError(text)
    count = 12 * int(match["years"] or 0) + int(match["months"] or 0)
    return Months(-count if match["sign"] else count)


def _context_to_json(value: Mapping[Any, FeelValue]) -> dict[str, Any]:
    for key in value:
        if not isinstance(key, str):
            raise NotAFeelValue(key, "namn i en kontext är text.", "names in a context are text.")
    data = {key: to_json(item) for key, item in value.items()}
    if len(data) == 1 and next(iter(data)).startswith("$"):
        return {"$map": data}
    return data


def _moment_text(value: datetime) -> str:
    zone = value.tzinfo
    if zone is None:
        raise NotAFeelValue(value, "tidpunkten saknar tidszon.", "the date-time has no time zone.")
    try:
        instant = value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    except OverflowError as error:
        raise NotAFeelValue(value, "tidpunkten ligger utanför kalendern.", "the date-time is outside the calendar.") from error
    return f"{instant}Z{_zone_suffix(zone, value)}"


def _zone_suffix(zone: tzinfo, value: datetime) -> str:
    if zone is UTC:
        return ""
    if isinstance(zone, ZoneInfo) and zone.key is not None:
        return f"[{zone.key}]"
    if isinstance(zone, timezone):
        return f"[{str(timezone(zone.utcoffset(None)))[3:]}]" if zone.utcoffset(None) else ""
    raise NotAFeelValue(value, "tidszonen har inget namn.", "the time zone has no name.")


def _moment(text: str) -> datetime:
    instant, _, zone = text.partition("[")
    moment = datetime.fromisoformat(instant.removesuffix("Z")).replace(tzinfo=UTC)
    return moment.astimezone(_zone(zone.removesuffix("]"))) if zone else moment


def _zone(name: str) -> tzinfo:
    if name[0] not in "+-":
        return ZoneInfo(name)
    offset = time.fromisoformat(f"00:00:00{name}").tzinfo
    assert offset is not None
    return offset


def _context(data: dict[str, Any]) -> dict[str, FeelValue]:
    return {key: from_json(content) for key, content in data.items()}


_KINDS: tuple[tuple[type, str, Callable[[Any], str | int]], ...] = (
    (datetime, "$at", _moment_text),  # before date, which it is a kind of
    (date, "$date", date.isoformat),
    (time, "$time", time.isoformat),
    (timedelta, "$duration", duration_text),
    (Months, "$months", lambda months: months.count),
)

_TAGS: Mapping[str, Callable[[Any], FeelValue]] = {
    "$date": date.fromisoformat,
    "$at": _moment,
    "$time": time.fromisoformat,
    "$duration": duration_of,
    "$months": Months,
    "$number": float,
    "$map": _context,
}
