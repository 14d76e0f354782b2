"""What a step may cost, in questions to the database and to the tables: counted, so that a busy machine changes nothing."""

from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import event

from engine.services import agreements, steps, tasks
from engine.services.facts import gather
from engine.storage.tables import ProcessInstance

AGAIN = {"goals": [{"goal": "Skolgång"}], "next_step": "again"}


@contextmanager
def counted(database):
    statements = []

    def count(_connection, _cursor, statement, _parameters, _context, _many):
        statements.append(" ".join(statement.split()[:2]))

    event.listen(database.engine, "before_cursor_execute", count)
    yield statements
    event.remove(database.engine, "before_cursor_execute", count)


def test_completing_asks_the_database_as_often_after_thirty_rounds_as_after_two(house_of):
    house = house_of("rounds")
    house.start()
    house.complete("school_worker", **AGAIN)

    seen = []
    for _ in range(30):
        item = house.only("school_worker").id
        with counted(house.runtime.database) as statements:
            tasks.complete(house.runtime, "school_worker", item, AGAIN)
        seen.append(statements)

    assert seen[-1] == seen[0]
    assert len([statement for statement in seen[0] if not statement.startswith("BEGIN")]) <= 12, seen[0]


def test_a_step_reads_no_policy_table_that_was_read_that_day(house):
    house.asked("bup", "social")
    before = agreements._rows.cache_info().misses

    house.complete("bup_worker", answer="yes")

    assert agreements._rows.cache_info().misses == before


def test_a_fact_is_worked_out_only_when_it_is_read(house):
    started = house.start()
    with house.runtime.database.reading() as session:
        instance = session.get_one(ProcessInstance, started.instance_id)
        organisation = house.runtime.organisation(session)
        facts = gather(session, organisation, house.runtime.releases.active, steps.subject_of(instance), house.clock.now())
        unknown = replace(facts, subject=replace(facts.subject, agreement="atlantis"))({})

    assert unknown["initiator"] == {"person": "school_worker", "unit": "school"}
    assert {"initiator", "policy", "deadlines"} <= set(unknown)
    with pytest.raises(agreements.NoSuchAgreement):
        unknown["policy"]
