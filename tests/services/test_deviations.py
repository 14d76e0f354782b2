from datetime import timedelta

import pytest
from sqlalchemy import select, update

from engine.execution.catalogue import TASK_TYPES
from engine.services import cases, deviations, effects, tasks, timers
from engine.storage.tables import Deviation, Notice, ProcessInstance


def report(house, **more):
    return deviations.report(house.runtime, "school_worker", agreement="jamtbus", unit="school", **more)


def test_every_task_type_of_the_catalogue_is_carried_out_and_no_other():
    assert set(effects.HANDLERS) == set(TASK_TYPES)


def test_a_report_waits_for_its_reporter_with_what_is_known_filled_in(house):
    found = report(house, concerned_unit="bup", variables={"description": "Ingen kom."})

    entry = house.only("school_worker")
    assert (entry.name, found.level, found.status) == ("Skriv ner", 0, "open")
    assert tasks.show(house.runtime, "school_worker", entry.id).values["description"] == "Ingen kom."


def test_a_copy_lets_the_concerned_unit_read_and_nobody_else(house):
    found = report(house, concerned_unit="bup")
    with pytest.raises(deviations.NoSuchDeviation):
        deviations.show(house.runtime, "bup_worker", found.id)

    house.complete("school_worker", description="Ingen kom.", signed=True)

    assert deviations.show(house.runtime, "bup_worker", found.id).level == 1
    for person in ("social_worker", "stranger", "owner"):
        with pytest.raises(deviations.NoSuchDeviation):
            deviations.show(house.runtime, person, found.id)
    with house.runtime.database.reading() as session:
        (notice,) = session.scalars(select(Notice))
    assert (notice.template, notice.to) == ("deviation_copy", "unit:bup")


def test_silence_lifts_a_deviation_by_itself(house):
    found = report(house)
    house.complete("school_worker", description="Ingen kom.")
    assert house.only("school_boss").name == "Åtgärda"

    house.wait(days=10)
    timers.sweep(house.runtime)

    assert house.only("head").name == "Åtgärda på nästa nivå"
    assert deviations.show(house.runtime, "school_worker", found.id).level == 2


def test_a_deviation_is_lifted_by_hand_where_the_drawing_listens(house):
    found = report(house)
    with pytest.raises(deviations.CannotLift):
        deviations.lift(house.runtime, "school_worker", found.id, "Brådskar")
    house.complete("school_worker", description="Ingen kom.")

    deviations.lift(house.runtime, "school_worker", found.id, "Brådskar")

    seen = deviations.show(house.runtime, "school_worker", found.id)
    assert (seen.level, seen.waiting_for) == (2, ("position:head",))


def test_a_manager_whom_it_concerns_is_skipped_and_may_not_act_by_another_way(house):
    found = report(house, concerned=["school_boss"])
    house.complete("school_worker", description="Chefen svarar inte.")

    entry = house.only("head")
    assert entry.name == "Åtgärda"
    assert "hoppades över" in tasks.show(house.runtime, "head", entry.id).routing[0]["sv"]
    with pytest.raises(tasks.CannotTakeOver):
        tasks.delegate(house.runtime, "head", entry.id, "school_boss")
    with pytest.raises(deviations.NoSuchDeviation):
        deviations.show(house.runtime, "school_boss", found.id)


def test_a_manager_whom_the_report_itself_names_is_skipped(house):
    found = report(house)

    house.complete("school_worker", description="Chefen svarar inte.", concerned=["school_boss"])

    assert deviations.show(house.runtime, "school_worker", found.id).description == "Chefen svarar inte."
    assert house.only("head").name == "Åtgärda"
    assert tasks.inbox(house.runtime, "school_boss") == []


def test_a_reporter_who_leads_the_unit_does_not_act_on_the_own_report(house):
    deviations.report(house.runtime, "school_boss", agreement="jamtbus", unit="school")

    house.complete("school_boss", description="Ingen kom.")

    assert house.only("head").name == "Åtgärda"
    assert tasks.inbox(house.runtime, "school_boss") == []


