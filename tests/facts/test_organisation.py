from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.clock import STOCKHOLM
from engine.facts.organisation import (
    Assignment,
    Delegation,
    Deputy,
    Member,
    Organisation,
    Party,
    Period,
    Person,
    Position,
    SteeringGroup,
    Unit,
    process_owner_of,
    queues_of,
)

NOON = datetime(2026, 3, 2, 11, tzinfo=UTC)
SCHOOL = Unit("school", "town", "Skolan", "school")
HEAD = Position("head", "school", "Rektor", "manager", "director")
TEACHER = Position("teacher", "school", "Lärare", "staff", "head")
OFFICE = Unit("office", "town", "Förvaltningen", "management")
DIRECTOR = Position("director", "office", "Förvaltningschef", "management")


def organisation(**parts):
    return Organisation(
        parties=(Party("town", "Kommunen", "municipality"),),
        units=parts.pop("units", (SCHOOL, OFFICE)),
        persons=tuple(Person(name, name.title(), name) for name in ("anna", "bo", "cia", "dag")),
        positions=parts.pop("positions", (HEAD, TEACHER, DIRECTOR)),
        assignments=parts.pop("assignments", (Assignment("head", "anna"), Assignment("teacher", "bo"), Assignment("director", "dag"))),
        **parts,
    )


def local(day, hour=0, minute=0, second=0):
    return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=STOCKHOLM).astimezone(UTC)


DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31)) | st.sampled_from(
    [date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 24), date(2026, 10, 25), date(2028, 2, 29), date(2026, 12, 31)]
)


@given(DAYS, st.integers(0, 400))
def test_a_deputy_has_the_managers_work_from_the_first_day_to_the_last_and_not_a_second_longer(first, length):
    last = first + timedelta(days=length)
    staffed = organisation(deputyships=(Deputy("head", "cia", Period(first, last)),))
    begins, ends = local(first), local(last + timedelta(days=1))
    second = timedelta(seconds=1)

    seen = {moment: queues_of("cia", staffed, moment).get("position:head") for moment in (begins - second, begins, ends - second, ends)}

    assert seen == {begins - second: None, begins: "anna", ends - second: "anna", ends: None}


@given(DAYS, DAYS, st.integers(0, 86_399))
def test_a_period_covers_a_moment_when_the_swedish_calendar_says_so(one, other, seconds):
    first, last = min(one, other), max(one, other)
    moment = local(one) + timedelta(seconds=seconds)

    covered = Period(first, last).covers(moment)

    assert covered == (first <= moment.astimezone(STOCKHOLM).date() <= last)


def test_a_deputy_gets_the_posts_unit_and_groups_too_but_never_the_holders_own_queue():
    staffed = organisation(
        deputyships=(Deputy("head", "cia"),),
        groups=(SteeringGroup("steering", "jamtbus", "Styrgruppen"),),
        members=(Member("steering", position="head"),),
    )

    queues = queues_of("cia", staffed, NOON)

    assert queues == {"person:cia": None, "position:head": "anna", "unit:school": "anna", "group:steering": "anna"}


def test_ones_own_right_goes_before_standing_in():
    staffed = organisation(deputyships=(Deputy("head", "bo"),))

    queues = queues_of("bo", staffed, NOON)

    assert queues["unit:school"] is None
    assert queues["position:head"] == "anna"


def test_a_deputy_for_an_empty_post_acts_for_the_post():
    staffed = organisation(assignments=(), deputyships=(Deputy("head", "cia"),))

    queues = queues_of("cia", staffed, NOON)

    assert queues["position:head"] == "position:head"


def test_a_limited_deputy_has_the_queue_only_for_the_purposes_named():
    staffed = organisation(deputyships=(Deputy("head", "cia", scope=frozenset({"deviation"})),))

    assert "position:head" in queues_of("cia", staffed, NOON, "deviation")
    assert "position:head" not in queues_of("cia", staffed, NOON, "case")
    assert "position:head" not in queues_of("cia", staffed, NOON)


def test_a_delegate_decides_while_the_manager_stays_in_office():
    staffed = organisation(delegations=(Delegation("head", "bo", Period(NOON.date(), NOON.date())),))

    assert queues_of("bo", staffed, NOON)["position:head"] == "anna"
    assert queues_of("anna", staffed, NOON)["position:head"] is None
    assert "position:head" not in queues_of("bo", staffed, NOON + timedelta(days=1))
    assert staffed.acting("head", NOON) == ("anna",)


