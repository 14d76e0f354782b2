"""One invented case from its beginning until it and everything that it started has ended."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import execution
from engine.clock import STOCKHOLM, MovableClock
from engine.errors import SamspelError
from engine.execution.faults import StepFailed
from engine.execution.results import Step
from engine.facts.consents import carry_on
from engine.facts.organisation import Organisation, Purpose, queues_of
from engine.services import agreements, cases, deviations, disputes, steps, tasks, timers
from engine.services.demonstration import invent_child
from engine.services.facts import gather
from engine.services.runtime import Runtime
from engine.simulation.answers import Answering
from engine.simulation.guide import FAR, Guide, Node, Way, starts_of
from engine.simulation.report import Report, Stuck
from engine.storage.queries import Narrowing, open_incidents
from engine.storage.tables import Case, Consent, Deviation, History, ProcessInstance, Timer, WorkItem

TIRED = 60
"""After so many steps a case looks for its end rather than for something new."""
CONTENT = 15
"""After so many, where there is nothing new left to look for."""
LONGEST = 400
"""A case that has not ended after so many steps is stuck."""
KINDS: tuple[disputes.Kind, ...] = ("responsibility", "cost")

ENOUGH = 4
"""In how many ways a form is filled in before one is chosen that at least leads somewhere."""
LOOKS = 40
"""In how many ways, at most, while none leads nearer to what the case heads for."""
ALIKE = 6
"""So many ways in a row that the drawing cannot tell from earlier ones mean that there are no others."""


_Pick = tuple[tuple[Node, str], Any]
"""A choice in a form: the element with the field's path, and what was chosen."""


@dataclass(frozen=True)
class _Item:
    """A work item that waits."""

    id: int
    node: Node
    role: str
    queue: str
    purpose: Purpose
    excluded: frozenset[str]


class _Without:
    """A consent as it would stand if somebody had said no."""

    def __init__(self, one: Consent, giver: str) -> None:
        self.giver, self.capacity = one.giver, one.capacity
        self.given = one.given and one.giver != giver
        self.recipients, self.valid_to, self.withdrawn_at = one.recipients, one.valid_to, one.withdrawn_at


@dataclass(frozen=True)
class _Waiting:
    """Everything that a case waits for at one moment."""

    items: tuple[_Item, ...]
    timers: tuple[tuple[datetime, Node], ...]
    messages: tuple[tuple[str, int], ...]
    """Each message that is heard, with the instance that hears it."""
    running: bool


@dataclass(frozen=True)
class _Act:
    """One thing that could be done next, and where it leads."""

    do: Callable[[], None]
    way: Way | None
    """To what nobody has been at, or to the end; none where it leads to neither."""
    now: bool = False
    """Whether it is to be done before anything else."""

    @property
    def distance(self) -> int:
        """How far from the goal it begins."""
        return 0 if self.now else self.way.distance if self.way is not None else FAR


@dataclass(frozen=True)
class _Heading:
    """What a case is on its way to."""

    target: Node
    left: tuple[int, int]
    """How far away that is, and from how many places at that distance."""


@dataclass(frozen=True)
class _Choice:
    """One way to fill in a form, and how far from the goal the case would stand after it."""

    answers: dict[str, Any]
    choices: list[_Pick]
    distance: int


class _CannotGoOn(Exception):
    """The case is stuck, with the reason."""


