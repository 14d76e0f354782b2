"""Which rules of the agreements the house serves, by what, and which of them nothing serves yet.

A rule is *marked* where an element, a table row, a form field, an agreement's entry or the docstring of some code names its id; it is
*served* where, besides, a test is named that fails when that element or row is removed (``tests/agreements/served.toml``), and
served *partly* where the agreement's file says what is still lacking.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args

import engine
from engine.clock import Clock
from engine.errors import Language, SamspelError
from engine.execution import Release
from engine.execution.xml import parse_xml
from engine.facts.agreements import RULE_ID, Agreement, Rule
from engine.facts.calendar import local_day
from engine.facts.policy import PolicyValue
from engine.services import agreements
from engine.services.releases import shipped_release
from engine.shipped import processes_folder

_DMN = "{https://www.omg.org/spec/DMN/20191111/MODEL/}"
_MARKUP = re.compile(r"<[^<>]*>|[*_•○●|#]")

Kind = Literal["element", "row", "form", "agreement", "code"]
State = Literal["served", "partly", "marked", "not_served"]


class CoverageUnreadable(SamspelError):
    """A file that the coverage is made of cannot be read."""

    sv: ClassVar[str] = "{file} går inte att läsa: {reason}."
    en: ClassVar[str] = "{file} cannot be read: {reason}."


@dataclass(frozen=True, order=True)
class Mark:
    """One thing that says that it serves a rule."""

    rule: str
    kind: Kind
    place: str
    """File and id, for example ``sip/sip.bpmn#ELEMENT``."""


@dataclass(frozen=True)
class Proof:
    """A test that fails when the thing at a place is removed."""

    place: str
    test: str
    """As pytest names it, for example ``tests/agreements/test_tables.py::test_000_6``."""


@dataclass(frozen=True)
class Coverage:
    """One rule, with all that serves it."""

    agreement: str
    rule: Rule
    marks: tuple[Mark, ...]
    proofs: tuple[Proof, ...]
    """Only those whose place carries a mark of this rule."""

    @property
    def state(self) -> State:
        """Served means marked and shown by a test; partly, that the agreement's file says what is still lacking."""
        if not self.marks:
            return "not_served"
        if self.rule.not_served:
            return "partly"
        return "served" if self.proofs else "marked"


@dataclass(frozen=True)
class Report:
    """What ``samspel agreements check`` says."""

    rules: tuple[Coverage, ...]
    unknown: tuple[Mark, ...]
    """Marks and proofs that name an id which no agreement has."""
    missing_quotes: tuple[tuple[str, str], ...]
    """Rule id and quote, where the quote is not in the document."""
    unread_documents: tuple[str, ...]
    """Documents that were not there, so that their quotes are not checked."""
    overruled: tuple[tuple[str, PolicyValue], ...]
    """Agreement and local decision, where the document itself decides."""

    @property
    def ok(self) -> bool:
        """Whether every id is known and every quote that could be looked up is found; unserved rules are no fault."""
        return not self.unknown and not self.missing_quotes

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many rules are in each state."""
        states = [coverage.state for coverage in self.rules]
        return {state: states.count(state) for state in get_args(State)}

    def as_json(self) -> Mapping[str, Any]:
        """Return the report as plain data."""
        return {
            "ok": self.ok,
            "counts": self.counts,
            "rules": [
                {
                    "id": one.rule.id,
                    "agreement": one.agreement,
                    "state": one.state,
                    "quote": one.rule.quote,
                    "sv": one.rule.sv,
                    "marks": [{"kind": mark.kind, "place": mark.place} for mark in one.marks],
                    "tests": [{"place": proof.place, "test": proof.test} for proof in one.proofs],
                    "not_served": one.rule.not_served,
                }
                for one in self.rules
            ],
            "unknown": [{"id": mark.rule, "kind": mark.kind, "place": mark.place} for mark in self.unknown],
            "missing_quotes": [{"id": rule, "quote": quote} for rule, quote in self.missing_quotes],
            "unread_documents": list(self.unread_documents),
            "overruled": [{"agreement": name, "key": value.key} for name, value in self.overruled],
        }


def check(release: Release, on: date, documents: Path | None = None, served: Path | None = None) -> Report:
    """Return which rules of the release's agreements are served, and by what.

    ``documents`` is the folder of the agreements' texts, ``served`` the file that names the tests; without them quotes are unchecked
    and nothing counts as served. Raises :class:`CoverageUnreadable`, or what the release's own files raise.
    """
    known = agreements.of_release(release)
    by_rule = marks(release)
    proofs = read_served(served) if served else {}
    rules = tuple(
        _covered(agreement.id, rule, by_rule.get(rule.id, ()), proofs.get(rule.id, ())) for agreement in known.values() for rule in agreement.rules
    )
    ids = {coverage.rule.id for coverage in rules}
    texts = {agreement.id: _document(documents, agreement) for agreement in known.values()}
    held = {name: agreements.policy(release, name, on) for name in known}
    quotes = [(name, rule.id, rule.quote) for name, agreement in known.items() for rule in agreement.rules]
    quotes += [(name, value.rule or "", value.quote) for name, said in held.items() for value in said.entries.values() if value.quote]
    return Report(
        rules,
        tuple(mark for rule, named in by_rule.items() if rule not in ids for mark in named)
        + tuple(Mark(rule, "code", str(served)) for rule in proofs if rule not in ids),
        tuple((rule, quote) for name, rule, quote in quotes if (text := texts[name]) is not None and plain(quote) not in text),
        tuple(agreement.document for agreement in known.values() if texts[agreement.id] is None),
        tuple((name, value) for name, said in held.items() for value in said.overruled),
    )


@lru_cache(maxsize=4)
def marks(release: Release) -> Mapping[str, tuple[Mark, ...]]:
    """Return what names each rule, by the rule's id; read once for each release."""
    known = agreements.of_release(release)
    found: dict[str, list[Mark]] = defaultdict(list)
    for mark in sorted({*_drawn(release), *_rows(release), *_fields(release), *_described(known.values()), *_written()}):
        found[mark.rule].append(mark)
    return {rule: tuple(named) for rule, named in found.items()}


