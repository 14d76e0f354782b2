"""The SIP of each agreement, from need to closure through the services, with what that agreement demands on the way."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from engine.services import cases, tasks
from engine.storage.tables import Case, Consent, Measure, Participant, Plan, ProcessInstance, Signature
from tests.acceptance.conftest import Sip


def to_the_meeting(sip: Sip, *kinds: str, days: float, active: bool = True, decides: bool = True, consents: tuple[dict[str, str], ...] = ()) -> None:
    """Take a case to the day of its meeting."""
    sip.register()
    if decides:
        sip.do("decide_call", decision="call", reason="Flera behövs")
    else:
        sip.do("ensure_contact", text="Samtal med familjen är bokat")
    sip.choose(*kinds, active=active)
    sip.consent(*consents)
    sip.summon(days)
    sip.answer_all()
    sip.town.wait(days=days, minutes=5)


def to_the_end(sip: Sip, *, rounds: int = 1) -> None:
    """Hand out the plan, follow it up so many times and close."""
    if "hand_out_plan" in sip.waits_for:
        sip.do("hand_out_plan", all_have_copy=True, family_copy="at_meeting")
    for number in range(rounds):
        sip.town.wait(days=61)
        last = number == rounds - 1
        sip.follow_up("close") if last else sip.follow_up("new_follow_up", next_at=sip.local(days=60))
    with sip.runtime.database.reading() as session:
        ended = session.get_one(ProcessInstance, sip.instance)
    assert (ended.outcome, ended.ended_at is not None) == ("closed", True)


def kept(sip: Sip, table):
    """Return the case's rows of a table."""
    with sip.runtime.database.reading() as session:
        case = session.scalars(select(Case).where(Case.reference == sip.reference)).one()
        query = (
            select(table).join(Plan, Plan.id == Measure.plan_id).where(Plan.case_id == case.id)
            if table is Measure
            else select(table).where(table.case_id == case.id)
        )
        return list(session.scalars(query))


def test_gotland_meets_within_30_days_and_calls_21_days_before(town):
    """000-3, 000-4, 000-5, 000-6, 000-7, 000-8, 000-10, 000-11, 000-13, 000-14."""
    sip = town.start("gotland")
    sip.register()
    manager = sip.items("decide_call")[0]
    assert manager.role == "nearest_manager"
    assert sip.initiator not in sip.who_may(manager)
    sip.do("decide_call", decision="call", reason="Flera behövs")
    sip.choose("social_authority", "child_health")
    assert {one.role for one in kept(sip, Participant)} == {"initiator"}, "nobody is let in before consent"
    sip.consent()

    due, why = sip.due("send_summons")
    assert due == date(2026, 3, 11), "decision 2 March, meeting within 30 days, the call 21 days before: day 9 (000-6)"
    assert "000-6" in why
    sip.summon(26)
    assert {notice.channel for notice in sip.notices("summons")} == {"email", "letter"}
    staff = [notice for notice in sip.notices("summons") if notice.channel == "email"]
    assert {notice.initials for notice in staff} == {"ME"}
    assert all(len(notice.six_digits) == 6 for notice in staff)
    assert sum(item.role == "invited_unit" for item in sip.items()) == 2
    sip.answer_all()
    town.wait(days=26, minutes=5)
    sip.attend()

    due, why = sip.due("hold_meeting")
    assert due == date(2026, 4, 1)
    assert "30" in why
    assert "000-6" in why
    sip.meet()
    assert sip.items()[0].element == "draft_plan"
    sip.plan("draft_plan")
    coordinator = sip.appoint()
    sip.sign()
    sip.do("hand_out_plan", all_have_copy=True, family_copy="letter")
    town.wait(days=61)
    assert sip.who_may(sip.items("call_follow_up")[0]) == [coordinator]
    sip.follow_up("new_plan", family_present="no")
    assert sip.waits_for == {"draft_plan"}, "a follow-up may lead to a new plan (000-14)"
    sip.plan("draft_plan")
    sip.appoint()
    sip.sign()
    to_the_end(sip)
    assert [plan.plan_type for plan in kept(sip, Plan)] == ["sip", "sip"]
    assert len(kept(sip, Measure)) == 2


