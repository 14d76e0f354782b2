"""What a drawing may say about who gets a task: the closed list of case roles, and the queue that each means.

A role is resolved when the task opens. Where the way is missing the task goes to the process owner with the reason,
never to somebody who might be right (003-22).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar, Literal

from engine.errors import SamspelError
from engine.facts.organisation import Organisation, Position, Purpose, Queue, SteeringGroup, process_owner_of


@dataclass(frozen=True)
class CaseRole:
    """One role that lanes and candidateGroups may name."""

    name: str
    sv: str
    """Who it is, in a sentence for a process owner."""
    en: str


_ALL = (
    CaseRole(
        "initiator", "Den som tog upp behovet, rapporterade avvikelsen eller tvisten.", "Whoever raised the need, the deviation or the dispute."
    ),
    CaseRole(
        "nearest_manager",
        "Den närmaste chefen för uppgiftens verksamhet, annars för den som började; vakanta tjänster utan ersättare "
        "och chefer som avvikelsen gäller hoppas över uppåt.",
        "The nearest manager of the task's unit, else of the initiator; vacant posts without a deputy and managers "
        "whom the deviation concerns are skipped upward.",
    ),
    CaseRole(
        "next_manager",
        "Chefen på nivån ovanför den närmaste chefen; säger uppgiften level, chefen på den nivån (1 är den närmaste).",
        "The manager on the level above the nearest manager; where the task says level, the manager on that level (1 is the nearest).",
    ),
    CaseRole("management_level", "Partens ledningsnivå, överst i chefslinjen.", "The party's management, at the top of the line."),
    CaseRole(
        "chair",
        "Den som leder mötet: den som valts, annars den som avtalet pekar ut.",
        "Whoever leads the meeting: the one chosen, else the one that the agreement names.",
    ),
    CaseRole(
        "coordinator",
        "Ärendets samordnare; när ingen är utsedd den närmaste chefen.",
        "The coordinator of the case; while there is none, the nearest manager.",
    ),
    CaseRole("invited_unit", "Den verksamhet som uppgiften gäller och som är kallad.", "The unit that the task is about and that was called."),
    CaseRole("concerned_unit", "Den verksamhet som avvikelsen gäller.", "The unit that the deviation concerns."),
    CaseRole(
        "participant",
        "Den person eller verksamhet som uppgiften gäller och som deltar i ärendet.",
        "The person or unit that the task is about and that takes part in the case.",
    ),
    CaseRole(
        "guardian",
        "Vårdnadshavaren; kan hen inte logga in gör samordnaren, mötesledaren eller den som började det för hens räkning.",
        "The guardian; where they cannot log in, the coordinator, chair or initiator on their behalf.",
    ),
    CaseRole(
        "young_person",
        "Barnet eller den unge; kan hen inte logga in gör samordnaren, mötesledaren eller den som började det för hens räkning.",
        "The child or young person; where they cannot log in, the coordinator, chair or initiator on their behalf.",
    ),
    CaseRole("steering_group", "Avtalets styrgrupp.", "The agreement's steering group."),
    CaseRole("process_owner", "Processägaren, som svarar för ritningar och vägar.", "The process owner, who answers for drawings and routes."),
)

NEXT = 2
"""The level above the nearest manager."""

CASE_ROLES: Mapping[str, CaseRole] = MappingProxyType({role.name: role for role in _ALL})
"""Every case role by its name."""


class RoleUnknown(SamspelError):
    """A drawing names a role that is not in the list."""

    sv: ClassVar[str] = "Rollen {role} finns inte; välj någon av {known}."
    en: ClassVar[str] = "There is no role {role}; choose one of {known}."


@dataclass(frozen=True)
class Participant:
    """Somebody who takes part in the case, as of the beginning of the step."""

    kind: str
    """``unit``, ``staff``, ``guardian``, ``young_person`` or ``close_person``."""
    unit: str | None = None
    person: str | None = None
    name: str | None = None
    role: str = ""
    """A case role."""
    active: bool = True


@dataclass(frozen=True)
class Circumstances:
    """What a role is relative to: the moment, the organisation and the task's place in the case."""

    at: datetime
    organisation: Organisation
    agreement: str
    """The agreement's id."""
    initiator: str
    """Person id of whoever started the instance."""
    initiator_unit: str
    unit: str | None = None
    """The unit that the task is about (the local ``unit``)."""
    person: str | None = None
    """The person that the task is about (the local ``person``)."""
    level: int | None = None
    """Which level of managers ``next_manager`` means (the local ``level``): 1 is the nearest, 2 the next, which it is where none is given."""
    participants: tuple[Participant, ...] = ()
    purpose: Purpose = "case"
    concerned: frozenset[str] = frozenset()
    """Person ids whom the deviation concerns: no manager's task goes to them."""
    barred: frozenset[str] = frozenset()
    """Person ids who may not have a manager's task for another reason: the reporter cannot be the second signature (003-19)."""
    concerned_unit: str | None = None
    """The unit that the deviation concerns."""
    leader: str | None = None
    """The policy ``leader``: ``inviting_unit`` (000-10), ``initiating_actor`` (001-4) or ``chosen``."""
    routed_kinds: frozenset[str] | None = None
    """Unit kinds to which the agreement says how deviations go (003-8); none where it makes no such list."""


