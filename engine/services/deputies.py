"""Who stands in for whom: see it, set a deputy between two days, end one early.

Who holds a post says who stands in for it; so does whoever answers for a post above, also where the post is vacant. A deputy passes the
post on to nobody, and nobody makes themselves a deputy. Nothing is deleted: a deputyship ends, and the history keeps who set it and why.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar, Literal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine.errors import SamspelError
from engine.facts.organisation import Organisation, Position, swedish_day
from engine.services import history, routing
from engine.services.history import Act, Event
from engine.services.people import touch_organisation
from engine.services.runtime import Runtime
from engine.storage.tables import Deputy

LEADING = ("manager", "management", "process_owner")
"""The roles of posts for which one names a deputy; the work of others lies with their unit."""
PAST = timedelta(days=180)
"""How far back the list goes."""


class CannotSetDeputy(SamspelError):
    """A deputy cannot be set so; ``field`` is what has to be chosen otherwise: ``position``, ``person``, ``first`` or ``last``."""

    field: ClassVar[str] = "position"


class NotYourPost(CannotSetDeputy):
    """Somebody wants to say who stands in for a post that is neither theirs nor below them."""

    sv = "Bara den som har tjänsten {post} och chefen ovanför bestämmer vem som ersätter."
    en = "Only whoever holds the post {post} and the manager above say who stands in for it."


class NotOneself(CannotSetDeputy):
    """Somebody wants to stand in for a post by their own decision."""

    field = "person"
    sv = "Du kan inte utse dig själv till ersättare. Be den som har tjänsten eller chefen ovanför."
    en = "You cannot make yourself a deputy. Ask whoever holds the post, or the manager above."


class HoldsThePost(CannotSetDeputy):
    """Whoever is to stand in holds the post."""

    field = "person"
    sv = "{name} har redan tjänsten {post}."
    en = "{name} holds the post {post} already."


class NotAvailable(CannotSetDeputy):
    """Whoever is to stand in is not known, or cannot log in on one of the days."""

    field = "person"
    sv = "{name} kan inte logga in hela tiden. Välj någon annan eller andra dagar."
    en = "{name} cannot log in all that time. Choose somebody else, or other days."


class AlreadyBegun(CannotSetDeputy):
    """The first day has been."""

    field = "first"
    sv = "Den första dagen, {first}, har redan varit. Välj i dag eller senare."
    en = "The first day, {first}, has been already. Choose today or later."


class EndsBeforeItBegins(CannotSetDeputy):
    """The last day comes before the first."""

    field = "last"
    sv = "Den sista dagen, {last}, kommer före den första, {first}."
    en = "The last day, {last}, comes before the first, {first}."


class Overlapping(CannotSetDeputy):
    """Somebody stands in for the post on some of these days already."""

    field = "first"
    sv = "{name} ersätter redan {post} {first} till {last}. Välj andra dagar, eller avsluta det först."
    en = "{name} stands in for {post} already, {first} to {last}. Choose other days, or end that first."


class NoSuchDeputy(SamspelError):
    """There is no such deputyship, it is over, or it is not this person's to end."""

    sv = "Det finns ingen ersättare {deputy} som du kan avsluta."
    en = "There is no deputy {deputy} that you can end."


@dataclass(frozen=True)
class Standing:
    """One who stands, stood or will stand in for a post."""

    id: int
    position: str
    person: str
    first: date | None
    last: date | None
    """The last whole day; none where no end is set."""
    scope: tuple[str, ...]
    """The purposes that it is limited to; empty means all."""
    reason: str | None
    set_by: str | None
    """Who set it; none for what came with the organisation's file."""
    state: Literal["now", "later", "past"]


@dataclass(frozen=True)
class Post:
    """A post for which a person may name a deputy."""

    id: str
    holders: tuple[str, ...]
    own: bool
    """Whether it is the person's own; else one below."""


def posts(runtime: Runtime, person: str) -> list[Post]:
    """Return the posts for which a person may name a deputy: their own first, then those below by unit."""
    with runtime.database.reading() as session:
        return _posts(runtime.organisation(session), person, runtime)


def standings(runtime: Runtime, person: str) -> list[Standing]:
    """Return who stands in for the posts that a person answers for: now, later, and in the last half year."""
    with runtime.database.reading() as session:
        organisation = runtime.organisation(session)
        return _standings(session, runtime, {post.id for post in _posts(organisation, person, runtime)})


def candidates(runtime: Runtime, person: str) -> Mapping[str, str]:
    """Return who may be named, by name: everybody at work in the same parties as the posts, but for the person themselves."""
    at = runtime.clock.now()
    with runtime.database.reading() as session:
        organisation = runtime.organisation(session)
        known = [organisation.position(post.id) for post in _posts(organisation, person, runtime)]
        parties = {party.id for post in known if post and (party := organisation.party_of(post.unit))}
        staff = {who for unit in organisation.units if unit.party in parties for who in organisation.staff_of(unit.id, at)}
        named = ((who, found.name) for who in staff - {person} if (found := organisation.person(who)) and organisation.can_log_in(who, at))
        return dict(sorted(named, key=lambda pair: pair[1]))


