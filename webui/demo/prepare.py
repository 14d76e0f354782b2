"""Prepares the demonstration's database: all of it beside the real file, which appears only when everything is there."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.clock import SystemClock
from engine.errors import Language
from engine.services import accounts, timers
from engine.services.demonstration import STORIES
from engine.services.directory import Directory, directory
from engine.services.opening import open_runtime
from engine.services.runtime import Runtime
from engine.simulation.book import read_book
from engine.simulation.stage import fill

PASSWORD = "samspel-demo"  # noqa: S105 - of invented persons, printed for whoever starts the demonstration
_PARTS = ("", "-wal", "-shm")
"""What SQLite keeps beside a file."""


@dataclass(frozen=True)
class Beginning:
    """Somebody to begin as, and one line of what to try."""

    person: str
    sv: str
    en: str

    def what(self, language: Language) -> str:
        """Return what to try."""
        return self.en if language == "en" else self.sv


@dataclass(frozen=True)
class Login:
    """Somebody to begin as, as the shell prints it."""

    username: str
    name: str
    title: str
    what: str


def beginnings() -> list[Beginning]:
    """Return whom to begin as, the first first."""
    listed = tomllib.loads((STORIES / "begin.toml").read_text("utf-8"))["begin"]
    return [Beginning(**one) for one in listed]


def prepare(file: Path, models: Path | None, told: Callable[[int, int, str], None]) -> None:
    """Make a file with an invented organisation and cases under way, unless it is there; ``told`` hears number, of how many, and stage.

    Whatever breaks it off, the file is whole or not there: the next start begins anew. Raises what opening a database raises.
    """
    if file.exists():
        return
    half = file.with_name(f"{file.name}.half")
    throw_away(half)
    runtime = open_runtime(f"sqlite:///{half}", models, demonstration=True)
    try:
        book = read_book()
        fill(runtime, book, lambda number, where: told(number, len(book.cases), where))
        accounts.set_password(runtime, [one.person for one in beginnings()], PASSWORD, SystemClock().now())
    finally:
        runtime.database.close()
    throw_away(file)
    half.replace(file)


def throw_away(file: Path) -> None:
    """Remove a database file and what lies beside it."""
    for part in _PARTS:
        Path(f"{file}{part}").unlink(missing_ok=True)


def catch_up(runtime: Runtime) -> None:
    """Fire what has become due since the demonstration was last open."""
    while (swept := timers.sweep(runtime)).fired and swept.more:
        pass


def logins(runtime: Runtime, language: Language) -> list[Login]:
    """Return whom to begin as; those who are not there are left out."""
    here = directory(runtime)
    return [
        Login(_username(here, one.person), here.person(one.person), "; ".join(here.titles(one.person)), one.what(language)) for one in known(here)
    ]


def known(here: Directory) -> list[Beginning]:
    """Return those to begin as who are there."""
    return [one for one in beginnings() if here.organisation.can_log_in(one.person, here.at)]


def _username(here: Directory, person: str) -> str:
    found = here.organisation.person(person)
    return (found.login if found else None) or person
