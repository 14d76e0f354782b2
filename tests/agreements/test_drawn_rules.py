"""What the drawings and forms have for rules that no number or list carries: remove the element or the field, and its test fails."""

from __future__ import annotations

import itertools
from datetime import date

import pytest

from engine.services.notices import TEMPLATES, six_digits
from engine.services.releases import shipped_release
from engine.storage.tables import Child


@pytest.fixture(scope="module")
def models():
    return shipped_release()


def fields(models, form, group=None):
    """The fields of a form, or of one of its lists, by key."""
    found = {field.key: field for field in models.forms[form].fields}
    return {field.key: field for field in found[group].fields} if group else found


def reached(model, start, *, closed=None):
    """The elements that a token can come to from an element, itself left out; none beyond the closed one."""
    after, waiting = set(), [start]
    while waiting:
        here = waiting.pop()
        if here == closed:
            continue
        targets = {flow.target for flow in model.flows.values() if flow.source == here}
        targets |= {element.id for element in model.elements.values() if element.attached_to == here}
        waiting += targets - after
        after |= targets
    return after


def first_tasks(model, kinds=("userTask", "serviceTask", "sendTask", "businessRuleTask", "callActivity")):
    """What a token comes to first from the plain start event, gateways passed over."""
    (start,) = [element.id for element in model.elements.values() if element.kind == "startEvent" and element.container is None]
    found, waiting, seen = set(), [start], set()
    while waiting:
        here = waiting.pop()
        seen.add(here)
        for target in {flow.target for flow in model.flows.values() if flow.source == here} - seen:
            found.add(target) if model.elements[target].kind in kinds else waiting.append(target)
    return found


def test_000_1_002_2_004_11_whoever_sees_the_need_raises_it_first_and_alone(models):
    sip = models.processes["sip"]

    assert first_tasks(sip) == {"register_need"}
    assert sip.elements["register_need"].role.text == "initiator"
    assert sip.elements["register_need"].milestone == "need_registered"
    assert fields(models, "register_need")["need"].required


def test_000_2_002_8_the_initiator_says_who_already_supports_the_child_and_no_gate_asks_for_the_unit(models):
    register = models.processes["sip"].elements["register_need"]

    assert fields(models, "register_need")["support_from"].required
    assert register.role.text == "initiator"
    assert not [flow for flow in models.processes["sip"].flows.values() if flow.source == "register_need" and flow.condition]


def test_001_1_the_six_steps_follow_each_other(models):
    sip = models.processes["sip"]
    steps = ["register_need", "ensure_contact", "hold_meeting", "draft_plan", "appoint_coordinator", "follow_up_plan"]

    for earlier, later in itertools.pairwise(steps):
        assert later in reached(sip, earlier), (earlier, later)
    assert "prepare_deviation" in models.processes["follow_up"].elements


def test_001_2_own_measures_and_cooperation_are_raised_together(models):
    assert {"own_measures", "need"} <= set(fields(models, "register_need"))
    assert not fields(models, "register_need")["own_measures"].required


def test_000_4_003_21_actors_are_chosen_with_the_family_or_it_is_said_why_not(models):
    form = fields(models, "select_actors")

    assert form["chosen_with_family"].required
    assert form["why_not_with_family"].required
    assert set(fields(models, "select_actors", "persons")) >= {"name", "relation"}


def test_000_22_a_late_meeting_is_the_managers_decision_with_a_reason(models):
    assess = models.processes["sip"].elements["assess_delay"]

    assert assess.role.text == "nearest_manager"
    assert "record_decision" in assess.effects
    assert fields(models, "assess_delay")["reason"].required


def test_000_23_nobody_takes_part_before_the_consent_is_assessed(models):
    sip = models.processes["sip"]

    assert sip.elements["add_participants"].task_type == "record_participants"
    assert "add_participants" in reached(sip, "assess_consent")
    assert "assess_consent" not in reached(sip, "add_participants")


def test_000_11_000_12_the_plan_has_goals_and_for_each_measure_who_what_and_how_much(models):
    assert "goals" in fields(models, "draft_plan")
    measures = fields(models, "draft_plan", "measures")
    assert {"what", "party", "person", "extent", "starts_on", "ends_on"} <= set(measures)
    assert measures["what"].required
    assert measures["party"].required


def test_002_10_the_plan_says_who_how_much_where_and_when_it_is_followed_up(models):
    assert {"party", "person", "extent", "place"} <= set(fields(models, "draft_plan", "measures"))
    assert fields(models, "draft_plan")["follow_up_at"].required
    assert fields(models, "draft_plan")["follow_up_caller"].required


def test_002_22_each_measure_may_have_its_cost(models):
    assert "cost" in fields(models, "draft_plan", "measures")
    assert "cost" in fields(models, "draft_joint_plan", "measures")


