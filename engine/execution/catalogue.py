"""The closed list of what a service task, a send task or a completed form may make happen.

A drawing names a type in ``zeebe:taskDefinition type`` (inputs by ``ioMapping``) or in a
user task's ``effect`` property (inputs are the form's answers). An unknown type is refused
when the model is checked. ``engine/services/effects.py`` carries each of them out, in the
transaction of the step. docs/modelling.md shows this list to process owners.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class TaskType:
    """One thing that a drawing can make happen."""

    name: str
    sv: str
    """What it does, in a sentence for a process owner."""
    en: str
    required: frozenset[str]
    optional: frozenset[str] = frozenset()


def _type(name: str, sv: str, en: str, required: str = "", optional: str = "") -> TaskType:
    return TaskType(name, sv, en, frozenset(required.split()), frozenset(optional.split()))


_ALL = (
    _type(
        "record_participants",
        "Skriver in de verksamheter och personer som ska vara med i ärendet.",
        "Records the units and persons who take part in the case.",
        "units",
        "persons",
    ),
    _type(
        "record_consent",
        "Sparar ett samtycke eller ett nej: vem, för vilka mottagare, vad det omfattar och hur länge.",
        "Records a consent or a refusal: by whom, for which recipients, its scope and how long.",
        "consents",
    ),
    _type(
        "record_decision",
        "Sparar ett beslut med skäl och vem som fattade det.",
        "Records a decision with its reason and who made it.",
        "decision",
        "reason",
    ),
    _type(
        "record_summons",
        "Sparar kallelsen: tid och plats för mötet.",
        "Records the summons: time and place of the meeting.",
        "meeting_at place",
        "chair remote",
    ),
    _type(
        "record_attendance",
        "Sparar vem som svarat och vem som kom till mötet.",
        "Records who answered and who came to the meeting.",
        "unit",
        "answer attended reason",
    ),
    _type(
        "record_plan",
        "Sparar planen med mål och insatser.",
        "Records the plan with its goals and measures.",
        "plan_type goals measures",
        "needs child_view guardian_view lead_principal follow_up_at follow_up_caller",
    ),
    _type(
        "record_coordinator",
        "Sparar vem som är samordnare från och med nu.",
        "Records who is coordinator from now on.",
        "coordinator",
    ),
    _type(
        "record_signature",
        "Sparar en underskrift: vem, för vem, av vad.",
        "Records a signature: by whom, for whom, on what.",
        "signed",
        "person unit comment",
    ),
    _type(
        "record_evaluation",
        "Sparar en uppföljning: måluppfyllelse, insatsernas läge och barnets och vårdnadshavarens syn.",
        "Records a follow-up: goals reached, state of measures, views of child and guardian.",
        "goals",
        "measures child_view guardian_view decision next_at",
    ),
    _type(
        "record_note",
        "Skriver en rad i ärendets historik.",
        "Writes a line in the history of the case.",
        "text",
    ),
    _type(
        "notify",
        "Lägger ett meddelande enligt mall till en roll i utkorgen.",
        "Puts a message from a template to a role in the outbox.",
        "template to",
        "unit person",
    ),
    _type(
        "send_copy",
        "Ger en verksamhet läsrätt till avvikelsen och lägger ett meddelande om det i utkorgen.",
        "Lets a unit read the deviation and puts a message about it in the outbox.",
        "unit",
        "template",
    ),
    _type(
        "open_deviation",
        "Gör en avvikelserapport färdig att skicka, med det som redan är känt ifyllt. Utan beskrivning görs ingen.",
        "Makes a deviation report ready to send, with what is known filled in. Without a description none is made.",
        "description",
        "unit happened_on reporter proposal",
    ),
    _type(
        "record_deviation",
        "Skriver in avvikelsen i registret: vad som hände, när, vilken verksamhet och vilka chefer den gäller.",
        "Enters the deviation in the register: what happened, when, which unit and which managers it concerns.",
        "description",
        "concerned_unit happened_on proposal concerned",
    ),
    _type(
        "open_dispute",
        "Startar en tvist om ansvar eller kostnad; barnets insatser går vidare.",
        "Starts a dispute over responsibility or cost; the child's measures go on.",
        "kind description",
        "units",
    ),
    _type(
        "revoke_access",
        "Stänger deltagarnas insyn i ärendet från och med nu.",
        "Ends the participants' access to the case from now on.",
        "",
        "unit reason",
    ),
    _type(
        "close_case",
        "Avslutar ärendet.",
        "Closes the case.",
        "outcome",
        "reason",
    ),
)

TASK_TYPES: Mapping[str, TaskType] = MappingProxyType({task_type.name: task_type for task_type in _ALL})
"""Every task type by its name."""
