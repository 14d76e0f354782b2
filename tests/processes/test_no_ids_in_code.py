"""The drawing is the truth: no Python knows an element or a form of a shipped drawing by its id."""

import ast
from pathlib import Path

import engine
from engine.execution.catalogue import TASK_TYPES
from engine.facts.roles import CASE_ROLES
from tests.processes.walking import shipped

TOP = Path(engine.__file__).parent.parent


def ids() -> set[str]:
    release = shipped()
    elements = {element for model in release.processes.values() for element in (*model.elements, *model.flows)}
    return elements | set(release.forms)


def test_no_python_source_names_an_element_a_flow_or_a_form_of_a_shipped_drawing():
    forbidden = ids()
    found = [
        f"{path.relative_to(TOP)}:{node.lineno} {node.value}"
        for room in ("engine", "webui")
        for path in sorted((TOP / room).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and forbidden & set(node.value.replace("/", " ").split())
    ]

    assert len(forbidden) > 150
    assert found == []


def test_no_id_of_a_shipped_drawing_is_also_a_word_of_the_house():
    words = {*TASK_TYPES, *CASE_ROLES, *(element.milestone for model in shipped().processes.values() for element in model.elements.values())}

    assert ids() & words == set()
