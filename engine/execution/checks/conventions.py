"""Looks for what runs but misleads whoever reads the drawing: bpmnlint's recommended rules that the other checks do not cover.

docs/modelling.md says which check answers which of its rules, and where ours is milder; a test plays both on the same drawings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from engine.execution.checks.drawing import (
    BPMN,
    EVENTS,
    GATEWAYS,
    TASKS,
    Drawing,
    Flow,
    Node,
    Scope,
    bpmn_children,
    extension,
    is_bpmn,
    local_name,
)
from engine.execution.checks.elements import at, tags
from engine.execution.checks.rules import RULES
from engine.execution.drawing import FLOW_NODES
from engine.execution.faults import Fault

_ACTIVITIES_AND_EVENTS = TASKS | EVENTS | {"callActivity", "subProcess", "transaction", "adHocSubProcess"}
_CHOOSING = frozenset({"exclusiveGateway", "inclusiveGateway"})
_NAMELESS = frozenset({"parallelGateway", "eventBasedGateway", "subProcess", "transaction", "adHocSubProcess"})
"""What needs no name: the sign says it, or what is drawn inside."""
_SHOWN = FLOW_NODES | {
    *("sequenceFlow", "participant", "lane", "messageFlow", "dataObjectReference", "dataStoreReference"),
    *("textAnnotation", "group", "association"),
}
"""What a diagram shows."""
_NOTES = frozenset({"textAnnotation", "group"})

_DEFINITIONS = {
    "message": ("messageRef", "Meddelandet"),
    "error": ("errorRef", "Felet"),
    "escalation": ("escalationRef", "Eskaleringen"),
    "signal": ("signalRef", "Signalen"),
}
"""What events and tasks refer to by name: the attribute that does, and the word in Swedish."""


def convention_faults(scope: Scope) -> Iterator[Fault]:
    """Yield what is drawn in a plane so that it reads otherwise than it runs."""
    for node in scope.nodes.values():
        yield from _name_faults(node)
        yield from _meeting_faults(node)
        if node.kind == "eventBasedGateway" and len(node.outgoing) < 2:  # noqa: PLR2004 - a choice is between two
            yield at("event_gateway_single", node)
    yield from _flow_faults(scope)
    yield from _termination_faults(scope)


def _name_faults(node: Node) -> Iterator[Fault]:
    joins_only = node.kind in GATEWAYS and len(node.outgoing) < 2  # noqa: PLR2004 - it asks nothing
    if not node.name.strip() and not joins_only and node.kind not in _NAMELESS:
        yield at("task_without_name" if node.kind == "userTask" else "no_name", node)


def _meeting_faults(node: Node) -> Iterator[Fault]:
    """Flows that meet, or pass a gateway, without anything that says what the meeting means."""
    ways_in, ways_out = len(node.incoming), len(node.outgoing)
    if node.kind in _ACTIVITIES_AND_EVENTS:
        if ways_in > 1 and node.kind not in {"startEvent", "boundaryEvent"}:
            yield at("fake_join", node, **tags(node))
    elif ways_in > 1 and ways_out > 1:
        yield at("join_and_fork", node)
    elif ways_in == ways_out == 1:
        yield at("superfluous_gateway", node)
    if node.kind == "inclusiveGateway":
        yield at("inclusive_gateway", node)


def _flow_faults(scope: Scope) -> Iterator[Fault]:
    seen: dict[tuple[str, str, str | None], Flow] = {}
    for flow in scope.flows.values():
        first = seen.setdefault((flow.source, flow.target, flow.condition), flow)
        if first is not flow:
            yield RULES["duplicate_flow"].at(scope.drawing.file, flow.id, flow.name, other=first.id)
        source = scope.nodes.get(flow.source)
        if source is None:
            continue
        answers = flow.condition is not None or source.element.get("default") == flow.id
        if flow.condition is not None and not flow.name.strip():
            yield RULES["no_name"].at(scope.drawing.file, flow.id)
        if flow.name.strip() and not answers and not (source.kind in _CHOOSING and len(source.outgoing) > 1):
            yield RULES["superfluous_label"].at(scope.drawing.file, flow.id, flow.name)


def _termination_faults(scope: Scope) -> Iterator[Fault]:
    """A single end that terminates, where nothing else can be under way."""
    ends = [node for node in scope.nodes.values() if not node.outgoing]
    terminating = [node for node in ends if node.kind == "endEvent" and "terminate" in node.events]
    if len(terminating) == 1 and all(node is terminating[0] or _interrupts(node) for node in ends):
        yield at("superfluous_termination", terminating[0])


def _interrupts(node: Node) -> bool:
    return node.event_subprocess and node.inner is not None and any(start.interrupting for start in node.inner.starts)


def definition_faults(drawing: Drawing) -> Iterator[Fault]:
    """Yield the messages, errors and escalations of a file that nobody can tell apart, or that nothing refers to."""
    for kind, (attribute, sv) in _DEFINITIONS.items():
        own = bpmn_children(drawing.root, kind)
        names = Counter(one.get("name", "").strip() for one in own)
        used = {element.get(attribute, "").rpartition(":")[2] for element in drawing.root.iter(etree.Element) if is_bpmn(element)}
        for one in own:
            name, place = one.get("name", "").strip(), (drawing.file, one.get("id", ""), one.get("name", ""))
            if not name:
                yield RULES["definition_without_name"].at(*place, tag=sv, tag_en=kind)
            elif names[name] > 1:
                yield RULES["definition_twice"].at(*place, name=name)
            if one.get("id", "") not in used:
                yield RULES["definition_unused"].at(*place, tag=sv, tag_en=kind)


def pool_faults(drawing: Drawing) -> Iterator[Fault]:
    """Yield the pools and lanes without a name."""
    for holder in drawing.root.iter(f"{{{BPMN}}}participant", f"{{{BPMN}}}lane"):
        if not holder.get("name", "").strip():
            yield RULES["no_name"].at(drawing.file, holder.get("id", ""))


@dataclass(frozen=True)
class _Shape:
    """Where an element is drawn."""

    left: float
    top: float
    width: float
    height: float

    def meets(self, other: _Shape) -> bool:
        """Say whether the two share a point."""
        return not (
            self.left + self.width < other.left
            or other.left + other.width < self.left
            or self.top + self.height < other.top
            or other.top + other.height < self.top
        )

    def holds(self, other: _Shape) -> bool:
        """Say whether the other lies within."""
        return (
            other.left >= self.left
            and other.top >= self.top
            and other.left + other.width <= self.left + self.width
            and other.top + other.height <= self.top + self.height
        )


def picture_faults(drawing: Drawing) -> Iterator[Fault]:
    """Yield what the diagram of a file does not show, or shows on top of something else."""
    drawn = {element.get("bpmnElement", "").rpartition(":")[2]: element for element in drawing.root.iter("{*}BPMNShape", "{*}BPMNEdge")}
    if not drawn:
        if any(scope.nodes for scope in drawing.processes):
            yield RULES["no_diagram"].at(drawing.file)
        return
    for element in drawing.root.iter(etree.Element):
        if is_bpmn(element) and local_name(element) in _SHOWN and element.get("id", "") not in drawn:
            yield RULES["not_drawn"].at(drawing.file, element.get("id", ""), element.get("name", ""))
    shapes = {name: shape for name, element in drawn.items() if (shape := _shape(element)) is not None}
    pools = list(drawing.root.iter(f"{{{BPMN}}}participant"))
    yield from _overlap_faults(drawing, pools, shapes)
    around = {pool.get("processRef", "").rpartition(":")[2]: pool.get("id", "") for pool in pools}
    for scope in drawing.scopes.values():
        expanded = scope.id in drawn and drawn[scope.id].get("isExpanded") == "true"
        frame = around.get(scope.id, "") if scope.parent is None else scope.id if expanded else ""
        parts = [part for part in scope.element if is_bpmn(part) and part.get("id", "") in shapes and local_name(part) not in _NOTES]
        yield from _overlap_faults(drawing, parts, shapes)
        yield from _outside_faults(drawing, parts, shapes, shapes.get(frame))


def _shape(element: etree._Element) -> _Shape | None:
    bounds = next(iter(element.findall("{*}Bounds")), None)
    if bounds is None:
        return None
    try:
        return _Shape(*(float(bounds.get(name, "")) for name in ("x", "y", "width", "height")))
    except ValueError:
        return None


def _overlap_faults(drawing: Drawing, parts: list[etree._Element], shapes: Mapping[str, _Shape]) -> Iterator[Fault]:
    """Yield each element that lies over one drawn before it; a boundary event may lie over its own activity."""
    for place, part in enumerate(parts):
        own = shapes.get(part.get("id", ""))
        for other in parts[:place] if own is not None else ():
            beside = shapes.get(other.get("id", ""))
            attached = part.get("attachedToRef") == other.get("id") or other.get("attachedToRef") == part.get("id")
            if own is not None and beside is not None and not attached and own.meets(beside):
                yield RULES["overlap"].at(drawing.file, part.get("id", ""), part.get("name", ""), other=other.get("name") or other.get("id"))
                break


def _outside_faults(drawing: Drawing, parts: list[etree._Element], shapes: Mapping[str, _Shape], around: _Shape | None) -> Iterator[Fault]:
    for part in parts if around is not None else ():
        if around is not None and local_name(part) != "dataStoreReference" and not around.holds(shapes[part.get("id", "")]):
            yield RULES["outside_parent"].at(drawing.file, part.get("id", ""), part.get("name", ""))


def correlation_faults(drawing: Drawing) -> Iterator[Fault]:
    """Yield the correlations of a file: the engine reads none of their expressions."""
    for element in drawing.root.iter(*(f"{{{BPMN}}}{tag}" for tag in ("correlationKey", "correlationProperty", "correlationSubscription"))):
        owner = next((up for up in (element, *element.iterancestors()) if up.get("id")), element)
        yield RULES["correlation"].at(drawing.file, owner.get("id", ""), owner.get("name", ""), tag=local_name(element))
    for message in bpmn_children(drawing.root, "message"):
        if extension(message, "subscription") is not None:
            yield RULES["correlation_key"].at(drawing.file, message.get("id", ""), message.get("name", ""))
