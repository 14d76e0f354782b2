"""The elements of a drawing as SpiffWorkflow runs them: what each does when a token reaches it.

SpiffWorkflow keeps the tokens (a tree of tasks with states) and the life of each element
(updated, ready, run, completed, cancelled). What an element *means* is here, where stock
would run it wrong or would not read ``zeebe:`` at all:

- variables live in scopes (``Scope``), not in a copy for each token;
- joins count waiting tokens instead of searching the history of the tree;
- every expression goes to FEEL, and every moment comes from the step's own ``now``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import SubWorkflowTask
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.bpmn.specs.mixins.user_task import UserTask
from SpiffWorkflow.util.task import TaskState

from engine.execution import timers
from engine.execution.drawing import Assignment, Element, Event, Flow, Value
from engine.execution.results import Effect, FeelValue

if TYPE_CHECKING:
    from engine.execution.workflow import Token

OPEN = TaskState.READY | TaskState.WAITING | TaskState.STARTED
"""The states of a token that stands somewhere."""

OFFERED = "="
"""Before the names of what a user task offers beside its inputs; no expression can read such a name."""

MAX_INSTANCES = 500
"""The most instances of one multi-instance element; more is a mistake in the data."""


class Scope(dict[str, FeelValue]):
    """The variables of a process, or of one instance of a multi-instance element within it.

    A process and its embedded subprocesses share one. An instance of a multi-instance
    element reads the variables around it and keeps what is written to itself: only
    ``outputElement`` leaves it.
    """

    __slots__ = ("outer",)

    def __init__(self, values: Mapping[str, FeelValue], outer: Scope | None = None) -> None:
        super().__init__(values)
        self.outer = outer

    def visible(self) -> dict[str, FeelValue]:
        """Return all that an expression here may read, the innermost first."""
        return {**self.outer.visible(), **self} if self.outer is not None else dict(self)


class Node(BpmnSpecMixin):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """Any element of a drawing."""

    element: Element

    def evaluate(self, task: Token, value: Value, extra: Mapping[str, FeelValue] | None = None) -> FeelValue:
        """Return what the owner's text or expression gives here."""
        return task.top.evaluate(task, self.element, value, extra)

    def mapped(self, task: Token, lines: Sequence[Assignment], extra: Mapping[str, FeelValue] | None = None) -> dict[str, FeelValue]:
        """Return the values of an ``ioMapping``; a later line may read an earlier one's target.

        Lines that do not read each other go to the isolate together: the way there costs more than the work.
        """
        values: dict[str, FeelValue] = {}
        together: list[Assignment] = []
        for line in lines:
            if task.top.reads(line.source) & {earlier.target for earlier in together}:
                self._add_values(task, together, values, extra)
                together = []
            together.append(line)
        self._add_values(task, together, values, extra)
        return values

    def _add_values(self, task: Token, lines: Sequence[Assignment], values: dict[str, FeelValue], extra: Mapping[str, FeelValue] | None) -> None:
        found = task.top.evaluate_all(task, self.element, [line.source for line in lines], {**(extra or {}), **values})
        values.update(zip([line.target for line in lines], found, strict=True))

    def _predict(self, my_task: Token, seen: Any = None, looked_ahead: int = 0, mask: int = 0) -> None:
        """Nothing: the next tokens are made when this one runs, so that the state holds no guesses."""

    def _on_complete_hook(self, my_task: Token) -> None:
        super()._on_complete_hook(my_task)
        my_task.top.passed(self.element)
        around = my_task.parent
        if "index" in my_task.internal_data and around is not None and isinstance(around.task_spec, Multiple):
            around.task_spec.instance_completed(around, my_task)
        else:
            my_task.top.reached(self.element)


class Start(Node):
    """A start event: passes at once; what triggers a start lies outside of the process."""


