"""Disputes over responsibility or cost: raise one, see one. Stating positions, agreeing and deciding are work items like others.

A dispute is a process of its own beside the case, so that no measure of the child's waits for it (002-13, 004-8).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from sqlalchemy import select

from engine.errors import SamspelError
from engine.services import access, history, steps
from engine.services.cases import NoSuchUnit, NotYourUnit
from engine.services.facts import Subject
from engine.services.history import Act, Reading
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
    decisions: tuple[Decided, ...]


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
        case = session.get(Case, row.case_id) if row.case_id is not None else None
        queues = session.scalars(select(WorkItem.queue).where(WorkItem.instance_id == instance, WorkItem.closed_at.is_(None)))
        made = session.scalars(select(Decision).where(Decision.instance_id == instance).order_by(Decision.id))
        found = Matter(
            instance,
            case.reference if case else None,
            row.kind,
            row.description,
            tuple(row.units),
            row.status,
            row.opened_at,
            row.ended_at,
            tuple(queues),
            tuple(Decided(one.decision, one.reason, one.made_at, one.made_by, one.made_for) for one in made),
        )
    history.log_reading(runtime, person, Reading("dispute", row.case_id, instance, row.id))
    return found
