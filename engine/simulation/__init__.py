"""Plays invented cases through the drawings, from need to closure, on a clock that is moved and a database that is thrown away.

Everything goes through the services, as whoever has the work in the inbox. The same seed plays the same cases.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.clock import MovableClock
from engine.execution import Release
from engine.services import agreements
from engine.services.demonstration import populate
from engine.services.runtime import OneRelease, Runtime
from engine.simulation.guide import Chart, Guide
from engine.simulation.play import Story
from engine.simulation.report import Report, Stuck, never_visited
from engine.storage.database import Database, open_database, upgrade

__all__ = ["Report", "Stuck", "never_visited", "simulate"]

BEGINS = datetime(2026, 1, 12, 8, tzinfo=UTC)
"""The first day on which a case begins: a Monday after the holidays."""


def simulate(release: Release, agreement_ids: Sequence[str], cases: int, seed: int) -> list[Report]:
    """Play a number of cases under each agreement and return what came of them.

    Raises NoSuchAgreement, and AgreementIncomplete where an agreement leaves open what a case needs.
    """
    wanted = [agreements.agreement(release, agreement_id).id for agreement_id in agreement_ids]
    return [_play_agreement(release, agreement_id, cases, seed) for agreement_id in wanted]


def _play_agreement(release: Release, agreement_id: str, cases: int, seed: int) -> Report:
    chart = Chart(release)
    report = Report(agreement_id, {node: element.name for node, element in chart.elements.items()})
    guide = Guide(chart, random.Random(f"{seed} {agreement_id}"))  # noqa: S311 - a game, not a secret
    with _throwaway_database() as database:
        organisation = populate(database, [agreements.agreement(release, agreement_id)])
        for number in range(1, cases + 1):
            chance = random.Random(f"{seed} {agreement_id} {number}")  # noqa: S311 - as above
            # Each case has a time of its own: what the tables say of a day is asked once for all of them.
            clock = MovableClock(BEGINS + timedelta(days=chance.randrange(14)))
            runtime = Runtime(database, OneRelease(release), clock)
            Story(runtime, clock, organisation, agreement_id, guide, chance, report, number, str(seed)).play()
    report.visited |= guide.visited
    return report


@contextmanager
def _throwaway_database() -> Iterator[Database]:
    """Open a database that nobody needs after a power cut."""
    with tempfile.TemporaryDirectory(prefix="samspel-") as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'simulation.sqlite'}")
        database.hurry()
        upgrade(database)
        try:
            yield database
        finally:
            database.close()


def faulty(reports: Collection[Report]) -> bool:
    """Whether any case did not come to its end."""
    return not all(report.well for report in reports)
