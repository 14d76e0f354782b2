"""What a BPMN file says, as plain data: processes, their elements and flows, without running anything."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property

from lxml import etree

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"

FLOW_NODES = frozenset(
    [
        "startEvent",
        "endEvent",
        "intermediateCatchEvent",
        "intermediateThrowEvent",
        "boundaryEvent",
        "task",
        "userTask",
        "manualTask",
        "serviceTask",
        "sendTask",
        "receiveTask",
        "scriptTask",
        "businessRuleTask",
        "callActivity",
        "subProcess",
        "transaction",
        "adHocSubProcess",
        "exclusiveGateway",
        "parallelGateway",
        "inclusiveGateway",
        "eventBasedGateway",
        "complexGateway",
    ]
)
"""The tags that tokens pass."""

TASK_KINDS = frozenset(["userTask", "serviceTask", "sendTask", "receiveTask", "businessRuleTask", "callActivity", "subProcess"])

_DEADLINE = re.compile(r"\bdeadlines\s*\.\s*([A-Za-z_]\w*)")


@dataclass(frozen=True)
class Value:
    """What a process owner wrote where either a text or ``=`` and a FEEL expression may stand."""

    raw: str

    @property
    def is_feel(self) -> bool:
        """Whether it is to be evaluated."""
        return self.raw.lstrip().startswith("=")

    @property
    def text(self) -> str:
        """The expression or the text, without the ``=`` and white space around."""
        raw = self.raw.strip()
        return raw[1:].strip() if raw.startswith("=") else raw

    @property
    def deadline(self) -> str | None:
        """The name in ``deadlines`` that it reads, if it does."""
        found = _DEADLINE.search(self.text) if self.is_feel else None
        return found.group(1) if found else None


@dataclass(frozen=True)
class Assignment:
    """One line of an ``ioMapping``: a source expression and the name that gets its value."""

    source: Value
    target: str


@dataclass(frozen=True)
class Loop:
    """A multi-instance marker."""

    sequential: bool
    collection: Value | None
    element: str | None
    """The name of one item inside an instance."""
    output_collection: str | None
    output_element: Value | None
    completion: Value | None
    cardinality: Value | None


@dataclass(frozen=True)
class Timer:
    """A timer event definition."""

    kind: str
    """``date``, ``duration`` or ``cycle``."""
    value: Value


@dataclass(frozen=True)
class Event:
    """What an event element catches or throws."""

    kind: str
    """``message``, ``timer``, ``error``, ``escalation``, ``terminate``, ``signal``, ``link`` ..."""
    reference: str | None = None
    """The message's name, or the error's or escalation's code."""
    timer: Timer | None = None


@dataclass(frozen=True)
class Flow:
    """A sequence flow."""

    id: str
    name: str
    source: str
    target: str
    condition: Value | None


@dataclass(frozen=True)
class Element:
    """A flow node with everything that its drawing says of it."""

    id: str
    name: str
    kind: str
    """The BPMN tag."""
    process: str
    container: str | None
    """The embedded or event subprocess that it is drawn in, else none."""
    lane: str | None
    properties: Mapping[str, str]
    inputs: tuple[Assignment, ...] = ()
    outputs: tuple[Assignment, ...] = ()
    form: str | None = None
    role: Value | None = None
    """candidateGroups: a case role, or FEEL giving one."""
    assignee: Value | None = None
    due_date: Value | None = None
    follow_up_date: Value | None = None
    priority: Value | None = None
    task_type: str | None = None
    """From ``zeebe:taskDefinition``."""
    decision: str | None = None
    result_variable: str | None = None
    called: str | None = None
    """The process that a call activity starts."""
    loop: Loop | None = None
    events: tuple[Event, ...] = ()
    attached_to: str | None = None
    interrupting: bool = True
    """Of a boundary event, or of the start event of an event subprocess."""
    triggered_by_event: bool = False
    default: str | None = None

    @property
    def event(self) -> Event | None:
        """Its only event definition, else none."""
        return self.events[0] if len(self.events) == 1 else None

    @property
    def requirement(self) -> tuple[str, ...]:
        """The ids of the rules that it serves."""
        return tuple(self.properties.get("requirement", "").split())

    @property
    def milestone(self) -> str | None:
        """The milestone that it sets when it completes."""
        return self.properties.get("milestone") or None

    @property
    def phase(self) -> str | None:
        """The phase of the process that begins with it, if it names one."""
        return self.properties.get("phase", "").strip() or None

    @property
    def effects(self) -> tuple[str, ...]:
        """The task types that a user task's answers are given to."""
        return tuple(self.properties.get("effect", "").split())

    def expressions(self) -> Iterator[tuple[str, Value]]:
        """Yield every place of the element that FEEL may stand in, with what stands there."""
        for mapping in self.inputs:
            yield f"input {mapping.target}", mapping.source
        for mapping in self.outputs:
            yield f"output {mapping.target}", mapping.source
        places: list[tuple[str, Value | None]] = [
            ("candidateGroups", self.role),
            ("assignee", self.assignee),
            ("dueDate", self.due_date),
            ("followUpDate", self.follow_up_date),
            ("priority", self.priority),
        ]
        if self.loop is not None:
            places += [
                ("inputCollection", self.loop.collection),
                ("outputElement", self.loop.output_element),
                ("completionCondition", self.loop.completion),
                ("loopCardinality", self.loop.cardinality),
            ]
        places += [("timer", event.timer.value) for event in self.events if event.timer is not None]
        yield from ((place, value) for place, value in places if value is not None)


