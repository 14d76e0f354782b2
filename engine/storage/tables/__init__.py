"""Every table, by name: the organisation, the cases, the running processes and the releases."""

from engine.storage.tables.base import Base
from engine.storage.tables.organisation import (
    Assignment,
    Delegation,
    Deputy,
    Party,
    Person,
    Position,
    SteeringGroup,
    SteeringMember,
    Unit,
)

__all__ = [
    "Assignment",
    "Base",
    "Delegation",
    "Deputy",
    "Party",
    "Person",
    "Position",
    "SteeringGroup",
    "SteeringMember",
    "Unit",
]
