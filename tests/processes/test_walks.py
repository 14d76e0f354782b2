"""Each way through the shipped drawings, walked by hand through engine.execution; together they take every flow."""

from datetime import timedelta

import pytest

from tests.processes.walking import MONDAY, TAKEN, Walk, shipped

LONG_AFTER = "2026-06-01T10:00"


def at_the_meeting(**policy) -> Walk:
    return (
        Walk("sip", policy)
        .begin()
        .answer("register_need", "decide_call", "select_actors", "obtain_consent", "send_summons", "respond_invitation")
        .wait("meeting_begins")
        .answer("take_attendance")
    )


def with_a_plan(**policy) -> Walk:
    walk = at_the_meeting(**policy).answer("hold_meeting", "draft_plan", "appoint_coordinator", "sign_plan", "hand_out_plan")
    return walk.wait("follow_up_nears")


def reported(**policy) -> Walk:
    return Walk("deviation", policy).begin().answer("write_report")


def at_level_1(**policy) -> Walk:
    return reported(**policy).answer("countersign")


def in_dispute(kind, **policy) -> Walk:
    walk = Walk("dispute", policy).begin(kind=kind, description="Vem betalar?", units=["school", "clinic"])
    return walk.answer("state_positions")


def test_a_need_becomes_a_signed_plan_that_is_followed_up_and_closed():
    walk = with_a_plan().answer("call_follow_up").wait("follow_up_begins").answer("evaluate_goals", "decide_next")

    assert (walk.step.ended, walk.step.outcome) == ("end_closed", "closed")
    assert list(walk.step.milestones) == ["need_registered", "call_decided", "consent_given", "summons_sent", "meeting_held", "plan_ready"]
    assert [notice["template"] for notice in walk.happened("notify")] == ["summons", "follow_up"]
    assert walk.happened("close_case") == [{"outcome": "closed"}]


def test_no_call_without_the_managers_decision():
    walk = Walk("sip").begin().answer("register_need").answer("decide_call", decision="no_call", reason="Vi klarar det själva.")

    assert walk.step.outcome == "not_needed"
    assert walk.happened("close_case") == [{"outcome": "not_needed", "reason": "Vi klarar det själva."}]


def test_where_the_manager_only_ensures_contact_the_initiator_calls_without_a_decision():
    walk = Walk("sip", {"manager_decision": "ensures_contact"}).begin().answer("register_need", "ensure_contact")

    assert walk.open == ["select_actors"]
    assert "call_decided" in walk.step.milestones


def test_a_no_from_one_of_two_guardians_ends_it_where_both_are_needed():
    yes, no = (
        {"giver": "guardian", "name": name, "answer": answer, "way": "written", "given_on": "2026-03-02", "scope": "Allt"}
        for name, answer in (("A", "yes"), ("B", "no"))
    )
    walk = Walk("sip").begin().answer("register_need", "decide_call", "select_actors").answer("obtain_consent", consents=[yes, no])

    assert walk.step.outcome == "declined"
    assert not walk.happened("record_participants")


def test_a_consent_names_its_readers_among_those_that_are_asked_to_come():
    walk = Walk("sip").begin().answer("register_need", "decide_call", "select_actors")

    assert walk.task("obtain_consent").inputs["recipient_options"] == [{"label": "clinic", "value": "clinic"}]


def test_a_late_meeting_is_the_managers_to_accept():
    walk = Walk("sip", meeting_days=5).begin().answer("register_need", "decide_call", "select_actors", "obtain_consent", "send_summons")

    assert walk.open == ["assess_delay"]
    assert walk.answer("assess_delay").open == ["respond_invitation"]


def test_a_late_meeting_is_booked_anew_when_the_manager_says_so():
    walk = Walk("sip", meeting_days=5).begin().answer("register_need", "decide_call", "select_actors", "obtain_consent", "send_summons")
    walk.answer("assess_delay", decision="rebook").answer("send_summons", meeting_at="2026-03-05T10:00")

    assert walk.task("respond_invitation").due_at == MONDAY + timedelta(days=3)
    assert len(walk.happened("notify")) == 1


def test_no_day_is_late_where_the_agreement_has_no_limit():
    walk = Walk("sip", meeting_days=None).begin().answer("register_need", "decide_call", "select_actors", "obtain_consent", "send_summons")

    assert walk.open == ["respond_invitation"]


