"""A drawing as a reader follows it: its elements in the order of the flow, its phases, and what may still come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from engine.execution.drawing import Element, ProcessModel
from engine.execution.release import Release


@dataclass(frozen=True)
class Phase:
    """A stretch of a process that has a name of its own."""

    name: str
    element: str
    """The first element that names it: the English stands beside the drawing as ``<element>.phase``."""


@dataclass(frozen=True)
class Outline:
    """One process, laid out as a list."""

    order: tuple[Element, ...]
    """Every element in the order of the flow, the short way before the long one where it parts; event subprocesses last."""
    phases: tuple[Phase, ...]
    """As the flow comes to them; empty where the drawing names none."""
    phase_of: Mapping[str, int]
    """The place among ``phases`` of each element that belongs to one: its own, else that of the element before it."""
    next: Mapping[str, frozenset[str]]
    """What a token can come to directly from each element; from an activity also the events at its edge and what is drawn inside."""

    def reach(self, elements: Iterable[str]) -> frozenset[str]:
        """Return what may come after any of these, themselves only where the flow leads back to them."""
        return _reach(self.next, elements)


@lru_cache(maxsize=64)
def outline(release: Release, process_id: str) -> Outline:
    """Return a process laid out as a list. Raises ``NoSuchProcess``."""
    model = release.process(process_id)
    following = {element: frozenset(_following(model, element)) for element in model.elements}
    onwards = {element: frozenset(way for way in ways if not _leads_back(model, element, way)) for element, ways in following.items()}
    order = tuple(_ordered(model, None, onwards))
    phases, phase_of = _phases(model, order)
    return Outline(order, phases, phase_of, following)


BACK = 50.0
"""How far to the left a flow leads that is drawn as a way back: half a task, in the units of the picture."""


def _leads_back(model: ProcessModel, element: str, way: str) -> bool:
    """Say whether the picture shows the way from one element to another as one back: flows are drawn from left to right."""
    places = model.places
    return element in places and way in places and places[way] < places[element] - BACK


def _following(model: ProcessModel, element: str) -> Iterator[str]:
    yield from (flow.target for flow in model.outgoing(element) if flow.target in model.elements)
    yield from (one.id for one in model.elements.values() if one.attached_to == element)
    yield from (one.id for one in model.within(element) if one.kind == "startEvent")


def _reach(following: Mapping[str, frozenset[str]], elements: Iterable[str]) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(elements)
    while waiting:
        fresh = following.get(waiting.pop(), frozenset()) - found
        found |= fresh
        waiting += fresh
    return frozenset(found)


def _ordered(model: ProcessModel, container: str | None, following: Mapping[str, frozenset[str]]) -> Iterator[Element]:
    """Yield the elements of one plane, each subprocess followed by what is drawn inside it."""
    plane = [element for element in model.within(container) if not element.triggered_by_event]
    beside = [element for element in model.within(container) if element.triggered_by_event]
    for element in (*_by_flow(plane, following), *beside):
        yield element
        if any(one.container == element.id for one in model.elements.values()):
            yield from _ordered(model, element.id, following)


def _by_flow(plane: list[Element], following: Mapping[str, frozenset[str]]) -> list[Element]:
    """Return the elements of a plane so that each comes after what leads to it, loops aside, and a short way before a long one.

    It is the reverse of the order in which a search in depth leaves them, when it takes the longest way first.
    """
    known = {element.id: element for element in plane}
    place = {element.id: number for number, element in enumerate(plane)}
    length = {element: len(_reach(following, [element])) for element in known}
    left: list[Element] = []
    seen: set[str] = set()
    starts = sorted(known, key=lambda one: (known[one].kind == "startEvent", -place[one]))
    for start in starts[::-1]:
        stack = [(start, False)]
        finished: list[Element] = []
        while stack:
            element, done = stack.pop()
            if done:
                finished.append(known[element])
            elif element not in seen:
                seen.add(element)
                stack.append((element, True))
                ways = (way for way in following[element] if way in known and way not in seen)
                stack += [(way, False) for way in sorted(ways, key=lambda one: (length[one], place[one]))]
        left += finished[::-1]
    return left


def _phases(model: ProcessModel, order: Iterable[Element]) -> tuple[tuple[Phase, ...], dict[str, int]]:
    phases: list[Phase] = []
    phase_of: dict[str, int] = {}
    unnamed: list[str] = []
    current: int | None = None
    for element in order:
        if _beside_the_flow(model, element):
            continue
        if element.phase is not None:
            names = [phase.name for phase in phases]
            if element.phase not in names:
                phases.append(Phase(element.phase, element.id))
                names.append(element.phase)
            current = names.index(element.phase)
        if current is None:
            unnamed.append(element.id)
        else:
            phase_of[element.id] = current
    if phases:
        phase_of |= dict.fromkeys(unnamed, 0)
    return tuple(phases), phase_of


def _beside_the_flow(model: ProcessModel, element: Element) -> bool:
    """Say whether an element is, or lies in, an event subprocess."""
    while not element.triggered_by_event and element.container is not None:
        element = model.elements[element.container]
    return element.triggered_by_event
