"""Dates, times and durations: between Python and FEEL without loss, and reckoned as people in Sweden reckon."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.execution import feel
from engine.execution.feel import Months

STOCKHOLM = ZoneInfo("Europe/Stockholm")
SPRING = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
"""The moment at which summer time begins."""
AUTUMN = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
"""The moment at which summer time ends."""

zones = st.sampled_from([STOCKHOLM, UTC, ZoneInfo("America/New_York"), timezone(timedelta(hours=-3, minutes=-30)), timezone(timedelta(hours=2))])
near_changes = st.builds(lambda change, seconds: change + timedelta(seconds=seconds), st.sampled_from([SPRING, AUTUMN]), st.integers(-10_000, 10_000))
anywhere = st.datetimes(datetime(1850, 1, 1), datetime(2300, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001
moments = st.builds(lambda moment, zone: moment.astimezone(zone), near_changes | anywhere, zones)
days = st.dates(date(1, 1, 2), date(9999, 12, 30))
durations = st.timedeltas(timedelta(days=-100_000), timedelta(days=100_000))
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"])),
    days,
    moments,
    st.times(),
    durations,
    st.integers(-10_000, 10_000).map(Months),
)
keys = st.text(st.characters(exclude_categories=["Cs"])).filter(lambda key: key != "__proto__") | st.sampled_from(
    ["$date", "$at", "$map", "$months", "$"]
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=12)


def _exactly(value):
    """Return something that differs where types or zones do, which Python's == passes over."""
    if isinstance(value, dict):
        return {key: _exactly(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_exactly(item) for item in value]
    if isinstance(value, datetime):
        return (value.astimezone(UTC), str(value.tzinfo))
    if isinstance(value, bool | int | float):
        return (isinstance(value, bool), value)
    return (type(value), value)


@given(values)
def test_a_value_survives_the_state_of_a_case(value):
    stored = orjson.dumps(feel.to_json(value))

    assert _exactly(feel.from_json(orjson.loads(stored))) == _exactly(value)


@given(values)
def test_a_value_survives_the_way_through_an_expression(value):
    assert _exactly(feel.evaluate("value", {"value": value})) == _exactly(value)


@given(values)
def test_a_value_survives_within_a_new_list(value):
    assert _exactly(feel.evaluate("[value, {inside: value}]", {"value": value})) == _exactly([value, {"inside": value}])


@pytest.mark.parametrize("value", [datetime(2026, 1, 1), float("nan"), float("inf"), object(), {1: 2}, b"", 1 + 2j])  # noqa: DTZ001
def test_what_feel_does_not_know_is_refused_by_name(value):
    with pytest.raises(feel.NotAFeelValue):
        feel.to_json(value)


def test_a_number_that_would_change_is_refused():
    with pytest.raises(feel.NotAFeelValue):
        feel.evaluate("n", {"n": 2**53 + 1})


# --- reckoning


@given(days, days)
def test_the_difference_of_two_days_is_a_number_of_days(one, other):
    difference = feel.evaluate("one - other", {"one": one, "other": other})

    assert difference == one - other
    assert feel.evaluate("(one - other).days", {"one": one, "other": other}) == (one - other).days


@given(near_changes, near_changes)
def test_a_moment_is_an_earlier_one_and_the_difference(one, other):
    context = {"one": one.astimezone(STOCKHOLM), "other": other.astimezone(STOCKHOLM)}
    earlier, later = sorted([one, other])

    again = feel.evaluate("earlier + (later - earlier)", {"earlier": earlier.astimezone(STOCKHOLM), "later": later.astimezone(STOCKHOLM)})

    assert abs(again - later) < timedelta(milliseconds=1)
    assert feel.evaluate("one < other", context) is (one < other)
    assert feel.evaluate("one = other", context) is (one == other)


@pytest.mark.parametrize(("change", "hours"), [(SPRING, 23), (AUTUMN, 25)])
def test_a_day_is_a_day_also_when_summer_time_begins_or_ends(change, hours):
    noon_before = datetime(change.year, change.month, change.day - 1, 12, tzinfo=STOCKHOLM)

    noon = feel.evaluate('noon + duration("P1D")', {"noon": noon_before})

    assert noon == datetime(change.year, change.month, change.day, 12, tzinfo=STOCKHOLM)
    assert noon.astimezone(UTC) - noon_before.astimezone(UTC) == timedelta(hours=hours)
    assert feel.evaluate("(noon - before).days", {"noon": noon, "before": noon_before}) == 1


def test_an_hour_is_an_hour_also_when_summer_time_begins():
    before = datetime(2026, 3, 29, 1, 30, tzinfo=STOCKHOLM)

    after = feel.evaluate('before + duration("PT1H")', {"before": before})

    assert after.astimezone(UTC) - before.astimezone(UTC) == timedelta(hours=1)
    assert (after.hour, after.minute) == (3, 30)


@pytest.mark.parametrize("moment", [datetime(2026, 6, 1, 0, 30, tzinfo=STOCKHOLM), datetime(2026, 1, 1, 23, 59, tzinfo=STOCKHOLM)])
def test_the_day_of_a_moment_is_the_day_in_its_own_zone(moment):
    assert feel.evaluate("date(moment)", {"moment": moment}) == moment.date()


def test_a_month_after_the_last_of_january_is_the_last_of_february():
    assert feel.evaluate('day + duration("P1M")', {"day": date(2028, 1, 31)}) == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('date("2026-12-24")', date(2026, 12, 24)),
        ("date(2026, 12, 24)", date(2026, 12, 24)),
        ('@"2026-12-24"', date(2026, 12, 24)),
        ('date and time("2026-12-24T15:00:00")', datetime(2026, 12, 24, 15, tzinfo=STOCKHOLM)),
        ('date and time("2026-12-24T00:00:00Z")', datetime(2026, 12, 24, tzinfo=UTC)),
        ('date and time("2026-12-24T15:00:00@Europe/Stockholm")', datetime(2026, 12, 24, 15, tzinfo=STOCKHOLM)),
        ('date and time("2026-12-24T15:00:00-05:00")', datetime(2026, 12, 24, 15, tzinfo=timezone(timedelta(hours=-5)))),
        ('time("08:30:00")', time(8, 30)),
        ("time(8, 30, 0)", time(8, 30)),
        ('time(date and time("2026-12-24T15:00:00"))', time(15)),
        ('duration("P14D")', timedelta(days=14)),
        ('duration("PT1H30M")', timedelta(hours=1, minutes=30)),
        ('duration("-P1D")', timedelta(days=-1)),
        ('duration("P1Y2M")', Months(14)),
        ('duration("P0M")', Months(0)),
        ('years and months duration(date("2025-01-15"), date("2026-03-15"))', Months(14)),
        ('date("2026-12-24").weekday', 4),
        ('day of week(date("2026-12-24"))', "Thursday"),
        ('string(date("2026-12-24"))', "2026-12-24"),
    ],
)
def test_a_written_date_time_or_duration_is_that(expression, value):
    assert _exactly(feel.evaluate(expression)) == _exactly(value)


