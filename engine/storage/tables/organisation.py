"""The organisation, dated: parties, units, positions, persons, who stands in for whom, and groups.

The rows hold what ``engine.facts.organisation`` reasons about, field by field. Ids are short names given by whoever
imports the organisation (``ostersund``, ``rektor_centralskolan``): they are the same in every database and make
queues such as ``position:rektor_centralskolan`` readable.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from engine.storage.tables.base import Base, RowId


class Dated:
    """Valid on whole days in Europe/Stockholm, the first and the last included; none means open."""

    valid_from: Mapped[date | None] = mapped_column(sort_order=1)
    valid_to: Mapped[date | None] = mapped_column(sort_order=1)


class Party(Dated, Base):
    """A principal (huvudman) or another party to the agreements."""

    __tablename__ = "party"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    """``region``, ``municipality``, ``federation``, ``state`` or ``company``."""
    org_no: Mapped[str | None]


class Unit(Dated, Base):
    """A unit (verksamhet) of a party, such as a school or a BUP clinic."""

    __tablename__ = "unit"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    party_id: Mapped[str] = mapped_column(ForeignKey("party.id"), index=True)
    kind: Mapped[str]
    """The kind that agreements speak of: ``school``, ``primary_care`` ..."""
    level: Mapped[str | None]
    """``general``, ``first_line`` or ``specialist`` (002-3), where the agreement says."""
    age_min: Mapped[float | None]
    """Years (002-4)."""
    age_max: Mapped[float | None]
    """Years; the last year counts whole (002-4)."""
    email: Mapped[str | None]
    """The unit's functional mailbox."""
    agreements: Mapped[list[Any]] = mapped_column(default=list)
    """Ids of the agreements under which the unit takes part in cases."""


class Person(Dated, Base):
    """A human being in the organisation or in a family; only whoever has a user name may log in."""

    __tablename__ = "person"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    """At work, as it is written for people to read."""
    username: Mapped[str | None] = mapped_column(unique=True)


class Position(Dated, Base):
    """A post in a unit, held by persons through assignments; the manager line is drawn here."""

    __tablename__ = "position"

    id: Mapped[str] = mapped_column(primary_key=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    role: Mapped[str]
    """``staff``, ``manager``, ``management`` or ``process_owner``."""
    title: Mapped[str]
    reports_to: Mapped[str | None] = mapped_column(ForeignKey("position.id"), index=True)
    agreements: Mapped[list[Any]] = mapped_column(default=list)
    """Ids of the agreements that a process owner's post answers for."""


class Assignment(Dated, Base):
    """A person holds a position."""

    __tablename__ = "assignment"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    position_id: Mapped[str] = mapped_column(ForeignKey("position.id"), index=True)


class Deputy(Dated, Base):
    """A person stands in for whoever holds a position, or for the empty post."""

    __tablename__ = "deputy"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    position_id: Mapped[str] = mapped_column(ForeignKey("position.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    scope: Mapped[list[Any]] = mapped_column(default=list)
    """The purposes that it is limited to (``case``, ``deviation``, ``dispute``); empty means all."""
    reason: Mapped[str | None]
    """Why, in the words of whoever set it."""
    set_by: Mapped[str | None]
    """Id of the person who set it; none for what came with the organisation's file."""


class Delegation(Dated, Base):
    """A manager in office has handed decisions to another person (000-1, 003-1: "Ansvarig chef kan delegera")."""

    __tablename__ = "delegation"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    position_id: Mapped[str] = mapped_column(ForeignKey("position.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    scope: Mapped[list[Any]] = mapped_column(default=list)
    """As for a deputy."""


class SteeringGroup(Dated, Base):
    """A group that an agreement sets up to steer, follow up or decide disputes."""

    __tablename__ = "steering_group"

    id: Mapped[str] = mapped_column(primary_key=True)
    agreement: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(default="steering")
    """Only ``steering`` decides disputes and deviations."""
    quorum: Mapped[int | None]


class SteeringMember(Dated, Base):
    """A position or a person has a seat in a group."""

    __tablename__ = "steering_member"
    __table_args__ = (CheckConstraint("(position_id IS NULL) <> (person_id IS NULL)", name="position_or_person"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    group_id: Mapped[str] = mapped_column(ForeignKey("steering_group.id"), index=True)
    position_id: Mapped[str | None] = mapped_column(ForeignKey("position.id"), index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[str] = mapped_column(default="member")
    """``member``, ``chair`` or ``convener``."""


class OrganisationVersion(Base):
    """Counts the changes of the organisation: one row, so that a process knows when its snapshot is old."""

    __tablename__ = "organisation_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]


class Account(Base):
    """How a person logs in: the password as argon2 keeps it, and the language that the pages speak."""

    __tablename__ = "account"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    password_hash: Mapped[str]
    changed_at: Mapped[datetime]
    language: Mapped[str | None]
    """``sv`` or ``en``; none until the person has chosen."""
    temporary_until: Mapped[datetime | None]
    """Until when somebody else's password lets the person in to choose one; none where the person has chosen it."""


class LoginSession(Base):
    """One browser in which a person is logged in, until it is ended here."""

    __tablename__ = "login_session"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    """SHA-256 of what the browser holds, so that nobody who reads the table can be somebody else."""
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    begun_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
