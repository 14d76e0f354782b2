"""Each shipped drawing, table and form has its English beside it, complete and with nothing left over."""

import json
import re
import tomllib

import pytest
from lxml import etree

from engine.shipped import processes_folder

FOLDERS = ("sip", "deviation")
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
PHASE = f"{BPMN}extensionElements/{{*}}properties/{{*}}property[@name='phase']"
DMN = "{https://www.omg.org/spec/DMN/20191111/MODEL/}"
MODELS = [path for folder in FOLDERS for kind in ("bpmn", "dmn") for path in sorted((processes_folder() / folder).glob(f"*.{kind}"))]


def named(path):
    """The Swedish of a drawing or a table, by element id."""
    texts = {}
    for element in etree.parse(path).getroot().iter(f"{BPMN}*", f"{DMN}*"):
        note = element.find(f"{DMN}description") if path.suffix == ".dmn" else element.find(f"{BPMN}documentation")
        if element.get("id") and element.tag not in (f"{BPMN}participant", f"{BPMN}message", f"{DMN}definitions"):
            texts[element.get("id")] = element.get("label") or (element.get("name") if not element.tag.endswith("variable") else None)
            texts[f"{element.get('id')}.phase"] = next((one.get("value") for one in element.iterfind(PHASE)), None)
            texts[f"{element.get('id')}.{'description' if path.suffix == '.dmn' else 'documentation'}"] = None if note is None else note.text
    return {key: text for key, text in texts.items() if text}


def offered(expression):
    """The choices that a drawing writes out for a task, where a form's expression names its input; those of the facts are names."""
    inputs = (one for path in MODELS for one in etree.parse(path).getroot().iter("{*}input") if f"={one.get('target')}" == expression)
    return [{"value": value, "label": label} for one in inputs for label, value in re.findall(r'label: "([^"]+)", value: "(\w+)"', one.get("source"))]


def asked(components, prefix=""):
    """The Swedish of a form, by the place that the catalogue uses."""
    for part in components:
        key = prefix + (part.get("path") or part.get("key") or part["id"])
        yield key, part.get("text") or part.get("dateLabel") or part.get("label")
        yield f"{key}.time", part.get("timeLabel")
        yield f"{key}.description", part.get("description")
        yield from ((f"{key}={choice['value']}", choice["label"]) for choice in part.get("values", offered(part.get("valuesExpression"))))
        yield from asked(part.get("components", ()), f"{key}.")


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.name)
def test_every_name_in_a_drawing_or_table_has_its_english(path):
    english = tomllib.loads(path.with_suffix(".en.toml").read_text("utf-8"))

    assert set(english) == set(named(path))
    assert all(english.values())


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_text_of_a_form_has_its_english(folder):
    english = tomllib.loads((processes_folder() / folder / "forms.en.toml").read_text("utf-8"))
    forms = {path.stem: json.loads(path.read_text("utf-8")) for path in (processes_folder() / folder).glob("*.form")}

    swedish = {name: {key for key, text in asked(form["components"]) if text} for name, form in forms.items()}
    assert {name: set(texts) for name, texts in english.items()} == swedish
