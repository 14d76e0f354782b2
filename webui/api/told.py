"""Turns what the services answer into what the API tells, in the caller's language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from engine.errors import Language
from engine.services import cases, deviations, progress, sheets, tasks, wording
from engine.services.directory import Directory
from engine.services.history import Row
from engine.services.runtime import Runtime
from engine.services.sheets import Field, Line


class Teller:
    """Says everything in one language, with the names as they are now."""

    def __init__(self, runtime: Runtime, names: Directory, language: Language) -> None:
        self.runtime = runtime
        self.names = names
        self.language: Language = language
        self._english = wording.of_elements(runtime) if language == "en" else {}

    def element(self, element: str | None, name: str | None) -> str:
        """Return what an element of a drawing is called."""
        return self._english.get(element or "") or name or element or ""

    def entry(self, entry: tasks.Entry) -> dict[str, Any]:
        """Return one line of an inbox."""
        own = ("id", "element", "process", "role", "queue", "case", "child", "purpose", "due_at", "overdue", "priority", "created_at", "held")
        return {name: getattr(entry, name) for name in own} | {
            "name": self.element(entry.element, entry.name),
            "queue_name": self.names.queue(entry.queue, self.language),
            "unit": {"id": entry.unit, "name": self.names.unit(entry.unit)} if entry.unit else None,
            "why": self.why(entry.explanation),
            "claimed_by": self._person(entry.claimed_by),
            "for_whom": self.names.person(entry.for_whom) or None,
        }

    def task(self, task: tasks.Task) -> dict[str, Any]:
        """Return one work item with its form."""
        words = wording.of_form(self.runtime, task.form.id) if task.form and self.language == "en" else {}
        return self.entry(task.entry) | {
            "form": [self._line(line, words) for line in sheets.lay_out(task)],
            "answers": _plain(task.values),
            "draft_by": self._person(task.draft_by),
            "draft_at": task.draft_at,
            "draft_version": task.draft_version,
            "warnings": [warning[self.language] for warning in task.warnings],
            "routing": [str(reason.get(self.language) or reason.get("sv", "")) for reason in task.routing],
        }

    def waiting(self, waiting: Sequence[tasks.Next]) -> list[dict[str, Any]]:
        """Return what waits after a step."""
        return [
            {
                "id": one.id,
                "name": self.element(one.element, one.name),
                "queue_name": self.names.queue(one.queue, self.language),
                "due_at": one.due_at,
                "mine": one.mine,
            }
            for one in waiting
        ]

    def case(self, view: cases.CaseView, standing: progress.Progress, waiting: Sequence[tasks.Next]) -> dict[str, Any]:
        """Return a case with its history and where it stands."""
        own = ("reference", "agreement", "opened_at", "closed_at", "outcome", "child")
        return {name: getattr(view, name) for name in own} | {
            "participants": [self._participant(one) for one in view.participants],
            "waiting": self.waiting(waiting),
            "progress": [self._run(run) for run in standing.runs],
            "history": [self._happening(row) for row in view.history],
        }

    def deviation(self, report: deviations.Report) -> dict[str, Any]:
        """Return a deviation as the register has it."""
        own = ("id", "case", "agreement", "description", "happened_on", "level", "status", "reported_at", "ended_at", "open_work")
        return {name: getattr(report, name) for name in own} | {
            "reporter": self.names.person(report.reporter),
            "reporter_unit": self.names.unit(report.reporter_unit),
            "concerned_unit": self.names.unit(report.concerned_unit) or None,
            "waiting_for": [self.names.queue(queue, self.language) for queue in report.waiting_for],
        }

    def followed(self, report: deviations.Report) -> dict[str, Any]:
        """Return a deviation with its way so far."""
        return self.deviation(report) | {
            "ladder": [
                {
                    "name": self.element(rung.element, rung.name),
                    "queue_name": self.names.queue(rung.queue, self.language),
                    "since": rung.since,
                    "due_at": rung.due_at,
                    "why": self.why(rung.explanation),
                    "ended_at": rung.ended_at,
                    "by": self.names.person(rung.by) or None,
                    "by_clock": rung.by_clock,
                }
                for rung in (report.ladder.rungs if report.ladder else ())
            ],
            "notes": [{"at": note.at, "by": self.names.person(note.by) or None, "name": note.name, "text": note.text} for note in report.notes],
        }

    def why(self, explanation: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """Return why a date is what it is."""
        if not explanation:
            return None
        sources = [str(source[self.language]) for source in explanation.get("sources", ())]
        return {"sentence": explanation[self.language], "rules": explanation.get("rules", []), "sources": sources}

    def _person(self, person: str | None) -> dict[str, str] | None:
        return {"id": person, "name": self.names.person(person)} if person else None

    def _participant(self, one: cases.TakesPart) -> dict[str, Any]:
        name = one.name or (self.names.person(one.person) if one.person else self.names.unit(one.unit))
        return {**{key: getattr(one, key) for key in ("kind", "role", "unit", "person", "joined_at", "left_at")}, "name": name}

    def _run(self, run: progress.Run) -> dict[str, Any]:
        own = ("process", "purpose", "state", "started_at", "ended_at", "outcome")
        return {name: getattr(run, name) for name in own} | {
            "name": self._told(run.name, run.english),
            "stages": [{"name": self._told(one.name, one.english), "state": one.state, "until": one.until} for one in run.stages],
            "stations": [
                {name: getattr(one, name) for name in ("element", "state", "times", "last_at")}
                | {"name": self._told(one.name, one.english), "waits": [self._wait(wait) for wait in one.waits]}
                for one in run.stations
            ],
        }

    def _wait(self, wait: progress.Wait) -> dict[str, Any]:
        own = ("work_item", "mine", "since", "until", "late")
        return {name: getattr(wait, name) for name in own} | {
            "name": self._told(wait.name, wait.english),
            "queue_name": self.names.queue(wait.queue, self.language) if wait.queue else None,
        }

    def _happening(self, row: Row) -> dict[str, Any]:
        return {
            "at": row.at,
            "kind": row.kind,
            "element": row.element,
            "name": self.element(row.element, row.name) or None,
            "by": self.names.person(row.by) or None,
            "for_whom": self.names.person(row.for_whom) or None,
            "rules": list(row.rules),
        }

    def _told(self, name: str, english: str | None) -> str:
        return english or name if self.language == "en" else name

    def _line(self, line: Line, words: Mapping[str, str]) -> dict[str, Any]:
        key = _key(line.place)
        told = self._field(line.field, line.path, words, key)
        return told | {
            "required": line.required,
            "hidden": line.hidden,
            "value": _plain(line.value),
            "choices": [
                {
                    "label": choice.label if line.field.choices_from else words.get(f"{key}={choice.value}", choice.label),
                    "value": _plain(choice.value),
                }
                for choice in line.choices
            ],
            "fields": [self._line(inner, words) for inner in line.lines],
            "rows": [[self._line(inner, words) for inner in row] for row in line.rows],
        }

    def _field(self, field: Field, path: str, words: Mapping[str, str], key: str) -> dict[str, Any]:
        """Return what a component asks, without answers: as a row that is still to be added has it. ``key`` is its name in the English table."""
        text = field.type == "text"  # which has no label, and its words where others have their hint
        hint = words.get(field.id if text else f"{key}.description", field.description)
        return {
            "path": path,
            "type": field.type,
            "subtype": field.subtype or None,
            "label": "" if text else words.get(key, field.label),
            "hint": hint or None,
            "required": field.required,
            "hidden": False,
            "read_only": bool(field.key) and (field.readonly or field.disabled or field.type == "expression"),
            "value": None,
            "choices": [{"label": words.get(f"{key}={one.value}", one.label), "value": _plain(one.value)} for one in field.choices],
            "fields": [],
            "rows": [],
            "row": [
                self._field(inner, f"{path}.0.{inner.key}" if inner.key else "", words, f"{key}.{inner.key or inner.id}")
                for inner in (field.fields if field.type == "dynamiclist" else ())
            ],
        }


def _key(place: str) -> str:
    """Return a place's name in the English table: its path without the numbers of rows."""
    return ".".join(_names(place))


def _names(place: str) -> Iterator[str]:
    return (part for part in place.split(".") if part and not part.isdecimal())


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return an answer as JSON has it: dates as ISO text, anything that JSON has no word for as text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return str(value)
