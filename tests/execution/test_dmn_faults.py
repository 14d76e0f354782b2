"""What a check says of a decision file before anybody asks it: each fault with its sound twin."""

import random
from datetime import date
from pathlib import Path

import pytest
from lxml import etree

from engine.errors import SamspelError
from engine.execution.dmn import read_decisions

HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="D" namespace="test">'
SHIPPED = Path(__file__).parents[2] / "processes"


def read(body, name="main.dmn"):
    return read_decisions({name: f"{HEAD}{body}</definitions>".encode()})


def escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def table(*rows, policy="UNIQUE", columns=("number",), default="", allowed=""):
    inputs = "".join(
        f'<input id="in_{place}"><inputExpression typeRef="{kind}"><text>x{place}</text></inputExpression>'
        + (f"<inputValues><text>{escaped(allowed)}</text></inputValues>" if allowed else "")
        + "</input>"
        for place, kind in enumerate(columns, 1)
    )
    fallback = f"<defaultOutputEntry><text>{default}</text></defaultOutputEntry>" if default else ""
    lines = "".join(
        f'<rule id="row_{number}">'
        + "".join(f"<inputEntry><text>{escaped(cell)}</text></inputEntry>" for cell in row[:-1])
        + f"<outputEntry><text>{escaped(row[-1])}</text></outputEntry></rule>"
        for number, row in enumerate(rows, 1)
    )
    return (
        f'<decision id="answer" name="Svar"><decisionTable id="table" hitPolicy="{policy}">{inputs}'
        f'<output id="out" name="y">{fallback}</output>{lines}</decisionTable></decision>'
    )


def found(body):
    return [(fault.code, fault.element_id) for fault in read(body).faults()]


LITERAL = "<literalExpression id='text'><text>{}</text></literalExpression>"
INPUT = '<inputData id="in" name="days"><variable name="days" typeRef="number"/></inputData>'
NEEDS = '<informationRequirement id="arrow"><requiredInput href="#in"/></informationRequirement>'

PAIRS = [
    ("dmn-feel", "row_1", table(("> ", "1"), ("-", "2")), table(("> 1", "1"), ("<= 1", "2"))),
    ("dmn-feel", "row_1", table(("]1..", "1"), ("-", "2"), policy="FIRST"), table(("[1..2]", "1"), ("-", "2"), policy="FIRST")),
    ("dmn-feel", "row_1", table(("-", "open ("), policy="FIRST"), table(("-", '"open"'), policy="FIRST")),
    ("dmn-feel", "row_1", table(("-", 'date("2026-02-30")'), policy="FIRST"), table(("-", 'date("2026-02-28")'), policy="FIRST")),
    ("dmn-empty", "row_1", table(("-", ""), policy="FIRST"), table(("-", "null"), policy="FIRST")),
    ("dmn-overlap", "row_2", table(("<= 5", "1"), (">= 5", "2")), table(("< 5", "1"), (">= 5", "2"))),
    ("dmn-overlap", "row_2", table(("-", "1"), ("7", "2")), table(("not(7)", "1"), ("7", "2"))),
    (
        "dmn-overlap",
        "row_2",
        table(('"a","b"', "1"), ('"b"', "2"), ('not("a","b")', "3"), columns=("string",)),
        table(('"a","b"', "1"), ('"c"', "2"), ('not("a","b","c")', "3"), columns=("string",)),
    ),
    (
        "dmn-overlap",
        "row_2",
        table(('<= date("2026-01-01")', "1"), ('>= date("2026-01-01")', "2"), columns=("date",)),
        table(('<= date("2025-12-31")', "1"), ('>= date("2026-01-01")', "2"), columns=("date",)),
    ),
    (
        "dmn-overlap",
        "row_2",
        table(("< 5", "-", "1"), ("-", "true", "2"), (">= 5", "false", "3"), columns=("number", "boolean")),
        table(("< 5", "-", "1"), (">= 5", "true", "2"), (">= 5", "false", "3"), columns=("number", "boolean")),
    ),
    ("dmn-gap", "table", table(("< 5", "1"), ("> 5", "2")), table(("< 5", "1"), (">= 5", "2"))),
    ("dmn-gap", "table", table(("true", "1"), columns=("boolean",)), table(("true", "1"), ("false", "2"), columns=("boolean",))),
    ("dmn-gap", "table", table(('"a"', "1"), columns=("string",)), table(('"a"', "1"), columns=("string",), allowed='"a"')),
    ("dmn-gap", "table", table(("< 5", "1"), policy="FIRST"), table(("< 5", "1"), policy="FIRST", default="0")),
    ("dmn-gap", "table", table(policy="FIRST"), table(policy="COLLECT")),
    (
        "dmn-gap",
        "table",
        table(("< 5", "true", "1"), (">= 5", "-", "2"), columns=("number", "boolean")),
        table(("< 5", "true", "1"), (">= 5", "-", "2"), ("< 5", "false", "3"), columns=("number", "boolean")),
    ),
    ("dmn-row-width", "row_1", table(("1", "2", "3", "4")), table(("1", "2"), policy="COLLECT")),
    ("dmn-no-order", "table", table(("-", "1"), policy="PRIORITY"), table(("-", "1"), policy="FIRST")),
    ("dmn-hit-policy", "table", table(("-", "1"), policy="LAST"), table(("-", "1"), policy="FIRST")),
    (
        "dmn-unknown-requirement",
        "arrow",
        f'<decision id="a" name="a">{NEEDS}{LITERAL.format("1")}</decision>',
        f'{INPUT}<decision id="a" name="a">{NEEDS}{LITERAL.format("days")}</decision>',
    ),
    (
        "dmn-unknown-name",
        "text",
        f'{INPUT}<decision id="a" name="a">{NEEDS}{LITERAL.format("dais + 1")}</decision>',
        f'{INPUT}<decision id="a" name="a">{NEEDS}{LITERAL.format("days + 1")}</decision>',
    ),
    ("dmn-no-logic", "a", '<decision id="a" name="a"/>', f'<decision id="a" name="a">{LITERAL.format("1")}</decision>'),
    (
        "dmn-same-id",
        "a",
        f'<decision id="a" name="a">{LITERAL.format("1")}</decision><decision id="a" name="b">{LITERAL.format("2")}</decision>',
        f'<decision id="a" name="a">{LITERAL.format("1")}</decision><decision id="b" name="b">{LITERAL.format("2")}</decision>',
    ),
    (
        "dmn-language",
        "text",
        '<decision id="a" name="a"><literalExpression id="text" expressionLanguage="python"><text>1</text></literalExpression></decision>',
        '<decision id="a" name="a"><literalExpression id="text" expressionLanguage="feel"><text>1</text></literalExpression></decision>',
    ),
    (
        "dmn-unknown-type",
        "v",
        f'<decision id="a" name="a"><variable id="v" name="a" typeRef="tNothing"/>{LITERAL.format("1")}</decision>',
        f'<decision id="a" name="a"><variable id="v" name="a" typeRef="number"/>{LITERAL.format("1")}</decision>',
    ),
]


