"""The models as people read them: what each process is for, its steps, forms and tables, and what each agreement says.

Whoever is logged in may read all of it: nothing here is about a case. Texts stand in Swedish with the English beside, where there is any.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Literal

from engine.execution import Fault, Field, Form, Outline, Release, outline
from engine.execution import NoSuchProcess as NoSuchProcess  # noqa: PLC0414 - whoever asks for a process meets it
from engine.execution.catalogue import TASK_TYPES
from engine.execution.dmn import NoSuchDecision
from engine.execution.drawing import Element, ProcessModel
from engine.facts.agreements import RULE_ID, Agreement, Rule
from engine.facts.calendar import local_day
from engine.facts.policy import Choice, DeadlineRow, Policy, PolicyValue, Proposal
from engine.facts.roles import CASE_ROLES
from engine.services import agreements, coverage, incidents, wording
from engine.services.coverage import Mark
from engine.services.incidents import Failure
from engine.services.releases import StoredReleases
from engine.services.runtime import Runtime
from engine.storage.tables import StoredRelease

WORDS = "policy/words.toml"
"""The file of a release that says its policy tables in words."""

_POLICY = WORDS.rpartition("/")[0] + "/"
DOWNLOADED = (".bpmn", ".dmn", ".form")
_QUOTED = re.compile(r'"([^"]*)"')


@dataclass(frozen=True)
class Text:
    """Words of the models in Swedish, with the English where there is one."""

    sv: str
    en: str | None = None


@dataclass(frozen=True)
class Quoted:
    """A rule that something serves, with the words of the document."""

    rule: str
    agreement: str
    """The agreement's id."""
    agreement_name: str
    quote: str


@dataclass(frozen=True)
class Way:
    """Where a step leads."""

    when: tuple[Text, ...]
    """The questions on the way with their answers: "Samtycke? Ja"."""
    element: str
    name: Text


@dataclass(frozen=True)
class Step:
    """One step of a process, as it is drawn."""

    element: str
    name: Text
    kind: str
    """The BPMN tag."""
    lane: Text | None
    container: str | None
    phase: int | None
    roles: tuple[Text, ...]
    """Who gets it, in sentences."""
    form: str | None
    deadline: Text | None
    """What is to be done by a day that an agreement sets, as a sentence goes on after a colon."""
    dated: bool
    """Whether it is due on a day that the case itself says."""
    repeated: bool
    """Whether it is done once for each of several."""
    makes: tuple[Text, ...]
    """What happens by it, in sentences."""
    decision: str | None
    called: str | None
    rules: tuple[Quoted, ...]
    ways: tuple[Way, ...]


@dataclass(frozen=True)
class Asked:
    """One field of a form."""

    label: Text
    type: str
    """As form-js names it; of a ``datetime``: ``date``, ``time`` or ``datetime``."""
    required: bool
    conditional: bool
    """Whether it is asked only in some cases."""
    hint: Text | None
    choices: tuple[Text, ...]
    fields: tuple[Asked, ...]
    """Of a group, or of each row of a list."""


@dataclass(frozen=True)
class Sheet:
    """A form of a process."""

    id: str
    file: str
    fields: tuple[Asked, ...]


@dataclass(frozen=True)
class TableRow:
    """One row of a decision table."""

    cells: tuple[Text, ...]
    note: Text | None
    rules: tuple[str, ...]


@dataclass(frozen=True)
class DecisionTable:
    """A decision that a process asks for."""

    id: str
    name: Text
    about: Text | None
    file: str
    first_hit: bool
    """Whether the first row that fits counts."""
    heads: tuple[Text, ...]
    answers: int
    """How many of the heads, counted from the last, are answers."""
    rows: tuple[TableRow, ...]


@dataclass(frozen=True)
class Summary:
    """One process in the list."""

    id: str
    name: Text
    about: Text | None
    purpose: str | None
    steps: int
    callers: tuple[tuple[str, Text], ...]
    """The processes that call it, by id."""


@dataclass(frozen=True)
class ProcessSheet:
    """One process with all that belongs to it."""

    summary: Summary
    file: str
    phases: tuple[Text, ...]
    steps: tuple[Step, ...]
    """In the order of the flow."""
    forms: tuple[Sheet, ...]
    decisions: tuple[DecisionTable, ...]
    called: tuple[tuple[str, Text], ...]
    rules: tuple[Quoted, ...]
    """That the process as a whole serves."""


