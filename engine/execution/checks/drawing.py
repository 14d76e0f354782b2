"""A drawing as the checks read it: processes, nodes and flows, straight from the XML and with nothing left out.

The engine's own parse drops what nothing reaches and forgets what it does not understand;
the checks must see just that, so they read the file for themselves. A test holds the two readers to the same words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from engine.execution.drawing import FLOW_NODES

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
IMPORTED = ("http://camunda.org/schema/1.0/bpmn", "http://operaton.org/schema/1.0/bpmn")
"""The namespaces of Camunda 7 and Operaton, met in files from elsewhere."""

TASKS = frozenset(["task", "userTask", "manualTask", "serviceTask", "sendTask", "receiveTask", "scriptTask", "businessRuleTask"])
SUBPROCESSES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
GATEWAYS = frozenset(["exclusiveGateway", "inclusiveGateway", "parallelGateway", "eventBasedGateway", "complexGateway"])
EVENTS = frozenset(["startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"])


def local_name(element: etree._Element) -> str:
    """Return the tag without its namespace; empty for comments and processing instructions."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def is_bpmn(element: etree._Element) -> bool:
    """Say whether the element is of BPMN itself, not of an extension."""
    return isinstance(element.tag, str) and etree.QName(element).namespace == BPMN


def bpmn_children(element: etree._Element, *names: str) -> list[etree._Element]:
    """Return the direct children with these BPMN tags, in order."""
    return [child for child in element if is_bpmn(child) and local_name(child) in names]


def text_of(element: etree._Element | None) -> str:
    """Return the text of an element without the white space around it."""
    return "".join(map(str, element.itertext())).strip() if element is not None else ""


def extensions(element: etree._Element, name: str) -> list[etree._Element]:
    """Return the ``zeebe:`` elements of that name that the element itself carries."""
    return [found for holder in bpmn_children(element, "extensionElements") for found in holder.iter(f"{{{ZEEBE}}}{name}")]


def extension(element: etree._Element, name: str) -> etree._Element | None:
    """Return the first ``zeebe:`` element of that name that the element itself carries."""
    found = extensions(element, name)
    return found[0] if found else None


def properties(element: etree._Element) -> dict[str, str]:
    """Return the ``zeebe:property`` pairs that the element itself carries."""
    return {
        found.get("name", ""): found.get("value", "") for holder in extensions(element, "properties") for found in holder.iter(f"{{{ZEEBE}}}property")
    }


@dataclass(frozen=True, eq=False)
class Flow:
    """A sequence flow."""

    id: str
    name: str
    source: str
    target: str
    condition: str | None
    """The text of its condition; None where it carries none, or an empty one."""


@dataclass(frozen=True, eq=False)
class Mapping:
    """One line of a ``zeebe:ioMapping``."""

    source: str
    target: str


