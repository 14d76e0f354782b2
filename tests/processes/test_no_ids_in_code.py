"""The drawing is the truth: no Python knows an element or a form of a shipped drawing by its id."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

import engine
from engine.execution.catalogue import TASK_TYPES
from engine.facts.roles import CASE_ROLES
from engine.shipped import processes_folder
from tests.processes.walking import shipped

TOP = Path(engine.__file__).parent.parent
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
KNOWN = ("process", "message")
"""What code may know by name: messages are the services' own, and a process may be called as its purpose is (docs/house.md)."""


@cache
def ids() -> frozenset[str]:
    """The id of everything drawn: elements, flows, lanes, pools, timers; and of every form."""
    folder = processes_folder()
    drawn = (node for path in folder.rglob("*.bpmn") for node in etree.parse(path).iter(f"{{{BPMN}}}*"))
    elements = {node.get("id") for node in drawn if etree.QName(node).localname not in KNOWN}
    forms = {json.loads(path.read_bytes())["id"] for path in folder.rglob("*.form")}
    return frozenset((elements | forms) - {None})


def named_in(source: str) -> set[str]:
    """The ids that stand anywhere in a source: in a text, part of one, a name, a comment."""
    return set(re.findall(r"\w+", source)) & ids()


def test_no_python_source_names_an_element_a_flow_or_a_form_of_a_shipped_drawing():
    sources = [path for room in ("engine", "webui") for path in sorted((TOP / room).rglob("*.py"))]

    found = {str(path.relative_to(TOP)): named for path in sources if (named := named_in(path.read_text("utf-8")))}

    assert len(sources) > 50
    assert found == {}


@pytest.mark.parametrize(
    "line",
    [
        'if item.element == "decide_call":',
        'path = f"sip/{name}/register_need.form"',
        "elements = {'sip.hold_meeting,sign_plan': 1}",
        "def act_level_1(answers): ...",
        "do(send_summons=True)",
        "x = 1  # as in lane_manager",
        'flow = "does_manager_decide_to_decide_call"',
    ],
)
def test_an_id_is_found_wherever_it_stands_in_a_source(line):
    assert named_in(line)


def test_every_element_flow_and_form_that_runs_is_among_the_ids():
    release = shipped()

    running = {id_ for model in release.processes.values() for id_ in (*model.elements, *model.flows)}

    assert len(running) > 150
    assert running | set(release.forms) <= ids()


def test_no_id_of_a_shipped_drawing_is_also_a_word_of_the_house():
    words = {*TASK_TYPES, *CASE_ROLES, *(element.milestone for model in shipped().processes.values() for element in model.elements.values())}

    assert ids() & words == set()
