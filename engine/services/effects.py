"""Carries out what a drawing makes happen: one function for each task type of engine/execution/catalogue.py.

Everything here is written in the transaction of the step that caused it. The keys that are read are the catalogue's
and, inside its lists, those listed in docs/modelling.md; no element and no form is known by name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.orm import Session

from engine.clock import STOCKHOLM
from engine.errors import SamspelError
from engine.execution.faults import StepFailed
from engine.execution.results import Effect
from engine.facts.organisation import Organisation
from engine.services import notices
from engine.services.facts import Subject
from engine.services.history import Act
from engine.storage.tables import (
    Attendance,
    Case,
    Consent,
    CoordinatorAssignment,
    Decision,
    Deviation,
    Dispute,
    Evaluation,
    Goal,
    Measure,
    Participant,
    Plan,
    ProcessInstance,
    Reader,
    Signature,
    Summons,
    WorkItem,
)

FAMILY = {"guardian": "guardian", "young_person": "young_person", "child": "young_person", "close_person": "close_person"}
"""What a form calls a member of the family -> the kind of participant."""


@dataclass(frozen=True)
class Opening:
    """A process of its own that a step starts: a deviation or a dispute."""

    purpose: str
    variables: Mapping[str, Any]
    person: str
    """Who is its initiator."""
    unit: str


@dataclass(frozen=True)
class Scene:
    """What an effect needs to know of its step."""

    session: Session
    organisation: Organisation
    instance: ProcessInstance
    act: Act
    effect: Effect
    queue_of: Callable[[str, str | None, str | None], str]
    """From a case role, a unit and a person to the queue that it means now."""
    item: WorkItem | None = None

    @property
    def case(self) -> Case | None:
        """The case around the instance, if it has one."""
        return self.instance.case

    @property
    def at(self) -> datetime:
        """When the step is taken."""
        return self.act.at

    def refuse(self, sv: str, en: str) -> StepFailed:
        """Return the error that makes the step an incident."""
        return StepFailed(file=self.effect.process, element=self.effect.element, name=self.effect.name, reason=sv, reason_en=en)

    def need_case(self) -> Case:
        """Return the case, or refuse an effect that needs one."""
        if self.case is None:
            raise self.refuse(f"{self.effect.type} behöver ett ärende, och det här hör inte till något.", f"{self.effect.type} needs a case.")
        return self.case

    def need(self, inputs: Inputs, key: str) -> Any:  # noqa: ANN401 - a FEEL value
        """Return an input that the catalogue requires."""
        if key not in inputs:
            raise self.refuse(f"{self.effect.type} saknar ”{key}”.", f"{self.effect.type} lacks “{key}”.")
        return inputs[key]

    def unit(self, value: Any) -> str | None:  # noqa: ANN401
        """Return a unit's id, or none; refuse what is no unit."""
        return self._known(value, self.organisation.unit, "verksamhet", "unit")

    def person(self, value: Any) -> str | None:  # noqa: ANN401
        """Return a person's id, or none; refuse who is not known."""
        return self._known(value, self.organisation.person, "person", "person")

    def _known(self, value: Any, look_up: Callable[[str], object | None], sv: str, en: str) -> str | None:  # noqa: ANN401
        if value in (None, ""):
            return None
        if not isinstance(value, str) or look_up(value) is None:
            raise self.refuse(f"Det finns ingen {sv} {value!r}.", f"There is no {en} {value!r}.")
        return value


Inputs = Mapping[str, Any]
Handler = Callable[[Scene, Inputs], None]


def apply(scene: Scene) -> None:
    """Carry out one effect. Raises StepFailed for inputs that cannot be followed."""
    try:
        HANDLERS[scene.effect.type](scene, scene.effect.inputs)
    except (ValueError, notices.UnknownTemplate) as error:
        said = error.sentence() if isinstance(error, SamspelError) else f"{error}"
        raise scene.refuse(f"{scene.effect.type}: {said}", f"{scene.effect.type}: {error}") from error


