from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.facts.organisation import (
    Assignment,
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
)
from engine.facts.roles import CASE_ROLES, Circumstances, Participant, RoleUnknown, levels, resolve

AT = datetime(2026, 3, 2, 11, tzinfo=UTC)
YESTERDAY = Period(last=AT.date().replace(day=1))
MANAGERS = ("nearest_manager", "next_manager", "management_level")


def organisation(**changes):
    parts = {
        "parties": (Party("town", "Kommunen", "municipality"), Party("region", "Regionen", "region")),
        "units": (
            Unit("school", "town", "Norrskolan", "school"),
            Unit("area", "town", "Rektorsområdet", "school_area"),
            Unit("office", "town", "Förvaltningen", "management"),
            Unit("clinic", "region", "Kliniken", "bup"),
        ),
        "persons": (*tuple(Person(name, name.title(), name) for name in ("anna", "bo", "cia", "dag", "eva")), Person("guardian", "Gun", None)),
        "positions": (
            Position("teacher", "school", "Lärare", "staff", "head"),
            Position("head", "school", "Rektor", "manager", "area_head"),
            Position("area_head", "area", "Områdeschef", "manager", "director"),
            Position("director", "office", "Förvaltningschef", "management"),
        ),
        "assignments": (
            Assignment("teacher", "bo"),
            Assignment("head", "anna"),
            Assignment("area_head", "cia"),
            Assignment("director", "dag"),
        ),
    }
    return Organisation(**(parts | changes))


def circumstances(staffed=None, **changes):
    fields = {
        "at": AT,
        "organisation": staffed or organisation(),
        "agreement": "jamtbus",
        "initiator": "bo",
        "initiator_unit": "school",
    }
    return Circumstances(**(fields | changes))


def test_the_three_levels_climb_the_line_of_the_initiators_unit():
    here = circumstances()

    assert [resolve(role, here).queue for role in MANAGERS] == ["position:head", "position:area_head", "position:director"]
    assert levels(here) == 3


def test_a_task_may_say_which_level_of_managers_it_means():
    found = [resolve("next_manager", circumstances(level=level)) for level in (1, 2, 3, 4)]

    assert [one.queue for one in found] == ["position:head", "position:area_head", "position:director", "process_owner:jamtbus"]
    assert "Chefsnivå 3" in found[2].sv
    assert found[3].missing


def test_managers_are_those_of_the_tasks_unit_when_it_has_one():
    here = circumstances(unit="area")

    assert [resolve(role, here).queue for role in MANAGERS[:2]] == ["position:area_head", "position:director"]


def test_a_vacant_post_without_deputy_is_skipped_upward_and_said():
    staffed = organisation(assignments=(Assignment("teacher", "bo"), Assignment("area_head", "cia"), Assignment("director", "dag")))

    found = resolve("nearest_manager", circumstances(staffed))

    assert found.queue == "position:area_head"
    assert [(skip.position, skip.reason) for skip in found.skipped] == [("head", "vacant")]
    assert "Rektor, Norrskolan hoppades över: tjänsten är vakant" in found.sv
    assert resolve("next_manager", circumstances(staffed)).queue == "position:director"


def test_a_deputy_fills_a_vacant_post():
    staffed = organisation(assignments=(Assignment("head", "anna", YESTERDAY), Assignment("area_head", "cia")), deputyships=(Deputy("head", "eva"),))

    assert resolve("nearest_manager", circumstances(staffed)).queue == "position:head"


def test_a_manager_whom_the_deviation_concerns_is_skipped():
    here = circumstances(purpose="deviation", concerned=frozenset({"anna"}))

    found = resolve("nearest_manager", here)

    assert found.queue == "position:area_head"
    assert found.skipped[0].reason == "concerned"


def test_the_reporter_is_never_the_second_signature_003_19():
    here = circumstances(initiator="anna", purpose="deviation", barred=frozenset({"anna"}))

    found = resolve("nearest_manager", here)

    assert found.queue == "position:area_head"
    assert found.skipped[0].reason == "barred"


def test_the_reporter_is_not_the_second_signature_as_a_deputy_either_003_19():
    staffed = organisation(deputyships=(Deputy("head", "bo"),))

    found = resolve("nearest_manager", circumstances(staffed, purpose="deviation", barred=frozenset({"bo"})))

    assert found.queue == "position:area_head"


def test_where_nobody_is_left_the_process_owner_gets_it_with_the_reason():
    found = resolve("nearest_manager", circumstances(organisation(assignments=())))

    assert found.queue == process_owner_of("jamtbus")
    assert found.missing
    assert "Ingen chef kan ta uppgiften för Norrskolan." in found.sv
    assert len(found.skipped) == 3


