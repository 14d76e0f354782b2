"""For each rule a faulty drawing and its sound twin: the fault names the element and a remedy, the twin passes."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from xml.sax.saxutils import quoteattr

import pytest

from engine.execution import Release, Step, complete, fire_timers, load_files, start
from engine.execution.checks import check
from engine.execution.checks.apart import SECONDS
from engine.execution.checks.rules import RULES
from engine.execution.faults import Fault, Vocabulary
from engine.execution.release import FACT_NAMES

VOCABULARY = Vocabulary(
    roles=frozenset({"initiator", "nearest_manager"}),
    facts=FACT_NAMES,
    policy_keys=frozenset({"meeting_max_days"}),
    deadline_names=frozenset({"meeting"}),
    templates=frozenset({"summons"}),
    messages=frozenset({"withdrawn", "sent"}),
    requirement_ids=frozenset({"002-1"}),
)

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' id="definitions" targetNamespace="http://samspel.example/test">'
)
DEFINITIONS = {
    "message_withdrawn": '<message id="message_withdrawn" name="withdrawn"/>',
    "message_sent": '<message id="message_sent" name="sent"/>',
    "error_1": '<error id="error_1" name="Fel" errorCode="E1"/>',
    "error_2": '<error id="error_2" name="Ett annat fel" errorCode="E2"/>',
}


class Element(str):
    """The XML of an element with a hole for its id."""

    __slots__ = ()


def el(kind: str, inner: str = "", ext: str = "", **attributes: str) -> Element:
    """A flow node; ``ext`` is what it carries as ``zeebe:`` elements. Its name is its id unless given."""
    attributes.setdefault("name", "{id}")
    written = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    extension = f"<extensionElements>{ext}</extensionElements>" if ext else ""
    return Element(f'<{kind} id="{{id}}"{written}>{extension}{inner}</{kind}>')


def mapping(**lines: str) -> str:
    """An ioMapping: inputs by their names, outputs by their names with ``out_`` before."""
    rows = (
        f"<zeebe:output source={quoteattr(source)} target={quoteattr(name.removeprefix('out_'))}/>"
        if name.startswith("out_")
        else f"<zeebe:input source={quoteattr(source)} target={quoteattr(name)}/>"
        for name, source in lines.items()
    )
    return f"<zeebe:ioMapping>{''.join(rows)}</zeebe:ioMapping>"


def props(**values: str) -> str:
    rows = (f"<zeebe:property name={quoteattr(name)} value={quoteattr(value)}/>" for name, value in values.items())
    return f"<zeebe:properties>{''.join(rows)}</zeebe:properties>"


def person(inner: str = "", ext: str = "", form: str = "ask", role: str = "initiator", **attributes: str) -> Element:
    given = f'<zeebe:formDefinition formId="{form}"/>' if form else ""
    given += f"<zeebe:assignmentDefinition candidateGroups={quoteattr(role)}/>" if role else ""
    return el("userTask", inner, "<zeebe:userTask/>" + given + ext, **attributes)


def note(type_: str = "record_note", kind: str = "serviceTask", ext: str = "", **inputs: str) -> Element:
    lines = mapping(**(inputs or {"text": "Klart"}))
    return el(kind, "", f'<zeebe:taskDefinition type="{type_}"/>{lines}{ext}')


def call(process: str = "called", inner: str = "", **lines: str) -> Element:
    return el("callActivity", inner, f'<zeebe:calledElement processId="{process}"/>' + mapping(**(lines or {"unit": "=unit"})))


def repeat(ext: str = 'inputCollection="=units" inputElement="one"', inner: str = "") -> str:
    marker = f"<extensionElements><zeebe:loopCharacteristics {ext}/></extensionElements>" if ext else ""
    return f"<multiInstanceLoopCharacteristics>{marker}{inner}</multiInstanceLoopCharacteristics>"


def timer(text: str = "P14D", kind: str = "timeDuration") -> str:
    value = f'<{kind} xsi:type="tFormalExpression">{text}</{kind}>' if text is not None else ""
    return f"<timerEventDefinition>{value}</timerEventDefinition>"


def message(reference: str = "message_withdrawn") -> str:
    return f'<messageEventDefinition messageRef="{reference}"/>'


def event(kind: str, inner: str = "", **attributes: str) -> Element:
    return el(kind, inner, **attributes)


def gate(kind: str = "exclusive", **attributes: str) -> Element:
    return el(f"{kind}Gateway", **attributes)


def boundary(on: str, inner: str, **attributes: str) -> Element:
    return el("boundaryEvent", inner, attachedToRef=on, **attributes)


def sub(flows: str, **nodes: str) -> Element:
    attributes = {name.removeprefix("_"): nodes.pop(name) for name in list(nodes) if name.startswith("_") and name != "_marker"}
    marker = nodes.pop("_marker", "")
    return el("subProcess", plane(flows, **nodes) + marker, **attributes)


def plane(flows: str, **nodes: str) -> str:
    """The nodes and flows of a plane: ``a > b > c`` a line; ``a > b ? =x`` is conditional.

    Nodes that are not given are a start, an end or a note, by how their ids begin. The flow from a to b is called ``a_to_b``.
    """
    drawn: list[tuple[str, str, str]] = []
    names: dict[str, None] = {}
    for line in filter(None, map(str.strip, flows.splitlines())):
        chain, _, condition = line.partition(" ? ")
        ids = [part.strip() for part in chain.split(">")]
        names |= dict.fromkeys(ids)
        drawn += [(a, b, condition) for a, b in pairwise(ids)]
    given = {name: nodes.get(name) or _default(name) for name in {**dict.fromkeys(nodes), **names} if not name.startswith("nowhere")}
    text = "".join(str(node).replace("{id}", name) for name, node in given.items())
    for source, target, condition in drawn:
        rule = f'<conditionExpression xsi:type="tFormalExpression">{condition}</conditionExpression>' if condition else ""
        name = f' name="{source}_to_{target}"' if condition else ""
        text += f'<sequenceFlow id="{source}_to_{target}"{name} sourceRef="{source}" targetRef="{target}">{rule}</sequenceFlow>'
    return text


def _default(name: str) -> Element:
    return event("startEvent") if name.startswith("start") else event("endEvent") if name.startswith("end") else note()


def process(flows: str, _id: str = "main", _ext: str = "", _executable: str = "true", _more: str = "", **nodes: str) -> str:
    extension = f"<extensionElements>{_ext}</extensionElements>" if _ext else ""
    body = extension + _more + plane(flows, **nodes)
    known = "".join(text for name, text in DEFINITIONS.items() if f'Ref="{name}"' in body)
    return f'{HEAD}{known}<process id="{_id}" name="{_id}" isExecutable="{_executable}">{body}</process></definitions>'


def form(*fields: dict[str, object], form_id: str = "ask") -> str:
    return json.dumps({"id": form_id, "type": "default", "schemaVersion": 19, "components": list(fields)})


ANSWER = {"id": "field_answer", "key": "answer", "type": "textfield", "label": "Svar"}
UNITS = {"id": "field_units", "key": "units", "type": "taglist", "label": "Verksamheter", "valuesExpression": "=unit_options"}
ASK = form(ANSWER, UNITS, {"id": "field_unit", "key": "unit", "type": "textfield", "label": "Verksamhet"})
CALLED = process("start > reply > end", _id="called", reply=person())
SETS = process("start > it > end", _id="sets", it=person(ext=props(milestone="plan_ready")))
MARKED = "=[1..5][item > 2]"
LINE = "start > ask > end"
TABLE = (
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="tables" name="t" namespace="n">'
    '<decision id="route" name="Väg"><variable name="route_found"/>'
    '<decisionTable id="route_table" hitPolicy="{policy}"><input id="in_1">'
    '<inputExpression id="in_1_e" typeRef="number"><text>{reads}</text></inputExpression></input>'
    '<output id="out_1" name="way" typeRef="string"/>{rows}</decisionTable></decision></definitions>'
)


def table(*rows: tuple[str, str], policy: str = "UNIQUE", reads: str = "level") -> str:
    drawn = "".join(
        f'<rule id="row_{n}"><inputEntry id="row_{n}_in"><text>{test}</text></inputEntry>'
        f'<outputEntry id="row_{n}_out"><text>{answer}</text></outputEntry></rule>'
        for n, (test, answer) in enumerate(rows, 1)
    )
    return TABLE.format(policy=policy, rows=drawn, reads=reads)


def due(start: str = '"plan_ready"', allowed: str = '"plan_ready"', met_by: str = "null") -> str:
    """A table of one deadline, called ``meeting``, beside a table of what the policy key ``clock`` may be."""
    held = (("name", '"meeting"'), ("start", start), ("days", "14"), ("met_by", met_by))
    chosen = (("key", '"clock"'), ("kind", '"one"'), ("allowed", f"[{allowed}]"), ("meaning", '"Vad dagarna räknas från"'))
    tables = ""
    for name, row, cells in (("deadlines", "row_1", held), ("choices", "row_2", chosen)):
        outputs = "".join(f'<output id="{name}_{column}" name="{column}"/>' for column, _ in cells)
        entries = "".join(f'<outputEntry id="{row}_{column}"><text>{cell}</text></outputEntry>' for column, cell in cells)
        tables += (
            f'<decision id="{name}" name="{name}"><variable id="{name}_v" name="{name}"/><decisionTable id="{name}_table" hitPolicy="COLLECT">'
            f'{outputs}<rule id="{row}">{entries}</rule></decisionTable></decision>'
        )
    return f'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="due" name="due" namespace="due">{tables}</definitions>'


SOUND_TABLE = table(("&lt; 2", '"a"'), ("&gt;= 2", '"b"'))


@dataclass(frozen=True)
class Twins:
    """A faulty file and the same made sound."""

    code: str
    element: str
    faulty: str
    sound: str
    file: str = "main.bpmn"
    severity: str = "error"
    label: str = ""


def twins(code: str, element: str, faulty: str, sound: str, **more: str) -> Twins:
    return Twins(code, element, faulty, sound, **more)


def line(middle: str, **more: str) -> str:
    """start, one element called ``it``, end."""
    return process("start > ask > it > end", it=middle, ask=person(), **more)


def caught(inner: str, host: str = "", **attributes: str) -> str:
    """An element called ``it`` sits on ``host``."""
    return process("start > ask > host > end\nit > after > end_2", ask=person(), host=host or person(), it=boundary("host", inner, **attributes))


def inside(flows: str, **nodes: str) -> str:
    return process("start > ask > part > end", ask=person(), part=sub(flows, **nodes))


def listening(start: str, **attributes: str) -> str:
    """An event subprocess called ``listener`` beside the line; its start is called ``heard``."""
    part = sub("heard > tell > ended", heard=start, ended=event("endEvent"), _triggeredByEvent="true", **attributes)
    return process(LINE, ask=person(), listener=part)


SPLIT = 'start > ask > split\nsplit > a ? =answer = "x"\nsplit > b ? =answer = "y"\na > join\nb > join\njoin > end'
PARALLEL = "start > split\nsplit > a > join\nsplit > b > join\njoin > end"
REPEATED_CALL = 'inputCollection="=units" inputElement="one" outputCollection="answers" outputElement="=given"'
NOTED = '<zeebe:taskDefinition type="record_note"/>' + mapping(text="Klart")
LANE = '<laneSet id="lanes"><lane id="lane_1" name="A"><flowNodeRef>ask</flowNodeRef></lane></laneSet>'
LOOP = 'start > ask > choose\nchoose > end\nchoose > ask ? =answer = "again"'
LISTENER = "start > fork > ask > finish\nfork > meet > hear > choose\nchoose > tell > meet"

CORRELATION = (
    '<correlationProperty id="property_1" name="Ärende"><correlationPropertyRetrievalExpression messageRef="message_withdrawn">'
    '<messagePath xsi:type="tFormalExpression">case</messagePath></correlationPropertyRetrievalExpression></correlationProperty>'
)
KEYED = '<extensionElements><zeebe:subscription correlationKey="=case.reference"/></extensionElements>'
CONDITIONAL = '<sequenceFlow id="choose_to_wait" name="choose_to_wait"'
RULE = '<conditionExpression xsi:type="tFormalExpression">=answer = "x"</conditionExpression>'
GATED_LOOP = 'start > meet > ask > choose\nchoose > end\nchoose > meet ? =answer = "again"'
TWO_WAITS = process(
    "start > ask > choose\nchoose > wait > end\nchoose > hear > end_2",
    ask=person(),
    choose=gate("eventBased"),
    wait=event("intermediateCatchEvent", timer()),
    hear=event("intermediateCatchEvent", message()),
)
SHAPES = {"pool": (0, 0, 500, 200), "start": (50, 90, 36, 36), "ask": (150, 70, 100, 80), "end": (350, 90, 36, 36)}


def laid_out(shapes: Mapping[str, tuple[int, int, int, int]]) -> str:
    """The simple line in a pool with a diagram of these shapes: left, top, width and height."""
    pool = '<collaboration id="together"><participant id="pool" name="Huvud" processRef="main"/></collaboration>'
    drawn = "".join(
        f'<di:BPMNShape id="{name}_di" bpmnElement="{name}"><dc:Bounds x="{x}" y="{y}" width="{width}" height="{height}"/></di:BPMNShape>'
        for name, (x, y, width, height) in shapes.items()
    )
    drawn += "".join(
        f'<di:BPMNEdge id="{flow}_di" bpmnElement="{flow}"><line:waypoint x="0" y="0"/><line:waypoint x="1" y="1"/></di:BPMNEdge>'
        for flow in ("start_to_ask", "ask_to_end")
    )
    plane_ = (
        '<di:BPMNDiagram xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"'
        ' xmlns:line="http://www.omg.org/spec/DD/20100524/DI" id="diagram"><di:BPMNPlane id="plane" bpmnElement="together">'
        f"{drawn}</di:BPMNPlane></di:BPMNDiagram>"
    )
    return process(LINE, ask=person()).replace("<process ", f"{pool}<process ", 1).replace("</definitions>", f"{plane_}</definitions>")


def with_message(message_id: str, name: str, *, used: bool = True) -> str:
    """A drawing that waits for a message, with a further message that it also waits for, or not."""
    other = el("receiveTask", messageRef=message_id) if used else person()
    text = process("start > hear > it > end", hear=el("receiveTask", messageRef="message_withdrawn"), it=other)
    return text.replace("<process ", f'<message id="{message_id}" name="{name}"/><process ', 1)


RULED = [
    # What spiffworkflow.md lists as silently wrong.
    twins("script_task", "it", line(el("scriptTask", "<script>x = 1</script>")), line(note())),
    twins(
        "event_subprocess_start",
        "heard",
        listening(event("startEvent", '<errorEventDefinition errorRef="error_1"/>')),
        listening(event("startEvent", message())),
    ),
    twins(
        "event_subprocess_start",
        "heard",
        listening(event("startEvent", "<escalationEventDefinition/>")),
        listening(event("startEvent", timer())),
        label="escalation",
    ),
    twins(
        "event_subprocess_start",
        "heard",
        listening(event("startEvent")),
        listening(event("startEvent", message(), isInterrupting="false")),
        label="none",
    ),
    twins(
        "signal_event",
        "it",
        process("start > ask > it", ask=person(), it=event("endEvent", "<signalEventDefinition/>")),
        process("start > ask > it", ask=person(), it=event("endEvent")),
    ),
    twins(
        "compensate_event",
        "it",
        process("start > ask > it", ask=person(), it=event("endEvent", "<compensateEventDefinition/>")),
        process("start > ask > it", ask=person(), it=event("endEvent", "<terminateEventDefinition/>")),
    ),
    twins(
        "link_event",
        "it",
        process(
            "start > ask > it\nother > b > end",
            ask=person(),
            it=event("intermediateThrowEvent", '<linkEventDefinition name="x"/>'),
            other=event("intermediateCatchEvent", '<linkEventDefinition name="x"/>'),
        ),
        process("start > ask > b > end", ask=person()),
    ),
    twins(
        "gateway_without_default",
        "split",
        process(SPLIT, ask=person(), split=gate(), join=gate()),
        process(SPLIT, ask=person(), split=gate(default="split_to_b"), join=gate()),
    ),
    twins("timer_empty", "it", line(event("intermediateCatchEvent", timer(""))), line(event("intermediateCatchEvent", timer("P14D")))),
    twins(
        "timer_empty",
        "it",
        line(event("intermediateCatchEvent", timer("="))),
        line(event("intermediateCatchEvent", timer("=deadlines.meeting.at", "timeDate"))),
        label="only an equals sign",
    ),
    twins(
        "timer_invalid",
        "it",
        line(event("intermediateCatchEvent", timer("14 dagar"))),
        line(event("intermediateCatchEvent", timer('=duration("P14D")'))),
    ),
    twins(
        "timer_invalid",
        "it",
        line(event("intermediateCatchEvent", timer("PT"))),
        line(event("intermediateCatchEvent", timer("PT5M"))),
        label="empty duration",
    ),
    twins(
        "timer_without_offset",
        "it",
        line(event("intermediateCatchEvent", timer("2026-03-01T08:00:00", "timeDate"))),
        line(event("intermediateCatchEvent", timer("2026-03-01T08:00:00+01:00", "timeDate"))),
    ),
    twins(
        "unreachable",
        "lost",
        process("start > ask > end\nlost > lost_2\nlost_2 > lost", ask=person(), lost=person(), lost_2=person()),
        process("start > ask > lost > end", ask=person(), lost=person()),
    ),
    twins(
        "camunda_collection",
        "it",
        line(person('<multiInstanceLoopCharacteristics camunda:collection="units" camunda:elementVariable="one"/>')),
        line(person(repeat())),
    ),
    twins(
        "loop_data_input",
        "it",
        line(person("<multiInstanceLoopCharacteristics><loopDataInputRef>units</loopDataInputRef></multiInstanceLoopCharacteristics>")),
        line(person(repeat())),
    ),
    twins(
        "loop_cardinality",
        "it",
        line(person(repeat("", '<loopCardinality xsi:type="tFormalExpression">1000000</loopCardinality>'))),
        line(person(repeat("", '<loopCardinality xsi:type="tFormalExpression">500</loopCardinality>'))),
    ),
    twins(
        "loop_cardinality_invalid",
        "it",
        line(person(repeat("", '<loopCardinality xsi:type="tFormalExpression">många</loopCardinality>'))),
        line(person(repeat("", '<loopCardinality xsi:type="tFormalExpression">=count(units)</loopCardinality>'))),
    ),
    twins("call_cycle", "it", line(call("main")), line(call())),
    twins(
        "automatic_loop",
        "meet",
        process("start > meet > it > choose\nchoose > end\nchoose > meet ? =today &gt; now", meet=gate(), choose=gate(default="choose_to_end")),
        process(
            'start > meet > ask > it > choose\nchoose > end\nchoose > meet ? =answer = "x"',
            ask=person(),
            meet=gate(),
            choose=gate(default="choose_to_end"),
        ),
    ),
    # What patterns.md says not to draw.
    twins(
        "event_subprocess_nested",
        "listener",
        inside(
            "start_in > ask_2 > end_in",
            ask_2=person(),
            listener=sub("heard > ended", heard=event("startEvent", message()), ended=event("endEvent"), _triggeredByEvent="true"),
        ),
        listening(event("startEvent", message())),
    ),
    twins(
        "boundary_on_repeated",
        "it",
        caught(message(), call(inner=repeat(), unit="=one")),
        process(
            "start > ask > host > end\nit > after > end_2",
            ask=person(),
            host=sub("start_in > many > end_in", many=call(inner=repeat(), unit="=one")),
            it=boundary("host", message()),
        ),
    ),
    twins(
        "boundary_on_repeated",
        "it",
        caught(message(), sub("start_in > ask_in > end_in", ask_in=person(), _marker=repeat())),
        caught(message(), sub("start_in > ask_in > end_in", ask_in=person())),
        label="subprocess",
    ),
    twins(
        "split_in_loop",
        "fork_2",
        process(
            LISTENER.replace("choose > tell > meet", "choose > fork_2\nfork_2 > tell > end_2\nfork_2 > meet"),
            ask=person(),
            fork=gate("parallel"),
            fork_2=gate("parallel"),
            meet=gate(),
            choose=gate(),
            hear=el("receiveTask", messageRef="message_withdrawn"),
            finish=event("endEvent", "<terminateEventDefinition/>"),
        ),
        process(
            LISTENER,
            ask=person(),
            fork=gate("parallel"),
            meet=gate(),
            choose=gate(),
            hear=el("receiveTask", messageRef="message_withdrawn"),
            finish=event("endEvent", "<terminateEventDefinition/>"),
        ),
    ),
    twins(
        "cycle_to_user_task",
        "it",
        process(
            "start > ask > end\nit > more > end_2",
            ask=person(),
            more=person(),
            it=boundary("ask", timer("R3/P7D", "timeCycle"), cancelActivity="false"),
        ),
        process("start > ask > end\nit > more > end_2", ask=person(), it=boundary("ask", timer("R3/P7D", "timeCycle"), cancelActivity="false")),
    ),
    twins(
        "cycle_to_user_task",
        "heard",
        listening(event("startEvent", timer("R/P7D", "timeCycle"), isInterrupting="false"), tell=person()),
        listening(event("startEvent", timer("R1/P7D", "timeCycle"), isInterrupting="false"), tell=person()),
        label="event subprocess",
    ),
    twins(
        "cycle_to_user_task",
        "heard",
        listening(event("startEvent", timer("R3/P7D", "timeCycle"), isInterrupting="false"), tell=person()),
        listening(event("startEvent", timer("R3/P7D", "timeCycle"), isInterrupting="false")),
        label="event subprocess that only notifies",
    ),
    twins("timer_on_repeated_task", "it", caught(timer(), person(repeat())), caught(timer(), person())),
    twins(
        "repeated_call_without_mapping",
        "it",
        line(el("callActivity", repeat(), '<zeebe:calledElement processId="called"/>')),
        line(call(inner=repeat(), unit="=one")),
    ),
    twins(
        "repeated_call_without_mapping",
        "it",
        line(call(inner=repeat(REPEATED_CALL), unit="=one")),
        line(call(inner=repeat(REPEATED_CALL), unit="=one", out_given="=answer")),
        label="gathers what no call gives",
    ),
    twins(
        "unknown_name",
        "it",
        line(call(inner=repeat(REPEATED_CALL), unit="=one", out_given="=nothing_like_it")),
        line(call(inner=repeat(REPEATED_CALL), unit="=one", out_given="=answer")),
        label="the called process lacks the output",
    ),
    twins(
        "repeated_output_missing",
        "it",
        line(person(repeat('inputCollection="=units" inputElement="one" outputCollection="answers"'))),
        line(person(repeat('inputCollection="=units" inputElement="one" outputCollection="answers" outputElement="=answer"'))),
    ),
    twins(
        "thrown_and_caught",
        "it",
        process(
            "start > wait > it",
            wait=event("intermediateCatchEvent", message("message_sent")),
            it=el("endEvent", message("message_sent"), '<zeebe:taskDefinition type="record_note"/>' + mapping(text="Klart")),
        ),
        process(
            "start > wait > it",
            wait=event("intermediateCatchEvent", message()),
            it=el("endEvent", message("message_sent"), '<zeebe:taskDefinition type="record_note"/>' + mapping(text="Klart")),
        ),
    ),
    twins(
        "several_processes",
        "other",
        process(LINE, ask=person()).replace(
            "</process>", '</process><process id="other" isExecutable="true">' + plane("start_2 > ask_2 > end_2", ask_2=person()) + "</process>"
        ),
        process(LINE, ask=person()),
    ),
    # What modelling.md lists.
    twins(
        "propagates_all",
        "it",
        line(el("callActivity", "", '<zeebe:calledElement processId="called" propagateAllChildVariables="true"/>')),
        line(el("callActivity", "", '<zeebe:calledElement processId="called" propagateAllChildVariables="false"/>')),
        severity="warning",
    ),
    twins("unknown_process", "it", line(call("nobody")), line(call())),
    twins("call_without_process", "it", line(el("callActivity")), line(call())),
    twins("unknown_form", "it", line(person(form="nobody")), line(person())),
    twins("user_task_without_form", "it", line(person(form="")), line(person())),
    twins(
        "embedded_form",
        "it",
        line(person(form="", ext='<zeebe:formDefinition formKey="camunda-forms:bpmn:userTaskForm_1"/>')),
        line(person()),
    ),
    twins("user_task_without_assignment", "it", line(person(role="")), line(person(role='=if answer = "x" then "initiator" else "nearest_manager"'))),
    twins("unknown_role", "it", line(person(role="boss")), line(person(role="nearest_manager"))),
    twins(
        "unknown_decision",
        "it",
        line(el("businessRuleTask", "", '<zeebe:calledDecision decisionId="nobody" resultVariable="way"/>')),
        line(el("businessRuleTask", "", '<zeebe:calledDecision decisionId="route" resultVariable="way"/>' + mapping(level="=1"))),
    ),
    twins(
        "rule_without_decision",
        "it",
        line(el("businessRuleTask", "", '<zeebe:calledDecision decisionId="route"/>')),
        line(el("businessRuleTask", "", '<zeebe:calledDecision decisionId="route" resultVariable="way"/>' + mapping(level="=1"))),
    ),
    twins(
        "unknown_template",
        "it",
        line(note("notify", "sendTask", template='="nobody"', to='="initiator"')),
        line(note("notify", "sendTask", template='="summons"', to='="initiator"')),
    ),
    twins("unknown_task_type", "it", line(note("send_rocket")), line(note())),
    twins(
        "unknown_task_type",
        "it",
        line(person(ext=props(effect="send_rocket"))),
        line(person(ext=props(effect="record_attendance"))),
        label="effect of a form",
    ),
    twins("task_without_type", "it", line(el("serviceTask")), line(note())),
    twins("task_input_missing", "it", line(note(reason="Därför")), line(note())),
    twins(
        "task_input_missing",
        "it",
        line(person(ext=props(effect="record_decision"))),
        line(person(ext=mapping(decision="=answer") + props(effect="record_decision"))),
        label="effect of a form",
    ),
    twins("task_input_unknown", "it", line(note(text="a", colour="b")), line(note(text="a"))),
    twins(
        "send_without_message",
        "it",
        process("start > ask > it", ask=person(), it=event("endEvent", message())),
        process("start > ask > it", ask=person(), it=event("endEvent")),
    ),
    twins("receive_without_message", "it", line(el("receiveTask")), line(el("receiveTask", messageRef="message_withdrawn"))),
    twins(
        "receive_without_message",
        "it",
        line(event("intermediateCatchEvent", "<messageEventDefinition/>")),
        line(event("intermediateCatchEvent", message())),
        label="event",
    ),
    twins("feel_syntax", "it", line(person(ext=mapping(unit="=if then"))), line(person(ext=mapping(unit="=units[1]")))),
    twins(
        "feel_syntax",
        "choose_to_ask",
        process(LOOP.replace('=answer = "again"', "=answer ="), ask=person(), choose=gate(default="choose_to_end")),
        process(LOOP, ask=person(), choose=gate(default="choose_to_end")),
        label="condition",
    ),
    twins(
        "feel_without_equals",
        "choose_to_ask",
        process(LOOP.replace("=answer =", "answer ="), ask=person(), choose=gate(default="choose_to_end")),
        process(LOOP, ask=person(), choose=gate(default="choose_to_end")),
    ),
    twins("feel_empty", "it", line(person(ext=mapping(unit="="))), line(person(ext=mapping(unit="=null")))),
    twins("unknown_name", "it", line(person(ext=mapping(unit="=unti"))), line(person(ext=mapping(unit="=unit")))),
    twins(
        "unknown_name",
        "choose_to_ask",
        process(LOOP.replace("=answer", "=anser"), ask=person(), choose=gate(default="choose_to_end")),
        process(LOOP, ask=person(), choose=gate(default="choose_to_end")),
        label="condition",
    ),
    twins(
        "unknown_name",
        "it",
        line(person(repeat('inputCollection="=one" inputElement="one"'))),
        line(person(repeat())),
        label="the item outside its repetition",
    ),
    twins(
        "unknown_name",
        "after",
        process(
            "start > ask > many > after > end", ask=person(), many=call(inner=repeat(), unit="=one", out_given="=answer"), after=note(text="=given")
        ),
        process("start > ask > many > after > end", ask=person(), many=call(unit="=unit", out_given="=answer"), after=note(text="=given")),
        label="an instance leaves only what is gathered",
    ),
    twins("unknown_policy_key", "it", line(note(text="=string(policy.meting_max_days)")), line(note(text="=string(policy.meeting_max_days)"))),
    twins(
        "unknown_deadline",
        "it",
        line(event("intermediateCatchEvent", timer("=deadlines.metting.at", "timeDate"))),
        line(event("intermediateCatchEvent", timer("=deadlines.meeting.at", "timeDate"))),
    ),
    twins("unknown_requirement", "it", line(note(ext=props(requirement="002-1 002-99"))), line(note(ext=props(requirement="002-1")))),
    twins(
        "unknown_requirement", "main", line(note(), _ext=props(requirement="009-1")), line(note(), _ext=props(requirement="002-1")), label="process"
    ),
    # Flows and gateways.
    twins(
        "deadlock",
        "join",
        process(SPLIT, ask=person(), split=gate(default="split_to_b"), join=gate("parallel")),
        process(SPLIT, ask=person(), split=gate(default="split_to_b"), join=gate()),
    ),
    twins(
        "double_end", "join", process(PARALLEL, split=gate("parallel"), join=gate()), process(PARALLEL, split=gate("parallel"), join=gate("parallel"))
    ),
    twins(
        "double_end",
        "it",
        process(PARALLEL.replace("join", "it"), split=gate("parallel"), it=person()),
        process(PARALLEL, split=gate("parallel"), join=gate("inclusive")),
        label="a task gathers",
    ),
    twins(
        "never_ends",
        "meet",
        process(
            "start > fork > a > end\nfork > meet > hear > b > meet",
            fork=gate("parallel"),
            meet=gate(),
            hear=el("receiveTask", messageRef="message_withdrawn"),
        ),
        process(
            LISTENER,
            ask=person(),
            fork=gate("parallel"),
            meet=gate(),
            choose=gate(),
            hear=el("receiveTask", messageRef="message_withdrawn"),
            finish=event("endEvent", "<terminateEventDefinition/>"),
        ),
    ),
    twins(
        "flow_without_condition",
        "split",
        process(SPLIT.replace(' ? =answer = "x"', ""), ask=person(), split=gate(default="split_to_b"), join=gate()),
        process(SPLIT, ask=person(), split=gate(default="split_to_b"), join=gate()),
    ),
    twins(
        "condition_ignored",
        "ask_to_end",
        process('start > ask > end ? =answer = "x"'.replace("start > ask > end", "ask > end") + "\nstart > ask", ask=person()),
        process(LINE, ask=person()),
    ),
    twins(
        "default_elsewhere",
        "split",
        process(SPLIT, ask=person(), split=gate(default="join_to_end"), join=gate()),
        process(SPLIT, ask=person(), split=gate(default="split_to_a"), join=gate()),
    ),
    twins(
        "implicit_split",
        "ask",
        process("start > ask > a > end\nask > b > end", ask=person()),
        process("start > ask > fork\nfork > a > end\nfork > b > end", ask=person(), fork=gate("parallel")),
    ),
    twins(
        "dead_end",
        "ask",
        process("start > fork > ask\nfork > a > end", ask=person(), fork=gate("parallel")),
        process("start > fork > ask > end_2\nfork > a > end", ask=person(), fork=gate("parallel")),
    ),
    twins(
        "dangling_flow",
        "ask_to_nowhere",
        process("start > fork > ask > nowhere\nfork > end", ask=person(), fork=gate("parallel")),
        process("start > fork > ask > end_2\nfork > end", ask=person(), fork=gate("parallel")),
    ),
    twins(
        "flow_across",
        "ask_to_deep",
        process("start > ask > deep\nask > part > end", ask=person(), part=sub("start_in > deep > end_in", deep=person()), deep=Element(" ")),
        process("start > ask > part > end", ask=person(), part=sub("start_in > deep > end_in", deep=person())),
    ),
    twins(
        "into_start",
        "start",
        process('start > ask > choose\nchoose > end\nchoose > start ? =answer = "x"', ask=person(), choose=gate(default="choose_to_end")),
        process(LOOP, ask=person(), choose=gate(default="choose_to_end")),
    ),
    twins(
        "event_gateway_target",
        "choose",
        process(
            "start > choose\nchoose > wait > end\nchoose > ask > end",
            ask=person(),
            choose=gate("eventBased"),
            wait=event("intermediateCatchEvent", timer()),
        ),
        process(
            "start > choose\nchoose > wait > end\nchoose > hear > end",
            hear=event("intermediateCatchEvent", message()),
            choose=gate("eventBased"),
            wait=event("intermediateCatchEvent", timer()),
        ),
    ),
    twins(
        "boundary_unattached",
        "it",
        process("start > ask > end\nit > after > end_2", ask=person(), it=boundary("nobody", message())),
        process("start > ask > end\nit > after > end_2", ask=person(), it=boundary("ask", message())),
    ),
    # Processes and elements.
    twins("no_process", "", f"{HEAD}</definitions>", process(LINE, ask=person())),
    twins("not_executable", "main", process(LINE, ask=person(), _executable="false"), process(LINE, ask=person())),
    twins("no_start", "main", process("ask > end", ask=person()), process(LINE, ask=person())),
    twins("several_starts", "start_2", process("start > ask > end\nstart_2 > ask", ask=person()), process(LINE, ask=person())),
    twins("no_end", "main", process("start > ask", ask=person()), process(LINE, ask=person())),
    twins("subprocess_empty", "part", process("start > part > end", part=el("subProcess")), inside("start_in > ask_in > end_in", ask_in=person())),
    twins(
        "unknown_purpose",
        "main",
        process(LINE, ask=person(), _ext=props(purpose="deviaton")),
        process(LINE, ask=person(), _ext=props(purpose="deviation")),
    ),
    twins("unknown_property", "it", line(person(ext=props(outcom="x"))), line(person(ext=props(milestone="plan_ready"))), severity="warning"),
    twins("notice_elsewhere", "it", line(el("task", ext=props(notice="summons"))), line(person(ext=props(notice="summons")))),
    twins("unknown_template", "it", line(person(ext=props(notice="nobody"))), line(person(ext=props(notice="summons")))),
    twins("phase_name", "it", line(person(ext=props(phase=" "))), line(person(ext=props(phase="Möte")))),
    twins("phase_name", "it", line(person(ext=props(phase="Ett skede med alldeles för långt namn"))), line(person(ext=props(phase="M" * 24)))),
    twins(
        "phases_many",
        "main",
        process("start > a > b > c > d > e > f > g > h > i > end", **{name: person(ext=props(phase=name)) for name in "abcdefghi"}),
        process("start > a > b > c > d > e > f > g > h > i > end", **{name: person(ext=props(phase=name.replace("i", "h"))) for name in "abcdefghi"}),
        severity="warning",
    ),
    twins(
        "lane_unknown_node",
        "lane_1",
        process(LINE, ask=person(), _more='<laneSet id="lanes"><lane id="lane_1" name="A"><flowNodeRef>nobody</flowNodeRef></lane></laneSet>'),
        process(LINE, ask=person(), _more='<laneSet id="lanes"><lane id="lane_1" name="A"><flowNodeRef>ask</flowNodeRef></lane></laneSet>'),
    ),
    twins("abstract_task", "it", line(el("task")), line(person())),
    twins("manual_task", "it", line(el("manualTask")), line(person())),
    twins(
        "unsupported_element",
        "it",
        process(SPLIT.replace("split", "it"), ask=person(), it=gate("complex", default="it_to_b"), join=gate()),
        process(SPLIT, ask=person(), split=gate(default="split_to_b"), join=gate()),
    ),
    twins("data_association", "it", line(person("<ioSpecification><inputSet/><outputSet/></ioSpecification>")), line(person())),
    twins(
        "for_compensation",
        "it",
        line(el("serviceTask", "", '<zeebe:taskDefinition type="record_note"/>' + mapping(text="a"), isForCompensation="true")),
        line(note()),
    ),
    twins(
        "standard_loop",
        "it",
        line(person('<standardLoopCharacteristics loopMaximum="3"/>')),
        process(LOOP, ask=person(), choose=gate(default="choose_to_end")),
    ),
    twins("repeat_without_collection", "it", line(person("<multiInstanceLoopCharacteristics/>")), line(person(repeat()))),
    twins("repeat_without_element", "it", line(person(repeat('inputCollection="=units"'))), line(person(repeat()))),
    twins("task_without_name", "it", line(person(name="")), line(person(name="Fråga"))),
    twins("no_name", "it", line(el("serviceTask", "", NOTED, name=" ")), line(note()), severity="warning"),
    twins(
        "no_name",
        "start",
        process(LINE, ask=person(), start=event("startEvent", name="")),
        process(LINE, ask=person()),
        severity="warning",
        label="event",
    ),
    twins(
        "no_name",
        "choose",
        process(LOOP, ask=person(), choose=gate(default="choose_to_end", name="")),
        process(LOOP, ask=person(), choose=gate(default="choose_to_end")),
        severity="warning",
        label="gateway that asks",
    ),
    twins(
        "no_name",
        "choose_to_ask",
        process(LOOP, ask=person(), choose=gate(default="choose_to_end")).replace(' name="choose_to_ask"', ""),
        process(LOOP, ask=person(), choose=gate(default="choose_to_end")),
        severity="warning",
        label="way with a condition",
    ),
    twins(
        "no_name",
        "lane_1",
        process(LINE, ask=person(), _more=LANE.replace('name="A"', "")),
        process(LINE, ask=person(), _more=LANE),
        severity="warning",
        label="lane",
    ),
    twins(
        "event_kind",
        "it",
        line(event("intermediateCatchEvent", "<conditionalEventDefinition><condition>=answer = 1</condition></conditionalEventDefinition>")),
        line(event("intermediateCatchEvent", message())),
    ),
    twins("several_events", "it", line(event("intermediateCatchEvent", message() + timer())), line(event("intermediateCatchEvent", message()))),
    twins(
        "start_event_kind",
        "heard",
        inside("heard > ask_in > end_in", heard=event("startEvent", message()), ask_in=person()),
        inside("heard > ask_in > end_in", heard=event("startEvent"), ask_in=person()),
    ),
    twins(
        "message_never_sent",
        "it",
        with_message("message_lost", "lost"),
        with_message("message_lost", "sent"),
        severity="warning",
    ),
    twins(
        "message_never_sent",
        "heard",
        listening(event("startEvent", message("message_sent"))).replace('name="sent"', 'name="lost"'),
        listening(event("startEvent", message("message_sent"))),
        severity="warning",
        label="event subprocess",
    ),
    twins(
        "error_uncaught",
        "gone",
        inside("start_in > ask_in > gone", ask_in=person(), gone=event("endEvent", '<errorEventDefinition errorRef="error_1"/>')),
        process(
            "start > ask > part > end\nit > end_2",
            ask=person(),
            part=sub("start_in > ask_in > gone", ask_in=person(), gone=event("endEvent", '<errorEventDefinition errorRef="error_1"/>')),
            it=boundary("part", '<errorEventDefinition errorRef="error_1"/>'),
        ),
    ),
    twins(
        "error_uncaught",
        "gone",
        process(
            "start > ask > part > end\nit > end_2",
            ask=person(),
            part=sub("start_in > ask_in > gone", ask_in=person(), gone=event("endEvent", '<errorEventDefinition errorRef="error_1"/>')),
            it=boundary("part", '<errorEventDefinition errorRef="error_2"/>'),
        ),
        process(
            "start > ask > part > end\nit > end_2",
            ask=person(),
            part=sub("start_in > ask_in > gone", ask_in=person(), gone=event("endEvent", '<errorEventDefinition errorRef="error_1"/>')),
            it=boundary("part", "<errorEventDefinition/>"),
        ),
        label="caught by another code",
    ),
    twins(
        "duplicate_id",
        "ask",
        process("start > ask > part > end", ask=person(), part=sub("start_in > ask > end_in", ask=person())),
        process("start > ask > part > end", ask=person(), part=sub("start_in > ask_in > end_in", ask_in=person())),
    ),
    twins("no_id", "main", process(LINE, ask=person()).replace('<sequenceFlow id="ask_to_end"', "<sequenceFlow"), process(LINE, ask=person())),
    twins("schema", "it", line(person("<colour/>")), line(person())),
    twins("text_too_long", "it", line(person(ext=mapping(unit='="' + "x" * 20_001 + '"'), name="x" * 20_001)), line(person())),
    twins(
        "too_many_elements",
        "",
        process("start > " + " > ".join(f"n{i}" for i in range(260)) + " > end"),
        process("start > " + " > ".join(f"n{i}" for i in range(240)) + " > end"),
    ),
    twins(
        "link_event",
        "it",
        process("start > ask > it", ask=person(), it=event("intermediateThrowEvent", '<linkEventDefinition name="x"/>')),
        process("start > ask > it", ask=person(), it=event("endEvent")),
        label="leads nowhere",
    ),
    # bpmnlint's recommended rules that nothing above answers to; test_bpmnlint.py holds all of them to the original.
    twins(
        "unsupported_element",
        "part",
        process("start > ask > part > end", ask=person(), part=el("adHocSubProcess", plane("", a=note(), b=note()))),
        process("start > ask > part > end", ask=person(), part=sub("start_in > a > b > end_in")),
        label="ad hoc",
    ),
    twins(
        "unsupported_element",
        "part",
        process("start > ask > part > end", ask=person(), part=el("transaction", plane("start_in > a > end_in"))),
        process("start > ask > part > end", ask=person(), part=sub("start_in > a > end_in")),
        label="transaction",
    ),
    twins(
        "unsupported_element",
        "part",
        process("start > ask > part > end", ask=person(), part=el("adHocSubProcess", plane("start_in > a > end_in"))),
        process("start > ask > part > end", ask=person(), part=sub("start_in > a > end_in")),
        label="ad hoc with a start",
    ),
    twins(
        "correlation",
        "property_1",
        process(LINE, ask=person()).replace("<process ", CORRELATION + "<process ", 1),
        process(LINE, ask=person()),
    ),
    twins(
        "correlation",
        "subscription_1",
        process(LINE, ask=person()).replace("</process>", '<correlationSubscription id="subscription_1" correlationKeyRef="key_1"/></process>'),
        process(LINE, ask=person()),
        label="subscription",
    ),
    twins(
        "correlation_key",
        "message_lost",
        with_message("message_lost", "lost").replace('name="lost"/>', f'name="lost">{KEYED}</message>'),
        with_message("message_lost", "lost"),
        severity="warning",
    ),
    twins(
        "standard_loop",
        "it",
        line(
            person(
                '<standardLoopCharacteristics><loopCondition xsi:type="tFormalExpression">=answer = "x"</loopCondition></standardLoopCharacteristics>'
            )
        ),
        process(LOOP, ask=person(), choose=gate(default="choose_to_end")),
        label="with a condition",
    ),
    twins(
        "event_gateway_single",
        "choose",
        process("start > choose\nchoose > wait > end", choose=gate("eventBased"), wait=event("intermediateCatchEvent", timer())),
        process("start > wait > end", wait=event("intermediateCatchEvent", timer())),
    ),
    twins(
        "condition_ignored",
        "choose_to_wait",
        TWO_WAITS.replace('<sequenceFlow id="choose_to_wait"', CONDITIONAL, 1).replace(
            'targetRef="wait"></sequenceFlow>', f'targetRef="wait">{RULE}</sequenceFlow>'
        ),
        TWO_WAITS,
        label="after an event-based gateway",
    ),
    twins(
        "duplicate_flow",
        "ask_to_end_2",
        process(LINE, ask=person()).replace("</process>", '<sequenceFlow id="ask_to_end_2" sourceRef="ask" targetRef="end"/></process>'),
        process(LINE, ask=person()),
    ),
    twins(
        "join_and_fork",
        "choose",
        process('start > choose\nchoose > end\nchoose > ask > choose ? =answer = "x"', ask=person(), choose=gate(default="choose_to_end")),
        process(
            'start > meet > choose\nchoose > end\nchoose > ask ? =answer = "x"\nask > meet',
            ask=person(),
            meet=gate(),
            choose=gate(default="choose_to_end"),
        ),
        severity="warning",
    ),
    twins(
        "unreachable",
        "lost",
        process(LINE, ask=person(), lost=person()),
        process("start > ask > lost > end", ask=person(), lost=person()),
        label="not connected",
    ),
    twins(
        "fake_join",
        "ask",
        process(LOOP, ask=person(), choose=gate(default="choose_to_end")),
        process(GATED_LOOP, ask=person(), meet=gate(), choose=gate(default="choose_to_end")),
        severity="warning",
    ),
    twins("superfluous_gateway", "it", process("start > ask > it > end", ask=person(), it=gate()), process(LINE, ask=person()), severity="warning"),
    twins(
        "inclusive_gateway",
        "split",
        process(SPLIT, ask=person(), split=gate("inclusive", default="split_to_b"), join=gate("inclusive")),
        process(SPLIT, ask=person(), split=gate(default="split_to_b"), join=gate()),
        severity="warning",
    ),
    twins(
        "superfluous_label",
        "start_to_ask",
        process(LINE, ask=person()).replace('<sequenceFlow id="start_to_ask"', '<sequenceFlow id="start_to_ask" name="Vidare"'),
        process(LINE, ask=person()),
        severity="warning",
    ),
    twins(
        "superfluous_termination",
        "end",
        process(LINE, ask=person(), end=event("endEvent", "<terminateEventDefinition/>")),
        process(LINE, ask=person()),
        severity="warning",
    ),
    twins(
        "definition_unused",
        "message_lost",
        with_message("message_lost", "lost", used=False),
        with_message("message_lost", "lost"),
        severity="warning",
    ),
    twins("definition_without_name", "message_lost", with_message("message_lost", ""), with_message("message_lost", "lost"), severity="warning"),
    twins("definition_twice", "message_lost", with_message("message_lost", "withdrawn"), with_message("message_lost", "lost"), severity="warning"),
    twins("no_diagram", "", process(LINE, ask=person()), laid_out(SHAPES), severity="warning"),
    twins("not_drawn", "end", laid_out({name: place for name, place in SHAPES.items() if name != "end"}), laid_out(SHAPES), severity="warning"),
    twins("overlap", "end", laid_out(SHAPES | {"end": (150, 90, 36, 36)}), laid_out(SHAPES), severity="warning"),
    twins("outside_parent", "end", laid_out(SHAPES | {"end": (900, 90, 36, 36)}), laid_out(SHAPES), severity="warning"),
    # Forms.
    twins("form_component", "x", form(ANSWER, {"id": "x", "type": "iframe", "url": "a"}), form(ANSWER), file="ask.form"),
    twins("form_field_without_key", "x", form(ANSWER, {"id": "x", "type": "textfield", "label": "A"}), form(ANSWER), file="ask.form"),
    twins("form_key_invalid", "x", form({"id": "x", "type": "textfield", "label": "A", "key": "1 a"}), form(ANSWER), file="ask.form"),
    twins("form_key_twice", "x", form(ANSWER, {"id": "x", "type": "textfield", "label": "A", "key": "answer"}), form(ANSWER), file="ask.form"),
    twins(
        "form_without_choices",
        "x",
        form({"id": "x", "type": "radio", "label": "A", "key": "a"}),
        form({"id": "x", "type": "radio", "label": "A", "key": "a", "values": [{"label": "A", "value": "a"}]}),
        file="ask.form",
    ),
    twins(
        "form_choice_twice",
        "x",
        form({"id": "x", "type": "radio", "label": "A", "key": "a", "values": [{"label": "A", "value": "a"}, {"label": "B", "value": "a"}]}),
        form(ANSWER),
        file="ask.form",
    ),
    twins(
        "form_pattern",
        "x",
        form({"id": "x", "type": "textfield", "label": "A", "key": "a", "validate": {"pattern": "("}}),
        form(ANSWER),
        file="ask.form",
    ),
    twins(
        "form_limits",
        "x",
        form({"id": "x", "type": "number", "label": "A", "key": "a", "validate": {"min": 3, "max": 2}}),
        form(ANSWER),
        file="ask.form",
    ),
    twins("form_without_label", "x", form({"id": "x", "type": "textfield", "key": "a"}), form(ANSWER), file="ask.form", severity="warning"),
    twins("form_shape", "", '{"id": "ask"}', form(ANSWER), file="ask.form"),
    twins("form_without_id", "", '{"components": []}', form(ANSWER), file="ask.form"),
    twins("not_json", "", '{"id": "ask",\n "components": [}', form(ANSWER), file="ask.form"),
    twins(
        "feel_syntax",
        "field_answer",
        form({**ANSWER, "conditional": {"hide": "=if"}}),
        form({**ANSWER, "conditional": {"hide": "=today = null"}}),
        file="ask.form",
        label="form",
    ),
    twins(
        "unknown_name",
        "field_answer",
        form({**ANSWER, "conditional": {"hide": "=unknown_thing"}}),
        form({**ANSWER, "conditional": {"hide": "=case = null"}}),
        file="ask.form",
        label="form",
    ),
    # Tables.
    twins("deadline_start_unknown", "row_1", due('"plan_redy"'), due('"plan_ready"'), file="due.dmn"),
    twins("deadline_start_unknown", "row_1", due('"deadlines.meting"'), due('"deadlines.meeting"'), file="due.dmn", label="another deadline"),
    twins(
        "deadline_start_unknown", "row_1", due('"policy.clock"', '"lost"'), due('"policy.clock"', '"plan_ready"'), file="due.dmn", label="a choice"
    ),
    twins("deadline_met_unknown", "row_1", due(met_by='"plan_redy"'), due(met_by='"plan_ready"'), file="due.dmn"),
    twins("dmn-overlap", "row_2", table(("&lt; 3", '"a"'), ("&gt;= 2", '"b"')), SOUND_TABLE, file="route.dmn"),
    twins("dmn-gap", "route_table", table(("&lt; 2", '"a"'), ("&gt; 2", '"b"')), SOUND_TABLE, file="route.dmn"),
    twins(
        "unknown_name",
        "it",
        line(el("businessRuleTask", "", '<zeebe:calledDecision decisionId="route" resultVariable="way"/>')),
        line(el("businessRuleTask", "", '<zeebe:calledDecision decisionId="route" resultVariable="way"/>' + mapping(level="=1"))),
        label="input of a decision",
    ),
]

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


def faults_of(text: str, file: str) -> list[Fault]:
    """Check the file among the others that it may name."""
    files = {"called.bpmn": CALLED, "sets.bpmn": SETS, "ask.form": ASK, "route.dmn": SOUND_TABLE, "main.bpmn": process(LINE, ask=person())} | {
        file: text
    }
    return [fault for fault in check({name: data.encode() for name, data in files.items()}, VOCABULARY) if fault.file == file]


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
