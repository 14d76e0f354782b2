"""Each rule of layout holds for every shipped drawing, and each can fail (acceptance point 5)."""

from pathlib import Path

import pytest

from tests.drawings.layout import faults
from tests.drawings.picture import drawings
from tests.drawings.plan import read

SOUND = Path(__file__).parent / "sound.bpmn"


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in [*drawings(), SOUND]])
def test_a_drawing_keeps_every_rule_of_layout(path):
    assert faults(read(path)) == []


def test_there_are_drawings_to_judge():
    assert {path.stem for path in drawings()} >= {"sip", "invitation", "follow_up", "deviation", "dispute"}


FLOW_TO_CLOSED = '<di:waypoint x="565" y="190" />\n        <di:waypoint x="692" y="190" />'


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('bpmnElement="reminded"', 'bpmnElement="closed"', "reminded: has no shape or line in the drawing"),
        ('bpmnElement="reminded"', 'bpmnElement="gone"', "gone: is drawn, but is no element of the model"),
        ('bpmnElement="reminded"', 'bpmnElement="closed"', "closed: is drawn twice"),
        ('<di:waypoint x="540" y="380" />', "", "to_reminded: has fewer than two waypoints"),
        ('x="692" y="172" width="36"', 'x="550" y="172" width="36"', "agreed and closed: the shapes meet"),
        ('x="130" y="300" width="670"', 'x="130" y="280" width="670"', "lane_initiator and lane_manager: the lanes meet"),
        (
            'x="372" y="212" width="36"',
            'x="372" y="182" width="36"',
            "meeting_late: the middle of a boundary event lies on the border of hold_meeting",
        ),
        ('x="440" y="340" width="100"', 'x="395" y="240" width="100"', "meeting_late and remind: the shapes meet"),
        ('x="692" y="362" width="36"', 'x="792" y="362" width="36"', "reminded: lies outside sound_pool, which holds it"),
        ('<di:waypoint x="540" y="110" />', '<di:waypoint x="540" y="70" />', "again: runs outside sound_pool, which holds it"),
        ("<bpmn:flowNodeRef>closed</bpmn:flowNodeRef>", "", "closed: belongs to 0 lanes, should to one"),
        ('x="692" y="362" width="36"', 'x="692" y="282" width="36"', "reminded: lies outside its lane lane_manager"),
        ('<di:waypoint x="565" y="190" />', '<di:waypoint x="575" y="190" />', "to_closed: does not end at the border of agreed"),
        (FLOW_TO_CLOSED, FLOW_TO_CLOSED.replace("565", "550"), "to_closed: does not end at the border of agreed"),
        ('x="440" y="340" width="100"', 'x="560" y="150" width="100"', "to_closed: runs through remind"),
        ('<di:waypoint x="390" y="248" />', '<di:waypoint x="390" y="190" />', "to_remind: runs through hold_meeting"),
        ('<di:waypoint x="540" y="110" />', '<di:waypoint x="560" y="110" />', "again: runs aslant"),
        (
            '<di:waypoint x="390" y="380" />',
            '<di:waypoint x="390" y="190" />\n<di:waypoint x="600" y="190" />',
            "to_closed and to_remind: run on the same line",
        ),
        ('x="688" y="215" width="44"', 'x="688" y="195" width="44"', "closed: its label covers closed"),
        ('x="623" y="172" width="12"', 'x="623" y="185" width="12"', "to_closed: its label lies on the line to_closed"),
        ('x="623" y="172" width="12"', 'x="532" y="226" width="12"', "agreed and to_closed: their labels meet"),
        ('x="690" y="405" width="40"', 'x="690" y="452" width="40"', "reminded: the border of sound_pool runs through its label"),
        (
            'name="Påminn"',
            'name="Påminn var och en som ännu inte har svarat på den skriftliga kallelsen till mötet om barnets behov"',
            "remind: its name does not fit",
        ),
    ],
)
def test_each_rule_can_fail(before, after, fault, tmp_path):
    sound, broken = SOUND.read_text(encoding="utf-8"), tmp_path / "broken.bpmn"
    assert before in sound
    broken.write_text(sound.replace(before, after), encoding="utf-8")

    found = faults(read(broken))

    assert fault in found
