"""A case around one child: start it, see it, withdraw the consent that carries it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, update
from sqlalchemy.orm import Session

from engine import execution
from engine.clock import STOCKHOLM
from engine.errors import SamspelError
from engine.execution import NotListening, Release, StepFailed
from engine.execution.results import Step
from engine.facts import consents
from engine.facts.organisation import Organisation
from engine.facts.policy import PolicyUnset
from engine.services import access, agreements, history, notices, steps
from engine.services.facts import CaseFacts, Subject, age_on
from engine.services.history import Act, Event, Reading, Row
from engine.services.runtime import Runtime
from engine.storage.tables import Case, Child, Consent, History, Incident, Participant, ProcessInstance, WorkItem

SIGNS = "23456789BCDFGHJKMNPQRSTVWXYZ"
"""Of a reference: without vowels, so that no word appears, and without signs that look alike."""

WITHDRAWN = "consent_withdrawn"
"""The message that a drawing listens to for a withdrawn consent (docs/house.md)."""
PARTLY_WITHDRAWN = "consent_partly_withdrawn"
"""The same where what is left is enough for the case to go on (000-5)."""


class AgreementIncomplete(SamspelError):
    """The agreement leaves open what the case needs; ``keys`` are exactly those."""

    sv = "Ärendet kan inte starta: avtalet {agreement} saknar beslut om {open}. Processägaren beslutar dem i policytabellen."
    en = "The case cannot start: the agreement {agreement} has no decision on {open}. The process owner decides them in the policy table."

    def __init__(self, agreement: str, keys: Sequence[str]) -> None:
        self.keys = tuple(keys)
        super().__init__(agreement=agreement, open=", ".join(keys))


class AgeOutside(SamspelError):
    """The agreement is not for children of this age."""

    sv = "Barnet är {age} år; avtalet {agreement} gäller till och med {last} år."
    en = "The child is {age}; the agreement {agreement} holds up to and including {last}."


class NotYourUnit(SamspelError):
    """Somebody starts a case from a unit where they do not work."""

    sv = "{person} arbetar inte i {unit} i dag."
    en = "{person} does not work in {unit} today."


class NoSuchUnit(SamspelError):
    """Somebody names a unit that is not there today."""

    sv = "Det finns ingen verksamhet {unit} i dag."
    en = "There is no unit {unit} today."


class NotYoursToWithdraw(SamspelError):
    """Somebody who only reads the case, or gave another consent, records that a consent is withdrawn."""

    sv = "Bara den som deltar i ärendet {case} kan anteckna att ett samtycke är återkallat, och den som själv har lämnat ett bara sitt eget."
    en = "Only those who take part in the case {case} can record that a consent is withdrawn, and whoever gave one only their own."


class NoSuchConsent(SamspelError):
    """The case has no such consent."""

    sv = "Det finns inget sådant samtycke i ärendet {case}."
    en = "There is no such consent in the case {case}."


class NothingToWithdraw(SamspelError):
    """The case has no consent that still holds."""

    sv = "Ärendet {case} har inget samtycke som går att återkalla."
    en = "The case {case} has no consent to withdraw."


@dataclass(frozen=True)
class NewChild:
    """The child that a case is about."""

    name: str
    birth_date: date
    identity_number: str | None = None
    municipality: str | None = None


@dataclass(frozen=True)
class Started:
    """A case that has started."""

    reference: str
    instance_id: int
    work_items: tuple[int, ...]


@dataclass(frozen=True)
class TakesPart:
    """One who takes part, or took part."""

    id: int
    kind: str
    role: str
    unit: str | None
    person: str | None
    name: str | None
    joined_at: datetime
    left_at: datetime | None


@dataclass(frozen=True)
class OpenWork:
    """What waits in a case."""

    id: int
    name: str
    element: str
    queue: str
    unit: str | None
    """Which unit it is about or lies with, where several get the same step."""
    claimed_by: str | None
    due_at: datetime | None
    explanation: Mapping[str, Any] | None


@dataclass(frozen=True)
class CaseView:
    """All that a page of a case needs."""

    reference: str
    agreement: str
    child: NewChild
    opened_at: datetime
    closed_at: datetime | None
    outcome: str | None
    participants: tuple[TakesPart, ...]
    open_work: tuple[OpenWork, ...]
    history: tuple[Row, ...]


def start(runtime: Runtime, person: str, *, agreement: str, child: NewChild, unit: str, variables: Mapping[str, Any] | None = None) -> Started:
    """Start a case from the unit where its initiator works, under the release that is active now.

    Raises NoSuchAgreement; AgreementIncomplete with exactly the values that are open; AgeOutside; NotYourUnit;
    NoSuchProcess; StepFailed: then nothing was written.
    """
    at = runtime.clock.now()
    release = runtime.releases.active
    with runtime.database.reading() as session:
        organisation = runtime.organisation(session)
        _require_start(release, organisation, agreement, child, person, unit, at)
        row = Case(
            reference=_free_reference(session, at),
            agreement=agreement,
            release=release.hash,
            child=Child(**vars(child)),
            initiator_person=person,
            initiator_unit=unit,
            opened_at=at,
        )
        subject = Subject(agreement, "case", person, unit, row)
        process = release.for_purpose("case").id
        begun = steps.begin(runtime, session, release, process, subject, variables or {}, Act(at, person))
    with runtime.database.writing() as session:
        session.add(row)
        session.flush()
        session.add(Participant(case_id=row.id, kind="unit", unit_id=unit, role="initiator", joined_at=at))
        session.flush()
        instance, items = steps.write_begun(session, begun, Act(at, person))
        return Started(row.reference, instance.id, tuple(items))


def known(runtime: Runtime, person: str, child: NewChild) -> list[str]:
    """Return the references of open cases around a child that a person may see already; that they were told stands in those cases' history.

    The child is the same by identity number, or by name and birth date. Of a case that is not theirs to see nothing is said, not even
    that there is one: that a child has a case is itself a secret (OSL 23, 25 and 26 kap.), and to report a need gives no right to it.
    """
    same_name = (func.lower(Child.name) == child.name.strip().lower(), Child.birth_date == child.birth_date)
    same = or_(and_(*same_name), *((Child.identity_number == child.identity_number,) if child.identity_number else ()))
    with runtime.database.reading() as session:
        query = select(Case).join(Child, Child.id == Case.child_id).where(same, Case.closed_at.is_(None)).order_by(Case.id)
        found = [case for case in session.scalars(query) if access.may_see(runtime, session, person, case)]
    for case in found:
        history.log_reading(runtime, person, history.Reading("match", case.id))
    return [case.reference for case in found]


def show(runtime: Runtime, person: str, reference: str) -> CaseView:
    """Return a case to somebody who may see it; that it was read stands in its history. Raises NoSuchCase to everybody else.

    Where no consent covers the reader, the view holds where the case stands and what is theirs, the child by initials.
    """
    with runtime.database.reading() as session:
        case, sight = access.require_sight(runtime, session, person, reference)
    history.log_reading(runtime, person, Reading("case", case.id))
    with runtime.database.reading() as session:
        return view(session, case, sight, history.rows(session, case, sight, access.hidden_instances(runtime, session, person, case)))


def outline(runtime: Runtime, person: str, reference: str) -> CaseView:
    """Return a case without its history, for a page that is about something in it and logs that itself. Raises NoSuchCase."""
    with runtime.database.reading() as session:
        case, sight = access.require_sight(runtime, session, person, reference)
        return view(session, case, sight, ())


def instances(runtime: Runtime, person: str, reference: str) -> list[int]:
    """Return the ids of a case's processes, the first started first. Raises NoSuchCase."""
    with runtime.database.reading() as session:
        case = access.case(runtime, session, person, reference)
        found = session.scalars(select(ProcessInstance).where(ProcessInstance.case_id == case.id).order_by(ProcessInstance.id))
        return [one.id for one in found if access.may_see_instance(runtime, session, person, one)]


