"""The history of a case in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.services.directory import Directory
from engine.services.history import Row
from webui.language import element_name
from webui.words import gettext

UNTOLD = frozenset({"read", "opened", "timers fired"})
"""What stands in the history and not on the page: who read it is for the reviewer, what was opened is seen where it is done."""


@dataclass(frozen=True)
class Told:
    """One thing that happened."""

    at: datetime
    what: str
    who: str
    """Empty where the clock did it."""
    for_whom: str
    rules: tuple[str, ...]


def told(rows: Sequence[Row], names: Directory) -> list[Told]:
    """Return what happened, the newest first."""
    return list(_told(rows, names))[::-1]


def _told(rows: Sequence[Row], names: Directory) -> Iterator[Told]:
    for row in rows:
        if row.kind not in UNTOLD and (what := _words(row)):
            yield Told(row.at, what, names.person(row.by), names.person(row.for_whom), row.rules)


def _words(row: Row) -> str:
    name = element_name(row.element, row.name)
    sentences = {
        "started": gettext("Ärendet eller en del av det började"),
        "ended": gettext("En del av ärendet avslutades"),
        "completed": gettext("Klart: %(name)s", name=name),
        "claimed": gettext("Började arbeta med: %(name)s", name=name),
        "released": gettext("Lämnade tillbaka: %(name)s", name=name),
        "delegated": gettext("Lämnade över: %(name)s", name=name),
        "taken back": gettext("Tog tillbaka: %(name)s", name=name),
        "cancelled": gettext("Behövs inte längre: %(name)s", name=name),
        "consent withdrawn": gettext("Ett samtycke återkallades"),
        "message": gettext("Ett besked kom till ärendet"),
        "incident": gettext("Ett fel stoppade: %(name)s", name=name),
        "record_participants": gettext("Deltagare fick insyn i ärendet"),
        "record_consent": gettext("Samtycke antecknades"),
        "record_decision": gettext("Beslut antecknades"),
        "record_summons": gettext("Kallelse antecknades"),
        "record_attendance": gettext("Närvaro antecknades"),
        "record_plan": gettext("Planen sparades"),
        "record_coordinator": gettext("Samordnare utsågs"),
        "record_signature": gettext("En underskrift antecknades"),
        "record_evaluation": gettext("En uppföljning antecknades"),
        "record_note": gettext("En anteckning gjordes"),
        "record_deviation": gettext("En avvikelse antecknades"),
        "notify": gettext("Ett meddelande skickades"),
        "send_copy": gettext("En kopia skickades"),
        "open_deviation": gettext("En avvikelse började"),
        "open_dispute": gettext("En tvist började"),
        "revoke_access": gettext("Insynen i ärendet stängdes"),
        "close_case": gettext("Ärendet avslutades"),
    }
    return sentences.get(row.kind, "")
