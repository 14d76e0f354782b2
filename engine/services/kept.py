"""Texts that are on their way: sent after the session had ended, or the first step of several. Kept for their writer, and nobody else.

Who wrote one is known from a token that the form carried; the web makes and reads it. A kept text is no draft: it lies beside
the work until its writer has seen it, so that it overwrites nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete

from engine.services.runtime import Runtime
from engine.storage.tables import KeptText, Person

Fields = Sequence[tuple[str, str]]
"""A form's fields as a browser sends them: pairs of a name and a text."""


@dataclass(frozen=True)
class Kept:
    """One kept text."""

    fields: tuple[tuple[str, str], ...]
    at: datetime


def keep(runtime: Runtime, person: str, place: str, fields: Fields) -> None:
    """Keep what a person sent from a place, ``task:7``; what was kept from there before makes way. Nothing is kept for an unknown person."""
    with runtime.database.writing() as session:
        if session.get(Person, person) is None:
            return
        row = session.get(KeptText, (person, place)) or KeptText(person_id=person, place=place)
        row.fields = [[name, text.replace("\x00", "")] for name, text in fields]
        row.kept_at = runtime.clock.now()
        session.add(row)


def find(runtime: Runtime, person: str, place: str) -> Kept | None:
    """Return what is kept for a person from a place, if anything."""
    with runtime.database.reading() as session:
        row = session.get(KeptText, (person, place))
        return Kept(tuple((name, text) for name, text in row.fields), row.kept_at) if row else None


def take(runtime: Runtime, person: str, place: str) -> Kept | None:
    """Return what is kept and keep it no longer: of two who ask at once, one gets it."""
    with runtime.database.writing() as session:
        row = session.get(KeptText, (person, place), with_for_update=True)
        if row is None:
            return None
        session.delete(row)
        return Kept(tuple((name, text) for name, text in row.fields), row.kept_at)


def forget(runtime: Runtime, person: str, place: str) -> None:
    """Throw away what is kept from a place: it has been sent, saved or thrown away by its writer."""
    with runtime.database.writing() as session:
        session.execute(delete(KeptText).where(KeptText.person_id == person, KeptText.place == place))
