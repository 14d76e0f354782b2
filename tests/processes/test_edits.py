"""A process owner edits the files alone; after a restart the drawings do what they now say, without a line of Python."""

import json
import re
import shutil
from datetime import date

import pytest

from engine.execution import validate
from engine.services.releases import load_release
from engine.shipped import processes_folder
from tests.processes.walking import ANSWERS, Walk

OWN_FORM = {
    "type": "default",
    "schemaVersion": 19,
    "id": "tell_school",
    "components": [{"type": "textfield", "id": "told", "key": "told", "label": "Vem fick veta?"}],
}
OWN_STEP = """
    <bpmn:userTask id="tell_school" name="Berätta för skolan">
      <bpmn:extensionElements>
        <zeebe:userTask />
        <zeebe:formDefinition formId="tell_school" />
        <zeebe:assignmentDefinition candidateGroups="chair" />
      </bpmn:extensionElements>
    </bpmn:userTask>"""
NOTE = """
    <bpmn:serviceTask id="note_consent" name="Anteckna samtycket">
      <bpmn:extensionElements>
        <zeebe:taskDefinition type="record_note" />
        <zeebe:ioMapping>
          <zeebe:input source="=&#34;Samtycke finns från &#34; + consents[1].name" target="text" />
        </zeebe:ioMapping>
      </bpmn:extensionElements>
    </bpmn:serviceTask>"""
LEVEL = """
    <bpmn:userTask id="act_level_3" name="Åtgärda på tredje nivån">
      <bpmn:extensionElements>
        <zeebe:userTask />
        <zeebe:formDefinition formId="act_level_2" />
        <zeebe:assignmentDefinition candidateGroups="next_manager" />
      </bpmn:extensionElements>
    </bpmn:userTask>
    <bpmn:boundaryEvent id="level_3_silent" name="Tiden är ute" attachedToRef="act_level_3">
      <bpmn:timerEventDefinition id="level_3_timer">
        <bpmn:timeDate xsi:type="bpmn:tFormalExpression">=deadlines.deviation_level_3.at</bpmn:timeDate>
      </bpmn:timerEventDefinition>
    </bpmn:boundaryEvent>
    <bpmn:sequenceFlow id="level_3_times_out" sourceRef="level_3_silent" targetRef="who_decides" />"""
PER_UNIT = """
      <bpmn:multiInstanceLoopCharacteristics>
        <bpmn:extensionElements>
          <zeebe:loopCharacteristics inputCollection="=invited" inputElement="entry" />
        </bpmn:extensionElements>
      </bpmn:multiInstanceLoopCharacteristics>
    </bpmn:userTask>"""


@pytest.fixture
def models(tmp_path):
    return shutil.copytree(processes_folder(), tmp_path / "processes")


def step_on_the_flow(file, source, target, added):
    """Draw the first element of ``added`` on the flow between two others."""
    text = file.read_text("utf-8")
    new = re.search(r'id="(\w+)"', added).group(1)
    text, hits = re.subn(rf'(<bpmn:sequenceFlow id="{source}_to_{target}"[^>]*targetRef=)"{target}"', rf'\1"{new}"', text)
    assert hits == 1
    onward = f'\n    <bpmn:sequenceFlow id="{new}_onward" sourceRef="{new}" targetRef="{target}" />'
    file.write_text(text.replace("\n  </bpmn:process>", f"{added}{onward}\n  </bpmn:process>"), "utf-8")


def test_a_further_form_field_is_asked_and_kept(models):
    file = models / "sip" / "register_need.form"
    form = json.loads(file.read_text("utf-8"))
    form["components"].append({"type": "textfield", "id": "school_class", "key": "school_class", "label": "Klass", "validate": {"required": True}})
    file.write_text(json.dumps(form), "utf-8")

    read = load_release(models).forms["register_need"]

    assert "school_class" in validate(read, ANSWERS["register_need"], {})[1]
    assert validate(read, {**ANSWERS["register_need"], "school_class": "5B"}, {})[0]["school_class"] == "5B"


def test_a_further_step_with_its_own_form_waits_for_people(models):
    (models / "sip" / "tell_school.form").write_text(json.dumps(OWN_FORM), "utf-8")
    step_on_the_flow(models / "sip" / "sip.bpmn", "register_need", "does_manager_decide", OWN_STEP)

    walk = Walk("sip", release=load_release(models)).begin().answer("register_need")

    assert (walk.task("tell_school").form, walk.task("tell_school").role) == ("tell_school", "chair")


def test_a_further_row_is_written_by_a_task_type_that_exists(models):
    step_on_the_flow(models / "sip" / "sip.bpmn", "add_participants", "before_summons", NOTE)

    walk = Walk("sip", release=load_release(models)).begin().answer("register_need", "decide_call", "select_actors", "obtain_consent")

    assert walk.open == ["send_summons"]
    assert walk.happened("record_note") == [{"text": "Samtycke finns från Alva Exempel"}]


def test_a_further_escalation_level_is_climbed_by_hand_and_by_the_clock(models):
    step_on_the_flow(models / "deviation" / "deviation.bpmn", "lifted_to_top", "who_decides", LEVEL)
    release = load_release(models)

    def lifted() -> Walk:
        walk = Walk("deviation", release=release).begin().answer("write_report", "countersign")
        return walk.answer("act_level_1", way="lift").answer("act_level_2", way="lift")

    assert lifted().open == ["act_level_3"]
    assert lifted().wait("level_3_silent").open == ["act_management"]
    assert lifted().step.timers[0].deadline == "deviation_level_3"


def test_a_step_is_made_one_per_invited_unit(models):
    file = models / "sip" / "sip.bpmn"
    before, task, after = re.split(r'(<bpmn:userTask id="assess_delay".*?</bpmn:userTask>)', file.read_text("utf-8"), flags=re.DOTALL)
    file.write_text(before + task.replace("\n    </bpmn:userTask>", PER_UNIT) + after, "utf-8")
    units = [{"unit": "clinic", "child_active": True}, {"unit": "school", "child_active": False}]

    walk = Walk("sip", meeting_days=1, release=load_release(models)).begin().answer("register_need", "decide_call")
    walk.answer("select_actors", invited=units).answer("obtain_consent", "send_summons")

    assert walk.open == ["assess_delay", "assess_delay"]
    assert walk.answer("assess_delay").open == ["respond_invitation", "respond_invitation"]


def test_two_weeks_before_a_follow_up_become_three(models):
    file = models / "sip" / "sip.bpmn"
    file.write_text(file.read_text("utf-8").replace('duration("P14D")', 'duration("P21D")'), "utf-8")

    walk = Walk("sip", {"plan_signature": "not_required"}, release=load_release(models)).begin()
    walk.answer("register_need", "decide_call", "select_actors", "obtain_consent", "send_summons", "respond_invitation")
    walk.wait("meeting_begins").answer("take_attendance", "hold_meeting", "draft_plan", "appoint_coordinator", "hand_out_plan")

    assert walk.step.timers[0].due_at.date() == date(2026, 4, 13)  # the follow-up is on 4 May
