"""Evaluates FEEL: bpmn.io's own interpreter in an isolate, with a time and a memory limit on every call.

What differs from a bare interpreter, so that nothing goes wrong in silence:

- A name that nobody provides, a sum of a text and a number, a date that does not exist: ``FeelError``, naming the expression.
- A missing entry of a known context, any entry of null, and sums with null are null, as the standard has it: an owner reads
  ``deadlines.meeting.at`` before the deadline exists. Misspelt entries are found when the model is checked (``names``).
- ``today`` and ``now`` are facts in the context, never a clock of the isolate: ``today()`` and ``now()`` are refused.
- A date-time without a zone is in Europe/Stockholm.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import orjson
from py_mini_racer import JSEvalException, JSOOMException, JSTimeoutException

from engine.errors import SamspelError
from engine.execution.feel_values import Months, NotAFeelValue, duration_of, from_json, is_months, months_of, plain, to_json
from engine.execution.isolate import Isolate
from engine.execution.results import FeelValue

__all__ = [
    "Evaluation",
    "FeelBundleMissing",
    "FeelEndless",
    "FeelError",
    "FeelGreedy",
    "FeelNotStarted",
    "FeelSyntaxError",
    "FeelTypeError",
    "FeelUnknownName",
    "Months",
    "NotAFeelValue",
    "Parsed",
    "check",
    "duration_of",
    "evaluate",
    "evaluate_many",
    "from_json",
    "is_months",
    "months_of",
    "names",
    "parse",
    "plain",
    "refused",
    "run",
    "start",
    "to_json",
    "unary_test",
]

BUNDLE = Path(__file__).parent / "built" / "feel.js"
TIME_LIMIT = 0.5
"""Seconds for one call; with a new isolate made after it, an endless expression ends within a second."""
MEMORY_LIMIT = 64 * 1024 * 1024
"""Bytes of heap for one isolate; the interpreter itself needs about two million."""
LARGEST_INTEGER = 2**53
"""Numbers of FEEL are binary floats: beyond this, whole numbers would change."""
_LONGEST_SHOWN = 120


class FeelError(SamspelError):
    """An expression has no value; ``expression`` is its text and ``position`` where in it the trouble lies."""

    sv = "Uttrycket ”{expression}” gick inte att räkna ut: {detail}"
    en = "The expression “{expression}” could not be evaluated: {detail}"

    def __init__(self, expression: str, detail: str = "", position: tuple[int, int] | None = None) -> None:
        self.expression = expression
        self.detail = detail
        self.position = position
        super().__init__(expression=_short(expression), detail=_short(detail), at=1 + position[0] if position else 1, **self._more(detail))

    def _more(self, _detail: str) -> Mapping[str, str]:
        """Return what a subclass's sentence needs beside the rest."""
        return {}


class FeelSyntaxError(FeelError):
    """The text is not FEEL."""

    sv = "Uttrycket ”{expression}” är inte FEEL: läsningen stannar vid tecken {at}, ”{detail}”."
    en = "The expression “{expression}” is not FEEL: reading stops at character {at}, “{detail}”."


class FeelClock(FeelSyntaxError):
    """The expression asks the isolate for the time."""

    sv = "Uttrycket ”{expression}” frågar efter {detail}(): skriv {detail} utan parenteser."
    en = "The expression “{expression}” asks for {detail}(): write {detail} without parentheses."


class FeelUnsupported(FeelSyntaxError):
    """The expression uses a part of FEEL that the interpreter does not carry out."""

    sv = "Uttrycket ”{expression}” använder ”{detail}”, som inte går att räkna ut här."
    en = "The expression “{expression}” uses “{detail}”, which is not carried out here."


class FeelBadLiteral(FeelSyntaxError):
    """A date, time or duration that is written out does not exist."""

    sv = "Uttrycket ”{expression}” innehåller {detail}, som inte finns i kalendern eller inte är en tid eller varaktighet."
    en = "The expression “{expression}” contains {detail}, which is not in the calendar or is no time or duration."


