"""What the agreements' documents say, what they leave open, and what a local decision may do about it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from engine.clock import STOCKHOLM
from engine.execution import load_files
from engine.facts.agreements import RULE_ID
from engine.facts.calendar import in_words
from engine.facts.policy import PolicyMalformed, PolicyUnset
from engine.services import agreements
from tests.agreements.conftest import DAY, table_files
from tests.agreements.test_documents import AGREEMENTS, document_of, plain

DMN = "{https://www.omg.org/spec/DMN/20191111/MODEL/}"

SAID = {
    "gotland": {
        "age_max": (18, "000"),
        "meeting_max_days": (30, "000-6"),
        "call_min_days": (21, "000-6"),
        "leader": ("inviting_unit", "000-10"),
        "manager_decision": ("decides", "000-3"),
        "consent_giver": ("child_or_guardian", "000-5"),
        "consent_form": ("written", "000-5"),
        "attendance": ("prioritise", "000-9"),
        "plan_type": ("sip", "000-21"),
        "coordinator": ("meeting_appoints", "000-13"),
        "follow_up": ("meeting_or_phone", "000-14"),
        "first_follow_up_date": ("required", "000-14"),
        "deviation_top": ("steering_group", "000-15"),
        "private_providers": ("offered", "000-20"),
    },
    "ostra_norrbotten": {
        "meeting_max_days": (14, "001-4"),
        "leader": ("initiating_actor", "001-4"),
        "manager_decision": ("ensures_contact", "001-3"),
        "consent_giver": ("those_concerned", "001-14"),
        "attendance": ("must_come", "001-5"),
        "plan_type": ("sip", "001-6"),
        "plan_copies": ("at_meeting", "001-6"),
        "coordinator": ("required", "001-7"),
        "follow_up": ("meeting", "001-15"),
        "deviation_top": ("steering_group", "001-9"),
        "steering_per_year": (2, "001-9"),
    },
    "jamtbus": {
        "age_max": (20, "002"),
        "attendance": ("prioritise_if_active", "002-6"),
        "plan_type": ("sip", "002-20"),
        "deviation_lift": (["next_manager", "dialogue"], "002-15"),
        "dispute_cost": ("line_then_managements", "002-14"),
        "private_providers": ("bound", "002-1"),
        "doc_review": ("annual", "002-16"),
    },
    "arjeplog": {
        "meeting_max_days": (14, "003-2"),
        "manager_decision": ("decides", "003-1"),
        "consent_giver": ("guardian", "003-3"),
        "consent_form": ("written", "003-3"),
        "attendance": ("prioritise", "003-2"),
        "plan_type": ("joint_plan", "003-5"),
        "plan_signature": ("required", "003-5"),
        "coordinator": ("required", "003-5"),
        "follow_up": ("meeting", "003-20"),
        "first_follow_up_date": ("required", "003-20"),
        "deviation_signatures": (2, "003-19"),
        "deviation_copy": ("concerned_unit", "003-9"),
        "deviation_analysis": ("joint", "003-10"),
        "deviation_top": ("management_level", "003-10"),
        "dispute_responsibility": ("steering_group", "003-12"),
        "dispute_cost": ("steering_group", "003-6"),
        "steering_per_year": (2, "003-14"),
        "group_level_per_term": (1, "003-14"),
        "doc_review": ("annual", "003-17"),
    },
    "norrtalje": {"political_per_year": (1, "004-4")},
}
"""The table "Conflicts -> the policy tables" of the requirements: the values, and the rule that says so."""

KEYS = frozenset(key for said in SAID.values() for key in said) | {
    "age_max_included",
    "clock_start",
    "day_kind",
    "guardians_needed",
    "absence",
    "deviation_days_1",
    "deviation_days_2",
    "deviation_days_3",
}
"""Every key of docs/house.md."""

NEVER_SAID = {
    "absence",
    "age_max_included",
    "clock_start",
    "day_kind",
    "deviation_days_1",
    "deviation_days_2",
    "deviation_days_3",
    "guardians_needed",
}
OPEN = {
    "gotland": {
        "deviation_analysis",
        "deviation_copy",
        "deviation_lift",
        "deviation_signatures",
        "dispute_cost",
        "dispute_responsibility",
        "doc_review",
        "group_level_per_term",
        "plan_copies",
        "plan_signature",
        "political_per_year",
        "steering_per_year",
    },
    "ostra_norrbotten": {
        "age_max",
        "call_min_days",
        "consent_form",
        "deviation_analysis",
        "deviation_copy",
        "deviation_lift",
        "deviation_signatures",
        "dispute_cost",
        "dispute_responsibility",
        "doc_review",
        "first_follow_up_date",
        "group_level_per_term",
        "plan_signature",
        "political_per_year",
        "private_providers",
    },
    "jamtbus": {
        "call_min_days",
        "consent_form",
        "consent_giver",
        "coordinator",
        "deviation_analysis",
        "deviation_copy",
        "deviation_signatures",
        "deviation_top",
        "dispute_responsibility",
        "first_follow_up_date",
        "follow_up",
        "group_level_per_term",
        "leader",
        "manager_decision",
        "meeting_max_days",
        "plan_copies",
        "plan_signature",
        "political_per_year",
        "steering_per_year",
    },
    "arjeplog": {"age_max", "call_min_days", "deviation_lift", "leader", "plan_copies", "political_per_year", "private_providers"},
    "norrtalje": {
        "age_max",
        "attendance",
        "call_min_days",
        "consent_form",
        "consent_giver",
        "coordinator",
        "deviation_analysis",
        "deviation_copy",
        "deviation_lift",
        "deviation_signatures",
        "deviation_top",
        "dispute_cost",
        "dispute_responsibility",
        "doc_review",
        "first_follow_up_date",
        "follow_up",
        "group_level_per_term",
        "leader",
        "manager_decision",
        "meeting_max_days",
        "plan_copies",
        "plan_signature",
        "plan_type",
        "private_providers",
        "steering_per_year",
    },
}
"""What each document leaves to a local decision, beside what none of the five says."""

ALL = list(SAID)
SAID_ROWS = [(agreement, key) for agreement, said in SAID.items() for key in said]


@pytest.mark.parametrize(("agreement", "key"), SAID_ROWS, ids=["-".join(row) for row in SAID_ROWS])
def test_the_document_says(shipped, agreement, key):
    entry = agreements.policy(shipped, agreement, DAY).entries[key]

    assert (entry.value, entry.rule) == SAID[agreement][key]
    assert entry.source == "document"
    assert not entry.no_rule


@pytest.mark.parametrize("agreement", ALL)
def test_the_document_says_nothing_else(shipped, agreement):
    assert set(agreements.policy(shipped, agreement, DAY).entries) == set(SAID[agreement])


@pytest.mark.parametrize("agreement", ALL)
def test_without_local_decisions_exactly_the_open_values_are_unset(shipped, agreement):
    unset = agreements.unset_values(shipped, agreement, DAY, KEYS)

    assert set(unset) == OPEN[agreement] | NEVER_SAID
    assert list(unset) == sorted(unset)


@pytest.mark.parametrize("agreement", ALL)
def test_the_demonstration_decides_everything_that_is_open_and_nothing_that_is_not(demonstration, agreement):
    held = agreements.policy(demonstration, agreement, DAY)
    local = {key for key, entry in held.entries.items() if entry.source == "local"}

    assert held.unset(KEYS) == ()
    assert local == OPEN[agreement] | NEVER_SAID
    assert held.overruled == ()


@pytest.mark.parametrize("agreement", ALL)
def test_the_demonstrations_decisions_are_marked_as_such(demonstration, agreement):
    local = [entry for entry in agreements.policy(demonstration, agreement, DAY).entries.values() if entry.source == "local"]

    assert {entry.who for entry in local} == {"Samspels demonstration"}
    assert all(entry.why and entry.decided_on for entry in local)


@pytest.mark.parametrize("agreement", ALL)
def test_a_proposal_is_followed_by_the_demonstration_and_never_counts_by_itself(shipped, demonstration, agreement):
    open_here = agreements.policy(shipped, agreement, DAY)
    decided = agreements.policy(demonstration, agreement, DAY)

    assert {"clock_start", "day_kind", "guardians_needed"} <= set(open_here.proposals)
    assert not set(open_here.proposals) & set(open_here.entries)
    assert {key: decided.entries[key].value for key in open_here.proposals} == {key: said.value for key, said in open_here.proposals.items()}


def test_each_deviation_level_has_ten_twenty_and_thirty_days_as_proposed(demonstration):
    held = agreements.policy(demonstration, "jamtbus", DAY).values

    assert [held[f"deviation_days_{level}"] for level in (1, 2, 3)] == [10, 20, 30]


@pytest.mark.parametrize(("agreement", "key"), SAID_ROWS, ids=["-".join(row) for row in SAID_ROWS])
def test_a_row_that_is_removed_leaves_its_value_open(agreement, key):
    release = _with_rows(lambda row: row.getparent().remove(row) if row.get("id") == f"policy_document_{agreement}_{key}" else None)

    assert agreements.policy(release, agreement, DAY).unset(SAID[agreement]) == (key,)


@pytest.mark.parametrize("agreement", AGREEMENTS.values(), ids=ALL)
def test_every_quote_of_the_tables_is_found_in_its_document(shipped, agreement):
    document = document_of(agreement)
    entries = agreements.policy(shipped, agreement.id, DAY).entries.values()

    assert not [entry.quote for entry in entries if plain(entry.quote) not in document]


def test_the_rules_that_the_tables_name_exist(shipped, demonstration):
    known = {rule.id for agreement in AGREEMENTS.values() for rule in agreement.rules}

    named = {
        entry.rule
        for release in (shipped, demonstration)
        for agreement in ALL
        for entry in agreements.policy(release, agreement, DAY).entries.values()
    }

    assert {rule for rule in named if rule and RULE_ID.fullmatch(rule)} <= known
    assert {rule for rule in named if rule and not RULE_ID.fullmatch(rule)} == {"000", "002"}


def test_a_change_takes_effect_from_its_day():
    release = _with_rows(_twenty_days_from_2027)

    before = agreements.policy(release, "gotland", date(2026, 12, 31)).values
    after = agreements.policy(release, "gotland", date(2027, 1, 1)).values

    assert (before["meeting_max_days"], after["meeting_max_days"]) == (30, 20)
    assert agreements.policy(release, "arjeplog", date(2027, 1, 1)).values["meeting_max_days"] == 14


def test_a_local_decision_may_begin_on_a_day():
    files = table_files(overlay=True)
    root = etree.fromstring(files["policy/local.dmn"])
    (row,) = [row for row in root.iter(f"{DMN}rule") if row.get("id") == "policy_local_guardians_needed"]
    row.findall(f"{DMN}inputEntry/{DMN}text")[1].text = '>= date("2026-07-01")'
    release = load_files(files | {"policy/local.dmn": etree.tostring(root)})

    assert agreements.unset_values(release, "jamtbus", date(2026, 6, 30), KEYS) == ("guardians_needed",)
    assert agreements.unset_values(release, "jamtbus", date(2026, 7, 1), KEYS) == ()


def test_two_rows_that_hold_on_one_day_are_refused_by_key():
    def twice(row):
        if row.get("id") == "policy_document_gotland_meeting_max_days":
            row.addnext(_renamed(row, "again"))

    with pytest.raises(PolicyMalformed, match="meeting_max_days"):
        agreements.policy(_with_rows(twice), "gotland", DAY)


def test_a_local_decision_about_what_the_document_says_does_not_count():
    release = with_local("gotland", "meeting_max_days", "10")

    held = agreements.policy(release, "gotland", DAY)

    assert held.values["meeting_max_days"] == 30
    assert [entry.key for entry in held.overruled] == ["meeting_max_days"]


def test_a_local_decision_sets_what_is_open_and_says_who_when_and_why():
    release = with_local("jamtbus", "meeting_max_days", "10")

    entry = agreements.policy(release, "jamtbus", DAY).entries["meeting_max_days"]

    assert entry.value == 10
    assert entry.origin("sv") == "lokalt beslut 2026-02-01 av Barnarenan: vi vill mötas snart"


def test_a_local_decision_may_be_that_there_is_no_such_rule():
    release = with_local("jamtbus", "call_min_days", "null", status="no_rule")

    held = agreements.policy(release, "jamtbus", DAY)

    assert held.unset({"call_min_days"}) == ()
    assert held.values["call_min_days"] is None


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("meeting_max_day", "10", "finns inte i tabellen choices"),
        ("meeting_max_days", '"tio"', "möjligt är ett tal"),
        ("meeting_max_days", "-1", "möjligt är ett tal"),
        ("leader", '"rektor"', "möjligt är inviting_unit, initiating_actor, chosen"),
        ("clock_start", '"letter_sent"', "möjligt är need_registered, call_decided, consent_given"),
        ("age_max_included", '"ja"', "möjligt är sant eller falskt"),
        ("plan_signature", "true", "möjligt är required, not_required"),
    ],
)
def test_a_misspelt_decision_is_refused_with_what_is_possible(key, value, said):
    with pytest.raises(PolicyMalformed) as refused:
        agreements.policy(with_local("jamtbus", key, value), "jamtbus", DAY)

    assert refused.value.names["key"] == key
    assert said in refused.value.sentence("sv")


def test_several_ways_to_lift_are_chosen_among_those_that_there_are():
    chosen = agreements.policy(with_local("gotland", "deviation_lift", '["dialogue"]'), "gotland", DAY)

    assert chosen.values["deviation_lift"] == ["dialogue"]
    with pytest.raises(PolicyMalformed, match="deviation_lift"):
        agreements.policy(with_local("gotland", "deviation_lift", '["dialogue", "letter"]'), "gotland", DAY)


def test_the_choices_are_the_keys_of_the_house(shipped):
    rows = shipped.decisions.evaluate("choices", {"agreement": "gotland"})

    assert {row["key"] for row in rows} == KEYS
    assert all(row["meaning"] for row in rows)


def test_what_a_case_needs_and_nobody_has_said_is_refused_by_name(shipped):
    held = agreements.policy(shipped, "gotland", DAY)

    with pytest.raises(PolicyUnset) as refused:
        held.require({"meeting_max_days", "day_kind", "clock_start"})

    assert refused.value.unset == ("clock_start", "day_kind")
    assert "gotland" in refused.value.sentence("sv")
    assert "clock_start, day_kind" in refused.value.sentence("en")


@pytest.mark.parametrize(
    ("agreement", "days"),
    [("gotland", 30), ("ostra_norrbotten", 14), ("jamtbus", 21), ("arjeplog", 14), ("norrtalje", 21)],
)
def test_the_meeting_is_due_the_agreements_days_after_the_managers_decision(demonstration, agreement, days):
    decided = datetime(2026, 3, 2, 10, tzinfo=UTC)

    found = agreements.deadlines_of(demonstration, agreement, {"call_decided": decided}, DAY)

    assert found["meeting"].on == date(2026, 3, 2) + timedelta(days=days)
    assert found["deviation_level_1"] is None


STARTS = st.fixed_dictionaries(
    {
        name: st.datetimes(datetime(2026, 1, 1), datetime(2032, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is added
        for name in ("call_decided", "countersigned", "lifted_to_next", "lifted_to_management")
    }
)


@pytest.mark.parametrize("agreement", ALL)
@settings(max_examples=20, deadline=None)
@given(milestones=STARTS, on=st.dates(date(2026, 1, 1), date(2026, 1, 10)))
def test_every_due_date_of_every_agreement_explains_itself_and_its_days_are_right(demonstration, agreement, milestones, on):
    found = agreements.deadlines_of(demonstration, agreement, milestones, on)
    local_decision = "lokalt beslut 2026-01-01 av Samspels demonstration"

    assert {name for name, due in found.items() if due is None} <= {"call"}
    for due in filter(None, found.values()):
        said = due.sentence("sv", agreement)
        assert f"Senast {in_words(due.on)}" in said
        assert f"{due.days} kalenderdagar" in said
        assert in_words(due.start_on) in said
        for source in due.sources:
            assert (f"{source.rule}: ”{source.quote}”" if source.source == "document" else local_decision) in source.origin("sv")
            assert (source.rule if source.source == "document" else "lokalt beslut") in said
        assert (due.on - due.start_on).days == (-due.days if due.before else due.days)
        assert due.at.astimezone(STOCKHOLM).strftime("%Y-%m-%d %H:%M") == f"{due.on} 23:59"


def test_000_6_the_call_is_due_on_day_nine_and_after_it_both_limits_cannot_hold(demonstration):
    decided = datetime(2026, 3, 2, 10, tzinfo=UTC)

    found = agreements.deadlines_of(demonstration, "gotland", {"call_decided": decided}, DAY)

    assert found["call"].on == date(2026, 3, 11)
    (on_the_day,) = agreements.countdown(demonstration, "gotland", {"call_decided": decided}, datetime(2026, 3, 11, 12, tzinfo=UTC))
    assert "Senast 11 mars 2026" in on_the_day["sv"]
    (after,) = agreements.countdown(demonstration, "gotland", {"call_decided": decided}, datetime(2026, 3, 12, tzinfo=UTC))
    assert "Dag 9, 11 mars 2026, har passerat" in after["sv"]
    gone = {"call_decided": decided, "summons_sent": datetime(2026, 3, 5, tzinfo=UTC)}
    assert agreements.countdown(demonstration, "gotland", gone, datetime(2026, 3, 12, tzinfo=UTC)) == ()


@pytest.mark.parametrize(
    ("milestone", "name", "days"),
    [("countersigned", "deviation_level_1", 10), ("lifted_to_next", "deviation_level_2", 20), ("lifted_to_management", "deviation_level_3", 30)],
)
def test_each_level_of_a_deviation_has_its_own_days_from_when_it_came_there(demonstration, milestone, name, days):
    found = agreements.deadlines_of(demonstration, "jamtbus", {milestone: datetime(2026, 3, 2, 10, tzinfo=UTC)}, DAY)

    assert found[name].on == date(2026, 3, 2) + timedelta(days=days)
    assert [due for due in found if found[due]] == [name]


def test_a_clock_that_runs_keeps_the_days_of_the_day_on_which_it_started():
    release = _with_rows(_twenty_days_from_2027, overlay=True)

    def meeting(decided):
        return agreements.deadlines_of(release, "gotland", {"call_decided": decided}, date(2027, 1, 15))["meeting"]

    assert meeting(datetime(2026, 12, 31, 12, tzinfo=UTC)).days == 30
    assert meeting(datetime(2027, 1, 1, 12, tzinfo=UTC)).days == 20


def test_a_further_row_is_a_further_deadline():
    def further(row):
        if row.get("id") == "deadlines_meeting":
            copy = _renamed(row, "reading")
            texts = copy.findall(f"{DMN}outputEntry/{DMN}text")
            texts[0].text, texts[3].text, texts[4].text = '"reading"', '"reported"', "3"
            row.addnext(copy)

    release = _with_rows(further, path="policy/policy.dmn", overlay=True)

    found = agreements.deadlines_of(release, "arjeplog", {"reported": datetime(2026, 3, 2, tzinfo=UTC)}, DAY)

    assert found["reading"].on == date(2026, 3, 5)


def test_an_agreement_that_does_not_exist_is_refused_with_those_that_do(shipped):
    with pytest.raises(agreements.NoSuchAgreement, match="gotland, ostra_norrbotten, jamtbus, arjeplog, norrtalje"):
        agreements.policy(shipped, "skane", DAY)


def test_the_groups_cadences_are_keys_of_the_policy():
    cadences = {group.cadence for agreement in AGREEMENTS.values() for group in agreement.groups if group.cadence}

    assert cadences <= KEYS


def _with_rows(change, path="policy/document.dmn", *, overlay=False):
    """The release in which a table's rows were changed one by one."""
    files = table_files(overlay=overlay)
    root = etree.fromstring(files[path])
    for row in list(root.iter(f"{DMN}rule")):
        change(row)
    return load_files(files | {path: etree.tostring(root)})


