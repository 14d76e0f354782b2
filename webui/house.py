"""What every room of the web asks for: the engine, the real time, who is reading and in which language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import current_app, g, session
from flask_babel import get_locale
from flask_login import UserMixin, current_user

from engine.clock import Clock
from engine.errors import Language
from engine.services.accounts import SignedIn
from engine.services.directory import Directory, directory
from engine.services.runtime import Runtime

EXTENSION = "samspel"


@dataclass(frozen=True)
class House:
    """The engine behind the pages."""

    runtime: Runtime
    wall_clock: Clock
    demonstration: bool


class User(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """Whoever is at the other end of a request."""

    def __init__(self, signed_in: SignedIn) -> None:
        self.signed_in = signed_in
        self.token = signed_in.token
        self.person = signed_in.person
        self.name = signed_in.name
        self.language = signed_in.language

    def get_id(self) -> str:
        """Return what Flask-Login keeps in the cookie: the session's token, never the person."""
        return self.token


def house() -> House:
    """Return the house of this application."""
    return cast("House", current_app.extensions[EXTENSION])


def runtime() -> Runtime:
    """Return the engine."""
    return house().runtime


def reader() -> User:
    """Return who is logged in; only for views that nobody else reaches."""
    return cast("User", current_user)


def person() -> str:
    """Return the id of who is logged in."""
    return reader().person


def language() -> Language:
    """Return the language of the page."""
    return "en" if str(get_locale()) == "en" else "sv"


def chosen_language() -> Language:
    """Return the language that this browser, else this person, has chosen; else Swedish."""
    chosen = session.get("language") or (reader().language if current_user.is_authenticated else None)
    return "en" if chosen == "en" else "sv"


def names() -> Directory:
    """Return the names of units and persons as they are now, read once for each request."""
    if "names" not in g:
        g.names = directory(runtime())
    return cast("Directory", g.names)
