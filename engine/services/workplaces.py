"""Who works where, for whoever looks somebody up: parties with their units, a unit's posts and the managers above it, a person's posts, groups.

It is there for everybody at work, and shows what one needs to reach somebody at work, nothing more: families stand in no list.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from engine.errors import SamspelError
from engine.facts import organisation as facts
from engine.facts.agreements import Agreement
from engine.facts.organisation import Organisation, Position, swedish_day
from engine.services import agreements
from engine.services.runtime import Runtime

MOST = 50
"""As many as a search lists of each kind."""


class NotAtWork(SamspelError):
    """Somebody without a post looks up who works where, or somebody looks up what is not there; the answer is the same."""

    sv = "Det finns ingen sådan person, verksamhet eller grupp: {what}."
    en = "There is no such person, unit or group: {what}."


@dataclass(frozen=True)
class Somebody:
    """A person at work."""

    id: str
    name: str
    until: date | None = None
    """The last day of a deputy, where it is set."""
    scope: tuple[str, ...] = ()
    """The purposes to which a deputy is limited; empty means all."""


@dataclass(frozen=True)
class Post:
    """A post with those who answer for it today."""

    id: str
    title: str
    role: str
    """``staff``, ``manager``, ``management`` or ``process_owner``."""
    unit: str
    unit_name: str
    holders: tuple[Somebody, ...]
    deputies: tuple[Somebody, ...]

    @property
    def leads(self) -> bool:
        """Whether it is a manager's post."""
        return self.role in ("manager", "management")


@dataclass(frozen=True)
class UnitName:
    """A unit in a list."""

    id: str
    name: str
    party: str
    led_by: tuple[Somebody, ...]
    """Who answers for it today: the nearest manager, else who stands in."""


@dataclass(frozen=True)
class Party:
    """A party with its units, by name."""

    id: str
    name: str
    units: tuple[UnitName, ...]


@dataclass(frozen=True)
class GroupName:
    """A steering group in a list."""

    id: str
    name: str
    agreement: str
    """The agreement's name."""


@dataclass(frozen=True)
class Overview:
    """All that a search finds, or all that there is."""

    parties: tuple[Party, ...]
    groups: tuple[GroupName, ...]
    people: tuple[tuple[Somebody, tuple[str, ...]], ...]
    """With what they are, post by post; only where something was searched for."""
    full: bool
    """Whether there is more than is listed."""


@dataclass(frozen=True)
class Unit:
    """A unit's page."""

    id: str
    name: str
    party: str
    email: str | None
    level: str | None
    age_min: float | None
    age_max: float | None
    agreements: tuple[str, ...]
    """Names."""
    posts: tuple[Post, ...]
    line: tuple[Post, ...]
    """The managers above it, the nearest first."""


@dataclass(frozen=True)
class Person:
    """A person's page: where they work and how one reaches them there."""

    id: str
    name: str
    email: str | None
    posts: tuple[Post, ...]
    stands_in: tuple[tuple[Post, date | None, tuple[str, ...]], ...]
    """For which posts, until when (none: no end is set), and limited to which purposes."""
    groups: tuple[GroupName, ...]


@dataclass(frozen=True)
class Seat:
    """A seat in a group."""

    role: Literal["member", "chair", "convener"]
    post: Post | None
    people: tuple[Somebody, ...]
    """Who sits on it today, deputies included."""


@dataclass(frozen=True)
class Group:
    """A steering group's page."""

    id: str
    name: str
    agreement: str
    seats: tuple[Seat, ...]
    """The chair first."""
    quorum: int | None
    meetings_a_year: float | None
    """As the agreement has it, or was decided locally; none where neither says."""
    convener: str | None
    """Whose turn it is to convene this year, where the agreement lets it go round."""
    duties: tuple[str, ...]


def overview(runtime: Runtime, person: str, find: str = "") -> Overview:
    """Return the parties with their units and the groups; with something to find, those that fit, and people. Raises NotAtWork."""
    look = _look(runtime, person)
    wanted = find.strip().lower()
    units = [unit for unit in look.units() if not wanted or wanted in f"{unit.name} {unit.party} {' '.join(one.name for one in unit.led_by)}".lower()]
    people = [(one, titles) for one, titles in look.people() if wanted in f"{one.name} {' '.join(titles)}".lower()] if wanted else []
    groups = [one for one in look.groups() if not wanted or wanted in f"{one.name} {one.agreement}".lower()]
    shown = units[:MOST] if wanted else units
    parties = {unit.party: tuple(one for one in shown if one.party == unit.party) for unit in shown}
    names = {party.id: party.name for party in look.organisation.parties}
    return Overview(
        tuple(sorted((Party(id_, names.get(id_, id_), of) for id_, of in parties.items()), key=lambda one: one.name)),
        tuple(groups),
        tuple(people[:MOST]),
        bool(wanted) and max(len(units), len(people)) > MOST,
    )


def unit(runtime: Runtime, person: str, unit: str) -> Unit:
    """Return a unit that is there today, with its posts and the managers above. Raises NotAtWork."""
    look = _look(runtime, person)
    found = look.organisation.unit(unit)
    if found is None or not found.valid.covers(look.at):
        raise NotAtWork(what=unit)
    party = look.organisation.party_of(unit)
    posts = (post for post in look.organisation.positions if post.unit == unit and post.valid.covers(look.at))
    return Unit(
        found.id,
        found.name,
        party.name if party else found.party,
        found.email,
        found.level,
        found.age_min,
        found.age_max,
        tuple(look.agreements[id_].name for id_ in found.agreements if id_ in look.agreements),
        tuple(sorted((look.post(post) for post in posts), key=lambda post: (not post.leads, post.title, post.id))),
        tuple(look.post(post) for post in look.organisation.line(unit, look.at) if post.unit != unit),
    )


