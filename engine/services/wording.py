"""The English that stands beside the drawings and forms, for readers who have chosen it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from lxml import etree

from engine.errors import Language
from engine.execution import Release
from engine.execution.xml import parse_xml
from engine.services.runtime import Runtime

_ENGLISH = ".en.toml"


def of_elements(runtime: Runtime) -> Mapping[str, str]:
    """Return the English names of the elements of the drawings in use, by id; what has none is shown in Swedish."""
    return of_drawings(runtime.releases.active)


@lru_cache(maxsize=4)
def of_drawings(release: Release) -> Mapping[str, str]:
    """Return the English beside a release's drawings and tables: names by id, and ``<id>.documentation``, ``<id>.phase``, ``<id>.description``."""
    tables = _tables(release).items()
    return {key: text for path, table in tables if not path.endswith("forms.en.toml") for key, text in table.items() if isinstance(text, str)}


def of_lanes(release: Release, process: str) -> Mapping[str, str]:
    """Return the English of a process's lanes, by their names."""
    english = of_drawings(release)
    return {name: english[lane] for lane, name in release.process(process).lane_ids.items() if lane in english}


def picture(release: Release, file: str, language: Language) -> bytes:
    """Return the file of a drawing as it is to be shown: with the English names where the reader has chosen English."""
    content = release.files[file]
    if language == "sv":
        return content
    root, english = parse_xml(content, file), of_drawings(release)
    for element in root.iter("{*}*"):
        name = english.get(element.get("processRef") or element.get("id") or "")
        if name is not None and element.get("name") is not None:
            element.set("name", name)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def of_form(runtime: Runtime, form: str) -> Mapping[str, str]:
    """Return the English of one form of the release in use, as ``in_form`` does."""
    return in_form(runtime.releases.active, form)


def in_form(release: Release, form: str) -> Mapping[str, str]:
    """Return the English of one form: ``field``, ``field.description``, ``field=choice``, ``text``; empty where it has none."""
    for path, table in _tables(release).items():
        if path.endswith("forms.en.toml") and isinstance(table.get(form), Mapping):
            return {key: text for key, text in table[form].items() if isinstance(text, str)}
    return {}


@lru_cache(maxsize=4)
def _tables(release: Release) -> Mapping[str, Mapping[str, Any]]:
    return {path: tomllib.loads(content.decode()) for path, content in release.files.items() if path.endswith(_ENGLISH)}