@pytest.mark.parametrize(
    "expression",
    [
        'date("2026-13-45")',
        'date("2026-02-30")',
        "date(2026, 2, 30)",
        'duration("soon")',
        'time("25:00:00")',
        'date and time("2026-12-24T99:00:00")',
        "date(text)",
    ],
)
def test_a_day_that_does_not_exist_is_an_error_never_nothing(expression):
    with pytest.raises(feel.FeelError):
        feel.evaluate(expression, {"text": "2026-02-30"})


def test_a_written_day_that_does_not_exist_is_found_without_evaluating():
    error = feel.check('if a then date("2026-02-30") else date(b)')

    assert isinstance(error, feel.FeelBadLiteral)
    assert 'date("2026-02-30")' in error.sentence("sv")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('duration("P200D") = duration("P201D")', False),
        ('duration("P1Y") = duration("P12M")', True),
        ('duration("P1M") = duration("P30D")', False),
        ('duration("PT0.5S") = duration("PT0S")', False),
        ('duration("P2D") = duration("PT48H")', True),
        ('duration("P1D") < duration("PT25H")', True),
        ('date("2026-01-01") < date("2026-01-02")', True),
        ('date and time("2026-06-01T02:00:00") = date and time("2026-06-01T00:00:00Z")', True),
        ('list contains([date("2026-01-01")], date("2026-01-01"))', True),
        ('index of([1, date("2026-01-01")], date("2026-01-01"))', [2]),
        ('max(date("2026-01-01"), date("2026-05-01"))', date(2026, 5, 1)),
        ('min([duration("P2D"), duration("P1D")])', timedelta(days=1)),
        ("max([1, 7, 3])", 7),
        ('date("2026-01-01") in [date("2025-12-31")..date("2026-01-01")]', True),
    ],
)
def test_dates_and_durations_compare_by_what_they_are(expression, value):
    assert feel.evaluate(expression) == value


@pytest.mark.parametrize("expression", ['date("2026-01-01") < now', 'duration("P1M") > duration("P30D")', "now > 3"])
def test_kinds_without_an_order_between_them_are_refused(expression):
    with pytest.raises(feel.FeelUnlike):
        feel.evaluate(expression, {"now": datetime(2026, 1, 1, tzinfo=STOCKHOLM)})


@pytest.mark.parametrize(
    ("cell", "value", "passes"),
    [
        ('date("2026-01-01"), date("2026-02-01")', date(2026, 2, 1), True),
        ('< date("2026-01-01")', date(2025, 12, 31), True),
        ('[date("2026-01-01")..date("2026-01-31")]', date(2026, 2, 1), False),
        ('not(date("2026-01-01"))', date(2026, 1, 1), False),
        ('> duration("P14D")', timedelta(days=15), True),
        ('duration("P1M")', Months(1), True),
        ('>= date and time("2026-01-01T00:00:00")', datetime(2025, 12, 31, 23, tzinfo=UTC), True),
        ('< time("12:00:00")', time(11, 59), True),
    ],
)
def test_cells_of_dates_and_durations_accept_what_they_say(cell, value, passes):
    assert feel.unary_test(cell, value) is passes