def withdraw(runtime: Runtime, person: str, reference: str, *, giver: str | None = None, reason: str | None = None) -> list[steps.Taken]:
    """Record that a consent is withdrawn and tell every process of the case that listens for it, whole or in part.

    ``giver`` is whose consent it was as it stands recorded; none means every consent of the case. The drawing
    says what follows. Where an earlier call was broken off before every process knew, another call tells the rest.
    Raises NoSuchCase, NotYoursToWithdraw and NothingToWithdraw; and StepFailed where a process could not follow: then the consent
    is withdrawn all the same, the other processes know, and an incident is open. Raises DatabaseBusy where one could not be told yet.
    """
    at = runtime.clock.now()
    with runtime.database.writing() as session:
        case, sight = access.require_sight(runtime, session, person, reference)
        allowed = givers_for(session, case, sight)
        if allowed is not None and giver not in allowed:
            raise NotYoursToWithdraw(case=reference)
        withdrawn = _withdraw_consents(session, case, giver, person, at)
        listening = [one for one in _running(session, case) if {WITHDRAWN, PARTLY_WITHDRAWN}.intersection(one.messages)]
        if not withdrawn:
            listening = _not_told(session, case, giver, listening)
        if not withdrawn and not listening:
            raise NothingToWithdraw(case=reference)
        enough = bool(listening) and _is_enough(runtime, session, case, listening[0].release, at)
        messages = {one.id: PARTLY_WITHDRAWN if enough and PARTLY_WITHDRAWN in one.messages else WITHDRAWN for one in listening}
        if not enough or WITHDRAWN in messages.values():
            notices.cancel_waiting(session, case.id, at)
        in_time = or_(Consent.valid_to.is_(None), Consent.valid_to >= at.astimezone(STOCKHOLM).date())
        left = session.scalar(select(func.count()).select_from(_holding(case).where(in_time).subquery())) or 0
        # History comes last, as in every step: its chain is locked until the end, and two who lock in one order never wait for each other.
        events = [Event("consent withdrawn", details={"consent": consent.id, "reason": reason}) for consent in withdrawn]
        history.add(session, Act(at, person), events, case_id=case.id, instance_id=None)
    payload = {"giver": giver, "reason": reason, "remaining": left}
    return _deliver_to_all(runtime, [Delivery(instance, message, payload, person) for instance, message in messages.items()])


