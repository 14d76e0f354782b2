"""Where a case stands: the states of its steps, from history, tokens and what waits."""

import pytest

from engine.execution import load_files, outline
from engine.services import access, cases, history, progress, tasks, timers
from engine.services.releases import shipped_release
from engine.services.runtime import OneRelease
from tests.services.conftest import CONSENT

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""What differs between the databases is tested with the rows that this only reads."""

TOLD = {"need": "Stöd", "consents": []}


def states(run):
    return {one.element: one.state for one in run.stations}


def runs(house, reference, person="school_worker"):
    return {run.process: run for run in progress.of_case(house.runtime, person, reference).runs}


def station(run, element):
    return next(one for one in run.stations if one.element == element)


def test_a_case_that_has_just_begun_waits_in_its_first_step_and_everything_else_is_coming(house):
    reference = house.start(units=["bup"]).reference

    own, called = runs(house, reference).values()

    assert (own.process, own.called, called.process, called.called) == ("joint", False, "answering", True)
    first = states(own)
    assert (first.pop("begin"), first.pop("tell")) == ("done", "waiting")
    assert set(first.values()) == set(states(called).values()) == {"coming"}
    assert (own.state, called.state) == ("waiting", "coming")


def test_what_is_waited_for_says_with_whom_since_when_and_whether_the_reader_may_do_it(house):
    reference = house.start(units=["bup"]).reference
    house.complete("school_worker", **TOLD)

    (asked,) = station(runs(house, reference, "school_boss")["joint"], "judge").waits

    assert (asked.queue, asked.mine, asked.late, asked.since) == ("position:school_boss", True, False, house.clock.now())
    (seen,) = station(runs(house, reference)["joint"], "judge").waits
    assert (seen.queue, seen.mine) == ("position:school_boss", False)


def test_a_call_waits_for_everybody_in_the_process_that_it_calls_and_counts_how_often_that_was_done(house):
    reference = house.asked("bup", "social").reference

    house.complete("bup_worker", answer="yes")

    own, called = (runs(house, reference)[name] for name in ("joint", "answering"))
    assert [(one.name, one.unit) for one in station(own, "ask").waits] == [("Svara", "social")]
    assert (station(own, "ask").state, own.state) == ("waiting", "waiting")
    assert (station(called, "give_answer").state, station(called, "give_answer").times, station(called, "answered").times) == ("waiting", 1, 1)


def test_what_is_due_and_not_done_is_late_with_its_reason(house):
    reference = house.asked("bup").reference
    house.complete("bup_worker", answer="yes")
    house.wait(days=200)

    late = station(runs(house, reference)["joint"], "sum_up")

    assert late.state == "late"
    assert late.waits[0].late
    assert late.until == late.waits[0].until < house.clock.now()
    assert late.waits[0].explanation["sv"]


def test_a_way_not_taken_is_told_from_one_that_may_still_come(house):
    reference = house.start(units=["bup"]).reference
    house.complete("school_worker", **TOLD)
    assert states(runs(house, reference)["joint"])["judge_above"] == "coming"

    house.complete("school_boss", decision="call", reason="Behövs")

    after = states(runs(house, reference)["joint"])
    assert (after["judge"], after["silence"], after["judge_above"], after["withdrawal"]) == ("done", "not_taken", "not_taken", "coming")


def test_a_step_that_time_took_away_was_begun_and_not_needed(house):
    reference = house.start(units=["bup"]).reference
    house.complete("school_worker", **TOLD)
    house.wait(days=6)

    timers.sweep(house.runtime)

    own = runs(house, reference)["joint"]
    assert (station(own, "judge").state, station(own, "judge").times, station(own, "judge").cancelled) == ("not_taken", 0, 1)
    assert (station(own, "silence").state, station(own, "judge_above").state) == ("done", "waiting")


def test_when_a_consent_is_withdrawn_what_was_coming_is_not_taken_and_the_event_subprocess_is_done(house):
    reference = house.asked("bup").reference

    cases.withdraw(house.runtime, "school_worker", reference)

    with pytest.raises(access.NoSuchCase):
        progress.of_case(house.runtime, "bup_worker", reference)
    own, called = runs(house, reference, "school_boss").values()
    ended = states(own)
    assert (ended["withdrawal"], ended["tell_all"], ended["ended_withdrawn"]) == ("done", "done", "done")
    assert (ended["ask"], ended["sum_up"], ended["done"]) == ("not_taken", "not_taken", "not_taken")
    assert (own.outcome, own.state, states(called)["give_answer"]) == ("withdrawn", "done", "not_taken")


def test_a_deviation_is_a_run_of_the_case_only_for_those_who_may_see_it(house):
    reference = house.asked("bup").reference
    house.complete("bup_worker", answer="yes")
    house.complete("school_worker", summary="Klart", wrong="Ingen kom")

    assert "report" in runs(house, reference)
    assert "report" not in runs(house, reference, "bup_worker")


def test_a_loop_counts_its_rounds(house_of):
    house = house_of("rounds")
    reference = house.start().reference

    for _ in range(3):
        tasks.complete(house.runtime, "school_worker", house.only("school_worker").id, {"next_step": "again"})

    own, called = runs(house, reference).values()
    assert (station(own, "one_round").times, station(own, "one_round").state) == (3, "waiting")
    assert (station(called, "looked_back").times, station(called, "looked_back").state) == (3, "done")


def test_that_somebody_read_the_diagram_stands_in_the_history_and_looking_where_it_stands_does_not(house):
    reference = house.asked("bup").reference

    def reads():
        return [
            row.details["what"] for row in history.of_case(house.runtime, "school_boss", reference) if row.kind == "read" and row.by == "bup_worker"
        ]

    progress.of_case(house.runtime, "bup_worker", reference)
    assert reads() == []

    assert progress.read(house.runtime, "bup_worker", reference) == progress.of_case(house.runtime, "bup_worker", reference)

    assert reads() == ["diagram"]


@pytest.mark.usefixtures("database")
def test_the_phases_of_the_shipped_process_come_in_the_order_of_the_flow():
    outlined = outline(shipped_release(), shipped_release().for_purpose("case").id)

    assert [phase.name for phase in outlined.phases] == ["Behov", "Beslut", "Samtycke", "Kallelse", "Möte", "Plan", "Uppföljning"]
    places = [outlined.phase_of[one.id] for one in outlined.order if one.id in outlined.phase_of]
    assert places == sorted(places)


def with_phases(release, process, phases):
    """The release with a phase written on elements of a process."""
    path = release.process(process).file
    text = release.files[path].decode()
    for element, name in phases.items():
        after = text.index("<zeebe:properties>", text.index(f'id="{element}"')) + len("<zeebe:properties>")
        text = f'{text[:after]}<zeebe:property name="phase" value="{name}"/>{text[after:]}'
    return load_files({**release.files, path: text.encode()})


def test_the_phases_say_how_far_a_case_has_come(house):
    release = with_phases(house.runtime.releases.active, "joint", {"tell": "Behov", "judge": "Beslut", "done": "Slut"})
    house.runtime.releases = OneRelease(release)
    reference = house.start(units=["bup"]).reference

    house.complete("school_worker", **CONSENT)

    stages = progress.of_case(house.runtime, "school_worker", reference).stages
    assert [(one.name, one.state) for one in stages] == [("Behov", "done"), ("Beslut", "waiting"), ("Slut", "coming")]
