"""Who works where, who stands in for whom and who is whose manager, on any day.

Everything is dated in whole Swedish days: what is valid on a day is valid from its first moment to its
last in Europe/Stockholm, also on the days when the clocks change. Nothing is deleted; it ends.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from itertools import chain
from typing import Literal, Protocol, TypeVar

from engine.clock import STOCKHOLM

PositionRole = Literal["staff", "manager", "management", "process_owner"]
"""What a position is in the line: ``management`` is a party's top level (002-14, ledningsnivå)."""

SeatRole = Literal["member", "chair", "convener"]
"""What a seat in a group is for; the convener calls the meetings, the chair leads them."""

Purpose = Literal["case", "deviation", "dispute"]
"""What a process instance is for; a deputy's scope names some of them."""

Queue = str
"""``person:ID``, ``position:ID``, ``unit:ID``, ``group:ID`` or ``process_owner:AGREEMENT``."""

PROCESS_OWNER = "process_owner"
"""What the queue of whoever answers for an agreement's drawings and routes begins with."""


def process_owner_of(agreement: str) -> Queue:
    """Return the queue of whoever answers for an agreement's drawings and routes: never of another agreement's."""
    return f"{PROCESS_OWNER}:{agreement}"


def swedish_day(at: datetime) -> date:
    """Return the day that it is in Sweden at a moment (aware, any zone)."""
    return at.astimezone(STOCKHOLM).date()


@dataclass(frozen=True)
class Period:
    """From a first day to a last day, both whole and Swedish; none where it is open."""

    first: date | None = None
    last: date | None = None

    def covers(self, at: datetime) -> bool:
        """Whether a moment lies within: from 00:00 of the first day until the last day has ended."""
        day = swedish_day(at)
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


ALWAYS = Period()


@dataclass(frozen=True)
class Person:
    """Somebody, at work or in a family. A person is not a user: only some may log in."""

    id: str
    name: str
    login: str | None = None
    """The user name, or none for somebody who is reached on paper."""
    email: str | None = None
    valid: Period = ALWAYS
    phone: str | None = None
    """At work, as it is written for people to read."""


@dataclass(frozen=True)
class Party:
    """A principal (huvudman)."""

    id: str
    name: str
    kind: str
    """As agreements write it: ``region``, ``municipality``, ``federation``, ``state`` or ``company``."""
    org_no: str | None = None
    valid: Period = ALWAYS


@dataclass(frozen=True)
class Unit:
    """A unit (verksamhet) of a party."""

    id: str
    party: str
    name: str
    kind: str
    """The kind that agreements speak of, for example ``school`` or ``primary_care``."""
    level: str | None = None
    """``general``, ``first_line`` or ``specialist`` (002-3)."""
    age_min: float | None = None
    """Years (002-4)."""
    age_max: float | None = None
    """Years; the last year counts whole (002-4)."""
    email: str | None = None
    """The unit's functional mailbox."""
    agreements: tuple[str, ...] = ()
    """Ids of the agreements under which the unit takes part in cases."""
    valid: Period = ALWAYS


@dataclass(frozen=True)
class Position:
    """A post in a unit. It stays when people come and go."""

    id: str
    unit: str
    title: str
    role: PositionRole = "staff"
    reports_to: str | None = None
    """The position above it, in whichever unit."""
    valid: Period = ALWAYS
    agreements: tuple[str, ...] = ()
    """Ids of the agreements that a process owner's post answers for."""


@dataclass(frozen=True)
class Assignment:
    """A person who holds a position."""

    position: str
    person: str
    valid: Period = ALWAYS


@dataclass(frozen=True)
class Deputy:
    """A person who stands in for whoever holds a position, or for the empty post."""

    position: str
    person: str
    valid: Period = ALWAYS
    scope: frozenset[Purpose] = frozenset()
    """The purposes that it is limited to; empty means all of the position's work."""


