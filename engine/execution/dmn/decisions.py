"""Answers a decision: assembles what it requires into a program for the isolate, and explains the answer by its rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from engine.clock import STOCKHOLM
from engine.errors import SamspelError
from engine.execution import feel
from engine.execution.dmn.checking import decision_faults
from engine.execution.dmn.model import Model, Node, Requirement, Rule
from engine.execution.dmn.reading import imported_by, namespace_of, read
from engine.execution.faults import Fault
from engine.execution.results import FeelValue


@dataclass(frozen=True)
class Input:
    """Something that a decision wants to know."""

    name: str
    type: str | None
    """The kind of value: ``number``, ``date`` ...; None where the file does not say."""
    is_list: bool = False


@dataclass(frozen=True)
class MatchedRule:
    """A row that the answer stands on."""

    decision: str
    """The decision's id; the answer may stand on rows of decisions that it requires."""
    id: str
    number: int
    annotations: Mapping[str, str]


@dataclass(frozen=True)
class Explained:
    """An answer and why."""

    value: FeelValue
    rules: tuple[MatchedRule, ...]


class NoSuchDecision(SamspelError):
    """No decision, or more than one, has that id or name."""

    sv = "Det finns inget beslut ”{decision}” här, eller flera. Här finns: {known}."
    en = "There is no decision “{decision}” here, or more than one. There are: {known}."


class DecisionFailed(SamspelError):
    """A decision has no answer; ``names`` holds file, decision, rule and column."""

    sv = "{file}, beslutet ”{decision}”{place}: {reason}"
    en = "{file}, decision “{decision}”{place_en}: {reason_en}"

    def __init__(self, node: Node, reason: str, reason_en: str, *, rule: str = "", number: int = 0, column: int = 0) -> None:
        self.rule = rule
        self.column = column
        super().__init__(
            file=node.file,
            decision=node.id,
            place=(f", rad {number} ({rule})" if number else "") + (f", kolumn {column}" if column else ""),
            place_en=(f", row {number} ({rule})" if number else "") + (f", column {column}" if column else ""),
            reason=reason,
            reason_en=reason_en,
        )


class NotOfType(SamspelError):
    """An input's text does not say a value of the type that the file declares."""

    sv = "Indata {name}: ”{value}” är inte {type}, skrivet som i ISO 8601."
    en = "Input {name}: “{value}” is no {type} as ISO 8601 writes it."


def read_decision_file(path: Path) -> Decisions:
    """Read one decision file, with the files beside it that it imports.

    Raises ``BadXml``, also for an imported file, or ``OSError``.
    """
    files = {path.name: path.read_bytes()}
    beside = {one.name: one.read_bytes() for one in sorted(path.parent.glob("*.dmn")) if one.name != path.name}
    wanted = imported_by(files[path.name], path.name)
    while wanted:
        namespace = wanted.pop()
        for name in [name for name, data in beside.items() if namespace_of(data, name) == namespace]:
            files[name] = beside.pop(name)
            wanted |= imported_by(files[name], name)
    return read_decisions(files)


def read_decisions(files: Mapping[str, bytes]) -> Decisions:
    """Read the decision files of a folder, by path. Raises ``BadXml`` for a file that is not DMN 1.1 to 1.5."""
    return Decisions(read(files))


