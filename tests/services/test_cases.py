from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from engine.clock import MovableClock
from engine.execution.results import Effect
from engine.services import access, cases, deviations, effects, history, tasks
from engine.services.clock import OffsetClock
from engine.services.steps import digest
from engine.storage.tables import Case, Consent, History, Notice, ProcessInstance, WorkItem

TOLD = {"need": "Stöd", "consents": [{"giver": "guardian", "name": "Elis Exempelsson", "answer": "yes"}]}


def test_a_reference_cannot_be_guessed_from_another(house):
    references = {house.start(units=["bup"]).reference for _ in range(5)}

    assert len(references) == 5
    assert all(reference.startswith("2026-") and len(reference) == 11 for reference in references)


def test_a_reference_that_is_taken_is_not_given_again(house, monkeypatch):
    signs = iter("2" * 12 + "3" * 6)
    monkeypatch.setattr(cases.secrets, "choice", lambda _: next(signs))

    assert [house.start().reference, house.start().reference] == ["2026-222222", "2026-333333"]


def test_a_case_starts_only_from_a_unit_where_its_initiator_works(house):
    with pytest.raises(cases.NotYourUnit):
        house.start(person="bup_worker", unit="school", units=["bup"])


def test_a_child_who_is_too_old_or_unborn_starts_no_case(house):
    grown = replace(house.child, birth_date=date(1990, 1, 1))
    unborn = replace(house.child, birth_date=date(2030, 1, 1))

    for child in (grown, unborn):
        with pytest.raises(cases.AgeOutside):
            cases.start(house.runtime, "school_worker", agreement="jamtbus", child=child, unit="school")
    with house.runtime.database.reading() as session:
        assert session.scalars(select(Case)).all() == []


def test_an_unknown_agreement_is_refused_by_name(house):
    with pytest.raises(cases.agreements.NoSuchAgreement, match="nowhere"):
        cases.start(house.runtime, "school_worker", agreement="nowhere", child=house.child, unit="school")


def test_a_case_whose_agreement_leaves_values_open_does_not_start_and_says_exactly_which(house_of):
    house = house_of("joint", decisions=False)

    with pytest.raises(cases.AgreementIncomplete) as refused:
        house.start(units=["bup"])

    open_values = set(cases.agreements.unset_values(house.runtime.releases.active, "jamtbus", date(2026, 3, 2)))
    assert set(refused.value.keys) == open_values
    assert {"clock_start", "meeting_max_days"} <= open_values
    with house.runtime.database.reading() as session:
        assert session.scalars(select(Case)).all() == []


def test_a_case_is_seen_by_those_who_take_part_and_the_managers_above_them_and_nobody_else(house):
    reference = house.asked("bup").reference

    for person in ("school_worker", "school_boss", "bup_worker", "bup_boss", "head", "director"):
        assert cases.show(house.runtime, person, reference).child.name == "Maja Exempelsson"
    for person in ("stranger", "social_worker", "social_boss", "owner", "nobody"):
        with pytest.raises(access.NoSuchCase):
            cases.show(house.runtime, person, reference)
        with pytest.raises(access.NoSuchCase):
            history.of_case(house.runtime, person, reference)


def test_that_somebody_read_a_case_stands_in_its_history(house):
    reference = house.asked("bup").reference

    cases.show(house.runtime, "bup_worker", reference)

    last = history.of_case(house.runtime, "school_boss", reference)[-1]
    assert (last.kind, last.by) == ("read", "bup_worker")


