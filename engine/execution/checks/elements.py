"""Looks at one element at a time: does it say all that it needs, and nothing that runs otherwise than it reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lxml import etree

from engine.execution.catalogue import TASK_TYPES
from engine.execution.checks.drawing import (
    IMPORTED,
    Drawing,
    Node,
    Scope,
    bpmn_children,
    extension,
    local_reference,
    properties,
    text_of,
)
from engine.execution.checks.form_fields import field_keys
from engine.execution.checks.models import Models
from engine.execution.checks.rules import RULES
from engine.execution.faults import Fault, Vocabulary

MOST_INSTANCES = 500
"""A literal number of instances above this is refused: the engine makes them all at once (spiffworkflow.md)."""
PURPOSES = frozenset({"case", "deviation", "dispute"})
PROPERTIES = frozenset({"purpose", "variables", "requirement", "milestone", "effect", "outcome", "phase", "notice"})
"""The ``zeebe:property`` names that mean something, docs/house.md."""
LONGEST_PHASE = 24
"""Signs: the name stands in a strip of up to eight."""
MOST_PHASES = 8

_DURATION = re.compile(r"-?P(?=.)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?")
_CYCLE = re.compile(r"R(\d*)/(.+/)?" + _DURATION.pattern)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?")
_ZONED = re.compile(r".*T.*(Z|[+-]\d{2}:\d{2})")
_TIMERS = {"timeDuration": (_DURATION, "P14D"), "timeDate": (_DATE, "2026-03-01T08:00:00+01:00"), "timeCycle": (_CYCLE, "R3/P7D")}

_NONE = "utan utlösare"
_KINDS_SV = {
    "none": _NONE,
    "message": "meddelande",
    "timer": "tid",
    "error": "fel",
    "escalation": "eskalering",
    "terminate": "avbryt allt",
    "signal": "signal",
    "compensate": "kompensation",
    "link": "länk",
    "conditional": "villkor",
    "cancel": "avbrott",
    "reference": "hänvisning",
}
_PLACES = {
    "startEvent": ("en starthändelse", "a start event"),
    "endEvent": ("en sluthändelse", "an end event"),
    "intermediateCatchEvent": ("en mellanhändelse som väntar", "an intermediate event that waits"),
    "intermediateThrowEvent": ("en mellanhändelse som sänder", "an intermediate event that sends"),
    "boundaryEvent": ("en kanthändelse", "a boundary event"),
}
"""What each event is called in a sentence, in Swedish and English."""
EVENT_KINDS = {
    "startEvent": ("none", "message", "timer"),
    "endEvent": ("none", "terminate", "error", "escalation"),
    "intermediateCatchEvent": ("message", "timer"),
    "intermediateThrowEvent": ("none", "escalation"),
    "boundaryEvent": ("message", "timer", "error", "escalation"),
}
"""What runs as it reads, by the tag of the event."""

_OWN_RULE = {"link": "link_event", "signal": "signal_event", "compensate": "compensate_event"}
_TAGS = {
    "task": ("uppgiften", "task"),
    "userTask": ("användaruppgiften", "user task"),
    "manualTask": ("den manuella uppgiften", "manual task"),
    "serviceTask": ("serviceuppgiften", "service task"),
    "scriptTask": ("skriptuppgiften", "script task"),
    "sendTask": ("sänduppgiften", "send task"),
    "receiveTask": ("mottagaruppgiften", "receive task"),
    "businessRuleTask": ("regeluppgiften", "business rule task"),
    "callActivity": ("anropet", "call activity"),
    "subProcess": ("delprocessen", "subprocess"),
    "transaction": ("transaktionen", "transaction"),
    "adHocSubProcess": ("ad hoc-delprocessen", "ad hoc subprocess"),
    "complexGateway": ("den komplexa porten", "complex gateway"),
    "startEvent": ("starthändelsen", "start event"),
    "endEvent": ("sluthändelsen", "end event"),
    "intermediateCatchEvent": ("händelsen", "event"),
    "intermediateThrowEvent": ("händelsen", "event"),
    "boundaryEvent": ("kanthändelsen", "boundary event"),
}
"""What each kind of node is called within a sentence, in Swedish and English."""


def tags(node: Node, *, first: bool = False) -> dict[str, str]:
    """Return the words for the node's kind as the rules name them; ``first``: they begin the Swedish sentence."""
    sv, en = _TAGS.get(node.kind, (node.kind, node.kind))
    return {"tag": sv[0].upper() + sv[1:] if first else sv, "tag_en": en}