def _renamed(row, word):
    copy = etree.fromstring(etree.tostring(row))
    for element in copy.iter():
        if element.get("id"):
            element.set("id", f"{element.get('id')}_{word}")
    return copy


def _twenty_days_from_2027(row):
    if row.get("id") == "policy_document_gotland_meeting_max_days":
        later = _renamed(row, "from_2027")
        row.findall(f"{DMN}inputEntry/{DMN}text")[1].text = '< date("2027-01-01")'
        later.findall(f"{DMN}inputEntry/{DMN}text")[1].text = '>= date("2027-01-01")'
        later.findall(f"{DMN}outputEntry/{DMN}text")[1].text = "20"
        row.addnext(later)


def with_local(agreement, key, value, status="value"):
    files = table_files()
    root = etree.fromstring(files["policy/local.dmn"])
    row = etree.SubElement(next(root.iter(f"{DMN}decisionTable")), f"{DMN}rule", id="local_row")
    for cell in (f'"{agreement}"', "-"):
        etree.SubElement(etree.SubElement(row, f"{DMN}inputEntry"), f"{DMN}text").text = cell
    for cell in (f'"{key}"', value, f'"{status}"', "null", '"Barnarenan"', 'date("2026-02-01")', '"vi vill mötas snart"'):
        etree.SubElement(etree.SubElement(row, f"{DMN}outputEntry"), f"{DMN}text").text = cell
    return load_files(files | {"policy/local.dmn": etree.tostring(root)})
