"""The reference drawings of BPMN MIWG get a verdict each, with elements named and without a traceback.

They are other people's drawings for other engines: none runs here as it stands. The plain pictures (A.1.0, A.2.0, A.3.0) only
lack what makes a drawing run; the others also hold what this engine would run otherwise than it reads (several pools in one
file, signals, links, compensation, data associations, conditions in other languages than FEEL, task types of others).
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from engine.services.releases import check_models

FOLDER = Path(__file__).parents[3] / "shared" / "peer-tests" / "miwg"

REVIEWED = {
    "A.1.0.bpmn": (
        "lacks",
        "abstract_task:3 not_executable:1",
    ),
    "A.2.0.bpmn": (
        "lacks",
        "abstract_task:4 flow_without_condition:3 not_executable:1",
    ),
    "A.2.1.bpmn": (
        "wrong",
        "abstract_task:4 condition_ignored:1 feel_without_equals:1 flow_without_condition:2 implicit_split:2 not_executable:1",
    ),
    "A.3.0.bpmn": (
        "lacks",
        "abstract_task:4 not_executable:1 receive_without_message:1 subprocess_empty:1",
    ),
    "A.4.0.bpmn": (
        "wrong",
        "abstract_task:6 implicit_split:1 not_executable:2 several_processes:1",
    ),
    "A.4.1.bpmn": (
        "wrong",
        "abstract_task:6 implicit_split:1 not_executable:2 several_processes:1",
    ),
    "B.1.0.bpmn": (
        "wrong",
        (
            "abstract_task:4 data_association:1 flow_without_condition:4 not_executable:4 receive_without_message:1 "
            "send_without_message:1 several_processes:1 subprocess_empty:1 task_without_type:2 timer_empty:1 unknown_process:1 "
            "user_task_without_assignment:2 user_task_without_form:2"
        ),
    ),
    "B.2.0.bpmn": (
        "wrong",
        (
            "abstract_task:22 data_association:1 deadlock:1 error_uncaught:1 event_kind:4 flow_without_condition:4 link_event:2 "
            "not_executable:4 receive_without_message:6 repeat_without_collection:3 send_without_message:3 several_processes:1 "
            "several_starts:2 signal_event:7 standard_loop:1 subprocess_empty:2 task_without_type:5 timer_empty:4 unknown_process:1 "
            "user_task_without_assignment:5 user_task_without_form:5"
        ),
    ),
    "C.1.0.bpmn": (
        "wrong",
        (
            "abstract_task:4 feel_without_equals:4 gateway_without_default:2 not_executable:1 receive_without_message:3 "
            "several_processes:1 task_without_type:1 timer_empty:1 user_task_without_assignment:4 user_task_without_form:4"
        ),
    ),
    "C.1.1.bpmn": (
        "wrong",
        (
            "data_association:3 feel_without_equals:4 gateway_without_default:2 task_without_type:1 user_task_without_assignment:4 "
            "user_task_without_form:4"
        ),
    ),
    "C.2.0.bpmn": (
        "wrong",
        "abstract_task:11 flow_without_condition:6 not_executable:4 receive_without_message:3 send_without_message:2 several_processes:1",
    ),
    "C.3.0.bpmn": (
        "wrong",
        "feel_without_equals:1 flow_without_condition:6 subprocess_empty:1 user_task_without_assignment:4 user_task_without_form:4",
    ),
    "C.4.0.bpmn": (
        "wrong",
        (
            "data_association:11 flow_without_condition:4 manual_task:3 receive_without_message:3 send_without_message:3 "
            "several_processes:1 signal_event:4 standard_loop:1 task_without_type:1 user_task_without_assignment:18 "
            "user_task_without_form:18"
        ),
    ),
    "C.5.0.bpmn": (
        "wrong",
        (
            "abstract_task:1 data_association:14 flow_without_condition:12 several_processes:1 signal_event:2 "
            "user_task_without_assignment:17 user_task_without_form:17"
        ),
    ),
    "C.6.0.bpmn": (
        "wrong",
        (
            "compensate_event:6 data_association:2 event_subprocess_nested:1 event_subprocess_start:1 for_compensation:2 "
            "receive_without_message:3 task_without_type:12 timer_empty:2"
        ),
    ),
    "C.7.0.bpmn": (
        "wrong",
        (
            "data_association:5 flow_without_condition:2 repeat_without_collection:1 rule_without_decision:1 task_without_type:2 "
            "user_task_without_assignment:3 user_task_without_form:3"
        ),
    ),
    "C.8.0.bpmn": (
        "wrong",
        (
            "data_association:2 feel_without_equals:3 not_executable:1 rule_without_decision:1 unknown_name:20 unknown_task_type:7 "
            "user_task_without_assignment:1 user_task_without_form:1"
        ),
    ),
    "C.8.1.bpmn": (
        "wrong",
        (
            "data_association:9 feel_without_equals:3 rule_without_decision:1 unknown_name:11 unknown_task_type:7 "
            "user_task_without_assignment:1 user_task_without_form:1"
        ),
    ),
    "C.9.0.bpmn": (
        "wrong",
        (
            "event_subprocess_start:1 feel_syntax:1 gateway_without_default:1 unknown_decision:1 unknown_name:11 "
            "unknown_task_type:10 user_task_without_assignment:1 user_task_without_form:1"
        ),
    ),
    "C.9.1.bpmn": (
        "wrong",
        "unknown_task_type:2 user_task_without_assignment:1 user_task_without_form:1",
    ),
    "C.9.2.bpmn": (
        "wrong",
        "repeated_call_without_mapping:1 unknown_name:5 unknown_role:3 unknown_task_type:1 user_task_without_form:3",
    ),
}
"""File to verdict and the errors by rule, reviewed against the drawings."""


@pytest.fixture(scope="module")
def verdicts():
    if not FOLDER.is_dir():
        missing = f"the folder {FOLDER.name} with the MIWG reference files is missing"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return {file: check_models(FOLDER / file)[0] for file in REVIEWED}


def test_the_table_has_every_reference_file(verdicts):
    assert {path.name for path in FOLDER.glob("*.bpmn")} == REVIEWED.keys()


@pytest.mark.parametrize("file", REVIEWED)
def test_a_reference_file_gets_its_reviewed_verdict(verdicts, file):
    kind, errors = REVIEWED[file]

    verdict = verdicts[file]

    assert verdict.kind == kind
    assert " ".join(f"{code}:{count}" for code, count in sorted(Counter(fault.code for fault in verdict.errors).items())) == errors
    assert all(fault.element_id and fault.remedy_sv for fault in verdict.errors)