@dataclass(eq=False)
class Node:
    """A flow node: a task, a gateway, an event, a subprocess or a call."""

    id: str
    name: str
    kind: str
    """The BPMN tag."""
    element: etree._Element
    scope: Scope
    incoming: list[Flow] = field(default_factory=list)
    outgoing: list[Flow] = field(default_factory=list)
    boundaries: list[Node] = field(default_factory=list)
    """The boundary events that sit on it."""

    @property
    def events(self) -> list[str]:
        """Return the kinds of its event definitions: ``message``, ``timer`` ..., in order."""
        found = [local_name(child) for child in self.element if is_bpmn(child)]
        kinds = [name.removesuffix("EventDefinition") for name in found if name.endswith("EventDefinition")]
        return kinds + ["reference"] * len(bpmn_children(self.element, "eventDefinitionRef"))

    def event(self, kind: str) -> etree._Element | None:
        """Return its event definition of that kind."""
        found = bpmn_children(self.element, f"{kind}EventDefinition")
        return found[0] if found else None

    @property
    def multi_instance(self) -> etree._Element | None:
        """Return its multi-instance marker, if it has one."""
        found = bpmn_children(self.element, "multiInstanceLoopCharacteristics")
        return found[0] if found else None

    @property
    def standard_loop(self) -> etree._Element | None:
        """Return its loop marker, if it has one."""
        found = bpmn_children(self.element, "standardLoopCharacteristics")
        return found[0] if found else None

    @property
    def repeats(self) -> bool:
        """Say whether it runs more than once for one token."""
        return self.multi_instance is not None or self.standard_loop is not None

    @property
    def interrupting(self) -> bool:
        """Say whether this boundary event or event subprocess ends what it sits on."""
        return self.element.get("cancelActivity", self.element.get("isInterrupting", "true")).lower() == "true"

    @property
    def event_subprocess(self) -> bool:
        """Say whether it is started by an event and not by a flow."""
        return self.element.get("triggeredByEvent", "false").lower() == "true"

    @property
    def inputs(self) -> list[Mapping]:
        """Return the input lines of its ``zeebe:ioMapping``."""
        return _mappings(self.element, "input")

    @property
    def outputs(self) -> list[Mapping]:
        """Return the output lines of its ``zeebe:ioMapping``."""
        return _mappings(self.element, "output")

    @property
    def properties(self) -> dict[str, str]:
        """Return its ``zeebe:property`` pairs."""
        return properties(self.element)

    @property
    def inner(self) -> Scope | None:
        """Return what is drawn inside it, where it is a subprocess."""
        return self.scope.drawing.scopes.get(self.id) if self.kind in SUBPROCESSES else None


def _mappings(element: etree._Element, name: str) -> list[Mapping]:
    return [
        Mapping(found.get("source", ""), found.get("target", ""))
        for holder in extensions(element, "ioMapping")
        for found in holder.iter(f"{{{ZEEBE}}}{name}")
    ]


@dataclass(eq=False)
class Scope:
    """A process or an embedded subprocess: what one plane of flows is drawn in."""

    id: str
    name: str
    element: etree._Element
    drawing: Drawing
    parent: Scope | None
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)

    @property
    def process(self) -> Scope:
        """Return the process at the top."""
        return self if self.parent is None else self.parent.process

    @property
    def ad_hoc(self) -> bool:
        """Say whether this is an ad hoc subprocess, in which nothing starts or ends."""
        return local_name(self.element) == "adHocSubProcess"

    @property
    def starts(self) -> list[Node]:
        """Return its start events."""
        return [node for node in self.nodes.values() if node.kind == "startEvent"]

    def target(self, flow: Flow) -> Node | None:
        """Return the node that the flow leads to within the scope."""
        return self.nodes.get(flow.target)

    def successors(self, node: Node) -> list[Node]:
        """Return the nodes that its outgoing flows lead to."""
        return [self.nodes[flow.target] for flow in node.outgoing if flow.target in self.nodes]

    def entries(self) -> list[Node]:
        """Return where a token may appear without a flow: starts and event subprocesses."""
        return [node for node in self.nodes.values() if node.kind == "startEvent" or node.event_subprocess]

    def reached(self) -> set[str]:
        """Return the ids of the nodes that a token can come to, boundary events with their activities."""
        seen: set[str] = set()
        waiting = self.entries()
        while waiting:
            node = waiting.pop()
            if node.id in seen:
                continue
            seen.add(node.id)
            waiting += self.successors(node)
            waiting += node.boundaries
        return seen

    def cycles(self) -> list[list[Node]]:
        """Return the groups of nodes that lie on common loops (strongly connected, more than one or with a flow to itself)."""
        return [group for group in _strongly_connected(self) if len(group) > 1 or group[0] in self.successors(group[0])]