def _kinds(kind: str) -> dict[str, str]:
    return {"kind": _KINDS_SV.get(kind, kind), "kind_en": kind}


def at(code: str, where: Node | Scope, /, **names: object) -> Fault:
    """Return the fault of that rule at a node or a process."""
    drawing = where.scope.drawing if isinstance(where, Node) else where.drawing
    return RULES[code].at(drawing.file, where.id, where.name, **names)


def listed(names: frozenset[str] | set[str] | list[str], most: int = 20) -> str:
    """Return the names in order with commas, cut where nobody reads on."""
    ordered = sorted(names)
    return ", ".join(ordered[:most]) + (" …" if len(ordered) > most else "")


def process_faults(drawing: Drawing) -> Iterator[Fault]:
    """Yield what is wrong with the processes of a file as wholes."""
    running = [process for process in drawing.processes if process.nodes]
    if not running:
        yield RULES["no_process"].at(drawing.file)
    if len(running) > 1:
        names = ", ".join(process.name or process.id for process in running)
        yield RULES["several_processes"].at(drawing.file, running[1].id, running[1].name, processes=names)
    for process in running:
        if process.element.get("isExecutable", "true") != "true":
            yield at("not_executable", process)
        own = properties(process.element)
        if "purpose" in own and own["purpose"] not in PURPOSES:
            yield at("unknown_purpose", process, purpose=own["purpose"])
        phases = {name for scope in drawing.scopes.values() if scope.process is process for node in scope.nodes.values() if (name := _phase(node))}
        if len(phases) > MOST_PHASES:
            yield at("phases_many", process, count=len(phases), limit=MOST_PHASES)
        yield from _lane_faults(process)
    yield from _identity_faults(drawing)


def _phase(node: Node) -> str:
    return node.properties.get("phase", "").strip()


def _identity_faults(drawing: Drawing) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for scope in drawing.scopes.values():
        for child in scope.element.iterchildren("{*}*"):
            child_id = child.get("id", "")
            tag = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else ""
            if tag in {"sequenceFlow", *_PLACES} or tag.endswith(("Task", "Gateway")):
                if not child_id:
                    yield RULES["no_id"].at(drawing.file, scope.id, child.get("name", ""), tag=tag)
                elif child_id in seen:
                    yield RULES["duplicate_id"].at(drawing.file, child_id, child.get("name", ""), other=seen[child_id])
                else:
                    seen[child_id] = tag


def _lane_faults(process: Scope) -> Iterator[Fault]:
    inside = {node.id for scope in process.drawing.scopes.values() if scope.process is process for node in scope.nodes.values()}
    for lane_set in bpmn_children(process.element, "laneSet"):
        for lane in lane_set.iter("{*}lane"):
            for reference in bpmn_children(lane, "flowNodeRef"):
                if local_reference(text_of(reference)) not in inside and not _is_data(process, text_of(reference)):
                    yield RULES["lane_unknown_node"].at(process.drawing.file, lane.get("id", ""), lane.get("name", ""), node=text_of(reference))


def _is_data(process: Scope, reference: str) -> bool:
    """Say whether a lane's reference is to something else drawn in the process, such as a data object."""
    return any(child.get("id") == reference for child in process.element)


def plane_faults(scope: Scope) -> Iterator[Fault]:
    """Yield what is wrong with the start and the ends of a process or subprocess."""
    if scope.parent is not None and not scope.nodes:
        yield at("subprocess_empty", scope)
        return
    if scope.ad_hoc:
        return  # refused as such
    if not scope.starts:
        yield at("no_start", scope)
    if len(scope.starts) > 1:
        yield at("several_starts", scope.starts[1])
    if not any(node.kind == "endEvent" for node in scope.nodes.values()):
        yield at("no_end", scope)
    holder = scope.parent.nodes[scope.id] if scope.parent is not None else None
    for start in scope.starts if holder is not None else ():
        yield from _inner_start_faults(start)
    if holder is not None and holder.event_subprocess and holder.scope.parent is not None:
        yield at("event_subprocess_nested", holder)


