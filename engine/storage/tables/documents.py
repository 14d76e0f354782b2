"""What people attach and what they have written but not sent: documents, kept texts, saved filters of the inbox."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.storage.tables.base import Base, RowId


class Document(Base):
    """A file that somebody attached to a case or to a process without one.

    The content lies in the row: it is written with the case or not at all, and one backup has both.
    """

    __tablename__ = "document"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_.id"), index=True)
    instance_id: Mapped[int | None] = mapped_column(ForeignKey("process_instance.id"), index=True)
    """The process in whose work item it was attached; none where it was attached to the case itself."""
    work_item_id: Mapped[int | None] = mapped_column(ForeignKey("work_item.id"), index=True)
    name: Mapped[str]
    """As it was called, without what a file name must not have; the ending is that of its type."""
    media_type: Mapped[str]
    """By content, never by name."""
    size: Mapped[int]
    """Bytes."""
    sha256: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    """Read only where it is sent."""
    added_at: Mapped[datetime]
    added_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    kept_at: Mapped[datetime | None]
    """When the work item was completed; before that it is part of a draft and may be removed."""


class SavedFilter(Base):
    """A filter of the inbox that a person has given a name."""

    __tablename__ = "saved_filter"
    __table_args__ = (UniqueConstraint("person_id", "name"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str]
    wanted: Mapped[dict[str, Any]]
    """What the filter asks for, name by name."""
    at_start: Mapped[bool] = mapped_column(default=False)
    """Whether the person's inbox opens with it."""
    saved_at: Mapped[datetime]


class KeptText(Base):
    """What somebody sent that could not be taken then: their session had ended. Shown to them alone, at their next visit."""

    __tablename__ = "kept_text"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    place: Mapped[str] = mapped_column(primary_key=True)
    """The form it belongs to: ``task:7``."""
    fields: Mapped[list[Any]]
    """Pairs of a field's name and its text, as the browser sent them."""
    kept_at: Mapped[datetime]
