"""Days are counted in Sweden, whatever the clocks and the calendar do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import STOCKHOLM
from engine.facts.calendar import add_days, end_of_day, holiday_name, is_working_day, local_day

SWEDISH_DAYS = st.dates(date(2005, 1, 1), date(2060, 12, 31))


@given(SWEDISH_DAYS)
def test_a_day_ends_a_minute_before_the_next_in_local_time(day):
    end = end_of_day(day).astimezone(STOCKHOLM)

    assert (end.date(), end.hour, end.minute) == (day, 23, 59)
    assert local_day(end_of_day(day)) == day
    assert local_day(end_of_day(day) + timedelta(minutes=1)) == day + timedelta(days=1)


@given(st.datetimes(datetime(2005, 1, 1), datetime(2060, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001 - the zone is added
def test_every_moment_falls_on_the_day_whose_end_is_next(moment):
    day = local_day(moment)

    assert end_of_day(day - timedelta(days=1)) < moment + timedelta(minutes=1)
    assert moment < end_of_day(day) + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 29, 22, 0, tzinfo=UTC), date(2026, 3, 30)),
        (datetime(2026, 3, 28, 22, 59, tzinfo=UTC), date(2026, 3, 28)),
        (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 22, 59, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_the_day_changes_at_swedish_midnight_on_both_sides_of_summer_time_and_new_year(moment, day):
    assert local_day(moment) == day


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)],
)
def test_a_day_has_the_hours_that_it_has(day, hours):
    assert end_of_day(day) - end_of_day(day - timedelta(days=1)) == timedelta(hours=hours)


@given(SWEDISH_DAYS, st.integers(-400, 400))
def test_calendar_days_are_counted_one_by_one_without_skipping(start, days):
    assert (add_days(start, days) - start).days == days


@given(SWEDISH_DAYS, st.integers(1, 60))
def test_working_days_are_exactly_the_working_days_passed(start, days):
    end = add_days(start, days, "working")

    passed = [start + timedelta(days=n) for n in range(1, (end - start).days + 1)]
    assert sum(map(is_working_day, passed)) == days
    assert is_working_day(end)


@given(SWEDISH_DAYS, st.integers(0, 60))
def test_working_days_counted_back_lead_home_from_a_working_day(start, days):
    home = add_days(start, 1, "working")

    assert add_days(add_days(home, days, "working"), -days, "working") == home


@given(st.integers(2005, 2060))
def test_every_year_has_its_moving_holidays_and_the_three_eves(year):
    def named(name):
        (day,) = [day for day in _year(year) if name in (holiday_name(day) or "").split("; ")]
        return day

    assert named("Långfredagen") == named("Påskdagen") - timedelta(days=2)
    assert named("Kristi himmelsfärdsdag") == named("Påskdagen") + timedelta(days=39)
    assert named("Midsommarafton") == named("Midsommardagen") - timedelta(days=1)
    assert named("Julafton") == date(year, 12, 24)
    assert named("Nyårsafton") == date(year, 12, 31)
    assert not is_working_day(named("Midsommarafton"))


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (date(2026, 4, 2), 1, date(2026, 4, 7)),  # over Easter
        (date(2026, 12, 23), 1, date(2026, 12, 28)),  # Christmas Eve is a Thursday
        (date(2026, 12, 30), 1, date(2027, 1, 4)),  # over New Year's Eve, a Thursday
        (date(2026, 6, 18), 1, date(2026, 6, 22)),  # over Midsummer's Eve
        (date(2028, 2, 28), 1, date(2028, 2, 29)),  # leap day, a Tuesday
        (date(2026, 3, 27), 1, date(2026, 3, 30)),  # over the night to summer time
        (date(2026, 10, 23), 1, date(2026, 10, 26)),  # over the night back
    ],
)
def test_working_days_pass_over_holidays_and_their_eves(start, days, end):
    assert add_days(start, days, "working") == end


def test_a_leap_day_counts_like_any_other():
    assert add_days(date(2028, 2, 28), 1) == date(2028, 2, 29)
    assert add_days(date(2027, 2, 28), 1) == date(2027, 3, 1)


def _year(year):
    return [date(year, 1, 1) + timedelta(days=n) for n in range(366) if (date(year, 1, 1) + timedelta(days=n)).year == year]
