"""For each rule a faulty drawing and its sound twin: the fault names the element and a remedy, the twin passes."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from engine.execution import Release, Step, complete, fire_timers, load_files, start
from engine.execution.checks import check
from engine.execution.checks.apart import SECONDS
from engine.execution.checks.rules import RULES
from engine.execution.release import FACT_NAMES
from tests.checks.building import ASK, VOCABULARY, Twins, event, faults_of, form, gate, person, process, repeat, timer
from tests.checks.ruled import RULED

ELSEWHERE = {
    "file_missing",
    "file_unreadable",
    "file_empty",
    "file_too_large",
    "file_unknown_kind",
    "folder_empty",
    "not_xml",
    "doctype",
    "too_deep",
    "wrong_root",
    "took_too_long",
    "check_stopped",
    "policy_malformed",
    "form_duplicate",
    "dmn_duplicate",
}
"""Rules about files and folders, in test_files.py."""


def _name(case: Twins) -> str:
    return f"{case.code} {case.label}".strip()


@pytest.mark.parametrize("case", RULED, ids=_name)
def test_the_fault_names_the_element_and_a_remedy(case):
    faults = faults_of(case.faulty, case.file)

    told = [fault for fault in faults if fault.code == case.code]
    assert case.element in {fault.element_id for fault in told}, [(fault.code, fault.element_id) for fault in faults]
    assert all(fault.severity == case.severity for fault in told)
    assert all(fault.sv and fault.en and fault.remedy_sv and fault.remedy_en and fault.sv != fault.en for fault in told)


@pytest.mark.parametrize("case", RULED, ids=_name)
def test_the_sound_twin_passes(case):
    faults = faults_of(case.sound, case.file)

    assert [fault.sentence() for fault in faults if fault.severity == "error" or fault.code == case.code] == []


SWEDISH = re.compile(r"[åäöÅÄÖ]|\b(uppgift|uppgiften|meddelande|fel|tid|eller|och|inte|utan)\b")


@pytest.mark.parametrize("case", RULED, ids=_name)
def test_an_english_sentence_has_no_swedish_in_it(case):
    told = [fault for fault in faults_of(case.faulty, case.file) if fault.code == case.code]

    for fault in told:
        quoted = re.sub(r"”[^”]*”", "", f"{fault.en} {fault.remedy_en}")
        assert not SWEDISH.search(quoted), quoted


def test_every_rule_has_twins():
    ruled = {case.code for case in RULED if "-" not in case.code}  # with a hyphen: the rules of decision tables

    assert RULES.keys() - ELSEWHERE == ruled
    assert RULES.keys() >= ELSEWHERE


def test_a_drawing_with_more_markings_than_the_budget_is_still_checked_in_time():
    ways = range(20)
    flows = "start > split\njoin > end\n" + "\n".join(f"split > g{n}\ng{n} > a{n} > m{n}\ng{n} > b{n}\nb{n} > m{n}\nm{n} > join" for n in ways)
    gates = {f"g{n}": gate(default=f"g{n}_to_a{n}") for n in ways} | {f"m{n}": gate() for n in ways}
    started = time.monotonic()

    faults = faults_of(process(flows, split=gate("parallel"), join=gate("parallel"), **gates), "main.bpmn")

    assert {fault.code for fault in faults if fault.severity == "error"} == {"flow_without_condition"}
    assert time.monotonic() - started < SECONDS


NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
FIRST = timer("PT1H")
TWO_TIMERS = process(
    "start > choose\nchoose > soon > ask > end\nchoose > late > ask_2 > end_2",
    choose=gate("eventBased"),
    soon=event("intermediateCatchEvent", FIRST),
    late=event("intermediateCatchEvent", timer("P1D")),
    ask=person(),
    ask_2=person(),
)
ENOUGH = repeat(
    'inputCollection="=[1, 2, 3]" inputElement="one" outputCollection="answers" outputElement="=answer"',
    '<completionCondition xsi:type="tFormalExpression">=count(answers) &gt;= 2</completionCondition>',
)
BLOCK_IN_LOOP = process(
    'start > meet > split\nsplit > ask > join\nsplit > ask_2 > join\njoin > choose\nchoose > end\nchoose > meet ? =answer = "again"',
    meet=gate(),
    split=gate("parallel"),
    join=gate("parallel"),
    ask=person(),
    ask_2=person(form="other"),
    choose=gate(default="choose_to_end"),
)


def begun(text: str) -> tuple[Release, Step]:
    """Check the drawing with its forms, and start it."""
    other = form({"id": "field_other", "key": "other", "type": "textfield", "label": "Annat"}, form_id="other")
    files = {name: data.encode() for name, data in {"main.bpmn": text, "ask.form": ASK, "other.form": other}.items()}
    assert [fault for fault in check(files, VOCABULARY) if fault.severity == "error"] == []
    release = load_files(files)
    return release, start(release, "main", {}, no_facts, NOW)


def no_facts(milestones: Mapping[str, datetime]) -> dict[str, object]:
    return dict.fromkeys(FACT_NAMES)


def test_two_timers_after_an_event_based_gateway_are_accepted_for_the_first_decides():
    release, step = begun(TWO_TIMERS)

    later = fire_timers(release, step.state, no_facts, NOW + timedelta(hours=1))

    assert len(step.timers) == 2
    assert ([task.element for task in later.ready], later.timers) == (["ask"], ())


def test_a_completion_condition_over_the_result_list_is_accepted_for_it_sees_what_is_given():
    release, step = begun(process("start > it > end", it=person(ENOUGH)))

    one = complete(release, step.state, step.ready[0].id, {"answer": "a"}, no_facts, NOW)
    two = complete(release, one.state, one.ready[0].id, {"answer": "b"}, no_facts, NOW)

    assert len(step.ready) == 3
    assert len(one.ready) == 2
    assert (two.ready, two.ended) == ((), "end")


def test_a_parallel_block_in_a_loop_is_accepted_for_it_joins_once_a_round():
    release, step = begun(BLOCK_IN_LOOP)

    for _ in range(3):
        assert sorted(task.element for task in step.ready) == ["ask", "ask_2"]
        for element in ("ask", "ask_2"):
            task = next(task for task in step.ready if task.element == element)
            step = complete(release, step.state, task.id, {"answer": "again"} if element == "ask" else {"other": "x"}, no_facts, NOW)

    assert sorted(task.element for task in step.ready) == ["ask", "ask_2"]