Reason = Literal["vacant", "abolished", "concerned", "barred"]

_REASONS: Mapping[Reason, tuple[str, str]] = {
    "vacant": ("tjänsten är vakant och saknar ersättare", "the post is vacant and has no deputy"),
    "abolished": ("tjänsten finns inte den dagen", "the post does not exist on that day"),
    "concerned": ("avvikelsen gäller den som har tjänsten", "the deviation concerns whoever holds it"),
    "barred": ("två olika personer ska underteckna", "two different people must sign"),
}


@dataclass(frozen=True)
class Skipped:
    """A post that was passed over on the way up."""

    position: str
    reason: Reason
    sv: str
    en: str


@dataclass(frozen=True)
class Resolution:
    """Where a task goes, and why."""

    queue: Queue
    sv: str
    """One or more sentences for whoever gets the task."""
    en: str
    skipped: tuple[Skipped, ...] = ()
    missing: bool = False
    """True where no way was found and the process owner has to find one."""
    on_behalf_of: str | None = None
    """Name or person id of the family member for whom it is done."""


def resolve(role: str, circumstances: Circumstances) -> Resolution:
    """Return the queue that a case role means here and now.

    Raises :class:`RoleUnknown` for a role that is not in :data:`CASE_ROLES`.
    """
    if role not in _RULES:
        raise RoleUnknown(role=role, known=", ".join(CASE_ROLES))
    return _RULES[role](circumstances)


def levels(circumstances: Circumstances) -> int:
    """Return how many posts in the line could take a manager's task now: how far a deviation can climb."""
    return len(_Climb(circumstances).usable)


@dataclass
class _Climb:
    """The line above the task's unit, with what can be used of it."""

    here: Circumstances
    usable: list[Position] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def __post_init__(self) -> None:
        for post in self._line():
            reason = self._obstacle(post)
            if reason is None:
                self.usable.append(post)
            else:
                name, (sv, en) = _title(post, self.here.organisation), _REASONS[reason]
                self.skipped.append(Skipped(post.id, reason, f"{name} hoppades över: {sv}.", f"{name} was skipped: {en}."))

    @property
    def unit(self) -> str:
        return self.here.unit or self.here.initiator_unit

    def _line(self) -> tuple[Position, ...]:
        return self.here.organisation.line(self.unit, self.here.at)

    def _obstacle(self, post: Position) -> Reason | None:
        if not post.valid.covers(self.here.at):
            return "abolished"
        acting = self.here.organisation.acting(post.id, self.here.at, self.here.purpose)
        if not acting:
            return "vacant"
        if self.here.concerned.intersection(acting):
            return "concerned"
        return "barred" if self.here.barred.intersection(acting) else None

    def to(self, post: Position, sv: str, en: str) -> Resolution:
        """The post's queue, and the posts below it that were passed."""
        order = [climbed.id for climbed in self._line()]
        passed = tuple(skip for skip in self.skipped if order.index(skip.position) < order.index(post.id))
        title = _title(post, self.here.organisation)
        return Resolution(
            f"position:{post.id}",
            " ".join((f"{sv}: {title}.", *(skip.sv for skip in passed))),
            " ".join((f"{en}: {title}.", *(skip.en for skip in passed))),
            passed,
        )

    def nowhere(self, sv: str, en: str) -> Resolution:
        """The process owner, with what was found missing."""
        return _missing(
            self.here, " ".join((sv, *(skip.sv for skip in self.skipped))), " ".join((en, *(skip.en for skip in self.skipped))), tuple(self.skipped)
        )


