"""The work that waits for people: see it, claim it, release it, hand it over, save a draft, complete it.

The words are those of WS-HumanTask: a potential owner may claim, the actual owner works and completes. Whoever stands in
for somebody does it for them, and the history says "B för A". A right is asked for at every call, so that a deputy's
ends with the last day and not a second later.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from itertools import chain
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from engine import execution
from engine.clock import STOCKHOLM
from engine.errors import SamspelError
from engine.execution import Form, Release, Step
from engine.execution import StepFailed as StepFailed  # noqa: PLC0414 - whoever completes meets it
from engine.execution.feel import FeelError
from engine.execution.feel_values import from_json, plain
from engine.execution.forms import Complaint
from engine.execution.layers import Layers
from engine.execution.results import FeelValue
from engine.facts.organisation import Organisation
from engine.services import access, agreements, documents, history, steps
from engine.services.access import Right
from engine.services.facts import CaseFacts, gather
from engine.services.history import Act, Event, Reading
from engine.services.runtime import Runtime
from engine.storage import queries
from engine.storage.queries import Narrowing as Narrowing  # noqa: PLC0414 - whoever asks for an inbox narrows it
from engine.storage.queries import Position as Position  # noqa: PLC0414 - and turns its pages
from engine.storage.tables import Case, Participant, Person, ProcessInstance, WorkItem

Answer = TypeVar("Answer")

COUNTED = 100
"""Where counting stops: a page says "över 99"."""


class Unsaved(SamspelError):
    """The work item could not take what was sent; ``answers`` has all of it, for the page to show again."""

    def __init__(self, answers: Mapping[str, Any], **names: object) -> None:
        self.answers = dict(answers)
        super().__init__(**names)


class AlreadyCompleted(Unsaved):
    """Somebody else completed the work item first."""

    sv = "Uppgiften ”{name}” är redan slutförd av {by}. Det du skrev finns kvar här."
    en = "The work item ”{name}” has been completed by {by}. What you wrote is kept here."


class WorkItemMoved(Unsaved):
    """The case went on without the work item: it was cancelled."""

    sv = "Uppgiften ”{name}” behövs inte längre; ärendet har gått vidare. Det du skrev finns kvar här."
    en = "The work item ”{name}” is no longer needed; the case has moved on. What you wrote is kept here."


class ClaimedByAnother(Unsaved):
    """Somebody else is working on it."""

    sv = "{by} arbetar med uppgiften ”{name}”. Det du skrev finns kvar här."
    en = "{by} is working on ”{name}”. What you wrote is kept here."


class DatabaseBusy(Unsaved):
    """The database broke the completion off twice; it may be sent again."""

    sv = "Databasen är upptagen, och uppgiften sparades inte. Det du skrev finns kvar här. Försök igen om en stund."
    en = "The database is busy, and the work item was not saved. What you wrote is kept here. Try again in a while."


class DraftOvertaken(Unsaved):
    """The draft was saved from elsewhere meanwhile: by a colleague, or in another tab. Both texts are there to compare."""

    sv = "{by} har sparat en annan text i ”{name}” medan du skrev. Din text är inte sparad, men finns kvar här."
    en = "{by} has saved another text in “{name}” while you were writing. Yours is not saved, but is kept here."

    def __init__(self, answers: Mapping[str, Any], draft: Draft, **names: object) -> None:
        self.draft = draft
        super().__init__(answers, **names)


class InvalidAnswers(Unsaved):
    """Some fields have to be put right; ``fields`` has a sentence for each."""

    sv = "Uppgiften ”{name}” kan inte slutföras än. Rätta: {which}."
    en = "The work item ”{name}” cannot be completed yet. Correct: {which}."

    def __init__(self, answers: Mapping[str, Any], fields: Mapping[str, Complaint], **names: object) -> None:
        self.fields = dict(fields)
        super().__init__(answers, which=", ".join(fields), **names)


class CannotTakeOver(SamspelError):
    """The work item cannot be handed to that person."""

    sv = "{person} kan inte ta över uppgiften ”{name}”: personen finns inte, kan inte logga in eller får inte göra den."
    en = "{person} cannot take over ”{name}”: unknown, unable to log in, or not allowed to do it."


@dataclass(frozen=True)
class Draft:
    """What somebody has written and not sent."""

    answers: Mapping[str, Any]
    version: int
    """Which draft of the work item it is; 0 where there is none yet."""
    by: str | None
    at: datetime | None


@dataclass(frozen=True)
class Entry:
    """One line of an inbox. The child is initials and birth year, nothing more."""

    id: int
    name: str
    element: str
    process: str
    role: str | None
    queue: str
    case: str | None
    child: str | None
    purpose: str
    unit: str | None
    agreement: str
    due_at: datetime | None
    urgency_at: datetime
    """``due_at``, or the end of time: with ``id`` where a page ends and the next begins (Position)."""
    overdue: bool
    explanation: Mapping[str, Any] | None
    """Why this date: see engine/services/facts.py."""
    priority: int
    created_at: datetime
    claimed_by: str | None
    for_whom: str | None
    """Whose place the reader would take."""
    held: bool
    """Whether an incident holds it."""


@dataclass(frozen=True)
class Task:
    """One work item with all that its page needs."""

    entry: Entry
    form: Form | None
    """The form as the release has it, or none."""
    values: Mapping[str, Any]
    """What the fields hold: the draft, else what the drawing prefills."""
    variables: Mapping[str, Any]
    """What the form's expressions may read."""
    routing: tuple[Mapping[str, Any], ...]
    draft_by: str | None
    draft_at: datetime | None
    draft_version: int
    """What whoever saves the next draft says that they had before them."""
    effects: frozenset[str] = frozenset()
    """The task types that the answers are given to: whether it is a signature, a decision ..."""
    warnings: tuple[Mapping[str, str], ...] = ()
    """What must go by which day, or no longer can, for the case to keep its limits (000-6); each in ``sv`` and ``en``."""


