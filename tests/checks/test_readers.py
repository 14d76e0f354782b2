"""The checks read a drawing for themselves, with nothing left out; what the engine reads of it is the same."""

from __future__ import annotations

import pytest
from lxml import etree

from engine.execution.checks.drawing import Drawing, Node, read_drawing
from engine.execution.checks.elements import called_process, form_of
from engine.execution.drawing import Element, read_processes
from tests.checks.ruled import RULED
from tests.checks.test_mutations import DRAWINGS, MODELS

SOUND = {case.code + case.label: case.sound.encode() for case in RULED if case.file == "main.bpmn"}
FILES = {file: MODELS[file] for file in DRAWINGS} | SOUND


def as_checked(drawing: Drawing, node: Node) -> dict[str, object]:
    return {
        "kind": node.kind,
        "name": node.name.strip(),
        "properties": node.properties,
        "inputs": [(line.target, line.source) for line in node.inputs],
        "outputs": [(line.target, line.source) for line in node.outputs],
        "form": form_of(node) or None,
        "called": called_process(node) or None,
        "message": drawing.message_of(node),
        "repeats": node.multi_instance is not None,
        "host": node.element.get("attachedToRef"),
        "interrupting": node.interrupting,
        "event_subprocess": node.event_subprocess,
        "around": node.scope.id if node.scope.parent is not None else None,
    }


def as_run(element: Element) -> dict[str, object]:
    return {
        "kind": element.kind,
        "name": element.name,
        "properties": dict(element.properties),
        "inputs": [(line.target, line.source.raw) for line in element.inputs],
        "outputs": [(line.target, line.source.raw) for line in element.outputs],
        "form": element.form,
        "called": element.called,
        "message": next((event.reference for event in element.events if event.kind == "message"), None),
        "repeats": element.loop is not None,
        "host": element.attached_to,
        "interrupting": element.interrupting,
        "event_subprocess": element.triggered_by_event,
        "around": element.container,
    }


@pytest.mark.parametrize("file", FILES)
def test_both_readers_say_the_same_of_every_element_and_flow(file):
    root = etree.fromstring(FILES[file])
    drawing = read_drawing(file, root)
    models = read_processes(root, file)

    assert {node.id: as_checked(drawing, node) for node in drawing.nodes()} == {
        element.id: as_run(element) for model in models for element in model.elements.values()
    }
    checked = {flow.id: (flow.source, flow.target, flow.condition) for scope in drawing.scopes.values() for flow in scope.flows.values()}
    run = {flow.id: (flow.source, flow.target, flow.condition) for model in models for flow in model.flows.values()}
    assert checked == {name: (source, target, condition.raw.strip() if condition else None) for name, (source, target, condition) in run.items()}
