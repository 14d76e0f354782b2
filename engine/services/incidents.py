"""Steps that failed: who sees them, and how they are tried again. Other cases go on meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from engine.errors import SamspelError
from engine.execution import NotListening
from engine.services import access, steps
from engine.services.cases import Delivery
from engine.services.runtime import Runtime
from engine.services.tasks import AlreadyCompleted, Completion, WorkItemMoved
from engine.services.timers import Firing, NothingDue
from engine.storage import queries
from engine.storage.tables import Case, Incident, Timer


class NoSuchIncident(SamspelError):
    """There is no such open incident, or none that this person answers for."""

    sv = "Det finns inget öppet fel {incident}."
    en = "There is no open incident {incident}."


@dataclass(frozen=True)
class Failure:
    """An open incident. It tells of the drawing and the case's reference, nothing of the child."""

    id: int
    case: str | None
    instance_id: int
    kind: str
    """What was tried: ``complete``, ``deliver`` or ``timers``."""
    file: str
    element: str
    name: str
    sv: str
    en: str
    queue: str
    """Who answers for it."""
    created_at: datetime
    tries: int


def open_incidents(runtime: Runtime, person: str) -> list[Failure]:
    """Return the open incidents that a person answers for, the oldest first."""
    with runtime.database.reading() as session:
        own = access.queues(runtime.organisation(session), person, runtime.clock.now())
        return [_failure(session, incident) for incident in queries.open_incidents(session, list(own))]


def retry(runtime: Runtime, person: str, incident: int) -> steps.Taken | None:
    """Do what failed once more, as whoever did it first; none where the case has gone on meanwhile and nothing is left to do.

    Raises NoSuchIncident, StepFailed when it fails again, and NotYours or InvalidAnswers where whoever did it first could not
    do it now. Somebody whose answers failed may also simply complete the work item anew.
    """
    with runtime.database.writing() as session:
        row = session.get(Incident, incident)
        own = access.queues(runtime.organisation(session), person, runtime.clock.now())
        if row is None or row.closed_at is not None or row.queue not in own:
            raise NoSuchIncident(incident=incident)
        session.execute(update(Timer).where(Timer.incident_id == incident).values(incident_id=None))
        action = _action(row.instance_id, row.action)
    taken = _take_if_needed(runtime, action)
    with runtime.database.writing() as session:
        steps.close_incident(session, incident, runtime.clock.now(), person)
    return taken


def _take_if_needed(runtime: Runtime, action: steps.Action) -> steps.Taken | None:
    try:
        return steps.take(runtime, action)
    except (AlreadyCompleted, WorkItemMoved, NotListening, NothingDue):
        return None


def _action(instance_id: int, recipe: Mapping[str, Any]) -> steps.Action:
    if recipe["kind"] == "complete":
        return Completion(recipe["work_item"], recipe["by"], recipe["answers"])
    if recipe["kind"] == "deliver":
        return Delivery(instance_id, recipe["message"], recipe["payload"], recipe["by"], recipe["for"])
    return Firing(instance_id)


def _failure(session: Session, row: Incident) -> Failure:
    case = session.get(Case, row.case_id) if row.case_id is not None else None
    return Failure(
        row.id,
        case.reference if case else None,
        row.instance_id,
        row.action["kind"],
        row.file,
        row.element,
        row.element_name,
        row.reason_sv,
        row.reason_en,
        row.queue,
        row.created_at,
        row.tries,
    )
