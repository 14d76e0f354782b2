"""The SIP of each agreement in a real browser, from need to closure, with what that agreement demands on the pages."""

from __future__ import annotations

from datetime import date

import pytest

from tests.journeys.conftest import PageSip, Refused, in_words


def close(sip: PageSip) -> None:
    """Hand out the plan where the agreement wants copies, follow it up and close; the case says so."""
    if "hand_out_plan" in sip.waits_for:
        sip.do("hand_out_plan", all_have_copy=True, family_copy="at_meeting")
    sip.town.wait(days=61)
    sip.follow_up("close")
    assert "avslutades" in sip.case_page()


def test_gotland_from_need_to_closure(town):
    """000-3 to 000-8, 000-10, 000-11, 000-13, 000-14: 30 days, the call 21 days before, the manager decides, a follow-up may lead to a new plan."""
    sip = town.start("gotland")
    sip.register()
    manager = town.leader(sip.unit)
    assert sip.who_may(sip.items("decide_call")[0])[0] == manager
    sip.do("decide_call", by=manager, decision="call", reason="Flera behövs")
    sip.choose("social_authority", "child_health")
    invited = town.worker(town.unit("gotland", "child_health"))
    assert "Maja" not in sip.case_page(invited), "nobody is let in before consent"
    sip.consent()

    call = sip.page_of("send_summons")
    assert in_words(date(2026, 3, 11)) in call, "decision 2 March, meeting within 30 days, the call 21 days before: day 9"
    assert "000-6" in call
    sip.summon(26)
    assert "Maja Exempelsson" in sip.case_page(invited)
    sip.answer_all()
    town.wait(days=26)
    sip.attend()
    meeting = sip.page_of("hold_meeting")
    assert in_words(date(2026, 4, 1)) in meeting
    sip.meet()
    sip.plan("draft_plan")
    coordinator = sip.appoint()
    sip.sign()
    sip.do("hand_out_plan", all_have_copy=True, family_copy="letter")
    town.wait(days=61)
    assert sip.who_may(sip.items("call_follow_up")[0]) == [coordinator]
    sip.follow_up("new_plan", family_present="no")
    sip.plan("draft_plan")
    sip.appoint()
    sip.sign()

    close(sip)


def test_ostra_norrbotten_from_need_to_closure(town):
    """001-3 to 001-8, 001-15: the manager ensures contact, 14 days, the initiator leads, everybody comes or a deviation is ready to send."""
    sip = town.start("ostra_norrbotten")
    sip.register()
    sip.do("ensure_contact", text="Familjen är kontaktad")
    sip.choose("social_authority", "primary_care")
    sip.consent()
    sip.summon(13, chair=None)
    absent = sip.items("respond_invitation")[0].unit_id
    sip.answer_all()
    town.wait(days=13)
    sip.attend(absent)

    (report,) = sip.beside("deviation")
    (ready,) = sip.items(instance=report.id)
    assert "Rapport" in sip.opened(ready, sip.who_may(ready)[0]).inner_text("h1"), "absence makes a deviation ready to send"
    meeting = sip.page_of("hold_meeting")
    assert in_words(date(2026, 3, 16)) in meeting
    assert "001-4" in meeting
    assert sip.seen_by("hold_meeting") == {sip.initiator}, "the initiator leads"
    sip.meet()
    sip.plan("draft_plan")
    sip.appoint()

    close(sip)


def test_jamtbus_from_need_to_closure(town):
    """002-2, 002-6, 002-10, 002-19, 002-20: a no needs its reason and is a deviation where the child is active; the child is always heard."""
    sip = town.start("jamtbus")
    sip.register()
    sip.do("decide_call", decision="call", reason="Flera behövs")
    active, resting = town.unit("jamtbus", "social_authority"), town.unit("jamtbus", "child_psychiatry")
    invited = [{"unit": active, "child_active": True}, {"unit": resting, "child_active": False}]
    sip.do("select_actors", invited=invited, chosen_with_family="yes")
    sip.consent()
    sip.summon(10)
    for item in sip.items("respond_invitation"):
        with pytest.raises(Refused):
            sip.do("respond_invitation", item=item, answer="no")
        sip.do("respond_invitation", item=item, answer="no", reason="Ingen kan den dagen")
    assert [one.concerned_unit for one in sip.beside("deviation")] == [active]
    town.wait(days=10)

    with pytest.raises(Refused):
        sip.do("hold_meeting", held="yes", picture="Överens", plan_needed="yes")
    sip.meet()
    sip.plan("draft_plan")
    sip.appoint()
    sip.sign()

    close(sip)


def test_arjeplog_from_need_to_closure(town):
    """003-1 to 003-6, 003-20, 003-21: written consent, a joint plan with its first follow-up fixed, that everybody signs."""
    sip = town.start("arjeplog")
    sip.register()
    sip.do("decide_call", decision="call", reason="Flera behövs")
    sip.choose("social_authority", "primary_care")
    sip.consent()
    sip.summon(13)
    sip.answer_all()
    town.wait(days=13)
    sip.attend()
    meeting = sip.page_of("hold_meeting")
    assert in_words(date(2026, 3, 16)) in meeting
    assert "003-2" in meeting
    sip.meet()
    more = {
        "drawn_up_on": sip.local()[:10],
        "case_officer": "Rektor",
        "follow_up_place": "Skolan",
        "involved": "Skolan, socialtjänsten, vårdcentralen, Maja och hennes föräldrar",
    }
    with pytest.raises(Refused):
        sip.plan("draft_joint_plan", **more, follow_up_at=None)
    sip.plan("draft_joint_plan", **more)
    sip.appoint()
    assert len(sip.items("sign_plan")) >= 3, "one task a participant"
    sip.sign()

    close(sip)


def test_norrtalje_from_need_to_closure(town):
    """004-1, 004-8, 004-11: what the document leaves open a local decision fills, and the page says so."""
    sip = town.start("norrtalje")
    sip.register()
    sip.do("decide_call", decision="call", reason="Flera behövs")
    sip.choose("social_authority", "child_psychiatry")
    sip.consent()
    sip.summon(10)
    sip.answer_all()
    town.wait(days=10)
    sip.attend()
    assert "lokalt beslut" in sip.page_of("hold_meeting")
    sip.meet()
    sip.plan("draft_plan" if "draft_plan" in sip.waits_for else "draft_joint_plan")
    sip.appoint()

    assert "sign_plan" not in sip.waits_for
    close(sip)
