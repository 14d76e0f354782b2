"""Looks at what drawings and decision tables ask of each other: inputs of a called decision, milestones that deadlines count from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lxml import etree

from engine.execution.checks.drawing import Node, extension, text_of
from engine.execution.checks.elements import at, listed
from engine.execution.checks.expressions import Names, suggestion
from engine.execution.checks.models import Models
from engine.execution.checks.rules import RULES
from engine.execution.faults import Fault


def decision_input_faults(node: Node, models: Models, names: Names) -> Iterator[Fault]:
    """Yield the inputs of the called decision that neither the task nor the process nor a fact gives."""
    called = extension(node.element, "calledDecision")
    visible = names.visible(node)
    if called is None or visible is None or called.get("decisionId", "") not in models.decisions:
        return
    decision = called.get("decisionId", "")
    place, place_en = f"beslutet ”{decision}”", f"the decision ”{decision}”"
    for wanted in models.read_decisions.inputs_of(decision):
        if wanted.name not in visible:
            yield at("unknown_name", node, place=place, place_en=place_en, name=wanted.name, **suggestion(wanted.name, visible))


_DEADLINES = frozenset({"name", "start", "days"})
_CHOICES = frozenset({"key", "allowed"})
"""The output columns that tell the tables ``deadlines`` and ``choices`` from others (docs/house.md)."""
_TEXT = re.compile(r'"([^"]*)"')


def deadline_faults(file: str, models: Models) -> Iterator[Fault]:
    """Yield the rows of a table of deadlines that start from, or are met by, a milestone that no element sets."""
    set_somewhere = {milestone for drawing in models.drawings.values() for node in drawing.nodes() if (milestone := node.properties.get("milestone"))}
    if not set_somewhere:
        return  # tables by themselves: nothing says which milestones there are
    rows = list(_rows(models.tables[file], _DEADLINES))
    names = {_literal(cells["name"]) for _, cells in rows}
    for rule, cells in rows:
        name, start, met_by = (_literal(cells.get(column, "")) for column in ("name", "start", "met_by"))
        starts = _choices(models, start.removeprefix("policy.")) if start.startswith("policy.") else [start] if start else []
        for milestone in starts:
            known = names if milestone.startswith("deadlines.") else set_somewhere
            if milestone.removeprefix("deadlines.") not in known:
                yield RULES["deadline_start_unknown"].at(file, rule, name, milestone=milestone, known=listed(set_somewhere))
        if met_by and met_by not in set_somewhere:
            yield RULES["deadline_met_unknown"].at(file, rule, name, milestone=met_by, known=listed(set_somewhere))


def row_of(root: etree._Element, key: str, agreement: str) -> str:
    """Return the id of the last row of a policy table that says something of a key under an agreement; empty where none does."""
    found = ""
    for column in ("key", "name"):
        for rule, cells in _rows(root, frozenset({column})):
            element = next(root.iterfind(f".//{{*}}rule[@id='{rule}']"))
            tests = [text_of(cell) for cell in element.iterchildren("{*}inputEntry")]
            if _literal(cells[column]) == key and (not tests or tests[0] in {"", "-"} or f'"{agreement}"' in tests[0]):
                found = rule
    return found


def _choices(models: Models, key: str) -> list[str]:
    """Return the values that the table of choices allows for a key."""
    rows = [cells for root in models.tables.values() for _, cells in _rows(root, _CHOICES)]
    return [value for cells in rows if _literal(cells["key"]) == key for value in _TEXT.findall(cells["allowed"])]


def _rows(root: etree._Element, columns: frozenset[str]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the rows of the tables that have these output columns: the row's id and the text of each cell by its column."""
    for table in root.iter("{*}decisionTable"):
        names = [output.get("name", "") for output in table.iterchildren("{*}output")]
        if columns <= set(names):
            for rule in table.iterchildren("{*}rule"):
                cells = [text_of(cell) for cell in rule.iterchildren("{*}outputEntry")]
                yield rule.get("id", ""), dict(zip(names, [*cells, *[""] * len(names)], strict=False))


def _literal(cell: str) -> str:
    """Return the text in a cell that is one text literal; empty for anything else."""
    found = _TEXT.fullmatch(cell.strip())
    return found.group(1) if found else ""
