"""What a deviation's levels and ends are called, and what was answered on its way, ready for a template."""

from __future__ import annotations

from datetime import datetime

from engine.clock import STOCKHOLM
from engine.services.ladders import Rung
from engine.services.sheets import Line
from webui import dates
from webui.language import form_words
from webui.task.sheet import Sheet
from webui.words import gettext


def level_name(role: str) -> str:
    """Return what a level of the ladder is called, from the case role that has it."""
    return {
        "initiator": gettext("Rapportör"),
        "nearest_manager": gettext("Närmaste chef"),
        "next_manager": gettext("Nästa chefsnivå"),
        "management_level": gettext("Ledning"),
        "steering_group": gettext("Styrgrupp"),
        "process_owner": gettext("Processägare"),
        "concerned_unit": gettext("Verksamheten som det gäller"),
    }.get(role, "")


def outcome_name(status: str) -> str:
    """Return how a deviation or dispute stands, from its register."""
    return {
        "open": gettext("Pågår"),
        "resolved": gettext("Löst"),
        "no_action": gettext("Ingen åtgärd behövdes"),
        "agreed": gettext("Överens"),
        "decided": gettext("Beslutad"),
        "withdrawn": gettext("Återtagen"),
    }.get(status, gettext("Avslutad"))


def purpose_name(purpose: str) -> str:
    """Return what a deputyship may be limited to."""
    return {"case": gettext("ärenden"), "deviation": gettext("avvikelser"), "dispute": gettext("tvister")}.get(purpose, purpose)


def kind_name(kind: str) -> str:
    """Return what a dispute is about."""
    return gettext("Vem betalar?") if kind == "cost" else gettext("Vem har ansvaret?")


def answers(rung: Rung) -> list[tuple[str, str]]:
    """Return what somebody answered in a task: question and answer, in the language of the page."""
    sheet = Sheet(rung.lines, form_words(rung.form) if rung.form else {}, {})
    return [(sheet.label(line), text) for line in rung.lines if (text := _moment(line) or sheet.shown(line))]


def _moment(line: Line) -> str:
    """Return an answer that is a day, or a day and a time, as one says it; answers are kept as ISO text."""
    if line.field.type != "datetime" or not isinstance(line.value, str):
        return ""
    try:
        at = datetime.fromisoformat(line.value)
    except ValueError:
        return ""
    if line.field.subtype == "date":
        return dates.day(at.date())
    return dates.moment(at if at.tzinfo else at.replace(tzinfo=STOCKHOLM))
