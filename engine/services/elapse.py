"""Lets time pass in a demonstration, from deadline to deadline, and tells what came of it.

Real time does the same by itself (engine/services/timers.py); here it is a person who wants to see what a week of silence leads to.
What happened is read from what the clock has written, so that it can be told again later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.clock import MovableClock
from engine.errors import SamspelError
from engine.services import routing, timers
from engine.services.clock import OffsetClock
from engine.services.runtime import Runtime
from engine.storage.tables import Deviation, History, ProcessInstance, Timer, WorkItem

_A_SECOND = timedelta(seconds=1)
"""The demonstration's clock moves in whole seconds: one more makes sure that a moment has been reached."""


class ClockFixed(SamspelError):
    """Somebody tries to move a clock that nobody can move: this is no demonstration."""

    sv = "Klockan går inte att flytta här; det går bara i en demonstration."
    en = "The clock cannot be moved here; only that of a demonstration can."


@dataclass(frozen=True)
class Matter:
    """What something is about: a case by the child's initials and birth year, or a deviation."""

    instance: int
    purpose: str
    case: str | None
    """The case's reference."""
    child: str | None
    deviation: int | None


@dataclass(frozen=True)
class Work:
    """A work item that waits."""

    id: int
    element: str
    name: str
    queue: str
    purpose: str
    due_at: datetime | None
    explanation: Mapping[str, Any] | None
    """Why this date: see engine/services/facts.py."""


@dataclass(frozen=True)
class Lapse:
    """What one process did when the clock moved it."""

    at: datetime
    about: Matter
    came: tuple[tuple[str, str], ...]
    """The timers whose moment had come, each as element and name."""
    ended: tuple[tuple[str, str], ...]
    """The work that nobody had done in time, each as element and name."""
    opened: tuple[Work, ...]
    """What has waited since then and still does; of several alike in one queue the first."""


@dataclass(frozen=True)
class Overdue:
    """Work whose last day has passed and that still waits."""

    about: Matter
    work: Work


@dataclass(frozen=True)
class Passed:
    """What a while led to."""

    since: datetime
    until: datetime
    lapses: tuple[Lapse, ...]
    overdue: tuple[Overdue, ...]
    failed: int
    """Steps that failed meanwhile; the process owner sees why."""


@dataclass(frozen=True)
class Deadline:
    """The next moment at which something happens, or becomes late, by itself."""

    at: datetime
    about: Matter
    timer: tuple[str, str] | None
    """The element and name of the timer that fires then; none where work only becomes late."""
    work: Work | None
    """What must be done by then, if it is that."""


def let_pass(runtime: Runtime, by: timedelta) -> Passed:
    """Move the demonstration's clock forward, stopping at each deadline on the way as time itself does. Raises ClockFixed."""
    clock = runtime.clock
    if not isinstance(clock, OffsetClock | MovableClock):
        raise ClockFixed
    since = clock.now()
    until = since + by
    while (due := timers.next_due(runtime)) is not None and due <= until:
        clock.advance(max(due - clock.now() + _A_SECOND, timedelta(0)))
        swept = timers.sweep(runtime)
        if not swept.fired and not swept.failed:
            break
    clock.advance(max(until - clock.now(), timedelta(0)))
    routing.reroute(runtime)
    return happened(runtime, since, clock.now())


def until_next(runtime: Runtime) -> timedelta:
    """Return how long it is until the next deadline has passed; nothing where none is to come."""
    following = next_deadline(runtime)
    return max(following.at - runtime.clock.now(), timedelta(0)) + _A_SECOND if following else timedelta(0)


def next_deadline(runtime: Runtime) -> Deadline | None:
    """Return the next moment at which the clock moves a process or makes work late, or none where nothing is to come."""
    now = runtime.clock.now()
    with runtime.database.reading() as session:
        armed = select(Timer).where(Timer.closed_at.is_(None), Timer.incident_id.is_(None)).order_by(Timer.due_at, Timer.id).limit(1)
        timer = session.scalars(armed).first()
        dated = select(WorkItem).where(WorkItem.closed_at.is_(None), WorkItem.due_at > now).order_by(WorkItem.due_at, WorkItem.id).limit(1)
        item = session.scalars(dated).first()
        if timer is not None and (item is None or item.due_at is None or timer.due_at <= item.due_at):
            same = select(WorkItem).where(WorkItem.instance_id == timer.instance_id, WorkItem.closed_at.is_(None), WorkItem.due_at == timer.due_at)
            meant = session.scalars(same).first()
            return Deadline(timer.due_at, _matter(session, timer.instance_id), _named(runtime, session, timer), _work(meant) if meant else None)
        if item is None or item.due_at is None:
            return None
        return Deadline(item.due_at, _matter(session, item.instance_id), None, _work(item))


def happened(runtime: Runtime, since: datetime, until: datetime) -> Passed:
    """Return what the clock did between two moments, the first first, and what became late and still waits."""
    with runtime.database.reading() as session:
        by_clock = (History.at > since, History.at <= until, History.by.is_(None))
        rows = session.scalars(select(History).where(*by_clock).order_by(History.at, History.id)).all()
        moved = dict.fromkeys((row.at, row.instance_id) for row in rows if row.kind == "timers fired" and row.instance_id is not None)
        late = select(WorkItem).where(WorkItem.closed_at.is_(None), WorkItem.due_at > since, WorkItem.due_at <= until).order_by(WorkItem.due_at)
        return Passed(
            since,
            until,
            tuple(_lapse(runtime, session, at, instance, rows) for at, instance in moved),
            tuple(Overdue(_matter(session, item.instance_id), _work(item)) for item in session.scalars(late)),
            sum(row.kind == "incident" for row in rows),
        )


def _lapse(runtime: Runtime, session: Session, at: datetime, instance: int, rows: Sequence[History]) -> Lapse:
    fired = session.scalars(select(Timer).where(Timer.instance_id == instance, Timer.closed_at == at, Timer.fired).order_by(Timer.id))
    own = (WorkItem.instance_id == instance, WorkItem.created_at == at, WorkItem.closed_at.is_(None))
    opened = session.scalars(select(WorkItem).where(*own).order_by(WorkItem.id.desc()))
    alike = {(item.element, item.queue): _work(item) for item in opened}
    return Lapse(
        at,
        _matter(session, instance),
        tuple(_named(runtime, session, timer) for timer in fired),
        tuple(_cancelled(rows, at, instance)),
        tuple(reversed(alike.values())),
    )


def _cancelled(rows: Sequence[History], at: datetime, instance: int) -> Iterator[tuple[str, str]]:
    for row in rows:
        if (row.at, row.instance_id, row.kind) == (at, instance, "cancelled") and row.element:
            yield row.element, row.name or row.element


def _matter(session: Session, instance_id: int) -> Matter:
    instance = session.get_one(ProcessInstance, instance_id)
    case = instance.case
    deviation = session.scalar(select(Deviation.id).where(Deviation.instance_id == instance_id))
    child = f"{case.child.initials} {case.child.birth_date.year}" if case else None
    return Matter(instance_id, instance.purpose, case.reference if case else None, child, deviation)


def _work(item: WorkItem) -> Work:
    return Work(item.id, item.element, item.name, item.queue, item.purpose, item.due_at, item.explanation)


def _named(runtime: Runtime, session: Session, timer: Timer) -> tuple[str, str]:
    release = runtime.releases.get(session.get_one(ProcessInstance, timer.instance_id).release)
    model = release.processes.get(timer.process)
    element = model.elements.get(timer.element) if model else None
    return timer.element, (element.name if element else None) or timer.element