class EndJoin(UnstructuredJoin, BpmnSpecMixin):  # type: ignore[misc]
    """Where all ends meet: the process is over when nothing else is under way in it."""

    def _check_threshold_unstructured(self, my_task: Token) -> bool:
        for task in my_task.workflow.tasks.values():
            if task is my_task or task.has_state(TaskState.FINISHED_MASK) or isinstance(task.task_spec, Listener):
                continue
            if task.task_spec is self and task.state == TaskState.WAITING:
                continue
            return False
        return True

    def _run_hook(self, my_task: Token) -> bool:
        for task in list(my_task.workflow.tasks.values()):
            if isinstance(task.task_spec, Listener) and not task.has_state(TaskState.FINISHED_MASK):
                task.cancel()
        return True


class End(Node):
    """An end event: plain, terminate, error, escalation, or a message that makes an effect."""

    def _run_hook(self, my_task: Token) -> bool:
        event = self.element.event
        my_task.top.ending(my_task, self.element)
        if event is not None and event.kind == "message":
            make_effect(self, my_task)
        if event is not None and event.kind in ("error", "escalation"):
            my_task.top.throw(my_task, self.element, event)
        return True

    def _on_complete_hook(self, my_task: Token) -> None:
        super()._on_complete_hook(my_task)
        event = self.element.event
        if event is not None and event.kind == "terminate":
            my_task.workflow.cancel_all_but(my_task)
            my_task.workflow.finish()


class Throw(Node):
    """An intermediate throw event: plain, escalation, or a message that makes an effect."""

    def _run_hook(self, my_task: Token) -> bool:
        event = self.element.event
        if event is not None and event.kind == "message":
            make_effect(self, my_task)
        if event is not None and event.kind == "escalation":
            my_task.top.throw(my_task, self.element, event)
        return True


class Person(UserTask, Node):  # type: ignore[misc]
    """A user task: waits until a person completes it."""

    def _on_ready_hook(self, my_task: Token) -> None:
        super()._on_ready_hook(my_task)
        element = self.element
        asked = {
            "role": element.role,
            "assignee": element.assignee,
            "priority": element.priority,
            "due": element.due_date,
            "follow_up": element.follow_up_date,
        }
        written = {name: value for name, value in asked.items() if value is not None}
        values = self.mapped(my_task, [*element.inputs, *(Assignment(value, f"{OFFERED}{name}") for name, value in written.items())])
        offer: dict[str, FeelValue] = {name: values.pop(f"{OFFERED}{name}") for name in written}
        for name in ("due", "follow_up"):
            if name in offer:
                moment = timers.moment(self, my_task, written[name], offer[name])
                offer[name] = moment.isoformat() if moment is not None else None
        offer["inputs"] = values
        my_task.internal_data["offer"] = offer

    def answer(self, my_task: Token, answers: Mapping[str, FeelValue]) -> None:
        """Take a person's answers: into process data what the drawing reads, into effects what it names."""
        inputs: Mapping[str, FeelValue] = my_task.internal_data["offer"]["inputs"]
        known = {**inputs, **answers}
        if self.element.outputs:
            my_task.data.update(self.mapped(my_task, self.element.outputs, known))
        else:
            my_task.data.update(my_task.top.kept(self.element, answers))
        for effect in self.element.effects:
            my_task.top.make(Effect(effect, known, self.element.id, self.element.name, self.element.process))


def make_effect(node: Node, task: Token) -> None:
    """Note what a service task, send task or message event makes happen, then map its outputs."""
    element = node.element
    inputs = node.mapped(task, element.inputs)
    task.top.make(Effect(element.task_type or "", inputs, element.id, element.name, element.process))
    task.data.update(node.mapped(task, element.outputs, inputs))


class Automatic(Node):
    """A service or send task: makes an effect."""

    def _run_hook(self, my_task: Token) -> bool:
        make_effect(self, my_task)
        return True


