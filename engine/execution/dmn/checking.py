"""Finds what is wrong with decisions before they are asked: text that is not FEEL, missing requirements, overlaps and gaps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from engine.execution import feel
from engine.execution.dmn.coverage import Cell, Column, gap, overlaps
from engine.execution.dmn.model import Model, Node, Table, Unread
from engine.execution.faults import Fault, Severity

_ONE_ROW_POLICIES = ("UNIQUE", "ANY", "FIRST", "PRIORITY")
_CALENDAR_FACTS = frozenset({"today", "now"})
_MOST_OVERLAPS_SHOWN = 20


def decision_faults(model: Model, file: str | None = None) -> list[Fault]:
    """Return the faults of one file or of all, in order of file and element."""
    faults = [_unread(one) for one in model.unread if file in (None, one.file)]
    for node in model.nodes.values():
        if file not in (None, node.file):
            continue
        faults.extend(_requirement_faults(node, model))
        faults.extend(_expression_faults(node, model))
        for table in node.tables:
            faults.extend(_shape_faults(node, table))
            faults.extend(_row_faults(node, table, model))
    return sorted(faults)


def _fault(node: Node, element: str, code: str, sv: str, en: str, remedy_sv: str, remedy_en: str, severity: Severity = "error") -> Fault:
    return Fault(node.file, element or node.id, node.name, severity, code, sv, en, remedy_sv, remedy_en)


def _unread(one: Unread) -> Fault:
    return Fault(one.file, one.element_id, one.name, "error", one.code, one.reason, one.reason_en, "Skriv om det.", "Write it in another way.")


# --- requirements


def _requirement_faults(node: Node, model: Model) -> Iterator[Fault]:
    for requirement in node.requires:
        if requirement.key not in model.nodes:
            yield _fault(
                node,
                requirement.id,
                "dmn-unknown-requirement",
                f"Beslutet kräver {requirement.key}, som inte finns.",
                f"The decision requires {requirement.key}, which is not there.",
                "Dra pilen från ett beslut eller indata som finns, eller lägg filen som importeras bredvid.",
                "Draw the arrow from a decision or input that exists, or put the imported file beside this one.",
            )
    if _requires_itself(node, model):
        yield _fault(
            node,
            node.id,
            "dmn-circle",
            "Beslutet kräver sig självt, direkt eller genom andra.",
            "The decision requires itself, directly or through others.",
            "Ta bort en av pilarna i ringen.",
            "Remove one of the arrows of the circle.",
        )
    if node.kind == "decision" and node.logic is None:
        yield _fault(
            node,
            node.id,
            "dmn-no-logic",
            "Beslutet har ingen tabell och inget uttryck.",
            "The decision has no table and no expression.",
            "Ge det en tabell eller ett uttryck.",
            "Give it a table or an expression.",
        )


def _requires_itself(node: Node, model: Model) -> bool:
    seen: set[str] = set()
    waiting = [one.key for one in node.requires]
    while waiting:
        key = waiting.pop()
        if key == node.key:
            return True
        if key not in seen and key in model.nodes:
            seen.add(key)
            waiting.extend(one.key for one in model.nodes[key].requires)
    return False


# --- expressions


@dataclass(frozen=True)
class _Text:
    """An expression and where it stands."""

    element: str
    text: str
    unary: bool
    where: str = ""
    where_en: str = ""


def _texts(node: Node) -> Iterator[_Text]:
    for element, text in node.texts:
        yield _Text(element, text, unary=False)
    for table in node.tables:
        for place, column in enumerate(table.inputs, 1):
            yield _Text(column.id, column.expression, unary=False, where=f"kolumn {place}: ", where_en=f"column {place}: ")
            if column.allowed:
                yield _Text(column.id, column.allowed, unary=True, where=f"kolumn {place}: ", where_en=f"column {place}: ")
        for output in table.outputs:
            yield from (_Text(output.id, text, unary=False) for text in (output.default, f"[{output.order}]" if output.order else "") if text)
        for rule in table.rules:
            for place, cell in enumerate((*rule.tests, *rule.outputs), 1):
                unary = place <= len(rule.tests)
                if not (unary and cell in ("", "-")):
                    yield _Text(rule.id, cell, unary, f"rad {rule.number}, kolumn {place}: ", f"row {rule.number}, column {place}: ")


def _expression_faults(node: Node, model: Model) -> Iterator[Fault]:
    texts = list(_texts(node))
    answers = feel.run([{"action": "parse", "text": one.text, "unary": one.unary, "roots": []} for one in texts], time_limit=3)
    known = _known_names(node, model)
    for one, answer in zip(texts, answers, strict=True):
        if not one.text:
            yield _fault(
                node,
                one.element,
                "dmn-empty",
                f"{one.where}uttrycket är tomt.".capitalize(),
                f"{one.where_en}the expression is empty.".capitalize(),
                "Skriv ett värde; null betyder inget värde.",
                "Write a value; null means no value.",
            )
        elif "refusal" in answer:
            error = feel.refused(answer["refusal"], one.text)
            yield _fault(
                node,
                one.element,
                "dmn-feel",
                f"{one.where}{error.sentence('sv')}",
                f"{one.where_en}{error.sentence('en')}",
                "Rätta uttrycket; text skrivs inom citattecken.",
                "Mend the expression; text is written within quotation marks.",
            )
        elif known is not None:
            yield from _unknown_names(node, one, answer["value"], known)


def _unknown_names(node: Node, one: _Text, names: Iterable[str], known: frozenset[str]) -> Iterator[Fault]:
    for name in names:
        if not any(name == each or name.startswith(f"{each}.") or each.startswith(f"{name}.") for each in known):
            yield _fault(
                node,
                one.element,
                "dmn-unknown-name",
                f"{one.where}”{one.text}” läser {name}, som beslutet inte kräver.",
                f"{one.where_en}“{one.text}” reads {name}, which the decision does not require.",
                "Dra en pil från det beslut eller de indata som ger namnet, eller rätta stavningen.",
                "Draw an arrow from the decision or input that gives the name, or mend the spelling.",
            )


def _known_names(node: Node, model: Model) -> frozenset[str] | None:
    """Return the names that a node's expressions may read, or None where it declares none: then each free name is an input."""
    if not node.requires:
        return None
    names = set(_CALENDAR_FACTS) | set(_inner_names(node.logic))
    for requirement in node.requires:
        if requirement.key not in model.nodes:
            return None
        variable = model.nodes[requirement.key].variable
        names.add(f"{requirement.import_name}.{variable}" if requirement.import_name else variable)
    return frozenset(names)


