"""What somebody sees first: what they started and how it goes, for whom they stand in, what waits for a duty of theirs, what is new.

Everything here is a short list with an end, asked for in the same number of questions however much there is.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from engine.execution import Release
from engine.services import access, agreements
from engine.services.runtime import Runtime
from engine.storage.tables import Case, StoredRelease, WorkItem

NEW = timedelta(days=30)
"""For how long something is news."""


@dataclass(frozen=True)
class Going:
    """One task that a case waits for."""

    name: str
    element: str
    queue: str
    due_at: datetime | None
    overdue: bool


@dataclass(frozen=True)
class Begun:
    """A case that somebody started. The child is initials and birth year, nothing more."""

    reference: str
    child: str
    opened_at: datetime
    waits_for: tuple[Going, ...]
    """What it waits for people to do, the most urgent first; empty while it waits for time to pass."""


@dataclass(frozen=True)
class StandIn:
    """Somebody stands in for a post."""

    person: str
    """Who stands in."""
    position: str
    holders: tuple[str, ...]
    """Whom they replace; nobody where the post is vacant."""
    last: date | None


@dataclass(frozen=True)
class News:
    """What changed when the release in use was taken up."""

    at: datetime
    agreements: tuple[str, ...]
    """Names of the agreements whose documents changed."""
    processes: tuple[str, ...]
    """Names of the processes whose drawings or forms changed."""
    rules: bool
    """Whether the tables of days and choices changed."""


def begun_by(runtime: Runtime, person: str, limit: int = 5) -> list[Begun]:
    """Return the open cases that a person started and may see, the newest first."""
    with runtime.database.reading() as session:
        at = runtime.clock.now()
        theirs = (Case.initiator_person == person, Case.closed_at.is_(None), Case.id.in_(access.visible_cases(runtime, session, person)))
        cases = session.scalars(select(Case).where(*theirs).order_by(Case.id.desc()).limit(limit)).all()
        open_work = (WorkItem.case_id.in_([case.id for case in cases]), WorkItem.closed_at.is_(None), WorkItem.purpose == "case")
        waiting: defaultdict[int, list[Going]] = defaultdict(list)
        for item in session.scalars(select(WorkItem).where(*open_work).order_by(WorkItem.urgency_at, WorkItem.id)):
            going = Going(item.name, item.element, item.queue, item.due_at, item.due_at is not None and item.due_at < at)
            waiting[item.case_id or 0].append(going)
        return [
            Begun(case.reference, f"{case.child.initials} {case.child.birth_date.year}", case.opened_at, tuple(waiting[case.id])) for case in cases
        ]


def stand_ins(runtime: Runtime, person: str) -> list[StandIn]:
    """Return for which posts a person stands in today, and who stands in for theirs."""
    with runtime.database.reading() as session:
        organisation = runtime.organisation(session)
    at = runtime.clock.now()
    held = {post.id for post in organisation.positions_of(person, at)}
    now = (one for one in organisation.deputyships if one.valid.covers(at) and (one.person == person or one.position in held))
    return [StandIn(one.person, one.position, organisation.holders(one.position, at), one.valid.last) for one in now]


def news(runtime: Runtime) -> News | None:
    """Return what changed with the release in use, where it is the second at least and was taken up in the last month."""
    since = runtime.clock.now() - NEW
    kept = select(StoredRelease.hash, StoredRelease.stored_at).order_by(StoredRelease.stored_at.desc(), StoredRelease.hash).limit(2)
    with runtime.database.reading() as session:
        rows = session.execute(kept).all()
    active = runtime.releases.active
    if len(rows) < 2 or rows[0].hash != active.hash or rows[0].stored_at < since:  # noqa: PLR2004 - one to compare with
        return None
    return _changed(active, runtime.releases.get(rows[1].hash), rows[0].stored_at)


def _changed(new: Release, old: Release, at: datetime) -> News:
    paths = {path for path in new.files.keys() | old.files.keys() if new.files.get(path) != old.files.get(path)}
    folders = {path.rpartition("/")[0] for path in paths if path.endswith(".form")}
    known = agreements.of_release(new)
    before = agreements.of_release(old)
    return News(
        at,
        tuple(of.name for id_, of in known.items() if before.get(id_) != of),
        tuple(sorted({model.name for model in new.processes.values() if model.file in paths or model.file.rpartition("/")[0] in folders})),
        any(path.endswith(".dmn") for path in paths),
    )
