"""Deviations: report one, follow it up the ladder, lift it by hand.

Writing, countersigning, acting, feeding back and verifying are work items like others (engine/services/tasks.py); the
drawing says who gets them. Here is what has no work item: the beginning, the register, and the lift from outside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import SamspelError
from engine.services import access, agreements, history, steps
from engine.services.cases import Delivery, NoSuchUnit, NotYourUnit
from engine.services.facts import Subject
from engine.services.history import Act, Reading
from engine.services.runtime import Runtime
from engine.storage.tables import Case, Deviation, History, ProcessInstance, WorkItem

LIFT = "lift"
"""The message that a drawing listens to where a deviation may be lifted from outside a work item (docs/house.md)."""


class NoSuchDeviation(SamspelError):
    """There is no such deviation, or none that this person may see."""

    sv = "Det finns ingen avvikelse {deviation}."
    en = "There is no deviation {deviation}."


class OtherAgreement(SamspelError):
    """A report names another agreement than the one of its case."""

    sv = "Ärendet {case} följer avtalet {of_case}, inte {agreement}."
    en = "The case {case} is under the agreement {of_case}, not {agreement}."


class CannotLift(SamspelError):
    """The deviation waits for nothing that a lift could end."""

    sv = "Avvikelsen {deviation} går inte att lyfta härifrån; den som har uppgiften lyfter den i sitt svar."
    en = "The deviation {deviation} cannot be lifted from here; whoever has the work item lifts it in the answer."


@dataclass(frozen=True)
class Rung:
    """One task on a deviation's way: whose it is or was, until when, and how it ended."""

    name: str
    role: str | None
    queue: str
    since: datetime
    due_at: datetime | None
    explanation: Mapping[str, Any] | None
    """Why this date: see engine/services/facts.py."""
    ended_at: datetime | None
    by: str | None
    """Who did it; none while it waits, and where the clock took it further."""
    for_whom: str | None
    by_clock: bool
    """Whether it was lifted because its time was out (002-15)."""


@dataclass(frozen=True)
class Note:
    """What somebody wrote to be read by those who follow the deviation: the feedback above all (003-9)."""

    at: datetime
    by: str | None
    name: str | None
    text: str


class NotYoursToLift(SamspelError):
    """Somebody who may read a deviation, and is neither its reporter nor a manager above them, tries to lift it."""

    sv = "{person} får läsa avvikelsen {deviation}, men bara den som rapporterade den och cheferna ovanför lyfter den."
    en = "{person} may read the deviation {deviation}, but only its reporter and the managers above lift it."


@dataclass(frozen=True)
class Report:
    """A deviation as the register has it."""

    id: int
    instance_id: int
    case: str | None
    agreement: str
    reporter: str
    reporter_unit: str
    concerned_unit: str | None
    description: str | None
    happened_on: date | None
    level: int
    """0 while it is written, 1 at the first who must act, one more for each lift."""
    status: str
    reported_at: datetime
    ended_at: datetime | None
    waiting_for: tuple[str, ...]
    """The queues in which its open work items lie."""
    open_work: tuple[int, ...]
    """The ids of those items."""
    ladder: tuple[Rung, ...] = ()
    """Every task on its way, the first first; only ``show`` gives it."""
    notes: tuple[Note, ...] = ()
    """What was written to those who follow it, the first first; only ``show`` gives it."""


def report(
    runtime: Runtime,
    person: str,
    *,
    agreement: str,
    unit: str,
    case: str | None = None,
    concerned_unit: str | None = None,
    concerned: Sequence[str] = (),
    variables: Mapping[str, Any] | None = None,
) -> Report:
    """Begin a deviation: its report now waits for the person to write it (003-18).

    ``concerned`` are the persons whom it concerns: no manager's task goes to them. ``variables`` prefill the report:
    ``description``, ``happened_on``, ``proposal``. Raises NoSuchCase, NotYourUnit, NoSuchUnit, OtherAgreement, NoSuchAgreement,
    NoSuchProcess and StepFailed.
    """
    at = runtime.clock.now()
    with runtime.database.reading() as session:
        organisation = runtime.organisation(session)
        if unit not in organisation.units_of(person, at):
            raise NotYourUnit(person=person, unit=unit)
        about = access.case(runtime, session, person, case) if case is not None else None
        release = runtime.releases.get(about.release) if about else runtime.releases.active
        agreements.agreement(release, agreement)
        if about is not None and about.agreement != agreement:
            raise OtherAgreement(case=case, of_case=about.agreement, agreement=agreement)
        known = organisation.unit(concerned_unit) if concerned_unit is not None else None
        if concerned_unit is not None and (known is None or not known.valid.covers(at)):
            raise NoSuchUnit(unit=concerned_unit)
        given = {"unit": concerned_unit, "reporter": person, **(variables or {})}
        subject = Subject(agreement, "deviation", person, unit, about, concerned_unit, frozenset(concerned))
        begun = steps.begin(runtime, session, release, release.for_purpose("deviation").id, subject, given, Act(at, person))
    with runtime.database.writing() as session:
        instance, _ = steps.write_begun(session, begun, Act(at, person))
        session.flush()
        return _report(session, _register(session, instance))