class Decision(Node):
    """A business rule task: asks a decision of the release."""

    def _run_hook(self, my_task: Token) -> bool:
        element = self.element
        inputs = self.mapped(my_task, element.inputs)
        answer = my_task.top.decide(my_task, element, inputs)
        result = {element.result_variable: answer} if element.result_variable else {}
        if element.outputs:
            my_task.data.update(self.mapped(my_task, element.outputs, {**inputs, **result}))
        else:
            my_task.data.update(result)
        return True


class Contained(SubWorkflowTask, Node):  # type: ignore[misc]
    """An embedded or event subprocess: shares the variables around it."""

    def start_workflow(self, my_task: Token) -> None:
        """Begin the inner process on the scope of this one."""
        my_task.top.create_subprocess(my_task, self.spec).begin(my_task.data)

    def _on_subworkflow_completed(self, subworkflow: Any, my_task: Token) -> None:
        my_task.data.update(self.mapped(my_task, self.element.outputs))
        my_task._set_state(TaskState.READY)


class Call(SubWorkflowTask, Node):  # type: ignore[misc]
    """A call activity: what its ``ioMapping`` names goes in and out, nothing else."""

    def start_workflow(self, my_task: Token) -> None:
        """Begin the called process on a scope of its own."""
        inputs = self.mapped(my_task, self.element.inputs)
        my_task.top.create_subprocess(my_task, self.spec).begin(Scope(inputs))

    def _on_subworkflow_completed(self, subworkflow: Any, my_task: Token) -> None:
        my_task.data.update(self.mapped(my_task, self.element.outputs, subworkflow.scope))
        my_task._set_state(TaskState.READY)


class Exclusive(Node):
    """An exclusive gateway: the first flow whose condition is true, else the default."""

    flows: tuple[tuple[Flow, str], ...]
    """The flows out with the names of the specs they lead to."""

    def _predict_hook(self, my_task: Token) -> None:
        """Nothing before the choice is made."""

    def _run_hook(self, my_task: Token) -> bool:
        targets = chosen(self, my_task, first_only=True)
        my_task._sync_children([my_task.workflow.spec.task_specs[name] for name in targets], TaskState.FUTURE)
        return True


def chosen(node: Exclusive | Inclusive, task: Token, *, first_only: bool) -> list[str]:
    """Return where the token goes: the flows whose conditions are true, else the default flow."""
    element = node.element
    found: list[str] = []
    default = [target for flow, target in node.flows if flow.id == element.default]
    if len(node.flows) == 1 and node.flows[0][0].condition is None:
        return [node.flows[0][1]]
    for flow, target in node.flows:
        if flow.id == element.default or flow.condition is None:
            continue
        answer = node.evaluate(task, flow.condition)
        if not isinstance(answer, bool):
            raise task.top.failed(
                element,
                f"villkoret ”{flow.name or flow.condition.text}” gav varken sant eller falskt",
                f"the condition ”{flow.name or flow.condition.text}” gave neither true nor false",
            )
        if answer:
            found.append(target)
            if first_only:
                break
    if not found and not default:
        raise task.top.failed(
            element, "inget villkor är sant och något standardflöde finns inte", "no condition is true and there is no default flow"
        )
    return found or default


class Joining(UnstructuredJoin, Node):  # type: ignore[misc]
    """A gateway that may wait for further tokens. A token that has arrived is a waiting task."""

    def arrived(self, task: Token) -> dict[str, list[Token]]:
        """Return the tokens that wait here, this one too, by the element that they came from, oldest first."""
        tokens: dict[str, list[Token]] = {}
        for other in task.workflow.tasks.values():
            if other is task or (other.task_spec is self and other.state == TaskState.WAITING):
                tokens.setdefault(other.parent.task_spec.name, []).append(other)
        return tokens

    def consumed(self, task: Token) -> list[Token] | None:
        """Return the tokens that go on as this one, or None where it must wait."""
        raise NotImplementedError

    def _update_hook(self, my_task: Token) -> bool:
        consumed = self.consumed(my_task)
        if consumed is None:
            my_task._set_state(TaskState.WAITING)
            return False
        for token in consumed:
            if token is not my_task:
                token._set_state(TaskState.CANCELLED)
        return True

    def _run_hook(self, my_task: Token) -> bool:
        return True


