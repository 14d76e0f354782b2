"""A deviation climbs as its agreement says, by hand or by the clock, and never closes without feedback (acceptance point 4)."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from engine.execution.drawing import ProcessModel
from engine.services import access, deviations, tasks
from engine.storage.tables import Signature
from tests.acceptance.conftest import Deviation


def signatures(report: Deviation, *, for_whom: bool = False) -> list[tuple[str, ...]]:
    """Return what was signed and by whom, the first first."""
    with report.runtime.database.reading() as session:
        rows = session.scalars(select(Signature).where(Signature.instance_id == report.instance, Signature.signed).order_by(Signature.id))
        return [(row.element, row.made_by, row.made_for) if for_whom else (row.element, row.made_by) for row in rows]


def reached(drawing: ProcessModel, without: str | None = None) -> set[str]:
    """Return what the flows and boundary events of a drawing lead to from its start, with one element taken out."""
    ways = [(flow.source, flow.target) for flow in drawing.flows.values()]
    ways += [(one.attached_to, one.id) for one in drawing.elements.values() if one.attached_to]
    found = {one.id for one in drawing.elements.values() if one.kind == "startEvent" and one.container is None}
    while more := {target for source, target in ways if source in found and target not in found and target != without}:
        found |= more
    return found


def test_a_deviation_climbs_from_the_nearest_manager_to_the_next_and_to_management(town):
    """002-15, 003-18: each level has its own manager, and lifting by hand says why."""
    report = town.deviate("jamtbus")
    report.report()
    assert report.who_may(report.only("act_level_1")) == [town.leader(report.unit)]
    assert report.status.level == 1

    report.pass_on("act_level_1")
    assert report.who_may(report.only("act_level_2")) == [town.leader(report.unit, 1)]
    assert report.status.level == 2
    report.pass_on("act_level_2")
    assert report.who_may(report.only("act_management")) == [town.leader(report.unit, 2)]
    assert report.status.level == 3
    report.act("act_management")
    report.feed_back()
    report.verify()

    assert report.outcome == "resolved"
    assert len({report.persons[level] for level in ("act_level_1", "act_level_2", "act_management")}) == 3


def test_a_deviation_may_go_to_a_dialogue_between_managers_instead_of_the_next_level(town):
    """002-15: "nästa chefsnivå alternativt till dialog"; a dialogue that fails goes to management."""
    report = town.deviate("jamtbus")
    report.report()

    report.pass_on("act_level_1", "dialogue")
    report.pass_on("managers_dialogue", took_part="Rektorn och enhetschefen")

    assert report.waits_for == {"act_management"}


def test_whoever_a_deviation_comes_to_is_told_level_by_level_and_nobody_else(town):
    """002-15: the message goes where the task lies, so to whoever stands in and never to whom the deviation concerns."""
    report = town.deviate("jamtbus")

    report.report()
    first = report.only("act_level_1").queue
    report.pass_on("act_level_1")
    second = report.only("act_level_2").queue
    report.pass_on("act_level_2")
    third = report.only("act_management").queue

    assert [notice.to for notice in report.notices("deviation_reported")] == [first]
    assert [notice.to for notice in report.notices("deviation_lifted")] == [second, third]
    assert len({first, second, third}) == 3


def test_silence_lifts_a_deviation_by_itself_on_the_day_that_its_due_date_said(town):
    """002-15 [P], scenario 5: no answer in the policy's days lifts it, and the due date has said so all the time."""
    report = town.deviate("jamtbus")
    report.report()
    due, why = report.due("act_level_1")
    assert due == date(2026, 3, 12)
    assert "10" in why
    assert "lokalt beslut" in why

    town.wait(days=9)
    assert report.waits_for == {"act_level_1"}
    town.wait(days=2)

    assert report.waits_for == {"act_level_2"}
    due, _ = report.due("act_level_2")
    assert due == date(2026, 4, 1), "twenty days from the day when it was lifted"
    town.wait(days=21)
    assert report.waits_for == {"act_management"}
    assert [row.by for row in report.told() if row.kind == "timers fired"] == [None, None], "the clock did it, nobody else"


