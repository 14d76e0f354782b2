"""Lets an owner, or a script, try a decision on as many inputs as wanted; nothing is stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from engine.errors import Language, SamspelError
from engine.execution import feel
from engine.execution.dmn import Decisions, read_decision_file


class UnreadableFile(SamspelError):
    """A file cannot be opened."""

    sv = "Filen {file} går inte att läsa: {reason}."
    en = "The file {file} cannot be read: {reason}."


def open_decisions(path: Path) -> Decisions:
    """Read a decision file with the files beside it that it imports. Raises ``UnreadableFile`` or ``BadXml``."""
    try:
        return read_decision_file(path)
    except OSError as error:
        raise UnreadableFile(file=path, reason=error.strerror) from error


def try_decision(decisions: Decisions, decision: str, lines: Iterable[str], language: Language) -> Iterator[dict[str, Any]]:
    """Give one answer for each line, a JSON object of inputs: ``{"result": value}`` or ``{"error": sentence}``.

    Blank lines are passed over. Dates, times and durations are ISO 8601 text on both sides; text becomes one of them
    only where the file declares that type. Raises ``NoSuchDecision`` before the first line.
    """
    decisions.inputs_of(decision)
    for line in lines:
        if line.strip():
            yield _answer(decisions, decision, line, language)


def _answer(decisions: Decisions, decision: str, line: str, language: Language) -> dict[str, Any]:
    try:
        inputs = orjson.loads(line)
    except ValueError:
        inputs = None
    if not isinstance(inputs, dict):
        return {"error": "Raden är inte ett JSON-objekt." if language == "sv" else "The line is not a JSON object."}
    try:
        return {"result": feel.plain(decisions.evaluate(decision, decisions.inputs_from_json(decision, inputs)))}
    except SamspelError as error:
        return {"error": error.sentence(language)}
