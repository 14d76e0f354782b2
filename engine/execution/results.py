"""The plain data that execution gives back: no workflow objects, nothing of a database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

FeelValue = Any
"""None, bool, int, float, str, date, aware datetime, time, timedelta, ``feel.Months``, or lists and dicts of them."""

Facts = Callable[[Mapping[str, datetime]], Mapping[str, FeelValue]]
"""From an instance's milestones (name -> moment, UTC) to what expressions may read beside the process data."""


@dataclass(frozen=True)
class ReadyTask:
    """A user task that waits for people."""

    id: str
    """The task's own id, the same for as long as it is open."""
    element: str
    name: str
    process: str
    """The id of the process that the element is drawn in."""
    path: tuple[str, ...]
    """The call activities above it, outermost first."""
    lane: str | None
    form: str | None
    role: str | None
    """A case role, from candidateGroups, else none."""
    assignee: str | None
    inputs: Mapping[str, FeelValue]
    """The element's input mappings, evaluated: ``unit``, ``person``, and fields to prefill."""
    due_at: datetime | None
    deadline: str | None
    """The name in ``deadlines`` that the due date was read from, for "why this date?"."""
    follow_up_at: datetime | None
    priority: int
    properties: Mapping[str, str]


@dataclass(frozen=True)
class ArmedTimer:
    """A timer that waits for its moment."""

    task_id: str
    element: str
    process: str
    due_at: datetime
    deadline: str | None


@dataclass(frozen=True)
class Standing:
    """An element where something is under way: a person, an event or a time is waited for, or what it calls is not over."""

    element: str
    process: str
    """The id of the process that the element is drawn in."""
    path: tuple[str, ...]
    """The call activities above it, outermost first."""


@dataclass(frozen=True)
class Effect:
    """Something that the drawing makes happen outside of itself."""

    type: str
    """From the closed catalogue."""
    inputs: Mapping[str, FeelValue]
    element: str
    name: str
    process: str


@dataclass(frozen=True)
class Visit:
    """An element that was passed in the step, in order."""

    element: str
    name: str
    kind: str
    """The BPMN tag, for example ``userTask``."""
    process: str
    state: str
    """``completed`` or ``cancelled``."""


@dataclass(frozen=True)
class Step:
    """Where an instance stands after one step, and what the step did."""

    state: bytes
    ready: tuple[ReadyTask, ...]
    """Every user task open after the step."""
    timers: tuple[ArmedTimer, ...]
    """Every timer armed after the step."""
    effects: tuple[Effect, ...]
    """In the order in which the drawing made them."""
    visited: tuple[Visit, ...]
    messages: frozenset[str]
    """The names of the messages that the instance would hear now."""
    milestones: Mapping[str, datetime] = field(default_factory=dict)
    ended: str | None = None
    """The id of the end event, when the whole instance is over."""
    outcome: str | None = None
    """That end event's ``outcome`` property."""
    result: Mapping[str, FeelValue] = field(default_factory=dict)
    """The process data at the end."""
