"""A release: one immutable snapshot of the models, read once, run by every case that is pinned to it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Lock
from types import MappingProxyType

from engine.errors import SamspelError
from engine.execution import feel
from engine.execution.dmn import Decisions, read_decisions
from engine.execution.drawing import Element, ProcessModel, read_processes
from engine.execution.faults import Fault, ModelsRefused, NoSuchProcess
from engine.execution.forms import Form, read_form
from engine.execution.nodes import ProcessSpec
from engine.execution.specs import RUNS, build
from engine.execution.xml import BadXml, parse_xml

FACT_NAMES = frozenset(
    {
        *("today", "now", "agreement", "case", "policy", "deadlines", "participants", "route", "initiator"),
        *("unit_options", "party_options", "staff_options", "manager_options"),
    }
)
"""The names beside the process data, docs/house.md."""


@dataclass(frozen=True, eq=False)
class Release:
    """Everything that the models say, and the graphs that run them."""

    hash: str
    """SHA-256 over the paths and contents of the files, in hexadecimal."""
    files: Mapping[str, bytes]
    """By path within the folder, with forward slashes."""
    processes: Mapping[str, ProcessModel]
    """By id."""
    forms: Mapping[str, Form]
    """By id."""
    decisions: Decisions
    roots: frozenset[str]
    """Every name that an expression may read as a variable."""

    @cached_property
    def specs(self) -> Mapping[str, ProcessSpec]:
        """The graphs, built once for each release and process of the computer, shared by all cases."""
        graphs: dict[str, ProcessSpec] = {}
        for model in self.processes.values():
            graphs.update(build(model))
        return MappingProxyType(graphs)

    def for_purpose(self, purpose: str) -> ProcessModel:
        """Return the process that the services start for ``case``, ``deviation`` or ``dispute``.

        Raises ``NoSuchProcess``.
        """
        for model in self.processes.values():
            if model.purpose == purpose:
                return model
        raise NoSuchProcess(process=purpose)

    def process(self, process_id: str) -> ProcessModel:
        """Return a process. Raises ``NoSuchProcess``."""
        if process_id not in self.processes:
            raise NoSuchProcess(process=process_id)
        return self.processes[process_id]


_loaded: dict[str, Release] = {}
"""The releases that this process of the computer has read, by hash, the oldest first."""

MOST_LOADED = 16
"""Releases kept read; cases on an older one read it again."""

_keeping = Lock()


def load_files(files: Mapping[str, bytes]) -> Release:
    """Return the release that files by path make, read once for each content.

    The files have been checked before: only what the graphs cannot be built from raises ``ModelsRefused``.
    """
    digest = hash_of(files)
    release = _loaded.get(digest)
    if release is None:
        release = _read(digest, files)
        with _keeping:
            while len(_loaded) >= MOST_LOADED:
                _loaded.pop(next(iter(_loaded)))
            _loaded[digest] = release
    return release


def hash_of(files: Mapping[str, bytes]) -> str:
    """Return the hash of the release that files by path make."""
    digest = hashlib.sha256()
    for path, content in sorted(files.items()):
        for part in (path.encode(), content):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()


def _read(digest: str, files: Mapping[str, bytes]) -> Release:
    models: list[ProcessModel] = []
    forms: dict[str, Form] = {}
    faults: list[Fault] = []
    for path, content in files.items():
        try:
            if path.endswith(".bpmn"):
                models += read_processes(parse_xml(content, path), path)
            elif path.endswith(".form"):
                form = read_form(content, path)
                forms[form.id] = form
        except BadXml as error:
            faults.append(_fault(path, None, "not_xml", error.reason, error.reason_en))
        except ModelsRefused as error:
            faults += error.faults
    tables = {path: content for path, content in files.items() if path.endswith(".dmn")}
    try:
        decisions = read_decisions(tables)
    except BadXml as error:
        faults.append(_fault(error.file, None, "not_dmn", error.reason, error.reason_en))
        decisions = read_decisions({})
    roots = FACT_NAMES | _names(models, forms)
    given = _given_back(models, roots)
    processes = {
        model.id: replace(model, reads=_reads(model, decisions, roots, faults) | given.get(model.id, frozenset()))
        for model in models
        if model.executable
    }
    faults += _refused(models, processes)
    if faults:
        raise ModelsRefused(tuple(faults))
    return Release(digest, MappingProxyType(dict(files)), MappingProxyType(processes), MappingProxyType(forms), decisions, roots)


def _names(models: Iterable[ProcessModel], forms: Mapping[str, Form]) -> frozenset[str]:
    """Every name that a drawing or a form of the release can give a value to."""
    names = {field.key for form in forms.values() for field in form.fields}
    for model in models:
        names.update(model.properties.get("variables", "").split())
        for element in model.elements.values():
            names.update(mapping.target for mapping in (*element.inputs, *element.outputs))
            names.add(element.result_variable or "")
            if element.loop is not None:
                names.update((element.loop.element or "", element.loop.output_collection or "", "loopCounter"))
    return frozenset(names - {""})


def _given_back(models: Iterable[ProcessModel], roots: frozenset[str]) -> dict[str, frozenset[str]]:
    """Return what the outputs of call activities read of the processes that they call, by the called process's id."""
    given: dict[str, frozenset[str]] = {}
    for model in models:
        for element in model.elements.values():
            called = element.called or ""
            for line in element.outputs if called else ():
                with suppress(feel.FeelError):  # a fault of the calling process, named there
                    given[called] = given.get(called, frozenset()) | feel.names(line.source.text, roots=roots)
    return given


