"""Counts what may be done only so often within a time, in the database, so that every worker counts together and a restart forgets nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from engine.services.runtime import Runtime
from engine.storage import queries
from engine.storage.tables import Attempts


def add(runtime: Runtime, key: str, at: datetime, within: timedelta, amount: int = 1) -> int:
    """Count an attempt and return how many there are in the time that runs; those whose time is over are forgotten."""
    with runtime.database.writing() as session:
        session.execute(delete(Attempts).where(Attempts.ends_at <= at, Attempts.key != key))
        return queries.count_attempt(session, key, at, at + within, amount)


def count(runtime: Runtime, key: str, at: datetime) -> tuple[int, datetime]:
    """Return how many attempts there are in the time that runs, and when it ends."""
    with runtime.database.reading() as session:
        row = session.scalar(select(Attempts).where(Attempts.key == key, Attempts.ends_at > at))
        return (row.count, row.ends_at) if row else (0, at)


def forget(runtime: Runtime, key: str | None = None) -> None:
    """Begin to count anew: one thing, or everything."""
    with runtime.database.writing() as session:
        session.execute(delete(Attempts).where(Attempts.key == key) if key is not None else delete(Attempts))