def test_a_withdrawn_consent_closes_tasks_access_and_notices_but_keeps_what_was_written(house):
    reference = house.asked("bup").reference
    item = house.only("bup_worker").id

    (taken,) = cases.withdraw(house.runtime, "school_worker", reference, giver="Elis Exempelsson", reason="Ångrat")

    assert taken.outcome == "withdrawn"
    assert tasks.inbox(house.runtime, "bup_worker") == []
    with pytest.raises(tasks.WorkItemMoved) as moved:
        tasks.complete(house.runtime, "bup_worker", item, {"answer": "yes"})
    assert moved.value.answers == {"answer": "yes"}
    with pytest.raises(access.NoSuchCase):
        cases.show(house.runtime, "bup_worker", reference)
    view = cases.show(house.runtime, "school_worker", reference)
    assert (view.outcome, view.open_work) == ("withdrawn", ())
    with house.runtime.database.reading() as session:
        (consent,) = session.scalars(select(Consent))
        waiting = session.scalars(select(Notice.template).where(Notice.cancelled_at.is_(None))).all()
    assert consent.given
    assert consent.withdrawn_by == "school_worker"
    assert set(waiting) == {"meeting_cancelled"}


def test_without_a_consent_there_is_nothing_to_withdraw(house):
    reference = house.start(units=["bup"]).reference

    with pytest.raises(cases.NothingToWithdraw):
        cases.withdraw(house.runtime, "school_worker", reference)


def test_a_deviation_stays_out_of_the_history_that_others_of_the_case_read(house):
    reference = house.asked("bup").reference
    deviations.report(house.runtime, "school_worker", agreement="jamtbus", unit="school", case=reference, concerned=["bup_boss"])
    entry = next(one for one in tasks.inbox(house.runtime, "school_worker") if one.name == "Skriv ner")
    tasks.complete(house.runtime, "school_worker", entry.id, {"description": "Bup svarar inte."})

    told = [row.name for row in history.of_case(house.runtime, "school_worker", reference)]
    others = [row.name for row in history.of_case(house.runtime, "bup_boss", reference) if row.kind != "read"]

    assert "Skriv ner" in told
    assert "Skriv ner" not in others
    assert "Bedöm" in others
    shown = cases.show(house.runtime, "bup_boss", reference).history
    assert [row.name for row in shown if row.kind != "read"] == others


def test_a_withdrawal_that_broke_off_before_the_processes_knew_is_made_again(house, monkeypatch):
    reference = house.asked("bup").reference
    with monkeypatch.context() as broken:
        broken.setattr(cases.steps, "take", power_cut)
        with pytest.raises(PowerCutError):
            cases.withdraw(house.runtime, "school_worker", reference)
    house.wait(minutes=1)

    taken = cases.withdraw(house.runtime, "school_worker", reference)

    assert [one.outcome for one in taken] == ["withdrawn"]
    kinds = [row.kind for row in history.of_case(house.runtime, "school_worker", reference)]
    assert kinds.count("consent withdrawn") == 1
    with pytest.raises(cases.NothingToWithdraw):
        cases.withdraw(house.runtime, "school_worker", reference)


class PowerCutError(Exception):
    """Everything stops between two transactions."""


def power_cut(*_):
    raise PowerCutError


def test_one_guardians_withdrawal_leaves_the_others_consent(house):
    reference = house.start(units=["bup"]).reference
    both = [{"giver": "guardian", "name": name, "answer": "yes"} for name in ("Elis Exempelsson", "Tuva Exempelsson")]
    house.complete("school_worker", need="Stöd", consents=both)

    cases.withdraw(house.runtime, "school_worker", reference, giver="Elis Exempelsson")

    with house.runtime.database.reading() as session:
        holding = session.scalars(select(Consent.giver).where(Consent.withdrawn_at.is_(None))).all()
    assert holding == ["Tuva Exempelsson"]


def test_the_demonstrations_clock_moves_for_every_process_and_only_forward(database):
    standing = MovableClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
    here, there = OffsetClock(database, standing), OffsetClock(database, standing)

    here.advance(timedelta(days=3))

    assert there.now() == datetime(2026, 3, 5, 9, tzinfo=UTC)
    with pytest.raises(ValueError, match="forward"):
        there.advance(timedelta(seconds=-1))


