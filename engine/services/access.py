"""The one place that decides who may see a case and who may take a work item.

A case is seen by whoever takes part in it while they do, by the managers in the line above a unit that takes part,
and by whoever has an open work item in it. The process owner sees no content by that duty. Somebody else is told that
there is no such case, not that they may not see it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from engine.errors import SamspelError
from engine.facts.organisation import PROCESS_OWNER, Organisation, Purpose, queues_of
from engine.services.runtime import Runtime
from engine.storage.queries import Place
from engine.storage.tables import Case, CoordinatorAssignment, Dispute, Participant, ProcessInstance, Reader, WorkItem

PURPOSES: tuple[Purpose, ...] = ("case", "deviation", "dispute")


class NoSuchCase(SamspelError):
    """There is no such case, or none that this person may see: the answer is the same."""

    sv = "Det finns inget ärende {case}."
    en = "There is no case {case}."


class NoSuchWorkItem(SamspelError):
    """There is no such work item, or none that this person may see."""

    sv = "Det finns ingen uppgift {work_item}."
    en = "There is no work item {work_item}."


class NotYours(SamspelError):
    """The work item waits for somebody else."""

    sv = "Uppgiften ”{name}” väntar på någon annan än {person}."
    en = "The work item ”{name}” waits for somebody other than {person}."


@dataclass(frozen=True)
class Right:
    """That a person may take a work item, and in whose place."""

    person: str
    for_whom: str | None


def queues(organisation: Organisation, person: str, at: datetime, purpose: str | None = None) -> Mapping[str, str | None]:
    """Return the queues that are a person's at a moment, each with whose place they take in it."""
    return queues_of(person, organisation, at, cast("Purpose | None", purpose))


def places(organisation: Organisation, person: str, at: datetime) -> list[Place]:
    """Return every queue of a person, those of a limited deputyship with the purpose that it is limited to."""
    always = queues(organisation, person, at)
    found = [Place(queue) for queue in always]
    for purpose in PURPOSES:
        found += [Place(queue, purpose) for queue in queues(organisation, person, at, purpose) if queue not in always]
    return found


def right_to(organisation: Organisation, person: str, item: WorkItem, at: datetime) -> Right | None:
    """Return a person's right to a work item at a moment, or none."""
    own = queues(organisation, person, at, item.purpose)
    if item.queue not in own or person in item.excluded:
        return None
    return Right(person, own[item.queue] or item.delegated_by)


def require_right(organisation: Organisation, person: str, item: WorkItem, at: datetime) -> Right:
    """Return a person's right to a work item. Raises NotYours for somebody without one."""
    right = right_to(organisation, person, item, at)
    if right is None:
        raise NotYours(name=item.name, person=person, work_item=item.id)
    return right


def case(runtime: Runtime, session: Session, person: str, reference: str) -> Case:
    """Return a case to somebody who may see it. Raises NoSuchCase to everybody else."""
    found = session.scalar(select(Case).where(Case.reference == reference))
    if found is None or not may_see(runtime, session, person, found):
        raise NoSuchCase(case=reference)
    return found


def may_see(runtime: Runtime, session: Session, person: str, of: Case) -> bool:
    """Whether a person may see a case's content now. A deputyship that is limited to other purposes lets nobody in."""
    at = runtime.clock.now()
    organisation = runtime.organisation(session)
    taking_part = session.scalars(select(Participant).where(Participant.case_id == of.id, Participant.left_at.is_(None))).all()
    units = {one.unit_id for one in taking_part if one.unit_id}
    own = _own_queues(organisation, person, at, "case")
    return (
        any(one.person_id == person for one in taking_part)
        or any(f"unit:{unit}" in own for unit in units)
        or any(organisation.is_manager_in_line(person, unit, at, "case") for unit in units)
        or _coordinates(session, person, of)
        or _has_work(session, person, own, WorkItem.case_id == of.id, WorkItem.purpose == "case")
    )


def may_see_instance(runtime: Runtime, session: Session, person: str, instance: ProcessInstance) -> bool:
    """Whether a person may see one process: its initiator, those of its case, whoever has work in it, and who was sent a copy.

    Whom a deviation concerns sees it in no other way than as its own reporter, whatever their unit was sent.
    """
    if instance.case is not None and instance.purpose == "case":
        return may_see(runtime, session, person, instance.case)
    if instance.initiator_person == person:
        return True
    if person in instance.concerned:
        return False
    at = runtime.clock.now()
    organisation = runtime.organisation(session)
    purpose = cast("Purpose", instance.purpose)
    own = _own_queues(organisation, person, at, purpose)
    copies = [*session.scalars(select(Reader.unit_id).where(Reader.instance_id == instance.id, Reader.revoked_at.is_(None)))]
    if instance.purpose == "dispute":
        copies += session.scalars(select(Dispute.units).where(Dispute.instance_id == instance.id)).one()
    return (
        any(f"unit:{unit}" in own for unit in copies)
        or any(organisation.is_manager_in_line(person, unit, at, purpose) for unit in (instance.initiator_unit, *copies))
        or _has_work(session, person, own, WorkItem.instance_id == instance.id)
    )


def hidden_instances(runtime: Runtime, session: Session, person: str, of: Case) -> set[int]:
    """Return the processes of a case that a person may not see though the case is theirs: a deviation, talks about cost."""
    beside = session.scalars(select(ProcessInstance).where(ProcessInstance.case_id == of.id, ProcessInstance.purpose != "case"))
    return {one.id for one in beside if not may_see_instance(runtime, session, person, one)}


def _coordinates(session: Session, person: str, of: Case) -> bool:
    current = exists().where(CoordinatorAssignment.case_id == of.id, CoordinatorAssignment.person_id == person, CoordinatorAssignment.to_at.is_(None))
    return of.closed_at is None and bool(session.scalar(select(current)))


def _own_queues(organisation: Organisation, person: str, at: datetime, purpose: str) -> set[str]:
    """The queues that let a person see: all of theirs but that of the process owner's duty."""
    return set(queues(organisation, person, at, purpose)) - {PROCESS_OWNER}


def _has_work(session: Session, person: str, own: Collection[str], *of: ColumnElement[bool]) -> bool:
    """Whether something waits for a person that they may also do."""
    excluded = session.scalars(select(WorkItem.excluded).where(*of, WorkItem.closed_at.is_(None), WorkItem.queue.in_(own)))
    return any(person not in persons for persons in excluded)
