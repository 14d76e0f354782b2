"""An instance's state as bytes: its open tokens and their variables, never its drawing and never its past.

What is finished leaves no trace but what an open token needs: the root, what a waiting join
counts by, and the other events beside an element with boundary events that may still happen. A case on its 250th
follow-up is therefore as small as on its first.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.util.task import TaskState

from engine.errors import SamspelError
from engine.execution.feel_values import from_json, to_json
from engine.execution.nodes import Boundary, BoundaryJoin, Joining, Scope
from engine.execution.release import Release
from engine.execution.workflow import Instance, Journal, Part, Token

VERSION = 1


class StateUnreadable(SamspelError):
    """A stored state does not fit the release, or was written by a later version."""

    sv = "Ärendets sparade läge går inte att läsa med den här utgåvan av modellerna: {detail}"
    en = "The instance's stored state cannot be read with this release of the models: {detail}"


def encode(instance: Instance, process_id: str) -> bytes:
    """Return the state of an instance after a step."""
    scopes = _Scopes()
    processes = [[part_id, process.spec.name, _rows(process, scopes)] for part_id, process in _under_way(instance)]
    return orjson.dumps(
        {
            "v": VERSION,
            "p": process_id,
            "m": {name: moment.isoformat() for name, moment in instance.journal.milestones.items()},
            "s": scopes.rows,
            "w": processes,
        }
    )


class _Scopes:
    """The scopes that the tokens stand in, each written once, the outer before the inner."""

    def __init__(self) -> None:
        self.rows: list[tuple[int | None, Any]] = []
        self._places: dict[int, int] = {}

    def place(self, scope: Scope) -> int:
        """Return where a scope is written."""
        if id(scope) not in self._places:
            outer = self.place(scope.outer) if scope.outer is not None else None
            self.rows.append((outer, {name: to_json(value) for name, value in scope.items()}))
            self._places[id(scope)] = len(self.rows) - 1
        return self._places[id(scope)]


def _rows(process: Instance | Part, scopes: _Scopes) -> list[list[Any]]:
    """Return the tokens of a process that the next step needs, parents first."""
    kept = _kept(process)
    return [
        [
            token.id,
            _kept_ancestor(token, kept),
            token.task_spec.name,
            token.state,
            int(token.triggered),
            to_json(token.internal_data) if token.internal_data else None,
            scopes.place(token.data),
        ]
        for token in _in_order(process.task_tree)
        if token.id in kept
    ]


def decode(state: bytes, release: Release, journal: Journal) -> tuple[Instance, str]:
    """Return the instance as it stood, on the release's specs and with this step's engine, and its process's id.

    Raises ``StateUnreadable``.
    """
    try:
        content = orjson.loads(state)
        if content["v"] != VERSION:
            raise StateUnreadable(detail=f"version {content['v']}")
        journal.milestones.update({name: datetime.fromisoformat(moment) for name, moment in content["m"].items()})
        scopes: list[Scope] = []
        for outer, values in content["s"]:
            scopes.append(Scope({name: from_json(value) for name, value in values.items()}, scopes[outer] if outer is not None else None))
        instance = Instance(release, content["p"], journal)
        instance.completed = not content["w"]
        for part_id, spec, rows in content["w"]:
            process: Instance | Part = instance
            if part_id is not None:
                process = Part(release.specs[spec], part_id, instance)
                instance.subprocesses[part_id] = process
            _restore(process, rows, scopes)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise StateUnreadable(detail=str(error)) from error
    return instance, content["p"]


def milestones(state: bytes) -> dict[str, datetime]:
    """Return the milestones that an instance has reached."""
    return {name: datetime.fromisoformat(moment) for name, moment in orjson.loads(state)["m"].items()}


def _restore(process: Instance | Part, rows: list[list[Any]], scopes: list[Scope]) -> None:
    for row_id, parent, spec, state, triggered, memory, scope in rows:
        token = Token(process, process.spec.task_specs[spec], process.tasks.get(parent), state, row_id)
        token.triggered = bool(triggered)
        token.internal_data = from_json(memory) if memory is not None else {}
        token.data = scopes[scope]
        if parent is None:
            process.task_tree = token


def _under_way(instance: Instance) -> list[tuple[str | None, Instance | Part]]:
    """The processes under way: the instance's own, and every part whose element outside still waits for it."""
    if instance.completed:
        return []
    running: list[tuple[str | None, Instance | Part]] = [(None, instance)]
    for part_id, part in instance.subprocesses.items():
        outside_open = any(part_id in process.tasks and process.tasks[part_id].state == TaskState.STARTED for _, process in running)
        if outside_open and not part.completed:
            running.append((part_id, part))
    return running


def _kept(process: Instance | Part) -> set[str]:
    """Return the ids of the tokens that the next step needs."""
    kept = {process.task_tree.id}
    spent = _spent(process)
    for token in process.tasks.values():
        if token.has_state(TaskState.FINISHED_MASK) or token.id in spent:
            continue
        kept.add(token.id)
        parent = token.parent
        if isinstance(token.task_spec, Joining):
            kept.add(parent.id)
        if isinstance(token.task_spec, BoundaryJoin):
            kept.add(parent.id)
            parent = token.find_ancestor(token.task_spec.split_task)
        if parent is not None and isinstance(parent.task_spec, BoundaryEventSplit):
            kept.add(parent.id)
            kept.update(child for child in parent._children if child not in spent)
    return kept


def _spent(process: Instance | Part) -> set[str]:
    """Return the ids of boundary events that happened beside their element and left nothing under way, and of their places in its join.

    A reminder that comes every week for years would else leave a trace each time; the element's own token makes the join.
    """
    spent: set[str] = set()
    for token in process.tasks.values():
        if isinstance(token.task_spec, Boundary) and not token.task_spec.element.interrupting and token.has_state(TaskState.FINISHED_MASK):
            below = [one for one in _in_order(token) if not one.has_state(TaskState.FINISHED_MASK)]
            if all(one.parent is token and isinstance(one.task_spec, BoundaryJoin) for one in below):
                spent |= {token.id, *(one.id for one in below)}
    return spent


def _kept_ancestor(token: Token, kept: set[str]) -> str | None:
    parent = token.parent
    while parent is not None and parent.id not in kept:
        parent = parent.parent
    return parent.id if parent is not None else None


def _in_order(root: Token) -> list[Token]:
    """Return the tokens below a root, parents first."""
    found = []
    waiting = [root]
    while waiting:
        token = waiting.pop()
        found.append(token)
        waiting.extend(reversed(token.children))
    return found
