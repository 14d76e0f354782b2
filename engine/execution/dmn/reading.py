"""Reads DMN 1.1 to 1.5 files into the model: namespaces, requirements between files, types and boxed expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lxml import etree

from engine.execution.dmn.model import (
    AGGREGATIONS,
    HIT_POLICIES,
    Box,
    InputColumn,
    Model,
    Node,
    OutputColumn,
    Requirement,
    Rule,
    Table,
    Unread,
)
from engine.execution.xml import BadXml, parse_xml

Element = etree._Element  # noqa: SLF001 - lxml's only public name for an element is a function

NAMESPACES = frozenset(
    {
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20151101/dmn11.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    }
)
"""DMN 1.1, 1.2, 1.3, 1.4 and 1.5."""

_BUILT_IN = {
    "number": "number",
    "integer": "number",
    "long": "number",
    "double": "number",
    "string": "string",
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "date and time": "date and time",
    "dateTime": "date and time",
    "days and time duration": "days and time duration",
    "dayTimeDuration": "days and time duration",
    "years and months duration": "years and months duration",
    "yearMonthDuration": "years and months duration",
    "duration": "duration",
    "context": "context",
    "list": "list",
    "Any": "Any",
}
"""The names of types that the standard and the modelers write, and the one kind that each means."""


def read(files: Mapping[str, bytes]) -> Model:
    """Read all files of a folder together. Raises ``BadXml`` for a file that is not DMN."""
    readers = [_FileReader(file, _root(data, file)) for file, data in sorted(files.items())]
    nodes: dict[str, Node] = {}
    types: dict[str, Mapping[str, Any]] = {kind: {"base": kind} for kind in _BUILT_IN.values()}
    unread: list[Unread] = []
    for reader in readers:
        reader.read_types(types)
    for reader in readers:
        for node in reader.read_nodes(types):
            if node.key in nodes:
                other = nodes[node.key].file
                reader.note(node.id, node.name, "dmn-same-id", f"Samma id finns redan i {other}.", f"The same id is already in {other}.")
            else:
                nodes[node.key] = node
        unread.extend(reader.unread)
    return Model(nodes, types, tuple(unread))


def imported_by(data: bytes, file: str) -> set[str]:
    """Return the namespaces that a file imports. Raises ``BadXml``."""
    return {one.get("namespace", "") for one in _root(data, file).iterchildren("{*}import")}


def namespace_of(data: bytes, file: str) -> str | None:
    """Return the namespace that a file gives its decisions, or None where it cannot be read."""
    try:
        return _root(data, file).get("namespace")
    except BadXml:
        return None


def _root(data: bytes, file: str) -> Element:
    root = parse_xml(data, file)
    name = etree.QName(root)
    if name.localname != "definitions" or name.namespace not in NAMESPACES:
        raise BadXml(
            file,
            "Filen är inte en DMN-fil av version 1.1 till 1.5. Spara den på nytt ur modelleraren.",
            "The file is not DMN 1.1 to 1.5. Save it again from the modeler.",
        )
    return root


@dataclass
class _FileReader:
    """One file on its way into the model."""

    file: str
    root: Element
    unread: list[Unread] = field(default_factory=list)
    types: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)

    @property
    def namespace(self) -> str:
        return self.root.get("namespace", "")

    @property
    def imports(self) -> Mapping[str, str]:
        """From namespace to the name under which this file reads it."""
        return {one.get("namespace", ""): one.get("name", "") for one in self._all(self.root, "import")}

    def note(self, element_id: str, name: str, code: str, reason: str, reason_en: str) -> None:
        self.unread.append(Unread(self.file, element_id, name, code, reason, reason_en))

    # --- types

    def read_types(self, types: dict[str, Mapping[str, Any]]) -> None:
        for definition in self._all(self.root, "itemDefinition"):
            self._item_definition(definition, self._key(definition.get("name", "")), types)

    def _item_definition(self, definition: Element, key: str, types: dict[str, Mapping[str, Any]]) -> None:
        """Put a type, and the types of its parts, under their keys."""
        type_: dict[str, Any] = {"collection": definition.get("isCollection") == "true", "allowed": self._text_in(definition, "allowedValues")}
        parts = list(self._all(definition, "itemComponent"))
        if parts:
            type_["fields"] = {part.get("name", ""): f"{key}.{part.get('name', '')}" for part in parts}
            for part in parts:
                self._item_definition(part, f"{key}.{part.get('name', '')}", types)
        else:
            reference = self._first(definition, "typeRef")
            type_["of"] = self._type_key((reference.text if reference is not None else None) or "Any")
        types[key] = type_

    def _type_key(self, name: str | None) -> str | None:
        if not name:
            return None
        name = name.strip()
        if name in _BUILT_IN:
            return _BUILT_IN[name]
        prefix, _, local = name.rpartition(":")
        if prefix and local in _BUILT_IN:
            return _BUILT_IN[local]
        for namespace, imported in self.imports.items():
            if imported and name.startswith(f"{imported}."):
                return f"{namespace}#{name.removeprefix(f'{imported}.')}"
        return self._key(local)

    def _type_of(self, element: Element | None) -> str | None:
        """Return the key of an element's declared type, or None where there is none that we know."""
        if element is None:
            return None
        key = self._type_key(element.get("typeRef"))
        if key is not None and key not in self.types:
            self.note(
                element.get("id", ""),
                element.get("name", ""),
                "dmn-unknown-type",
                f"Typen {element.get('typeRef')} finns inte.",
                f"There is no type {element.get('typeRef')}.",
            )
            return None
        return key

    # --- nodes

    def read_nodes(self, types: Mapping[str, Mapping[str, Any]]) -> Iterator[Node]:
        self.types = types
        for element in self.root:
            match self._local(element):
                case "inputData":
                    yield self._node(element, "input")
                case "decision":
                    yield self._node(element, "decision")
                case "businessKnowledgeModel":
                    yield self._node(element, "knowledge")
                case "decisionService":
                    self._not_carried_out(element, "Beslutstjänster (decisionService)", "Decision services")

    def _node(self, element: Element, kind: Literal["decision", "input", "knowledge"]) -> Node:
        self.tables, self.texts = [], []
        variable = self._first(element, "variable")
        name = element.get("name", element.get("id", ""))
        element_id = element.get("id", name)
        logic = None
        if kind == "decision":
            logic = self._expression(element, element_id)
        elif kind == "knowledge":
            definition = self._first(element, "encapsulatedLogic")
            logic = self._function(definition, element_id) if definition is not None else None
        return Node(
            key=self._key(element_id),
            id=element_id,
            name=name,
            variable=(variable.get("name") if variable is not None else None) or name,
            kind=kind,
            file=self.file,
            type=self._type_of(variable),
            requires=tuple(self._requirements(element)),
            logic=logic,
            tables=tuple(self.tables),
            texts=tuple(self.texts),
            description=self._said(element),
        )

    def _said(self, element: Element) -> str:
        description = self._first(element, "description")
        return (description.text or "").strip() if description is not None else ""

    def _requirements(self, element: Element) -> Iterator[Requirement]:
        for kind in ("informationRequirement", "knowledgeRequirement"):
            for requirement in self._all(element, kind):
                for target in requirement:
                    if self._local(target).startswith("required"):
                        namespace, _, identity = target.get("href", "").rpartition("#")
                        yield Requirement(
                            key=f"{namespace or self.namespace}#{identity}",
                            id=requirement.get("id", ""),
                            import_name=self.imports.get(namespace, "") if namespace not in ("", self.namespace) else "",
                        )

    # --- boxed expressions

    def _expression(self, parent: Element, owner: str) -> Box | None:
        """Return the boxed expression inside an element, or None where there is none."""
        for child in parent:
            name = self._local(child)
            if name in self._boxes:
                return self._boxes[name](self, child, child.get("id") or owner)
        return None

    def _needed(self, parent: Element | None, owner: str) -> Box:
        box = self._expression(parent, owner) if parent is not None else None
        return box or {"box": "literal", "id": owner, "text": "null", "type": None}

    def _literal(self, element: Element, owner: str) -> Box:
        self._refuse_language(element, owner)
        text = self._text(element)
        self.texts.append((owner, text))
        return {"box": "literal", "id": owner, "text": text, "type": self._type_of(element)}

    def _context(self, element: Element, owner: str) -> Box:
        entries, result = [], None
        for entry in self._all(element, "contextEntry"):
            variable = self._first(entry, "variable")
            value = self._needed(entry, owner)
            if variable is None:
                result = value
            else:
                entries.append({"name": variable.get("name", ""), "type": self._type_of(variable), "value": value})
        return {"box": "context", "id": owner, "entries": entries, "result": result}

    def _function(self, element: Element, owner: str) -> Box:
        if element.get("kind", "FEEL") not in ("FEEL", "F"):
            self._not_carried_out(element, "Funktioner i andra språk än FEEL", "Functions in other languages than FEEL")
        parameters = [{"name": one.get("name", ""), "type": self._type_of(one)} for one in self._all(element, "formalParameter")]
        return {"box": "function", "id": owner, "parameters": parameters, "body": self._needed(element, owner)}

    def _invocation(self, element: Element, owner: str) -> Box:
        bindings = []
        for binding in self._all(element, "binding"):
            parameter = self._first(binding, "parameter")
            bindings.append({"name": parameter.get("name", "") if parameter is not None else "", "value": self._needed(binding, owner)})
        return {"box": "invocation", "id": owner, "called": self._needed(element, owner), "bindings": bindings}

    def _list(self, element: Element, owner: str) -> Box:
        items = [self._boxes[self._local(child)](self, child, child.get("id") or owner) for child in element if self._local(child) in self._boxes]
        return {"box": "list", "id": owner, "items": items}

    def _relation(self, element: Element, owner: str) -> Box:
        columns = [column.get("name", "") for column in self._all(element, "column")]
        rows = [self._list(row, owner)["items"] for row in self._all(element, "row")]
        return {"box": "relation", "id": owner, "columns": columns, "rows": rows}

    def _conditional(self, element: Element, owner: str) -> Box:
        return {
            "box": "conditional",
            "id": owner,
            "condition": self._needed(self._first(element, "if"), owner),
            "then": self._needed(self._first(element, "then"), owner),
            "otherwise": self._needed(self._first(element, "else"), owner),
        }

    def _loop(self, element: Element, owner: str) -> Box:
        """Read ``for``, ``every`` and ``some``, which differ in the name of their last part only."""
        kind = self._local(element)
        return {
            "box": kind,
            "id": owner,
            "variable": element.get("iteratorVariable", "item"),
            "items": self._needed(self._first(element, "in"), owner),
            "body": self._needed(self._first(element, "return" if kind == "for" else "satisfies"), owner),
        }

    def _filter(self, element: Element, owner: str) -> Box:
        return {
            "box": "filter",
            "id": owner,
            "items": self._needed(self._first(element, "in"), owner),
            "body": self._needed(self._first(element, "match"), owner),
        }

    # --- tables

    def _table(self, element: Element, owner: str) -> Box:
        hit_policy = element.get("hitPolicy", "UNIQUE")
        if hit_policy not in HIT_POLICIES:
            self.note(owner, "", "dmn-hit-policy", f"Träffregeln {hit_policy} finns inte.", f"There is no hit policy {hit_policy}.")
            hit_policy = "UNIQUE"
        aggregation = element.get("aggregation", "")
        if aggregation and (aggregation not in AGGREGATIONS or hit_policy != "COLLECT"):
            self.note(
                owner,
                "",
                "dmn-aggregation",
                f"Sammanräkningen {aggregation} hör till träffregeln COLLECT och är SUM, COUNT, MIN eller MAX.",
                f"The aggregation {aggregation} belongs to hit policy COLLECT and is SUM, COUNT, MIN or MAX.",
            )
            aggregation = ""
        table = Table(
            id=owner,
            hit_policy=hit_policy,
            aggregation=aggregation,
            inputs=tuple(self._input_column(one, f"{owner}_input_{place}") for place, one in enumerate(self._all(element, "input"), 1)),
            outputs=tuple(self._output_column(one, f"{owner}_output_{place}") for place, one in enumerate(self._all(element, "output"), 1)),
            rules=tuple(self._rules(element, owner)),
        )
        self.tables.append(table)
        return _table_box(table)

    def _input_column(self, element: Element, owner: str) -> InputColumn:
        expression = self._first(element, "inputExpression")
        if expression is not None:
            self._refuse_language(expression, owner)
        return InputColumn(
            id=element.get("id", owner),
            label=element.get("label", ""),
            expression=self._text(expression) if expression is not None else "",
            type=self._type_of(expression),
            allowed=self._text_in(element, "inputValues"),
        )

    def _output_column(self, element: Element, owner: str) -> OutputColumn:
        default = self._first(element, "defaultOutputEntry")
        type_ = self._type_of(element)
        return OutputColumn(
            id=element.get("id", owner),
            name=element.get("name", "") or element.get("label", ""),
            label=element.get("label", "") or element.get("name", ""),
            type=type_,
            order=self._text_in(element, "outputValues") or (str(self.types[type_].get("allowed", "")) if type_ else ""),
            default=self._text(default) if default is not None else "",
        )

    def _rules(self, element: Element, owner: str) -> Iterator[Rule]:
        headings = [one.get("name", "") for one in self._all(element, "annotation")]
        for number, rule in enumerate(self._all(element, "rule"), 1):
            tests = list(self._all(rule, "inputEntry"))
            outputs = list(self._all(rule, "outputEntry"))
            for cell in (*tests, *outputs):
                self._refuse_language(cell, cell.get("id", owner))
            notes = [self._text(note) for note in self._all(rule, "annotationEntry")]
            annotations = {heading or f"annotation_{place}": note for place, (heading, note) in enumerate(zip(headings, notes, strict=False), 1)}
            if description := self._said(rule):
                annotations["description"] = description
            yield Rule(
                id=rule.get("id", f"{owner}_rule_{number}"),
                number=number,
                tests=tuple(self._text(test) for test in tests),
                outputs=tuple(self._text(output) for output in outputs),
                annotations=annotations,
            )

    _boxes: Mapping[str, Callable[[_FileReader, Element, str], Box]] = field(
        init=False,
        repr=False,
        default_factory=lambda: {
            "literalExpression": _FileReader._literal,
            "decisionTable": _FileReader._table,
            "context": _FileReader._context,
            "functionDefinition": _FileReader._function,
            "invocation": _FileReader._invocation,
            "list": _FileReader._list,
            "relation": _FileReader._relation,
            "conditional": _FileReader._conditional,
            "for": _FileReader._loop,
            "every": _FileReader._loop,
            "some": _FileReader._loop,
            "filter": _FileReader._filter,
        },
    )

    # --- XML

    def _key(self, identity: str) -> str:
        return f"{self.namespace}#{identity}"

    def _local(self, element: Element) -> str:
        """Return the tag without namespace; empty for others' elements."""
        name = etree.QName(element)
        return name.localname if name.namespace in NAMESPACES else ""

    def _all(self, parent: Element, name: str) -> Iterator[Element]:
        return (child for child in parent if self._local(child) == name)

    def _first(self, parent: Element, name: str) -> Element | None:
        return next(self._all(parent, name), None)

    def _text(self, element: Element) -> str:
        text = self._first(element, "text")
        return (text.text or "").strip() if text is not None else ""

    def _text_in(self, parent: Element, name: str) -> str:
        child = self._first(parent, name)
        return self._text(child) if child is not None else ""

    def _refuse_language(self, element: Element, owner: str) -> None:
        language = element.get("expressionLanguage") or self.root.get("expressionLanguage") or "feel"
        if not language.rstrip("/").lower().endswith("feel"):
            self.note(
                owner,
                "",
                "dmn-language",
                f"Uttrycket är skrivet i {language}; här räknas bara FEEL.",
                f"The expression is written in {language}; only FEEL is evaluated here.",
            )

    def _not_carried_out(self, element: Element, what: str, what_en: str) -> None:
        self.note(
            element.get("id", ""), element.get("name", ""), "dmn-unsupported", f"{what} utförs inte här.", f"{what_en} are not carried out here."
        )


def _table_box(table: Table) -> Box:
    return {
        "box": "table",
        "id": table.id,
        "hitPolicy": table.hit_policy,
        "aggregation": table.aggregation,
        "inputs": [{"text": one.expression, "type": one.type, "allowed": one.allowed} for one in table.inputs],
        "outputs": [{"name": one.name, "type": one.type, "order": one.order, "default": one.default} for one in table.outputs],
        "rules": [{"id": one.id, "tests": one.tests, "outputs": one.outputs} for one in table.rules],
    }
