"""What somebody who leads has to see: the decisions that wait for them, and what is late in their units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from engine.services import access, tasks
from engine.services.runtime import Runtime
from engine.services.tasks import Entry, Narrowing
from engine.storage.tables import Case, WorkItem

ROLES = ("nearest_manager", "next_manager", "management_level", "steering_group")
"""The case roles whose work is to decide for others (engine/facts/roles.py)."""


@dataclass(frozen=True)
class Late:
    """Work in a manager's units whose time is out. The child is initials and birth year, nothing more."""

    id: int
    name: str
    element: str
    queue: str
    claimed_by: str | None
    case: str
    child: str
    due_at: datetime
    explanation: Mapping[str, Any] | None
    """Why this date: see engine/services/facts.py."""


def decisions(runtime: Runtime, person: str, limit: int = 50) -> list[Entry]:
    """Return what waits for a person to decide for others, what breaks first in front; deviations have their own list."""
    found = [entry for role in ROLES for entry in tasks.inbox(runtime, person, Narrowing(role=role), limit)]
    ours = (entry for entry in found if entry.purpose != "deviation")
    return sorted(ours, key=lambda entry: (entry.due_at is None, entry.due_at, entry.id))[:limit]


def late(runtime: Runtime, person: str, limit: int = 100) -> list[Late]:
    """Return the late work that lies in the units that a person leads and is not theirs to do, the latest first."""
    at = runtime.clock.now()
    with runtime.database.reading() as session:
        organisation = runtime.organisation(session)
        own = [queue for queue in access.queues(organisation, person, at, "case") if not queue.startswith("unit:")]
        where = (access.led_work(runtime, session, person), WorkItem.due_at < at, WorkItem.queue.not_in(own))
        query = select(WorkItem, Case).join(Case, Case.id == WorkItem.case_id).where(*where).order_by(WorkItem.due_at, WorkItem.id).limit(limit)
        return [
            Late(
                item.id,
                item.name,
                item.element,
                item.queue,
                item.claimed_by,
                case.reference,
                f"{case.child.initials} {case.child.birth_date.year}",
                item.due_at,
                item.explanation,
            )
            for item, case in session.execute(query)
            if item.due_at is not None
        ]
