"""A whole case for one page: where it stands, its plan with all follow-ups, consents, what runs beside it, notes, and who has read it.

A number of questions that does not grow with what the case contains. What the reader may not see is left out here, not on the page.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from engine.errors import SamspelError
from engine.facts import consents
from engine.facts.organisation import swedish_day
from engine.services import access, cases, history, notes, progress
from engine.services.access import Sight
from engine.services.cases import CaseView
from engine.services.history import Reading
from engine.services.notes import Note
from engine.services.progress import Stage
from engine.services.runtime import Runtime
from engine.storage import tables
from engine.storage.queries import IS_READING
from engine.storage.tables import Case, ProcessInstance

EVENTS = 15
"""How many events the page of a case tells; all of them stand on a page of their own."""
PAGE_OF_EVENTS = 100
NOTES = 50
READINGS = 500
"""How many of the last readings are summed up."""


class NoSuchPlan(SamspelError):
    """The case has no plan yet, or none that this person may see."""

    sv = "Ärendet {case} har ingen plan."
    en = "The case {case} has no plan."


@dataclass(frozen=True)
class Goal:
    """One goal of a plan, and how it went by the last follow-up."""

    text: str
    subgoal: str | None
    attainment: str | None
    """``reached``, ``partly`` or ``not_reached``, as the form has it; none before a follow-up."""


@dataclass(frozen=True)
class Measure:
    """One measure of a plan, and where it stands by the last follow-up."""

    what: str
    party: str | None
    unit: str | None
    person: str | None
    """As it was written: a name."""
    extent: str | None
    place: str | None
    starts_on: date | None
    ends_on: date | None
    cost: str | None
    """None also for a reader who is family: talks about cost are not for them (scenario 6)."""
    status: str
    """``planned``, ``ongoing``, ``done`` or ``stopped``, as the form has it."""


@dataclass(frozen=True)
class Signature:
    """Somebody signed a plan, or declined to."""

    name: str | None
    """As it was written under the plan."""
    person: str | None
    unit: str | None
    signed: bool
    comment: str | None
    at: datetime
    by: str | None
    for_whom: str | None


@dataclass(frozen=True)
class Evaluation:
    """A follow-up, as it was written down that day."""

    at: datetime
    by: str | None
    goals: tuple[Mapping[str, Any], ...]
    """``goal`` and ``attainment``."""
    measures: tuple[Mapping[str, Any], ...]
    """``what`` and ``status``."""
    child_view: str | None
    guardian_view: str | None
    next_at: datetime | None


@dataclass(frozen=True)
class Plan:
    """A plan with what was signed and followed up while it was in force."""

    id: int
    kind: str
    """``sip`` or ``joint_plan``."""
    needs: str | None
    child_view: str | None
    guardian_view: str | None
    lead_principal: str | None
    follow_up_at: datetime | None
    follow_up_caller: str | None
    made_at: datetime
    made_by: str | None
    replaced_at: datetime | None
    goals: tuple[Goal, ...]
    measures: tuple[Measure, ...]
    signatures: tuple[Signature, ...]
    evaluations: tuple[Evaluation, ...]
    """The newest first."""


@dataclass(frozen=True)
class Consent:
    """A yes or a no to sharing."""

    id: int
    giver: str
    capacity: str
    """``guardian``, ``child`` or ``other``."""
    given: bool
    way: str | None
    """``written`` or ``oral``."""
    scope: str | None
    recipients: tuple[str, ...]
    """Ids of units; empty means everybody who is invited."""
    valid_to: date | None
    recorded_at: datetime
    recorded_by: str
    withdrawn_at: datetime | None
    withdrawn_by: str | None
    holds: bool
    """Whether it counts today."""
    may_end: bool
    """Whether the reader may record that it is withdrawn."""


@dataclass(frozen=True)
class Beside:
    """A deviation or a dispute of the case that its reader may see."""

    kind: Literal["deviation", "responsibility", "cost"]
    id: int
    """Of the deviation, or of the dispute's process instance."""
    status: str
    """``open``, then the outcome of its process."""
    level: int
    """Of a deviation: 0 while it is written, 1 at the first who must act, one more for each lift."""
    began_at: datetime
    ended_at: datetime | None
    waiting_for: tuple[str, ...]
    """Queues."""


@dataclass(frozen=True)
class Leader:
    """Whom one turns to: the coordinator, or whoever leads until one is named."""

    person: str
    role: Literal["coordinator", "chair", "initiator"]
    since: datetime


