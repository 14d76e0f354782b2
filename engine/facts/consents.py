"""Whom a consent lets in: what each giver last said about a unit, and whether that still holds on a day.

OSL 10:1 and 12:2: consent lifts secrecy wholly or partly. A consent names its recipients; one that names nobody is for all who are invited.
That every giver must have said yes about a unit, where several have answered, is a proposal of this project [P]: the agreements do not say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Protocol


class Answer(Protocol):
    """A yes or a no to sharing, as it stands recorded."""

    giver: str
    capacity: str
    """``guardian``, ``child`` or ``other``."""
    given: bool
    recipients: list[Any]
    """Ids of units; empty means everybody who is invited."""
    valid_to: date | None
    """The last day, in Sweden."""
    withdrawn_at: datetime | None


def holds(answer: Answer, on: date) -> bool:
    """Whether a consent counts on a day: a yes, not withdrawn, not past its last day."""
    return answer.given and answer.withdrawn_at is None and (answer.valid_to is None or on <= answer.valid_to)


def carry_on(answers: Sequence[Answer], consent_giver: str, guardians_needed: str, on: date) -> bool:
    """Whether a case goes on with the consents that hold after one was withdrawn, by its policy's ``consent_giver`` and ``guardians_needed``.

    Only where the child or the guardian consents (000-5): the child's own is enough by itself, and the guardians' where it is
    enough that one of them consents, or where none of them has withdrawn.
    """
    if consent_giver != "child_or_guardian":
        return False
    guardians = [answer for answer in answers if answer.capacity == "guardian"]
    holding = {answer.giver for answer in guardians if holds(answer, on)}
    withdrawn = {answer.giver for answer in guardians} - holding
    child = any(answer.capacity == "child" and holds(answer, on) for answer in answers)
    return child or (bool(holding) and (guardians_needed == "one" or not withdrawn))


def covers(answers: Sequence[Answer], unit: str, on: date) -> bool:
    """Whether a unit may read on a day. ``answers`` stand in the order in which they were recorded.

    Where nobody was ever asked nothing is limited here: the drawing has let the unit in. A giver none of whose consents holds
    any more stops nothing either, as long as another's does: the drawing says what follows from a withdrawal.
    """
    if not any(answer.given for answer in answers):
        return True
    givers = {answer.giver for answer in answers if holds(answer, on)}
    return bool(givers) and all(_lets_in((one for one in answers if one.giver == giver), unit, on) for giver in givers)


def _lets_in(answers: Iterable[Answer], unit: str, on: date) -> bool:
    """Whether a giver's last word about a unit is a yes that holds."""
    about = [answer for answer in answers if not answer.recipients or unit in answer.recipients]
    return bool(about) and holds(about[-1], on)
