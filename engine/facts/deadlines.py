"""When something is due, and why on that day: milestones of an instance and the rows of the table ``deadlines``.

A date is the whole day: it ends at 23:59 in Europe/Stockholm. Moments are aware UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from engine.clock import STOCKHOLM
from engine.errors import Language
from engine.facts.calendar import DayKind, add_days, end_of_day, in_words, local_day
from engine.facts.policy import DeadlineRow, Policy, PolicyMalformed, PolicyValue

Milestones = Mapping[str, datetime]
"""A milestone's name and when it happened, in UTC."""

PolicyOn = Callable[[date], Policy]
"""What holds in the agreement on a day in Sweden."""

MILESTONES: Mapping[str, tuple[str, str]] = {
    "need_registered": ("att behovet togs upp", "the need was raised"),
    "call_decided": ("chefens beslut att kalla", "the manager's decision to call"),
    "consent_given": ("samtycket", "the consent"),
    "summons_sent": ("kallelsen", "the summons"),
    "meeting_held": ("mötet", "the meeting"),
    "plan_ready": ("att planen blev klar", "the plan was ready"),
    "reported": ("att avvikelsen rapporterades", "the deviation was reported"),
    "countersigned": ("att rapporten var underskriven", "the report had been signed"),
    "lifted_to_next": ("att frågan lyftes till nästa chefsnivå", "the matter was lifted to the next manager"),
    "lifted_to_management": ("att frågan lyftes till ledningsnivån", "the matter was lifted to the management level"),
}
"""Milestones that start clocks, in Swedish and English; a drawing may set others, which are named by their id."""


