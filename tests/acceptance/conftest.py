"""All five agreements with an invented organisation, and people who take a case from form to form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from engine.clock import STOCKHOLM, MovableClock
from engine.execution import Release, load
from engine.facts.agreements import read_agreements
from engine.facts.organisation import Organisation
from engine.services import access, cases, tasks, timers
from engine.services.cases import NewChild
from engine.services.demonstration import populate, test_number
from engine.services.runtime import OneRelease, Runtime
from engine.services.steps import Taken
from engine.shipped import processes_folder
from engine.storage.database import open_database, upgrade
from engine.storage.tables import Notice, ProcessInstance, WorkItem

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
"""Nine in the morning in Stockholm, an ordinary Monday."""


@pytest.fixture(scope="session")
def release() -> Release:
    """The shipped drawings with the demonstration's local decisions."""
    folder = processes_folder()
    return load(folder, [folder / "demonstration"])


@pytest.fixture(scope="session")
def undecided() -> Release:
    """The shipped drawings as they are: nobody has decided anything locally."""
    return load(processes_folder())


@pytest.fixture
def town(tmp_path: Path, release: Release) -> Iterator[Town]:
    """A database with everybody in it, on a Monday morning."""
    yield from build(tmp_path, release)


@pytest.fixture
def undecided_town(tmp_path: Path, undecided: Release) -> Iterator[Town]:
    """The same town before any local decision."""
    yield from build(tmp_path, undecided)


def build(folder: Path, release: Release) -> Iterator[Town]:
    """Give a town that runs a release, and close its database afterwards."""
    database = open_database(f"sqlite:///{folder / 'town.sqlite'}")
    upgrade(database)
    organisation = populate(database, read_agreements(processes_folder() / "agreements").values())
    clock = MovableClock(MONDAY)
    yield Town(Runtime(database, OneRelease(release), clock), clock, organisation)
    database.close()


@dataclass
class Town:
    """Everybody, and the clock that they share."""

    runtime: Runtime
    clock: MovableClock
    organisation: Organisation

    def unit(self, agreement: str, kind: str) -> str:
        """Return the first unit of a kind under an agreement."""
        return next(unit.id for unit in self.organisation.units if unit.kind == kind and agreement in unit.agreements)

    def worker(self, unit: str) -> str:
        """Return somebody at work in a unit."""
        return next(iter(sorted(self.organisation.staff_of(unit, self.clock.now()))))

    def start(self, agreement: str, kind: str = "school", birth: datetime | None = None) -> Sip:
        """Let somebody in a unit of a kind see a need around a child of twelve."""
        unit = self.unit(agreement, kind)
        born = (birth or self.clock.now() - timedelta(days=12 * 365 + 100)).date()
        child = NewChild("Maja Exempelsson", born, test_number(born, 238), "Testbyn")
        initiator = self.worker(unit)
        started = cases.start(self.runtime, initiator, agreement=agreement, child=child, unit=unit)
        return Sip(self, agreement, started.reference, started.instance_id, initiator, unit)

    def wait(self, until: datetime | None = None, **time: float) -> None:
        """Let time pass, and the clock do what it is there for."""
        end = until or self.clock.now() + timedelta(**time)
        while (due := timers.next_due(self.runtime)) is not None and due <= end:
            self.clock.move_to(max(due, self.clock.now()))
            swept = timers.sweep(self.runtime)
            assert not swept.failed
            if not swept.fired:
                break
        self.clock.move_to(max(end, self.clock.now()))
        timers.sweep(self.runtime)