def test_above_the_top_there_is_no_next_manager():
    found = resolve("next_manager", circumstances(unit="office"))

    assert (found.queue, found.missing) == (process_owner_of("jamtbus"), True)


def test_a_unit_kind_that_the_agreement_gives_no_route_is_the_process_owners_003_22():
    routed = frozenset({"social_authority", "primary_care"})

    gap = resolve("nearest_manager", circumstances(unit="school", purpose="deviation", routed_kinds=routed))
    signature = resolve("nearest_manager", circumstances(purpose="deviation", routed_kinds=routed))

    assert (gap.queue, gap.missing) == (process_owner_of("jamtbus"), True)
    assert "Norrskolan" in gap.sv
    assert signature.queue == "position:head"


def test_an_invited_unit_gets_it_in_its_own_queue_and_without_staff_its_managers_do():
    staffed = resolve("invited_unit", circumstances(unit="school"))
    unstaffed = resolve("invited_unit", circumstances(organisation(assignments=(Assignment("area_head", "cia"),)), unit="school"))
    nobody = resolve("invited_unit", circumstances(unit="clinic"))

    assert staffed.queue == "unit:school"
    assert unstaffed.queue == "position:area_head"
    assert (nobody.queue, nobody.missing) == (process_owner_of("jamtbus"), True)


def test_a_concerned_unit_is_the_tasks_own_else_the_deviations():
    assert resolve("concerned_unit", circumstances(concerned_unit="area")).queue == "unit:area"
    assert resolve("concerned_unit", circumstances(concerned_unit="area", unit="office")).queue == "unit:office"
    assert resolve("concerned_unit", circumstances()).queue == process_owner_of("jamtbus")


@pytest.mark.parametrize(
    ("leader", "queue"),
    [("inviting_unit", "unit:school"), ("initiating_actor", "person:bo"), ("chosen", "person:bo"), (None, "person:bo")],
)
def test_the_agreement_says_who_leads_while_nobody_is_chosen_000_10_001_4(leader, queue):
    assert resolve("chair", circumstances(leader=leader)).queue == queue


def test_a_chosen_chair_goes_before_the_agreements():
    chosen = Participant("staff", person="cia", role="chair")

    assert resolve("chair", circumstances(participants=(chosen,), leader="inviting_unit")).queue == "person:cia"


def test_without_a_coordinator_the_nearest_manager_has_it():
    chosen = Participant("staff", person="cia", role="coordinator")
    gone = Participant("staff", person="cia", role="coordinator", active=False)

    assert resolve("coordinator", circumstances(participants=(chosen,))).queue == "person:cia"
    assert resolve("coordinator", circumstances(participants=(gone,))).queue == "position:head"


def test_a_guardian_who_logs_in_does_it_themselves():
    mother = Participant("guardian", person="eva", name="Eva")

    assert resolve("guardian", circumstances(participants=(mother,))).queue == "person:eva"
    assert resolve("guardian", circumstances(person="eva")).queue == "person:eva"


def test_for_a_guardian_without_login_the_coordinator_else_the_initiator_does_it_and_it_is_said():
    father = Participant("guardian", person="guardian", name="Gun Berg")
    coordinator = Participant("staff", person="cia", role="coordinator")

    with_coordinator = resolve("guardian", circumstances(person="guardian", participants=(father, coordinator)))
    without = resolve("guardian", circumstances(participants=(father,)))

    assert (with_coordinator.queue, with_coordinator.on_behalf_of) == ("person:cia", "Gun Berg")
    assert without.queue == "person:bo"
    assert "För Gun Berg, som inte loggar in själv." in without.sv


def test_two_guardians_and_no_person_named_never_becomes_one_of_them_by_chance():
    both = (Participant("guardian", person="eva", name="Eva"), Participant("guardian", person="anna", name="Anna"))

    assert resolve("guardian", circumstances(participants=both)).queue == "person:bo"


def test_the_steering_group_is_the_agreements_only_one():
    groups = (SteeringGroup("steering", "jamtbus", "Styrgruppen"), SteeringGroup("other", "arjeplog", "En annan"))
    staffed = organisation(groups=groups, members=(Member("steering", position="director", role="chair"),))

    found = resolve("steering_group", circumstances(staffed))

    assert found.queue == "group:steering"
    assert "Ordförande: Förvaltningschef, Förvaltningen." in found.sv


