"""Who there is to be in the demonstration, under which agreement, and what waits for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from engine.services.directory import Directory, waiting_by_queue
from engine.services.runtime import Runtime
from webui.demo.prepare import known
from webui.house import language


@dataclass(frozen=True)
class Somebody:
    """A person to be."""

    id: str
    name: str
    titles: tuple[str, ...]
    waiting: int
    late: int

    def is_wanted(self, find: str) -> bool:
        """Whether the name or a title has what is searched for."""
        return not find or any(find in text.lower() for text in (self.name, *self.titles))


@dataclass(frozen=True)
class Cast:
    """Everybody at one moment."""

    here: Directory
    waiting: Counter[str]
    late: Counter[str]

    def one(self, person: str) -> Somebody:
        """Return one of them."""
        return Somebody(person, self.here.person(person), self.here.titles(person), self.waiting[person], self.late[person])

    def to_begin_as(self) -> list[tuple[Somebody, str]]:
        """Return a handful with work waiting, each with what to try."""
        return [(self.one(one.person), one.what(language())) for one in known(self.here)]

    def by_agreement(self, find: str, *, late: bool) -> list[tuple[str, list[Somebody]]]:
        """Return everybody who is searched for under each agreement, most work first; those without an agreement are left to the last."""
        able = [self.one(one.id) for one in self.here.organisation.persons if self.here.organisation.can_log_in(one.id, self.here.at)]
        wanted = sorted((one for one in able if one.is_wanted(find) and (one.late or not late)), key=lambda one: (-one.late, -one.waiting, one.name))
        under = {one.id: self._agreements_of(one.id) for one in wanted}
        groups = [(name, [one for one in wanted if id_ in under[one.id]]) for id_, name in self.here.agreements.items()]
        return [(name, persons) for name, persons in (*groups, ("", [one for one in wanted if not under[one.id]])) if persons]

    def _agreements_of(self, person: str) -> Collection[str]:
        """The agreements of somebody's units, or, for who leads them all, those of the party's."""
        organisation, at = self.here.organisation, self.here.at
        units = [unit for id_ in organisation.units_of(person, at) if (unit := organisation.unit(id_))]
        own = {agreement for unit in units for agreement in unit.agreements}
        parties = {unit.party for unit in units}
        return own or {agreement for unit in organisation.units if unit.party in parties for agreement in unit.agreements}


def cast(runtime: Runtime, here: Directory) -> Cast:
    """Return everybody with what waits for them now."""
    return Cast(here, _per_person(here, waiting_by_queue(runtime)), _per_person(here, waiting_by_queue(runtime, here.at)))


def _per_person(here: Directory, counted: Mapping[tuple[str, str], int]) -> Counter[str]:
    found: Counter[str] = Counter()
    for (queue, purpose), count in counted.items():
        found.update(dict.fromkeys(here.persons_of(queue, purpose), count))
    return found
