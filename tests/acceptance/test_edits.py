"""Acceptance point 6: an owner edits the files alone; after a restart cases go as they now say, without a line of Python."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from engine.clock import STOCKHOLM
from engine.services import tasks
from engine.services.people import touch_organisation
from engine.services.releases import shipped_release
from engine.simulation import never_visited, simulate
from engine.storage.tables import Assignment, Position, Unit, WorkItem
from tests.acceptance.conftest import build
from tests.acceptance.modeler import copy_of_the_shipped, parsed

PER_UNIT = """
    <bpmn:multiInstanceLoopCharacteristics>
      <bpmn:extensionElements>
        <zeebe:loopCharacteristics inputCollection="=invited" inputElement="entry" outputCollection="told" outputElement="=text" />
      </bpmn:extensionElements>
    </bpmn:multiInstanceLoopCharacteristics>"""


def user_task(id_, name, form, group, more="", properties=""):
    return f"""
    <bpmn:userTask id="{id_}" name="{name}">
      <bpmn:extensionElements>
        <zeebe:userTask />
        <zeebe:formDefinition formId="{form}" />
        <zeebe:assignmentDefinition candidateGroups="{group}" />
        {more}
        {f"<zeebe:properties>{properties}</zeebe:properties>" if properties else ""}
      </bpmn:extensionElements>
    </bpmn:userTask>"""


@pytest.fixture
def models(tmp_path):
    return copy_of_the_shipped(tmp_path)


@pytest.fixture
def restart(models, tmp_path):
    """Start anew on the edited files; loading them is refused where the check finds an error."""
    towns = []

    def start():
        towns.append(build(tmp_path, models.release()))
        return next(towns[-1])

    yield start
    for town in towns:
        next(town, None)


def a_longer_notice(models):
    """Let a follow-up be called three weeks before its day."""
    with models.drawing("sip/sip.bpmn") as drawing:
        (moment,) = drawing.element("follow_up_nears").iter("{*}timeDate")
        moment.text = '=follow_up_at - duration("P21D")'


def test_two_weeks_before_a_follow_up_become_three(models, restart):
    a_longer_notice(models)
    town = restart()
    sip = town.start("jamtbus")
    to_the_invitations(sip, "social_authority")
    sip.answer_all()
    town.wait(days=8, minutes=5)
    sip.attend()
    sip.meet()
    sip.plan("draft_plan")
    sip.appoint()
    sip.sign()
    sip.do("hand_out_plan", all_have_copy=True, family_copy="letter")
    follow_up = town.clock.now() + timedelta(days=60)

    town.wait(until=follow_up - timedelta(days=21, hours=2))
    assert sip.waits_for == set()
    town.wait(hours=4)

    assert "call_follow_up" in sip.waits_for


def answers_of(town, item):
    with town.runtime.database.reading() as session:
        return session.get_one(WorkItem, item.id).answers


def add_a_field(models):
    """Ask for the class when a need is registered."""
    with models.form("sip/register_need.form") as form:
        form["components"].append(
            {"type": "textfield", "id": "school_class", "key": "school_class", "label": "Klass", "validate": {"required": True, "maxLength": 4}}
        )


def test_a_further_form_field_is_asked_checked_and_kept(models, restart):
    add_a_field(models)

    sip = restart().start("jamtbus")

    (item,) = sip.items("register_need")
    asked = {field.key: field.label for field in sip.shown("register_need").form.fields}
    assert asked["school_class"] == "Klass"
    with pytest.raises(tasks.InvalidAnswers) as refused:
        sip.register()
    assert set(refused.value.fields) == {"school_class"}
    said = {"need": "Maja är borta.", "support_from": ["social"], "family_informed": "yes", "family_answer": "Ja"}
    with pytest.raises(tasks.InvalidAnswers):
        sip.do("register_need", said, school_class="femman B")
    sip.do("register_need", said, school_class="5B")
    assert answers_of(sip.town, item)["school_class"] == "5B"
    assert "register_need" not in sip.waits_for


def change_the_days(models):
    """Let the meeting be within 25 days from April."""
    with models.table("policy/document.dmn", "policy_document") as table:
        table.row("policy_document_gotland_meeting_max_days").write(day='< date("2026-04-01")')
        new = table.copy("policy_document_gotland_meeting_max_days", "policy_document_gotland_meeting_max_days_2")
        new.write(day='>= date("2026-04-01")', value="25", quote='"senast inom 25 dagar"')


def test_a_changed_number_of_days_holds_for_cases_decided_from_that_day_on(models, restart):
    change_the_days(models)
    town = restart()

    def decided(at):
        town.wait(until=at)
        sip = town.start("gotland")
        sip.register()
        sip.do("decide_call", decision="call", reason="Flera behövs")
        sip.choose("social_authority")
        return sip

    before = decided(datetime(2026, 3, 31, 23, 59, tzinfo=STOCKHOLM))
    after = decided(datetime(2026, 4, 1, tzinfo=STOCKHOLM))
    for sip in (before, after):
        sip.consent()

    calls = [sip.due("send_summons") for sip in (before, after)]
    assert [due for due, _ in calls] == [date(2026, 4, 9), date(2026, 4, 5)], "21 days before the 30th and the 25th day"
    explained = [sip.items("send_summons")[0].explanation["sources"] for sip in (before, after)]
    assert "30 dagar" in str(explained[0])
    assert "25 dagar" not in str(explained[0])
    assert "25 dagar" in str(explained[1])

    for sip in (before, after):
        sip.summon(8)
        if "assess_delay" in sip.waits_for:
            sip.do("assess_delay", decision="keep", reason="Barnet väntar")
        sip.answer_all()
    town.wait(days=8, minutes=5)
    for sip in (before, after):
        sip.attend()
    (day_before, why_before), (day_after, why_after) = before.due("hold_meeting"), after.due("hold_meeting")
    assert (day_before, day_after) == (date(2026, 4, 30), date(2026, 4, 26))
    assert "30 kalenderdagar efter chefens beslut att kalla 31 mars 2026" in why_before
    assert "25 kalenderdagar efter chefens beslut att kalla 1 april 2026" in why_after
    assert "lokalt beslut" in why_after


LIFTED = """
    <bpmn:intermediateThrowEvent id="lifted_to_city" name="Lyft till stadsdelschefen">
      <bpmn:extensionElements>
        <zeebe:properties><zeebe:property name="milestone" value="lifted_to_city" /></zeebe:properties>
      </bpmn:extensionElements>
    </bpmn:intermediateThrowEvent>"""
LEVEL_INPUTS = """
        <zeebe:taskSchedule dueDate="=deadlines.deviation_city.at" />
        <zeebe:ioMapping>
          <zeebe:input source="=if handling_unit = null then initiator.unit else handling_unit" target="unit" />
          <zeebe:input source="=3" target="level" />
        </zeebe:ioMapping>"""
CITY_SILENT = """
    <bpmn:boundaryEvent id="city_silent" name="Tiden är ute" attachedToRef="act_city">
      <bpmn:timerEventDefinition id="city_silent_timer">
        <bpmn:timeDate xsi:type="bpmn:tFormalExpression">=deadlines.deviation_city.at</bpmn:timeDate>
      </bpmn:timerEventDefinition>
    </bpmn:boundaryEvent>"""
IS_SOLVED = """
    <bpmn:exclusiveGateway id="is_solved_city" name="Löst av stadsdelschefen?" default="is_solved_city_to_reopened" />"""


def draw_a_level(models):
    """Draw a level of managers between the next manager and the management, with days of its own."""
    with models.drawing("deviation/deviation.bpmn") as drawing:
        flow = "management_lifts_meet_to_reopened"
        drawing.step_on(flow, LIFTED)
        drawing.step_on("lifted_to_city_to_reopened", user_task("act_city", "Åtgärda i stadsdelen", "act_level_2", "next_manager", LEVEL_INPUTS))
        drawing.step_on("act_city_to_reopened", IS_SOLVED)
        drawing.flow("is_solved_city", "line_decided")
        solved = drawing.element("is_solved_city_to_line_decided")
        solved.append(parsed('<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">=way != "lift"</bpmn:conditionExpression>'))
        drawing.draw(CITY_SILENT, drawing.element("act_city"))
        drawing.flow("city_silent", "reopened")
    with models.table("policy/policy.dmn", "deadlines") as table:
        table.copy("deadlines_deviation_level_2", "deadlines_deviation_city").write(
            name='"deviation_city"', sv='"stadsdelschefen ska ha svarat"', en='"the district is to have answered"', start='"lifted_to_city"', days="7"
        )


def hire_between(town):
    """Put a post with somebody in it between the first school's area and the management."""
    below, top = town.organisation.line(town.unit("jamtbus", "school"), town.clock.now())[1:3]
    worker = town.colleague(town.unit("jamtbus", "preschool"))
    with town.runtime.database.writing() as session:
        session.add(Unit(id="district", name="Stadsdelen", party_id=town.organisation.unit(top.unit).party, kind="management", agreements=[]))
        session.flush()
        session.add(Position(id="district_chief", unit_id="district", title="Stadsdelschef", role="manager", reports_to=top.id))
        session.flush()
        session.add(Assignment(position_id="district_chief", person_id=worker))
        session.get_one(Position, below.id).reports_to = "district_chief"
        touch_organisation(session)
    town.look_again()
    return worker