def test_of_several_steering_groups_the_one_with_the_units_party_is_meant_else_the_process_owner_chooses():
    groups = (SteeringGroup("one", "jamtbus", "Ettan"), SteeringGroup("two", "jamtbus", "Tvåan"))
    apart = organisation(groups=groups, members=(Member("two", position="director"),))
    unclear = organisation(groups=groups, members=(Member("one", position="director"), Member("two", position="director")))

    assert resolve("steering_group", circumstances(apart)).queue == "group:two"
    assert resolve("steering_group", circumstances(unclear)).queue == process_owner_of("jamtbus")


def test_an_empty_or_missing_steering_group_is_a_missing_route():
    empty = organisation(groups=(SteeringGroup("steering", "jamtbus", "Styrgruppen"),))

    assert resolve("steering_group", circumstances(empty)).missing
    assert resolve("steering_group", circumstances()).missing


def test_a_steering_group_in_which_all_are_concerned_is_a_missing_route():
    groups = (SteeringGroup("steering", "jamtbus", "Styrgruppen"),)
    staffed = organisation(groups=groups, members=(Member("steering", position="director"),))

    found = resolve("steering_group", circumstances(staffed, purpose="deviation", concerned=frozenset({"dag"})))

    assert (found.queue, found.missing) == (process_owner_of("jamtbus"), True)


def test_work_of_an_initiator_who_left_goes_to_their_manager():
    left = organisation(persons=(Person("bo", "Bo", "bo", valid=YESTERDAY),))

    assert resolve("initiator", circumstances(left)).queue == "position:head"
    assert resolve("initiator", circumstances()).queue == "person:bo"


def test_a_role_that_is_not_in_the_list_is_refused_by_name():
    with pytest.raises(RoleUnknown, match="headmaster"):
        resolve("headmaster", circumstances())


PEOPLE = ("p0", "p1", "p2", "p3", "p4")
UNITS = ("u0", "u1", "u2")
POSTS = ("a", "b", "c", "d", "e", "f")


@st.composite
def organisations(draw):
    periods = st.sampled_from([Period(), YESTERDAY, Period(AT.date(), AT.date())])
    people = st.sampled_from(PEOPLE)
    posts = st.sampled_from(POSTS)
    return Organisation(
        units=tuple(Unit(unit, "town", unit, "school", valid=draw(periods)) for unit in UNITS),
        persons=tuple(Person(person, person, draw(st.sampled_from([None, person]))) for person in PEOPLE),
        positions=tuple(
            Position(
                post,
                draw(st.sampled_from(UNITS)),
                post.upper(),
                draw(st.sampled_from(["staff", "manager", "management"])),
                draw(st.none() | posts),
                draw(periods),
            )
            for post in POSTS
        ),
        assignments=tuple(Assignment(*pair) for pair in draw(st.lists(st.tuples(posts, people, periods), max_size=8))),
        deputyships=tuple(Deputy(*pair) for pair in draw(st.lists(st.tuples(posts, people, periods), max_size=4))),
    )


@given(
    organisations(),
    st.sampled_from(UNITS),
    st.frozensets(st.sampled_from(PEOPLE), max_size=2),
    st.frozensets(st.sampled_from(PEOPLE), max_size=1),
    st.sampled_from(["case", "deviation"]),
)
def test_in_any_organisation_every_role_ends_somewhere_that_works_and_managers_climb(staffed, unit, concerned, barred, purpose):
    here = circumstances(staffed, initiator="p0", initiator_unit=unit, concerned=concerned, barred=barred, purpose=purpose)

    found = {role: resolve(role, here) for role in CASE_ROLES}

    line = [f"position:{post.id}" for post in staffed.line(unit, AT)]
    for resolution in found.values():
        kind, _, name = resolution.queue.partition(":")
        assert kind != "position" or staffed.acting(name, AT, purpose)
        assert resolution.missing <= (resolution.queue == process_owner_of("jamtbus"))
        assert resolution.sv
        assert resolution.en
    climbed = [line.index(found[role].queue) for role in MANAGERS[:2] if not found[role].missing]
    assert climbed == sorted(set(climbed))
    for role in MANAGERS:
        _, _, post = found[role].queue.partition(":")
        if not found[role].missing:
            assert not set(staffed.acting(post, AT, purpose)) & (concerned | barred)
            assert all(line.index(f"position:{skip.position}") < line.index(found[role].queue) for skip in found[role].skipped)
    if not found["management_level"].missing:
        assert line.index(found["management_level"].queue) >= climbed[0]