def _inner_names(box: object) -> Iterator[str]:
    """Give the names that boxed expressions introduce themselves."""
    if isinstance(box, Mapping):
        if box.get("box") == "context":
            yield from (entry["name"] for entry in box["entries"])
        elif box.get("box") == "function":
            yield from (parameter["name"] for parameter in box["parameters"])
        elif box.get("box") in ("for", "every", "some", "filter"):
            yield from (str(box.get("variable", "item")), "item", "partial")
        for part in box.values():
            yield from _inner_names(part)
    elif isinstance(box, list):
        for part in box:
            yield from _inner_names(part)


# --- rows


def _shape_faults(node: Node, table: Table) -> Iterator[Fault]:
    for rule in table.rules:
        if len(rule.tests) != len(table.inputs) or len(rule.outputs) != len(table.outputs):
            yield _fault(
                node,
                rule.id,
                "dmn-row-width",
                f"Rad {rule.number} har inte lika många celler som tabellen har kolumner.",
                f"Row {rule.number} has not as many cells as the table has columns.",
                "Ta bort raden och skriv den på nytt i modelleraren.",
                "Delete the row and write it again in the modeler.",
            )
    if table.aggregation and len(table.outputs) != 1:
        yield _fault(
            node,
            table.id,
            "dmn-aggregation",
            f"Sammanräkningen {table.aggregation} kräver en enda utkolumn.",
            f"The aggregation {table.aggregation} needs one output column only.",
            "Dela tabellen, eller ta bort sammanräkningen.",
            "Split the table, or remove the aggregation.",
        )
    if table.hit_policy in ("PRIORITY", "OUTPUT ORDER") and not any(output.order for output in table.outputs):
        yield _fault(
            node,
            table.id,
            "dmn-no-order",
            f"Träffregeln {table.hit_policy} kräver en lista över utvärden, det viktigaste först.",
            f"The hit policy {table.hit_policy} needs a list of output values, the most important first.",
            "Skriv listan i utkolumnens huvud.",
            "Write the list in the heading of the output column.",
        )


