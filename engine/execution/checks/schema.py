"""Holds files against the schemas of BPMN 2.0 and DMN that SpiffWorkflow brings, without the network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import SpiffWorkflow
from lxml import etree

from engine.execution.checks.drawing import local_name
from engine.execution.checks.rules import RULES
from engine.execution.faults import Fault

MOST_FAULTS = 20
"""What one file is told at most: the first errors cause the rest."""

_HOME = Path(SpiffWorkflow.__file__).parent
_BPMN = _HOME / "bpmn" / "parser" / "schema" / "BPMN20.xsd"
_DMN = {
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd": "DMN.xsd",
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "DMN12.xsd",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "DMN13.xsd",
}
_QUOTED = re.compile(r"'([^']*)'")
_NAMESPACE = re.compile(r"\{[^}]*\}")


@cache
def _schema(path: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(path)))


def schema_faults(file: str, root: etree._Element) -> Iterator[Fault]:
    """Yield what the standard's schema forbids; a DMN version without a schema here is not judged."""
    namespace = etree.QName(root).namespace or ""
    path = _BPMN if "/BPMN/" in namespace else _HOME / "dmn" / "parser" / "schema" / _DMN[namespace] if namespace in _DMN else None
    if path is None:
        return
    schema = _schema(path)
    tree = _as_the_standard_says(root)
    if schema.validate(tree):
        return
    places: dict[int, etree._Element] = {}
    for each in tree.iter(etree.Element):
        places.setdefault(each.sourceline, each)  # type: ignore[arg-type]  # the stubs take the line for an ellipsis
    told: set[tuple[str, str]] = set()
    errors: Any = schema.error_log  # the stubs know nothing of its entries
    for error in errors:
        element = _place(tree, error.path) if error.path else None
        element = places.get(error.line) if element is None else element
        owner = _owner(element)
        reason, reason_en = _plain(str(error.message))
        key = (owner.get("id", "") if owner is not None else "", reason)
        if key in told:
            continue
        told.add(key)
        yield RULES["schema"].at(
            file,
            key[0],
            owner.get("name", "") if owner is not None else "",
            tag=local_name(element) if element is not None else "?",
            line=error.line,
            reason=reason,
            reason_en=reason_en,
        )
        if len(told) == MOST_FAULTS:
            return


def _as_the_standard_says(root: etree._Element) -> etree._Element:
    """Return a copy without the one thing that bpmn.io's modelers are known to write otherwise than the schema."""
    tree = deepcopy(root)
    namespace = etree.QName(root).namespace
    for path in tree.iter(f"{{{namespace}}}correlationPropertyRetrievalExpression"):
        for expression in path.findall(f"{{{namespace}}}formalExpression"):
            expression.tag = f"{{{namespace}}}messagePath"
    return tree


def _place(tree: etree._Element, path: str) -> etree._Element | None:
    """Return the element at the path that the schema's log gives; its steps are ``*[n]`` or ``prefix:name[n]``."""
    try:
        found = tree.getroottree().xpath(path, namespaces={prefix: uri for prefix, uri in tree.nsmap.items() if prefix})
    except etree.XPathError:
        return None
    return found[0] if isinstance(found, list) and found and etree.iselement(found[0]) else None


def _owner(element: etree._Element | None) -> etree._Element | None:
    """Return the nearest element with an id."""
    while element is not None and not element.get("id"):
        element = element.getparent()
    return element


_MESSAGES: tuple[tuple[str, str, str], ...] = (
    ("This element is not expected", "elementet {0} hör inte hemma här", "the element {0} does not belong here"),
    ("Missing child element", "något saknas inuti {0}", "something is missing inside {0}"),
    ("is required but missing", "attributet {1} saknas", "the attribute {1} is missing"),
    ("' is not allowed", "attributet {1} är inte tillåtet", "the attribute {1} is not allowed"),
    ("is not a valid value", "värdet ”{value}” är inte giltigt", "the value ”{value}” is not valid"),
    ("facet", "värdet ”{value}” är inte giltigt", "the value ”{value}” is not valid"),
)
"""What libxml2 says, and the same in plain words; {0} and {1} are what it puts between quotation marks."""
_LONGEST = 120


def _plain(message: str) -> tuple[str, str]:
    """Return libxml2's message in plain Swedish and English; what is not known is given as it stands."""
    message = _NAMESPACE.sub("", message)
    quoted = [*_QUOTED.findall(message), "", ""]
    value = quoted[2] if "attribute '" in message else quoted[1]
    wanted = message.partition("Expected is")[2].strip(" (.)")[:_LONGEST]
    for sign, sv, en in _MESSAGES:
        if sign in message:
            after, after_en = (f"; väntat: {wanted}", f"; expected: {wanted}") if wanted else ("", "")
            return sv.format(*quoted, value=value[:_LONGEST]) + after, en.format(*quoted, value=value[:_LONGEST]) + after_en
    return message[:_LONGEST].rstrip("."), message[:_LONGEST].rstrip(".")