def givers_for(session: Session, case: Case, sight: access.Sight) -> frozenset[str] | None:
    """Return whose consents somebody with this sight may record as withdrawn: their own where they are family, none meaning everybody's."""
    if not sight.records:
        return frozenset()
    if not sight.family:
        return None
    own = select(Participant.name).where(Participant.case_id == case.id, Participant.person_id == sight.person, Participant.name.is_not(None))
    return frozenset(name for name in session.scalars(own) if name)


@dataclass(frozen=True)
class Consequence:
    """What happens when a consent is withdrawn now, so that whoever records it knows before."""

    giver: str
    others: tuple[str, ...]
    """Who else has a consent that holds."""
    steps: tuple[tuple[str, str], ...]
    """What the drawings do then, in their order: element and name; empty where none listens."""
    open_work: tuple[OpenWork, ...]
    """What waits now in the processes that listen, and may end."""
    losing: tuple[TakesPart, ...]
    """Who takes part beside the unit that began the case."""
    unsent: int
    """Messages that have not been sent."""


def consequence(runtime: Runtime, person: str, reference: str, consent: int) -> Consequence:
    """Return what a withdrawal of a consent would stop.

    Raises NoSuchCase, NoSuchConsent, NotYoursToWithdraw, and NothingToWithdraw for a no, or what has been withdrawn already.
    """
    with runtime.database.reading() as session:
        case, sight = access.require_sight(runtime, session, person, reference)
        allowed = givers_for(session, case, sight)
        row = session.get(Consent, consent)
        if row is None or row.case_id != case.id or not sight.content:
            raise NoSuchConsent(case=reference)
        giver = row.giver
        if allowed is not None and giver not in allowed:
            raise NotYoursToWithdraw(case=reference)
        holding = session.scalars(_holding(case).order_by(Consent.id)).all()
        if row not in holding:
            raise NothingToWithdraw(case=reference)
        shown = view(session, case, sight, ())
        listening = [one for one in _running(session, case) if WITHDRAWN in one.messages]
        return Consequence(
            giver,
            tuple(dict.fromkeys(one.giver for one in holding if one.giver != giver)),
            tuple(step for one in listening for step in _steps_after(runtime.releases.get(one.release), one.process)),
            shown.open_work if listening else (),
            tuple(one for one in shown.participants if one.left_at is None and one.role != "initiator"),
            notices.waiting(session, case.id),
        )


