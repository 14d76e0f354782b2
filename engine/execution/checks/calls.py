"""Looks at how processes call each other."""

from __future__ import annotations

from collections.abc import Iterator

from engine.execution.checks.drawing import Node
from engine.execution.checks.elements import at, called_process
from engine.execution.checks.models import Models
from engine.execution.faults import Fault


def call_ring_faults(models: Models, file: str) -> Iterator[Fault]:
    """Yield the calls in the file that lead back to the process that makes them."""
    calls = all_calls(models)
    for node in calls:
        if node.scope.drawing.file == file:
            ring = _ring(calls, node)
            if ring:
                yield at("call_cycle", node, ring=" → ".join(ring))


def all_calls(models: Models) -> list[Node]:
    """Return every call activity of every drawing."""
    return [node for drawing in models.drawings.values() for node in drawing.nodes() if node.kind == "callActivity"]


def callers(models: Models, process_id: str) -> list[Node]:
    """Return the calls that lead to the process, through others too."""
    calls = all_calls(models)
    found: list[Node] = []
    waiting = [process_id]
    seen: set[str] = set()
    while waiting:
        wanted = waiting.pop()
        if wanted not in seen:
            seen.add(wanted)
            here = [node for node in calls if called_process(node) == wanted]
            found += here
            waiting += [node.scope.process.id for node in here]
    return found


def _ring(calls: list[Node], first: Node) -> list[str]:
    """Return the shortest way from the called process back to the caller's, both ends named; empty where there is none."""
    home = first.scope.process.id
    waiting = [[home, called_process(first)]]
    seen: set[str] = set()
    while waiting:
        path = waiting.pop(0)
        if path[-1] == home:
            return path
        if path[-1] not in seen:
            seen.add(path[-1])
            waiting += [[*path, called_process(node)] for node in calls if node.scope.process.id == path[-1]]
    return []
