"""Looks at how elements hang together within one plane: flows, gateways, loops, and what waits for what."""

from __future__ import annotations

from collections.abc import Iterator

from engine.execution.checks.drawing import BPMN, Node, Scope, bpmn_children, local_reference, text_of
from engine.execution.checks.elements import at, tags
from engine.execution.checks.rules import RULES
from engine.execution.checks.soundness import explore
from engine.execution.faults import Fault

_CHOOSING = frozenset({"exclusiveGateway", "inclusiveGateway"})
_SPLITTING = frozenset({"parallelGateway", "inclusiveGateway"})
_WAITING = frozenset(["userTask", "receiveTask", "intermediateCatchEvent", "eventBasedGateway", "callActivity", "task", "manualTask"])
"""What holds a token until a person, a message or the clock moves it; for the last two nobody has said who does them."""


def flow_faults(scope: Scope) -> Iterator[Fault]:
    """Yield what is wrong with the flows and gateways of a plane."""
    for node in scope.nodes.values():
        yield from _gateway_faults(node)
        yield from _end_faults(node)
        if node.kind == "eventBasedGateway":
            yield from _event_gateway_faults(node)
        if node.kind == "boundaryEvent":
            yield from _boundary_faults(node)
        if node.kind in {"boundaryEvent", "startEvent"} and not node.interrupting:
            yield from _cycle_faults(node)
    yield from _unreached_faults(scope)
    yield from _loop_faults(scope)
    yield from _soundness_faults(scope)


def stray_faults(scope: Scope) -> Iterator[Fault]:
    """Yield the flows of a plane that begin or end outside of it."""
    drawing = scope.drawing
    elsewhere = {node.id for node in drawing.nodes()}
    for flow, where in drawing.strays:
        if where is scope:
            ends = {flow.source, flow.target} - scope.nodes.keys()
            code = "flow_across" if ends and ends <= elsewhere else "dangling_flow"
            yield RULES[code].at(drawing.file, flow.id, flow.name)


def _gateway_faults(node: Node) -> Iterator[Fault]:
    scope = node.scope
    default = node.element.get("default", "")
    if default and default not in {flow.id for flow in node.outgoing}:
        yield at("default_elsewhere", node, flow=default)
    if node.kind in _CHOOSING and len(node.outgoing) > 1:
        conditional = [flow for flow in node.outgoing if flow.condition is not None]
        if len(conditional) == len(node.outgoing) and not default:
            yield at("gateway_without_default", node)
        for flow in node.outgoing:
            if flow.condition is None and flow.id != default:
                yield at("flow_without_condition", node, flow=flow.name or flow.id)
    if node.kind not in _CHOOSING:
        for flow in node.outgoing:
            if flow.condition is not None:
                yield RULES["condition_ignored"].at(scope.drawing.file, flow.id, flow.name)
        if len(node.outgoing) > 1 and not node.kind.endswith("Gateway"):
            yield at("implicit_split", node, **tags(node))


def _end_faults(node: Node) -> Iterator[Fault]:
    if node.kind == "endEvent":
        if node.outgoing:
            yield at("into_start", node)
    elif not node.outgoing and not _ends_otherwise(node):
        yield at("dead_end", node)
    if node.kind in {"startEvent", "boundaryEvent"} and node.incoming:
        yield at("into_start", node)


def _ends_otherwise(node: Node) -> bool:
    """Say whether no flow need leave it: an event subprocess, or what links and compensation tie, refused by rules of their own."""
    compensates = node.element.get("isForCompensation", "false") == "true" or "compensate" in node.events
    return node.event_subprocess or compensates or node.scope.ad_hoc or (node.kind == "intermediateThrowEvent" and "link" in node.events)


def _event_gateway_faults(node: Node) -> Iterator[Fault]:
    for target in node.scope.successors(node):
        if target.kind not in {"intermediateCatchEvent", "receiveTask"}:
            yield at("event_gateway_target", node, target=target.name or target.id)


def _boundary_faults(node: Node) -> Iterator[Fault]:
    host = node.scope.nodes.get(node.element.get("attachedToRef", ""))
    if host is None:
        return
    if host.repeats and host.kind in {"callActivity", "subProcess"}:
        yield at("boundary_on_repeated", node, host=host.name or host.id)
    if host.repeats and host.kind == "userTask" and node.interrupting and "timer" in node.events:
        yield at("timer_on_repeated_task", node, host=host.name or host.id)


def _cycle_faults(node: Node) -> Iterator[Fault]:
    """A timer that repeats, beside an activity or in an event subprocess, may notify again and again; a task for people may not pile up."""
    definition = node.event("timer")
    cycles = bpmn_children(definition, "timeCycle") if definition is not None else []
    if not cycles or text_of(cycles[0]).startswith("R1/"):
        return
    seen: set[str] = set()
    waiting = node.scope.successors(node)
    while waiting:
        following = waiting.pop()
        if following.id not in seen:
            seen.add(following.id)
            if following.kind == "userTask":
                yield at("cycle_to_user_task", node, task=following.name or following.id)
                return
            waiting += node.scope.successors(following)