@dataclass(frozen=True)
class Deadline:
    """One thing that is due, with everything that explains the day."""

    name: str
    sv: str
    """What is to be done, in Swedish."""
    en: str
    on: date
    """The last day, in Sweden."""
    at: datetime
    """The end of that day, 23:59 local, in UTC."""
    days: int
    day_kind: DayKind
    before: bool
    """Whether the days are counted backwards from :attr:`start_on`."""
    start: str
    """The milestone, or ``deadlines.NAME``, that the days are counted from."""
    start_on: date
    start_milestone: str
    """The milestone at the beginning of the chain."""
    start_at: datetime
    """When that milestone happened, in UTC."""
    responsible: str
    """A case role."""
    met_by: str | None
    """The milestone with which it is done."""
    sources: tuple[PolicyValue, ...]
    """Whoever says the number of days first, then the start and the kind of days."""
    agreement: str

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of the rules behind the day, each once."""
        return tuple(dict.fromkeys(source.rule for source in self.sources if source.rule))

    def origins(self, language: Language = "sv") -> tuple[str, ...]:
        """Return what each source says, with quote or decision, each once: for "where does it say so?"."""
        return tuple(dict.fromkeys(source.origin(language) for source in self.sources))

    def facts(self) -> Mapping[str, object]:
        """Return what an expression reads as ``deadlines.<name>``."""
        return {"at": self.at.astimezone(STOCKHOLM), "on": self.on, "days": self.days}

    def sentence(self, language: Language = "sv", agreement: str | None = None) -> str:
        """Return why the thing is due on that day, in one line; ``agreement`` is its name for people. What each source says: :attr:`sources`."""
        said_by = ", ".join((agreement or self.agreement, *dict.fromkeys(source.said_by(language) for source in self.sources)))
        on, started = in_words(self.on, language), f"{_start_words(self.start, language)} {in_words(self.start_on, language)}"
        if language == "sv":
            kind = _count(self.days, "kalenderdag", "kalenderdagar") if self.day_kind == "calendar" else _count(self.days, "arbetsdag", "arbetsdagar")
            way = "före" if self.before else "efter"
            return f"Senast {on}: {self.sv}, {kind} {way} {started} ({said_by})."
        kind = _count(self.days, f"{self.day_kind} day", f"{self.day_kind} days")
        way = "before" if self.before else "after"
        return f"By {on}: {self.en}, {kind} {way} {started} ({said_by})."


def deadlines_of(policy_on: PolicyOn, milestones: Milestones, on: date) -> Mapping[str, Deadline | None]:
    """Return every deadline of the table by its name; None while its start has not happened or where no rule gives it days.

    Which deadlines there are, and where they start, is read on the day ``on``; the number of days is that of the day on which
    the start happened, so that a changed number moves no clock that already runs.
    Raises :class:`~engine.facts.policy.PolicyMalformed` for a row that points at itself, at nothing, or at what is no number of days.
    """
    count = _Count(policy_on, policy_on(on), milestones)
    return {name: count.deadline(name) for name in count.policy.deadlines}


def deadline_keys(rows: Mapping[str, DeadlineRow], name: str) -> frozenset[str]:
    """Return the policy keys behind a deadline, with those of the deadline that it is counted from."""
    if name not in rows:
        return frozenset()
    start = rows[name].start
    behind = {other: row for other, row in rows.items() if other != name}
    return rows[name].keys() | (deadline_keys(behind, start.removeprefix("deadlines.")) if start.startswith("deadlines.") else frozenset())


def cannot_both_hold(deadlines: Mapping[str, Deadline | None], milestones: Milestones, now: datetime) -> tuple[Deadline, ...]:
    """Return the deadlines counted back from another that passed undone: what they lead up to cannot be held in time either.

    Under BUS Gotland the meeting is within 30 days and the call 21 days before it: without a call by day nine
    one of them breaks (000-6). The manager chooses which; the warning says so.
    """
    return tuple(due for due in deadlines.values() if due is not None and due.before and due.met_by not in milestones and now > due.at)


def trap_sentence(deadline: Deadline, language: Language = "sv") -> str:
    """Return the warning for a deadline of :func:`cannot_both_hold`."""
    day, on = (deadline.on - local_day(deadline.start_at)).days, in_words(deadline.on, language)
    said_by = ", ".join(dict.fromkeys(source.said_by(language) for source in deadline.sources))
    if language == "sv":
        return f"Dag {day}, {on}, har passerat: {deadline.sv}. Båda tidsgränserna går inte längre att hålla ({said_by})."
    return f"Day {day}, {on}, has passed: {deadline.en}. Both limits can no longer be held ({said_by})."


@dataclass(frozen=True)
class _Count:
    """The counting of one instance's deadlines."""

    policy_on: PolicyOn
    policy: Policy
    """Of the day on which they are asked for."""
    milestones: Milestones

    def deadline(self, name: str, above: tuple[str, ...] = ()) -> Deadline | None:
        row = self.policy.deadlines[name]
        sources: list[PolicyValue] = []
        start = _cell(row.start, self.policy, sources)
        if isinstance(start, str) and start.startswith("deadlines."):
            other = start.removeprefix("deadlines.")
            if other not in self.policy.deadlines:
                raise self._malformed(name, f"fristen {other}, som den räknas från, finns inte", f"{other}, which it counts from, does not exist")
            if other in (name, *above):
                raise self._malformed(name, "fristen räknas från sig själv", "the deadline counts from itself")
            earlier = self.deadline(other, (*above, name))
            if earlier is None:
                return None
            return self._counted(row, start, earlier.on, (earlier.start_milestone, earlier.start_at), [*earlier.sources])
        if start not in self.milestones:
            return None
        at = self.milestones[start]
        return self._counted(row, start, local_day(at), (start, at), sources)

    def _counted(self, row: DeadlineRow, start: str, start_on: date, began: tuple[str, datetime], behind: list[PolicyValue]) -> Deadline | None:
        then = self.policy_on(local_day(began[1]))
        sources: list[PolicyValue] = []
        days, kind = _cell(row.days, then, sources), _cell(row.day_kind, then, sources)
        if days is None or kind is None:
            return None
        count, before = self._whole(days, row), row.direction == "before"
        if kind not in ("calendar", "working"):
            raise self._malformed(row.name, f"”{kind}” är inget slags dagar", f"'{kind}' is no kind of days")
        on = add_days(start_on, -count if before else count, kind)
        return Deadline(
            name=row.name,
            sv=row.sv,
            en=row.en,
            on=on,
            at=end_of_day(on),
            days=count,
            day_kind=kind,
            before=before,
            start=start,
            start_on=start_on,
            start_milestone=began[0],
            start_at=began[1],
            responsible=row.responsible,
            met_by=row.met_by,
            sources=tuple({source.key: source for source in (*sources, *behind)}.values()),
            agreement=self.policy.agreement,
        )

    def _whole(self, days: object, row: DeadlineRow) -> int:
        if isinstance(days, bool) or not isinstance(days, int | float | Decimal) or days != int(days) or days < 0:
            raise self._malformed(row.name, f"”{days}” är inget helt antal dagar", f"'{days}' is no whole number of days")
        return int(days)

    def _malformed(self, name: str, sv: str, en: str) -> PolicyMalformed:
        return PolicyMalformed(table="deadlines", agreement=self.policy.agreement, key=name, reason_sv=sv, reason_en=en)


def _cell(cell: int | str, policy: Policy, sources: list[PolicyValue]) -> Any:  # noqa: ANN401 - a FEEL value
    """Return what a cell says: itself, or the value of the policy key that it names, noting who says so."""
    if not (isinstance(cell, str) and cell.startswith("policy.")):
        return cell
    entry = policy.entries.get(cell.removeprefix("policy."))
    if entry is None:
        return None
    sources.append(entry)
    return entry.value


def _start_words(start: str, language: Language) -> str:
    if start.startswith("deadlines."):
        return "sista dagen," if language == "sv" else "the last day,"
    words = MILESTONES.get(start)
    return (words[0] if language == "sv" else words[1]) if words else start


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
