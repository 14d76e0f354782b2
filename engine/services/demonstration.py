"""An invented organisation under any of the agreements: for the demonstration, the simulator and tests.

Every name is made up and every identity number is one that Skatteverket sets aside for tests, so that nothing here can be
taken for somebody real. The same agreements always give the same organisation.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import count
from pathlib import Path

from engine.facts.agreements import Agreement
from engine.facts.agreements import Unit as UnitKind
from engine.facts.organisation import (
    Assignment,
    Deputy,
    Member,
    Organisation,
    Party,
    Person,
    Position,
    PositionRole,
    SteeringGroup,
    Unit,
)
from engine.services.cases import NewChild
from engine.services.people import apply_import, load_organisation, store_organisation
from engine.services.releases import DEMONSTRATION
from engine.services.releases import STORIES as STORIES_FOLDER
from engine.shipped import processes_folder
from engine.storage.database import Database

STORIES = processes_folder() / DEMONSTRATION / STORIES_FOLDER
"""Who there is in the demonstration, and what has happened: written to be read."""
LONG_AGO = timedelta(days=800)
"""Before the demonstration's oldest case."""
LATELY = timedelta(days=3)

_FIRST = str.split(
    "Maja Elis Tuva Nils Signe Arvid Freja Olle Ebba Axel Saga Viggo Alva Hugo Inez Melker Lova Sixten Edith Folke "
    "Amina Yusuf Leila Samir Ronja Isak Thea Ludvig Märta Einar Siri Vidar Elsa"
)
_LAST = str.split(
    "Exempelsson Provdal Påhittén Sagberg Modellund Testgård Fiktén Skissmo Utkastad Mallström Provhed Övingsson "
    "Låtsasby Tänkvall Ritberg Uppdikt Skenmark Prövell Kulissén Attrapp Scenblad Sagolin Dikterud Mönstergren "
    "Försökman Stubbdal Planritz Figurell Rollgård"
)
"""33 first and 29 last names: without a common factor, so 957 different persons."""

FIRST_NUMBER, NUMBERS = 5, 95
"""070-174 06 05 to 99: telephone numbers that PTS has set aside for fiction."""

_LEADERS = {
    "school": "Rektor",
    "preschool": "Rektor förskola",
    "primary_care": "Verksamhetschef vårdcentral",
    "paediatrics": "Verksamhetschef",
    "police": "Gruppchef",
}
_AREAS = {
    "education": ("school", "preschool", "pupil_health", "leisure"),
    "social": ("social_authority", "social_advice", "lss", "family_centre"),
}
_AREA_NAMES = {"education": "Utbildning", "social": "Socialtjänst", "health": "Hälso- och sjukvård"}
_STATE = ("staten", "Staten")


def invent(agreements: Iterable[Agreement]) -> Organisation:
    """Return an organisation in which every party of the agreements has its units, staff, managers and groups.

    Units that two agreements name for the same party are one. Some posts are vacant and some have deputies, as in life.
    """
    inventor = _Inventor()
    for agreement in agreements:
        inventor.agreement(agreement)
    return inventor.organisation()


def populate(database: Database, agreements: Iterable[Agreement]) -> Organisation:
    """Write the invented organisation into an empty database, and return it."""
    organisation = invent(agreements)
    store_organisation(database, organisation)
    return organisation


def settle(database: Database, on: date, folder: Path = STORIES) -> Organisation:
    """Import the demonstration's people into an empty database as an operator would, and return who is there.

    They have been there for long; whoever stands in for somebody has done so for a few days only. Raises ImportRefused.
    """
    apply_import(database, (folder / "people.csv").read_bytes(), on - LONG_AGO)
    apply_import(database, (folder / "deputies.csv").read_bytes(), on - LATELY)
    with database.reading() as session:
        return load_organisation(session)


def invent_child(chance: random.Random, on: date, oldest: int, municipality: str | None = None) -> NewChild:
    """Return a made-up child who is between one and ``oldest`` years on a day, with a test number as identity number."""
    name = f"{chance.choice(_FIRST)} {chance.choice(_LAST)}"
    days = chance.randrange(366, max((oldest + 1) * 365 - 30, 400))
    birth = on - timedelta(days=days)
    return NewChild(name, birth, test_number(birth, chance.choice((238, 239))), municipality)


