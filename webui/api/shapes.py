"""What goes in and out of the API: the OpenAPI document is made from these."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime
from typing import Annotated, Any, Literal

from personnummer import personnummer
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

LARGEST_ID = 2**63 - 1
"""What a database counts to."""
MOST = 100
"""Rows of one page."""
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
LONGEST_NAME, LONGEST_TEXT = 200, 20_000

Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, pattern=r"\S")]
Id = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
Wanted = Annotated[str, Field(max_length=LONGEST_NAME)]
"""What a list is narrowed to; nothing where it is empty."""
Text = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT, pattern=r"\S")]


def _day(written: object) -> object:
    """Take a day as it is written, and nothing that only could be meant as one."""
    if isinstance(written, str) and DAY.fullmatch(written):
        with suppress(ValueError):
            return date.fromisoformat(written)
    raise PydanticCustomError("day", "not a day")


Day = Annotated[date, BeforeValidator(_day)]
Number = Annotated[int, Field(ge=1, le=LARGEST_ID)]


class Sent(BaseModel):
    """What a caller sends: nothing but what is described."""

    model_config = ConfigDict(extra="forbid")


class Given(BaseModel):
    """What a caller is given."""

    model_config = ConfigDict(from_attributes=True)


class WorkItemPath(BaseModel):
    """Which work item."""

    work_item: Number = Field(description="The work item's id.", examples=[17])


class CasePath(BaseModel):
    """Which case."""

    reference: str = Field(min_length=1, max_length=40, description="The case's reference.", examples=["2026-B7K2MP"])


class DeviationPath(BaseModel):
    """Which deviation."""

    deviation: Number = Field(description="The deviation's id.", examples=[4])


class ProblemPath(BaseModel):
    """Which type of problem."""

    name: str = Field(min_length=1, max_length=60, description="The last part of its type.", examples=["not-found"])


class InboxQuery(Sent):
    """How to narrow the inbox, and which page of it."""

    case: Wanted = Field("", description="Reference of a case.")
    unit: Wanted = Field("", description="Id of the unit that the work is about.")
    role: Wanted = Field("", description="The case role that the work waits for, as the drawing names it.")
    overdue: bool = Field(default=False, description="Only what is late.")
    limit: int = Field(50, ge=1, le=MOST, description="Work items of a page.")
    after: str = Field("", pattern=r"^([0-9]{1,18}\.[0-9]{1,18})?$", description="Where the page begins: the ``next`` of the page before.")


class Named(Given):
    """Something with an id and a name."""

    id: str
    name: str


class Why(Given):
    """Why a date is what it is."""

    sentence: str = Field(examples=["Mötet ska hållas inom 14 dagar från chefens beslut 2 mars (Norrbus, 001-4)."])
    rules: list[str] = Field(examples=[["001-4"]])
    sources: list[str]


class WorkItem(Given):
    """One line of an inbox. The child is initials and birth year, nothing more."""

    id: int
    name: str = Field(examples=["Besluta om kallelse"])
    element: str = Field(description="Id of the element in the drawing.")
    process: str
    role: str | None
    queue: str = Field(description="Whose it is: person:ID, position:ID, unit:ID, group:ID or role:process_owner.")
    queue_name: str
    case: str | None = Field(description="Reference of its case; none where it belongs to no case.")
    child: str | None = Field(examples=["ME 2014"])
    purpose: Literal["case", "deviation", "dispute"]
    unit: Named | None
    due_at: datetime | None
    overdue: bool
    why: Why | None
    priority: int
    created_at: datetime
    claimed_by: Named | None
    for_whom: str | None = Field(description="In whose place you would do it, as deputy.")
    held: bool = Field(description="Whether an error stopped it the last time; it may be tried again.")


class Inbox(Given):
    """A page of what waits, what breaks first in front."""

    items: list[WorkItem]
    next: str | None = Field(description="Give it as ``after`` for the next page; none on the last.")


class Choice(Given):
    """One thing to choose."""

    label: str
    value: Any


class FormField(Given):
    """One component of a form, with the answers so far. Hidden fields need no answer; conditions follow the answers that were saved last."""

    path: str = Field(description="Where its answer lies in ``answers``: ``goals.0.goal`` is the first row's. Empty where it holds none.")
    type: str = Field(examples=["textarea", "radio", "datetime", "dynamiclist"])
    subtype: str | None = Field(description="Of a datetime: date, time or datetime.")
    label: str
    hint: str | None
    required: bool
    hidden: bool
    read_only: bool = Field(description="Known already; an answer to it is ignored.")
    value: Any
    choices: list[Choice]
    fields: list[FormField] = Field(description="What lies in a group.")
    rows: list[list[FormField]] = Field(description="What lies in each row of a list.")
    row: list[FormField] = Field(description="What a new row of a list asks for.")


class WorkItemDetail(WorkItem):
    """One work item with its form and what it needs."""

    form: list[FormField]
    answers: dict[str, Any] = Field(description="The draft, else what the drawing prefills.")
    draft_by: Named | None
    draft_at: datetime | None
    draft_version: int = Field(description="Send it with your answers, and no draft of another is overwritten unseen.")
    warnings: list[str] = Field(description="What must go by which day for the case to keep its limits, or no longer can.")
    routing: list[str] = Field(description="Why it lies where it lies.")


class Answers(Sent):
    """What was answered, by the paths of the form."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"answers": {"need": "Maja orkar inte med skoldagen."}}]})

    answers: dict[str, Any]
    draft_version: Annotated[int, Field(ge=0, le=LARGEST_ID)] | None = Field(
        None, description="The draft that the writer had before them: where another was saved since, nothing is overwritten. None overwrites it."
    )


