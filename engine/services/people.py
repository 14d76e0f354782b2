"""Who works where: reads the organisation from its rows, and changes them from a CSV file after a preview.

A file speaks for the units and groups that it lists: posts, holders, deputies, delegations and seats of theirs that it leaves out end
the day before. Nothing is deleted. Everything that it does not list stays as it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar, Literal, TypeVar, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import Language, SamspelError
from engine.facts import organisation as facts
from engine.services.people_file import Fault, Kind, PeopleFile, Statement, heading, read_people_file
from engine.storage.database import Database
from engine.storage.tables import (
    Assignment,
    Delegation,
    Deputy,
    OrganisationVersion,
    Party,
    Person,
    Position,
    SteeringGroup,
    SteeringMember,
    Unit,
)

Row = Party | Unit | Person | Position | Assignment | Deputy | Delegation | SteeringGroup | SteeringMember

_TABLES: Mapping[Kind, type[Row]] = {
    "party": Party,
    "unit": Unit,
    "person": Person,
    "position": Position,
    "assignment": Assignment,
    "deputy": Deputy,
    "delegation": Delegation,
    "group": SteeringGroup,
    "member": SteeringMember,
}
"""In the order in which rows may refer to each other."""

_OWN_ID: frozenset[Kind] = frozenset({"party", "unit", "person", "position", "group"})
"""The kinds that have an id of their own; the others tie such ones together."""

_REFERENCES: Mapping[Kind, Mapping[str, Kind]] = {
    "unit": {"party_id": "party"},
    "position": {"unit_id": "unit", "reports_to": "position"},
    "assignment": {"position_id": "position", "person_id": "person"},
    "deputy": {"position_id": "position", "person_id": "person"},
    "delegation": {"position_id": "position", "person_id": "person"},
    "member": {"group_id": "group", "position_id": "position", "person_id": "person"},
}

_WORDS: Mapping[Kind, tuple[str, str]] = {
    "party": ("huvudmannen", "party"),
    "unit": ("verksamheten", "unit"),
    "person": ("personen", "person"),
    "position": ("befattningen", "position"),
    "assignment": ("innehavet", "assignment"),
    "deputy": ("ersättaren", "deputy"),
    "delegation": ("delegationen", "delegation"),
    "group": ("gruppen", "group"),
    "member": ("ledamoten", "seat"),
}


class ImportRefused(SamspelError):
    """A file with people has faults; nothing of it was applied."""

    sv: ClassVar[str] = "{first_sv} Inget har ändrats."
    en: ClassVar[str] = "{first_en} Nothing was changed."

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        more_sv, more_en = (f" ({len(faults) - 1} fel till.)", f" ({len(faults) - 1} more faults.)") if len(faults) > 1 else ("", "")
        super().__init__(first_sv=f"{faults[0].sentence('sv')}.{more_sv}", first_en=f"{faults[0].sentence('en')}.{more_en}")


Action = Literal["add", "change", "end"]


@dataclass(frozen=True)
class Change:
    """One thing that an import does, or would do."""

    action: Action
    kind: Kind
    name: str
    """What it is about: the id, or the ids that it ties together."""
    values: Mapping[str, Any]
    """Column -> new value; of a change only what differs."""
    line: int | None = None
    """The row of the file; none for what ends because the file leaves it out."""

    def sentence(self, language: Language = "sv") -> str:
        """Return what it does, in a sentence."""
        thing = _WORDS[self.kind][language == "en"]
        if self.action == "end":
            last = self.values["valid_to"]
            return f"Avslutar {thing} {self.name}: sista dag {last}" if language == "sv" else f"Ends the {thing} {self.name}: last day {last}"
        if self.action == "add":
            return f"Lägger till {thing} {self.name}" if language == "sv" else f"Adds the {thing} {self.name}"
        new = ", ".join(f"{heading(self.kind, column)} = {_shown(value)}" for column, value in self.values.items())
        return f"Ändrar {thing} {self.name}: {new}" if language == "sv" else f"Changes the {thing} {self.name}: {new}"


@dataclass(frozen=True)
class Preview:
    """What a file would do on a day, and what is wrong in it."""

    changes: tuple[Change, ...]
    faults: tuple[Fault, ...]

    def count(self, action: Action) -> int:
        """Return how many changes are of an action."""
        return sum(change.action == action for change in self.changes)


def load_organisation(session: Session) -> facts.Organisation:
    """Return the whole organisation, past and planned days included. Whoever keeps it asks the organisation's version first."""
    return facts.Organisation(
        parties=tuple(facts.Party(row.id, row.name, row.kind, row.org_no, _period(row)) for row in _rows(session, Party)),
        units=tuple(
            facts.Unit(
                row.id,
                row.party_id,
                row.name,
                row.kind,
                row.level,
                row.age_min,
                row.age_max,
                row.email,
                tuple(row.agreements),
                _period(row),
            )
            for row in _rows(session, Unit)
        ),
        persons=tuple(facts.Person(row.id, row.name, row.username, row.email, _period(row), row.phone) for row in _rows(session, Person)),
        positions=tuple(
            facts.Position(row.id, row.unit_id, row.title, cast("facts.PositionRole", row.role), row.reports_to, _period(row), tuple(row.agreements))
            for row in _rows(session, Position)
        ),
        assignments=tuple(facts.Assignment(row.position_id, row.person_id, _period(row)) for row in _rows(session, Assignment)),
        deputyships=tuple(facts.Deputy(row.position_id, row.person_id, _period(row), frozenset(row.scope)) for row in _rows(session, Deputy)),
        delegations=tuple(facts.Delegation(row.position_id, row.person_id, _period(row), frozenset(row.scope)) for row in _rows(session, Delegation)),
        groups=tuple(
            facts.SteeringGroup(row.id, row.agreement, row.name, row.kind, row.quorum, _period(row)) for row in _rows(session, SteeringGroup)
        ),
        members=tuple(
            facts.Member(row.group_id, row.position_id, row.person_id, cast("facts.SeatRole", row.role), _period(row))
            for row in _rows(session, SteeringMember)
        ),
    )


