"""Who is let in, who is not, and for how long: deputies with a limited scope, whom a deviation concerns, who was invited once."""

from datetime import date

import pytest

from engine.services import access, cases, deviations, history, tasks
from engine.services.people import touch_organisation
from engine.storage.tables import Deputy


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
