"""What is due, on which day, and the reason that can be read beside it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import STOCKHOLM
from engine.facts.calendar import in_words, is_working_day, local_day
from engine.facts.deadlines import cannot_both_hold, deadline_keys, deadlines_of, trap_sentence
from engine.facts.policy import PolicyMalformed, read_policy

MOMENTS = st.datetimes(datetime(2005, 1, 1), datetime(2060, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is added
SPRING_FORWARD = date(2026, 3, 29)
FALL_BACK = date(2026, 10, 25)

MEETING = {
    "name": "meeting",
    "sv": "mötet ska hållas",
    "en": "the meeting is to be held",
    "start": "policy.clock_start",
    "days": "policy.meeting_max_days",
    "direction": "after",
    "day_kind": "policy.day_kind",
    "responsible": "chair",
    "met_by": "meeting_held",
}
CALL = MEETING | {
    "name": "call",
    "sv": "kallelsen ska ha gått ut",
    "en": "the summons is to be sent",
    "start": "deadlines.meeting",
    "days": "policy.call_min_days",
    "direction": "before",
    "responsible": "initiator",
    "met_by": "summons_sent",
}


def document(key, value, rule="000-6", quote="senast inom 30 dagar"):
    return {"key": key, "value": value, "status": "value", "source": "document", "rule": rule, "quote": quote}


def local(key, value, status="value"):
    said = {"who": "Styrgruppen", "decided_on": date(2026, 1, 15), "why": "så arbetar vi"}
    return {"key": key, "value": value, "status": status, "source": "local", "rule": None} | said


def policy(*rows, deadlines=(MEETING, CALL), agreement="gotland", on=date(2026, 3, 2)):
    return read_policy(agreement, on, rows, deadlines)


def gotland(day_kind="calendar"):
    return policy(
        document("meeting_max_days", 30),
        document("call_min_days", 21, quote="tre veckor innan"),
        local("clock_start", "call_decided"),
        local("day_kind", day_kind),
    )


def due(held, **milestones):
    return deadlines_of(lambda _day: held, milestones, date(2026, 3, 2))


@given(MOMENTS)
def test_a_meeting_within_30_days_ends_with_the_thirtieth_day_in_sweden(decided):
    meeting = due(gotland(), call_decided=decided)["meeting"]

    end = meeting.at.astimezone(STOCKHOLM)
    assert meeting.on - local_day(decided) == timedelta(days=30)
    assert (end.date(), end.hour, end.minute) == (meeting.on, 23, 59)
    assert meeting.at > decided


@pytest.mark.parametrize("turn", [SPRING_FORWARD, FALL_BACK, date(2028, 2, 29), date(2026, 4, 5), date(2026, 12, 31)])
@given(before=st.integers(1, 29), hour=st.integers(0, 23))
def test_the_day_is_right_over_summer_time_leap_day_easter_and_new_year(turn, before, hour):
    started = datetime.combine(turn - timedelta(days=before), datetime.min.time().replace(hour=hour, minute=30), STOCKHOLM)

    meeting = due(gotland(), call_decided=started.astimezone(UTC))["meeting"]

    assert meeting.on == started.date() + timedelta(days=30)
    assert meeting.at.astimezone(STOCKHOLM).strftime("%H:%M") == "23:59"


@given(MOMENTS)
def test_working_days_leave_out_weekends_and_holidays(decided):
    meeting = due(gotland("working"), call_decided=decided)["meeting"]

    days = [local_day(decided) + timedelta(days=n) for n in range(1, (meeting.on - local_day(decided)).days + 1)]
    assert sum(map(is_working_day, days)) == 30
    assert meeting.day_kind == "working"


@given(MOMENTS)
def test_every_due_date_explains_itself(decided):
    for deadline in due(gotland(), call_decided=decided).values():
        swedish, english = deadline.sentence("sv", "BUS Gotland"), deadline.sentence("en", "BUS Gotland")

        for language, sentence in (("sv", swedish), ("en", english)):
            assert in_words(deadline.on, language) in sentence
            assert str(deadline.days) in sentence
            assert in_words(deadline.start_on, language) in sentence
            assert "(BUS Gotland, 000-6, lo" in sentence
            origins = [source.origin(language) for source in deadline.sources]
            assert any("000-6: ”" in origin for origin in origins)
            assert any("Styrgruppen" in origin for origin in origins)
        assert "kalenderdagar" in swedish
        assert "calendar days" in english
        assert deadline.start_milestone == "call_decided"
        assert deadline.start_at == decided


def test_the_explanation_names_rule_quote_start_days_and_decision():
    meeting = due(gotland(), call_decided=datetime(2026, 3, 2, 10, tzinfo=UTC))["meeting"]

    assert meeting.sentence("sv", "BUS Gotland") == (
        "Senast 1 april 2026: mötet ska hållas, 30 kalenderdagar efter chefens beslut att kalla 2 mars 2026 (BUS Gotland, 000-6, lokalt beslut)."
    )
    assert meeting.origins("sv") == ("000-6: ”senast inom 30 dagar”", "lokalt beslut 2026-01-15 av Styrgruppen: så arbetar vi")


def test_000_6_the_call_is_21_days_before_the_last_day_of_the_meeting_so_on_day_nine():
    found = due(gotland(), call_decided=datetime(2026, 3, 2, 10, tzinfo=UTC))

    assert found["call"].on == date(2026, 3, 11)
    assert found["call"].on - local_day(found["call"].start_at) == timedelta(days=9)
    assert found["call"].rules == ("000-6",)


def test_000_6_the_nine_day_trap_warns_when_both_limits_cannot_hold_any_more():
    found = due(gotland(), call_decided=datetime(2026, 3, 2, 10, tzinfo=UTC))

    on_day_nine = cannot_both_hold(found, {}, found["call"].at)
    after = cannot_both_hold(found, {}, found["call"].at + timedelta(minutes=1))

    assert on_day_nine == ()
    assert after == (found["call"],)
    assert "Dag 9, 11 mars 2026" in trap_sentence(after[0])
    assert "000-6" in trap_sentence(after[0], "en")


def test_000_6_a_call_that_went_out_leaves_nothing_to_warn_about():
    found = due(gotland(), call_decided=datetime(2026, 3, 2, 10, tzinfo=UTC))

    assert cannot_both_hold(found, {"summons_sent": datetime(2026, 3, 5, tzinfo=UTC)}, datetime(2026, 3, 20, tzinfo=UTC)) == ()


def test_nothing_is_due_before_its_start_has_happened():
    assert due(gotland(), need_registered=datetime(2026, 3, 2, tzinfo=UTC)) == {"meeting": None, "call": None}


def test_no_such_rule_means_no_deadline():
    held = policy(
        document("meeting_max_days", 14), local("call_min_days", None, "no_rule"), local("clock_start", "call_decided"), local("day_kind", "calendar")
    )

    found = due(held, call_decided=datetime(2026, 3, 2, tzinfo=UTC))

    assert found["meeting"].on == date(2026, 3, 16)
    assert found["call"] is None


def test_a_changed_number_of_days_moves_no_clock_that_already_runs():
    def on(day):
        days = 30 if day < date(2027, 1, 1) else 20
        return policy(document("meeting_max_days", days), local("clock_start", "call_decided"), local("day_kind", "calendar"), deadlines=(MEETING,))

    old = deadlines_of(on, {"call_decided": datetime(2026, 12, 31, 12, tzinfo=UTC)}, date(2027, 1, 10))["meeting"]
    new = deadlines_of(on, {"call_decided": datetime(2026, 12, 31, 23, tzinfo=UTC)}, date(2027, 1, 10))["meeting"]

    assert (old.days, old.on) == (30, date(2027, 1, 30))
    assert (new.days, new.on) == (20, date(2027, 1, 21))


def test_expressions_read_the_moment_the_day_and_the_number():
    meeting = due(gotland(), call_decided=datetime(2026, 3, 2, tzinfo=UTC))["meeting"]

    assert meeting.facts() == {"at": datetime(2026, 4, 1, 23, 59, tzinfo=STOCKHOLM), "on": date(2026, 4, 1), "days": 30}


def test_a_deadline_needs_the_keys_of_the_one_that_it_counts_from():
    rows = gotland().deadlines

    assert deadline_keys(rows, "meeting") == {"clock_start", "meeting_max_days", "day_kind"}
    assert deadline_keys(rows, "call") == {"clock_start", "meeting_max_days", "day_kind", "call_min_days"}
    assert deadline_keys(rows, "unknown") == frozenset()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (MEETING | {"start": "deadlines.meeting"}, "från sig själv"),
        (MEETING | {"start": "deadlines.nothing"}, "finns inte"),
        (MEETING | {"days": 2.5}, "inget helt antal"),
        (MEETING | {"days": "tio"}, "inget helt antal"),
        (MEETING | {"day_kind": "weeks"}, "inget slags dagar"),
    ],
)
def test_a_row_that_cannot_be_counted_is_refused_by_name(row, reason):
    held = policy(document("meeting_max_days", 30), local("clock_start", "call_decided"), local("day_kind", "calendar"), deadlines=(row,))

    with pytest.raises(PolicyMalformed, match="meeting") as refused:
        due(held, call_decided=datetime(2026, 3, 2, tzinfo=UTC))
    assert reason in refused.value.sentence("sv")


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([document("meeting_max_days", 30), document("meeting_max_days", 20)], "två rader"),
        ([document("meeting_max_days", 30) | {"status": "kanske"}], "läget"),
        ([document("meeting_max_days", None)], "ett värde hör till"),
        ([document("meeting_max_days", 30) | {"quote": None}], "rule, quote"),
        ([local("meeting_max_days", 30) | {"who": None}], "who, decided_on, why"),
    ],
)
def test_a_policy_row_that_cannot_be_followed_is_refused_by_key(rows, reason):
    with pytest.raises(PolicyMalformed, match="meeting_max_days") as refused:
        policy(*rows)
    assert reason in refused.value.sentence("sv")


def test_a_local_decision_about_what_the_document_says_does_not_count():
    held = policy(document("meeting_max_days", 30), local("meeting_max_days", 10) | {"source": "overruled"})

    assert held.values == {"meeting_max_days": 30}
    assert [entry.value for entry in held.overruled] == [10]


def test_a_table_that_lost_a_column_or_gathers_no_rows_is_refused_by_name():
    without = {column: cell for column, cell in MEETING.items() if column != "responsible"}

    with pytest.raises(PolicyMalformed, match="responsible"):
        policy(deadlines=(without,))
    with pytest.raises(PolicyMalformed, match="COLLECT"):
        read_policy("gotland", date(2026, 3, 2), [], MEETING)
