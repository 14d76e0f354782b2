"""Measure: ``python -m tests.bench`` prints each ratio with its spread and its target. Exit status 0 whatever the figures say."""

from __future__ import annotations

import platform
import shutil
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from engine.storage.database import Database, open_database, upgrade
from tests import postgresql
from tests.bench import durable, pages, stock, volume

SHARE_SQLITE, SHARE_POSTGRESQL = 0.20, 0.35


def main() -> None:
    """Measure everything that this machine can."""
    print(f"Python {platform.python_version()}, {platform.machine()}; each ratio is measured in turns within this run: median (first to last tenth)")
    small = "--small" in sys.argv
    if "--pages" in sys.argv:
        show_pages(small=small)
        return
    sizes = (volume.SMALL, 20_000) if small else (volume.SMALL, volume.MIDDLE, volume.LARGE)
    show(stock.lines())
    with sqlite() as (new, copy_of):
        show(durable.lines(new(), copy_of, "SQLite", SHARE_SQLITE))
        show(volume.lines(new, "SQLite", sizes))
    show_pages(small=small)
    with postgresql.server() as url:
        if url is None:
            print("PostgreSQL: no server found on this machine, not measured")
            return
        new, copy_of = on_postgresql(url)
        show(durable.lines(new(), copy_of, "PostgreSQL", SHARE_POSTGRESQL))
        show(volume.lines(new, "PostgreSQL", sizes))


def show_pages(*, small: bool) -> None:
    """Measure the pages over HTTP; ``--pages`` measures nothing else."""
    with tempfile.TemporaryDirectory(prefix="samspel-bench-") as folder:
        show(pages.lines(Path(folder), (pages.SMALL, 20_000 if small else pages.LARGE)))


def show(lines: Iterator[object]) -> None:
    """Print each line as soon as it is measured."""
    for line in lines:
        print(line, flush=True)


@contextmanager
def sqlite() -> Iterator[tuple[Callable[[], Database], Callable[[Database], Database]]]:
    """Give a way to make databases as files, and to copy one."""
    folder = Path(tempfile.mkdtemp(prefix="samspel-bench-"))

    def new() -> Database:
        database = open_database(f"sqlite:///{folder / uuid.uuid4().hex}.sqlite")
        upgrade(database)
        return database

    def copy_of(database: Database) -> Database:
        copied = folder / f"{uuid.uuid4().hex}.sqlite"
        with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql("COMMIT") if connection.connection.driver_connection.in_transaction else None  # type: ignore[union-attr]
            connection.connection.driver_connection.execute(f"VACUUM INTO '{copied}'")  # type: ignore[union-attr]
        return open_database(f"sqlite:///{copied}")

    try:
        yield new, copy_of
    finally:
        shutil.rmtree(folder)


def on_postgresql(url: str) -> tuple[Callable[[], Database], Callable[[Database], Database]]:
    """Give a way to make databases on a server, and to copy one."""
    admin = create_engine(url, isolation_level="AUTOCOMMIT")

    def new(template: str = "template1") -> Database:
        name = f"samspel_{uuid.uuid4().hex}"
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        database = open_database(make_url(url).set(database=name).render_as_string(hide_password=False))
        upgrade(database)
        return database

    def copy_of(database: Database) -> Database:
        database.close()
        assert database.engine.url.database
        return new(database.engine.url.database)

    return new, copy_of


if __name__ == "__main__":
    main()