def _inner_start_faults(start: Node) -> Iterator[Fault]:
    """A plain subprocess starts by its flow, an event subprocess by a message or a timer."""
    trigger = start.events[0] if start.events else "none"
    if _of_event_subprocess(start):
        if trigger not in {"message", "timer"}:
            yield at("event_subprocess_start", start, **_kinds(trigger))
    elif trigger != "none":
        yield at("start_event_kind", start, **_kinds(trigger))


def node_faults(node: Node, models: Models, vocabulary: Vocabulary) -> Iterator[Fault]:
    """Yield what is wrong with one flow node by itself."""
    yield from _kind_faults(node)
    yield from _property_faults(node, vocabulary)
    yield from _data_faults(node)
    if node.kind in _PLACES:
        yield from _event_faults(node, vocabulary)
    if node.kind == "userTask":
        yield from _user_task_faults(node, models, vocabulary)
    if node.kind in {"serviceTask", "sendTask"}:
        yield from _effect_task_faults(node, vocabulary)
    if node.kind == "receiveTask" and not models.drawings[node.scope.drawing.file].message_of(node):
        yield at("receive_without_message", node, **tags(node, first=True))
    if node.kind == "businessRuleTask":
        yield from _rule_task_faults(node, models)
    if node.kind == "callActivity":
        yield from _call_faults(node, models)
    yield from _waiting_faults(node, vocabulary)
    yield from _repeat_faults(node)


def _kind_faults(node: Node) -> Iterator[Fault]:
    if node.kind == "scriptTask":
        yield at("script_task", node)
    elif node.kind == "task":
        yield at("abstract_task", node)
    elif node.kind == "manualTask":
        yield at("manual_task", node)
    elif node.kind in {"complexGateway", "transaction", "adHocSubProcess"}:
        yield at("unsupported_element", node, **tags(node, first=True))
    if node.element.get("isForCompensation", "false") == "true":
        yield at("for_compensation", node)


def _property_faults(node: Node, vocabulary: Vocabulary) -> Iterator[Fault]:
    own = node.properties
    for name in own:
        if name not in PROPERTIES:
            yield at("unknown_property", node, name=name, known=listed(PROPERTIES))
    if "phase" in own and not 0 < len(_phase(node)) <= LONGEST_PHASE:
        yield at("phase_name", node, name=_phase(node), limit=LONGEST_PHASE)
    yield from requirement_faults(node, own.get("requirement", ""), vocabulary)
    yield from _notice_faults(node, own, vocabulary)


def _notice_faults(node: Node, own: Mapping[str, str], vocabulary: Vocabulary) -> Iterator[Fault]:
    if "notice" not in own:
        return
    if node.kind != "userTask":
        yield at("notice_elsewhere", node)
    if vocabulary.templates is not None and own["notice"] not in vocabulary.templates:
        yield at("unknown_template", node, template=own["notice"], known=listed(vocabulary.templates))


def requirement_faults(place: Node | Scope, text: str, vocabulary: Vocabulary) -> Iterator[Fault]:
    """Yield the requirement ids in the text that no agreement has."""
    known = vocabulary.requirement_ids
    if known:
        for requirement in text.replace(",", " ").split():
            if requirement not in known:
                yield at("unknown_requirement", place, requirement=requirement, example=min(known))


def _data_faults(node: Node) -> Iterator[Fault]:
    if bpmn_children(node.element, "ioSpecification", "dataInputAssociation", "dataOutputAssociation"):
        yield at("data_association", node)


def _event_faults(node: Node, vocabulary: Vocabulary) -> Iterator[Fault]:
    kinds = node.events
    if len(kinds) > 1:
        yield at("several_events", node)
        return
    kind = kinds[0] if kinds else "none"
    allowed = EVENT_KINDS[node.kind]
    if kind in _OWN_RULE:
        yield at(_OWN_RULE[kind], node)
    elif kind == "message" and node.kind in {"endEvent", "intermediateThrowEvent"}:
        if task_definition(node) is None:
            yield at("send_without_message", node, **tags(node, first=True))
        else:
            yield from _effect_task_faults(node, vocabulary)
    elif kind not in allowed and not (node.kind == "startEvent" and _of_event_subprocess(node)):
        yield at(
            "event_kind",
            node,
            **_kinds(kind),
            place=_PLACES[node.kind][0],
            place_en=_PLACES[node.kind][1],
            allowed=", ".join(_KINDS_SV[name] for name in allowed),
            allowed_en=", ".join(allowed),
        )
    elif kind == "message" and not node.scope.drawing.message_of(node):
        yield at("receive_without_message", node, **tags(node, first=True))
    if kind == "timer":
        yield from _timer_faults(node)
    if node.kind == "boundaryEvent" and node.element.get("attachedToRef", "") not in node.scope.nodes:
        yield at("boundary_unattached", node)


