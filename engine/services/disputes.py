"""Disputes over responsibility or cost: raise one, list them, see one. Stating positions, agreeing and deciding are work items like others.

A dispute is a process of its own beside the case, so that no measure of the child's waits for it (002-13, 004-8).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import SamspelError
from engine.services import access, history, ladders, steps
from engine.services.cases import NoSuchUnit, NotYourUnit
from engine.services.facts import Subject
from engine.services.history import Act, Reading
from engine.services.ladders import Rung
from engine.services.runtime import Runtime
from engine.storage.tables import Case, Decision, Dispute, ProcessInstance, WorkItem

Kind = Literal["responsibility", "cost"]


@dataclass(frozen=True)
class Decided:
    """One decision in a dispute: what, why and by whom."""

    decision: str
    reason: str | None
    at: datetime
    by: str | None
    for_whom: str | None


@dataclass(frozen=True)
class Matter:
    """A dispute as the register has it, with what has been decided so far."""

    instance_id: int
    case: str | None
    kind: str
    """``responsibility`` or ``cost``."""
    description: str | None
    units: tuple[str, ...]
    status: str
    opened_at: datetime
    ended_at: datetime | None
    waiting_for: tuple[str, ...]
    """The queues in which its open work items lie."""
    decisions: tuple[Decided, ...] = ()
    agreement: str = ""
    child: str | None = None
    """Initials and birth year, where it belongs to a case."""
    rungs: tuple[Rung, ...] = ()
    """Every task on its way with what was said in it, the first first; only ``show`` gives it."""


class NoSuchDispute(SamspelError):
    """There is no such dispute, or none that this person may see."""

    sv: ClassVar[str] = "Det finns ingen tvist {dispute}."
    en: ClassVar[str] = "There is no dispute {dispute}."


class NobodyDisagrees(SamspelError):
    """A dispute needs at least two different units that disagree."""

    sv: ClassVar[str] = "En tvist behöver minst två olika verksamheter som är oense; {units} räcker inte."
    en: ClassVar[str] = "A dispute needs at least two different units that disagree; {units} is not enough."


def raise_dispute(runtime: Runtime, person: str, *, case: str, kind: Kind, units: Sequence[str], description: str) -> steps.Taken:
    """Start a dispute between units of a case (002-14, 003-12); the case itself goes on untouched.

    Raises NoSuchCase to whoever may not see the case, NobodyDisagrees, NoSuchUnit, NotYourUnit for somebody who works
    nowhere today, NoSuchProcess and StepFailed: then nothing was written.
    """
    at = runtime.clock.now()
    with runtime.database.reading() as session:
        organisation = runtime.organisation(session)
        about = access.case(runtime, session, person, case)
        if len(set(units)) < 2:  # noqa: PLR2004 - a dispute has two sides
            raise NobodyDisagrees(units=", ".join(units) or "–")
        for unit in units:
            found = organisation.unit(unit)
            if found is None or not found.valid.covers(at):
                raise NoSuchUnit(unit=unit)
        own = organisation.units_of(person, at)
        if not own:
            raise NotYourUnit(person=person, unit=about.initiator_unit)
        acting = next((unit for unit in (about.initiator_unit, *units) if unit in own), own[0])
        release = runtime.releases.get(about.release)
        subject = Subject(about.agreement, "dispute", person, acting, about)
        given = {"kind": kind, "description": description, "units": list(dict.fromkeys(units))}
        begun = steps.begin(runtime, session, release, release.for_purpose("dispute").id, subject, given, Act(at, person))
    with runtime.database.writing() as session:
        instance, items = steps.write_begun(session, begun, Act(at, person))
        return steps.Taken(instance.id, case, tuple(items), instance.ended_at is not None, instance.outcome)


def show(runtime: Runtime, person: str, instance: int) -> Matter:
    """Return a dispute, by its process instance, to its units, their managers and whoever has work in it; never to the family (scenario 6).

    That it was read stands in its history. Raises NoSuchDispute to everybody else.
    """
    with runtime.database.reading() as session:
        row = session.scalar(select(Dispute).where(Dispute.instance_id == instance))
        if row is None or not access.may_see_instance(runtime, session, person, session.get_one(ProcessInstance, instance)):
            raise NoSuchDispute(dispute=instance)
        made = session.scalars(select(Decision).where(Decision.instance_id == instance).order_by(Decision.id))
        decisions = tuple(Decided(one.decision, one.reason, one.made_at, one.made_by, one.made_for) for one in made)
        (matter,) = _matters(session, [row])
        found = replace(matter, decisions=decisions, rungs=ladders.rungs_of(runtime, session, session.get_one(ProcessInstance, instance)))
    history.log_reading(runtime, person, Reading("dispute", row.case_id, instance, row.id))
    return found


def listed(runtime: Runtime, person: str, limit: int = 100) -> list[Matter]:
    """Return the disputes that a person may see, the newest first, open ones before those that have ended."""
    with runtime.database.reading() as session:
        query = select(Dispute).join(ProcessInstance, ProcessInstance.id == Dispute.instance_id)
        query = query.where(access.instances_seen_by(runtime, session, person, "dispute"))
        return _matters(session, session.scalars(query.order_by(Dispute.ended_at.is_not(None), Dispute.id.desc()).limit(limit)).all())


def _matters(session: Session, rows: Sequence[Dispute]) -> list[Matter]:
    instances = [row.instance_id for row in rows]
    of = select(WorkItem.instance_id, WorkItem.queue).where(WorkItem.instance_id.in_(instances), WorkItem.closed_at.is_(None)).order_by(WorkItem.id)
    waiting = session.execute(of).all()
    agreements = {
        row.id: row.agreement
        for row in session.execute(select(ProcessInstance.id, ProcessInstance.agreement).where(ProcessInstance.id.in_(instances)))
    }
    cases = {case.id: case for case in session.scalars(select(Case).where(Case.id.in_({row.case_id for row in rows if row.case_id})))}
    return [
        Matter(
            row.instance_id,
            case.reference if (case := cases.get(row.case_id or 0)) else None,
            row.kind,
            row.description,
            tuple(row.units),
            row.status,
            row.opened_at,
            row.ended_at,
            tuple(item.queue for item in waiting if item.instance_id == row.instance_id),
            agreement=agreements[row.instance_id],
            child=f"{case.child.initials} {case.child.birth_date.year}" if case else None,
        )
        for row in rows
    ]
