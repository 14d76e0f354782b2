"""The questions that the services ask of the tables: they read, lock and count, and never commit.

What every step asks and writes is made once, as a statement with names for its values: to make a statement anew each time
takes longer than the database needs for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

import orjson
from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    Table,
    and_,
    bindparam,
    case,
    false,
    func,
    insert,
    literal_column,
    not_,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy import cast as cast_to
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from engine.storage.tables import (
    Attempts,
    Base,
    Case,
    History,
    HistoryChain,
    Incident,
    OrganisationVersion,
    Participant,
    ProcessInstance,
    StoredRelease,
    Timer,
    WorkItem,
)


def _table(of: type[Base]) -> Table:
    return cast("Table", of.__table__)


_INSTANCE, _ITEM, _TIMER = _table(ProcessInstance), _table(WorkItem), _table(Timer)
_HISTORY, _CHAIN = _table(History), _table(HistoryChain)

BRANCHES = 200
"""How many queues one question names; SQLite takes at most 500 in a compound select."""


@dataclass(frozen=True)
class Place:
    """A queue, and the purpose to which somebody's right to it is limited, if it is."""

    queue: str
    purpose: str | None = None


@dataclass(frozen=True)
class Position:
    """Where a page of an inbox ended: the next begins after it."""

    urgency_at: datetime
    id: int


@dataclass(frozen=True)
class Narrowing:
    """What a reader wants to see of an inbox; nothing set means all of it."""

    case: str | None = None
    """The case's reference."""
    unit: str | None = None
    role: str | None = None
    due_before: datetime | None = None
    after: Position | None = None
    agreement: str | None = None
    whose: Literal["own", "units", "claimed"] | None = None
    """``own``: what waits for the reader personally, and what they work on; ``units``: what their units and groups have and nobody
    works on; ``claimed``: what they work on."""


def inbox_ids(
    session: Session,
    person: str,
    places: Collection[Place],
    now: datetime,
    limit: int,
    narrowing: Narrowing,
) -> list[int]:
    """Return the ids of the items that wait for a person, what breaks first in front.

    One branch a queue, each with its own limit: a branch reads ``limit`` entries of its index and stops, so the
    cost follows the number of queues and not the number of items.
    """
    found: dict[int, datetime] = {}
    branches = list(_inbox_branches(person, places, now, limit, narrowing))
    for start in range(0, len(branches), BRANCHES):
        part = [branch.subquery() for branch in branches[start : start + BRANCHES]]
        merged = union_all(*(select(one.c.id, one.c.urgency_at) for one in part)).subquery()
        rows = session.execute(select(merged.c.id, merged.c.urgency_at).order_by(merged.c.urgency_at, merged.c.id).limit(limit))
        found.update((row.id, row.urgency_at) for row in rows)
    return sorted(found, key=lambda item: (found[item], item))[:limit]


def _inbox_branches(person: str, places: Collection[Place], now: datetime, limit: int, narrowing: Narrowing) -> Iterator[Select[int, datetime]]:
    conditions = list(_narrowed(narrowing))

    def branch(*where: ColumnElement[bool]) -> Select[int, datetime]:
        query = select(WorkItem.id, WorkItem.urgency_at).where(WorkItem.closed_at.is_(None), *where, *conditions)
        return query.order_by(WorkItem.urgency_at, WorkItem.id).limit(limit)

    # What somebody still holds after losing the right to it, and what they are kept from, is not theirs to do: it is not counted either.
    mine = or_(*(and_(*_lies_in(place)) for place in places)) if places else false()
    if narrowing.whose != "units":
        yield branch(WorkItem.claimed_by == person, mine, may_be_done_by(person))
    for place in places if narrowing.whose != "claimed" else ():
        if narrowing.whose is not None and place.queue.startswith(_SHARED) != (narrowing.whose == "units"):
            continue
        own = (*_lies_in(place), may_be_done_by(person))
        yield branch(*own, WorkItem.claimed_by.is_(None))
        yield branch(*own, WorkItem.claimed_until.is_not(None), WorkItem.claimed_until <= now)


_SHARED = ("unit:", "group:")
"""Queues of several people; the others are one person's, by name or by post."""


