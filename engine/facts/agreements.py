"""What an agreement is: its parties, units, groups and every rule with the words of the document that it comes from.

One TOML file a document in ``processes/agreements``. Numbers and choices are not here: each of
them lives once, in the tables of ``processes/policy`` (:mod:`engine.facts.policy`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar, get_args, get_origin, get_type_hints

from engine.errors import SamspelError

RULE_ID = re.compile(r"\b00[0-4]-\d{1,2}\b")
"""How a rule of requirements.md section 1 is named, for example ``002-14``."""

PARTY_KINDS = frozenset({"region", "municipality", "federation", "state", "company"})
UNIT_LEVELS = frozenset({"general", "first_line", "specialist"})
GROUP_KINDS = frozenset({"political", "management", "steering", "network", "group_level", "working"})


class AgreementMalformed(SamspelError):
    """A file of an agreement cannot be read as one."""

    sv: ClassVar[str] = "{file}, rad {line}, ”{key}”: {reason_sv}"
    en: ClassVar[str] = "{file}, line {line}, '{key}': {reason_en}"


T = TypeVar("T")


@dataclass(frozen=True)
class Version:
    """One edition of the document."""

    on: str
    """The day, month or year as far as the document says it: ``2018-02-02``, ``2012-05`` or ``2013``."""
    note: str
    rule: str | None = None


@dataclass(frozen=True)
class Party:
    """A principal that is bound by the agreement."""

    code: str
    name: str
    kind: str
    """One of :data:`PARTY_KINDS`."""
    rule: str | None = None


@dataclass(frozen=True)
class Unit:
    """A kind of unit that the agreement names, with the ages and the level that it gives it."""

    code: str
    name: str
    kind: str
    party_kind: str
    """The kind of the party that runs it."""
    rule: str
    """The ids of the rules that name it, separated by blanks."""
    party: str | None = None
    """The party's code where one party alone runs it; none where each party of the kind has its own."""
    level: str | None = None
    """One of :data:`UNIT_LEVELS`, where the document gives a level."""
    age_min: float | None = None
    """Years, where the document gives an age."""
    age_max: float | None = None
    """Years; the last age that is included, so 17.99 ends on the eighteenth birthday and 20 on the twenty-first."""
    role: str = ""
    """What the document asks of it, in Swedish."""

    def takes(self, years: int) -> bool:
        """Return whether someone who has turned this many years belongs to the unit (002-4).

        The last year is included whole: 17, like 17.99, ends on the eighteenth birthday.
        """
        return (self.age_min is None or years >= self.age_min) and (self.age_max is None or years <= self.age_max)


@dataclass(frozen=True)
class Convener:
    """Whose turn it is to convene a group, in the year that the document gives."""

    year: int
    party: str


@dataclass(frozen=True)
class Group:
    """A group that leads, decides or follows up."""

    code: str
    name: str
    kind: str
    """One of :data:`GROUP_KINDS`."""
    rule: str
    members: tuple[str, ...] = ()
    """Posts and bodies, as the document names them."""
    chair: str | None = None
    secretary: str | None = None
    cadence: str | None = None
    """The policy key that says how many meetings a year the group has; the number is in the policy table."""
    rotation: tuple[Convener, ...] = ()
    duties: tuple[str, ...] = ()
    proposed: bool = False
    """True where the document itself calls it a proposal, to be confirmed (004-5)."""

    def convener_of(self, year: int) -> str | None:
        """Return whose turn it is to convene in a year, the rotation repeated in the document's order (004-4)."""
        if not self.rotation:
            return None
        first = self.rotation[0].year
        return self.rotation[(year - first) % len(self.rotation)].party


@dataclass(frozen=True)
class PrivateProvider:
    """A private actor that the agreement speaks of; whether it is bound or offered is a policy value."""

    name: str
    rule: str


@dataclass(frozen=True)
class DeviationRoute:
    """To whom a deviation about a kind of unit goes, where the document says so."""

    unit: str
    """The code of a unit of the agreement."""
    to: str
    rule: str
    copy_to: str | None = None


@dataclass(frozen=True)
class RelatedDocument:
    """A document that completes the agreement."""

    name: str
    rule: str


@dataclass(frozen=True)
class Rule:
    """One rule of the document."""

    id: str
    quote: str
    """Words found literally in the document, white space and markup aside."""
    sv: str
    """What the system does for it."""
    not_served: str | None = None
    """Why nothing serves it yet, or what is still lacking."""


