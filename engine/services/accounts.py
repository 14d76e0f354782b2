"""Who is at the other end: passwords, and the browsers in which people are logged in.

Moments here are those of the real clock, handed in as ``at``: a session grows old with the person at the screen, also where the
demonstration's clock has been moved. Whether a person may log in at all is asked of the organisation, on every request.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine.errors import Language, SamspelError
from engine.services.runtime import Runtime
from engine.storage.tables import Account, LoginSession, Person

SHORTEST = 8
"""Signs of a password at least; no other rule, as NIST and ASVS have it."""
IDLE = timedelta(hours=8)
"""After so long without a request a session ends: a working day."""
SEEN_EVERY = timedelta(minutes=5)
"""How often a session's last use is written down."""

_hasher = PasswordHasher()
_NOBODY = _hasher.hash(secrets.token_hex())
"""Tried for unknown names, so that they take as long as known ones."""


class NotKnown(SamspelError):
    """The name and the password do not belong together; which of them is wrong is not said."""

    sv = "Användarnamnet eller lösenordet stämmer inte. Kontrollera båda och försök igen."
    en = "The user name or the password is not right. Check both and try again."


class PasswordTooShort(SamspelError):
    """A password has too few signs."""

    sv = "Lösenordet ska ha minst {shortest} tecken."
    en = "The password must have at least {shortest} characters."


class NoSuchPerson(SamspelError):
    """Nobody by that id may log in."""

    sv = "Det finns ingen som kan logga in som {person}."
    en = "Nobody can log in as {person}."


@dataclass(frozen=True)
class SignedIn:
    """A person in a browser."""

    token: str
    """What the browser holds; nobody else knows it."""
    person: str
    name: str
    language: Language | None


def set_password(runtime: Runtime, persons: Iterable[str], password: str, at: datetime) -> None:
    """Give persons a password and end every session of theirs. Raises PasswordTooShort and NoSuchPerson."""
    if len(password) < SHORTEST:
        raise PasswordTooShort(shortest=SHORTEST)
    with runtime.database.writing() as session:
        for person in persons:
            if not runtime.organisation(session).can_log_in(person, runtime.clock.now()):
                raise NoSuchPerson(person=person)
            account = session.get(Account, person) or Account(person_id=person, language=None)
            account.password_hash, account.changed_at = _hasher.hash(password), at
            session.add(account)
            _end(session, person, at)


def sign_in(runtime: Runtime, username: str, password: str, at: datetime) -> SignedIn:
    """Log a person in with a password. Raises NotKnown, also for somebody who may log in no longer."""
    with runtime.database.reading() as session:
        person = session.scalar(select(Person).where(Person.username == username.strip()))
        account = session.get(Account, person.id) if person else None
    fits = _fits(account.password_hash if account else _NOBODY, password)
    if person is None or account is None or not fits:
        raise NotKnown
    try:
        return begin(runtime, person.id, at)
    except NoSuchPerson as error:
        raise NotKnown from error


def begin(runtime: Runtime, person: str, at: datetime) -> SignedIn:
    """Begin a session for somebody whose identity is known otherwise: the demonstration's change of person. Raises NoSuchPerson."""
    token = secrets.token_urlsafe(32)
    with runtime.database.writing() as session:
        known = runtime.organisation(session).person(person)
        if known is None or not runtime.organisation(session).can_log_in(person, runtime.clock.now()):
            raise NoSuchPerson(person=person)
        session.add(LoginSession(token_hash=_digest(token), person_id=person, begun_at=at, seen_at=at, ended_at=None))
        return SignedIn(token, person, known.name, _language(session, person))


def resume(runtime: Runtime, token: str, at: datetime) -> SignedIn | None:
    """Return whose browser this is, or none where the session has ended, was left for too long or the person may log in no longer."""
    with runtime.database.reading() as session:
        row = session.get(LoginSession, _digest(token))
        if row is None or row.ended_at is not None or at - row.seen_at > IDLE:
            return None
        organisation = runtime.organisation(session)
        known = organisation.person(row.person_id)
        if known is None or not organisation.can_log_in(known.id, runtime.clock.now()):
            return None
        found = SignedIn(token, known.id, known.name, _language(session, known.id))
    if at - row.seen_at > SEEN_EVERY:
        with runtime.database.writing() as session:
            session.execute(update(LoginSession).where(LoginSession.token_hash == row.token_hash).values(seen_at=at))
    return found


def sign_out(runtime: Runtime, token: str, at: datetime) -> None:
    """End one session; ending it again changes nothing."""
    with runtime.database.writing() as session:
        ended = update(LoginSession).where(LoginSession.token_hash == _digest(token), LoginSession.ended_at.is_(None))
        session.execute(ended.values(ended_at=at))


def sign_out_everywhere(runtime: Runtime, person: str, at: datetime) -> None:
    """End every session of a person."""
    with runtime.database.writing() as session:
        _end(session, person, at)


def choose_language(runtime: Runtime, person: str, language: Language) -> None:
    """Keep the language that a person wants pages in; for somebody without a password nothing is kept."""
    with runtime.database.writing() as session:
        session.execute(update(Account).where(Account.person_id == person).values(language=language))


def _end(session: Session, person: str, at: datetime) -> None:
    session.execute(update(LoginSession).where(LoginSession.person_id == person, LoginSession.ended_at.is_(None)).values(ended_at=at))


def _language(session: Session, person: str) -> Language | None:
    return cast("Language | None", session.scalar(select(Account.language).where(Account.person_id == person)))


def _fits(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