@dataclass(frozen=True)
class Meeting:
    """The last meeting that was called."""

    at: datetime | None
    place: str | None
    remote: str | None
    called_at: datetime


@dataclass(frozen=True)
class Reader:
    """One who has read the case, or something in it."""

    person: str
    last_at: datetime
    times: int
    """Hours of the clock in which they read, thing by thing."""
    what: tuple[str, ...]
    """``case``, ``history``, ``work_item``, ``deviation`` ..., sorted."""


@dataclass(frozen=True)
class CaseFile:
    """All that the page of a case shows to one reader."""

    view: CaseView
    """Its history: the newest events first, ``EVENTS`` of them."""
    sight: Sight
    more_events: bool
    stages: tuple[Stage, ...]
    leader: Leader
    meeting: Meeting | None
    next_follow_up_at: datetime | None
    plans: tuple[Plan, ...]
    """The one in force first."""
    consents: tuple[Consent, ...]
    beside: tuple[Beside, ...]
    notes: tuple[Note, ...]
    may_write: bool
    may_withdraw: bool
    closing_reason: str | None
    readers: tuple[Reader, ...]
    """Empty for whoever does not answer for the case."""


@dataclass(frozen=True)
class Events:
    """One page of a case's timeline."""

    view: CaseView
    rows: tuple[history.Row, ...]
    """The newest first."""
    older: int | None
    """What to ask for the page before this one, if there is one."""


def show(runtime: Runtime, person: str, reference: str) -> CaseFile:
    """Return a case with all that its page shows; that it was read stands in its history. Raises NoSuchCase."""
    with runtime.database.reading() as session:
        case, sight = access.require_sight(runtime, session, person, reference)
        found = _file(runtime, session, case, sight)
    history.log_reading(runtime, person, Reading("case", case.id))
    return found


def events(runtime: Runtime, person: str, reference: str, before: int | None = None) -> Events:
    """Return a page of a case's events, the newest or those before a number; that it was read stands in the history. Raises NoSuchCase."""
    with runtime.database.reading() as session:
        case, sight = access.require_sight(runtime, session, person, reference)
        hidden = access.hidden_instances(runtime, session, person, case)
        rows = history.latest(session, case, sight, hidden, PAGE_OF_EVENTS + 1, before)
        shown = _whole_steps(rows, PAGE_OF_EVENTS)
        view = cases.view(session, case, sight, [])
    history.log_reading(runtime, person, Reading("history", case.id))
    return Events(view, tuple(row for _, row in shown), shown[-1][0] if len(rows) > len(shown) else None)


def plan(runtime: Runtime, person: str, reference: str, number: int | None = None) -> tuple[CaseView, Plan]:
    """Return a case and the plan in force, or an earlier one by its id; that it was read stands in the history. Raises NoSuchCase and NoSuchPlan."""
    with runtime.database.reading() as session:
        case, sight = access.require_sight(runtime, session, person, reference)
        found = next((one for one in _plans(session, case, sight) if number in (None, one.id)), None)
        view = cases.view(session, case, sight, [])
    if found is None:
        raise NoSuchPlan(case=reference)
    history.log_reading(runtime, person, Reading("plan", case.id, id=found.id))
    return view, found


def _file(runtime: Runtime, session: Session, case: Case, sight: Sight) -> CaseFile:
    hidden = access.hidden_instances(runtime, session, sight.person, case)
    rows = history.latest(session, case, sight, hidden, EVENTS + 1)
    told = _whole_steps(rows, EVENTS)
    view = cases.view(session, case, sight, [row for _, row in told])
    plans = _plans(session, case, sight)
    given = _consents(runtime, session, case, sight)
    return CaseFile(
        view=view,
        sight=sight,
        more_events=len(rows) > len(told),
        stages=progress.stages_of(runtime, session, case, sight),
        leader=_leader(session, case, view),
        meeting=_meeting(session, case) if sight.content else None,
        next_follow_up_at=_next_follow_up(plans),
        plans=plans,
        consents=given,
        beside=tuple(_beside(session, case, hidden)),
        notes=tuple(notes.of_case(session, case, sight, NOTES)),
        may_write=notes.may_write(case, sight),
        may_withdraw=any(one.may_end for one in given),
        closing_reason=_closing_reason(session, case) if case.closed_at is not None and sight.content else None,
        readers=_readers(session, case, hidden) if sight.reviews else (),
    )


