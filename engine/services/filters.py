"""Filters of the inbox that people have named, each their own; one of them may be the one with which their inbox opens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select, update

from engine.errors import SamspelError
from engine.services.runtime import Runtime
from engine.storage.tables import SavedFilter

MOST = 20
"""Filters of one person."""
LONGEST = 60
"""Signs of a name."""


class CannotSave(SamspelError):
    """The filter has no name, too long a one, or there are too many."""

    sv = "Ge filtret ett namn på högst {longest} tecken. Du kan ha {most} filter."
    en = "Give the filter a name of at most {longest} characters. You can have {most} filters."


@dataclass(frozen=True)
class Filter:
    """One filter."""

    id: int
    name: str
    wanted: Mapping[str, str]
    at_start: bool


def listed(runtime: Runtime, person: str) -> list[Filter]:
    """Return a person's filters by name."""
    with runtime.database.reading() as session:
        rows = session.scalars(select(SavedFilter).where(SavedFilter.person_id == person).order_by(SavedFilter.name))
        return [Filter(row.id, row.name, row.wanted, row.at_start) for row in rows]


def save(runtime: Runtime, person: str, name: str, wanted: Mapping[str, str], *, at_start: bool) -> None:
    """Keep a filter under a name; one of the same name makes way. Raises CannotSave."""
    called = " ".join(name.split())
    with runtime.database.writing() as session:
        row = session.scalar(select(SavedFilter).where(SavedFilter.person_id == person, SavedFilter.name == called))
        count = session.scalar(select(func.count()).select_from(SavedFilter).where(SavedFilter.person_id == person)) or 0
        if not called or len(called) > LONGEST or (row is None and count >= MOST):
            raise CannotSave(longest=LONGEST, most=MOST)
        if at_start:
            session.execute(update(SavedFilter).where(SavedFilter.person_id == person).values(at_start=False))
        row = row or SavedFilter(person_id=person, name=called)
        row.wanted, row.at_start, row.saved_at = dict(wanted), at_start, runtime.clock.now()
        session.add(row)


def remove(runtime: Runtime, person: str, filter_: int) -> None:
    """Throw away one of a person's own filters; another's, or none, changes nothing."""
    with runtime.database.writing() as session:
        row = session.get(SavedFilter, filter_)
        if row is not None and row.person_id == person:
            session.delete(row)