def test_under_arjeplog_two_people_sign_both_units_analyse_and_management_decides(town):
    """003-7, 003-8, 003-9, 003-10, 003-18, 003-19, scenario 5 (a)."""
    report = town.deviate("arjeplog")
    rektor, chief = town.leader(report.unit), town.leader(report.concerned)
    stranger = town.colleague(report.concerned)
    report.report()
    with pytest.raises(deviations.NoSuchDeviation):
        deviations.show(town.runtime, stranger, report.id)
    assert report.who_may(report.only("countersign")) == [rektor]
    report.do("countersign", signed="yes")

    assert signatures(report) == [("write_report", report.initiator), ("countersign", rektor)]
    assert [notice.to for notice in report.notices("deviation_copy")] == [f"unit:{report.concerned}"]
    assert deviations.show(town.runtime, stranger, report.id).concerned_unit == report.concerned
    assert {item.unit_id: report.who_may(item) for item in report.items("analyse_in_unit")} == {report.unit: [rektor], report.concerned: [chief]}
    first, second = report.items("analyse_in_unit")
    report.do("analyse_in_unit", item=first, causes="Ingen påminde.")
    assert report.waits_for == {"analyse_in_unit"}, "both units analyse before they do it together"
    report.do("analyse_in_unit", item=second, causes="Mötet stod inte i kalendern.")
    assert report.who_may(report.only("joint_analysis")) == [town.leader(report.unit, 2)]
    analyses = report.shown("joint_analysis").values["analyses_text"]
    assert all(town.organisation.unit(unit).name in analyses for unit in (report.unit, report.concerned))
    assert "Ingen påminde." in analyses
    assert "Mötet stod inte i kalendern." in analyses
    report.act("joint_analysis", took_part="Båda förvaltningscheferna", causes="Kallelsen når inte kalendern.")
    report.feed_back()
    assert {notice.to for notice in report.notices("deviation_feedback")} == {f"person:{report.initiator}", f"unit:{report.unit}"}, "003-9"
    assert report.outcome is None, "what was decided is followed up before it closes (003-10)"
    report.verify()

    assert report.outcome == "resolved"


@pytest.mark.parametrize("field", ["happened_on", "description", "consequences_child", "proposal", "reported_on", "signed"])
def test_a_report_without_what_the_form_demands_is_not_sent(town, field):
    """003-7, 003-19: "ska komma med förslag till förbättring"; what the reporter wrote is kept."""
    report = town.deviate("arjeplog")

    with pytest.raises(tasks.InvalidAnswers) as refused:
        report.report(**{field: None})

    assert set(refused.value.fields) == {field}
    assert refused.value.answers["consequences_units"] == "Skolan fick boka om."
    assert report.waits_for == {"write_report"}


def test_the_report_has_every_field_of_the_arjeplog_form(town):
    """003-7: the form's own headings, in its order; beside them what the manager wants added, and which manager it is about."""
    form = town.deviate("arjeplog").shown("write_report").form

    assert [field.key for field in form.fields] == [
        "comment",
        "happened_on",
        "reported_by",
        "workplace",
        "client",
        "concerned_unit",
        "concerns_manager",
        "concerned",
        "description",
        "consequences_child",
        "consequences_units",
        "proposal",
        "reported_on",
        "signed",
    ]


def test_a_report_that_the_manager_does_not_sign_comes_back_with_the_reason(town):
    """003-19: the manager's no sends it back to the reporter, who sees what has to be added and what was written."""
    report = town.deviate("arjeplog")
    report.report()

    report.do("countersign", signed="no", comment="Skriv vad Maja själv säger.")

    shown = report.shown("write_report")
    assert (shown.values["comment"], shown.values["description"]) == ("Skriv vad Maja själv säger.", "Socialtjänsten kom inte till mötet.")
    report.report(consequences_child="Maja säger att hon fick vänta.")
    assert report.waits_for == {"countersign"}
    assert report.shown("countersign").values["consequences_child"] == "Maja säger att hon fick vänta."


