"""Looks at what the drawings ask of the decision tables: whether somebody provides what a called decision wants to know."""

from __future__ import annotations

from collections.abc import Iterator

from engine.execution.checks.drawing import Node, extension
from engine.execution.checks.elements import at
from engine.execution.checks.expressions import Names, suggestion
from engine.execution.checks.models import Models
from engine.execution.faults import Fault


def decision_input_faults(node: Node, models: Models, names: Names) -> Iterator[Fault]:
    """Yield the inputs of the called decision that neither the task nor the process nor a fact gives."""
    called = extension(node.element, "calledDecision")
    visible = names.visible(node)
    if called is None or visible is None or called.get("decisionId", "") not in models.decisions:
        return
    decision = called.get("decisionId", "")
    place, place_en = f"beslutet ”{decision}”", f"the decision ”{decision}”"
    for wanted in models.read_decisions.inputs_of(decision):
        if wanted.name not in visible:
            yield at("unknown_name", node, place=place, place_en=place_en, name=wanted.name, **suggestion(wanted.name, visible))
