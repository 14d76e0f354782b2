"""When a timer or a due date comes: from what an owner's expression gives to a moment in UTC.

Days, weeks, months and years are counted on the calendar in Europe/Stockholm, so that
fourteen days from noon is noon also over a change of summer time; hours and less are
counted as elapsed time. A date is the whole day and ends at 23:59.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.clock import STOCKHOLM
from engine.execution import feel
from engine.execution.drawing import Event, Value
from engine.execution.results import FeelValue

if TYPE_CHECKING:
    from engine.execution.nodes import Catching, Node
    from engine.execution.workflow import Token

END_OF_DAY = time(23, 59)

_DURATION = re.compile(r"P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")
_CYCLE = re.compile(r"R(\d*)/(.+)")


class Span(NamedTuple):
    """A duration as calendar months, calendar days and elapsed time."""

    months: int
    days: int
    rest: timedelta


def span(given: FeelValue) -> Span | None:
    """Return a FEEL duration, or an ISO 8601 duration as text, as a ``Span``; None where it is neither."""
    if isinstance(given, timedelta):
        return Span(0, given.days, given - timedelta(days=given.days))
    if isinstance(given, feel.Months):
        return Span(given.count, 0, timedelta(0))
    found = _DURATION.fullmatch(given.strip()) if isinstance(given, str) else None
    if found is None:
        return None
    years, months, weeks, days, hours, minutes = (int(part or 0) for part in found.groups()[:6])
    try:
        rest = timedelta(hours=hours, minutes=minutes, seconds=float(found.group(7) or 0))
    except OverflowError:
        return None
    return Span(12 * years + months, 7 * weeks + days, rest)


def after(start: datetime, length: Span) -> datetime:
    """Return the moment (UTC) that lies a span after another. Raises OverflowError where the calendar ends before it."""
    local = start.astimezone(STOCKHOLM).replace(tzinfo=None)
    month = local.month - 1 + length.months
    year = local.year + month // 12
    if not MINYEAR <= year <= MAXYEAR:
        raise OverflowError(f"year {year}")
    day = min(local.day, _days_in_month(year, month % 12 + 1))
    local = local.replace(year=year, month=month % 12 + 1, day=day) + timedelta(days=length.days)
    return local.replace(tzinfo=STOCKHOLM).astimezone(UTC) + length.rest


def _days_in_month(year: int, month: int) -> int:
    return monthrange(year, month)[1]


def at(given: FeelValue) -> datetime | None:
    """Return a FEEL date or date-time, or the same as ISO 8601 text, as a moment in UTC; None where it is neither.

    A date-time without a zone is local in Stockholm. What lies beyond the calendar is no moment.
    """
    try:
        if isinstance(given, str):
            given = datetime.fromisoformat(given.strip()) if "T" in given else date.fromisoformat(given.strip())
        if isinstance(given, datetime):
            return (given if given.tzinfo else given.replace(tzinfo=STOCKHOLM)).astimezone(UTC)
        if isinstance(given, date):
            return datetime.combine(given, END_OF_DAY, STOCKHOLM).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return None


def moment(node: Node, task: Token, value: Value, given: FeelValue) -> datetime | None:
    """Return the moment that a due date has given; None where there is none.

    Raises ``StepFailed`` where it has given something else than a date or a date-time.
    """
    if given is None:
        return None
    found = at(given)
    if found is None:
        raise task.top.failed(node.element, f"”{value.text}” gav inget datum: {given}", f"”{value.text}” gave no date: {given}")
    return found


def arm(node: Catching, task: Token) -> dict[str, Any]:
    """Return the moments of the timers that a token begins to wait for, by the element that draws each.

    A timer whose expression gives null is not armed: the agreement has no such rule.
    Raises ``StepFailed`` where it gives no moment, or where nothing else could wake the token.
    """
    armed: dict[str, Any] = {}
    for event, element in node.waits_for:
        if event.timer is not None:
            armed[element] = _armed(node, task, event)
    if armed and len(armed) == len(node.waits_for) and not any(armed.values()) and node.element.kind != "boundaryEvent":
        raise task.top.failed(node.element, "tidpunkten saknas, så inget skulle hända", "the moment is missing, so nothing would happen")
    return armed


def _armed(node: Catching, task: Token, event: Event) -> str | None:
    assert event.timer is not None
    given = node.evaluate(task, event.timer.value)
    if given is None:
        return None
    if event.timer.kind == "date":
        found = at(given)
    elif event.timer.kind == "cycle":
        turns, length = _cycle(given)
        task.internal_data["turns"] = turns
        found = _after(task.top.now, length)
    else:
        found = _after(task.top.now, span(given))
    if found is None:
        raise task.top.failed(
            node.element,
            f"”{event.timer.value.text}” gav ingen tidpunkt: {given}",
            f"”{event.timer.value.text}” gave no moment: {given}",
        )
    return found.isoformat()


def _after(start: datetime, length: Span | None) -> datetime | None:
    """Return the moment that lies a span after another; None where there is no span, or the calendar ends before it."""
    try:
        return after(start, length) if length is not None else None
    except OverflowError:
        return None


def _cycle(given: FeelValue) -> tuple[int, Span | None]:
    """Return how often a cycle turns (-1: without end) and how long one turn is."""
    found = _CYCLE.fullmatch(given.strip()) if isinstance(given, str) else None
    if found is None:
        return -1, span(given)
    return int(found.group(1) or -1), span(found.group(2))


def following(node: Catching, task: Token, event: Event, element: str) -> dict[str, Any] | None:
    """Return what a repeated timer's next token remembers; None where it does not repeat.

    Turns that were missed are skipped: a sweep after a month of silence fires once.
    """
    assert event.timer is not None
    turns = task.internal_data.get("turns", 0)
    if event.timer.kind != "cycle" or turns in (0, 1):
        return None
    _, length = _cycle(node.evaluate(task, event.timer.value))
    if length is None or length == Span(0, 0, timedelta(0)):
        return None
    due = _after(datetime.fromisoformat(task.internal_data["due"][element]), length)
    if due is not None and due <= task.top.now:
        due = _after(task.top.now, length)
    if due is None:
        return None
    return {"due": {element: due.isoformat()}, "turns": turns - 1 if turns > 0 else turns}
