"""The way of a deviation or a dispute: who has had it, what they said, whose it is now and until when, and who comes next.

What has happened is read from the work items, whichever drawing they came from. What is still ahead is what the agreement's
policy says, as far as the drawing reads it: an owner who draws no copy sees none promised here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import execution
from engine.execution import Line, Release
from engine.execution.feel import FeelError
from engine.facts import roles
from engine.services import agreements, steps
from engine.services.facts import CaseFacts, gather
from engine.services.runtime import Runtime
from engine.services.tasks import form_context
from engine.storage import queries
from engine.storage.tables import ProcessInstance, Reader, WorkItem

REPORTER, NEAREST = 0, 1
"""The first two levels; what is above them the agreement says."""

State = Literal["done", "here", "ahead", "unused"]


@dataclass(frozen=True)
class Rung:
    """One task on the way: whose it is or was, until when, what they answered and how it ended."""

    id: int
    name: str
    element: str
    role: str | None
    queue: str
    unit: str | None
    """The unit that the task is about."""
    since: datetime
    due_at: datetime | None
    explanation: Mapping[str, Any] | None
    """Why this date: see engine/services/facts.py."""
    moves_on: bool
    """Whether it goes on by itself when the time is out."""
    ended_at: datetime | None
    by: str | None
    """Who did it; none while it waits, and where the clock took it further."""
    for_whom: str | None
    by_clock: bool
    """Whether it was lifted because its time was out (002-15)."""
    form: str | None = None
    lines: tuple[Line, ...] = ()
    """What was answered, question by question; nothing that was only shown there."""
    routing: tuple[Mapping[str, Any], ...] = ()
    """Why it lies where it lies, in both languages."""


@dataclass(frozen=True)
class Level:
    """One level that a deviation climbs to: its reporter, the nearest manager, the next, management."""

    number: int
    role: str
    """A case role: ``initiator``, ``nearest_manager``, ``next_manager``, ``management_level`` or ``steering_group``."""
    state: State
    queues: tuple[str, ...]
    """Whose it is or was; on a level that is ahead, whose it would be if it came there today."""
    rungs: tuple[Rung, ...] = ()
    days: float | None = None
    """How long the level has, in days, where the agreement says."""


@dataclass(frozen=True)
class Copy:
    """A unit that was sent the report to read, or will be."""

    unit: str
    at: datetime | None
    """None before the report has gone."""


@dataclass(frozen=True)
class Ladder:
    """A deviation's whole way."""

    levels: tuple[Level, ...]
    answers: tuple[Rung, ...] = ()
    """What comes after the decision: feedback to the reporter, and whether the action helped."""
    beside: tuple[Rung, ...] = ()
    """What the process owner did or has to do to find the way (003-22)."""
    copies: tuple[Copy, ...] = ()
    countersigned_by: str | None = None
    """The queue of whoever signs the report too, before it goes on (003-19); none once it has gone, or where nobody does."""
    unrouted: bool = False
    """Whether the process owner has to say first where the report goes (003-22)."""

    @property
    def rungs(self) -> tuple[Rung, ...]:
        """Every task in the order in which it came."""
        found = [rung for level in self.levels for rung in level.rungs]
        return tuple(sorted([*found, *self.answers, *self.beside], key=lambda rung: rung.id))

    @property
    def next_level(self) -> Level | None:
        """The level to which it would be lifted from where it stands."""
        return next((level for level in self.levels if level.state == "ahead"), None)


def rungs_of(runtime: Runtime, session: Session, instance: ProcessInstance, facts: CaseFacts | None = None) -> tuple[Rung, ...]:
    """Return every task of an instance with its answers, the first first, to a caller who has been let in."""
    items = session.scalars(select(WorkItem).where(WorkItem.instance_id == instance.id).order_by(WorkItem.id)).all()
    release = runtime.releases.get(instance.release)
    known = facts or _facts(runtime, session, release, instance)
    timers = {timer.due_at for timer in queries.open_timers(session, instance.id)}
    return tuple(_rung(release, instance, item, known, moves_on=item.closed_at is None and item.due_at in timers) for item in items)