def test_a_meeting_that_was_not_held_is_called_again():
    walk = at_the_meeting().answer("hold_meeting", held="no", not_held_reason="Barnet var sjukt.")

    assert walk.open == ["send_summons"]
    assert "meeting_held" not in walk.step.milestones


def test_a_meeting_may_find_that_no_plan_is_needed():
    walk = at_the_meeting().answer("hold_meeting", plan_needed="no", no_plan_reason="Skolan klarar det.")

    assert walk.step.outcome == "not_needed"


def test_a_joint_plan_is_drawn_up_where_the_agreement_says_so_and_not_signed_where_it_need_not_be():
    walk = at_the_meeting(plan_type="joint_plan", plan_signature="not_required").answer("hold_meeting", "draft_joint_plan", "appoint_coordinator")

    assert walk.open == ["hand_out_plan"]
    assert walk.happened("record_plan")[0]["plan_type"] == "joint_plan"


def test_each_unit_and_guardian_who_takes_part_signs_once():
    walk = at_the_meeting().answer("hold_meeting", "draft_plan", "appoint_coordinator")

    signing = sorted((task.role, task.inputs["unit"] or task.inputs["name"]) for task in walk.step.ready)
    assert signing == [("guardian", "Alva Exempel"), ("participant", "clinic"), ("participant", "school")]


def test_a_follow_up_may_lead_to_another_and_that_to_a_new_plan():
    walk = with_a_plan().answer("call_follow_up").wait("follow_up_begins").answer("evaluate_goals")
    walk.answer("decide_next", decision="new_follow_up", next_at=LONG_AFTER)

    assert walk.step.timers[0].due_at == walk.now + timedelta(days=14)
    walk.wait("follow_up_nears").answer("call_follow_up", held_at=LONG_AFTER).wait("follow_up_begins")
    assert walk.answer("evaluate_goals").answer("decide_next", decision="new_plan").open == ["draft_plan"]


@pytest.mark.parametrize("last", ["register_need", "send_summons", "hand_out_plan"])
def test_a_withdrawal_ends_everything_wherever_the_case_is(last):
    walk = Walk("sip").begin()
    for element in ("register_need", "decide_call", "select_actors", "obtain_consent", "send_summons", "respond_invitation"):
        walk.answer(element)
        if element == last:
            break
    if last == "hand_out_plan":
        walk = with_a_plan()

    walk.hear("consent_withdrawn")

    assert (walk.step.outcome, walk.open, walk.step.timers) == ("withdrawn", [], ())
    assert [effect.type for effect in walk.step.effects] == ["notify", "revoke_access", "close_case"]
    assert walk.step.effects[0].inputs["template"] == "meeting_cancelled"


def test_a_partial_withdrawal_gives_a_task_and_stops_nothing():
    walk = Walk("sip").begin().answer("register_need", "decide_call", "select_actors", "obtain_consent")

    walk.hear("consent_partly_withdrawn").hear("consent_partly_withdrawn")

    assert walk.open == ["review_sharing", "review_sharing", "send_summons"]
    assert walk.answer("review_sharing").open == ["send_summons"]
    assert walk.hear("consent_withdrawn").step.outcome == "withdrawn"


def invited(**policy) -> Walk:
    return Walk("invitation", policy).begin(unit="clinic", child_active=False, meeting_at=MONDAY + timedelta(days=7))


def test_a_unit_that_comes_is_noted_as_present():
    walk = invited().answer("respond_invitation").wait("meeting_begins").answer("take_attendance")

    assert walk.step.outcome == "attended"
    assert walk.happened("record_attendance")[-1]["unit"] == "clinic"


def test_a_unit_that_must_come_and_does_not_makes_a_deviation_ready():
    walk = invited().answer("respond_invitation").wait("meeting_begins").answer("take_attendance", attended="no")

    assert walk.step.outcome == "absent"
    assert walk.happened("open_deviation")[0]["unit"] == "clinic"


def test_a_decline_needs_a_reason_and_is_only_noted_where_the_child_is_not_active_in_the_unit():
    with pytest.raises(AssertionError, match="reason"):
        invited().answer("respond_invitation", answer="no")
    walk = invited(absence="deviation_if_active").answer("respond_invitation", answer="no", reason="Barnet är inte vår patient.")

    assert (walk.step.outcome, walk.happened("open_deviation")) == ("absent", [])


