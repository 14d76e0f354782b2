"""Decisions by the standard: every hit policy, cells of every kind, and decisions that need others."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.execution import feel
from engine.execution.dmn import DecisionFailed, NoSuchDecision, NotOfType, read_decisions
from engine.execution.xml import BadXml

NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def definitions(body, namespace="test", version=NAMESPACE):
    return f'<definitions xmlns="{version}" id="d" name="D" namespace="{namespace}">{body}</definitions>'.encode()


def escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def table(rows, *, policy="UNIQUE", inputs=("x",), outputs=("y",), order="", default="", aggregation="", types=None):
    """Write a decision ``answer`` of one table; each row is its cells, tests first, and perhaps an annotation after a bar."""
    kinds = types or {}
    heads = "".join(
        f'<input id="in_{name}"><inputExpression typeRef="{kinds.get(name, "Any")}"><text>{name}</text></inputExpression></input>' for name in inputs
    )
    values = f"<outputValues><text>{escaped(order)}</text></outputValues>" if order else ""
    fallback = f"<defaultOutputEntry><text>{escaped(default)}</text></defaultOutputEntry>" if default else ""
    heads += "".join(f'<output id="out_{name}" name="{name}">{values}{fallback}</output>' for name in outputs)
    heads += '<annotation name="Regel"/>'
    lines = ""
    for number, row in enumerate(rows, 1):
        cells = [f"<text>{escaped(cell)}</text>" for cell in row[: len(inputs) + len(outputs)]]
        note = row[len(inputs) + len(outputs)] if len(row) > len(inputs) + len(outputs) else ""
        lines += f'<rule id="row_{number}">'
        lines += "".join(f"<inputEntry>{cell}</inputEntry>" for cell in cells[: len(inputs)])
        lines += "".join(f"<outputEntry>{cell}</outputEntry>" for cell in cells[len(inputs) :])
        lines += f"<annotationEntry><text>{note}</text></annotationEntry></rule>"
    how = f'hitPolicy="{policy}"' + (f' aggregation="{aggregation}"' if aggregation else "")
    return f'<decision id="answer" name="Answer"><decisionTable id="table" {how}>{heads}{lines}</decisionTable></decision>'


def decisions(body, **others):
    files = {"main.dmn": definitions(body)}
    return read_decisions(files | {f"{name}.dmn": data for name, data in others.items()})


ROWS = [("< 10", '"low"'), ("[5..20]", '"middle"'), ("> 15", '"high"')]
ORDER = '"high", "low", "middle"'


@pytest.mark.parametrize(
    ("policy", "x", "answer"),
    [
        ("UNIQUE", 1, "low"),
        ("UNIQUE", None, None),
        ("ANY", 12, "middle"),
        ("FIRST", 7, "low"),
        ("FIRST", 17, "middle"),
        ("PRIORITY", 7, "low"),
        ("PRIORITY", 17, "high"),
        ("RULE ORDER", 17, ["middle", "high"]),
        ("OUTPUT ORDER", 17, ["high", "middle"]),
        ("COLLECT", 7, ["low", "middle"]),
        ("COLLECT", None, []),
    ],
)
def test_a_hit_policy_chooses_among_the_rows_that_match(policy, x, answer):
    asked = decisions(table(ROWS, policy=policy, order=ORDER))

    assert asked.evaluate("answer", {"x": x}) == answer


@pytest.mark.parametrize(
    ("aggregation", "x", "answer"),
    [("SUM", 7, 30), ("MIN", 7, 10), ("MAX", 7, 20), ("COUNT", 7, 2), ("COUNT", 99, 0), ("SUM", 99, None), ("MAX", 99, None)],
)
def test_collect_may_add_up_what_it_collects(aggregation, x, answer):
    asked = decisions(table([("< 10", "10"), ("< 20", "20")], policy="COLLECT", aggregation=aggregation))

    assert asked.evaluate("answer", {"x": x}) == answer


def test_rows_that_overlap_under_unique_are_an_error_that_names_them():
    asked = decisions(table(ROWS))

    with pytest.raises(DecisionFailed) as raised:
        asked.evaluate("answer", {"x": 17})

    assert "2, 3" in raised.value.sentence("sv")
    assert "main.dmn" in raised.value.sentence("sv")
    assert "answer" in raised.value.sentence("en")


def test_rows_that_disagree_under_any_are_an_error_that_names_them():
    asked = decisions(table([("< 10", "1"), ("< 20", "1"), ("< 5", "2")], policy="ANY"))

    with pytest.raises(DecisionFailed) as raised:
        asked.evaluate("answer", {"x": 3})

    assert asked.evaluate("answer", {"x": 7}) == 1
    assert "1, 3" in raised.value.sentence("sv")


def test_priority_without_a_place_in_the_list_is_an_error():
    asked = decisions(table([("-", '"unheard of"')], policy="PRIORITY", order=ORDER))

    with pytest.raises(DecisionFailed):
        asked.evaluate("answer", {"x": 1})


def test_a_default_answers_where_no_row_does():
    asked = decisions(table([("1", '"one"')], default='"other"'))

    assert [asked.evaluate("answer", {"x": x}) for x in (1, 2)] == ["one", "other"]


def test_several_outputs_are_a_context():
    asked = decisions(table([("1", '"a"', "date(2026, 1, 1)")], outputs=("first", "second")))

    assert asked.evaluate("answer", {"x": 1}) == {"first": "a", "second": date(2026, 1, 1)}


@pytest.mark.parametrize(
    ("cell", "hit", "missed"),
    [
        ('"a","b"', "b", "c"),
        ('not("a")', "b", "a"),
        ("[1..5]", 5, 6),
        ("-", None, ...),
        ("null", None, 1),
        ("true", True, False),
        ('date("2026-01-01")', date(2026, 1, 1), date(2026, 1, 2)),
        ('[date("2026-01-01")..date("2026-01-31")]', date(2026, 1, 31), date(2026, 2, 1)),
        ('>= date and time("2026-01-01T00:00:00")', datetime(2026, 1, 1, tzinfo=ZoneInfo("Europe/Stockholm")), None),
        ('> duration("P14D")', timedelta(days=15), timedelta(days=14)),
        ('duration("P1Y")', feel.Months(12), feel.Months(11)),
    ],
)
def test_a_cell_of_any_kind_matches_what_it_says(cell, hit, missed):
    asked = decisions(table([(cell, '"hit"')]))

    assert asked.evaluate("answer", {"x": hit}) == "hit"
    if missed is not ...:
        assert asked.evaluate("answer", {"x": missed}) is None


def test_a_value_of_another_type_than_declared_is_an_error_that_names_the_column():
    asked = decisions(table([("> 5", "1")], types={"x": "number"}))

    with pytest.raises(DecisionFailed) as raised:
        asked.evaluate("answer", {"x": "7"})

    assert raised.value.column == 1
    assert "string ≠ number" in raised.value.sentence("sv")


def test_a_cell_that_fails_is_named_by_row_and_column():
    asked = decisions(table([("1", "1"), ("2", '1 + "a"')]))

    with pytest.raises(DecisionFailed) as raised:
        asked.evaluate("answer", {"x": 2})

    assert (raised.value.rule, raised.value.column) == ("row_2", 2)
    assert "rad 2 (row_2), kolumn 2" in raised.value.sentence("sv")


def test_an_answer_is_explained_by_its_rows():
    asked = decisions(table([("< 10", "1", "002-1"), ("< 20", "2", "002-14")], policy="COLLECT"))

    explained = asked.evaluate_explained("answer", {"x": 15})

    (matched,) = explained.rules
    assert explained.value == [2]
    assert (matched.decision, matched.id, matched.number, matched.annotations) == ("answer", "row_2", 2, {"Regel": "002-14"})
    assert [rule.annotations["Regel"] for rule in asked.rows("answer")] == ["002-1", "002-14"]


# --- requirements

DOUBLED = """
<inputData id="in" name="Count"><variable name="Count" typeRef="number"/></inputData>
<decision id="doubled" name="Doubled Count"><variable name="Doubled Count" typeRef="number"/>
  <informationRequirement id="r1"><requiredInput href="#in"/></informationRequirement>
  <literalExpression><text>Count * 2</text></literalExpression></decision>