def _lies_in(place: Place) -> Iterator[ColumnElement[bool]]:
    yield WorkItem.queue == place.queue
    if place.purpose:
        yield WorkItem.purpose == place.purpose


def may_be_done_by(person: str) -> ColumnElement[bool]:
    """The items from which a person is not kept (``excluded``)."""
    return not_(lists(WorkItem.excluded, person))


def lists(column: InstrumentedAttribute[list[Any]], entry: str) -> ColumnElement[bool]:
    """Whether a JSON list of texts has an entry. Asked of its text, which both databases keep as it was written."""
    text = cast_to(column, String)
    return and_(text != "[]", func.replace(text, orjson.dumps(entry).decode(), "") != text)


def _narrowed(narrowing: Narrowing) -> Iterator[ColumnElement[bool]]:
    if narrowing.case is not None:
        yield WorkItem.case_id == select(Case.id).where(Case.reference == narrowing.case).scalar_subquery()
    if narrowing.unit is not None:
        yield WorkItem.unit_id == narrowing.unit
    if narrowing.role is not None:
        yield WorkItem.role == narrowing.role
    if narrowing.agreement is not None:
        of = (ProcessInstance.id == WorkItem.instance_id, ProcessInstance.agreement == narrowing.agreement)
        yield select(ProcessInstance.id).where(*of).correlate(WorkItem).exists()
    if narrowing.due_before is not None:
        yield WorkItem.due_at < narrowing.due_before
    if narrowing.after is not None:
        # Both halves say it: the first lets the index begin at the right place.
        after = narrowing.after
        yield WorkItem.urgency_at >= after.urgency_at
        yield or_(WorkItem.urgency_at > after.urgency_at, and_(WorkItem.urgency_at == after.urgency_at, WorkItem.id > after.id))


def handed_over(session: Session, queues: Collection[str], limit: int) -> Sequence[WorkItem]:
    """Return the open work items that were handed over out of any of these queues, what breaks first in front."""
    query = select(WorkItem).where(WorkItem.closed_at.is_(None), WorkItem.delegated_from.is_not(None), WorkItem.delegated_from.in_(queues))
    return session.scalars(query.order_by(WorkItem.urgency_at, WorkItem.id).limit(limit)).all()


def items_by_id(session: Session, ids: Sequence[int]) -> list[WorkItem]:
    """Return work items in the order of their ids given, each with its instance and case, but without the instance's state."""
    with_instance = joinedload(WorkItem.instance, innerjoin=True).defer(ProcessInstance.state)
    found = {item.id: item for item in session.scalars(select(WorkItem).where(WorkItem.id.in_(ids)).options(with_instance))}
    return [found[item] for item in ids if item in found]


def lock_instance(session: Session, instance_id: int) -> None:
    """Make every other writer of the instance, and of what waits in it, wait until this transaction is over (SQLite: it already does).

    The keys stay free: a row of history that points to the instance waits for nothing, else two could wait for each other.
    """
    for rows in (select(ProcessInstance.id).where(ProcessInstance.id == instance_id), _OPEN_ITEM_IDS.where(WorkItem.instance_id == instance_id)):
        session.execute(rows.with_for_update(key_share=True)).all()


def lock_item(session: Session, item_id: int) -> None:
    """Make every other writer of a work item wait until this transaction is over (SQLite: it already does)."""
    session.execute(select(WorkItem.id).where(WorkItem.id == item_id).with_for_update(key_share=True)).all()


_OPEN_ITEM_IDS = select(WorkItem.id).where(WorkItem.closed_at.is_(None)).order_by(WorkItem.id)


def item_in_its_case(session: Session, item_id: int) -> WorkItem | None:
    """Return a work item with its instance, case and child, in one question."""
    return session.scalar(_ITEM_IN_ITS_CASE, {"of": item_id})


_ITEM_IN_ITS_CASE = select(WorkItem).where(WorkItem.id == bindparam("of")).options(joinedload(WorkItem.instance, innerjoin=True))


