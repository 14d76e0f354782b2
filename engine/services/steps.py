"""Takes a process one step: reads without a lock, runs the drawing, and writes everything in one short transaction.

The write holds only if nobody moved the process in between. When somebody did, the step is taken once more with the
process locked, so that the second try cannot lose: any number of people may answer the same case at one moment. Only when
the work item itself is gone is the person told so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson
from sqlalchemy import update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from engine import execution
from engine.errors import SamspelError
from engine.execution import Release
from engine.execution.faults import StepFailed
from engine.execution.feel_values import plain, to_json
from engine.execution.results import Effect, ReadyTask, Step
from engine.facts import roles
from engine.facts.organisation import process_owner_of
from engine.services import effects, history, notices
from engine.services.facts import CaseFacts, Subject, gather, participants_of
from engine.services.history import Act, Event
from engine.services.runtime import Runtime
from engine.storage import queries
from engine.storage.tables import Deviation, Dispute, Incident, ProcessInstance, Timer, WorkItem

END_OF_TIME = datetime(9999, 12, 31, tzinfo=UTC)
"""The urgency of what is never due."""

DEEPEST = 3
"""How many processes may start each other in one step."""

LIFTED = "lifted_"
"""A milestone that begins so counts a deviation one level up."""


class NoSuchInstance(SamspelError):
    """There is no such process instance."""

    sv = "Det finns inget pågående förlopp {instance}."
    en = "There is no process instance {instance}."


class DatabaseBusy(SamspelError):
    """The database broke the step off twice, for another's sake: nothing of it is kept, and it may be done again."""

    sv = "Databasen är upptagen, och inget sparades. Försök igen om en stund."
    en = "The database is busy, and nothing was saved. Try again in a while."


class Overtaken(Exception):
    """Somebody else moved the instance after we read it."""


@dataclass(frozen=True)
class Taken:
    """What a step came to, for whoever asked for it."""

    instance_id: int
    case: str | None
    """The case's reference."""
    opened: tuple[int, ...]
    """Ids of the work items that now wait because of it."""
    ended: bool
    outcome: str | None


class Action(Protocol):
    """One thing to do with an instance; it is asked again from the start when the instance has moved."""

    def find(self, session: Session) -> int:
        """Return the id of the instance. Raises the error that the person meets where there is none."""
        ...

    def prepare(self, runtime: Runtime, session: Session, instance: ProcessInstance) -> tuple[Act, WorkItem | None]:
        """Check that it may be done now, and say by whom, for whom and with which work item. Raises the error that the person meets."""
        ...

    def run(self, release: Release, instance: ProcessInstance, facts: CaseFacts) -> Step:
        """Run the drawing."""
        ...

    def events(self) -> Iterator[Event]:
        """What the history says was done."""
        ...

    def write(self, session: Session, act: Act, item: WorkItem | None) -> None:
        """Write what is the action's own. Raises Overtaken where the work item is not as it was read."""
        ...

    def recipe(self) -> dict[str, Any]:
        """Return what an incident keeps, to do it again."""
        ...


@dataclass(frozen=True)
class Opened:
    """A process that the step starts beside its own."""

    opening: effects.Opening
    begun: Begun


@dataclass(frozen=True)
class Begun:
    """A process that has run to its first tasks and is not written yet."""

    subject: Subject
    release: Release
    process: str
    step: Step
    facts: CaseFacts
    also: tuple[Opened, ...] = ()
    variables: Mapping[str, Any] | None = None


def take(runtime: Runtime, action: Action) -> Taken:
    """Take one step of an instance.

    Raises whatever the action's own check raises, and StepFailed after an incident has been written: then
    nothing of the step itself was kept. Raises DatabaseBusy where the database breaks the step off twice, as it does
    to end a deadlock or a wait that is too long.
    """
    try:
        try:
            return _take(runtime, action)
        except OperationalError:
            return _take(runtime, action)
    except OperationalError as error:
        raise DatabaseBusy from error
    except StepFailed as failure:
        _write_incident(runtime, action, failure)
        raise


def _take(runtime: Runtime, action: Action) -> Taken:
    with runtime.database.reading() as session:
        instance_id = action.find(session)
        attempt = _Attempt.of(runtime, session, action, instance_id)
    try:
        with runtime.database.writing() as session:
            return attempt.write(session)
    except Overtaken:
        return _take_locked(runtime, action, instance_id)


def _take_locked(runtime: Runtime, action: Action, instance_id: int) -> Taken:
    """Take one step with the instance locked from the first reading: nobody can come in between."""
    with runtime.database.writing() as session:
        queries.lock_instance(session, instance_id)
        return _Attempt.of(runtime, session, action, instance_id).write(session)


