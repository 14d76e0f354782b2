"""What waits for time: fires what is due, through the same step as everything else.

A sweep costs what is due, not what waits. Two sweeps at once do no harm: on PostgreSQL one skips what the other has in hand,
on SQLite the second finds the process moved and nothing due. A timer whose step fails becomes an incident and
is left alone until somebody has looked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine import execution
from engine.errors import SamspelError
from engine.execution import Release
from engine.execution.faults import StepFailed
from engine.execution.results import Step
from engine.services import steps
from engine.services.facts import CaseFacts
from engine.services.history import Act, Event
from engine.services.runtime import Runtime
from engine.storage import queries
from engine.storage.tables import ProcessInstance, WorkItem


@dataclass(frozen=True)
class Swept:
    """What a sweep did."""

    fired: int
    """Processes that went on."""
    failed: int
    """Processes of which an incident tells."""
    more: bool
    """Whether something is due still: beyond the limit, or because of what was fired."""


def sweep(runtime: Runtime, limit: int = 100) -> Swept:
    """Fire every timer that is due, the longest due first, in at most ``limit`` processes."""
    with runtime.database.reading() as session:
        due = queries.due_instances(session, runtime.clock.now(), limit)
    fired = failed = 0
    for instance in due:
        try:
            fired += fire(runtime, instance)
        except (StepFailed, steps.DatabaseBusy):
            failed += 1
    left = next_due(runtime)
    return Swept(fired, failed, left is not None and left <= runtime.clock.now())


def next_due(runtime: Runtime) -> datetime | None:
    """Return when the next timer is due (UTC), or none when nothing waits for time."""
    with runtime.database.reading() as session:
        return queries.next_due(session)


def fire(runtime: Runtime, instance_id: int) -> bool:
    """Fire what is due in one process; whether anything was. Raises StepFailed after an incident has been written."""
    try:
        steps.take(runtime, Firing(instance_id))
    except NothingDue:
        return False
    return True


class NothingDue(SamspelError):
    """The timers that were due have been fired, or are waited for no more."""

    sv = "Inget i förloppet {instance} väntar på att tiden har gått ut."
    en = "Nothing in the instance {instance} waits for a time that has passed."


@dataclass(frozen=True)
class Firing:
    """The action of firing what is due in a process."""

    instance_id: int

    def find(self, session: Session) -> int:  # noqa: ARG002 - it is known
        """Return the instance whose timers are due."""
        return self.instance_id

    def prepare(self, runtime: Runtime, session: Session, instance: ProcessInstance) -> tuple[Act, WorkItem | None]:
        """Check that something is still due."""
        at = runtime.clock.now()
        if not queries.is_due(session, instance.id, at):
            raise NothingDue(instance=instance.id)
        return Act(at), None

    def run(self, release: Release, instance: ProcessInstance, facts: CaseFacts) -> Step:
        """Fire them."""
        return execution.fire_timers(release, instance.state, facts, facts.at)

    def events(self) -> Iterator[Event]:
        """That the clock did it."""
        yield Event("timers fired")

    def write(self, session: Session, act: Act, item: WorkItem | None) -> None:
        """Nothing of its own: the rows of the timers follow from the step."""

    def recipe(self) -> dict[str, Any]:
        """Return what a retry needs."""
        return {"kind": "timers"}
