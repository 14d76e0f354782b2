"""Deviations: report one, list them, follow one up the ladder, lift it by hand.

Writing, countersigning, acting, feeding back and verifying are work items like others (engine/services/tasks.py); the
drawing says who gets them. Here is what has no work item: the beginning, the register, and the lift from outside.
A list asks the same number of questions whatever its length.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from engine.errors import SamspelError
from engine.facts.organisation import Organisation
from engine.services import access, agreements, history, ladders, steps
from engine.services.cases import Delivery, NoSuchUnit, NotYourUnit
from engine.services.facts import Subject
from engine.services.history import Act, Reading
from engine.services.ladders import Ladder
from engine.services.runtime import Runtime
from engine.storage.tables import Case, Deviation, ProcessInstance, Timer, WorkItem

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
class Note:
    """What somebody wrote to be read by those who follow the deviation: the feedback above all (003-9)."""

    at: datetime
    by: str | None
    for_whom: str | None
    element: str
    name: str
    text: str


@dataclass(frozen=True)
class Lifted:
    """How a deviation came to the level where it stands."""

    at: datetime
    by: str | None
    """Who lifted it; none where the clock did."""
    by_clock: bool
    reason: str | None


@dataclass(frozen=True)
class Waiting:
    """One task that a deviation waits for."""

    id: int
    name: str
    element: str
    role: str | None
    queue: str
    since: datetime
    due_at: datetime | None
    overdue: bool
    explanation: Mapping[str, Any] | None
    moves_on: bool
    """Whether it goes on by itself when the time is out."""
    mine: bool
    """Whether the reader may do it."""
    for_whom: str | None
    """Whose place the reader would take."""


class NotYoursToLift(SamspelError):
    """Somebody who may read a deviation, and is neither its reporter nor a manager above them, tries to lift it."""

    sv = "{person} får läsa avvikelsen {deviation}, men bara den som rapporterade den och cheferna ovanför lyfter den."
    en = "{person} may read the deviation {deviation}, but only its reporter and the managers above lift it."


_TOP = 3
_PLACES = {"nearest_manager": 1, "next_manager": 2, "management_level": _TOP, "steering_group": _TOP}


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
    waiting: tuple[Waiting, ...] = ()
    """Its open tasks."""
    child: str | None = None
    """Initials and birth year, where it belongs to a case."""
    lifted: Lifted | None = None
    """How it came to where it stands; none where it has not been lifted."""
    decided: bool = False
    """Whether what is to be done about it has been decided: what is left is to answer the reporter, and to see whether it helped."""
    notes: tuple[Note, ...] = ()
    """What was written to those who follow it once it was decided, the first first: the feedback, and whether it helped."""
    ladder: Ladder | None = None
    """Its whole way; only ``show`` gives it."""
    can_be_lifted: bool = False
    """Whether the reader may lift it from here; only ``show`` says it."""

    @property
    def waiting_for(self) -> tuple[str, ...]:
        """The queues in which its open tasks lie."""
        return tuple(one.queue for one in self.waiting)

    @property
    def open_work(self) -> tuple[int, ...]:
        """The ids of its open tasks."""
        return tuple(one.id for one in self.waiting)

    @property
    def place(self) -> int:
        """Return where it stands: 0 with the reporter, 1 the nearest manager, 2 the next level, 3 management, 4 with the answer to the reporter.

        An agreement may leave the next level out, so the level alone does not say it.
        """
        if self.decided:
            return _TOP + 1
        highest = max((_PLACES.get(one.role or "", 0) for one in self.waiting), default=0)
        return max(highest, min(self.level, _TOP))

    @property
    def mine(self) -> tuple[Waiting, ...]:
        """Those of its open tasks that the reader may do."""
        return tuple(one for one in self.waiting if one.mine)


Which = Literal["open", "closed", "all"]
"""Which deviations a list has, by whether their way has ended."""


@dataclass(frozen=True)
class Pattern:
    """Several deviations of late that have something in common."""

    unit: str
    """The unit that all of them concern."""
    matter: str | None
    """What all of them are about, where a drawing prepared them with the same words; none where only the unit is the same."""
    deviations: tuple[int, ...]
    """Their numbers, the latest first."""
    since: datetime
    """When the first of them was reported."""


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
        (begun_report,) = _reports(runtime, session, person, [_register(session, instance)])
        return begun_report


def show(runtime: Runtime, person: str, deviation: int) -> Report:
    """Return one deviation, with its way behind and ahead, to somebody who may see it; that it was read stands in its history.

    Raises NoSuchDeviation.
    """
    with runtime.database.reading() as session:
        row = _visible(runtime, session, person, deviation)
        instance = session.get_one(ProcessInstance, row.instance_id)
        (found,) = _reports(runtime, session, person, [row])
        able = LIFT in instance.messages and _right_to_lift(runtime, session, person, instance) is not None
        found = replace(found, ladder=ladders.ladder_of(runtime, session, instance), can_be_lifted=able)
    history.log_reading(runtime, person, Reading("deviation", row.case_id, row.instance_id, row.id))
    return found


def way_ahead(runtime: Runtime, person: str, work_item: int) -> Ladder | None:
    """Return the way of the deviation that an open work item belongs to, for whoever may do that: where it goes, before it is sent.

    None where the work item is gone, not theirs, or of no deviation.
    """
    with runtime.database.reading() as session:
        item = session.get(WorkItem, work_item)
        if item is None or item.purpose != "deviation" or item.closed_at is not None:
            return None
        if access.right_to(runtime.organisation(session), person, item, runtime.clock.now()) is None:
            return None
        about = item.draft if item.draft is not None else item.inputs
        return ladders.ladder_of(runtime, session, item.instance, concerned=about.get("concerned_unit"))


def listed(runtime: Runtime, person: str, which: Which = "all", limit: int = 100) -> list[Report]:
    """Return the deviations that a person may see, the newest first."""
    ended = {"open": (Deviation.ended_at.is_(None),), "closed": (Deviation.ended_at.is_not(None),), "all": ()}[which]
    with runtime.database.reading() as session:
        return _found(runtime, session, person, *ended, limit=limit)


def open_deviations(runtime: Runtime, person: str, limit: int = 100) -> list[Report]:
    """Return the open deviations that a person may see, the oldest first."""
    with runtime.database.reading() as session:
        return _found(runtime, session, person, Deviation.ended_at.is_(None), limit=limit, oldest=True)


def reported_by(runtime: Runtime, person: str, limit: int = 100) -> list[Report]:
    """Return a person's own reports, the newest first, and what became of them."""
    with runtime.database.reading() as session:
        return _found(runtime, session, person, Deviation.reporter == person, limit=limit)


