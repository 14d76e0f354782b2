"""A dispute over responsibility or cost takes its own way under each agreement and stops nothing (acceptance point 4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from engine.services import cases, deviations, disputes, history, tasks
from engine.storage.tables import Decision, Measure, Participant, Timer
from engine.storage.tables import Dispute as Register
from tests.acceptance.conftest import Dispute, Sip, Town
from tests.acceptance.test_sip import kept, to_the_meeting


@dataclass(frozen=True)
class Stands:
    """How a case stands: what waits in it and for how long, and what the family has been promised."""

    items: list[tuple[int, str, str, datetime | None]]
    measures: list[tuple[int, str, Any]]
    timers: list[tuple[str, datetime]]


def stands(sip: Sip) -> Stands:
    """Return how a case stands now."""
    with sip.runtime.database.reading() as session:
        waiting = session.scalars(select(Timer).where(Timer.instance_id == sip.instance, Timer.closed_at.is_(None)).order_by(Timer.id)).all()
    return Stands(
        [(item.id, item.element, item.queue, item.due_at) for item in sip.items()],
        [(measure.id, measure.what, measure.ends_on) for measure in kept(sip, Measure)],
        [(timer.element, timer.due_at) for timer in waiting],
    )


def with_a_plan(town: Town, agreement: str, *kinds: str) -> Sip:
    """Take a case so far that its measures run."""
    sip = town.start(agreement)
    to_the_meeting(sip, *kinds, days=10)
    sip.attend()
    sip.meet()
    if "draft_plan" in sip.waits_for:
        sip.plan("draft_plan")
    else:
        involved = "Skolan, socialtjänsten, vårdcentralen, Maja och hennes föräldrar"
        sip.plan("draft_joint_plan", drawn_up_on=sip.local()[:10], case_officer="Rektor", follow_up_place="Skolan", involved=involved)
    sip.appoint()
    sip.sign()
    return sip


def decisions(dispute: Dispute) -> list[tuple[str, str]]:
    """Return what was decided and by whom, the first first."""
    with dispute.runtime.database.reading() as session:
        rows = session.scalars(select(Decision).where(Decision.instance_id == dispute.instance).order_by(Decision.id))
        return [(row.decision, row.made_by) for row in rows]


def status(dispute: Dispute) -> str:
    """Return what the register says of it."""
    with dispute.runtime.database.reading() as session:
        return session.scalars(select(Register.status).where(Register.instance_id == dispute.instance)).one()


@pytest.mark.parametrize("kind", ["cost", "responsibility"])
def test_under_jamtbus_the_next_level_decides(town, kind):
    """002-14: solved between the units as far as possible, else the next level decides."""
    sip = with_a_plan(town, "jamtbus", "social_authority", "child_psychiatry")
    dispute = town.dispute(sip, kind, "school", "child_psychiatry")
    assert {item.unit_id: item.queue for item in dispute.items()} == {unit: f"unit:{unit}" for unit in dispute.units}
    dispute.state()
    assert dispute.who_may(dispute.only("resolve_unit")) == [town.leader(sip.unit)]
    dispute.disagree(urgent=None)

    assert dispute.who_may(dispute.only("decide_next_level")) == [town.leader(sip.unit, 1)]
    dispute.do("decide_next_level", decision="decided", reason="Delas lika.")

    assert (dispute.outcome, status(dispute)) == ("decided", "decided")
    assert decisions(dispute) == [("not_agreed", town.leader(sip.unit)), ("decided", town.leader(sip.unit, 1))]


def test_under_jamtbus_what_the_line_cannot_decide_is_reported_to_each_partys_management(town):
    """002-14, scenario 6: two parties, two receivers, and no final decider is invented."""
    sip = with_a_plan(town, "jamtbus", "social_authority", "child_psychiatry")
    dispute = town.dispute(sip, "cost", "school", "social_authority", "child_psychiatry")
    dispute.state()
    dispute.disagree()
    dispute.do("decide_next_level", decision="not_decided", reason="Vi enas inte.")

    receivers = {dispute.who_may(item)[0] for item in dispute.items("receive_report")}
    assert len(dispute.items()) == 2, "three units, but two parties"
    assert receivers == {town.leader(unit, 2) for unit in dispute.units}
    for item in dispute.items("receive_report"):
        dispute.do("receive_report", item=item, text="Tas upp mellan förvaltningscheferna.")

    assert (dispute.outcome, status(dispute)) == ("reported_to_managements", "reported_to_managements")


@pytest.mark.parametrize("kind", ["cost", "responsibility"])
def test_under_arjeplog_the_steering_group_decides(town, kind):
    """003-12: referred to the steering group for decision, cost following responsibility."""
    sip = with_a_plan(town, "arjeplog", "social_authority", "primary_care")
    dispute = town.dispute(sip, kind, "school", "primary_care")
    dispute.state()
    dispute.disagree()

    deciding = dispute.only("decide_steering")
    assert set(dispute.who_may(deciding)) == members(town, "arjeplog")
    assert "Kostnadsansvaret följer ansvaret" in next(
        one.description for one in dispute.shown("decide_steering").form.fields if one.key == "decision"
    )
    dispute.do("decide_steering", decision="decided", reason="Skolan ansvarar och betalar.")

    assert (dispute.outcome, status(dispute)) == ("decided", "decided")


def members(town: Town, agreement: str) -> set[str]:
    """Return everybody who sits in an agreement's steering group."""
    (group,) = town.organisation.groups_of(agreement, "steering", town.clock.now())
    return set(town.organisation.members_of(group.id, town.clock.now(), "dispute"))


