"""What an owner may write, and what an expression answers when something is wrong with it."""

import pytest

from engine.execution import feel


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2", 3),
        ("= 1 + 2", 3),
        ("=policy.days * 2", 60),
        ('if policy.days > 14 then "long" else "short"', "long"),
        ("for n in [1, 2, 3] return n * n", [1, 4, 9]),
        ("some unit in units satisfies unit.active", True),
        ("every unit in units satisfies unit.active", False),
        ("units[active = true][1].name", "BUP"),
        ("count(units)", 2),
        ("{a: 1, b: a + 1}.b", 2),
        ('"å" + "ä"', "åä"),
        ("1 / 4", 0.25),
        ("true and not(false)", True),
        ('get value({"a b": 1}, "a b")', 1),
    ],
)
def test_an_expression_reads_its_context(expression, value):
    context = {"policy": {"days": 30}, "units": [{"name": "BUP", "active": True}, {"name": "Skolan", "active": False}]}

    assert feel.evaluate(expression, context) == value


@pytest.mark.parametrize("expression", ["nothing", "nothing.at", "nothing + 1", "known.unknown", "nothing > 3", "1 / 0"])
def test_nothing_stays_nothing(expression):
    assert feel.evaluate(expression, {"nothing": None, "known": {}}) is None


def test_nothing_can_be_asked_for():
    assert feel.evaluate("deadlines.meeting = null", {"deadlines": {"meeting": None}}) is True


@pytest.mark.parametrize(
    ("expression", "error"),
    [
        ("1 +", feel.FeelSyntaxError),
        ("", feel.FeelSyntaxError),
        ('"open', feel.FeelSyntaxError),
        ("missing", feel.FeelUnknownName),
        ("missing.entry", feel.FeelUnknownName),
        ("missing(1)", feel.FeelUnknownName),
        ('1 + "a"', feel.FeelTypeError),
        ("text.entry", feel.FeelTypeError),
        ('"7" > 5', feel.FeelUnlike),
        ("text in [1..5]", feel.FeelUnlike),
        ("> 3", feel.FeelNoValue),
        ("count", feel.FeelNoValue),
        ("text > true", feel.FeelTypeError),
        ("10 ** 400", feel.FeelNoValue),
        ("today()", feel.FeelClock),
        ("now() > 3", feel.FeelClock),
    ],
)
def test_what_has_no_value_is_an_error_that_names_the_expression(expression, error):
    with pytest.raises(error) as raised:
        feel.evaluate(expression, {"text": "a"})

    assert raised.value.expression == expression
    assert expression in raised.value.sentence("sv")
    assert expression in raised.value.sentence("en")


def test_a_syntax_error_says_where():
    error = feel.check("policy.days + * 3")

    assert error is not None
    assert error.position is not None
    assert "policy.days + * 3"[error.position[0]] == "*"


@pytest.mark.parametrize("expression", ["x instance of number", "starts([1..2], [1..5])"])
def test_what_the_interpreter_reads_but_cannot_do_is_found_by_the_check(expression):
    assert isinstance(feel.check(expression), feel.FeelUnsupported)


def test_an_expression_that_names_the_clock_as_a_fact_is_sound():
    assert feel.check('today + duration("P14D") > date(now)') is None


def test_many_expressions_are_answered_in_order():
    context = {"n": 2}

    values = feel.evaluate_many([feel.Evaluation("n"), feel.Evaluation("n + 1", context), feel.Evaluation("n + 2", context)][1:])

    assert values == [3, 4]


def test_a_variable_never_becomes_program_text():
    hostile = '"); globalThis.samspel = null; ("</script>\u2028\\'

    assert feel.evaluate("text", {"text": hostile}) == hostile
    assert feel.evaluate("1 + 1") == 2


@pytest.mark.parametrize("expression", ["context.constructor", "text.constructor", "list.__proto__", "{}.toString", "context.__proto__"])
def test_an_expression_reaches_nothing_of_the_isolate(expression):
    context = {"context": {"__proto__": {"polluted": 1}}, "text": "a", "list": [1]}

    try:
        value = feel.evaluate(expression, context)
    except feel.FeelError:
        value = None

    assert value in (None, [None])


# --- names


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("policy.meeting_max_days + days", {"policy.meeting_max_days", "days"}),
        ("=deadlines.meeting.at", {"deadlines.meeting.at"}),
        ("for p in participants, q in p.units return q + limit", {"participants", "limit"}),
        ("some p in participants satisfies p.active = wanted", {"participants", "wanted"}),
        ("{a: x, b: a + y}.b", {"x", "y"}),
        ("function(a, b: number) a + b + c", {"c"}),
        ("sum(list) + count([1])", {"list"}),
        ('participants[unit = "BUP"].name', {"participants"}),
        ("participants[unit = item.unit and today > start]", {"participants", "today"}),
        ('date("2026-01-01") + duration(span)', {"span"}),
        ("Full Name + 1", {"Full Name"}),
        ("answers[1].text", {"answers"}),
    ],
)
def test_an_expression_tells_which_variables_it_reads(expression, names):
    assert feel.names(expression, roots=["today", "policy"]) == names


def test_a_cell_tells_which_variables_it_reads():
    assert feel.names('> policy.limit, "a", contains(?, word)', unary=True) == {"policy.limit", "word"}


# --- cells of tables


@pytest.mark.parametrize(
    ("cell", "passing", "failing"),
    [
        ('"a","b"', ["a", "b"], ["c", None, 1]),
        ('not("a")', ["b", None], ["a"]),
        ('not("a", "b")', ["c"], ["a", "b"]),
        ("[1..5]", [1, 3, 5], [0, 6, None]),
        ("]1..5[", [3], [1, 5]),
        ("(1..5)", [3], [1, 5]),
        ("< 3, > 5", [2, 6], [3, 5, None]),
        ("-", [1, "a", None, True], []),
        ("null", [None], [1, ""]),
        ("not(null)", [1], [None]),
        ("true", [True], [False, None]),
        ("? > 3 and ? < 5", [4], [3, 5]),
        ("limit", [7], [8]),
        ("-3", [-3], [3]),
    ],
)
def test_a_cell_accepts_what_it_says(cell, passing, failing):
    accepted = [feel.unary_test(cell, value, {"limit": 7}) for value in [*passing, *failing]]

    assert accepted == [True] * len(passing) + [False] * len(failing)


def test_a_cell_of_numbers_refuses_text():
    with pytest.raises(feel.FeelUnlike):
        feel.unary_test("[1..5]", "3")


@pytest.mark.parametrize("cell", ['"a', "[1..", "not(", "> "])
def test_a_cell_that_is_not_feel_is_found_without_a_value(cell):
    assert isinstance(feel.check(cell, unary=True), feel.FeelSyntaxError)
