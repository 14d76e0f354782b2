"""Who did what, for whom: added row by row, each sealed with the hash of the one before."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select
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
    """Return the chain in which a case's events stand, or those of an instance without a case."""
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


def of_case(runtime: Runtime, person: str, reference: str) -> list[Row]:
    """Return a case's history, the oldest first, to somebody who may see the case. Raises NoSuchCase."""
    with runtime.database.reading() as session:
        case = access.case(runtime, session, person, reference)
        return rows(session, case, access.hidden_instances(runtime, session, person, case))


def rows(session: Session, case: Case, hidden: Collection[int]) -> list[Row]:
    """Return the rows of a case that the caller has been let into, but for those of the processes that are not theirs to see."""
    query = select(History).where(History.chain == chain_of(case.id, None)).order_by(History.number)
    found = (row for row in session.scalars(query) if row.instance_id not in hidden)
    return [Row(row.at, row.by, row.for_whom, row.kind, row.element, row.name, tuple(row.rules), row.details) for row in found]


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
