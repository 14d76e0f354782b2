"""What a drawing says, whatever the order, prefixes and blanks in which its file says it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import SpiffWorkflow.bpmn.parser
from lxml import etree

from tests.drawings.plan import BPMN, BPMNDI, DC, DI

Tree = tuple[str, tuple[tuple[str, str], ...], str, tuple["Tree", ...]]
"""Tag, attributes, text, children."""

XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
IN_ORDER = frozenset({f"{BPMNDI}BPMNEdge", f"{ZEEBE}ioMapping"})
"""Where the order of the children carries meaning: the points of a line, and mappings that read one another."""


def canonical(xml: str) -> Tree:
    """Return the tree of a file: qualified names, defaults filled in, children sorted where order says nothing."""
    return _tree(etree.fromstring(xml.encode()))


def _tree(element: etree._Element) -> Tree:
    attributes = dict(_defaults().get(str(element.tag), {}))
    attributes |= {str(name): _value(element, str(name), str(value)) for name, value in element.attrib.items()}
    children = [_tree(child) for child in element.iterchildren(etree.Element)]
    if element.tag not in IN_ORDER:
        children.sort()
    return (str(element.tag), tuple(sorted(attributes.items())), (element.text or "").strip(), tuple(children))


def _value(element: etree._Element, name: str, value: str) -> str:
    if name == XSI_TYPE and ":" in value:
        prefix, local = value.split(":")
        return f"{{{element.nsmap[prefix]}}}{local}"
    if element.tag in {f"{DC}Bounds", f"{DI}waypoint"}:
        return repr(float(value))
    return value


@cache
def _defaults() -> dict[str, dict[str, str]]:
    """Return the default of each attribute, by tag, as the BPMN schema has it: a modeler need not write it."""
    folder = Path(SpiffWorkflow.bpmn.parser.__file__).parent / "schema"
    schema = {"xs": "http://www.w3.org/2001/XMLSchema"}
    root = etree.parse(folder / "Semantic.xsd").getroot()
    types = {str(node.get("name")): node for node in root.findall("xs:complexType", schema)}

    def of_type(name: str) -> dict[str, str]:
        node = types.get(name)
        if node is None:
            return {}
        extension = node.find(".//xs:extension", schema)
        inherited = of_type(str(extension.get("base"))) if extension is not None else {}
        own = {str(a.get("name")): str(a.get("default")) for a in node.iterfind(".//xs:attribute[@default]", schema)}
        return inherited | own

    return {f"{BPMN}{node.get('name')}": of_type(str(node.get("type"))) for node in root.findall("xs:element", schema)}
