"""Notes between those who take part in a case: short messages that stand in the case, for all of them and the managers above to read.

Who may read and write is decided in access.py: a note is content, so nobody reads it whom no consent covers (000-5, 000-23).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import SamspelError
from engine.services import access, history
from engine.services.history import Act, Event, Reading
from engine.services.runtime import Runtime
from engine.services.steps import digest
from engine.services.tasks import without_nul
from engine.storage.tables import Case, CaseNote

LONGEST = 4000
"""Signs in a note: two pages; what is longer belongs in a document."""


class NoteRefused(SamspelError):
    """A note that cannot be kept as it is."""


class NothingWritten(NoteRefused):
    """The note is empty."""

    sv = "Skriv något i anteckningen till ärendet {case}."
    en = "Write something in the note to the case {case}."


class NoteTooLong(NoteRefused):
    """The note is longer than a note may be."""

    sv = "Anteckningen är {length} tecken lång; den får vara högst {longest}. Korta den med {over} tecken."
    en = "The note is {length} characters long; the limit is {longest}. Shorten it by {over} characters."


class NoNotesHere(NoteRefused):
    """The case is closed, or the writer takes no part in what it contains."""

    sv = "Det går inte att skriva anteckningar i ärendet {case}: det är avslutat, eller så deltar du inte i det som delas."
    en = "Notes cannot be written in the case {case}: it is closed, or you take no part in what is shared."


@dataclass(frozen=True)
class Note:
    """One note."""

    id: int
    at: datetime
    by: str
    text: str


def write(runtime: Runtime, person: str, reference: str, text: str) -> int:
    """Write a note to everybody who takes part and return its id. Raises NoSuchCase, NothingWritten, NoteTooLong and NoNotesHere.

    The history tells that it was written and proves what it said; the text stands in the note alone.
    """
    said = str(without_nul(text)).strip()
    with runtime.database.writing() as session:
        case, sight = access.require_sight(runtime, session, person, reference)
        if not may_write(case, sight):
            raise NoNotesHere(case=reference)
        if not said:
            raise NothingWritten(case=reference)
        if len(said) > LONGEST:
            raise NoteTooLong(length=len(said), longest=LONGEST, over=len(said) - LONGEST)
        at = runtime.clock.now()
        note = CaseNote(case_id=case.id, text=said, written_at=at, written_by=person)
        session.add(note)
        session.flush()
        event = Event("note written", details={"note": note.id, "digest": digest({"text": said})})
        history.add(session, Act(at, person), [event], case_id=case.id, instance_id=None)
        return note.id


def listed(runtime: Runtime, person: str, reference: str, limit: int = 50) -> list[Note]:
    """Return the notes of a case, the newest first; that they were read stands in its history. Raises NoSuchCase."""
    with runtime.database.reading() as session:
        case, sight = access.require_sight(runtime, session, person, reference)
        found = of_case(session, case, sight, limit)
    history.log_reading(runtime, person, Reading("notes", case.id))
    return found


def of_case(session: Session, case: Case, sight: access.Sight, limit: int) -> list[Note]:
    """Return the notes that somebody with this sight may read, the newest first, within the caller's transaction."""
    if not sight.content:
        return []
    query = select(CaseNote).where(CaseNote.case_id == case.id).order_by(CaseNote.id.desc()).limit(limit)
    return [Note(row.id, row.written_at, row.written_by, row.text) for row in session.scalars(query)]


def may_write(case: Case, sight: access.Sight) -> bool:
    """Whether somebody with this sight may write in a case: they take part in what is shared, and it is open."""
    return case.closed_at is None and sight.content and sight.records