def test_a_reporter_never_countersigns_the_own_report_not_as_a_manager(town):
    """003-19: two different people; a manager's own report is signed by the next in line."""
    report = town.deviate("arjeplog", by=town.leader(town.unit("arjeplog", "school")))
    report.report()

    assert report.who_may(report.only("countersign")) == [town.leader(report.unit, 1)]
    assert "två olika personer" in report.why("countersign")


def test_a_reporter_never_countersigns_the_own_report_not_as_a_deputy(town):
    """003-19: whoever stands in for the manager is still the one who wrote it."""
    report = town.deviate("arjeplog")
    town.stand_in(report.initiator, report.unit)
    report.report()

    (signing,) = report.items("countersign")
    assert report.initiator not in report.who_may(signing)
    with pytest.raises(access.NotYours):
        tasks.complete(town.runtime, report.initiator, signing.id, {"signed": "yes"})
    with pytest.raises(tasks.CannotTakeOver):
        tasks.delegate(town.runtime, report.who_may(signing)[0], signing.id, report.initiator)


def test_a_deputy_signs_for_the_manager_and_the_history_says_for_whom(town):
    """Scenario 5 [P]: a deputy signs "för"."""
    report = town.deviate("arjeplog")
    deputy = town.worker(town.unit("arjeplog", "primary_care"))
    town.stand_in(deputy, report.unit)
    report.report()

    report.do("countersign", by=deputy, signed="yes")

    rektor = town.leader(report.unit)
    assert [(row.by, row.for_whom) for row in report.told() if row.kind == "completed" and row.element == "countersign"] == [(deputy, rektor)]
    assert signatures(report, for_whom=True)[-1] == ("countersign", deputy, rektor)


def test_a_manager_whom_it_concerns_is_skipped_and_the_next_in_line_is_told_why(town):
    """Acceptance point 4: who the deviation is about does not handle it, also where only the report names them."""
    report = town.deviate("jamtbus")
    rektor = town.leader(report.unit)

    report.report(concerns_manager=True, concerned=[rektor])

    assert report.who_may(report.only("act_level_1")) == [town.leader(report.unit, 1)]
    assert "hoppades över: avvikelsen gäller" in report.why("act_level_1")
    assert all(rektor not in report.who_may(item) for item in report.items())
    with pytest.raises(deviations.NoSuchDeviation):
        deviations.show(town.runtime, rektor, report.id)


def test_a_vacant_post_is_skipped_upward_and_the_next_in_line_is_told_why(town):
    """Acceptance point 4: nobody waits for an empty post, on any level."""
    report = town.deviate("jamtbus")
    above, top = town.leader(report.unit, 1), town.leader(report.unit, 2)
    town.leave(town.leader(report.unit))
    report.report()

    assert report.who_may(report.only("act_level_1")) == [above]
    assert "hoppades över: tjänsten är vakant och saknar ersättare" in report.why("act_level_1")
    report.pass_on("act_level_1")

    assert report.who_may(report.items()[0]) == [top]


@pytest.mark.parametrize("kind", ["preschool", "police"])
def test_a_missing_route_is_the_process_owners_to_choose_and_goes_on_to_the_unit_chosen(town, kind):
    """003-22: preschool and police have no deviation route; nobody guesses, and what was chosen holds."""
    report = town.deviate("arjeplog", kind)
    report.report()
    if "countersign" in report.waits_for:
        report.do("countersign", signed="yes")
    choice = report.only("choose_route")
    assert choice.queue == "process_owner:arjeplog"
    assert not report.notices("deviation_copy"), "nothing is sent before somebody has chosen"

    report.do("choose_route", handling_unit=report.unit, concerned_unit=report.concerned, text="Enhetens egen chef tar den.")

    assert {item.unit_id for item in report.items("analyse_in_unit")} == {report.unit, report.concerned}
    assert "process_owner:arjeplog" not in {item.queue for item in report.items()}
    assert [notice.to for notice in report.notices("deviation_copy")] == [f"unit:{report.concerned}"]