def test_two_hundred_and_fifty_follow_ups_leave_the_next_task_there_and_the_state_as_small_as_at_first(house_of):
    house = house_of("rounds")
    started = house.start()
    sizes = []

    for number in range(250):
        taken = house.complete("school_worker", goals=[{"goal": "Skolgång"}], next_step="again")
        assert len(taken.opened) == 1, f"round {number}"
        with house.runtime.database.reading() as session:
            sizes.append(len(session.get_one(ProcessInstance, started.instance_id).state))

    assert sizes[-1] <= sizes[0] * 1.05
    taken = house.complete("school_worker", goals=[], next_step="close")
    assert (taken.ended, taken.outcome) == (True, "closed")
    with house.runtime.database.reading() as session:
        assert len(session.scalars(select(WorkItem)).all()) == 251


def test_history_refuses_every_change_and_shows_a_forged_row(house):
    house.asked("bup")
    engine = house.runtime.database.engine
    assert history.verify(house.runtime) > 5

    for statement in ("UPDATE history SET kind = 'x'", "DELETE FROM history"):
        with pytest.raises(Exception, match="append-only"), engine.begin() as connection:
            connection.exec_driver_sql(statement)

    with engine.begin() as connection:
        _disarm(connection)
        connection.exec_driver_sql("UPDATE history SET \"by\" = 'somebody' WHERE number = 2")
    with pytest.raises(history.HistoryBroken, match="2"):
        history.verify(house.runtime)


def test_a_history_with_its_end_cut_off_does_not_hold(house):
    house.asked("bup")
    with house.runtime.database.engine.begin() as connection:
        _disarm(connection)
        connection.exec_driver_sql("DELETE FROM history WHERE number = (SELECT max(number) FROM history)")

    with pytest.raises(history.HistoryBroken):
        history.verify(house.runtime)


def test_the_history_names_the_rules_and_proves_the_answers_without_repeating_them(house):
    reference = house.start(units=["bup"]).reference

    house.complete("school_worker", **TOLD)

    rows = history.of_case(house.runtime, "school_worker", reference)
    completed = next(row for row in rows if row.kind == "completed")
    assert (completed.element, completed.rules) == ("tell", ("000-5",))
    with house.runtime.database.reading() as session:
        kept = [str(row.details) for row in session.scalars(select(History))]
    assert not any("Elis" in details or "Stöd" in details for details in kept)


