"""One mutation of each kind on each shipped drawing is refused, with the right element; the drawing as shipped passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy

import pytest
from lxml import etree

from engine.execution.checks import check_file
from engine.execution.checks.models import read_models
from engine.services.releases import DEMONSTRATION, release_files, vocabulary
from engine.shipped import processes_folder

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
MODELS = {name: data for name, data in release_files(processes_folder()).items() if not name.endswith(".toml")}
DRAWINGS = sorted(name for name in MODELS if name.endswith(".bpmn"))
WORDS = vocabulary(release_files(processes_folder(), [processes_folder() / DEMONSTRATION]))

Mutation = Callable[[etree._Element], Iterator[tuple[str, str]]]


def owner(element: etree._Element) -> str:
    """The id of the nearest element above that has one."""
    while not element.get("id"):
        element = element.getparent()
    return element.get("id")


def remove_a_default_flow(root):
    for gateway in root.iter(f"{BPMN}exclusiveGateway"):
        if gateway.attrib.pop("default", None):
            yield gateway.get("id"), "flow_without_condition"
            return


def break_a_condition(root):
    for condition in root.iter(f"{BPMN}conditionExpression"):
        condition.text = "=if then"
        yield owner(condition), "feel_syntax"
        return


def misspell_a_name_in_a_condition(root):
    for condition in root.iter(f"{BPMN}conditionExpression"):
        condition.text = "=nobody_gives_this = 1"
        yield owner(condition), "unknown_name"
        return


def rename_a_form(root):
    for form in root.iter(f"{ZEEBE}formDefinition"):
        form.set("formId", "no_such_form")
        yield owner(form), "unknown_form"
        return


def name_an_unknown_role(root):
    for assignment in root.iter(f"{ZEEBE}assignmentDefinition"):
        assignment.attrib.clear()
        assignment.set("candidateGroups", "no_such_role")
        yield owner(assignment), "unknown_role"
        return


def take_an_assignment_away(root):
    for assignment in root.iter(f"{ZEEBE}assignmentDefinition"):
        place = owner(assignment)
        assignment.getparent().remove(assignment)
        yield place, "user_task_without_assignment"
        return


def name_an_unknown_task_type(root):
    for definition in root.iter(f"{ZEEBE}taskDefinition"):
        definition.set("type", "no_such_type")
        yield owner(definition), "unknown_task_type"
        return


def make_a_task_a_script(root):
    for task in root.iter(f"{BPMN}serviceTask", f"{BPMN}sendTask", f"{BPMN}userTask"):
        task.tag = f"{BPMN}scriptTask"
        yield task.get("id"), "script_task"
        return


def empty_a_timer(root):
    for kind in ("timeDuration", "timeDate", "timeCycle"):
        for time in root.iter(f"{BPMN}{kind}"):
            time.text = ""
            yield next(up for up in time.iterancestors() if up.tag.endswith("Event")).get("id"), "timer_empty"
            return


def lose_the_target_of_a_flow(root):
    for flow in root.iter(f"{BPMN}sequenceFlow"):
        flow.set("targetRef", "no_such_element")
        yield flow.get("id"), "dangling_flow"
        return


def name_an_unknown_requirement(root):
    for prop in root.iter(f"{ZEEBE}property"):
        if prop.get("name") == "requirement":
            prop.set("value", "009-99")
            yield owner(prop), "unknown_requirement"
            return


def call_an_unknown_process(root):
    for called in root.iter(f"{ZEEBE}calledElement"):
        called.set("processId", "no_such_process")
        yield owner(called), "unknown_process"
        return


def ask_an_unknown_decision(root):
    for called in root.iter(f"{ZEEBE}calledDecision"):
        called.set("decisionId", "no_such_decision")
        yield owner(called), "unknown_decision"
        return


def leave_a_task_alone(root):
    for flow in list(root.iter(f"{BPMN}sequenceFlow")):
        target = next((task for task in root.iter(f"{BPMN}userTask") if task.get("id") == flow.get("targetRef")), None)
        incoming = [other for other in root.iter(f"{BPMN}sequenceFlow") if target is not None and other.get("targetRef") == target.get("id")]
        if target is not None and len(incoming) == 1:
            flow.getparent().remove(flow)
            yield target.get("id"), "unreachable"
            return


def add_what_the_schema_forbids(root):
    for task in root.iter(f"{BPMN}userTask"):
        etree.SubElement(task, f"{BPMN}colour")
        yield task.get("id"), "schema"
        return


def take_a_name_away(root):
    for task in root.iter(f"{BPMN}userTask"):
        task.set("name", "")
        yield task.get("id"), "task_without_name"
        return


def draw_a_flow_twice(root):
    for flow in root.iter(f"{BPMN}sequenceFlow"):
        again = deepcopy(flow)
        again.set("id", "drawn_again")
        flow.addnext(again)
        yield "drawn_again", "duplicate_flow"
        return


def mark_a_task_as_a_loop(root):
    for task in root.iter(f"{BPMN}userTask"):
        etree.SubElement(task, f"{BPMN}standardLoopCharacteristics")
        yield task.get("id"), "standard_loop"
        return


def repeat_a_task_a_million_times(root):
    for task in root.iter(f"{BPMN}userTask"):
        if task.find(f"{BPMN}multiInstanceLoopCharacteristics") is not None:
            continue
        marker = etree.SubElement(task, f"{BPMN}multiInstanceLoopCharacteristics")
        etree.SubElement(marker, f"{BPMN}loopCardinality").text = "1000000"
        yield task.get("id"), "loop_cardinality"
        return


def end_with_a_signal(root):
    for end in root.iter(f"{BPMN}endEvent"):
        for definition in end.xpath("*[contains(local-name(), 'EventDefinition')]"):
            end.remove(definition)
        etree.SubElement(end, f"{BPMN}signalEventDefinition")
        yield end.get("id"), "signal_event"
        return


def end_with_an_error_that_nothing_catches(root):
    for end in root.iter(f"{BPMN}endEvent"):
        for definition in end.xpath("*[contains(local-name(), 'EventDefinition')]"):
            end.remove(definition)
        etree.SubElement(end, f"{BPMN}errorEventDefinition")
        yield end.get("id"), "error_uncaught"
        return


def make_a_choice_wait_for_all_its_ways(root):
    for flow in root.iter(f"{BPMN}sequenceFlow"):
        meeting = next(
            (one for one in root.iter(f"{BPMN}exclusiveGateway") if one.get("id") == flow.get("targetRef") and not one.get("default")), None
        )
        if meeting is not None and sum(other.get("targetRef") == meeting.get("id") for other in root.iter(f"{BPMN}sequenceFlow")) > 1:
            meeting.tag = f"{BPMN}parallelGateway"
            yield meeting.get("id"), "deadlock"
            return


def wait_for_a_message_that_nobody_sends(root):
    for message in root.iter(f"{BPMN}message"):
        message.set("name", "no_such_message")
        for definition in root.iter(f"{BPMN}messageEventDefinition"):
            yield owner(definition.getparent()), "message_never_sent"
            return


MUTATIONS: list[Mutation] = [
    take_a_name_away,
    draw_a_flow_twice,
    mark_a_task_as_a_loop,
    repeat_a_task_a_million_times,
    end_with_a_signal,
    end_with_an_error_that_nothing_catches,
    make_a_choice_wait_for_all_its_ways,
    wait_for_a_message_that_nobody_sends,
    remove_a_default_flow,
    break_a_condition,
    misspell_a_name_in_a_condition,
    rename_a_form,
    name_an_unknown_role,
    take_an_assignment_away,
    name_an_unknown_task_type,
    make_a_task_a_script,
    empty_a_timer,
    lose_the_target_of_a_flow,
    name_an_unknown_requirement,
    call_an_unknown_process,
    ask_an_unknown_decision,
    leave_a_task_alone,
    add_what_the_schema_forbids,
]


@pytest.mark.parametrize("file", DRAWINGS)
def test_a_drawing_as_shipped_has_no_error(file):
    faults = check_file(read_models(MODELS, file), file, WORDS)

    assert [fault.sentence() for fault in faults if fault.severity == "error"] == []


@pytest.mark.parametrize("mutate", MUTATIONS, ids=lambda mutate: mutate.__name__)
@pytest.mark.parametrize("file", DRAWINGS)
def test_a_mutation_is_refused_with_the_right_element(file, mutate):
    root = deepcopy(etree.fromstring(MODELS[file]))
    for element, code in mutate(root):
        changed = {**MODELS, file: etree.tostring(root)}

        faults = check_file(read_models(changed, file), file, WORDS)

        assert (element, code) in {(fault.element_id, fault.code) for fault in faults if fault.remedy_sv}


@pytest.mark.parametrize("mutate", MUTATIONS, ids=lambda mutate: mutate.__name__)
def test_every_mutation_applies_to_some_drawing(mutate):
    assert any(list(mutate(etree.fromstring(MODELS[file]))) for file in DRAWINGS)