def test_a_unit_that_never_answers_does_not_stop_the_meeting():
    walk = invited().wait("no_answer_in_time")

    assert walk.open == ["take_attendance"]


def followed_up() -> Walk:
    walk = Walk("follow_up").begin(planned_at=MONDAY, plan_measures=["Schema"], plan_goals=["Hela veckor"])
    return walk.answer("call_follow_up").wait("follow_up_begins")


def test_every_follow_up_asks_for_deviations_and_informs_a_family_that_was_not_there():
    walk = followed_up().answer("evaluate_goals", deviation="yes", deviation_text="Ingen ringde.", family_present="no")

    assert walk.open == ["inform_family"]
    assert walk.happened("open_deviation")[0]["description"] == "Ingen ringde."
    assert walk.answer("inform_family").open == ["decide_next"]


@pytest.mark.parametrize(("decision", "outcome"), [("close", "closed"), ("new_plan", "replanned"), ("new_follow_up", "followed_up")])
def test_a_follow_up_ends_as_it_was_decided(decision, outcome):
    walk = followed_up().answer("evaluate_goals").answer("decide_next", decision=decision, next_at=LONG_AFTER)

    assert walk.step.outcome == outcome


def test_goals_and_measures_of_the_plan_stand_in_the_evaluation_from_the_start():
    task = followed_up().task("evaluate_goals")

    assert task.inputs["goals"][0]["goal"] == "Hela veckor"
    assert task.inputs["measures"][0]["what"] == "Schema"


def test_a_deviation_is_acted_on_by_the_nearest_manager_fed_back_and_verified():
    walk = at_level_1().answer("act_level_1", "send_feedback")

    assert walk.open == ["verify_action"]
    assert ("deviation_feedback", "initiator") in {(notice["template"], notice["to"]) for notice in walk.happened("notify")}
    assert walk.answer("verify_action").step.outcome == "resolved"


def test_the_second_signature_may_send_the_report_back():
    walk = reported().answer("countersign", signed="no", comment="Skriv vad som hände.")

    assert walk.open == ["write_report"]
    assert "countersigned" not in walk.step.milestones


def test_one_signature_is_enough_where_the_agreement_asks_for_one():
    assert reported(deviation_signatures=1).open == ["act_level_1"]


@pytest.mark.parametrize(("routed", "concerned"), [(False, "clinic"), (True, None)])
def test_a_missing_route_is_the_process_owners_to_find(routed, concerned):
    walk = Walk("deviation", routed=routed).begin().answer("write_report", concerned_unit=concerned).answer("countersign")

    assert (walk.open, walk.task("choose_route").role) == (["choose_route"], "process_owner")
    walk.answer("choose_route", handling_unit="clinic")
    assert walk.task("act_level_1").inputs["unit"] == "clinic"
    assert walk.happened("send_copy")[0]["unit"] == "clinic"


def test_no_copy_is_sent_where_the_agreement_asks_for_none():
    assert at_level_1(deviation_copy=None).happened("send_copy") == []


def test_even_a_deviation_that_needs_no_action_is_fed_back():
    walk = at_level_1().answer("act_level_1", way="no_action")

    assert walk.open == ["send_feedback"]
    assert walk.answer("send_feedback").step.outcome == "no_action"


def test_a_deviation_is_lifted_by_hand_to_the_next_manager_and_to_management():
    walk = at_level_1().answer("act_level_1", way="lift")

    assert walk.task("act_level_2").role == "next_manager"
    assert walk.answer("act_level_2", way="lift").task("act_management").role == "management_level"
    assert {"lifted_to_next", "lifted_to_management"} <= set(walk.step.milestones)
    assert walk.answer("act_management").open == ["send_feedback"]


def test_a_deviation_is_lifted_by_the_clock_from_level_to_level():
    walk = at_level_1()
    walk.wait("level_1_silent")

    assert (walk.open, walk.now) == (["act_level_2"], MONDAY + timedelta(days=10))
    assert walk.wait("level_2_silent").open == ["act_management"]
    assert walk.now == MONDAY + timedelta(days=30)