@dataclass(frozen=True)
class InUse:
    """The release under which new cases begin."""

    hash: str
    since: datetime | None
    """None where the database does not keep it."""


@dataclass(frozen=True)
class Set:
    """What one key of the policy tables is in an agreement."""

    key: str
    meaning: Text
    state: Literal["value", "no_rule", "unset"]
    words: tuple[Text, ...]
    """The value in words; several where it is a list."""
    entry: PolicyValue | None
    proposal: Text | None
    """What the project proposes for what is open; it never counts."""
    proposal_why: str | None
    needed: bool
    """Whether a case does not start without it."""


@dataclass(frozen=True)
class Served:
    """Something that serves a rule."""

    kind: Literal["step", "table", "form", "agreement", "code"]
    process: str | None
    element: str | None
    name: Text


@dataclass(frozen=True)
class RuleSheet:
    """One rule with what serves it."""

    rule: Rule
    served: tuple[Served, ...]


@dataclass(frozen=True)
class AgreementSheet:
    """What one agreement says."""

    agreement: Agreement
    on: date
    values: tuple[Set, ...]
    deadlines: tuple[tuple[Text, Text], ...]
    """What is to be done, and within how many days of what kind; only those for which the agreement has a rule."""
    rules: tuple[RuleSheet, ...]
    files: tuple[str, ...]
    """The tables that the numbers and choices stand in, to download."""

    @property
    def unset(self) -> tuple[Set, ...]:
        """What a case needs and nobody has decided."""
        return tuple(one for one in self.values if one.state == "unset" and one.needed)


@dataclass(frozen=True)
class OwnersView:
    """What a process owner sees beside the models."""

    refused: tuple[Fault, ...]
    """Why the folder's models were not taken, where the last good release runs in their place."""
    incidents: tuple[Failure, ...]


def in_use(runtime: Runtime) -> InUse:
    """Return which release new cases begin under, and since when."""
    active = runtime.releases.active
    with runtime.database.reading() as session:
        row = session.get(StoredRelease, active.hash)
        return InUse(active.hash, row.stored_at if row is not None else None)


def processes(runtime: Runtime) -> tuple[Summary, ...]:
    """Return the processes: those that are started first, each followed by those that it calls."""
    release = runtime.releases.active
    order: dict[str, None] = {}

    def add(process: str) -> None:
        order.setdefault(process)
        for called in _called(release.process(process)):
            add(called)

    for model in sorted(release.processes.values(), key=lambda model: _PURPOSES.index(model.purpose or "")):
        add(model.id)
    return tuple(_summary(release, release.process(process)) for process in order)


def process(runtime: Runtime, process_id: str) -> ProcessSheet:
    """Return one process of the release in use with its steps, forms and tables. Raises ``NoSuchProcess``."""
    return _sheet(runtime.releases.active, process_id, local_day(runtime.clock.now()))


def known_agreements(runtime: Runtime) -> Mapping[str, Agreement]:
    """Return the agreements of the release in use by id."""
    return agreements.of_release(runtime.releases.active)


def agreement(runtime: Runtime, agreement_id: str) -> AgreementSheet:
    """Return what an agreement of the release in use says today, with what serves each rule. Raises ``NoSuchAgreement``."""
    return _agreement(runtime.releases.active, agreement_id, local_day(runtime.clock.now()))


def file(runtime: Runtime, path: str) -> bytes | None:
    """Return a drawing, table or form of the release in use as it is, or none."""
    return runtime.releases.active.files.get(path) if path.endswith(DOWNLOADED) else None


def owners_view(runtime: Runtime, person: str) -> OwnersView | None:
    """Return what a process owner sees of the models' faults and of steps that failed; none for everybody else."""
    with runtime.database.reading() as session:
        if person not in runtime.organisation(session).process_owners(runtime.clock.now()):
            return None
    refused = runtime.releases.refused if isinstance(runtime.releases, StoredReleases) else None
    return OwnersView(refused.faults if refused is not None else (), tuple(incidents.open_incidents(runtime, person)))


_PURPOSES = ("case", "deviation", "dispute", "")


def _called(model: ProcessModel) -> Iterator[str]:
    yield from dict.fromkeys(element.called for element in model.elements.values() if element.called is not None)


