"""Where a case stands in its drawings: each step with its state, and the phases that it goes through.

The states come from what the history says was passed, from the tokens of the instance and from what waits for people and time, read
with the release that the instance is pinned to: a case shows the drawing that it runs on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import Language
from engine.execution import Outline, Phase, Release, Standing, outline, standing
from engine.execution.drawing import Element
from engine.facts.organisation import Organisation
from engine.services import access, history, wording
from engine.services.history import Reading
from engine.services.runtime import Runtime
from engine.storage import queries
from engine.storage.tables import Case, History, ProcessInstance, WorkItem

State = Literal["coming", "done", "waiting", "late", "not_taken"]
"""``not_taken``: it was not passed, and no way leads there any more."""

Place = tuple[str, str]
"""A process and an element of it."""


class NoSuchDrawing(access.NoSuchCase):
    """The case runs no such drawing, or none that this person may see."""

    sv = "Ärendet {case} har ingen ritning {process}."
    en = "The case {case} has no drawing {process}."


@dataclass(frozen=True)
class Wait:
    """One thing that a step waits for: somebody's work, or a moment."""

    element: str
    name: str
    english: str | None
    work_item: int | None
    """None where it waits for time."""
    mine: bool
    """Whether the reader may do it."""
    queue: str | None
    claimed_by: str | None
    unit: str | None
    """The unit that the work is about, where it is about one."""
    since: datetime
    until: datetime | None
    """When the work is due, or when the time that is waited for comes."""
    explanation: Mapping[str, Any] | None
    """Why by then: see engine/services/facts.py."""
    late: bool
    held: bool
    """Whether an incident holds it."""


@dataclass(frozen=True)
class Station:
    """One step of a drawing, and how the case stands to it. Gateways are no steps: they only choose."""

    element: str
    name: str
    english: str | None
    kind: str
    """The BPMN tag."""
    lane: str | None
    lane_english: str | None
    container: str | None
    """The subprocess that it is drawn in."""
    phase: int | None
    """Its place among the run's phases; none where the drawing names none, and for what may happen at any time."""
    called: str | None
    """The process that it calls."""
    state: State
    times: int
    """How often it was done."""
    last_at: datetime | None
    """When it was done last."""
    cancelled: int
    """How often it was begun and not needed any more."""
    waits: tuple[Wait, ...]
    """What is waited for in it, and in what it calls, what is due first in front."""

    @property
    def until(self) -> datetime | None:
        """The first moment by which something in it is due, or comes."""
        return next((wait.until for wait in self.waits if wait.until is not None), None)


@dataclass(frozen=True)
class Stage:
    """One phase of a process, for the strip that says how far the case has come."""

    name: str
    english: str | None
    state: State
    until: datetime | None


@dataclass(frozen=True)
class Run:
    """One drawing of a case: a process that was started, or one that it calls; several calls of one drawing are shown as one."""

    instance_id: int
    process: str
    name: str
    english: str | None
    purpose: str
    """``case``, ``deviation`` or ``dispute``."""
    called: bool
    """Whether another drawing of the same instance calls it."""
    release: str
    file: str
    state: State
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    stations: tuple[Station, ...]
    """In the order of the flow."""
    stages: tuple[Stage, ...]
    """Empty where the drawing names no phases."""


@dataclass(frozen=True)
class Progress:
    """Where a case stands."""

    reference: str
    agreement: str
    runs: tuple[Run, ...]
    """The main process first, each followed by those that it calls."""

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The phases of the main process."""
        return self.runs[0].stages if self.runs else ()


def of_case(runtime: Runtime, person: str, reference: str) -> Progress:
    """Return where a case stands, for a page that has told the history that the case is read. Raises NoSuchCase.

    Deviations and disputes of the case are among the runs only for those who may see them.
    """
    with runtime.database.reading() as session:
        return _progress(runtime, session, *access.require_sight(runtime, session, person, reference))


def read(runtime: Runtime, person: str, reference: str) -> Progress:
    """Return where a case stands; that it was read stands in its history. Raises NoSuchCase."""
    with runtime.database.reading() as session:
        case, sight = access.require_sight(runtime, session, person, reference)
        found = _progress(runtime, session, case, sight)
    history.log_reading(runtime, person, Reading("diagram", case.id))
    return found


def stages_of(runtime: Runtime, session: Session, case: Case, sight: access.Sight) -> tuple[Stage, ...]:
    """Return the phases of a case's main process for somebody with this sight, within their transaction; empty where the drawing names none."""
    main = session.scalar(
        select(ProcessInstance).where(ProcessInstance.case_id == case.id, ProcessInstance.purpose == "case").order_by(ProcessInstance.id).limit(1)
    )
    if main is None:
        return ()
    reader = _Reader(sight.person, runtime.organisation(session), runtime.clock.now(), sight.content)
    return next(_Course.of(session, reader, runtime.releases.get(main.release), main).runs()).stages