class FeelUnknownName(FeelError):
    """The expression reads a variable, or calls a function, that is not there."""

    sv = "Uttrycket ”{expression}” läser ”{detail}”, som inte finns här."
    en = "The expression “{expression}” reads “{detail}”, which is not there."


class FeelTypeError(FeelError):
    """A part of the expression has the wrong type."""

    sv = "Uttrycket ”{expression}” har fel sorts värde i ”{detail}”."
    en = "The expression “{expression}” has the wrong kind of value in “{detail}”."


class FeelUnlike(FeelTypeError):
    """The expression compares two kinds of values that have no order between them."""

    sv = "Uttrycket ”{expression}” jämför olika sorters värden ({detail})."
    en = "The expression “{expression}” compares different kinds of values ({detail})."


class FeelNoValue(FeelTypeError):
    """The expression gives something that is not a value."""

    sv = "Uttrycket ”{expression}” ger inget värde utan {kind}."
    en = "The expression “{expression}” gives no value but {kind_en}."
    kinds: ClassVar[Mapping[str, tuple[str, str]]] = {
        "range": ("ett villkor eller ett intervall", "a condition or a range"),
        "function": ("en funktion eller ett villkor", "a function or a condition"),
        "number": ("ett tal utanför det räknebara", "a number beyond counting"),
        "duration": ("en varaktighet av både månader och dagar", "a duration of both months and days"),
        "calendar": ("en tid utanför kalendern", "a time outside the calendar"),
    }

    def _more(self, detail: str) -> Mapping[str, str]:
        kind, kind_en = self.kinds.get(detail, (detail, detail))
        return {"kind": kind, "kind_en": kind_en}


class FeelNoSuchDay(FeelError):
    """While it was evaluated, the expression made a date, time or duration that does not exist."""

    sv = "Uttrycket ”{expression}” bildar ett datum, en tid eller en varaktighet som inte finns."
    en = "The expression “{expression}” makes a date, time or duration that does not exist."


class FeelEndless(FeelError):
    """The expression did not end in time."""

    sv = "Uttrycket ”{expression}” blev inte klart i tid."
    en = "The expression “{expression}” did not end in time."


class FeelGreedy(FeelError):
    """The expression wanted more memory than one may have."""

    sv = "Uttrycket ”{expression}” vill ha för mycket minne."
    en = "The expression “{expression}” wants too much memory."


class FeelBundleMissing(SamspelError):
    """The interpreter is not built."""

    sv = "Uttryckstolken {path} är inte byggd: kör ”make assets”."
    en = "The expression interpreter {path} is not built: run “make assets”."


class FeelNotStarted(SamspelError):
    """The first use of FEEL came from a thread, or a process was forked after it."""

    sv = "Uttryckstolken är inte startad i den här processen: anropa feel.start() på huvudtråden, efter fork."
    en = "The expression interpreter is not started in this process: call feel.start() on the main thread, after fork."


@dataclass(frozen=True)
class Evaluation:
    """An expression to evaluate, and what it may read."""

    expression: str
    context: Mapping[str, FeelValue] = field(default_factory=dict)


@dataclass(frozen=True)
class Parsed:
    """What an expression says of itself."""

    expression: str
    names: frozenset[str]
    """The variables that it reads, as dotted paths: ``policy.meeting_max_days``."""


def start() -> None:
    """Make this process's isolate: call it on the main thread, after fork, before the first request.

    Whoever evaluates on the main thread need not call it. Raises ``FeelBundleMissing``.
    """
    _interpreter.start()


def evaluate(expression: str, context: Mapping[str, FeelValue] | None = None) -> FeelValue:
    """Return the expression's value; one leading ``=`` is dropped. Raises ``FeelError`` or ``NotAFeelValue``."""
    (value,) = evaluate_many([Evaluation(expression, context or {})])
    return value