class Parallel(Joining):
    """A parallel gateway: takes one token from each flow in, gives one to each flow out."""

    def consumed(self, task: Token) -> list[Token] | None:
        """Return one token for each flow in, when there is one on each."""
        tokens = self.arrived(task)
        if any(source not in tokens for source in self._inputs):
            return None
        return [task if task in tokens[source] else tokens[source][0] for source in dict.fromkeys(self._inputs)]


class Inclusive(Joining):
    """An inclusive gateway: waits for the tokens that may still come, gives one to each flow whose condition is true."""

    flows: tuple[tuple[Flow, str], ...]
    reaching: Mapping[str, frozenset[str]]
    """For each flow in, by its source: the specs from which a token may still come that way."""

    def consumed(self, task: Token) -> list[Token] | None:
        """Return the waiting tokens, when no other can reach a flow that is still empty."""
        tokens = self.arrived(task)
        for other in task.workflow.tasks.values():
            if other.task_spec is self or not under_way(other):
                continue
            ways = {source for source, names in self.reaching.items() if other.task_spec.name in names}
            if ways and not ways & tokens.keys():
                return None
        return [task if task in waiting else waiting[0] for waiting in tokens.values()]

    def _predict_hook(self, my_task: Token) -> None:
        """Nothing before the choice is made."""

    def _run_hook(self, my_task: Token) -> bool:
        targets = chosen(self, my_task, first_only=False)
        my_task._sync_children([my_task.workflow.spec.task_specs[name] for name in targets], TaskState.FUTURE)
        return True


def under_way(task: Token) -> bool:
    """Say whether a token stands at the task, or is just about to."""
    if task.has_state(OPEN):
        return True
    return bool(task.state == TaskState.FUTURE and task.parent is not None and task.parent.state == TaskState.COMPLETED)


class Catching(Node):
    """Whatever waits for an event. ``waits_for`` are the events, the first that happens counts."""

    waits_for: tuple[tuple[Event, str], ...]
    """Each event with the id of the element that draws it."""

    def hears(self, task: Token, message: str) -> bool:
        """Say whether a token that waits here waits for that message."""
        return task.state == TaskState.WAITING and any(event.kind == "message" and event.reference == message for event, _ in self.waits_for)

    def happen(self, task: Token, at: str, payload: Mapping[str, FeelValue] | None = None) -> None:
        """Let the event drawn at element ``at`` happen to a waiting token."""
        task.internal_data["happened"] = at
        if payload:
            drawn = task.top.release.processes[self.element.process].elements[at]
            kept = self.mapped(task, drawn.outputs, payload) if drawn.outputs else task.top.kept(self.element, payload)
            task.data.update(kept)
        self._update(task)

    def due(self, task: Token) -> Iterator[tuple[str, datetime]]:
        """Yield the armed timers of a waiting token: the element that draws it, and when."""
        for at, moment in task.internal_data.get("due", {}).items():
            if moment is not None:
                yield at, datetime.fromisoformat(moment)

    def _update_hook(self, my_task: Token) -> bool:
        if not self.waits_for or "happened" in my_task.internal_data:
            return True
        if "due" not in my_task.internal_data:
            armed = timers.arm(self, my_task)
            if armed:
                my_task.internal_data["due"] = armed
        now = my_task.top.now
        past = sorted((moment, at) for at, moment in self.due(my_task) if moment <= now)
        if past:
            my_task.internal_data["happened"] = past[0][1]
            return True
        my_task._set_state(TaskState.WAITING)
        return False

    def again(self, my_task: Token) -> Token | None:
        """Make a new waiting token beside one whose event has happened, where the event may happen again."""
        at = my_task.internal_data["happened"]
        event = next(event for event, element in self.waits_for if element == at)
        following = timers.following(self, my_task, event, at) if event.timer is not None else {}
        if following is None:
            return None
        token: Token = my_task.parent._add_child(self, TaskState.WAITING)
        token.triggered = True
        token.internal_data.update(following)
        return token


