"""A work item's form, laid out for whoever fills it in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import execution
from engine.execution import Field, Form, Line
from engine.services.tasks import Task

__all__ = ["Field", "Form", "Line", "lay_out"]


def lay_out(task: Task, answers: Mapping[str, Any] | None = None) -> tuple[Line, ...]:
    """Return what the form shows with these answers, else with what the task holds; nothing where it has no form."""
    if task.form is None:
        return ()
    return execution.lay_out(task.form, task.values if answers is None else answers, task.variables)
