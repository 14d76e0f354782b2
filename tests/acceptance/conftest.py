"""All five agreements with an invented organisation, and people who take a case from form to form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select

from engine.clock import STOCKHOLM, MovableClock
from engine.execution import Release
from engine.facts.agreements import read_agreements
from engine.facts.organisation import Organisation
from engine.services import access, cases, deviations, disputes, tasks, timers
from engine.services.cases import NewChild
from engine.services.demonstration import populate, test_number
from engine.services.people import load_organisation, touch_organisation
from engine.services.releases import shipped_release
from engine.services.runtime import OneRelease, Runtime
from engine.services.steps import Taken
from engine.shipped import processes_folder
from engine.storage.database import open_database, upgrade
from engine.storage.tables import Assignment, Deputy, History, Notice, ProcessInstance, WorkItem

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
"""Nine in the morning in Stockholm, an ordinary Monday."""


@pytest.fixture(scope="session")
def release() -> Release:
    """The shipped drawings with the demonstration's local decisions."""
    return shipped_release(demonstration=True)


@pytest.fixture(scope="session")
def undecided() -> Release:
    """The shipped drawings as they are: nobody has decided anything locally."""
    return shipped_release()


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
        return min(unit.id for unit in self.organisation.units if unit.kind == kind and agreement in unit.agreements)

    def worker(self, unit: str) -> str:
        """Return somebody at work in a unit."""
        return next(iter(sorted(self.organisation.staff_of(unit, self.clock.now()))))

    def colleague(self, unit: str) -> str:
        """Return somebody at work in a unit who leads nothing and stands in for nobody."""
        at, known = self.clock.now(), self.organisation
        staff = (who for who in known.staff_of(unit, at) if not known.standing_in(who, at, "deviation"))
        return next(who for who in staff if all(post.role == "staff" for post in known.positions_of(who, at)))

    def leader(self, unit: str, levels_up: int = 0) -> str:
        """Return who holds the post that leads a unit, or one so many levels further up the line."""
        post = self.organisation.line(unit, self.clock.now())[levels_up]
        return self.organisation.holders(post.id, self.clock.now())[0]

    def leave(self, person: str) -> None:
        """Let a person leave every post: nobody holds them from now on."""
        with self.runtime.database.writing() as session:
            session.execute(delete(Assignment).where(Assignment.person_id == person))
            touch_organisation(session)
        self.look_again()

    def stand_in(self, person: str, unit: str) -> None:
        """Let a person stand in for whoever leads a unit."""
        post = self.organisation.line(unit, self.clock.now())[0]
        with self.runtime.database.writing() as session:
            session.add(Deputy(position_id=post.id, person_id=person, scope=[]))
            touch_organisation(session)
        self.look_again()

    def look_again(self) -> None:
        """See the organisation as it is now."""
        with self.runtime.database.reading() as session:
            self.organisation = load_organisation(session)

    def deviate(
        self, agreement: str, kind: str = "school", *, about: str | None = "social_authority", by: str | None = None, **more: Any
    ) -> Deviation:
        """Let somebody in a unit of a kind begin a report about another, with no case unless one is named."""
        unit = self.unit(agreement, kind)
        reporter = by or self.colleague(unit)
        concerned = self.unit(agreement, about) if about else None
        begun = deviations.report(self.runtime, reporter, agreement=agreement, unit=unit, concerned_unit=concerned, **more)
        return Deviation(self, agreement, begun.instance_id, reporter, unit, id=begun.id, concerned=concerned)

    def dispute(self, sip: Sip, kind: str, *kinds: str, by: str | None = None) -> Dispute:
        """Let somebody raise a dispute between units of the kinds, in a case that runs."""
        units = tuple(self.unit(sip.agreement, one) for one in kinds)
        who = by or sip.initiator
        raised = disputes.raise_dispute(self.runtime, who, case=sip.reference, kind=kind, units=units, description="Vem betalar resorna till skolan?")
        return Dispute(self, sip.agreement, raised.instance_id, who, sip.unit, units=units)

    def start(self, agreement: str, kind: str = "school", birth: datetime | None = None) -> Sip:
        """Let somebody in a unit of a kind see a need around a child of twelve."""
        unit = self.unit(agreement, kind)
        born = (birth or self.clock.now() - timedelta(days=12 * 365 + 100)).date()
        child = NewChild("Maja Exempelsson", born, test_number(born, 238), "Testbyn")
        initiator = self.worker(unit)
        started = cases.start(self.runtime, initiator, agreement=agreement, child=child, unit=unit)
        return Sip(self, agreement, started.instance_id, initiator, unit, reference=started.reference)

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
class Played:
    """One process, played by whoever may do what waits in it."""

    town: Town
    agreement: str
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
        """Return what waits in the process itself, or in another."""
        with self.runtime.database.reading() as session:
            found = select(WorkItem).where(WorkItem.instance_id == (instance or self.instance), WorkItem.closed_at.is_(None))
            return [item for item in session.scalars(found.order_by(WorkItem.id)) if element in (None, item.element)]

    def only(self, element: str) -> WorkItem:
        """Return the only item that waits, which is the element's."""
        (item,) = self.items()
        assert item.element == element
        return item

    @property
    def waits_for(self) -> set[str]:
        """The elements that wait for somebody."""
        return {item.element for item in self.items()}

    @property
    def outcome(self) -> str | None:
        """What it ended as, or none while it goes on."""
        with self.runtime.database.reading() as session:
            return session.get_one(ProcessInstance, self.instance).outcome

    def notices(self, template: str) -> list[Notice]:
        """Return the messages from a template that wait to be sent."""
        with self.runtime.database.reading() as session:
            return list(session.scalars(select(Notice).where(Notice.template == template, Notice.cancelled_at.is_(None))))

    def told(self) -> list[History]:
        """Return the history of the process, the oldest first."""
        with self.runtime.database.reading() as session:
            return list(session.scalars(select(History).where(History.instance_id == self.instance).order_by(History.id)))

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

    def shown(self, element: str) -> tasks.Task:
        """Return what the first who may do an element sees of it."""
        (item, *_) = self.items(element)
        return tasks.show(self.runtime, self.who_may(item)[0], item.id)

    def why(self, element: str) -> str:
        """Return the sentence that says why an element went to whom it went."""
        return str(self.shown(element).routing[0]["sv"])

    def due(self, element: str) -> Any:
        """Return when an element is due, as a Swedish day, and the sentence that says why."""
        (item, *_) = self.items(element)
        return (item.due_at.astimezone(STOCKHOLM).date() if item.due_at else None, (item.explanation or {}).get("sv"))

    def local(self, **from_now: float) -> str:
        """Return a time from now as a form has it, in Stockholm."""
        return (self.town.clock.now() + timedelta(**from_now)).astimezone(STOCKHOLM).strftime("%Y-%m-%dT%H:%M")