class Catch(Catching):
    """An intermediate catch event or a receive task."""


class EventGateway(Catching):
    """An event-based gateway: the event that happens first decides the way."""

    targets: Mapping[str, str]
    """From the id of each catching element after it to the name of its spec."""

    def _predict_hook(self, my_task: Token) -> None:
        """Nothing before an event has happened."""

    def _run_hook(self, my_task: Token) -> bool:
        target = my_task.workflow.spec.task_specs[self.targets[my_task.internal_data["happened"]]]
        my_task._sync_children([target], TaskState.FUTURE)
        return True


class Split(BoundaryEventSplit):  # type: ignore[misc]
    """Stands before an element with boundary events: the element starts, the events begin to wait."""

    def __init__(self, wf_spec: Any, name: str, **kwargs: Any) -> None:
        super().__init__(wf_spec, name, **kwargs)
        self.event_type = Boundary

    def _predict(self, my_task: Token, seen: Any = None, looked_ahead: int = 0, mask: int = 0) -> None:
        """Nothing: the next tokens are made when this one runs."""


class Boundary(Catching):
    """A boundary event. One that does not interrupt may happen again and again."""

    def _run_hook(self, my_task: Token) -> bool:
        if not self.element.interrupting:
            self.again(my_task)
        return True


class BoundaryJoin(BoundaryEventJoin):  # type: ignore[misc]
    """Ends what is left when an element with boundary events is done or interrupted."""

    def _predict(self, my_task: Token, seen: Any = None, looked_ahead: int = 0, mask: int = 0) -> None:
        """Nothing follows."""

    def _check_threshold_structured(self, my_task: Token) -> tuple[bool, list[Token]]:
        split = my_task.find_ancestor(self.split_task)
        events = [task for task in split.children if isinstance(task.task_spec, Boundary)]
        main = next(task for task in split.children if not isinstance(task.task_spec, Boundary))
        interrupted = any(task.task_spec.element.interrupting and task.has_state(TaskState.READY | TaskState.COMPLETED) for task in events)
        if not interrupted and not main.has_state(TaskState.FINISHED_MASK):
            return False, []
        waiting = [task for task in events if task.state == TaskState.WAITING]
        return True, waiting + ([main] if interrupted else [])

    def _do_join(self, my_task: Token) -> None:
        for branch in my_task.find_ancestor(self.split_task).children:
            for task in branch.children:
                if task.task_spec is self and task is not my_task and not task.has_state(TaskState.FINISHED_MASK):
                    task._set_state(TaskState.CANCELLED)


class Listener(Catching):
    """The start event of an event subprocess: waits as long as its process is under way."""

    interrupting: bool

    def _on_complete_hook(self, my_task: Token) -> None:
        """The start event inside the subprocess is what the history shows."""

    def _run_hook(self, my_task: Token) -> bool:
        if self.interrupting:
            my_task.workflow.cancel_all_but(my_task)
        else:
            self.again(my_task)
        return True


