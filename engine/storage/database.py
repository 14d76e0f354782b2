"""Opens the database, SQLite or PostgreSQL, and brings its tables up to date.

The same code runs on both. SQLite: WAL so that readers never wait, ``synchronous=FULL`` so that a finished
commit survives a power cut, foreign keys on, and ``BEGIN IMMEDIATE`` for writers only, so that two of them
queue up instead of failing half-way. PostgreSQL: READ COMMITTED; whoever needs more takes a row lock, or reads one moment.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import orjson
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from engine.errors import SamspelError

MIGRATIONS = Path(__file__).parent / "migrations"
WAIT_SECONDS = 30
"""How long a SQLite writer waits for the one before it."""
POOL: Mapping[str, Any] = {"pool_size": 10, "max_overflow": 50}
"""Connections of one process: more than a server has threads, for one that waits to write keeps its own."""


class DatabaseUnusable(SamspelError):
    """The database cannot be opened with this URL."""

    sv = "Databasen {url} går inte att öppna: {reason}. Rätta adressen (--database eller SAMSPEL_DATABASE)."
    en = "The database {url} cannot be opened: {reason}. Correct the address (--database or SAMSPEL_DATABASE)."


class DatabaseNewer(SamspelError):
    """The tables were made by a newer Samspel than this one."""

    sv = "Databasen {url} är gjord av en nyare Samspel än den här. Uppgradera Samspel, eller rätta adressen (--database eller SAMSPEL_DATABASE)."
    en = "The database {url} was made by a newer Samspel than this one. Upgrade Samspel, or correct the address (--database or SAMSPEL_DATABASE)."


@dataclass(frozen=True)
class Database:
    """An open database: gives sessions for reading and for the one short write."""

    engine: Engine

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is one file with one writer at a time."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self, *, one_moment: bool = False) -> Iterator[Session]:
        """Give a session that changes nothing.

        On SQLite all that it reads is of one moment. On PostgreSQL each question sees what is committed when it is asked, at
        two round trips less, unless ``one_moment`` is wanted.
        """
        level = "REPEATABLE READ" if one_moment else "AUTOCOMMIT"
        engine = self.engine if self.is_sqlite else self.engine.execution_options(isolation_level=level)
        with Session(engine, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session whose changes are kept all together, or not at all if anything fails."""
        engine = self.engine.execution_options(samspel_write=True)
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    def hurry(self) -> None:
        """Wait for no disk from now on: for a SQLite file that nobody misses after a power cut, such as one that is half made."""
        if self.is_sqlite:
            event.listen(self.engine, "connect", lambda connection, _entry: connection.execute("PRAGMA synchronous=OFF"))
            self.engine.dispose()

    @cached_property
    def beside(self) -> Database:
        """The same database with connections of its own, for a short question by whoever may hold one already.

        Taken from one pool, twenty who each hold a connection and want a second would wait for each other.
        """
        url = self.engine.url
        return self if _in_memory(url) else Database(_make_engine(url))

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
        if "beside" in vars(self) and self.beside is not self:
            self.beside.engine.dispose()


def open_database(url: str) -> Database:
    """Open the database and try it.

    Raises DatabaseUnusable for a URL that cannot be read, a missing driver, a file that cannot be written
    or a server that does not answer.
    """
    try:
        parsed = make_url(url)
        engine = _make_engine(parsed)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError, ValueError) as error:  # ValueError: a port or setting that is no number
        raise DatabaseUnusable(url=_without_password(url), reason=_first_line(error)) from error
    shown = parsed.render_as_string(hide_password=True)
    if engine.dialect.name not in {"sqlite", "postgresql"}:
        raise DatabaseUnusable(url=shown, reason="only sqlite and postgresql are supported")
    database = Database(engine)
    try:
        with database.writing() as session:
            session.execute(text("SELECT 1"))
    except DBAPIError as error:
        engine.dispose()
        raise DatabaseUnusable(url=shown, reason=_first_line(error.orig or error)) from error
    return database


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the tables to the newest form, all of them or none; a second run changes nothing.

    Raises DatabaseNewer for tables of a newer version, and DatabaseUnusable where the tables cannot be made, such as among
    another program's of the same names.
    """
    shown = database.engine.url.render_as_string(hide_password=True)
    try:
        with database.engine.execution_options(samspel_write=True).connect() as connection:
            command.upgrade(alembic_config(connection), revision)
    except CommandError as error:
        raise DatabaseNewer(url=shown) from error
    except DBAPIError as error:
        raise DatabaseUnusable(url=shown, reason=_first_line(error.orig or error)) from error


def is_newest(database: Database) -> bool:
    """Whether the tables have the newest form."""
    with database.engine.connect() as connection:
        newest = ScriptDirectory.from_config(alembic_config(connection)).get_current_head()
        return MigrationContext.configure(connection).get_current_revision() == newest


def alembic_config(connection: Connection) -> Config:
    """Return Alembic's settings with an open connection, so that no URL lies in a file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _make_engine(url: URL) -> Engine:
    options: dict[str, Any] = {"json_serializer": _to_json, "json_deserializer": orjson.loads, "hide_parameters": True}
    if url.get_backend_name() == "sqlite":
        _create_private(url.database)
        if not _in_memory(url):
            options.update(POOL)
        engine = create_engine(url, connect_args={"timeout": WAIT_SECONDS}, **options)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(url, pool_pre_ping=True, **POOL, **options)


def _in_memory(url: URL) -> bool:
    return url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:")


def _create_private(file: str | None) -> None:
    """Create a new database file that only its owner may read, as SQLite would not; its journals follow its mode."""
    if file and file != ":memory:" and not file.startswith("file:"):
        with suppress(OSError):  # it exists, or cannot be made: SQLite says which
            os.close(os.open(file, os.O_CREAT | os.O_EXCL, 0o600))


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # The driver's own BEGIN comes too late and is always deferred: turn it off and say it ourselves.
    cast("Any", connection).isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("samspel_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _to_json(value: object) -> str:
    """Write JSON; dates and times as ISO text, durations by their own text."""
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _without_password(url: str) -> str:
    """Hide what stands before an @ in a URL that could not be read."""
    return "…@" + url.rpartition("@")[2] if "@" in url else url
