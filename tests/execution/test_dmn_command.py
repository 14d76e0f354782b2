"""samspel models evaluate: an owner tries a table, a script a thousand rows."""

import json
import time

import pytest
from click.testing import CliRunner

from engine.cli import samspel

POLICY = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="p" name="P" namespace="policy">
<import name="days" namespace="days" importType="x" locationURI="days.dmn"/>
<decision id="due" name="Sista dag"><informationRequirement id="r"><requiredDecision href="days#days"/></informationRequirement>
<informationRequirement id="i"><requiredInput href="#start"/></informationRequirement>
<context><contextEntry><variable name="on"/>
<literalExpression><text>start + duration("P" + string(days.days) + "D")</text></literalExpression></contextEntry>
<contextEntry><variable name="days"/><literalExpression><text>days.days</text></literalExpression></contextEntry>
<contextEntry><variable name="in"/><literalExpression><text>duration("P1M")</text></literalExpression></contextEntry></context></decision>
<inputData id="start" name="start"><variable name="start" typeRef="date"/></inputData></definitions>"""
DAYS = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="q" name="Q" namespace="days">
<decision id="days" name="days"><decisionTable id="t"><input id="c"><inputExpression typeRef="string"><text>agreement</text></inputExpression></input>
<output id="o"/><rule id="one"><inputEntry><text>"a"</text></inputEntry><outputEntry><text>30</text></outputEntry></rule>
<rule id="two"><inputEntry><text>not("a")</text></inputEntry><outputEntry><text>14</text></outputEntry></rule>
</decisionTable></decision></definitions>"""


@pytest.fixture
def policy(tmp_path):
    (tmp_path / "policy.dmn").write_text(POLICY, "utf-8")
    (tmp_path / "days.dmn").write_text(DAYS, "utf-8")
    (tmp_path / "broken.dmn").write_text("<", "utf-8")
    return tmp_path / "policy.dmn"


def ask(path, *lines, decision="due"):
    return CliRunner().invoke(samspel, ["models", "evaluate", str(path), "--decision", decision], input="\n".join(lines))


def test_each_line_has_its_answer_in_json(policy):
    done = ask(policy, '{"agreement": "a", "start": "2026-01-01"}', "", '{"agreement": "b", "start": "2026-03-29"}')

    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"result": {"on": "2026-01-31", "days": 30, "in": "P1M"}},
        {"result": {"on": "2026-04-12", "days": 14, "in": "P1M"}},
    ]
    assert done.exit_code == 0


@pytest.mark.parametrize(
    "line", ["not json", "[]", "7", '{"agreement": 5}', '{"agreement": "a", "start": "2026-02-30"}', '{"agreement": "a", "start": 1e400}', "[" * 2000]
)
def test_a_line_that_has_no_answer_says_why_and_the_next_goes_on(policy, line):
    done = ask(policy, line, '{"agreement": "a", "start": "2026-01-01"}')

    first, second = (json.loads(answer) for answer in done.stdout.splitlines())
    assert first["error"]
    assert second["result"]["days"] == 30
    assert done.exit_code == 1


@pytest.mark.parametrize(("file", "decision"), [("policy.dmn", "nothing"), ("broken.dmn", "due")])
def test_what_cannot_be_asked_is_one_sentence(policy, file, decision):
    done = ask(policy.parent / file, "{}", decision=decision)

    assert done.exit_code == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.output


def test_a_thousand_rows_take_seconds(policy):
    begun = time.monotonic()

    done = ask(policy, *['{"agreement": "a", "start": "2026-01-01"}'] * 1000)

    assert len(done.stdout.splitlines()) == 1000
    assert time.monotonic() - begun < 20
