"""What a drawing must keep to so that one would hang it on a wall; each rule says what breaks it and where.

python -m tests.drawings.layout processes/sip/sip.bpmn ...
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path

from tests.drawings.plan import ACTIVITIES, EVENTS, FLOW_NODES, Box, Flow, Plan, Point, Shape, lines, read, text_width

TOUCH = 2.0
"""Pixels within which a line counts as ending at a border."""


def faults(plan: Plan) -> list[str]:
    """Return every broken rule of the plan, as one line each."""
    if incomplete := list(everything_is_drawn(plan)):
        return incomplete
    return [fault for rule in RULES for fault in rule(plan)]


def everything_is_drawn(plan: Plan) -> Iterator[str]:
    for id_ in plan.undrawn:
        yield f"{id_}: has no shape or line in the drawing"
    for id_ in plan.unknown:
        yield f"{id_}: is drawn, but is no element of the model"
    for id_ in plan.drawn_twice:
        yield f"{id_}: is drawn twice"
    for flow in plan.flows.values():
        if len(flow.points) < 2:
            yield f"{flow.id}: has fewer than two waypoints"
    for shape in plan.shapes.values():
        if not (shape.box.width > 0 and shape.box.height > 0):
            yield f"{shape.id}: has no bounds"


def siblings_lie_apart(plan: Plan) -> Iterator[str]:
    """No two shapes within the same container meet; boundary events sit on their hosts, lanes share borders."""
    free = [s for s in plan.shapes.values() if s.attached_to is None and s.kind not in {"lane", "group"}]
    for one, other in combinations(free, 2):
        if one.parent == other.parent and one.box.meets(other.box):
            yield f"{one.id} and {other.id}: the shapes meet"
    for one, other in combinations([s for s in plan.shapes.values() if s.kind == "lane"], 2):
        nested = one.box.holds(other.box) or other.box.holds(one.box)
        if one.parent == other.parent and not nested and one.box.meets(other.box):
            yield f"{one.id} and {other.id}: the lanes meet"


def boundary_events_sit_on_the_border(plan: Plan) -> Iterator[str]:
    on_border = [s for s in plan.shapes.values() if s.attached_to is not None]
    for event in on_border:
        host = plan.shapes[event.attached_to or ""].box
        middle = (event.box.x + event.box.width / 2, event.box.y + event.box.height / 2)
        if not host.grown(TOUCH).contains(middle) or host.grown(-TOUCH).contains(middle):
            yield f"{event.id}: the middle of a boundary event lies on the border of {event.attached_to}"
        for other in plan.shapes.values():
            foreign = other.id not in {event.id, event.attached_to} and other.kind in FLOW_NODES and other.parent == event.parent
            if foreign and other.box.meets(event.box) and (other.attached_to is None or event.id < other.id):
                yield f"{event.id} and {other.id}: the shapes meet"


def shapes_lie_in_what_holds_them(plan: Plan) -> Iterator[str]:
    for shape in plan.shapes.values():
        holder = plan.shapes.get(shape.parent or "")
        if holder is not None and shape.attached_to is None and not holder.box.holds(shape.box):
            yield f"{shape.id}: lies outside {holder.id}, which holds it"
    for flow in plan.flows.values():
        holder = plan.shapes.get(flow.parent or "")
        if holder is not None and not all(holder.box.contains(point) for point in flow.points):
            yield f"{flow.id}: runs outside {holder.id}, which holds it"


def nodes_lie_in_their_lane(plan: Plan) -> Iterator[str]:
    leaves = {lane for lanes in plan.lanes_in.values() for lane in lanes}
    for shape in plan.shapes.values():
        if shape.kind not in FLOW_NODES or shape.parent not in plan.lanes_in:
            continue
        lanes = [lane for lane in plan.lane_of.get(shape.id, []) if lane in leaves]
        if len(lanes) != 1:
            yield f"{shape.id}: belongs to {len(lanes)} lanes, should to one"
            continue
        lane = plan.shapes[lanes[0]].box
        middle = (shape.box.x + shape.box.width / 2, shape.box.y + shape.box.height / 2)
        inside = lane.contains(middle) if shape.attached_to else lane.holds(shape.box)
        if not inside:
            yield f"{shape.id}: lies outside its lane {lanes[0]}"


def flows_dock_at_their_ends(plan: Plan) -> Iterator[str]:
    for flow in _between_shapes(plan):
        for end, point in ((flow.source, flow.points[0]), (flow.target, flow.points[-1])):
            if not _on_border(plan.shapes[end], point):
                yield f"{flow.id}: does not end at the border of {end}"


def flows_cross_no_shape(plan: Plan) -> Iterator[str]:
    for flow in _between_shapes(plan):
        ends = {flow.source, flow.target}
        around = plan.ancestors(flow.source) | plan.ancestors(flow.target)
        for shape in plan.shapes.values():
            if shape.kind in {"participant", "lane", "group"} or (shape.id in around and shape.id not in ends):
                continue
            body = _core(shape) if shape.id in ends else shape.box.grown(-1)
            if any(body.cut_by(*segment) for segment in flow.segments):
                yield f"{flow.id}: runs through {shape.id}"


def flows_run_square(plan: Plan) -> Iterator[str]:
    """Sequence flows run level or upright; associations may slant."""
    for flow in plan.flows.values():
        if flow.kind == "sequenceFlow" and any(min(abs(a[0] - b[0]), abs(a[1] - b[1])) > TOUCH for a, b in flow.segments):
            yield f"{flow.id}: runs aslant"


def flows_share_no_line(plan: Plan) -> Iterator[str]:
    """Two flows lie on the same line only where they leave the same element or come to the same one."""
    squares = [f for f in plan.flows.values() if f.kind == "sequenceFlow"]
    for one, other in combinations(squares, 2):
        if one.source == other.source or one.target == other.target:
            continue
        if any(_share_line(a, b) for a in one.segments for b in other.segments):
            yield f"{one.id} and {other.id}: run on the same line"


def labels_cover_nothing(plan: Plan) -> Iterator[str]:
    labels = _labels(plan)
    for id_, label in labels.items():
        body = label.grown(-1)
        for shape in plan.shapes.values():
            if not shape.is_container and body.meets(shape.box):
                yield f"{id_}: its label covers {shape.id}"
        for flow in plan.flows.values():
            if any(body.cut_by(*segment) for segment in flow.segments):
                yield f"{id_}: its label lies on the line {flow.id}"
    for (one, box), (other, other_box) in combinations(labels.items(), 2):
        if box.grown(-1).meets(other_box.grown(-1)):
            yield f"{one} and {other}: their labels meet"


def labels_stay_in_their_pool_and_lane(plan: Plan) -> Iterator[str]:
    """No border of a pool, lane or expanded subprocess runs through a label."""
    for id_, label in _labels(plan).items():
        for shape in plan.shapes.values():
            if shape.is_container and shape.kind != "group" and label.grown(-1).meets(shape.box) and not shape.box.holds(label.grown(-1)):
                yield f"{id_}: the border of {shape.id} runs through its label"


def names_fit_their_shapes(plan: Plan) -> Iterator[str]:
    """The name of an activity fits in it: the modeler writes it 12 pixels high with 5 to spare on each side."""
    larger = 12 / 11
    for shape in plan.shapes.values():
        if shape.kind in ACTIVITIES and not shape.expanded:
            width = (shape.box.width - 10) / larger
            broken = lines(shape.name, width)
            if len(broken) * 12 * 1.2 > shape.box.height - 4 or any(text_width(line) > width for line in broken):
                yield f"{shape.id}: its name does not fit"


RULES: tuple[Callable[[Plan], Iterator[str]], ...] = (
    siblings_lie_apart,
    boundary_events_sit_on_the_border,
    shapes_lie_in_what_holds_them,
    nodes_lie_in_their_lane,
    flows_dock_at_their_ends,
    flows_cross_no_shape,
    flows_run_square,
    flows_share_no_line,
    labels_cover_nothing,
    labels_stay_in_their_pool_and_lane,
    names_fit_their_shapes,
)


def _labels(plan: Plan) -> dict[str, Box]:
    return {drawn.id: drawn.label for drawn in (*plan.shapes.values(), *plan.flows.values()) if drawn.label is not None}


def _between_shapes(plan: Plan) -> list[Flow]:
    return [f for f in plan.flows.values() if f.source in plan.shapes and f.target in plan.shapes]


def _core(shape: Shape) -> Box:
    """Return what a line that ends at the shape must not run through; a circle's and a diamond's corners are empty."""
    corner = 1.0 if shape.kind in ACTIVITIES else min(shape.box.width, shape.box.height) * 0.3
    return shape.box.grown(-max(corner, TOUCH))


def _on_border(shape: Shape, point: Point) -> bool:
    if shape.kind in EVENTS:
        radius = shape.box.width / 2
        distance = ((point[0] - shape.box.x - radius) ** 2 + (point[1] - shape.box.y - radius) ** 2) ** 0.5
        return abs(distance - radius) <= TOUCH
    if shape.kind.endswith("Gateway"):
        half = shape.box.width / 2
        return abs(abs(point[0] - shape.box.x - half) + abs(point[1] - shape.box.y - half) - half) <= TOUCH
    return shape.box.grown(TOUCH).contains(point) and not shape.box.grown(-TOUCH).contains(point)


def _share_line(a: tuple[Point, Point], b: tuple[Point, Point]) -> bool:
    for along, across in ((0, 1), (1, 0)):
        level = abs(a[0][across] - a[1][across]) < 1 and abs(b[0][across] - b[1][across]) < 1
        if level and abs(a[0][across] - b[0][across]) < TOUCH:
            first, second = sorted((a[0][along], a[1][along])), sorted((b[0][along], b[1][along]))
            return min(first[1], second[1]) - max(first[0], second[0]) > TOUCH
    return False


def main(paths: list[str]) -> int:
    """Print the faults of each file; the exit status is 1 where there are any."""
    found = [(path, fault) for path in paths for fault in faults(read(Path(path)))]
    for path, fault in found:
        print(f"{path}: {fault}")
    print(f"{len(paths)} drawings, {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