def test_managers_in_dialogue_agree_or_lift_or_run_out_of_time():
    agreed = at_level_1().answer("act_level_1", way="dialogue").answer("managers_dialogue")
    lifted = at_level_1().answer("act_level_1", way="dialogue").answer("managers_dialogue", way="lift")
    silent = at_level_1().answer("act_level_1", way="dialogue").wait("dialogue_silent")

    assert (agreed.open, lifted.open, silent.open) == (["send_feedback"], ["act_management"], ["act_management"])


def test_only_the_ways_up_that_the_agreement_has_can_be_chosen():
    ways = [way["value"] for way in at_level_1(deviation_lift=["next_manager"]).task("act_level_1").inputs["ways"]]

    assert ways == ["act", "no_action", "lift"]


def test_the_top_is_the_steering_group_where_the_agreement_says_so():
    walk = at_level_1(deviation_top="steering_group").answer("act_level_1", way="lift").answer("act_level_2", way="lift")

    assert walk.task("act_steering_group").role == "steering_group"
    assert walk.answer("act_steering_group").open == ["send_feedback"]


def test_a_deviation_is_analysed_in_each_unit_and_jointly_where_the_agreement_says_so():
    walk = at_level_1(deviation_analysis="joint")

    assert sorted(task.inputs["unit"] for task in walk.step.ready) == ["clinic", "school"]
    walk.answer("analyse_in_unit")
    assert walk.task("joint_analysis").role == "management_level"
    assert walk.answer("joint_analysis").open == ["send_feedback"]


def test_an_analysis_that_does_not_come_in_time_does_not_stop_the_joint_one():
    assert at_level_1(deviation_analysis="joint").wait("analysis_silent").open == ["joint_analysis"]


def test_an_action_that_did_not_help_goes_to_management():
    walk = at_level_1().answer("act_level_1", "send_feedback").answer("verify_action", verified="no")

    assert walk.open == ["act_management"]


def test_units_that_agree_end_their_dispute():
    assert in_dispute("cost").answer("resolve_unit").step.outcome == "agreed"


def test_a_cost_dispute_is_decided_on_the_next_level_or_reported_to_both_managements():
    decided = in_dispute("cost").answer("resolve_unit", decision="not_agreed").answer("decide_next_level")
    walk = in_dispute("cost").answer("resolve_unit", decision="not_agreed").answer("decide_next_level", decision="not_decided")

    assert decided.step.outcome == "decided"
    assert sorted((task.role, task.inputs["unit"]) for task in walk.step.ready) == [("management_level", "clinic"), ("management_level", "school")]
    assert walk.answer("receive_report").step.outcome == "reported_to_managements"


def test_a_responsibility_dispute_is_decided_by_the_steering_group_at_once_when_urgent():
    calm = in_dispute("responsibility").answer("resolve_unit", decision="not_agreed")
    urgent = in_dispute("responsibility").answer("resolve_unit", decision="not_agreed", urgent="yes")

    assert (calm.open, urgent.open) == (["decide_steering"], ["call_urgent_meeting"])
    assert calm.answer("decide_steering").step.outcome == "decided"
    assert urgent.answer("call_urgent_meeting", "decide_steering").step.outcome == "decided"
    meeting = in_dispute("responsibility").answer("resolve_unit", decision="not_agreed").answer("decide_steering", decision="meeting")
    assert meeting.open == ["call_urgent_meeting"]
    assert meeting.answer("call_urgent_meeting", "decide_steering").step.outcome == "decided"


def test_every_way_goes_where_its_own_document_sends_it_for_responsibility_too():
    walk = in_dispute("responsibility", dispute_responsibility="line_then_managements").answer("resolve_unit", decision="not_agreed")

    assert walk.open == ["decide_next_level"]


def test_these_walks_take_every_sequence_flow_of_every_drawing():
    TAKEN.clear()
    for name, story in list(globals().items()):
        if name.startswith("test_") and name != "test_these_walks_take_every_sequence_flow_of_every_drawing":
            _run(story)

    drawn = {f"{model.id}/{flow}" for model in shipped().processes.values() for flow in model.flows}
    assert sorted(drawn - TAKEN) == []


def _run(story):
    marks = [mark for mark in getattr(story, "pytestmark", ()) if mark.name == "parametrize"]
    if not marks:
        story()
        return
    names, values = marks[0].args
    for value in values:
        story(**dict(zip(names, value, strict=True)) if isinstance(names, tuple) else {names: value})