def test_a_further_level_of_managers_is_climbed_by_hand_and_by_the_clock(models, restart):
    draw_a_level(models)
    town = restart()
    chief = hire_between(town)

    def at_the_level():
        report = town.deviate("jamtbus")
        report.report()
        report.pass_on("act_level_1")
        report.pass_on("act_level_2")
        return report

    solved, silent, lifted = at_the_level(), at_the_level(), at_the_level()

    assert solved.who_may(solved.only("act_city")) == [chief]
    assert "Chefsnivå 3" in solved.why("act_city")
    day, why = solved.due("act_city")
    assert day == date(2026, 3, 9)
    assert "stadsdelschefen ska ha svarat, 7 kalenderdagar efter" in why
    assert solved.status.level == 3
    solved.act("act_city")
    assert solved.waits_for == {"send_feedback"}
    lifted.pass_on("act_city")
    assert lifted.who_may(lifted.only("act_management")) == [town.leader(lifted.unit, 3)]
    town.wait(days=6)
    assert silent.waits_for == {"act_city"}
    town.wait(days=2)
    assert silent.waits_for == {"act_management"}
    assert silent.status.level == 4


def add_a_step(models):
    """Draw a step with a form of its own."""
    models.new_form("sip/tell_school.form", {"type": "textfield", "key": "told", "label": "Vem fick veta?", "validate": {"required": True}})
    with models.drawing("sip/sip.bpmn") as drawing:
        drawing.step_on("register_need_to_does_manager_decide", user_task("tell_school", "Berätta för skolan", "tell_school", "initiator"))