@dataclass(frozen=True)
class _Attempt:
    """One try at a step: what was read, and what came of it."""

    runtime: Runtime
    action: Action
    instance: ProcessInstance
    act: Act
    item: WorkItem | None
    facts: CaseFacts
    step: Step
    also: tuple[Opened, ...]
    items: Sequence[WorkItem]
    timers: Sequence[Timer]

    @classmethod
    def of(cls, runtime: Runtime, session: Session, action: Action, instance_id: int) -> _Attempt:
        instance = session.get(ProcessInstance, instance_id)
        if instance is None:
            raise NoSuchInstance(instance=instance_id)
        act, item = action.prepare(runtime, session, instance)
        release = runtime.releases.get(instance.release)
        facts = gather(session, runtime.organisation(session), release, subject_of(instance), act.at)
        step = action.run(release, instance, facts)
        also = _openings(runtime, session, release, subject_of(instance), step.effects, act, 0)
        return cls(
            runtime,
            action,
            instance,
            act,
            item,
            facts,
            step,
            also,
            queries.open_items(session, instance.id),
            queries.open_timers(session, instance.id),
        )

    def write(self, session: Session) -> Taken:
        """Write all of it, or raise Overtaken and leave nothing."""
        columns = _columns(self.step, self.act.at)
        if not queries.move_instance(session, self.instance.id, self.instance.version, columns):
            raise Overtaken
        instance = session.merge(self.instance, load=False)
        for name, value in columns.items():
            set_committed_value(instance, name, value)
        self.action.write(session, self.act, self.item)
        items = [item for item in self.items if self.item is None or item.id != self.item.id]
        written = _Writing(session, instance, self.act, self.facts, self.step, self.item)
        events = [*self._own_events(), *written.apply_effects(), *written.sync_items(items), *written.end()]
        written.sync_timers(self.timers)
        session.flush()
        beside = [row for one in self.also for row in _write_rows(session, one.begun, self.act, instance)]
        _tell(session, self.act, [_Rows(instance, written.new, events), *beside])
        opened = [item for row in beside for item in row.items]
        return Taken(
            instance.id,
            instance.case.reference if instance.case else None,
            (*written.new, *opened),
            instance.ended_at is not None,
            instance.outcome,
        )

    def _own_events(self) -> Iterator[Event]:
        visited = [[visit.process, visit.element, visit.state] for visit in self.step.visited]
        for event in self.action.events():
            yield replace(event, details={**event.details, "visited": visited})


def subject_of(instance: ProcessInstance) -> Subject:
    """Return what the facts of an instance are about."""
    return Subject(
        agreement=instance.agreement,
        purpose=instance.purpose,
        initiator_person=instance.initiator_person,
        initiator_unit=instance.initiator_unit,
        case=instance.case,
        concerned_unit=instance.concerned_unit,
        concerned=frozenset(instance.concerned),
    )


def begin(
    runtime: Runtime, session: Session, release: Release, process: str, subject: Subject, variables: Mapping[str, Any], act: Act, depth: int = 0
) -> Begun:
    """Run a new process to its first tasks; nothing is written. Raises StepFailed and NoSuchProcess."""
    facts = gather(session, runtime.organisation(session), release, subject, act.at)
    step = execution.start(release, process, variables, facts, act.at)
    also = _openings(runtime, session, release, subject, step.effects, act, depth)
    return Begun(subject, release, process, step, facts, also, variables)


def write_begun(session: Session, begun: Begun, act: Act, parent: ProcessInstance | None = None) -> tuple[ProcessInstance, list[int]]:
    """Write a process that has begun, with everything that waits in it, within the caller's transaction; return the ids of its work items too."""
    rows = list(_write_rows(session, begun, act, parent))
    _tell(session, act, rows)
    return rows[0].instance, [item for row in rows for item in row.items]


@dataclass(frozen=True)
class _Rows:
    """A process whose rows are written, all but its history."""

    instance: ProcessInstance
    items: Sequence[int]
    """Ids of the work items that it opened."""
    events: Sequence[Event]


def _tell(session: Session, act: Act, written: Sequence[_Rows]) -> None:
    """Write the history of a step, last of all: its chain is locked until the end, and two who lock in one order never wait for each other."""
    for rows in written:
        history.add(session, act, rows.events, case_id=rows.instance.case_id, instance_id=rows.instance.id)


