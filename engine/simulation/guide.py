"""Where a simulated case should go next, to reach every element of the drawings in few cases.

It knows the drawings as a graph and remembers what each answer led to. It never knows what an answer means: what has not
been tried is tried first, then what came nearest to an element that nobody has been at.
"""

from __future__ import annotations

import random
from collections import defaultdict, deque
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from engine.execution import Release
from engine.execution.drawing import Element, ProcessModel

Node = tuple[str, str]
"""A process and an element in it."""

FAR = 10_000
"""Further than any way in a drawing: there is none."""

_OPENS = {"open_deviation": "deviation", "open_dispute": "dispute"}
"""Task types that start a process -> its purpose."""


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

    def distances(self, targets: Collection[Node]) -> Mapping[Node, int]:
        """Return how many steps it is from each element to the nearest target; elements without a way are left out."""
        found = dict.fromkeys(targets, 0)
        waiting = deque(targets)
        while waiting:
            node = waiting.popleft()
            for before in self._before[node]:
                if before not in found:
                    found[before] = found[node] + 1
                    waiting.append(before)
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
            if event.kind == "messageEventDefinition" and event.reference:
                heard[event.reference].add(node)
    return {message: frozenset(nodes) for message, nodes in heard.items()}


V = TypeVar("V", bound=Hashable)


@dataclass
class Guide:
    """What is known after the cases so far, and the advice that follows from it."""

    chart: Chart
    chance: random.Random
    visited: set[Node] = field(default_factory=set)
    _led_to: dict[Hashable, set[Node]] = field(default_factory=dict)
    """A choice -> the elements at which a case has stood right after it; empty where it ended."""
    _to_unseen: Mapping[Node, int] = field(default_factory=dict)
    _to_end: Mapping[Node, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._to_end = self.chart.distances(self.chart.ends)
        self._look()

    @property
    def unvisited(self) -> frozenset[Node]:
        """The elements at which no case has been."""
        return frozenset(self.chart.elements) - self.visited

    def saw(self, nodes: Iterable[Node]) -> None:
        """Remember elements that a case has passed."""
        before = len(self.visited)
        self.visited.update(node for node in nodes if node in self.chart.elements)
        if len(self.visited) > before:
            self._look()

    def learned(self, choices: Iterable[Hashable], stood_at: Iterable[Node]) -> None:
        """Remember where choices led."""
        nodes = set(stood_at)
        for choice in choices:
            self._led_to.setdefault(choice, set()).update(nodes)

    def distance(self, nodes: Iterable[Node], *, ending: bool = False) -> int:
        """Return how far it is from the nearest of some elements to one that nobody has been at, or to an end."""
        known = self._to_end if ending else self._to_unseen
        return min((known.get(node, FAR) for node in nodes), default=0 if ending else FAR)

    def pick(self, place: Hashable, options: Sequence[V], *, ending: bool = False) -> V:
        """Return one of the options: mostly an untried one, else one that led nearer to the goal."""
        if len(options) == 1 or self.chance.random() < 0.1:  # noqa: PLR2004 - one in ten by chance alone
            return self.chance.choice(options)
        ranked = defaultdict(list)
        for option in options:
            stood_at = self._led_to.get((place, option))
            ranked[-1 if stood_at is None and not ending else self._known(stood_at, ending=ending)].append(option)
        return self.chance.choice(ranked[min(ranked)])

    def _known(self, stood_at: set[Node] | None, *, ending: bool) -> int:
        return FAR if stood_at is None else self.distance(stood_at, ending=ending)

    def _look(self) -> None:
        self._to_unseen = self.chart.distances(self.unvisited)