def ladder_of(runtime: Runtime, session: Session, instance: ProcessInstance, concerned: str | None = None) -> Ladder:
    """Return a deviation's way, behind and ahead, to a caller who has been let in.

    ``concerned`` is the unit that a report not yet sent names, where it is not the one that is known.
    """
    release = runtime.releases.get(instance.release)
    facts = _facts(runtime, session, release, instance)
    rungs = rungs_of(runtime, session, instance, facts)
    plan = _Plan.of(release, instance, facts, concerned or instance.concerned_unit)
    stages = stages_of(rungs, instance.milestones, plan.roles)
    placed = list(zip(rungs, stages, strict=True))
    sent = [Copy(one.unit_id, one.granted_at) for one in session.scalars(select(Reader).where(Reader.instance_id == instance.id, _STILL))]
    waits_to_be_sent = not any(stage not in (REPORTER, "beside") for stage in stages)
    return Ladder(
        levels=tuple(_levels(placed, plan, ended=instance.ended_at is not None)),
        answers=tuple(rung for rung, stage in placed if stage == "answer"),
        beside=tuple(rung for rung, stage in placed if stage == "beside"),
        # The copy goes before the first level's days begin to run.
        copies=tuple(sent) or (() if instance.ended_at is not None or any(rung.due_at is not None for rung in rungs) else plan.copies),
        countersigned_by=plan.countersigned_by if waits_to_be_sent else None,
        unrouted=plan.unrouted and waits_to_be_sent,
    )


_STILL = Reader.revoked_at.is_(None)

Stage = int | Literal["answer", "beside"]


def stages_of(items: Sequence[Rung | WorkItem], milestones: Mapping[str, Any], order: Sequence[str]) -> list[Stage]:
    """Return where on the way each task belongs, the first first: a level's number, or beside it, or after the decision.

    ``order`` are the roles of the levels above the reporter. A level counts from the lifts that had been when the task came. Work
    without a deadline that comes after work with one is no level's: it follows the decision.
    """
    lifts = sorted(str(at) for name, at in milestones.items() if name.startswith(steps.LIFTED))
    had_deadline = False
    found: list[Stage] = []
    for item in items:
        due, came = item.due_at is not None, item.since if isinstance(item, Rung) else item.created_at
        if item.role == "initiator":
            found.append(REPORTER)
        elif item.role == "process_owner":
            found.append("beside")
        elif had_deadline and not due:
            found.append("answer")
        elif item.role in order[1:]:
            found.append(order.index(item.role) + 1)
        else:
            lifted = sum(datetime.fromisoformat(at) <= came for at in lifts)
            found.append(min(NEAREST + lifted, max(len(order), NEAREST)))
        had_deadline = had_deadline or due
    return found


@dataclass(frozen=True)
class _Plan:
    """What the agreement says of the way, as far as the drawing reads it."""

    roles: tuple[str, ...]
    """Of the levels above the reporter, the nearest first."""
    queues: tuple[tuple[str, ...], ...]
    days: tuple[float | None, ...]
    countersigned_by: str | None
    copies: tuple[Copy, ...]
    unrouted: bool

    @classmethod
    def of(cls, release: Release, instance: ProcessInstance, facts: CaseFacts, concerned: str | None) -> _Plan:
        """Ask the policy of today, the drawing and the organisation."""
        needed = agreements.needed_keys(release, instance.agreement, facts.today)
        policy = {key: value for key, value in facts.policy.values.items() if key in needed}
        drawn = release.process(instance.process).elements.values()
        tops = len({element.milestone for element in drawn if (element.milestone or "").startswith(steps.LIFTED)})
        joint = policy.get("deviation_analysis") == "joint"
        top = "management_level" if joint else policy.get("deviation_top") or "management_level"
        order = ("nearest_manager", top) if joint else ("nearest_manager", "next_manager", top)[: 1 + tops]
        asks_the_owner = any(element.role is not None and element.role.text == "process_owner" for element in drawn)
        here = facts.circumstances(barred=frozenset({instance.initiator_person}))
        routed = replace(here, routed_kinds=None)
        units = [instance.initiator_unit, concerned] if joint and concerned else [instance.initiator_unit]
        nearest = tuple(dict.fromkeys(roles.resolve("nearest_manager", replace(routed, unit=unit)).queue for unit in units))
        above = [(roles.resolve(role, replace(routed, unit=instance.initiator_unit)).queue,) for role in order[1:]]
        return cls(
            roles=order,
            queues=(nearest, *above),
            days=tuple(policy.get(f"deviation_days_{number}") for number in ((1, 3) if joint else (1, 2, 3)[: len(order)])),
            countersigned_by=roles.resolve("nearest_manager", here).queue if policy.get("deviation_signatures") == 2 else None,  # noqa: PLR2004 - two signatures
            copies=(Copy(concerned, None),) if concerned and policy.get("deviation_copy") == "concerned_unit" else (),
            unrouted=asks_the_owner and (concerned is None or not _is_routed(here)),
        )