@dataclass
class Story:
    """A case that is being played."""

    runtime: Runtime
    clock: MovableClock
    organisation: Organisation
    agreement: str
    guide: Guide
    chance: random.Random
    report: Report
    number: int
    seed: str
    reference: str = ""
    case_id: int = 0
    initiator: str = ""
    acts: int = 0
    began: set[str] = field(default_factory=set)
    """The purposes of what was begun beside the case."""
    withdrawn: bool = False
    _heading: _Heading | None = None
    """What the last step was to lead to."""
    _told: int = 0
    """The last row of history that was read."""
    _potential: dict[tuple[str, str | None], list[str]] = field(default_factory=dict)

    def play(self) -> None:
        """Play it to its end, or write down why it did not get there."""
        try:
            self._begin()
            while (waiting := self._look()).running:
                if self.acts >= LONGEST:
                    raise _CannotGoOn(f"inte slut efter {LONGEST} steg")  # noqa: TRY301 - one place says what stuck means
                self._step(waiting)
            self._judge([])
        except _CannotGoOn as reason:
            self.report.stuck.append(Stuck(self.number, self.seed, str(reason)))
        except SamspelError as error:
            if isinstance(error, StepFailed):
                self.report.incidents.append(error.sentence("sv"))
            self.report.stuck.append(Stuck(self.number, self.seed, error.sentence("sv")))
        self._settle()

    def advance(self, steps: int) -> None:
        """Begin it and take at most so many steps; it may stand where it is, or have ended."""
        self._begin()
        while self.acts < steps and (waiting := self._look()).running:
            self._step(waiting)

    def _begin(self) -> None:
        """Let somebody in one of the agreement's units see a need."""
        self.guide.begin()
        at = self.clock.now()
        units = [unit for unit in self.organisation.units if self.agreement in unit.agreements]
        unit = self.chance.choice(units)
        self.initiator = self.chance.choice([who for who in self.organisation.staff_of(unit.id, at) if self.organisation.can_log_in(who, at)])
        release = self.runtime.releases.active
        today = at.astimezone(STOCKHOLM).date()
        oldest = agreements.policy(release, self.agreement, today).values.get("age_max") or 17
        home = self.organisation.party_of(unit.id)
        child = invent_child(self.chance, today, int(min(oldest, 17)), home.name if home else None)
        started = cases.start(self.runtime, self.initiator, agreement=self.agreement, child=child, unit=unit.id)
        self.reference = started.reference
        with self.runtime.database.reading() as session:
            self.case_id = session.scalars(select(Case.id).where(Case.reference == self.reference)).one()

    def _step(self, waiting: _Waiting) -> None:
        """Do the one thing that leads nearest to the goal, some time after the last."""
        self.acts += 1
        acts = [*self._item_acts(waiting), *self._timer_acts(waiting), *self._message_acts(waiting), *self._own_acts(waiting)]
        self._judge(acts)
        if not acts:
            raise _CannotGoOn("inget väntar på någon människa eller på tiden")
        nearest = min(act.distance for act in acts)
        by_chance = nearest >= FAR or self.chance.random() < 0.15  # noqa: PLR2004 - one in seven by chance alone
        usual = acts[: len(waiting.items)] or acts
        chosen = self.chance.choice(usual if by_chance else [act for act in acts if act.distance == nearest])
        if chosen.way is not None and chosen.distance == nearest and not chosen.now and not self._tired:
            self._heading = _Heading(chosen.way.target, _left(acts))
        chosen.do()

    def _judge(self, acts: Sequence[_Act]) -> None:
        """Tell the guide where the last step was to lead to something new and led no nearer."""
        heading, self._heading = self._heading, None
        if heading is not None and heading.target not in self.guide.visited and _left(acts) >= heading.left:
            self.guide.failed(heading.target)

    def _item_acts(self, waiting: _Waiting) -> list[_Act]:
        return [_Act(partial(self._complete, item), self._way(item.node)) for item in waiting.items]

    def _timer_acts(self, waiting: _Waiting) -> Iterator[_Act]:
        """Let time pass until a timer that leads somewhere, whatever comes due before it; until the next one where nothing else waits."""
        if not waiting.items and waiting.timers:
            due, node = min(waiting.timers)
            yield _Act(partial(self._wait_until, due), self._way(node), now=True)
            return
        for due, node in waiting.timers:
            way = self._way(node)
            # Mostly the form beside it leads there as well: to wait is only now and then the better way.
            if way is not None and (way.target == node or self.chance.random() < 0.25):  # noqa: PLR2004
                yield _Act(partial(self._wait_until, due), way)

    def _message_acts(self, waiting: _Waiting) -> Iterator[_Act]:
        """Say something that the drawing listens for, where it leads somewhere new, and now and then anyway."""
        for message, instance in waiting.messages:
            nodes = self.guide.chart.listeners.get(message, frozenset())
            fresh = not nodes <= self.guide.visited
            if message == cases.WITHDRAWN and not self.withdrawn and (fresh or self.chance.random() < 0.01) and self._has_consent():  # noqa: PLR2004
                yield _Act(self._withdraw, None, now=True)
            if message == cases.PARTLY_WITHDRAWN and fresh and (givers := self._spared()):
                yield _Act(partial(self._withdraw, self.chance.choice(givers)), None, now=True)
            if message == deviations.LIFT and (fresh or self.chance.random() < 0.05):  # noqa: PLR2004
                yield _Act(partial(self._lift, instance), None, now=True)

    def _own_acts(self, waiting: _Waiting) -> Iterator[_Act]:
        """Report a deviation and raise a dispute, each once in a case: where that leads somewhere new, and now and then anyway."""
        if self._tired or not waiting.items:
            return
        for purpose, act in (("deviation", self._report), ("dispute", self._dispute)):
            starts = starts_of(self.runtime.releases.active, purpose)
            way = self.guide.way(starts)
            if starts and purpose not in self.began and (way is not None or self.chance.random() < 0.01):  # noqa: PLR2004
                yield _Act(act, way)

    def _way(self, node: Node) -> Way | None:
        return self.guide.way([node], ending=self._tired)

    @property
    def _tired(self) -> bool:
        return self.acts > (TIRED if self.guide.curious else CONTENT)

    def _complete(self, item: _Item) -> None:
        """Fill in the form as somebody in whose inbox the item is."""
        self._pass_time(timedelta(minutes=self.chance.randrange(20, 60 * 30)))
        person = self._somebody(item)
        if person is None:
            self._heading = None  # a timer took it meanwhile: nobody knows where it would have led
            return
        if self.chance.random() < 0.25:  # noqa: PLR2004 - some claim first
            tasks.claim(self.runtime, person, item.id)
        shown = tasks.show(self.runtime, person, item.id)
        choice = self._choose(item, shown)
        tasks.complete(self.runtime, person, item.id, choice.answers)
        self.guide.chose(choice.choices)

    def _choose(self, item: _Item, shown: tasks.Task) -> _Choice:
        """Fill in the form in several ways and return the one after which the case stands nearest to the goal."""
        here = self.guide.distance([item.node], ending=self._tired)
        found: list[_Choice] = []
        refused = ""
        tried: set[Hashable] = set()
        newest = 0
        with self.runtime.database.reading() as session:
            row = session.get_one(WorkItem, item.id)
            release = self.runtime.releases.get(row.instance.release)
            facts = gather(session, self.organisation, release, steps.subject_of(row.instance), self.clock.now())
            read = release.processes[item.node[0]].read_names
            for look in range(LOOKS):
                if found and (look - newest > ALIKE or self._enough(here, found, look)):
                    break
                answers, picked, valid, wrong = self._filled_in(item, shown, look)
                refused = wrong or refused
                if wrong or (told := _told(picked, valid, read)) in tried:
                    continue
                tried.add(told)
                newest = look
                try:
                    step = execution.complete(release, row.instance.state, row.task_id, valid, facts, facts.at)
                except StepFailed:
                    return _Choice(answers, picked, 0)  # let the service meet it
                found.append(_Choice(answers, picked, self._worth(step)))
                if found[-1].distance < here or shown.form is None:
                    if step.ended is None:
                        self.guide.worked(item.node, picked)
                    break
        if not found:
            raise _CannotGoOn(f"formuläret till ”{self.report.names[item.node]}” går inte att fylla i: {refused}")
        return min(found, key=lambda choice: choice.distance)

    def _enough(self, here: int, found: Sequence[_Choice], look: int) -> bool:
        """Whether a form has been filled in in ways enough to choose among them."""
        if not self._tired and self._heading is not None and self._heading.left[0] == here:
            return False  # to be known as vain, a step must have been tried in every way
        return here >= FAR or (look >= ENOUGH and any(choice.distance < FAR for choice in found))

    def _worth(self, step: Step) -> int:
        """How far the case stands from the goal after a step."""
        if self._tired and step.ended is not None:
            return 0
        passed = {(visit.process, visit.element) for visit in step.visited}
        if not self._tired and passed & self.guide.unvisited:
            return 0
        waiting = {(task.process, task.element) for task in step.ready} | {(timer.process, timer.element) for timer in step.timers}
        return self.guide.distance(waiting, ending=self._tired)

    def _filled_in(self, item: _Item, shown: tasks.Task, look: int) -> tuple[dict[str, Any], list[_Pick], dict[str, Any], str]:
        """Return answers, the choices in them, the answers as the form understands them, and what it complains of.

        The first look is for what was chosen least; the further ones try whatever combination.
        """
        if shown.form is None:
            return {}, [], {}, ""
        recalled = self.guide.recall(item.node)

        def pick(path: str, options: Sequence[Any]) -> Any:  # noqa: ANN401 - one of the options
            known = recalled.get((item.node, path))
            if known in options:
                return known
            return self.chance.choice(options) if look else self.guide.pick((item.node, path), options)

        filled = Answering(shown.form, {**shown.variables, **shown.values}, self.clock.now(), self.chance, pick).filled()
        complaints = "; ".join(complaint.sv for complaint in filled.complaints.values())
        return filled.given, [((item.node, path), choice) for path, choice in filled.choices], filled.valid, complaints

    def _somebody(self, item: _Item) -> str | None:
        """Return a person in whose inbox the item is; none where it has gone."""
        potential = self._persons_of(item)
        self.chance.shuffle(potential)
        for person in potential:
            inbox = tasks.inbox(self.runtime, person, Narrowing(case=self.reference))
            if any(entry.id == item.id for entry in inbox):
                return person
        if any(one.id == item.id for one in self._look().items):
            raise _CannotGoOn(f"uppgiften ”{self.report.names[item.node]}” ligger i {item.queue}, som ingen har i sin inkorg")
        return None

    def _persons_of(self, item: _Item) -> list[str]:
        key = (item.queue, item.purpose)
        if key not in self._potential:
            at = self.clock.now()
            self._potential[key] = [
                person.id for person in self.organisation.persons if item.queue in queues_of(person.id, self.organisation, at, item.purpose)
            ]
        return [person for person in self._potential[key] if person not in item.excluded]

    def _wait_until(self, due: datetime) -> None:
        if due > self.clock.now():
            self.clock.move_to(due)
        self._sweep()

    def _pass_time(self, by: timedelta) -> None:
        self.clock.advance(by)
        self._sweep()

    def _sweep(self) -> None:
        swept = timers.sweep(self.runtime)
        if swept.failed:
            with self.runtime.database.reading() as session:
                self._tell_incidents(session)
            raise _CannotGoOn("en timer kunde inte gå vidare")

    def _withdraw(self, giver: str | None = None) -> None:
        """Withdraw one's consent, so that the others' carry the case on, or everybody's."""
        self.withdrawn = giver is None
        cases.withdraw(self.runtime, self.initiator, self.reference, giver=giver, reason="Simulerad återkallelse")

    def _report(self) -> None:
        """Report a deviation, now and then one that concerns the reporter's own nearest manager."""
        self.began.add("deviation")
        at = self.clock.now()
        unit = self.organisation.units_of(self.initiator, at)[0]
        others = [one.id for one in self.organisation.units if self.agreement in one.agreements and one.id != unit]
        nearest = self.organisation.line(unit, at)[0]
        concerned = [who for who in self.organisation.holders(nearest.id, at) if who != self.initiator and self.chance.random() < 0.3]  # noqa: PLR2004
        deviations.report(
            self.runtime,
            self.initiator,
            agreement=self.agreement,
            unit=unit,
            case=self.reference,
            concerned_unit=self.chance.choice(others),
            concerned=concerned,
        )

    def _dispute(self) -> None:
        """Let two units disagree over responsibility or cost."""
        self.began.add("dispute")
        units = [unit.id for unit in self.organisation.units if self.agreement in unit.agreements]
        place = (self.agreement, "dispute")
        kind = self.guide.pick(place, KINDS)
        self.guide.chose([(place, kind)])
        disputes.raise_dispute(
            self.runtime,
            self.initiator,
            case=self.reference,
            kind=kind,
            units=self.chance.sample(units, 2),
            description="Verksamheterna är oense.",
        )

    def _lift(self, instance: int) -> None:
        with self.runtime.database.reading() as session:
            row = session.scalars(select(Deviation).where(Deviation.instance_id == instance)).one()
        deviations.lift(self.runtime, row.reporter, row.id, "Simulerat lyft")

    def _has_consent(self) -> bool:
        with self.runtime.database.reading() as session:
            query = select(Consent.id).where(Consent.case_id == self.case_id, Consent.given, Consent.withdrawn_at.is_(None)).limit(1)
            return session.scalar(query) is not None

    def _spared(self) -> list[str]:
        """Without whose consent the case would go on."""
        with self.runtime.database.reading() as session:
            answers = session.scalars(select(Consent).where(Consent.case_id == self.case_id).order_by(Consent.id)).all()
        on = self.clock.now().astimezone(STOCKHOLM).date()
        policy = agreements.policy(self.runtime.releases.active, self.agreement, on).values
        rules = (str(policy.get("consent_giver")), str(policy.get("guardians_needed")), on)
        holding = dict.fromkeys(one.giver for one in answers if one.given and one.withdrawn_at is None)
        return [giver for giver in holding if carry_on([_Without(one, giver) for one in answers], *rules)]

    def _read_history(self) -> None:
        """Tell the guide what has been passed since the last time."""
        with self.runtime.database.reading() as session:
            query = select(History.id, History.details).where(History.case_id == self.case_id, History.id > self._told).order_by(History.id)
            rows = session.execute(query).all()
        visits = [((process, element), state) for _, details in rows for process, element, state in details.get("visited", ())]
        # A user task that time or a message ended has been open all the same.
        passed = {node for node, state in visits if state == "completed" or self._is_for_people(node)}
        self._told = rows[-1].id if rows else self._told
        self.guide.saw(passed)

    def _is_for_people(self, node: Node) -> bool:
        element = self.guide.chart.elements.get(node)
        return element is not None and element.kind == "userTask"

    def _look(self) -> _Waiting:
        """Read what the case waits for."""
        self._read_history()
        with self.runtime.database.reading() as session:
            instances = session.scalars(
                select(ProcessInstance)
                .where(ProcessInstance.case_id == self.case_id, ProcessInstance.ended_at.is_(None))
                .order_by(ProcessInstance.id)
            ).all()
            ids = [instance.id for instance in instances]
            items = session.scalars(select(WorkItem).where(WorkItem.instance_id.in_(ids), WorkItem.closed_at.is_(None)).order_by(WorkItem.id)).all()
            armed = session.scalars(select(Timer).where(Timer.instance_id.in_(ids), Timer.closed_at.is_(None)).order_by(Timer.id)).all()
            return _Waiting(
                tuple(_item(item) for item in items),
                tuple((timer.due_at, (timer.process, timer.element)) for timer in armed),
                tuple((message, instance.id) for instance in instances for message in sorted(instance.messages)),
                bool(instances),
            )

    def _settle(self) -> None:
        """Write down what the case came to."""
        self.report.steps.append(self.acts)
        if not self.case_id:
            return
        self._read_history()
        with self.runtime.database.reading() as session:
            for instance in session.scalars(select(ProcessInstance).where(ProcessInstance.case_id == self.case_id)):
                if instance.ended_at is not None:
                    self.report.ends[f"{instance.process}: {instance.ended_by} ({instance.outcome})"] += 1
            done = select(WorkItem).where(WorkItem.case_id == self.case_id, WorkItem.outcome == "completed")
            for item in session.scalars(done):
                if item.closed_at is not None:
                    self.report.waits.setdefault(item.role or "assignee", []).append(item.closed_at - item.created_at)
            self._tell_incidents(session)

    def _tell_incidents(self, session: Session) -> None:
        for incident in open_incidents(session):
            said = f"{incident.file}: {incident.element} ({incident.element_name}): {incident.reason_sv}"
            if incident.case_id == self.case_id and said not in self.report.incidents:
                self.report.incidents.append(said)


def _told(picked: Sequence[_Pick], valid: Mapping[str, Any], read: Collection[str]) -> Hashable:
    """Return what a drawing can tell of a filled-in form: its choices, dates and numbers as far as something reads them, but no words."""
    choices = tuple((path, choice) for (_, path), choice in picked if re.split(r"[.#]", path)[0] in read)
    values = tuple((key, _roughly(value)) for key, value in valid.items() if key in read and not isinstance(value, list | dict))
    return choices, values


def _roughly(value: Any) -> Hashable:  # noqa: ANN401 - an answer
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, bool | int | float | date) else bool(value)


def _left(acts: Sequence[_Act]) -> tuple[int, int]:
    """Return how far it is to the goal from the nearest of some acts, and how many are that near."""
    ways = [act.distance for act in acts if act.way is not None and not act.now]
    nearest = min(ways, default=FAR)
    return nearest, ways.count(nearest)


def _item(row: WorkItem) -> _Item:
    return _Item(row.id, (row.process, row.element), row.role or "", row.queue, cast("Purpose", row.purpose), frozenset(row.excluded))
