"""Cases that are left under way, for the demonstration: played from some weeks ago up to now, each to another stage."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count, islice

from engine.clock import MovableClock
from engine.facts.organisation import Organisation
from engine.services.runtime import Runtime
from engine.simulation.guide import Chart, Guide
from engine.simulation.play import Story
from engine.simulation.report import Report

DAYS_BACK = (3, 8, 15, 25, 40, 60)
"""How long ago the cases began."""
STEPS = (2, 6, 10, 4, 15, 8, 22, 12, 30, 18)
"""How many steps each has come, at most."""

BESIDE = 4
"""One case in so many has a deviation beside it, and another one a dispute."""


class _Reached(Exception):
    """The case has come up to now."""


@dataclass
class _UpTo(MovableClock):
    """A clock that stops a story rather than run ahead of a moment."""

    end: datetime

    def advance(self, by: timedelta) -> None:
        """Move forward, no further than the end."""
        if self.at + by > self.end:
            raise _Reached
        super().advance(by)


def stage(runtime: Runtime, organisation: Organisation, agreement_ids: Sequence[str], cases: int, seed: int) -> None:
    """Play so many cases under each agreement, one after the other, and leave them where they stand now."""
    now = runtime.clock.now()
    chart = Chart(runtime.releases.active)
    numbers = count()
    for agreement in agreement_ids:
        chance = random.Random(f"{seed} {agreement}")  # noqa: S311 - a game, not a secret
        report = Report(agreement, {node: element.name for node, element in chart.elements.items()})
        guide = Guide(chart, chance)
        for number in islice(numbers, cases):
            clock = _UpTo(now - timedelta(days=chance.choice(DAYS_BACK), minutes=chance.randrange(600)), end=now)
            here = Runtime(runtime.database, runtime.releases, clock)
            story = Story(here, clock, organisation, agreement, guide, chance, report, number, str(seed))
            # As if it had been begun already: it is not begun then.
            story.began |= {purpose for place, purpose in enumerate(("deviation", "dispute")) if number % BESIDE != place}
            try:
                story.advance(STEPS[number % len(STEPS)])
            except _Reached:
                continue