def phase_at(release: Release, process: str, places: Iterable[tuple[str, str, Sequence[str]]]) -> Phase | None:
    """Return the furthest phase of a process in which something waits, or none; it asks the database nothing, for lists of many cases.

    ``places`` are process, element and path of open work, and of timers, whose path is not kept.
    """
    outlined = outline(release, process)
    elements = release.process(process).elements
    callers: dict[str | None, list[str]] = defaultdict(list)
    for element in elements.values():
        callers[element.called].append(element.id)
    found = []
    for of, at, path in places:
        here: str | None = path[0] if path else at if of == process else next(iter(callers[of]), None)
        while here is not None and here not in outlined.phase_of:
            here = elements[here].container if here in elements else None
        found += [outlined.phase_of[here]] if here is not None else []
    return outlined.phases[max(found)] if found else None


def picture(runtime: Runtime, person: str, reference: str, instance_id: int, process: str, language: Language) -> bytes:
    """Return one drawing of a case to be shown, from the release that the case runs on. Raises NoSuchCase and NoSuchDrawing."""
    runs = of_case(runtime, person, reference).runs
    run = next((run for run in runs if (run.instance_id, run.process) == (instance_id, process)), None)
    if run is None:
        raise NoSuchDrawing(case=reference, process=process)
    return wording.picture(runtime.releases.get(run.release), run.file, language)


def _progress(runtime: Runtime, session: Session, case: Case, sight: access.Sight) -> Progress:
    hidden = access.hidden_instances(runtime, session, sight.person, case)
    found = session.scalars(select(ProcessInstance).where(ProcessInstance.case_id == case.id).order_by(ProcessInstance.id)).all()
    reader = _Reader(sight.person, runtime.organisation(session), runtime.clock.now(), sight.content)
    seen = sorted((one for one in found if one.id not in hidden), key=lambda one: (one.purpose != "case", one.id))
    runs = [run for one in seen for run in _Course.of(session, reader, runtime.releases.get(one.release), one).runs()]
    return Progress(case.reference, case.agreement, tuple(runs))


@dataclass(frozen=True)
class _Reader:
    person: str
    organisation: Organisation
    at: datetime
    content: bool
    """Whether they see whom something waits for; else only whether it is they."""

    def may_do(self, item: WorkItem) -> bool:
        return access.right_to(self.organisation, self.person, item, self.at) is not None


@dataclass
class _Passed:
    """How often an element was passed."""

    times: int = 0
    last_at: datetime | None = None
    cancelled: int = 0