def openings(subject: Subject, effects: tuple[Effect, ...], organisation: Organisation, act: Act) -> Iterator[Opening]:
    """Return the processes that a step's effects start, so that they can be run before anything is written."""
    for effect in effects:
        person = act.by or subject.initiator_person
        if effect.type == "open_deviation" and effect.inputs.get("description") is None:
            continue  # a form that offers to report, and was not asked to
        if effect.type == "open_deviation":
            person = effect.inputs.get("reporter") or person
            known = {key: effect.inputs.get(key) for key in ("description", "unit", "happened_on", "proposal")}
            yield Opening("deviation", {**known, "reporter": person}, person, _unit_of(person, subject, organisation, act.at))
        elif effect.type == "open_dispute":
            variables = {key: effect.inputs.get(key) for key in ("kind", "description", "units")}
            yield Opening("dispute", variables, person, _unit_of(person, subject, organisation, act.at))


def _unit_of(person: str, subject: Subject, organisation: Organisation, at: datetime) -> str:
    """Return the unit in which a person acts: the instance's own if they work there, else the first that they work in."""
    units = organisation.units_of(person, at)
    return subject.initiator_unit if subject.initiator_unit in units or not units else units[0]


def _record_participants(scene: Scene, inputs: Inputs) -> None:
    case = scene.need_case()
    present = {(one.unit_id, one.person_id, one.name) for one in _active(scene, case)}
    for entry in _rows(scene.need(inputs, "units")):
        unit = scene.unit(entry.get("unit"))
        if unit and (unit, None, None) not in present:
            _join(scene, case, kind="unit", unit=unit, role="invited_unit")
            present.add((unit, None, None))
    for entry in _rows(inputs.get("persons")):
        person = scene.person(entry.get("person"))
        name = _text(entry.get("name"))
        kind = FAMILY.get(str(entry.get("relation") or entry.get("kind")), "close_person")
        if (person or name) and (None, person, name) not in present:
            _join(scene, case, kind=kind, person=person, name=name, role=kind)
            present.add((None, person, name))


def _record_consent(scene: Scene, inputs: Inputs) -> None:
    case = scene.need_case()
    present = {(one.kind, one.name) for one in _active(scene, case)}
    entries = _rows(scene.need(inputs, "consents"))
    # Before the new rows: a yes beside the no, for other recipients, stays.
    _end_consents(scene, case, {_giver(entry)[1] for entry in entries if _given(entry) is False})
    for entry in entries:
        given = _given(entry)
        kind, name = _giver(entry)
        scene.session.add(
            Consent(
                case_id=case.id,
                giver=name,
                capacity="child" if kind == "young_person" else kind or "other",
                given=bool(given),
                recipients=list(entry.get("recipients") or []),
                scope=_text(entry.get("scope")),
                form=_text(entry.get("way") or entry.get("form")),
                valid_to=_day(entry.get("valid_until")),
                details=dict(entry),
                recorded_at=scene.at,
                recorded_by=scene.act.by or "",
            )
        )
        if given and kind and (kind, name) not in present:
            _join(scene, case, kind=kind, name=name, role=kind)
            present.add((kind, name))


def _given(entry: Inputs) -> bool | None:
    return _yes(entry.get("answer", entry.get("given")))


def _giver(entry: Inputs) -> tuple[str | None, str]:
    """Return the kind of participant that the giver is, if any, and the giver's name."""
    giver = str(entry.get("giver") or "other")
    return FAMILY.get(giver), _text(entry.get("name")) or giver


def _end_consents(scene: Scene, case: Case, givers: Collection[str]) -> None:
    """Let what these have agreed to hold no longer: they have said no since."""
    holding = (Consent.case_id == case.id, Consent.giver.in_(givers), Consent.given, Consent.withdrawn_at.is_(None))
    if givers:
        scene.session.execute(update(Consent).where(*holding).values(withdrawn_at=scene.at, withdrawn_by=scene.act.by))


def _record_decision(scene: Scene, inputs: Inputs) -> None:
    scene.session.add(
        Decision(
            case_id=scene.instance.case_id,
            instance_id=scene.instance.id,
            element=scene.effect.element,
            decision=str(scene.need(inputs, "decision")),
            reason=_text(inputs.get("reason")),
            made_at=scene.at,
            made_by=scene.act.by,
            made_for=scene.act.for_whom,
        )
    )


def _record_summons(scene: Scene, inputs: Inputs) -> None:
    case = scene.need_case()
    chair = scene.person(inputs.get("chair"))
    scene.session.add(
        Summons(
            case_id=case.id,
            instance_id=scene.instance.id,
            meeting_at=_moment(scene.need(inputs, "meeting_at")),
            place=_text(inputs.get("place")),
            chair=chair,
            remote=_text(inputs.get("remote")),
            sent_at=scene.at,
        )
    )
    if chair:
        _leave(scene, case, Participant.role == "chair", "replaced")
        _join(scene, case, kind="staff", person=chair, role="chair")