def test_any_member_of_the_steering_group_calls_an_urgent_meeting(town):
    """003-13: "kalla till styrgruppsmöte", each of them and not only who leads it; the meeting stands in the task that decides."""
    sip = with_a_plan(town, "arjeplog", "social_authority", "primary_care")
    dispute = town.dispute(sip, "cost", "school", "primary_care")
    dispute.state()
    with pytest.raises(tasks.InvalidAnswers) as asked:
        dispute.disagree(urgent=None)
    assert set(asked.value.fields) == {"urgent"}
    dispute.disagree(urgent="yes")
    calling = dispute.only("call_urgent_meeting")
    assert set(dispute.who_may(calling)) == members(town, "arjeplog")
    last = max(members(town, "arjeplog"))

    dispute.do("call_urgent_meeting", by=last, meeting_at="2026-03-20T13:00", place="Kommunhuset")

    assert dispute.waits_for == {"decide_steering"}
    assert dispute.shown("decide_steering").values["meeting_place"] == "Kommunhuset"


def test_a_member_calls_a_meeting_also_where_nobody_said_that_it_was_urgent(town):
    """003-13: any member may, whatever the units thought of the hurry."""
    sip = with_a_plan(town, "arjeplog", "social_authority", "primary_care")
    dispute = town.dispute(sip, "cost", "school", "primary_care")
    dispute.state()
    dispute.disagree(urgent="no")

    dispute.do("decide_steering", decision="meeting", reason="Vi behöver ses.")
    dispute.do("call_urgent_meeting", meeting_at="2026-03-20T13:00", place="Kommunhuset")
    dispute.do("decide_steering", decision="decided", reason="Skolan betalar.")

    assert dispute.outcome == "decided"


@pytest.mark.parametrize(
    ("agreement", "kinds"), [("jamtbus", ("social_authority", "child_psychiatry")), ("arjeplog", ("social_authority", "primary_care"))]
)
def test_no_measure_stops_while_a_dispute_runs(town, agreement, kinds):
    """002-13, 004-8, 003 [P]: what waits in the case, its measures and its times are the same from beginning to end, and it goes on."""
    sip = with_a_plan(town, agreement, *kinds)
    before = stands(sip)
    assert before.items
    assert before.measures

    dispute = town.dispute(sip, "cost", "school", kinds[-1])
    seen = [stands(sip)]
    dispute.state()
    seen.append(stands(sip))
    dispute.disagree()
    seen.append(stands(sip))
    assert seen == [before] * 3
    if "hand_out_plan" in sip.waits_for:
        sip.do("hand_out_plan", all_have_copy=True, family_copy="at_meeting")
    town.wait(days=61)
    sip.follow_up("close")

    assert sip.outcome == "closed", "the case ends in its own time"
    assert dispute.outcome is None, "and the dispute in its own"


def test_no_measure_stops_while_a_deviation_climbs(town):
    """002-13, 002-15: a deviation about the case is handled beside it."""
    sip = with_a_plan(town, "jamtbus", "social_authority", "child_psychiatry")
    before = stands(sip)

    report = town.deviate("jamtbus", case=sip.reference, by=sip.initiator)
    report.report()
    assert stands(sip) == before
    report.pass_on("act_level_1")

    assert stands(sip) == before