def _nearest_manager(here: Circumstances) -> Resolution:
    gap = _unrouted(here)
    if gap:
        return gap
    climb = _Climb(here)
    if not climb.usable:
        name = _unit_name(climb.unit, here.organisation)
        return climb.nowhere(f"Ingen chef kan ta uppgiften för {name}.", f"No manager can take the task for {name}.")
    return climb.to(climb.usable[0], "Närmaste chef", "Nearest manager")


def _next_manager(here: Circumstances) -> Resolution:
    gap = _unrouted(here)
    if gap:
        return gap
    climb, level = _Climb(here), here.level or NEXT
    if not 0 < level <= len(climb.usable):
        name = _unit_name(climb.unit, here.organisation)
        return climb.nowhere(f"Det finns ingen chefsnivå till ovanför {name}.", f"There is no further level of managers above {name}.")
    if level == NEXT:
        return climb.to(climb.usable[1], "Nästa chefsnivå", "Next level of managers")
    return climb.to(climb.usable[level - 1], f"Chefsnivå {level}", f"Managers' level {level}")


def _management_level(here: Circumstances) -> Resolution:
    climb = _Climb(here)
    management = [post for post in climb.usable if post.role == "management"]
    if not management:
        name = _unit_name(climb.unit, here.organisation)
        return climb.nowhere(f"Ledningsnivån för {name} saknas.", f"There is no management level for {name}.")
    return climb.to(management[-1], "Ledningsnivå", "Management level")


def _initiator(here: Circumstances) -> Resolution:
    if here.organisation.can_log_in(here.initiator, here.at):
        return Resolution(f"person:{here.initiator}", "Den som började.", "Whoever started it.")
    return _instead_of(here, "Den som började arbetar inte kvar.", "Whoever started it has left.")


def _chair(here: Circumstances) -> Resolution:
    chosen = next(_active(here, "chair"), None)
    if chosen and chosen.person and here.organisation.can_log_in(chosen.person, here.at):
        return Resolution(f"person:{chosen.person}", "Utsedd mötesledare.", "The chair that was chosen.")
    if chosen and chosen.unit:
        return _to_unit(chosen.unit, here, "Verksamheten leder mötet", "The unit leads the meeting")
    if here.leader == "inviting_unit":
        return _to_unit(here.initiator_unit, here, "Den inbjudande verksamheten leder mötet", "The inviting unit leads the meeting")
    found = _initiator(here)
    if here.leader == "initiating_actor":
        return _explained(found, "Den som tog initiativet leder mötet.", "The initiating actor leads the meeting.")
    return _explained(
        found,
        "Ingen mötesledare är vald; den som började svarar för mötet tills någon väljs.",
        "No chair is chosen; whoever started answers for the meeting until one is.",
    )


def _coordinator(here: Circumstances) -> Resolution:
    chosen = next(_active(here, "coordinator"), None)
    if chosen and chosen.person and here.organisation.can_log_in(chosen.person, here.at):
        return Resolution(f"person:{chosen.person}", "Ärendets samordnare.", "The coordinator of the case.")
    return _instead_of(here, "Ärendet saknar samordnare.", "The case has no coordinator.")


def _invited_unit(here: Circumstances) -> Resolution:
    if here.unit is None:
        return _missing(here, "Uppgiften säger inte vilken verksamhet som är kallad.", "The task does not say which unit was called.")
    return _to_unit(here.unit, here, "Kallad verksamhet", "The unit that was called")


