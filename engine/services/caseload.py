"""The cases that a person may see, as a list: whose they are, where they stand, what is due next.

A page of it costs the same number of questions whatever it shows. The child is initials and birth year, nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from engine.services import access, progress, wording
from engine.services.runtime import Runtime
from engine.storage.tables import Case, CoordinatorAssignment, Participant, ProcessInstance, Timer, WorkItem

PAGE = 25

Whose = Literal["all", "mine", "units"]


@dataclass(frozen=True)
class Search:
    """What a reader wants to see of the list."""

    whose: Whose = "all"
    """``mine``: I saw the need, coordinate, lead or take part by name. ``units``: the others, that I see through a unit."""
    closed: bool = False
    """Whether those that have ended, instead of those that go on."""
    text: str = ""
    """A reference, or its beginning."""
    page: int = 1


@dataclass(frozen=True)
class Line:
    """One case in the list."""

    reference: str
    child: str
    """Initials and birth year."""
    agreement: str
    unit: str
    """Where it began."""
    phase: str | None
    phase_in_english: str | None
    opened_at: datetime
    closed_at: datetime | None
    outcome: str | None
    due_at: datetime | None
    """What is due next of the open work."""
    late: bool
    mine: bool


@dataclass(frozen=True)
class Caseload:
    """One page of the list."""

    lines: tuple[Line, ...]
    page: int
    more: bool
    """Whether there is another page."""


def listed(runtime: Runtime, person: str, search: Search | None = None) -> Caseload:
    """Return a page of the cases that a person may see; those that go on with what is due first in front, those that have ended the last first."""
    asked = search or Search()
    with runtime.database.reading() as session:
        mine = _mine(person)
        due = (
            select(func.min(WorkItem.due_at))
            .where(WorkItem.case_id == Case.id, WorkItem.purpose == "case", WorkItem.closed_at.is_(None))
            .correlate(Case)
            .scalar_subquery()
        )
        query = select(Case, due, Case.id.in_(mine)).where(Case.id.in_(access.visible_cases(runtime, session, person)), *_asked(asked, mine))
        order = (Case.closed_at.desc(),) if asked.closed else (due.is_(None), due)
        page = max(asked.page, 1)
        rows = session.execute(query.order_by(*order, Case.id.desc()).limit(PAGE + 1).offset((page - 1) * PAGE)).all()
        found = [(case, at, own) for case, at, own in rows[:PAGE]]
        phases = _phases(runtime, session, [case for case, _, _ in found if case.closed_at is None])
        now = runtime.clock.now()
        return Caseload(tuple(_line(case, at, own, phases.get(case.id), now) for case, at, own in found), page, len(rows) > PAGE)


def _mine(person: str) -> Select[int]:
    """The cases that are a person's by name: they saw the need, take part, lead, coordinate or work on something."""
    part = select(Participant.case_id).where(Participant.person_id == person, Participant.left_at.is_(None))
    coordinates = select(CoordinatorAssignment.case_id).where(CoordinatorAssignment.person_id == person, CoordinatorAssignment.to_at.is_(None))
    working = select(WorkItem.case_id).where(WorkItem.claimed_by == person, WorkItem.closed_at.is_(None), WorkItem.case_id.is_not(None))
    return select(Case.id).where(or_(Case.initiator_person == person, Case.id.in_(part), Case.id.in_(coordinates), Case.id.in_(working)))


def _asked(asked: Search, mine: Select[int]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Case.closed_at.is_not(None) if asked.closed else Case.closed_at.is_(None)]
    if asked.text:
        # Whoever knows the reference wants that case, ended or not.
        conditions = [Case.reference.startswith(asked.text.strip().upper(), autoescape=True)]
    if asked.whose != "all":
        conditions.append(Case.id.in_(mine) if asked.whose == "mine" else Case.id.not_in(mine))
    return conditions


def _phases(runtime: Runtime, session: Session, cases: Sequence[Case]) -> Mapping[int, tuple[str, str | None]]:
    """The phase in which each of the cases stands, in Swedish and English, from what waits in it for people and time."""
    of_case = (ProcessInstance.case_id.in_([case.id for case in cases]), ProcessInstance.purpose == "case", ProcessInstance.ended_at.is_(None))
    instances = {
        row.id: row
        for row in session.execute(
            select(ProcessInstance.id, ProcessInstance.case_id, ProcessInstance.process, ProcessInstance.release).where(*of_case)
        )
    }
    places: dict[int, list[tuple[str, str, Sequence[str]]]] = {id_: [] for id_ in instances}
    items = select(WorkItem.instance_id, WorkItem.process, WorkItem.element, WorkItem.path)
    for instance, process, element, path in session.execute(items.where(WorkItem.instance_id.in_(instances), WorkItem.closed_at.is_(None))):
        places[instance].append((process, element, path))
    timers = select(Timer.instance_id, Timer.process, Timer.element)
    for instance, process, element in session.execute(timers.where(Timer.instance_id.in_(instances), Timer.closed_at.is_(None))):
        places[instance].append((process, element, ()))
    found = {}
    for id_, row in instances.items():
        release = runtime.releases.get(row.release)
        phase = progress.phase_at(release, row.process, places[id_])
        if phase is not None:
            found[row.case_id] = (phase.name, wording.of_drawings(release).get(f"{phase.element}.phase"))
    return found


def _line(case: Case, due_at: datetime | None, own: bool, phase: tuple[str, str | None] | None, now: datetime) -> Line:  # noqa: FBT001 - a column
    return Line(
        case.reference,
        f"{case.child.initials} {case.child.birth_date.year}",
        case.agreement,
        case.initiator_unit,
        phase[0] if phase else None,
        phase[1] if phase else None,
        case.opened_at,
        case.closed_at,
        case.outcome,
        due_at,
        due_at is not None and due_at < now,
        bool(own),
    )
