"""Answers to any form, from nothing but its own structure."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from engine.clock import STOCKHOLM
from engine.execution.forms import Complaint, Field, Form, choices, validate
from engine.services.demonstration import test_number

Pick = Callable[[str, Sequence[Any]], Any]
"""From a field's path and what there is to choose, to the choice."""

_WORDS = (
    "Familjen och skolan är överens om nästa steg.",
    "Läget är bättre men stödet behövs fortfarande.",
    "Frågan tas upp igen vid nästa möte.",
    "Alla berörda har fått samma besked.",
)
_NAMES = ("Elis Övingsson", "Amina Ritberg", "Folke Tänkvall", "Siri Planritz")
_SAMPLES = ("12", "123456", "123 45", "2026-0001", "A1", "abc", "ABC-123", "0000000000")
"""Tried one after the other against a field's own pattern."""

DAYS_AHEAD = (5, 1, 14, 45)
"""When something may be planned for, days from now: soon, at once, late, very late."""
DATES = (0, -3, 40)
"""When something may have been or be, days from today."""


@dataclass(frozen=True)
class Filled:
    """A form that was filled in."""

    given: dict[str, Any]
    """As a person sends it."""
    valid: dict[str, Any]
    """As the form understands it."""
    complaints: Mapping[str, Complaint]
    choices: list[tuple[str, Any]]
    """The choices that counted, by path: not those of fields that the form hid."""


@dataclass
class Answering:
    """One person filling in one form."""

    form: Form
    context: Mapping[str, Any]
    """What the form's expressions read: variables and prefilled values."""
    now: datetime
    chance: random.Random
    pick: Pick
    picked: list[tuple[str, Any]] = field(default_factory=list)

    def filled(self) -> Filled:
        """Fill it in."""
        given = self._level(self.form.components, self.context, "")
        valid, complaints = validate(self.form, given, self.context)
        return Filled(given, valid, complaints, [(path, choice) for path, choice in self.picked if _held(valid, path)])

    def _level(self, components: Sequence[Field], prefilled: Mapping[str, Any], prefix: str) -> dict[str, Any]:
        answers: dict[str, Any] = {}
        for one in components:
            if one.type == "group" and not one.key:
                answers |= self._level(one.fields, prefilled, prefix)
            elif one.key and one.type != "expression" and not (one.readonly or one.disabled):
                answers[one.key] = self._answer(one, prefilled.get(one.key), f"{prefix}{one.key}", answers)
        return answers

    def _answer(self, one: Field, prefilled: Any, path: str, so_far: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        if one.type == "dynamiclist":
            return list(self._rows(one, prefilled, path))
        if one.type == "group":
            return self._level(one.fields, prefilled if isinstance(prefilled, Mapping) else {}, f"{path}.")
        if one.type in ("radio", "select", "checkbox", "checklist", "taglist"):
            return self._choice(one, path, so_far)
        if one.type == "filepicker" and not one.required:
            return None  # an invented person has no paper to photograph
        if prefilled is not None and self.chance.random() < 0.5:  # noqa: PLR2004 - every other time as the drawing proposes
            return _plain(prefilled)
        left_out = not one.required and self.chance.random() < 0.5  # noqa: PLR2004 - every other time
        return None if left_out else self._written(one, path)

    def _written(self, one: Field, path: str) -> Any:  # noqa: ANN401 - JSON
        if one.type == "datetime":
            return self._moment(one, path)
        if one.type == "number":
            return self._number(one)
        return ["bilaga.pdf"] if one.type == "filepicker" else self._text(one)

    def _rows(self, one: Field, prefilled: Any, path: str) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - JSON
        known = [row for row in prefilled if isinstance(row, Mapping)] if isinstance(prefilled, list) else []
        wanted = len(known) or self._picked(f"{path}#", (2, 1, 3) if one.required else (2, 1, 3, 0))
        for index in range(wanted):
            yield self._level(one.fields, known[index] if index < len(known) else {}, f"{path}.{index}.")

    def _choice(self, one: Field, path: str, so_far: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        if one.type == "checkbox":
            return self._picked(path, (True,) if one.required else (True, False))
        values = [choice.value for choice in choices(one, {**self.context, **so_far})]
        if not values:
            return None
        own = one.choices_from is None
        if one.type in ("checklist", "taglist"):
            return self._several(values, path, required=one.required) if own else values
        return self._picked(path, values) if own else self.chance.choice(values)

    def _several(self, values: Sequence[Any], path: str, *, required: bool) -> list[Any]:
        everything = tuple(values)
        chosen = self._picked(path, (everything, *((value,) for value in values), *(() if required else ((),))))
        return list(chosen)

    def _moment(self, one: Field, path: str) -> str:
        local = self.now.astimezone(STOCKHOLM)
        if one.subtype == "time":
            return f"{self.chance.randrange(8, 17):02}:30"
        if one.subtype == "date":
            return (local.date() + timedelta(days=self._picked(path, DATES))).isoformat()
        day = local.date() + timedelta(days=self._picked(path, DAYS_AHEAD))
        return f"{day.isoformat()}T{self.chance.randrange(8, 17):02}:30"

    def _number(self, one: Field) -> int:
        least, most = (_whole(one.rules.get(name)) for name in ("min", "max"))
        low = 0 if least is None else least
        return self.chance.randint(low, low + 1000 if most is None else max(most, low))

    def _text(self, one: Field) -> str:
        if one.properties.get("samspel") == "personnummer":
            return test_number(date(2012, 3, 14), 238)
        kind = one.rules.get("validationType")
        if kind in ("email", "phone"):
            return {"email": "namn@example.org", "phone": "070-123 45 67"}[kind]
        if pattern := one.rules.get("pattern"):
            return next((sample for sample in _SAMPLES if re.search(pattern, sample)), _SAMPLES[0])
        text = self.chance.choice(_NAMES if "namn" in one.name.lower() else _WORDS)
        least, most = (_whole(one.rules.get(name)) for name in ("minLength", "maxLength"))
        return text.ljust(least or 0, ".")[: most or None]

    def _picked(self, path: str, options: Sequence[Any]) -> Any:  # noqa: ANN401 - one of the options
        # Every row of a list is the same question.
        place = ".".join(part for part in path.split(".") if not part.isdigit())
        before = [choice for known, choice in self.picked if known == place and choice in options]
        alike = before and self.chance.random() < 0.9  # noqa: PLR2004 - rows of a list mostly resemble each other
        chosen = before[-1] if alike else self.pick(place, options)
        self.picked.append((place, chosen))
        return chosen


def _held(taken: Mapping[str, Any], path: str) -> bool:
    """Whether the form kept an answer at a path, in whichever row."""
    key, _, rest = path.partition(".")
    if key.endswith("#"):
        return taken.get(key[:-1]) is not None
    value = taken.get(key)
    if not rest:
        return value is not None
    rows = value if isinstance(value, list) else [value]
    return any(_held(row, rest) for row in rows if isinstance(row, Mapping))


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    return value.isoformat() if isinstance(value, date) else value


def _whole(rule: object) -> int | None:
    """A rule that is a number; one in FEEL is left to the form to say."""
    text = str(rule) if rule not in (None, "") else ""
    return int(float(text)) if text and not text.lstrip().startswith("=") else None
