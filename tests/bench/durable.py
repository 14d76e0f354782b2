"""Completing a work item through the services, over a bare commit of the very rows that it wrote.

Every statement that changes a row is recorded and played again by the database's own driver in a copy of the database:
what is left is what the disk asks for, and the ratio says how much of a completion is that.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, select

from engine.services import tasks
from engine.storage.database import Database
from engine.storage.tables import ProcessInstance, WorkItem
from tests.bench.report import Line, seconds
from tests.services.conftest import House, build_house

FIRST, MIDDLE, LAST = 0, 50, 250
SAMPLES = 60


def lines(database: Database, copy_of: Callable[[Database], Database], name: str, target: float) -> Iterator[Line]:
    """Measure on one kind of database: the floor, then the cost after 50 and 250 follow-ups."""
    house = build_house(database, "rounds")
    fresh = [house.start() for _ in range(SAMPLES)]
    old = {rounds: house.start() for rounds in (MIDDLE, LAST)}
    for rounds, case in old.items():
        for _ in range(rounds):
            follow_up(house, case.instance_id)
    sizes = {rounds: state_size(house, case.instance_id) for rounds, case in old.items()}
    follow_up(house, fresh[0].instance_id)
    sizes[FIRST] = state_size(house, fresh[0].instance_id)

    copied = copy_of(database)
    floors: dict[int, list[float]] = {FIRST: [], MIDDLE: [], LAST: []}
    costs: dict[int, list[float]] = {FIRST: [], MIDDLE: [], LAST: []}
    with recorded(database) as statements, copied.engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        connection.rollback()
        for case in fresh[1:]:
            for rounds, instance in ((FIRST, case), (MIDDLE, old[MIDDLE]), (LAST, old[LAST])):
                statements.clear()
                item = open_item(house, instance.instance_id)
                costs[rounds].append(seconds(lambda item=item: answer(house, item)))
                floors[rounds].append(seconds(lambda: replay(raw, statements, sqlite=copied.is_sqlite)))
    copied.close()

    share = [floor / cost for floor, cost in zip(floors[FIRST], costs[FIRST], strict=True)]
    yield Line(f"{name}: bare commit of the same rows over completing", share, target, at_least=True)
    for rounds in (MIDDLE, LAST):
        grown = [late / early for late, early in zip(costs[rounds], costs[FIRST], strict=True)]
        yield Line(f"{name}: completing after {rounds} follow-ups over after none", grown, 1.3)
    yield Line(f"{name}: bytes of state after 250 follow-ups over after none", [sizes[LAST] / sizes[FIRST]], 1.2)
    print(
        f"  ({name}: median of completing {statistics.median(costs[FIRST]) * 1e3:.1f} ms, of the bare commit "
        f"{statistics.median(floors[FIRST]) * 1e3:.1f} ms; state {sizes[FIRST]} bytes after none, {sizes[LAST]} after 250)"
    )


def open_item(house: House, instance: int) -> int:
    """Return the one work item that waits in a case."""
    with house.runtime.database.reading() as session:
        return session.scalars(select(WorkItem.id).where(WorkItem.instance_id == instance, WorkItem.closed_at.is_(None))).one()


def answer(house: House, item: int) -> None:
    """Complete one follow-up and come to the next."""
    tasks.complete(house.runtime, "school_worker", item, {"goals": [{"goal": "Skolgång"}], "next_step": "again"})


def follow_up(house: House, instance: int) -> None:
    """Do one round."""
    answer(house, open_item(house, instance))


def state_size(house: House, instance: int) -> int:
    """Return the bytes of a case's state."""
    with house.runtime.database.reading() as session:
        return len(session.get_one(ProcessInstance, instance).state)


@contextmanager
def recorded(database: Database) -> Iterator[list[tuple[str, Any, bool]]]:
    """Record each statement that changes rows, as the driver was given it."""
    statements: list[tuple[str, Any, bool]] = []

    def record(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:  # noqa: FBT001
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            # A batch that gives ids back is one statement with all values in a row, though it counts as many.
            statements.append((statement, parameters, many and isinstance(parameters, list)))

    event.listen(database.engine, "before_cursor_execute", record)
    try:
        yield statements
    finally:
        event.remove(database.engine, "before_cursor_execute", record)


def replay(connection: Any, statements: list[tuple[str, Any, bool]], *, sqlite: bool) -> None:
    """Write the recorded rows and commit."""
    cursor = connection.cursor()
    if sqlite:
        cursor.execute("BEGIN IMMEDIATE")
    for statement, parameters, many in statements:
        (cursor.executemany if many else cursor.execute)(statement, parameters)
    if sqlite:
        cursor.execute("COMMIT")
    else:
        connection.commit()
    cursor.close()