def _unreached_faults(scope: Scope) -> Iterator[Fault]:
    if not scope.starts:
        return
    reached = scope.reached()
    for node in scope.nodes.values():
        compensation = node.element.get("isForCompensation", "false") == "true" or "link" in node.events
        host = scope.nodes.get(node.element.get("attachedToRef", ""))
        if node.id not in reached and not compensation and (node.kind != "boundaryEvent" or host is not None):
            yield at("unreachable", node)


def _loop_faults(scope: Scope) -> Iterator[Fault]:
    for group in scope.cycles():
        rounds = _automatic_round(scope, group)
        if rounds:
            names = " → ".join(node.name or node.id for node in rounds[:6])
            yield at("automatic_loop", rounds[0], nodes=names)


def _automatic_round(scope: Scope, group: list[Node]) -> list[Node]:
    """Return a round of the loop on which nothing waits; empty where every round waits somewhere."""
    moving = {node.id: node for node in group if not waits(node)}
    left = dict(moving)
    while True:  # peel off what no automatic node follows or precedes; what stays is a round
        ends = [node_id for node_id, node in left.items() if not any(following.id in left for following in scope.successors(node))]
        if not ends:
            break
        for node_id in ends:
            del left[node_id]
    if not left:
        return []
    node = next(iter(left.values()))
    path: list[Node] = []
    while node not in path:
        path.append(node)
        node = next(following for following in scope.successors(node) if following.id in left)
    return path[path.index(node) :]


def waits(node: Node) -> bool:
    """Say whether a token that comes here stays until a person, a message or the clock moves it."""
    if node.kind in _WAITING:
        return True
    inner = node.inner
    return inner is not None and any(waits(part) for part in inner.nodes.values())


def _soundness_faults(scope: Scope) -> Iterator[Fault]:
    """Play the tokens where the drawing is whole enough to be played; a split without gateway has its own fault."""
    nodes = scope.nodes.values()
    if len(scope.starts) != 1 or any(len(node.outgoing) > 1 and not node.kind.endswith("Gateway") for node in nodes):
        return
    if any("link" in node.events or "compensate" in node.events for node in nodes):
        return
    if scope.drawing.strays and any(where is scope for _, where in scope.drawing.strays):
        return
    found = explore(scope)
    for node in found.deadlocks:
        yield at("deadlock", node)
    in_loops = {node.id for group in scope.cycles() for node in group}
    for node in found.double:
        splits = node.kind in _SPLITTING and len(node.outgoing) > 1
        yield at("split_in_loop" if splits and node.id in in_loops else "double_end", node)
    if not any(not node.outgoing and node.kind != "endEvent" and not node.event_subprocess for node in nodes):
        reached = scope.reached()
        for node in found.endless[:1]:
            if node.id in reached:
                yield at("never_ends", node)


def thrown_and_caught_faults(process: Scope) -> Iterator[Fault]:
    """Yield the places that send a message which the same process waits for."""
    drawing = process.drawing
    inside = [node for scope in drawing.scopes.values() if scope.process is process for node in scope.nodes.values()]
    caught: set[str] = set()
    for node in inside:
        name = drawing.message_of(node)
        if name and (node.kind in {"receiveTask", "intermediateCatchEvent", "boundaryEvent", "startEvent"}):
            caught.add(name)
    for node in inside:
        name = drawing.message_of(node)
        if name in caught and name and node.kind in {"sendTask", "endEvent", "intermediateThrowEvent"}:
            yield at("thrown_and_caught", node, message=name)


def uncaught_faults(process: Scope, callers: list[Node]) -> Iterator[Fault]:
    """Yield the error ends that nothing around them catches: in the planes above, or at the calls of the process."""
    drawing = process.drawing
    for scope in drawing.scopes.values():
        if scope.process is not process:
            continue
        for node in scope.nodes.values():
            if node.kind == "endEvent" and node.events == ["error"] and not _caught(node, callers):
                code, name = _error(node)
                yield at("error_uncaught", node, name=name or node.name, errorcode=code or "–")


def _caught(node: Node, callers: list[Node]) -> bool:
    code, _ = _error(node)
    return _caught_around(node, code) or any(_catches(caller, code) or _caught_around(caller, code) for caller in callers)


def _caught_around(node: Node, code: str) -> bool:
    """Say whether a subprocess around the node catches what comes out of it."""
    scope: Scope | None = node.scope
    while scope is not None and scope.parent is not None:
        if _catches(scope.parent.nodes[scope.id], code):
            return True
        scope = scope.parent
    return False


def _catches(host: Node, code: str) -> bool:
    """Say whether an error event on the activity takes the code; one without a code takes every error."""
    return any("error" in boundary.events and _error(boundary)[0] in {"", code} for boundary in host.boundaries)


def _error(node: Node) -> tuple[str, str]:
    """Return the code and the name of the error that the event throws or catches; empty where it says none."""
    definition = node.event("error")
    reference = definition.get("errorRef", "") if definition is not None else ""
    for error in node.scope.drawing.root.iter(f"{{{BPMN}}}error"):
        if error.get("id") == local_reference(reference):
            return error.get("errorCode", ""), error.get("name") or error.get("errorCode") or reference
    return "", reference
