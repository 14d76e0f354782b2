"""What an agreement says on a day, for services: its files and tables read from the release that a case is pinned to.

Nothing here touches the database. Which values a case needs is read from the drawings, so that an owner who draws a
further deadline is asked for its days before the next case starts.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache, partial

from engine.errors import SamspelError
from engine.execution import Release
from engine.execution.results import FeelValue
from engine.execution.xml import parse_xml
from engine.facts import deadlines as deadline_rules
from engine.facts.agreements import Agreement, read_files
from engine.facts.calendar import end_of_day, local_day
from engine.facts.deadlines import MILESTONES, Deadline, Milestones, deadline_keys
from engine.facts.policy import Choice, Policy, Row, read_policy

POLICY, DEADLINES, PROPOSALS, CHOICES = "policy", "deadlines", "proposals", "choices"
"""The decisions of ``processes/policy/policy.dmn``."""

READ_AT_START = frozenset({"age_max", "age_max_included"})
"""The keys that the start of a case reads itself (:mod:`engine.services.cases`); every other is needed because a drawing reads it."""

_FOLDER = "agreements/"
_DAYS_KEPT = 1024
_ANY_DAY = date(2000, 1, 1)
_DAY = re.compile(r"\bday\b")
_DATE = re.compile(r'date\("(\d{4}-\d\d-\d\d)"\)')


class NoSuchAgreement(SamspelError):
    """The release describes no agreement of that id."""

    sv = "Det finns inget avtal ”{agreement}”. De som finns: {known}."
    en = "There is no agreement '{agreement}'. There are: {known}."


@lru_cache(maxsize=16)
def of_release(release: Release) -> Mapping[str, Agreement]:
    """Return the agreements of a release by their ids, in the order of their numbers.

    Raises :class:`~engine.facts.agreements.AgreementMalformed`.
    """
    return read_files({path: content for path, content in release.files.items() if path.startswith(_FOLDER) and path.endswith(".toml")})


def agreement(release: Release, agreement_id: str) -> Agreement:
    """Return one agreement of a release. Raises :class:`NoSuchAgreement`."""
    known = of_release(release)
    if agreement_id not in known:
        raise NoSuchAgreement(agreement=agreement_id, known=", ".join(known))
    return known[agreement_id]


@lru_cache(maxsize=_DAYS_KEPT)
def policy(release: Release, agreement_id: str, on: date) -> Policy:
    """Return what the policy tables say of an agreement on a day in Sweden; read once for each release, agreement and day.

    Raises :class:`NoSuchAgreement`, :class:`~engine.facts.policy.PolicyMalformed`, or the error of the expression that failed.
    """
    agreement(release, agreement_id)
    day = on if _changes(release) else _ANY_DAY
    held, deadlines = (_rows(release, name, agreement_id, day) for name in (POLICY, DEADLINES))
    proposals, choices = (_rows(release, name, agreement_id, _ANY_DAY) for name in (PROPOSALS, CHOICES))
    return read_policy(agreement_id, on, held, deadlines, proposals, choices)


@lru_cache(maxsize=_DAYS_KEPT)
def choices(release: Release, agreement_id: str) -> tuple[Choice, ...]:
    """Return the keys that the policy tables know, in their order, with what each can be."""
    return tuple(Choice(**row) for row in _rows(release, CHOICES, agreement_id, _ANY_DAY))


def policy_facts(release: Release, held: Policy) -> Mapping[str, FeelValue]:
    """Return what expressions read as ``policy``: every key that a drawing reads, null where it is unset or there is no such rule."""
    return {**dict.fromkeys(needed_keys(release, held.agreement, held.on)), **held.values}


def deadlines_of(release: Release, agreement_id: str, milestones: Milestones, on: date) -> Mapping[str, Deadline | None]:
    """Return the deadlines of an instance on a day, by name; None while their start has not happened.

    The days are those of the day on which the start happened: a change moves no clock that already runs.
    """
    return deadline_rules.deadlines_of(partial(policy, release, agreement_id), milestones, on)


def countdown(release: Release, agreement_id: str, milestones: Milestones, at: datetime) -> tuple[Mapping[str, str], ...]:
    """Return a sentence in Swedish and English for each deadline that another hangs on and that is not met (000-6).

    Before its day the sentence says which day it is; after it, that both limits can no longer be held.
    """
    found = deadlines_of(release, agreement_id, milestones, local_day(at))
    passed = deadline_rules.cannot_both_hold(found, milestones, at)
    name = agreement(release, agreement_id).name
    waiting = [due for due in found.values() if due is not None and due.before and due.met_by not in milestones]
    return tuple(
        {"sv": deadline_rules.trap_sentence(due, "sv"), "en": deadline_rules.trap_sentence(due, "en")}
        if due in passed
        else {"sv": due.sentence("sv", name), "en": due.sentence("en", name)}
        for due in waiting
    )


@lru_cache(maxsize=_DAYS_KEPT)
def needed_keys(release: Release, agreement_id: str, on: date) -> frozenset[str]:
    """Return the policy keys that a case needs: those that the drawings read, themselves or through a deadline of that day."""
    rows = policy(release, agreement_id, on).deadlines
    keys = set(READ_AT_START)
    for root, entry in _entries_read(release):
        if root == "policy":
            keys.add(entry)
        elif root == "deadlines":
            keys |= deadline_keys(rows, entry)
    return frozenset(keys)


def unset_values(release: Release, agreement_id: str, on: date, needed: Collection[str] | None = None) -> tuple[str, ...]:
    """Return the keys that a case needs and neither the document nor a local decision sets on that day, in alphabetical order.

    ``needed`` is what the drawings read, where it is not given.
    """
    return policy(release, agreement_id, on).unset(needed_keys(release, agreement_id, on) if needed is None else needed)


def require_values(release: Release, agreement_id: str, on: date) -> None:
    """Raise :class:`~engine.facts.policy.PolicyUnset` with every value that a case needs and the agreement leaves open."""
    policy(release, agreement_id, on).require(needed_keys(release, agreement_id, on))


def malformed(release: Release) -> Iterator[SamspelError]:
    """Yield what is wrong with the policy tables, on every day on which they change: the first thing of each agreement.

    A case would meet it at its start, or at the first deadline.
    """
    for agreement_id in of_release(release):
        try:
            for day in _days_of_change(release):
                held = policy(release, agreement_id, day)
                begun = dict.fromkeys({*MILESTONES, *(row.start for row in held.deadlines.values())}, end_of_day(day))
                deadlines_of(release, agreement_id, begun, day)
        except SamspelError as error:
            yield error


def _days_of_change(release: Release) -> Sequence[date]:
    """A day of each time between changes of the tables, and the last and first day beside each."""
    tables = {path: content for path, content in release.files.items() if path.endswith(".dmn")}
    named = {found for path, content in tables.items() for cell in _day_cells(content, path) for found in _DATE.findall(cell)}
    return sorted({_ANY_DAY, *(date.fromisoformat(day) + timedelta(days=beside) for day in named for beside in (-1, 0, 1))})


def routed_kinds(release: Release, agreement_id: str) -> frozenset[str] | None:
    """Return the kinds of unit whose deviations the document sends somewhere; None where it makes no such list (003-8, 003-22)."""
    return agreement(release, agreement_id).routed_kinds()


@lru_cache(maxsize=16)
def _entries_read(release: Release) -> frozenset[tuple[str, str]]:
    """The first two parts of every dotted name that a drawing reads: ``("policy", "leader")``."""
    names = (name.split(".") for model in release.processes.values() for name in model.reads)
    return frozenset((parts[0], parts[1]) for parts in names if len(parts) > 1)


@lru_cache(maxsize=_DAYS_KEPT)
def _rows(release: Release, decision: str, agreement_id: str, on: date) -> Sequence[Row]:
    """What a decision of the policy gives for an agreement on a day."""
    rows: Sequence[Row] = release.decisions.evaluate(decision, {"agreement": agreement_id, "day": on})
    return rows


@lru_cache(maxsize=16)
def _changes(release: Release) -> bool:
    """Return whether some row holds on certain days only; where none does, all days share one evaluation of the tables."""
    for path, content in release.files.items():
        if path.endswith(".dmn"):
            texts = [(text.text or "").strip() for text in parse_xml(content, path).iter("{*}text")]
            if any(text != "day" and _DAY.search(text) for text in texts):
                return True
            if any(cell != "-" for cell in _day_cells(content, path)):
                return True
    return False


def _day_cells(content: bytes, path: str) -> Iterator[str]:
    """The cells under the column ``day``."""
    for table in parse_xml(content, path).iter("{*}decisionTable"):
        expressions = [(clause.findtext("{*}inputExpression/{*}text") or "").strip() for clause in table.iterchildren("{*}input")]
        for row in table.iterchildren("{*}rule"):
            cells = [(cell.findtext("{*}text") or "-").strip() for cell in row.iterchildren("{*}inputEntry")]
            yield from (cell for cell, expression in zip(cells, expressions, strict=False) if expression == "day")
