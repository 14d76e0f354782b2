"""The history of a case in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.services.cases import CaseView
from engine.services.directory import Directory
from engine.services.history import BEGINNINGS, Row
from webui.case.phrases import name_of
from webui.language import element_name
from webui.words import gettext


@dataclass(frozen=True)
class Told:
    """One thing that happened, with what it led to at the same moment."""

    at: datetime
    what: str
    also: tuple[str, ...]
    who: str
    """Empty where the clock did it."""
    for_whom: str
    """Whose place a deputy took, or for which members of the family it was done."""
    said: str
    """The reason or text that was written with it, if any."""
    rules: tuple[str, ...]


def told(rows: Sequence[Row], names: Directory, case: CaseView) -> list[Told]:
    """Return what happened in a case, the newest first, as the rows are given."""
    family = {f"participant:{one.id}": name_of(one, names) for one in case.participants}
    return [one for step in _steps(rows[::-1]) if (one := _one(step, names, family, case.opened_at))][::-1]


def _steps(rows: Sequence[Row]) -> list[list[Row]]:
    """Return the rows, the oldest first, gathered into what happened together."""
    steps: list[list[Row]] = []
    for row in rows:
        last = steps[-1][-1] if steps else None
        if last is None or (row.at, row.by) != (last.at, last.by) or row.kind in BEGINNINGS:
            steps.append([])
        steps[-1].append(row)
    return steps


def _one(step: Sequence[Row], names: Directory, family: Mapping[str, str], opened_at: datetime) -> Told | None:
    """Return the rows of one step, the first first, as one thing that happened."""
    kinds = {row.kind for row in step}
    sentences = list(dict.fromkeys(said for row in step if (said := _words(row, opened_at)) and not (row.kind == "ended" and "close_case" in kinds)))
    if not sentences:
        return None
    first = step[0]
    behalf = [family.get(str(one), "") for row in step for one in _list(row.details.get("on_behalf_of"))]
    whom = [names.person(first.for_whom), *behalf]
    said = next((str(row.details[key]) for row in step for key in ("text", "reason") if row.details.get(key)), "")
    rules = tuple(dict.fromkeys(rule for row in step for rule in row.rules))
    return Told(first.at, sentences[0], tuple(sentences[1:]), names.person(first.by), gettext(" och ").join(filter(None, whom)), said, rules)


def _list(value: object) -> Iterator[object]:
    if isinstance(value, list):
        yield from value


def _words(row: Row, opened_at: datetime) -> str:
    if row.kind == "started" and row.at == opened_at:
        return gettext("Ärendet öppnades")
    return _NAMED[row.kind](element_name(row.element, row.name)) if row.kind in _NAMED else _PLAIN[row.kind]() if row.kind in _PLAIN else ""


_NAMED: Mapping[str, Callable[[str], str]] = {
    "completed": lambda name: gettext("Klart: %(name)s", name=name),
    "claimed": lambda name: gettext("Började arbeta med: %(name)s", name=name),
    "released": lambda name: gettext("Lämnade tillbaka: %(name)s", name=name),
    "delegated": lambda name: gettext("Lämnade över: %(name)s", name=name),
    "taken back": lambda name: gettext("Tog tillbaka: %(name)s", name=name),
    "rerouted": lambda name: gettext("Gick vidare till en annan: %(name)s", name=name),
    "cancelled": lambda name: gettext("Behövs inte längre: %(name)s", name=name),
    "incident": lambda name: gettext("Ett fel stoppade: %(name)s", name=name),
}
_PLAIN: Mapping[str, Callable[[], str]] = {
    "started": lambda: gettext("Ett nytt förlopp började i ärendet"),
    "ended": lambda: gettext("En del av ärendet avslutades"),
    "consent withdrawn": lambda: gettext("Ett samtycke återkallades"),
    "message": lambda: gettext("Ett besked kom till ärendet"),
    "note written": lambda: gettext("En anteckning skrevs till deltagarna"),
    "document added": lambda: gettext("Ett dokument lades till"),
    "record_participants": lambda: gettext("Deltagare fick insyn i ärendet"),
    "record_consent": lambda: gettext("Samtycke antecknades"),
    "record_decision": lambda: gettext("Beslut antecknades"),
    "record_summons": lambda: gettext("Kallelse antecknades"),
    "record_attendance": lambda: gettext("Närvaro antecknades"),
    "record_plan": lambda: gettext("Planen sparades"),
    "record_coordinator": lambda: gettext("Samordnare utsågs"),
    "record_signature": lambda: gettext("En underskrift antecknades"),
    "record_evaluation": lambda: gettext("En uppföljning antecknades"),
    "record_note": lambda: gettext("En anteckning gjordes"),
    "record_deviation": lambda: gettext("En avvikelse antecknades"),
    "notify": lambda: gettext("Ett meddelande skickades"),
    "send_copy": lambda: gettext("En kopia skickades"),
    "open_deviation": lambda: gettext("En avvikelse började"),
    "open_dispute": lambda: gettext("En tvist började"),
    "revoke_access": lambda: gettext("Insynen i ärendet stängdes"),
    "close_case": lambda: gettext("Ärendet avslutades"),
}