def preview_import(database: Database, data: bytes, on: date, agreements: Collection[str] = ()) -> Preview:
    """Return what a file would change if it was applied on a Swedish day; nothing is written.

    ``agreements`` are the ids that the file may name; empty leaves them unchecked.
    """
    with database.reading() as session:
        plan = _plan(session, read_people_file(data), on, agreements)
    return plan.preview()


def apply_import(database: Database, data: bytes, on: date, agreements: Collection[str] = ()) -> Preview:
    """Apply a file in one transaction and return what it changed; a second run changes nothing.

    Raises :class:`ImportRefused` with every fault, and then changes nothing.
    """
    with database.writing() as session:
        plan = _plan(session, read_people_file(data), on, agreements)
        if plan.faults:
            raise ImportRefused(plan.faults)
        for step in plan.steps:
            step.write(session)
        if plan.steps:
            touch_organisation(session)
    return plan.preview()


def store_organisation(database: Database, organisation: facts.Organisation) -> None:
    """Write a whole organisation into tables that have none of it yet, in one transaction."""
    with database.writing() as session:
        for row in _rows_of(organisation):
            session.add(row)
            session.flush()
        touch_organisation(session)


def _rows_of(organisation: facts.Organisation) -> Iterator[Row]:  # noqa: C901 - one table after the other
    """The rows of a snapshot, each after those that it refers to."""
    for party in organisation.parties:
        yield Party(id=party.id, name=party.name, kind=party.kind, org_no=party.org_no, **_days(party.valid))
    for unit in organisation.units:
        yield Unit(
            id=unit.id,
            name=unit.name,
            party_id=unit.party,
            kind=unit.kind,
            level=unit.level,
            age_min=unit.age_min,
            age_max=unit.age_max,
            email=unit.email,
            agreements=list(unit.agreements),
            **_days(unit.valid),
        )
    for person in organisation.persons:
        yield Person(id=person.id, name=person.name, email=person.email, phone=person.phone, username=person.login, **_days(person.valid))
    written: set[str] = set()
    for post in organisation.positions:
        for above in reversed([post, *organisation.superiors(post.id)]):
            if above.id not in written:
                written.add(above.id)
                yield Position(
                    id=above.id,
                    unit_id=above.unit,
                    role=above.role,
                    title=above.title,
                    reports_to=above.reports_to,
                    agreements=list(above.agreements),
                    **_days(above.valid),
                )
    for tie in organisation.assignments:
        yield Assignment(position_id=tie.position, person_id=tie.person, **_days(tie.valid))
    for deputy in organisation.deputyships:
        yield Deputy(position_id=deputy.position, person_id=deputy.person, scope=sorted(deputy.scope), **_days(deputy.valid))
    for delegation in organisation.delegations:
        yield Delegation(position_id=delegation.position, person_id=delegation.person, scope=sorted(delegation.scope), **_days(delegation.valid))
    for group in organisation.groups:
        yield SteeringGroup(id=group.id, agreement=group.agreement, name=group.name, kind=group.kind, quorum=group.quorum, **_days(group.valid))
    for seat in organisation.members:
        yield SteeringMember(group_id=seat.group, position_id=seat.position, person_id=seat.person, role=seat.role, **_days(seat.valid))


