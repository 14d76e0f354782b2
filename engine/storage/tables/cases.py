"""The case around one child and what people wrote in it.

One child, one agreement, one release of the drawings. Nothing here drives the process: that is ``process_instance``
in processes.py. Names and identity numbers stand in ``child`` alone.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine.storage.tables.base import Base, RowId


class Child(Base):
    """The child; whoever shows more than initials and birth year needs the right to the case."""

    __tablename__ = "child"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    name: Mapped[str]
    birth_date: Mapped[date]
    identity_number: Mapped[str | None]
    """Personnummer or coordination number as text, for example ``20120314-1234``."""
    municipality: Mapped[str | None]
    """Where the child is registered (folkbokförd)."""

    @property
    def initials(self) -> str:
        """The first letters of the names: all that may stand outside of the case beside the birth year."""
        return "".join(part[0].upper() for part in self.name.split())


class Case(Base):
    """One child under one agreement, pinned to one release of the drawings."""

    __tablename__ = "case_"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    """What people say: year and random signs, so that nobody can guess a neighbour's."""
    agreement: Mapped[str] = mapped_column(index=True)
    release: Mapped[str]
    child_id: Mapped[int] = mapped_column(ForeignKey("child.id"), index=True)
    initiator_person: Mapped[str] = mapped_column(ForeignKey("person.id"))
    initiator_unit: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None]

    child: Mapped[Child] = relationship(lazy="joined", innerjoin=True)


class Participant(Base):
    """A unit or a person takes part in a case, from one moment until another."""

    __tablename__ = "participant"
    __table_args__ = (
        CheckConstraint("unit_id IS NOT NULL OR person_id IS NOT NULL OR name IS NOT NULL", name="somebody"),
        Index("ix_participant_unit_active", "unit_id", "case_id"),
        Index("ix_participant_person_active", "person_id", "case_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_.id"), index=True)
    kind: Mapped[str]
    """``unit``, ``staff``, ``guardian``, ``young_person`` or ``close_person``."""
    unit_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"))
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str | None]
    role: Mapped[str]
    """A case role: ``initiator``, ``invited_unit``, ``guardian`` ..."""
    joined_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    left_reason: Mapped[str | None]


class Consent(Base):
    """A yes or a no to sharing: whose, to whom, about what and how long. A withdrawal ends it, never erases it."""

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_.id"), index=True)
    giver: Mapped[str]
    capacity: Mapped[str]
    """``guardian``, ``child`` or ``other``."""
    given: Mapped[bool]
    recipients: Mapped[list[Any]]
    scope: Mapped[str | None]
    form: Mapped[str | None]
    """``written`` or ``oral``."""
    valid_to: Mapped[date | None]
    details: Mapped[dict[str, Any]]
    """The row of the form as it was answered."""
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None]


class Decision(Base):
    """A decision in a case, with its reason and who made it."""

    __tablename__ = "decision"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_.id"), index=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), index=True)
    element: Mapped[str]
    decision: Mapped[str]
    reason: Mapped[str | None]
    made_at: Mapped[datetime]
    made_by: Mapped[str | None]
    made_for: Mapped[str | None]


class Summons(Base):
    """When and where a meeting is held, and when people were called to it."""

    __tablename__ = "summons"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_.id"), index=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    meeting_at: Mapped[datetime | None]
    place: Mapped[str | None]
    chair: Mapped[str | None]
    remote: Mapped[str | None]
    """Link or number for whoever takes part from afar (002-26)."""
    sent_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]


class Attendance(Base):
    """What a called unit answered, and whether it came."""

    __tablename__ = "attendance"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_.id"), index=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    answer: Mapped[str | None]
    attended: Mapped[bool | None]
    reason: Mapped[str | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str | None]