def _row_faults(node: Node, table: Table, model: Model) -> Iterator[Fault]:
    if any(len(rule.tests) != len(table.inputs) for rule in table.rules) or not table.inputs:
        return
    columns = _columns(node, table, model)
    if table.hit_policy == "UNIQUE":
        for first, second in overlaps(columns, len(table.rules), _MOST_OVERLAPS_SHOWN):
            one, other = table.rules[first], table.rules[second]
            yield _fault(
                node,
                other.id,
                "dmn-overlap",
                f"Rad {one.number} ({one.id}) och rad {other.number} ({other.id}) kan träffa samtidigt, men träffregeln är UNIQUE.",
                f"Row {one.number} ({one.id}) and row {other.number} ({other.id}) can match at the same time, but the hit policy is UNIQUE.",
                "Gör villkoren åtskilda, eller välj en annan träffregel.",
                "Make the conditions disjoint, or choose another hit policy.",
            )
    if table.hit_policy in _ONE_ROW_POLICIES and not any(output.default for output in table.outputs):
        missing = gap(columns, len(table.rules))
        if missing is not None:
            example = "; ".join(f"{column.expression} {text}" for column, text in zip(table.inputs, missing, strict=True) if text)
            yield _fault(
                node,
                table.id,
                "dmn-gap",
                f"Ingen rad svarar för {example or 'något värde'}.",
                f"No row answers for {example or 'any value'}.",
                "Lägg till en rad, ett standardvärde för utkolumnen, eller en lista över tillåtna invärden.",
                "Add a row, a default value for the output column, or a list of allowed input values.",
            )


def _columns(node: Node, table: Table, model: Model) -> list[Column]:
    """Return what each column's cells accept, and which values can come at all."""
    texts = [rule.tests[place] for place in range(len(table.inputs)) for rule in table.rules]
    allowed = [column.allowed or _declared_values(node, column.expression, column.type, model) for column in table.inputs]
    answers = feel.run([{"action": "cell", "text": text} for text in (*texts, *allowed)], time_limit=3)
    cells = [Cell.of(answer.get("value")) for answer in answers]
    rules = len(table.rules)
    return [
        Column(
            cells=tuple(cells[place * rules : (place + 1) * rules]),
            allowed=cells[len(texts) + place],
            is_boolean=_is_boolean(node, column.expression, column.type, model),
        )
        for place, column in enumerate(table.inputs)
    ]


def _declared(node: Node, expression: str, type_: str | None, model: Model) -> str | None:
    """Return the type that a column's values have: its own, else that of the input it reads."""
    inputs = {model.nodes[one.key].variable: model.nodes[one.key].type for one in node.requires if one.key in model.nodes}
    return inputs.get(expression) or type_


def _declared_values(node: Node, expression: str, type_: str | None, model: Model) -> str:
    for name in (type_, _declared(node, expression, type_, model)):
        while name is not None and name in model.types:
            allowed = model.types[name].get("allowed")
            if allowed:
                return str(allowed)
            name = model.types[name].get("of")  # noqa: PLW2901 - follows the definition to what it stands on
    return ""


def _is_boolean(node: Node, expression: str, type_: str | None, model: Model) -> bool:
    return "boolean" in (type_, _declared(node, expression, type_, model))