def test_a_further_step_with_its_own_form_waits_between_two_others(models, restart):
    add_a_step(models)
    sip = restart().start("jamtbus")

    sip.register()

    item = sip.only("tell_school")
    assert (item.name, item.lane, sip.who_may(item)) == ("Berätta för skolan", "Närmaste chef", [sip.initiator])
    assert [field.label for field in sip.shown("tell_school").form.fields] == ["Vem fick veta?"]
    sip.do("tell_school", told="Rektorn")
    assert answers_of(sip.town, item) == {"told": "Rektorn"}
    assert sip.waits_for == {"decide_call"}


def add_a_step_per_unit(models):
    """Draw a step that every invited unit does."""
    models.new_form("sip/prepare_meeting.form", {"type": "textarea", "key": "text", "label": "Vad tar ni med er?", "validate": {"required": True}})
    each = '<zeebe:ioMapping><zeebe:input source="=entry.unit" target="unit" /></zeebe:ioMapping>'
    with models.drawing("sip/sip.bpmn") as drawing:
        task = user_task("prepare_meeting", "Förbered mötet", "prepare_meeting", "invited_unit", each)
        drawing.step_on("invite_units_to_hold_meeting", task).append(parsed(PER_UNIT))


def test_a_step_is_made_one_for_each_invited_unit_at_the_same_time(models, restart):
    add_a_step_per_unit(models)
    town = restart()
    sip = town.start("jamtbus")
    to_the_invitations(sip, "social_authority", "paediatrics")
    sip.answer_all()
    town.wait(days=8, minutes=5)
    sip.attend()

    items = sip.items("prepare_meeting")

    assert {item.unit_id for item in items} == {town.unit("jamtbus", kind) for kind in ("social_authority", "paediatrics")}
    assert [item.queue for item in items] == [f"unit:{item.unit_id}" for item in items]
    for item in reversed(items):
        assert sip.waits_for == {"prepare_meeting"}, "the meeting waits for all of them"
        sip.do("prepare_meeting", item=item, text="Våra anteckningar")
    assert sip.waits_for == {"hold_meeting"}


