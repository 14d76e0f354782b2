"""Reads forms: which fields there are, and what in them we cannot show or keep."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from engine.execution.checks.rules import RULES
from engine.execution.faults import Fault

COMPONENTS = frozenset(
    [
        "textfield",
        "textarea",
        "number",
        "datetime",
        "checkbox",
        "checklist",
        "radio",
        "select",
        "taglist",
        "dynamiclist",
        "group",
        "table",
        "text",
        "image",
        "separator",
        "spacer",
        "expression",
        "filepicker",
        "button",
    ]
)
"""The components that are rendered; html, iframe and documentPreview are refused (modelling.md)."""
_ANSWERED = frozenset(
    ["textfield", "textarea", "number", "datetime", "checkbox", "checklist", "radio", "select", "taglist", "filepicker", "expression"]
)
_CHOSEN = frozenset(["checklist", "radio", "select", "taglist"])
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")


def components(form: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Go through every component, also within groups and lists, in order."""
    waiting = list(reversed(form.get("components", [])))
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield part
            inner = part.get("components")
            if isinstance(inner, list):
                waiting += reversed(inner)


def field_keys(form: dict[str, Any]) -> set[str]:
    """Return the names that the answers of the form have at the top: fields outside lists, and lists and groups with a path."""
    return set(_top_keys(form.get("components", [])))


def _top_keys(parts: object) -> Iterator[str]:
    for part in parts if isinstance(parts, list) else ():
        if not isinstance(part, dict):
            continue
        path = part.get("path")
        if part.get("type") in {"group", "dynamiclist"}:
            if isinstance(path, str) and path:
                yield path.partition(".")[0]
            else:
                yield from _top_keys(part.get("components"))
        elif isinstance(part.get("key"), str) and part["key"]:
            yield part["key"].partition(".")[0]


def form_faults(file: str, form: dict[str, Any]) -> Iterator[Fault]:
    """Yield what we cannot show, keep or read in an expression."""
    for part in form["components"]:
        if not isinstance(part, dict):
            yield RULES["form_shape"].at(file, reason="en komponent är inte ett objekt.", reason_en="a component is not an object.")
    seen: set[tuple[str, str]] = set()
    for path, part in _with_path(form["components"], ""):
        yield from _component_faults(file, part)
        key = part.get("key")
        if isinstance(key, str) and key:
            if (path, key) in seen:
                yield RULES["form_key_twice"].at(file, _id(part), _name(part), key=key)
            seen.add((path, key))


def _with_path(parts: object, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, dict):
            yield path, part
            own = part.get("path")
            yield from _with_path(part.get("components"), f"{path}/{own}" if isinstance(own, str) and own else path)


def _component_faults(file: str, part: dict[str, Any]) -> Iterator[Fault]:
    kind, place, name = part.get("type"), _id(part), _name(part)
    if kind not in COMPONENTS:
        yield RULES["form_component"].at(file, place, name, type=str(kind)[:40], known=", ".join(sorted(COMPONENTS)))
        return
    key = part.get("key")
    if kind in _ANSWERED and not (isinstance(key, str) and key):
        yield RULES["form_field_without_key"].at(file, place, name)
    elif isinstance(key, str) and key and not _KEY.fullmatch(key):
        yield RULES["form_key_invalid"].at(file, place, name, key=key[:80])
    if kind == "dynamiclist" and not part.get("path"):
        yield RULES["form_field_without_key"].at(file, place, name)
    if kind in _ANSWERED and not name and kind != "expression":
        yield RULES["form_without_label"].at(file, place)
    if kind in _CHOSEN:
        yield from _choice_faults(file, part)
    yield from _validation_faults(file, part)


def _choice_faults(file: str, part: dict[str, Any]) -> Iterator[Fault]:
    choices = part.get("values")
    if part.get("valuesKey") or part.get("valuesExpression"):
        return
    if not isinstance(choices, list) or not choices or not all(isinstance(choice, dict) for choice in choices):
        yield RULES["form_without_choices"].at(file, _id(part), _name(part))
        return
    seen: set[str] = set()
    for choice in choices:
        value = str(choice.get("value", ""))
        if value in seen:
            yield RULES["form_choice_twice"].at(file, _id(part), _name(part), value=value[:80])
        seen.add(value)


def _validation_faults(file: str, part: dict[str, Any]) -> Iterator[Fault]:
    rules = part.get("validate")
    if not isinstance(rules, dict):
        return
    pattern = rules.get("pattern")
    if isinstance(pattern, str):
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError):
            yield RULES["form_pattern"].at(file, _id(part), _name(part), pattern=pattern[:80])
    for least, most in (("min", "max"), ("minLength", "maxLength")):
        low, high = rules.get(least), rules.get(most)
        if isinstance(low, (int, float)) and isinstance(high, (int, float)) and low > high:
            yield RULES["form_limits"].at(file, _id(part), _name(part))


def _id(part: dict[str, Any]) -> str:
    return str(part.get("id") or part.get("key") or part.get("path") or "")[:200]


def _name(part: dict[str, Any]) -> str:
    return str(part.get("label") or part.get("dateLabel") or part.get("timeLabel") or "")[:200]