@dataclass(frozen=True)
class Next:
    """One thing that waits after a step."""

    id: int
    name: str
    element: str
    queue: str
    unit: str | None
    """Which unit it is about or lies with, where several get the same step."""
    due_at: datetime | None
    mine: bool


def inbox(runtime: Runtime, person: str, narrowing: Narrowing | None = None, limit: int = 50) -> list[Entry]:
    """Return what waits for a person, what breaks first in front; the cost does not follow how much waits in all."""
    with runtime.database.reading() as session:
        at = runtime.clock.now()
        organisation = runtime.organisation(session)
        ids = queries.inbox_ids(session, person, access.places(organisation, person, at), at, limit, narrowing or Narrowing())
        items = queries.items_by_id(session, ids)
        cases = _cases(session, items)
        rights = ((item, access.right_to(organisation, person, item, at)) for item in items)
        return [_entry(item, cases.get(item.case_id or 0), right, at) for item, right in rights if right]


def waiting(runtime: Runtime, person: str, narrowing: Narrowing | None = None) -> int:
    """Return how many items wait for a person, at most 100: more is said as "över 99"."""
    with runtime.database.reading() as session:
        at = runtime.clock.now()
        places = access.places(runtime.organisation(session), person, at)
        return len(queries.inbox_ids(session, person, places, at, COUNTED, narrowing or Narrowing()))


@dataclass(frozen=True)
class HandedOver:
    """Something that was handed over and may be taken back."""

    id: int
    name: str
    element: str
    case: str | None
    child: str | None
    to: str
    """The queue in which it lies now."""
    by: str | None
    due_at: datetime | None