@dataclass(frozen=True)
class Agreement:
    """One of the documents."""

    number: str
    """The document's number in the requirements, for example ``002``."""
    id: str
    """The short name used in tables, commands and data, for example ``jamtbus``."""
    name: str
    document: str
    """The file name of the document's text."""
    versions: tuple[Version, ...]
    parties: tuple[Party, ...]
    units: tuple[Unit, ...]
    groups: tuple[Group, ...]
    rules: tuple[Rule, ...]
    private_providers: tuple[PrivateProvider, ...] = ()
    related_documents: tuple[RelatedDocument, ...] = ()
    deviation_routes: tuple[DeviationRoute, ...] = ()
    """Empty where the document makes no list of routes; else units that are not in it have no route (003-22)."""
    risk_groups: tuple[str, ...] = ()
    open_points: tuple[str, ...] = ()
    """What the document leaves unclear and the process owner has to ask about, in Swedish."""

    def rule(self, rule_id: str) -> Rule:
        """Return a rule by its id; ``KeyError`` where the agreement has none of that id."""
        return {rule.id: rule for rule in self.rules}[rule_id]

    def unit(self, code: str) -> Unit:
        """Return a unit by its code; ``KeyError`` where the agreement names none of that code."""
        return {unit.code: unit for unit in self.units}[code]

    def routed_kinds(self) -> frozenset[str] | None:
        """Return the kinds of unit whose deviations the document sends somewhere; None where it makes no list (003-8, 003-22)."""
        return frozenset(self.unit(route.unit).kind for route in self.deviation_routes) or None

    def group(self, code: str) -> Group:
        """Return a group by its code; ``KeyError`` where the agreement names none of that code."""
        return {group.code: group for group in self.groups}[code]


def read_agreements(folder: Path) -> Mapping[str, Agreement]:
    """Return every agreement of a folder of TOML files, as :func:`read_files` does."""
    return read_files({path.name: path.read_bytes() for path in folder.glob("*.toml")})


def read_files(files: Mapping[str, bytes]) -> Mapping[str, Agreement]:
    """Return every agreement of some TOML files (name -> content) by id, in the order of the files' names.

    Raises :class:`AgreementMalformed` for the first thing that is wrong: one sentence with file, line and key.
    """
    by_id: dict[str, Agreement] = {}
    for file, content in sorted(files.items()):
        agreement = read_agreement(file, content)
        if agreement.id in by_id:
            raise _Place(file, content.decode()).fault(
                "id", f"avtalet {agreement.id} finns redan i en annan fil", f"{agreement.id} is in another file already"
            )
        by_id[agreement.id] = agreement
    return MappingProxyType(by_id)


def read_agreement(file: str, content: bytes) -> Agreement:
    """Return the agreement that a TOML file describes.

    Raises :class:`AgreementMalformed` with the file, the line and the key where something is missing, unknown,
    of the wrong type, repeated, or refers to something that the file does not have.
    """
    place = _place_of(file, content)
    try:
        table = tomllib.loads(place.text)
    except tomllib.TOMLDecodeError as error:
        raise _broken_syntax(place, error) from None
    agreement = _read(Agreement, {_PLURALS.get(key, key): value for key, value in table.items()}, place)
    _check_references(agreement, place)
    return agreement


_PLURALS = {
    "version": "versions",
    "party": "parties",
    "unit": "units",
    "group": "groups",
    "rule": "rules",
    "private_provider": "private_providers",
    "deviation_route": "deviation_routes",
    "related_document": "related_documents",
}
_SINGULARS = {plural: singular for singular, plural in _PLURALS.items()}


@dataclass(frozen=True)
class _Place:
    """A file, and within it the table that is being read, to name the line of a fault."""

    file: str
    text: str
    header: str = ""
    number: int = 0

    def table(self, header: str, number: int) -> _Place:
        return _Place(self.file, self.text, header, number)

    def fault(self, key: str, reason_sv: str, reason_en: str) -> AgreementMalformed:
        return AgreementMalformed(file=self.file, line=self.line(key), key=key, reason_sv=reason_sv, reason_en=reason_en)

    def line(self, key: str) -> int:
        """The line of the key in the table, or of the table that it names, else of the table's header, else 1."""
        lines = self.text.splitlines()
        start = self._start(lines)
        inside = True
        for number, line in enumerate(lines[start:], start + 1):
            inside = inside and (number == start + 1 or not line.startswith("["))
            named = re.match(rf"\s*{re.escape(key)}\s*=", line) if inside else None
            if named or (not self.header and re.match(rf"\[+{re.escape(key)}\]", line)):
                return number
        return start + 1

    def _start(self, lines: list[str]) -> int:
        if not self.header:
            return 0
        headers = [number for number, line in enumerate(lines) if line.strip() == f"[[{self.header}]]"]
        return headers[self.number] if self.number < len(headers) else 0


