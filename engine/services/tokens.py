"""Tokens with which programs work for a person through the API: made by command, shown once, kept as a hash.

A token says who is at the other end, nothing else: what it opens is asked anew of the person's rights on every call, and a person
who may log in no longer has tokens that open nothing. Moments here are those of the real clock, as in accounts.py.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine.errors import SamspelError
from engine.services.runtime import Runtime
from engine.storage.tables import Person, Token

MARK = "samspel_"
"""In front of every token, so that one that has strayed into a file or a mail is recognised for what it is."""
DAYS = 90
"""How long a token holds where nobody says otherwise."""
MOST_DAYS = 365
USED_EVERY = timedelta(minutes=5)
"""How often a token's last use is written down."""


class NoSuchUser(SamspelError):
    """Nobody who may log in has that user name."""

    sv = "Det finns ingen som kan logga in med användarnamnet {username}. Läs in personen med samspel people import."
    en = "Nobody can log in with the user name {username}. Bring the person in with samspel people import."


class NoSuchToken(SamspelError):
    """There is no such token."""

    sv = "Det finns ingen nyckel med numret {token}. samspel token list visar dem som finns."
    en = "There is no token with the number {token}. samspel token list shows those that there are."


class TokenTooLong(SamspelError):
    """A token is asked for that would hold too long."""

    sv = "En nyckel gäller i 1 till {most} dagar, inte {days}."
    en = "A token holds for 1 to {most} days, not {days}."


@dataclass(frozen=True)
class Known:
    """A token as the list shows it; what opens doors is not in it."""

    id: int
    person: str
    username: str | None
    name: str
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None

    def holds(self, at: datetime) -> bool:
        """Whether it still opens what its person may open."""
        return self.revoked_at is None and at < self.expires_at


@dataclass(frozen=True)
class Made:
    """A new token, with the text that is shown this once."""

    token: str
    known: Known


def create(runtime: Runtime, username: str, at: datetime, *, days: int = DAYS, name: str = "") -> Made:
    """Make a token for whoever has a user name. Raises NoSuchUser and TokenTooLong."""
    if not 1 <= days <= MOST_DAYS:
        raise TokenTooLong(days=days, most=MOST_DAYS)
    token = MARK + secrets.token_urlsafe(32)
    with runtime.database.writing() as session:
        person = person_of(runtime, session, username)
        row = Token(
            person_id=person.id,
            name=name.strip(),
            token_hash=_digest(token),
            made_at=at,
            expires_at=at + timedelta(days=days),
            used_at=None,
            revoked_at=None,
        )
        session.add(row)
        session.flush()
        return Made(token, _known(row, person.username))


def every(runtime: Runtime, username: str | None = None) -> list[Known]:
    """Return all tokens, or a person's, the newest first; revoked and expired ones too. Raises NoSuchUser."""
    with runtime.database.reading() as session:
        wanted = select(Token, Person.username).join(Person, Person.id == Token.person_id).order_by(Token.id.desc())
        if username is not None:
            wanted = wanted.where(Token.person_id == person_of(runtime, session, username, leaving=True).id)
        return [_known(row, login) for row, login in session.execute(wanted)]


def revoke(runtime: Runtime, tokens: Sequence[int], at: datetime) -> None:
    """Let tokens open nothing from now on: all of them, or none. Raises NoSuchToken; one that is revoked already stays so."""
    with runtime.database.writing() as session:
        for token in tokens:
            row = session.get(Token, token)
            if row is None:
                raise NoSuchToken(token=token)
            row.revoked_at = row.revoked_at or at


def resume(runtime: Runtime, token: str, at: datetime) -> str | None:
    """Return the person for whom a token works, or none where it is unknown, revoked or expired, or the person may log in no longer."""
    with runtime.database.reading() as session:
        row = session.scalar(select(Token).where(Token.token_hash == _digest(token)))
        if row is None or row.revoked_at is not None or at >= row.expires_at:
            return None
        if not runtime.organisation(session).can_log_in(row.person_id, runtime.clock.now()):
            return None
    if row.used_at is None or at - row.used_at > USED_EVERY:
        with runtime.database.writing() as session:
            session.execute(update(Token).where(Token.id == row.id).values(used_at=at))
    return row.person_id


def person_of(runtime: Runtime, session: Session, username: str, *, leaving: bool = False) -> Person:
    """Return who has a user name and may log in now, or with ``leaving`` ever could. Raises NoSuchUser."""
    person = session.scalar(select(Person).where(Person.username == username.strip()))
    if person is None or not (leaving or runtime.organisation(session).can_log_in(person.id, runtime.clock.now())):
        raise NoSuchUser(username=username)
    return person


def _known(row: Token, username: str | None) -> Known:
    return Known(row.id, row.person_id, username, row.name, row.made_at, row.expires_at, row.used_at, row.revoked_at)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
