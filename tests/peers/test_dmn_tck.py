"""The DMN TCK's level 2 suites, read from where the project keeps others' test material."""

import os
from pathlib import Path

import pytest
from lxml import etree

from engine.execution.dmn import read_decisions

SUITES = Path(__file__).parents[3] / "shared" / "peer-tests" / "dmn-tck" / "compliance-level-2"
EXPECTED_RESULTS = 126
CASE = "{http://www.omg.org/spec/DMN/20160719/testcase}"
INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"
READERS = {"decimal": float, "boolean": lambda text: text.strip() == "true", "string": str}


def _value(node):
    value = node.find(f"{CASE}value")
    items = node.find(f"{CASE}list")
    if value is not None:
        is_nil = value.get(f"{INSTANCE}nil") == "true"
        return None if is_nil else READERS[value.get(f"{INSTANCE}type").split(":")[1]](value.text or "")
    if items is not None:
        return [_value(item) for item in items.findall(f"{CASE}item")]
    return {part.get("name"): _value(part) for part in node.findall(f"{CASE}component")}


def _results():
    """Give every expected result of every suite: its name, the file, the decision, the inputs and the answer."""
    for suite in sorted(SUITES.iterdir() if SUITES.is_dir() else ()):
        for cases in sorted(suite.glob("*-test-*.xml")):
            for case in etree.parse(cases).getroot().findall(f"{CASE}testCase"):
                inputs = {node.get("name"): _value(node) for node in case.findall(f"{CASE}inputNode")}
                for result in case.findall(f"{CASE}resultNode"):
                    name = f"{suite.name}-{case.get('id')}-{result.get('name')}"
                    yield pytest.param(suite, result.get("name"), inputs, _value(result.find(f"{CASE}expected")), id=name)


RESULTS = list(_results())


def _approximately(value):
    if isinstance(value, list):
        return [_approximately(item) for item in value]
    if isinstance(value, dict):
        return {key: _approximately(item) for key, item in value.items()}
    return pytest.approx(value, rel=1e-8, abs=0) if isinstance(value, float) else value


def test_all_expected_results_are_there():
    if not RESULTS and os.environ.get("CI") != "true":
        pytest.skip("no DMN TCK suites in ../shared/peer-tests")

    assert len(RESULTS) == EXPECTED_RESULTS


@pytest.mark.parametrize(("suite", "decision", "inputs", "expected"), RESULTS)
def test_a_decision_of_the_kit_answers_as_expected(suite, decision, inputs, expected):
    decisions = read_decisions({path.name: path.read_bytes() for path in suite.glob("*.dmn")})

    answer = decisions.evaluate(decision, inputs)

    assert type(answer) is bool if isinstance(expected, bool) else True
    assert answer == _approximately(expected)
