"""What units, persons and queues are called, and where a person works, for whoever shows them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import func, select

from engine.errors import Language
from engine.facts.organisation import PROCESS_OWNER, Organisation, Purpose
from engine.services import agreements
from engine.services.access import PURPOSES
from engine.services.runtime import Runtime
from engine.storage.tables import WorkItem


@dataclass(frozen=True)
class Directory:
    """The organisation at one moment, to look names up in."""

    organisation: Organisation
    agreements: Mapping[str, str]
    """Names by id."""
    at: datetime

    def unit(self, unit: str | None) -> str:
        """Return a unit's name."""
        known = self.organisation.unit(unit) if unit else None
        return known.name if known else unit or ""

    def party(self, party: str | None) -> str:
        """Return a party's name."""
        return next((one.name for one in self.organisation.parties if one.id == party), party or "")

    def person(self, person: str | None) -> str:
        """Return a person's name, or the title of a vacant post (``position:ID``)."""
        if person and person.startswith("position:"):
            return self._post(person.removeprefix("position:"))
        known = self.organisation.person(person) if person else None
        return known.name if known else person or ""

    def queue(self, queue: str, language: Language = "sv") -> str:
        """Return who a queue is, as one says it."""
        kind, _, of = queue.partition(":")
        if kind == PROCESS_OWNER:
            name = self.agreements.get(of, of)
            return f"Processägaren för {name}" if language == "sv" else f"The process owner of {name}"
        if kind == "person":
            return self.person(of)
        if kind == "unit":
            return self.unit(of)
        if kind == "group":
            group = self.organisation.group(of)
            return group.name if group else of
        return self._post(of)

    def units_of(self, person: str) -> Mapping[str, str]:
        """Return the units where a person works now, with their names."""
        return {unit: self.unit(unit) for unit in self.organisation.units_of(person, self.at)}

    def agreements_of(self, unit: str) -> Mapping[str, str]:
        """Return the agreements under which a unit may start a case, with their names."""
        known = self.organisation.unit(unit)
        return {id_: self.agreements[id_] for id_ in (known.agreements if known else ()) if id_ in self.agreements}

    def units_under(self, agreement: str) -> Mapping[str, str]:
        """Return the units of an agreement by name."""
        bound = (unit for unit in self.organisation.units if agreement in unit.agreements and unit.valid.covers(self.at))
        return {unit.id: unit.name for unit in sorted(bound, key=lambda unit: unit.name)}

    def titles(self, person: str) -> tuple[str, ...]:
        """Return what a person is, post by post."""
        return tuple(self._post(post.id) for post in self.organisation.positions_of(person, self.at))

    def stands_in(self, person: str) -> tuple[str, ...]:
        """Return the posts for which a person stands in."""
        return tuple(self._post(post.id) for post in self.organisation.standing_in(person, self.at))

    def leads(self, person: str) -> bool:
        """Whether a person answers for a manager's post now, also as a deputy for some purposes only."""
        return any(self.organisation.led_by(person, self.at, purpose) for purpose in (None, *PURPOSES))

    def owns_processes(self, person: str) -> bool:
        """Whether a person answers for the drawings and routes of some agreement now."""
        return any(post.role == PROCESS_OWNER for post in self.organisation.acted_for(person, self.at))

    def groups_of(self, person: str) -> tuple[str, ...]:
        """Return the ids of the groups in which a person sits, by a post or by themselves, deputies included."""
        sits = set(self.organisation.sits_in(self.at, person=person))
        for post in self.organisation.acted_for(person, self.at):
            sits |= set(self.organisation.sits_in(self.at, position=post.id))
        return tuple(sorted(sits))

    def is_at_work(self, person: str) -> bool:
        """Whether a person holds a post or stands in for one; families do neither."""
        return any(self.organisation.acted_for(person, self.at, purpose) for purpose in (None, *PURPOSES))

    def colleagues(self, person: str) -> Mapping[str, str]:
        """Return who works in the same units as a person, and their managers: whom work may be handed to."""
        units = self.organisation.units_of(person, self.at)
        found = {who for unit in units for who in self.organisation.staff_of(unit, self.at)}
        found |= {who for unit in units for post in self.organisation.line(unit, self.at)[:1] for who in self.organisation.holders(post.id, self.at)}
        able = (who for who in found - {person} if self.organisation.can_log_in(who, self.at))
        return dict(sorted(((who, self.person(who)) for who in able), key=lambda pair: pair[1]))

    def persons_of(self, queue: str, purpose: str | None = None) -> tuple[str, ...]:
        """Return who has a queue now and can log in."""
        kind, _, of = queue.partition(":")
        scope = cast("Purpose | None", purpose)
        if kind == "person":
            persons: Collection[str] = (of,)
        elif kind == "unit":
            persons = self.organisation.staff_of(of, self.at)
        elif kind == "group":
            persons = self.organisation.members_of(of, self.at, scope)
        elif kind == "position":
            persons = self.organisation.acting(of, self.at, scope)
        else:
            persons = self.organisation.takers(queue, self.at, scope)
        return tuple(who for who in persons if self.organisation.can_log_in(who, self.at))

    def _post(self, position: str) -> str:
        post = self.organisation.position(position)
        return f"{post.title}, {self.unit(post.unit)}" if post else position


def directory(runtime: Runtime) -> Directory:
    """Return the organisation as it is now."""
    names = {id_: known.name for id_, known in agreements.of_release(runtime.releases.active).items()}
    with runtime.database.reading() as session:
        return Directory(runtime.organisation(session), names, runtime.clock.now())


def waiting_by_queue(runtime: Runtime, due_before: datetime | None = None) -> Mapping[tuple[str, str], int]:
    """Return how many work items are open in each queue, by queue and purpose: where the demonstration's work lies.

    With ``due_before`` only those whose last day lies before that moment.
    """
    wanted = [WorkItem.closed_at.is_(None), *((WorkItem.due_at < due_before,) if due_before else ())]
    with runtime.database.reading() as session:
        counted = select(WorkItem.queue, WorkItem.purpose, func.count()).where(*wanted).group_by(WorkItem.queue, WorkItem.purpose)
        return {(queue, purpose): count for queue, purpose, count in session.execute(counted)}