def _summary(release: Release, model: ProcessModel) -> Summary:
    english = wording.of_drawings(release)
    callers = (one for one in release.processes.values() if model.id in _called(one))
    return Summary(
        id=model.id,
        name=_name(release, model.id),
        about=Text(model.documentation, english.get(f"{model.id}.documentation")) if model.documentation else None,
        purpose=model.purpose,
        steps=sum(_is_step(element) for element in model.elements.values()),
        callers=tuple((caller.id, _name(release, caller.id)) for caller in callers),
    )


def _name(release: Release, process_id: str) -> Text:
    return Text(release.process(process_id).name, wording.of_drawings(release).get(process_id))


def _is_step(element: Element) -> bool:
    return not element.kind.endswith("Gateway")


@lru_cache(maxsize=64)
def _sheet(release: Release, process_id: str, on: date) -> ProcessSheet:
    model, outlined = release.process(process_id), outline(release, process_id)
    english = wording.of_drawings(release)
    steps = [_step(release, model, element, outlined, on) for element in outlined.order if _is_step(element)]
    forms = dict.fromkeys(step.form for step in steps if step.form is not None)
    asked = dict.fromkeys(step.decision for step in steps if step.decision is not None)
    return ProcessSheet(
        summary=_summary(release, model),
        file=model.file,
        phases=tuple(Text(phase.name, english.get(f"{phase.element}.phase")) for phase in outlined.phases),
        steps=tuple(steps),
        forms=tuple(_form(release, release.forms[form]) for form in forms if form in release.forms),
        decisions=tuple(table for decision in asked for table in _tables(release, decision)),
        called=tuple((called, _name(release, called)) for called in _called(model)),
        rules=tuple(_quoted(release, model.properties.get("requirement", "").split())),
    )


def _step(release: Release, model: ProcessModel, element: Element, outlined: Outline, on: date) -> Step:
    english = wording.of_drawings(release)
    lanes = wording.of_lanes(release, model.id)
    due = element.due_date.deadline if element.due_date is not None else None
    return Step(
        element=element.id,
        name=Text(element.name, english.get(element.id)),
        kind=element.kind,
        lane=Text(element.lane, lanes.get(element.lane)) if element.lane else None,
        container=element.container,
        phase=outlined.phase_of.get(element.id),
        roles=tuple(_roles(element)),
        form=element.form,
        deadline=_deadline(release, due, on) if due is not None else None,
        dated=element.due_date is not None and due is None,
        repeated=element.loop is not None,
        makes=tuple(
            Text(TASK_TYPES[kind].sv, TASK_TYPES[kind].en) for kind in (*element.effects, *filter(None, [element.task_type])) if kind in TASK_TYPES
        ),
        decision=element.decision,
        called=element.called,
        rules=tuple(_quoted(release, element.requirement)),
        ways=tuple(_ways(model, element, english)),
    )


def _roles(element: Element) -> Iterator[Text]:
    """Yield who gets a task: its role, or every role that its expression names."""
    if element.role is None:
        return
    names = _QUOTED.findall(element.role.text) if element.role.is_feel else [element.role.text]
    for name in dict.fromkeys(names):
        if name in CASE_ROLES:
            yield Text(CASE_ROLES[name].sv, CASE_ROLES[name].en)


def _deadline(release: Release, name: str, on: date) -> Text | None:
    rows = (agreements.policy(release, one, on).deadlines.get(name) for one in agreements.of_release(release))
    return next((Text(row.sv, row.en) for row in rows if row is not None), None)


def _ways(model: ProcessModel, element: Element, english: Mapping[str, str]) -> Iterator[Way]:
    """Yield where an element leads, past the gateways after it."""
    seen = {element.id}
    waiting: list[tuple[str, tuple[Text, ...]]] = [(element.id, ())]
    while waiting:
        here, when = waiting.pop(0)
        question = model.elements[here]
        for flow in model.outgoing(here):
            target = model.elements.get(flow.target)
            if target is None:
                continue
            answered = when
            if flow.name:
                en = (english.get(question.id), english.get(flow.id))
                answered = (*when, Text(f"{question.name} {flow.name}".strip(), " ".join(filter(None, en)) or None))
            if _is_step(target):
                yield Way(answered, target.id, Text(target.name, english.get(target.id)))
            elif target.id not in seen:
                seen.add(target.id)
                waiting.append((target.id, answered))