def test_a_process_owner_has_the_queues_of_the_agreements_that_the_post_answers_for_and_of_no_other():
    owner = Position("owner", "office", "Processägare", "process_owner", agreements=("jamtbus", "norrtalje"))
    other = Position("other", "office", "Processägare", "process_owner", agreements=("arjeplog",))
    staffed = organisation(positions=(HEAD, TEACHER, DIRECTOR, owner, other), assignments=(Assignment("owner", "dag"), Assignment("other", "anna")))

    own = queues_of("dag", staffed, NOON)

    assert own[process_owner_of("jamtbus")] is own[process_owner_of("norrtalje")] is None
    assert process_owner_of("arjeplog") not in own
    assert [staffed.takers(process_owner_of(agreement), NOON) for agreement in ("norrtalje", "arjeplog", "gotland")] == [("dag",), ("anna",), ()]
    assert staffed.process_owners(NOON) == ("anna", "dag")


def test_a_closed_unit_an_abolished_post_and_an_ended_assignment_give_no_queue():
    before = Period(last=date(2026, 3, 1))
    closed = organisation(units=(Unit("school", "town", "Skolan", "school", valid=before), OFFICE))
    abolished = organisation(positions=(Position("head", "school", "Rektor", "manager", valid=before),))
    ended = organisation(assignments=(Assignment("head", "anna", before),))

    assert "unit:school" not in queues_of("anna", closed, NOON)
    assert queues_of("anna", abolished, NOON) == {"person:anna": None}
    assert queues_of("anna", ended, NOON) == {"person:anna": None}


def test_the_line_climbs_from_the_units_manager_to_the_top():
    staffed = organisation()

    assert [post.id for post in staffed.line("school", NOON)] == ["head", "director"]
    assert [post.id for post in staffed.line_of_person("bo", "school", NOON)] == ["head", "director"]
    assert [post.id for post in staffed.line_of_person("anna", "school", NOON)] == ["director"]
    assert staffed.is_manager_in_line("dag", "school", NOON)
    assert not staffed.is_manager_in_line("bo", "school", NOON)


def test_an_assistant_manager_is_nearer_than_the_manager_of_the_same_unit():
    assistant = Position("assistant", "school", "Biträdande rektor", "manager", "head")

    staffed = organisation(positions=(HEAD, assistant, TEACHER, DIRECTOR))

    assert [post.id for post in staffed.line("school", NOON)] == ["assistant", "head", "director"]


def test_posts_that_report_to_each_other_in_a_ring_end_the_line():
    ring = (Position("a", "school", "A", "manager", "b"), Position("b", "office", "B", "manager", "a"))

    staffed = organisation(positions=ring)

    assert [post.id for post in staffed.line("school", NOON)] == ["a", "b"]


def test_staff_and_members_are_those_of_the_day():
    staffed = organisation(
        assignments=(Assignment("head", "anna"), Assignment("teacher", "bo", Period(date(2026, 3, 3)))),
        groups=(SteeringGroup("steering", "jamtbus", "Styrgruppen"),),
        members=(Member("steering", position="head", role="chair"), Member("steering", person="dag", valid=Period(last=date(2026, 3, 1)))),
    )

    assert staffed.staff_of("school", NOON) == ("anna",)
    assert staffed.staff_of("school", NOON + timedelta(days=1)) == ("anna", "bo")
    assert staffed.members_of("steering", NOON) == ("anna",)


def test_whoever_stands_in_leads_the_units_below_the_post_and_for_the_purposes_of_the_deputyship_only():
    staffed = organisation(deputyships=(Deputy("director", "cia", scope=frozenset({"deviation"})), Deputy("teacher", "dag")))

    assert [post.id for post in staffed.led_by("cia", NOON, "deviation")] == ["director"]
    assert staffed.led_by("cia", NOON) == ()
    assert [post.id for post in staffed.led_by("dag", NOON)] == ["director"]
    assert staffed.led_by("bo", NOON) == ()
    for person in ("anna", "bo", "cia", "dag"):
        for purpose in (None, "case", "deviation"):
            one_by_one = {unit.id for unit in staffed.units if staffed.is_manager_in_line(person, unit.id, NOON, purpose)}
            assert staffed.units_led_by(person, NOON, purpose) == one_by_one
    assert staffed.units_led_by("cia", NOON, "deviation") == {"school", "office"}
