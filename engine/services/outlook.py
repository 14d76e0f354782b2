"""Before and around a piece of work: what happens when it is sent, and what has been answered before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import execution
from engine.execution import Form
from engine.execution.drawing import Element
from engine.services import access, steps
from engine.services.facts import CaseFacts, Subject, gather
from engine.services.runtime import Runtime
from engine.storage.tables import ProcessInstance, WorkItem

MOST = 12
"""How many earlier answers a page shows."""
_ELSEWHERE = frozenset({"unit", "person", "level", "concerned", "barred", "route_chosen"})
"""Inputs of a task that say whose it is, and are known only when it comes."""


@dataclass(frozen=True)
class Coming:
    """A piece of work that may come next."""

    element: str
    name: str
    queue: str | None
    """Where it will wait, if that is known now."""


@dataclass(frozen=True)
class Outlook:
    """What follows a piece of work."""

    coming: tuple[Coming, ...]
    certain: bool
    """Whether all of it comes, whatever one answers."""


@dataclass(frozen=True)
class Earlier:
    """What somebody answered before."""

    name: str
    element: str
    form: Form
    answers: Mapping[str, Any]
    at: datetime
    by: str | None
    for_whom: str | None


def ahead(runtime: Runtime, person: str, work_item: int) -> Outlook:
    """Return what follows a piece of work, to somebody who may do it. Raises NoSuchWorkItem and NotYours."""
    with runtime.database.reading() as session:
        item = access.open_work(runtime, session, person, work_item)
        instance = item.instance
        release = runtime.releases.get(instance.release)
        facts = gather(session, runtime.organisation(session), release, steps.subject_of(instance), runtime.clock.now())
        found = execution.sequel(release, item.process, item.element, _settled(facts))
        return Outlook(tuple(Coming(one.id, one.name, _queue(one, facts)) for one in found.tasks), found.certain)


def at_start(runtime: Runtime, person: str, unit: str, agreement: str) -> Outlook:
    """Return what comes after the first piece of work of a new case that somebody begins from a unit: who decides, before they begin."""
    release = runtime.releases.active
    process = release.for_purpose("case").id
    first = execution.opening(release, process)
    if not first.certain or len(first.tasks) != 1:
        return Outlook((), certain=False)
    with runtime.database.reading() as session:
        subject = Subject(agreement, "case", person, unit, None)
        facts = gather(session, runtime.organisation(session), release, subject, runtime.clock.now())
        found = execution.sequel(release, first.tasks[0].process, first.tasks[0].id, _settled(facts))
        return Outlook(tuple(Coming(one.id, one.name, _queue(one, facts)) for one in found.tasks), found.certain)


def before(runtime: Runtime, person: str, work_item: int) -> list[Earlier]:
    """Return what was answered before in the process of a piece of work, the newest first, to somebody who may do it.

    Where the person may not see what the case contains, only their own answers; to the family no costs are told (scenario 6).
    Raises NoSuchWorkItem and NotYours.
    """
    with runtime.database.reading() as session:
        item = access.open_work(runtime, session, person, work_item)
        done = (WorkItem.instance_id == item.instance_id, WorkItem.outcome == "completed", WorkItem.form.is_not(None))
        query = select(WorkItem).where(*done).order_by(WorkItem.closed_at.desc(), WorkItem.id.desc()).limit(MOST)
        all_, costs = _sees(runtime, session, person, item.instance)
        if not all_:
            query = query.where(WorkItem.closed_by == person)
        forms = runtime.releases.get(item.instance.release).forms
        return [
            Earlier(one.name, one.element, forms[one.form], _told(one.answers or {}, costs=costs), one.closed_at, one.closed_by, one.closed_for)
            for one in session.scalars(query)
            if one.form and one.closed_at is not None
        ]


def _settled(facts: CaseFacts) -> Mapping[str, Any]:
    """Return the facts that nothing which is answered here changes."""
    known = facts({})
    return {name: known[name] for name in ("policy", "agreement")}


def _queue(element: Element, facts: CaseFacts) -> str | None:
    role = element.role.raw if element.role is not None else None
    asked = {mapping.target for mapping in element.inputs}
    if role is None or role.startswith("=") or element.assignee is not None or element.loop is not None or asked & _ELSEWHERE:
        return None
    return steps.way(facts, role, {}, frozenset())[0]


def _sees(runtime: Runtime, session: Session, person: str, instance: ProcessInstance) -> tuple[bool, bool]:
    """Whether a person may see what others have answered, and what measures cost."""
    if instance.purpose != "case" or instance.case is None:
        return access.may_see_instance(runtime, session, person, instance), True
    seen = access.sight(runtime, session, person, instance.case)
    return seen is not None and seen.content, seen is not None and not seen.family


def _told(answers: Mapping[str, Any], *, costs: bool) -> Mapping[str, Any]:
    """Return answers with what each measure costs, or without."""
    measures = answers.get("measures")
    if costs or not isinstance(measures, list):
        return answers
    told = [{key: value for key, value in row.items() if key != "cost"} if isinstance(row, Mapping) else row for row in measures]
    return {**answers, "measures": told}