def _concerned_unit(here: Circumstances) -> Resolution:
    unit = here.unit or here.concerned_unit
    if unit is None:
        return _missing(here, "Det är inte angivet vilken verksamhet det gäller.", "It is not said which unit is concerned.")
    return _to_unit(unit, here, "Verksamheten som det gäller", "The unit that is concerned")


def _participant(here: Circumstances) -> Resolution:
    if here.person is not None:
        return _to_person(here.person, here)
    if here.unit is not None:
        return _to_unit(here.unit, here, "Verksamheten deltar i ärendet", "The unit takes part in the case")
    return _missing(here, "Uppgiften säger inte vem av deltagarna den gäller.", "The task does not say which participant it is about.")


def _family(role: str) -> Callable[[Circumstances], Resolution]:
    def rule(here: Circumstances) -> Resolution:
        if here.person is not None:
            return _to_person(here.person, here)
        family = tuple(_active(here, role))
        with_login = [one.person for one in family if one.person and here.organisation.can_log_in(one.person, here.at)]
        if len(family) == 1 and with_login:
            return _to_person(with_login[0], here)
        return _on_behalf(" och ".join(one.name or one.person or "" for one in family) or CASE_ROLES[role].sv.split(";")[0].lower(), here)

    return rule


def _steering_group(here: Circumstances) -> Resolution:
    found = _choose_group(here)
    if found is None:
        return _missing(
            here,
            "Avtalet har ingen styrgrupp som säkert är den rätta.",
            "The agreement has no steering group that is certain to be the right one.",
        )
    if not set(here.organisation.members_of(found.id, here.at, here.purpose)) - here.concerned - here.barred:
        return _missing(here, f"Ingen i {found.name} kan ta uppgiften.", f"Nobody in {found.name} can take the task.")
    return Resolution(
        f"group:{found.id}", f"Styrgrupp: {found.name}.{_led_by(found, here, 'sv')}", f"Steering group: {found.name}.{_led_by(found, here, 'en')}"
    )


def _process_owner(here: Circumstances) -> Resolution:
    return Resolution(process_owner_of(here.agreement), "Processägaren.", "The process owner.")


_RULES: Mapping[str, Callable[[Circumstances], Resolution]] = MappingProxyType(
    {
        "initiator": _initiator,
        "nearest_manager": _nearest_manager,
        "next_manager": _next_manager,
        "management_level": _management_level,
        "chair": _chair,
        "coordinator": _coordinator,
        "invited_unit": _invited_unit,
        "concerned_unit": _concerned_unit,
        "participant": _participant,
        "guardian": _family("guardian"),
        "young_person": _family("young_person"),
        "steering_group": _steering_group,
        "process_owner": _process_owner,
    }
)


def _active(here: Circumstances, role: str) -> Iterator[Participant]:
    return (one for one in here.participants if one.active and role in (one.role, one.kind))


def _to_unit(unit: str, here: Circumstances, sv: str, en: str) -> Resolution:
    """The unit's queue where somebody works; else the managers above it."""
    name = _unit_name(unit, here.organisation)
    found = here.organisation.unit(unit)
    if found and found.valid.covers(here.at) and here.organisation.staff_of(unit, here.at):
        return Resolution(f"unit:{unit}", f"{sv}: {name}.", f"{en}: {name}.")
    climb = _Climb(_about(here, unit))
    sv, en = f"Ingen arbetar i {name} den dagen.", f"Nobody works in {name} on that day."
    return _explained(climb.to(climb.usable[0], "Närmaste chef", "Nearest manager"), sv, en) if climb.usable else climb.nowhere(sv, en)


def _to_person(person: str, here: Circumstances) -> Resolution:
    if here.organisation.can_log_in(person, here.at):
        return Resolution(f"person:{person}", "Personen själv.", "The person themselves.")
    listed = (one.name for one in here.participants if one.person == person and one.name)
    known = here.organisation.person(person)
    return _on_behalf(next(listed, known.name if known else person), here)


