"""Disputes over responsibility or cost: raise one. Stating positions, agreeing and deciding are work items like others.

A dispute is a process of its own beside the case, so that no measure of the child's waits for it (002-13, 004-8).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from engine.errors import SamspelError
from engine.services import access, steps
from engine.services.cases import NoSuchUnit, NotYourUnit
from engine.services.facts import Subject
from engine.services.history import Act
from engine.services.runtime import Runtime

Kind = Literal["responsibility", "cost"]


class NobodyDisagrees(SamspelError):
    """A dispute needs at least two different units that disagree."""

    sv: ClassVar[str] = "En tvist behöver minst två olika verksamheter som är oense; {units} räcker inte."
    en: ClassVar[str] = "A dispute needs at least two different units that disagree; {units} is not enough."


def raise_dispute(runtime: Runtime, person: str, *, case: str, kind: Kind, units: Sequence[str], description: str) -> steps.Taken:
    """Start a dispute between units of a case (002-14, 003-12); the case itself goes on untouched.

    Raises NoSuchCase to whoever may not see the case, NobodyDisagrees, NoSuchUnit, NotYourUnit for somebody who works
    nowhere today, NoSuchProcess and StepFailed: then nothing was written.
    """
    at = runtime.clock.now()
    with runtime.database.reading() as session:
        organisation = runtime.organisation(session)
        about = access.case(runtime, session, person, case)
        if len(set(units)) < 2:  # noqa: PLR2004 - a dispute has two sides
            raise NobodyDisagrees(units=", ".join(units) or "–")
        for unit in units:
            found = organisation.unit(unit)
            if found is None or not found.valid.covers(at):
                raise NoSuchUnit(unit=unit)
        own = organisation.units_of(person, at)
        if not own:
            raise NotYourUnit(person=person, unit=about.initiator_unit)
        acting = next((unit for unit in (about.initiator_unit, *units) if unit in own), own[0])
        release = runtime.releases.get(about.release)
        subject = Subject(about.agreement, "dispute", person, acting, about)
        given = {"kind": kind, "description": description, "units": list(dict.fromkeys(units))}
        begun = steps.begin(runtime, session, release, release.for_purpose("dispute").id, subject, given, Act(at, person))
    with runtime.database.writing() as session:
        instance, items = steps.write_begun(session, begun, Act(at, person))
        return steps.Taken(instance.id, case, tuple(items), instance.ended_at is not None, instance.outcome)
