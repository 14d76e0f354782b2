"""What holds in an agreement on a day: the document's own values, the local decisions, and what neither says.

The tables stand in ``processes/policy``; whoever reads them gives their plain rows here (:mod:`engine.services.agreements`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal

from engine.errors import Language, SamspelError

Row = Mapping[str, Any]
"""One row of a decision table: the column's name and what its cell gave."""


class PolicyMalformed(SamspelError):
    """A table of ``processes/policy`` says something that cannot be followed."""

    sv = "Policytabellen {table}, avtalet {agreement}, ”{key}”: {reason_sv}"
    en = "Policy table {table}, agreement {agreement}, '{key}': {reason_en}"


class PolicyUnset(SamspelError):
    """An agreement leaves open what a case needs, and nobody has decided it locally."""

    sv = "Avtalet {agreement} saknar värden som ett ärende behöver: {keys}. Processägaren beslutar dem i policy/local.dmn."
    en = "Agreement {agreement} lacks values that a case needs: {keys}. The process owner decides them in policy/local.dmn."

    def __init__(self, agreement: str, unset: Sequence[str]) -> None:
        self.unset = tuple(unset)
        super().__init__(agreement=agreement, keys=", ".join(unset))


@dataclass(frozen=True)
class PolicyValue:
    """One value, or the word that there is no such rule, with who says so."""

    key: str
    value: Any
    """None where there is no such rule."""
    no_rule: bool
    source: Literal["document", "local"]
    rule: str | None
    """The rule's id; for a local decision the rule that it concerns, where there is one."""
    quote: str | None = None
    who: str | None = None
    decided_on: date | None = None
    why: str | None = None

    def origin(self, language: Language = "sv") -> str:
        """Return where the value comes from, for "why?": rule and quote, or who decided it, when and why."""
        if self.source == "document":
            return f"{self.rule}: ”{self.quote}”"
        rule = f", {self.rule}" if self.rule else ""
        if language == "sv":
            return f"lokalt beslut {self.decided_on} av {self.who}{rule}: {self.why}"
        return f"local decision of {self.decided_on} by {self.who}{rule}: {self.why}"

    def said_by(self, language: Language = "sv") -> str:
        """Return who says so in a word or two, for a sentence: the rule's id, or that it was decided locally."""
        if self.source == "document":
            return str(self.rule)
        return "lokalt beslut" if language == "sv" else "local decision"


@dataclass(frozen=True)
class Proposal:
    """A default that the project proposes for what is open; it is shown and never counts."""

    key: str
    value: Any
    why: str


@dataclass(frozen=True)
class Choice:
    """What a key can be: one row of the table ``choices``."""

    key: str
    kind: str
    """``number``, ``boolean``, ``one`` of the allowed values, or ``many`` of them."""
    allowed: Sequence[Any] | None
    meaning: str
    """What the key decides, in Swedish."""

    def takes(self, value: object) -> bool:
        """Return whether the value is one that the key can have."""
        if self.kind == "boolean":
            return isinstance(value, bool)
        if self.kind == "number":
            return isinstance(value, int | float | Decimal) and not isinstance(value, bool) and value >= 0
        allowed = self.allowed or ()
        if self.kind == "many":
            return isinstance(value, list | tuple) and all(one in allowed for one in value)
        return value in allowed


@dataclass(frozen=True)
class DeadlineRow:
    """One row of the table ``deadlines``."""

    name: str
    sv: str
    """What is to be done, as the sentence goes on after a colon."""
    en: str
    start: str
    """A milestone, ``policy.KEY`` whose value names one, or ``deadlines.NAME``."""
    days: int | str
    """A number, or ``policy.KEY``."""
    direction: Literal["after", "before"]
    day_kind: str
    """``calendar``, ``working``, or ``policy.KEY``."""
    responsible: str
    """A case role."""
    met_by: str | None
    """The milestone with which it is done; None where an answer, and no milestone, ends it."""

    def keys(self) -> frozenset[str]:
        """Return the policy keys that the row reads itself."""
        return frozenset(cell.removeprefix("policy.") for cell in (self.start, self.days, self.day_kind) if str(cell).startswith("policy."))  # type: ignore[union-attr]


@dataclass(frozen=True)
class Policy:
    """Everything that the tables say of one agreement on one day."""

    agreement: str
    on: date
    entries: Mapping[str, PolicyValue]
    deadlines: Mapping[str, DeadlineRow]
    proposals: Mapping[str, Proposal] = field(default_factory=dict)
    overruled: tuple[PolicyValue, ...] = ()
    """Local decisions about what the document itself says; they do not count."""

    @property
    def values(self) -> Mapping[str, Any]:
        """Key -> value for expressions; None where there is no such rule; a key that is unset is not there."""
        return {key: entry.value for key, entry in self.entries.items()}

    def unset(self, needed: Iterable[str]) -> tuple[str, ...]:
        """Return the needed keys that neither the document nor a local decision sets, in alphabetical order."""
        return tuple(sorted(set(needed) - set(self.entries)))

    def require(self, needed: Iterable[str]) -> None:
        """Raise :class:`PolicyUnset` with every needed key that is unset."""
        if unset := self.unset(needed):
            raise PolicyUnset(self.agreement, unset)