def test_a_unit_without_a_route_that_a_routed_school_reports_is_the_process_owners_to_reach(town):
    """003-22: the school's way is known and the police's is not, so only the analysis of the police waits for the process owner, who says why."""
    report = town.deviate("arjeplog", about="police")
    report.report()
    report.do("countersign", signed="yes")

    queues = {item.unit_id: item.queue for item in report.items("analyse_in_unit")}
    assert queues[report.concerned] == "process_owner:arjeplog"
    assert queues[report.unit] == f"position:{town.organisation.line(report.unit, town.clock.now())[0].id}"
    why = next(item.routing[0]["sv"] for item in report.items() if item.unit_id == report.concerned)
    assert "Avtalet säger inte vart avvikelser för Polis" in why
    handed = next(item for item in report.items() if item.unit_id == report.concerned)
    chosen = town.leader(report.concerned, 1)
    tasks.delegate(town.runtime, report.who_may(handed)[0], handed.id, chosen)
    assert report.who_may(next(item for item in report.items() if item.unit_id == report.concerned)) == [chosen]


def test_the_process_owner_chooses_a_route_without_reading_what_it_did_to_the_child(town):
    """003-22 [P]: what is needed to choose is shown and nothing more; the consequences are for those who handle it."""
    report = town.deviate("arjeplog", "preschool")
    report.report()
    report.do("countersign", signed="yes")

    shown = report.shown("choose_route")

    assert shown.values["description"]
    assert not {"consequences_child", "consequences_units", "proposal"} & shown.values.keys()


def test_a_process_owner_sees_nothing_of_a_report_under_another_agreement(town):
    """003-22: each agreement has a process owner of its own, and a report is nobody else's to read."""
    reports = {agreement: town.deviate(agreement, about=None) for agreement in ("arjeplog", "jamtbus", "norrtalje")}
    for report in reports.values():
        report.report()
        if "countersign" in report.waits_for:
            report.do("countersign", signed="yes")
    waiting = {agreement: report.only("choose_route") for agreement, report in reports.items()}
    owners = {agreement: reports[agreement].who_may(item) for agreement, item in waiting.items()}

    for agreement, (owner,) in owners.items():
        assert [entry.id for entry in tasks.inbox(town.runtime, owner)] == [waiting[agreement].id]
        for item in [item for other, item in waiting.items() if other != agreement]:
            with pytest.raises(access.NotYours):
                tasks.show(town.runtime, owner, item.id)
            with pytest.raises(access.NotYours):
                tasks.complete(town.runtime, owner, item.id, {})
    assert len({owner for (owner,) in owners.values()}) == len(owners)


def test_a_report_that_does_not_know_which_unit_it_is_about_is_the_process_owners_to_place(town):
    """003-8, 003-22: no unit named, no guess."""
    report = town.deviate("jamtbus", about=None)
    report.report()

    assert report.only("choose_route").queue == "process_owner:jamtbus"


@pytest.mark.parametrize(
    ("agreement", "top"),
    [
        ("gotland", "act_steering_group"),
        ("ostra_norrbotten", "act_steering_group"),
        ("jamtbus", "act_management"),
        ("arjeplog", "act_management"),
        ("norrtalje", "act_management"),
    ],
)
def test_the_top_of_the_ladder_is_who_the_agreement_says(town, agreement, top):
    """000-15 and 001-9: the steering group; 002-15, 003-10 and 004-3 with its local decision: management."""
    report = town.deviate(agreement)
    report.report()
    if agreement == "arjeplog":
        report.do("countersign", signed="yes")
        for item in report.items("analyse_in_unit"):
            report.do("analyse_in_unit", item=item, causes="Ingen påminde.")
        report.act("joint_analysis", took_part="Båda förvaltningscheferna", causes="Kallelsen når inte kalendern.")
        report.feed_back()
        report.verify("no")
    else:
        report.pass_on("act_level_1")
        report.pass_on("act_level_2")

    highest = report.only(top)
    members = town.organisation.members_of(highest.queue.removeprefix("group:"), town.clock.now(), "deviation")
    assert report.who_may(highest) == ([one.id for one in town.organisation.persons if one.id in members] or [town.leader(report.unit, 2)])
    due, why = report.due(top)
    assert due is not None
    assert "lokalt beslut" in why
    report.act(top)
    report.feed_back()
    report.verify()
    assert report.outcome == "resolved"