def test_gotland_warns_when_the_ninth_day_has_passed_without_a_call(town):
    """000-6: call by day 9 or both limits cannot be met; the manager takes a stand."""
    sip = town.start("gotland")
    sip.register()
    sip.do("decide_call", decision="call", reason="Flera behövs")
    (said,) = sip.shown("select_actors").warnings
    assert "Senast 11 mars 2026: " in said["sv"]
    town.wait(days=10)
    (said,) = sip.shown("select_actors").warnings
    assert "Dag 9, 11 mars 2026, har passerat" in said["sv"]
    assert "both limits can no longer be held" in said["en"].lower()
    sip.choose("social_authority")
    assert sip.shown("obtain_consent").warnings == (said,)
    sip.consent()
    assert sip.shown("send_summons").warnings == (said,)

    sip.summon(19)

    assert sip.waits_for == {"assess_delay"}
    assert sip.shown("assess_delay").warnings == (), "the call has gone: its form says what is late"
    sip.do("assess_delay", decision="keep", reason="Barnets behov är bråttom", deviation="no")
    assert "respond_invitation" in sip.waits_for


def test_ostra_norrbotten_meets_within_14_days_led_by_the_initiator_and_everybody_must_come(town):
    """001-3, 001-4, 001-5, 001-6, 001-7, 001-8, 001-15."""
    sip = town.start("ostra_norrbotten")
    sip.register()
    assert "ensure_contact" in sip.waits_for, "the manager ensures contact, the initiator calls (001-3)"
    sip.do("ensure_contact", text="Familjen är kontaktad")
    sip.choose("social_authority", "primary_care")
    sip.consent()
    sip.summon(13, chair=None)
    absent = sip.items("respond_invitation")[0].unit_id
    sip.answer_all()
    town.wait(days=13, minutes=5)
    sip.attend(absent)

    (report,) = sip.beside("deviation")
    (waiting,) = sip.items(instance=report.id)
    assert waiting.element == "write_report", "absence makes a deviation ready to send (001-5)"
    assert report.concerned_unit == absent
    due, why = sip.due("hold_meeting")
    assert due == date(2026, 3, 16)
    assert "14" in why
    assert "001-4" in why
    assert sip.who_may(sip.items("hold_meeting")[0]) == [sip.initiator], "the initiator leads (001-4)"
    sip.meet()
    sip.plan("draft_plan")
    sip.appoint()
    (copies,) = sip.items("hand_out_plan")
    assert tasks.show(sip.runtime, sip.who_may(copies)[0], copies.id).values["copies"] == "at_meeting", "001-6"
    sip.do("hand_out_plan", all_have_copy=True, family_copy="at_meeting")
    town.wait(days=61)
    sip.follow_up("new_follow_up", deviation="yes", next_at=sip.local(days=60))
    assert len(sip.beside("deviation")) == 2, "a deviation is asked for at every follow-up (001-8)"
    to_the_end(sip)


