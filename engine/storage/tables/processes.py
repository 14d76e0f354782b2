"""The running processes: their state, what waits for people, what waits for time, what failed and what happened."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine.storage.tables.base import Base, RowId
from engine.storage.tables.cases import Case


def _partial(name: str, *columns: str, where: str) -> Index:
    """Index only the rows that still matter, on both databases."""
    return Index(name, *columns, postgresql_where=text(where), sqlite_where=text(where))


class ProcessInstance(Base):
    """One run of a drawing. ``version`` guards every change of the case's state."""

    __tablename__ = "process_instance"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("process_instance.id"), index=True)
    """The instance whose step opened this one, such as the SIP of a deviation."""
    process: Mapped[str]
    purpose: Mapped[str]
    """``case``, ``deviation`` or ``dispute``, from the drawing."""
    agreement: Mapped[str]
    release: Mapped[str]
    state: Mapped[bytes] = mapped_column(LargeBinary)
    version: Mapped[int] = mapped_column(default=1)
    initiator_person: Mapped[str] = mapped_column(ForeignKey("person.id"))
    initiator_unit: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    concerned_unit: Mapped[str | None] = mapped_column(ForeignKey("unit.id"))
    concerned: Mapped[list[Any]]
    """Ids of the persons whom a deviation concerns: no manager's task goes to them."""
    milestones: Mapped[dict[str, Any]]
    """Name -> ISO time in UTC."""
    messages: Mapped[list[Any]]
    """The messages that it would hear now."""
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    """The id of the end event."""
    outcome: Mapped[str | None]

    case: Mapped[Case | None] = relationship(lazy="joined")