@dataclass(frozen=True)
class ProcessModel:
    """One process of a file."""

    id: str
    name: str
    file: str
    purpose: str | None
    """``case``, ``deviation`` or ``dispute`` on those that the services start themselves."""
    properties: Mapping[str, str]
    executable: bool
    elements: Mapping[str, Element]
    """By id, in the order of the file; those of subprocesses too."""
    flows: Mapping[str, Flow]
    lanes: tuple[str, ...] = ()
    lane_ids: Mapping[str, str] = field(default_factory=dict)
    """The lanes' names by id."""
    reads: frozenset[str] = field(default_factory=frozenset)
    """Top-level names and dotted paths that its expressions and decisions read."""
    documentation: str = ""
    """What its owner says that it is for."""
    places: Mapping[str, float] = field(default_factory=dict)
    """How far to the right the middle of each element is drawn, where the file has a picture."""

    @cached_property
    def read_names(self) -> frozenset[str]:
        """The top-level names of ``reads``: form answers with these names become process data."""
        return frozenset(path.partition(".")[0] for path in self.reads)

    def within(self, container: str | None) -> list[Element]:
        """Return the elements drawn directly in the process (None) or in one of its subprocesses."""
        return [element for element in self.elements.values() if element.container == container]

    def outgoing(self, element_id: str) -> list[Flow]:
        """Return the flows out of an element, in the order of the file."""
        return [flow for flow in self.flows.values() if flow.source == element_id]

    def incoming(self, element_id: str) -> list[Flow]:
        """Return the flows into an element, in the order of the file."""
        return [flow for flow in self.flows.values() if flow.target == element_id]


def read_processes(root: etree._Element, file: str) -> list[ProcessModel]:
    """Return the processes of a parsed file, in order.

    ``root`` is the root element that ``xml.parse_xml`` gives. Nothing is refused here: what
    cannot run is found by the checks.
    """
    references, places = _references(root), dict(_places(root))
    return [_process(node, file, references, places) for node in root.iter(f"{BPMN}process")]


def _places(root: etree._Element) -> Iterator[tuple[str, float]]:
    """Yield the middle of each shape of the picture, from the left, by its element."""
    for shape in root.iter("{*}BPMNShape"):
        bounds = shape.find("{*}Bounds")
        if bounds is not None:
            with suppress(ValueError):  # the checks name what cannot be drawn
                yield shape.get("bpmnElement", ""), float(bounds.get("x", "")) + float(bounds.get("width", "")) / 2


def _references(root: etree._Element) -> dict[str, str]:
    """The messages' names and the errors' and escalations' codes, by their id."""
    found: dict[str, str] = {}
    for tag, attribute in (("message", "name"), ("signal", "name"), ("error", "errorCode"), ("escalation", "escalationCode")):
        for node in root.iter(f"{BPMN}{tag}"):
            found[node.get("id", "")] = node.get(attribute) or ""
    return found


def _process(node: etree._Element, file: str, references: Mapping[str, str], places: Mapping[str, float]) -> ProcessModel:
    process_id = node.get("id", "")
    lanes: dict[str, str] = {}
    names: dict[str, str] = {}
    for lane in node.iter(f"{BPMN}lane"):
        lane_id = lane.get("id", "")
        names[lane_id] = lane.get("name") or lane_id
        for reference in lane.findall(f"{BPMN}flowNodeRef"):
            lanes[(reference.text or "").strip()] = names[lane_id]
    elements: dict[str, Element] = {}
    flows: dict[str, Flow] = {}
    _read_container(node, process_id, None, None, lanes, references, elements, flows)
    properties = _properties(node)
    return ProcessModel(
        id=process_id,
        name=node.get("name") or process_id,
        file=file,
        purpose=properties.get("purpose") or None,
        properties=properties,
        executable=node.get("isExecutable", "true") == "true",
        elements=elements,
        flows=flows,
        lanes=tuple(names.values()),
        lane_ids=names,
        documentation=(node.findtext(f"{BPMN}documentation") or "").strip(),
        places={element: place for element, place in places.items() if element in elements},
    )


def _read_container(
    node: etree._Element,
    process_id: str,
    container: str | None,
    outer_lane: str | None,
    lanes: Mapping[str, str],
    references: Mapping[str, str],
    elements: dict[str, Element],
    flows: dict[str, Flow],
) -> None:
    for child in node:
        tag = _tag(child)
        if tag == "sequenceFlow":
            condition = child.find(f"{BPMN}conditionExpression")
            flows[child.get("id", "")] = Flow(
                child.get("id", ""),
                child.get("name") or "",
                child.get("sourceRef", ""),
                child.get("targetRef", ""),
                _written(condition),
            )
        elif tag in FLOW_NODES:
            lane = lanes.get(child.get("id", ""), outer_lane)
            element = _element(child, tag, process_id, container, lane, references)
            elements[element.id] = element
            if tag in ("subProcess", "transaction", "adHocSubProcess"):
                _read_container(child, process_id, element.id, lane, lanes, references, elements, flows)


