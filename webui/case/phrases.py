"""What the codes of a case are called on its pages: roles, states, ways, outcomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.services.case_file import Beside
from engine.services.cases import CaseView, TakesPart
from engine.services.directory import Directory
from webui.dates import day
from webui.words import gettext

Words = Mapping[str, Callable[[], str]]


def said(words: Words, code: str | None) -> str:
    """Return what a code is called; one that nobody has named, as it is."""
    return words[code]() if code is not None and code in words else code or ""


ROLES: Words = {
    "initiator": lambda: gettext("såg behovet"),
    "invited_unit": lambda: gettext("inbjuden"),
    "chair": lambda: gettext("leder mötet"),
    "coordinator": lambda: gettext("samordnare"),
    "guardian": lambda: gettext("vårdnadshavare"),
    "young_person": lambda: gettext("barnet eller den unge"),
    "close_person": lambda: gettext("närstående eller annan"),
}
CAPACITIES: Words = {"guardian": ROLES["guardian"], "child": ROLES["young_person"], "other": lambda: gettext("annan berörd")}
WAYS: Words = {"written": lambda: gettext("skriftligt"), "oral": lambda: gettext("muntligt")}
PLANS: Words = {"sip": lambda: gettext("Samordnad individuell plan"), "joint_plan": lambda: gettext("Gemensam genomförandeplan")}
STATUSES: Words = {
    "planned": lambda: gettext("Inte påbörjad"),
    "ongoing": lambda: gettext("Pågår"),
    "done": lambda: gettext("Klar"),
    "stopped": lambda: gettext("Avbruten"),
}
ATTAINMENTS: Words = {
    "reached": lambda: gettext("Uppnått"),
    "partly": lambda: gettext("Delvis uppnått"),
    "not_reached": lambda: gettext("Inte uppnått"),
}
LEADERS: Words = {
    "coordinator": lambda: gettext("Samordnare"),
    "chair": lambda: gettext("Leder tills samordnare är utsedd"),
    "initiator": lambda: gettext("Håller i ärendet tills samordnare är utsedd"),
}
STATES: Words = {
    "done": lambda: gettext("klart"),
    "waiting": lambda: gettext("här är ni nu"),
    "late": lambda: gettext("här är ni nu, försenat"),
    "coming": lambda: gettext("kommer"),
    "not_taken": lambda: gettext("blev inte av"),
}
READINGS: Words = {
    "case": lambda: gettext("ärendet"),
    "history": lambda: gettext("händelserna"),
    "plan": lambda: gettext("planen"),
    "work_item": lambda: gettext("en uppgift"),
    "deviation": lambda: gettext("en avvikelse"),
    "dispute": lambda: gettext("en tvist"),
    "document": lambda: gettext("ett dokument"),
    "diagram": lambda: gettext("diagrammet"),
    "notes": lambda: gettext("anteckningarna"),
}
_ENDS: Mapping[str, Callable[[str], str]] = {
    "closed": lambda when: gettext("Ärendet avslutades %(when)s. Planen är genomförd och uppföljd.", when=when),
    "not_needed": lambda when: gettext("Ärendet avslutades %(when)s. Ingen gemensam plan behövdes.", when=when),
    "declined": lambda when: gettext("Ärendet avslutades %(when)s. De som skulle samtycka sa nej, och inget delades.", when=when),
    "withdrawn": lambda when: gettext(
        "Ärendet avslutades %(when)s. Samtycket återkallades. Det som redan är skrivet finns kvar hos den verksamhet som började ärendet.", when=when
    ),
}


def ending(case: CaseView) -> str:
    """Return how a closed case ended, in a sentence or two."""
    if case.closed_at is None:
        return ""
    when = day(case.closed_at)
    known = _ENDS.get(case.outcome or "")
    return known(when) if known else gettext("Ärendet avslutades %(when)s.", when=when)


def ended_briefly(outcome: str | None) -> str:
    """Return how a case ended, in a word or two for a list."""
    words: Words = {
        "closed": lambda: gettext("Plan uppföljd"),
        "not_needed": lambda: gettext("Ingen plan behövdes"),
        "declined": lambda: gettext("Inget samtycke"),
        "withdrawn": lambda: gettext("Samtycke återkallat"),
    }
    return said(words, outcome) if outcome in words else gettext("Avslutat")


def beside_status(one: Beside) -> str:
    """Return where a deviation or dispute stands."""
    if one.ended_at is not None:
        return gettext("Avslutad")
    if one.kind == "deviation":
        return gettext("Skrivs") if one.level == 0 else gettext("Öppen, nivå %(level)d", level=one.level)
    return gettext("Öppen")


def name_of(one: TakesPart, names: Directory) -> str:
    """Return the name of one who takes part."""
    return one.name or names.person(one.person) or names.unit(one.unit)


@dataclass(frozen=True)
class Part:
    """One who takes part, with everything that they are in the case."""

    name: str
    roles: str
    title: str
    since: datetime


def taking_part(case: CaseView, names: Directory) -> list[Part]:
    """Return who takes part now, each once."""
    found: dict[str, list[TakesPart]] = {}
    for one in case.participants:
        if one.left_at is None:
            found.setdefault(name_of(one, names), []).append(one)
    return [
        Part(
            name,
            gettext(" och ").join(dict.fromkeys(said(ROLES, one.role) for one in parts)),
            next((title for one in parts if one.person for title in names.titles(one.person)), ""),
            min(one.joined_at for one in parts),
        )
        for name, parts in found.items()
    ]
