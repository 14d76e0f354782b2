"""From a process as it is drawn to the graph of nodes that SpiffWorkflow runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.execution.drawing import Element, Event, ProcessModel
from engine.execution.nodes import (
    Automatic,
    Boundary,
    BoundaryJoin,
    Call,
    Catch,
    Catching,
    Contained,
    Decision,
    End,
    EventGateway,
    Exclusive,
    Inclusive,
    Listener,
    Multiple,
    Node,
    Parallel,
    Person,
    ProcessSpec,
    Split,
    Start,
    Throw,
)

_KINDS: Mapping[str, type[Node]] = {
    "startEvent": Start,
    "endEvent": End,
    "intermediateCatchEvent": Catch,
    "intermediateThrowEvent": Throw,
    "boundaryEvent": Boundary,
    "userTask": Person,
    "serviceTask": Automatic,
    "sendTask": Automatic,
    "receiveTask": Catch,
    "businessRuleTask": Decision,
    "callActivity": Call,
    "subProcess": Contained,
    "exclusiveGateway": Exclusive,
    "parallelGateway": Parallel,
    "inclusiveGateway": Inclusive,
    "eventBasedGateway": EventGateway,
}
RUNS = frozenset(_KINDS)
"""The tags that run; any other flow node is refused."""

_RESERVED = frozenset({"Start", "End", "Root"})
"""SpiffWorkflow's own names in every graph."""


def build(model: ProcessModel) -> dict[str, ProcessSpec]:
    """Return the graph of a process by its id, and those of its subprocesses by ``inside``."""
    graphs = {model.id: _Graph(model, None).spec}
    for element in model.elements.values():
        if element.kind == "subProcess":
            graphs[inside(element)] = _Graph(model, element.id).spec
    return graphs


def inside(element: Element) -> str:
    """Return the name of the graph inside a subprocess; element ids may repeat between files."""
    return f"{element.process}/{element.id}"


class _Graph:
    """One process or subprocess while it is put together."""

    def __init__(self, model: ProcessModel, container: str | None) -> None:
        self.model = model
        name = model.id if container is None else inside(model.elements[container])
        self.spec = ProcessSpec(name, model.file)
        self.entries: dict[str, Any] = {}
        """What a flow to the element leads to."""
        self.nodes: dict[str, Node] = {}
        """What flows from the element come from."""
        elements = model.within(container)
        for element in elements:
            if element.triggered_by_event:
                self._listen(element)
            elif element.kind != "boundaryEvent":
                self._add(element)
        for element in elements:
            if element.id in self.nodes:
                self._connect(element)
        for node in self.nodes.values():
            if isinstance(node, Inclusive):
                node.reaching = {source: self._before(source, node) for source in node._inputs}

    def _node(self, element: Element, name: str) -> Node:
        kind = _KINDS[element.kind]
        extra: dict[str, Any] = {}
        if kind is Contained:
            extra["subworkflow_spec"] = inside(element)
        if kind is Call:
            extra["subworkflow_spec"] = element.called
        node = kind(self.spec, name, bpmn_name=element.name, lane=element.lane, **extra)
        node.element = element
        if isinstance(node, Catching):
            node.waits_for = tuple((event, element.id) for event in element.events)
        return node

    def _add(self, element: Element) -> None:
        name = f"{element.id}_" if element.id in _RESERVED else element.id
        if element.loop is not None:
            inner = self._node(element, f"{name} [instance]")
            multiple = Multiple(self.spec, name, bpmn_name=element.name, lane=element.lane)
            multiple.child = inner.name
            node: Node = multiple
            node.element = element
            inner._inputs = [name]
        else:
            node = self._node(element, name)
        self.nodes[element.id] = self.entries[element.id] = node
        boundaries = [other for other in self.model.elements.values() if other.attached_to == element.id]
        if boundaries:
            self._attach(name, element, node, boundaries)

    def _attach(self, name: str, element: Element, node: Node, boundaries: list[Element]) -> None:
        split = Split(self.spec, f"{name}.split", lane=element.lane)
        join = BoundaryJoin(self.spec, f"{name}.join", split_task=split.name, cancel=True)
        split.connect(node)
        node.connect(join)
        for boundary in boundaries:
            event = self._node(boundary, boundary.id)
            split.connect(event)
            event.connect(join)
            self.nodes[boundary.id] = event
        self.entries[element.id] = split

    def _listen(self, element: Element) -> None:
        start = next(inner for inner in self.model.within(element.id) if inner.kind == "startEvent")
        listener = Listener(self.spec, f"{element.id}.listener", bpmn_name=start.name, lane=element.lane)
        listener.element = start
        listener.interrupting = start.interrupting
        listener.waits_for = tuple((event, start.id) for event in start.events)
        node = self._node(element, element.id)
        self.spec.start.connect(listener)
        listener.connect(node)
        node.connect(self.spec.end)

    def _connect(self, element: Element) -> None:
        node = self.nodes[element.id]
        flows = [flow for flow in self.model.outgoing(element.id) if flow.target in self.entries]
        if element.kind == "startEvent":
            self.spec.start.connect(node)
        for flow in flows:
            node.connect(self.entries[flow.target])
        if not flows:
            node.connect(self.spec.end)
        if isinstance(node, Exclusive | Inclusive):
            node.flows = tuple((flow, self.entries[flow.target].name) for flow in flows)
        if isinstance(node, EventGateway):
            self._gather(node, [flow.target for flow in flows])

    def _gather(self, gateway: EventGateway, targets: list[str]) -> None:
        """Let the gateway wait for the events of the elements after it, which then pass at once."""
        waits: list[tuple[Event, str]] = []
        for target in targets:
            caught = self.nodes[target]
            if isinstance(caught, Catching):
                waits += [(event, target) for event in self.model.elements[target].events]
                caught.waits_for = ()
        gateway.waits_for = tuple(waits)
        gateway.targets = {target: self.entries[target].name for target in targets}

    def _before(self, source: str, gateway: Inclusive) -> frozenset[str]:
        """Return the specs from which a token can come to ``source`` without passing the gateway."""
        found = {source}
        waiting = [source]
        while waiting:
            for name in self.spec.task_specs[waiting.pop()]._inputs:
                if name not in found and name != gateway.name:
                    found.add(name)
                    waiting.append(name)
        return frozenset(found)