def _write_rows(session: Session, begun: Begun, act: Act, parent: ProcessInstance | None) -> Iterator[_Rows]:
    """Write a process that has begun, then those that it has started, and yield them in that order."""
    subject = begun.subject
    case = session.merge(subject.case, load=False) if subject.case is not None and subject.case not in session else subject.case
    instance = ProcessInstance(
        case=case,
        parent_id=parent.id if parent else None,
        process=begun.process,
        purpose=subject.purpose,
        agreement=subject.agreement,
        release=begun.release.hash,
        initiator_person=subject.initiator_person,
        initiator_unit=subject.initiator_unit,
        concerned_unit=subject.concerned_unit,
        concerned=sorted(subject.concerned),
        started_at=act.at,
        **_columns(begun.step, act.at),
    )
    session.add(instance)
    session.flush()
    effects.register_opening(session, instance, begun.variables or {}, begun.facts.organisation)
    session.flush()
    writing = _Writing(session, instance, act, begun.facts, begun.step, None)
    started = Event("started", begun.process, details={"visited": [[visit.process, visit.element, visit.state] for visit in begun.step.visited]})
    events = [started, *writing.apply_effects(), *writing.sync_items([]), *writing.end()]
    writing.sync_timers([])
    session.flush()
    yield _Rows(instance, writing.new, events)
    for one in begun.also:
        yield from _write_rows(session, one.begun, act, instance)


def _openings(
    runtime: Runtime, session: Session, release: Release, subject: Subject, made: tuple[Effect, ...], act: Act, depth: int
) -> tuple[Opened, ...]:
    """Run the processes that effects start, before anything is written: a drawing never runs under a lock on the first try."""
    if depth >= DEEPEST:
        raise StepFailed(
            file=made[0].process if made else "",
            element=made[0].element if made else "",
            name=made[0].name if made else "",
            reason="ritningarna startar varandra utan slut.",
            reason_en="the drawings start each other without end.",
        )
    found = []
    for opening in effects.openings(subject, made, runtime.organisation(session), act):
        process = release.for_purpose(opening.purpose).id
        unit = opening.variables.get("unit")
        beside = Subject(
            agreement=subject.agreement,
            purpose=opening.purpose,
            initiator_person=opening.person,
            initiator_unit=opening.unit,
            case=subject.case,
            concerned_unit=unit if isinstance(unit, str) and runtime.organisation(session).unit(unit) else None,
        )
        found.append(Opened(opening, begin(runtime, session, release, process, beside, opening.variables, act, depth + 1)))
    return tuple(found)