class WorkItem(Base):
    """One user task that waits, or waited, for people."""

    __tablename__ = "work_item"
    __table_args__ = (
        UniqueConstraint("instance_id", "task_id"),
        _partial("ix_work_item_free", "queue", "urgency_at", "id", where="closed_at IS NULL AND claimed_by IS NULL"),
        _partial("ix_work_item_claimed", "claimed_by", "urgency_at", "id", where="closed_at IS NULL AND claimed_by IS NOT NULL"),
        _partial("ix_work_item_lapsing", "queue", "claimed_until", where="closed_at IS NULL AND claimed_until IS NOT NULL"),
        _partial("ix_work_item_open_case", "case_id", where="closed_at IS NULL"),
        _partial("ix_work_item_handed_over", "delegated_from", where="closed_at IS NULL AND delegated_from IS NOT NULL"),
        _partial("ix_work_item_due", "due_at", where="closed_at IS NULL"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_.id"))
    task_id: Mapped[str]
    element: Mapped[str]
    name: Mapped[str]
    process: Mapped[str]
    path: Mapped[list[Any]]
    lane: Mapped[str | None]
    form: Mapped[str | None]
    role: Mapped[str | None]
    """The case role that the drawing gives the task to."""
    queue: Mapped[str]
    """Where it waits: ``person:``, ``position:``, ``unit:``, ``group:`` or ``process_owner:``."""
    unit_id: Mapped[str | None]
    """The unit that the task is about, from its inputs."""
    purpose: Mapped[str]
    """Its instance's: a deputy may stand in for some purposes only."""
    routing: Mapped[list[Any]]
    """Why it waits there, in both languages: who was meant, which posts were skipped."""
    excluded: Mapped[list[Any]]
    """Ids of the persons who may not do it, even as a deputy: whom a deviation concerns, who has signed already."""
    delegated_by: Mapped[str | None]
    delegated_from: Mapped[str | None]
    """The queue in which it waited before somebody handed it over; whoever has that may take it back."""
    inputs: Mapped[dict[str, Any]]
    properties: Mapped[dict[str, Any]]
    priority: Mapped[int]
    due_at: Mapped[datetime | None]
    urgency_at: Mapped[datetime]
    """``due_at``, or the end of time: one order without nulls on both databases."""
    deadline: Mapped[str | None]
    explanation: Mapped[dict[str, Any] | None]
    """Why this date: rule, quote or decision, start event, days and their kind, as it stood when the task came."""
    follow_up_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    claimed_by: Mapped[str | None]
    """The actual owner."""
    claimed_for: Mapped[str | None]
    """Whose place the owner takes, when a deputy."""
    claimed_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    """When the owner's right to the queue ends, if it is known to end."""
    draft: Mapped[dict[str, Any] | None]
    draft_by: Mapped[str | None]
    draft_at: Mapped[datetime | None]
    draft_version: Mapped[int] = mapped_column(default=0, server_default="0")
    """One more for each draft that was saved: who saves says which one they had before them."""
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"))
    """Held: completing it failed and somebody must look first."""
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]
    closed_for: Mapped[str | None]
    outcome: Mapped[str | None]
    """``completed`` or ``cancelled``."""
    answers: Mapped[dict[str, Any] | None]

    instance: Mapped[ProcessInstance] = relationship()


class Timer(Base):
    """A timer that waits for its moment, or waited."""

    __tablename__ = "timer"
    __table_args__ = (
        _partial("ix_timer_due", "due_at", where="closed_at IS NULL AND incident_id IS NULL"),
        _partial("ix_timer_instance_open", "instance_id", where="closed_at IS NULL"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    task_id: Mapped[str]
    element: Mapped[str]
    process: Mapped[str]
    due_at: Mapped[datetime]
    deadline: Mapped[str | None]
    created_at: Mapped[datetime]
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"))
    closed_at: Mapped[datetime | None]
    fired: Mapped[bool] = mapped_column(default=False)


class Incident(Base):
    """A step that failed: where, why, who looks at it and what to do again."""

    __tablename__ = "incident"
    __table_args__ = (_partial("ix_incident_open", "created_at", where="closed_at IS NULL"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_.id"), index=True)
    action: Mapped[dict[str, Any]]
    """What was tried, enough to try it again: kind, work item or message, answers, person."""
    file: Mapped[str]
    element: Mapped[str]
    element_name: Mapped[str]
    reason_sv: Mapped[str]
    reason_en: Mapped[str]
    queue: Mapped[str]
    created_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=1)
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]


class History(Base):
    """Who did what, for whom, in which case: added, never changed, each row sealed by the one before."""

    __tablename__ = "history"
    __table_args__ = (
        UniqueConstraint("chain", "number"),
        Index("ix_history_instance", "instance_id"),
        _partial("ix_history_read", "chain", "by", "at", where="kind = 'read'"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    chain: Mapped[str]
    """``case:7``, or ``instance:9`` where there is no case."""
    number: Mapped[int]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_.id"))
    instance_id: Mapped[int | None] = mapped_column(ForeignKey("process_instance.id"))
    at: Mapped[datetime]
    by: Mapped[str | None]
    """Person; nobody when the clock did it."""
    for_whom: Mapped[str | None]
    """The person whose place a deputy took."""
    kind: Mapped[str]
    element: Mapped[str | None]
    name: Mapped[str | None]
    rules: Mapped[list[Any]]
    """Ids of the agreement rules that the element serves."""
    details: Mapped[dict[str, Any]]
    previous_hash: Mapped[str]
    hash: Mapped[str]


class HistoryChain(Base):
    """The newest link of each chain: what the next row builds on, and what shows that none was cut off."""

    __tablename__ = "history_chain"

    chain: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    hash: Mapped[str]


class Notice(Base):
    """A message from a template that waits to be sent; free text has no place in it."""

    __tablename__ = "notice"
    __table_args__ = (_partial("ix_notice_due", "due_at", where="sent_at IS NULL AND cancelled_at IS NULL"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_.id"), index=True)
    instance_id: Mapped[int | None] = mapped_column(ForeignKey("process_instance.id"))
    template: Mapped[str]
    to: Mapped[str]
    """A queue, as of a work item, or ``participant:ID`` for families."""
    channel: Mapped[str]
    """``email`` for staff, ``letter`` for families (000-8)."""
    initials: Mapped[str | None]
    six_digits: Mapped[str | None]
    """Year, month and day of birth, two digits each (000-7)."""
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]


class StoredRelease(Base):
    """The files of a release, so that the last good one and every open case's own survive an edit of the folder."""

    __tablename__ = "release"

    hash: Mapped[str] = mapped_column(primary_key=True)
    files: Mapped[bytes] = mapped_column(LargeBinary)
    """A zip of the folder, overlays laid in."""
    active: Mapped[bool]
    stored_at: Mapped[datetime]


class ClockOffset(Base):
    """How far the demonstration's clock runs ahead of the real one: one row, seen by every process."""

    __tablename__ = "clock_offset"

    id: Mapped[int] = mapped_column(primary_key=True)
    seconds: Mapped[int]