def _element(node: etree._Element, tag: str, process_id: str, container: str | None, lane: str | None, references: Mapping[str, str]) -> Element:
    assignment = _extension(node, "assignmentDefinition")
    schedule = _extension(node, "taskSchedule")
    form = _extension(node, "formDefinition")
    called = _extension(node, "calledElement")
    decision = _extension(node, "calledDecision")
    definition = _extension(node, "taskDefinition")
    priority = _extension(node, "priorityDefinition")
    return Element(
        id=node.get("id", ""),
        name=(node.get("name") or "").strip(),
        kind=tag,
        process=process_id,
        container=container,
        lane=lane,
        properties=_properties(node),
        inputs=_mappings(node, "input"),
        outputs=_mappings(node, "output"),
        form=_attribute(form, "formId"),
        role=_value(assignment, "candidateGroups"),
        assignee=_value(assignment, "assignee"),
        due_date=_value(schedule, "dueDate"),
        follow_up_date=_value(schedule, "followUpDate"),
        priority=_value(priority, "priority"),
        task_type=_attribute(definition, "type") or _message_task_type(node),
        decision=_attribute(decision, "decisionId"),
        result_variable=_attribute(decision, "resultVariable"),
        called=_attribute(called, "processId") or node.get("calledElement"),
        loop=_loop(node),
        events=tuple(_events(node, tag, references)),
        attached_to=node.get("attachedToRef"),
        interrupting=node.get("cancelActivity" if tag == "boundaryEvent" else "isInterrupting", "true") != "false",
        triggered_by_event=node.get("triggeredByEvent") == "true",
        default=node.get("default"),
    )


def _tag(node: etree._Element) -> str:
    tag = node.tag
    return tag[len(BPMN) :] if isinstance(tag, str) and tag.startswith(BPMN) else ""


def _extension(node: etree._Element, name: str) -> etree._Element | None:
    """The element's own extension of that name; None where it has none."""
    return node.find(f"{BPMN}extensionElements/{ZEEBE}{name}")


def _message_task_type(node: etree._Element) -> str | None:
    """A throwing message event may carry its task definition inside the event definition."""
    inner = node.find(f"{BPMN}messageEventDefinition/{BPMN}extensionElements/{ZEEBE}taskDefinition")
    return _attribute(inner, "type")


def _attribute(node: etree._Element | None, name: str) -> str | None:
    return (node.get(name) or None) if node is not None else None


def _value(node: etree._Element | None, name: str) -> Value | None:
    raw = _attribute(node, name)
    return Value(raw) if raw is not None and raw.strip() else None


def _properties(node: etree._Element) -> dict[str, str]:
    rows = node.findall(f"{BPMN}extensionElements/{ZEEBE}properties/{ZEEBE}property")
    return {row.get("name", ""): row.get("value") or "" for row in rows}


def _mappings(node: etree._Element, direction: str) -> tuple[Assignment, ...]:
    rows = node.findall(f"{BPMN}extensionElements/{ZEEBE}ioMapping/{ZEEBE}{direction}")
    return tuple(Assignment(Value(row.get("source") or ""), row.get("target") or "") for row in rows)


def _loop(node: etree._Element) -> Loop | None:
    marker = node.find(f"{BPMN}multiInstanceLoopCharacteristics")
    if marker is None:
        return None
    lines = marker.find(f"{BPMN}extensionElements/{ZEEBE}loopCharacteristics")
    return Loop(
        sequential=marker.get("isSequential") == "true",
        collection=_value(lines, "inputCollection"),
        element=_attribute(lines, "inputElement"),
        output_collection=_attribute(lines, "outputCollection"),
        output_element=_value(lines, "outputElement"),
        completion=_text(marker, "completionCondition"),
        cardinality=_text(marker, "loopCardinality"),
    )


def _text(node: etree._Element, name: str) -> Value | None:
    return _written(node.find(f"{BPMN}{name}"))


def _written(node: etree._Element | None) -> Value | None:
    text = (node.text or "") if node is not None else ""
    return Value(text) if text.strip() else None


_TIMERS = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}


def _events(node: etree._Element, tag: str, references: Mapping[str, str]) -> Iterator[Event]:
    if tag == "receiveTask":
        yield Event("message", references.get(node.get("messageRef", "")))
        return
    for child in node:
        name = _tag(child)
        if not name.endswith("EventDefinition"):
            continue
        kind = name.removesuffix("EventDefinition")
        if kind == "timer":
            timers = [(_TIMERS[_tag(part)], part.text or "") for part in child if _tag(part) in _TIMERS]
            yield Event("timer", timer=Timer(timers[0][0], Value(timers[0][1])) if timers else None)
        else:
            yield Event(kind, references.get(child.get(f"{kind}Ref", "")))
