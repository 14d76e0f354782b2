"""Small drawings from a few lines of text, and cases that run on them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest

from engine.execution import Release, Step, complete, deliver, fire_timers, load_files, start

TAGS = {
    "start": "startEvent",
    "end": "endEvent",
    "catch": "intermediateCatchEvent",
    "throw": "intermediateThrowEvent",
    "boundary": "boundaryEvent",
    "user": "userTask",
    "service": "serviceTask",
    "send": "sendTask",
    "receive": "receiveTask",
    "rule": "businessRuleTask",
    "call": "callActivity",
    "sub": "subProcess",
    "xor": "exclusiveGateway",
    "and": "parallelGateway",
    "or": "inclusiveGateway",
    "event": "eventBasedGateway",
}
TIMERS = {"date": "timeDate", "duration": "timeDuration", "cycle": "timeCycle"}
NOON = datetime(2026, 3, 2, 11, tzinfo=UTC)


def drawing(text: str, process: str = "p", *, purpose: str = "", variables: str = "") -> str:
    """Return BPMN for lines such as ``xor choose > a?x=1 > *b``; indented lines lie inside the ``sub`` above them."""
    messages: dict[str, str] = {}
    body = _container(text.strip("\n").splitlines(), messages)
    properties = _extension(_properties({"purpose": purpose, "variables": variables}))
    names = "".join(
        f'<bpmn:{tag} id="{tag}_{name}" {"name" if tag == "message" else tag + "Code"}="{name}"/>'
        for tag, name in (reference.split(":") for reference in messages)
    )
    return (
        '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
        ' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="t">'
        f'{names}<bpmn:process id="{process}" name="{process}" isExecutable="true">{properties}{body}</bpmn:process></bpmn:definitions>'
    )


def _container(lines: list[str], messages: dict[str, str]) -> str:
    depth = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
    parts: list[str] = []
    index = 0
    while index < len(lines):
        line = lines[index]
        index += 1
        if not line.strip():
            continue
        inner: list[str] = []
        while index < len(lines) and (not lines[index].strip() or len(lines[index]) - len(lines[index].lstrip()) > depth):
            inner.append(lines[index])
            index += 1
        parts.append(_element(line.strip(), [row for row in inner if row.strip()], messages))
    return "".join(parts)


def _element(line: str, inner: list[str], messages: dict[str, str]) -> str:
    words = shlex.split(line)
    kind, name = words[0], words[1]
    cut = words.index(">") if ">" in words else len(words)
    options = dict(word.split("=", 1) if "=" in word else (word, "") for word in words[2:cut])
    flows, default = _flows(name, [word for word in words[cut:] if word != ">"])
    attributes = {"id": name, "name": options.get("name", name.capitalize())}
    if default:
        attributes["default"] = default
    if "on" in options:
        attributes |= {"attachedToRef": options["on"], "cancelActivity": "false" if "beside" in options else "true"}
    if kind == "start" and "beside" in options:
        attributes["isInterrupting"] = "false"
    if kind == "sub" and "event" in options:
        attributes["triggeredByEvent"] = "true"
    if kind == "receive":
        attributes["messageRef"] = f"message_{options['message']}"
        messages[f"message:{options['message']}"] = ""
    content = _carried(kind, options) + _loop(options) + ("" if kind == "receive" else _event(options, messages))
    tag = TAGS[kind]
    written = " ".join(f"{key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<bpmn:{tag} {written}>{content}{_container(inner, messages)}</bpmn:{tag}>{flows}"


def _flows(source: str, targets: Iterable[str]) -> tuple[str, str]:
    written, default = "", ""
    for target in targets:
        bare, _, condition = target.lstrip("*").partition("?")
        flow = f"{source}_to_{bare}"
        if target.startswith("*"):
            default = flow
        inside = f"<bpmn:conditionExpression>{_escaped('=' + condition)}</bpmn:conditionExpression>" if condition else ""
        written += f'<bpmn:sequenceFlow id="{flow}" sourceRef="{source}" targetRef="{bare}">{inside}</bpmn:sequenceFlow>'
    return written, default


def _carried(kind: str, options: Mapping[str, str]) -> str:
    parts = ["<zeebe:userTask/>"] if kind == "user" else []
    for option, tag, attribute in (
        ("type", "taskDefinition", "type"),
        ("form", "formDefinition", "formId"),
        ("role", "assignmentDefinition", "candidateGroups"),
        ("assignee", "assignmentDefinition", "assignee"),
        ("due", "taskSchedule", "dueDate"),
        ("priority", "priorityDefinition", "priority"),
        ("process", "calledElement", "processId"),
    ):
        if option in options:
            parts.append(f"<zeebe:{tag} {attribute}={quoteattr(options[option])}/>")
    if "decision" in options:
        parts.append(f'<zeebe:calledDecision decisionId="{options["decision"]}" resultVariable="{options["result"]}"/>')
    lines = [
        f"<zeebe:{way}put source={quoteattr('=' + value)} target={quoteattr(option.split('.', 1)[1])}/>"
        for option, value in options.items()
        for way in ("in", "out")
        if option.startswith(f"{way}.")
    ]
    parts += [f"<zeebe:ioMapping>{''.join(lines)}</zeebe:ioMapping>"] if lines else []
    parts.append(_properties({key: options[key] for key in ("milestone", "effect", "outcome") if key in options}))
    return _extension("".join(parts))


def _properties(values: Mapping[str, str]) -> str:
    rows = "".join(f'<zeebe:property name="{key}" value="{value}"/>' for key, value in values.items() if value)
    return f"<zeebe:properties>{rows}</zeebe:properties>" if rows else ""


def _extension(inside: str) -> str:
    return f"<bpmn:extensionElements>{inside}</bpmn:extensionElements>" if inside else ""


def _loop(options: Mapping[str, str]) -> str:
    if "each" not in options:
        return ""
    item, _, collection = options["each"].partition(":")
    attributes = {"inputElement": item, "inputCollection": f"={collection}"}
    if "give" in options:
        output, _, element = options["give"].partition(":")
        attributes |= {"outputCollection": output, "outputElement": f"={element}"}
    written = " ".join(f"{key}={quoteattr(value)}" for key, value in attributes.items())
    until = f"<bpmn:completionCondition>{_escaped('=' + options['until'])}</bpmn:completionCondition>" if "until" in options else ""
    sequential = ' isSequential="true"' if "inturn" in options else ""
    return (
        f"<bpmn:multiInstanceLoopCharacteristics{sequential}>{_extension(f'<zeebe:loopCharacteristics {written}/>')}{until}"
        "</bpmn:multiInstanceLoopCharacteristics>"
    )


def _event(options: Mapping[str, str], messages: dict[str, str]) -> str:
    for kind in ("message", "error", "escalation"):
        if kind in options:
            messages[f"{kind}:{options[kind]}"] = ""
            return f'<bpmn:{kind}EventDefinition {kind}Ref="{kind}_{options[kind]}"/>'
    for kind, tag in TIMERS.items():
        if kind in options:
            return f"<bpmn:timerEventDefinition><bpmn:{tag}>{_escaped(options[kind])}</bpmn:{tag}></bpmn:timerEventDefinition>"
    return "<bpmn:terminateEventDefinition/>" if "terminate" in options else ""


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@dataclass
class Case:
    """An instance under way, restored from bytes at every step."""

    release: Release
    step: Step
    now: datetime = NOON
    facts: Mapping[str, Any] = field(default_factory=dict)
    effects: list[Any] = field(default_factory=list)
    visited: list[str] = field(default_factory=list)
    asked: list[Mapping[str, datetime]] = field(default_factory=list)

    def _facts(self, milestones: Mapping[str, datetime]) -> Mapping[str, Any]:
        self.asked.append(dict(milestones))
        return self.facts

    @property
    def open(self) -> list[str]:
        return sorted(task.element for task in self.step.ready)

    def task(self, element: str) -> Any:
        return next(task for task in self.step.ready if task.element == element)

    def did(self, step: Step) -> Case:
        self.step = step
        self.effects += step.effects
        self.visited += [visit.element for visit in step.visited if visit.state == "completed"]
        return self

    def complete(self, element: str, **answers: Any) -> Case:
        return self.complete_task(self.task(element).id, **answers)

    def complete_task(self, task_id: str, **answers: Any) -> Case:
        return self.did(complete(self.release, self.step.state, task_id, answers, self._facts, self.now))

    def deliver(self, message: str, **payload: Any) -> Case:
        return self.did(deliver(self.release, self.step.state, message, payload, self._facts, self.now))

    def wait(self, **by: Any) -> Case:
        self.now += timedelta(**by)
        return self.did(fire_timers(self.release, self.step.state, self._facts, self.now))


def release_of(*drawings: str, **files: str) -> Release:
    content = {f"p{index}.bpmn": text.encode() for index, text in enumerate(drawings)}
    return load_files(content | {path.replace("_", "."): text.encode() for path, text in files.items()})


def run(*drawings: str, facts: Mapping[str, Any] | None = None, process: str = "p", **variables: Any) -> Case:
    """Start an instance of the first drawing."""
    release = release_of(*drawings)
    case = Case(release, None, facts=facts or {})  # type: ignore[arg-type]
    return case.did(start(release, process, variables, case._facts, NOON))


@pytest.fixture
def draw() -> Callable[..., str]:
    return drawing


@pytest.fixture
def begin() -> Callable[..., Case]:
    return run


@pytest.fixture
def released() -> Callable[..., Release]:
    return release_of
