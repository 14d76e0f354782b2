"""A running instance: SpiffWorkflow's tokens and workflows, and the loop that runs them until people are needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.specs.Join import Join
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.execution import feel
from engine.execution.dmn import DecisionFailed, NoSuchDecision
from engine.execution.drawing import TASK_KINDS, Element, Event, Value
from engine.execution.expressions import engine_for, top_names
from engine.execution.faults import StepFailed
from engine.execution.nodes import OPEN, Boundary, Call, Catching, Multiple, Node, ProcessSpec, Scope
from engine.execution.results import Effect, Facts, FeelValue, Visit

if TYPE_CHECKING:
    from engine.execution.release import Release

STEP_BUDGET = 1_000
"""The most elements that one step may pass without a person; more is a loop that never ends."""


class Token(Task):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """A task of SpiffWorkflow's tree that shares its scope's variables instead of copying them."""

    data: Scope

    def __init__(self, workflow: Any, task_spec: Any, parent: Token | None = None, state: int = TaskState.MAYBE, id: str | None = None) -> None:  # noqa: A002 - SpiffWorkflow's name
        super().__init__(workflow, task_spec, parent, state, id or uuid4().hex)
        if parent is not None:
            self.data = parent.data

    @property
    def top(self) -> Instance:
        """The instance that the token belongs to."""
        instance: Instance = self.workflow.top_workflow
        return instance

    def _add_child(self, task_spec: Any, state: int = TaskState.MAYBE) -> Token:
        return Token(self.workflow, task_spec, self, state)

    def _inherit_data(self) -> None:
        """Nothing to inherit: the scope is shared."""

    def _set_state(self, value: int) -> None:
        self._state = value

    def collect_log_extras(self, dct: Any = None) -> dict[str, Any]:
        """Return nothing: personal data has no place in a log."""
        return {}

    def run(self) -> Any:
        """Make the tokens that may follow, then run."""
        self.task_spec._predict_hook(self)
        return super().run()

    def complete(self) -> None:
        """Complete, unless what the token itself did has cancelled it."""
        if not self.has_state(TaskState.CANCELLED):
            super().complete()

    def cancel(self) -> None:
        """Cancel with all that is under way below, called processes and instances too."""
        if not self.has_state(TaskState.FINISHED_MASK):
            for child in self.children:
                child.cancel()
            if self.has_state(OPEN) and isinstance(self.task_spec, Node):
                element = self.task_spec.element
                if element.kind in TASK_KINDS and not isinstance(self.task_spec, Multiple):
                    self.top.passed(element, "cancelled")
        super().cancel()


class _Running:
    """What the instance and the processes within it have in common."""

    spec: ProcessSpec
    tasks: dict[str, Token]
    task_tree: Token
    completed: bool
    top_workflow: Instance

    @property
    def scope(self) -> Scope:
        """The variables of the process."""
        return self.task_tree.data

    def begin(self, scope: Scope) -> None:
        """Put the first token on the start."""
        self.task_tree = Token(self, self.spec.start, state=TaskState.FUTURE)
        self.task_tree.data = scope
        self.task_tree._ready()
        self.task_tree.run()

    def _task_completed_notify(self, task: Token) -> None:
        if task.task_spec.name == "End":
            self.finish()
        elif not self.completed:
            for waiting in list(self.tasks.values()):
                if waiting.state == TaskState.WAITING and isinstance(waiting.task_spec, Join):
                    waiting.task_spec._update(waiting)

    def finish(self) -> None:
        """Be over: nothing is under way here any more."""
        self.completed = True

    def cancel_all_but(self, kept: Token) -> None:
        """Cancel every token of the process but one and what comes of it, called processes and timers too."""
        for task in list(self.tasks.values()):
            if task is not kept and task.parent is not kept and not task.has_state(TaskState.FINISHED_MASK):
                task.cancel()


class Part(_Running, BpmnSubWorkflow):  # type: ignore[misc]
    """A called process, an embedded subprocess or an event subprocess that is under way."""

    def __init__(self, spec: ProcessSpec, parent_task_id: str, top_workflow: Instance) -> None:
        super().__init__(spec, parent_task_id, top_workflow, deserializing=True)

    def finish(self) -> None:
        """Be over, and let the element outside go on."""
        already = self.completed
        super().finish()
        if not already:
            outside = self.top_workflow.get_task_from_id(self.parent_task_id)
            if outside.state == TaskState.STARTED:
                outside.task_spec._on_subworkflow_completed(self, outside)

    def cancel(self, success: object = None) -> list[Token]:
        """Cancel all that is under way in it."""
        self.completed = True
        cancelled = [task for task in self.tasks.values() if not task.has_state(TaskState.FINISHED_MASK)]
        for task in cancelled:
            task.cancel()
        return cancelled


@dataclass
class Journal:
    """What a step did, in order, and what it may ask."""

    now: datetime
    facts: Facts
    milestones: dict[str, datetime]
    effects: list[Effect] = field(default_factory=list)
    visited: list[Visit] = field(default_factory=list)
    ended: Element | None = None


class Instance(_Running, BpmnWorkflow):  # type: ignore[misc]
    """One process instance, restored for one step."""

    def __init__(self, release: Release, process_id: str, journal: Journal) -> None:
        self.release = release
        self.journal = journal
        super().__init__(release.specs[process_id], release.specs, script_engine=engine_for(journal, release.roots), deserializing=True)

    @property
    def now(self) -> datetime:
        """The moment of the step, UTC."""
        return self.journal.now

    def create_subprocess(self, my_task: Token, spec_name: str) -> Part:
        """Make the inside of a call activity or subprocess."""
        part = Part(self.subprocess_specs[spec_name], my_task.id, self)
        self.subprocesses[my_task.id] = part
        return part

    def running(self) -> Iterator[_Running]:
        """Yield the processes under way, the instance's own first."""
        yield self
        yield from [part for part in self.subprocesses.values() if not part.completed]

    def open_tokens(self) -> Iterator[Token]:
        """Yield the tokens that stand somewhere."""
        for process in list(self.running()):
            for task in list(process.tasks.values()):
                if task.has_state(OPEN) and task.id in process.tasks:
                    yield task

    def run_to_people(self) -> None:
        """Run what needs no person until only people, messages and timers are waited for.

        Raises ``StepFailed`` where that takes more than ``STEP_BUDGET`` elements.
        """
        passed = 0
        while True:
            ready = [task for task in self.open_tokens() if task.state == TaskState.READY and not task.task_spec.manual]
            if not ready:
                return
            for task in ready:
                if task.state != TaskState.READY or task.id not in task.workflow.tasks:
                    continue
                passed += 1
                if passed > STEP_BUDGET:
                    raise self.endless(task)
                task.run()

    def endless(self, task: Token) -> StepFailed:
        """Say which element goes round without end."""
        while not isinstance(task.task_spec, Node):
            task = task.parent
        return self.failed(
            task.task_spec.element,
            f"steget har passerat {STEP_BUDGET} element utan att någon människa behövts; rita en väg ut ur slingan",
            f"the step has passed {STEP_BUDGET} elements without needing a person; draw a way out of the loop",
        )

    def deliver(self, message: str, payload: Mapping[str, FeelValue]) -> bool:
        """Let a message happen to every token that waits for it; say whether there was one."""
        hearing = [task for task in self.open_tokens() if isinstance(task.task_spec, Catching) and task.task_spec.hears(task, message)]
        heard = False
        for task in hearing:
            if task.state == TaskState.WAITING and not task.workflow.completed:
                at = next(at for event, at in task.task_spec.waits_for if event.kind == "message" and event.reference == message)
                task.task_spec.happen(task, at, payload)
                self.run_to_people()
                heard = True
        return heard

    def due(self) -> list[tuple[datetime, Token, str]]:
        """Return the armed timers, the earliest first, each with the element that draws it."""
        armed = [
            (moment, task, at)
            for task in self.open_tokens()
            if isinstance(task.task_spec, Catching) and task.state == TaskState.WAITING
            for at, moment in task.task_spec.due(task)
        ]
        return sorted(armed, key=lambda row: row[0])

    def fire_timers(self) -> None:
        """Let every timer that is due happen, the earliest first, and run on after each."""
        for _ in range(STEP_BUDGET):
            armed = self.due()
            if not armed or armed[0][0] > self.now:
                return
            _, task, at = armed[0]
            task.task_spec.happen(task, at)
            self.run_to_people()
        raise self.endless(armed[0][1])

    def throw(self, task: Token, element: Element, event: Event) -> None:
        """Hand an error or escalation outwards, to the nearest boundary event that catches it.

        Raises ``StepFailed`` for an error that nothing catches; an escalation may go unheard.
        """
        process = task.workflow
        while isinstance(process, Part):
            holder = self.get_task_from_id(process.parent_task_id)
            process = holder.workflow
            if isinstance(holder.parent.task_spec, Multiple):
                holder = holder.parent
            if isinstance(holder.parent.task_spec, BoundaryEventSplit) and self._caught(holder.parent, event):
                return
        if event.kind == "error":
            raise self.failed(
                element,
                f"felet {event.reference or ''} fångas inte någonstans",
                f"the error {event.reference or ''} is caught nowhere",
            )

    def _caught(self, split: Token, event: Event) -> bool:
        for task in split.children:
            caught = task.task_spec.element.event if isinstance(task.task_spec, Boundary) else None
            if (
                caught is not None
                and task.state == TaskState.WAITING
                and caught.kind == event.kind
                and caught.reference in (None, "", event.reference)
            ):
                task.task_spec.happen(task, task.task_spec.element.id)
                if task.task_spec.element.interrupting:
                    task.run()
                return True
        return False

    def evaluate(self, task: Token, element: Element, value: Value, extra: Mapping[str, FeelValue] | None = None) -> FeelValue:
        """Return the text as it stands, or what the FEEL expression gives in the token's scope.

        Raises ``StepFailed`` where the expression cannot be evaluated.
        """
        (given,) = self.evaluate_all(task, element, [value], extra)
        return given

    def evaluate_all(self, task: Token, element: Element, values: Sequence[Value], extra: Mapping[str, FeelValue] | None = None) -> list[FeelValue]:
        """Return what each of an element's texts or expressions gives, in one call of the isolate. Raises ``StepFailed``."""
        expressions = [value.text for value in values if value.is_feel]
        try:
            given = iter(self.script_engine.environment.evaluate_all(expressions, task.data.visible(), extra))
        except (feel.FeelError, feel.NotAFeelValue) as error:
            raise self.failed(element, error.sentence("sv"), error.sentence("en")) from error
        return [next(given) if value.is_feel else value.text for value in values]

    def reads(self, value: Value) -> frozenset[str]:
        """Return the variables that an expression reads."""
        return top_names(value.text, self.release.roots) if value.is_feel else frozenset()

    def decide(self, task: Token, element: Element, inputs: Mapping[str, FeelValue]) -> FeelValue:
        """Return what the business rule task's decision gives in the token's scope."""
        decision = element.decision or ""
        try:
            names = [asked.name for asked in self.release.decisions.inputs_of(decision)]
            context = self.script_engine.environment.context(names, task.data.visible(), inputs)
            return self.release.decisions.evaluate(decision, context)
        except (DecisionFailed, NoSuchDecision, feel.FeelError, feel.NotAFeelValue) as error:
            raise self.failed(element, error.sentence("sv"), error.sentence("en")) from error

    def kept(self, element: Element, answers: Mapping[str, FeelValue]) -> dict[str, FeelValue]:
        """Return the answers that some expression of the element's process reads."""
        names = self.release.processes[element.process].read_names
        return {name: answer for name, answer in answers.items() if name in names}

    def make(self, effect: Effect) -> None:
        """Note an effect."""
        self.journal.effects.append(effect)

    def passed(self, element: Element, state: str = "completed") -> None:
        """Note that an element was passed."""
        self.journal.visited.append(Visit(element.id, element.name, element.kind, element.process, state))

    def reached(self, element: Element) -> None:
        """Set the element's milestone, so that the facts are asked anew."""
        if element.milestone:
            self.journal.milestones[element.milestone] = self.now
            self.script_engine.environment.forget()

    def ending(self, task: Token, element: Element) -> None:
        """Note the end event that was reached last in the instance's own process."""
        process = task.workflow
        while isinstance(process, Part):
            outside = self.get_task_from_id(process.parent_task_id)
            if isinstance(outside.task_spec, Call):
                return
            process = outside.workflow
        self.journal.ended = element

    def failed(self, element: Element, reason: str, reason_en: str) -> StepFailed:
        """Return the error that names the element."""
        file = self.release.processes[element.process].file
        return StepFailed(file=file, element=element.id, name=element.name, reason=reason, reason_en=reason_en)
