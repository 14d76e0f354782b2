"""What is wrong with a model file or with a step: the place, what it means and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.errors import Language, SamspelError

Severity = Literal["error", "warning"]


@dataclass(frozen=True, order=True)
class Fault:
    """One thing to mend in one file. An ``error`` stops the release, a ``warning`` does not."""

    file: str
    """The path within the folder, with forward slashes."""
    element_id: str
    """The element, form field or table that it concerns; empty where it is the whole file."""
    element_name: str
    severity: Severity
    code: str
    """A short stable word, for tests and for looking the fault up in docs/modelling.md."""
    sv: str
    en: str
    remedy_sv: str
    remedy_en: str

    def sentence(self, language: Language = "sv") -> str:
        """Return place, fault and remedy in one line."""
        place = f"{self.file}: {self.element_id}" if self.element_id else self.file
        if self.element_name:
            place += f" ”{self.element_name}”"
        if language == "sv":
            return f"{place}: {self.sv} {self.remedy_sv}".rstrip()
        return f"{place}: {self.en} {self.remedy_en}".rstrip()


class ModelsRefused(SamspelError):
    """A folder of models cannot become a release; ``faults`` says why."""

    sv = "Modellerna går inte att köra, {count} fel. Det första: {first}"
    en = "The models cannot run, {count} faults. The first: {first_en}"

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        first = faults[0] if faults else None
        super().__init__(
            count=len(faults),
            first=first.sentence("sv") if first else "",
            first_en=first.sentence("en") if first else "",
        )


class StepFailed(SamspelError):
    """An expression, a decision or a budget stopped the step; nothing of it is kept."""

    sv = "Steget gick inte att ta i {file}, elementet {element} ”{name}”: {reason}"
    en = "The step could not be taken in {file}, element {element} ”{name}”: {reason_en}"

    def __init__(self, *, file: str, element: str, name: str, reason: str, reason_en: str) -> None:
        self.file = file
        self.element = element
        self.name = name
        self.reason = reason
        self.reason_en = reason_en
        super().__init__(file=file, element=element, name=name, reason=reason, reason_en=reason_en)


class NotOpen(SamspelError):
    """The task was completed or cancelled before this."""

    sv = "Uppgiften {task} är inte öppen längre."
    en = "The task {task} is no longer open."


class NotListening(SamspelError):
    """The instance does not wait for the message, or is over."""

    sv = "Ingenting i ärendet väntar på meddelandet {message}."
    en = "Nothing in the instance waits for the message {message}."


class NoSuchProcess(SamspelError):
    """The release holds no process with that id or purpose."""

    sv = "Det finns ingen process {process} bland modellerna."
    en = "There is no process {process} among the models."


@dataclass(frozen=True)
class Vocabulary:
    """The closed lists that the drawings may name. None: not known here, so not checked."""

    roles: frozenset[str] | None = None
    """Case roles for candidateGroups, engine/facts/roles.py."""
    facts: frozenset[str] | None = None
    """Names beside the process data: ``policy``, ``deadlines``, ``case`` ..."""
    policy_keys: frozenset[str] | None = None
    deadline_names: frozenset[str] | None = None
    task_types: frozenset[str] | None = None
    """Effect types; None means those of catalogue.py."""
    templates: frozenset[str] | None = None
    """Notice templates."""
    messages: frozenset[str] | None = None
    """Names of the messages that services send; a message that a drawing throws makes an effect and reaches no process."""
    requirement_ids: frozenset[str] | None = None
