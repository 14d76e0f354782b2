"""Checks model files before anything runs on them: every fault with file, element, what it means and what to draw instead.

``check`` never raises for a bad file. Caps (2 MB, 500 elements, 60 levels, a budget of markings) keep a file under
a second; ``apart`` runs the same in a process of its own that is stopped after five.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from engine.execution.checks.calls import call_ring_faults, callers
from engine.execution.checks.conventions import convention_faults, correlation_faults, definition_faults, picture_faults, pool_faults
from engine.execution.checks.decisions import deadline_faults, decision_input_faults
from engine.execution.checks.drawing import Drawing, properties
from engine.execution.checks.elements import node_faults, plane_faults, process_faults, requirement_faults
from engine.execution.checks.expressions import Names, expression_faults, form_places, node_places
from engine.execution.checks.flows import flow_faults, stray_faults, thrown_and_caught_faults, uncaught_faults
from engine.execution.checks.form_fields import form_faults
from engine.execution.checks.models import Models, content, model_files, read_models
from engine.execution.checks.rules import RULES
from engine.execution.checks.schema import schema_faults
from engine.execution.faults import Fault, ModelsRefused, Vocabulary
from engine.execution.release import load_files

__all__ = ["check", "check_file", "engine_faults", "files_at"]

_ROOMS = ("policy/*.dmn", "agreements/*.toml")
"""A folder of models holds one of these; a single file is checked together with that folder."""


def check(models: Path | Mapping[str, bytes], vocabulary: Vocabulary | None = None) -> list[Fault]:
    """Return what is wrong with a folder, a file or the given files, the errors of each file first.

    A single file is judged alone, but may name what lies in its folder. Never raises for a bad file;
    raises ``feel.FeelBundleMissing`` where the interpreter is not built.
    """
    files, only, faults = files_at(models) if isinstance(models, Path) else (dict(models), None, [])
    if faults:
        return faults
    read = read_models(files, only)
    return [fault for file in sorted(files) if only in (None, file) for fault in check_file(read, file, vocabulary or Vocabulary())]


def engine_faults(files: Mapping[str, bytes | None]) -> list[Fault]:
    """Return what the engine itself refuses in files that passed every check: the last word on whether they run."""
    try:
        load_files({file: data for file, data in files.items() if data is not None}).specs  # noqa: B018 - builds the graphs
    except ModelsRefused as refused:
        return list(refused.faults)
    return []


def files_at(path: Path) -> tuple[dict[str, bytes | None], str | None, list[Fault]]:
    """Return the files at a path, the one that is asked about (None: all), and what is wrong with the path itself."""
    if path.is_dir():
        files = model_files(path)
        return files, None, [] if files else [RULES["folder_empty"].at(path.name or str(path))]
    if not path.exists():
        return {}, None, [RULES["file_missing"].at(path.name)]
    root = _models_root(path)
    files = model_files(root) if root is not None else {beside.name: content(beside) for beside in _beside(path)}
    name = path.absolute().relative_to(root.absolute()).as_posix() if root is not None else path.name
    files[name] = content(path)
    return files, name, []


def _models_root(path: Path) -> Path | None:
    for folder in list(path.absolute().parents)[:4]:
        if any(next(folder.glob(room), None) for room in _ROOMS):
            return folder
    return None


def _beside(path: Path) -> list[Path]:
    return [other for other in sorted(path.absolute().parent.iterdir()) if other.suffix.lower() in {".bpmn", ".dmn", ".form"}][:200]


def check_file(models: Models, file: str, vocabulary: Vocabulary) -> list[Fault]:
    """Return what is wrong with one of the files that were read, the errors first."""
    faults = list(models.faults.get(file, ()))
    if file in models.drawings:
        faults += _drawing_faults(models, models.drawings[file], vocabulary)
    if file in models.tables:
        faults += schema_faults(file, models.tables[file])
        faults += models.read_decisions.faults(file)
        faults += deadline_faults(file, models)
    if file in models.forms:
        faults += form_faults(file, models.forms[file])
        faults += expression_faults(list(form_places(file, models.forms[file], Names(models, vocabulary))), vocabulary)
    return sorted(dict.fromkeys(faults), key=lambda fault: (fault.severity != "error", fault.code == "schema"))


def _drawing_faults(models: Models, drawing: Drawing, vocabulary: Vocabulary) -> Iterator[Fault]:
    yield from schema_faults(drawing.file, drawing.root)
    yield from process_faults(drawing)
    for whole in (definition_faults, pool_faults, picture_faults, correlation_faults):
        yield from whole(drawing)
    names = Names(models, vocabulary)
    for scope in drawing.scopes.values():
        if not scope.nodes and scope.parent is None:
            continue  # the empty process of a pool that only shows who is outside
        yield from plane_faults(scope)
        yield from stray_faults(scope)
        yield from flow_faults(scope)
        yield from convention_faults(scope)
    for process in drawing.processes:
        yield from requirement_faults(process, properties(process.element).get("requirement", ""), vocabulary)
        yield from thrown_and_caught_faults(process)
        yield from uncaught_faults(process, callers(models, process.id))
    for node in drawing.nodes():
        yield from node_faults(node, models, vocabulary)
    yield from call_ring_faults(models, drawing.file)
    places = [place for node in drawing.nodes() for place in node_places(node, names)]
    for node in drawing.nodes():
        yield from decision_input_faults(node, models, names)
    yield from expression_faults(places, vocabulary)