def handed_over(runtime: Runtime, person: str, limit: int = 20) -> list[HandedOver]:
    """Return what was handed over out of a person's queues and is not done yet: what they may take back."""
    with runtime.database.reading() as session:
        at = runtime.clock.now()
        organisation = runtime.organisation(session)
        own = {place.queue for place in access.places(organisation, person, at)}
        found = queries.handed_over(session, own, limit)
        items = [one for one in found if one.queue not in own and one.delegated_from in access.queues(organisation, person, at, one.purpose)]
        cases = _cases(session, items)
        return [
            HandedOver(one.id, one.name, one.element, case.reference if case else None, _short(case), one.queue, one.delegated_by, one.due_at)
            for one in items
            if person not in one.excluded
            for case in [cases.get(one.case_id or 0)]
        ]


def show(runtime: Runtime, person: str, work_item: int) -> Task:
    """Return a work item with its form to somebody who may do it; that it was read stands in its history.

    Raises NoSuchWorkItem, NotYours, AlreadyCompleted and WorkItemMoved.
    """
    with _told_to_its_own(runtime, person, work_item), runtime.database.reading() as session:
        at = runtime.clock.now()
        organisation = runtime.organisation(session)
        item = _open_item(session, work_item, {})
        right = access.require_right(organisation, person, item, at)
        instance = item.instance
        release = runtime.releases.get(instance.release)
        facts = gather(session, organisation, release, steps.subject_of(instance), at)
        task = Task(
            _entry(item, instance.case, right, at),
            release.forms.get(item.form) if item.form else None,
            item.draft if item.draft is not None else plain(from_json(item.inputs)),
            form_context(instance, item, facts),
            tuple(item.routing),
            item.draft_by,
            item.draft_at,
            item.draft_version,
            frozenset(str(item.properties.get("effect") or "").split()),
            agreements.countdown(release, instance.agreement, steps.milestones_of(instance), at),
        )
    history.log_reading(runtime, person, Reading("work_item", item.case_id, item.instance_id, item.id, item.name, item.element))
    return task


def names_of(runtime: Runtime, person: str, work_items: Collection[int]) -> list[Next]:
    """Return what a step left waiting, for whoever took it: what, for whom, by when, and whether it is theirs to do."""
    with runtime.database.reading() as session:
        at = runtime.clock.now()
        organisation = runtime.organisation(session)
        items = session.scalars(select(WorkItem).where(WorkItem.id.in_(work_items), WorkItem.closed_at.is_(None)).order_by(WorkItem.id))
        return [
            Next(item.id, item.name, item.element, item.queue, item.unit_id, item.due_at, access.right_to(organisation, person, item, at) is not None)
            for item in items
        ]


def claim(runtime: Runtime, person: str, work_item: int) -> None:
    """Become the actual owner. Raises NotYours, ClaimedByAnother, AlreadyCompleted, WorkItemMoved, NoSuchWorkItem and DatabaseBusy."""

    def act() -> None:
        with _changing(runtime, person, work_item) as change:
            until = _recheck_at(change.organisation, person, change.act.at)
            change.write(claimed_by=person, claimed_for=change.act.for_whom, claimed_at=change.act.at, claimed_until=until)
            change.tell("claimed")

    _patiently(act)


def release(runtime: Runtime, person: str, work_item: int) -> None:
    """Give the work item back to its queue, draft and all. Raises as claim does."""

    def act() -> None:
        with _changing(runtime, person, work_item) as change:
            change.write(**_FREE)
            change.tell("released")

    _patiently(act)


def delegate(runtime: Runtime, person: str, work_item: int, to: str) -> None:
    """Hand one work item to another person, who then does it for the one who handed it over (000-1, 003-1).

    Raises CannotTakeOver besides what claim raises. Whoever has the queue that it came from may take it back.
    """

    def act() -> None:
        with _changing(runtime, person, work_item) as change:
            item = change.item
            if not change.organisation.can_log_in(to, change.act.at) or to in item.excluded:
                raise CannotTakeOver(person=_name(change.organisation, to), name=item.name)
            change.write(queue=f"person:{to}", delegated_by=person, delegated_from=item.delegated_from or item.queue, **_FREE)
            change.tell("delegated", to=to)

    _patiently(act)