def test_jamtbus_lets_the_unit_that_saw_the_need_lead_on_with_absence_a_deviation_only_where_the_child_is_active(town):
    """002-2, 002-6, 002-10, 002-19, 002-20."""
    sip = town.start("jamtbus")
    sip.register()
    sip.do("decide_call", decision="call", reason="Flera behövs")
    active, resting = town.unit("jamtbus", "social_authority"), town.unit("jamtbus", "child_psychiatry")
    sip.do(
        "select_actors",
        invited=[{"unit": active, "child_active": True}, {"unit": resting, "child_active": False}],
        persons=[],
        chosen_with_family="yes",
    )
    sip.consent()
    sip.summon(10)
    for item in sip.items("respond_invitation"):
        with pytest.raises(tasks.InvalidAnswers):
            sip.do("respond_invitation", item=item, answer="no")
        sip.do("respond_invitation", item=item, answer="no", reason="Ingen kan den dagen")

    reports = sip.beside("deviation")
    assert [report.concerned_unit for report in reports] == [active], "002-6"
    town.wait(days=10, minutes=5)
    (meeting,) = sip.items("hold_meeting")
    with pytest.raises(tasks.InvalidAnswers) as missing:
        sip.do("hold_meeting", item=meeting, held="yes", picture="Överens", plan_needed="yes")
    assert "child_voice" in missing.value.fields, "the child is always heard (002-19)"
    sip.meet()
    sip.plan("draft_plan")
    (measure,) = kept(sip, Measure)
    assert (measure.extent, measure.place) == ("Varje dag", "Skolan"), "who, extent, where (002-10)"
    sip.appoint()
    sip.sign()
    to_the_end(sip, rounds=2)


def test_arjeplog_writes_a_joint_plan_that_everybody_signs_with_its_first_follow_up_fixed(town):
    """003-1, 003-2, 003-3, 003-5, 003-6, 003-20, 003-21."""
    sip = town.start("arjeplog")
    to_the_meeting(sip, "social_authority", "primary_care", days=13)
    assert {consent.form for consent in kept(sip, Consent)} == {"written"}
    sip.attend()
    due, why = sip.due("hold_meeting")
    assert due == date(2026, 3, 16)
    assert "003-2" in why
    sip.meet()
    assert sip.waits_for == {"draft_joint_plan"}
    more = {
        "drawn_up_on": sip.local()[:10],
        "case_officer": "Rektor",
        "follow_up_place": "Skolan",
        "involved": "Skolan, socialtjänsten, vårdcentralen, Maja och hennes föräldrar",
    }
    with pytest.raises(tasks.InvalidAnswers) as missing:
        sip.plan("draft_joint_plan", **more, follow_up_at=None)
    assert "follow_up_at" in missing.value.fields, "003-20"
    sip.plan("draft_joint_plan", **more)
    sip.appoint()

    signing = sip.items("sign_plan")
    assert len(signing) >= 3, "one task a participant (003-5)"
    assert {item.unit_id for item in signing if item.unit_id} >= {town.unit("arjeplog", "social_authority"), town.unit("arjeplog", "primary_care")}
    for item in signing:
        assert "hand_out_plan" not in sip.waits_for
        sip.do("sign_plan", item=item, signed="yes")
    assert len(kept(sip, Signature)) == len(signing)
    assert kept(sip, Plan)[0].plan_type == "joint_plan"
    to_the_end(sip)


def test_norrtalje_runs_on_its_local_decisions_to_closure(town):
    """004-1, 004-8, 004-11: the document leaves the days open, the local decisions fill them, and every due date says so."""
    sip = town.start("norrtalje")
    sip.register()
    sip.do("decide_call", decision="call", reason="Flera behövs")
    sip.choose("social_authority", "child_psychiatry")
    sip.consent()
    _, why = sip.due("send_summons")
    sip.summon(10)
    sip.answer_all()
    town.wait(days=10, minutes=5)
    sip.attend()
    due, why = sip.due("hold_meeting")
    assert due is None or "lokalt beslut" in why
    sip.meet()
    sip.plan("draft_plan" if "draft_plan" in sip.waits_for else "draft_joint_plan")
    sip.appoint()
    assert "sign_plan" not in sip.waits_for
    to_the_end(sip)