class Decisions:
    """The decisions of a folder, ready to be asked."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._programs: dict[str, tuple[str, Mapping[str, Any]]] = {}

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The decisions' names by their ids."""
        return {node.id: node.name for node in self._model.nodes.values() if node.kind == "decision"}

    def evaluate(self, decision: str, inputs: Mapping[str, FeelValue]) -> FeelValue:
        """Return the answer; ``decision`` is an id, a name, or ``namespace#id`` where several files share an id.

        Raises ``NoSuchDecision``, ``DecisionFailed`` naming file, decision, row and column, or ``feel.NotAFeelValue``.
        """
        return self.evaluate_explained(decision, inputs).value

    def evaluate_explained(self, decision: str, inputs: Mapping[str, FeelValue]) -> Explained:
        """Return the answer with the rows that it stands on, also those of decisions that it requires."""
        node = self._decision(decision)
        answer = self._ask(node, inputs)
        if "refusal" in answer:
            raise self._failure(node, answer["refusal"])
        rows = self._rows_by_table
        return Explained(feel.from_json(answer["value"]["value"]), tuple(rows[hit["table"], hit["rule"]] for hit in answer["value"]["hits"]))

    def rows(self, decision: str) -> tuple[Rule, ...]:
        """Return all rows of a decision's tables, with their annotations."""
        return tuple(rule for table in self._decision(decision).tables for rule in table.rules)

    def node(self, decision: str) -> Node:
        """Return what the file says of a decision, with its tables. Raises ``NoSuchDecision``."""
        return self._decision(decision)

    def inputs_of(self, decision: str) -> tuple[Input, ...]:
        """Return what a decision wants to know, with all that it requires.

        Where a file declares no input data, these are the names that its tables' columns read.
        """
        types = self._input_types(self._decision(decision))
        return tuple(Input(name, *self._kind(type_)) for name, type_ in types.items())

    def inputs_from_json(self, decision: str, data: Mapping[str, Any]) -> dict[str, FeelValue]:
        """Return JSON data as values of the declared types: text becomes a date, time or duration only where one is declared.

        A date-time without an offset is in Europe/Stockholm. Raises ``NotOfType`` or ``NoSuchDecision``.
        """
        types = {name: type_ for name, type_ in self._input_types(self._decision(decision)).items() if type_ is not None}
        return {name: self._from_json(name, value, types[name]) if name in types else value for name, value in data.items()}

    def faults(self, file: str | None = None) -> list[Fault]:
        """Return what would go wrong in one file or in all, or is likely not meant, with element id and remedy."""
        return decision_faults(self._model, file)

    def _decision(self, name: str) -> Node:
        decisions = [node for node in self._model.nodes.values() if node.kind == "decision"]
        found = [node for node in decisions if name in (node.id, node.key)] or [node for node in decisions if name == node.name]
        if len(found) != 1:
            raise NoSuchDecision(decision=name, known=", ".join(sorted(node.id for node in decisions)) or "–")
        return found[0]

    def _reachable(self, node: Node) -> tuple[Node, ...]:
        """Return the node and all that it requires, as far as it is there."""
        found = {node.key: node}
        waiting = [node]
        while waiting:
            for requirement in waiting.pop().requires:
                required = self._model.nodes.get(requirement.key)
                if required is not None and required.key not in found:
                    found[required.key] = required
                    waiting.append(required)
        return tuple(found.values())

    def _closure(self, node: Node) -> tuple[Node, ...]:
        """Return the node and all that it requires. Raises ``DecisionFailed`` where something is missing or goes in a circle."""
        found: dict[str, Node] = {}

        def visit(one: Node, above: tuple[str, ...]) -> None:
            if one.key in above:
                raise DecisionFailed(one, "Beslutet kräver sig självt.", "The decision requires itself.")
            for requirement in one.requires:
                required = self._model.nodes.get(requirement.key)
                if required is None:
                    raise DecisionFailed(
                        one, f"Beslutet kräver {requirement.key}, som inte finns.", f"The decision requires {requirement.key}, which is not there."
                    )
                if requirement.key not in found or requirement.key in above:
                    visit(required, (*above, one.key))
            found[one.key] = one

        visit(node, ())
        return tuple(found.values())

    def _ask(self, node: Node, inputs: Mapping[str, FeelValue]) -> Mapping[str, Any]:
        digest, program = self._program(node)
        call = {"action": "decide", "text": node.id, "key": node.key, "context": 0, "digest": digest}
        (answer,) = feel.run([call], [inputs])
        if answer.get("refusal", {}).get("kind") == "forgotten":
            (answer,) = feel.run([{**call, "program": program}], [inputs])
        return answer

    def _program(self, node: Node) -> tuple[str, Mapping[str, Any]]:
        if node.key not in self._programs:
            closure = self._closure(node)
            nodes = {
                one.key: {
                    "kind": one.kind,
                    "name": one.variable,
                    "type": one.type,
                    "logic": one.logic or {"box": "literal", "id": one.id, "text": "null", "type": None},
                    "requires": [{"key": each.key, "path": self._path(each)} for each in one.requires],
                }
                for one in closure
            }
            program = {"nodes": nodes, "types": self._model.types}
            digest = hashlib.sha256(orjson.dumps(program, option=orjson.OPT_SORT_KEYS)).hexdigest()
            self._programs[node.key] = digest, program
        return self._programs[node.key]

    def _path(self, requirement: Requirement) -> list[str]:
        variable = self._model.nodes[requirement.key].variable
        return [requirement.import_name, variable] if requirement.import_name else [variable]

    def _input_types(self, node: Node) -> Mapping[str, str | None]:
        """Return the declared type of every input: of the input itself, else of the column that reads it."""
        closure = self._reachable(node)
        types = {one.variable: one.type for one in closure if one.kind == "input"}
        for one in closure:
            provided = {self._model.nodes[each.key].variable for each in one.requires if each.key in self._model.nodes}
            for column in (column for table in one.tables for column in table.inputs):
                name = column.expression
                if name.isidentifier() and types.get(name) is None and (name in types or name not in provided):
                    types[name] = column.type
        return types

    def _from_json(self, name: str, value: Any, type_: str) -> FeelValue:  # noqa: ANN401 - JSON
        definition = self._model.types.get(type_, {})
        if isinstance(value, list):
            return [self._from_json(name, item, type_) for item in value]
        if isinstance(value, dict) and "fields" in definition:
            fields = definition["fields"]
            return {key: self._from_json(f"{name}.{key}", item, fields[key]) if key in fields else item for key, item in value.items()}
        if "of" in definition:
            return self._from_json(name, value, definition["of"])
        if isinstance(value, str) and type_ in _FROM_TEXT:
            try:
                return _FROM_TEXT[type_](value)
            except ValueError as error:
                raise NotOfType(name=name, value=value, type=type_) from error
        return value

    def _kind(self, type_: str | None) -> tuple[str | None, bool]:
        """Follow item definitions down to the kind of value that they mean."""
        is_list = False
        while type_ is not None:
            definition = self._model.types[type_]
            is_list = is_list or bool(definition.get("collection"))
            if "base" in definition:
                return (None if type_ == "Any" else type_), is_list
            if "fields" in definition:
                return "context", is_list
            type_ = definition.get("of") if definition.get("of") in self._model.types else None
        return None, is_list

    @cached_property
    def _rows_by_table(self) -> Mapping[tuple[str, str], MatchedRule]:
        return {
            (table.id, rule.id): MatchedRule(node.id, rule.id, rule.number, rule.annotations)
            for node in self._model.nodes.values()
            for table in node.tables
            for rule in table.rules
        }

    def _failure(self, asked: Node, refusal: Mapping[str, Any]) -> DecisionFailed:
        place = refusal.get("place") or {}
        node = self._model.nodes.get(place.get("node", ""), asked)
        reason, reason_en = _reasons(refusal)
        return DecisionFailed(node, reason, reason_en, rule=place.get("ruleId", ""), number=place.get("rule", 0), column=place.get("column", 0))


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=STOCKHOLM)