def _on_behalf(of: str, here: Circumstances) -> Resolution:
    """Whoever speaks with the family: the coordinator, else a chosen chair, else the initiator."""
    staff = [one.person for role in ("coordinator", "chair") for one in _active(here, role)]
    person = next((who for who in staff if who and here.organisation.can_log_in(who, here.at)), None)
    found = Resolution(f"person:{person}", "", "") if person else _initiator(here)
    return Resolution(
        found.queue,
        f"För {of}, som inte loggar in själv. {found.sv}".strip(),
        f"On behalf of {of}, who does not log in. {found.en}".strip(),
        found.skipped,
        found.missing,
        of,
    )


def _instead_of(here: Circumstances, sv: str, en: str) -> Resolution:
    """The manager of the unit where it began."""
    climb = _Climb(_about(here, here.initiator_unit))
    if not climb.usable:
        return climb.nowhere(sv, en)
    return _explained(climb.to(climb.usable[0], "Närmaste chef", "Nearest manager"), sv, en)


def _unrouted(here: Circumstances) -> Resolution | None:
    """The gap in the agreement, where it lists the kinds of units that deviations go to and this is none of them (003-22).

    It counts only where the task names its unit: the reporter's own nearest manager signs in any case (003-19).
    """
    unit = here.organisation.unit(here.unit) if here.unit else None
    if here.purpose != "deviation" or here.routed_kinds is None or unit is None or unit.kind in here.routed_kinds:
        return None
    return _missing(
        here, f"Avtalet säger inte vart avvikelser för {unit.name} ska gå.", f"The agreement does not say where deviations of {unit.name} go."
    )


def _choose_group(here: Circumstances) -> SteeringGroup | None:
    """The only steering group, or the only one in which the unit's party has a seat."""
    groups = here.organisation.groups_of(here.agreement, "steering", here.at)
    if len(groups) > 1:
        party = here.organisation.party_of(here.unit or here.initiator_unit)
        groups = tuple(group for group in groups if party and party.id in _parties_in(group, here))
    return groups[0] if len(groups) == 1 else None


def _parties_in(group: SteeringGroup, here: Circumstances) -> Iterator[str]:
    for seat in here.organisation.seats(group.id, here.at):
        post = here.organisation.position(seat.position) if seat.position else None
        party = here.organisation.party_of(post.unit) if post else None
        if party:
            yield party.id


def _led_by(group: SteeringGroup, here: Circumstances, language: Literal["sv", "en"]) -> str:
    words = {"convener": (" Sammankallande", " Convener"), "chair": (" Ordförande", " Chair")}
    said = ""
    for seat in here.organisation.seats(group.id, here.at):
        post = here.organisation.position(seat.position) if seat.position else None
        if post and seat.role in words:
            said += f"{words[seat.role][language == 'en']}: {_title(post, here.organisation)}."
    return said


def _about(here: Circumstances, unit: str) -> Circumstances:
    return Circumstances(
        at=here.at,
        organisation=here.organisation,
        agreement=here.agreement,
        initiator=here.initiator,
        initiator_unit=here.initiator_unit,
        unit=unit,
        purpose=here.purpose,
        concerned=here.concerned,
        barred=here.barred,
    )


def _explained(found: Resolution, sv: str, en: str) -> Resolution:
    return Resolution(found.queue, f"{sv} {found.sv}", f"{en} {found.en}", found.skipped, found.missing, found.on_behalf_of)


def _missing(here: Circumstances, sv: str, en: str, skipped: tuple[Skipped, ...] = ()) -> Resolution:
    return Resolution(
        process_owner_of(here.agreement),
        f"{sv} Processägaren ser till att uppgiften kommer rätt.",
        f"{en} The process owner finds the way.",
        skipped,
        missing=True,
    )


def _title(post: Position, organisation: Organisation) -> str:
    return f"{post.title}, {_unit_name(post.unit, organisation)}"


def _unit_name(unit: str, organisation: Organisation) -> str:
    found = organisation.unit(unit)
    return found.name if found else unit
