"""The organisation, dated: parties, units, positions, persons, who stands in for whom, and groups.

Ids are short names given by whoever imports the organisation (``ostersund``, ``rektor_centralskolan``): they are the
same in every database and make queues such as ``position:rektor_centralskolan`` readable.
``valid_from`` and ``valid_to`` are whole days in Europe/Stockholm, both included; no ``valid_to`` means until further notice.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from engine.storage.tables.base import Base, RowId


class Party(Base):
    """A principal (huvudman) or another party to the agreements."""

    __tablename__ = "party"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    """``municipality``, ``region``, ``state``, ``private`` ..."""
    org_no: Mapped[str | None]


class Unit(Base):
    """A unit (verksamhet) of a party, such as a school or a BUP clinic."""

    __tablename__ = "unit"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    party_id: Mapped[str] = mapped_column(ForeignKey("party.id"), index=True)
    kind: Mapped[str]
    """What sort of work: ``school``, ``preschool``, ``social_services``, ``bup`` ..."""
    level: Mapped[str | None]
    """``general``, ``first_line`` or ``specialist`` (002-3), where the agreement says."""
    age_min: Mapped[int | None]
    """Youngest age in whole years, included."""
    age_max: Mapped[int | None]
    """Oldest age in whole years, included."""
    email: Mapped[str | None]
    """The unit's functional mailbox."""
    agreements: Mapped[list[Any]] = mapped_column(default=list)
    """Ids of the agreements under which the unit takes part in cases."""


class Person(Base):
    """A human being in the organisation; whether they can log in is ``username``."""

    __tablename__ = "person"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str | None]
    username: Mapped[str | None] = mapped_column(unique=True)
    roles: Mapped[list[Any]] = mapped_column(default=list)
    """Duties that belong to no unit: ``process_owner``."""


class Position(Base):
    """A post in a unit, held by persons through assignments; the manager line is drawn here."""

    __tablename__ = "position"

    id: Mapped[str] = mapped_column(primary_key=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    role: Mapped[str]
    """``manager`` or ``staff``."""
    title: Mapped[str]
    reports_to: Mapped[str | None] = mapped_column(ForeignKey("position.id"), index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class Assignment(Base):
    """A person holds a position, or works in a unit without one."""

    __tablename__ = "assignment"
    __table_args__ = (CheckConstraint("(position_id IS NULL) <> (unit_id IS NULL)", name="position_or_unit"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    position_id: Mapped[str | None] = mapped_column(ForeignKey("position.id"), index=True)
    unit_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"), index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class Deputy(Base):
    """A person stands in for whoever holds a position, for a time and within a scope."""

    __tablename__ = "deputy"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    position_id: Mapped[str] = mapped_column(ForeignKey("position.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    scope: Mapped[str] = mapped_column(default="all")
    """``all``, or the id of the one agreement it covers."""
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class Delegation(Base):
    """A position lets another person make one type of decision for it (003-1: "Ansvarig chef kan delegera")."""

    __tablename__ = "delegation"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    position_id: Mapped[str] = mapped_column(ForeignKey("position.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    decision_type: Mapped[str]
    """The element whose decision it is, as the drawing names it."""
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class SteeringGroup(Base):
    """A group that an agreement sets up to steer, follow up or decide disputes."""

    __tablename__ = "steering_group"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    agreement: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(default="steering")
    """``steering`` decides; ``working``, ``political`` and others do not receive disputes."""
    chair_position_id: Mapped[str | None] = mapped_column(ForeignKey("position.id"))
    meetings_per_year: Mapped[int | None]
    quorum: Mapped[int | None]
    rotation: Mapped[list[Any]] = mapped_column(default=list)
    """Party ids in the order in which they convene (004-4), from the first year given."""
    rotation_from: Mapped[int | None]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class SteeringMember(Base):
    """A position or a person sits in a group."""

    __tablename__ = "steering_member"
    __table_args__ = (CheckConstraint("(position_id IS NULL) <> (person_id IS NULL)", name="position_or_person"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    group_id: Mapped[str] = mapped_column(ForeignKey("steering_group.id"), index=True)
    position_id: Mapped[str | None] = mapped_column(ForeignKey("position.id"))
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