def _reads(model: ProcessModel, decisions: Decisions, roots: frozenset[str], faults: list[Fault]) -> frozenset[str]:
    """Return the names and dotted paths that a process's expressions and decisions read."""
    reads: set[str] = set()
    places = [(element, value) for element in model.elements.values() for _, value in element.expressions()]
    places += [(model.elements[flow.source], flow.condition) for flow in model.flows.values() if flow.condition is not None]
    for element, value in places:
        if not value.is_feel:
            continue
        try:
            reads |= feel.names(value.text, roots=roots)
        except feel.FeelError as error:
            faults.append(_fault(model.file, element, "feel_syntax", error.sentence("sv"), error.sentence("en")))
    for element in model.elements.values():
        if element.decision is not None:
            try:
                reads.update(asked.name for asked in decisions.inputs_of(element.decision))
            except SamspelError as error:
                faults.append(_fault(model.file, element, "unknown_decision", error.sentence("sv"), error.sentence("en")))
    return frozenset(reads)


def _refused(models: Sequence[ProcessModel], processes: Mapping[str, ProcessModel]) -> Iterable[Fault]:
    """Yield what the graphs could not be built from, whatever the checks say."""
    seen: dict[str, str] = {}
    for model in models:
        if model.id in seen:
            yield _fault(
                model.file,
                None,
                "process_twice",
                f"Processen {model.id} finns redan i {seen[model.id]}.",
                f"The process {model.id} is already in {seen[model.id]}.",
            )
        seen[model.id] = model.file
        for element in model.elements.values():
            yield from _element_refused(model, element, processes)


def _element_refused(model: ProcessModel, element: Element, processes: Mapping[str, ProcessModel]) -> Iterable[Fault]:
    if element.kind not in RUNS:
        yield _fault(
            model.file,
            element,
            "does_not_run",
            f"Element av slaget {element.kind} går inte att köra.",
            f"Elements of the kind {element.kind} cannot run.",
        )
    if element.called is not None and element.called not in processes:
        yield _fault(
            model.file,
            element,
            "unknown_process",
            f"Det finns ingen process {element.called}.",
            f"There is no process {element.called}.",
        )


def _fault(file: str, element: Element | None, code: str, sv: str, en: str) -> Fault:
    return Fault(
        file,
        element.id if element is not None else "",
        element.name if element is not None else "",
        "error",
        code,
        sv,
        en,
        "Rätta filen i modelleraren.",
        "Mend the file in the modeler.",
    )
