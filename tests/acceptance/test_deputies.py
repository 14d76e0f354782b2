"""Acceptance point 11: a deputy gets a manager's work from the first day to the last and not a second longer; the history says for whom."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from engine.clock import STOCKHOLM
from engine.services import access, cases, history, tasks
from engine.services.people import touch_organisation
from engine.storage.tables import Delegation, Deputy

SECOND = timedelta(seconds=1)
CALL = {"decision": "call", "reason": "Flera behövs"}
CHANGES = {
    "spring": (date(2026, 3, 28), date(2026, 3, 29), timedelta(hours=47)),
    "autumn": (date(2026, 10, 24), date(2026, 10, 25), timedelta(hours=49)),
    "a single day of 23 hours": (date(2026, 3, 29), date(2026, 3, 29), timedelta(hours=23)),
}
"""First day, last day, and how long that is where a night between has an hour less or more."""


def midnight(day):
    """The first second of a Swedish day."""
    return datetime.combine(day, time(), STOCKHOLM).astimezone(UTC)


def appoint(town, table, unit, person, first=None, last=None, scope=()):
    """Let a person stand in for, or decide instead of, whoever leads a unit."""
    (post, *_) = town.organisation.line(unit, town.clock.now())
    with town.runtime.database.writing() as session:
        session.add(table(position_id=post.id, person_id=person, valid_from=first, valid_to=last, scope=list(scope)))
        touch_organisation(session)
    town.look_again()


def to_the_manager(town, agreement):
    """Take a case to the decision of the manager; return it with the work item and the manager."""
    sip = town.start(agreement)
    sip.register()
    return sip, sip.only("decide_call"), town.leader(sip.unit)


def somebody_else(town, agreement):
    """Return somebody who has nothing to do with the school."""
    return town.colleague(town.unit(agreement, "social_authority"))


def sees(town, person, item):
    return item.id in {entry.id for entry in tasks.inbox(town.runtime, person)}


def ways_in(town, person, item):
    """Everything that one may try to do with a work item."""
    return (
        lambda: tasks.show(town.runtime, person, item.id),
        lambda: tasks.claim(town.runtime, person, item.id),
        lambda: tasks.save_draft(town.runtime, person, item.id, CALL),
        lambda: tasks.delegate(town.runtime, person, item.id, person),
        lambda: tasks.complete(town.runtime, person, item.id, CALL),
    )


def is_shut_out(town, person, sip, item):
    """Whether the item and the case are closed to a person by every way."""
    assert not sees(town, person, item)
    for attempt in ways_in(town, person, item):
        with pytest.raises(access.NotYours):
            attempt()
    with pytest.raises(access.NoSuchCase):
        cases.show(town.runtime, person, sip.reference)
    return True


@pytest.mark.parametrize("change", CHANGES)
def test_a_deputy_has_the_work_from_the_first_second_of_the_first_day_to_the_last_of_the_last(town, change):
    first, last, lasts = CHANGES[change]
    begins, ends = midnight(first), midnight(last + timedelta(days=1))
    assert ends - begins == lasts
    sip, item, manager = to_the_manager(town, "jamtbus")
    deputy = somebody_else(town, "jamtbus")
    appoint(town, Deputy, sip.unit, deputy, first, last)

    town.clock.move_to(begins - SECOND)
    assert is_shut_out(town, deputy, sip, item)

    town.clock.move_to(begins)
    assert sees(town, deputy, item)
    assert tasks.show(town.runtime, deputy, item.id).entry.for_whom == manager
    assert cases.show(town.runtime, deputy, sip.reference).reference == sip.reference
    tasks.claim(town.runtime, deputy, item.id)
    assert not sees(town, manager, item), "whoever has claimed it has it alone"

    town.clock.move_to(ends - SECOND)
    assert sees(town, deputy, item)
    tasks.save_draft(town.runtime, deputy, item.id, {"reason": "Jag hann inte"})

    town.clock.move_to(ends)
    assert is_shut_out(town, deputy, sip, item)
    assert sees(town, manager, item), "what the deputy held comes back"
    assert tasks.show(town.runtime, manager, item.id).values == {"reason": "Jag hann inte"}
    tasks.complete(town.runtime, manager, item.id, CALL)


@pytest.mark.parametrize("moment", ["first second", "last second"])
def test_a_deputy_completes_in_the_managers_place_and_the_history_says_for_whom(town, moment):
    first, last, _ = CHANGES["spring"]
    sip, item, manager = to_the_manager(town, "jamtbus")
    deputy = somebody_else(town, "jamtbus")
    appoint(town, Deputy, sip.unit, deputy, first, last)
    town.clock.move_to(midnight(first) if moment == "first second" else midnight(last + timedelta(days=1)) - SECOND)

    tasks.claim(town.runtime, deputy, item.id)
    tasks.complete(town.runtime, deputy, item.id, CALL)

    rows = [row for row in history.of_case(town.runtime, sip.initiator, sip.reference) if row.element == "decide_call"]
    done = {row.kind: (row.by, row.for_whom) for row in rows if row.kind in ("claimed", "completed")}
    assert done == {"claimed": (deputy, manager), "completed": (deputy, manager)}
    assert sip.waits_for == {"select_actors"}


def test_a_case_that_a_deputy_may_not_see_any_more_stays_with_the_manager(town):
    sip, item, manager = to_the_manager(town, "jamtbus")
    deputy = somebody_else(town, "jamtbus")
    appoint(town, Deputy, sip.unit, deputy, date(2026, 3, 2), date(2026, 3, 2))
    tasks.complete(town.runtime, deputy, item.id, CALL)

    town.clock.move_to(midnight(date(2026, 3, 3)))

    with pytest.raises(access.NoSuchCase):
        cases.show(town.runtime, deputy, sip.reference)
    with pytest.raises(access.NoSuchCase):
        history.of_case(town.runtime, deputy, sip.reference)
    assert cases.show(town.runtime, manager, sip.reference).reference == sip.reference


def test_a_deputyship_for_deviations_gives_no_other_work(town):
    sip, item, manager = to_the_manager(town, "jamtbus")
    deputy = somebody_else(town, "jamtbus")
    appoint(town, Deputy, sip.unit, deputy, scope=["deviation"])
    report = town.deviate("jamtbus")
    assert report.unit == sip.unit
    report.report()

    assert is_shut_out(town, deputy, sip, item)

    act = report.only("act_level_1")
    assert sees(town, deputy, act)
    assert sees(town, manager, item)
    assert sees(town, manager, act)
    tasks.complete(town.runtime, deputy, act.id, {"way": "act", "decided_action": "Vi ringer.", "reason": "Det är enkelt."})
    (done,) = [row for row in report.told() if row.kind == "completed" and row.element == "act_level_1"]
    assert (done.by, done.for_whom) == (deputy, manager)


def test_a_deputyship_for_cases_gives_no_deviations(town):
    sip, item, _ = to_the_manager(town, "jamtbus")
    deputy = somebody_else(town, "jamtbus")
    appoint(town, Deputy, sip.unit, deputy, scope=["case"])
    report = town.deviate("jamtbus")
    report.report()

    act = report.only("act_level_1")

    assert sees(town, deputy, item)
    assert not sees(town, deputy, act)
    for attempt in ways_in(town, deputy, act):
        with pytest.raises(access.NotYours):
            attempt()


@pytest.mark.parametrize(("agreement", "rule"), [("gotland", "000-3"), ("arjeplog", "003-1")])
def test_a_manager_may_appoint_somebody_who_decides_about_calls(town, agreement, rule):
    """000-1, 000-3, 003-1: the manager, or somebody whom the manager has appointed; within the days and the scope of the delegation."""
    sip, item, manager = to_the_manager(town, agreement)
    appointed = somebody_else(town, agreement)
    appoint(town, Delegation, sip.unit, appointed, date(2026, 3, 3), date(2026, 3, 31), ["case"])
    assert is_shut_out(town, appointed, sip, item)

    town.clock.move_to(midnight(date(2026, 3, 3)))
    assert sees(town, manager, item), "a delegation takes nothing from the manager"
    tasks.complete(town.runtime, appointed, item.id, CALL)

    (done,) = [row for row in sip.told() if row.kind == "completed" and row.element == "decide_call"]
    assert (done.by, done.for_whom) == (appointed, manager)
    assert rule in done.rules


@pytest.mark.parametrize("agreement", ["gotland", "arjeplog"])
def test_a_manager_may_hand_one_decision_to_somebody_and_take_it_back(town, agreement):
    """000-1, 003-1: one decision delegated; the history says who handed it to whom and for whom it was made."""
    sip, item, manager = to_the_manager(town, agreement)
    chosen = somebody_else(town, agreement)
    assert is_shut_out(town, chosen, sip, item)

    tasks.delegate(town.runtime, manager, item.id, chosen)
    assert not sees(town, manager, item)
    tasks.take_back(town.runtime, manager, item.id)
    assert not sees(town, chosen, item)
    tasks.delegate(town.runtime, manager, item.id, chosen)
    tasks.complete(town.runtime, chosen, item.id, CALL)

    told = [(row.kind, row.by, row.for_whom, row.details.get("to")) for row in sip.told() if row.element == "decide_call"]
    assert ("delegated", manager, None, chosen) in told
    assert ("taken back", manager, None, None) in told
    assert ("completed", chosen, manager, None) in told
