"""Inbox and timer sweep in databases with a thousand and with a million rows that wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from sqlalchemy import text

from engine.services import tasks, timers
from engine.storage.database import Database
from tests.bench.report import Line, in_turns, ratio
from tests.services.conftest import MONDAY, House, build_house

SMALL, MIDDLE, LARGE = 1_000, 100_000, 1_000_000
OTHERS = 400
"""Queues that the rest of the work lies in: as many units as a large county has."""
TIMES = 60


def filled(database: Database, items: int) -> House:
    """Return a house where so many work items and timers wait: a fifth of the items with one unit, ten with another."""
    house = build_house(database, "rounds")
    started = house.start()
    for name in ("work_item", "timer"):
        with database.writing() as session:
            session.execute(text(_copies(name, items, sqlite=database.is_sqlite)), {"instance": started.instance_id, "later": _later(database)})
    with database.writing() as session:
        session.execute(text("ANALYZE"))
    return house


def lines(databases: Callable[[], Database], name: str, sizes: Sequence[int] = (SMALL, MIDDLE, LARGE)) -> Iterator[Line]:
    """Measure on one kind of database; each size has a database of its own."""
    houses = [filled(databases(), size) for size in sizes]
    for who, person in (("somebody with a few of them", "social_worker"), ("somebody whose unit has a fifth", "bup_worker")):
        shown = [len(tasks.inbox(house.runtime, person)) for house in houses]
        assert min(shown) > 0, shown
        pairs = in_turns(TIMES, *(_inbox(house, person) for house in houses))
        for place, size in enumerate(sizes[1:], 1):
            yield Line(f"{name}: inbox of {who}, {size:,} open over {sizes[0]:,}", ratio(pairs, place, 0), 2)
    pairs = in_turns(TIMES, *(_sweep(house) for house in houses))
    yield Line(f"{name}: sweep with nothing due, {sizes[-1]:,} timers over {sizes[0]:,}", ratio(pairs, len(sizes) - 1, 0), 1.3)


def _inbox(house: House, person: str) -> Callable[[], object]:
    return lambda: tasks.inbox(house.runtime, person)


def _sweep(house: House) -> Callable[[], object]:
    return lambda: timers.sweep(house.runtime)


def _later(database: Database) -> object:
    moment = MONDAY + timedelta(days=100)
    return moment.replace(tzinfo=None).isoformat(sep=" ") if database.is_sqlite else moment


def _copies(table: str, rows: int, *, sqlite: bool) -> str:
    """Return SQL that fills a table with copies of its first row, spread over queues and days."""
    numbers = (
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})"
        if sqlite
        else f"WITH n(i) AS (SELECT * FROM generate_series(1, {rows}))"
    )
    if table == "timer":
        when = _spread(5_000, sqlite=sqlite)
        return (
            f"INSERT INTO timer (instance_id, task_id, element, process, due_at, created_at, fired) {numbers} "
            f"SELECT :instance, 'copy ' || i, 'wait', 'rounds', {when}, {when}, {'0' if sqlite else 'false'} FROM n"
        )
    columns = (
        "instance_id, case_id, element, name, process, path, form, role, purpose, routing, excluded, inputs, properties, priority, due_at, created_at"
    )
    when = _spread(50_000, sqlite=sqlite)
    queue = f"CASE WHEN i % 5 = 0 THEN 'unit:bup' WHEN i <= 12 THEN 'unit:social' ELSE 'unit:other_' || (i % {OTHERS}) END"
    return (
        f"INSERT INTO work_item ({columns}, task_id, queue, urgency_at) {numbers} "
        f"SELECT {', '.join('w.' + column.strip() for column in columns.split(','))}, 'copy ' || i, {queue}, {when} "
        "FROM n, (SELECT * FROM work_item WHERE instance_id = :instance LIMIT 1) w"
    )


def _spread(minutes: int, *, sqlite: bool) -> str:
    """Return SQL for a moment that lies up to so many minutes after ``:later``."""
    if sqlite:
        return f"strftime('%Y-%m-%d %H:%M:%f000', :later, (i % {minutes}) || ' minutes')"
    return f"CAST(:later AS timestamptz) + (i % {minutes}) * interval '1 minute'"