"""


def test_a_decision_stands_on_those_it_requires():
    asked = decisions(
        DOUBLED
        + """<decision id="top" name="Top"><informationRequirement id="r2"><requiredDecision href="#doubled"/></informationRequirement>
        <literalExpression><text>Doubled Count + 1</text></literalExpression></decision>"""
    )

    assert asked.evaluate("Top", {"Count": 4}) == 9
    assert [(one.name, one.type) for one in asked.inputs_of("top")] == [("Count", "number")]
    assert asked.names == {"doubled": "Doubled Count", "top": "Top"}


def test_a_decision_stands_on_one_of_another_file_by_its_import():
    main = """<import name="other" namespace="elsewhere" importType="x" locationURI="other.dmn"/>
        <decision id="top" name="Top"><informationRequirement id="r"><requiredDecision href="elsewhere#doubled"/></informationRequirement>
        <literalExpression><text>other.Doubled Count + 1</text></literalExpression></decision>"""
    asked = decisions(main, other=definitions(DOUBLED, "elsewhere"))

    assert asked.evaluate("top", {"Count": 4}) == 9
    assert asked.faults() == []


KNOWLEDGE = """
<businessKnowledgeModel id="fee" name="fee"><encapsulatedLogic><formalParameter name="days" typeRef="number"/>
  <formalParameter name="rate" typeRef="number"/><literalExpression><text>days * rate</text></literalExpression>
