"""What a process owner does in a modeler and an editor, on a copy of the shipped models."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from lxml import etree

from engine.execution import Release
from engine.services.releases import DEMONSTRATION, check_models, load_release
from engine.shipped import processes_folder

NAMES = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "zeebe": "http://camunda.org/schema/zeebe/1.0",
    "bpmndi": "http://www.omg.org/spec/BPMN/20100524/DI",
    "dc": "http://www.omg.org/spec/DD/20100524/DC",
    "di": "http://www.omg.org/spec/DD/20100524/DI",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
DECLARED = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in NAMES.items())


@dataclass(frozen=True)
class Models:
    """A copy of the shipped folder, open for editing."""

    folder: Path

    @contextmanager
    def form(self, path: str) -> Iterator[dict[str, Any]]:
        """Open a form, and save it."""
        file = self.folder / path
        form = json.loads(file.read_text("utf-8"))
        yield form
        file.write_text(json.dumps(form, ensure_ascii=False, indent=2), "utf-8")

    def new_form(self, path: str, *fields: Mapping[str, Any]) -> None:
        """Draw a form with a name of its own."""
        form = {"type": "default", "schemaVersion": 19, "id": Path(path).stem, "components": [{"id": field["key"], **field} for field in fields]}
        (self.folder / path).write_text(json.dumps(form, ensure_ascii=False, indent=2), "utf-8")

    @contextmanager
    def drawing(self, path: str) -> Iterator[Drawing]:
        """Open a drawing, and save it."""
        tree = etree.parse(self.folder / path)
        yield Drawing(tree.getroot())
        tree.write(self.folder / path, encoding="UTF-8", xml_declaration=True)

    @contextmanager
    def table(self, path: str, decision: str) -> Iterator[Table]:
        """Open one decision's table, and save it."""
        tree = etree.parse(self.folder / path)
        (table,) = tree.getroot().findall(f"{{*}}decision[@id='{decision}']/{{*}}decisionTable")
        yield Table(table)
        tree.write(self.folder / path, encoding="UTF-8", xml_declaration=True)

    def faults(self) -> list[str]:
        """Return what ``samspel models check`` says of the folder."""
        return [f"{fault.file} {fault.element_id}: {fault.sv}" for verdict in check_models(self.folder) for fault in verdict.errors]

    def release(self) -> Release:
        """Start the application anew on the folder, with the demonstration's local decisions."""
        return load_release(self.folder, [self.folder / DEMONSTRATION])


def copy_of_the_shipped(place: Path) -> Models:
    """Return the shipped models in a folder of the owner's own."""
    return Models(shutil.copytree(processes_folder(), place / "processes"))


@dataclass(frozen=True)
class Drawing:
    """A drawing that is open in the modeler."""

    root: etree._Element

    def element(self, id_: str) -> etree._Element:
        """Return an element by its id."""
        (found,) = self._find(f"//*[@id='{id_}']")
        return found

    def step_on(self, flow: str, text: str) -> etree._Element:
        """Drop an element on a flow: it goes through it, and it lies in the lane that the flow leads to."""
        line = self.element(flow)
        target = line.get("targetRef", "")
        new = self.draw(text, self.element(target))
        id_ = new.get("id", "")
        self.flow(id_, target)
        line.set("targetRef", id_)
        self.element(target).remove(next(one for one in self.element(target).iterchildren("{*}incoming") if one.text == flow))
        etree.SubElement(new, _name("bpmn:incoming")).text = flow
        self._in_order(new)
        for reference in self._find(f"//bpmn:flowNodeRef[.='{target}']"):
            beside = etree.Element(reference.tag)
            beside.text = id_
            reference.addnext(beside)
        return new

    def draw(self, text: str, beside: etree._Element) -> etree._Element:
        """Draw an element in the plane of another, a little below it."""
        new = parsed(text)
        beside.addprevious(new)
        (bounds,) = self._find(f"//bpmndi:BPMNShape[@bpmnElement='{beside.get('id')}']/dc:Bounds")
        size = (36, 36) if new.tag.endswith("Event") else (100, 80)
        x, y = float(bounds.get("x", "0")) - 140, float(bounds.get("y", "0")) + 90
        shape = f'<bpmndi:BPMNShape id="{new.get("id")}_di" bpmnElement="{new.get("id")}">'
        place = f'<dc:Bounds x="{x:.0f}" y="{y:.0f}" width="{size[0]}" height="{size[1]}" />'
        cast("etree._Element", bounds.getparent()).addnext(parsed(f"{shape}{place}</bpmndi:BPMNShape>"))
        return new

    def flow(self, source: str, target: str) -> None:
        """Draw a flow."""
        id_ = f"{source}_to_{target}"
        self.element(target).addprevious(parsed(f'<bpmn:sequenceFlow id="{id_}" sourceRef="{source}" targetRef="{target}" />'))
        etree.SubElement(self.element(source), _name("bpmn:outgoing")).text = id_
        etree.SubElement(self.element(target), _name("bpmn:incoming")).text = id_
        for end in (source, target):
            self._in_order(self.element(end))
        (plane,) = self._find("//bpmndi:BPMNPlane")
        points = '<di:waypoint x="0" y="0" /><di:waypoint x="10" y="0" />'
        plane.append(parsed(f'<bpmndi:BPMNEdge id="{id_}_di" bpmnElement="{id_}">{points}</bpmndi:BPMNEdge>'))

    def _find(self, path: str) -> list[etree._Element]:
        return cast("list[etree._Element]", self.root.xpath(path, namespaces=NAMES))

    def _in_order(self, node: etree._Element) -> None:
        """Put what BPMN wants first at the front: extensions, flows in, flows out, the rest."""
        order = ("documentation", "extensionElements", "incoming", "outgoing")
        children = sorted(node, key=lambda child: order.index(name) if (name := etree.QName(child).localname) in order else len(order))
        node.extend(children)


@dataclass(frozen=True)
class Table:
    """A decision table that is open in the modeler."""

    table: etree._Element

    def row(self, id_: str) -> Row:
        """Return a row by its id."""
        (found,) = self.table.findall(f"{{*}}rule[@id='{id_}']")
        return Row(self.table, found)

    def copy(self, id_: str, new: str) -> Row:
        """Copy a row to the end, under an id of its own."""
        copied = parsed(etree.tostring(self.row(id_).rule).decode())
        for element in copied.iter():
            element.set("id", element.get("id", "").replace(id_, new)) if element.get("id") else None
        self.table.append(copied)
        return Row(self.table, copied)


@dataclass(frozen=True)
class Row:
    """A row of a decision table."""

    table: etree._Element
    rule: etree._Element

    def write(self, **cells: str) -> None:
        """Write FEEL into the cells of columns."""
        inputs = [one.findtext("{*}inputExpression/{*}text") for one in self.table.iterchildren("{*}input")]
        columns = [*inputs, *(one.get("name") for one in self.table.iterchildren("{*}output"))]
        entries = [*self.rule.iterchildren("{*}inputEntry"), *self.rule.iterchildren("{*}outputEntry")]
        for column, feel in cells.items():
            text = entries[columns.index(column)].find("{*}text")
            assert text is not None
            text.text = feel


def parsed(text: str) -> etree._Element:
    """Return an element written with the usual prefixes."""
    if "xmlns" in text:
        return etree.fromstring(text)
    return etree.fromstring(re.sub(r"^\s*<[\w:]+", lambda tag: f"{tag[0].strip()} {DECLARED}", text))


def _name(prefixed: str) -> str:
    prefix, _, name = prefixed.partition(":")
    return f"{{{NAMES[prefix]}}}{name}"