def take_back(runtime: Runtime, person: str, work_item: int) -> None:
    """Put a work item that was handed over back into the queue it came from.

    Raises NotYours for others than those of that queue, and DatabaseBusy.
    """

    def act() -> None:
        with _told_to_its_own(runtime, person, work_item), runtime.database.writing() as session:
            at = runtime.clock.now()
            item = _open_item(session, work_item, {})
            organisation = runtime.organisation(session)
            own = access.queues(organisation, person, at, item.purpose)
            if item.delegated_from is None or item.delegated_from not in own or person in item.excluded:
                raise access.NotYours(name=item.name, person=person, work_item=item.id)
            change = _Change(session, organisation, item, Act(at, person, own[item.delegated_from]), {})
            change.write(queue=item.delegated_from, delegated_by=None, delegated_from=None, **_FREE)
            change.tell("taken back")

    _patiently(act)


def save_draft(runtime: Runtime, person: str, work_item: int, answers: Mapping[str, Any], version: int | None = None) -> int:
    """Keep what is written so far, without judging it, and return the number of the draft.

    ``version`` is the draft that the writer had before them: where another has been saved since, DraftOvertaken brings it, and it stays.
    None overwrites whatever is there. Raises as claim does, with the answers kept in the error.
    """

    def act() -> int:
        with _changing(runtime, person, work_item, answers, alone=True) as change:
            item, written = change.item, without_nul(answers)
            _require_newest(change.organisation, item, answers, version)
            if item.draft != written:
                change.write(draft=written, draft_by=person, draft_at=change.act.at, draft_version=item.draft_version + 1)
                return item.draft_version + 1
            return item.draft_version

    return _patiently(act, answers)


def complete(runtime: Runtime, person: str, work_item: int, answers: Mapping[str, Any], version: int | None = None) -> steps.Taken:
    """Check the answers, record them and move the case on: all of it or none.

    ``version`` is as for ``save_draft``: another's draft that the writer has not seen is not lost in silence.
    Raises InvalidAnswers, AlreadyCompleted, WorkItemMoved, ClaimedByAnother, DraftOvertaken and DatabaseBusy with the answers kept;
    NotYours; NoSuchWorkItem; and StepFailed when the drawing could not go on: then the answers are kept as a draft and an incident is open.
    """
    try:
        with _told_to_its_own(runtime, person, work_item):
            return steps.take(runtime, Completion(work_item, person, without_nul(answers), version=version))
    except steps.DatabaseBusy as busy:
        raise DatabaseBusy(answers, work_item=work_item) from busy


@dataclass(frozen=True)
class Outcome:
    """What became of one of several work items."""

    work_item: int
    failure: SamspelError | None


def each(work_items: Iterable[int], act: Callable[[int], object]) -> list[Outcome]:
    """Do the same with several work items, each in a transaction of its own: one that fails keeps none of the others from succeeding.

    One that is somebody else's is told of as one that is not there.
    """
    done = []
    for one in work_items:
        try:
            act(one)
            done.append(Outcome(one, None))
        except access.NotYours:
            done.append(Outcome(one, access.NoSuchWorkItem(work_item=one)))
        except SamspelError as failure:
            done.append(Outcome(one, failure))
    return done


def _patiently(act: Callable[[], Answer], answers: Mapping[str, Any] | None = None) -> Answer:
    """Do it again once where the database breaks it off for another's sake. Raises DatabaseBusy the second time, with the answers kept."""
    try:
        try:
            return act()
        except OperationalError:
            return act()
    except OperationalError as error:
        raise DatabaseBusy(answers or {}) from error


