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
from engine.services.tokens import person_of
from engine.storage.tables import Account, LoginSession, Person

SHORTEST = 8
"""Signs of a password at least; no other rule, as NIST and ASVS have it."""
TEMPORARY = timedelta(days=7)
"""How long a password that somebody else has made lets a person in, to choose one."""
IDLE = timedelta(hours=8)
"""After so long without a request a session ends: a working day."""
SEEN_EVERY = timedelta(minutes=5)
"""How often a session's last use is written down."""

_EASY = "23456789bcdfghjkmnpqrstvwxyz"
"""Of a password that is read aloud or from paper: no words and no signs that look alike; twenty of them are 96 bits."""
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


class SamePassword(SamspelError):
    """The new password is the old one."""

    sv = "Det nya lösenordet är detsamma som det gamla. Välj ett annat."
    en = "The new password is the same as the old one. Choose another."


class WrongPassword(SamspelError):
    """Somebody who is logged in gives a wrong password as their own."""

    sv = "Det nuvarande lösenordet stämmer inte."
    en = "The present password is not right."


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
    must_choose: bool = False
    """Whether the password is somebody else's: the person chooses one before anything else."""


@dataclass(frozen=True)
class Invited:
    """A login for a person, with the password that is shown this once."""

    username: str
    name: str
    password: str
    until: datetime


def invite(runtime: Runtime, username: str, at: datetime) -> Invited:
    """Give whoever has a user name a password that holds for a week, and end every session of theirs. Raises NoSuchUser.

    A forgotten password is put right in the same way.
    """
    password = "-".join("".join(secrets.choice(_EASY) for _ in range(5)) for _ in range(4))
    until = at + TEMPORARY
    with runtime.database.writing() as session:
        person = person_of(runtime, session, username)
        _keep(session, person.id, password, at, until)
        return Invited(username.strip(), person.name, password, until)


def change_password(runtime: Runtime, signed_in: SignedIn, old: str, new: str, at: datetime) -> SignedIn:
    """Let a person choose a password, end every session of theirs and begin a new one for this browser.

    Raises WrongPassword, PasswordTooShort and SamePassword, and changes nothing then.
    """
    with runtime.database.reading() as session:
        account = session.get(Account, signed_in.person)
    if account is None or not _fits(account.password_hash, old):
        raise WrongPassword
    if len(new) < SHORTEST:
        raise PasswordTooShort(shortest=SHORTEST)
    if new == old:
        raise SamePassword
    with runtime.database.writing() as session:
        _keep(session, signed_in.person, new, at, None)
    return begin(runtime, signed_in.person, at)


def set_password(runtime: Runtime, persons: Iterable[str], password: str, at: datetime) -> None:
    """Give persons a password and end every session of theirs. Raises PasswordTooShort and NoSuchPerson."""
    if len(password) < SHORTEST:
        raise PasswordTooShort(shortest=SHORTEST)
    with runtime.database.writing() as session:
        for person in persons:
            if not runtime.organisation(session).can_log_in(person, runtime.clock.now()):
                raise NoSuchPerson(person=person)
            _keep(session, person, password, at, None)


def sign_in(runtime: Runtime, username: str, password: str, at: datetime) -> SignedIn:
    """Log a person in with a password. Raises NotKnown, also for somebody who may log in no longer."""
    with runtime.database.reading() as session:
        person = session.scalar(select(Person).where(Person.username == username.strip()))
        account = session.get(Account, person.id) if person else None
    fits = _fits(account.password_hash if account else _NOBODY, password)
    if person is None or account is None or not fits or (account.temporary_until is not None and at >= account.temporary_until):
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
        return SignedIn(token, person, known.name, *_settings(session, person))


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
        found = SignedIn(token, known.id, known.name, *_settings(session, known.id))
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


def _keep(session: Session, person: str, password: str, at: datetime, temporary_until: datetime | None) -> None:
    account = session.get(Account, person) or Account(person_id=person, language=None)
    account.password_hash, account.changed_at, account.temporary_until = _hasher.hash(password), at, temporary_until
    session.add(account)
    _end(session, person, at)


def _settings(session: Session, person: str) -> tuple[Language | None, bool]:
    """Return the language that a person has chosen, and whether they must choose a password first."""
    account = session.execute(select(Account.language, Account.temporary_until).where(Account.person_id == person)).first()
    return (cast("Language | None", account[0]), account[1] is not None) if account else (None, False)


def _fits(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