def evaluate_many(evaluations: Sequence[Evaluation]) -> list[FeelValue]:
    """Return the values in order, in one call of the isolate. Raises the first expression's error."""
    contexts: dict[int, Mapping[str, FeelValue]] = {id(one.context): one.context for one in evaluations}
    places = {identity: place for place, identity in enumerate(contexts)}
    calls = [{"action": "evaluate", "text": _bare(one.expression), "context": places[id(one.context)]} for one in evaluations]
    answers = run(calls, list(contexts.values()))
    return [_value(answer, one.expression) for answer, one in zip(answers, evaluations, strict=True)]


def unary_test(test: str, value: FeelValue, context: Mapping[str, FeelValue] | None = None) -> bool:
    """Whether the value passes a decision table's cell, such as ``"a","b"`` or ``[1..5]``. Raises ``FeelError``."""
    call = {"action": "test", "text": test, "context": 0, "value": _to_isolate(value)}
    (answer,) = run([call], [context or {}])
    return bool(_value(answer, test))


def parse(expression: str, *, unary: bool = False, roots: Collection[str] = ()) -> Parsed:
    """Read an expression, or a cell's unary tests, without evaluating it.

    In a filter such as ``participants[unit = x]`` a bare name may be an entry of the element; there only names whose
    first part is in ``roots`` count as variables. Raises ``FeelSyntaxError`` with the position.
    """
    return _parsed(expression, unary=unary, roots=frozenset(roots))


@lru_cache(maxsize=20_000)
def _parsed(expression: str, *, unary: bool, roots: frozenset[str]) -> Parsed:
    text = expression if unary else _bare(expression)
    (answer,) = run([{"action": "parse", "text": text, "unary": unary, "roots": sorted(roots)}])
    return Parsed(expression, frozenset(_value(answer, expression)))


def check(expression: str, *, unary: bool = False) -> FeelSyntaxError | None:
    """Return what is wrong with an expression's text, or None."""
    try:
        parse(expression, unary=unary)
    except FeelSyntaxError as error:
        return error
    return None


def names(expression: str, *, unary: bool = False, roots: Collection[str] = ()) -> frozenset[str]:
    """Return the variables that an expression reads, as dotted paths; see ``parse``."""
    return parse(expression, unary=unary, roots=roots).names


def run(
    calls: Sequence[Mapping[str, Any]], contexts: Sequence[Mapping[str, FeelValue]] = (), time_limit: float = TIME_LIMIT
) -> list[Mapping[str, Any]]:
    """Let the isolate carry out the calls and return its answers: each has a ``value``, or a ``refusal``."""
    request = orjson.dumps({"calls": calls, "contexts": [_to_isolate(context) for context in contexts]})
    answers: list[Mapping[str, Any]] = _interpreter.ask(request, _named(calls), time_limit)
    return answers


def refused(refusal: Mapping[str, Any], expression: str) -> FeelError:
    """Return the error that an isolate's refusal means."""
    place = refusal.get("position")
    position = (place["from"], place["to"]) if place else None
    return _REFUSALS[refusal["kind"]](expression, refusal["detail"], position)


_REFUSALS: Mapping[str, type[FeelError]] = {
    "syntax": FeelSyntaxError,
    "clock": FeelClock,
    "literal": FeelBadLiteral,
    "unsupported": FeelUnsupported,
    "unknown": FeelUnknownName,
    "function": FeelUnknownName,
    "type": FeelTypeError,
    "compare": FeelUnlike,
    "result": FeelNoValue,
    "calendar": FeelNoSuchDay,
    "failure": FeelError,
}


