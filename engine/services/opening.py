"""Opens everything that a process of the application needs: isolate, database, drawings, clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.clock import SystemClock
from engine.errors import SamspelError
from engine.execution import Release, feel
from engine.services import releases
from engine.services.clock import OffsetClock
from engine.services.runtime import Runtime
from engine.shipped import processes_folder
from engine.storage.database import is_newest, open_database, upgrade


class TablesMissing(SamspelError):
    """The database has not the tables of this version."""

    sv = "Databasen har inte den form som den här versionen behöver. Ta en säkerhetskopia och kör samspel db upgrade."
    en = "The database has not the form that this version needs. Make a backup and run samspel db upgrade."


def open_runtime(url: str, models: Path | None = None, *, demonstration: bool = False) -> Runtime:
    """Open the database and the drawings. Called on the main thread, after any fork: the isolate needs that.

    A demonstration has its own local decisions and a clock that can be moved. Raises DatabaseUnusable, ModelsRefused and FeelBundleMissing.
    """
    feel.start()
    database = open_database(url)
    upgrade(database)
    folder = models or processes_folder()
    clock = OffsetClock(database) if demonstration else SystemClock()
    overlays = [processes_folder() / releases.DEMONSTRATION] if demonstration else []
    return Runtime(database, releases.open_releases(database, clock, folder, overlays), clock)


def require_ready(url: str) -> None:
    """See that a server can begin on the database, and leave nothing open that a fork would share. Raises DatabaseUnusable and TablesMissing."""
    database = open_database(url)
    try:
        if not is_newest(database):
            raise TablesMissing
    finally:
        database.close()


class _NoReleases:
    """In place of the drawings, where none is read."""

    @property
    def active(self) -> Release:
        raise LookupError("no drawing was opened")

    def get(self, hash_: str, /) -> Release:
        raise LookupError(hash_)


@contextmanager
def people_only(url: str) -> Iterator[Runtime]:
    """Give a runtime for what concerns people and their logins: no drawing is read, and none is kept as the one to run on.

    Raises DatabaseUnusable.
    """
    database = open_database(url)
    try:
        upgrade(database)
        yield Runtime(database, _NoReleases(), SystemClock())
    finally:
        database.close()
