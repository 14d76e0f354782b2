"""What came of simulated cases, for people and for scripts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median
from typing import Any

from engine.simulation.guide import Node


@dataclass(frozen=True)
class Stuck:
    """A case that did not come to its end."""

    number: int
    """Which case of the run, from 1."""
    seed: str
    reason: str


@dataclass
class Report:
    """What the cases under one agreement came to."""

    agreement: str
    names: Mapping[Node, str]
    """Every element of the drawings, with its name."""
    ends: Counter[str] = field(default_factory=Counter)
    """``process: end event (outcome)`` -> how many instances ended there."""
    steps: list[int] = field(default_factory=list)
    """Of each case: completed work items, fired timers and delivered messages."""
    waits: dict[str, list[timedelta]] = field(default_factory=dict)
    """Role -> how long each of its completed work items had waited, on the virtual clock."""
    visited: set[Node] = field(default_factory=set)
    stuck: list[Stuck] = field(default_factory=list)
    incidents: list[str] = field(default_factory=list)

    @property
    def unvisited(self) -> tuple[Node, ...]:
        """The elements that no case has passed, in the order of the drawings."""
        return tuple(node for node in self.names if node not in self.visited)

    @property
    def well(self) -> bool:
        """Whether every case came to its end without an incident."""
        return not self.stuck and not self.incidents

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain JSON."""
        return {
            "agreement": self.agreement,
            "cases": len(self.steps),
            "ends": dict(sorted(self.ends.items())),
            "steps": {"least": min(self.steps, default=0), "median": median(self.steps or [0]), "most": max(self.steps, default=0)},
            "waiting_hours": {role: round(_hours(waits), 1) for role, waits in sorted(self.waits.items())},
            "unvisited": [{"process": process, "element": element, "name": self.names[process, element]} for process, element in self.unvisited],
            "stuck": [vars(one) for one in self.stuck],
            "incidents": self.incidents,
        }

    def lines(self) -> Iterator[str]:
        """Yield it as text in Swedish."""
        said = self.as_json()
        steps = said["steps"]
        yield f"{self.agreement}: {said['cases']} ärenden, {steps['least']}–{steps['most']} steg (median {steps['median']:g})"
        for end, count in said["ends"].items():
            yield f"  slut {count:>5}  {end}"
        for role, hours in said["waiting_hours"].items():
            yield f"  väntan {hours:>8} timmar i snitt  {role}"
        for one in said["unvisited"]:
            yield f"  aldrig besökt  {one['process']}: {one['element']} ({one['name'] or 'utan namn'})"
        for incident in self.incidents:
            yield f"  fel  {incident}"
        for stuck in self.stuck:
            yield f"  fastnat  ärende {stuck.number} ({stuck.seed}): {stuck.reason}"


def never_visited(reports: Collection[Report]) -> list[Node]:
    """Return the elements that no case of any agreement has passed."""
    visited = set[Node]().union(*(report.visited for report in reports))
    return sorted({node for report in reports for node in report.names} - visited)


def _hours(waits: Collection[timedelta]) -> float:
    return sum(waits, timedelta()) / timedelta(hours=1) / len(waits)
