import json
import os
import random
import tomllib
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli import samspel
from engine.facts.agreements import read_agreements
from engine.services.releases import shipped_release
from engine.shipped import processes_folder
from engine.simulation import simulate
from engine.simulation.guide import FAR, GIVEN_UP, Chart, Guide

AGREEMENTS = read_agreements(processes_folder() / "agreements")
CASES = int(os.environ.get("SAMSPEL_SIMULATE", "20")) if os.environ.get("CI") else 20
EXCLUDED = tomllib.loads((Path(__file__).parent / "processes/unvisited.toml").read_text("utf-8"))["excluded"]


@cache
def played(agreement):
    """Playing takes tens of seconds: once for each agreement in a worker."""
    (report,) = simulate(shipped_release(demonstration=True), [agreement], CASES, seed=1)
    return report


def excluded(agreement):
    return {(entry["process"], element) for entry in EXCLUDED if agreement in entry["agreements"] for element in entry["elements"]}


@pytest.mark.parametrize("agreement", [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in AGREEMENTS])
def test_every_case_ends_and_leaves_out_exactly_what_the_agreement_excludes(agreement):
    report = played(agreement)

    assert report.stuck == []
    assert report.incidents == []
    assert len(report.steps) == CASES
    assert set(report.unvisited) == excluded(agreement)


def test_over_the_five_agreements_nothing_is_excluded_everywhere():
    elements = set(Chart(shipped_release(demonstration=True)).elements)

    everywhere = set.intersection(*(excluded(agreement) for agreement in AGREEMENTS))

    assert everywhere == set()
    assert set().union(*(excluded(agreement) for agreement in AGREEMENTS)) <= elements


def test_each_exclusion_names_a_rule_that_exists_and_a_reason():
    rules = {rule.id for agreement in AGREEMENTS.values() for rule in agreement.rules}

    assert [entry for entry in EXCLUDED if entry["rule"] not in rules or not entry["reason"] or not set(entry["agreements"]) <= set(AGREEMENTS)] == []


def test_the_same_seed_plays_the_same_cases_and_another_plays_others():
    release = shipped_release(demonstration=True)

    once, again, other = (simulate(release, ["arjeplog"], 2, seed)[0].as_json() for seed in (7, 7, 8))

    assert once == again
    assert other != once


def test_the_command_prints_json_and_ends_with_0_where_all_is_well():
    run = CliRunner().invoke(samspel, ["simulate", "--cases", "1", "--agreement", "jamtbus", "--seed", "3", "--json"])

    told = json.loads(run.stdout)
    assert run.exit_code == 0
    assert told["ok"] is True
    (report,) = told["agreements"]
    assert report["cases"] == 1
    assert report["ends"]
    assert report["waiting_hours"]
    assert report["steps"]["least"] > 0


def test_an_unknown_agreement_is_one_sentence_and_ends_with_1():
    run = CliRunner().invoke(samspel, ["simulate", "--agreement", "atlantis"])

    assert run.exit_code == 1
    assert "atlantis" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.fixture
def guide():
    return Guide(Chart(shipped_release(demonstration=True)), random.Random(1))


@pytest.fixture
def target(guide):
    """The one element that is left to see."""
    target = next(node for node in guide.chart.elements if guide.chart.before(node) and node not in guide.chart.before(node))
    guide.saw(node for node in guide.chart.elements if node != target)
    return target


def test_an_element_that_a_case_headed_for_in_vain_is_looked_for_by_the_next_case_again(guide, target):
    near = guide.chart.before(target)
    before = guide.distance(near)

    guide.failed(target)
    meanwhile = guide.distance(near)
    guide.begin()

    assert meanwhile == FAR
    assert before < guide.distance(near) < FAR
    assert guide.curious


def test_an_element_that_enough_cases_headed_for_in_vain_is_looked_for_no_more(guide, target):
    for _ in range(GIVEN_UP):
        guide.begin()
        guide.failed(target)

    guide.begin()

    assert guide.distance(guide.chart.before(target)) == FAR
    assert not guide.curious


def test_an_element_that_cases_only_pass_by_is_never_given_up(guide, target):
    for _ in range(10 * GIVEN_UP):
        guide.begin()
        guide.saw(guide.chart.before(target))

    assert guide.distance(guide.chart.before(target)) < FAR
    assert guide.curious


def test_the_guide_knows_which_elements_hear_each_message():
    chart = Chart(shipped_release(demonstration=True))

    assert ("sip", "withdrawal_received") in chart.listeners["consent_withdrawn"]
    assert ("sip", "partial_withdrawal_received") in chart.listeners["consent_partly_withdrawn"]
