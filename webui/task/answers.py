"""Reads a posted form into answers as the engine takes them; it judges nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict

from engine.services.sheets import Field

MOST_ROWS = 100
"""Rows of a list that a page holds."""
ROWS = "#"
"""Behind a list's path: the name of the field that says how many rows were sent."""


FILE = "+"
"""Behind a file field's path: the name of the input in which one chooses a file. Under the path itself stand the files that are there."""


def read(fields: Sequence[Field], sent: MultiDict[str, str], prefix: str = "") -> dict[str, Any]:
    """Return what was sent for these fields; what may only be read is left to the engine."""
    answers: dict[str, Any] = {}
    for one in fields:
        if one.type == "group" and not one.key:
            answers |= read(one.fields, sent, prefix)
        elif one.key and not (one.readonly or one.disabled or one.type in ("expression", "button")):
            answers[one.key] = _answer(one, sent, f"{prefix}{one.key}")
    return answers


def _answer(one: Field, sent: MultiDict[str, str], path: str) -> Any:  # noqa: ANN401 - JSON
    if one.type == "group":
        return read(one.fields, sent, f"{path}.")
    if one.type == "dynamiclist":
        return [read(one.fields, sent, f"{path}.{row}.") for row in range(_rows(sent, path))]
    if one.type in ("checklist", "taglist", "filepicker"):
        return sent.getlist(path)
    return path in sent if one.type == "checkbox" else sent.get(path)


def _rows(sent: MultiDict[str, str], path: str) -> int:
    count = sent.get(f"{path}{ROWS}", "")
    return min(int(count), MOST_ROWS) if count.isdecimal() else 0


def add_row(answers: Mapping[str, Any], path: str) -> None:
    """Add an empty row at the end of the list at a path; a path that leads to no list changes nothing."""
    rows = _at(answers, path)
    if isinstance(rows, list) and len(rows) < MOST_ROWS:
        rows.append({})


def remove_row(answers: Mapping[str, Any], path: str) -> None:
    """Remove one row, ``goals.1``."""
    of, _, row = path.rpartition(".")
    rows = _at(answers, of)
    if isinstance(rows, list) and row.isdecimal() and int(row) < len(rows):
        del rows[int(row)]


def add_file(answers: Mapping[str, Any], path: str, document: str) -> None:
    """Put a document into the file field at a path."""
    files = _at(answers, path)
    if isinstance(files, list):
        files.append(document)


def remove_file(answers: Mapping[str, Any], path: str) -> str | None:
    """Take a document out of its file field, ``consents.0.paper.12``, and return its id; none where it is not there."""
    of, _, document = path.rpartition(".")
    files = _at(answers, of)
    if isinstance(files, list) and document in files:
        files.remove(document)
        return document
    return None


def file_paths(fields: Sequence[Field], answers: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield the path of every file field that the answers have room for."""
    for one in fields:
        inner = answers.get(one.key) if one.key else None
        if one.type == "filepicker" and one.key in answers:
            yield f"{prefix}{one.key}"
        elif one.type == "group" and not one.key:
            yield from file_paths(one.fields, answers, prefix)
        elif one.type == "group" and isinstance(inner, Mapping):
            yield from file_paths(one.fields, inner, f"{prefix}{one.key}.")
        elif one.type == "dynamiclist" and isinstance(inner, list):
            for index, row in enumerate(inner):
                yield from file_paths(one.fields, row, f"{prefix}{one.key}.{index}.")


def _at(answers: Any, path: str) -> Any:  # noqa: ANN401 - JSON
    for step in path.split("."):
        if isinstance(answers, Mapping):
            answers = answers.get(step)
        elif isinstance(answers, list) and step.isdecimal() and int(step) < len(answers):
            answers = answers[int(step)]
        else:
            return None
    return answers