def test_a_solved_deviation_stands_as_such_in_the_register(house):
    found = report(house)
    house.complete("school_worker", description="Ingen kom.")
    house.complete("school_boss", measure="Nytt möte")

    seen = deviations.show(house.runtime, "school_worker", found.id)

    assert (seen.status, seen.ended_at is not None, seen.waiting_for) == ("resolved", True, ())
    assert deviations.open_deviations(house.runtime, "school_worker") == []


def test_a_step_can_open_a_deviation_that_goes_its_own_way(house):
    reference = house.asked("bup").reference
    house.complete("bup_worker", answer="yes")

    taken = house.complete("school_worker", wrong="Ingen kom.")

    assert taken.ended
    (prepared,) = deviations.open_deviations(house.runtime, "school_worker")
    assert (prepared.case, prepared.description, prepared.reporter) == (reference, "Ingen kom.", "school_worker")
    assert house.only("school_worker").id == taken.opened[0]


def test_a_report_names_a_unit_that_exists_and_the_agreement_of_its_case(house):
    reference = house.asked("bup").reference

    with pytest.raises(cases.NoSuchUnit, match="nowhere"):
        report(house, concerned_unit="nowhere")
    with pytest.raises(deviations.OtherAgreement):
        deviations.report(house.runtime, "school_worker", agreement="gotland", unit="school", case=reference)

    with house.runtime.database.reading() as session:
        assert session.scalars(select(Deviation)).all() == []


def test_what_repeats_itself_is_told_with_its_matter_to_whoever_sees_all_of_it(house):
    prepared = [report(house, concerned_unit="bup", variables={"description": "Ingen kom."}).instance_id for _ in range(2)]
    for unit in ("bup", "bup", "social"):
        report(house, concerned_unit=unit, variables={"description": "Ingen kom."})
    with house.runtime.database.writing() as session:
        session.execute(update(ProcessInstance).values(parent_id=prepared[0]).where(ProcessInstance.id.in_(prepared)))
    since = house.clock.now() - timedelta(days=180)

    told = deviations.patterns(house.runtime, "school_boss", since)

    assert [(one.unit, one.matter, len(one.deviations)) for one in told] == [("bup", "Ingen kom.", 2), ("bup", None, 4)]
    assert deviations.patterns(house.runtime, "social_worker", since) == []
    assert deviations.patterns(house.runtime, "school_boss", house.clock.now() + timedelta(seconds=1)) == []


def test_a_copy_is_promised_until_it_has_gone_where_the_drawing_asks_the_policy_for_it(house):
    found = report(house, concerned_unit="bup")
    assert deviations.show(house.runtime, "school_worker", found.id).ladder.copies == (), "this drawing asks no policy"

    house.complete("school_worker", description="Ingen kom.")

    (copy,) = deviations.show(house.runtime, "school_worker", found.id).ladder.copies
    assert (copy.unit, copy.at) == ("bup", house.clock.now())


def test_the_ladder_says_who_comes_next_and_what_the_levels_were(house):
    found = report(house, concerned_unit="bup")
    house.complete("school_worker", description="Ingen kom.")

    first = deviations.show(house.runtime, "school_worker", found.id)
    house.wait(days=1)
    deviations.lift(house.runtime, "school_boss", found.id, "Brådskar")
    second = deviations.show(house.runtime, "head", found.id)

    assert [(level.number, level.role, level.state) for level in first.ladder.levels] == [
        (0, "initiator", "done"),
        (1, "nearest_manager", "here"),
        (2, "next_manager", "ahead"),
    ]
    assert first.ladder.next_level.queues == ("position:head",)
    assert [level.state for level in second.ladder.levels] == ["done", "done", "here"]
    assert (first.can_be_lifted, second.mine[0].queue, second.place) == (True, "position:head", 2)