def move_instance(session: Session, instance_id: int, version: int, values: dict[str, Any]) -> bool:
    """Write an instance's new state if its version is still the one that was read; whether it was."""
    moved = session.connection().execute(_MOVE, {"of": instance_id, "read": version, "version": version + 1, **values})
    return bool(moved.rowcount == 1)


_MOVE = update(_INSTANCE).where(_INSTANCE.c.id == bindparam("of"), _INSTANCE.c.version == bindparam("read"))


def change_item(session: Session, item_id: int, owner: str | None, lay_in: str, values: Mapping[str, Any]) -> bool:
    """Change an open item if its owner and its queue are still those that were read; whether they were."""
    changed = session.connection().execute(_CHANGE, {"of": item_id, "owner": owner, "lay_in": lay_in, **values})
    return bool(changed.rowcount == 1)


_AS_READ = _ITEM.c.claimed_by.is_not_distinct_from(bindparam("owner", type_=_ITEM.c.claimed_by.type))
_CHANGE = update(_ITEM).where(_ITEM.c.id == bindparam("of"), _ITEM.c.closed_at.is_(None), _AS_READ, _ITEM.c.queue == bindparam("lay_in"))


def add_items(session: Session, rows: Sequence[Mapping[str, Any]]) -> tuple[int, ...]:
    """Add work items, all with values for the same columns, and return their ids in order."""
    return tuple(session.connection().scalars(_ADD_ITEMS, rows)) if rows else ()


_ADD_ITEMS = insert(_ITEM).returning(_ITEM.c.id, sort_by_parameter_order=True)


def cancel_items(session: Session, ids: Collection[int], at: datetime) -> None:
    """Close work items that nobody needs to complete any more."""
    if ids:
        session.connection().execute(_CANCEL, {"ids": list(ids), "closed_at": at, "outcome": "cancelled"})


_CANCEL = update(_ITEM).where(_ITEM.c.id.in_(bindparam("ids", expanding=True)))


def open_items(session: Session, instance_id: int) -> Sequence[WorkItem]:
    """Return what waits for people in an instance."""
    return session.scalars(_OPEN_ITEMS, {"of": instance_id}).all()


_OPEN_ITEMS = select(WorkItem).where(WorkItem.instance_id == bindparam("of"), WorkItem.closed_at.is_(None))


def open_timers(session: Session, instance_id: int) -> Sequence[Timer]:
    """Return what waits for time in an instance."""
    return session.scalars(_OPEN_TIMERS, {"of": instance_id}).all()


_OPEN_TIMERS = select(Timer).where(Timer.instance_id == bindparam("of"), Timer.closed_at.is_(None))


