"""What each may see of a case, and that it stands in the history who has read what."""

import pytest
from sqlalchemy import event, select, update

from engine.services import access, case_file, cases, deviations, history, outlook, tasks
from engine.storage.tables import Case, Consent, Measure, Participant, Plan, ProcessInstance, WorkItem

PERSONS = (
    "school_worker",
    "school_boss",
    "bup_worker",
    "bup_boss",
    "social_worker",
    "social_boss",
    "head",
    "director",
    "owner",
    "stand_in",
    "stranger",
)


def asked_with(house, **consent):
    """A case in which both units have been asked, and the one consent limited so."""
    reference = house.asked("bup", "social").reference
    with house.runtime.database.writing() as session:
        session.execute(update(Consent).values(**consent))
    return reference


def readings(house, reference):
    return [(row.by, row.details["what"]) for row in history.of_case(house.runtime, "head", reference) if row.kind == "read"]


def test_a_unit_outside_the_consent_sees_where_the_case_stands_and_nothing_that_others_told(house):
    reference = asked_with(house, recipients=["bup"])

    inside = cases.show(house.runtime, "bup_worker", reference)
    for person in ("social_worker", "social_boss"):
        outside = cases.show(house.runtime, person, reference)
        assert (outside.child.name, outside.child.identity_number) == ("ME", None)
        assert {one.unit for one in outside.participants} == {"school", "social"}
        assert {one.queue for one in outside.open_work} == {"unit:social"}
        assert {row.by for row in outside.history} <= {person}
        assert {row.by for row in history.of_case(house.runtime, person, reference)} <= {person}

    assert inside.child.name == "Maja Exempelsson"
    assert {one.unit for one in inside.participants if one.unit} == {"school", "bup", "social"}
    assert len(inside.history) > 5


def test_a_consent_ends_with_its_last_day_and_not_a_second_later(house):
    reference = asked_with(house, valid_to=house.clock.now().date())
    house.clock.move_to(house.clock.now().replace(hour=22, minute=59, second=59))
    assert cases.show(house.runtime, "bup_worker", reference).child.name == "Maja Exempelsson"

    house.wait(seconds=1)

    assert cases.show(house.runtime, "bup_worker", reference).child.name == "ME"
    assert cases.show(house.runtime, "school_worker", reference).child.name == "Maja Exempelsson", "the record stays with the unit that began it"


def test_the_list_of_cases_that_one_may_see_says_the_same_as_the_question_about_one(house):
    cases.withdraw(house.runtime, "school_worker", house.asked("social").reference)
    first = house.asked("bup").reference
    house.start(units=["bup"])
    deviations.report(house.runtime, "school_worker", agreement="jamtbus", unit="school", case=first)

    with house.runtime.database.reading() as session:
        every = session.scalars(select(Case)).all()
        for person in PERSONS:
            listed = set(session.scalars(access.visible_cases(house.runtime, session, person)))
            assert listed == {one.id for one in every if access.may_see(house.runtime, session, person, one)}, person
    assert len(every) == 3


def test_a_reading_is_written_once_an_hour_for_each_person_and_thing(house):
    reference = house.asked("bup").reference
    item = house.only("bup_worker").id

    for _ in range(3):
        cases.show(house.runtime, "bup_worker", reference)
        tasks.show(house.runtime, "bup_worker", item)
    cases.show(house.runtime, "bup_boss", reference)
    assert readings(house, reference) == [("bup_worker", "case"), ("bup_worker", "work_item"), ("bup_boss", "case")]

    house.wait(minutes=60)
    cases.show(house.runtime, "bup_worker", reference)

    assert readings(house, reference)[-2:] == [("head", "history"), ("bup_worker", "case")]
    assert history.verify(house.runtime) > 5


def test_who_reads_a_deviation_stands_where_the_deviation_does(house):
    reference = house.asked("bup").reference
    with_case = deviations.report(house.runtime, "school_worker", agreement="jamtbus", unit="school", case=reference, concerned=["bup_boss"])
    without = deviations.report(house.runtime, "school_worker", agreement="jamtbus", unit="school")

    for report in (with_case, without):
        deviations.show(house.runtime, "school_worker", report.id)
        deviations.show(house.runtime, "school_worker", report.id)

    assert readings(house, reference) == [("school_worker", "deviation")]
    assert "read" not in [row.kind for row in history.of_case(house.runtime, "bup_boss", reference)]
    with house.runtime.database.reading() as session:
        chain = history.chain_of(None, without.instance_id)
        assert [row.by for row in session.scalars(select(history.History).where(history.History.chain == chain, history.History.kind == "read"))] == [
            "school_worker"
        ]