def _whole_steps(rows: Sequence[tuple[int, history.Row]], limit: int) -> Sequence[tuple[int, history.Row]]:
    """Return at most so many rows, the newest first, without the beginning of a step whose end would be on the next page."""
    if len(rows) <= limit:
        return rows
    cut, end = rows[limit][1], limit
    while end and (rows[end - 1][1].at, rows[end - 1][1].by) == (cut.at, cut.by) and rows[end - 1][1].kind not in history.BEGINNINGS:
        end -= 1
    return rows[: end or limit]


def _plans(session: Session, case: Case, sight: Sight) -> tuple[Plan, ...]:
    """The plans of a case, the newest first, each with its own signatures and follow-ups."""
    if not sight.content:
        return ()
    whole = (selectinload(tables.Plan.goals), selectinload(tables.Plan.measures))
    found = session.scalars(select(tables.Plan).where(tables.Plan.case_id == case.id).options(*whole).order_by(tables.Plan.id.desc())).all()
    if not found:
        return ()
    signed = session.scalars(
        select(tables.Signature)
        .join(ProcessInstance, ProcessInstance.id == tables.Signature.instance_id)
        .where(tables.Signature.case_id == case.id, ProcessInstance.purpose == "case")
        .order_by(tables.Signature.id)
    ).all()
    evaluated = session.scalars(select(tables.Evaluation).where(tables.Evaluation.case_id == case.id).order_by(tables.Evaluation.id.desc())).all()
    return tuple(
        _plan(
            row,
            [one for one in signed if _while_in_force(row, one.made_at)],
            [one for one in evaluated if _while_in_force(row, one.made_at)],
            shows_cost=not sight.family,
        )
        for row in found
    )


def _while_in_force(row: tables.Plan, at: datetime) -> bool:
    return row.made_at <= at and (row.replaced_at is None or at < row.replaced_at)


def _plan(row: tables.Plan, signed: Iterable[tables.Signature], evaluated: Sequence[tables.Evaluation], *, shows_cost: bool) -> Plan:
    went = _last_said(evaluated, "goals", "goal", "attainment")
    stands = _last_said(evaluated, "measures", "what", "status")
    return Plan(
        id=row.id,
        kind=row.plan_type,
        needs=row.needs,
        child_view=row.child_view,
        guardian_view=row.guardian_view,
        lead_principal=row.lead_principal,
        follow_up_at=row.follow_up_at,
        follow_up_caller=row.follow_up_caller,
        made_at=row.made_at,
        made_by=row.made_by,
        replaced_at=row.replaced_at,
        goals=tuple(Goal(goal.text, goal.details.get("subgoal") or None, went.get(goal.text)) for goal in row.goals),
        measures=tuple(_measure(one, stands, shows_cost=shows_cost) for one in row.measures),
        signatures=tuple(
            Signature(one.name, one.person_id, one.unit_id, one.signed, one.comment, one.made_at, one.made_by, one.made_for) for one in signed
        ),
        evaluations=tuple(
            Evaluation(one.made_at, one.made_by, tuple(one.goals), tuple(one.measures), one.child_view, one.guardian_view, one.next_at)
            for one in evaluated
        ),
    )


def _measure(row: tables.Measure, stands: Mapping[str, str], *, shows_cost: bool) -> Measure:
    return Measure(
        row.what,
        row.responsible_party,
        row.responsible_unit,
        row.responsible_person,
        row.extent,
        row.place,
        row.starts_on,
        row.ends_on,
        row.cost if shows_cost else None,
        stands.get(row.what, row.status),
    )


def _last_said(evaluated: Sequence[tables.Evaluation], rows: Literal["goals", "measures"], key: str, value: str) -> dict[str, str]:
    """What the follow-ups, the newest first, said last about each goal or measure, by its words."""
    found: dict[str, str] = {}
    for one in evaluated:
        for entry in getattr(one, rows):
            if entry.get(key) and entry.get(value):
                found.setdefault(str(entry[key]), str(entry[value]))
    return found


def _next_follow_up(plans: Sequence[Plan]) -> datetime | None:
    current = next((one for one in plans if one.replaced_at is None), None)
    if current is None:
        return None
    return next((one.next_at for one in current.evaluations if one.next_at is not None), current.follow_up_at)


