"""What programs show instead of a password, and how often somebody has tried to get in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from engine.storage.tables.base import Base, RowId


class Token(Base):
    """A key with which a program works for a person; it opens what the person may open at that moment, and nothing more."""

    __tablename__ = "token"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str]
    """What it is for, in the words of whoever made it."""
    token_hash: Mapped[str] = mapped_column(unique=True)
    """SHA-256 of the token, which nobody but its holder knows."""
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    """Its last use, written down every few minutes."""
    revoked_at: Mapped[datetime | None]


class Attempts(Base):
    """How often something that is limited has been done within the time that runs: failed logins by name and by address."""

    __tablename__ = "attempts"

    key: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    """When the counting begins anew."""
