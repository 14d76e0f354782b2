"""One step of a case after fifty follow-ups: ours, against SpiffWorkflow's own serializer on the same drawing.

Both restore the case from what the database would keep, complete the task, run on and make the new state; neither
touches a disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise

from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from engine import execution
from engine.execution.release import load_files
from tests.bench.report import Line, in_turns, ratio
from tests.execution.conftest import NOON

ROUNDS = 50
TIMES = 30
TASKS = ["need", "decision", "actors", "consent", "summons", "meeting", "plan", "coordinator", "signing", "call", "evaluate", "inform", "decide"]
"""The way of a SIP case; the last four are a follow-up and come again."""
AGAIN = TASKS.index("call")


def lines() -> Iterator[Line]:
    """Measure in turns, each on its own case of the same age."""
    release = load_files({"p.bpmn": _drawing().encode()})
    step = execution.start(release, "p", {}, lambda _: {}, NOON)
    for _ in range(AGAIN + 4 * ROUNDS):
        step = execution.complete(release, step.state, step.ready[0].id, {"again": True}, lambda _: {}, NOON)
    serializer = BpmnWorkflowSerializer()
    workflow = _stock()
    for _ in range(AGAIN + 4 * ROUNDS):
        _complete(workflow)
    state = serializer.serialize_json(workflow)

    def ours() -> object:
        return execution.complete(release, step.state, step.ready[0].id, {"again": True}, lambda _: {}, NOON)

    def stock() -> object:
        restored = serializer.deserialize_json(state)
        _complete(restored)
        return serializer.serialize_json(restored)

    yield Line(f"stock serialization over ours, a step after {ROUNDS} follow-ups", ratio(in_turns(TIMES, stock, ours), 0, 1), 15, at_least=True)
    yield Line("bytes of stock's state over ours", [len(state) / len(step.state)])


def _stock() -> BpmnWorkflow:
    parser = BpmnParser()
    parser.add_bpmn_io(BytesIO(_drawing(python=True).encode()))
    workflow = BpmnWorkflow(parser.get_spec("p"), parser.get_subprocess_specs("p"))
    workflow.do_engine_steps()
    return workflow


def _complete(workflow: BpmnWorkflow) -> None:
    (task,) = [task for task in workflow.get_tasks(state=TaskState.READY) if task.task_spec.manual]
    task.data["again"] = True
    task.run()
    workflow.do_engine_steps()


def _drawing(*, python: bool = False) -> str:
    flows = [("start", TASKS[0]), *pairwise(TASKS[:AGAIN]), (TASKS[AGAIN - 1], "round")]
    flows += [("round", TASKS[AGAIN]), *pairwise(TASKS[AGAIN:]), (TASKS[-1], "what_next"), ("what_next", "end")]
    lines = "".join(f'<sequenceFlow id="{a}_to_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in flows)
    condition = "again" if python else "=again"
    form = "" if python else '<extensionElements><zeebe:assignmentDefinition candidateGroups="initiator"/></extensionElements>'
    tasks = "".join(f'<userTask id="{task}" name="{task}">{form}</userTask>' for task in TASKS)
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="t">'
        f'<process id="p" name="p" isExecutable="true"><startEvent id="start"/>{tasks}<exclusiveGateway id="round"/>'
        f'<exclusiveGateway id="what_next" default="what_next_to_end"/><endEvent id="end"/>{lines}'
        f'<sequenceFlow id="again_flow" sourceRef="what_next" targetRef="round"><conditionExpression>{condition}</conditionExpression></sequenceFlow>'
        "</process></definitions>"
    )