@dataclass
class Sip:
    """One case, played by whoever may do what waits."""

    town: Town
    agreement: str
    reference: str
    instance: int
    initiator: str
    unit: str
    persons: dict[str, str] = field(default_factory=dict)
    """Who did each element last."""

    @property
    def runtime(self) -> Runtime:
        """What every service takes first."""
        return self.town.runtime

    def items(self, element: str | None = None, *, instance: int | None = None) -> list[WorkItem]:
        """Return what waits in the case's own process, or in another of its processes."""
        with self.runtime.database.reading() as session:
            found = select(WorkItem).where(WorkItem.instance_id == (instance or self.instance), WorkItem.closed_at.is_(None))
            return [item for item in session.scalars(found.order_by(WorkItem.id)) if element in (None, item.element)]

    @property
    def waits_for(self) -> set[str]:
        """The elements that wait for somebody."""
        return {item.element for item in self.items()}

    def beside(self, purpose: str) -> list[ProcessInstance]:
        """Return the processes of a purpose that run beside the case."""
        with self.runtime.database.reading() as session:
            return list(
                session.scalars(select(ProcessInstance).where(ProcessInstance.purpose == purpose, ProcessInstance.parent_id == self.instance))
            )

    def notices(self, template: str) -> list[Notice]:
        """Return the messages from a template that wait to be sent."""
        with self.runtime.database.reading() as session:
            return list(session.scalars(select(Notice).where(Notice.template == template, Notice.cancelled_at.is_(None))))

    def who_may(self, item: WorkItem) -> list[str]:
        """Return everybody in whose inbox the item lies."""
        at = self.town.clock.now()
        return [one.id for one in self.town.organisation.persons if access.right_to(self.town.organisation, one.id, item, at)]

    def do(
        self, element: str, answers: Mapping[str, Any] | None = None, *, by: str | None = None, item: WorkItem | None = None, **more: Any
    ) -> Taken:
        """Complete the element as somebody who may: the initiator where possible, so that few people suffice."""
        item = item or next(iter(self.items(element)), None)
        assert item is not None, f"{element} does not wait; {sorted(self.waits_for)} do"
        may = self.who_may(item)
        assert may, f"nobody may do {element} in {item.queue}"
        person = by or (self.initiator if self.initiator in may else may[0])
        self.persons[element] = person
        return tasks.complete(self.runtime, person, item.id, {**(answers or {}), **more})

    def due(self, element: str) -> Any:
        """Return when an element is due, as a Swedish day, and the sentence that says why."""
        (item, *_) = self.items(element)
        return (item.due_at.astimezone(STOCKHOLM).date() if item.due_at else None, (item.explanation or {}).get("sv"))

    def local(self, **from_now: float) -> str:
        """Return a time from now as a form has it, in Stockholm."""
        return (self.town.clock.now() + timedelta(**from_now)).astimezone(STOCKHOLM).strftime("%Y-%m-%dT%H:%M")

    def invited(self, *kinds: str, active: bool = True) -> list[dict[str, Any]]:
        """Return units as the form lists them."""
        return [{"unit": self.town.unit(self.agreement, kind), "child_active": active, "purpose": "Stöd"} for kind in kinds]

    # The usual answers, so that a test says only what matters to it.

    def register(self) -> None:
        """Say what was seen."""
        self.do("register_need", need="Maja är ofta borta från skolan.", support_from=["social", "health"], family_informed="yes", family_answer="Ja")

    def choose(self, *kinds: str, active: bool = True) -> None:
        """Choose units together with the family."""
        self.do("select_actors", invited=self.invited(*kinds, active=active), persons=[], chosen_with_family="yes")

    def consent(self, *answers: Mapping[str, Any]) -> None:
        """Take both guardians' written consent, unless the test has other answers."""
        (item,) = self.items("obtain_consent")
        whole = {"answer": "yes", "way": "written", "given_on": self.local()[:10], "scope": "Allt som planen behöver", "recipients": []}
        both = ({"giver": "guardian", "name": "Elis Exempelsson"}, {"giver": "guardian", "name": "Tuva Exempelsson"})
        self.do("obtain_consent", item=item, consents=[{**whole, **answer} for answer in answers or both])

    def summon(self, days: float, **more: Any) -> None:
        """Call everybody to a meeting in so many days."""
        chair = {"chair": self.initiator}
        self.do("send_summons", {"meeting_at": self.local(days=days), "place": "Skolan", "question": "Vad behöver Maja?", **chair, **more})

    def answer_all(self, answer: str = "yes", **more: Any) -> None:
        """Let every unit answer the summons."""
        for item in self.items("respond_invitation"):
            self.do("respond_invitation", item=item, answer=answer, **more)

    def attend(self, *absent: str) -> None:
        """Note who came to the meeting."""
        for item in self.items("take_attendance"):
            self.do("take_attendance", item=item, attended="no" if item.unit_id in absent else "yes")

    def meet(self) -> None:
        """Hold the meeting and find that a plan is needed."""
        self.do("hold_meeting", held="yes", picture="Vi är överens.", child_voice="Maja vill till skolan.", plan_needed="yes")

    def plan(self, element: str, **more: Any) -> None:
        """Write the plan with one measure."""
        party = self.town.organisation.unit(self.unit).party
        measure = {
            "what": "Stöd på morgonen",
            "party": party,
            "unit": self.unit,
            "extent": "Varje dag",
            "place": "Skolan",
            "starts_on": self.local()[:10],
        }
        shared = {
            "needs": "Trygg start på dagen",
            "goals": [{"goal": "Maja är i skolan"}],
            "measures": [measure],
            "child_view": "Bra",
            "guardian_view": "Bra",
            "lead_principal": party,
            "follow_up_at": self.local(days=60),
            "follow_up_caller": "Samordnaren",
        }
        self.do(element, {**shared, **more})

    def appoint(self) -> str:
        """Let the meeting appoint a coordinator and return who it is."""
        self.do("appoint_coordinator", coordinator=self.initiator, family_agrees="yes")
        return self.initiator

    def sign(self) -> None:
        """Let everybody who takes part sign."""
        for item in self.items("sign_plan"):
            self.do("sign_plan", item=item, signed="yes")

    def follow_up(self, decision: str, *, deviation: str = "no", family_present: str = "yes", **more: Any) -> None:
        """Do one follow-up with its decision."""
        (item,) = self.items("call_follow_up")
        held = self.local(days=14)
        self.do("call_follow_up", item=item, held_at=held, mode="meeting", place="Skolan")
        self.town.wait(days=14, minutes=1)
        said = {"deviation_text": "Stödet uteblev"} if deviation == "yes" else {}
        goals, measures = [{"goal": "Maja är i skolan", "attainment": "partly"}], [{"what": "Stöd på morgonen", "status": "ongoing"}]
        answers = {"goals": goals, "measures": measures, "child_view": "Det är bättre", "deviation": deviation, "family_present": family_present}
        self.do("evaluate_goals", {**answers, **said})
        if family_present == "no":
            self.do("inform_family", text="Samtal med vårdnadshavaren")
        self.do("decide_next", {"decision": decision, "reason": "Läget", **more})
