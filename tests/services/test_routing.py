"""Work that waits for somebody who is gone finds another way, and work that is well placed stays where it is."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import update

from engine.facts.organisation import Delegation, Deputy, Member, Period, queues_of
from engine.services import access, history, routing, tasks
from engine.services.people import touch_organisation
from engine.services.releases import StoredReleases
from engine.storage.tables import Assignment, Person, ProcessInstance, WorkItem


def leaves(house, person, *, on=date(2026, 3, 1)):
    """Somebody's last day at work, and the last on which they can log in."""
    with house.runtime.database.writing() as session:
        session.execute(update(Assignment).where(Assignment.person_id == person).values(valid_to=on))
        session.execute(update(Person).where(Person.id == person).values(valid_to=on))
        touch_organisation(session)


def test_work_of_a_post_that_falls_vacant_climbs_as_if_it_had_opened_now(house):
    house.start(units=["bup"])
    house.complete("school_worker", need="Stöd", consents=[])
    item = house.only("school_boss").id
    leaves(house, "school_boss")
    house.wait(days=1)  # within the deputy's time nobody is missed

    assert routing.reroute(house.runtime) == 1

    entry = house.only("head")
    shown = tasks.show(house.runtime, "head", entry.id)
    assert (entry.id, entry.name) == (item, "Bedöm")
    assert "hoppades över" in shown.routing[-1]["sv"]
    row = next(row for row in history.of_case(house.runtime, "head", entry.case) if row.kind == "rerouted")
    assert (row.kind, row.by, row.details["from"], row.details["queue"]) == ("rerouted", None, "position:school_boss", "position:head")
    assert routing.reroute(house.runtime) == 0


def test_a_deputy_keeps_the_work_of_a_vacant_post(house):
    house.start(units=["bup"])
    house.complete("school_worker", need="Stöd", consents=[])
    leaves(house, "school_boss")
    house.wait(days=4)

    assert routing.reroute(house.runtime) == 0

    assert house.only("stand_in").name == "Bedöm"


def test_work_of_somebody_who_has_left_goes_to_their_manager(house):
    house.start(units=["bup"])
    leaves(house, "school_worker")

    assert routing.reroute(house.runtime) == 1

    assert house.only("school_boss").name == "Berätta"
    assert tasks.inbox(house.runtime, "school_worker") == []


def test_what_somebody_claimed_before_they_left_is_free_again_with_its_draft(house):
    house.asked("bup")
    item = house.only("bup_worker").id
    tasks.claim(house.runtime, "bup_worker", item)
    tasks.save_draft(house.runtime, "bup_worker", item, {"answer": "yes"})
    leaves(house, "bup_worker")
    assert tasks.inbox(house.runtime, "bup_boss") == []

    assert routing.reroute(house.runtime) == 1

    assert house.only("bup_boss").claimed_by is None
    assert tasks.show(house.runtime, "bup_boss", item).values == {"answer": "yes"}


def test_what_was_handed_to_somebody_who_left_comes_back(house):
    house.start(units=["bup"])
    house.complete("school_worker", need="Stöd", consents=[])
    item = house.only("school_boss").id
    tasks.delegate(house.runtime, "school_boss", item, "clinic_worker")
    leaves(house, "clinic_worker")

    assert routing.reroute(house.runtime) == 1

    assert house.only("school_boss").id == item
    with pytest.raises(access.NotYours):
        tasks.show(house.runtime, "clinic_worker", item)


def test_work_that_waits_only_for_those_who_may_not_do_it_climbs(house):
    house.start(units=["bup"])
    house.complete("school_worker", need="Stöd", consents=[])
    item = house.only("school_boss").id
    with house.runtime.database.writing() as session:
        session.execute(update(WorkItem).where(WorkItem.id == item).values(excluded=["school_boss"]))

    assert routing.reroute(house.runtime) == 1

    assert house.only("head").id == item
    assert routing.reroute(house.runtime) == 0


def test_an_item_whose_drawings_cannot_be_read_keeps_no_other_where_it_is(house):
    lost, found = house.start(units=["bup"]), house.start(units=["bup"])
    with house.runtime.database.writing() as session:
        session.execute(update(ProcessInstance).where(ProcessInstance.id == lost.instance_id).values(release="0" * 64))
    leaves(house, "school_worker")
    runtime = replace(house.runtime, releases=StoredReleases(house.runtime.database, house.runtime.releases.active))

    assert routing.reroute(runtime) == 1

    assert house.only("school_boss").id == found.work_items[0]


def test_where_nobody_is_missed_nothing_moves(house):
    house.asked(*house.units)
    tasks.claim(house.runtime, "bup_worker", house.only("bup_worker").id)

    assert routing.reroute(house.runtime) == 0


def test_whose_a_queue_is_is_the_same_seen_from_both_sides(house):
    now = house.clock.now()
    with house.runtime.database.reading() as session:
        known = house.runtime.organisation(session)
    more = replace(
        known,
        deputyships=(*known.deputyships, Deputy("bup_boss", "stranger", scope=frozenset({"deviation"})), Deputy("director", "head")),
        delegations=(Delegation("head", "clinic_worker"), Delegation("owner", "stranger", Period(date(2026, 4, 1)))),
        members=(*known.members, Member("steering", person="stranger")),
        units=tuple(replace(unit, valid=Period(last=date(2026, 1, 1))) if unit.id == "habilitation" else unit for unit in known.units),
    )
    for purpose in (None, "case", "deviation"):
        mine = {person.id: queues_of(person.id, more, now, purpose) for person in more.persons}
        every = {queue for queues in mine.values() for queue in queues} | {f"position:{post.id}" for post in more.positions}

        assert len(every) > 20
        for queue in every:
            assert set(more.takers(queue, now, purpose)) == {person for person, queues in mine.items() if queue in queues}
