from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from engine.execution import StepFailed
from engine.services import incidents, tasks, timers
from engine.storage.tables import History, Incident, Timer, WorkItem

TOLD = {"need": "Stöd", "consents": []}


def test_nothing_fires_a_second_early_and_what_is_due_fires_once(house):
    house.start(units=["bup"])
    house.complete("school_worker", **TOLD)
    due = timers.next_due(house.runtime)

    house.clock.move_to(due - timedelta(seconds=1))
    assert timers.sweep(house.runtime).fired == 0
    house.clock.move_to(due)
    assert timers.sweep(house.runtime).fired == 1
    assert timers.sweep(house.runtime).fired == 0

    assert tasks.inbox(house.runtime, "school_boss") == []
    assert house.only("head").name == "Bedöm i stället"
    assert timers.next_due(house.runtime) is None


def test_a_timer_of_a_task_that_is_done_never_fires(house):
    house.asked("bup")

    house.wait(days=30)

    assert timers.sweep(house.runtime).fired == 0
    with house.runtime.database.reading() as session:
        (timer,) = session.scalars(select(Timer))
    assert (timer.closed_at is not None, timer.fired) == (True, False)


def test_two_sweeps_at_once_fire_each_timer_once(house):
    for _ in range(10):
        house.start(units=["bup"])
        house.complete("school_worker", **TOLD)
    house.wait(days=6)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: timers.sweep(house.runtime), range(4)))
    timers.sweep(house.runtime)

    with house.runtime.database.reading() as session:
        fired = session.scalars(select(History).where(History.kind == "timers fired")).all()
        opened = session.scalars(select(WorkItem).where(WorkItem.element == "judge_above")).all()
    assert (len(fired), len(opened)) == (10, 10)


def test_a_sweep_takes_the_longest_due_first_and_says_that_more_is_left(house):
    for _ in range(3):
        house.start(units=["bup"])
        house.complete("school_worker", **TOLD)
        house.wait(hours=1)
    house.wait(days=6)

    first = timers.sweep(house.runtime, limit=2)

    assert (first.fired, first.more) == (2, True)
    assert timers.sweep(house.runtime, limit=2).more is False


def test_a_step_that_fails_is_an_incident_and_other_cases_go_on(house_of):
    house = house_of("fragile")
    house.start()
    house.start()
    first, second = [entry.id for entry in tasks.inbox(house.runtime, "school_worker")]

    with pytest.raises(StepFailed, match="is_it_many"):
        tasks.complete(house.runtime, "school_worker", first, {"amount": "flera"})
    assert tasks.complete(house.runtime, "school_worker", second, {"amount": "5"}).ended

    (failure,) = incidents.open_incidents(house.runtime, "owner")
    assert (failure.kind, failure.element) == ("complete", "is_it_many")
    assert "is_it_many" in failure.sv
    assert incidents.open_incidents(house.runtime, "school_worker") == []
    task = tasks.show(house.runtime, "school_worker", first)
    assert (task.entry.held, task.values) == (True, {"amount": "flera"})


def test_an_incident_closes_when_the_person_completes_the_task_anew(house_of):
    house = house_of("fragile")
    house.start()
    item = house.only("school_worker").id
    with pytest.raises(StepFailed):
        tasks.complete(house.runtime, "school_worker", item, {"amount": "flera"})

    assert tasks.complete(house.runtime, "school_worker", item, {"amount": "2"}).ended

    assert incidents.open_incidents(house.runtime, "owner") == []


def test_a_retry_that_fails_again_is_counted_on_the_same_incident(house_of):
    house = house_of("fragile")
    house.start()
    item = house.only("school_worker").id
    with pytest.raises(StepFailed):
        tasks.complete(house.runtime, "school_worker", item, {"amount": "flera"})
    (failure,) = incidents.open_incidents(house.runtime, "owner")

    with pytest.raises(incidents.NoSuchIncident):
        incidents.retry(house.runtime, "school_worker", failure.id)
    with pytest.raises(StepFailed):
        incidents.retry(house.runtime, "owner", failure.id)

    (again,) = incidents.open_incidents(house.runtime, "owner")
    assert (again.id, again.tries) == (failure.id, 2)


def test_a_timer_whose_step_fails_waits_for_its_incident_and_not_in_the_sweep(house_of):
    house = house_of("fragile")
    house.start()
    house.wait(days=2)

    assert timers.sweep(house.runtime).failed == 1
    assert timers.sweep(house.runtime) == timers.Swept(0, 0, more=False)

    (failure,) = incidents.open_incidents(house.runtime, "owner")
    assert failure.kind == "timers"
    with pytest.raises(StepFailed):
        incidents.retry(house.runtime, "owner", failure.id)
    assert timers.sweep(house.runtime).failed == 0


def test_an_incident_whose_timer_is_no_longer_needed_closes_when_it_is_retried(house_of):
    house = house_of("fragile")
    house.start()
    item = house.only("school_worker").id
    house.wait(days=2)
    assert timers.sweep(house.runtime).failed == 1
    tasks.complete(house.runtime, "school_worker", item, {"amount": "2"})
    (failure,) = incidents.open_incidents(house.runtime, "owner")

    assert incidents.retry(house.runtime, "owner", failure.id) is None

    assert incidents.open_incidents(house.runtime, "owner") == []


def test_what_somebody_wrote_stands_in_an_incident_no_longer_than_it_is_open(house_of):
    house = house_of("fragile")
    house.start()
    item = house.only("school_worker").id
    with pytest.raises(StepFailed):
        tasks.complete(house.runtime, "school_worker", item, {"amount": "flera"})

    tasks.complete(house.runtime, "school_worker", item, {"amount": "2"})

    with house.runtime.database.reading() as session:
        (incident,) = session.scalars(select(Incident))
    assert incident.closed_by == "school_worker"
    assert incident.action == {"kind": "complete", "work_item": item, "by": "school_worker"}
