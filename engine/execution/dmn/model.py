"""What a decision file says, in plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

HIT_POLICIES = ("UNIQUE", "FIRST", "PRIORITY", "ANY", "COLLECT", "RULE ORDER", "OUTPUT ORDER")
AGGREGATIONS = ("SUM", "COUNT", "MIN", "MAX")

Box = Mapping[str, Any]
"""A boxed expression as the isolate reads it; isolate/decisions.js lists the kinds."""


@dataclass(frozen=True)
class Rule:
    """A row of a decision table."""

    id: str
    number: int
    """Counted from 1, as the modeler shows it."""
    tests: tuple[str, ...]
    outputs: tuple[str, ...]
    annotations: Mapping[str, str]
    """By the heading of the annotation column; a row's description is under ``description``."""


@dataclass(frozen=True)
class InputColumn:
    """An input of a decision table."""

    id: str
    label: str
    expression: str
    type: str | None
    allowed: str
    """Unary tests that every value passes, or nothing."""


@dataclass(frozen=True)
class OutputColumn:
    """An output of a decision table."""

    id: str
    name: str
    label: str
    type: str | None
    order: str
    """The values that it may take, the most important first, or nothing."""
    default: str


@dataclass(frozen=True)
class Table:
    """A decision table."""

    id: str
    hit_policy: str
    aggregation: str
    inputs: tuple[InputColumn, ...]
    outputs: tuple[OutputColumn, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Requirement:
    """What a decision or a knowledge model needs to be there first."""

    key: str
    """``namespace#id``."""
    id: str
    """The id of the element that is drawn as an arrow."""
    import_name: str
    """The name under which the other file's names are read; empty within a file."""


@dataclass(frozen=True)
class Node:
    """A decision, an input or a piece of business knowledge."""

    key: str
    id: str
    name: str
    variable: str
    """The name under which expressions read it."""
    kind: Literal["decision", "input", "knowledge"]
    file: str
    type: str | None
    requires: tuple[Requirement, ...] = ()
    logic: Box | None = None
    tables: tuple[Table, ...] = ()
    description: str = ""
    """What its owner says of it."""
    texts: tuple[tuple[str, str], ...] = ()
    """Every expression outside of table cells: the element's id and the text."""


@dataclass(frozen=True)
class Unread:
    """Something in a file that is not carried out: an element id, its name, and why in Swedish and English."""

    file: str
    element_id: str
    name: str
    code: str
    reason: str
    reason_en: str


@dataclass(frozen=True)
class Model:
    """All files of a folder together."""

    nodes: Mapping[str, Node]
    types: Mapping[str, Mapping[str, Any]]
    """By ``namespace#name``, or a bare name for the built-in ones; as the isolate reads them."""
    unread: tuple[Unread, ...]
