"""The demonstration on a clock that stands still, with somebody in every role: what guards, judges and pictures walk through."""

from __future__ import annotations

import fcntl
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from engine.clock import MovableClock
from engine.facts.organisation import Assignment, Organisation, Party, Person, Position, Unit
from engine.services.clock import OffsetClock
from engine.services.directory import Directory, directory, waiting_by_queue
from engine.services.people import store_organisation
from engine.services.runtime import Runtime
from engine.simulation.book import read_book
from engine.simulation.stage import fill
from webui.app import create_app
from webui.house import EXTENSION, House
from webui.settings import Settings

NOW = datetime(2026, 3, 12, 8, 30, tzinfo=UTC)
"""A Thursday, half past nine in Sweden."""
STRANGER = "sven.framling"


@dataclass(frozen=True)
class Roles:
    """One person, by id, for each kind of user; those for whom most waits."""

    staff: str
    manager: str
    next_level: str
    management: str
    steering: str
    process_owner: str
    stranger: str
    """Logs in, and has to do with no case."""

    @property
    def everybody(self) -> dict[str, str]:
        """Return the persons by the name of their role."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def filled(folder: Path) -> Path:
    """Return the database of the demonstration, which the first that asks for it within a run makes for all."""
    path = folder / "walked.sqlite"
    with (folder / "walked.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            _make(folder / "walked.half")
            (folder / "walked.half").rename(path)
    return path


def _make(path: Path) -> None:
    with opened(path) as app:
        runtime: Runtime = app.extensions[EXTENSION].runtime
        fill(runtime, read_book(), lambda *_: None)
        store_organisation(runtime.database, _a_stranger())
        with runtime.database.writing() as session:
            # The same references each time: pictures are compared.
            session.execute(text("UPDATE case_ SET reference = '2026-TR' || (1000 + id)"))


def _a_stranger() -> Organisation:
    """Return somebody at a unit that no agreement names."""
    return Organisation(
        parties=(Party("elsewhere", "Annanstans kommun", "municipality"),),
        units=(Unit("elsewhere_park", "elsewhere", "Parkförvaltningen, Annanstans kommun", "park"),),
        persons=(Person(STRANGER, "Sven Främling", STRANGER),),
        positions=(Position("elsewhere_park_staff", "elsewhere_park", "Parkarbetare"),),
        assignments=(Assignment("elsewhere_park_staff", STRANGER),),
    )


@contextmanager
def opened(path: Path, at: datetime = NOW) -> Iterator[Flask]:
    """Give the application on a database, at a moment that stays until its clock is moved."""
    app = create_app(Settings(f"sqlite:///{path}", demonstration=True, secure_cookies=False))
    house: House = app.extensions[EXTENSION]
    clock = OffsetClock(house.runtime.database, MovableClock(at))
    app.extensions[EXTENSION] = replace(house, runtime=Runtime(house.runtime.database, house.runtime.releases, clock))
    try:
        yield app
    finally:
        house.runtime.database.close()


def roles(app: Flask) -> Roles:
    """Return who stands for each role."""
    runtime: Runtime = app.extensions[EXTENSION].runtime
    here = directory(runtime)
    waiting: Counter[str] = Counter()
    for (queue, purpose), count in waiting_by_queue(runtime).items():
        waiting.update(dict.fromkeys(here.persons_of(queue, purpose), count))
    taken: list[str] = []

    def busiest(positions: set[str]) -> str:
        holders = (who for one in positions for who in here.organisation.holders(one, here.at))
        able = sorted({who for who in holders if here.organisation.can_log_in(who, here.at)} - set(taken))
        taken.append(max(able, key=lambda who: waiting[who]))
        return taken[-1]

    posts = here.organisation.positions
    leading = {post.reports_to for post in posts if post.role == "manager"}
    return Roles(
        staff=busiest({post.id for post in posts if post.role == "staff"}),
        manager=busiest({post.id for post in posts if post.role == "manager" and post.id not in leading}),
        next_level=busiest({post.id for post in posts if post.role == "manager" and post.id in leading}),
        management=busiest({post.id for post in posts if post.role == "management"}),
        steering=busiest({member.position for member in here.organisation.members if member.position}),
        process_owner=busiest({post.id for post in posts if post.role == "process_owner"}),
        stranger=STRANGER,
    )


def names_of(app: Flask) -> Directory:
    """Return who and what there is."""
    return directory(app.extensions[EXTENSION].runtime)


def client_of(app: Flask, person: str | None, language: str = "sv") -> FlaskClient:
    """Return a browser without JavaScript in which somebody, or nobody, is logged in."""
    client = app.test_client()
    token = token_of(client)
    if person is not None:
        assert client.post("/demo/be", data={"csrf_token": token, "person": person}).status_code == 302
        token = token_of(client)
    client.post("/language", data={"csrf_token": token, "language": language})
    return client


def token_of(client: FlaskClient) -> str:
    """Return the sign that a form of this browser must carry."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)
    assert found is not None
    return found[1]