def _disarm(connection):
    """Somebody with the database's own password, from whom only the hashes protect."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("DROP TRIGGER history_refuses_update")
        connection.exec_driver_sql("DROP TRIGGER history_refuses_delete")
    else:
        connection.exec_driver_sql("DROP TRIGGER history_append_only ON history")


def test_a_consent_whose_time_is_out_does_not_count_as_one_that_remains(house):
    reference = house.start(units=["bup"]).reference
    three = [{"giver": "guardian", "name": name, "answer": "yes"} for name in ("Elis Exempelsson", "Tuva Exempelsson", "Saga Exempelsson")]
    house.complete("school_worker", need="Stöd", consents=three)
    with house.runtime.database.writing() as session:
        session.execute(update(Consent).where(Consent.giver == "Tuva Exempelsson").values(valid_to=date(2026, 3, 1)))
        session.execute(update(Consent).where(Consent.giver == "Saga Exempelsson").values(valid_to=date(2026, 3, 2)))

    cases.withdraw(house.runtime, "school_worker", reference, giver="Elis Exempelsson")

    message = next(row for row in history.of_case(house.runtime, "school_worker", reference) if row.kind == "message")
    assert message.details["digest"] == digest({"giver": "Elis Exempelsson", "reason": None, "remaining": 1})


def test_a_process_that_no_longer_listens_stops_no_withdrawal(house):
    reference = house.asked("bup").reference
    deviation = deviations.report(house.runtime, "school_worker", agreement="jamtbus", unit="school", case=reference)
    with house.runtime.database.writing() as session:
        # As when it was read listening and has gone on since.
        session.execute(update(ProcessInstance).where(ProcessInstance.id == deviation.instance_id).values(messages=[cases.WITHDRAWN]))

    taken = cases.withdraw(house.runtime, "school_worker", reference)

    assert [one.outcome for one in taken] == ["withdrawn"]


def test_who_is_named_twice_in_one_answer_takes_part_once(house):
    reference = house.start(units=["bup", "bup"]).reference
    twice = [{"giver": "guardian", "name": "Elis Exempelsson", "answer": "yes"}] * 2
    house.complete("school_worker", need="Stöd", consents=twice)
    house.complete("school_boss", decision="call", reason="Behövs")

    taking_part = [(one.kind, one.unit or one.name) for one in cases.show(house.runtime, "school_worker", reference).participants]

    assert len(taking_part) == len(set(taking_part))


def make_happen(house, instance, kind, **inputs):
    """Carry out one effect in a process, as a drawing would."""
    with house.runtime.database.writing() as session:
        act, effect = history.Act(house.clock.now(), "school_worker"), Effect(kind, inputs, "here", "Här", "p")
        of = session.get_one(ProcessInstance, instance)
        effects.apply(effects.Scene(session, house.runtime.organisation(session), of, act, effect, lambda role, *_: f"role:{role}"))


def test_a_later_no_ends_the_same_givers_earlier_yes_and_nobody_elses(house):
    started = house.start(units=["bup"])
    given = [{"giver": "guardian", "name": name, "answer": "yes"} for name in ("Elis Exempelsson", "Tuva Exempelsson")]
    house.complete("school_worker", need="Stöd", consents=given)
    house.wait(days=1)

    make_happen(house, started.instance_id, "record_consent", consents=[{"giver": "guardian", "name": "Elis Exempelsson", "answer": "no"}])

    with house.runtime.database.reading() as session:
        rows = session.scalars(select(Consent).order_by(Consent.id)).all()
    ended = [(one.giver, one.given, one.withdrawn_at, one.withdrawn_by) for one in rows]
    assert ended == [
        ("Elis Exempelsson", True, house.clock.now(), "school_worker"),
        ("Tuva Exempelsson", True, None, None),
        ("Elis Exempelsson", False, None, None),
    ]


def test_a_unit_whose_access_ends_no_longer_reads_the_copies_that_it_was_sent(house):
    started = house.asked("bup")
    found = deviations.report(house.runtime, "school_worker", agreement="jamtbus", unit="school", case=started.reference, concerned_unit="social")
    entry = next(one for one in tasks.inbox(house.runtime, "school_worker") if one.name == "Skriv ner")
    tasks.complete(house.runtime, "school_worker", entry.id, {"description": "Ingen kom."})
    assert deviations.show(house.runtime, "social_worker", found.id).id == found.id

    make_happen(house, started.instance_id, "revoke_access", unit="bup")
    assert deviations.show(house.runtime, "social_worker", found.id).id == found.id
    make_happen(house, started.instance_id, "revoke_access", unit="social")

    with pytest.raises(deviations.NoSuchDeviation):
        deviations.show(house.runtime, "social_worker", found.id)


def test_when_everybodys_access_ends_the_copies_end_too_but_for_the_unit_that_answers_for_the_case(house):
    started = house.asked("bup")
    found = deviations.report(house.runtime, "school_worker", agreement="jamtbus", unit="school", case=started.reference, concerned_unit="social")
    entry = next(one for one in tasks.inbox(house.runtime, "school_worker") if one.name == "Skriv ner")
    tasks.complete(house.runtime, "school_worker", entry.id, {"description": "Ingen kom."})
    assert deviations.show(house.runtime, "social_worker", found.id).id == found.id

    make_happen(house, started.instance_id, "revoke_access")

    with pytest.raises(deviations.NoSuchDeviation):
        deviations.show(house.runtime, "social_worker", found.id)
    assert deviations.show(house.runtime, "school_boss", found.id).id == found.id
