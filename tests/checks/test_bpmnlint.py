"""bpmnlint's recommended rules hold for whoever has no Node: on every drawing of these tests ours says what bpmnlint says.

The original runs beside on the same drawings, faulty and sound, so that a rule of its next version is noticed.
"""

from __future__ import annotations

import json
import re

import pytest
from lxml import etree

from engine.execution.checks.rules import RULES
from tests.checks.building import faults_of
from tests.checks.ruled import RULED
from tests.checks.test_documentation import names, rows
from tests.drawings.modeler import TOP
from tests.drawings.node import judged

ANSWERS = {
    "ad-hoc-sub-process": {"unsupported_element"},
    "conditional-flows": {"flow_without_condition", "condition_ignored"},
    "end-event-required": {"no_end", "subprocess_empty"},
    "event-based-gateway": {"event_gateway_single", "condition_ignored"},
    "event-sub-process-typed-start-event": {"event_subprocess_start"},
    "fake-join": {"fake_join", "into_start"},
    "global": {"definition_without_name", "definition_twice", "definition_unused"},
    "label-required": {"no_name", "task_without_name"},
    "link-event": {"link_event"},
    "no-bpmndi": {"no_diagram", "not_drawn"},
    "no-complex-gateway": {"unsupported_element"},
    "no-disconnected": {"unreachable", "no_start", "boundary_unattached"},
    "no-duplicate-sequence-flows": {"duplicate_flow"},
    "no-gateway-join-fork": {"join_and_fork"},
    "no-implicit-end": {"dead_end"},
    "no-implicit-split": {"implicit_split"},
    "no-implicit-start": {"unreachable", "no_start"},
    "no-inclusive-gateway": {"inclusive_gateway"},
    "no-overlapping-elements": {"overlap", "outside_parent"},
    "single-blank-start-event": {"several_starts"},
    "single-event-definition": {"several_events"},
    "start-event-required": {"no_start", "subprocess_empty"},
    "sub-process-blank-start-event": {"start_event_kind"},
    "superfluous-gateway": {"superfluous_gateway"},
    "superfluous-label": {"superfluous_label"},
    "superfluous-termination": {"superfluous_termination"},
}
"""bpmnlint's rule and the codes that answer to it."""

MILDER = {"label-required", "no-bpmndi", "no-gateway-join-fork"}
"""Errors of bpmnlint that only warn here, docs/modelling.md: the drawing runs all the same. A user task must have a name."""
ELSEWHERE = {
    *("ad-hoc-sub-process", "conditional-flows", "no-bpmndi", "no-duplicate-sequence-flows", "no-implicit-start"),
    *("no-overlapping-elements", "single-blank-start-event"),
}
"""Where ours names another element: the gateway and not its flow, the file and not each element, the second start and not the process."""

UNREADABLE = {"duplicate_id", "no_id", "no_process", "flow_across", "text_too_long", "too_many_elements"}
"""What the modeler's reader stumbles on: it passes over elements, or ours reads no further."""

DRAWN = {
    f"{case.code} {case.label} {kind}": text
    for case in RULED
    if case.file == "main.bpmn" and case.code not in UNREADABLE
    for kind, text in (("faulty", case.faulty), ("sound", case.sound))
}
FINDING = re.compile(r"(?P<element>.*?): .* \((?P<rule>[a-z-]+)\)")


BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"


def as_a_modeler_saves(text: str) -> str:
    """Tell each element its flows, which bpmnlint reads there and not from the flows themselves."""
    root = etree.fromstring(text)
    nodes = {node.get("id"): node for node in root.iter(etree.Element)}
    for flow in root.iter(f"{BPMN}sequenceFlow"):
        for attribute, tag in (("sourceRef", "outgoing"), ("targetRef", "incoming")):
            node = nodes.get(flow.get(attribute))
            if node is not None:
                told = etree.Element(f"{BPMN}{tag}")
                told.text = flow.get("id")
                before = [child for child in node if child.tag in {f"{BPMN}extensionElements", f"{BPMN}incoming"}]
                node.insert(len(before) if tag == "incoming" else len(before) + len(node.findall(f"{BPMN}outgoing")), told)
    return etree.tostring(root, encoding="unicode")


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """By drawing, what bpmnlint finds: pairs of rule and element."""
    folder = tmp_path_factory.mktemp("drawn")
    paths = {}
    for number, (name, text) in enumerate(DRAWN.items()):
        paths[name] = folder / f"{number}.bpmn"
        paths[name].write_text(as_a_modeler_saves(text), "utf-8")
    verdicts = judged(list(paths.values()))
    return {
        name: [(finding["rule"], finding["element"]) for finding in map(FINDING.fullmatch, verdicts[path]["findings"]) if finding]
        for name, path in paths.items()
    }


def recommended() -> dict[str, str]:
    text = (TOP / "node_modules" / "bpmnlint" / "config" / "recommended.js").read_text("utf-8")
    return dict(re.findall(r"'([a-z-]+)': '(error|warn)'", text))


def test_every_recommended_rule_is_answered_and_found_on_some_drawing(found):
    assert recommended().keys() == ANSWERS.keys()
    assert {rule for pairs in found.values() for rule, _ in pairs} == ANSWERS.keys()


def test_the_answers_are_documented():
    told = {row[0].strip("`"): names(row[1]) for row in rows("bpmnlints rekommenderade regler")}

    assert told == ANSWERS


def test_an_error_of_bpmnlint_is_an_error_here_and_a_warning_a_warning():
    ours = {rule: "error" if all(RULES[code].severity == "error" for code in codes) else "warn" for rule, codes in ANSWERS.items()}

    assert {rule for rule, severity in recommended().items() if ours[rule] != severity} == MILDER


@pytest.mark.parametrize("name", DRAWN)
def test_whatever_bpmnlint_finds_is_said_of_the_same_element(found, name):
    faults = faults_of(DRAWN[name], "main.bpmn")
    told = {(fault.code, fault.element_id) for fault in faults}

    for rule, element in found[name]:
        places = [place for code, place in told if code in ANSWERS[rule]]
        assert places if rule in ELSEWHERE else element in places, (rule, element, json.dumps(sorted(told)))


def test_a_drawing_that_bpmnlint_passes_gets_none_of_these_warnings(found):
    codes = {code for codes in ANSWERS.values() for code in codes if RULES[code].severity == "warning"}
    quiet = [name for name, pairs in found.items() if {rule for rule, _ in pairs} <= {"no-bpmndi"}]

    assert len(quiet) > len(DRAWN) / 10
    for name in quiet:
        assert {fault.code for fault in faults_of(DRAWN[name], "main.bpmn")} & codes <= {"no_diagram", "not_drawn"}, name
