"""``samspel agreements check`` lists every rule and says honestly what serves it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli import samspel
from engine.execution import load_files
from engine.services import agreements, coverage
from engine.services.releases import shipped_release
from tests.agreements.conftest import DAY, table_files
from tests.agreements.test_policy import ALL, KEYS, NEVER_SAID, OPEN, with_local

ROOT = Path(__file__).parents[2]
SERVED = ROOT / "tests" / "agreements" / "served.toml"


@pytest.fixture(scope="module")
def models():
    return shipped_release()


@pytest.fixture(scope="module")
def report(models):
    return coverage.check(models, DAY, served=SERVED)


def test_all_98_rules_are_listed(report):
    assert len({one.rule.id for one in report.rules}) == len(report.rules) == 98


def test_no_drawing_table_form_or_code_names_a_rule_that_does_not_exist(report):
    assert report.unknown == ()


def test_a_rule_that_nothing_serves_says_why(report):
    assert not [one.rule.id for one in report.rules if one.state == "not_served" and not one.rule.not_served]


def test_what_proves_a_rule_carries_its_mark(report):
    proofs = coverage.read_served(SERVED)

    counted = {one.rule.id: one.proofs for one in report.rules if one.proofs}

    assert counted == proofs


def test_the_tests_that_prove_rules_exist():
    named = {proof.test for proofs in coverage.read_served(SERVED).values() for proof in proofs}
    files = sorted({test.partition("::")[0] for test in named})

    collected = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert named <= set(collected.stdout.splitlines()), collected.stderr


def test_a_rule_is_served_only_where_a_test_is_named_for_something_that_carries_it(tmp_path):
    release = load_files(table_files())
    served = tmp_path / "served.toml"
    row, test = "policy/document.dmn#policy_document_gotland_call_min_days", "tests/agreements/test_policy.py::test_x"
    served.write_text(f'"000-6" = [{{ place = "{row}", test = "{test}" }}]\n"000-1" = [{{ place = "{row}", test = "{test}" }}]\n', "utf-8")

    states = {one.rule.id: one.state for one in coverage.check(release, DAY, served=served).rules}

    assert states["000-6"] == "served"
    assert states["000-1"] != "served"
    assert states["000-9"] == "marked"


def test_a_rule_loses_its_proof_with_its_row(tmp_path):
    served = tmp_path / "served.toml"
    served.write_text('"000-6" = [{ place = "policy/document.dmn#policy_document_gotland_call_min_days", test = "t" }]\n', "utf-8")
    files = table_files()
    files["policy/document.dmn"] = files["policy/document.dmn"].replace(b"policy_document_gotland_call_min_days", b"policy_document_gotland_else")

    (found,) = [one for one in coverage.check(load_files(files), DAY, served=served).rules if one.rule.id == "000-6"]

    assert found.proofs == ()
    assert found.state == "marked"


def test_an_id_that_no_agreement_has_is_reported_with_its_place():
    files = table_files()
    files["policy/document.dmn"] = files["policy/document.dmn"].replace(b'"000-9"', b'"000-99"')

    found = coverage.check(load_files(files), DAY)

    assert [(mark.rule, mark.place) for mark in found.unknown] == [("000-99", "policy/document.dmn#policy_document_gotland_attendance")]
    assert not found.ok


def test_a_quote_that_is_not_in_its_document_is_reported(tmp_path):
    release = load_files(table_files())
    for agreement in agreements.of_release(release).values():
        quotes = [rule.quote for rule in agreement.rules] + [entry.quote for entry in agreements.policy(release, agreement.id, DAY).entries.values()]
        (tmp_path / agreement.document).write_text(
            "\n".join(quotes).replace("Tvist om vem som", "Tvist om  **vem** som").replace("CHECKLISTA", "LISTA"), "utf-8"
        )

    found = coverage.check(release, DAY, documents=tmp_path)

    assert [rule for rule, _ in found.missing_quotes] == ["001-10"]
    assert not found.ok


def test_documents_that_are_not_there_are_said_and_no_fault(tmp_path):
    found = coverage.check(load_files(table_files()), DAY, documents=tmp_path)

    assert len(found.unread_documents) == 5
    assert found.ok


def test_a_local_decision_that_the_document_makes_itself_is_said():
    found = coverage.check(with_local("gotland", "meeting_max_days", "10"), DAY)

    assert [(name, value.key) for name, value in found.overruled] == [("gotland", "meeting_max_days")]
    assert "meeting_max_days" in "\n".join(coverage.lines(found))


def test_a_list_of_tests_that_cannot_be_read_is_one_sentence(tmp_path):
    (tmp_path / "served.toml").write_text('"000-6" = [{ place = 1', "utf-8")

    with pytest.raises(coverage.CoverageUnreadable, match=r"served\.toml"):
        coverage.check(load_files(table_files()), DAY, served=tmp_path / "served.toml")


def test_the_command_lists_every_rule_and_ends_with_the_sum():
    result = CliRunner().invoke(samspel, ["agreements", "check"])

    assert result.exit_code == 0, result.output
    assert all(f"\n00{number}-1 " in f"\n{result.output}" for number in range(5))
    assert result.output.splitlines()[-1].startswith("98 regler:")


def test_the_command_answers_in_json_and_in_english():
    answer = CliRunner().invoke(samspel, ["agreements", "check", "--json"])
    english = CliRunner().invoke(samspel, ["--language", "en", "agreements", "check"])

    told = json.loads(answer.output)
    assert told["ok"] is True
    assert len(told["rules"]) == sum(told["counts"].values()) == 98
    assert english.output.splitlines()[-1].startswith("98 rules:")


@pytest.mark.parametrize("agreement", ALL)
def test_without_local_decisions_a_case_lacks_exactly_what_its_drawings_read_and_the_document_leaves_open(models, agreement):
    needed = agreements.needed_keys(models, agreement, DAY)

    unset = agreements.unset_values(models, agreement, DAY)

    assert needed <= KEYS
    assert {"clock_start", "day_kind", "meeting_max_days", "call_min_days", "age_max", "age_max_included"} <= needed
    assert set(unset) == (OPEN[agreement] | NEVER_SAID) & needed
    assert unset


@pytest.mark.parametrize("agreement", ALL)
def test_with_the_demonstrations_decisions_a_case_lacks_nothing(agreement):
    models = shipped_release(demonstration=True)

    agreements.require_values(models, agreement, DAY)

    assert agreements.unset_values(models, agreement, DAY) == ()