@dataclass
class _Writing:
    """The rows that one step leaves, in the order in which they depend on each other."""

    session: Session
    instance: ProcessInstance
    act: Act
    facts: CaseFacts
    step: Step
    done: WorkItem | None
    new: tuple[int, ...] = ()
    """Ids of the work items that it opened."""

    def apply_effects(self) -> Iterator[Event]:
        for effect in self.step.effects:
            scene = effects.Scene(self.session, self.facts.organisation, self.instance, self.act, effect, self._queue_of, self.done)
            effects.apply(scene)
            yield _event_of(effect)
        if self.step.effects:
            self.session.flush()

    def sync_items(self, items: Sequence[WorkItem]) -> Iterator[Event]:
        """Close what is gone, open what is new; what still waits keeps its row, its owner and its draft."""
        waiting = {task.id: task for task in self.step.ready}
        gone = [item for item in items if item.task_id not in waiting]
        queries.cancel_items(self.session, [item.id for item in gone], self.act.at)
        for item in gone:
            yield Event("cancelled", item.element, item.name, rules_of(item.properties))
        known = {item.task_id for item in items}
        fresh = [task for task in self.step.ready if task.id not in known]
        if fresh and self.step.effects:
            # Effects of this very step count here: a coordinator just appointed gets the next task.
            moved = any(effect.type in effects.CHANGE_WHO_TAKES_PART for effect in self.step.effects)
            participants = participants_of(self.session, self.instance.case) if moved else self.facts.participants
            self.facts = replace(self.facts, subject=subject_of(self.instance), participants=participants)
        opened = [self._open(task) for task in fresh]
        self.new = queries.add_items(self.session, opened)
        for row in opened:
            if template := row["properties"].get("notice"):
                notices.put(self.session, template, row["queue"], self.act.at, case=self.instance.case, instance_id=self.instance.id)
            details = {"queue": row["queue"], "due": row["due_at"], "role": row["role"]}
            yield Event("opened", row["element"], row["name"], rules_of(row["properties"]), details)

    def sync_timers(self, timers: Sequence[Timer]) -> None:
        """Close what waits no more, move what waits for another moment, and arm what is new."""
        armed = {(timer.task_id, timer.element): timer for timer in self.step.timers}
        for row in timers:
            timer = armed.pop((row.task_id, row.element), None)
            if timer is None:
                queries.change_timer(self.session, row.id, {"closed_at": self.act.at, "fired": row.due_at <= self.act.at})
            elif timer.due_at != row.due_at:
                queries.change_timer(self.session, row.id, {"due_at": timer.due_at, "incident_id": None})
        rows = [
            {
                "instance_id": self.instance.id,
                "task_id": timer.task_id,
                "element": timer.element,
                "process": timer.process,
                "due_at": timer.due_at,
                "deadline": timer.deadline,
                "created_at": self.act.at,
            }
            for timer in armed.values()
        ]
        queries.add_timers(self.session, rows)

    def end(self) -> Iterator[Event]:
        """Close the registers of an instance that is over, and follow a deviation's level while it is not."""
        instance, at = self.instance, self.act.at
        if instance.purpose == "deviation":
            self._update(Deviation, level=level_of(self.step.milestones))
        if self.step.ended is None:
            return
        for register in (Deviation, Dispute):
            self._update(register, status=self.step.outcome or "ended", ended_at=at)
        if instance.purpose == "case" and instance.case is not None and instance.case.closed_at is None:
            instance.case.closed_at, instance.case.outcome = at, self.step.outcome
        yield Event("ended", self.step.ended, details={"outcome": self.step.outcome})

    def _update(self, register: type[Deviation | Dispute], **values: Any) -> None:  # noqa: ANN401 - columns
        self.session.execute(update(register).where(register.instance_id == self.instance.id).values(**values))

    def _open(self, task: ReadyTask) -> dict[str, Any]:
        """Return the row of a new work item."""
        excluded = self._excluded(task)
        queue, routing = self._route(task, excluded)
        return {
            "instance_id": self.instance.id,
            "case_id": self.instance.case_id,
            "purpose": self.instance.purpose,
            "task_id": task.id,
            "element": task.element,
            "name": task.name,
            "process": task.process,
            "path": list(task.path),
            "lane": task.lane,
            "form": task.form,
            "role": task.role,
            "queue": queue,
            "unit_id": _text(task.inputs.get("unit")),
            "routing": routing,
            "excluded": sorted(excluded),
            "inputs": to_json(dict(task.inputs)),
            "properties": dict(task.properties),
            "priority": task.priority,
            "due_at": task.due_at,
            "urgency_at": task.due_at or END_OF_TIME,
            "deadline": task.deadline,
            "explanation": self._explain(task),
            "follow_up_at": task.follow_up_at,
            "created_at": self.act.at,
        }

    def _route(self, task: ReadyTask, excluded: frozenset[str]) -> tuple[str, list[Any]]:
        if task.assignee and self.facts.organisation.person(task.assignee):
            return f"person:{task.assignee}", []
        queue, why = way(self.facts, task.role, task.inputs, excluded)
        return queue, [why]

    def _excluded(self, task: ReadyTask) -> frozenset[str]:
        """Who may not have a manager's task: whom a deviation concerns, and its own reporter, as two people sign (003-19)."""
        excluded = _persons(task.inputs.get("barred")) | _persons(task.inputs.get("concerned")) | frozenset(self.instance.concerned)
        by_reporter = self.instance.purpose == "deviation" and (task.role or "").endswith(("_manager", "_level"))
        return excluded | {self.instance.initiator_person} if by_reporter else excluded

    def _explain(self, task: ReadyTask) -> dict[str, Any] | None:
        if task.due_at is None:
            return None
        return self.facts.explanation(task.deadline, self.step.milestones) or {
            "deadline": None,
            "sv": f"Dagen är hämtad ur det som redan är svarat i ärendet, så som ritningen säger vid ”{task.name}”.",
            "en": f"The day is taken from what is already answered in the case, as the drawing says at “{task.name}”.",
            "rules": rules_of(task.properties),
            "at": task.due_at.isoformat(),
        }

    def _queue_of(self, role: str, unit: str | None, person: str | None) -> str:
        if role not in roles.CASE_ROLES:
            raise ValueError(f"okänd roll {role}")
        facts = replace(self.facts, participants=participants_of(self.session, self.instance.case))
        return roles.resolve(role, facts.circumstances(unit, person)).queue