def _waiting_faults(node: Node, vocabulary: Vocabulary) -> Iterator[Fault]:
    """A message that is waited for must be one that somebody sends; what a drawing throws becomes an effect."""
    waits = node.kind == "receiveTask" or ("message" in node.events and node.kind in {"startEvent", "intermediateCatchEvent", "boundaryEvent"})
    message = node.scope.drawing.message_of(node) if waits else None
    if message and vocabulary.messages is not None and message not in vocabulary.messages:
        yield at("message_never_sent", node, message=message, known=listed(vocabulary.messages))


def _of_event_subprocess(node: Node) -> bool:
    parent = node.scope.parent
    return parent is not None and parent.nodes[node.scope.id].event_subprocess


def _timer_faults(node: Node) -> Iterator[Fault]:
    definition = node.event("timer")
    assert definition is not None
    times = bpmn_children(definition, *_TIMERS)
    text = text_of(times[0]) if times else ""
    if not text or text == "=":
        yield at("timer_empty", node)
    elif not text.startswith("="):
        kind = times[0].tag.rpartition("}")[2]
        pattern, example = _TIMERS[kind]
        if not pattern.fullmatch(text):
            yield at("timer_invalid", node, text=text[:80], example=example)
        elif kind == "timeDate" and not _ZONED.fullmatch(text):
            yield at("timer_without_offset", node, text=text)


def _user_task_faults(node: Node, models: Models, vocabulary: Vocabulary) -> Iterator[Fault]:
    assignment = extension(node.element, "assignmentDefinition")
    groups = assignment.get("candidateGroups", "").strip() if assignment is not None else ""
    assignee = assignment.get("assignee", "").strip() if assignment is not None else ""
    roles = vocabulary.roles
    if not groups and not assignee:
        yield at("user_task_without_assignment", node, example=min(roles) if roles else "initiator")
    if groups and not groups.startswith("=") and roles is not None and groups not in roles:
        yield at("unknown_role", node, role=groups, known=listed(roles))
    form = form_of(node)
    if not form and _names_another_form(node):
        yield at("embedded_form", node)
    elif not form:
        yield at("user_task_without_form", node)
    elif form not in models.form_files:
        yield at("unknown_form", node, form=form)
    yield from _effect_faults(node, models, vocabulary)


def _names_another_form(node: Node) -> bool:
    definition = extension(node.element, "formDefinition")
    return definition is not None and bool(definition.get("formKey") or definition.get("externalReference"))


def form_of(node: Node) -> str:
    """Return the form id that a user task names; empty where it names none."""
    definition = extension(node.element, "formDefinition")
    return definition.get("formId", "").strip() if definition is not None else ""


def _effect_faults(node: Node, models: Models, vocabulary: Vocabulary) -> Iterator[Fault]:
    form = models.form(form_of(node))
    given = {mapping.target for mapping in node.inputs} | (field_keys(form) if form is not None else set())
    for name in node.properties.get("effect", "").replace(",", " ").split():
        known = types(vocabulary)
        if name not in known:
            yield at("unknown_task_type", node, type=name, known=listed(known))
        elif form is not None and name in TASK_TYPES:
            for wanted in sorted(TASK_TYPES[name].required - given):
                yield at("task_input_missing", node, type=name, input=wanted)


def types(vocabulary: Vocabulary) -> frozenset[str]:
    """Return the names of the task types that may be drawn."""
    return vocabulary.task_types if vocabulary.task_types is not None else frozenset(TASK_TYPES)


