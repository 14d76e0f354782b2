"""What comes after a piece of work, as far as the drawing says it beforehand: for whoever is about to send it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.execution.drawing import Element, ProcessModel
from engine.execution.release import Release

_CHOOSE = frozenset({"exclusiveGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"})
_WAIT = frozenset({"intermediateCatchEvent", "receiveTask"})


@dataclass(frozen=True)
class Sequel:
    """The user tasks that may come next."""

    tasks: tuple[Element, ...]
    """In the order in which the flow comes to them."""
    certain: bool
    """Whether all of them come, whatever is answered and whoever else is still at work."""


def sequel(release: Release, process: str, element: str) -> Sequel:
    """Return what follows a user task: through gateways, calls and the ends of what was called, to the next people."""
    walk = _Walk(release)
    model = release.processes[process]
    walk.certain = model.elements[element].loop is None
    walk.after(model, model.elements[element])
    return Sequel(tuple(walk.found.values()), walk.certain and bool(walk.found))


@dataclass
class _Walk:
    """A way through the drawings, each element once."""

    release: Release
    found: dict[tuple[str, str], Element] = field(default_factory=dict)
    certain: bool = True
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def after(self, model: ProcessModel, element: Element) -> None:
        flows = model.outgoing(element.id)
        if len(flows) > 1 and element.kind in _CHOOSE:
            self.certain = False
        for flow in flows:
            self._arrive(model, model.elements[flow.target])
        if not flows:
            self._leave(model, element)

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
            self._enter(self.release.processes[element.called], None)
        elif element.kind == "subProcess":
            self._enter(model, element.id)
        else:
            if len(model.incoming(element.id)) > 1 and element.kind in _CHOOSE | {"parallelGateway"}:
                self.certain = self.certain and element.kind == "exclusiveGateway"
            self.after(model, element)

    def _enter(self, model: ProcessModel, container: str | None) -> None:
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
