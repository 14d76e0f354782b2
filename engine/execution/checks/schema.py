"""Holds files against the schemas of BPMN 2.0 and DMN that SpiffWorkflow brings, without the network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path

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
    for element in tree.iter(etree.Element):
        places.setdefault(element.sourceline or 0, element)
    told: set[tuple[str, str]] = set()
    for error in schema.error_log:
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
    return found[0] if isinstance(found, list) and found and isinstance(found[0], etree._Element) else None


def _owner(element: etree._Element | None) -> etree._Element | None:
    """Return the nearest element with an id."""
    while element is not None and not element.get("id"):
        element = element.getparent()
    return element


def _plain(message: str) -> tuple[str, str]:
    """Return libxml2's message in plain Swedish and English; what is not known is given as it stands."""
    message = _NAMESPACE.sub("", message)
    quoted = _QUOTED.findall(message)
    if "This element is not expected" in message:
        wanted = message.partition("Expected is")[2].strip(" (.)")
        after = (f"; väntat: {wanted[:120]}", f"; expected: {wanted[:120]}") if wanted else ("", "")
        return f"elementet {quoted[0]} hör inte hemma här{after[0]}", f"the element {quoted[0]} does not belong here{after[1]}"
    if "is required but missing" in message:
        return f"attributet {quoted[1]} saknas", f"the attribute {quoted[1]} is missing"
    if "is not allowed" in message and "attribute" in message:
        return f"attributet {quoted[1]} är inte tillåtet", f"the attribute {quoted[1]} is not allowed"
    if "Missing child element" in message:
        wanted = message.partition("Expected is")[2].strip(" (.)")
        return f"något saknas inuti: {wanted[:120]}", f"something is missing inside: {wanted[:120]}"
    if "not a valid value of the atomic type 'xs:ID'" in message or "No match found" in message:
        return f"värdet {quoted[-2] if len(quoted) > 1 else ''} går inte att använda", f"the value {quoted[-2] if len(quoted) > 1 else ''} cannot be used"
    if "is not a valid value" in message:
        value = quoted[2] if "attribute" in message and len(quoted) > 2 else quoted[1] if len(quoted) > 1 else ""
        return f"värdet ”{value[:80]}” är inte giltigt", f"the value ”{value[:80]}” is not valid"
    if "facet" in message:
        return f"värdet ”{quoted[-2][:80] if len(quoted) > 1 else ''}” är inte giltigt", f"the value ”{quoted[-2][:80] if len(quoted) > 1 else ''}” is not valid"
    return message[:200].rstrip("."), message[:200].rstrip(".")
