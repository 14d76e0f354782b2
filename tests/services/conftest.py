"""A small organisation, a few drawings, and both databases, for the tests of the services."""

import shutil
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from engine.clock import MovableClock
from engine.execution import load_files
from engine.facts.organisation import (
    Assignment,
    Deputy,
    Member,
    Organisation,
    Party,
    Period,
    Person,
    Position,
    SteeringGroup,
    Unit,
)
from engine.services import cases, tasks
from engine.services.people import store_organisation
from engine.services.releases import release_files
from engine.services.runtime import OneRelease, Runtime
from engine.shipped import processes_folder
from engine.storage.database import open_database, upgrade

MODELS = Path(__file__).parent / "models"
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
CHILD = cases.NewChild("Maja Exempelsson", date(2012, 3, 14), "20120314-2380", "Testbyn")
UNITS = ("school", "bup", "social", "clinic", "habilitation")
CONSENT = {"need": "Maja behöver stöd.", "consents": [{"giver": "guardian", "name": "Elis Exempelsson", "answer": "yes"}]}


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    """A file with all tables, migrated once and copied for each test."""
    path = tmp_path_factory.mktemp("template") / "template.sqlite"
    opened = open_database(f"sqlite:///{path}")
    upgrade(opened)
    opened.close()
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql):
    """A database with all tables, migrated once and copied for each test."""
    name = f"samspel_{uuid.uuid4().hex}"
    with made(postgresql, name) as url:
        opened = open_database(url)
        upgrade(opened)
        opened.close()
        yield name


@contextmanager
def made(server, name, template="template1"):
    """Give the URL of a database that is there for a while."""
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    """A database with all tables and no rows, on each of the two."""
    if request.param == "sqlite":
        path = shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "test.sqlite")
        opened = open_database(f"sqlite:///{path}")
        yield opened
        opened.close()
        return
    template = request.getfixturevalue("postgresql_template")
    with made(request.getfixturevalue("postgresql"), f"samspel_{uuid.uuid4().hex}", template) as url:
        opened = open_database(url)
        yield opened
        opened.close()


def small_organisation():
    """Five units under one party; each with a worker, a manager and, above them all, a head and a director."""
    units = tuple(Unit(name, "town", name.title(), name, agreements=("jamtbus", "gotland")) for name in (*UNITS, "office"))
    people = [*(f"{unit}_worker" for unit in UNITS), *(f"{unit}_boss" for unit in UNITS), "head", "director", "owner", "stand_in", "stranger"]
    posts = [Position("director", "office", "Direktör", "management"), Position("head", "office", "Områdeschef", "manager", "director")]
    posts.append(Position("owner", "office", "Processägare", "process_owner", agreements=("jamtbus", "gotland")))
    for unit in UNITS:
        posts.append(Position(f"{unit}_boss", unit, "Enhetschef", "manager", "head"))
        posts.append(Position(f"{unit}_worker", unit, "Handläggare", "staff", f"{unit}_boss"))
    return Organisation(
        parties=(Party("town", "Testbyn", "municipality"),),
        units=units,
        persons=tuple(Person(name, name.replace("_", " ").title(), name) for name in people),
        positions=tuple(posts),
        assignments=tuple(Assignment(post.id, post.id) for post in posts),
        deputyships=(Deputy("school_boss", "stand_in", Period(date(2026, 3, 5), date(2026, 3, 7))),),
        groups=(SteeringGroup("steering", "jamtbus", "Styrgruppen"),),
        members=(Member("steering", position="director"),),
    )


def release_of(folder, *, decisions=True):
    """The drawings of one test folder with the shipped agreements and tables, and the demonstration's decisions or none."""
    shipped = processes_folder()
    files = release_files(shipped, [shipped / "demonstration"] if decisions else [])
    files = {path: content for path, content in files.items() if path.startswith(("policy/", "agreements/"))}
    return load_files(dict(sorted({**files, **release_files(MODELS / folder)}.items())))


@dataclass
class House:
    """A runtime with short ways to what the tests do again and again."""

    runtime: Runtime
    clock: MovableClock
    units = UNITS
    child = CHILD

    def start(self, person="school_worker", unit="school", **variables):
        return cases.start(self.runtime, person, agreement="jamtbus", child=CHILD, unit=unit, variables=variables)

    def wait(self, **how_long):
        self.clock.advance(timedelta(**how_long))

    def only(self, person):
        """The one thing that waits for somebody."""
        (entry,) = tasks.inbox(self.runtime, person)
        return entry

    def complete(self, person, **answers):
        """Complete the one thing that waits for somebody."""
        return tasks.complete(self.runtime, person, self.only(person).id, answers)

    def asked(self, *units):
        """A case in which these units have just been asked."""
        started = self.start(units=list(units or UNITS))
        self.complete("school_worker", **CONSENT)
        self.complete("school_boss", decision="call", reason="Behövs")
        return started


@pytest.fixture
def house(database):
    """The drawing "joint" under way in the small organisation."""
    return build_house(database, "joint")


@pytest.fixture
def house_of(database):
    """Another drawing in the same organisation."""
    return partial(build_house, database)


def build_house(database, folder, **more):
    store_organisation(database, small_organisation())
    clock = MovableClock(MONDAY)
    return House(Runtime(database, OneRelease(release_of(folder, **more)), clock), clock)