class Multiple(Node):
    """A multi-instance marker: one instance of the element for each item of a collection, at once or in turn."""

    child: str
    """The name of the spec that is run for each item."""

    def _update_hook(self, my_task: Token) -> bool:
        super()._update_hook(my_task)
        items = self._items(my_task)
        my_task.internal_data.update(items=items, results=[None] * len(items), done=0, begun=0)
        my_task._set_state(TaskState.STARTED)
        if not items:
            self._finish(my_task)
            return True
        self._begin(my_task)
        return False

    def _items(self, my_task: Token) -> list[FeelValue]:
        loop = self.element.loop
        assert loop is not None
        if loop.collection is not None:
            items = self.evaluate(my_task, loop.collection)
        elif loop.cardinality is not None:
            count = self.evaluate(my_task, Value(f"={loop.cardinality.text}"))
            items = list(range(1, int(count) + 1)) if isinstance(count, int | float) and 0 <= count <= MAX_INSTANCES else count
        else:
            items = None
        if not isinstance(items, list):
            raise my_task.top.failed(self.element, "samlingen är inte en lista", "the collection is not a list")
        if len(items) > MAX_INSTANCES:
            raise my_task.top.failed(
                self.element,
                f"samlingen har {len(items)} poster, fler än {MAX_INSTANCES}",
                f"the collection has {len(items)} items, more than {MAX_INSTANCES}",
            )
        return items

    def _begin(self, my_task: Token) -> None:
        """Begin the next instance, or all of them."""
        loop = self.element.loop
        assert loop is not None
        memory = my_task.internal_data
        last = memory["begun"] + 1 if loop.sequential else len(memory["items"])
        for index in range(memory["begun"], last):
            memory["begun"] = index + 1
            values: dict[str, FeelValue] = {"loopCounter": index + 1}
            if loop.element:
                values[loop.element] = memory["items"][index]
            token = my_task._add_child(my_task.workflow.spec.task_specs[self.child], TaskState.FUTURE)
            token.triggered = True
            token.data = Scope(values, my_task.data)
            token.internal_data["index"] = index
            token.task_spec._update(token)

    def instance_completed(self, my_task: Token, token: Token) -> None:
        """Keep an instance's result at its item's place, then begin the next or finish."""
        loop = self.element.loop
        assert loop is not None
        memory = my_task.internal_data
        memory["done"] += 1
        if loop.output_element is not None:
            memory["results"][token.internal_data["index"]] = self.evaluate(token, loop.output_element)
        if memory["done"] == len(memory["items"]) or self._enough(my_task, token):
            for other in my_task.children:
                if other.task_spec.name == self.child and not other.has_state(TaskState.FINISHED_MASK):
                    other.cancel()
            self._finish(my_task)
            my_task._set_state(TaskState.READY)
        elif loop.sequential:
            self._begin(my_task)

    def _enough(self, my_task: Token, token: Token) -> bool:
        loop = self.element.loop
        assert loop is not None
        if loop.completion is None:
            return False
        memory = my_task.internal_data
        counts: dict[str, FeelValue] = {
            "numberOfInstances": len(memory["items"]),
            "numberOfActiveInstances": memory["begun"] - memory["done"],
            "numberOfCompletedInstances": memory["done"],
            "numberOfTerminatedInstances": 0,
        }
        if loop.output_collection:
            counts[loop.output_collection] = [result for result in memory["results"] if result is not None]
        answer = self.evaluate(token, Value(f"={loop.completion.text}"), counts)
        return answer is True

    def _finish(self, my_task: Token) -> None:
        loop = self.element.loop
        assert loop is not None
        if loop.output_collection:
            my_task.data[loop.output_collection] = my_task.internal_data["results"]

    def _on_complete_hook(self, my_task: Token) -> None:
        """Each instance is in the history already; without instances the element itself is."""
        if my_task.internal_data["done"] == 0:
            my_task.top.passed(self.element)
        my_task.top.reached(self.element)


class ProcessSpec(BpmnProcessSpec):  # type: ignore[misc]
    """A process, or one of its subprocesses, as a graph of nodes."""

    def __init__(self, name: str, file: str) -> None:
        super().__init__(name=name, filename=file)
        self.task_specs.pop(f"{name}.EndJoin")
        self.end: EndJoin = EndJoin(self, f"{name}.EndJoin")
        self.end.connect(self.task_specs["End"])