def _record_attendance(scene: Scene, inputs: Inputs) -> None:
    case = scene.need_case()
    unit = scene.unit(scene.need(inputs, "unit"))
    if unit is None:
        raise scene.refuse("Närvaron saknar verksamhet.", "The attendance names no unit.")
    row = scene.session.scalar(
        select(Attendance).where(Attendance.case_id == case.id, Attendance.unit_id == unit).order_by(Attendance.id.desc()).limit(1)
    )
    attended = _yes(inputs.get("attended"))
    if row is None or attended is None or row.attended is not None:
        row = Attendance(case_id=case.id, unit_id=unit)
        scene.session.add(row)
    row.answer = _text(inputs.get("answer")) or row.answer
    row.attended = attended
    row.reason = _text(inputs.get("reason")) or row.reason
    row.recorded_at, row.recorded_by = scene.at, scene.act.by


def _record_plan(scene: Scene, inputs: Inputs) -> None:
    case = scene.need_case()
    scene.session.execute(update(Plan).where(Plan.case_id == case.id, Plan.replaced_at.is_(None)).values(replaced_at=scene.at))
    scene.session.add(
        Plan(
            case_id=case.id,
            plan_type=str(scene.need(inputs, "plan_type")),
            needs=_text(inputs.get("needs")),
            child_view=_text(inputs.get("child_view")),
            guardian_view=_text(inputs.get("guardian_view")),
            lead_principal=_text(inputs.get("lead_principal")),
            follow_up_at=_moment(inputs.get("follow_up_at")),
            follow_up_caller=_text(inputs.get("follow_up_caller")),
            made_at=scene.at,
            made_by=scene.act.by,
            goals=[_goal(entry) for entry in _rows(scene.need(inputs, "goals"))],
            measures=[_measure(entry) for entry in _rows(scene.need(inputs, "measures"))],
        )
    )


def _goal(entry: Inputs) -> Goal:
    return Goal(text=_text(entry.get("goal")) or "", details=dict(entry))


def _measure(entry: Inputs) -> Measure:
    return Measure(
        what=_text(entry.get("what")) or "",
        responsible_party=_text(entry.get("party")),
        responsible_unit=_text(entry.get("unit")),
        responsible_person=_text(entry.get("person")),
        extent=_text(entry.get("extent")),
        place=_text(entry.get("place")),
        starts_on=_day(entry.get("starts_on")),
        ends_on=_day(entry.get("ends_on")),
        cost=_text(entry.get("cost")),
        details=dict(entry),
    )


def _record_coordinator(scene: Scene, inputs: Inputs) -> None:
    case = scene.need_case()
    person = scene.person(scene.need(inputs, "coordinator"))
    current = (CoordinatorAssignment.case_id == case.id, CoordinatorAssignment.to_at.is_(None))
    scene.session.execute(update(CoordinatorAssignment).where(*current).values(to_at=scene.at))
    _leave(scene, case, Participant.role == "coordinator", "replaced")
    if person:
        scene.session.add(CoordinatorAssignment(case_id=case.id, person_id=person, from_at=scene.at))
        _join(scene, case, kind="staff", person=person, role="coordinator")


def _record_signature(scene: Scene, inputs: Inputs) -> None:
    scene.session.add(
        Signature(
            case_id=scene.instance.case_id,
            instance_id=scene.instance.id,
            element=scene.effect.element,
            signed=bool(_yes(scene.need(inputs, "signed"))),
            person_id=_text(inputs.get("person")) or scene.act.by,
            name=_text(inputs.get("name")) or (_text(scene.item.inputs.get("name")) if scene.item else None),
            unit_id=scene.unit(inputs.get("unit")),
            comment=_text(inputs.get("comment")),
            made_at=scene.at,
            made_by=scene.act.by,
            made_for=scene.act.for_whom,
        )
    )


def _record_evaluation(scene: Scene, inputs: Inputs) -> None:
    case = scene.need_case()
    scene.session.add(
        Evaluation(
            case_id=case.id,
            goals=_rows(scene.need(inputs, "goals")),
            measures=_rows(inputs.get("measures")),
            child_view=_text(inputs.get("child_view")),
            guardian_view=_text(inputs.get("guardian_view")),
            decision=_text(inputs.get("decision")),
            next_at=_moment(inputs.get("next_at")),
            made_at=scene.at,
            made_by=scene.act.by,
        )
    )