class _Interpreter:
    """The process's one isolate; whoever holds the lock may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._isolate: Isolate | None = None
        self._stopped: Isolate | None = None
        """The isolate replaced last: V8 may still call back from it, so it is closed when the next one is replaced."""
        self._process = 0

    def start(self) -> None:
        with self._lock:
            self._ready()

    def ask(self, request: bytes, expression: str, time_limit: float) -> Any:  # noqa: ANN401 - JSON
        try:
            return orjson.loads(self._answer(f"samspel({orjson.dumps(request.decode()).decode()})", time_limit))
        except JSTimeoutException as error:
            raise FeelEndless(expression) from error
        except JSOOMException as error:
            raise FeelGreedy(expression) from error
        except JSEvalException as error:
            raise FeelError(expression, str(error).partition("\n")[0]) from error

    def _answer(self, code: str, time_limit: float) -> str:
        with self._lock:
            try:
                return self._answer_once(code, time_limit)
            except JSOOMException:
                # What earlier expressions left behind counts too. In an empty isolate the fault is the expression's own,
                # and it has half the time, so that both tries together end within a second.
                return self._answer_once(code, time_limit / 2)

    def _answer_once(self, code: str, time_limit: float) -> str:
        isolate = self._ready()
        try:
            return isolate.answer(code, time_limit)
        except BaseException:
            # V8 may still answer, and that would be taken for the next expression's answer.
            self._replace()
            raise

    def _ready(self) -> Isolate:
        """Return the isolate. V8 dies or hangs where its first isolate is made in a thread or before a fork."""
        if self._isolate is not None and self._process == os.getpid():
            return self._isolate
        if self._isolate is not None or threading.current_thread() is not threading.main_thread():
            raise FeelNotStarted
        self._process = os.getpid()
        self._isolate = _new_isolate()
        atexit.register(self._close)
        return self._isolate

    def _close(self) -> None:
        """End the isolate before Python ends the threads that it waits for: else one exit in some fifty hangs."""
        if self._process != os.getpid():
            return
        for isolate in (self._stopped, self._isolate):
            if isolate is not None:
                isolate.close()
        self._stopped = self._isolate = None

    def _replace(self) -> None:
        """After a stopped expression the old isolate may answer the next one wrong."""
        done, self._stopped, self._isolate = self._stopped, self._isolate, _new_isolate()
        if done is not None:
            done.close()


def _new_isolate() -> Isolate:
    try:
        bundle = BUNDLE.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise FeelBundleMissing(path=BUNDLE.name) from error
    return Isolate(bundle, MEMORY_LIMIT)


_interpreter = _Interpreter()


def _value(answer: Mapping[str, Any], expression: str) -> FeelValue:
    if "refusal" in answer:
        raise refused(answer["refusal"], expression)
    try:
        return from_json(answer["value"])
    except (ValueError, OverflowError) as error:
        raise FeelNoValue(expression, "calendar") from error


def _to_isolate(value: FeelValue) -> Any:  # noqa: ANN401 - JSON
    try:
        data = to_json(value)
        _refuse_what_javascript_changes(data)
    except RecursionError as error:
        raise NotAFeelValue(type(value).__name__, "värdet är nästlat för djupt.", "the value is nested too deep.") from error
    return data


def _refuse_what_javascript_changes(data: Any) -> None:  # noqa: ANN401 - JSON
    if isinstance(data, int) and abs(data) > LARGEST_INTEGER:
        raise NotAFeelValue(data, "talet är för stort.", "the number is too large.")
    if isinstance(data, list):
        for item in data:
            _refuse_what_javascript_changes(item)
    elif isinstance(data, dict):
        for item in data.values():
            _refuse_what_javascript_changes(item)


def _bare(expression: str) -> str:
    """Drop the one ``=`` that Camunda writes in front of an expression."""
    return expression.strip().removeprefix("=").strip()


def _named(calls: Sequence[Mapping[str, Any]]) -> str:
    return str(calls[0].get("text", "")) if len(calls) == 1 else "; ".join(str(call.get("text", "")) for call in calls)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"
