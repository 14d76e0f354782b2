"""Who is let in, who is not, and for how long: deputies with a limited scope, whom a deviation concerns, who was invited once."""

from datetime import date

import pytest
from sqlalchemy import event, select

from engine.services import access, cases, deviations, history, tasks
from engine.services.people import touch_organisation
from engine.storage.tables import Deputy, Deviation, ProcessInstance, Reader


def stand_in_for(house, position, person, *scope):
    with house.runtime.database.writing() as session:
        session.add(Deputy(position_id=position, person_id=person, scope=sorted(scope), valid_from=date(2026, 1, 1), valid_to=None))
        touch_organisation(session)


def sees_case(house, person, reference):
    try:
        cases.show(house.runtime, person, reference)
    except access.NoSuchCase:
        with pytest.raises(access.NoSuchCase):
            history.of_case(house.runtime, person, reference)
        return False
    return True


def sees_deviation(house, person, deviation):
    try:
        deviations.show(house.runtime, person, deviation)
    except deviations.NoSuchDeviation:
        return False
    return True


def reported(house, **more):
    """A deviation whose report is written, so that its copy has gone out."""
    found = deviations.report(house.runtime, "school_worker", agreement="jamtbus", unit="school", **more)
    house.complete("school_worker", description="Ingen kom.")
    return found.id


def test_a_deputy_for_deviations_alone_sees_no_case(house):
    reference = house.asked("bup").reference
    stand_in_for(house, "bup_boss", "stranger", "deviation")
    stand_in_for(house, "bup_boss", "clinic_worker", "case")

    assert not sees_case(house, "stranger", reference)
    assert sees_case(house, "clinic_worker", reference)


def test_a_deputy_for_cases_alone_sees_no_deviation(house):
    deviation = reported(house)
    stand_in_for(house, "school_boss", "stranger", "case")
    stand_in_for(house, "school_boss", "clinic_worker", "deviation")

    assert not sees_deviation(house, "stranger", deviation)
    assert sees_deviation(house, "clinic_worker", deviation)


def test_a_deputy_for_cases_alone_sees_a_case_from_higher_up_in_the_line_too(house):
    reference = house.asked("bup").reference
    stand_in_for(house, "head", "stranger", "case")

    assert sees_case(house, "stranger", reference)


def test_whom_a_deviation_concerns_reads_it_neither_by_the_units_copy_nor_by_the_units_work(house):
    deviation = reported(house, concerned_unit="bup", concerned=["bup_boss"])

    assert sees_deviation(house, "bup_worker", deviation)
    assert not sees_deviation(house, "bup_boss", deviation)
    assert deviations.open_deviations(house.runtime, "bup_boss") == []


def test_whom_a_deviation_concerns_reads_it_no_more_as_somebodys_deputy(house):
    stand_in_for(house, "school_boss", "stranger")
    deviation = reported(house, concerned=["stranger"])

    assert not sees_deviation(house, "stranger", deviation)
    assert all(entry.purpose != "deviation" for entry in tasks.inbox(house.runtime, "stranger"))


def test_who_was_invited_sees_the_case_no_more_when_the_consent_is_gone(house):
    reference = house.asked("bup").reference
    assert sees_case(house, "bup_worker", reference)
    assert sees_case(house, "bup_boss", reference)

    cases.withdraw(house.runtime, "school_worker", reference)

    assert not sees_case(house, "bup_worker", reference)
    assert not sees_case(house, "bup_boss", reference)


def test_a_unit_that_was_sent_a_copy_reads_it_and_does_not_lift_it(house):
    deviation = reported(house, concerned_unit="bup")

    for person in ("bup_worker", "bup_boss"):
        assert sees_deviation(house, person, deviation)
        with pytest.raises(deviations.NotYoursToLift):
            deviations.lift(house.runtime, person, deviation, "Vi tar den")

    assert deviations.show(house.runtime, "school_worker", deviation).level == 1


def test_a_deputy_lifts_a_deviation_for_whoever_holds_the_post(house):
    reference = house.asked("bup").reference
    stand_in_for(house, "school_boss", "stranger", "deviation")
    deviation = deviations.report(house.runtime, "school_worker", agreement="jamtbus", unit="school", case=reference).id
    entry = next(one for one in tasks.inbox(house.runtime, "school_worker") if one.name == "Skriv ner")
    tasks.complete(house.runtime, "school_worker", entry.id, {"description": "Ingen kom."})

    deviations.lift(house.runtime, "stranger", deviation, "Brådskar")

    row = next(row for row in history.of_case(house.runtime, "school_worker", reference) if row.kind == "message")
    assert (row.by, row.for_whom) == ("stranger", "school_boss")


def test_what_a_list_shows_is_what_each_one_by_itself_would_let_in(house):
    """One question for many rows, and the question about one, are answered alike for everybody."""
    stand_in_for(house, "bup_boss", "stranger", "deviation")
    stand_in_for(house, "head", "clinic_worker", "case")
    reference = house.asked("bup").reference
    first = reported(house, concerned_unit="social", concerned=["head", "social_boss"])
    deviations.report(house.runtime, "bup_worker", agreement="jamtbus", unit="bup", case=reference, concerned_unit="school")
    deviations.report(house.runtime, "school_boss", agreement="jamtbus", unit="school")
    with house.runtime.database.writing() as session:
        of, at = session.get_one(Deviation, first).instance_id, house.clock.now()
        session.add(Reader(instance_id=of, unit_id="clinic", granted_at=at, revoked_at=at))

    with house.runtime.database.reading() as session:
        every = session.scalars(select(ProcessInstance).where(ProcessInstance.purpose == "deviation")).all()
        for person in house.runtime.organisation(session).persons:
            listed = set(session.scalars(select(ProcessInstance.id).where(access.instances_seen_by(house.runtime, session, person.id, "deviation"))))
            assert listed == {one.id for one in every if access.may_see_instance(house.runtime, session, person.id, one)}, person.id


def test_a_list_of_deviations_asks_as_much_for_many_as_for_one(house):
    def asked():
        statements = []

        def note(*of):
            statements.append(of[2])

        event.listen(house.runtime.database.engine, "before_cursor_execute", note)
        assert deviations.listed(house.runtime, "school_worker")
        event.remove(house.runtime.database.engine, "before_cursor_execute", note)
        return len(statements)

    deviations.report(house.runtime, "school_worker", agreement="jamtbus", unit="school")
    one = asked()
    for _ in range(4):
        deviations.report(house.runtime, "school_worker", agreement="jamtbus", unit="school")

    assert asked() == one
    assert len(deviations.listed(house.runtime, "school_worker")) == 5