def _require_newest(organisation: Organisation, item: WorkItem, answers: Mapping[str, Any], version: int | None) -> None:
    """Check that the writer has seen the draft that is there. The same text twice is no conflict."""
    if version is None or item.draft is None or item.draft_version <= version or item.draft == without_nul(answers):
        return
    draft = Draft(item.draft, item.draft_version, item.draft_by, item.draft_at)
    raise DraftOvertaken(answers, draft, name=item.name, by=_name(organisation, item.draft_by), work_item=item.id)


@dataclass
class Completion:
    """The action of completing a work item."""

    work_item: int
    person: str
    sent: Mapping[str, Any]
    """As the person wrote it, for the draft and the error."""
    answers: Mapping[str, FeelValue] = field(default_factory=dict)
    """As the form understood it, once it has been asked."""
    item: WorkItem | None = None
    version: int | None = None
    """Which draft the person had before them."""
    family: tuple[str, ...] = ()
    """For whom in the family somebody else completes it: ``participant:ID``, for history holds no name of theirs."""
    papers: frozenset[str] | None = None
    """Ids of the documents that lie with the draft; none where the form asks for no files."""
    added: list[dict[str, Any]] = field(default_factory=list)
    """What the history says of the documents that were sent in with it."""

    def find(self, session: Session) -> int:
        """Return the item's instance, and keep the item so that the session need not read it again."""
        self.item = _open_item(session, self.work_item, self.sent)
        return self.item.instance_id

    def prepare(self, runtime: Runtime, session: Session, instance: ProcessInstance) -> tuple[Act, WorkItem | None]:
        """Check that the item is open and the person may still complete it."""
        at = runtime.clock.now()
        if self.item is None or self.item not in session:
            self.item = _open_item(session, self.work_item, self.sent)
        right = _require_right(runtime.organisation(session), self.person, self.item, at, self.sent)
        _require_newest(runtime.organisation(session), self.item, self.sent, self.version)
        self.family = _family_of(session, self.item)
        form = runtime.releases.get(instance.release).forms.get(self.item.form or "")
        self.papers = frozenset(documents.of_work_item(session, self.item.id)) if documents.asks_for_files(form) else None
        return Act(at, self.person, right.for_whom), self.item

    def run(self, release: Release, instance: ProcessInstance, facts: CaseFacts) -> Step:
        """Let the form judge the answers, then complete the task in the drawing."""
        assert self.item is not None
        sent = self.sent if self.papers is None else documents.own_only(release.forms[self.item.form or ""], self.sent, self.papers)
        self.answers = _judged(release, instance, self.item, facts, sent)
        if self.papers is not None:
            self.papers = documents.named(release.forms[self.item.form or ""], self.answers)
        try:
            return execution.complete(release, instance.state, self.item.task_id, self.answers, facts, facts.at)
        except execution.NotOpen as error:
            raise WorkItemMoved(self.sent, name=self.item.name, work_item=self.item.id) from error

    def events(self) -> Iterator[Event]:
        """Who completed what, and for which members of the family, by their rows; the answers stand in the work item, proved by their hash."""
        assert self.item is not None
        details = {"work_item": self.work_item, "digest": steps.digest(self.answers)}
        if self.family:
            details["on_behalf_of"] = list(self.family)
        if self.added:
            details["documents"] = self.added
        yield Event("completed", self.item.element, self.item.name, steps.rules_of(self.item.properties), details)

    def write(self, session: Session, act: Act, item: WorkItem | None) -> None:
        """Close the item; if somebody claimed it in between, the step is taken again and tells so."""
        assert item is not None
        values = {"closed_at": act.at, "closed_by": act.by, "closed_for": act.for_whom, "outcome": "completed", "answers": plain(self.answers)}
        if not queries.change_item(session, item.id, item.claimed_by, item.queue, {**values, "incident_id": None}):
            raise steps.Overtaken
        if self.papers is not None:
            self.added = documents.settle(session, item, self.papers, act.at)
        if item.incident_id is not None:
            steps.close_incident(session, item.incident_id, act.at, self.person)

    def recipe(self) -> dict[str, Any]:
        """Return what a retry needs."""
        return {"kind": "complete", "work_item": self.work_item, "by": self.person, "answers": dict(self.sent)}