def check_shipped(clock: Clock, documents: Path | None = None) -> Report:
    """Check the shipped models as of today, with the documents and the tests that lie beside a checkout, where they do."""
    checkout = processes_folder().parent
    beside = checkout.parent / "shared" / "agreements"
    served = checkout / "tests" / "agreements" / "served.toml"
    return check(
        shipped_release(),
        local_day(clock.now()),
        documents or (beside if beside.is_dir() else None),
        served if served.is_file() else None,
    )


def lines(report: Report, language: Language = "sv") -> Iterator[str]:
    """Say the report: a line a rule, with what serves it indented below; then what is wrong, and the sum."""
    words = _WORDS[language]
    for one in report.rules:
        yield f"{one.rule.id:7} {words[one.state]:14} {one.rule.sv}"
        yield from (f"{'':8}{mark.place}" for mark in one.marks)
        yield from (f"{'':8}{words['test']}: {proof.test}" for proof in one.proofs)
        if one.rule.not_served:
            yield f"{'':8}{words['lacking']}: {one.rule.not_served}"
    yield from (words["unknown"].format(rule=mark.rule, place=mark.place) for mark in report.unknown)
    yield from (words["quote"].format(rule=rule, quote=quote) for rule, quote in report.missing_quotes)
    yield from (words["unread"].format(document=document) for document in report.unread_documents)
    yield from (words["overruled"].format(agreement=name, key=value.key) for name, value in report.overruled)
    yield words["sum"].format(rules=len(report.rules), **report.counts)


_WORDS: Mapping[Language, Mapping[str, str]] = {
    "sv": {
        "served": "visad",
        "partly": "delvis",
        "marked": "märkt",
        "not_served": "ej betjänad",
        "test": "prov",
        "lacking": "saknas",
        "unknown": "Fel: {place} nämner regeln {rule}, som inte finns. Rätta numret.",
        "quote": "Fel: citatet finns inte i dokumentet, {rule}: ”{quote}”. Rätta citatet.",
        "unread": "Citaten är inte kontrollerade: {document} finns inte här. Ange mappen med --documents.",
        "overruled": "Räknas inte: {agreement} har ett lokalt beslut om {key}, som dokumentet självt bestämmer.",
        "sum": "{rules} regler: {served} visade med prov, {partly} delvis betjänade, {marked} märkta utan prov, {not_served} som ingenting betjänar.",
    },
    "en": {
        "served": "served",
        "partly": "partly",
        "marked": "marked",
        "not_served": "not served",
        "test": "test",
        "lacking": "lacking",
        "unknown": "Fault: {place} names the rule {rule}, which does not exist. Mend the number.",
        "quote": "Fault: the quote is not in the document, {rule}: “{quote}”. Mend the quote.",
        "unread": "Quotes are not checked: {document} is not here. Give the folder with --documents.",
        "overruled": "Does not count: {agreement} has a local decision on {key}, which the document itself decides.",
        "sum": "{rules} rules: {served} served, shown by a test; {partly} partly; {marked} marked without a test; {not_served} that nothing serves.",
    },
}