def _place_of(file: str, content: bytes) -> _Place:
    try:
        return _Place(file, content.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise AgreementMalformed(
            file=file, line=line, key="", reason_sv="filen är inte sparad som UTF-8", reason_en="the file is not UTF-8"
        ) from None


def _broken_syntax(place: _Place, error: tomllib.TOMLDecodeError) -> AgreementMalformed:
    lines = place.text.splitlines() or [""]
    found = re.search(r"line (\d+)", str(error))
    line = min(int(found.group(1)) if found else len(lines), len(lines))
    return AgreementMalformed(
        file=place.file,
        line=line,
        key=lines[line - 1].split("=")[0].strip(),
        reason_sv="raden följer inte TOML; se efter citattecken, likhetstecken och hakparenteser",
        reason_en=f"is not TOML: {error}",
    )


def _read(cls: type[T], table: Mapping[str, Any], place: _Place) -> T:
    """Return a dataclass from a TOML table with exactly its fields."""
    hints = get_type_hints(cls)
    wanted = {entry.name: entry for entry in fields(cls)}  # type: ignore[arg-type]
    for key in table:
        if key not in wanted:
            raise place.fault(_SINGULARS.get(key, key), "nyckeln finns inte; se stavningen", "no such key")
    values: dict[str, Any] = {}
    for name, entry in wanted.items():
        if name in table:
            values[name] = _value(hints[name], name, table[name], place)
        elif entry.default is MISSING:
            raise place.fault(_SINGULARS.get(name, name), "saknas", "is missing")
    return cls(**values)


def _value(hint: object, name: str, value: object, place: _Place) -> object:
    if get_origin(hint) is tuple:
        return _values(get_args(hint)[0], name, value, place)
    allowed = get_args(hint) or (hint,)
    number = isinstance(value, int | float) and not isinstance(value, bool) and (float in allowed or int in allowed)
    if not (number or type(value) in allowed):
        raise place.fault(name, f"är {_SORTS.get(type(value), 'något annat')}; det passar inte här", "has the wrong type")
    if value == "":
        raise place.fault(name, "är tom", "is empty")
    return value


def _values(item: type[object], name: str, value: object, place: _Place) -> tuple[object, ...]:
    if not isinstance(value, list):
        raise place.fault(_SINGULARS.get(name, name), "ska vara en lista", "must be a list")
    if item is str:
        return tuple(_value(str, name, entry, place) for entry in value)
    header = _SINGULARS.get(name, name)
    read = []
    for number, entry in enumerate(value):
        inner = place.table(header, number) if name in _SINGULARS else place
        if not isinstance(entry, dict):
            raise inner.fault(header, "ska vara en tabell", "must be a table")
        read.append(_read(item, entry, inner))
    return tuple(read)


_SORTS = {str: "text", int: "ett tal", float: "ett tal", bool: "sant eller falskt", list: "en lista", dict: "en tabell"}


def _check_references(agreement: Agreement, place: _Place) -> None:
    """Refuse repeated ids, kinds that do not exist, and names of rules and parties that the file does not have."""
    _check_unique(agreement, place)
    for number, rule in enumerate(agreement.rules):
        if not re.fullmatch(rf"{re.escape(agreement.number)}-[1-9]\d?", rule.id):
            raise place.table("rule", number).fault("id", "är inte avtalets nummer, streck, tal", "is no rule id")
    rules = {rule.id for rule in agreement.rules}
    parties = {party.code for party in agreement.parties}
    units = {unit.code for unit in agreement.units}
    for header, key, known, values in (
        ("version", "rule", rules | {None}, [version.rule for version in agreement.versions]),
        ("party", "rule", rules | {None}, [party.rule for party in agreement.parties]),
        ("party", "kind", PARTY_KINDS, [party.kind for party in agreement.parties]),
        ("unit", "party_kind", PARTY_KINDS, [unit.party_kind for unit in agreement.units]),
        ("unit", "level", UNIT_LEVELS | {None}, [unit.level for unit in agreement.units]),
        ("unit", "party", parties | {None}, [unit.party for unit in agreement.units]),
        ("unit", "rule", rules, [_first_unknown(unit.rule, rules) for unit in agreement.units]),
        ("group", "kind", GROUP_KINDS, [group.kind for group in agreement.groups]),
        ("group", "rule", rules, [group.rule for group in agreement.groups]),
        ("private_provider", "rule", rules, [provider.rule for provider in agreement.private_providers]),
        ("deviation_route", "unit", units, [route.unit for route in agreement.deviation_routes]),
        ("deviation_route", "rule", rules, [route.rule for route in agreement.deviation_routes]),
        ("related_document", "rule", rules, [document.rule for document in agreement.related_documents]),
    ):
        for number, value in enumerate(values):
            if value not in known:
                names = ", ".join(sorted(name for name in known if name))
                raise place.table(header, number).fault(key, f"”{value}” ska vara något av {names}", f"'{value}' must be one of {names}")


def _check_unique(agreement: Agreement, place: _Place) -> None:
    for header, key, values in (
        ("rule", "id", [rule.id for rule in agreement.rules]),
        ("party", "code", [party.code for party in agreement.parties]),
        ("unit", "code", [unit.code for unit in agreement.units]),
        ("group", "code", [group.code for group in agreement.groups]),
    ):
        for number, value in enumerate(values):
            if value in values[:number]:
                raise place.table(header, number).fault(key, f"{value} finns redan", f"{value} is there already")


def _first_unknown(ids: str, known: set[str]) -> str:
    """Return the first of several ids that is not known, else the first."""
    return min(ids.split(), key=known.__contains__)