def patterns(runtime: Runtime, person: str, since: datetime, limit: int = 500) -> list[Pattern]:
    """Return what several deviations have in common, of the latest that a person may see and that were reported after a moment.

    Most in common first; those about one matter before those of which only the unit is the same.
    """
    with runtime.database.reading() as session:
        rows = _rows(runtime, session, person, Deviation.reported_at >= since, Deviation.concerned_unit.is_not(None), limit=limit)
        matters = _matters(session, [row.instance_id for row in rows])
    alike: defaultdict[tuple[str, str | None], list[Deviation]] = defaultdict(list)
    for row in rows:
        for matter in {None, matters.get(row.instance_id)}:
            alike[row.concerned_unit or "", matter].append(row)
    about = {tuple(row.id for row in several) for (_, matter), several in alike.items() if matter is not None}
    found = [
        Pattern(unit, matter, numbers, several[-1].reported_at)
        for (unit, matter), several in alike.items()
        # What is said with its matter is not said once more without it.
        if len(numbers := tuple(row.id for row in several)) > 1 and (matter is not None or numbers not in about)
    ]
    return sorted(found, key=lambda one: (one.matter is None, -len(one.deviations), one.unit))


def _matters(session: Session, instances: Collection[int]) -> dict[int, str]:
    """What a drawing wrote beforehand in the reports that it prepared: those of one matter have the same words."""
    prepared = (
        select(WorkItem.instance_id, WorkItem.inputs)
        .join(ProcessInstance, ProcessInstance.id == WorkItem.instance_id)
        .where(WorkItem.instance_id.in_(instances), WorkItem.role == "initiator", ProcessInstance.parent_id.is_not(None))
        .order_by(WorkItem.id.desc())
    )
    return {row.instance_id: str(row.inputs["description"]) for row in session.execute(prepared) if row.inputs.get("description")}


def _found(runtime: Runtime, session: Session, person: str, *of: ColumnElement[bool], limit: int, oldest: bool = False) -> list[Report]:
    return _reports(runtime, session, person, _rows(runtime, session, person, *of, limit=limit, oldest=oldest))


def _rows(runtime: Runtime, session: Session, person: str, *of: ColumnElement[bool], limit: int, oldest: bool = False) -> Sequence[Deviation]:
    query = select(Deviation).join(ProcessInstance, ProcessInstance.id == Deviation.instance_id)
    query = query.where(access.instances_seen_by(runtime, session, person, "deviation"), *of)
    return session.scalars(query.order_by(Deviation.id if oldest else Deviation.id.desc()).limit(limit)).all()


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
        right = _right_to_lift(runtime, session, person, instance)
        if right is None:
            raise NotYoursToLift(deviation=deviation, person=person)
    return steps.take(runtime, Delivery(instance.id, LIFT, {"reason": reason, "lifted_by": person}, person, right.for_whom))


def _right_to_lift(runtime: Runtime, session: Session, person: str, instance: ProcessInstance) -> access.Right | None:
    """Return the right of the reporter and the managers above to lift a deviation, or none."""
    if person == instance.initiator_person:
        return access.Right(person, None)
    at = runtime.clock.now()
    organisation = runtime.organisation(session)
    own = access.queues(organisation, person, at, instance.purpose)
    posts = [queue for post in organisation.line(instance.initiator_unit, at) if (queue := f"position:{post.id}") in own]
    return access.Right(person, own[posts[0]]) if posts else None


