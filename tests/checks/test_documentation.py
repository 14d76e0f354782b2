"""What docs/modelling.md tells process owners is what the code does: each table is held equal to its list."""

from __future__ import annotations

import re
from pathlib import Path

from engine.execution.catalogue import TASK_TYPES
from engine.execution.checks.elements import PROPERTIES
from engine.execution.checks.rules import GROUPS
from engine.facts.roles import CASE_ROLES
from engine.services.notices import TEMPLATES
from engine.services.releases import vocabulary

TEXT = (Path(__file__).parents[2] / "docs" / "modelling.md").read_text(encoding="utf-8")


def rows(heading: str, level: str = "##") -> list[list[str]]:
    """The cells of the table under a heading, without its head."""
    part = re.split(r"^#+ ", TEXT.split(f"\n{level} {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


def names(cell: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", cell))


def test_the_catalogue_is_documented_as_it_is():
    told = {row[0].strip("`"): (row[1], names(row[2]), names(row[3])) for row in rows("Uppgiftskatalogen")}

    assert told == {one.name: (one.sv, set(one.required), set(one.optional)) for one in TASK_TYPES.values()}


def test_the_roles_are_documented_as_they_are():
    assert {row[0].strip("`"): row[1] for row in rows("Roller")} == {role.name: role.sv for role in CASE_ROLES.values()}


def test_the_templates_are_documented_as_they_are():
    assert {row[0].strip("`"): row[1] for row in rows("Meddelandemallar")} == {one.name: one.sv for one in TEMPLATES.values()}


def test_the_messages_are_documented_as_they_are():
    assert {row[0].strip("`") for row in rows("Meddelanden")} == vocabulary({}).messages


def test_the_properties_are_documented_as_they_are():
    assert {row[0].strip("`") for row in rows("Egenskaper (Extension properties)")} == PROPERTIES


def test_what_is_refused_is_documented_with_what_to_draw_instead():
    for heading, rules in GROUPS.items():
        told = {row[0]: (row[1], row[2]) for row in rows(heading, "###")}

        marks = {rule.code: " *varning*" if rule.severity == "warning" else "" for rule in rules}
        assert told == {f"`{rule.code}`{marks[rule.code]}": (rule.sv, rule.remedy_sv) for rule in rules}
