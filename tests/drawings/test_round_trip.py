"""A drawing that is opened and saved unchanged says what it said (acceptance point 5)."""

import re

import pytest

from tests.drawings.canonical import canonical
from tests.drawings.picture import drawings, faults_seen
from tests.drawings.test_layout import SOUND

ALL = [pytest.param(path, id=path.stem) for path in [*drawings(), SOUND]]


@pytest.mark.parametrize("path", ALL)
def test_bpmn_moddle_saves_what_it_read(path, verdicts):
    verdict = verdicts[path]

    assert verdict["warnings"] == []
    assert canonical(verdict["saved"]) == canonical(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in drawings()])
def test_bpmnlint_finds_nothing_to_object_to(path, verdicts):
    assert verdicts[path]["findings"] == []


def test_bpmnlint_objects_to_flows_that_meet_without_a_gateway(verdicts):
    assert verdicts[SOUND]["findings"] == ["hold_meeting: Incoming flows do not join (fake-join)"]


@pytest.mark.parametrize("path", ALL)
def test_bpmn_js_saves_what_it_opened_and_shows_it_well(path, bpmn_js):
    opened = bpmn_js.open(path.read_text(encoding="utf-8"))

    assert canonical(opened.saved) == canonical(path.read_text(encoding="utf-8"))
    assert faults_seen(path, opened) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param('value="meeting_held"', 'value="plan_ready"', id="a property"),
        pytest.param('candidateGroups="initiator"', "", id="an attribute"),
        pytest.param(' default="again"', "", id="the default flow"),
        pytest.param('cancelActivity="false" ', "", id="what a default would change"),
        pytest.param("=deadlines.meeting.at</", "=deadlines.call.at</", id="an expression"),
        pytest.param('<zeebe:input source="=unit" target="place" />', "", id="a mapping"),
        pytest.param('<di:waypoint x="540" y="110" />', "", id="a point of a line"),
    ],
)
def test_a_lost_word_is_noticed(before, after):
    said = SOUND.read_text(encoding="utf-8")

    assert before in said
    assert canonical(said.replace(before, after)) != canonical(said)


def test_the_order_of_mappings_is_noticed_and_that_of_elements_is_not():
    said = SOUND.read_text(encoding="utf-8")

    swapped = re.sub(r"(<zeebe:input [^>]*>)(\s*)(<zeebe:input [^>]*>)", r"\3\2\1", said)
    moved = re.sub(r"(<bpmn:sequenceFlow id=\"to_meeting\"[^>]*>)(\s*)(<bpmn:sequenceFlow id=\"to_agreed\"[^>]*>)", r"\3\2\1", said)

    assert swapped != said
    assert moved != said
    assert canonical(swapped) != canonical(said)
    assert canonical(moved) == canonical(said)


def test_the_modelers_warn_of_what_they_cannot_keep(bpmn_js):
    broken = SOUND.read_text(encoding="utf-8").replace('targetRef="closed"', 'targetRef="nowhere"')

    assert bpmn_js.open(broken).warnings


def test_a_word_that_the_modeler_breaks_is_a_fault(bpmn_js, tmp_path):
    narrow = tmp_path / "narrow.bpmn"
    narrow.write_text(SOUND.read_text(encoding="utf-8").replace('x="690" y="405" width="40"', 'x="700" y="405" width="20"'), encoding="utf-8")

    seen = faults_seen(narrow, bpmn_js.open(narrow.read_text(encoding="utf-8")))

    assert any(fault.startswith("reminded: its text is written") for fault in seen)