def test_002_7_the_meeting_ends_in_a_common_picture_and_a_plan(models):
    sip = models.processes["sip"]

    assert fields(models, "hold_meeting")["picture"].required
    assert {"draft_plan", "draft_joint_plan"} <= reached(sip, "hold_meeting")


def test_002_19_the_childs_own_voice_is_asked_for_in_meeting_plan_and_follow_up(models):
    assert fields(models, "hold_meeting")["child_voice"].required
    assert fields(models, "draft_plan")["child_view"].required
    assert fields(models, "evaluate_goals")["child_view"].required


def test_002_26_the_meeting_may_be_held_at_a_distance(models):
    assert "remote" in fields(models, "send_summons")


def test_001_8_every_follow_up_asks_about_a_deviation(models):
    follow_up = models.processes["follow_up"]

    assert fields(models, "evaluate_goals")["deviation"].required
    assert follow_up.elements["prepare_deviation"].task_type == "open_deviation"
    assert "prepare_deviation" in reached(follow_up, "evaluate_goals")


def test_003_6_the_joint_plan_has_the_fields_of_the_form(models):
    joint = fields(models, "draft_joint_plan")
    wanted = {
        "drawn_up_on",
        "case_officer",
        "needs",
        "measures",
        "child_view",
        "guardian_view",
        "follow_up_at",
        "follow_up_place",
        "follow_up_caller",
        "involved",
    }

    assert wanted <= set(joint)
    assert all(joint[key].required for key in wanted - {"measures"})


def test_003_7_the_deviation_report_has_the_fields_of_the_form(models):
    report = fields(models, "write_report")

    assert {"happened_on", "reported_by", "workplace", "client", "description", "consequences_child", "consequences_units", "proposal"} <= set(report)
    assert report["description"].required
    assert report["consequences_child"].required


def test_003_18_whoever_experienced_the_deviation_writes_and_the_nearest_manager_hears_of_it(models):
    deviation = models.processes["deviation"]

    assert first_tasks(deviation) == {"write_report"}
    assert deviation.elements["write_report"].role.text == "initiator"
    assert deviation.elements["countersign"].role.text == "nearest_manager"


def test_003_19_a_proposal_and_both_signatures(models):
    deviation = models.processes["deviation"]

    assert fields(models, "write_report")["proposal"].required
    assert "record_signature" in deviation.elements["write_report"].effects
    assert "record_signature" in deviation.elements["countersign"].effects


def test_003_9_no_way_leads_to_the_end_of_a_deviation_past_the_feedback(models):
    deviation = models.processes["deviation"]
    ends = {element.id for element in deviation.elements.values() if element.kind == "endEvent" and element.container is None}

    assert ends
    assert ends <= reached(deviation, "deviation_noticed")
    assert not ends & reached(deviation, "deviation_noticed", closed="send_feedback")


def test_003_22_004_3_a_route_that_the_document_lacks_is_the_process_owners_task(models):
    choose = models.processes["deviation"].elements["choose_route"]

    assert choose.role.text == "process_owner"
    assert fields(models, "choose_route")["handling_unit"].required


def test_003_13_any_member_of_the_steering_group_may_call_an_urgent_meeting(models):
    dispute = models.processes["dispute"]

    assert dispute.elements["call_urgent_meeting"].role.text == "steering_group"
    assert "decide_steering" in reached(dispute, "call_urgent_meeting")


def test_002_13_004_8_a_dispute_has_nothing_that_stops_the_childs_measures(models):
    dispute = models.processes["dispute"]

    used = {effect for element in dispute.elements.values() for effect in (*element.effects, element.task_type or "")}

    assert used.isdisjoint({"revoke_access", "close_case", "record_plan"})
    assert not [element for element in dispute.elements.values() if element.called]


def test_002_14_a_cost_dispute_ends_with_a_report_to_each_partys_management(models):
    dispute = models.processes["dispute"]

    assert dispute.elements["decide_next_level"].role.text == "next_manager"
    assert dispute.elements["receive_report"].role.text == "management_level"
    assert dispute.elements["receive_report"].loop is not None
    assert "receive_report" in reached(dispute, "decide_next_level")


def test_000_7_000_8_the_summons_goes_out_in_a_templates_words_with_six_digits_and_no_century(models):
    post = models.processes["sip"].elements["post_summons"]
    child = Child(name="Astrid Lund", birth_date=date(2012, 3, 14), identity_number="20120314-1234")

    assert post.task_type == "notify"
    assert {mapping.target: mapping.source.text for mapping in post.inputs} == {"template": '"summons"', "to": '"participant"'}
    assert TEMPLATES["summons"].sv == "Kallelse till samordnad individuell plan"
    assert (child.initials, six_digits(child)) == ("AL", "120314")
