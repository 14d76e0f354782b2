"""The demonstration's stories as their files tell them, and the answers that follow from them.

The files in ``processes/demonstration/stories/`` are written to be read: who began, what was seen, where the case stands, what people
usually answer. Here "$name" becomes what the story says, "{barn}" the child's name and "+14d 13:30" a time.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from engine.clock import STOCKHOLM
from engine.services.demonstration import STORIES

Words = Mapping[str, Any]

_DAY = re.compile(r"([+-]\d+)d(?: (\d\d:\d\d))?")
"""A day counted from now, and a time of it."""
_FRIDAY = 4
_HISSING = ("s", "x", "z")
"""After these a name has no further s in the genitive."""


@dataclass(frozen=True)
class Book:
    """What the demonstration's files say, as they say it."""

    usual: Words
    """How everybody answers, how long it takes, and what the agreements and kinds of unit add."""
    needs: Words
    """The stories, by name."""
    matters: Words
    """What deviations and disputes are about, by name."""
    cases: tuple[Words, ...]
    """Every case: agreement, unit, who began, which story, where it stands."""


def read_book(folder: Path = STORIES) -> Book:
    """Return the stories of a folder."""
    usual, needs, matters, listed = (tomllib.loads((folder / f"{name}.toml").read_text("utf-8")) for name in ("usual", "needs", "matters", "cases"))
    return Book(usual, needs, matters, tuple(listed["case"]))


@dataclass(frozen=True)
class Telling:
    """Turns what the files say into what somebody answers at a moment."""

    words: Words
    """What "$name" may name."""
    now: datetime
    prefilled: Words
    """What the drawing has put into the form already."""

    def answers(self, said: Words) -> dict[str, Any]:
        """Return the answers to a form; what the story does not know is left out."""
        told = {key: self._each(key, value) if isinstance(value, Mapping) and "each" in value else self.told(value) for key, value in said.items()}
        return {key: value for key, value in told.items() if value is not None}

    def told(self, value: Any) -> Any:  # noqa: ANN401 - whatever TOML may hold
        """Return a value with everything in it filled in."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Mapping):
            if "per" in value:
                return [self._about(one).told(value["give"]) for one in self.words.get(value["per"], ())]
            return {key: self.told(one) for key, one in value.items()}
        return [self.told(one) for one in value] if isinstance(value, list) else value

    def _text(self, text: str) -> Any:  # noqa: ANN401 - as above
        if text.startswith("$"):
            return self.told(self.words.get(text[1:]))
        if found := _DAY.fullmatch(text):
            return _day(self.now, int(found[1]), found[2])
        name = self.words["child"]["name"].split()[0]
        return text.replace("{barns}", name if name.endswith(_HISSING) else f"{name}s").replace("{barn}", name)

    def _about(self, one: Any) -> Telling:  # noqa: ANN401 - as above
        purpose = self.words["purposes"].get(one)
        return Telling({**self.words, "each": one, "purpose": purpose}, self.now, self.prefilled)

    def _each(self, key: str, value: Words) -> list[dict[str, Any]]:
        """The rows that are there already, each answered alike."""
        return [{**row, **self.told(value["each"])} for row in self.prefilled.get(key) or ()]


def said(book: Book, case: Words, place: Sequence[str], turn: int) -> Words:
    """Return what is answered at a place: a step, or a step and the unit that it is about, the ``turn``-th time, counted from nought.

    What the case says goes before what is usual, field by field.
    """
    found: dict[str, Any] = {}
    for answers in (book.usual["answers"], case.get("answers", {})):
        for name in place:
            one = answers.get(name, {})
            found |= one[min(turn, len(one) - 1)] if isinstance(one, list) else one
    return found


def born(age: int, birthday: str, on: date) -> date:
    """Return the birth date of somebody who is so many years on a day, with a birthday written as month and day."""
    month, day = map(int, birthday.split("-"))
    had = (month, day) <= (on.month, on.day)
    return date(on.year - age - (not had), month, day)


def at_work(at: datetime, number: int, latest: datetime | None = None) -> datetime:
    """Return when somebody is at work on that day or the Monday after it; the moment itself where that would be later than ``latest``.

    The time of day follows from the number, so that not everything happens at nine o'clock.
    """
    day = _weekday(at.astimezone(STOCKHOLM).date())
    moment = datetime.combine(day, time(8, 10), STOCKHOLM) + timedelta(minutes=number * 47 % 480)
    return at if latest is not None and moment > latest else moment.astimezone(UTC)


def _day(now: datetime, days: int, clock_time: str | None) -> str:
    """Return a day counted from now as a form has it: no past day and no time of a meeting falls on a weekend."""
    day = now.astimezone(STOCKHOLM).date() + timedelta(days=days)
    if days < 0:
        day -= timedelta(days=max(day.weekday() - _FRIDAY, 0))
    return day.isoformat() if clock_time is None else f"{_weekday(day).isoformat()}T{clock_time}"


def _weekday(day: date) -> date:
    return day if day.weekday() <= _FRIDAY else day + timedelta(days=7 - day.weekday())