@dataclass(frozen=True)
class Delegation:
    """A person to whom a manager has handed decisions while staying in office (000-1, 003-1)."""

    position: str
    person: str
    valid: Period = ALWAYS
    scope: frozenset[Purpose] = frozenset()
    """The purposes that it is limited to; empty means all of the position's work."""


@dataclass(frozen=True)
class Member:
    """A seat in a group: of a position, so that it follows whoever holds it, or of a person."""

    group: str
    position: str | None = None
    person: str | None = None
    role: SeatRole = "member"
    valid: Period = ALWAYS


@dataclass(frozen=True)
class SteeringGroup:
    """A group that leads an agreement. Only one of kind ``steering`` decides disputes and deviations."""

    id: str
    agreement: str
    name: str
    kind: str = "steering"
    quorum: int | None = None
    """How many seats a decision needs."""
    valid: Period = ALWAYS


class _Dated(Protocol):
    @property
    def valid(self) -> Period: ...


D = TypeVar("D", bound=_Dated)


def _at(entries: Iterable[D], at: datetime) -> Iterator[D]:
    return (entry for entry in entries if entry.valid.covers(at))


@dataclass(frozen=True)
class Organisation:
    """A snapshot of everything that is known of the organisation, past and planned days included."""

    parties: tuple[Party, ...] = ()
    units: tuple[Unit, ...] = ()
    persons: tuple[Person, ...] = ()
    positions: tuple[Position, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    deputyships: tuple[Deputy, ...] = ()
    delegations: tuple[Delegation, ...] = ()
    groups: tuple[SteeringGroup, ...] = ()
    members: tuple[Member, ...] = ()

    def unit(self, unit: str) -> Unit | None:
        """Return a unit by its id, or none."""
        return self._units.get(unit)

    def person(self, person: str) -> Person | None:
        """Return a person by the id, or none."""
        return self._persons.get(person)

    def position(self, position: str) -> Position | None:
        """Return a position by its id, or none."""
        return self._positions.get(position)

    def group(self, group: str) -> SteeringGroup | None:
        """Return a group by its id, or none."""
        return self._groups.get(group)

    def party_of(self, unit: str) -> Party | None:
        """Return the party that runs a unit, or none."""
        found = self.unit(unit)
        return self._parties.get(found.party) if found else None

    def holders(self, position: str, at: datetime) -> tuple[str, ...]:
        """Return the ids of the persons who hold a position."""
        return _sorted(entry.person for entry in _at(self._assignments[position], at))

    def deputies(self, position: str, at: datetime, purpose: Purpose | None = None) -> tuple[str, ...]:
        """Return the ids of the persons who stand in for a position.

        With a purpose, those whose scope has it count too; without, only those who stand in for everything.
        """
        return _sorted(entry.person for entry in _at(self._deputyships[position], at) if _in_scope(entry.scope, purpose))

    def delegates(self, position: str, at: datetime, purpose: Purpose | None = None) -> tuple[str, ...]:
        """Return the ids of the persons to whom the position's decisions are delegated; purposes as for deputies."""
        return _sorted(entry.person for entry in _at(self._delegations[position], at) if _in_scope(entry.scope, purpose))

    def acting(self, position: str, at: datetime, purpose: Purpose | None = None) -> tuple[str, ...]:
        """Return whoever answers for a position: its holders and their deputies; nobody where the post is abolished."""
        post = self.position(position)
        if post is None or not post.valid.covers(at):
            return ()
        return _sorted((*self.holders(position, at), *self.deputies(position, at, purpose)))

    def positions_of(self, person: str, at: datetime) -> tuple[Position, ...]:
        """Return the positions that a person holds."""
        held = (self.position(entry.position) for entry in _at(self._assignments_of_person[person], at))
        return tuple(sorted(_at((post for post in held if post), at), key=lambda post: post.id))

    def units_of(self, person: str, at: datetime) -> tuple[str, ...]:
        """Return the ids of the units in which a person works."""
        return _sorted(post.unit for post in self.positions_of(person, at) if self._open(post.unit, at))

    def staff_of(self, unit: str, at: datetime) -> tuple[str, ...]:
        """Return the ids of the persons who work in a unit, its managers included."""
        posts = _at(self._positions_in[unit], at)
        return _sorted(chain.from_iterable(self.holders(post.id, at) for post in posts))

    def manager_of(self, unit: str, at: datetime) -> Position | None:
        """Return the post that leads a unit, filled or not: the lowest of the unit's managers; none where there is none."""
        leading = [post for post in _at(self._positions_in[unit], at) if post.role in ("manager", "management")]
        above = {post.reports_to for post in leading}
        lowest = [post for post in leading if post.id not in above] or leading
        return min(lowest, key=lambda post: post.id, default=None)

    def line(self, unit: str, at: datetime) -> tuple[Position, ...]:
        """Return the posts above a unit, the nearest first, each once: vacant and abolished ones too.

        It ends at a post that reports to nobody, to an unknown post, or to one that it has passed already.
        """
        return self._climb(self.manager_of(unit, at))

    def superiors(self, position: str) -> tuple[Position, ...]:
        """Return the posts above a post, the nearest first, whenever they are valid."""
        found = self.position(position)
        return self._climb(found)[1:]

    def line_of_person(self, person: str, unit: str, at: datetime) -> tuple[Position, ...]:
        """Return the posts above a person in a unit: from the unit's manager, or from above the post that they hold in its line."""
        posts = self.line(unit, at)
        own = {post.id for post in self.positions_of(person, at)}
        held = [number for number, post in enumerate(posts) if post.id in own]
        return posts[held[-1] + 1 :] if held else posts

    def is_manager_in_line(self, person: str, unit: str, at: datetime, purpose: Purpose | None = None) -> bool:
        """Whether a person, in own right or as a deputy, holds a post in the line above a unit."""
        return any(person in self.acting(post.id, at, purpose) for post in self.line(unit, at))

    def acted_for(self, person: str, at: datetime, purpose: Purpose | None = None) -> tuple[Position, ...]:
        """Return the posts that a person holds or stands in for as a deputy, as :meth:`acting` has it from their side; purposes as for deputies."""
        held = (entry.position for entry in _at(self._assignments_of_person[person], at))
        stood_in = (one.position for one in _at(self._standing_in[person], at) if isinstance(one, Deputy) and _in_scope(one.scope, purpose))
        posts = {id_: self.position(id_) for id_ in (*held, *stood_in)}
        return tuple(sorted(_at((post for post in posts.values() if post), at), key=lambda post: post.id))

    def led_by(self, person: str, at: datetime, purpose: Purpose | None = None) -> tuple[Position, ...]:
        """Return the managers' posts that a person answers for, in own right or as a deputy; purposes as for deputies."""
        return tuple(post for post in self.acted_for(person, at, purpose) if post.role in ("manager", "management"))

    def units_led_by(self, person: str, at: datetime, purpose: Purpose | None = None) -> frozenset[str]:
        """Return the ids of the units in whose line a person answers for a post, as :meth:`is_manager_in_line` has it for one."""
        posts = {post.id for post in self.acted_for(person, at, purpose)}
        return frozenset(unit.id for unit in self.units if posts and any(post.id in posts for post in self.line(unit.id, at)))

    def groups_of(self, agreement: str, kind: str, at: datetime) -> tuple[SteeringGroup, ...]:
        """Return an agreement's groups of a kind."""
        found = (group for group in self.groups if group.agreement == agreement and group.kind == kind)
        return tuple(sorted(_at(found, at), key=lambda group: group.id))

    def seats(self, group: str, at: datetime) -> tuple[Member, ...]:
        """Return a group's seats."""
        return tuple(_at(self._members[group], at))

    def sitting(self, seat: Member, at: datetime, purpose: Purpose | None = None) -> tuple[str, ...]:
        """Return whoever sits on a seat: the person, or those who act for the position."""
        own = (seat.person,) if seat.person else ()
        return _sorted((*own, *(self.acting(seat.position, at, purpose) if seat.position else ())))

    def members_of(self, group: str, at: datetime, purpose: Purpose | None = None) -> tuple[str, ...]:
        """Return the ids of the persons who sit in a group, deputies included."""
        return _sorted(chain.from_iterable(self.sitting(seat, at, purpose) for seat in self.seats(group, at)))

    def standing_in(self, person: str, at: datetime, purpose: Purpose | None = None) -> tuple[Position, ...]:
        """Return the positions that a person stands in for, as a deputy or by delegation; purposes as for deputies."""
        entries = (entry for entry in _at(self._standing_in[person], at) if _in_scope(entry.scope, purpose))
        posts = {entry.position: self.position(entry.position) for entry in entries}
        return tuple(sorted(_at((post for post in posts.values() if post), at), key=lambda post: post.id))

    def sits_in(self, at: datetime, *, person: str | None = None, position: str | None = None) -> tuple[str, ...]:
        """Return the ids of the groups in which a person or a position has a seat."""
        seats = chain(self._seats_of_person[person] if person else (), self._seats_of_position[position] if position else ())
        groups = (self.group(seat.group) for seat in _at(seats, at))
        return _sorted(group.id for group in _at((group for group in groups if group), at))

    def takers(self, queue: Queue, at: datetime, purpose: Purpose | None = None) -> tuple[str, ...]:
        """Return the persons whose queue it is or who stand in for them, as :func:`queues_of` has it from their side; the purpose as for deputies.

        A person's own queue is theirs only while they can log in.
        """
        kind, _, name = queue.partition(":")
        if kind == "person":
            return (name,) if self.can_log_in(name, at) else ()
        seated = [seat.person for seat in self.seats(name, at) if seat.person] if kind == "group" else []
        posts = [post.id for post in self._posts_with(kind, name, at)]
        return _sorted((*seated, *chain.from_iterable((*self.acting(post, at, purpose), *self.delegates(post, at, purpose)) for post in posts)))

    def _posts_with(self, kind: str, name: str, at: datetime) -> Iterator[Position]:
        """The posts that give the queue of that kind and name."""
        if kind == "unit":
            posts = iter(self._positions_in[name] if self._open(name, at) else ())
        elif kind == PROCESS_OWNER:
            posts = (post for post in self.positions if post.role == PROCESS_OWNER and name in post.agreements)
        else:
            ids = [name] if kind == "position" else [seat.position for seat in self.seats(name, at) if seat.position]
            posts = (post for post in map(self.position, ids) if post is not None)
        return _at(posts, at)

    def process_owners(self, at: datetime) -> tuple[str, ...]:
        """Return whoever answers for the drawings and routes of any agreement."""
        agreements = {agreement for post in self.positions if post.role == PROCESS_OWNER for agreement in post.agreements}
        return _sorted(chain.from_iterable(self.takers(process_owner_of(agreement), at) for agreement in agreements))

    def can_log_in(self, person: str, at: datetime) -> bool:
        """Whether a person has a user name and is still with us."""
        found = self.person(person)
        return found is not None and found.login is not None and found.valid.covers(at)

    def _open(self, unit: str, at: datetime) -> bool:
        found = self.unit(unit)
        return found is not None and found.valid.covers(at)

    def _climb(self, post: Position | None) -> tuple[Position, ...]:
        climbed: dict[str, Position] = {}
        while post is not None and post.id not in climbed:
            climbed[post.id] = post
            post = self.position(post.reports_to) if post.reports_to else None
        return tuple(climbed.values())

    @cached_property
    def _parties(self) -> Mapping[str, Party]:
        return {party.id: party for party in self.parties}

    @cached_property
    def _units(self) -> Mapping[str, Unit]:
        return {unit.id: unit for unit in self.units}

    @cached_property
    def _persons(self) -> Mapping[str, Person]:
        return {person.id: person for person in self.persons}

    @cached_property
    def _positions(self) -> Mapping[str, Position]:
        return {position.id: position for position in self.positions}

    @cached_property
    def _groups(self) -> Mapping[str, SteeringGroup]:
        return {group.id: group for group in self.groups}

    @cached_property
    def _positions_in(self) -> Mapping[str, list[Position]]:
        return _grouped((position.unit, position) for position in self.positions)

    @cached_property
    def _assignments(self) -> Mapping[str, list[Assignment]]:
        return _grouped((entry.position, entry) for entry in self.assignments)

    @cached_property
    def _assignments_of_person(self) -> Mapping[str, list[Assignment]]:
        return _grouped((entry.person, entry) for entry in self.assignments)

    @cached_property
    def _deputyships(self) -> Mapping[str, list[Deputy]]:
        return _grouped((entry.position, entry) for entry in self.deputyships)

    @cached_property
    def _delegations(self) -> Mapping[str, list[Delegation]]:
        return _grouped((entry.position, entry) for entry in self.delegations)

    @cached_property
    def _standing_in(self) -> Mapping[str, list[Deputy | Delegation]]:
        entries: tuple[Deputy | Delegation, ...] = (*self.deputyships, *self.delegations)
        return _grouped((entry.person, entry) for entry in entries)

    @cached_property
    def _members(self) -> Mapping[str, list[Member]]:
        return _grouped((member.group, member) for member in self.members)

    @cached_property
    def _seats_of_position(self) -> Mapping[str, list[Member]]:
        return _grouped((member.position, member) for member in self.members if member.position)

    @cached_property
    def _seats_of_person(self) -> Mapping[str, list[Member]]:
        return _grouped((member.person, member) for member in self.members if member.person)


def queues_of(person: str, organisation: Organisation, at: datetime, purpose: Purpose | None = None) -> Mapping[Queue, str | None]:
    """Return the queues that are a person's at a moment, each with the one on whose behalf.

    None means in their own right, which goes before standing in. Whoever stands in for a position gets its queue, its
    unit's and its groups', never the holder's own ``person:`` queue, which may be about the holder's own family. On whose behalf
    is the holder's person id, or ``position:ID`` while the post is vacant.

    A deputyship or delegation that is limited to some purposes counts only where that ``purpose`` is asked for, so that
    leaving the purpose out never shows too much.
    """
    queues: dict[Queue, str | None] = {f"person:{person}": None}
    for post in organisation.positions_of(person, at):
        queues.update(dict.fromkeys(_queues_of_post(post, organisation, at)))
    queues.update(dict.fromkeys(f"group:{group}" for group in organisation.sits_in(at, person=person)))
    for post in organisation.standing_in(person, at, purpose):
        holder = next(iter(organisation.holders(post.id, at)), f"position:{post.id}")
        for queue in _queues_of_post(post, organisation, at):
            queues.setdefault(queue, holder)
    return queues


def _queues_of_post(post: Position, organisation: Organisation, at: datetime) -> Iterator[Queue]:
    yield f"position:{post.id}"
    unit = organisation.unit(post.unit)
    if unit and unit.valid.covers(at):
        yield f"unit:{unit.id}"
    if post.role == PROCESS_OWNER:
        yield from map(process_owner_of, post.agreements)
    for group in organisation.sits_in(at, position=post.id):
        yield f"group:{group}"


def _in_scope(scope: Collection[Purpose], purpose: Purpose | None) -> bool:
    return not scope or purpose in scope


K = TypeVar("K")
V = TypeVar("V")


def _grouped(pairs: Iterable[tuple[K, V]]) -> Mapping[K, list[V]]:
    grouped: defaultdict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        grouped[key].append(value)
    return grouped


def _sorted(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(ids)))