def add_timers(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add timers, all with values for the same columns."""
    if rows:
        session.connection().execute(_ADD_TIMERS, rows)


_ADD_TIMERS = insert(_TIMER)


def change_timer(session: Session, timer_id: int, values: Mapping[str, Any]) -> None:
    """Close or move a timer of an instance that the caller has moved."""
    session.connection().execute(_CHANGE_TIMER, {"of": timer_id, **values})


_CHANGE_TIMER = update(_TIMER).where(_TIMER.c.id == bindparam("of"))


def due_instances(session: Session, now: datetime, limit: int) -> list[int]:
    """Return the instances with a timer that is due, the longest due first; those that an incident holds are left out.

    On PostgreSQL an instance that another transaction has in hand is skipped: its timers come with the next sweep.
    """
    due = (
        select(Timer.instance_id, Timer.due_at)
        .where(Timer.closed_at.is_(None), Timer.incident_id.is_(None), Timer.due_at <= now)
        .order_by(Timer.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(dict.fromkeys(row.instance_id for row in session.execute(due)))


def is_due(session: Session, instance_id: int, now: datetime) -> bool:
    """Whether an instance has a timer that is due and that no incident holds."""
    due = (Timer.instance_id == instance_id, Timer.closed_at.is_(None), Timer.incident_id.is_(None), Timer.due_at <= now)
    return session.scalar(select(Timer.id).where(*due).limit(1)) is not None


def next_due(session: Session) -> datetime | None:
    """Return when the next timer is due, or none when none waits."""
    return session.scalar(select(Timer.due_at).where(Timer.closed_at.is_(None), Timer.incident_id.is_(None)).order_by(Timer.due_at).limit(1))


def participants(session: Session, case_id: int) -> Sequence[Participant]:
    """Return everybody who takes, or took, part in a case, in the order in which they came."""
    return session.scalars(_PARTICIPANTS, {"of": case_id}).all()


_PARTICIPANTS = select(Participant).where(Participant.case_id == bindparam("of")).order_by(Participant.id)


def chain_head(session: Session, chain: str) -> tuple[int, str] | None:
    """Return the number and hash of a chain's newest link, locked until this transaction is over."""
    head = session.connection().execute(_HEAD, {"of": chain}).one_or_none()
    return (head.number, head.hash) if head is not None else None


_HEAD = select(_CHAIN.c.number, _CHAIN.c.hash).where(_CHAIN.c.chain == bindparam("of")).with_for_update()


def extend_chain(session: Session, chain: str, rows: Sequence[Mapping[str, Any]], *, begins: bool) -> None:
    """Add sealed rows of history at the end of a chain."""
    connection = session.connection()
    connection.execute(_ADD_HISTORY, rows)
    head = {"number": rows[-1]["number"], "hash": rows[-1]["hash"]}
    if begins:
        connection.execute(_BEGIN_CHAIN, {"chain": chain, **head})
    else:
        connection.execute(_MOVE_HEAD, {"of": chain, **head})


_ADD_HISTORY = insert(_HISTORY)
_BEGIN_CHAIN = insert(_CHAIN)
_MOVE_HEAD = update(_CHAIN).where(_CHAIN.c.chain == bindparam("of"))


def organisation_version(session: Session) -> int:
    """Return how many times the organisation was changed."""
    return session.connection().scalar(_ORGANISATION_VERSION) or 0


_ORGANISATION_VERSION = select(OrganisationVersion.number).where(OrganisationVersion.id == 1)


def open_incidents(session: Session, queues: Collection[str] | None = None) -> Sequence[Incident]:
    """Return the incidents that nobody has dealt with, the oldest first; of some owners' queues or of all."""
    query = select(Incident).where(Incident.closed_at.is_(None)).order_by(Incident.created_at, Incident.id)
    return session.scalars(query if queues is None else query.where(Incident.queue.in_(queues))).all()


def incidents_of(session: Session, instance_id: int) -> Sequence[Incident]:
    """Return the open incidents of one instance."""
    return session.scalars(select(Incident).where(Incident.instance_id == instance_id, Incident.closed_at.is_(None))).all()


def counted(session: Session, query: Select[Any], most: int) -> int:
    """Count rows, but stop at ``most``: a page says "över 99" rather than read a million."""
    return session.scalar(select(func.count()).select_from(query.limit(most).subquery())) or 0


def count_attempt(session: Session, key: str, at: datetime, ends_at: datetime, amount: int) -> int:
    """Count an attempt, also where two come at once, and return how many there are in the time that runs."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    over = Attempts.ends_at <= at
    adding = insert(Attempts).values(key=key, count=amount, ends_at=ends_at)
    counting = adding.on_conflict_do_update(
        index_elements=[Attempts.key],
        set_={"count": case((over, amount), else_=Attempts.count + amount), "ends_at": case((over, ends_at), else_=Attempts.ends_at)},
    )
    return session.execute(counting.returning(Attempts.count)).scalar_one()


def keep_release(session: Session, hash_: str, files: bytes, at: datetime) -> None:
    """Keep the files of a release, once, and let it be the active one; another process may do the same at the same moment."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(insert(StoredRelease).values(hash=hash_, files=files, active=True, stored_at=at).on_conflict_do_nothing())
    session.execute(update(StoredRelease).values(active=StoredRelease.hash == hash_))


def readings_since(session: Session, chain: str, person: str, since: datetime) -> Sequence[dict[str, Any]]:
    """Return what a person is known to have read in a chain from a moment on."""
    return session.scalars(select(History.details).where(IS_READING, History.chain == chain, History.by == person, History.at >= since)).all()


IS_READING = History.kind == literal_column("'read'")
"""Written out, not as a value beside the question: SQLite takes the index of these rows only so."""
