"""What the checks know of all files at once: drawings, forms and tables by the ids that they call each other by."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from lxml import etree

from engine.execution.checks.drawing import BPMN, Drawing, Scope, is_bpmn, local_name, read_drawing
from engine.execution.checks.rules import RULES
from engine.execution.dmn import Decisions, read_decisions
from engine.execution.drawing import FLOW_NODES
from engine.execution.faults import Fault
from engine.execution.xml import LARGEST_BYTES, BadXml, parse_xml

DEEPEST = 60
"""Levels of nesting; a drawing with subprocesses in four levels has some twenty."""
LARGEST_ELEMENTS = 500
"""Nodes and flows of one drawing: beyond it nobody reads it, and the checks take seconds (modelling.md)."""
LONGEST_TEXT = 20_000
"""Characters of one attribute or text."""
MOST_FILES = 1_000
_SHOWN = 80

_DMN = "/DMN/"
KINDS = {".bpmn": "BPMN", ".dmn": "DMN", ".form": "form-js"}
"""The endings of model files."""


@dataclass
class Models:
    """Every file that could be read, and what was wrong with the others."""

    drawings: dict[str, Drawing] = field(default_factory=dict)
    """By file."""
    tables: dict[str, etree._Element] = field(default_factory=dict)
    """The roots of DMN files, by file."""
    table_files: dict[str, bytes] = field(default_factory=dict)
    """The contents of the same files."""
    forms: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The JSON of form files, by file."""
    processes: dict[str, Scope] = field(default_factory=dict)
    """By process id."""
    decisions: dict[str, etree._Element] = field(default_factory=dict)
    """The ``decision`` elements by id."""
    form_files: dict[str, str] = field(default_factory=dict)
    """Form id to file."""
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    """What reading found, by file."""

    @cached_property
    def read_decisions(self) -> Decisions:
        """The decisions of all tables together, as the engine reads them."""
        return read_decisions(self.table_files)

    def form(self, form_id: str) -> dict[str, Any] | None:
        """Return the form with that id."""
        file = self.form_files.get(form_id)
        return self.forms[file] if file is not None else None


def model_files(folder: Path) -> dict[str, bytes | None]:
    """Return the model files below a folder: path with forward slashes to content, None where it cannot be read.

    Hidden folders are passed over; at most a thousand files are taken, and no link out of the folder is followed.
    """
    files: dict[str, bytes | None] = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.suffix.lower() not in KINDS or any(part.startswith(".") for part in inside.parts) or path.is_symlink():
            continue
        files[inside.as_posix()] = content(path)
        if len(files) >= MOST_FILES:
            break
    return files


def content(path: Path) -> bytes | None:
    """Return the bytes of a file, at most one more than is allowed; None where it cannot be read."""
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            return file.read(LARGEST_BYTES + 1)
    except OSError:
        return None


def read_models(files: Mapping[str, bytes | None], only: str | None = None, before: Callable[[str], object] = str) -> Models:
    """Read every file; with ``only``, the others are read for what they offer and never blamed.

    ``before`` is told each file's name before it is read.
    """
    models = Models()
    for file in sorted(files, key=lambda name: (name != only, name)):
        before(file)
        faults = list(_read(models, file, files[file], beside=only is not None and file != only))
        if faults and (only is None or file == only):
            models.faults[file] = faults
    return models


