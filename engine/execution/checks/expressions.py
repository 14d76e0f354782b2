"""Reads every FEEL expression of a drawing or form: does it parse, and does something provide each name that it reads."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

from engine.execution import feel
from engine.execution.checks.drawing import Node, Scope, bpmn_children, extension, properties, text_of
from engine.execution.checks.elements import called_process, form_of
from engine.execution.checks.form_fields import components, field_keys
from engine.execution.checks.models import Models
from engine.execution.checks.rules import RULES
from engine.execution.faults import Fault, Vocabulary

_COUNTS = frozenset({"numberOfInstances", "numberOfActiveInstances", "numberOfCompletedInstances", "numberOfTerminatedInstances"})
"""What a completion condition may read beside the rest, as Camunda 8 names it."""


@dataclass(frozen=True)
class Place:
    """An expression with where it stands and what it may read."""

    file: str
    id: str
    name: str
    place: str
    place_en: str
    text: str
    visible: frozenset[str] | None
    """The names provided here; None where names are not judged."""
    always: bool = False
    """Whether the text must be FEEL, so that a missing ``=`` is a fault."""
    bare: bool = False
    """Whether it is FEEL also without ``=``."""


def expression_faults(places: Sequence[Place], vocabulary: Vocabulary) -> Iterator[Fault]:
    """Yield what is wrong with the expressions; they are parsed together, which is ten times as fast."""
    asked: list[Place] = []
    for place in places:
        text = place.text.strip()
        if not text or text == "=":
            yield _fault("feel_empty", place)
        elif text.startswith("=") or place.bare:
            asked.append(place)
        elif place.always:
            yield _fault("feel_without_equals", place, text=text[:80])
    for place, answer in zip(asked, _parsed(asked), strict=True):
        if isinstance(answer, feel.FeelError):
            yield _fault("feel_syntax", place, reason=answer.sentence("sv"), reason_en=answer.sentence("en"), text=place.text.strip()[:80])
        else:
            yield from _name_faults(place, answer, vocabulary)


def _parsed(places: Sequence[Place]) -> list[frozenset[str] | feel.FeelError]:
    if not places:
        return []
    calls = [
        {"action": "parse", "text": place.text.strip().removeprefix("=").strip(), "unary": False, "roots": sorted(place.visible or ())}
        for place in places
    ]
    try:
        answers = feel.run(calls, time_limit=2.0)
    except feel.FeelError:  # one of them is endless or greedy: find which
        return [_parsed_alone(place) for place in places]
    return [
        feel.refused(answer["refusal"], place.text) if "refusal" in answer else frozenset(answer["value"])
        for place, answer in zip(places, answers, strict=True)
    ]


def _parsed_alone(place: Place) -> frozenset[str] | feel.FeelError:
    try:
        return feel.names(place.text, roots=place.visible or ())
    except feel.FeelError as error:
        return error


def _fault(code: str, place: Place, **names: object) -> Fault:
    return RULES[code].at(place.file, place.id, place.name, place=place.place, place_en=place.place_en, **names)


def _name_faults(place: Place, names: Iterable[str], vocabulary: Vocabulary) -> Iterator[Fault]:
    closed = {"policy": ("unknown_policy_key", vocabulary.policy_keys), "deadlines": ("unknown_deadline", vocabulary.deadline_names)}
    for path in sorted(names):
        first, _, rest = path.partition(".")
        second = rest.partition(".")[0]
        code, known = closed.get(first, ("", None))
        if code and known is not None and second:
            if second not in known:
                yield _fault(code, place, name=second, **suggestion(second, known))
        elif place.visible is not None and first not in place.visible:
            yield _fault("unknown_name", place, name=first, **suggestion(first, place.visible))


def suggestion(name: str, known: Iterable[str]) -> dict[str, str]:
    """Return the known name that is nearest, as the end of a remedy in both languages; empty where none is near."""
    near = difflib.get_close_matches(name, sorted(known), 1)
    return {"suggestion": f" (menas {near[0]}?)" if near else "", "suggestion_en": f" (is {near[0]} meant?)" if near else ""}


class Names:
    """What each process provides to its expressions, from all drawings together."""

    def __init__(self, models: Models, vocabulary: Vocabulary) -> None:
        self.models = models
        self.facts = vocabulary.facts
        self.callers: dict[str, list[Node]] = {}
        for drawing in models.drawings.values():
            for node in drawing.nodes():
                if node.kind == "callActivity":
                    self.callers.setdefault(called_process(node), []).append(node)
        self._of: dict[str, frozenset[str]] = {}

    def provided(self, process: Scope) -> frozenset[str]:
        """Return the names of the process data: start variables, answers, results and outputs."""
        if process.id not in self._of:
            found = set(properties(process.element).get("variables", "").replace(",", " ").split())
            for caller in self.callers.get(process.id, []):
                found |= {mapping.target for mapping in caller.inputs}
            for node in _inside(process):
                found |= self.given(node)
            self._of[process.id] = frozenset(name.partition(".")[0] for name in found)
        return self._of[process.id]

    def given(self, node: Node) -> set[str]:
        """Return the names that the node leaves behind when it completes; an instance leaves only what is gathered."""
        loop = _loop(node)
        found = {loop.get("outputCollection", "")} if loop is not None else set[str]()
        if not node.repeats:
            found |= {mapping.target for mapping in node.outputs} or self.results(node)
        return {name.partition(".")[0] for name in found if name}

    def results(self, node: Node) -> set[str]:
        """Return what the node itself gives, before its output mappings."""
        called = extension(node.element, "calledDecision")
        if called is not None:
            return {called.get("resultVariable", "")} - {""}
        form = self.models.form(form_of(node)) if node.kind == "userTask" else None
        return field_keys(form) if form is not None else set()

    def visible(self, node: Node) -> frozenset[str] | None:
        """Return what an expression of the node may read before it has done anything; None where facts are not known."""
        if self.facts is None:
            return None
        found = self.facts | self.provided(node.scope.process) | {mapping.target for mapping in node.inputs}
        for place in _around(node):
            loop = _loop(place)
            if place.repeats:
                found |= {"loopCounter", loop.get("inputElement", "") if loop is not None else ""}
                inner = place.inner
                for part in _inside(inner) if inner is not None else ():
                    found |= self.given(part)
        return found - {""}

    def output_names(self, node: Node) -> frozenset[str] | None:
        """Return what an output mapping or the result of an instance may read."""
        visible = self.visible(node)
        if visible is None:
            return None
        if node.kind == "callActivity":
            process = self.models.processes.get(called_process(node))
            return visible | self.provided(process) if process is not None else None
        if node.kind in {"receiveTask", "intermediateCatchEvent", "boundaryEvent", "startEvent"}:
            return None  # the payload of a message is whatever its sender gives
        return visible | self.results(node)

    def instance_names(self, node: Node) -> frozenset[str] | None:
        """Return what the result of one instance of a repeated node may read."""
        visible = self.visible(node)
        return None if visible is None else visible | {mapping.target for mapping in node.outputs} | self.results(node)


def _loop(node: Node) -> etree._Element | None:
    marker = node.multi_instance
    return extension(marker, "loopCharacteristics") if marker is not None else None


def _around(node: Node) -> Iterator[Node]:
    """Go outward from the node through the subprocesses that hold it, the node itself first."""
    place: Node | None = node
    while place is not None:
        yield place
        scope = place.scope
        place = scope.parent.nodes.get(scope.id) if scope.parent is not None else None


def _inside(scope: Scope) -> Iterator[Node]:
    """Go through the nodes of a plane and of the subprocesses in it that share its data, so not the repeated ones."""
    for node in scope.nodes.values():
        yield node
        if node.inner is not None and not node.repeats:
            yield from _inside(node.inner)


def node_places(node: Node, names: Names) -> Iterator[Place]:
    """Yield every place of a node that FEEL may stand in, and the conditions on its ways out."""
    visible, outputs = names.visible(node), names.output_names(node)
    file = node.scope.drawing.file

    def place(sv: str, en: str, text: str, *, reads: frozenset[str] | None = visible, always: bool = False, bare: bool = False) -> Place:
        return Place(file, node.id, node.name, sv, en, text, reads, always=always, bare=bare)

    yield from _condition_places(node, visible)
    for mapping in node.inputs:
        yield place(f"Inputs, {mapping.target}", f"Inputs, {mapping.target}", mapping.source)
    for mapping in node.outputs:
        yield place(f"Outputs, {mapping.target}", f"Outputs, {mapping.target}", mapping.source, reads=outputs)
    yield from _extension_places(node, place)
    for definition in bpmn_children(node.element, "timerEventDefinition"):
        for time in bpmn_children(definition, "timeDate", "timeDuration", "timeCycle"):
            if text_of(time).lstrip("=").strip():
                yield place("tiden", "the timer", text_of(time))
    yield from _repeat_places(node, names, place)


def _condition_places(node: Node, visible: frozenset[str] | None) -> Iterator[Place]:
    for flow in node.outgoing:
        if flow.condition is not None:
            sv, en = (f"{words} ”{flow.name or flow.id}”" for words in ("villkoret på flödet", "the condition of the flow"))
            yield Place(node.scope.drawing.file, flow.id, flow.name, sv, en, flow.condition, visible, always=True)


def _repeat_places(node: Node, names: Names, place: Any) -> Iterator[Place]:  # noqa: ANN401 - the maker of places of the caller
    marker, loop = node.multi_instance, _loop(node)
    if marker is None:
        return
    visible, instance = names.visible(node), names.instance_names(node)
    item, gathered = (loop.get("inputElement", ""), loop.get("outputCollection", "")) if loop is not None else ("", "")
    counting = instance | _COUNTS | {gathered} if instance is not None else None
    for found in bpmn_children(marker, "completionCondition"):
        yield place("villkoret för att sluta", "the completion condition", text_of(found), reads=counting, bare=True)
    for found in bpmn_children(marker, "loopCardinality"):
        yield place("antalet varv", "the cardinality", text_of(found), reads=visible, bare=True)
    if loop is not None and loop.get("inputCollection", "").strip():
        outer = visible - {item} if visible is not None else None
        yield place("Input collection", "Input collection", loop.get("inputCollection", ""), reads=outer, always=True)
    if loop is not None and loop.get("outputElement", "").strip():
        yield place("Output element", "Output element", loop.get("outputElement", ""), reads=instance, always=True)


def _extension_places(node: Node, place: Any) -> Iterator[Place]:  # noqa: ANN401 - the maker of places of the caller
    for holder, attribute, label in (
        ("assignmentDefinition", "candidateGroups", "Candidate groups"),
        ("assignmentDefinition", "assignee", "Assignee"),
        ("taskSchedule", "dueDate", "Due date"),
        ("taskSchedule", "followUpDate", "Follow up date"),
        ("priorityDefinition", "priority", "Priority"),
    ):
        element = extension(node.element, holder)
        text = element.get(attribute) if element is not None else None
        if text is not None and text.strip():
            yield place(label, label, text)


def form_places(file: str, form: dict[str, Any], names: Names) -> Iterator[Place]:
    """Yield the FEEL of a form, with what all tasks that show it provide."""
    users = [
        node for drawing in names.models.drawings.values() for node in drawing.nodes() if node.kind == "userTask" and form_of(node) == form.get("id")
    ]
    own = {str(part.get(name)) for part in components(form) for name in ("key", "path") if part.get(name)}
    reads: frozenset[str] | None = None
    if users and names.facts is not None:
        together = set(own) | {"this", "parent", "i"}
        for node in users:
            together |= names.visible(node) or set()
        reads = frozenset(name.partition(".")[0] for name in together)
    for part in components(form):
        element_id = str(part.get("id") or part.get("key") or "")
        label = str(part.get("label") or "")
        for key, text in _form_expressions(part):
            yield Place(file, element_id, label, key, key, text, reads)


def _form_expressions(part: dict[str, Any]) -> Iterator[tuple[str, str]]:
    conditional = part.get("conditional")
    if isinstance(conditional, dict) and isinstance(conditional.get("hide"), str):
        yield "conditional.hide", conditional["hide"]
    for key in ("valuesExpression", "expression"):
        if isinstance(part.get(key), str):
            yield key, part[key]
    for key, value in part.items():
        if isinstance(value, str) and value.startswith("=") and key not in {"valuesExpression", "expression"}:
            yield key, value
    rules = part.get("validate")
    if isinstance(rules, dict):
        for key, value in rules.items():
            if isinstance(value, str) and value.startswith("="):
                yield f"validate.{key}", value