def _days(valid: facts.Period) -> dict[str, Any]:
    return {"valid_from": valid.first, "valid_to": valid.last}


def touch_organisation(session: Session) -> None:
    """Count a change of the organisation, so that every process reads it anew."""
    version = session.get(OrganisationVersion, 1, with_for_update=True)
    if version is None:
        session.add(OrganisationVersion(id=1, number=1))
    else:
        version.number += 1
    session.flush()


@dataclass(frozen=True)
class _Step:
    """A change and the row that it changes; none where it adds one."""

    change: Change
    row: Row | None = None

    def write(self, session: Session) -> None:
        if self.row is None:
            session.add(_TABLES[self.change.kind](**self.change.values))
            session.flush()
            return
        for column, value in self.change.values.items():
            setattr(self.row, column, value)


@dataclass(frozen=True)
class _Plan:
    steps: tuple[_Step, ...]
    faults: tuple[Fault, ...]

    def preview(self) -> Preview:
        return Preview(tuple(step.change for step in self.steps), self.faults)


_Known = Mapping[Kind, list[Row]]
"""Every row that there is, by kind."""


def _plan(session: Session, file: PeopleFile, on: date, agreements: Collection[str]) -> _Plan:
    known = {kind: list(_rows(session, table)) for kind, table in _TABLES.items()}
    # A row that cannot be read would make every row that refers to it look wrong: first things first.
    faults = file.faults or (
        *_unknown(file, known),
        *_unknown_agreements(file, agreements),
        *_shared_usernames(file, known),
        *_rings(file, known),
    )
    if faults:
        return _Plan((), tuple(sorted(faults, key=lambda fault: fault.line)))
    stated, meant = _stated(file, known, on)
    return _Plan((*stated, *_left_out(file, known, on, meant)), ())


def _stated(file: PeopleFile, known: _Known, on: date) -> tuple[list[_Step], set[tuple[Kind, Any]]]:
    """Return what the file adds and changes, and the rows that it speaks of."""
    steps: list[_Step] = []
    meant: set[tuple[Kind, Any]] = set()
    for kind in _TABLES:
        rows: defaultdict[Hashable, list[Row]] = defaultdict(list)
        for known_row in known[kind]:
            rows[_thing(kind, known_row)].append(known_row)
        for one in _superiors_first([one for one in file.statements if one.kind == kind]):
            candidates = (row for row in rows[_thing(kind, one.values)] if (kind, row.id) not in meant)
            row = next((row for row in candidates if _means(one, row, on)), None)
            if row is None:
                steps.append(_Step(Change("add", kind, _name(one.values), _dated(one, on), one.line)))
                continue
            meant.add((kind, row.id))
            new = {column: value for column, value in one.values.items() if getattr(row, column) != value and not _kept_start(one, column)}
            if new:
                steps.append(_Step(Change("change", kind, _name(one.values), new, one.line), row))
    return steps, meant


def _thing(kind: Kind, of: Row | Mapping[str, Any]) -> Hashable:
    """What a statement or a row speaks of, its days apart: an id, or the ids that it ties together."""
    values: Mapping[str, Any] = of if isinstance(of, Mapping) else vars(of)
    return (values["id"],) if kind in _OWN_ID else tuple(values[column] for column in _REFERENCES[kind])


def _means(one: Statement, row: Row, on: date) -> bool:
    """Whether a row of the same thing is the one that a statement speaks of; a tie without a first day is the one that holds now or later."""
    if one.kind in _OWN_ID:
        return True
    if one.values["valid_from"] is not None:
        return bool(row.valid_from == one.values["valid_from"])
    return row.valid_to is None or row.valid_to >= on


def _kept_start(one: Statement, column: str) -> bool:
    return column == "valid_from" and one.values[column] is None and one.kind not in _OWN_ID


def _dated(one: Statement, on: date) -> dict[str, Any]:
    """The values of a new row; a tie without a first day begins on the day of the import."""
    new = dict(one.values)
    if one.kind not in _OWN_ID and new["valid_from"] is None:
        new["valid_from"] = on if new["valid_to"] is None else min(on, new["valid_to"])
    return new


