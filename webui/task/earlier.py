"""Answers as they were given, in words: what somebody said before, or another's draft. Nothing is evaluated for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from engine.services.documents import Paper
from engine.services.sheets import Field, Form
from webui import dates
from webui.house import language, names
from webui.language import form_words, in_swedish


@dataclass(frozen=True)
class Said:
    """One question and its answer."""

    label: str
    text: str


def told(form: Form, answers: Mapping[str, Any], papers: Mapping[str, Paper]) -> list[Said]:
    """Return what was answered, in the order of the form; questions without an answer are left out."""
    return list(_told(form.components, answers, form_words(form.id), papers, ""))


def _told(fields: Sequence[Field], answers: Mapping[str, Any], words: Mapping[str, str], papers: Mapping[str, Paper], place: str) -> Iterator[Said]:
    for one in fields:
        key = f"{place}{one.key}"
        value = answers.get(one.key) if one.key else None
        if one.type == "group":
            inner = value if isinstance(value, Mapping) else {}
            yield from _told(one.fields, inner if one.key else answers, words, papers, f"{key}." if one.key else place)
        elif one.type == "dynamiclist":
            for index, row in enumerate(value if isinstance(value, list) else ()):
                if isinstance(row, Mapping):
                    for said in _told(one.fields, row, words, papers, f"{key}."):
                        yield Said(f"{_label(one, key, words)} {index + 1}: {said.label}", said.text)
        elif one.key and (text := _text(one, value, key, words, papers)):
            yield Said(_label(one, key, words), text)


def _label(one: Field, key: str, words: Mapping[str, str]) -> str:
    return one.name if language() == "sv" else words.get(key) or in_swedish(one.name)


def _text(one: Field, value: Any, key: str, words: Mapping[str, str], papers: Mapping[str, Paper]) -> str:  # noqa: ANN401 - JSON
    if isinstance(value, list):
        return ", ".join(text for entry in value if (text := _text(one, entry, key, words, papers)))
    if value is None or value == "":
        return ""
    if one.type == "filepicker":
        return papers[value].name if value in papers else ""
    if isinstance(value, bool):
        return ("Yes" if value else "No") if language() == "en" else ("Ja" if value else "Nej")
    if one.choices or one.choices_from is not None:
        return _chosen(one, value, key, words)
    return _moment(str(value)) if one.type == "datetime" else str(value)


def _chosen(one: Field, value: Any, key: str, words: Mapping[str, str]) -> str:  # noqa: ANN401 - JSON
    label = next((choice.label for choice in one.choices if str(choice.value) == str(value)), None)
    if label is not None:
        return label if language() == "sv" else words.get(f"{key}={value}") or in_swedish(label)
    unit = names().unit(str(value))
    return unit if unit != str(value) else names().person(str(value))


def _moment(text: str) -> str:
    """Return a date, or a date and time, as one says it; anything else as it was written."""
    with suppress(ValueError):
        return dates.day(date.fromisoformat(text))
    with suppress(ValueError):
        at = datetime.fromisoformat(text)
        return dates.moment(at) if at.tzinfo else text.replace("T", " ")
    return text