class Draft(Given):
    """A draft that has been saved."""

    draft_version: int


class Next(Given):
    """One thing that waits after a step."""

    id: int
    name: str
    queue_name: str
    due_at: datetime | None
    mine: bool = Field(description="Whether you may do it.")


class Completed(Given):
    """What a step came to."""

    case: str | None
    ended: bool = Field(description="Whether the process has ended.")
    outcome: str | None
    waiting: list[Next]


class NewChild(Sent):
    """The child that a case is about."""

    name: Name = Field(examples=["Maja Exempelsson"])
    birth_date: Day = Field(examples=["2014-03-14"])
    identity_number: str | None = Field(None, min_length=1, max_length=20, examples=["20140314-2387"])
    municipality: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)] | None = None

    @field_validator("identity_number")
    @classmethod
    def _right(cls, number: str | None) -> str | None:
        if number is None:
            return None
        if not personnummer.valid(number):
            raise PydanticCustomError("identity_number", "not an identity number")
        return str(personnummer.parse(number).format(long_format=True))


class NewCase(Sent):
    """A need that somebody has seen."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"agreement": "norrtalje", "unit": "skolan", "child": {"name": "Maja Exempelsson", "birth_date": "2014-03-14"}}]
        }
    )

    agreement: Id = Field(description="One of those that ``/me`` lists for the unit.")
    unit: Id = Field(description="Where you work, and report from.")
    child: NewChild


class Started(Given):
    """A case that has begun."""

    reference: str = Field(examples=["2026-B7K2MP"])
    work_items: list[int] = Field(description="What now waits, the report itself first.")


class Child(Given):
    """The child."""

    name: str
    birth_date: date
    identity_number: str | None
    municipality: str | None


class Participant(Given):
    """One who takes part, or took part."""

    kind: str
    role: str
    name: str
    unit: str | None
    person: str | None
    joined_at: datetime
    left_at: datetime | None


class Happening(Given):
    """One row of the history."""

    at: datetime
    kind: str = Field(examples=["completed", "record_decision"])
    element: str | None
    name: str | None
    by: str | None = Field(description="Who did it; none where the clock did.")
    for_whom: str | None
    rules: list[str]


class Wait(Given):
    """One thing that a step waits for."""

    name: str
    work_item: int | None = Field(description="None where it waits for time.")
    mine: bool
    queue_name: str | None
    since: datetime
    until: datetime | None
    late: bool


class Station(Given):
    """One step of a drawing, and how the case stands to it."""

    element: str
    name: str
    state: Literal["coming", "done", "waiting", "late", "not_taken"]
    times: int = Field(description="How often it was done.")
    last_at: datetime | None
    waits: list[Wait]


class Stage(Given):
    """One phase of a process."""

    name: str
    state: Literal["coming", "done", "waiting", "late", "not_taken"]
    until: datetime | None


class Run(Given):
    """One drawing of the case."""

    process: str
    name: str
    purpose: str
    state: Literal["coming", "done", "waiting", "late", "not_taken"]
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    stages: list[Stage]
    stations: list[Station]


class Case(Given):
    """A case: where it stands and what has happened. That it was read stands in its history."""

    reference: str
    agreement: str
    child: Child
    opened_at: datetime
    closed_at: datetime | None
    outcome: str | None
    participants: list[Participant]
    waiting: list[Next]
    progress: list[Run]
    history: list[Happening]


class NewDeviation(Sent):
    """Somebody did not do what the agreement says. The report then waits for you as a work item, prefilled with what is given here."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"agreement": "norrtalje", "unit": "skolan", "description": "Ingen kom från barnpsykiatrin till mötet."}]}
    )

    agreement: Id
    unit: Id = Field(description="Where you work, and report from.")
    case: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    concerned_unit: Id | None = Field(None, description="The unit that it concerns.")
    concerned: list[Id] = Field(default=[], max_length=20, description="Ids of the persons whom it concerns: no manager's task goes to them.")
    description: Text | None = None
    happened_on: Day | None = None
    proposal: Text | None = None