</encapsulatedLogic></businessKnowledgeModel>
"""


@pytest.mark.parametrize(
    "logic",
    [
        "<literalExpression><text>fee(3, 10)</text></literalExpression>",
        "<literalExpression><text>fee(rate: 10, days: 3)</text></literalExpression>",
        """<invocation><literalExpression><text>fee</text></literalExpression>
        <binding><parameter name="rate"/><literalExpression><text>10</text></literalExpression></binding>
        <binding><parameter name="days"/><literalExpression><text>1 + 2</text></literalExpression></binding></invocation>""",
        """<context><contextEntry><variable name="n"/><literalExpression><text>3</text></literalExpression></contextEntry>
        <contextEntry><literalExpression><text>fee(n, 10)</text></literalExpression></contextEntry></context>""",
        """<conditional><if><literalExpression><text>1 > 2</text></literalExpression></if>
        <then><literalExpression><text>0</text></literalExpression></then>
        <else><literalExpression><text>fee(3, 10)</text></literalExpression></else></conditional>""",
    ],
)
def test_a_decision_calls_business_knowledge(logic):
    asked = decisions(
        f'{KNOWLEDGE}<decision id="top" name="Top"><knowledgeRequirement id="k"><requiredKnowledge href="#fee"/></knowledgeRequirement>'
        f"{logic}</decision>"
    )

    assert asked.evaluate("top", {}) == 30


def test_lists_relations_and_loops_are_values():
    relation = """<relation><column name="a"/><column name="b"/><row><literalExpression><text>1</text></literalExpression>
        <literalExpression><text>"x"</text></literalExpression></row></relation>"""
    listed = "<list><literalExpression><text>1</text></literalExpression><literalExpression><text>2</text></literalExpression></list>"
    loop = f'<for iteratorVariable="n"><in>{listed}</in><return><literalExpression><text>n * 10</text></literalExpression></return></for>'
    filtered = f"<filter><in>{listed}</in><match><literalExpression><text>item > 1</text></literalExpression></match></filter>"

    asked = decisions("".join(f'<decision id="d{n}" name="d{n}">{box}</decision>' for n, box in enumerate([relation, listed, loop, filtered])))

    assert [asked.evaluate(f"d{n}", {}) for n in range(4)] == [[{"a": 1, "b": "x"}], [1, 2], [10, 20], [2]]


ALLOWED = """
<itemDefinition name="tStatus"><typeRef>string</typeRef><allowedValues><text>"open","closed"</text></allowedValues></itemDefinition>
<inputData id="in" name="status"><variable name="status" typeRef="tStatus"/></inputData>
<decision id="top" name="Top"><informationRequirement id="r"><requiredInput href="#in"/></informationRequirement>
<literalExpression><text>status</text></literalExpression></decision>
"""


def test_a_value_outside_of_the_allowed_ones_is_an_error():
    asked = decisions(ALLOWED)

    assert asked.evaluate("top", {"status": "open"}) == "open"
    with pytest.raises(DecisionFailed):
        asked.evaluate("top", {"status": "lost"})


def test_a_decision_that_requires_itself_is_an_error_not_a_hang():
    asked = decisions(
        """<decision id="a" name="a"><informationRequirement id="r1"><requiredDecision href="#b"/></informationRequirement>
        <literalExpression><text>b</text></literalExpression></decision>
        <decision id="b" name="b"><informationRequirement id="r2"><requiredDecision href="#a"/></informationRequirement>
        <literalExpression><text>a</text></literalExpression></decision>"""
    )

    with pytest.raises(DecisionFailed):
        asked.evaluate("a", {})
    assert {fault.code for fault in asked.faults()} == {"dmn-circle"}


def test_a_decision_that_requires_what_is_not_there_says_so():
    asked = decisions(
        """<decision id="a" name="a"><informationRequirement id="r"><requiredDecision href="#lost"/></informationRequirement>
        <literalExpression><text>1</text></literalExpression></decision>"""
    )

    with pytest.raises(DecisionFailed) as raised:
        asked.evaluate("a", {})

    assert "lost" in raised.value.sentence("sv")
    assert asked.inputs_of("a") == ()


def test_an_unknown_decision_is_refused_with_those_that_are_there():
    with pytest.raises(NoSuchDecision) as raised:
        decisions(table(ROWS)).evaluate("anser", {})

    assert "answer" in raised.value.sentence("sv")


@pytest.mark.parametrize(
    "version",
    [
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    ],
)
def test_files_of_every_version_are_read(version):
    asked = read_decisions({"a.dmn": definitions(table(ROWS), version=version)})

    assert asked.evaluate("answer", {"x": 1}) == "low"


# --- inputs from outside


def test_text_becomes_a_date_only_where_one_is_declared():
    asked = decisions(table([("-", "-", "-", "y")], inputs=("x", "y", "z"), outputs=("out",), types={"x": "date", "z": "duration"}))

    inputs = asked.inputs_from_json("answer", {"x": "2026-01-01", "y": "2026-01-01", "z": "P14D", "other": "P1D"})

    assert inputs == {"x": date(2026, 1, 1), "y": "2026-01-01", "z": timedelta(days=14), "other": "P1D"}
    with pytest.raises(NotOfType):
        asked.inputs_from_json("answer", {"x": "2026-02-30"})


# --- files


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not xml",
        b"<definitions/>",
        b'<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + definitions(table(ROWS)),
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE d [<!ENTITY e "x">]><d>&e;</d>'.encode("utf-16"),
        b"<a>" * 100_000,
        b"<a>" + b" " * 2_100_000 + b"</a>",
        b"\xff\xfe\x00",
    ],
)
def test_a_file_that_is_not_dmn_is_refused_by_name(data):
    with pytest.raises(BadXml) as raised:
        read_decisions({"policy/bad.dmn": data})

    assert "policy/bad.dmn" in raised.value.sentence("sv")