@dataclass
class Sip(Played):
    """One case around a child."""

    reference: str = ""

    def beside(self, purpose: str) -> list[ProcessInstance]:
        """Return the processes of a purpose that run beside the case."""
        with self.runtime.database.reading() as session:
            of_case = (ProcessInstance.purpose == purpose, ProcessInstance.case_id == session.get_one(ProcessInstance, self.instance).case_id)
            return list(session.scalars(select(ProcessInstance).where(*of_case).order_by(ProcessInstance.id)))

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


@dataclass
class Deviation(Played):
    """One deviation, from the report to the last who looks whether it helped."""

    id: int = 0
    concerned: str | None = None
    """The unit that it is about."""

    @property
    def status(self) -> deviations.Report:
        """What the reporter sees of it."""
        return deviations.show(self.runtime, self.initiator, self.id)

    def report(self, **more: Any) -> None:
        """Write the report with all that its form asks for, and send it."""
        written = {
            "happened_on": self.local(days=-1)[:10],
            "description": "Socialtjänsten kom inte till mötet.",
            "consequences_child": "Maja fick vänta.",
            "consequences_units": "Skolan fick boka om.",
            "proposal": "Ring dagen innan.",
            "reported_on": self.local()[:10],
            "signed": True,
        }
        self.do("write_report", {**self.shown("write_report").values, **written, **more})

    def act(self, element: str, **more: Any) -> None:
        """Decide on an action where the deviation stands."""
        self.do(element, {"way": "act", "decided_action": "Vi ringer dagen innan.", "reason": "Det är enkelt.", **more})

    def pass_on(self, element: str, way: str = "lift", **more: Any) -> None:
        """Send it further up instead of acting."""
        self.do(element, {"way": way, "reason": "Det räcker inte med oss.", **more})

    def feed_back(self) -> None:
        """Tell the reporting unit what came of it."""
        self.do("send_feedback", text="Vi ringer dagen innan från och med nu.")

    def verify(self, verified: str = "yes") -> None:
        """Say whether it helped."""
        self.do("verify_action", verified=verified, text="Jag har frågat båda verksamheterna.")


@dataclass
class Dispute(Played):
    """One dispute over responsibility or cost."""

    units: tuple[str, ...] = ()

    def state(self) -> None:
        """Let each unit say how it sees the matter."""
        for item in self.items("state_positions"):
            self.do("state_positions", item=item, position="Det är inte vårt ansvar.", proposal="Dela lika.")

    def disagree(self, urgent: str | None = "no") -> None:
        """Let the units fail to agree."""
        self.do("resolve_unit", decision="not_agreed", reason="Vi kom inte överens.", urgent=urgent)
