"""Where a simulated case should go next, to reach every element of the drawings in few cases.

It knows the drawings as a graph, and what has been chosen how often; it never knows what an answer means. An element that
a case headed for in vain counts as further away, and is looked for no more once enough cases have: one that an
agreement rules out holds nobody up, and one that was only passed by on the way to another is not given up for it.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Any, NamedTuple, TypeVar

from engine.execution import Release
from engine.execution.drawing import Element, ProcessModel

Node = tuple[str, str]
"""A process and an element in it."""

FAR = 10_000
"""Further than any way in a drawing: there is none."""

_OPENS = {"open_deviation": "deviation", "open_dispute": "dispute"}
"""Task types that start a process -> its purpose."""


class Way(NamedTuple):
    """The way from an element to the nearest of some targets."""

    distance: int
    target: Node


class Chart:
    """The drawings of a release as one graph: where the next step may lead from an element."""

    def __init__(self, release: Release) -> None:
        self.elements: Mapping[Node, Element] = {
            (model.id, element.id): element for model in release.processes.values() for element in model.elements.values()
        }
        self._before: defaultdict[Node, set[Node]] = defaultdict(set)
        for model in release.processes.values():
            for source, target in _ways(model, release):
                self._before[target].add(source)
        self.ends = frozenset(node for node, element in self.elements.items() if element.kind == "endEvent" and element.container is None)
        self.listeners: Mapping[str, frozenset[Node]] = _listeners(self.elements)

    def before(self, node: Node) -> frozenset[Node]:
        """Return the elements from which the next step may lead to one."""
        return frozenset(self._before[node])

    def ways(self, targets: Mapping[Node, int]) -> Mapping[Node, Way]:
        """Return the way from each element to the nearest target, each with what is added for it.

        No way leads through a target: whoever gets there has arrived. Elements without a way are left out.
        """
        found: dict[Node, Way] = {}
        waiting = [(added, node, node) for node, added in targets.items()]
        heapify(waiting)
        while waiting:
            distance, node, target = heappop(waiting)
            if node not in found:
                found[node] = Way(distance, target)
                for before in self._before[node] - targets.keys():
                    heappush(waiting, (distance + 1, before, target))
        return found


def _ways(model: ProcessModel, release: Release) -> Iterator[tuple[Node, Node]]:
    for flow in model.flows.values():
        yield (model.id, flow.source), (model.id, flow.target)
    for element in model.elements.values():
        node = (model.id, element.id)
        if element.attached_to is not None:
            yield (model.id, element.attached_to), node
        for inner in _starts(model, element.id):
            yield node, inner
        if element.triggered_by_event:
            for start in _starts(model, element.container):
                yield start, node
        if element.called is not None and element.called in release.processes:
            yield from ((node, start) for start in _starts(release.processes[element.called], None))
        for purpose in {_OPENS[kind] for kind in (*element.effects, element.task_type) if kind in _OPENS}:
            yield from ((node, start) for other in release.processes.values() if other.purpose == purpose for start in _starts(other, None))


def _starts(model: ProcessModel, container: str | None) -> list[Node]:
    return [(model.id, element.id) for element in model.within(container) if element.kind == "startEvent"]


def starts_of(release: Release, purpose: str) -> frozenset[Node]:
    """Return the start events of the process with a purpose; empty where there is none."""
    return frozenset(start for model in release.processes.values() if model.purpose == purpose for start in _starts(model, None))


def _listeners(elements: Mapping[Node, Element]) -> Mapping[str, frozenset[Node]]:
    heard: defaultdict[str, set[Node]] = defaultdict(set)
    for node, element in elements.items():
        for event in element.events:
            if event.kind == "message" and event.reference:
                heard[event.reference].add(node)
    return {message: frozenset(nodes) for message, nodes in heard.items()}


V = TypeVar("V", bound=Hashable)

VAIN = 4
"""How much further an element seems for each case that headed for it in vain."""
GIVEN_UP = 8
"""An element that so many cases headed for in vain is looked for no more."""


@dataclass
class Guide:
    """What is known after the cases so far, and the advice that follows from it."""

    chart: Chart
    chance: random.Random
    visited: set[Node] = field(default_factory=set)
    _chosen: Counter[Hashable] = field(default_factory=Counter)
    _worked: dict[Node, list[Mapping[Hashable, Any]]] = field(default_factory=dict)
    _vain: Counter[Node] = field(default_factory=Counter)
    """How many cases headed for an element in vain."""
    _failed: set[Node] = field(default_factory=set)
    """What the case that is being played heads for no more."""
    _to_unseen: Mapping[Node, Way] = field(default_factory=dict)
    _to_end: Mapping[Node, Way] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._to_end = self.chart.ways(dict.fromkeys(self.chart.ends, 0))
        self._look()

    @property
    def unvisited(self) -> frozenset[Node]:
        """The elements at which no case has been."""
        return frozenset(self.chart.elements) - self.visited

    @property
    def curious(self) -> bool:
        """Whether there is an element that no case has been at and that is still looked for."""
        return any(self._vain[node] < GIVEN_UP for node in self.unvisited if self.chart.before(node) & self.visited)

    def begin(self) -> None:
        """Let a new case begin: what the one before did in vain may be tried again."""
        self._failed.clear()
        self._look()

    def saw(self, nodes: Iterable[Node]) -> None:
        """Remember elements that a case has passed."""
        fresh = {node for node in nodes if node in self.chart.elements} - self.visited
        if fresh:
            self.visited |= fresh
            self._look()

    def failed(self, target: Node) -> None:
        """Remember that a step towards an element brought the case no nearer: it heads elsewhere from now on."""
        self._failed.add(target)
        self._vain[target] += 1
        self._look()

    def chose(self, choices: Iterable[Hashable]) -> None:
        """Remember what somebody answered."""
        self._chosen.update(choices)

    def worked(self, node: Node, choices: Iterable[tuple[Hashable, Hashable]]) -> None:
        """Remember choices that together brought a case nearer to the goal from an element."""
        self._worked.setdefault(node, []).append(dict(choices))

    def recall(self, node: Node) -> Mapping[Hashable, Any]:
        """Return choices that once worked from an element, every other time; else none."""
        return self.chance.choice(self._worked[node]) if node in self._worked and self.chance.random() < 0.5 else {}  # noqa: PLR2004

    def way(self, nodes: Iterable[Node], *, ending: bool = False) -> Way | None:
        """Return the shortest way from some elements to one that nobody has been at, or to an end; none where there is none."""
        known = self._to_end if ending else self._to_unseen
        return min((known[node] for node in nodes if node in known and known[node].distance < FAR), default=None)

    def distance(self, nodes: Iterable[Node], *, ending: bool = False) -> int:
        """Return how far it is from the nearest of some elements to one that nobody has been at, or to an end."""
        way = self.way(nodes, ending=ending)
        return way.distance if way is not None else FAR

    def pick(self, place: Hashable, options: Sequence[V]) -> V:
        """Return one of the options, mostly one of those that were chosen least."""
        if self.chance.random() < 0.3:  # noqa: PLR2004 - one in three by chance alone, for other combinations
            return self.chance.choice(options)
        least = min(self._chosen[place, option] for option in options)
        return self.chance.choice([option for option in options if self._chosen[place, option] == least])

    def _look(self) -> None:
        self._to_unseen = self.chart.ways({node: FAR if self._hopeless(node) else VAIN * self._vain[node] for node in self.unvisited})

    def _hopeless(self, node: Node) -> bool:
        return node in self._failed or self._vain[node] >= GIVEN_UP