def _steps_after(release: Release, process: str) -> Iterator[tuple[str, str]]:
    """What a drawing does when a consent is withdrawn, as it says itself: the steps of the subprocess that listens."""
    elements = release.process(process).elements
    listeners = {one.container for one in elements.values() if one.kind == "startEvent" and one.event and one.event.reference == WITHDRAWN}
    for element in execution.outline(release, process).order:
        if element.container in listeners - {None} and element.kind not in ("startEvent", "endEvent") and not element.kind.endswith("Gateway"):
            yield element.id, element.name


def _deliver_to_all(runtime: Runtime, deliveries: Sequence[Delivery]) -> list[steps.Taken]:
    """Hand over every message: one process that fails, or has gone on, keeps none from the others. Raises the first failure at the end."""
    taken = []
    failures: list[SamspelError] = []
    for delivery in deliveries:
        try:
            taken.append(steps.take(runtime, delivery))
        except NotListening:
            continue
        except (StepFailed, steps.DatabaseBusy) as failure:
            failures.append(failure)
    if failures:
        raise failures[0]
    return taken


@dataclass(frozen=True)
class Delivery:
    """The action of handing a message to a process that listens for it."""

    instance_id: int
    message: str
    payload: Mapping[str, Any]
    person: str | None
    for_whom: str | None = None

    def find(self, session: Session) -> int:  # noqa: ARG002 - it is known
        """Return the instance that listens."""
        return self.instance_id

    def prepare(self, runtime: Runtime, session: Session, instance: ProcessInstance) -> tuple[Act, WorkItem | None]:  # noqa: ARG002
        """Nothing to check: whoever delivers has been let in by the service that does it."""
        return Act(runtime.clock.now(), self.person, self.for_whom), None

    def run(self, release: Release, instance: ProcessInstance, facts: CaseFacts) -> Step:
        """Deliver it."""
        return execution.deliver(release, instance.state, self.message, self.payload, facts, facts.at)

    def events(self) -> Iterator[Event]:
        """Which message came."""
        yield Event("message", self.message, details={"digest": steps.digest(self.payload)})

    def write(self, session: Session, act: Act, item: WorkItem | None) -> None:
        """Nothing of its own."""

    def recipe(self) -> dict[str, Any]:
        """Return what a retry needs."""
        return {"kind": "deliver", "message": self.message, "payload": dict(self.payload), "by": self.person, "for": self.for_whom}


def new_reference(at: datetime) -> str:
    """Return a reference that nobody can guess from another: the year and six random signs (480 million a year)."""
    return f"{at.astimezone(STOCKHOLM).year}-{''.join(secrets.choice(SIGNS) for _ in range(6))}"


def _free_reference(session: Session, at: datetime) -> str:
    """Return a reference that no case has: among ten thousand cases a year two would meet in one year of ten."""
    while True:
        reference = new_reference(at)
        if session.scalar(select(Case.id).where(Case.reference == reference)) is None:
            return reference


def _require_start(release: Release, organisation: Organisation, agreement: str, child: NewChild, person: str, unit: str, at: datetime) -> None:
    today = at.astimezone(STOCKHOLM).date()
    try:
        agreements.require_values(release, agreement, today)
    except PolicyUnset as error:
        raise AgreementIncomplete(agreement, error.unset) from error
    values = agreements.policy(release, agreement, today).values
    age, most = age_on(child.birth_date, today), values.get("age_max")
    last = None if most is None else most if values.get("age_max_included", True) else most - 1
    if age < 0 or (last is not None and age > last):
        raise AgeOutside(age=age, agreement=agreement, last=last)
    if unit not in organisation.units_of(person, at):
        raise NotYourUnit(person=person, unit=unit)


