"""Finds a new way for work that waits for somebody who is not there any more.

A role is resolved when its task opens, and queues follow deputies and new holders by themselves. But people leave, posts
fall vacant and units close while work waits: what then lies where nobody looks goes where the role leads today, as it would
have if the task had opened now, and what somebody claimed before losing the right to it is free again, draft and all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any, cast

from sqlalchemy import String, select
from sqlalchemy import cast as cast_to
from sqlalchemy.orm import Session

from engine.errors import SamspelError
from engine.execution.feel_values import from_json
from engine.facts.organisation import Organisation, Purpose
from engine.services import access, history, steps
from engine.services.facts import gather
from engine.services.history import Act, Event
from engine.services.runtime import Runtime
from engine.storage import queries
from engine.storage.tables import WorkItem


def reroute(runtime: Runtime) -> int:
    """Move or free all work that nobody can get at now, and return how many items; safe to run again, and beside itself.

    It costs one look at each queue that holds something, so once a day and after each change of the organisation is enough.
    """
    with runtime.database.reading() as session:
        stranded = list(_stranded(session, runtime.organisation(session), runtime.clock.now()))
    moved = 0
    for item in stranded:
        # An item whose drawings or tables cannot be read waits for them, as its whole case does; the others do not wait with it.
        with suppress(SamspelError):
            moved += _mend(runtime, item)
    return moved


def _stranded(session: Session, organisation: Organisation, at: datetime) -> Iterator[int]:
    """Yield the ids of the open items that lie in an empty queue, or that somebody holds who has no right to them any more."""
    waiting = select(WorkItem).where(WorkItem.closed_at.is_(None))
    for queue in session.scalars(waiting.with_only_columns(WorkItem.queue).distinct()).all():
        # Where somebody has the queue for all purposes, only the items that are barred to some are asked: a deputy may have it for its purpose.
        asked = waiting.where(cast_to(WorkItem.excluded, String) != "[]") if organisation.takers(queue, at) else waiting
        for item in session.scalars(asked.where(WorkItem.queue == queue)):
            if _is_empty(organisation, item, at):
                yield item.id
    for owner in session.scalars(waiting.with_only_columns(WorkItem.claimed_by).where(WorkItem.claimed_by.is_not(None)).distinct()).all():
        for item in session.scalars(waiting.where(WorkItem.claimed_by == owner)):
            if _lapsed(organisation, item, at) and not _is_empty(organisation, item, at):
                yield item.id


def _is_empty(organisation: Organisation, item: WorkItem, at: datetime) -> bool:
    takers = organisation.takers(item.queue, at, cast("Purpose", item.purpose))
    return not set(takers) - set(item.excluded)


def _lapsed(organisation: Organisation, item: WorkItem, at: datetime) -> bool:
    return item.claimed_by is not None and access.right_to(organisation, item.claimed_by, item, at) is None


def _mend(runtime: Runtime, item_id: int) -> bool:
    """Move or free one item; whether it still needed that and nobody was quicker."""
    with runtime.database.writing() as session:
        at = runtime.clock.now()
        organisation = runtime.organisation(session)
        item = queries.item_in_its_case(session, item_id)
        if item is None or item.closed_at is not None:
            return False
        if _is_empty(organisation, item, at):
            values = _way(runtime, session, item, at)
        elif _lapsed(organisation, item, at):
            values = {}
        else:
            return False
        if values.get("queue") == item.queue or not queries.change_item(session, item.id, item.claimed_by, item.queue, {**values, **_UNCLAIMED}):
            return False
        details = {"work_item": item.id, "from": item.queue, "queue": values.get("queue", item.queue), "claimed_by": item.claimed_by}
        event = Event("rerouted" if values else "released", item.element, item.name, steps.rules_of(item.properties), details)
        history.add(session, Act(at), [event], case_id=item.case_id, instance_id=item.instance_id)
        return True


_UNCLAIMED = {"claimed_by": None, "claimed_for": None, "claimed_at": None, "claimed_until": None}


def _way(runtime: Runtime, session: Session, item: WorkItem, at: datetime) -> dict[str, Any]:
    """Return where an item goes from an empty queue: back to whoever handed it over, else where its role leads today."""
    organisation = runtime.organisation(session)
    back: dict[str, Any] = {"delegated_by": None, "delegated_from": None}
    if item.delegated_from is not None and set(organisation.takers(item.delegated_from, at, cast("Purpose", item.purpose))) - set(item.excluded):
        return {**back, "queue": item.delegated_from}
    facts = gather(session, organisation, runtime.releases.get(item.instance.release), steps.subject_of(item.instance), at)
    queue, why = steps.way(facts, item.role, from_json(item.inputs), frozenset(item.excluded))
    return {**back, "queue": queue, "routing": [*item.routing, why]}
