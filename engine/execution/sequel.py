"""What comes after a piece of work, as far as the drawing says it beforehand: for whoever is about to send it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from engine.execution import feel
from engine.execution.drawing import Element, Flow, ProcessModel
from engine.execution.release import Release
from engine.execution.results import FeelValue

_CHOOSE = frozenset({"exclusiveGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"})
_WAIT = frozenset({"intermediateCatchEvent", "receiveTask"})


@dataclass(frozen=True)
class Sequel:
    """The user tasks that may come next."""

    tasks: tuple[Element, ...]
    """In the order in which the flow comes to them."""
    certain: bool
    """Whether all of them come, whatever is answered and whoever else is still at work."""


def sequel(release: Release, process: str, element: str, facts: Mapping[str, FeelValue] = MappingProxyType({})) -> Sequel:
    """Return what follows a user task: through gateways, calls and the ends of what was called, to the next people.

    ``facts`` are those that no answer changes, ``policy`` above all: where an exclusive gateway asks for nothing else, its way is known.
    """
    walk = _Walk(release, facts)
    model = release.processes[process]
    walk.certain = model.elements[element].loop is None
    walk.after(model, model.elements[element])
    return Sequel(tuple(walk.found.values()), walk.certain and bool(walk.found))


def opening(release: Release, process: str) -> Sequel:
    """Return the user tasks with which a process begins."""
    walk = _Walk(release)
    walk.enter(release.processes[process], None)
    return Sequel(tuple(walk.found.values()), walk.certain and bool(walk.found))


@dataclass
class _Walk:
    """A way through the drawings, each element once."""

    release: Release
    facts: Mapping[str, FeelValue] = field(default_factory=dict)
    found: dict[tuple[str, str], Element] = field(default_factory=dict)
    certain: bool = True
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def after(self, model: ProcessModel, element: Element) -> None:
        flows = model.outgoing(element.id)
        if len(flows) > 1 and element.kind == "exclusiveGateway" and (way := self._known_way(element, flows)) is not None:
            flows = [way]
        elif len(flows) > 1 and element.kind in _CHOOSE:
            self.certain = False
        for flow in flows:
            self._arrive(model, model.elements[flow.target])
        if not flows:
            self._leave(model, element)

    def _known_way(self, element: Element, flows: Sequence[Flow]) -> Flow | None:
        """Return the flow that the facts choose, where they alone do."""
        conditions = {flow.id: flow.condition for flow in flows if flow.condition is not None and flow.id != element.default}
        roots = frozenset({*self.facts, *self.release.roots})
        read = {path.partition(".")[0] for one in conditions.values() for path in feel.names(one.text, roots=roots)}
        if not conditions or not read <= set(self.facts):
            return None
        try:
            met = feel.evaluate_many([feel.Evaluation(one.text, {name: self.facts[name] for name in read}) for one in conditions.values()])
        except feel.FeelError:
            return None  # the step itself will say so, to whoever can mend it
        chosen = next((id_ for id_, value in zip(conditions, met, strict=True) if value is True), element.default)
        return next((flow for flow in flows if flow.id == chosen), None)

    def _arrive(self, model: ProcessModel, element: Element) -> None:
        place = (model.id, element.id)
        if place in self._seen:
            return
        self._seen.add(place)
        if element.kind == "userTask":
            self.found[place] = element
        elif element.kind in _WAIT:
            self.certain = False  # time, or somebody else, says when it goes on
        elif element.kind == "callActivity" and element.called:
            self.enter(self.release.processes[element.called], None)
        elif element.kind == "subProcess":
            self.enter(model, element.id)
        else:
            if len(model.incoming(element.id)) > 1 and element.kind in _CHOOSE | {"parallelGateway"}:
                self.certain = self.certain and element.kind == "exclusiveGateway"
            self.after(model, element)

    def enter(self, model: ProcessModel, container: str | None) -> None:
        for start in model.within(container):
            if start.kind == "startEvent":
                self._arrive(model, start)

    def _leave(self, model: ProcessModel, element: Element) -> None:
        """Go on where the process or subprocess that ends here was called from."""
        if any(event.kind in ("terminate", "error") for event in element.events):
            self.certain = False
        elif element.container is not None:
            around = model.elements[element.container]
            self.certain = self.certain and around.loop is None
            if not around.triggered_by_event:
                self.after(model, around)
        else:
            callers = list(self._callers(model.id))
            self.certain = self.certain and len(callers) == 1
            for calling, caller in callers:
                self.certain = self.certain and caller.loop is None
                self.after(calling, caller)

    def _callers(self, process: str) -> Iterator[tuple[ProcessModel, Element]]:
        for model in self.release.processes.values():
            yield from ((model, element) for element in model.elements.values() if element.called == process)