def appoint(runtime: Runtime, person: str, *, position: str, deputy: str, first: date, last: date, reason: str) -> int:
    """Let somebody stand in for a post from a first Swedish day to a last, both whole; return the deputyship's id.

    Raises NotYourPost, NotOneself, HoldsThePost, NotAvailable, AlreadyBegun, EndsBeforeItBegins and Overlapping.
    """
    at = runtime.clock.now()
    with runtime.database.writing() as session:
        organisation = runtime.organisation(session)
        post = organisation.position(position)
        if post is None or position not in {one.id for one in _posts(organisation, person, runtime)}:
            raise NotYourPost(post=_title(organisation, post) if post else position)
        _require_person(runtime, organisation, person, deputy, post)
        if first < swedish_day(at):
            raise AlreadyBegun(first=first)
        if last < first:
            raise EndsBeforeItBegins(first=first, last=last)
        _require_days(organisation, deputy, first, last)
        _require_free(session, organisation, post, first, last)
        row = Deputy(position_id=position, person_id=deputy, scope=[], valid_from=first, valid_to=last, reason=reason, set_by=person)
        session.add(row)
        touch_organisation(session)
        details = {"deputy": row.id, "position": position, "person": deputy, "first": first, "last": last, "reason": reason}
        history.add(session, Act(at, person), [Event("deputy set", details=details)], case_id=None, instance_id=None)
        return row.id


def end(runtime: Runtime, person: str, deputyship: int) -> None:
    """End a deputyship now; one that has not begun never does. Raises NoSuchDeputy.

    What the deputy had in hand is free again at once, for whoever holds the post.
    """
    at = runtime.clock.now()
    today = swedish_day(at)
    with runtime.database.writing() as session:
        row = session.get(Deputy, deputyship)
        own = {post.id for post in _posts(runtime.organisation(session), person, runtime)}
        if row is None or row.position_id not in own or _is_over(row, today):
            raise NoSuchDeputy(deputy=deputyship)
        row.valid_to = min(today, row.valid_from or today) - timedelta(days=1)
        touch_organisation(session)
        details = {"deputy": row.id, "position": row.position_id, "person": row.person_id}
        history.add(session, Act(at, person), [Event("deputy ended", details=details)], case_id=None, instance_id=None)
    routing.reroute(runtime)


def _posts(organisation: Organisation, person: str, runtime: Runtime) -> list[Post]:
    """The posts that a person holds, and those below the ones that they answer for."""
    at = runtime.clock.now()
    held = {post.id for post in organisation.positions_of(person, at)}
    answered = {post.id for post in organisation.acted_for(person, at)}
    found = []
    for post in organisation.positions:
        below = any(above.id in answered for above in organisation.superiors(post.id))
        if post.role in LEADING and post.valid.covers(at) and (post.id in held or below):
            found.append(Post(post.id, organisation.holders(post.id, at), post.id in held))
    return sorted(found, key=lambda post: (not post.own, _title(organisation, organisation.position(post.id))))


def _standings(session: Session, runtime: Runtime, of: Collection[str]) -> list[Standing]:
    today = swedish_day(runtime.clock.now())
    recent = or_(Deputy.valid_to.is_(None), Deputy.valid_to >= today - PAST)
    rows = session.scalars(select(Deputy).where(Deputy.position_id.in_(of), recent).order_by(Deputy.valid_from.desc(), Deputy.id.desc()))
    # What was taken back before it began never was.
    began = (row for row in rows if row.valid_from is None or row.valid_to is None or row.valid_from <= row.valid_to)
    return [
        Standing(
            row.id,
            row.position_id,
            row.person_id,
            row.valid_from,
            row.valid_to,
            tuple(row.scope),
            row.reason,
            row.set_by,
            "past" if _is_over(row, today) else "later" if row.valid_from and row.valid_from > today else "now",
        )
        for row in began
    ]


def _is_over(row: Deputy, today: date) -> bool:
    return row.valid_to is not None and row.valid_to < today


def _require_person(runtime: Runtime, organisation: Organisation, person: str, deputy: str, post: Position) -> None:
    if deputy == person:
        raise NotOneself
    known = organisation.person(deputy)
    if known is None:
        raise NotAvailable(name=deputy)
    if deputy in organisation.holders(post.id, runtime.clock.now()):
        raise HoldsThePost(name=known.name, post=_title(organisation, post))


def _require_days(organisation: Organisation, deputy: str, first: date, last: date) -> None:
    """Whoever stands in has a login for every day."""
    known = organisation.person(deputy)
    assert known is not None
    begins, ends = known.valid.first, known.valid.last
    if known.login is None or (begins is not None and begins > first) or (ends is not None and ends < last):
        raise NotAvailable(name=known.name)


def _require_free(session: Session, organisation: Organisation, post: Position, first: date, last: date) -> None:
    """Nobody else stands in on any of the days."""
    for row in session.scalars(select(Deputy).where(Deputy.position_id == post.id).order_by(Deputy.id)):
        begins, ends = row.valid_from or date.min, row.valid_to or date.max
        if max(begins, first) <= min(ends, last):
            known = organisation.person(row.person_id)
            name = known.name if known else row.person_id
            raise Overlapping(name=name, post=_title(organisation, post), first=row.valid_from or "–", last=row.valid_to or "–")


def _title(organisation: Organisation, post: Position | None) -> str:
    if post is None:
        return ""
    unit = organisation.unit(post.unit)
    return f"{post.title}, {unit.name if unit else post.unit}"