def test_no_end_of_the_drawing_is_reached_without_feedback(release):
    """003-9, 003-10: take the feedback out of the drawing, and no end can be reached any more."""
    drawing = release.for_purpose("deviation")
    ends = {one.id for one in drawing.elements.values() if one.kind == "endEvent" and one.container is None}

    assert ends & reached(drawing), "with it they can"
    assert not ends & reached(drawing, without="send_feedback")
    assert not ends & reached(drawing, without="tell_reporter")


def test_a_deviation_that_needs_no_action_still_waits_for_its_feedback(town):
    """003-9: also a no is answered, and nothing but the answer closes it."""
    report = town.deviate("jamtbus")
    report.report()
    report.do("act_level_1", way="no_action", reason="Mötet hölls ändå.")

    town.wait(days=400)
    assert (report.waits_for, report.outcome) == ({"send_feedback"}, None)
    with pytest.raises(tasks.InvalidAnswers):
        report.do("send_feedback", text="  ")
    report.feed_back()

    assert report.outcome == "no_action"


def test_an_action_that_did_not_help_goes_to_the_top_and_is_fed_back_once_more(town):
    """003-10: verification is part of it, and what comes after it is told too."""
    report = town.deviate("jamtbus")
    report.report()
    report.act("act_level_1")
    report.feed_back()
    report.verify("no")

    shown = report.shown("act_management").values
    assert (shown["earlier_reason"], shown["earlier_action"]) == ("Jag har frågat båda verksamheterna.", "Vi ringer dagen innan.")
    report.act("act_management")
    assert report.waits_for == {"send_feedback"}
    report.feed_back()
    report.verify()

    assert report.outcome == "resolved"
    assert len(report.notices("deviation_feedback")) == 4


@pytest.mark.parametrize(("reported", "begun"), [("yes", ["Kallelsen kom inte ut i tid."]), ("no", [])])
def test_whoever_assesses_a_late_meeting_may_report_it_as_a_deviation(town, reported, begun):
    """000-6 [P]: a meeting after the thirty days is the manager's to assess, and the report begins with what the manager said."""
    sip = town.start("gotland")
    sip.register()
    sip.do("decide_call", decision="call", reason="Behövs")
    sip.choose("social_authority")
    sip.consent()
    sip.summon(45)

    said = {"description": "Kallelsen kom inte ut i tid."} if reported == "yes" else {}
    sip.do("assess_delay", {"decision": "keep", "reason": "Familjen kan inte tidigare.", "deviation": reported, **said})

    manager = sip.persons["assess_delay"]
    reports = [Deviation(town, sip.agreement, one.id, one.initiator_person, one.initiator_unit) for one in sip.beside("deviation")]
    assert [report.shown("write_report").values["description"] for report in reports] == begun
    assert {report.initiator for report in reports} <= {manager}


