"""Reads form-js forms and checks a person's answers on the server, by the form and nothing else.

What the browser hides or refuses does not count here: conditions are evaluated again, hidden
fields are neither validated nor kept, unknown keys are ignored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

import regex  # type: ignore[import-untyped]
from personnummer import personnummer

from engine.clock import STOCKHOLM
from engine.errors import Language
from engine.execution import feel
from engine.execution.drawing import Value
from engine.execution.faults import Fault, ModelsRefused
from engine.execution.layers import Layers
from engine.execution.results import FeelValue

NEWEST_SCHEMA = 19
"""The form-js schema version that this reads; later ones may say things that it does not know."""

INPUTS = frozenset(
    ["textfield", "textarea", "number", "datetime", "checkbox", "checklist", "radio", "select", "taglist", "dynamiclist", "filepicker", "expression"]
)
"""The components that hold an answer."""
SHOWN = frozenset(["group", "table", "text", "image", "separator", "spacer", "button"])
"""The components that hold none."""
REFUSED = frozenset({"html", "iframe", "documentPreview"})
"""The components that would let a form bring foreign content to the page."""

CHOICES = frozenset({"radio", "select", "checklist", "taglist"})
MANY = frozenset({"checklist", "taglist"})
PATTERN_SECONDS = 0.1
MOST_ROWS = 200
"""Of a dynamic list that a person writes: each row is judged by itself."""

_EMAIL = regex.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_PHONE = regex.compile(r"\+?[0-9][0-9 ()/-]{4,19}")


@dataclass(frozen=True)
class Choice:
    """One thing to choose."""

    label: str
    value: FeelValue


@dataclass(frozen=True)
class Complaint:
    """What is wrong with one answer and how to mend it."""

    sv: str
    en: str

    def sentence(self, language: Language = "sv") -> str:
        """Return the sentence in the reader's language."""
        return self.sv if language == "sv" else self.en


@dataclass(frozen=True)
class Field:
    """One component of a form, in the words of the form-js schema."""

    id: str
    key: str
    """Where its answer lies; empty for a component that holds none."""
    type: str
    label: str
    description: str
    subtype: str
    """Of a ``datetime``: ``date``, ``time`` or ``datetime``."""
    hide: Value | None
    choices: tuple[Choice, ...]
    choices_from: Value | None
    """FEEL, or the name of a variable, that gives the choices when the form is shown."""
    rules: Mapping[str, Any]
    """``required``, ``min``, ``max``, ``minLength``, ``maxLength``, ``pattern`` ...; some may be FEEL."""
    default: Any
    readonly: bool
    disabled: bool
    properties: Mapping[str, str]
    fields: tuple[Field, ...] = ()
    """The components within a group or a row of a dynamic list."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The component as it stands in the file, for showing it."""

    @property
    def required(self) -> bool:
        """Whether it must be answered when it is shown; a condition in FEEL counts as yes."""
        return bool(self.rules.get("required"))

    @property
    def name(self) -> str:
        """What a sentence calls it."""
        return self.label or self.key or self.id


