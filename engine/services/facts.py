"""What expressions may read beside the process data, put together from rows, the organisation and the agreement.

The table in docs/house.md lists the names. Everything is as of the beginning of the step; only what depends on milestones
(``deadlines``) is computed anew when the step sets one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any, cast

from sqlalchemy.orm import Session

from engine.clock import STOCKHOLM
from engine.execution import Release
from engine.execution.layers import Computed, Layers
from engine.execution.results import FeelValue
from engine.facts import roles
from engine.facts.agreements import Agreement
from engine.facts.deadlines import Deadline
from engine.facts.organisation import Organisation, Purpose, Unit
from engine.facts.policy import Policy
from engine.services import agreements
from engine.storage import queries
from engine.storage.tables import Case, Participant


@dataclass(frozen=True)
class Subject:
    """The process instance that facts are asked for, begun or about to begin."""

    agreement: str
    purpose: str
    initiator_person: str
    initiator_unit: str
    case: Case | None = None
    concerned_unit: str | None = None
    concerned: frozenset[str] = frozenset()


@dataclass(frozen=True)
class CaseFacts:
    """The facts of one step: called with the milestones, it gives the names that expressions read."""

    at: datetime
    subject: Subject
    release: Release
    organisation: Organisation
    participants: tuple[Participant, ...] = ()
    _deadlines: dict[tuple[tuple[str, datetime], ...], Mapping[str, Deadline | None]] = field(default_factory=dict, repr=False)

    def __call__(self, milestones: Mapping[str, datetime]) -> Mapping[str, FeelValue]:
        """Return every fact by its name."""
        return Layers(Computed({"deadlines": lambda: self._deadline_facts(milestones)}), self._fixed)

    def _deadline_facts(self, milestones: Mapping[str, datetime]) -> FeelValue:
        return {name: due.facts() if due else None for name, due in self.deadlines(milestones).items()}

    def deadlines(self, milestones: Mapping[str, datetime]) -> Mapping[str, Deadline | None]:
        """Return the agreement's deadlines as they stand with these milestones."""
        key = tuple(sorted(milestones.items()))
        if key not in self._deadlines:
            self._deadlines[key] = agreements.deadlines_of(self.release, self.subject.agreement, milestones, self.today)
        return self._deadlines[key]

    def explanation(self, deadline: str | None, milestones: Mapping[str, datetime]) -> dict[str, Any] | None:
        """Return why a date is what it is, to be kept with the work item, or none for a date that no deadline gave."""
        due = self.deadlines(milestones).get(deadline) if deadline else None
        if due is None:
            return None
        name = self.agreement.name
        return {
            "deadline": due.name,
            "sv": due.sentence("sv", name),
            "en": due.sentence("en", name),
            "rules": list(due.rules),
            "sources": [{"sv": sv, "en": en} for sv, en in zip(due.origins("sv"), due.origins("en"), strict=True)],
            "start": due.start,
            "start_on": due.start_on.isoformat(),
            "start_milestone": due.start_milestone,
            "start_at": due.start_at.isoformat(),
            "days": due.days,
            "day_kind": due.day_kind,
            "before": due.before,
            "on": due.on.isoformat(),
            "at": due.at.isoformat(),
        }

    @cached_property
    def agreement(self) -> Agreement:
        """The agreement that the case is under."""
        return agreements.of_release(self.release)[self.subject.agreement]

    @cached_property
    def policy(self) -> Policy:
        """What the agreement's tables say on the day of the step."""
        return agreements.policy(self.release, self.subject.agreement, self.today)

    @property
    def today(self) -> date:
        """The day in Sweden."""
        return self.at.astimezone(STOCKHOLM).date()

    def circumstances(
        self, unit: str | None = None, person: str | None = None, barred: frozenset[str] = frozenset(), level: int | None = None
    ) -> roles.Circumstances:
        """Return what a role is relative to, for a task about a unit or a person."""
        subject = self.subject
        return roles.Circumstances(
            at=self.at,
            organisation=self.organisation,
            agreement=subject.agreement,
            initiator=subject.initiator_person,
            initiator_unit=subject.initiator_unit,
            unit=unit,
            person=person,
            level=level,
            participants=tuple(
                roles.Participant(one.kind, one.unit_id, one.person_id, one.name, one.role, one.left_at is None) for one in self.participants
            ),
            purpose=cast("Purpose", subject.purpose),
            concerned=subject.concerned,
            barred=barred,
            concerned_unit=subject.concerned_unit,
            leader=self.policy.values.get("leader"),
            routed_kinds=agreements.routed_kinds(self.release, subject.agreement),
        )

    @cached_property
    def _fixed(self) -> Mapping[str, FeelValue]:
        return Computed(
            {
                "today": lambda: self.today,
                "now": lambda: self.at.astimezone(STOCKHOLM),
                "agreement": lambda: {"id": self.subject.agreement, "name": self.agreement.name},
                "case": lambda: self._case,
                "policy": lambda: agreements.policy_facts(self.release, self.policy),
                "participants": lambda: [_as_fact(one) for one in self.participants],
                "route": lambda: self._route,
                "initiator": lambda: {"person": self.subject.initiator_person, "unit": self.subject.initiator_unit},
                "unit_options": lambda: [{"label": unit.name, "value": unit.id, "party": unit.party} for unit in self._units],
                "party_options": lambda: self._party_options,
                "staff_options": lambda: self._staff_options,
                "manager_options": lambda: self._manager_options,
            }
        )

    @property
    def _case(self) -> FeelValue:
        case = self.subject.case
        if case is None:
            return None
        return {"reference": case.reference, "child_age": age_on(case.child.birth_date, self.today), "municipality": case.child.municipality}

    @property
    def _route(self) -> FeelValue:
        here = self.circumstances(barred=frozenset({self.subject.initiator_person}) if self.subject.purpose == "deviation" else frozenset())
        return {
            "levels": roles.levels(here),
            "concerned_unit": self.subject.concerned_unit,
            "concerned_unit_known": self.subject.concerned_unit is not None,
            "routed": here.routed_kinds is None or self._kind_of(self.subject.initiator_unit) in here.routed_kinds,
        }

    def _kind_of(self, unit: str) -> str | None:
        known = self.organisation.unit(unit)
        return known.kind if known else None

    @cached_property
    def _units(self) -> tuple[Unit, ...]:
        """The agreement's units today, by name."""
        bound = (unit for unit in self.organisation.units if self.subject.agreement in unit.agreements and unit.valid.covers(self.at))
        return tuple(sorted(bound, key=lambda unit: (unit.name, unit.id)))

    @property
    def _party_options(self) -> FeelValue:
        parties = (self.organisation.party_of(unit.id) for unit in self._units)
        return [{"label": name, "value": id_} for name, id_ in sorted({(party.name, party.id) for party in parties if party})]

    @property
    def _staff_options(self) -> FeelValue:
        taking_part = {one.unit_id for one in self.participants if one.unit_id and one.left_at is None} or {self.subject.initiator_unit}
        staff = {person for unit in taking_part for person in self.organisation.staff_of(unit, self.at)}
        named = sorted((known.name, known.id) for person in staff if (known := self.organisation.person(person)))
        return [{"label": name, "value": id_} for name, id_ in named]

    @property
    def _manager_options(self) -> FeelValue:
        line = self.organisation.line(self.subject.initiator_unit, self.at)
        holders = ((post, who) for post in line for who in self.organisation.holders(post.id, self.at))
        named = {who: f"{known.name}, {post.title}" for post, who in holders if (known := self.organisation.person(who))}
        return [{"label": label, "value": who} for who, label in named.items() if who != self.subject.initiator_person]


def gather(session: Session, organisation: Organisation, release: Release, subject: Subject, at: datetime) -> CaseFacts:
    """Read what the facts of a step are made of."""
    return CaseFacts(
        at=at,
        subject=subject,
        release=release,
        organisation=organisation,
        participants=participants_of(session, subject.case),
    )


def participants_of(session: Session, case: Case | None) -> tuple[Participant, ...]:
    """Return everybody who takes, or took, part in a case, in the order in which they came."""
    if case is None or case.id is None:
        return ()
    return tuple(queries.participants(session, case.id))


def age_on(birth: date, day: date) -> int:
    """Return the age in whole years; who was born on 29 February turns a year on 1 March in other years."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def _as_fact(one: Participant) -> FeelValue:
    return {"kind": one.kind, "unit": one.unit_id, "person": one.person_id, "name": one.name, "role": one.role, "active": one.left_at is None}