def _record_note(scene: Scene, inputs: Inputs) -> None:
    """Nothing but the row of history that every effect leaves, with the text in it."""
    scene.need(inputs, "text")


def _notify(scene: Scene, inputs: Inputs) -> None:
    role = str(scene.need(inputs, "to"))
    template = str(scene.need(inputs, "template"))
    unit, person = scene.unit(inputs.get("unit")), scene.person(inputs.get("person"))
    if role == "participant" and unit is None and person is None and scene.case is not None:
        for one in list(_active(scene, scene.case)):
            _notify_participant(scene, template, one)
        return
    _put(scene, template, scene.queue_of(role, unit, person))


def _notify_participant(scene: Scene, template: str, one: Participant) -> None:
    if one.kind in FAMILY.values():
        notices.put(scene.session, template, f"participant:{one.id}", scene.at, case=scene.case, instance_id=scene.instance.id, channel="letter")
    else:
        _put(scene, template, f"person:{one.person_id}" if one.person_id else f"unit:{one.unit_id}")


def _put(scene: Scene, template: str, to: str) -> None:
    notices.put(scene.session, template, to, scene.at, case=scene.case, instance_id=scene.instance.id)


def _send_copy(scene: Scene, inputs: Inputs) -> None:
    unit = scene.unit(scene.need(inputs, "unit"))
    if unit is None:
        return
    scene.session.add(Reader(instance_id=scene.instance.id, unit_id=unit, granted_at=scene.at))
    _put(scene, str(inputs.get("template") or "deviation_copy"), f"unit:{unit}")


def _revoke_access(scene: Scene, inputs: Inputs) -> None:
    """End what everybody but the initiating unit sees of the case, copies included; or one unit's part in it, where it says which."""
    case = scene.need_case()
    unit = scene.unit(inputs.get("unit"))
    reason = _text(inputs.get("reason")) or "revoked"
    if unit:
        _leave(scene, case, Participant.unit_id == unit, reason)
        _take_back_copies(scene, case, Reader.unit_id == unit)
        return
    # The initiating unit stays: it answers for the case and its records.
    _leave(scene, case, Participant.role != "initiator", reason)
    _take_back_copies(scene, case, Reader.unit_id != case.initiator_unit)
    current = (CoordinatorAssignment.case_id == case.id, CoordinatorAssignment.to_at.is_(None))
    scene.session.execute(update(CoordinatorAssignment).where(*current).values(to_at=scene.at))
    notices.cancel_waiting(scene.session, case.id, scene.at)


def _take_back_copies(scene: Scene, case: Case, which: ColumnElement[bool]) -> None:
    copies = (Reader.revoked_at.is_(None), Reader.instance_id.in_(_instances_of(case)), which)
    scene.session.execute(update(Reader).where(*copies).values(revoked_at=scene.at).execution_options(synchronize_session=False))


def _close_case(scene: Scene, inputs: Inputs) -> None:
    case = scene.need_case()
    if case.closed_at is None:
        case.closed_at = scene.at
        case.outcome = str(scene.need(inputs, "outcome"))


def _record_deviation(scene: Scene, inputs: Inputs) -> None:
    """Enter what the report says; from now on no manager's task goes to those whom it concerns."""
    unit = scene.unit(inputs.get("concerned_unit"))
    concerned = [person for value in inputs.get("concerned") or [] if (person := scene.person(value))]
    entered: dict[str, Any] = {"description": _text(scene.need(inputs, "description")), "concerned_unit": unit}
    # What is not said again stays: naming the unit later does not take back the proposal.
    if "happened_on" in inputs:
        entered["happened_on"] = _day(inputs["happened_on"])
    if "proposal" in inputs:
        entered["proposal"] = _text(inputs["proposal"])
    scene.session.execute(update(Deviation).where(Deviation.instance_id == scene.instance.id).values(**entered))
    scene.instance.concerned_unit = unit
    scene.instance.concerned = sorted({*scene.instance.concerned, *concerned})


def _opened(scene: Scene, inputs: Inputs) -> None:
    """The process itself was started beside the step (services/steps.py); here nothing is left but the history's row."""