def test_absence_makes_a_report_ready_that_the_person_can_send(town):
    """001-5, scenario 4 [P]: what is known is filled in, the person adds the rest and sends it."""
    sip = town.start("ostra_norrbotten")
    sip.register()
    sip.do("ensure_contact", text="Familjen är kontaktad")
    sip.choose("social_authority", "primary_care")
    sip.consent()
    sip.summon(13, chair=None)
    absent = sip.items("respond_invitation")[0].unit_id
    sip.answer_all()
    town.wait(days=13, minutes=5)
    sip.attend(absent)
    (begun,) = sip.beside("deviation")
    (register,) = deviations.open_deviations(town.runtime, sip.initiator)
    report = Deviation(town, sip.agreement, begun.id, sip.initiator, sip.unit, id=register.id, concerned=absent)

    shown = report.shown("write_report")
    assert shown.values["description"]
    assert shown.values["concerned_unit"] == absent
    assert shown.values["happened_on"] == "2026-03-15"
    assert shown.values["client"] == sip.reference
    assert (shown.values["reported_by"], shown.values["workplace"]) == (sip.initiator, sip.unit)
    added = {"consequences_child": "Maja fick vänta.", "proposal": "Ring dagen innan.", "signed": True}
    report.do("write_report", {**shown.values, **added})

    assert report.waits_for == {"act_level_1"}
    assert report.status.case == sip.reference


def test_the_register_has_what_the_report_says(town):
    """003-11: the compilation is made of the register, so the report enters it as it was sent."""
    report = town.deviate("arjeplog", about=None)
    concerned = town.unit("arjeplog", "primary_care")

    report.report(concerned_unit=concerned)

    entered = report.status
    assert (entered.description, entered.concerned_unit, entered.happened_on) == ("Socialtjänsten kom inte till mötet.", concerned, date(2026, 3, 1))


def test_a_unit_that_the_process_owner_named_stands_in_the_register(town):
    """003-22: what was chosen for a report without a route is what the register says."""
    report = town.deviate("jamtbus", about=None)
    report.report()
    chosen = town.unit("jamtbus", "social_authority")

    report.do("choose_route", handling_unit=report.unit, concerned_unit=chosen, text="Det framgår av rapporten.")

    assert (report.status.concerned_unit, report.status.description) == (chosen, "Socialtjänsten kom inte till mötet.")


def test_a_deviation_needs_no_case(town):
    """003-18: whoever experiences one reports it, whether or not there is a case."""
    report = town.deviate("gotland")

    shown = report.shown("write_report")
    assert shown.values["client"] is None
    report.report()

    assert report.status.case is None
    assert report.waits_for == {"act_level_1"}


def test_the_reporter_sees_how_far_it_has_come_and_reads_the_answer(town):
    """Scenario 5 [P], 003-9: the reporter sees who has it, until when and why, what the clock did, and the answer at the end."""
    report = town.deviate("jamtbus")
    report.report()
    town.wait(days=11)

    seen = report.status
    nearest, second, _ = (post.id for post in town.organisation.line(report.unit, town.clock.now()))
    assert (seen.level, seen.status, seen.waiting_for) == (2, "open", (f"position:{second}",))
    written, first, now = seen.ladder.rungs
    assert (written.by, first.queue, now.queue) == (report.initiator, f"position:{nearest}", f"position:{second}")
    assert [rung.by_clock for rung in seen.ladder.rungs] == [False, True, False]
    assert "20" in now.explanation["sv"]
    report.act("act_level_2")
    report.feed_back()

    assert [(note.by, note.text) for note in report.status.notes] == [(town.leader(report.unit), "Vi ringer dagen innan från och med nu.")]
    assert all(rung.ended_at for rung in report.status.ladder.rungs[:-1])


def test_whoever_handles_a_report_reads_it_in_the_task(town):
    """003-10: nobody signs, acts, analyses or answers on what they have not read."""
    report = town.deviate("jamtbus")
    report.report()
    told = ("description", "consequences_child", "consequences_units", "proposal", "happened_on")

    for element in ("act_level_1", "act_level_2", "act_management"):
        shown = report.shown(element)
        assert [shown.values.get(key) for key in told] == [
            "Socialtjänsten kom inte till mötet.",
            "Maja fick vänta.",
            "Skolan fick boka om.",
            "Ring dagen innan.",
            "2026-03-01",
        ], element
        assert {field.key for field in shown.form.fields if field.readonly} >= set(told)
        report.pass_on(element) if element != "act_management" else report.act(element)
    assert report.shown("send_feedback").values["decided_action"] == "Vi ringer dagen innan."
