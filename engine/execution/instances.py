"""One step of an instance: start, complete, deliver a message, fire timers; plain data in, plain data out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.util.task import TaskState

from engine.execution import state as states
from engine.execution.drawing import Element
from engine.execution.faults import NotListening, NotOpen, StepFailed
from engine.execution.nodes import Boundary, Call, Catching, EventGateway, Listener, Node, Person, Scope
from engine.execution.release import Release
from engine.execution.results import ArmedTimer, Facts, FeelValue, ReadyTask, Standing, Step
from engine.execution.workflow import Instance, Journal, Part, Token

DEFAULT_PRIORITY = 50
"""As in Camunda, from 0 to 100."""

NO_TIME = datetime(1, 1, 1, tzinfo=UTC)
"""The moment of a step that only looks."""


def start(release: Release, process_id: str, variables: Mapping[str, FeelValue], facts: Facts, now: datetime) -> Step:
    """Start an instance and run it until people are needed.

    Of ``variables`` those are kept that the process declares or reads. Raises ``NoSuchProcess`` and ``StepFailed``.
    """
    model = release.process(process_id)
    journal = Journal(now.astimezone(UTC), facts, {})
    instance = Instance(release, process_id, journal)
    declared = model.properties.get("variables", "").split()
    kept = {name: value for name, value in variables.items() if name in declared or name in model.read_names}

    def begin() -> None:
        instance.begin(Scope({**dict.fromkeys(declared), **kept}))

    return _step(instance, process_id, begin)


def complete(release: Release, state: bytes, task_id: str, answers: Mapping[str, FeelValue], facts: Facts, now: datetime) -> Step:
    """Complete an open user task with a form's answers, then run until people are needed again.

    Raises ``NotOpen`` where the task is not open any more, ``StepFailed`` and ``StateUnreadable``.
    """
    instance, process_id = _restored(release, state, facts, now)
    task = next((task for task in instance.open_tokens() if task.id == task_id), None)
    if task is None or not isinstance(task.task_spec, Person):
        raise NotOpen(task=task_id)
    person = task.task_spec

    def act() -> None:
        person.answer(task, answers)
        task.run()

    return _step(instance, process_id, act)


def deliver(release: Release, state: bytes, message: str, payload: Mapping[str, FeelValue], facts: Facts, now: datetime) -> Step:
    """Hand a message to every element of the instance that waits for it.

    Of ``payload`` the process keeps what its expressions read. Raises ``NotListening`` where nothing waits or the
    instance is over, ``StepFailed`` and ``StateUnreadable``.
    """
    instance, process_id = _restored(release, state, facts, now)

    def act() -> None:
        if not instance.deliver(message, payload):
            raise NotListening(message=message)

    return _step(instance, process_id, act)


def fire_timers(release: Release, state: bytes, facts: Facts, now: datetime) -> Step:
    """Let every timer happen that is due at ``now``, the earliest first. Raises ``StepFailed`` and ``StateUnreadable``."""
    instance, process_id = _restored(release, state, facts, now)
    return _step(instance, process_id, instance.fire_timers)


def standing(release: Release, state: bytes) -> tuple[Standing, ...]:
    """Return where an instance stands: every element under way, call activities and subprocesses too, nothing for one that is over.

    What only listens beside something else is left out: events at an activity's edge, and starts of event subprocesses.
    Raises ``StateUnreadable``.
    """
    instance, _ = _restored(release, state, lambda _: {}, NO_TIME)
    found = []
    for task in [] if instance.completed else instance.open_tokens():
        spec = task.task_spec
        if isinstance(spec, Node) and not isinstance(spec, Boundary | Listener):
            path = tuple(call.id for call in _calls(instance, task))
            places = [at for _, at in spec.waits_for] if isinstance(spec, EventGateway) else [spec.element.id]
            found += [Standing(place, spec.element.process, path) for place in places]
    return tuple(dict.fromkeys(found))


def _restored(release: Release, state: bytes, facts: Facts, now: datetime) -> tuple[Instance, str]:
    return states.decode(state, release, Journal(now.astimezone(UTC), facts, {}))


def _step(instance: Instance, process_id: str, act: Callable[[], None]) -> Step:
    try:
        act()
        instance.run_to_people()
    except (SpiffWorkflowException, RecursionError) as error:
        raise _unexpected(instance, process_id, error) from error
    return _result(instance, process_id)


def _unexpected(instance: Instance, process_id: str, error: Exception) -> StepFailed:
    """Say that the library itself gave up; the checks should have refused what led here."""
    model = instance.release.processes[process_id]
    reason = str(error) or type(error).__name__
    return StepFailed(file=model.file, element=process_id, name=model.name, reason=reason, reason_en=reason)


def _result(instance: Instance, process_id: str) -> Step:
    journal = instance.journal
    ended = journal.ended if instance.completed else None
    waiting = [] if instance.completed else list(instance.open_tokens())
    catching = [task for task in waiting if isinstance(task.task_spec, Catching) and task.state == TaskState.WAITING]
    return Step(
        state=states.encode(instance, process_id),
        ready=tuple(_ready(instance, task) for task in waiting if isinstance(task.task_spec, Person)),
        timers=tuple(_timer(instance, moment, task, at) for moment, task, at in instance.due()),
        effects=tuple(journal.effects),
        visited=tuple(journal.visited),
        messages=frozenset(event.reference for task in catching for event, _ in task.task_spec.waits_for if event.kind == "message"),
        milestones=dict(journal.milestones),
        ended=(ended.id if ended is not None else process_id) if instance.completed else None,
        outcome=ended.properties.get("outcome") if ended is not None else None,
        result=dict(instance.scope) if instance.completed else {},
    )


def _ready(instance: Instance, task: Token) -> ReadyTask:
    element: Element = task.task_spec.element
    offer: Mapping[str, FeelValue] = task.internal_data["offer"]
    calls = _calls(instance, task)
    return ReadyTask(
        id=task.id,
        element=element.id,
        name=element.name,
        process=element.process,
        path=tuple(call.id for call in calls),
        lane=next((holder.lane for holder in (element, *reversed(calls)) if holder.lane is not None), None),
        form=element.form,
        role=offer.get("role"),
        assignee=offer.get("assignee"),
        inputs=offer["inputs"],
        due_at=_moment(offer.get("due")),
        deadline=element.due_date.deadline if element.due_date is not None else None,
        follow_up_at=_moment(offer.get("follow_up")),
        priority=_priority(offer.get("priority")),
        properties=element.properties,
    )


def _calls(instance: Instance, task: Token) -> list[Element]:
    """Return the call activities around a token, outermost first."""
    calls: list[Element] = []
    process = task.workflow
    while isinstance(process, Part):
        outside = instance.get_task_from_id(process.parent_task_id)
        if isinstance(outside.task_spec, Call):
            calls.insert(0, outside.task_spec.element)
        process = outside.workflow
    return calls


def _timer(instance: Instance, moment: datetime, task: Token, at: str) -> ArmedTimer:
    process: str = task.task_spec.element.process
    drawn = instance.release.processes[process].elements[at]
    timer = next(event.timer for event in drawn.events if event.timer is not None)
    return ArmedTimer(task.id, at, process, moment, timer.value.deadline)


def _moment(text: FeelValue) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _priority(given: FeelValue) -> int:
    try:
        return int(given)
    except (TypeError, ValueError):
        return DEFAULT_PRIORITY