class Plan(Base):
    """A coordinated plan (SIP) or a joint plan; a new one replaces, never overwrites, the one before."""

    __tablename__ = "plan"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_.id"), index=True)
    plan_type: Mapped[str]
    needs: Mapped[str | None]
    child_view: Mapped[str | None]
    guardian_view: Mapped[str | None]
    lead_principal: Mapped[str | None]
    follow_up_at: Mapped[datetime | None]
    follow_up_caller: Mapped[str | None]
    made_at: Mapped[datetime]
    made_by: Mapped[str | None]
    replaced_at: Mapped[datetime | None]

    goals: Mapped[list[Goal]] = relationship(back_populates="plan", order_by="Goal.id")
    measures: Mapped[list[Measure]] = relationship(back_populates="plan", order_by="Measure.id")


class Goal(Base):
    """One goal of a plan."""

    __tablename__ = "goal"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"), index=True)
    text: Mapped[str]
    details: Mapped[dict[str, Any]]

    plan: Mapped[Plan] = relationship(back_populates="goals")


class Measure(Base):
    """One measure of a plan: what, by whom, how much, where, when, at whose cost. No dispute stops it (002-13)."""

    __tablename__ = "measure"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"), index=True)
    what: Mapped[str]
    responsible_party: Mapped[str | None]
    responsible_unit: Mapped[str | None]
    responsible_person: Mapped[str | None]
    extent: Mapped[str | None]
    place: Mapped[str | None]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    cost: Mapped[str | None]
    status: Mapped[str] = mapped_column(default="planned")
    details: Mapped[dict[str, Any]]

    plan: Mapped[Plan] = relationship(back_populates="measures")


class Evaluation(Base):
    """A follow-up as it was written down that day."""

    __tablename__ = "evaluation"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_.id"), index=True)
    goals: Mapped[list[Any]]
    measures: Mapped[list[Any]]
    child_view: Mapped[str | None]
    guardian_view: Mapped[str | None]
    decision: Mapped[str | None]
    next_at: Mapped[datetime | None]
    made_at: Mapped[datetime]
    made_by: Mapped[str | None]


class CoordinatorAssignment(Base):
    """Who is coordinator, from when until when; a gap is a vacancy."""

    __tablename__ = "coordinator_assignment"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    from_at: Mapped[datetime]
    to_at: Mapped[datetime | None]


class Signature(Base):
    """Somebody signed, or declined to, for whom and on what."""

    __tablename__ = "signature"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_.id"), index=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), index=True)
    element: Mapped[str]
    signed: Mapped[bool]
    person_id: Mapped[str | None]
    """Whose name it is: the person of the task, else whoever completed it."""
    name: Mapped[str | None]
    """The name under it as it was written: a member of the family has no other."""
    unit_id: Mapped[str | None]
    comment: Mapped[str | None]
    made_at: Mapped[datetime]
    made_by: Mapped[str | None]
    made_for: Mapped[str | None]


class Deviation(Base):
    """A deviation report and where it stands; its way is a process instance of its own."""

    __tablename__ = "deviation"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), unique=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_.id"), index=True)
    agreement: Mapped[str] = mapped_column(index=True)
    reporter: Mapped[str] = mapped_column(ForeignKey("person.id"))
    reporter_unit: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    concerned_unit: Mapped[str | None] = mapped_column(ForeignKey("unit.id"))
    description: Mapped[str | None]
    happened_on: Mapped[date | None]
    proposal: Mapped[str | None]
    level: Mapped[int] = mapped_column(default=0)
    """0 while it is written, 1 at the first who must act, one more for each lift."""
    status: Mapped[str] = mapped_column(default="open")
    """``open``, then the outcome of its process."""
    reported_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Dispute(Base):
    """A dispute over responsibility or cost; it stops no measure (002-13)."""

    __tablename__ = "dispute"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), unique=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_.id"), index=True)
    kind: Mapped[str]
    """``responsibility`` or ``cost``."""
    description: Mapped[str | None]
    units: Mapped[list[Any]]
    status: Mapped[str] = mapped_column(default="open")
    opened_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Reader(Base):
    """A unit that was sent a copy may read one instance, without taking part in it (003-9)."""

    __tablename__ = "reader"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), index=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    granted_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class CaseNote(Base):
    """What somebody who takes part in a case wrote to the others; added, never changed."""

    __tablename__ = "case_note"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_.id"), index=True)
    text: Mapped[str]
    written_at: Mapped[datetime]
    written_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