def _consents(runtime: Runtime, session: Session, case: Case, sight: Sight) -> tuple[Consent, ...]:
    """The answers to whether one may share, the newest first: all for those who may see what the case contains, a family member's own else."""
    rows = session.scalars(select(tables.Consent).where(tables.Consent.case_id == case.id).order_by(tables.Consent.id.desc())).all()
    today = swedish_day(runtime.clock.now())
    own = cases.givers_for(session, case, sight)
    return tuple(
        Consent(
            row.id,
            row.giver,
            row.capacity,
            row.given,
            row.form,
            row.scope,
            tuple(row.recipients),
            row.valid_to,
            row.recorded_at,
            row.recorded_by,
            row.withdrawn_at,
            row.withdrawn_by,
            holds=consents.holds(row, today),
            may_end=row.given and row.withdrawn_at is None and case.closed_at is None and (own is None or row.giver in own),
        )
        for row in rows
        if sight.content
    )


def _leader(session: Session, case: Case, view: CaseView) -> Leader:
    """The coordinator; until there is one, whoever leads the meeting, else who saw the need."""
    named = session.scalar(
        select(tables.CoordinatorAssignment)
        .where(tables.CoordinatorAssignment.case_id == case.id, tables.CoordinatorAssignment.to_at.is_(None))
        .order_by(tables.CoordinatorAssignment.id.desc())
        .limit(1)
    )
    if named is not None:
        return Leader(named.person_id, "coordinator", named.from_at)
    chair = next((one for one in reversed(view.participants) if one.role == "chair" and one.person and one.left_at is None), None)
    if chair is not None and chair.person is not None:
        return Leader(chair.person, "chair", chair.joined_at)
    return Leader(case.initiator_person, "initiator", case.opened_at)


def _meeting(session: Session, case: Case) -> Meeting | None:
    row = session.scalar(select(tables.Summons).where(tables.Summons.case_id == case.id).order_by(tables.Summons.id.desc()).limit(1))
    return Meeting(row.meeting_at, row.place, row.remote, row.sent_at) if row is not None and row.cancelled_at is None else None


def _beside(session: Session, case: Case, hidden: Collection[int]) -> list[Beside]:
    """Deviations and disputes, the newest first."""
    waiting: dict[int, list[str]] = {}
    open_work = (tables.WorkItem.case_id == case.id, tables.WorkItem.purpose != "case", tables.WorkItem.closed_at.is_(None))
    for instance, queue in session.execute(select(tables.WorkItem.instance_id, tables.WorkItem.queue).where(*open_work)):
        waiting.setdefault(instance, []).append(queue)
    reports = session.scalars(select(tables.Deviation).where(tables.Deviation.case_id == case.id))
    found = [
        Beside("deviation", row.id, row.status, row.level, row.reported_at, row.ended_at, tuple(waiting.get(row.instance_id, ())))
        for row in reports
        if row.instance_id not in hidden
    ]
    disputes = session.scalars(select(tables.Dispute).where(tables.Dispute.case_id == case.id))
    found += [
        Beside(
            "cost" if row.kind == "cost" else "responsibility",
            row.instance_id,
            row.status,
            0,
            row.opened_at,
            row.ended_at,
            tuple(waiting.get(row.instance_id, ())),
        )
        for row in disputes
        if row.instance_id not in hidden
    ]
    return sorted(found, key=lambda one: one.began_at, reverse=True)


def _closing_reason(session: Session, case: Case) -> str | None:
    """What was said when the case was closed, or when the consent was withdrawn that carried it."""
    told = select(tables.History.details).where(
        tables.History.chain == history.chain_of(case.id, None),
        tables.History.kind.in_(("close_case", "consent withdrawn")),
    )
    reasons = (details.get("reason") for details in session.scalars(told.order_by(tables.History.number.desc())))
    return next((str(reason) for reason in reasons if reason), None)


def _readers(session: Session, case: Case, hidden: Collection[int]) -> tuple[Reader, ...]:
    """Who has read, the last first."""
    rows = select(tables.History.by, tables.History.at, tables.History.details, tables.History.instance_id)
    chain = history.chain_of(case.id, None)
    found: dict[str, Reader] = {}
    for by, at, details, instance in session.execute(
        rows.where(IS_READING, tables.History.chain == chain).order_by(tables.History.number.desc()).limit(READINGS)
    ):
        if by is None or instance in hidden:
            continue
        known = found.get(by, Reader(by, at, 0, ()))
        what = tuple(sorted({*known.what, str(details.get("what", "case"))}))
        found[by] = Reader(by, known.last_at, known.times + 1, what)
    return tuple(found.values())