def read_served(path: Path) -> Mapping[str, tuple[Proof, ...]]:
    """Return the tests that a file names, by rule id. Raises :class:`CoverageUnreadable`."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
        return {rule: tuple(Proof(entry["place"], entry["test"]) for entry in entries) for rule, entries in table.items()}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise CoverageUnreadable(file=path.name, reason=error) from error


def plain(text: str) -> str:
    """Return a text without markup and with single blanks, to compare quotes."""
    return re.sub(r"\s+", " ", _MARKUP.sub(" ", text)).strip()


def _covered(agreement: str, rule: Rule, marks: Sequence[Mark], proofs: Sequence[Proof]) -> Coverage:
    places = {mark.place for mark in marks}
    return Coverage(agreement, rule, tuple(marks), tuple(proof for proof in proofs if proof.place in places))


def _document(folder: Path | None, agreement: Agreement) -> str | None:
    path = folder / agreement.document if folder else None
    return plain(path.read_text("utf-8")) if path and path.is_file() else None


def _drawn(release: Release) -> Iterator[Mark]:
    """The ``requirement`` properties of the drawings."""
    for model in release.processes.values():
        for rule in model.properties.get("requirement", "").split():
            yield Mark(rule, "element", f"{model.file}#{model.id}")
        for element in model.elements.values():
            for rule in element.requirement:
                yield Mark(rule, "element", f"{model.file}#{element.id}")


def _rows(release: Release) -> Iterator[Mark]:
    """The rows of the decision tables that name a rule."""
    for path, content in release.files.items():
        if not path.endswith(".dmn"):
            continue
        for row in parse_xml(content, path).iter(f"{_DMN}rule"):
            for rule in RULE_ID.findall("".join(map(str, row.itertext()))):
                yield Mark(rule, "row", f"{path}#{row.get('id')}")


def _fields(release: Release) -> Iterator[Mark]:
    """The forms whose fields carry a property ``requirement``."""
    for path, content in release.files.items():
        if path.endswith(".form"):
            yield from (Mark(rule, "form", f"{path}#{key}") for key, rules in _requirements(json.loads(content)) for rule in rules.split())


def _requirements(component: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON
    if isinstance(component, dict):
        rules = (component.get("properties") or {}).get("requirement")
        if rules:
            yield component.get("key") or component.get("id", ""), rules
        for inner in component.get("components", ()):
            yield from _requirements(inner)


def _described(known: Iterable[Agreement]) -> Iterator[Mark]:
    """What the agreements' own files describe: parties, units, groups, routes and documents."""
    for agreement in known:
        named = (
            [(f"party {party.code}", party.rule) for party in agreement.parties]
            + [(f"version {version.on}", version.rule) for version in agreement.versions]
            + [(f"unit {unit.code}", unit.rule) for unit in agreement.units]
            + [(f"group {group.code}", group.rule) for group in agreement.groups]
            + [(f"private_provider {provider.name}", provider.rule) for provider in agreement.private_providers]
            + [(f"deviation_route {route.unit}", route.rule) for route in agreement.deviation_routes]
            + [(f"related_document {document.name}", document.rule) for document in agreement.related_documents]
        )
        yield from (Mark(rule, "agreement", f"agreements/{agreement.number}#{name}") for name, rules in named for rule in (rules or "").split())


def _written() -> Iterator[Mark]:
    """The functions and classes whose docstring names a rule."""
    root = Path(engine.__file__).parent
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                place = f"{path.relative_to(root.parent).as_posix()}#{node.name}"
                yield from (Mark(rule, "code", place) for rule in RULE_ID.findall(ast.get_docstring(node) or ""))
