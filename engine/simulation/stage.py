"""Plays the demonstration's cases from a written list, each from its beginning up to where it stands today.

Everybody answers through the same services as people do, in their own pace, on a clock of the case's own. Nothing is left to
chance: the same list on the same day gives the same cases, but for their references, which nobody may guess.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import select

from engine.clock import MovableClock
from engine.errors import SamspelError
from engine.facts.organisation import Organisation, Purpose, swedish_day
from engine.services import cases, deviations, disputes, tasks, timers
from engine.services.cases import NewChild
from engine.services.demonstration import settle, test_number
from engine.services.runtime import Runtime
from engine.simulation.book import Book, Telling, Words, at_work, born, said
from engine.storage.tables import Case, ProcessInstance, WorkItem

AT_ONCE = timedelta(minutes=20)
"""How long whatever takes no day takes."""
TURNS = 200
"""After so many things a case goes round in circles."""


class GoesRound(SamspelError):
    """A case of the list does not come to rest."""

    sv = "Demonstrationens ärende ”{stage}” kommer aldrig till ro. Rätta det i cases.toml."
    en = "The demonstration's case '{stage}' never comes to rest. Correct it in cases.toml."


def fill(runtime: Runtime, book: Book, told: Callable[[int, str], None]) -> None:
    """Fill an empty database with the demonstration's people and cases; ``told`` hears number and stage of each case.

    It waits for no disk: whoever calls this throws the file away if anything breaks it off.
    """
    runtime.database.hurry()
    stage(runtime, settle(runtime.database, swedish_day(runtime.clock.now())), book, told)


def stage(runtime: Runtime, organisation: Organisation, book: Book, told: Callable[[int, str], None] | None = None) -> None:
    """Play every case of the book, one after the other, and leave each where it stands now; ``told`` hears number and stage of each."""
    end = runtime.clock.now()
    for number, script in enumerate(book.cases, start=1):
        began = end - timedelta(days=script["began"])
        clock = MovableClock(at_work(began, number, end))
        Staged(Runtime(runtime.database, runtime.releases, clock), clock, organisation, book, script, number, end).play()
        if told is not None:
            told(number, script["stage"])


@dataclass(frozen=True)
class _Step:
    """One thing that may happen next."""

    at: datetime
    do: Callable[[], object]


@dataclass
class Staged:
    """One case that is being played up to ``end``."""

    runtime: Runtime
    clock: MovableClock
    organisation: Organisation
    book: Book
    script: Words
    number: int
    end: datetime
    reference: str = ""
    case_id: int = 0
    done: dict[str, datetime] = field(default_factory=dict)
    """When each step was last done."""
    turns: Counter[tuple[str, int]] = field(default_factory=Counter)
    """How often each step was done in each process."""
    events: list[Words] = field(default_factory=list)
    """What has not happened yet beside the case."""
    about: dict[int, Words] = field(default_factory=dict)
    """What each deviation and dispute is about, by its process."""

    def play(self) -> None:
        """Let everything happen that happens before the end, the earliest first."""
        self._begin()
        self.events = list(self.script.get("event", ()))
        for _ in range(TURNS):
            following = min((step for step in self._possible() if step.at <= self.end), key=lambda step: step.at, default=None)
            if following is None:
                return
            self.clock.move_to(max(following.at, self.clock.now()))
            following.do()
        raise GoesRound(stage=self.script["stage"])

    def _begin(self) -> None:
        child, unit = self.script["child"], self.script["unit"]
        birth = born(child["age"], child["birthday"], swedish_day(self.end))
        home = self.organisation.party_of(unit)
        new = NewChild(child["name"], birth, test_number(birth, 238 + self.number % 2), home.name if home else None)
        started = cases.start(self.runtime, self.script["by"], agreement=self.script["agreement"], child=new, unit=unit)
        self.reference = started.reference
        with self.runtime.database.reading() as session:
            self.case_id = session.scalars(select(Case.id).where(Case.reference == self.reference)).one()

    def _possible(self) -> Iterator[_Step]:
        yield from self._work()
        yield from self._happenings()
        due = timers.next_due(self.runtime)
        if due is not None:
            yield _Step(due, lambda: timers.sweep(self.runtime))

    def _work(self) -> Iterator[_Step]:
        """What somebody may answer: all that waits and is not left."""
        with self.runtime.database.reading() as session:
            of_case = select(ProcessInstance.id).where(ProcessInstance.case_id == self.case_id)
            waiting = session.scalars(select(WorkItem).where(WorkItem.instance_id.in_(of_case), WorkItem.closed_at.is_(None)).order_by(WorkItem.id))
            items = [item for item in waiting if not self._left(item)]
        for item in items:
            pace = self.script.get("pace", {}).get(item.element, self.book.usual["pace"].get(item.element, 1))
            wished = at_work(item.created_at + timedelta(days=pace), self.number + item.id, self.end) if pace else item.created_at + AT_ONCE
            yield _Step(max(wished, self.clock.now() + AT_ONCE / 4), lambda item=item: self._complete(item))  # type: ignore[misc]  # the default binds it

    def _left(self, item: WorkItem) -> bool:
        """Whether the list says that nobody has done it yet."""
        most = self.script.get("most", {}).get(item.element)
        if most is not None and sum(times for (element, _), times in self.turns.items() if element == item.element) >= most:
            return True
        return bool({item.element, f"{item.element} {item.unit_id}"} & set(self.script.get("leave", ())))

    def _happenings(self) -> Iterator[_Step]:
        """What happens beside the case, once the step that it follows has been done."""
        for event in self.events:
            after = event.get("after")
            since = self.done.get(after) if after else self.clock.now()
            if since is not None:
                at = at_work(since + timedelta(days=event.get("wait", 0)), self.number, self.end)
                yield _Step(max(at, self.clock.now()), lambda event=event: self._happen(event))  # type: ignore[misc]  # as above

    def _happen(self, event: Words) -> None:
        self.events.remove(event)
        person, unit = event.get("by", self.script["by"]), self.script["unit"]
        telling = self._telling(event, {})
        if "report" in event:
            agreement, about = self.script["agreement"], event["about"]
            begun = deviations.report(self.runtime, person, agreement=agreement, unit=unit, case=self.reference, concerned_unit=about)
            self.about[begun.instance_id] = {**self.book.matters[event["report"]], **event}
        elif "dispute" in event:
            matter = self.book.matters[event["dispute"]]
            text, units, kind = telling.told(matter["description"]), event["units"], event["kind"]
            raised = disputes.raise_dispute(self.runtime, person, case=self.reference, kind=kind, units=units, description=text)
            self.about[raised.instance_id] = {**matter, **event}
        elif "withdraw" in event:
            cases.withdraw(self.runtime, person, self.reference, reason=event["withdraw"])
        elif "draft" in event:
            self._save_draft(person, event["draft"])

    def _save_draft(self, person: str, element: str) -> None:
        """Begin to write, as far as the first answer."""
        with self.runtime.database.reading() as session:
            found = select(WorkItem).where(WorkItem.case_id == self.case_id, WorkItem.element == element, WorkItem.closed_at.is_(None))
            item = session.scalars(found).one()
        answers = self._answers(item, person)
        tasks.save_draft(self.runtime, person, item.id, dict(list(answers.items())[:1]))

    def _complete(self, item: WorkItem) -> None:
        person = self._who(item)
        answers = self._answers(item, person)
        tasks.complete(self.runtime, person, item.id, answers)
        self.turns[item.element, item.instance_id] += 1
        self.done[item.element] = self.clock.now()

    def _answers(self, item: WorkItem, person: str) -> dict[str, object]:
        prefilled = tasks.show(self.runtime, person, item.id).values
        matter = self.about.get(item.instance_id) or self.book.matters.get(self.script.get("matter", "")) or {}
        telling = self._telling(matter, prefilled)
        place = (item.element, f"{item.element} {item.unit_id}")
        answers = said(self.book, self.script, place, sum(times for (element, _), times in self.turns.items() if element == item.element))
        return {**prefilled, **telling.answers(answers)}

    def _telling(self, matter: Words, prefilled: Words) -> Telling:
        """What the case, its story and the matter at hand say, and what follows from where it is."""
        unit, invited = self.script["unit"], self.script.get("with", ())
        kinds = {one.id: one.kind for one in self.organisation.units}
        place = self.organisation.unit(unit)
        words: dict[str, object] = {
            "me": self.script["by"],
            "coordinator": self.script["by"],
            "place": f"{place.name if place else unit}, mötesrummet",
            "party": self._party(unit),
            "guardians": self.script["child"]["guardians"],
            "persons": [],
            "meeting_at": self.book.usual["meeting_at"][self.script["agreement"]],
            "purposes": {one: self.book.usual["purposes"].get(kinds[one]) for one in invited},
        }
        for name, wanted in self.book.usual["kinds"].items():
            of_kind = next((one for one in (unit, *invited) if kinds[one] in wanted), unit)
            words |= {name: of_kind, f"{name}_party": self._party(of_kind)}
        return Telling({**words, **self.book.needs[self.script["story"]], **self.script, **matter}, self.clock.now(), prefilled)

    def _party(self, unit: str) -> str | None:
        found = self.organisation.party_of(unit)
        return found.id if found else None

    def _who(self, item: WorkItem) -> str:
        """Return who answers: whoever began where they may, else whoever holds the post, else the first at work there."""
        at = self.clock.now()
        may = [who for who in self.organisation.takers(item.queue, at, cast("Purpose", item.purpose)) if who not in item.excluded]
        return min(may, key=lambda who: (who != self.script["by"], *self._distance(item, who, at), who))

    def _distance(self, item: WorkItem, who: str, at: datetime) -> Sequence[bool]:
        kind, _, of = item.queue.partition(":")
        posts = self.organisation.positions_of(who, at)
        if kind == "unit":
            return [not any(post.unit == of and post.role == "staff" for post in posts)]
        return [kind == "position" and not any(post.id == of for post in posts)]