def _is_routed(here: roles.Circumstances) -> bool:
    unit = here.organisation.unit(here.initiator_unit)
    return here.routed_kinds is None or (unit is not None and unit.kind in here.routed_kinds)


def _levels(placed: Sequence[tuple[Rung, Stage]], plan: _Plan, *, ended: bool) -> Iterator[Level]:
    reached = max((stage for _, stage in placed if isinstance(stage, int)), default=REPORTER)
    decided = ended or any(stage == "answer" for _, stage in placed)
    for number in range(len(plan.roles) + 1):
        rungs = tuple(rung for rung, stage in placed if stage == number)
        role = plan.roles[number - 1] if number else "initiator"
        days = plan.days[number - 1] if number else None
        if rungs:
            waits = [rung for rung in rungs if rung.ended_at is None]
            yield Level(number, role, "here" if waits else "done", tuple(dict.fromkeys(rung.queue for rung in waits or rungs)), rungs, days)
        elif decided or number < reached:
            yield Level(number, role, "unused", ())
        else:
            yield Level(number, role, "ahead", plan.queues[number - 1] if number else (), (), days)


def _facts(runtime: Runtime, session: Session, release: Release, instance: ProcessInstance) -> CaseFacts:
    return gather(session, runtime.organisation(session), release, steps.subject_of(instance), runtime.clock.now())


def _rung(release: Release, instance: ProcessInstance, item: WorkItem, facts: CaseFacts, *, moves_on: bool) -> Rung:
    return Rung(
        id=item.id,
        name=item.name,
        element=item.element,
        role=item.role,
        queue=item.queue,
        unit=item.unit_id,
        since=item.created_at,
        due_at=item.due_at,
        explanation=item.explanation,
        moves_on=moves_on,
        ended_at=item.closed_at,
        by=item.closed_by,
        for_whom=item.closed_for,
        by_clock=ended_by_clock(item),
        form=item.form,
        lines=_answered(release, instance, item, facts),
        routing=tuple(item.routing),
    )


def ended_by_clock(item: WorkItem) -> bool:
    """Whether a task was taken away because its time was out."""
    return item.outcome == "cancelled" and item.due_at is not None and item.closed_at is not None and item.due_at <= item.closed_at


def _answered(release: Release, instance: ProcessInstance, item: WorkItem, facts: CaseFacts) -> tuple[Line, ...]:
    """What somebody answered; a form that can no longer be laid out shows nothing rather than stop the page."""
    form = release.forms.get(item.form) if item.form else None
    if form is None or not item.answers:
        return ()
    try:
        lines = execution.lay_out(form, item.answers, form_context(instance, item, facts))
    except FeelError:
        return ()
    return tuple(line for line in lines if _is_answer(line))


def _is_answer(line: Line) -> bool:
    known = line.field.readonly or line.field.disabled or line.field.type == "expression"
    return bool(line.path) and not line.hidden and not known and line.value not in (None, "", [], False)