def read_policy(
    agreement: str,
    on: date,
    policy: Sequence[Row],
    deadlines: Sequence[Row],
    proposals: Sequence[Row] = (),
    choices: Sequence[Row] | None = None,
) -> Policy:
    """Return what the evaluated tables say of an agreement on a day; without ``choices`` keys and values are taken as they are.

    Raises :class:`PolicyMalformed` where a key has two values, or is none of the choices or has a value that is none,
    a status or a column is wrong, or a source is missing.
    """
    known = None if choices is None else {row["key"]: Choice(**row) for row in _rows("choices", agreement, choices, _CHOICE_COLUMNS)}
    entries: dict[str, PolicyValue] = {}
    overruled = []
    for row in _rows("policy", agreement, policy, ("source", "key", "value", "status")):
        entry = _entry(agreement, row)
        if known is not None:
            _check_choice(agreement, entry, known)
        if row["source"] == "overruled":
            overruled.append(entry)
        elif entry.key in entries:
            raise _malformed(
                entry.source,
                agreement,
                entry.key,
                "två rader gäller samma dag; låt dagvillkoren skilja dem åt",
                "two rows hold on the same day; let their conditions on the day part them",
            )
        else:
            entries[entry.key] = entry
    due = [_deadline_row(agreement, row) for row in _rows("deadlines", agreement, deadlines, _DEADLINE_COLUMNS)]
    proposed = [Proposal(row["key"], row["value"], row["why"]) for row in _rows("proposals", agreement, proposals, ("key", "value", "why"))]
    return Policy(
        agreement,
        on,
        MappingProxyType(entries),
        MappingProxyType({row.name: row for row in due}),
        MappingProxyType({proposal.key: proposal for proposal in proposed}),
        tuple(overruled),
    )


_DEADLINE_COLUMNS = ("name", "sv", "en", "start", "days", "direction", "day_kind", "responsible", "met_by")


_CHOICE_COLUMNS = ("key", "kind", "allowed", "meaning")


def _check_choice(agreement: str, entry: PolicyValue, known: Mapping[str, Choice]) -> None:
    choice = known.get(entry.key)
    if choice is None:
        raise _malformed(entry.source, agreement, entry.key, "nyckeln finns inte i tabellen choices", "the key is not in the table choices")
    if not entry.no_rule and not choice.takes(entry.value):
        words = {"number": "ett tal", "boolean": "sant eller falskt"}.get(choice.kind) or ", ".join(map(str, choice.allowed or ()))
        raise _malformed(
            entry.source, agreement, entry.key, f"{entry.value} går inte; möjligt är {words}", f"{entry.value} is not possible; {words} is"
        )


def _rows(table: str, agreement: str, rows: object, columns: Sequence[str]) -> Iterator[Row]:
    """Yield the rows that a decision gave; refuse what is no list of them, or lacks a column."""
    if not isinstance(rows, list | tuple):
        raise _malformed(table, agreement, table, "tabellen ska samla alla rader (COLLECT)", "the table must collect all rows (COLLECT)")
    for row in rows:
        for column in columns:
            if not isinstance(row, Mapping) or column not in row:
                raise _malformed(table, agreement, column, "kolumnen saknas", "the column is missing")
        yield row


def _entry(agreement: str, row: Row) -> PolicyValue:
    source: Literal["document", "local"] = "document" if row["source"] == "document" else "local"
    key = str(row["key"])
    if row["status"] not in ("value", "no_rule"):
        raise _malformed(source, agreement, key, "läget ska vara ”value” eller ”no_rule”", "the status must be 'value' or 'no_rule'")
    no_rule = row["status"] == "no_rule"
    if no_rule == (row["value"] is not None):
        raise _malformed(
            source,
            agreement,
            key,
            "ett värde hör till läget ”value”, inget värde till ”no_rule”",
            "a value goes with 'value', no value with 'no_rule'",
        )
    wanted = ("rule", "quote") if source == "document" else ("who", "decided_on", "why")
    if any(row.get(column) is None for column in wanted):
        raise _malformed(source, agreement, key, f"raden ska ha {', '.join(wanted)}", f"the row must have {', '.join(wanted)}")
    columns = {column: row.get(column) for column in ("rule", "quote", "who", "decided_on", "why")}
    return PolicyValue(key=key, value=row["value"], no_rule=no_rule, source=source, **columns)


def _deadline_row(agreement: str, row: Row) -> DeadlineRow:
    read = DeadlineRow(**{column: row[column] for column in _DEADLINE_COLUMNS})
    if read.direction not in ("after", "before"):
        raise _malformed("deadlines", agreement, read.name, "riktningen ska vara ”after” eller ”before”", "the direction must be 'after' or 'before'")
    return read


def _malformed(table: str, agreement: str, key: str, sv: str, en: str) -> PolicyMalformed:
    return PolicyMalformed(table=table, agreement=agreement, key=key, reason_sv=sv, reason_en=en)
