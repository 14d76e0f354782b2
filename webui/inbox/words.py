"""What the inbox calls roles and kinds of queues."""

from __future__ import annotations

from collections.abc import Mapping

from webui.words import gettext


def whose() -> Mapping[str, str]:
    """Return the three ways to see an inbox, each with its name."""
    return {
        "own": gettext("Bara mitt"),
        "units": gettext("Mina verksamheters"),
        "claimed": gettext("Det jag arbetar med"),
    }


def roles() -> Mapping[str, str]:
    """Return the case roles as one says them, by id (engine/facts/roles.py)."""
    return {
        "initiator": gettext("Den som började"),
        "nearest_manager": gettext("Närmaste chef"),
        "next_manager": gettext("Chef på nästa nivå"),
        "management_level": gettext("Ledningen"),
        "chair": gettext("Mötesledare"),
        "coordinator": gettext("Samordnare"),
        "invited_unit": gettext("Kallad verksamhet"),
        "concerned_unit": gettext("Verksamhet som en avvikelse gäller"),
        "participant": gettext("Deltagare"),
        "guardian": gettext("Vårdnadshavare"),
        "young_person": gettext("Barnet eller den unge"),
        "steering_group": gettext("Styrgrupp"),
        "process_owner": gettext("Processägare"),
    }
