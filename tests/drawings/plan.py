"""Reads how a BPMN file is drawn: its shapes, flows and labels as plain rectangles and points."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from lxml import etree

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
BPMNDI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
DI = "{http://www.omg.org/spec/DD/20100524/DI}"

ACTIVITIES = frozenset(
    "task userTask serviceTask sendTask receiveTask manualTask businessRuleTask scriptTask "
    "callActivity subProcess adHocSubProcess transaction".split()
)
EVENTS = frozenset("startEvent endEvent intermediateCatchEvent intermediateThrowEvent boundaryEvent".split())
GATEWAYS = frozenset("exclusiveGateway parallelGateway inclusiveGateway eventBasedGateway complexGateway".split())
FLOW_NODES = ACTIVITIES | EVENTS | GATEWAYS
ARTIFACTS = frozenset("textAnnotation dataObjectReference dataStoreReference group".split())
FLOWS = frozenset("sequenceFlow messageFlow association dataInputAssociation dataOutputAssociation".split())
LABELLED_OUTSIDE = EVENTS | GATEWAYS | FLOWS | frozenset({"dataObjectReference", "dataStoreReference"})

Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A rectangle, in the drawing's pixels, from its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def grown(self, by: float) -> Box:
        """Return it larger on every side, or smaller where ``by`` is below zero."""
        return Box(self.x - by, self.y - by, self.width + 2 * by, self.height + 2 * by)

    def meets(self, other: Box) -> bool:
        """Whether the two share more than a border."""
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom

    def holds(self, other: Box) -> bool:
        return self.x <= other.x and self.y <= other.y and other.right <= self.right and other.bottom <= self.bottom

    def contains(self, point: Point) -> bool:
        return self.x <= point[0] <= self.right and self.y <= point[1] <= self.bottom

    def cut_by(self, start: Point, end: Point) -> bool:
        """Whether a straight line runs through the inside (Liang and Barsky's clipping)."""
        (x, y), dx, dy = start, end[0] - start[0], end[1] - start[1]
        enter, leave = 0.0, 1.0
        for step, room in ((-dx, x - self.x), (dx, self.right - x), (-dy, y - self.y), (dy, self.bottom - y)):
            if step == 0:
                if room <= 0:
                    return False
            elif step < 0:
                enter = max(enter, room / step)
            else:
                leave = min(leave, room / step)
        return leave - enter > 1e-9


@dataclass
class Shape:
    """A drawn element that is not a line."""

    id: str
    kind: str
    name: str
    box: Box
    parent: str | None
    """The participant, expanded subprocess or process that it lies in."""
    attached_to: str | None = None
    expanded: bool = False
    label: Box | None = None

    @property
    def is_container(self) -> bool:
        return self.kind in {"participant", "lane", "group"} or self.expanded


@dataclass
class Flow:
    """A drawn line from one element to another."""

    id: str
    kind: str
    name: str
    source: str
    target: str
    points: list[Point]
    parent: str | None
    label: Box | None = None

    @property
    def segments(self) -> list[tuple[Point, Point]]:
        return list(pairwise(self.points))


@dataclass
class Plan:
    """Everything that is drawn in a file, and what should have been."""

    shapes: dict[str, Shape] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    """From an element to what it lies in: subprocess, or participant, or process."""
    lane_of: dict[str, list[str]] = field(default_factory=dict)
    lanes_in: dict[str, list[str]] = field(default_factory=dict)
    """From a participant (or process) to its lanes that have no lanes within."""
    undrawn: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    drawn_twice: list[str] = field(default_factory=list)

    def ancestors(self, element: str) -> set[str]:
        found: set[str] = set()
        while element in self.parents and element not in found:
            found.add(element)
            element = self.parents[element]
        return found | {element}


def read(path: Path) -> Plan:
    """Read the plan of one file."""
    root = etree.parse(path).getroot()
    elements = {element.get("id"): element for element in root.iter(etree.Element) if element.get("id") and element.tag.startswith(BPMN)}
    plan = Plan()
    participants = {p.get("processRef"): p.get("id") for p in root.iter(f"{BPMN}participant")}
    for id_, element in elements.items():
        _place(plan, id_, element, participants)
    for drawn in root.iter(f"{BPMNDI}BPMNShape"):
        _shape(plan, drawn, elements)
    for drawn in root.iter(f"{BPMNDI}BPMNEdge"):
        _flow(plan, drawn, elements)
    wanted = FLOW_NODES | FLOWS | ARTIFACTS | {"participant", "lane"}
    plan.undrawn = [
        id_
        for id_, element in elements.items()
        if _kind(element) in wanted and id_ not in plan.shapes and id_ not in plan.flows and not _inside_collapsed(plan, id_)
    ]
    return plan


def _kind(element: etree._Element) -> str:
    return str(element.tag).removeprefix(BPMN)


def _place(plan: Plan, id_: str, element: etree._Element, participants: dict[str | None, str | None]) -> None:
    if _kind(element) == "lane":
        for ref in element.findall(f"{BPMN}flowNodeRef"):
            plan.lane_of.setdefault((ref.text or "").strip(), []).append(id_)
    holder = element.getparent()
    while holder is not None and _kind(holder) not in {"process", "subProcess", "adHocSubProcess", "transaction"}:
        holder = holder.getparent()
    if holder is None:
        return
    parent = participants.get(holder.get("id")) or holder.get("id") or ""
    plan.parents[id_] = parent
    if _kind(element) == "lane" and element.find(f"{BPMN}childLaneSet") is None:
        plan.lanes_in.setdefault(parent, []).append(id_)


def _inside_collapsed(plan: Plan, id_: str) -> bool:
    holders = [plan.shapes[a] for a in plan.ancestors(id_) - {id_} if a in plan.shapes]
    return any(holder.kind in ACTIVITIES and not holder.expanded for holder in holders)


def _shape(plan: Plan, drawn: etree._Element, elements: dict[str | None, etree._Element]) -> None:
    id_ = drawn.get("bpmnElement") or ""
    if id_ not in elements:
        plan.unknown.append(id_)
        return
    if id_ in plan.shapes:
        plan.drawn_twice.append(id_)
    element, kind = elements[id_], _kind(elements[id_])
    box = _bounds(drawn)
    expanded = kind in {"subProcess", "adHocSubProcess", "transaction"} and drawn.get("isExpanded", "false") == "true"
    name = element.get("name", "")
    shape = Shape(id_, kind, name, box, plan.parents.get(id_), element.get("attachedToRef"), expanded)
    if name and kind in LABELLED_OUTSIDE:
        default = Box(box.x + box.width / 2 - 45, box.bottom + 3, 90, 20)
        shape.label = text_box(name, _label_bounds(drawn) or default)
    plan.shapes[id_] = shape


def _flow(plan: Plan, drawn: etree._Element, elements: dict[str | None, etree._Element]) -> None:
    id_ = drawn.get("bpmnElement") or ""
    if id_ not in elements:
        plan.unknown.append(id_)
        return
    if id_ in plan.flows:
        plan.drawn_twice.append(id_)
    element = elements[id_]
    points = [(float(p.get("x", "nan")), float(p.get("y", "nan"))) for p in drawn.findall(f"{DI}waypoint")]
    flow = Flow(id_, _kind(element), element.get("name", ""), *_ends(element), points, plan.parents.get(id_))
    if flow.name and points:
        (x, y), (x2, y2) = points[(len(points) - 1) // 2], points[(len(points) - 1) // 2 + 1] if len(points) > 1 else points[0]
        default = Box((x + x2) / 2 - 45, (y + y2) / 2, 90, 20)
        flow.label = text_box(flow.name, _label_bounds(drawn) or default)
    plan.flows[id_] = flow


def _ends(element: etree._Element) -> tuple[str, str]:
    source, target = element.get("sourceRef"), element.get("targetRef")
    if source is not None and target is not None:
        return source, target
    # A data association's other end is the activity that holds it.
    holder = element.getparent()
    owner = holder.get("id", "") if holder is not None else ""
    refs = [element.findtext(f"{BPMN}sourceRef", ""), element.findtext(f"{BPMN}targetRef", "")]
    return (refs[0], owner) if _kind(element) == "dataInputAssociation" else (owner, refs[1])


def _bounds(drawn: etree._Element) -> Box:
    bounds = drawn.find(f"{DC}Bounds")
    if bounds is None:
        return Box(math.nan, math.nan, math.nan, math.nan)
    x, y, width, height = (float(bounds.get(side, "nan")) for side in ("x", "y", "width", "height"))
    return Box(x, y, width, height)


def _label_bounds(drawn: etree._Element) -> Box | None:
    label = drawn.find(f"{BPMNDI}BPMNLabel")
    return None if label is None or label.find(f"{DC}Bounds") is None else _bounds(label)


FONT_SIZE = 11
LINE_HEIGHT = FONT_SIZE * 1.2
NARROW, WIDE = frozenset("iIjlt.,:;!|'()[]f-r /"), frozenset("mwMWÅÄÖABCDEFGHKNOPQRSTUVXYZ%&@")


def text_width(text: str) -> float:
    """Return about how many pixels a text takes in the modeler's 11 pixel sans serif."""
    return sum(FONT_SIZE * (0.31 if letter in NARROW else 0.72 if letter in WIDE else 0.54) for letter in text)


def lines(text: str, width: float) -> list[str]:
    """Break a text into lines as the modeler does: at blanks, at most ``width`` wide."""
    broken = [""]
    for word in text.split():
        longer = f"{broken[-1]} {word}".strip()
        if broken[-1] and text_width(longer) > width:
            broken.append(word)
        else:
            broken[-1] = longer
    return broken


def text_box(text: str, bounds: Box) -> Box:
    """Return what the text of a label really covers: the modeler breaks it at the width of its bounds and centres it from their top."""
    broken = lines(text, bounds.width)
    width = max(text_width(line) for line in broken)
    middle = bounds.x + bounds.width / 2
    return Box(middle - width / 2, bounds.y, width, len(broken) * LINE_HEIGHT)