def test_what_one_may_see_beside_a_case_costs_as_many_questions_for_ten_as_for_one(house):
    reference = house.asked("bup").reference

    def questions(person):
        asked = []
        event.listen(house.runtime.database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
        with house.runtime.database.reading() as session:
            case = session.scalars(select(Case).where(Case.reference == reference)).one()
            asked.clear()
            access.hidden_instances(house.runtime, session, person, case)
            return len(asked)

    def report():
        deviations.report(house.runtime, "school_worker", agreement="jamtbus", unit="school", case=reference)

    report()
    few = [questions(person) for person in ("bup_worker", "school_boss")]
    for _ in range(4):
        report()

    assert [questions(person) for person in ("bup_worker", "school_boss")] == few


def test_who_has_read_a_case_is_for_the_managers_of_the_unit_that_answers_for_it(house):
    reference = house.asked("bup").reference

    with house.runtime.database.reading() as session:
        found = {who: access.require_sight(house.runtime, session, who, reference)[1] for who in ("school_boss", "head", "bup_boss", "bup_worker")}

    assert {who: sight.reviews for who, sight in found.items()} == {"school_boss": True, "head": True, "bup_boss": False, "bup_worker": False}


def test_whoever_does_not_answer_for_a_case_finds_in_its_history_no_readings_but_their_own(house):
    reference = house.asked("bup").reference
    for person in ("bup_worker", "bup_boss", "school_worker"):
        cases.show(house.runtime, person, reference)

    told = {
        person: {row.by for row in cases.show(house.runtime, person, reference).history if row.kind == "read"}
        for person in ("bup_worker", "school_worker", "school_boss")
    }

    assert told == {
        "bup_worker": {"bup_worker"},
        "school_worker": {"school_worker"},
        "school_boss": {"bup_worker", "bup_boss", "school_worker", "school_boss"},
    }


def test_a_unit_outside_the_consent_is_not_told_who_gave_it_by_asking_what_its_end_would_stop(house):
    reference = asked_with(house, recipients=["bup"])
    with house.runtime.database.reading() as session:
        consent = session.scalars(select(Consent.id)).one()

    assert cases.consequence(house.runtime, "bup_worker", reference, consent).giver == "Elis Exempelsson"
    with pytest.raises(cases.NoSuchConsent):
        cases.consequence(house.runtime, "social_worker", reference, consent)


def test_earlier_answers_tell_a_guardian_everything_but_costs(house):
    reference = house.asked("bup").reference
    with house.runtime.database.writing() as session:
        case = session.scalars(select(Case).where(Case.reference == reference)).one()
        session.execute(update(Participant).where(Participant.name == "Elis Exempelsson").values(person_id="stranger"))
        first = session.scalars(select(WorkItem).where(WorkItem.case_id == case.id, WorkItem.outcome == "completed").order_by(WorkItem.id)).first()
        first.answers = {**first.answers, "measures": [{"what": "Stöd på morgonen", "cost": 4500}]}
        for item in session.scalars(select(WorkItem).where(WorkItem.instance_id == first.instance_id, WorkItem.closed_at.is_(None))):
            item.queue = "person:stranger"
    item = house.only("stranger").id

    (told,) = (one.answers for one in outlook.before(house.runtime, "stranger", item) if "measures" in one.answers)

    assert told["measures"] == [{"what": "Stöd på morgonen"}]


def test_every_process_of_a_case_is_judged_alike_alone_and_among_others(house):
    reference = house.asked("bup").reference
    deviations.report(house.runtime, "school_worker", agreement="jamtbus", unit="school", case=reference, concerned=["bup_boss"])
    deviations.report(house.runtime, "bup_worker", agreement="jamtbus", unit="bup", case=reference)

    with house.runtime.database.reading() as session:
        every = session.scalars(select(ProcessInstance)).all()
        for person in PERSONS:
            alone = {one.id for one in every if access.may_see_instance(house.runtime, session, person, one)}
            assert access.visible_instances(house.runtime, session, person, every) == alone, person


def test_a_guardian_who_logs_in_reads_the_plan_without_its_costs_and_withdraws_their_own_consent_alone(house):
    reference = house.start(units=["bup"]).reference
    both = [{"giver": "guardian", "name": name, "answer": "yes"} for name in ("Elis Exempelsson", "Tuva Exempelsson")]
    house.complete("school_worker", need="Stöd", consents=both)
    with house.runtime.database.writing() as session:
        case = session.scalars(select(Case)).one()
        session.execute(update(Participant).where(Participant.name == "Elis Exempelsson").values(person_id="stranger"))
        measure = Measure(what="Stöd på morgonen", cost="4500", details={})
        session.add(Plan(case_id=case.id, plan_type="sip", made_at=house.clock.now(), measures=[measure]))

    own, others = case_file.show(house.runtime, "stranger", reference), case_file.show(house.runtime, "school_worker", reference)

    assert [one.cost for file in (own, others) for plan in file.plans for one in plan.measures] == [None, "4500"]
    assert {one.giver for one in own.consents if one.may_end} == {"Elis Exempelsson"}
    assert {one.giver for one in others.consents if one.may_end} == {"Elis Exempelsson", "Tuva Exempelsson"}
    for giver in ("Tuva Exempelsson", None):
        with pytest.raises(cases.NotYoursToWithdraw):
            cases.withdraw(house.runtime, "stranger", reference, giver=giver)
    cases.withdraw(house.runtime, "stranger", reference, giver="Elis Exempelsson")


def test_the_page_of_a_case_tells_whole_steps_and_the_next_page_the_rest(house, monkeypatch):
    reference = house.asked("bup", "social").reference
    every = case_file.events(house.runtime, "school_worker", reference).rows
    monkeypatch.setattr(case_file, "PAGE_OF_EVENTS", 3)

    told, before = [], None
    while True:
        found = case_file.events(house.runtime, "school_worker", reference, before)
        told += found.rows
        before = found.older
        if before is None:
            break
        assert found.rows[-1].kind in history.BEGINNINGS or len(found.rows) == 3

    assert told == list(every)