def _duration(text: str) -> timedelta | feel.Months:
    return feel.months_of(text) if feel.is_months(text) else feel.duration_of(text)


_FROM_TEXT: Mapping[str, Callable[[str], FeelValue]] = {
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "date and time": _moment,
    "days and time duration": feel.duration_of,
    "years and months duration": feel.months_of,
    "duration": _duration,
}

_SENTENCES = {
    "overlap": (
        "Raderna {detail} träffar samtidigt, men träffregeln är UNIQUE.",
        "Rows {detail} match at the same time, but the hit policy is UNIQUE.",
    ),
    "disagreement": (
        "Raderna {detail} träffar samtidigt med olika svar, men träffregeln är ANY.",
        "Rows {detail} match at the same time with different answers, but the hit policy is ANY.",
    ),
    "unlisted": (
        "Rad {detail} ger ett värde som inte finns i listan över värden, så det har ingen ordning.",
        "Row {detail} gives a value that is not in the list of values, so it has no order.",
    ),
    "declared": ("Värdet är av en annan sort än den deklarerade ({detail}).", "The value is of another kind than declared ({detail})."),
    "allowed": ("Värdet är inte tillåtet i {detail}.", "The value is not allowed in {detail}."),
}


def _reasons(refusal: Mapping[str, Any]) -> tuple[str, str]:
    if refusal["kind"] in _SENTENCES:
        sv, en = _SENTENCES[refusal["kind"]]
        return sv.format(detail=refusal["detail"]), en.format(detail=refusal["detail"])
    error = feel.refused(refusal, str(refusal.get("text", "")))
    return error.sentence("sv"), error.sentence("en")
