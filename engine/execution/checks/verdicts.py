"""One word for each file: it runs, it is a drawing that lacks something, or it is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from engine.errors import Language
from engine.execution.faults import Fault

LACKS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "not_executable": ("märkning som körbar", "the mark as executable"),
        "subprocess_empty": ("innehåll i delprocesser", "contents of subprocesses"),
        "abstract_task": ("vad slags uppgifter det är", "the kinds of its tasks"),
        "manual_task": ("vem som ser manuella uppgifter", "who sees manual tasks"),
        "task_without_name": ("namn på uppgifter", "names of tasks"),
        "user_task_without_assignment": ("vem som får uppgifter", "who gets tasks"),
        "user_task_without_form": ("formulär", "forms"),
        "task_without_type": ("vad uppgifter får att ske", "what tasks make happen"),
        "rule_without_decision": ("beslutstabell", "a decision table"),
        "call_without_process": ("vilken process som anropas", "which process is called"),
        "receive_without_message": ("meddelanden att vänta på", "messages to wait for"),
        "send_without_message": ("vad som sänds", "what is sent"),
        "timer_empty": ("tider", "times"),
        "flow_without_condition": ("villkor på vägar", "conditions on ways"),
        "repeat_without_collection": ("vad upprepningar går över", "what repetitions go over"),
        "repeat_without_element": ("namn på det som upprepas", "names of what is repeated"),
    }
)
"""What a drawing lacks when the only faults are these, in Swedish and English."""


@dataclass(frozen=True)
class Verdict:
    """What the checks say of one file."""

    file: str
    faults: tuple[Fault, ...]

    @property
    def errors(self) -> tuple[Fault, ...]:
        """The faults that stop a release."""
        return tuple(fault for fault in self.faults if fault.severity == "error")

    @property
    def kind(self) -> Literal["runs", "lacks", "wrong"]:
        """Whether the file runs, is a drawing that lacks something, or is wrong."""
        if not self.errors:
            return "runs"
        return "lacks" if all(fault.code in LACKS for fault in self.errors) else "wrong"

    def sentence(self, language: Language = "sv") -> str:
        """Return the verdict in some words."""
        if self.kind == "runs":
            return "kan köras" if language == "sv" else "runs"
        if self.kind == "wrong":
            count = len(self.errors)
            return f"fel ({count})" if language == "sv" else f"wrong ({count})"
        lacking = dict.fromkeys(LACKS[fault.code][0 if language == "sv" else 1] for fault in self.errors)
        return ("ritning: saknar " if language == "sv" else "a drawing: lacks ") + ", ".join(lacking)