def somebody(runtime: Runtime, person: str, who: str) -> Person:
    """Return a person at work, with their posts and for whom they stand in. Raises NotAtWork."""
    look = _look(runtime, person)
    found = look.organisation.person(who)
    if found is None or not look.is_at_work(who):
        raise NotAtWork(what=who)
    posts = look.organisation.positions_of(who, look.at)
    seats = {group for post in posts for group in look.organisation.sits_in(look.at, position=post.id)}
    seats |= set(look.organisation.sits_in(look.at, person=who))
    standing = [
        (look.post(post), one.valid.last, tuple(sorted(one.scope)))
        for one in look.organisation.deputyships
        if one.person == who and one.valid.covers(look.at) and (post := look.organisation.position(one.position)) and post.valid.covers(look.at)
    ]
    return Person(
        found.id, found.name, found.email, tuple(map(look.post, posts)), tuple(standing), tuple(one for one in look.groups() if one.id in seats)
    )


def group(runtime: Runtime, person: str, group: str) -> Group:
    """Return a steering group that is there today, with its seats and how often it meets. Raises NotAtWork."""
    look = _look(runtime, person)
    found = look.organisation.group(group)
    if found is None or not found.valid.covers(look.at):
        raise NotAtWork(what=group)
    of = look.agreements.get(found.agreement)
    written = next((one for one in of.groups if one.name == found.name or found.id.endswith(f"_{one.code}")), None) if of else None
    day = swedish_day(look.at)
    policy = agreements.policy(runtime.releases.active, of.id, day).values if of else {}
    convener = written.convener_of(day.year) if written else None
    parties = {party.code: party.name for party in of.parties} if of else {}
    order = ("chair", "convener", "member")
    return Group(
        found.id,
        found.name,
        of.name if of else found.agreement,
        tuple(sorted(map(look.seat, look.organisation.seats(found.id, look.at)), key=lambda seat: order.index(seat.role))),
        found.quorum,
        policy.get(written.cadence) if written and written.cadence else None,
        parties.get(convener, convener) if convener else None,
        written.duties if written else (),
    )


@dataclass(frozen=True)
class _Look:
    """The organisation at one moment, as somebody at work looks at it."""

    organisation: Organisation
    agreements: dict[str, Agreement]
    at: datetime

    def is_at_work(self, person: str) -> bool:
        """Whether somebody holds a post or stands in for one, so that they are found, and find others."""
        return bool(self.organisation.acted_for(person, self.at)) or any(
            self.organisation.acted_for(person, self.at, purpose) for purpose in ("case", "deviation", "dispute")
        )

    def post(self, post: Position) -> Post:
        unit = self.organisation.unit(post.unit)
        return Post(
            post.id,
            post.title,
            post.role,
            post.unit,
            unit.name if unit else post.unit,
            self._named(self.organisation.holders(post.id, self.at)),
            tuple(self._deputies(post.id)),
        )

    def _named(self, ids: Iterable[str]) -> tuple[Somebody, ...]:
        return tuple(Somebody(found.id, found.name) for who in ids if (found := self.organisation.person(who)))

    def _deputies(self, position: str) -> Iterable[Somebody]:
        for one in self.organisation.deputyships:
            found = self.organisation.person(one.person)
            if one.position == position and one.valid.covers(self.at) and found:
                yield Somebody(found.id, found.name, one.valid.last, tuple(sorted(one.scope)))

    def units(self) -> list[UnitName]:
        return sorted(
            (UnitName(one.id, one.name, one.party, self._led(one)) for one in self.organisation.units if one.valid.covers(self.at)),
            key=lambda one: one.name,
        )

    def _led(self, unit: facts.Unit) -> tuple[Somebody, ...]:
        post = self.organisation.manager_of(unit.id, self.at)
        if post is None:
            return ()
        return self._named(self.organisation.holders(post.id, self.at)) or self._named(self.organisation.deputies(post.id, self.at))

    def people(self) -> list[tuple[Somebody, tuple[str, ...]]]:
        found = []
        for one in self.organisation.persons:
            posts = tuple(map(self.post, self.organisation.positions_of(one.id, self.at)))
            if posts:
                found.append((Somebody(one.id, one.name), tuple(f"{post.title}, {post.unit_name}" for post in posts)))
        return sorted(found, key=lambda pair: pair[0].name)

    def groups(self) -> list[GroupName]:
        there = (one for one in self.organisation.groups if one.valid.covers(self.at))
        named = (GroupName(one.id, one.name, of.name if (of := self.agreements.get(one.agreement)) else one.agreement) for one in there)
        return sorted(named, key=lambda one: (one.agreement, one.name))

    def seat(self, seat: facts.Member) -> Seat:
        post = self.organisation.position(seat.position) if seat.position else None
        return Seat(seat.role, self.post(post) if post else None, self._named(self.organisation.sitting(seat, self.at)))


def _look(runtime: Runtime, person: str) -> _Look:
    """Return what somebody at work may look at. Raises NotAtWork to everybody else."""
    with runtime.database.reading() as session:
        look = _Look(runtime.organisation(session), dict(agreements.of_release(runtime.releases.active)), runtime.clock.now())
    if not look.is_at_work(person):
        raise NotAtWork(what=person)
    return look