def _visible(runtime: Runtime, session: Session, person: str, deviation: int) -> Deviation:
    row = session.get(Deviation, deviation)
    if row is None or not access.may_see_instance(runtime, session, person, session.get_one(ProcessInstance, row.instance_id)):
        raise NoSuchDeviation(deviation=deviation)
    return row


def _register(session: Session, instance: ProcessInstance) -> Deviation:
    return session.scalars(select(Deviation).where(Deviation.instance_id == instance.id)).one()


def _reports(runtime: Runtime, session: Session, person: str, rows: Sequence[Deviation]) -> list[Report]:
    """Return the register's rows with what waits in them and what was told, for a reader who may see them."""
    instances = [row.instance_id for row in rows]
    items: defaultdict[int, list[WorkItem]] = defaultdict(list)
    for item in session.scalars(select(WorkItem).where(WorkItem.instance_id.in_(instances)).order_by(WorkItem.id)):
        items[item.instance_id].append(item)
    timers = session.execute(select(Timer.instance_id, Timer.due_at).where(Timer.instance_id.in_(instances), Timer.closed_at.is_(None)))
    armed = {(timer.instance_id, timer.due_at) for timer in timers}
    cases = {case.id: case for case in session.scalars(select(Case).where(Case.id.in_({row.case_id for row in rows if row.case_id})))}
    of = select(ProcessInstance.id, ProcessInstance.milestones).where(ProcessInstance.id.in_(instances))
    milestones = {row.id: row.milestones for row in session.execute(of)}
    look = _Look(runtime.organisation(session), person, runtime.clock.now())
    return [look.at(row, items[row.instance_id], cases.get(row.case_id or 0), armed, milestones[row.instance_id]) for row in rows]


@dataclass(frozen=True)
class _Look:
    """One reader's view of the register's rows."""

    organisation: Organisation
    person: str
    now: datetime

    def at(
        self, row: Deviation, items: Sequence[WorkItem], case: Case | None, armed: Collection[tuple[int, datetime]], milestones: Mapping[str, Any]
    ) -> Report:
        """Return one deviation as the reader sees it."""
        return Report(
            id=row.id,
            instance_id=row.instance_id,
            case=case.reference if case else None,
            agreement=row.agreement,
            reporter=row.reporter,
            reporter_unit=row.reporter_unit,
            concerned_unit=row.concerned_unit,
            description=row.description,
            happened_on=row.happened_on,
            level=row.level,
            status=row.status,
            reported_at=row.reported_at,
            ended_at=row.ended_at,
            waiting=tuple(self._waiting(item, (item.instance_id, item.due_at) in armed) for item in items if item.closed_at is None),
            child=f"{case.child.initials} {case.child.birth_date.year}" if case else None,
            lifted=_lifted(items, milestones),
            decided=any(_after_decision(items)),
            notes=_notes(items),
        )

    def _waiting(self, item: WorkItem, moves_on: bool) -> Waiting:  # noqa: FBT001 - a column among columns
        right = access.right_to(self.organisation, self.person, item, self.now)
        overdue = item.due_at is not None and item.due_at < self.now
        return Waiting(
            item.id,
            item.name,
            item.element,
            item.role,
            item.queue,
            item.created_at,
            item.due_at,
            overdue,
            item.explanation,
            moves_on,
            right is not None,
            right.for_whom if right else None,
        )


def _lifted(items: Sequence[WorkItem], milestones: Mapping[str, Any]) -> Lifted | None:
    """How it came to its level: the task that ended at the moment of the last lift, and what its answer gives as the reason."""
    lifts = [datetime.fromisoformat(str(at)) for name, at in milestones.items() if name.startswith(steps.LIFTED)]
    if not lifts:
        return None
    last = max(lifts)
    before = next((item for item in reversed(items) if item.closed_at is not None and abs(item.closed_at - last) < _SAME_STEP), None)
    if before is None:
        return Lifted(last, None, by_clock=False, reason=None)
    reason = (before.answers or {}).get("reason")
    return Lifted(last, before.closed_by, ladders.ended_by_clock(before), str(reason) if reason else None)


_SAME_STEP = timedelta(milliseconds=1)
"""A milestone keeps the moment of its step as text, which may have fewer decimals than the column."""


def _notes(items: Sequence[WorkItem]) -> tuple[Note, ...]:
    """What the tasks after the decision have told, in the words that ``record_note`` keeps."""
    found: list[Note] = []
    for item in _after_decision(items):
        told = (item.answers or {}).get("text")
        if told and item.closed_at is not None and "record_note" in item.properties.get("effect", ""):
            found.append(Note(item.closed_at, item.closed_by, item.closed_for, item.element, item.name, str(told)))
    return tuple(found)


def _after_decision(items: Sequence[WorkItem]) -> Iterator[WorkItem]:
    """The tasks that follow the decision: without a deadline, after one that had (as ladders.stages_of has it)."""
    had_deadline = False
    for item in items:
        if had_deadline and item.due_at is None and item.role not in ("initiator", "process_owner"):
            yield item
        had_deadline = had_deadline or item.due_at is not None