def _family_of(session: Session, item: WorkItem) -> tuple[str, ...]:
    """Return the members of the family for whom an item lies with somebody else: the one it names, else all whom its role means."""
    if not item.routing or item.routing[-1].get("for") is None:
        return ()
    there = (Participant.case_id == item.case_id, Participant.left_at.is_(None), Participant.kind == item.role)
    found = session.execute(select(Participant.id, Participant.name).where(*there).order_by(Participant.id)).all()
    named = [one.id for one in found if one.name == item.inputs.get("name")]
    return tuple(f"participant:{id_}" for id_ in named or [one.id for one in found])


def _judged(release: Release, instance: ProcessInstance, item: WorkItem, facts: CaseFacts, sent: Mapping[str, Any]) -> Mapping[str, FeelValue]:
    """Return the answers as the form understands them. Raises InvalidAnswers, and StepFailed where the form itself is at fault."""
    if item.form is None:
        return {}
    try:
        answers, complaints = execution.validate(release.forms[item.form], sent, form_context(instance, item, facts))
    except (FeelError, KeyError) as error:
        said = error if isinstance(error, SamspelError) else execution.NoSuchProcess(process=item.form)
        raise StepFailed(file=item.form, element=item.element, name=item.name, reason=said.sentence("sv"), reason_en=said.sentence("en")) from error
    if complaints:
        raise InvalidAnswers(sent, complaints, name=item.name, work_item=item.id)
    return answers


def form_context(instance: ProcessInstance, item: WorkItem, facts: CaseFacts) -> Mapping[str, FeelValue]:
    """Return what a form's own expressions read: the facts and the task's inputs."""
    return Layers(from_json(item.inputs), facts(steps.milestones_of(instance)))


_FREE: Mapping[str, None] = {"claimed_by": None, "claimed_for": None, "claimed_at": None, "claimed_until": None}


@dataclass(frozen=True)
class _Change:
    """A change of a work item that does not move its case."""

    session: Session
    organisation: Organisation
    item: WorkItem
    act: Act
    answers: Mapping[str, Any]

    def write(self, **values: Any) -> None:  # noqa: ANN401 - columns
        """Change the item if it is still as it was read."""
        if not queries.change_item(self.session, self.item.id, self.item.claimed_by, self.item.queue, values):
            self.session.expire(self.item)
            item = _open_item(self.session, self.item.id, self.answers)
            _require_right(self.organisation, self.act.by or "", item, self.act.at, self.answers)
            raise ClaimedByAnother(self.answers, name=item.name, by=_name(self.organisation, item.claimed_by or item.delegated_by))

    def tell(self, kind: str, **details: Any) -> None:  # noqa: ANN401 - JSON
        """Write it in the history."""
        item = self.item
        event = Event(kind, item.element, item.name, steps.rules_of(item.properties), {"work_item": item.id, **details})
        history.add(self.session, self.act, [event], case_id=item.case_id, instance_id=item.instance_id)


@contextmanager
def _changing(runtime: Runtime, person: str, work_item: int, answers: Mapping[str, Any] | None = None, *, alone: bool = False) -> Iterator[_Change]:
    """Open the one transaction of a change, for somebody who may make it; ``alone`` lets nobody else change the item from its reading on."""
    kept = answers or {}
    with _told_to_its_own(runtime, person, work_item), runtime.database.writing() as session:
        if alone:
            queries.lock_item(session, work_item)
        at = runtime.clock.now()
        organisation = runtime.organisation(session)
        item = _open_item(session, work_item, kept)
        right = _require_right(organisation, person, item, at, kept)
        yield _Change(session, organisation, item, Act(at, person, right.for_whom), kept)