class Rung(Given):
    """One task on a deviation's way up."""

    name: str
    queue_name: str
    since: datetime
    due_at: datetime | None
    why: Why | None
    ended_at: datetime | None
    by: str | None
    by_clock: bool = Field(description="Whether it was lifted because its time was out.")


class Remark(Given):
    """What somebody wrote to those who follow a deviation."""

    at: datetime
    by: str | None
    name: str | None
    text: str


class Deviation(Given):
    """A deviation as the register has it."""

    id: int
    case: str | None
    agreement: str
    reporter: str
    reporter_unit: str
    concerned_unit: str | None
    description: str | None
    happened_on: date | None
    level: int = Field(description="0 while it is written, 1 at the first who must act, one more for each lift.")
    status: str
    reported_at: datetime
    ended_at: datetime | None
    waiting_for: list[str]
    open_work: list[int] = Field(description="Ids of its open work items.")


class DeviationDetail(Deviation):
    """A deviation with its way so far."""

    ladder: list[Rung]
    notes: list[Remark]


class Deviations(Given):
    """The open deviations that one may see, the oldest first."""

    items: list[Deviation]


class Lift(Sent):
    """Why a deviation is lifted."""

    reason: Text = Field(examples=["Två veckor har gått utan svar."])


class Place(Given):
    """A unit where one works, and under which agreements one may report from it."""

    id: str
    name: str
    agreements: list[Named]


class Me(Given):
    """For whom the token works."""

    person: str
    name: str
    titles: list[str]
    units: list[Place]


class Clock(Given):
    """The demonstration's time."""

    now: datetime
    next_due: datetime | None = Field(description="When something happens by itself the next time.")
    fired: int = Field(description="How many processes went on by themselves because of the move.")


class Move(Sent):
    """How far to move the demonstration's clock."""

    by: Literal["day", "week", "next_deadline"]


class Problem(BaseModel):
    """What went wrong, after RFC 9457."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "/api/problems/invalid-answers",
                    "title": "Svaren behöver rättas",
                    "status": 422,
                    "detail": "Uppgiften ”Beskriv behovet” kan inte slutföras än. Rätta: need.",
                    "fields": {"need": "Fyll i behovet."},
                    "answers": {"need": ""},
                }
            ]
        },
    )

    type: str = Field(description="Which problem: an address that stays, and describes it.")
    title: str
    status: int
    detail: str = Field(description="A sentence that says what is wrong, in Swedish or English as Accept-Language asks.")
    fields: dict[str, str] = Field(default={}, description="A sentence for each field that is wrong.")
    answers: dict[str, Any] = Field(default={}, description="What was sent, kept.")
    draft: dict[str, Any] = Field(default={}, description="The other draft: its answers, its draft_version, who saved it and when.")
    keys: list[str] = Field(default=[], description="The agreement's values that are not decided.")
    reference: str = Field(default="", description="What to tell support.")


class ProblemKind(BaseModel):
    """One type of problem."""

    type: str
    title: str
    status: int
    advice: str


class ProblemKinds(BaseModel):
    """Every type of problem."""

    items: list[ProblemKind]