@lru_cache(maxsize=16)
def _rules(release: Release) -> Mapping[str, Quoted]:
    known = agreements.of_release(release).values()
    return {rule.id: Quoted(rule.id, one.id, one.name, rule.quote) for one in known for rule in one.rules}


def _quoted(release: Release, ids: Iterable[str]) -> Iterator[Quoted]:
    known = _rules(release)
    yield from (known[rule] for rule in ids if rule in known)


def _form(release: Release, form: Form) -> Sheet:
    english = wording.in_form(release, form.id)
    return Sheet(form.id, form.file, tuple(_asked(form.components, english, "")))


def _asked(fields: Sequence[Field], english: Mapping[str, str], within: str) -> Iterator[Asked]:
    """Yield the fields that ask something, and the groups around them."""
    for field in fields:
        place = within + str(field.settings.get("path") or field.key or field.id)
        inner = tuple(_asked(field.fields, english, f"{place}."))
        if not inner and not field.key:
            continue
        yield Asked(
            label=Text(field.name, english.get(place)),
            type=field.subtype if field.type == "datetime" and field.subtype else field.type,
            required=field.required,
            conditional=field.hide is not None,
            hint=Text(field.description, english.get(f"{place}.description")) if field.description else None,
            choices=tuple(Text(choice.label, english.get(f"{place}={choice.value}")) for choice in field.choices),
            fields=inner,
        )


def _tables(release: Release, decision: str) -> Iterator[DecisionTable]:
    """Yield the tables of a decision in words; nothing for one that is written as an expression."""
    try:
        node = release.decisions.node(decision)
    except NoSuchDecision:
        return
    english, words = wording.of_drawings(release), _words(release)
    for table in node.tables:
        keys = [column.expression for column in table.inputs]
        heads = [Text(column.label or column.expression, english.get(column.id)) for column in table.inputs]
        heads += [Text(column.label, english.get(column.id)) for column in table.outputs]
        rows = []
        for row in table.rules:
            cells = [_cell(cell, words, key) for cell, key in zip(row.tests, keys, strict=False)]
            cells += [_cell(cell, words, column.name) for cell, column in zip(row.outputs, table.outputs, strict=False)]
            note = row.annotations.get("description")
            named = [rule for said in row.annotations.values() for rule in RULE_ID.findall(said)]
            rows.append(TableRow(tuple(cells), Text(note, english.get(f"{row.id}.description")) if note else None, tuple(named)))
        yield DecisionTable(
            id=node.id,
            name=Text(node.name, english.get(node.id)),
            about=Text(node.description, english.get(f"{node.id}.description")) if node.description else None,
            file=node.file,
            first_hit=table.hit_policy == "FIRST",
            heads=tuple(heads),
            answers=len(table.outputs),
            rows=tuple(rows),
        )


_SIGNS = {">=": ("minst", "at least"), "<=": ("högst", "at most"), ">": ("mer än", "more than"), "<": ("mindre än", "less than")}
_PLAIN = {
    "-": Text("oavsett", "any"),
    "": Text("oavsett", "any"),
    "true": Text("ja", "yes"),
    "false": Text("nej", "no"),
    "null": Text("inget", "nothing"),
}


def _cell(cell: str, words: Mapping[str, Any], key: str) -> Text:
    """Say a cell in words, where there are any; else as it is written."""
    text = cell.strip()
    if text in _PLAIN:
        return _PLAIN[text]
    sign, _, number = text.partition(" ")
    if sign in _SIGNS and number:
        sv, en = _SIGNS[sign]
        return Text(f"{sv} {number}", f"{en} {number}")
    if text.startswith('"') and text.endswith('"'):
        values = [_value(words, key, value) for value in _QUOTED.findall(text)]
        return Text(" / ".join(one.sv for one in values), " / ".join(one.en or one.sv for one in values))
    return Text(text, text)


@lru_cache(maxsize=4)
def _words(release: Release) -> Mapping[str, Any]:
    """Return the words of the policy tables; none where the release has no such file or it cannot be read."""
    try:
        return tomllib.loads(release.files[WORDS].decode())
    except (KeyError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}


def _value(words: Mapping[str, Any], key: str, value: object) -> Text:
    """Say one value of a key."""
    if isinstance(value, bool):
        return Text("Ja", "Yes") if value else Text("Nej", "No")
    said = words.get("value", {}).get(key, {}).get(str(value))
    if said is not None:
        return Text(said["sv"], said["en"])
    unit = words.get("unit", {}).get(key)
    return Text(f"{value} {unit['sv']}", f"{value} {unit['en']}") if unit is not None else Text(str(value))


