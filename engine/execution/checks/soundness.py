"""Plays tokens through one plane of a drawing, to find where a case would get stuck or be done twice.

Data are not looked at: every way out of an exclusive gateway is tried. Activities in a row are one step,
so a drawing of the size that people read has some hundred markings; past the budget the answer is silence.
A non-interrupting boundary event starts work beside the flow and is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

from engine.execution.checks.drawing import Node, Scope

MARKINGS = 20_000
"""The budget for one plane; about half a second."""

Marking = frozenset[str]
"""The ids of the flows that hold a token."""

_WIDEST = 8
"""Ways out of an inclusive gateway whose subsets are all tried; beyond it one by one and all at once."""


@dataclass
class Unsound:
    """What the tokens met."""

    deadlocks: list[Node] = field(default_factory=list)
    """Gateways that wait for a token that never comes."""
    double: list[Node] = field(default_factory=list)
    """Nodes that a second token passes while the first is still behind them."""
    endless: list[Node] = field(default_factory=list)
    """Nodes that hold a token in a marking from which no end is reached."""


@dataclass(frozen=True)
class _Place:
    """A step of the net: a node with the flows that matter for tokens."""

    node: Node
    incoming: tuple[str, ...]
    ways: tuple[tuple[str, ...], ...]
    """The alternatives: each the flows that get a token."""


def explore(scope: Scope) -> Unsound:
    """Return what is unsound in this plane; a plane without a start event is sound, for nothing moves in it."""
    return _Exploration(scope).run()


class _Exploration:
    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.found = Unsound()
        self.follow = _shortcuts(scope)
        self.places = [self._place(node) for node in scope.nodes.values() if not _is_passed_through(node)]
        self.target = {flow: place for place in self.places for flow in place.incoming}
        self.reaching: dict[str, set[str]] = {}

    def run(self) -> Unsound:
        starts = [frozenset(self.follow[flow.id] for flow in node.outgoing if flow.id in self.follow) for node in self.scope.starts]
        seen: set[Marking] = {marking for marking in starts if marking}
        waiting = list(seen)
        before: dict[Marking, list[Marking]] = {}
        ended: set[Marking] = set()
        while waiting and len(seen) <= MARKINGS:
            marking = waiting.pop()
            following = [after for after in self._steps(marking) if after is not None]
            if not marking:
                ended.add(marking)
            for after in following:
                before.setdefault(after, []).append(marking)
                if after not in seen:
                    seen.add(after)
                    waiting.append(after)
        if not waiting and not self.found.double and not self.found.deadlocks:
            self._note_endless(seen, before, ended)
        return self.found

    def _place(self, node: Node) -> _Place:
        incoming = tuple(self.follow[flow.id] for flow in node.incoming if flow.id in self.follow)
        outgoing = tuple(self.follow[flow.id] for flow in node.outgoing if flow.id in self.follow)
        if node.kind == "endEvent":
            return _Place(node, incoming, ((),))
        if node.kind == "inclusiveGateway":
            return _Place(node, incoming, tuple(_subsets(outgoing)) or ((),))
        if node.kind in {"exclusiveGateway", "eventBasedGateway", "complexGateway"}:
            return _Place(node, incoming, tuple((flow,) for flow in outgoing) or ((),))
        ways = [outgoing]
        ways += [
            tuple(self.follow[flow.id] for flow in boundary.outgoing if flow.id in self.follow)
            for boundary in node.boundaries
            if boundary.interrupting
        ]
        return _Place(node, incoming, tuple(ways))

    def _steps(self, marking: Marking) -> Iterator[Marking | None]:
        """Yield the markings after each step that can be taken; None where a token would meet another."""
        moved = False
        for place in {id(self.target[flow]): self.target[flow] for flow in marking}.values():
            for taken in self._enabled(place, marking):
                moved = True
                rest = marking - taken
                if _clears(place.node):
                    yield frozenset()
                    continue
                for way in place.ways:
                    if rest.intersection(way):
                        self._note(self.found.double, place.node)
                        yield None
                    else:
                        yield rest.union(way)
        if marking and not moved:
            for flow in sorted(marking):
                self._note(self.found.deadlocks, self.target[flow].node)

    def _enabled(self, place: _Place, marking: Marking) -> Iterator[frozenset[str]]:
        """Yield the tokens that one firing of the place would take."""
        present = marking.intersection(place.incoming)
        if place.node.kind == "parallelGateway":
            if len(present) == len(place.incoming):
                yield present
        elif place.node.kind == "inclusiveGateway":
            if not any(self._reaches(flow, place) for flow in marking - present):
                yield present
        else:
            for flow in sorted(present):
                yield frozenset({flow})

    def _reaches(self, flow: str, goal: _Place) -> bool:
        """Say whether a token on the flow may yet come to the place."""
        return bool(self._flows_ahead(flow).intersection(goal.incoming))

    def _ahead(self, flow: str) -> list[_Place]:
        """Return the places that a token on the flow may come to."""
        return [self.target[ahead] for ahead in sorted(self._flows_ahead(flow))]

    def _flows_ahead(self, flow: str) -> set[str]:
        if flow not in self.reaching:
            seen: set[str] = set()
            waiting = [flow]
            while waiting:
                current = waiting.pop()
                if current not in seen:
                    seen.add(current)
                    waiting += [out for way in self.target[current].ways for out in way]
            self.reaching[flow] = seen
        return self.reaching[flow]

    def _note_endless(self, seen: set[Marking], before: dict[Marking, list[Marking]], ended: set[Marking]) -> None:
        """Note where no end can be reached any more, other than by being stuck."""
        ending: set[Marking] = set()
        waiting = list(ended)
        while waiting:
            marking = waiting.pop()
            if marking not in ending:
                ending.add(marking)
                waiting += before.get(marking, [])
        for marking in sorted(seen - ending, key=sorted):
            for flow in sorted(marking):
                if not any(place.node.kind == "endEvent" for place in self._ahead(flow)):
                    self._note(self.found.endless, self.target[flow].node)

    @staticmethod
    def _note(nodes: list[Node], node: Node) -> None:
        if node not in nodes:
            nodes.append(node)


def _clears(node: Node) -> bool:
    """Say whether a token here takes every other token of the plane with it."""
    return node.kind == "endEvent" and bool({"terminate", "error", "cancel"}.intersection(node.events))


def _is_passed_through(node: Node) -> bool:
    """Say whether the node is only a link between one flow and the next."""
    return (
        len(node.incoming) == 1
        and len(node.outgoing) == 1
        and node.incoming[0].id != node.outgoing[0].id
        and not any(boundary.interrupting for boundary in node.boundaries)
        and node.kind != "endEvent"
    )


def _shortcuts(scope: Scope) -> dict[str, str]:
    """Return for each flow the flow that a token on it slides to, through nodes that only pass it on."""
    shortcuts: dict[str, str] = {}
    for flow in scope.flows.values():
        current, passed = flow, {flow.id}
        target = scope.target(current)
        while target is not None and _is_passed_through(target) and target.outgoing[0].id not in passed:
            current = target.outgoing[0]
            passed.add(current.id)
            target = scope.target(current)
        if target is not None:
            shortcuts[flow.id] = current.id
    return shortcuts


def _subsets(flows: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    sizes = range(1, len(flows) + 1) if len(flows) <= _WIDEST else (1, len(flows))
    for size in sizes:
        yield from combinations(flows, size)