@dataclass(frozen=True)
class Form:
    """A form: its components in order."""

    id: str
    file: str
    components: tuple[Field, ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        """The components that hold answers, those of plain groups too."""
        return tuple(_answered(self.components))


def read_form(content: bytes, file: str) -> Form:
    """Return the form of a ``.form`` file. Raises ``ModelsRefused`` with its faults."""
    faults: list[Fault] = []
    try:
        schema = json.loads(content)
        form_id = str(schema["id"])
        version = int(schema.get("schemaVersion", NEWEST_SCHEMA))
        fields = _read(schema["components"], file, faults)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        fault = _fault(file, "", "", "not_form", "Filen är inte ett form-js-formulär.", "The file is not a form-js form.")
        raise ModelsRefused((fault,)) from error
    if version > NEWEST_SCHEMA:
        faults.append(
            _fault(
                file,
                form_id,
                "",
                "form_too_new",
                f"Formuläret har schemaversion {version}, och {NEWEST_SCHEMA} är den senaste som läses.",
                f"The form has schema version {version}; {NEWEST_SCHEMA} is the newest that is read.",
            )
        )
    if faults:
        raise ModelsRefused(tuple(faults))
    return Form(form_id, file, fields)


def _read(components: Sequence[Mapping[str, Any]], file: str, faults: list[Fault]) -> tuple[Field, ...]:
    return tuple(_component(component, file, faults) for component in components)


def _component(component: Mapping[str, Any], file: str, faults: list[Fault]) -> Field:
    kind = str(component.get("type", ""))
    found = Field(
        id=str(component.get("id", "")),
        key=str(component.get("key") or component.get("path") or ""),
        type=kind,
        label=str(component.get("label") or component.get("dateLabel") or component.get("timeLabel") or ""),
        description=str(component.get("description") or component.get("text") or ""),
        subtype=str(component.get("subtype") or "date") if kind == "datetime" else "",
        hide=_feel((component.get("conditional") or {}).get("hide")),
        choices=tuple(Choice(str(row.get("label", row["value"])), row["value"]) for row in component.get("values") or ()),
        choices_from=_feel(component.get("valuesExpression")) or _feel(component.get("valuesKey")),
        rules=component.get("validate") or {},
        default=component.get("defaultValue"),
        readonly=bool(component.get("readonly")),
        disabled=bool(component.get("disabled")),
        properties={str(key): str(value) for key, value in (component.get("properties") or {}).items()},
        fields=_read(component.get("components") or (), file, faults),
        settings=component,
    )
    if kind not in INPUTS | SHOWN:
        faults.append(
            _fault(
                file,
                found.id,
                found.name,
                "form_component",
                f"Komponenten {kind} går inte att visa.",
                f"The component {kind} cannot be shown.",
            )
        )
    pattern = found.rules.get("pattern")
    if pattern:
        try:
            regex.compile(pattern)
        except regex.error:
            faults.append(
                _fault(file, found.id, found.name, "form_pattern", f"Mönstret {pattern} går inte att läsa.", f"The pattern {pattern} cannot be read.")
            )
    return found


def _feel(raw: object) -> Value | None:
    if not isinstance(raw, str) or not raw.strip():
        return None
    return Value(raw if raw.lstrip().startswith("=") else f"={raw}")


def _fault(file: str, element: str, name: str, code: str, sv: str, en: str) -> Fault:
    return Fault(file, element, name, "error", code, sv, en, "Rätta formuläret i formulärredigeraren.", "Mend the form in the form editor.")


def _answered(components: Sequence[Field]) -> Iterator[Field]:
    for component in components:
        if component.type in INPUTS:
            yield component
        elif component.type == "group" and not component.key:
            yield from _answered(component.fields)
        elif component.type == "group":
            yield component


def validate(form: Form, answers: Mapping[str, Any], context: Mapping[str, FeelValue]) -> tuple[dict[str, FeelValue], dict[str, Complaint]]:
    """Return the answers that the form takes, as FEEL values, and what is wrong with the others.

    ``context`` is what the form's own expressions read beside the answers: the task's inputs and the
    facts. Every field of the form has a place in the result, null where it is hidden or not answered,
    so that an answer of an earlier round never stays. Complaints are by path: ``goals.0.goal``.
    Raises ``feel.FeelError`` where the form's own expressions cannot be evaluated.
    """
    return Level(form.components, answers, context, "").result()


def choices(of: Field, context: Mapping[str, FeelValue]) -> tuple[Choice, ...]:
    """Return what there is to choose in a field, its own choices or those that the context gives; null is no choice."""
    if of.choices_from is None:
        return of.choices
    given = _evaluate(of.choices_from, context)
    rows = given if isinstance(given, list) else []
    return tuple(
        Choice(str(row.get("label", row.get("value"))), row.get("value")) if isinstance(row, Mapping) else Choice(str(row), row)
        for row in rows
        if row is not None
    )


def _evaluate(value: Value, context: Mapping[str, FeelValue]) -> FeelValue:
    return _evaluate_all([value], context)[0]


def _evaluate_all(values: Sequence[Value], context: Mapping[str, FeelValue]) -> list[FeelValue]:
    """Return the expressions' values in order, in one call of the isolate."""
    if not values:
        return []
    roots = frozenset(context)
    paths = frozenset[str]().union(*(feel.names(value.text, roots=roots) for value in values))
    read = {name: context.get(name) for name in {path.partition(".")[0] for path in paths}}
    return feel.evaluate_many([feel.Evaluation(value.text, read) for value in values])


class _Invalid(Exception):
    """An answer that is not of its field's kind."""

    def __init__(self, sv: str, en: str) -> None:
        self.complaint = Complaint(sv, en)


class Level:
    """The fields of a form, of a group with a path, or of one row of a dynamic list."""

    def __init__(self, components: Sequence[Field], answers: object, context: Mapping[str, FeelValue], prefix: str) -> None:
        self.components = components
        self.answers: Mapping[str, Any] = answers if isinstance(answers, Mapping) else {}
        self.context = context
        self.prefix = prefix
        self.values: dict[str, FeelValue] = {}
        self.complaints: dict[str, Complaint] = {}
        self.hidden: set[str] = set()
        """The ids of the hidden fields, once there is a result."""

    def result(self) -> tuple[dict[str, FeelValue], dict[str, Complaint]]:
        """Return the answers that are taken and what is wrong with the others."""
        fields = list(_answered(self.components))
        for one in fields:
            self._take(one)
        hidden = self.hidden = self._hidden()
        for one in fields:
            path = self.prefix + one.key
            if one.id in hidden:
                self.values[one.key] = None
                for known in [known for known in self.complaints if known == path or known.startswith(f"{path}.")]:
                    del self.complaints[known]
            elif path not in self.complaints:
                complaint = self._against_rules(one, self.values[one.key])
                if complaint is not None:
                    self.complaints[path] = complaint
        return self.values, self.complaints

    def _around(self) -> Mapping[str, FeelValue]:
        return Layers(self.values, self.context)

    def _take(self, one: Field) -> None:
        raw = self.answers.get(one.key)
        if one.readonly or one.disabled:
            raw = self.context.get(one.key)
        try:
            if one.type == "dynamiclist":
                self.values[one.key] = self._rows(one, raw)
            elif one.type == "group":
                values, complaints = Level(one.fields, raw, self._around(), f"{self.prefix}{one.key}.").result()
                self.values[one.key] = values
                self.complaints.update(complaints)
            elif one.type == "expression":
                expression = _feel(one.settings.get("expression"))
                self.values[one.key] = _evaluate(expression, self._around()) if expression is not None else None
            else:
                self.values[one.key] = _READERS[one.type](one, raw)
        except _Invalid as invalid:
            self.values[one.key] = None
            self.complaints[self.prefix + one.key] = invalid.complaint

    def _rows(self, one: Field, raw: object) -> list[FeelValue]:
        if isinstance(raw, list | tuple) and len(raw) > MOST_ROWS and not (one.readonly or one.disabled):
            raise _Invalid(f"Skriv högst {MOST_ROWS} rader i ”{one.name}”.", f"Write at most {MOST_ROWS} rows in “{one.name}”.")
        rows: list[FeelValue] = []
        for index, row in enumerate(raw if isinstance(raw, list | tuple) else ()):
            around = Layers({"parent": dict(self.values), "i": index + 1}, self._around())
            values, complaints = Level(one.fields, row, around, f"{self.prefix}{one.key}.{index}.").result()
            rows.append(values)
            self.complaints.update(complaints)
        return rows

    def _hidden(self) -> set[str]:
        """Return the ids of the hidden fields; what hides by a hidden field's answer sees null there."""
        hidden: set[str] = set()
        while True:
            shown = {one.key: None for one in _answered(self.components) if one.id in hidden}
            found = set(self._hidden_among(self.components, Layers(shown, self._around()), hidden=False))
            if found <= hidden:
                return hidden
            hidden |= found

    def _hidden_among(self, components: Sequence[Field], around: Mapping[str, FeelValue], *, hidden: bool) -> Iterator[str]:
        conditions = {one.id: one.hide for one in components if one.hide is not None and not hidden}
        values = _evaluate_all(list(conditions.values()), around)
        met = {id_ for id_, value in zip(conditions, values, strict=True) if value is True}
        for one in components:
            gone = hidden or one.id in met
            if gone:
                yield one.id
            if one.type == "group" and not one.key:
                yield from self._hidden_among(one.fields, around, hidden=gone)

    def rule(self, one: Field, name: str) -> Any:  # noqa: ANN401 - what the form says
        """Return what a rule of a field says now."""
        given = one.rules.get(name)
        if isinstance(given, str) and given.lstrip().startswith("="):
            return _evaluate(Value(given), self._around())
        return given

    def _against_rules(self, one: Field, value: FeelValue) -> Complaint | None:
        if value in (None, "", []) or (one.type == "checkbox" and value is False):
            return _missing(one) if self.rule(one, "required") is True else None
        if one.type in CHOICES:
            return self._chosen(one, value)
        for check in (_too_long, _too_large, _unlike):
            complaint = check(one, value, lambda name: self.rule(one, name))
            if complaint is not None:
                return complaint
        return self._passed(one, value)

    def _passed(self, one: Field, value: FeelValue) -> Complaint | None:
        """Complain of a day before today where the form asks for none that has passed; the day of today is still to come."""
        today = self.context.get("today") if one.settings.get("disallowPassedDates") is True else None
        if not isinstance(today, date) or not isinstance(value, date) or _day(value) >= today:
            return None
        return Complaint(
            f"”{one.name}” har redan varit. Skriv i dag eller en senare dag.",
            f"“{one.name}” has already been. Write today or a later day.",
        )

    def _chosen(self, one: Field, value: FeelValue) -> Complaint | None:
        known = {str(choice.value): choice.value for choice in choices(one, self._around())}
        given = value if isinstance(value, list) else [value]
        if any(str(item) not in known for item in given):
            return Complaint(f"Välj något av det som finns i listan för ”{one.name}”.", f"Choose something from the list for “{one.name}”.")
        exact = [known[str(item)] for item in given]
        self.values[one.key] = exact if isinstance(value, list) else exact[0]
        return None


def _missing(one: Field) -> Complaint:
    if one.type in CHOICES:
        return Complaint(f"Välj ett svar på ”{one.name}”.", f"Choose an answer to “{one.name}”.")
    if one.type == "checkbox":
        return Complaint(f"Kryssa i ”{one.name}” för att gå vidare.", f"Tick “{one.name}” to continue.")
    if one.type == "dynamiclist":
        return Complaint(f"Lägg till minst en rad under ”{one.name}”.", f"Add at least one row under “{one.name}”.")
    return Complaint(f"Fyll i ”{one.name}”.", f"Fill in “{one.name}”.")


def _too_long(one: Field, value: FeelValue, rule: Callable[[str], Any]) -> Complaint | None:
    if not isinstance(value, str):
        return None
    shortest, longest = rule("minLength"), rule("maxLength")
    if shortest is not None and len(value) < int(shortest):
        return Complaint(f"Skriv minst {shortest} tecken i ”{one.name}”.", f"Write at least {shortest} characters in “{one.name}”.")
    if longest is not None and len(value) > int(longest):
        return Complaint(
            f"”{one.name}” får ha högst {longest} tecken, nu {len(value)}. Korta texten.",
            f"“{one.name}” may have at most {longest} characters, now {len(value)}. Shorten the text.",
        )
    return None


def _too_large(one: Field, value: FeelValue, rule: Callable[[str], Any]) -> Complaint | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    least, most, digits = rule("min"), rule("max"), one.settings.get("decimalDigits")
    if least not in (None, "") and value < float(least):
        return Complaint(f"”{one.name}” ska vara minst {least}.", f"“{one.name}” must be at least {least}.")
    if most not in (None, "") and value > float(most):
        return Complaint(f"”{one.name}” ska vara högst {most}.", f"“{one.name}” must be at most {most}.")
    if digits is not None and round(value, int(digits)) != value:
        return Complaint(f"”{one.name}” ska ha högst {digits} decimaler.", f"“{one.name}” must have at most {digits} decimals.")
    return None


def _unlike(one: Field, value: FeelValue, rule: Callable[[str], Any]) -> Complaint | None:
    if not isinstance(value, str):
        return None
    kind = rule("validationType")
    if kind == "email" and not _EMAIL.fullmatch(value):
        return Complaint(f"Skriv ”{one.name}” som namn@exempel.se.", f"Write “{one.name}” as name@example.com.")
    if kind == "phone" and not _PHONE.fullmatch(value):
        return Complaint(f"Skriv ”{one.name}” som 070-123 45 67.", f"Write “{one.name}” as 070-123 45 67.")
    pattern = rule("pattern")
    if not pattern:
        return None
    try:
        fits = regex.search(pattern, value, timeout=PATTERN_SECONDS) is not None
    except TimeoutError:
        fits = False
    if fits:
        return None
    message = rule("patternErrorMessage")
    return Complaint(
        message or f"”{one.name}” har inte den form som formuläret kräver. Kontrollera det du har skrivit.",
        message or f"“{one.name}” is not written the way the form asks for. Check what you wrote.",
    )


def _text(one: Field, raw: object) -> FeelValue:
    text = str(raw).replace("\r\n", "\n").strip() if raw is not None else ""
    if text and one.properties.get("samspel") == "personnummer":
        return _identity(one, text)
    return text or None


def _identity(one: Field, text: str) -> str:
    try:
        return str(personnummer.parse(text).format(long_format=True))
    except personnummer.PersonnummerException as error:
        raise _Invalid(
            f"Skriv ”{one.name}” med tolv siffror, ÅÅÅÅMMDD-NNNN, och kontrollera den sista siffran.",
            f"Write “{one.name}” with twelve digits, YYYYMMDD-NNNN, and check the last digit.",
        ) from error


def _number(one: Field, raw: object) -> FeelValue:
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    text = str(raw).strip().replace("\u2212", "-").replace("\xa0", "").replace(" ", "").replace(",", ".")
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(raw, bool) or not number.is_finite() or abs(number) > feel.LARGEST_INTEGER:
        raise _Invalid(f"Skriv ”{one.name}” som ett tal, till exempel 12 eller 2,5.", f"Write “{one.name}” as a number, for example 12 or 2.5.")
    return int(number) if number == number.to_integral_value() else float(number)


def _moment(one: Field, raw: object) -> FeelValue:
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    try:
        return _MOMENTS[one.subtype](raw)
    except (ValueError, OverflowError) as error:
        example, example_en = _EXAMPLES[one.subtype]
        raise _Invalid(f"Skriv ”{one.name}” som {example}.", f"Write “{one.name}” as {example_en}.") from error


def _day(raw: object) -> date:
    if isinstance(raw, datetime):
        return raw.astimezone(STOCKHOLM).date()
    return raw if isinstance(raw, date) else date.fromisoformat(str(raw).strip())


def _clock_time(raw: object) -> time:
    return raw if isinstance(raw, time) else time.fromisoformat(str(raw).strip().replace(".", ":"))


def _day_and_time(raw: object) -> datetime:
    """A local time without an offset is in Stockholm; one that summer time skips does not exist."""
    given = raw if isinstance(raw, datetime) else datetime.fromisoformat(str(raw).strip())
    if given.tzinfo is not None:
        return given.astimezone(STOCKHOLM)
    local = given.replace(tzinfo=STOCKHOLM)
    if datetime.fromtimestamp(local.timestamp(), STOCKHOLM).replace(tzinfo=None, fold=0) != given.replace(fold=0):
        raise ValueError(raw)
    return local


_MOMENTS: Mapping[str, Callable[[object], FeelValue]] = {"date": _day, "time": _clock_time, "datetime": _day_and_time}
_EXAMPLES = {
    "date": ("ett datum, till exempel 2026-03-31", "a date, for example 2026-03-31"),
    "time": ("ett klockslag, till exempel 13:30", "a time of day, for example 13:30"),
    "datetime": ("dag och klockslag, till exempel 2026-03-31 13:30", "day and time, for example 2026-03-31 13:30"),
}


def _tick(one: Field, raw: object) -> FeelValue:  # noqa: ARG001 - one of the readers
    return raw is True or str(raw).lower() in ("true", "on", "yes", "1")


def _one_of(one: Field, raw: object) -> FeelValue:
    if isinstance(raw, list | tuple | Mapping):
        raise _Invalid(f"Välj ett svar på ”{one.name}”.", f"Choose one answer to “{one.name}”.")
    return raw if raw != "" else None


def _some_of(one: Field, raw: object) -> FeelValue:  # noqa: ARG001 - one of the readers
    if isinstance(raw, list | tuple):
        return list(raw)
    return [raw] if raw not in (None, "") else []


def _files(one: Field, raw: object) -> FeelValue:
    names = raw if isinstance(raw, list | tuple) else [] if raw in (None, "") else [raw]
    if not all(isinstance(name, str) and name for name in names):
        raise _Invalid(f"Välj filer i ”{one.name}”.", f"Choose files in “{one.name}”.")
    return list(names) or None


_READERS: Mapping[str, Callable[[Field, object], FeelValue]] = {
    "textfield": _text,
    "textarea": _text,
    "number": _number,
    "datetime": _moment,
    "checkbox": _tick,
    "checklist": _some_of,
    "taglist": _some_of,
    "radio": _one_of,
    "select": _one_of,
    "filepicker": _files,
}