def way(facts: CaseFacts, role: str | None, inputs: Mapping[str, Any], excluded: frozenset[str]) -> tuple[str, dict[str, Any]]:
    """Return the queue to which a role leads now for a task with these inputs, and why."""
    here = facts.circumstances(_text(inputs.get("unit")), _text(inputs.get("person")), excluded, _level(inputs.get("level")))
    if inputs.get("route_chosen") is True:
        # Somebody has answered for the way: the gap in the agreement's list is closed for this deviation (003-22).
        here = replace(here, routed_kinds=None)
    found = roles.resolve(role or "process_owner", here)
    return found.queue, {"sv": found.sv, "en": found.en, "missing": found.missing, "for": found.on_behalf_of}


def milestones_of(instance: ProcessInstance) -> dict[str, datetime]:
    """Return an instance's milestones with their moments in UTC."""
    return {name: datetime.fromisoformat(moment) for name, moment in instance.milestones.items()}


def rules_of(properties: Mapping[str, str]) -> list[str]:
    """Return the ids of the agreement rules that an element says it serves."""
    return properties.get("requirement", "").split()


def level_of(milestones: Mapping[str, datetime]) -> int:
    """Return how high a deviation stands: 0 while it is written, then 1 and one more for each lift."""
    lifts = sum(name.startswith(LIFTED) for name in milestones)
    return lifts + 1 if lifts or {"reported", "countersigned"} & milestones.keys() else 0


def digest(values: Mapping[str, Any]) -> str:
    """Return a hash of what somebody wrote: history proves it unchanged without repeating it (SHA-256, hexadecimal)."""
    return hashlib.sha256(orjson.dumps(plain(dict(values)), option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)).hexdigest()


_TOLD = ("text", "reason", "template", "to", "unit", "outcome", "decision", "plan_type", "signed", "coordinator", "answer", "attended", "kind")
"""Inputs that the history repeats in clear, so that it can be read; the rest is proved by its hash."""


def _event_of(effect: Effect) -> Event:
    told = plain({key: effect.inputs[key] for key in _TOLD if key in effect.inputs})
    return Event(effect.type, effect.element, effect.name, details={**told, "digest": digest(effect.inputs)})


def _columns(step: Step, at: datetime) -> dict[str, Any]:
    return {
        "state": step.state,
        "milestones": {name: moment.isoformat() for name, moment in step.milestones.items()},
        "messages": sorted(step.messages),
        "ended_at": at if step.ended is not None else None,
        "ended_by": step.ended,
        "outcome": step.outcome,
    }


def _write_incident(runtime: Runtime, action: Action, failure: StepFailed) -> None:
    """Keep what failed and hold what waits for it, so that the sweep does not try again by itself."""
    with runtime.database.writing() as session:
        instance = session.get_one(ProcessInstance, action.find(session))
        at = runtime.clock.now()
        recipe = action.recipe()
        incident = next((one for one in queries.incidents_of(session, instance.id) if one.action == recipe), None)
        if incident is None:
            owner = process_owner_of(instance.agreement)
            incident = Incident(instance_id=instance.id, case_id=instance.case_id, action=recipe, created_at=at, queue=owner, tries=0)
            session.add(incident)
        incident.file, incident.element, incident.element_name = failure.file, failure.element, failure.name
        incident.reason_sv, incident.reason_en = failure.sentence("sv"), failure.sentence("en")
        incident.tries = (incident.tries or 0) + 1
        session.flush()
        _hold(session, instance.id, recipe, incident.id, at)
        event = Event("incident", failure.element, failure.name, details={"incident": incident.id, "action": recipe["kind"]})
        history.add(session, Act(at, recipe.get("by")), [event], case_id=instance.case_id, instance_id=instance.id)


def close_incident(session: Session, incident: int, at: datetime, by: str) -> None:
    """Close an incident, if it is open; what somebody wrote is kept for the retry alone and goes with it."""
    row = session.get(Incident, incident)
    if row is not None and row.closed_at is None:
        row.closed_at, row.closed_by = at, by
        row.action = {key: value for key, value in row.action.items() if key not in ("answers", "payload")}


def _hold(session: Session, instance_id: int, recipe: Mapping[str, Any], incident_id: int, at: datetime) -> None:
    if recipe["kind"] == "timers":
        due = (Timer.instance_id == instance_id, Timer.closed_at.is_(None), Timer.due_at <= at)
        session.execute(update(Timer).where(*due).values(incident_id=incident_id))
    elif recipe["kind"] == "complete":
        values = {"incident_id": incident_id, "draft": recipe["answers"], "draft_by": recipe["by"], "draft_at": at}
        session.execute(update(WorkItem).where(WorkItem.id == recipe["work_item"], WorkItem.closed_at.is_(None)).values(**values))


def _persons(value: object) -> frozenset[str]:
    entries = value if isinstance(value, list) else [value]
    return frozenset(entry for entry in entries if isinstance(entry, str) and entry)


def _level(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
