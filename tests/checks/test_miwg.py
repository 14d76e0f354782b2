"""The reference drawings of BPMN MIWG get a verdict each, with elements named and without a traceback: miwg.toml, read against them."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

from engine.execution.checks import check
from engine.execution.checks.verdicts import Verdict
from engine.services.releases import DEMONSTRATION, check_models, release_files, vocabulary
from engine.shipped import processes_folder

FOLDER = Path(__file__).parents[3] / "shared" / "peer-tests" / "miwg"
REVIEWED = tomllib.loads(Path(__file__).with_name("miwg.toml").read_text("utf-8"))
WORDS = vocabulary(release_files(processes_folder(), [processes_folder() / DEMONSTRATION]))


@pytest.fixture(scope="module")
def folder():
    if not FOLDER.is_dir():
        missing = f"the folder {FOLDER.name} with the MIWG reference files is missing"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return FOLDER


def test_the_table_has_every_reference_file(folder):
    assert {path.name for path in folder.glob("*.bpmn")} == REVIEWED.keys()


@pytest.mark.parametrize("file", REVIEWED)
def test_a_reference_file_gets_its_reviewed_verdict(folder, file):
    verdict = Verdict(file, tuple(check(folder / file, WORDS)))

    assert verdict.kind == REVIEWED[file]["verdict"]
    told = {code: {fault.element_id for fault in verdict.errors if fault.code == code} for code in {fault.code for fault in verdict.errors}}
    assert told == {code: set(places) for code, places in REVIEWED[file]["errors"].items()}
    assert all(fault.element_id and fault.remedy_sv and fault.remedy_en for fault in verdict.errors)


@pytest.mark.parametrize("file", ["A.1.0.bpmn", "B.2.0.bpmn"])
def test_the_command_says_the_same(folder, file):
    (verdict,) = check_models(folder / file)

    assert verdict.faults == tuple(check(folder / file, WORDS))
