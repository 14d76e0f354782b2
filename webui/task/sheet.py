"""A laid out form with the reader's words and what was said of the answers, ready for a template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from engine.services.documents import ENDINGS, Paper
from engine.services.sheets import Line
from webui import dates
from webui.house import language
from webui.language import in_swedish

MEGABYTE = 1024 * 1024
_BROWSER = {"date": ("date", ""), "datetime": ("datetime-local", ""), "time": ("time", "2000-01-01T")}
"""The browser's kind of field for each kind of moment, and what makes its text a whole moment."""


@dataclass(frozen=True)
class Block:
    """Lines that stand together: ``said`` is already known and only read, ``ask`` is one thing to fill in."""

    kind: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Sheet:
    """A form on a page."""

    lines: tuple[Line, ...]
    words: Mapping[str, str]
    """The form's English, on an English page."""
    complaints: Mapping[str, str]
    """Sentences by path."""
    papers: Mapping[str, Paper] = field(default_factory=dict)
    """The documents that lie with the draft, by id as answers have it."""

    def blocks(self, lines: Sequence[Line]) -> Iterator[Block]:
        """Give the lines in order; neighbours that are only read are one block."""
        known: list[Line] = []
        for line in lines:
            if is_read_only(line):
                known += [line] if said(line) and not line.hidden else []
                continue
            if known:
                yield Block("said", tuple(known))
                known = []
            yield Block("ask", (line,))
        if known:
            yield Block("said", tuple(known))

    def label(self, line: Line) -> str:
        """Return what a line is called."""
        return self._word(_key(line), line.field.name)

    def hint(self, line: Line) -> str | None:
        """Return what stands below the label, if anything."""
        return self._word(f"{_key(line)}.description", line.field.description) if line.field.description else None

    def text(self, line: Line) -> str:
        """Return a text of the form, which no answer belongs to."""
        return self._word(line.field.id, line.field.description)

    def choice(self, line: Line, label: str, value: object) -> str:
        """Return what a choice is called; what the facts offer (units, persons) has no other name, what a drawing offers has."""
        key = f"{_key(line)}={value}"
        return label if line.field.choices_from and key not in self.words else self._word(key, label)

    def shown(self, line: Line) -> str:
        """Return an answer as one reads it."""
        if line.choices:
            chosen = line.value if isinstance(line.value, list) else [line.value]
            labels = {str(one.value): self.choice(line, one.label, one.value) for one in line.choices}
            return ", ".join(str(labels.get(str(value), value)) for value in chosen)
        return said(line)

    def files(self, line: Line) -> list[Paper]:
        """Return the documents of a file field."""
        ids = line.value if isinstance(line.value, list) else []
        return [self.papers[one] for one in ids if one in self.papers]

    @property
    def errors(self) -> list[dict[str, str]]:
        """Return the summary's lines, each with the field it leads to."""
        lines = {line.path: line for line in _all(self.lines) if line.path}
        order = {path: index for index, path in enumerate(lines)}
        paths = sorted(self.complaints, key=lambda path: order.get(path, len(order)))
        return [{"text": f"{self._row(path, lines)}{self.complaints[path]}", "href": f"#{anchor(path)}"} for path in paths]

    def _row(self, path: str, lines: Mapping[str, Line]) -> str:
        """Return which row of a list a path lies in, for there is one like it in every row."""
        of, _, _ = path.rpartition(".")
        rows, _, number = of.rpartition(".")
        return f"{self.label(lines[rows])} {int(number) + 1}: " if number.isdecimal() and rows in lines else ""

    def _word(self, key: str, otherwise: str) -> str:
        if language() == "sv":
            return otherwise
        return self.words.get(key) or in_swedish(otherwise)


def accepted() -> str:
    """Return what a file field says to the browser of the types that are taken."""
    return ",".join((*ENDINGS, *ENDINGS.values()))


def size_in_words(size: int) -> str:
    """Say how large a file is: "240 kB", "1,4 MB"."""
    if size < MEGABYTE:
        return f"{max(1, round(size / 1024))} kB"
    written = f"{size / MEGABYTE:.1f} MB"
    return written if language() == "en" else written.replace(".", ",")


def anchor(path: str) -> str:
    """Return the id of the element in which a path's answer is given."""
    return f"f-{path.replace('.', '-')}"


def is_read_only(line: Line) -> bool:
    """Whether the line has an answer that the reader cannot change here."""
    field = line.field
    return bool(field.key) and (field.readonly or field.disabled or field.type == "expression")


def said(line: Line) -> str:
    """Return a known answer in words; empty where there is none."""
    return _in_words(line.value)


def _in_words(value: Any) -> str:  # noqa: ANN401 - an answer
    if isinstance(value, datetime):
        return dates.moment(value)
    if isinstance(value, date):
        return dates.day(value)
    if isinstance(value, bool):
        return ("Yes" if value else "No") if language() == "en" else ("Ja" if value else "Nej")
    if isinstance(value, Mapping):
        return ", ".join(text for text in map(_in_words, value.values()) if text)
    if isinstance(value, list | tuple):
        return "; ".join(text for text in map(_in_words, value) if text)
    return "" if value is None else str(value)


def written_value(line: Line) -> str:
    """Return what a text field holds, in the form that its kind of field takes."""
    value = line.value
    if isinstance(value, datetime):
        return f"{dates.local(value):%Y-%m-%dT%H:%M}"
    text = "" if value is None else str(value)
    if line.field.type == "datetime" and line.field.subtype == "datetime":
        return _local_minute(text)
    return text


def input_type(line: Line) -> str:
    """Return the browser's kind of field; where the text is no date, a plain one, so that it is shown again as it was typed."""
    if line.field.type != "datetime":
        return {"email": "email", "phone": "tel"}.get(str(line.field.rules.get("validationType")), "text")
    kind, before = _BROWSER[line.field.subtype]
    text = written_value(line)
    try:
        if text:
            datetime.fromisoformat(before + text)
    except ValueError:
        return "text"
    return kind


def _local_minute(text: str) -> str:
    """Return a kept date and time as the browser's field writes it; anything else as it is."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{dates.local(at) if at.tzinfo else at:%Y-%m-%dT%H:%M}"


def _key(line: Line) -> str:
    """Return a line's name in the English table: its path without the numbers of rows."""
    return ".".join(part for part in line.place.split(".") if not part.isdecimal())


def _all(lines: Sequence[Line]) -> Iterator[Line]:
    for line in lines:
        yield line
        yield from _all(line.lines)
        for row in line.rows:
            yield from _all(row)