@pytest.mark.parametrize(("code", "element", "faulty", "sound"), PAIRS, ids=[f"{pair[0]}-{place}" for place, pair in enumerate(PAIRS)])
def test_a_fault_is_found_at_its_element_and_its_sound_twin_passes(code, element, faulty, sound):
    assert (code, element) in found(faulty)
    assert found(sound) == []


def test_every_fault_has_a_sentence_and_a_remedy_in_both_languages():
    for _, _, faulty, _ in PAIRS:
        for fault in read(faulty, "policy/main.dmn").faults():
            assert fault.file == "policy/main.dmn"
            assert all((fault.sv, fault.en, fault.remedy_sv, fault.remedy_en))


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_file_is_told_in_sentences_never_in_a_traceback(seed):
    chance = random.Random(seed)
    root = etree.fromstring((SHIPPED / "policy" / "document.dmn").read_bytes())
    for _ in range(3):
        element = chance.choice(list(root.iterdescendants()))
        if chance.random() < 0.5 and element.getparent() is not None:
            element.getparent().remove(element)
        else:
            element.text = chance.choice(["", ">", "[1..", '"a" "b"', "{", "not("])

    try:
        decisions = read_decisions({"main.dmn": etree.tostring(root)})
        told = [fault.sentence() for fault in decisions.faults()]
        decisions.evaluate("policy_document", {"agreement": "jamtbus", "day": date(2026, 1, 1)})
    except SamspelError as error:
        told = [error.sentence()]

    assert all(told)


def test_an_overlap_names_both_rows():
    (fault,) = read(table(("<= 5", "1"), (">= 5", "2"))).faults()

    assert "row_1" in fault.sv
    assert "row_2" in fault.sv


def test_a_gap_gives_an_example():
    (fault,) = read(table(("< 5", "1"), ("> 5", "2"))).faults()

    assert "x1 5" in fault.sv


def test_cells_that_read_variables_raise_no_false_alarm():
    assert found(table(("< limit", "1"), (">= limit", "2"))) == []


def test_a_large_table_is_checked_in_time():
    rows = [(f"[{number}..{number + 1}[", f'"{number % 7}"', "1") for number in range(500)]

    faults = read(table(*rows, columns=("number", "string"))).faults()

    assert [fault.code for fault in faults] == ["dmn-gap"]


@pytest.mark.parametrize("overlay", [(), ("demonstration",)])
def test_the_shipped_tables_are_sound(overlay):
    files = {path.name: path.read_bytes() for path in (SHIPPED / "policy").glob("*.dmn")}
    for folder in overlay:
        files |= {path.name: path.read_bytes() for path in (SHIPPED / folder / "policy").glob("*.dmn")}

    assert files
    assert [fault.sentence() for fault in read_decisions(files).faults()] == []