def show(runtime: Runtime, person: str, deviation: int) -> Report:
    """Return one deviation, with its way so far, to somebody who may see it; that it was read stands in its history. Raises NoSuchDeviation."""
    with runtime.database.reading() as session:
        row = _visible(runtime, session, person, deviation)
        found = replace(_report(session, row), ladder=_ladder(session, row), notes=_notes(session, row))
    history.log_reading(runtime, person, Reading("deviation", row.case_id, row.instance_id, row.id))
    return found


def open_deviations(runtime: Runtime, person: str, limit: int = 100) -> list[Report]:
    """Return the open deviations that a person may see, the oldest first."""
    with runtime.database.reading() as session:
        rows = session.scalars(select(Deviation).where(Deviation.ended_at.is_(None)).order_by(Deviation.id))
        seen = (row for row in rows if access.may_see_instance(runtime, session, person, session.get_one(ProcessInstance, row.instance_id)))
        return [_report(session, row) for row, _ in zip(seen, range(limit), strict=False)]


def lift(runtime: Runtime, person: str, deviation: int, reason: str) -> steps.Taken:
    """Lift a deviation to the next level from outside its work item. Raises NoSuchDeviation, NotYoursToLift and CannotLift.

    Whoever has the work item lifts it by completing that; this is for the reporter and the managers above,
    where the drawing listens for it. A unit that was sent a copy reads it, no more (003-9).
    """
    with runtime.database.reading() as session:
        row = _visible(runtime, session, person, deviation)
        instance = session.get_one(ProcessInstance, row.instance_id)
        if LIFT not in instance.messages:
            raise CannotLift(deviation=deviation)
        for_whom = _lifts_for(runtime, session, person, deviation, instance)
    return steps.take(runtime, Delivery(instance.id, LIFT, {"reason": reason, "lifted_by": person}, person, for_whom))


def _lifts_for(runtime: Runtime, session: Session, person: str, deviation: int, instance: ProcessInstance) -> str | None:
    """Return in whose place somebody lifts a deviation, none in their own right. Raises NotYoursToLift."""
    if person == instance.initiator_person:
        return None
    at = runtime.clock.now()
    organisation = runtime.organisation(session)
    own = access.queues(organisation, person, at, instance.purpose)
    posts = [queue for post in organisation.line(instance.initiator_unit, at) if (queue := f"position:{post.id}") in own]
    if not posts:
        raise NotYoursToLift(deviation=deviation, person=person)
    return own[posts[0]]


def _visible(runtime: Runtime, session: Session, person: str, deviation: int) -> Deviation:
    row = session.get(Deviation, deviation)
    if row is None or not access.may_see_instance(runtime, session, person, session.get_one(ProcessInstance, row.instance_id)):
        raise NoSuchDeviation(deviation=deviation)
    return row


def _register(session: Session, instance: ProcessInstance) -> Deviation:
    return session.scalars(select(Deviation).where(Deviation.instance_id == instance.id)).one()


def _ladder(session: Session, row: Deviation) -> tuple[Rung, ...]:
    items = session.scalars(select(WorkItem).where(WorkItem.instance_id == row.instance_id).order_by(WorkItem.id))
    return tuple(
        Rung(
            item.name,
            item.role,
            item.queue,
            item.created_at,
            item.due_at,
            item.explanation,
            item.closed_at,
            item.closed_by,
            item.closed_for,
            item.outcome == "cancelled" and item.due_at is not None and item.closed_at is not None and item.due_at <= item.closed_at,
        )
        for item in items
    )


def _notes(session: Session, row: Deviation) -> tuple[Note, ...]:
    told = session.scalars(select(History).where(History.instance_id == row.instance_id, History.kind == "record_note").order_by(History.id))
    return tuple(Note(one.at, one.by, one.name, str(one.details.get("text", ""))) for one in told)


def _report(session: Session, row: Deviation) -> Report:
    case = session.get(Case, row.case_id) if row.case_id is not None else None
    items = session.scalars(select(WorkItem).where(WorkItem.instance_id == row.instance_id, WorkItem.closed_at.is_(None)).order_by(WorkItem.id)).all()
    return Report(
        row.id,
        row.instance_id,
        case.reference if case else None,
        row.agreement,
        row.reporter,
        row.reporter_unit,
        row.concerned_unit,
        row.description,
        row.happened_on,
        row.level,
        row.status,
        row.reported_at,
        row.ended_at,
        tuple(item.queue for item in items),
        tuple(item.id for item in items),
    )