HANDLERS: Mapping[str, Handler] = MappingProxyType(
    {
        "record_participants": _record_participants,
        "record_consent": _record_consent,
        "record_decision": _record_decision,
        "record_summons": _record_summons,
        "record_attendance": _record_attendance,
        "record_plan": _record_plan,
        "record_coordinator": _record_coordinator,
        "record_signature": _record_signature,
        "record_evaluation": _record_evaluation,
        "record_note": _record_note,
        "notify": _notify,
        "send_copy": _send_copy,
        "open_deviation": _opened,
        "open_dispute": _opened,
        "record_deviation": _record_deviation,
        "revoke_access": _revoke_access,
        "close_case": _close_case,
    }
)
"""Task type -> what carries it out. A test holds it equal to the catalogue."""


CHANGE_WHO_TAKES_PART = frozenset({"record_participants", "record_consent", "record_summons", "record_coordinator", "revoke_access"})
"""After one of these the participants are read again before the next task finds its queue."""


def register_opening(session: Session, instance: ProcessInstance, variables: Inputs, organisation: Organisation) -> None:
    """Write the register's row of a deviation or dispute that has just started."""
    unit = variables.get("unit")
    if instance.purpose == "deviation":
        session.add(
            Deviation(
                instance_id=instance.id,
                case_id=instance.case_id,
                agreement=instance.agreement,
                reporter=instance.initiator_person,
                reporter_unit=instance.initiator_unit,
                concerned_unit=unit if isinstance(unit, str) and organisation.unit(unit) else None,
                description=_text(variables.get("description")),
                happened_on=_day(variables.get("happened_on")),
                proposal=_text(variables.get("proposal")),
                reported_at=instance.started_at,
            )
        )
    elif instance.purpose == "dispute":
        session.add(
            Dispute(
                instance_id=instance.id,
                case_id=instance.case_id,
                kind=_text(variables.get("kind")) or "responsibility",
                description=_text(variables.get("description")),
                units=list(variables.get("units") or []),
                opened_at=instance.started_at,
            )
        )


def _instances_of(case: Case) -> Select[int]:
    return select(ProcessInstance.id).where(ProcessInstance.case_id == case.id)


def _active(scene: Scene, case: Case) -> list[Participant]:
    return list(scene.session.scalars(select(Participant).where(Participant.case_id == case.id, Participant.left_at.is_(None))))


def _join(scene: Scene, case: Case, *, kind: str, role: str, unit: str | None = None, person: str | None = None, name: str | None = None) -> None:
    scene.session.add(Participant(case_id=case.id, kind=kind, unit_id=unit, person_id=person, name=name, role=role, joined_at=scene.at))


def _leave(scene: Scene, case: Case, which: Any, reason: str) -> None:  # noqa: ANN401 - an SQL condition
    scene.session.execute(
        update(Participant)
        .where(Participant.case_id == case.id, Participant.left_at.is_(None), which)
        .values(left_at=scene.at, left_reason=reason)
        .execution_options(synchronize_session=False)
    )


def _rows(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - a FEEL value
    """Return a list of rows; a bare id stands for the row that names that unit."""
    entries = value if isinstance(value, list) else [] if value is None else [value]
    return [dict(entry) if isinstance(entry, Mapping) else {"unit": entry} for entry in entries if entry is not None]


def _text(value: Any) -> str | None:  # noqa: ANN401 - a FEEL value
    return None if value in (None, "") else str(value)


def _yes(value: Any) -> bool | None:  # noqa: ANN401 - a FEEL value
    if value is None or isinstance(value, bool):
        return value
    return str(value).lower() in {"yes", "true", "ja"}


def _day(value: Any) -> date | None:  # noqa: ANN401 - a FEEL value
    moment = value if not isinstance(value, str) else datetime.fromisoformat(value) if value else None
    if isinstance(moment, datetime):
        return (moment.astimezone(STOCKHOLM) if moment.tzinfo else moment).date()
    return moment if isinstance(moment, date) else None


def _moment(value: Any) -> datetime | None:  # noqa: ANN401 - a FEEL value
    """Return a moment; a time without a zone is Swedish, a bare day begins at midnight there."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if value else None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)  # noqa: DTZ001 - the zone is set below
    if not isinstance(value, datetime):
        return None
    return (value if value.tzinfo else value.replace(tzinfo=STOCKHOLM)).astimezone(UTC)