def _effect_task_faults(node: Node, vocabulary: Vocabulary) -> Iterator[Fault]:
    definition = task_definition(node)
    name = definition.get("type", "").strip() if definition is not None else ""
    known = types(vocabulary)
    if not name:
        yield at("task_without_type", node, known=listed(known))
    elif name not in known:
        yield at("unknown_task_type", node, type=name, known=listed(known))
    elif name in TASK_TYPES:
        task_type = TASK_TYPES[name]
        given = {mapping.target for mapping in node.inputs}
        for wanted in sorted(task_type.required - given):
            yield at("task_input_missing", node, type=name, input=wanted)
        for extra in sorted(given - task_type.required - task_type.optional):
            yield at("task_input_unknown", node, type=name, input=extra, known=listed(task_type.required | task_type.optional))
        yield from _template_faults(node, vocabulary)


def task_definition(node: Node) -> etree._Element | None:
    """Return the ``zeebe:taskDefinition`` of a task, or of an event that sends, which may carry it inside its definition."""
    own = extension(node.element, "taskDefinition")
    message = node.event("message")
    return extension(message, "taskDefinition") if own is None and message is not None else own


def _template_faults(node: Node, vocabulary: Vocabulary) -> Iterator[Fault]:
    if vocabulary.templates is None:
        return
    for mapping in node.inputs:
        literal = re.fullmatch(r'=\s*"([^"]*)"', mapping.source.strip())
        if mapping.target == "template" and literal and literal.group(1) not in vocabulary.templates:
            yield at("unknown_template", node, template=literal.group(1), known=listed(vocabulary.templates))


def _rule_task_faults(node: Node, models: Models) -> Iterator[Fault]:
    called = extension(node.element, "calledDecision")
    decision = called.get("decisionId", "").strip() if called is not None else ""
    if called is None or not decision or not called.get("resultVariable", "").strip():
        yield at("rule_without_decision", node)
    elif decision not in models.decisions and not decision.startswith("="):
        yield at("unknown_decision", node, decision=decision)


def called_process(node: Node) -> str:
    """Return the process id that a call activity names; empty where it names none."""
    called = extension(node.element, "calledElement")
    zeebe = called.get("processId", "").strip() if called is not None else ""
    return zeebe or local_reference(node.element.get("calledElement", ""))


def _call_faults(node: Node, models: Models) -> Iterator[Fault]:
    process = called_process(node)
    if not process:
        yield at("call_without_process", node)
    elif process not in models.processes:
        yield at("unknown_process", node, process=process)
    called = extension(node.element, "calledElement")
    for attribute in ("propagateAllParentVariables", "propagateAllChildVariables"):
        if called is not None and called.get(attribute) == "true":
            yield at("propagates_all", node, attribute=attribute)


def _repeat_faults(node: Node) -> Iterator[Fault]:
    if node.standard_loop is not None:
        yield at("standard_loop", node)
    marker = node.multi_instance
    if marker is None:
        return
    zeebe = extension(marker, "loopCharacteristics")
    cardinality = text_of(next(iter(bpmn_children(marker, "loopCardinality")), None))
    imported = [name for name in marker.attrib if str(name).startswith(tuple(f"{{{space}}}" for space in IMPORTED))]
    if cardinality:
        yield from _cardinality_faults(node, cardinality)
    elif imported and zeebe is None:
        yield at("camunda_collection", node, attribute=listed([str(name).rpartition("}")[2] for name in imported]))
    elif bpmn_children(marker, "loopDataInputRef") and zeebe is None:
        yield at("loop_data_input", node)
    elif zeebe is None or not zeebe.get("inputCollection", "").strip():
        yield at("repeat_without_collection", node)
    elif not zeebe.get("inputElement", "").strip():
        yield at("repeat_without_element", node)
    if zeebe is not None and bool(zeebe.get("outputCollection", "").strip()) != bool(zeebe.get("outputElement", "").strip()):
        yield at("repeated_output_missing", node)
    if node.kind == "callActivity" and (not node.inputs or (zeebe is not None and zeebe.get("outputElement") and not node.outputs)):
        yield at("repeated_call_without_mapping", node)


def _cardinality_faults(node: Node, text: str) -> Iterator[Fault]:
    if text.isdigit():
        if len(text) > len(str(MOST_INSTANCES)) or int(text) > MOST_INSTANCES:
            yield at("loop_cardinality", node, count=text[:20], limit=MOST_INSTANCES)
    elif not text.startswith("="):
        yield at("loop_cardinality_invalid", node, text=text[:80])
