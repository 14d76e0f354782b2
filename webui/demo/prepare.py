"""Fills an empty database with an invented organisation and cases under way."""

from __future__ import annotations

from dataclasses import dataclass

from engine.clock import SystemClock
from engine.services import accounts, agreements, timers
from engine.services.demonstration import populate
from engine.services.directory import Directory, directory
from engine.services.runtime import Runtime
from engine.simulation.stage import stage

CASES = 3
"""Under each agreement."""
PASSWORD = "samspel-demo"  # noqa: S105 - of invented persons, printed for whoever starts the demonstration
SEED = 1


@dataclass(frozen=True)
class Login:
    """Somebody to begin as."""

    username: str
    name: str
    title: str


def prepare(runtime: Runtime, cases: int = CASES) -> list[Login]:
    """Invent what is missing, let due timers fire, and return some to begin as; a second call invents nothing."""
    known = agreements.of_release(runtime.releases.active)
    if not directory(runtime).organisation.persons:
        organisation = populate(runtime.database, known.values())
        stage(runtime, organisation, list(known), cases, SEED)
        accounts.set_password(runtime, _first(directory(runtime)), PASSWORD, SystemClock().now())
    while (swept := timers.sweep(runtime)).fired and swept.more:
        pass
    here = directory(runtime)
    return [Login(_username(here, who), here.person(who), "; ".join(here.titles(who))) for who in _first(here)]


def _first(here: Directory) -> list[str]:
    """Return one at work in the first school, the line of managers above, and the first process owner."""
    school = next(unit for unit in here.organisation.units if unit.kind == "school")
    posts = [post for post in here.organisation.positions if post.unit == school.id and post.role == "staff"]
    staff = [who for post in posts for who in here.organisation.holders(post.id, here.at)]
    line = [who for post in here.organisation.line(school.id, here.at) for who in here.organisation.holders(post.id, here.at)]
    owners = [who for post in here.organisation.positions if post.role == "process_owner" for who in here.organisation.holders(post.id, here.at)]
    return list(dict.fromkeys([*staff[:1], *line, *owners[:1]]))


def _username(here: Directory, person: str) -> str:
    known = here.organisation.person(person)
    return (known.login if known else None) or person