def _withdraw_consents(session: Session, case: Case, giver: str | None, by: str, at: datetime) -> Sequence[Consent]:
    query = _holding(case)
    found = session.scalars(query if giver is None else query.where(Consent.giver == giver)).all()
    session.execute(update(Consent).where(Consent.id.in_([one.id for one in found])).values(withdrawn_at=at, withdrawn_by=by))
    return found


def _is_enough(runtime: Runtime, session: Session, case: Case, release: str, at: datetime) -> bool:
    """Whether the consents that still hold carry the case under its agreement."""
    on = at.astimezone(STOCKHOLM).date()
    answers = session.scalars(select(Consent).where(Consent.case_id == case.id).order_by(Consent.id)).all()
    policy = agreements.policy(runtime.releases.get(release), case.agreement, on).values
    return consents.carry_on(answers, str(policy.get("consent_giver")), str(policy.get("guardians_needed")), on)


def _not_told(session: Session, case: Case, giver: str | None, listening: Sequence[ProcessInstance]) -> list[ProcessInstance]:
    """Return those of the processes that were there at the last withdrawal and never heard of it; an incident has its own second try."""
    given = (Consent.case_id == case.id, Consent.withdrawn_at.is_not(None), *((Consent.giver == giver,) if giver is not None else ()))
    last = session.scalar(select(func.max(Consent.withdrawn_at)).where(*given))
    if last is None:
        return []
    ids = [one.id for one in listening]
    messages = (WITHDRAWN, PARTLY_WITHDRAWN)
    heard = (History.instance_id.in_(ids), History.kind == "message", History.element.in_(messages), History.at >= last)
    told = set(session.scalars(select(History.instance_id).where(*heard)))
    for incident in session.scalars(select(Incident).where(Incident.instance_id.in_(ids), Incident.closed_at.is_(None))):
        if incident.action.get("message") in messages:
            told.add(incident.instance_id)
    return [one for one in sorted(listening, key=lambda one: one.id) if one.started_at <= last and one.id not in told]


def _holding(case: Case) -> Select[Consent]:
    return select(Consent).where(Consent.case_id == case.id, Consent.given, Consent.withdrawn_at.is_(None))


def _running(session: Session, case: Case) -> Sequence[ProcessInstance]:
    return session.scalars(select(ProcessInstance).where(ProcessInstance.case_id == case.id, ProcessInstance.ended_at.is_(None))).all()


def view(session: Session, case: Case, sight: access.Sight, told: Sequence[Row]) -> CaseView:
    """Return what a page of a case needs, as far as its reader may see: for other services, within their transaction."""
    child = case.child
    taking_part = session.scalars(select(Participant).where(Participant.case_id == case.id).order_by(Participant.id))
    items = session.scalars(select(WorkItem).where(WorkItem.case_id == case.id, WorkItem.closed_at.is_(None), WorkItem.purpose == "case"))
    whole = NewChild(child.name, child.birth_date, child.identity_number, child.municipality)
    return CaseView(
        case.reference,
        case.agreement,
        whole if sight.content else NewChild(child.initials, child.birth_date),
        case.opened_at,
        case.closed_at,
        case.outcome,
        tuple(
            TakesPart(one.id, one.kind, one.role, one.unit_id, one.person_id, one.name, one.joined_at, one.left_at)
            for one in taking_part
            if sight.content or one.unit_id in {*sight.units, case.initiator_unit} or one.person_id == sight.person
        ),
        tuple(
            OpenWork(one.id, one.name, one.element, one.queue, one.unit_id, one.claimed_by, one.due_at, one.explanation)
            for one in items
            if sight.content or one.unit_id in sight.units or one.queue.removeprefix("unit:") in sight.units
        ),
        tuple(told),
    )