def test_number(birth: date, serial: int) -> str:
    """Return a personnummer that nobody can have: 238 and 239 are set aside by Skatteverket for tests."""
    digits = f"{birth:%y%m%d}{serial}"
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(digits)]
    check = -sum(number // 10 + number % 10 for number in doubled) % 10
    return f"{birth:%Y%m%d}-{serial}{check}"


@dataclass
class _Inventor:
    parties: dict[str, Party] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    persons: list[Person] = field(default_factory=list)
    positions: dict[str, Position] = field(default_factory=dict)
    assignments: list[Assignment] = field(default_factory=list)
    deputyships: list[Deputy] = field(default_factory=list)
    groups: list[SteeringGroup] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)

    def organisation(self) -> Organisation:
        """Everything that was invented."""
        return Organisation(
            parties=tuple(self.parties.values()),
            units=tuple(self.units.values()),
            persons=tuple(self.persons),
            positions=tuple(self.positions.values()),
            assignments=tuple(self.assignments),
            deputyships=tuple(self.deputyships),
            groups=tuple(self.groups),
            members=tuple(self.members),
        )

    def agreement(self, agreement: Agreement) -> None:
        """Invent what one agreement needs beside what is there."""
        parties = [self.party(party.code, party.name, party.kind) for party in agreement.parties]
        for kind in agreement.units:
            for party in self.runners(kind, parties):
                self.unit(agreement.id, kind, party)
        first = parties[0]
        owner = f"{first.id}_process_owner"
        if owner not in self.positions:
            self.post(owner, f"{first.id}_office", "Processägare", "process_owner", f"{first.id}_director")
        self.positions[owner] = replace(self.positions[owner], agreements=(*self.positions[owner].agreements, agreement.id))
        for group in agreement.groups:
            if group.kind == "steering":
                self.steering_group(agreement.id, group.code, group.name, parties)

    def runners(self, kind: UnitKind, parties: Iterable[Party]) -> list[Party]:
        """The parties that have a unit of this kind; the state stands beside the agreement."""
        if kind.party_kind == "state":
            return [self.party(*_STATE, "state")]
        return [party for party in parties if (party.id == kind.party if kind.party else party.kind == kind.party_kind)]

    def party(self, code: str, name: str, kind: str) -> Party:
        """A party with its director, once."""
        if code not in self.parties:
            self.parties[code] = Party(code, name, kind)
            office = Unit(f"{code}_office", code, f"Ledningen, {name}", "management")
            self.units[office.id] = office
            self.post(f"{code}_director", office.id, "Förvaltningschef", "management")
        return self.parties[code]

    def area(self, party: Party, kind: str) -> str:
        """The post above the units of a field within a party, once; its id."""
        area = next((area for area, kinds in _AREAS.items() if kind in kinds), "health")
        unit = Unit(f"{party.id}_{area}", party.id, f"{_AREA_NAMES[area]}, {party.name}", "management")
        head = f"{unit.id}_head"
        if unit.id not in self.units:
            self.units[unit.id] = unit
            self.post(head, unit.id, "Verksamhetsområdeschef", "manager", f"{party.id}_director")
        return head

    def unit(self, agreement: str, kind: UnitKind, party: Party) -> None:
        """A unit with its manager and two at work; in every seventh the manager's post is vacant, every fifth manager has a deputy."""
        unit_id = f"{party.id}_{kind.code}"
        if unit_id in self.units:
            known = self.units[unit_id]
            self.units[unit_id] = replace(known, agreements=(*known.agreements, agreement))
            return
        place = sum(unit.party == party.id for unit in self.units.values())
        self.units[unit_id] = Unit(
            unit_id,
            party.id,
            f"{kind.name}, {party.name}",
            kind.kind,
            kind.level,
            kind.age_min,
            kind.age_max,
            f"{unit_id}@example.org",
            (agreement,),
        )
        manager = f"{unit_id}_manager"
        self.post(manager, unit_id, _LEADERS.get(kind.kind, "Enhetschef"), "manager", self.area(party, kind.kind), vacant=place % 7 == 1)
        first, _ = (self.post(f"{unit_id}_staff_{number}", unit_id, "Medarbetare", "staff", manager) for number in (1, 2))
        if place % 5 == 2:  # noqa: PLR2004 - the third of each five
            self.deputyships.append(Deputy(manager, first))

    def post(self, id_: str, unit: str, title: str, role: PositionRole, above: str | None = None, *, vacant: bool = False) -> str:
        """A position and, unless it is vacant, somebody who holds it; their id."""
        self.positions[id_] = Position(id_, unit, title, role, above)
        if vacant:
            return ""
        person = self.person()
        self.assignments.append(Assignment(id_, person.id))
        return person.id

    def person(self) -> Person:
        """The next invented person."""
        number = next(self.numbers)
        name = f"{_FIRST[number % len(_FIRST)]} {_LAST[number % len(_LAST)]}"
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower().replace(" ", ".")
        found = Person(plain, name, plain, f"{plain}@example.org", phone=f"070-174 06 {FIRST_NUMBER + number % NUMBERS:02}")
        self.persons.append(found)
        return found

    def steering_group(self, agreement: str, code: str, name: str, parties: Iterable[Party]) -> None:
        """The group that decides, with every party's director and heads of areas; the first party's director leads it."""
        group = SteeringGroup(f"{agreement}_{code}", agreement, name)
        self.groups.append(group)
        for party in parties:
            heads = [f"{unit.id}_head" for unit in self.units.values() if unit.party == party.id and f"{unit.id}_head" in self.positions]
            for post in (f"{party.id}_director", *heads):
                led = any(member.group == group.id for member in self.members)
                self.members.append(Member(group.id, post, role="member" if led else "chair"))
