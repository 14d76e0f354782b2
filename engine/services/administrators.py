"""The first person of an installation: somebody must be able to log in before anybody can be given a login.

There is no role above the others: whoever keeps Samspel runs its commands, and the process owner answers for drawings and incidents.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Collection

from engine.clock import STOCKHOLM
from engine.errors import SamspelError
from engine.services import people
from engine.services.runtime import Runtime

PARTY, UNIT, POST = "samspel", "samspel_office", "samspel_process_owner"
"""The ids of what is made around the first administrator. An organisation file that does not list them leaves them as they are."""
HEADINGS = ("typ", "id", "namn", "tillhör", "slag", "roll", "avtal", "befattning", "person", "användarnamn")


class HasAdministrator(SamspelError):
    """Somebody is process owner already."""

    sv = "Det finns redan en processägare: {names}. Ge ett nytt lösenord med samspel account invite ANVÄNDARNAMN."
    en = "There is a process owner already: {names}. Give a new password with samspel account invite USERNAME."


class UsernameTaken(SamspelError):
    """Somebody else has the user name."""

    sv = "Användarnamnet {username} är {name}s. Välj ett annat med --username, eller ge personen posten som processägare med samspel people import."
    en = "The user name {username} is {name}'s. Choose another with --username, or make the person process owner with samspel people import."


def create_first(runtime: Runtime, name: str, username: str, organisation: str, agreements: Collection[str]) -> None:
    """Make a person, and the post of process owner of these agreements for them, in an installation that has no process owner.

    Raises HasAdministrator, UsernameTaken, and ImportRefused for what an organisation file may not say either.
    """
    at = runtime.clock.now()
    with runtime.database.reading() as session:
        known = runtime.organisation(session)
        owners = known.process_owners(at)
        if owners:
            raise HasAdministrator(names=", ".join(owner.name for owner in map(known.person, owners) if owner))
        other = next((one for one in known.persons if one.login == username), None)
        if other is not None:
            raise UsernameTaken(username=username, name=other.name)
        person = _free_id(username, {one.id for one in known.persons})
    answered_for = " ".join(agreements)
    rows = (
        {"typ": "huvudman", "id": PARTY, "namn": organisation, "slag": "kommun"},
        {"typ": "verksamhet", "id": UNIT, "namn": "Förvaltningen av Samspel", "tillhör": PARTY, "slag": "administration"},
        {"typ": "person", "id": person, "namn": name, "användarnamn": username},
        {"typ": "befattning", "id": POST, "namn": "Processägare", "tillhör": UNIT, "roll": "processägare", "avtal": answered_for},
        {"typ": "innehav", "befattning": POST, "person": person},
    )
    file = io.StringIO()
    writer = csv.DictWriter(file, HEADINGS, restval="", delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    people.apply_import(runtime.database, file.getvalue().encode(), at.astimezone(STOCKHOLM).date())


def _free_id(username: str, taken: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", username).encode("ascii", "ignore").decode()
    first = re.sub(r"[^a-z0-9_.-]+", "_", plain.lower())[:60] or "administrator"
    return next(one for number in range(1, len(taken) + 2) if (one := first if number == 1 else f"{first}{number}") not in taken)