@lru_cache(maxsize=32)
def _agreement(release: Release, agreement_id: str, on: date) -> AgreementSheet:
    known = agreements.agreement(release, agreement_id)
    held = agreements.policy(release, agreement_id, on)
    needed = agreements.needed_keys(release, agreement_id, on)
    values = tuple(_set(release, held, choice, choice.key in needed) for choice in agreements.choices(release, agreement_id))
    marks = coverage.marks(release)
    return AgreementSheet(
        agreement=known,
        on=on,
        values=values,
        deadlines=tuple(_timed(_words(release), held)),
        rules=tuple(RuleSheet(rule, tuple(_served(release, marks.get(rule.id, ())))) for rule in known.rules),
        files=tuple(path for path in release.files if path.startswith(_POLICY) and path.endswith(".dmn")),
    )


def _set(release: Release, held: Policy, choice: Choice, needed: bool) -> Set:  # noqa: FBT001 - one of the columns of a row
    words = _words(release)
    entry, proposal = held.entries.get(choice.key), held.proposals.get(choice.key)
    open_ = entry is None
    return Set(
        key=choice.key,
        meaning=Text(choice.meaning, words.get("meaning", {}).get(choice.key)),
        state="unset" if entry is None else "no_rule" if entry.no_rule else "value",
        words=_said(words, choice.key, entry.value) if entry is not None and not entry.no_rule else (),
        entry=entry,
        proposal=_proposed(words, proposal) if open_ and proposal is not None else None,
        proposal_why=proposal.why if open_ and proposal is not None else None,
        needed=needed,
    )


def _said(words: Mapping[str, Any], key: str, value: object) -> tuple[Text, ...]:
    return tuple(_value(words, key, one) for one in (value if isinstance(value, list | tuple) else [value]))


def _proposed(words: Mapping[str, Any], proposal: Proposal) -> Text:
    said = _said(words, proposal.key, proposal.value)
    return Text(", ".join(one.sv for one in said), ", ".join(one.en or one.sv for one in said))


def _timed(words: Mapping[str, Any], held: Policy) -> Iterator[tuple[Text, Text]]:
    """Yield each deadline that the agreement has days for, in words."""
    for row in held.deadlines.values():
        days = _read(held, row.days)
        if days is not None:
            yield Text(row.sv, row.en), _days(words, held, row, days)


def _days(words: Mapping[str, Any], held: Policy, row: DeadlineRow, days: object) -> Text:
    kind = _read(held, row.day_kind)
    working = kind == "working"
    sv, en = ("arbetsdagar", "working days") if working else ("kalenderdagar", "calendar days")
    start = _read(held, row.start)
    of = held.deadlines.get(str(row.start).removeprefix("deadlines."))
    if of is not None:
        after = Text(f"före den dag då {of.sv}", f"before the day on which {of.en}")
    else:
        milestone = _value(words, "clock_start", start)
        known = start in words.get("value", {}).get("clock_start", {})
        after = Text(f"räknat: {milestone.sv.lower()}", f"counted: {(milestone.en or '').lower()}") if known else Text("", "")
    return Text(f"{days} {sv} {after.sv}".strip(), f"{days} {en} {after.en}".strip())


def _read(held: Policy, cell: object) -> object:
    """Return what a cell of the deadlines says, through the policy where it names a key."""
    return held.values.get(cell.removeprefix("policy.")) if isinstance(cell, str) and cell.startswith("policy.") else cell


def _served(release: Release, marks: Sequence[Mark]) -> Iterator[Served]:
    english, by_file = wording.of_drawings(release), {model.file: model for model in release.processes.values()}
    for mark in marks:
        file_, _, at = mark.place.partition("#")
        model = by_file.get(file_)
        if mark.kind == "element" and model is not None:
            element = model.elements.get(at)
            step = element is None or _is_step(element)
            name = Text(element.name, english.get(at)) if element is not None else _name(release, model.id)
            yield Served("step", model.id, at if element is not None and step else None, name if name.sv else _name(release, model.id))
        elif mark.kind == "row":
            yield Served("table", None, None, Text(file_))
        elif mark.kind == "form":
            yield Served("form", None, None, Text(file_))
        else:
            yield Served("agreement" if mark.kind == "agreement" else "code", None, None, Text(at))
