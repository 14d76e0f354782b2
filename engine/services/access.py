"""The one place that decides who may see a case and who may take a work item.

A case is seen by whoever takes part in it while they do, by the managers in the line above a unit that takes part,
and by whoever has an open work item in it. The process owner sees no content by that duty. Somebody else is told that
there is no such case, not that they may not see it. Whoever takes part without a consent that covers their unit today sees where
the case stands and what waits for them, and nothing that others have told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, CompoundSelect, and_, exists, false, func, not_, or_, select, union
from sqlalchemy.orm import Session

from engine.errors import SamspelError
from engine.facts import consents
from engine.facts.organisation import PROCESS_OWNER, Organisation, Purpose, queues_of, swedish_day
from engine.services.runtime import Runtime
from engine.storage import queries
from engine.storage.queries import Place, may_be_done_by
from engine.storage.tables import Case, Consent, CoordinatorAssignment, Dispute, Document, Participant, ProcessInstance, Reader, WorkItem

FAMILY = ("guardian", "young_person", "close_person")
"""The kinds of participants that are there as family, not for a unit."""

PURPOSES: tuple[Purpose, ...] = ("case", "deviation", "dispute")


class NoSuchCase(SamspelError):
    """There is no such case, or none that this person may see: the answer is the same."""

    sv = "Det finns inget ärende {case}."
    en = "There is no case {case}."


class NoSuchWorkItem(SamspelError):
    """There is no such work item, or none that this person may see."""

    sv = "Det finns ingen uppgift {work_item}."
    en = "There is no work item {work_item}."


class NoSuchDocument(SamspelError):
    """There is no such document, or none that this person may see."""

    sv = "Det finns inget dokument {document}."
    en = "There is no document {document}."


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
    return require_sight(runtime, session, person, reference)[0]


@dataclass(frozen=True)
class Sight:
    """What somebody may see of a case that they may see at all."""

    person: str
    content: bool
    """Plan, consents, notes, documents and what has happened. Else only where the case stands and what waits for them:
    they take part, but no consent that holds today covers their unit (000-5)."""
    family: bool
    """Whether they read as a member of the family, who see no talks about cost (scenario 6)."""
    reviews: bool
    """Whether they answer for the case, as managers of the unit where it began, and may see who has read it."""
    units: frozenset[str]
    """The units that take part through which they see it: their own, and those below them as managers."""
    records: bool
    """Whether they may write in the case by taking part in it: a note, that a consent is withdrawn."""


def open_work(runtime: Runtime, session: Session, person: str, work_item: int) -> WorkItem:
    """Return an open work item to somebody who may do it now. Raises NoSuchWorkItem and NotYours."""
    item = queries.item_in_its_case(session, work_item)
    if item is None or item.closed_at is not None:
        raise NoSuchWorkItem(work_item=work_item)
    at, organisation = runtime.clock.now(), runtime.organisation(session)
    require_right(organisation, person, item, at)
    owner = item.claimed_by
    if owner not in (None, person) and right_to(organisation, owner or "", item, at) is not None:
        raise NotYours(name=item.name, person=person, work_item=item.id)
    return item


def may_know_of(runtime: Runtime, session: Session, person: str, item: WorkItem) -> bool:
    """Whether somebody may be told what became of a work item that is closed: it would be theirs now, or they have had it in hand."""
    if person in (item.closed_by, item.claimed_by, item.draft_by, item.delegated_by):
        return True
    at, organisation = runtime.clock.now(), runtime.organisation(session)
    handed_over = item.delegated_from in queues(organisation, person, at, item.purpose) and person not in item.excluded
    return handed_over or right_to(organisation, person, item, at) is not None


def document(runtime: Runtime, session: Session, person: str, document: int) -> Document:
    """Return a document to whoever may see what it belongs to; one of a draft to whoever may do the work. Raises NoSuchDocument."""
    row = session.get(Document, document)
    if row is None or not _may_see_document(runtime, session, person, row):
        raise NoSuchDocument(document=document)
    return row


def _may_see_document(runtime: Runtime, session: Session, person: str, row: Document) -> bool:
    if row.kept_at is None and row.work_item_id is not None:
        try:
            return open_work(runtime, session, person, row.work_item_id) is not None
        except (NoSuchWorkItem, NotYours):
            return False
    instance = session.get(ProcessInstance, row.instance_id) if row.instance_id is not None else None
    if instance is not None and (instance.case is None or instance.purpose != "case"):
        return may_see_instance(runtime, session, person, instance)
    of = session.get(Case, row.case_id) if row.case_id is not None else None
    seen = sight(runtime, session, person, of) if of is not None else None
    return seen is not None and (seen.content or row.added_by == person)


def may_see(runtime: Runtime, session: Session, person: str, of: Case) -> bool:
    """Whether a person may see a case now. A deputyship that is limited to other purposes lets nobody in."""
    return sight(runtime, session, person, of) is not None


def sight(runtime: Runtime, session: Session, person: str, of: Case) -> Sight | None:
    """Return what a person may see of a case now, or none where it is not theirs to see."""
    at = runtime.clock.now()
    organisation = runtime.organisation(session)
    taking_part = session.scalars(select(Participant).where(Participant.case_id == of.id, Participant.left_at.is_(None))).all()
    own = _own_queues(organisation, person, at, "case")
    units = {one.unit_id for one in taking_part if one.unit_id}
    working = {unit for unit in units if f"unit:{unit}" in own}
    leading = {unit for unit in units if organisation.is_manager_in_line(person, unit, at, "case")}
    kinds = {one.kind for one in taking_part if one.person_id == person}
    coordinates = _coordinates(session, person, of)
    if not (working or leading or kinds or coordinates or _has_work(session, person, own, WorkItem.case_id == of.id, WorkItem.purpose == "case")):
        return None
    through = frozenset(working | leading)
    at_work = bool(through) or coordinates or "staff" in kinds
    answers_for = of.initiator_unit in through
    named = answers_for or coordinates or bool(kinds & {"staff", "guardian", "young_person"})
    return Sight(
        person,
        content=named or _covered(session, of, through, at),
        family=bool(kinds) and not at_work,
        reviews=of.initiator_unit in leading,
        units=through,
        records=bool(working) or coordinates or answers_for or bool(kinds & {"staff", "guardian", "young_person"}),
    )


def require_sight(runtime: Runtime, session: Session, person: str, reference: str) -> tuple[Case, Sight]:
    """Return a case, and what somebody may see of it. Raises NoSuchCase to whoever may not see it."""
    found = session.scalar(select(Case).where(Case.reference == reference))
    seen = sight(runtime, session, person, found) if found is not None else None
    if found is None or seen is None:
        raise NoSuchCase(case=reference)
    return found, seen


def visible_cases(runtime: Runtime, session: Session, person: str) -> CompoundSelect[int]:
    """Return the query for the ids of all cases that a person may see now: what ``may_see`` answers for one, for a list of them."""
    at = runtime.clock.now()
    organisation = runtime.organisation(session)
    own = _own_queues(organisation, person, at, "case")
    units = {queue.removeprefix("unit:") for queue in own if queue.startswith("unit:")} | organisation.units_led_by(person, at, "case")
    active = Participant.left_at.is_(None)
    coordinates = (CoordinatorAssignment.person_id == person, CoordinatorAssignment.to_at.is_(None), Case.closed_at.is_(None))
    return union(
        select(Participant.case_id).where(active, Participant.person_id == person),
        select(Participant.case_id).where(active, Participant.unit_id.in_(units)),
        select(CoordinatorAssignment.case_id).join(Case, Case.id == CoordinatorAssignment.case_id).where(*coordinates),
        select(WorkItem.case_id).where(WorkItem.closed_at.is_(None), WorkItem.queue.in_(own), WorkItem.purpose == "case", may_be_done_by(person)),
    )


def may_see_instance(runtime: Runtime, session: Session, person: str, instance: ProcessInstance) -> bool:
    """Whether a person may see one process: its initiator, those of its case, whoever has work in it, and who was sent a copy.

    Whom a deviation concerns sees it in no other way than as its own reporter, whatever their unit was sent.
    """
    return bool(visible_instances(runtime, session, person, [instance]))


def visible_instances(runtime: Runtime, session: Session, person: str, instances: Sequence[ProcessInstance]) -> set[int]:
    """Return the ids of those of the processes that a person may see, by the same rule; three questions however many they are."""
    seen = {one.id for one in instances if one.purpose == "case" and one.case is not None and may_see(runtime, session, person, one.case)}
    beside = [one for one in instances if one.purpose != "case" or one.case is None]
    seen |= {one.id for one in beside if one.initiator_person == person}
    open_to = [one for one in beside if one.id not in seen and person not in one.concerned]
    if not open_to:
        return seen
    at = runtime.clock.now()
    organisation = runtime.organisation(session)
    ids = [one.id for one in open_to]
    copies = _sent_to(session, ids)
    working = _working_in(session, organisation, person, at, ids)
    for one in open_to:
        purpose = cast("Purpose", one.purpose)
        own = _own_queues(organisation, person, at, purpose)
        units = copies.get(one.id, [])
        if (
            one.id in working
            or any(f"unit:{unit}" in own for unit in units)
            or any(organisation.is_manager_in_line(person, unit, at, purpose) for unit in (one.initiator_unit, *units))
        ):
            seen.add(one.id)
    return seen


def instances_seen_by(runtime: Runtime, session: Session, person: str, purpose: Purpose) -> ColumnElement[bool]:
    """The deviations or disputes, as process instances, that a person may see: what ``may_see_instance`` says of one, in one question for all."""
    at = runtime.clock.now()
    organisation = runtime.organisation(session)
    own = _own_queues(organisation, person, at, purpose)
    led = organisation.units_led_by(person, at, purpose)
    units = led | {queue.removeprefix("unit:") for queue in own if queue.startswith("unit:")}
    copies = select(Reader.instance_id).where(Reader.unit_id.in_(units), Reader.revoked_at.is_(None))
    work = select(WorkItem.instance_id).where(
        WorkItem.closed_at.is_(None), WorkItem.purpose == purpose, WorkItem.queue.in_(own), may_be_done_by(person)
    )
    ways = [ProcessInstance.initiator_unit.in_(led), ProcessInstance.id.in_(copies), ProcessInstance.id.in_(work)]
    if purpose == "dispute":
        party_to = or_(false(), *(queries.lists(Dispute.units, unit) for unit in sorted(units)))
        ways.append(ProcessInstance.id.in_(select(Dispute.instance_id).where(party_to)))
    let_in = and_(not_(queries.lists(ProcessInstance.concerned, person)), or_(*ways))
    return and_(ProcessInstance.purpose == purpose, or_(ProcessInstance.initiator_person == person, let_in))


def led_work(runtime: Runtime, session: Session, person: str) -> ColumnElement[bool]:
    """The open work that lies in the units that a person leads, in cases that are theirs to see by that: what a manager may follow.

    A person's own queue counts for what their unit takes part in; what somebody has to do as a parent is not asked after here.
    """
    at = runtime.clock.now()
    organisation = runtime.organisation(session)
    led = organisation.units_led_by(person, at, "case")
    posts = {post.id for post in organisation.positions if post.unit in led}
    staff = {who for unit in led for who in organisation.staff_of(unit, at)}
    lies = {*(f"unit:{unit}" for unit in led), *(f"position:{post}" for post in posts), *(f"person:{who}" for who in staff)}
    cases = select(Participant.case_id).where(Participant.unit_id.in_(led), Participant.left_at.is_(None))
    family = select(Participant.case_id).where(Participant.person_id == func.substr(WorkItem.queue, len("person:") + 1), Participant.kind.in_(FAMILY))
    return and_(
        WorkItem.closed_at.is_(None),
        WorkItem.purpose == "case",
        WorkItem.queue.in_(lies),
        WorkItem.case_id.in_(cases),
        WorkItem.case_id.not_in(family),
    )


def hidden_instances(runtime: Runtime, session: Session, person: str, of: Case) -> set[int]:
    """Return the processes of a case that a person may not see though the case is theirs: a deviation, talks about cost."""
    beside = session.scalars(select(ProcessInstance).where(ProcessInstance.case_id == of.id, ProcessInstance.purpose != "case")).all()
    return {one.id for one in beside} - visible_instances(runtime, session, person, beside)


def _sent_to(session: Session, instances: Collection[int]) -> Mapping[int, list[str]]:
    """The units that read a process without taking part in it: those that were sent a copy, and those of a dispute."""
    units: dict[int, list[str]] = {}
    for instance, unit in session.execute(
        select(Reader.instance_id, Reader.unit_id).where(Reader.instance_id.in_(instances), Reader.revoked_at.is_(None))
    ):
        units.setdefault(instance, []).append(unit)
    for instance, disagreeing in session.execute(select(Dispute.instance_id, Dispute.units).where(Dispute.instance_id.in_(instances))):
        units.setdefault(instance, []).extend(disagreeing)
    return units


def _working_in(session: Session, organisation: Organisation, person: str, at: datetime, instances: Collection[int]) -> set[int]:
    """Those of the processes in which something waits for a person that they may also do."""
    waiting = select(WorkItem.instance_id, WorkItem.queue, WorkItem.purpose, WorkItem.excluded)
    found = set()
    for instance, queue, purpose, excluded in session.execute(waiting.where(WorkItem.instance_id.in_(instances), WorkItem.closed_at.is_(None))):
        if person not in excluded and queue in _own_queues(organisation, person, at, purpose):
            found.add(instance)
    return found


def _covered(session: Session, of: Case, units: Collection[str], at: datetime) -> bool:
    """Whether the consents of a case let some of the units read today."""
    if not units:
        return False
    answers = session.scalars(select(Consent).where(Consent.case_id == of.id).order_by(Consent.id)).all()
    return any(consents.covers(answers, unit, swedish_day(at)) for unit in units)


def _coordinates(session: Session, person: str, of: Case) -> bool:
    current = exists().where(CoordinatorAssignment.case_id == of.id, CoordinatorAssignment.person_id == person, CoordinatorAssignment.to_at.is_(None))
    return of.closed_at is None and bool(session.scalar(select(current)))


def _own_queues(organisation: Organisation, person: str, at: datetime, purpose: str) -> set[str]:
    """The queues that let a person see: all of theirs but that of the process owner's duty."""
    return {queue for queue in queues(organisation, person, at, purpose) if not queue.startswith(f"{PROCESS_OWNER}:")}


def _has_work(session: Session, person: str, own: Collection[str], *of: ColumnElement[bool]) -> bool:
    """Whether something waits for a person that they may also do."""
    excluded = session.scalars(select(WorkItem.excluded).where(*of, WorkItem.closed_at.is_(None), WorkItem.queue.in_(own)))
    return any(person not in persons for persons in excluded)
