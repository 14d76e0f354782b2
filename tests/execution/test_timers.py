"""From what an owner writes to a moment: calendar days in Stockholm, elapsed hours, and no silence where it is neither."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import STOCKHOLM
from engine.execution import StepFailed, timers
from engine.execution.feel import Months
from engine.execution.timers import Span

MOMENTS = st.integers(1_577_836_800, 2_208_988_800).map(lambda second: datetime.fromtimestamp(second, UTC))


@pytest.mark.parametrize(
    ("given", "span"),
    [
        ("P14D", Span(0, 14, timedelta(0))),
        ("P2W", Span(0, 14, timedelta(0))),
        ("P1Y2M", Span(14, 0, timedelta(0))),
        ("PT36H", Span(0, 0, timedelta(hours=36))),
        ("P1DT1M1.5S", Span(0, 1, timedelta(minutes=1, seconds=1.5))),
        (timedelta(days=2, hours=1), Span(0, 2, timedelta(hours=1))),
        (Months(14), Span(14, 0, timedelta(0))),
        ("P", None),
        ("PT", None),
        ("14 dagar", None),
        (14, None),
        (None, None),
    ],
)
def test_a_duration_is_read_as_iso_or_feel_writes_it(given, span):
    assert timers.span(given) == span


@given(MOMENTS, st.integers(0, 400))
def test_days_keep_the_time_of_day_over_summer_time(start, days):
    local = start.astimezone(STOCKHOLM).replace(tzinfo=None)

    after = timers.after(start, Span(0, days, timedelta(0)))

    wanted = (local + timedelta(days=days)).replace(tzinfo=STOCKHOLM)
    assert after == wanted.astimezone(UTC)


@given(MOMENTS, st.integers(0, 5_000))
def test_hours_are_elapsed_time(start, hours):
    assert timers.after(start, Span(0, 0, timedelta(hours=hours))) - start == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("start", "months", "wanted"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
    ],
)
def test_a_month_ends_on_its_last_day(start, months, wanted):
    noon = datetime(start.year, start.month, start.day, 12, tzinfo=STOCKHOLM)

    assert timers.after(noon, Span(months, 0, timedelta(0))).astimezone(STOCKHOLM).date() == wanted


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        (date(2026, 7, 1), datetime(2026, 7, 1, 21, 59, tzinfo=UTC)),
        ("2026-01-01", datetime(2026, 1, 1, 22, 59, tzinfo=UTC)),
        ("2026-07-01T12:00", datetime(2026, 7, 1, 10, tzinfo=UTC)),
        ("2026-07-01T12:00:00Z", datetime(2026, 7, 1, 12, tzinfo=UTC)),
        (datetime(2026, 7, 1, 12, tzinfo=STOCKHOLM), datetime(2026, 7, 1, 10, tzinfo=UTC)),
        ("snart", None),
        (7, None),
        (None, None),
    ],
)
def test_a_date_is_the_whole_day_and_a_time_without_a_zone_is_swedish(given, moment):
    assert timers.at(given) == moment


@pytest.mark.parametrize("timer", ["duration==7", "date==7", "duration=strax", "cycle=ofta", 'date=="snart"', "duration=P9999Y", "cycle=R/P9999Y"])
def test_a_timer_that_gives_no_moment_stops_the_step(draw, begin, timer):
    case = begin(draw(f"start s > a\nuser a > b\nuser b > e\nboundary late on=b '{timer}' beside > e2\nend e2\nend e"))

    with pytest.raises(StepFailed) as failed:
        case.complete("a")

    assert failed.value.element == "late"


def test_a_lone_timer_without_a_moment_stops_the_step(draw, begin):
    case = begin(draw("start s > a\nuser a > t\ncatch t date==deadlines.reply.at > e\nend e"), facts={"deadlines": {}})

    with pytest.raises(StepFailed) as failed:
        case.complete("a")

    assert failed.value.element == "t"


def test_timers_due_together_fire_in_their_order_in_one_sweep(draw, begin):
    case = begin(
        draw("""
start s > split
and split > a > b
user a > e
boundary late on=a duration=P3D > one
service one type=record_note in.text=1 > e
user b > e
boundary later on=b duration=P2D > two
service two type=record_note in.text=2 > again
catch again duration=P0D > three
service three type=record_note in.text=3 > e
end e""")
    )

    case.wait(days=10)

    assert [effect.inputs["text"] for effect in case.effects] == [2, 3, 1]
    assert case.step.ended == "e"


def test_a_timer_fires_once_for_each_round_of_its_loop(draw, begin):
    case = begin(draw("start s > a\nuser a > g\nboundary late on=a duration=P3D > up\nservice up type=notify > a\nxor g > a?again > *e\nend e"))

    for turn in range(1, 6):
        case.wait(days=3)
        assert len(case.effects) == turn
        assert len(case.step.timers) == 1
        case.complete("a", again=True)

    assert case.complete("a", again=False).step.timers == ()


def test_nothing_fires_before_its_moment(draw, begin):
    case = begin(draw("start s > t\ncatch t duration=PT1H > e\nend e"))

    assert case.wait(minutes=59, seconds=59).step.ended is None
    assert case.wait(seconds=1).step.ended == "e"


@pytest.mark.parametrize("length", ["P9999Y", "P99999999999D", "PT99999999999999H", timedelta(days=4_000_000), Months(12 * 9_000)])
def test_a_duration_beyond_the_calendar_gives_no_moment_and_no_crash(length):
    read = timers.span(length)

    if read is not None:
        with pytest.raises(OverflowError):
            timers.after(datetime(2026, 3, 1, tzinfo=UTC), read)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00", "0001-01-01T00:00+02:00", "9999-12-31T23:59-10:00", "2026-13-01"])
def test_a_moment_beyond_the_calendar_is_none(moment):
    assert timers.at(moment) is None