def repeat_a_step(models):
    """Let every invited unit have the step that one did."""
    with models.drawing("sip/sip.bpmn") as drawing:
        drawing.element("assess_delay").append(parsed(PER_UNIT.replace('outputElement="=text"', 'outputElement="=reason"')))


def test_an_existing_step_is_made_one_for_each_invited_unit(models, restart):
    repeat_a_step(models)
    sip = restart().start("gotland")

    to_the_invitations(sip, "social_authority", "child_health", days=40)

    assert [item.element for item in sip.items()] == ["assess_delay", "assess_delay"]


def to_the_invitations(sip, *kinds, days=8.0):
    """Take a case to the answers of those invited."""
    sip.register()
    sip.do("decide_call", decision="call", reason="Flera behövs")
    sip.choose(*kinds)
    sip.consent()
    sip.summon(days)


NOTE = """
    <bpmn:serviceTask id="note_consent" name="Anteckna samtycket">
      <bpmn:extensionElements>
        <zeebe:taskDefinition type="record_note" />
        <zeebe:ioMapping>
          <zeebe:input source="=&#34;Första samtycket gav &#34; + consents[1].name" target="text" />
        </zeebe:ioMapping>
      </bpmn:extensionElements>
    </bpmn:serviceTask>"""


def add_a_note(models):
    """Draw a service task that writes a note."""
    with models.drawing("sip/sip.bpmn") as drawing:
        drawing.step_on("add_participants_to_before_summons", NOTE)


def test_a_further_service_task_writes_a_row_of_a_type_that_exists(models, restart):
    add_a_note(models)
    sip = restart().start("jamtbus")

    to_the_consent(sip)

    (note,) = [row for row in sip.told() if row.kind == "record_note" and row.element == "note_consent"]
    assert (note.name, note.details["text"]) == ("Anteckna samtycket", "Första samtycket gav Elis Exempelsson")


def add_an_effect(models):
    """Let a form write a note beside what it did before."""
    with models.form("sip/select_actors.form") as form:
        form["components"].append({"type": "textarea", "id": "text", "key": "text", "label": "Att minnas"})
    with models.drawing("sip/sip.bpmn") as drawing:
        (properties,) = drawing.element("select_actors").iter("{*}properties")
        properties.append(parsed('<zeebe:property name="effect" value="record_note" />'))


def test_a_form_that_is_there_writes_a_further_row_by_an_effect(models, restart):
    add_an_effect(models)
    sip = restart().start("jamtbus")

    sip.register()
    sip.do("decide_call", decision="call", reason="Flera behövs")
    sip.do("select_actors", invited=sip.invited("social_authority"), persons=[], chosen_with_family="yes", text="Ring kvällstid")

    (note,) = [row for row in sip.told() if row.kind == "record_note" and row.element == "select_actors"]
    assert note.details["text"] == "Ring kvällstid"


def to_the_consent(sip):
    """Take a case to the consent."""
    sip.register()
    sip.do("decide_call", decision="call", reason="Flera behövs")
    sip.choose("social_authority")
    sip.consent()


EDITS = (a_longer_notice, add_a_field, change_the_days, draw_a_level, add_a_step, add_a_step_per_unit, repeat_a_step, add_a_note, add_an_effect)


def test_the_check_finds_nothing_in_the_files_after_all_these_edits(models):
    for edit in EDITS:
        edit(models)

    assert models.faults() == []
    assert models.release().hash != shipped_release(demonstration=True).hash


def test_the_simulator_plays_cases_to_their_end_after_all_these_edits(models):
    for edit in EDITS:
        edit(models)

    reports = simulate(models.release(), ["jamtbus", "gotland"], 2, 5)

    assert [report.well for report in reports] == [True, True]
    assert ("sip", "tell_school") not in never_visited(reports)
