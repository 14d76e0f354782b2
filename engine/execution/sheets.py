"""A form laid out for somebody to fill in: what is shown, what there is to choose, what is asked for, with the answers so far.

It judges nothing; that is ``validate`` in forms.py, which goes by the same conditions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.execution.forms import CHOICES, Choice, Field, Form, Level, choices
from engine.execution.results import FeelValue


@dataclass(frozen=True)
class Line:
    """One component of a form, for one reader at one moment."""

    field: Field
    path: str
    """Where its answer lies: ``goals.0.goal``. Empty for a component that holds none."""
    place: str
    """As the path, with the component's id where it holds no answer: no two lines of a sheet have the same."""
    hidden: bool
    required: bool
    value: Any
    """As it was written, else as the drawing or the form proposes."""
    choices: tuple[Choice, ...] = ()
    lines: tuple[Line, ...] = ()
    """What lies in a group."""
    rows: tuple[tuple[Line, ...], ...] = ()
    """What lies in each row of a dynamic list."""


def lay_out(form: Form, answers: Mapping[str, Any], context: Mapping[str, FeelValue]) -> tuple[Line, ...]:
    """Return the form's components in order. Raises ``feel.FeelError`` where an expression of the form cannot be evaluated."""
    return _lines(form.components, answers, context, "")


def _lines(components: Sequence[Field], answers: Mapping[str, Any], context: Mapping[str, FeelValue], prefix: str) -> tuple[Line, ...]:
    level = Level(components, answers, context, prefix)
    values, _ = level.result()
    around = {**context, **values}
    return tuple(_line(one, answers, around, prefix, level) for one in components)


def _line(one: Field, answers: Mapping[str, Any], around: Mapping[str, FeelValue], prefix: str, level: Level) -> Line:
    hidden, place = one.id in level.hidden, f"{prefix}{one.key or one.id}"
    if one.type == "group" and not one.key:
        return Line(
            one, "", place, hidden, required=False, value=None, lines=tuple(_line(inner, answers, around, prefix, level) for inner in one.fields)
        )
    path = f"{prefix}{one.key}" if one.key else ""
    value = (
        around.get(one.key) if one.readonly or one.disabled or one.type == "expression" else answers.get(one.key, one.default) if one.key else None
    )
    if one.type == "group":
        inner = value if isinstance(value, Mapping) else {}
        return Line(one, path, place, hidden, required=False, value=value, lines=_lines(one.fields, inner, around, f"{path}."))
    required = bool(one.key) and level.rule(one, "required") is True
    if one.type == "dynamiclist":
        return Line(one, path, place, hidden, required, value, rows=tuple(_rows(one, value, around, path)))
    return Line(one, path, place, hidden, required, value, choices(one, around) if one.type in CHOICES else ())


def _rows(one: Field, value: object, around: Mapping[str, FeelValue], path: str) -> list[tuple[Line, ...]]:
    given = value if isinstance(value, list | tuple) else [{}] * int(one.settings.get("defaultRepetitions", 1))
    rows = [row if isinstance(row, Mapping) else {} for row in given]
    return [_lines(one.fields, row, {**around, "parent": dict(around), "i": index + 1}, f"{path}.{index}.") for index, row in enumerate(rows)]
