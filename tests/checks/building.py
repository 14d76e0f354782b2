"""Small drawings for the tests of the checks: their elements in short words, and twins of which one breaks a rule."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from xml.sax.saxutils import quoteattr

from engine.execution.checks import check
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


def faults_of(text: str, file: str) -> list[Fault]:
    """Check the file among the others that it may name."""
    files = {"called.bpmn": CALLED, "sets.bpmn": SETS, "ask.form": ASK, "route.dmn": SOUND_TABLE, "main.bpmn": process(LINE, ask=person())} | {
        file: text
    }
    return [fault for fault in check({name: data.encode() for name, data in files.items()}, VOCABULARY) if fault.file == file]
