"""Who did what, for whom: added row by row, each sealed with the hash of the one before."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from engine.errors import SamspelError
from engine.services import access
from engine.services.runtime import Runtime
from engine.storage import queries
from engine.storage.tables import Case, History, HistoryChain

START = "0" * 64
"""What the first row of a chain builds on."""


class HistoryBroken(SamspelError):
    """A row of the history is not what was written, or is missing."""

    sv = "Historiken {chain} stämmer inte vid rad {number}. Jämför med säkerhetskopian innan något mer skrivs."
    en = "The history {chain} does not hold at row {number}. Compare with the backup before anything more is written."


@dataclass(frozen=True)
class Act:
    """Who does something and when; the same for everything that one step writes."""

    at: datetime
    by: str | None = None
    """The person; nobody when the clock does it."""
    for_whom: str | None = None
    """The person, or vacant position, whose place a deputy takes."""


@dataclass(frozen=True)
class Event:
    """One thing that happened."""

    kind: str
    element: str | None = None
    name: str | None = None
    rules: Sequence[str] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """One line of the history, for a reader."""

    at: datetime
    by: str | None
    for_whom: str | None
    kind: str
    element: str | None
    name: str | None
    rules: tuple[str, ...]
    details: Mapping[str, Any]


def chain_of(case_id: int | None, instance_id: int | None) -> str:
    """Return the chain in which a case's events stand, those of an instance without a case, or those of the organisation."""
    if case_id is None and instance_id is None:
        return "organisation"
    return f"case:{case_id}" if case_id is not None else f"instance:{instance_id}"


def add(session: Session, act: Act, events: Sequence[Event], *, case_id: int | None, instance_id: int | None) -> None:
    """Write events at the end of their chain, within the caller's transaction."""
    if not events:
        return
    chain = chain_of(case_id, instance_id)
    head = queries.chain_head(session, chain)
    number, previous = head or (0, START)
    written = []
    for event in events:
        number += 1
        row = {
            "chain": chain,
            "number": number,
            "case_id": case_id,
            "instance_id": instance_id,
            "at": act.at,
            "by": act.by,
            "for_whom": act.for_whom,
            "kind": event.kind,
            "element": event.element,
            "name": event.name,
            "rules": list(event.rules),
            "details": _plain(event.details),
            "previous_hash": previous,
        }
        previous = row["hash"] = seal(row)
        written.append(row)
    queries.extend_chain(session, chain, written, begins=head is None)


_SEALED = ("previous_hash", "chain", "number", "case_id", "instance_id", "by", "for_whom", "kind", "element", "name", "rules", "details")


def seal(row: Mapping[str, Any]) -> str:
    """Return the hash over all that a row says and the hash of the row before (SHA-256, hexadecimal)."""
    said = [row["at"].isoformat(), *(row[name] for name in _SEALED)]
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


READ = "read"
"""The kind of the rows that say who has read what."""


@dataclass(frozen=True)
class Reading:
    """That somebody opens something: a case, its history, a work item, a deviation."""

    what: str
    """``case``, ``history``, ``work_item``, ``deviation``, ``document`` ..."""
    case_id: int | None = None
    instance_id: int | None = None
    id: int | None = None
    """Of the work item, deviation or document; none for the case itself."""
    name: str | None = None
    """What the drawing calls it, if it comes from one."""
    element: str | None = None


def log_reading(runtime: Runtime, person: str, reading: Reading) -> None:
    """Write that somebody reads something, once in each hour of the clock for each person and thing; in a transaction of its own.

    The row stands before the page is shown: what could not be logged is not read (PDL 4, HSLF-FS 2016:40; security.md).
    An index on the rows of reading answers whether it stands there already, so that most pages cost one short question.
    """
    at = runtime.clock.now()
    chain = chain_of(reading.case_id, reading.instance_id)
    since = at.replace(minute=0, second=0, microsecond=0)
    details = {"what": reading.what} | ({"id": reading.id} if reading.id is not None else {})
    with runtime.database.reading() as session:
        if details in queries.readings_since(session, chain, person, since):
            return
    with runtime.database.writing() as session:
        event = Event(READ, reading.element, reading.name, details=details)
        add(session, Act(at, person), [event], case_id=reading.case_id, instance_id=reading.instance_id)