@dataclass(eq=False)
class Drawing:
    """A BPMN file."""

    file: str
    root: etree._Element
    processes: list[Scope] = field(default_factory=list)
    scopes: dict[str, Scope] = field(default_factory=dict)
    """Processes and subprocesses by id."""
    messages: dict[str, str] = field(default_factory=dict)
    """Message id to name."""
    strays: list[tuple[Flow, Scope]] = field(default_factory=list)
    """Flows whose source or target is not in the scope where they are drawn."""

    def nodes(self) -> Iterator[Node]:
        """Go through every node of every process, in the order of the file."""
        for scope in self.scopes.values():
            yield from scope.nodes.values()

    def message_of(self, node: Node) -> str | None:
        """Return the name of the message that the event or task sends or waits for."""
        definition = node.event("message")
        reference = node.element.get("messageRef") if definition is None else definition.get("messageRef")
        return self.messages.get(local_reference(reference)) if reference else None


def local_reference(reference: str) -> str:
    """Return the id in a reference that may carry a namespace prefix."""
    return reference.rpartition(":")[2].strip()


def read_drawing(file: str, root: etree._Element) -> Drawing:
    """Read the tree of a BPMN file. The tree must be well formed; it need not be valid."""
    drawing = Drawing(file, root)
    for message in root.iter(f"{{{BPMN}}}message"):
        drawing.messages[message.get("id", "")] = message.get("name", "")
    for process in root.iter(f"{{{BPMN}}}process"):
        drawing.processes.append(_read_scope(drawing, process, None))
    return drawing


def _read_scope(drawing: Drawing, element: etree._Element, parent: Scope | None) -> Scope:
    scope = Scope(element.get("id", ""), element.get("name", ""), element, drawing, parent)
    drawing.scopes[scope.id] = scope
    for child in element:
        kind = local_name(child)
        if is_bpmn(child) and kind in FLOW_NODES:
            node = Node(child.get("id", ""), child.get("name", ""), kind, child, scope)
            scope.nodes[node.id] = node
            if kind in SUBPROCESSES:
                _read_scope(drawing, child, scope)
    for node in list(scope.nodes.values()):
        host = scope.nodes.get(node.element.get("attachedToRef", ""))
        if host is not None:
            host.boundaries.append(node)
    for child in bpmn_children(element, "sequenceFlow"):
        _read_flow(scope, child)
    return scope


def _read_flow(scope: Scope, element: etree._Element) -> None:
    conditions = bpmn_children(element, "conditionExpression")
    flow = Flow(
        element.get("id", ""),
        element.get("name", ""),
        element.get("sourceRef", ""),
        element.get("targetRef", ""),
        text_of(conditions[0]) or None if conditions else None,
    )
    scope.flows[flow.id] = flow
    source, target = scope.nodes.get(flow.source), scope.nodes.get(flow.target)
    if source is not None:
        source.outgoing.append(flow)
    if target is not None:
        target.incoming.append(flow)
    if source is None or target is None:
        scope.drawing.strays.append((flow, scope))


def _strongly_connected(scope: Scope) -> list[list[Node]]:
    """Tarjan's algorithm with a stack of its own, for a drawing may be five hundred nodes deep."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[Node] = []
    on_stack: set[str] = set()
    groups: list[list[Node]] = []
    following = {node.id: scope.successors(node) + node.boundaries for node in scope.nodes.values()}
    for root in scope.nodes.values():
        if root.id in order:
            continue
        work: list[tuple[Node, Iterator[Node]]] = [(root, iter(following[root.id]))]
        order[root.id] = low[root.id] = len(order)
        stack.append(root)
        on_stack.add(root.id)
        while work:
            node, rest = work[-1]
            following_node = next(rest, None)
            if following_node is None:
                work.pop()
                if work:
                    low[work[-1][0].id] = min(low[work[-1][0].id], low[node.id])
                if low[node.id] == order[node.id]:
                    group: list[Node] = []
                    while not group or group[-1] is not node:
                        group.append(stack.pop())
                        on_stack.discard(group[-1].id)
                    groups.append(group[::-1])
            elif following_node.id not in order:
                order[following_node.id] = low[following_node.id] = len(order)
                stack.append(following_node)
                on_stack.add(following_node.id)
                work.append((following_node, iter(following[following_node.id])))
            elif following_node.id in on_stack:
                low[node.id] = min(low[node.id], order[following_node.id])
    return groups
