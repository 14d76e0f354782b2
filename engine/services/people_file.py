"""Reads the CSV file of an organisation: each row one statement, each fault with its line and column.

docs/people.md shows the format to whoever makes the file.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from engine.errors import Language
from engine.facts.organisation import PROCESS_OWNER

Kind = Literal["party", "unit", "person", "position", "assignment", "deputy", "delegation", "group", "member"]

MOST_BYTES = 20_000_000
"""A region with all its staff fits in a tenth of it."""

ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(frozen=True)
class Fault:
    """What is wrong in a file, and where."""

    line: int
    """Counted from 1, as an editor shows it; the last line of a row that spans several."""
    column: str
    """The heading, or empty where the whole row or file is meant."""
    sv: str
    en: str

    def sentence(self, language: Language = "sv") -> str:
        """Return the place and what is wrong there."""
        place = {"sv": f"Rad {self.line}", "en": f"Line {self.line}"}[language]
        column = {"sv": f", kolumnen {self.column}", "en": f", column {self.column}"}[language] if self.column else ""
        return f"{place}{column}: {self.sv if language == 'sv' else self.en}"


@dataclass(frozen=True)
class Statement:
    """One row: something that is so, from a day to a day."""

    kind: Kind
    line: int
    values: Mapping[str, Any]
    """Column of the table -> value; ``valid_from`` and ``valid_to`` always among them."""


@dataclass(frozen=True)
class PeopleFile:
    """What a file says, and what in it cannot be read."""

    statements: tuple[Statement, ...]
    faults: tuple[Fault, ...]

    def ids(self, kind: Kind) -> frozenset[str]:
        """Return the ids that the file gives to a kind of thing."""
        return frozenset(one.values["id"] for one in self.statements if one.kind == kind)


class _CellRefused(ValueError):
    """A cell cannot be read; its two sentences."""

    def __init__(self, sv: str, en: str) -> None:
        self.sv, self.en = sv, en
        super().__init__(en)


def _id(text: str) -> str:
    if not ID.fullmatch(text):
        raise _CellRefused(
            f"”{text}” är inget id; använd bokstäverna a–z, siffror, punkt, bindestreck och understreck",
            f"'{text}' is no id; use the letters a-z, digits, dot, hyphen and underscore",
        )
    return text


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _CellRefused(f"”{text}” är inget datum; skriv som 2026-08-15", f"'{text}' is no date; write it like 2026-08-15") from None


def _years(text: str) -> float:
    try:
        years = float(text.replace(",", "."))
    except ValueError:
        years = -1
    if not 0 <= years <= 130:  # noqa: PLR2004 - nobody is older
        raise _CellRefused(f"”{text}” är ingen ålder i år", f"'{text}' is no age in years")
    return years


def _count(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,2}", text):
        raise _CellRefused(f"”{text}” är inget antal", f"'{text}' is no number")
    return int(text)


def _one_of(words: Mapping[str, str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.casefold() not in words:
            known = ", ".join(words)
            raise _CellRefused(f"”{text}” finns inte; välj bland {known}", f"there is no '{text}'; choose one of {known}")
        return words[text.casefold()]

    return read


def _several(read: Callable[[str], str]) -> Callable[[str], list[str]]:
    return lambda text: [read(word) for word in text.split()]


def _text(text: str) -> str:
    return text


_PARTY_KINDS = {"region": "region", "kommun": "municipality", "kommunalförbund": "federation", "stat": "state", "företag": "company"}
_LEVELS = {"generell": "general", "första linjen": "first_line", "specialist": "specialist"}
_POSITION_ROLES = {"medarbetare": "staff", "chef": "manager", "ledning": "management", "processägare": "process_owner"}
_SEATS = {"ledamot": "member", "ordförande": "chair", "sammankallande": "convener"}
_GROUP_KINDS = {
    "styrgrupp": "steering",
    "politisk": "political",
    "ledning": "management",
    "nätverk": "network",
    "gruppnivå": "group_level",
    "arbetsgrupp": "working",
}
_PURPOSES = {"ärende": "case", "avvikelse": "deviation", "tvist": "dispute"}


@dataclass(frozen=True)
class _Cell:
    heading: str
    column: str
    read: Callable[[str], Any] = _text
    required: bool = False
    default: Any = None


_DATED = (_Cell("från", "valid_from", _day), _Cell("till", "valid_to", _day))
_NAMED = (_Cell("id", "id", _id, required=True), _Cell("namn", "name", required=True))
_STANDING_IN = (
    _Cell("befattning", "position_id", _id, required=True),
    _Cell("person", "person_id", _id, required=True),
    _Cell("omfattning", "scope", _several(_one_of(_PURPOSES)), default=()),
)

_KINDS: Mapping[str, tuple[Kind, tuple[_Cell, ...]]] = {
    "huvudman": ("party", (*_NAMED, _Cell("slag", "kind", _one_of(_PARTY_KINDS), required=True), _Cell("org_nr", "org_no"))),
    "verksamhet": (
        "unit",
        (
            *_NAMED,
            _Cell("tillhör", "party_id", _id, required=True),
            _Cell("slag", "kind", _id, required=True),
            _Cell("nivå", "level", _one_of(_LEVELS)),
            _Cell("ålder_från", "age_min", _years),
            _Cell("ålder_till", "age_max", _years),
            _Cell("e_post", "email"),
            _Cell("avtal", "agreements", _several(_id), default=()),
        ),
    ),
    "person": ("person", (*_NAMED, _Cell("användarnamn", "username"), _Cell("e_post", "email"), _Cell("telefon", "phone"))),
    "befattning": (
        "position",
        (
            _Cell("id", "id", _id, required=True),
            _Cell("namn", "title", required=True),
            _Cell("tillhör", "unit_id", _id, required=True),
            _Cell("roll", "role", _one_of(_POSITION_ROLES), required=True),
            _Cell("chef", "reports_to", _id),
            _Cell("avtal", "agreements", _several(_id), default=()),
        ),
    ),
    "innehav": ("assignment", _STANDING_IN[:2]),
    "ersättare": ("deputy", _STANDING_IN),
    "delegation": ("delegation", _STANDING_IN),
    "grupp": (
        "group",
        (
            *_NAMED,
            _Cell("avtal", "agreement", _id, required=True),
            _Cell("slag", "kind", _one_of(_GROUP_KINDS), default="steering"),
            _Cell("beslutför", "quorum", _count),
        ),
    ),
    "ledamot": (
        "member",
        (
            _Cell("tillhör", "group_id", _id, required=True),
            _Cell("befattning", "position_id", _id),
            _Cell("person", "person_id", _id),
            _Cell("roll", "role", _one_of(_SEATS), default="member"),
        ),
    ),
}

HEADINGS: tuple[str, ...] = ("typ", *dict.fromkeys(cell.heading for _, cells in _KINDS.values() for cell in (*cells, *_DATED)))
"""Every heading that a file may have, in any order."""


def heading(kind: Kind, column: str) -> str:
    """Return the heading under which a kind of statement gives a column of its table."""
    cells = next(cells for name, cells in _KINDS.values() if name == kind)
    return next(cell.heading for cell in (*cells, *_DATED) if cell.column == column)


def read_people_file(data: bytes) -> PeopleFile:
    """Return what a CSV file says; what cannot be read is a fault, never an exception.

    UTF-8, with or without byte order mark; the first row has the headings; parted by semicolon, comma or tab.
    """
    if len(data) > MOST_BYTES:
        return _unreadable(1, "filen är större än 20 MB", "the file is larger than 20 MB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return _unreadable(line, "filen är inte sparad som UTF-8; spara om den så", "the file is not UTF-8; save it as that")
    if "\0" in text:
        return _unreadable(text[: text.index("\0")].count("\n") + 1, "det här är ingen textfil", "this is not a text file")
    return _read_rows(text)


def _unreadable(line: int, sv: str, en: str) -> PeopleFile:
    return PeopleFile((), (Fault(line, "", sv, en),))


def _read_rows(text: str) -> PeopleFile:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    statements: list[Statement] = []
    faults: list[Fault] = []
    try:
        headings = [cell.strip().casefold() for cell in next(reader, [])]
        faults += _heading_faults(headings)
        for row in () if faults else reader:
            if any(cell.strip() for cell in row):
                statement, wrong = _read_row(dict(zip(headings, row, strict=False)), len(row) - len(headings), reader.line_num)
                statements += [statement] if statement else []
                faults += wrong
    except csv.Error as error:
        # The reader stands where it gave up: a quotation mark that never ends, or text after one.
        faults.append(Fault(max(reader.line_num, 1), "", "ett citattecken är fel satt", f"a quotation mark is misplaced ({error})"))
    if not statements and not faults:
        faults.append(Fault(1, "", "filen har inga rader under rubrikerna", "the file has no rows below its headings"))
    faults += _repeated(statements)
    return PeopleFile(tuple(statements), tuple(sorted(faults, key=lambda fault: fault.line)))


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max(";,\t", key=first.count)


def _heading_faults(headings: Collection[str]) -> Iterator[Fault]:
    if "typ" not in headings:
        yield Fault(1, "typ", "första raden saknar rubriken typ", "the first row lacks the heading typ")
    seen: set[str] = set()
    for name in headings:
        if name not in HEADINGS:
            yield Fault(1, name, f"rubriken finns inte; välj bland {', '.join(HEADINGS)}", "there is no such heading")
        elif name in seen:
            yield Fault(1, name, "rubriken står två gånger", "the heading stands twice")
        seen.add(name)


def _read_row(row: Mapping[str, str], surplus: int, line: int) -> tuple[Statement | None, list[Fault]]:
    if surplus > 0:
        return None, [Fault(line, "", "raden har fler celler än det finns rubriker", "the row has more cells than there are headings")]
    cells = {name: text.strip() for name, text in row.items() if text.strip()}
    word = cells.pop("typ", "").casefold()
    if word not in _KINDS:
        known = ", ".join(_KINDS)
        return None, [Fault(line, "typ", f"”{word}” finns inte; välj bland {known}", f"there is no '{word}'; choose one of {known}")]
    kind, known_cells = _KINDS[word]
    values, faults = _read_cells(cells, (*known_cells, *_DATED), line)
    known_headings = {cell.heading for cell in (*known_cells, *_DATED)}
    faults += [
        Fault(line, name, f"kolumnen används inte för {word}; lämna den tom", f"the column is not used for {word}; leave it empty")
        for name in cells
        if name not in known_headings
    ]
    faults += [] if faults else list(_contradictions(kind, values, line))
    return (None if faults else Statement(kind, line, values)), faults


def _read_cells(cells: Mapping[str, str], known: Collection[_Cell], line: int) -> tuple[dict[str, Any], list[Fault]]:
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for cell in known:
        text = cells.get(cell.heading)
        if text is None:
            values[cell.column] = list(cell.default) if cell.default == () else cell.default
            if cell.required:
                faults.append(Fault(line, cell.heading, "cellen är tom men behövs", "the cell is empty but needed"))
            continue
        try:
            values[cell.column] = cell.read(text)
        except _CellRefused as error:
            faults.append(Fault(line, cell.heading, error.sv, error.en))
    return values, faults


def _contradictions(kind: Kind, values: Mapping[str, Any], line: int) -> Iterator[Fault]:
    if values["valid_from"] and values["valid_to"] and values["valid_to"] < values["valid_from"]:
        yield Fault(line, "till", "slutar innan det börjar", "ends before it begins")
    if kind == "member" and (values["position_id"] is None) == (values["person_id"] is None):
        yield Fault(line, "befattning", "ange antingen en befattning eller en person", "give either a position or a person")
    if kind == "position" and (values["role"] == PROCESS_OWNER) != bool(values["agreements"]):
        yield Fault(
            line,
            "avtal",
            "ange avtalen för en processägare, och bara för en processägare",
            "give the agreements of a process owner, and of no other post",
        )
    if kind == "unit" and None not in (values["age_min"], values["age_max"]) and values["age_max"] < values["age_min"]:
        yield Fault(line, "ålder_till", "är lägre än ålder_från", "is lower than ålder_från")


def identity(statement: Statement) -> tuple[Any, ...]:
    """Return what makes two rows speak of the same thing."""
    values = statement.values
    if "id" in values:
        return (statement.kind, values["id"])
    return (statement.kind, values.get("group_id"), values.get("position_id"), values.get("person_id"), values["valid_from"])


def _repeated(statements: Collection[Statement]) -> Iterator[Fault]:
    first: dict[tuple[Any, ...], int] = {}
    for one in statements:
        line = first.setdefault(identity(one), one.line)
        if line != one.line:
            yield Fault(one.line, "id" if "id" in one.values else "", f"står redan på rad {line}", f"stands on line {line} already")