def _left_out(file: PeopleFile, known: _Known, on: date, meant: Collection[tuple[Kind, Any]]) -> Iterator[_Step]:
    """End what belongs to a listed unit or group but stands no longer in the file."""
    units, groups = file.ids("unit"), file.ids("group")
    posts = {row.id for row in known["position"] if isinstance(row, Position) and row.unit_id in units}
    for kind in _TABLES:
        for row in known[kind]:
            spoken_for = (
                (isinstance(row, Position) and row.id in posts)
                or (isinstance(row, Assignment | Deputy | Delegation) and row.position_id in posts)
                or (isinstance(row, SteeringMember) and row.group_id in groups)
            )
            # A deputy whom somebody has set on the page is no matter of the file's.
            spoken_for = spoken_for and not (isinstance(row, Deputy) and row.set_by is not None)
            if spoken_for and (kind, row.id) not in meant and (row.valid_to is None or row.valid_to >= on):
                yield _Step(Change("end", kind, _name(vars(row)), {"valid_to": on - timedelta(days=1)}), row)


def _name(values: Mapping[str, Any]) -> str:
    if isinstance(values.get("id"), str):
        return str(values["id"])
    return " – ".join(str(values[column]) for column in ("group_id", "position_id", "person_id") if values.get(column))


def _superiors_first(statements: list[Statement]) -> list[Statement]:
    """Put each post after the one that it reports to, which the database wants to know first."""
    waiting = {one.values["id"]: one for one in statements if "reports_to" in one.values}
    if not waiting:
        return statements
    ordered: list[Statement] = []
    while waiting:
        climbed = [waiting.pop(next(iter(waiting)))]
        while climbed[-1].values["reports_to"] in waiting:
            climbed.append(waiting.pop(climbed[-1].values["reports_to"]))
        ordered += reversed(climbed)
    return ordered


def _unknown(file: PeopleFile, known: _Known) -> Iterator[Fault]:
    """References to what neither the file nor the database has."""
    ids = {kind: {row.id for row in rows} | file.ids(kind) for kind, rows in known.items() if kind in _OWN_ID}
    for one in file.statements:
        for column, kind in _REFERENCES.get(one.kind, {}).items():
            wanted = one.values[column]
            if wanted is not None and wanted not in ids[kind]:
                sv, en = _WORDS[kind]
                yield Fault(one.line, heading(one.kind, column), f"{sv} {wanted} finns inte", f"there is no {en} {wanted}")


def _unknown_agreements(file: PeopleFile, agreements: Collection[str]) -> Iterator[Fault]:
    for one in file.statements if agreements else ():
        named = one.values.get("agreements") or [one.values[column] for column in ("agreement",) if column in one.values]
        for name in named:
            if name not in agreements:
                known = ", ".join(sorted(agreements))
                yield Fault(
                    one.line, "avtal", f"avtalet {name} finns inte; välj bland {known}", f"there is no agreement {name}; choose one of {known}"
                )


def _shared_usernames(file: PeopleFile, known: _Known) -> Iterator[Fault]:
    """User names that two persons would have."""
    persons = {one.values["id"]: one for one in file.statements if one.kind == "person"}
    taken = {row.username: row.id for row in known["person"] if isinstance(row, Person) and row.username and row.id not in persons}
    for one in persons.values():
        username = one.values["username"]
        if username and taken.setdefault(username, one.values["id"]) != one.values["id"]:
            other = taken[username]
            yield Fault(one.line, "användarnamn", f"{username} används redan av {other}", f"{username} is used by {other} already")


def _rings(file: PeopleFile, known: _Known) -> Iterator[Fault]:
    """Posts that would be above themselves."""
    above = {row.id: row.reports_to for row in known["position"] if isinstance(row, Position)}
    posts = [one for one in file.statements if one.kind == "position"]
    above |= {one.values["id"]: one.values["reports_to"] for one in posts}
    for one in posts:
        passed = {one.values["id"]}
        post = one.values["reports_to"]
        while post is not None and post not in passed:
            passed.add(post)
            post = above.get(post)
        if post == one.values["id"]:
            yield Fault(one.line, "chef", f"{post} blir sin egen chef", f"{post} becomes its own superior")


R = TypeVar("R", bound=Row)


def _rows(session: Session, table: type[R]) -> Sequence[R]:
    return session.scalars(select(table).order_by(table.id)).all()


def _period(row: Row) -> facts.Period:
    return facts.Period(row.valid_from, row.valid_to)


def _shown(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else "tomt" if value is None else str(value)