def test_a_family_that_can_log_in_sees_nothing_of_a_dispute_or_a_deviation(town):
    """Scenario 6: "the family sees no cost talks"; nor who reported whom."""
    sip = with_a_plan(town, "jamtbus", "social_authority", "child_psychiatry")
    guardian, young = town.worker(town.unit("gotland", "school")), town.worker(town.unit("norrtalje", "school"))
    with town.runtime.database.writing() as session:
        case_id = session.scalars(select(Participant.case_id).limit(1)).one()
        for person, kind in ((guardian, "guardian"), (young, "young_person")):
            session.add(Participant(case_id=case_id, kind=kind, person_id=person, role=kind, joined_at=town.clock.now()))
    dispute = town.dispute(sip, "cost", "school", "child_psychiatry")
    dispute.state()
    dispute.disagree()
    report = town.deviate("jamtbus", case=sip.reference, by=sip.initiator)
    report.report()

    for person in (guardian, young):
        assert cases.instances(town.runtime, person, sip.reference) == [sip.instance]
        told = [*history.of_case(town.runtime, person, sip.reference), *cases.show(town.runtime, person, sip.reference).history]
        assert not [row for row in told if row.element in {"state_positions", "resolve_unit", "decide_next_level", "write_report", "act_level_1"}]
        assert {work.name for work in cases.show(town.runtime, person, sip.reference).open_work} == {item.name for item in sip.items()}
        assert tasks.inbox(town.runtime, person) == []
        with pytest.raises(deviations.NoSuchDeviation):
            deviations.show(town.runtime, person, report.id)
        with pytest.raises(disputes.NoSuchDispute):
            disputes.show(town.runtime, person, dispute.instance)
    assert {notice.template for notice in dispute.notices("dispute_decided") + dispute.notices("deviation_feedback")} == set()


@pytest.mark.parametrize(
    ("agreement", "kinds"), [("jamtbus", ("social_authority", "child_psychiatry")), ("arjeplog", ("social_authority", "primary_care"))]
)
def test_the_units_are_told_and_read_what_was_decided(town, agreement, kinds):
    """002-14, 003-12: a decision that the parties do not hear of settles nothing; nobody else reads it."""
    sip = with_a_plan(town, agreement, *kinds)
    dispute = town.dispute(sip, "cost", "school", kinds[-1])
    dispute.state()
    dispute.disagree()

    (deciding,) = dispute.waits_for
    dispute.do(deciding, decision="decided", reason="Delas lika.")

    assert {notice.to for notice in dispute.notices("dispute_decided")} == {f"unit:{unit}" for unit in dispute.units}
    for unit in dispute.units:
        read = disputes.show(town.runtime, town.colleague(unit), dispute.instance)
        assert (read.status, read.decisions[-1].reason, read.waiting_for) == ("decided", "Delas lika.", ())
    with pytest.raises(disputes.NoSuchDispute):
        disputes.show(town.runtime, town.colleague(town.unit(agreement, "social_authority")), dispute.instance)


def test_units_that_agree_need_nobody_above_them(town):
    """002-14: "ska så långt det är möjligt lösas i samverkan på verksamhetsnivå"."""
    sip = with_a_plan(town, "jamtbus", "social_authority", "child_psychiatry")
    dispute = town.dispute(sip, "cost", "school", "child_psychiatry")
    dispute.state()

    dispute.do("resolve_unit", decision="agreed", reason="Vi delar lika.", urgent=None)

    assert (dispute.outcome, dispute.items()) == ("agreed", [])


def test_whoever_settles_a_dispute_reads_what_each_side_says(town):
    """002-14, 002-22: positions, proposals and what was tried stand in the task of whoever has to decide."""
    sip = with_a_plan(town, "jamtbus", "social_authority", "child_psychiatry")
    dispute = town.dispute(sip, "cost", "school", "child_psychiatry")
    names = [town.organisation.unit(unit).name for unit in dispute.units]
    shown = dispute.shown("state_positions")
    assert shown.values["description"] == "Vem betalar resorna till skolan?"
    assert shown.values["kind_name"] == "Kostnad"
    dispute.state()

    for element in ("resolve_unit", "decide_next_level", "receive_report"):
        shown = dispute.shown(element)
        assert shown.values["description"] == "Vem betalar resorna till skolan?", element
        assert all(name in shown.values["positions_text"] for name in names)
        assert "Det är inte vårt ansvar." in shown.values["positions_text"]
        if element == "resolve_unit":
            dispute.disagree()
        elif element == "decide_next_level":
            assert shown.values["tried"] == "Vi kom inte överens."
            dispute.do(element, decision="not_decided", reason="Vi enas inte.")
        else:
            assert shown.values["tried"] == "Vi enas inte."