def of_case(runtime: Runtime, person: str, reference: str) -> list[Row]:
    """Return a case's history, the oldest first, to somebody who may see what the case contains; that it was read stands in it from then on.

    Raises NoSuchCase. Where no consent covers the reader there are no rows but their own.
    """
    with runtime.database.reading() as session:
        case, sight = access.require_sight(runtime, session, person, reference)
        found = rows(session, case, sight, access.hidden_instances(runtime, session, person, case))
    log_reading(runtime, person, Reading("history", case.id))
    return found


def rows(session: Session, case: Case, sight: access.Sight, hidden: Collection[int]) -> list[Row]:
    """Return the rows of a case that its reader may see: none of the processes that are not theirs to see, and their own alone without content.

    Who else has read is for whoever answers for the case.
    """
    read = () if sight.reviews else (or_(History.kind != READ, History.by == sight.person),)
    query = select(History).where(History.chain == chain_of(case.id, None), *read, *_seen(sight, hidden)).order_by(History.number)
    return [_row(row) for row in session.scalars(query)]


BEGINNINGS = frozenset(
    {"started", "completed", "claimed", "released", "delegated", "taken back", "consent withdrawn", "note written", "document added"}
)
"""Kinds with which a step begins in a timeline, even where somebody does two things within one moment."""

UNTOLD = frozenset({READ, "opened", "timers fired"})
"""Kinds that no timeline tells: who has read is for whoever answers for the case, what was opened is seen where it is done."""


def latest(
    session: Session, case: Case, sight: access.Sight, hidden: Collection[int], limit: int, before: int | None = None
) -> list[tuple[int, Row]]:
    """Return so many rows of a case's timeline, the newest first, each with its number; only those before a number, where one is given."""
    told = (History.kind.not_in(UNTOLD), *((History.number < before,) if before is not None else ()))
    query = select(History).where(History.chain == chain_of(case.id, None), *told, *_seen(sight, hidden)).order_by(History.number.desc()).limit(limit)
    return [(row.number, _row(row)) for row in session.scalars(query)]


def _seen(sight: access.Sight, hidden: Collection[int]) -> Iterator[ColumnElement[bool]]:
    if hidden:
        yield or_(History.instance_id.is_(None), History.instance_id.not_in(hidden))
    if not sight.content:
        yield History.by == sight.person


def _row(row: History) -> Row:
    return Row(row.at, row.by, row.for_whom, row.kind, row.element, row.name, tuple(row.rules), row.details)


def verify(runtime: Runtime) -> int:
    """Check every chain from its first row to its head and return the number of rows. Raises HistoryBroken."""
    with runtime.database.reading(one_moment=True) as session:
        heads = {head.chain: head for head in session.scalars(select(HistoryChain))}
        last: dict[str, tuple[int, str]] = {}
        count = 0
        with session.scalars(select(History).order_by(History.chain, History.number).execution_options(yield_per=1000)) as found:
            for row in found:
                number, before = last.get(row.chain, (0, START))
                if row.number != number + 1 or row.previous_hash != before or row.hash != seal(vars(row)):
                    raise HistoryBroken(chain=row.chain, number=number + 1)
                last[row.chain] = (row.number, row.hash)
                count += 1
        for chain, end in ((chain, last.get(chain, (0, START))) for chain in heads.keys() | last.keys()):
            head = heads.get(chain)
            if head is None or (head.number, head.hash) != end:
                raise HistoryBroken(chain=chain, number=end[0] + 1)
        return count


def _plain(details: Mapping[str, Any]) -> dict[str, Any]:
    """Return the details as they will read back from the database, so that the seal holds then too."""
    plain: dict[str, Any] = orjson.loads(orjson.dumps(details, default=str, option=orjson.OPT_NON_STR_KEYS))
    return plain