@contextmanager
def _told_to_its_own(runtime: Runtime, person: str, work_item: int) -> Iterator[None]:
    """Tell that a work item is done or no longer needed to those whose it was; to others there is none of that number."""
    try:
        yield
    except (AlreadyCompleted, WorkItemMoved) as gone:
        with runtime.database.reading() as session:
            item = session.get(WorkItem, work_item)
            if item is None or not access.may_know_of(runtime, session, person, item):
                raise access.NoSuchWorkItem(work_item=work_item) from gone
        raise


def without_nul(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return JSON without the sign U+0000, which no browser writes and PostgreSQL cannot keep."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, Mapping):
        return {without_nul(key): without_nul(entry) for key, entry in value.items()}
    return [without_nul(entry) for entry in value] if isinstance(value, list | tuple) else value


def _open_item(session: Session, work_item: int, answers: Mapping[str, Any]) -> WorkItem:
    item = queries.item_in_its_case(session, work_item)
    if item is None:
        raise access.NoSuchWorkItem(work_item=work_item)
    if item.closed_at is None:
        return item
    if item.outcome == "completed":
        by = session.get(Person, item.closed_by) if item.closed_by else None
        raise AlreadyCompleted(answers, name=item.name, by=by.name if by else item.closed_by, work_item=item.id)
    raise WorkItemMoved(answers, name=item.name, work_item=item.id)


def _require_right(organisation: Organisation, person: str, item: WorkItem, at: datetime, answers: Mapping[str, Any]) -> Right:
    """Return the person's right to an item that nobody else is working on."""
    right = access.require_right(organisation, person, item, at)
    owner = item.claimed_by
    if owner not in (None, person) and access.right_to(organisation, owner or "", item, at) is not None:
        raise ClaimedByAnother(answers, name=item.name, by=_name(organisation, owner), work_item=item.id)
    return right


def _recheck_at(organisation: Organisation, person: str, at: datetime) -> datetime | None:
    """Return the first moment when a person's rights may have shrunk: from then on others see what they hold."""
    periods = chain(
        ((one.person, one.valid) for one in organisation.assignments),
        ((one.person, one.valid) for one in organisation.deputyships),
        ((one.person, one.valid) for one in organisation.delegations),
        ((one.person, one.valid) for one in organisation.members),
    )
    last = min((valid.last for who, valid in periods if who == person and valid.covers(at) and valid.last), default=None)
    return datetime.combine(last + timedelta(days=1), time(), STOCKHOLM).astimezone(UTC) if last else None


def _name(organisation: Organisation, person: str | None) -> str:
    known = organisation.person(person) if person else None
    return known.name if known else person or ""


def _cases(session: Session, items: Iterable[WorkItem]) -> Mapping[int, Case]:
    ids = {item.case_id for item in items if item.case_id is not None}
    return {case.id: case for case in session.scalars(select(Case).where(Case.id.in_(ids)))} if ids else {}


def _short(case: Case | None) -> str | None:
    """Return what may stand of a child outside of the case."""
    return f"{case.child.initials} {case.child.birth_date.year}" if case else None


def _entry(item: WorkItem, case: Case | None, right: Right, at: datetime) -> Entry:
    return Entry(
        id=item.id,
        name=item.name,
        element=item.element,
        process=item.process,
        role=item.role,
        queue=item.queue,
        case=case.reference if case else None,
        child=_short(case),
        purpose=item.purpose,
        unit=item.unit_id,
        agreement=item.instance.agreement,
        due_at=item.due_at,
        urgency_at=item.urgency_at,
        overdue=item.due_at is not None and item.due_at < at,
        explanation=item.explanation,
        priority=item.priority,
        created_at=item.created_at,
        claimed_by=item.claimed_by,
        for_whom=right.for_whom,
        held=item.incident_id is not None,
    )