def _read(models: Models, file: str, data: bytes | None, *, beside: bool) -> Iterator[Fault]:
    if data is None:
        yield RULES["file_unreadable"].at(file)
    elif not data.strip():
        yield RULES["file_empty"].at(file)
    elif len(data) > LARGEST_BYTES:
        yield RULES["file_too_large"].at(file, megabytes=LARGEST_BYTES // 2**20)
    else:
        readers: dict[str, Callable[[Models, str, bytes, bool], Iterator[Fault]]] = {
            ".bpmn": _read_drawing,
            ".dmn": _read_table,
            ".form": _read_form,
        }
        reader = readers.get(PurePosixPath(file).suffix.lower())
        if reader is None:
            yield RULES["file_unknown_kind"].at(file)
        else:
            yield from reader(models, file, data, beside)


def _xml(file: str, data: bytes) -> etree._Element | Fault:
    try:
        root = parse_xml(data, file)
    except BadXml as error:
        return _not_xml(file, error.__cause__)
    if _depth(root) > DEEPEST:
        return RULES["too_deep"].at(file, levels=DEEPEST)
    for element in root.iter(etree.Element):
        longest = max([len(str(value)) for value in element.attrib.values()] + [len(element.text or "")])
        if longest > LONGEST_TEXT and is_bpmn(element):
            return RULES["text_too_long"].at(file, element.get("id", "")[:_SHOWN], element.get("name", "")[:_SHOWN], limit=LONGEST_TEXT)
    return root


def _not_xml(file: str, cause: BaseException | None) -> Fault:
    """Return what hindered the parser; without a cause it was a document type."""
    if cause is None:
        return RULES["doctype"].at(file)
    if not isinstance(cause, etree.XMLSyntaxError):
        return RULES["not_xml"].at(file, line=1, column=1)
    if "depth" in str(cause.msg).lower():
        return RULES["too_deep"].at(file, levels=DEEPEST)
    line, column = cause.position
    return RULES["not_xml"].at(file, line=max(line, 1), column=max(column, 1))


def _depth(root: etree._Element) -> int:
    deepest, level = 0, 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        level += 1 if event == "start" else -1
        deepest = max(deepest, level)
    return deepest


def _read_drawing(models: Models, file: str, data: bytes, beside: bool) -> Iterator[Fault]:  # noqa: FBT001 - one of three readers called alike
    root = _xml(file, data)
    if isinstance(root, Fault):
        yield root
        return
    if root.tag != f"{{{BPMN}}}definitions":
        yield RULES["wrong_root"].at(file, root=local_name(root), wanted="BPMN 2.0")
        return
    count = sum(1 for element in root.iter(etree.Element) if is_bpmn(element) and local_name(element) in FLOW_NODES | {"sequenceFlow"})
    if count > LARGEST_ELEMENTS:
        yield RULES["too_many_elements"].at(file, count=count, limit=LARGEST_ELEMENTS)
        return
    drawing = read_drawing(file, root)
    models.drawings[file] = drawing
    for process in drawing.processes:
        other = models.processes.setdefault(process.id, process)
        if other is not process and not beside:
            yield RULES["duplicate_id"].at(file, process.id, process.name, other=other.drawing.file)


def _read_table(models: Models, file: str, data: bytes, beside: bool) -> Iterator[Fault]:  # noqa: FBT001 - one of three readers called alike
    root = _xml(file, data)
    if isinstance(root, Fault):
        yield root
        return
    namespace = etree.QName(root).namespace or ""
    if local_name(root) != "definitions" or _DMN not in namespace:
        yield RULES["wrong_root"].at(file, root=local_name(root), wanted="DMN")
        return
    models.tables[file] = root
    models.table_files[file] = data
    for decision in root.iter(f"{{{namespace}}}decision"):
        other = models.decisions.setdefault(decision.get("id", ""), decision)
        if other is not decision and not beside:
            place = next((name for name, found in models.tables.items() if found is other.getroottree().getroot()), file)
            yield RULES["dmn_duplicate"].at(file, decision.get("id", ""), decision.get("name", ""), other=place)


def _read_form(models: Models, file: str, data: bytes, beside: bool) -> Iterator[Fault]:  # noqa: FBT001 - one of three readers called alike
    try:
        form = json.loads(data.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        yield RULES["not_json"].at(file, line=error.lineno, column=error.colno)
        return
    except UnicodeDecodeError as error:
        before = data[: error.start]
        yield RULES["not_json"].at(file, line=before.count(b"\n") + 1, column=error.start - before.rfind(b"\n"))
        return
    except RecursionError:
        yield RULES["too_deep"].at(file, levels=DEEPEST)
        return
    if not isinstance(form, dict) or not isinstance(form.get("components"), list):
        yield RULES["form_shape"].at(file, reason="det saknar listan components.", reason_en="it lacks the list components.")
        return
    if not _shallow(form):
        yield RULES["too_deep"].at(file, levels=DEEPEST)
        return
    models.forms[file] = form
    form_id = form.get("id")
    if not isinstance(form_id, str) or not form_id:
        yield RULES["form_without_id"].at(file)
        return
    other = models.form_files.setdefault(form_id, file)
    if other != file and not beside:
        yield RULES["form_duplicate"].at(file, form_id, other=other)


def _shallow(value: object) -> bool:
    """Say whether the JSON is no deeper than a model may be."""
    level: list[object] = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ())
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return True
    return False