@dataclass
class _Course:
    """One instance: what was passed, where it stands, what it waits for and what may still come."""

    instance: ProcessInstance
    release: Release
    passed: Mapping[Place, _Passed]
    waits: dict[Place, list[Wait]] = field(default_factory=lambda: defaultdict(list))
    """By every open place; the list may be empty."""
    coming: dict[str, set[str]] = field(default_factory=dict)
    """By process, in the order of the calls, the elements that may come."""

    @classmethod
    def of(cls, session: Session, reader: _Reader, release: Release, instance: ProcessInstance) -> _Course:
        """Read an instance."""
        course = cls(instance, release, _passed(session, instance.id))
        items = queries.open_items(session, instance.id)
        timers = queries.open_timers(session, instance.id)
        english = wording.of_drawings(release)
        for place in standing(release, instance.state) if instance.ended_at is None else ():
            own = [_of_item(item, reader, english) for item in items if _is_at(item, place)]
            own += [
                _of_time(course._element(place.process, timer.element), timer.created_at, timer.due_at, english)
                for timer in timers
                if (timer.process, timer.element) == (place.process, place.element)
            ]
            for around in course._around(place):
                course.waits[around] += own
        course._look_ahead(instance.process, starts=False)
        return course

    def runs(self) -> Iterator[Run]:
        """Yield the drawings of the instance, its own first."""
        english = wording.of_drawings(self.release)
        for process in self.coming:
            model, outlined = self.release.process(process), outline(self.release, process)
            stations = tuple(self._station(element, outlined, english) for element in outlined.order if not element.kind.endswith("Gateway"))
            called = process != self.instance.process
            yield Run(
                instance_id=self.instance.id,
                process=process,
                name=model.name,
                english=english.get(process),
                purpose=self.instance.purpose,
                called=called,
                release=self.release.hash,
                file=model.file,
                state=_whole(stations) if called or self.instance.ended_at is None else "done",
                started_at=self.instance.started_at,
                ended_at=self.instance.ended_at,
                outcome=self.instance.outcome,
                stations=stations,
                stages=tuple(_stages(outlined.phases, stations, english)),
            )

    def _station(self, element: Element, outlined: Outline, english: Mapping[str, str]) -> Station:
        place = (element.process, element.id)
        passed = self.passed.get(place, _Passed())
        waits = sorted(self.waits.get(place, ()), key=lambda wait: (wait.until is None, wait.until or wait.since))
        return Station(
            element=element.id,
            name=element.name,
            english=english.get(element.id),
            kind=element.kind,
            lane=element.lane,
            lane_english=wording.of_lanes(self.release, element.process).get(element.lane or ""),
            container=element.container,
            phase=outlined.phase_of.get(element.id),
            called=element.called,
            state=self._state(place, passed, waits),
            times=passed.times,
            last_at=passed.last_at,
            cancelled=passed.cancelled,
            waits=tuple(waits),
        )

    def _state(self, place: Place, passed: _Passed, waits: Sequence[Wait]) -> State:
        if place in self.waits:
            return "late" if any(wait.late for wait in waits) else "waiting"
        if passed.times:
            return "done"
        return "coming" if place[1] in self.coming[place[0]] else "not_taken"

    def _element(self, process: str, element: str) -> Element:
        return self.release.process(process).elements[element]

    def _around(self, place: Standing) -> Iterator[Place]:
        """Yield the place itself, and every subprocess and call activity that it lies in."""
        process = self.instance.process
        for call in place.path:
            yield from self._outwards(process, call)
            process = self._element(process, call).called or process
        yield from self._outwards(place.process, place.element)

    def _outwards(self, process: str, element: str | None) -> Iterator[Place]:
        while element is not None:
            yield process, element
            element = self._element(process, element).container

    def _look_ahead(self, process: str, *, starts: bool) -> None:
        """Note what may come in a process, and in what it calls; ``starts``: the process itself may be started yet."""
        model, outlined = self.release.process(process), outline(self.release, process)
        under_way = {element for of, element in self.waits if of == process}
        found = set(model.elements) if starts else set(outlined.reach(under_way))
        if starts or under_way:
            listening = [element.id for element in model.elements.values() if element.triggered_by_event]
            found |= {*listening, *outlined.reach(listening)}
        known = self.coming.setdefault(process, set())
        known |= found
        for element in outlined.order:
            if element.called is not None:
                self._look_ahead(element.called, starts=element.id in found)


def _passed(session: Session, instance_id: int) -> dict[Place, _Passed]:
    """Return how often each element was passed, as the history has it."""
    found: dict[Place, _Passed] = defaultdict(_Passed)
    told = select(History.at, History.details).where(History.instance_id == instance_id).order_by(History.number)
    for at, details in session.execute(told):
        for process, element, state in details.get("visited", ()):
            row = found[process, element]
            if state == "completed":
                row.times, row.last_at = row.times + 1, at
            else:
                row.cancelled += 1
    return dict(found)


def _is_at(item: WorkItem, place: Standing) -> bool:
    return (item.process, item.element, tuple(item.path)) == (place.process, place.element, place.path)


def _of_item(item: WorkItem, reader: _Reader, english: Mapping[str, str]) -> Wait:
    mine = reader.may_do(item)
    told = reader.content or mine
    return Wait(
        element=item.element,
        name=item.name,
        english=english.get(item.element),
        work_item=item.id,
        mine=mine,
        queue=item.queue if told else None,
        claimed_by=item.claimed_by if told else None,
        unit=item.unit_id if told else None,
        since=item.created_at,
        until=item.due_at,
        explanation=item.explanation,
        late=item.due_at is not None and item.due_at < reader.at,
        held=item.incident_id is not None,
    )


def _of_time(element: Element, since: datetime, until: datetime, english: Mapping[str, str]) -> Wait:
    return Wait(
        element=element.id,
        name=element.name,
        english=english.get(element.id),
        work_item=None,
        mine=False,
        queue=None,
        claimed_by=None,
        unit=None,
        since=since,
        until=until,
        explanation=None,
        late=False,
        held=False,
    )


def _stages(phases: Sequence[Phase], stations: Sequence[Station], english: Mapping[str, str]) -> Iterator[Stage]:
    """Yield the phases: what lies after where the case stands is coming, though a loop has been there before."""
    here = max((one.phase for one in stations if one.phase is not None and one.state in ("waiting", "late")), default=None)
    for number, phase in enumerate(phases):
        own = [one for one in stations if one.phase == number]
        state = _whole(own)
        if state == "done" and here is not None and number > here:
            state = "coming"
        until = min((one.until for one in own if one.until is not None), default=None)
        yield Stage(phase.name, english.get(f"{phase.element}.phase"), state, until)


def _whole(stations: Iterable[Station]) -> State:
    """Return the state of several steps together."""
    states = {one.state for one in stations}
    order: tuple[State, ...] = ("late", "waiting", "done", "coming")
    return next((state for state in order if state in states), "not_taken")