@pytest.mark.parametrize("agreement", ["gotland", "ostra_norrbotten", "jamtbus", "arjeplog", "norrtalje"])
def test_without_a_plan_need_or_consent_the_case_ends_and_says_how(town, agreement):
    """000-3, 000-5, 003-3: a manager's no, a guardian's no."""
    sip = town.start(agreement)
    sip.register()
    if "decide_call" in sip.waits_for:
        refused = town.start(agreement)
        refused.register()
        assert refused.do("decide_call", decision="no_call", reason="Skolan klarar det").outcome == "not_needed"
        sip.do("decide_call", decision="call", reason="Flera behövs")
    else:
        sip.do("ensure_contact", text="Familjen är kontaktad")
    sip.choose("social_authority")

    sip.consent({"giver": "guardian", "name": "Elis", "answer": "no"}, {"giver": "guardian", "name": "Tuva", "answer": "no"})

    assert sip.items() == []
    assert cases.show(sip.runtime, sip.initiator, sip.reference).outcome == "declined"


def test_a_young_persons_own_consent_carries_the_case_when_the_guardian_withdraws(town):
    """000-5, scenario 1 [P]: the work goes on with notices and insight, and somebody looks over what is shared; without any consent it ends."""
    sip = town.start("gotland")
    own = {"giver": "young_person", "name": "Maja Exempelsson"}
    to_the_meeting(sip, "social_authority", "child_health", days=25, consents=({"giver": "guardian", "name": "Elis Exempelsson"}, own))
    stranger = town.worker(town.unit("gotland", "child_health"))
    before, summoned = sip.waits_for, len(sip.notices("summons"))

    cases.withdraw(sip.runtime, sip.initiator, sip.reference, giver="Elis Exempelsson", reason="Vårdnadshavaren ångrar sig")

    assert sip.waits_for == before | {"review_sharing"}
    assert sip.shown("review_sharing").values["withdrawn_by"] == "Elis Exempelsson"
    assert cases.show(sip.runtime, stranger, sip.reference).reference == sip.reference
    assert (len(sip.notices("summons")), sip.notices("meeting_cancelled")) == (summoned, [])
    sip.do("review_sharing", text="Vi delar bara det som Maja vill.")
    assert sip.waits_for == before
    cases.withdraw(sip.runtime, sip.initiator, sip.reference, giver="Maja Exempelsson")
    assert cases.show(sip.runtime, sip.initiator, sip.reference).outcome == "withdrawn"
    assert not sip.notices("summons")


@pytest.mark.parametrize(("agreement", "left"), [("gotland", "guardian"), ("arjeplog", "young_person")])
def test_a_consent_that_is_not_enough_by_itself_carries_no_case(town, agreement, left):
    """000-5, 003-3: one of two guardians where both are needed, and a young person where the guardian consents."""
    sip = town.start(agreement)
    sip.register()
    if "decide_call" in sip.waits_for:
        sip.do("decide_call", decision="call", reason="Flera behövs")
    sip.choose("social_authority")
    sip.consent({"giver": "guardian", "name": "Elis Exempelsson"}, {"giver": left, "name": "Tuva Exempelsson"})

    cases.withdraw(sip.runtime, sip.initiator, sip.reference, giver="Elis Exempelsson")

    assert cases.show(sip.runtime, sip.initiator, sip.reference).outcome == "withdrawn"


def test_a_withdrawn_consent_ends_the_shared_work_and_the_insight(town):
    """000-5, 001-14, scenario 1: open shared tasks end, access stops, no further notice but the cancellation."""
    sip = town.start("gotland")
    to_the_meeting(sip, "social_authority", "child_health", days=25)
    stranger = town.worker(town.unit("gotland", "child_health"))
    assert cases.show(sip.runtime, stranger, sip.reference).reference == sip.reference

    cases.withdraw(sip.runtime, sip.initiator, sip.reference, reason="Vårdnadshavaren ångrar sig")

    assert sip.items() == []
    with pytest.raises(cases.access.NoSuchCase):
        cases.show(sip.runtime, stranger, sip.reference)
    assert cases.show(sip.runtime, sip.initiator, sip.reference).outcome == "withdrawn"
    assert sip.notices("meeting_cancelled")
    assert not sip.notices("summons")
